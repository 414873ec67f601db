"""Comparison -> picture of both models, in each format of the registry."""

from __future__ import annotations

from mergecli.diagnostics.silence import silence
from mergecli.diff import Comparison
from mergecli.exporters.formats import PictureOptions
from mergecli.exporters.pictures import graphviz
from mergecli.exporters.pictures.diff_scene import scenes
from mergecli.exporters.pictures.dot import dot
from mergecli.exporters.pictures.mermaid import mermaid

#: What to call the old and the new model.
Names = tuple[str, str]


def report_mermaid(comparison: Comparison, names: Names, color: bool = False) -> str:
    """Return the chart of both models as text for Mermaid."""
    return mermaid(scenes(comparison, names))


def dot_file(comparison: Comparison, names: Names, form: str, options: PictureOptions) -> bytes:
    """Return the text for Graphviz as the bytes of a file."""
    text = dot(next(scenes(comparison, names)), options.theme, options.rankdir)
    return text.encode("utf-8", "backslashreplace")


def mermaid_file(comparison: Comparison, names: Names, form: str, options: PictureOptions) -> bytes:
    """Return the text for Mermaid as the bytes of a file."""
    text = mermaid(scenes(comparison, names), options.theme, options.rankdir)
    return text.encode("utf-8", "backslashreplace")


def drawn(comparison: Comparison, names: Names, form: str, options: PictureOptions) -> bytes:
    """Return a picture that Graphviz draws, with fewer boxes if it were too large for a bitmap.

    Args:
        comparison: What changed.
        names: What to call the two models.
        form: "svg", "png" or "pdf".
        options: How it looks; a comparison heeds `theme` and `rankdir`.

    Raises:
        OSError: It is too large for a bitmap.
    """
    for page in scenes(comparison, names):
        try:
            with silence():
                return graphviz.draw(dot(page, options.theme, options.rankdir), form)
        except graphviz.TooLarge:
            continue
    raise OSError("the picture is too large for a bitmap; an .svg has no such limit")
