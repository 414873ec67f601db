"""Where something is wrong, what, and how it is shown."""
