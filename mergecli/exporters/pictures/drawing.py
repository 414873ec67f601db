"""Scene -> SVG, PDF or PNG: placed here where its lanes are chains, laid out by Graphviz otherwise."""

from __future__ import annotations

from typing import Callable, Iterable

from mergecli.exporters.pictures import graphviz
from mergecli.exporters.pictures.dot import TITLE, Placed, dot, measure, title_size
from mergecli.exporters.pictures.placing import place
from mergecli.exporters.pictures.scene import Scene
from mergecli.exporters.pictures.series import decompose


def draw(
    scene: Scene,
    form: str,
    theme: str = "light",
    rankdir: str = "TB",
    notify: Callable[[str], None] = lambda note: None,
) -> bytes:
    """Return a picture of a scene.

    Args:
        scene: What it shows.
        form: "svg", "pdf" or "png".
        theme: The colours, one of `themes.NAMES`.
        rankdir: Where the arrows lead: "TB", "LR", "BT" or "RL".
        notify: Called with a note where a bitmap is coarser than usual.

    Raises:
        TooLarge: Its text could not be read in any bitmap.
        TooManyArrows: Graphviz would need minutes to lay it out.
    """
    placed = _placed(scene, theme, rankdir)
    if placed is None:
        return graphviz.draw(dot(scene, theme, rankdir), form, notify)
    return graphviz.draw(dot(scene, theme, rankdir, placed), form, notify, b"nop2")


def page_theme(theme: str) -> str:
    """Return the theme of the pictures of a page, whose colours the reader changes unless it is for print."""
    return "print" if theme == "print" else "auto"


def page_pictures(scenes: Iterable[Scene], theme: str, rankdir: str) -> list[str]:
    """Return the pictures of a page as SVG, without those after the first that Graphviz cannot lay out.

    Args:
        scenes: What they show, the one that is seen first at the beginning.
        theme: The colours, one of `themes.NAMES`.
        rankdir: Where the arrows lead.

    Raises:
        TooManyArrows: Graphviz would need minutes to lay out the first one.
    """
    pictures: list[str] = []
    for scene in scenes:
        try:
            pictures.append(draw(scene, "svg", theme, rankdir).decode())
        except graphviz.TooManyArrows:
            if not pictures:
                raise
    return pictures


def _placed(scene: Scene, theme: str, rankdir: str) -> Placed | None:
    """Return where everything is, None where Graphviz has to find places."""
    structure = decompose(scene)
    if structure is None:
        return None
    measured = measure(scene, theme)
    titles = {key: size[0] for key, size in measured.titles.items()}
    placement = place(scene, structure, measured.boxes, titles, rankdir)
    if placement is None:
        return None
    title, room = measured.titles[TITLE], 0.0
    if title[0] > placement.width and scene.explanation:
        room = placement.width
        title = title_size(scene, theme, room)
    return Placed(placement, measured.rows, titles, title, measured.legend, room)
