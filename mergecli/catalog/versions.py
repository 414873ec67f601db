"""Versions and backends of Keras: the target of a check, which is the one for which its verdict holds.

A version comes from `--keras`, the settings, or what is installed; a backend from `--backend`, the
settings of Keras, or what is installed.
"""

from typing import Callable, Optional, Tuple

#: A version of Keras without its patch, as patches do not change a rule.
Version = Tuple[int, int]
#: The oldest version that mergecli supports, and the newest that it knows; rules of a newer one are
#: taken to be the same.
OLDEST: Version = (3, 8)
NEWEST: Version = (3, 15)
#: What to do about what the target does not have.
NEWER_HINT = "use another one, or a newer Keras: `--keras`, or `keras` in the settings"


class Backend:
    """The backend for which models are checked, on which some dtypes depend.

    Attributes:
        choose: Returns Keras's name of the backend. It is asked only where that matters, and is set
            by what knows the options and the settings.
    """

    choose: Callable[[], str] = staticmethod(lambda: "tensorflow")

    @classmethod
    def integer(cls) -> str:
        """Return the dtype that Keras has for `int` with this backend."""
        return "int64" if cls.choose() == "tensorflow" else "int32"


class BadVersion(ValueError):
    """A text is not a version of Keras that mergecli supports."""


def parse_version(text: str) -> Version:
    """Return the version of Keras that a text names; a patch or the like after it does not count.

    >>> parse_version("3.10"), parse_version("3.12.1"), parse_version("3.16.0.dev2026")
    ((3, 10), (3, 12), (3, 16))

    Raises:
        BadVersion: It is not a version, or one that mergecli does not support.
    """
    version = read_version(text)
    if version is None:
        raise BadVersion(f"expected a version of Keras such as 3.10, found `{text}`")
    if version < OLDEST:
        oldest = version_text(OLDEST)
        raise BadVersion(f"Keras {version_text(version)} is not supported; the oldest is {oldest}")
    return version


def read_version(text: str) -> Optional[Version]:
    """Return the version at the start of a text, whatever is after it; None if there is none."""
    major, _, rest = text.partition(".")
    minor = rest.partition(".")[0]
    for number in (major, minor):
        if not (number.isascii() and number.isdigit() and len(number) < 5):
            return None
    return int(major), int(minor)


def version_text(version: Version) -> str:
    """Return a version as it is written.

    >>> version_text((3, 10))
    '3.10'
    """
    return f"{version[0]}.{version[1]}"


def is_newer(since: str, version: Version) -> bool:
    """Whether a version does not have what Keras has since another one.

    >>> is_newer("3.10", (3, 9)), is_newer("3.10", (3, 10))
    (True, False)
    """
    return parse_version(since) > version
