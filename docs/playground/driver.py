"""What the playground asks in the browser: the diagnostics, the summary and the picture of a text."""

from __future__ import annotations

import json

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source
from mergecli.exporters.formats import PictureOptions
from mergecli.exporters.pictures.graphviz import finished_svg
from mergecli.exporters.pictures.network_pictures import dot_file
from mergecli.exporters.summary import facts
from mergecli.exporters.summary_table import table


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
        "dot": None,
    }
    if network is not None:
        counted = facts(network)["parameters"]
        parameters = f"{counted:,} parameters" if counted is not None else "unknown parameters"
        options = PictureOptions(detail, theme, "TB", "parameters", source, [])
        result["summary"] = table(network)
        result["facts"] = f"{len(network.graph.nodes):,} layers, {parameters}"
        result["dot"] = dot_file(network, "dot", options).decode()
    return json.dumps(result)


def finish(svg: str) -> str:
    """Return the SVG of Graphviz with tooltips and colours."""
    return finished_svg(svg.encode()).decode()


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
