"""YAML tree -> graph."""
