"""A hook of MkDocs: no page of the site loads anything from another host."""

from __future__ import annotations

import pathlib
import posixpath
import re
from typing import Any

#: A script that the theme loads where the site is opened from a disk.
_SHIM = re.compile(r'<script src="https://unpkg\.com/iframe-worker/shim"></script>')
#: Our copy of it, which `python -m tools.playground` puts there.
_COPY = "playground/dist/iframe-worker.js"


def on_post_page(output: str, *, page: Any, config: Any) -> str:
    """Return the page with our copy of the script, or without it where there is none.

    Args:
        output: The page.
        page: What MkDocs knows of it.
        config: The configuration of the site.

    Raises:
        ValueError: The page loads another file from elsewhere.
    """
    script = ""
    if pathlib.Path(config["docs_dir"], _COPY).is_file():
        address = posixpath.relpath(_COPY, posixpath.dirname(page.url) or ".")
        script = f'<script src="{address}"></script>'
    output = _SHIM.sub(script, output)
    foreign = re.search(
        r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="https?://[^"]*"', output
    )
    if foreign:
        raise ValueError(f"{page.url} loads a file from another host: {foreign[0]}")
    return output
