"""Pictures and pages of a network: whether they can be drawn, and their bytes."""

from __future__ import annotations

from mergecli.diagnostics.installing import MissingDependencyError, install_command, missing
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Network

#: Each format with what it needs beside mergecli.
FORMATS: dict[str, tuple[str, ...]] = {
    "svg": ("graphviz", "pygraphviz"),
    "png": ("graphviz", "pygraphviz"),
    "pdf": ("graphviz", "pygraphviz"),
    "dot": ("graphviz",),
    "mmd": (),
    "html": ("graphviz", "pygraphviz"),
}
#: What a picture that is too large is drawn with instead.
_COARSER = {"layer": "auto", "auto": "block", "block": "branch"}
#: A page with more layers than this has no picture with a box for each of them, which takes long to lay out.
MOST_UNFOLDED = 1500


def render(
    network: Network, form: str, detail: str, theme: str, rankdir: str, bar: str, notes: list[str]
) -> bytes:
    """A picture of a network in one of `FORMATS`; what had to be drawn otherwise goes to the notes.

    A format more is a line in `FORMATS` and a branch here; one that holds an SVG gets it by asking for `svg` with the theme `auto`.
    """
    if form == "mmd":
        from mergecli.exporters.pictures.mermaid import mermaid  # start-up
        from mergecli.exporters.pictures.scene import scenes  # start-up

        text = mermaid(scenes(network, detail, bar), theme, rankdir)
        return text.encode("utf-8", "backslashreplace")
    from mergecli.exporters.pictures.dot import dot  # start-up
    from mergecli.exporters.pictures.scene import scene  # start-up

    if form == "dot":
        text = dot(scene(network, detail, bar), theme, rankdir)
        return text.encode("utf-8", "backslashreplace")
    from mergecli.exporters.pictures import graphviz  # start-up
    from mergecli.runtime import backend  # start-up

    while True:
        text = dot(scene(network, detail, bar), theme, rankdir)
        try:
            with backend.silence():
                return graphviz.draw(text, form, notes.append)
        except graphviz.TooLarge:
            if detail not in _COARSER:
                raise OSError(
                    "the picture is too large for a bitmap; an .svg has no such limit"
                ) from None
            coarser = _COARSER[detail]
            notes.append(
                f"with --detail {detail} no bitmap could be read; the .{form} is drawn with --detail {coarser}, an .svg has no such limit"
            )
            detail = coarser


def render_page(
    network: Network,
    source: Source | None,
    detail: str,
    theme: str,
    rankdir: str,
    bar: str,
    live: str | None = None,
) -> bytes:
    """The page of a network; `live` is where it learns that there is a new one."""
    from mergecli.exporters.page.writer import page  # start-up
    from mergecli.exporters.pictures.dot import dot  # start-up
    from mergecli.exporters.pictures.graphviz import draw  # start-up
    from mergecli.exporters.pictures.scene import scene  # start-up
    from mergecli.runtime import backend  # start-up

    # The reader turns the colours of a page; `theme` is what it begins with.
    colours = "print" if theme == "print" else "auto"
    details = [detail] if len(network.parts()) > MOST_UNFOLDED else [detail, "layer"]
    with backend.silence():
        pictures = [
            draw(text, "svg").decode()
            for text in dict.fromkeys(
                dot(scene(network, one, bar), colours, rankdir) for one in details
            )
        ]
    return page(network, source, *pictures, theme=theme, live=live).encode()


def check_installed(form: str) -> None:
    """Check that what draws a format is installed; nothing is imported.

    Raises:
        MissingDependencyError: It is not; the message names the formats that can be drawn.
    """
    lacking = missing(FORMATS[form])
    if lacking:
        others = [name for name, needs in FORMATS.items() if not missing(needs)]
        # The font is only for machines without one, and is installed along with the rest.
        command = install_command(missing((*FORMATS[form], "ttf_opensans")))
        raise MissingDependencyError(
            f"`{lacking[0]}`, which draws .{form}, is not installed",
            command,
            f"install it: {command} (without it there is .{', .'.join(others)})",
        )
