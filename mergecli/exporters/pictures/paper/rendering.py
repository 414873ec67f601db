"""Drawing -> SVG, PDF or PNG, drawn by Graphviz with its fonts; it lays nothing out."""

from __future__ import annotations

from mergecli.diagnostics.silence import silence
from mergecli.exporters.pictures import graphviz
from mergecli.exporters.pictures.paper.drawing import (
    SIZE,
    WHITE,
    Drawing,
    Ellipse,
    Item,
    Look,
    Shape,
    number,
)

#: Dots per inch of a PNG, as printers have them.
DPI = 300
#: Graphviz reads no longer string, but any number of shorter ones that are joined.
_LONGEST = 8000
#: The first is the one that `fonts` provides.
_FONT = "Open Sans,Helvetica,Arial,sans-serif"


def render(drawing: Drawing, form: str) -> bytes:
    """Return a drawing as "svg", "pdf" or "png"; a PDF holds its fonts."""
    with silence():
        return graphviz.draw_placed(_dot(drawing), form, DPI)


def _dot(drawing: Drawing) -> str:
    """Return a DOT text with the drawing as the background of an empty graph."""
    width, height = drawing.width, drawing.height
    parts = [""]
    for item in drawing.items:
        operations = _operations(item).replace('"', '\\"')
        if len(parts[-1]) + len(operations) > _LONGEST:
            parts.append("")
        parts[-1] += operations
    background = '"' + '" + "'.join(parts) + '"'
    room = f'width="{width / 72:.4f}" height="{height / 72:.4f}"'
    room += f' pos="{width / 2:.2f},{height / 2:.2f}"'
    return (
        f'digraph figure {{\n\tgraph [bgcolor="{WHITE}" id=figure margin=0 pad=0'
        f" _background={background}]\n"
        f'\tpage [shape=box style=invis label="" fixedsize=true {room}]\n}}\n'
    )


def _operations(item: Item) -> str:
    """Return an item in the operations of Graphviz's format xdot."""
    if isinstance(item, Shape):
        filled = bool(item.look.fill)
        if item.curved:
            operation = "b" if filled else "B"
        elif item.closed:
            operation = "P" if filled else "p"
        else:
            operation = "L"
        places = " ".join(f"{number(x)} {number(y)}" for x, y in item.points)
        return f"{_pens(item.look)}{operation} {len(item.points)} {places} "
    if isinstance(item, Ellipse):
        places = " ".join(map(number, (*item.center, *item.radii)))
        return f"{_pens(item.look)}{'E' if item.look.fill else 'e'} {places} "
    # Before a quote, DOT takes a backslash for an escape.
    text = item.text.replace('\\"', '\\ "')
    align = {"l": -1, "c": 0, "r": 1}[item.align]
    face = item.bold + 2 * item.italic
    # Some versions of Graphviz do not count backslashes, and would read on after the text.
    spaces = " " * text.count("\\")
    return (
        f"{_color('c', item.color)}{_string('F', _FONT, SIZE)}"
        f"t {face} T {number(item.at[0])} {number(item.at[1])} {align}"
        f" {number(item.width)} {len(text.encode())} -{text} {spaces}"
    )


def _pens(look: Look) -> str:
    style = look.dash or "solid"
    lines = _string("S", style) + _string("S", f"setlinewidth({number(look.width)})")
    # What has no line has one in the colour of its filling.
    return lines + _color("c", look.line or look.fill) + _color("C", look.fill or WHITE)


def _color(operation: str, color: str) -> str:
    return _string(operation, color)


def _string(operation: str, text: str, size: int | None = None) -> str:
    before = "" if size is None else f"{size} "
    return f"{operation} {before}{len(text)} -{text} "
