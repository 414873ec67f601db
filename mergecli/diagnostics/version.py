"""The version of mergecli, and its home page."""

__version__ = "0.1.0"

#: The project's home page, as in `pyproject.toml`. Its domain is one that nobody can register.
HOME_PAGE = "https://mergecli.example"
