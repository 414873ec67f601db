"""YAML text -> tree with places; variables; the formatter."""
