"""Models that exist already -> graph: saved files, applications, the user's modules."""
