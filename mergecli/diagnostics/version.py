"""The version of mergecli."""

__version__ = "0.1.0"
