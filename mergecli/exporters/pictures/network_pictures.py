"""Network -> picture or page, in each format of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from mergecli.diagnostics.silence import silence
from mergecli.exporters.formats import PictureOptions
from mergecli.exporters.page.part_pictures import PartPicture
from mergecli.exporters.pictures import graphviz
from mergecli.exporters.pictures.dot import dot
from mergecli.exporters.pictures.drawing import draw, page_pictures, page_theme
from mergecli.exporters.pictures.graphviz import TooManyArrows
from mergecli.exporters.pictures.network_scene import scene, scenes
from mergecli.exporters.pictures.scene import Scene
from mergecli.exporters.pictures.unfolding import parts
from mergecli.ir.graph import Network

if TYPE_CHECKING:
    from mergecli.importers.modules import CustomLayers

#: What a picture that is too large is drawn with instead.
_COARSER = {"layer": "auto", "auto": "block", "block": "branch"}
#: A page with more layers than this has no picture with a box for each of them, which takes long
#: to lay out.
MOST_UNFOLDED = 1500


def export_dot(network: Network, custom_layers: CustomLayers | None = None) -> str:
    """Return the chart of a network as text for Graphviz."""
    return dot(scene(network))


def export_mermaid(network: Network, custom_layers: CustomLayers | None = None) -> str:
    """Return the chart of a network as text for Mermaid."""
    from mergecli.exporters.pictures.mermaid import mermaid  # start-up

    return mermaid(scenes(network))


def dot_file(network: Network, form: str, options: PictureOptions) -> bytes:
    """Return the text for Graphviz as the bytes of a file."""
    return _dot(network, options.detail, options.theme, options).encode("utf-8", "backslashreplace")


def mermaid_file(network: Network, form: str, options: PictureOptions) -> bytes:
    """Return the text for Mermaid as the bytes of a file."""
    from mergecli.exporters.pictures.mermaid import mermaid  # start-up

    text = mermaid(scenes(network, options.detail, options.bar), options.theme, options.rankdir)
    return text.encode("utf-8", "backslashreplace")


def drawn(network: Network, form: str, options: PictureOptions) -> bytes:
    """Return a picture that Graphviz draws, with less detail if it were too large for a bitmap.

    Args:
        network: The network.
        form: "svg", "png" or "pdf".
        options: How it looks.

    Raises:
        OSError: It is too large for a bitmap with any detail.
    """
    detail, notes = options.detail, options.notes
    while True:
        picture = scene(network, detail, options.bar, options.color_by)
        try:
            with silence():
                return draw(picture, form, options.theme, options.rankdir, notes.append)
        except graphviz.TooManyArrows as problem:
            if detail not in _COARSER:
                raise
            coarser = _COARSER[detail]
            notes.append(
                f"with --detail {detail} there are too many {problem.what}; the .{form} is drawn with"
                f" --detail {coarser}"
            )
            detail = coarser
        except graphviz.TooLarge:
            if detail not in _COARSER:
                raise OSError(
                    "the picture is too large for a bitmap; an .svg has no such limit"
                ) from None
            coarser = _COARSER[detail]
            notes.append(
                f"with --detail {detail} no bitmap could be read; the .{form} is drawn with"
                f" --detail {coarser}, an .svg has no such limit"
            )
            detail = coarser


def page(network: Network, form: str, options: PictureOptions, live: str | None = None) -> bytes:
    """Return the page of a network.

    Args:
        network: The network.
        form: "html".
        options: How its picture looks; the theme is that with which the page begins.
        live: The address at which the page learns that there is a new one.
    """
    from mergecli.exporters.page import page_writer  # start-up

    theme = page_theme(options.theme)
    details = [options.detail]
    if len(network.parts()) <= MOST_UNFOLDED:
        details.append("layer")
    # A small model has the same boxes with each detail.
    scenes = [scene(network, detail, options.bar, options.color_by) for detail in details]
    charts = {dot(chart): chart for chart in scenes}
    with silence():
        pictures = page_pictures(charts.values(), theme, options.rankdir)
        inside = list(_drawn_parts(network, scenes[0], theme, options))
    return page_writer.page(
        network,
        options.source,
        *pictures,
        theme=options.theme,
        live=live,
        weights=options.weights,
        parts=inside,
        across=options.rankdir in ("LR", "RL"),
    ).encode()


def _drawn_parts(
    network: Network, chart: Scene, theme: str, options: PictureOptions
) -> Iterator[PartPicture]:
    """Yield a picture of what is in each box of a chart that stands for several layers."""
    for part in parts(network, chart, options.bar, options.color_by):
        try:
            svg = draw(part.scene, "svg", theme, options.rankdir).decode()
        except TooManyArrows:
            # The box stays folded.
            svg = ""
        yield PartPicture(part.parent, f"node-{part.key[1:]}", part.scene.title, svg)


def _dot(network: Network, detail: str, theme: str, options: PictureOptions) -> str:
    return dot(scene(network, detail, options.bar, options.color_by), theme, options.rankdir)
