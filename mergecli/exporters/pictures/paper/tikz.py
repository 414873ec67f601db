"""Drawing -> TikZ, in a file for `\\input` in a document, which also compiles by itself."""

from __future__ import annotations

from typing import Iterator

from mergecli.diagnostics.escaping import tex
from mergecli.exporters.pictures.paper.drawing import (
    INK,
    SIZE,
    THIN,
    WHITE,
    Drawing,
    Ellipse,
    Item,
    Look,
    Point,
    Shape,
    Text,
    number,
)

#: `\documentclass` has another meaning after its use, by which the file knows whether it is
#: compiled by itself.
_HEAD = r"""% A figure at the size at which it is printed: do not scale it.
% \input it in a document that has \usepackage{tikz}, or compile it by itself.
\expandafter\ifx\csname @twoclasseserror\endcsname\documentclass
  \def\mergeclibegin{}\def\mergecliend{}
\else
  \documentclass{article}
  \usepackage{tikz}
  \usepackage[paperwidth=%WIDTHbp,paperheight=%HEIGHTbp,margin=0bp]{geometry}
  \def\mergeclibegin{\begin{document}\hoffset=-1in \voffset=-1in \setbox0\hbox\bgroup}
  \def\mergecliend{\egroup\shipout\box0 \end{document}}
\fi
% A document may define these before it takes the figure in.
\providecommand\mergeclifont{\sffamily\fontsize{%SIZE}{%SIZE}\selectfont}
\providecommand\mergecliunicode[1]{\ifdefined\Uchar\char#1 \else\fbox{?}\fi}
\mergeclibegin
"""
_NAMES = {INK: "black", WHITE: "white"}
_ANCHORS = {"l": "base west", "c": "base", "r": "base east"}


def tikz(drawing: Drawing) -> str:
    """Return a drawing as a file for TeX, in ASCII."""
    width, height = number(drawing.width), number(drawing.height)
    head = _HEAD.replace("%WIDTH", width).replace("%HEIGHT", height).replace("%SIZE", str(SIZE))
    lines = [
        rf"\begin{{tikzpicture}}[x=1bp,y=1bp,line width={number(THIN)}bp,"
        r"every node/.style={inner sep=0pt,outer sep=0pt,font=\mergeclifont}]"
    ]
    lines += [
        rf"  \definecolor{{mergecli{color}}}{{HTML}}{{{color}}}" for color in _colors(drawing)
    ]
    lines.append(rf"  \useasboundingbox (0,0) rectangle ({width},{height});")
    lines += [f"  {_item(item)}" for item in drawing.items]
    lines.append(r"\end{tikzpicture}%")
    return head + "\n".join(lines) + "\n\\mergecliend\n"


def _colors(drawing: Drawing) -> list[str]:
    """Return the colours that have no name, as hexadecimal digits."""
    used: set[str] = set()
    for item in drawing.items:
        used |= {item.color} if isinstance(item, Text) else {item.look.line, item.look.fill}
    return sorted(color[1:].upper() for color in used - set(_NAMES) - {""})


def _item(item: Item) -> str:
    if isinstance(item, Text):
        color = "" if item.color == INK else f",text={_color(item.color)}"
        face = r"\bfseries " * item.bold + r"\itshape " * item.italic
        options = f"anchor={_ANCHORS[item.align]}{color}"
        return rf"\node[{options}] at {_place(item.at)} {{{face}{tex(item.text)}}};"
    if isinstance(item, Ellipse):
        x, y = (number(radius) for radius in item.radii)
        return rf"{_command(item.look)} {_place(item.center)} ellipse [x radius={x},y radius={y}];"
    return f"{_command(item.look)} {' '.join(_path(item))};"


def _path(shape: Shape) -> Iterator[str]:
    """Yield the parts of a path."""
    yield _place(shape.points[0])
    if shape.curved:
        for at in range(1, len(shape.points) - 2, 3):
            first, second, end = map(_place, shape.points[at : at + 3])
            yield f".. controls {first} and {second} .. {end}"
    else:
        yield from (f"-- {_place(point)}" for point in shape.points[1:])
    if shape.closed:
        yield "-- cycle"


def _command(look: Look) -> str:
    """Return the command that draws a path, with its options."""
    options = [f"draw={_color(look.line)}"] if look.line not in ("", INK) else []
    options += [f"fill={_color(look.fill)}"] if look.fill else []
    options += [look.dash] if look.dash else []
    options += [f"line width={number(look.width)}bp"] if look.width != THIN and look.line else []
    shown = f"[{','.join(options)}]" if options else ""
    return (r"\draw" if look.line else r"\path") + shown


def _color(color: str) -> str:
    return _NAMES.get(color) or f"mergecli{color[1:].upper()}"


def _place(point: Point) -> str:
    return f"({number(point[0])},{number(point[1])})"
