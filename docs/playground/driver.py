"""What the playground asks in the browser: the diagnostics, the summary and the picture of a text."""

from __future__ import annotations

import json
from typing import Callable

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source
from mergecli.exporters.formats import PictureOptions
from mergecli.exporters.pictures import graphviz
from mergecli.exporters.pictures.dot import FONT
from mergecli.exporters.pictures.dot_labels import GAP, SIZE
from mergecli.exporters.pictures.network_pictures import drawn
from mergecli.exporters.pictures.network_scene import scene
from mergecli.exporters.summary_table import table

#: The font of pictures, by the only name of which the Graphviz of the browser knows the widths.
_KNOWN = FONT.partition(",")[0]


def draw_with(render: Callable[[str, str, str], str]) -> None:
    """Draw pictures with the Graphviz of the browser from now on.

    Args:
        render: Takes a DOT text, a format and the engine that lays it out; returns what is drawn.
    """

    def rendered(
        dot: str,
        form: str,
        renderer: str,
        lower: object,
        dpi: int | None = None,
        engine: bytes = b"dot",
    ) -> bytes:
        dot = dot.replace(f'"{FONT}"', f'"{_KNOWN}"')
        if engine == b"nop2":
            # It takes spaces to be wider than they are: boxes keep their sizes, in which there is a gap without them.
            dot = dot.replace("\tnode [", "\tnode [fixedsize=true ", 1)
            dot = dot.replace(GAP, GAP.replace(f'"{SIZE}"', '"1"'))
        drawing = render(dot, form, engine.decode())
        return drawing.replace(f'font-family="{_KNOWN}"', f'font-family="{FONT}"').encode()

    graphviz.rendered = rendered


def answer(text: str, path: str, detail: str, theme: str) -> str:
    """Return what is known of a spec, as JSON.

    Args:
        text: The spec.
        path: Its path, to which the specs that it includes are relative.
        detail: What a box of the picture stands for.
        theme: The colours of the picture.
    """
    source = Source(text, path)
    compiled = compile_spec(source)
    network = compiled.network
    result: dict[str, object] = {
        "diagnostics": [_plain(diagnostic) for diagnostic in compiled.diagnostics],
        "summary": None,
        "facts": None,
        "svg": None,
    }
    if network is not None:
        options = PictureOptions(detail, theme, "TB", "parameters", source, [])
        result["summary"] = table(network)
        # What it says is the same with each detail; this one is the fastest.
        result["facts"] = scene(network, "branch").summary[0]
        result["svg"] = drawn(network, "svg", options).decode()
    return json.dumps(result)


def _plain(diagnostic: Diagnostic) -> dict[str, object]:
    span = diagnostic.span
    return {
        "severity": str(diagnostic.severity),
        "code": diagnostic.code,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "note": diagnostic.note,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "path": f"{span.path}:{span.line}:{span.column}" if span and span.path else None,
    }
