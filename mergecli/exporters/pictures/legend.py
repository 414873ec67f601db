"""What the marks and colours of a picture of a network mean, in one line, and the colours of boxes by what they hold."""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.families import FAMILY_OF
from mergecli.catalog.weights import parameters
from mergecli.exporters.pictures.scene import Arrow, Box, Frame
from mergecli.ir.graph import Network

#: What `--color-by` takes.
COLORINGS = ("branch", "family", "macs")
#: The families that have a colour, in the order of the colours of lanes.
_FAMILIES = {
    "convolutional": "convolution",
    "core": "dense and embedding",
    "pooling": "pooling",
    "attention": "attention",
    "rnn": "recurrent",
    "normalization": "normalization",
    "activations": "activation",
}
#: From which share of all MACs on a box has the next stronger colour.
SHARES = (0.01, 0.03, 0.1, 0.3)


def family(network: Network, indices: Sequence[int]) -> str:
    """Return the family of the layer with the most parameters among some calls, the first one if none has any; "" for one without a colour."""

    def weight(index: int) -> int:
        return parameters(network.weights[index]) or 0

    layer = network.graph.nodes[max(indices, key=weight)].layer
    return _FAMILIES.get(FAMILY_OF.get(type(layer).__module__, ""), "")


def color(boxes: Sequence[Box], by: str) -> None:
    """Give boxes colours by their family or by their share of the MACs.

    Args:
        boxes: The boxes, whose styles change.
        by: One of `COLORINGS`.
    """
    names = list(_FAMILIES.values())
    total = sum(box.macs or 0 for box in boxes)
    for box in boxes:
        if box.role in ("input", "output"):
            continue
        if by == "family" and box.family:
            box.style = box.style._replace(lane=names.index(box.family))
        elif by == "macs" and box.macs is not None and total:
            step = sum(box.macs / total >= share for share in SHARES)
            box.style = box.style._replace(heat=step)


def explanation(
    boxes: Sequence[Box], arrows: Sequence[Arrow], root: Frame, unit: str, by: str
) -> Iterator[tuple[str, int | None]]:
    """Yield what needs to be explained in a picture, each text with the number of its colour.

    Args:
        boxes: The boxes.
        arrows: The arrows.
        root: The outermost frame.
        unit: What the bars show.
        by: What the colours of boxes show, one of `COLORINGS`.
    """
    if by == "family":
        for number, name in enumerate(_FAMILIES.values()):
            if any(box.family == name for box in boxes):
                yield name, number
    if by == "macs" and any(box.style.heat is not None for box in boxes):
        steps = ", ".join(f"{share:.0%}" for share in SHARES)
        yield f"stronger colours from {steps} of all MACs", None
    if any(box.share for box in boxes):
        yield f"bar: {unit}, compared with the largest box", None
    styles = [box.style for box in boxes]
    if any(style.joins for style in styles):
        yield "thick line: tensors meet", None
    if any(style.frozen for style in styles):
        yield "dashed line: frozen", None
    if any(style.shared for style in styles):
        yield "double line: shared weights", None
    if any(arrow.call > 1 for arrow in arrows):
        yield "dashed arrow: applied again", None
    if any(frame.role == "repeat" for frame in root.walk()):
        yield "× n: n times one after the other", None
