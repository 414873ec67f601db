"""Scene -> Drawing with boxes, laid out by Graphviz."""

from __future__ import annotations

import json
import re
from math import copysign
from typing import Any, Iterator, Mapping, Sequence

from mergecli.catalog import registry
from mergecli.diagnostics.silence import silence
from mergecli.exporters.pictures import fonts, graphviz
from mergecli.exporters.pictures.columns import straight
from mergecli.exporters.pictures.dot import MAIN
from mergecli.exporters.pictures.dot_labels import html, short, visible
from mergecli.exporters.pictures.dot_text import Statements
from mergecli.exporters.pictures.paper.drawing import (
    GRAY,
    LEADING,
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
    length,
    moved,
    rectangle,
)
from mergecli.exporters.pictures.scene import Arrow, Box, Frame, Scene

FONT = "Open Sans,Helvetica,Arial,sans-serif"
#: The tint of what is frozen.
_FROZEN = "#e8e8e8"
#: A line of a box, and whether it is bold.
Label = list[tuple[str, bool]]
#: Points: the room at the sides of a box, the diameter of a disc, and the radius of round corners.
_MARGIN, _DISC, _ROUND = 4.0, 11.0, 4.0
#: About how many characters a line of a box may have: the boxes of a figure become narrower until
#: it fits.
WIDTHS = (40, 16, 10)
#: Points between the ranks of boxes, and between an arrow and the number beside it.
_GAP, _BESIDE = 12.24, 2.0
#: Points around the whole, so that no line is cut in half.
_EDGE = 1.0
#: The most characters in the label of an arrow, and in names where boxes are narrow, so that no
#: class of Keras is cut.
_LONGEST, _SHORTEST = 40, 24
#: A shape with its batch axis, as Keras writes it.
_SHAPE = re.compile(r"\(None, ([^()]*)\)")


def draw(scene: Scene, rankdir: str, widest: int) -> Drawing:
    """Return the boxes, frames and arrows of a scene as a drawing.

    Args:
        scene: What the figure shows.
        rankdir: Where the arrows lead: "TB", "LR", "BT" or "RL".
        widest: About how many characters a line of a box has, one of `WIDTHS`.

    Raises:
        TooManyArrows: Graphviz would need minutes.
    """
    fonts.provide()
    labels = {box.key: _lines(box, widest) for box in scene.boxes.values()}
    for frame in scene.root.walk():
        if _is_title(frame):
            label, title = labels[frame.boxes[0].key], (visible(_name(frame.heading, widest)), True)
            labels[frame.boxes[0].key] = [title, *(line for line in label if line != title)]
    with silence():
        data = graphviz.rendered(
            _dot(scene, rankdir, widest, labels), "json", "json", lambda graph: None
        )
    laid_out = json.loads(data)
    left, bottom, right, top = map(float, laid_out["bb"].split(","))
    objects = laid_out.get("objects", ())
    # Frames first, then arrows, then boxes: what is drawn later covers what is there.
    frames = [one for one in objects if one["name"] not in scene.boxes]
    around = [item for frame in frames for item in _items(frame)]
    items: list[Item] = [item for item in around if not isinstance(item, Text)]
    items += [item for arrow in laid_out.get("edges", ()) for item in _arrow_items(arrow, rankdir)]
    for item in around:
        if isinstance(item, Text):
            items += [_ground(item), item]
    for one in objects:
        box = scene.boxes.get(one["name"])
        if box is not None:
            x, y = map(float, one["pos"].split(","))
            items += _box(box, labels[box.key], (x, y))
    return Drawing(
        right - left + 2 * _EDGE,
        top - bottom + 2 * _EDGE,
        [moved(item, _EDGE - left, _EDGE - bottom) for item in items],
    )


def _dot(scene: Scene, rankdir: str, widest: int, labels: Mapping[str, Label]) -> str:
    """Return a scene as DOT, in which boxes have a size and nothing in them."""
    graph = Statements()
    size = str(SIZE)
    graph.defaults(
        "graph",
        rankdir=rankdir,
        ordering="out",
        margin="0",
        pad="0",
        nodesep="0.14",
        ranksep=f"{_GAP / 72:.2f}",
        fontname=FONT,
        fontsize=size,
    )
    graph.defaults("node", shape="box", fixedsize="true", label="")
    graph.defaults("edge", fontname=FONT, fontsize=size, penwidth=str(THIN), arrowsize="0.35")

    def fill(inside: Statements, frame: Frame) -> None:
        for box in frame.boxes:
            width, height = _size(box, labels[box.key])
            shape = {"shape": "ellipse"} if _symbol(box) else {}
            sizes = {"width": f"{width / 72:.4f}", "height": f"{height / 72:.4f}"}
            inside.node(box.key, "", **shape, **sizes)
        for inner in frame.frames:
            if _is_title(inner):
                fill(inside, inner)
                continue
            sub = Statements()
            sub.attributes(
                label=f"<<B>{html(_name(inner.heading, widest))}</B>>",
                labeljust="l",
                margin="3",
                color=GRAY,
                penwidth=str(THIN),
                style="dashed" if inner.role == "model" else "solid",
            )
            fill(sub, inner)
            inside.subgraph(f"cluster_{inner.key}", sub)

    fill(graph, scene.root)
    arrows: dict[tuple[str, str], list[Arrow]] = {}
    # Graphviz draws heavy arrows straight.
    main = {
        (scene.arrows[number].source, scene.arrows[number].target) for number in straight(scene)
    }
    for arrow in scene.arrows:
        arrows.setdefault((arrow.source, arrow.target), []).append(arrow)
    for (source, target), several in arrows.items():
        weight = {"weight": MAIN} if (source, target) in main else {}
        graph.edge(source, target, **_arrow(several, scene.boxes[target]), **weight)
    return graph.digraph("figure")


def _arrow(several: Sequence[Arrow], target: Box) -> dict[str, str]:
    """Return the look of the arrow between two boxes that stands for all between them."""
    look = {}
    calls = [arrow.words() for arrow in several]
    label = ", ".join(filter(None, calls))
    if label:
        look["label"] = f"<&#160;{html(short(label, _LONGEST))}&#160;>"
    # The tensors that a concatenation joins are in the order of the arrows.
    numbers = [str(arrow.number) for arrow in several if arrow.number]
    if numbers and not label and target.title != "Concatenate":
        look["headlabel"] = ", ".join(numbers)
    return look


def _lines(box: Box, widest: int) -> Label:
    """Return the lines of a box."""
    symbol = _symbol(box)
    if symbol is not None:
        return [(symbol, False)]
    title = box.name if box.name and (box.counted or box.role in ("input", "output")) else box.title
    result = [] if box.counted and not box.name else [(_name(title, widest), True)]
    for line in box.lines:
        text = line.text
        if line.detail and box.role == "group":
            text += (" · " if widest == WIDTHS[-1] else " ") + line.detail
        parts = [(part, False) for part in _folded(shown_shape(text), widest)]
        # The shape of a dense layer is often its units.
        result += parts if parts != result[-1:] else []
    result += [(note, False) for note in box.notes if note != "frozen"]
    return [(visible(text), bold) for text, bold in result]


def _name(text: str, widest: int) -> str:
    """Return a name, without its middle where it would make a box wide."""
    return short(text, max(_SHORTEST, widest))


def _folded(text: str, widest: int) -> Iterator[str]:
    """Yield a line, or several where it would make a box wide."""
    line = ""
    for part in re.split(" · | (?=… )", text):
        longer = f"{line}{' ' if part[:1] == '…' else ' · '}{part}" if line else part
        if line and len(longer) > widest:
            yield line
            line = part
        else:
            line = longer
    yield line


def _ground(text: Text) -> Shape:
    """Return a white rectangle for a text, which covers arrows."""
    return rectangle(text.at[0], text.at[1] - 2, text.width, SIZE, Look(WHITE, WHITE, 0))


def _size(box: Box, label: Label) -> tuple[float, float]:
    """Return the width and height of a box."""
    if _symbol(box):
        return _DISC, _DISC
    width = max((length(text, bold) for text, bold in label), default=0)
    return width + 2 * _MARGIN, LEADING * len(label) + _MARGIN


def _box(box: Box, label: Label, center: Point) -> Iterator[Item]:
    """Yield the outline and the lines of a box."""
    (width, height), (x, y) = _size(box, label), center
    look = Look(fill=_FROZEN if box.style.frozen else WHITE)
    if _symbol(box):
        yield Ellipse(center, (width / 2, height / 2), look)
    else:
        radius = _ROUND if box.role in ("input", "output") else 0
        yield rectangle(x - width / 2, y - height / 2, width, height, look, radius)
        if box.style.shared:
            yield rectangle(x - width / 2 - 1.5, y - height / 2 - 1.5, width + 3, height + 3)
    top = y + LEADING * len(label) / 2
    for number, (text, bold) in enumerate(label):
        base = top - LEADING * (number + 0.5) - 0.36 * SIZE
        yield Text((x, base), text, "c", length(text, bold), bold)


def shown_shape(text: str) -> str:
    """Return a text with the shapes in it as papers have them, without the batch.

    >>> shown_shape("(None, 28, 28, 64)"), shown_shape("(None, None, 3)")
    ('28×28×64', '?×3')
    >>> shown_shape("(None, 8) … (None, 4)"), shown_shape("(None,)")
    ('8 … 4', 'scalar')
    """
    text = text.replace("(None,)", "scalar")
    return _SHAPE.sub(lambda match: "×".join(match[1].replace("None", "?").split(", ")), text)


def _is_title(frame: Frame) -> bool:
    """Return whether a frame has only one box, which then has its title."""
    alone = len(frame.boxes) == 1 and not frame.frames and not _symbol(frame.boxes[0])
    return alone and frame.role != ""


def _symbol(box: Box) -> str | None:
    """Return the sign of a merge that is drawn as a small disc."""
    if box.role != "layer" or not box.style.joins or box.notes:
        return None
    symbol: str | None = getattr(registry.layer(box.title), "symbol", None)
    # The signs of arithmetic are read without their names.
    return symbol if symbol in tuple("+\u2212×") else None


def _items(part: dict[str, Any]) -> Iterator[Item]:
    """Yield what Graphviz draws of a box, frame or arrow, from its operations in JSON."""
    for name in ("_draw_", "_ldraw_", "_hdraw_", "_tdraw_", "_hldraw_", "_tldraw_"):
        look, face = Look(), 0
        for operation in part.get(name, ()):
            op = operation["op"]
            if op == "c":
                look = look._replace(line=operation["color"])
            elif op == "C":
                look = look._replace(fill=operation["color"])
            elif op == "S":
                look = _styled(look, operation["style"])
            elif op == "t":
                face = operation["fontchar"]
            elif op == "T":
                yield _text(operation, face)
            elif op in "eE":
                x, y, rx, ry = operation["rect"]
                yield Ellipse((x, y), (rx, ry), _filled(look, op == "E"))
            elif op in "pPbBL":
                points = tuple((x, y) for x, y in operation["points"])
                yield Shape(points, _filled(look, op in "PB"), op in "pP", op in "bB")


def _arrow_items(arrow: dict[str, Any], rankdir: str) -> Iterator[Item]:
    """Yield the line and the head of an arrow, and what is beside it."""
    for item in _items(arrow):
        if isinstance(item, Text) and "head_lp" in arrow:
            # "e," and the tip, then the points of the line.
            places = [place.split(",")[-2:] for place in arrow["pos"].split()]
            tip, bend = ((float(places[n][0]), float(places[n][1])) for n in (0, -2))
            x, y = _beside(tip, bend, item.width, rankdir)
            item = item._replace(at=(x, y - 0.36 * SIZE), align="c")
        yield item


def _beside(tip: Point, bend: Point, width: float, rankdir: str) -> Point:
    """Return the middle of the number at the head of an arrow: between the ranks, on the side from which it comes.

    Graphviz leaves no room for it, and would put it on a box where the arrow is short.

    >>> _beside((0, 0), (0, 9), 4, "TB"), _beside((0, 0), (-9, 0), 4, "LR")
    ((4.0, 6.12), (-6.12, 6.0))
    """
    is_level = rankdir in ("LR", "RL")
    (across, along), (bend_across, bend_along) = (
        (tip[::-1], bend[::-1]) if is_level else (tip, bend)
    )
    step, lean = bend_along - along, bend_across - across
    # An arrow that runs along the ranks is beside the box, and its number no farther.
    shift = max(-_GAP, min(_GAP, lean / max(abs(step), 0.01) * _GAP / 2))
    # The line may come nearer above or below the middle of the number.
    away = (SIZE if is_level else width) / 2 + _BESIDE + abs(shift) / 3
    place = across + shift + (away if shift >= 0 else -away), along + copysign(_GAP / 2, step)
    return place[::-1] if is_level else place


def _styled(look: Look, style: str) -> Look:
    if style.startswith("setlinewidth("):
        return look._replace(width=float(style[13:-1]))
    return look._replace(dash=style if style in ("dashed", "dotted") else "")


def _filled(look: Look, fills: bool) -> Look:
    return look if fills else look._replace(fill="")


def _text(operation: dict[str, Any], face: int) -> Text:
    # HTML-like labels have two backslashes for one.
    text = operation["text"].replace("\\\\", "\\").replace("\xa0", " ")
    x, y = operation["pt"]
    # TeX has no spaces at the beginning of a text.
    x += length(" ") * (len(text) - len(text.lstrip()))
    text = text.strip()
    return Text((x, y), text, operation["align"], length(text), bool(face & 1), bool(face & 2))
