"""Network -> figure for a paper, folded until it fits its page."""

from __future__ import annotations

from typing import Iterator

from mergecli.exporters.formats import PaperOptions
from mergecli.exporters.pictures.folding import foldings
from mergecli.exporters.pictures.graphviz import TooManyArrows
from mergecli.exporters.pictures.network_scene import scene_of
from mergecli.exporters.pictures.paper import boxes, rendering, volumes
from mergecli.exporters.pictures.paper.drawing import SIZE, Drawing, centered
from mergecli.exporters.pictures.paper.pages import Page, millimetres, page
from mergecli.exporters.pictures.paper.stages import is_convolutional
from mergecli.exporters.pictures.scene import Scene
from mergecli.ir.graph import Network

#: Square points that a box takes at least, with the gap beside it.
_LEAST_AREA = 900


class DoesNotFit(OSError):
    """A figure does not fit its page, however it is folded."""


def drawn(network: Network, form: str, options: PaperOptions) -> bytes:
    """Return a figure of a network.

    Args:
        network: The network.
        form: "svg", "png" or "pdf".
        options: How it looks.

    Raises:
        DoesNotFit: It does not fit its page.
    """
    return rendering.render(figure(network, options), form)


def tikz_file(network: Network, form: str, options: PaperOptions) -> bytes:
    """Return a figure of a network for TeX, as the bytes of a file.

    Raises:
        DoesNotFit: It does not fit its page.
    """
    from mergecli.exporters.pictures.paper.tikz import tikz  # start-up

    return tikz(figure(network, options)).encode("ascii")


def figure(network: Network, options: PaperOptions) -> Drawing:
    """Return a figure as wide as its page, with the first folding that fits it.

    Raises:
        DoesNotFit: None does.
    """
    room = page(options.page)
    smallest: Drawing | None = None
    for number, drawing in enumerate(_drawings(network, options, room)):
        if drawing is None:
            continue
        if drawing.width <= room.width and drawing.height <= room.height:
            if number and options.detail != "auto":
                options.notes.append(
                    f"with --detail {options.detail} the figure does not fit {room};"
                    " it is drawn with fewer boxes"
                )
            return centered(drawing, room.width)
        if smallest is None or _excess(drawing, room) < _excess(smallest, room):
            smallest = drawing
    size = ""
    if smallest is not None:
        mm = millimetres(smallest.width), millimetres(smallest.height)
        size = f": it would be {mm[0]} × {mm[1]} mm"
    other = ", or leave out --rankdir" if options.rankdir else ""
    raise DoesNotFit(
        f"the figure does not fit {room} with characters of {SIZE} points{size};"
        f" choose a larger --page{other}"
    )


def _excess(drawing: Drawing, room: Page) -> float:
    return max(drawing.width / room.width, drawing.height / room.height)


def _drawings(network: Network, options: PaperOptions, room: Page) -> Iterator[Drawing | None]:
    """Yield drawings with ever fewer boxes, None for a folding that surely does not fit."""
    if options.detail == "auto" and not options.rankdir and is_convolutional(network):
        yield from volumes.drawings(network, room)
    for grouped in foldings(network, options.detail):
        scene = scene_of(network, grouped)
        if len(scene.boxes) * _LEAST_AREA > room.width * room.height:
            yield None
            continue
        try:
            yield _best(scene, options, room)
        except TooManyArrows:
            yield None


def _best(scene: Scene, options: PaperOptions, room: Page) -> Drawing:
    """Return the first drawing of a scene that fits, else the one that exceeds its page least."""
    directions = [options.rankdir] if options.rankdir else ["TB", "LR"]
    tried: list[Drawing] = []
    for rankdir in directions:
        for widest in boxes.WIDTHS:
            drawing = boxes.draw(scene, rankdir, widest)
            if _excess(drawing, room) <= 1:
                return drawing
            tried.append(drawing)
    return min(tried, key=lambda drawing: _excess(drawing, room))
