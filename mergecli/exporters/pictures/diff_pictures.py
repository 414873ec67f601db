"""Comparison -> picture of both models, in each format of the registry."""

from __future__ import annotations

from mergecli.diagnostics.silence import silence
from mergecli.diff import Comparison
from mergecli.exporters.formats import PictureOptions
from mergecli.exporters.pictures import graphviz
from mergecli.exporters.pictures.diff_scene import page_scenes, scenes
from mergecli.exporters.pictures.dot import dot
from mergecli.exporters.pictures.drawing import draw, page_pictures, page_theme
from mergecli.exporters.pictures.merged_calls import Merged
from mergecli.exporters.pictures.mermaid import mermaid
from mergecli.exporters.pictures.network_pictures import MOST_UNFOLDED

#: A page whose picture would have more than this share of all boxes does not fold them.
FOLDED = 0.7
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
                return draw(page, form, options.theme, options.rankdir)
        except graphviz.TooLarge:
            continue
    raise OSError("the picture is too large for a bitmap; an .svg has no such limit")


def page(
    comparison: Comparison,
    names: Names,
    form: str,
    options: PictureOptions,
    live: str | None = None,
) -> bytes:
    """Return the page of both models.

    Args:
        comparison: What changed.
        names: What to call the two models.
        form: "html".
        options: How its picture looks; the theme is that with which the page begins.
        live: The address at which the page learns that there is a new one.

    Raises:
        TooManyArrows: Graphviz would need minutes to lay out the picture.
    """
    from mergecli.exporters.page import diff_page  # start-up

    merged = Merged(comparison)
    folded, whole = page_scenes(merged, names)
    charts = [folded]
    if len(merged.calls) <= MOST_UNFOLDED:
        # Where nearly nothing is folded, one picture shows all.
        charts = [whole] if len(folded.boxes) > len(whole.boxes) * FOLDED else [folded, whole]
    with silence():
        pictures = page_pictures(charts, page_theme(options.theme), options.rankdir)
    return diff_page.page(merged, names, *pictures, theme=options.theme, live=live).encode()
