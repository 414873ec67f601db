"""Scripts of the project: not part of the package, and not tests."""
