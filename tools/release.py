"""Print the notes of a release: `python -m tools.release TAG`.

They are the section of the version in `CHANGELOG.md`. Ends with exit code 1 if the tag is not `v`
and the version of the code, or the section is missing or empty.
"""

from __future__ import annotations

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def code_version() -> str:
    """Return the version of the package.

    Raises:
        ValueError: `diagnostics/version.py` does not assign it.
    """
    path = ROOT / "mergecli" / "diagnostics" / "version.py"
    match = re.search(r'^__version__ = "(.+)"', path.read_text(encoding="utf-8"), re.M)
    if match is None:
        raise ValueError(f"{path} has no __version__")
    return match[1]


def notes(changelog: str, version: str) -> str:
    """Return the section of a version, without its heading; "" if there is none.

    Args:
        changelog: The text of a changelog in the format of Keep a Changelog.
        version: The version, such as "1.2.0".

    >>> notes("# Changelog\\n\\n## [1.1.0] - 2026-02-01\\n\\n- More.\\n\\n## 1.0.0\\n\\n- First.\\n", "1.1.0")
    '- More.'
    """
    sections = re.split(r"^## +", changelog, flags=re.M)[1:]
    for section in sections:
        heading, _, body = section.partition("\n")
        if re.match(rf"\[?{re.escape(version)}\]?(\s|$)", heading):
            return body.strip()
    return ""


def main() -> int:
    """Print the notes, or the reason why there are none, and return the exit code."""
    if len(sys.argv) != 2:
        print("usage: python -m tools.release TAG", file=sys.stderr)
        return 2
    tag, version = sys.argv[1], code_version()
    if tag != f"v{version}":
        print(f"the tag is {tag}, but the version of the code is {version}", file=sys.stderr)
        return 1
    text = notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    if not text:
        print(f"CHANGELOG.md has no section for {version}", file=sys.stderr)
        return 1
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
