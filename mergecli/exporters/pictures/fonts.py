"""The font of `ttf-opensans`, for the Graphviz in this process: `plot` measures and draws with it, `build` where there is no other."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec
from xml.sax.saxutils import escape


@cache
def provide() -> bool:
    """Let fontconfig find the font beside the system's own; tells whether there is one.

    Once, before anything is drawn: fontconfig reads its settings when it is first asked for a font, and never again.
    """
    spec = find_spec("ttf_opensans")
    if not sys.platform.startswith("linux") or spec is None or spec.origin is None:
        return False
    import atexit
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix="mergecli-fonts-")
    atexit.register(shutil.rmtree, folder, True)
    places, own = [os.path.dirname(spec.origin)], os.environ.get("FONTCONFIG_FILE")
    if not own:
        places += [
            "/usr/share/fonts",
            "/usr/local/share/fonts",
            os.path.expanduser("~/.local/share/fonts"),
        ]
    parts = [f"<dir>{escape(place)}</dir>" for place in places if os.path.isdir(place)]
    parts += [f'<include ignore_missing="yes">{escape(own)}</include>'] if own else []
    parts += [
        "<cachedir>/var/cache/fontconfig</cachedir>",
        '<cachedir prefix="xdg">fontconfig</cachedir>',
        f"<cachedir>{escape(folder)}</cachedir>",
    ]
    head = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
    path = os.path.join(folder, "fonts.conf")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(handle, f"{head}<fontconfig>{''.join(parts)}</fontconfig>".encode())
    os.close(handle)
    os.environ["FONTCONFIG_FILE"] = path
    return True
