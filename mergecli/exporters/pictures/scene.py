"""A picture before any format: boxes, arrows and frames.

DOT and Mermaid are written from a `Scene`, so they show the same. The scene of a network is made in
`network_scene`, that of a comparison in `diff_scene`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Iterable, Iterator, NamedTuple, Sequence

if TYPE_CHECKING:
    from mergecli.ir.graph import Network


#: The most characters in a line of the title of a model, if it can be broken.
LONGEST_TITLE = 20


class Line(NamedTuple):
    """A line of a box.

    Attributes:
        text: What it says; of a change, what has changed, or "".
        detail: A smaller text after it.
        right: A smaller text at the right side.
        strong: Whether it is emphasised, as a shape that is not the one before it.
        old: The value before a change, None where the line states no change.
        new: The value after it.
        consequence: Whether the change only follows from another one.
    """

    text: str
    detail: str = ""
    right: str = ""
    strong: bool = False
    old: str | None = None
    new: str | None = None
    consequence: bool = False

    def __str__(self) -> str:
        if self.old is None:
            return self.text
        return f"{self.text}: {self.old} -> {self.new}".removeprefix(": ")


class Style(NamedTuple):
    """What sets a box, an arrow or a frame off; a writer has a colour, a line or a shape for each.

    Attributes:
        lane: The number of its branch, None outside of branches.
        change: In a comparison "added", "removed", "changed", "renamed" or "rewired"; "" for what is as before.
        joins: Whether several tensors meet in it.
        frozen: Whether all of its weights are frozen.
        shared: Whether its layer is applied several times, with the same weights.
        heat: How strong its colour is, from 0; None where the colour is that of its lane.
    """

    lane: int | None = None
    change: str = ""
    joins: bool = False
    frozen: bool = False
    shared: bool = False
    heat: int | None = None


PLAIN = Style()


class Box:
    """A box: an input, an output, a layer, or several layers.

    Attributes:
        key: Its name among the boxes, which consists of letters, digits and underscores.
        role: "input", "output", "layer" or "group".
        title: The class, or how many layers there are.
        name: The name of the layer.
        family: The family of its heaviest layer, "" for one without a colour.
        old_name: The name before, if a comparison shows another one.
        lines: The lines below the title.
        notes: Remarks at the end.
        tooltip: All of it in a few lines.
        data: The calls that it stands for, by their index in the graph, which the page looks up.
        inside: Of a model that is one layer, its network and the calls in that; `data` has the one call of the layer. Else None.
        layers: The number of layers.
        counted: Whether the title only counts the layers, which the lines name one by one; figures for print have no room for it.
        parameters: The number of parameters, None where it cannot be known.
        resolution: The number of places of its result: the product of all sizes but the batch and the features; None where
            it has none, or they are not known.
        macs: The multiply-accumulates for one sample, None where they cannot be known.
        amount: Its parameters or MACs, whichever the scene shows.
        amounts: Both as text, each for one round where a structure is repeated.
        shown: The amount as text, with its unit.
        share: The length of its bar, from 0 to 1 for the heaviest box.
    """

    __slots__ = (
        "amount", "amounts", "counted", "data", "family", "inside", "key", "layers", "lines", "macs", "name", "notes", "old_name", "parameters", "resolution", "role",
        "share",
        "shown", "style", "title", "tooltip",
    )  # fmt: skip

    def __init__(self, key: str, role: str, title: str, name: str, style: Style = PLAIN) -> None:
        self.key, self.role, self.title, self.name, self.style = key, role, title, name, style
        self.old_name = self.tooltip = self.family = ""
        self.lines: list[Line] = []
        self.notes: list[str] = []
        self.data: list[int] = []
        self.inside: tuple[Network, list[int]] | None = None
        self.layers = 1
        self.counted = False
        self.parameters: int | None = 0
        self.macs: int | None = 0
        self.resolution: int | None = None
        self.amount: int | None = 0
        self.amounts = {"parameters": "", "MACs": ""}
        self.shown = ""
        self.share = 0.0


class Arrow(NamedTuple):
    """An arrow between two boxes.

    Attributes:
        source: The key of the box where it begins.
        target: The key of the box where it ends.
        style: Its colour and line.
        label: What it is called, the argument of a call.
        call: The number of the call of a shared layer, from 1; elsewhere 0.
        number: The place of its tensor among those of a layer for which their order matters, from 1; elsewhere 0.
    """

    source: str
    target: str
    style: Style = PLAIN
    label: str = ""
    call: int = 0
    number: int = 0

    def words(self, has_number: bool = False) -> str:
        """Return the number of its call and its label.

        Args:
            has_number: Whether its number is at its head; the same number is not given twice.
        """
        is_same = has_number and self.call == self.number
        return " ".join(filter(None, ["" if is_same else str(self.call or ""), self.label]))


class Frame:
    """A frame around boxes and frames.

    `role` is "branch", "model" (in the model), "repeat", or "" for the outermost. `detail` is what stands opposite its title.
    """

    __slots__ = ("boxes", "detail", "frames", "key", "role", "style", "title")

    def __init__(self, key: str, role: str, title: str, style: Style = PLAIN) -> None:
        self.key, self.role, self.title, self.style = key, role, title, style
        self.detail = ""
        self.boxes: list[Box] = []
        self.frames: list[Frame] = []

    @property
    def heading(self) -> str:
        """Its title with its detail."""
        return f"{self.title} {self.detail}".rstrip()

    @property
    def lines(self) -> list[str]:
        """The lines of its title: two where it is long, broken near its middle, so that the frame need not be wide.

        >>> Frame("f", "model", "stem").lines, Frame("f", "model", "clip encoder · TimeDistributed").lines
        (['stem'], ['clip encoder', 'TimeDistributed'])
        >>> Frame("f", "model", "small_downsampling_block_0").lines
        ['small_downsampling_', 'block_0']
        """
        if self.role != "model" or len(self.title) <= LONGEST_TITLE:
            return [self.title]
        halves = [
            [self.title[: mark.start() + (mark[0] == "_")], self.title[mark.end() :]]
            for mark in re.finditer("_| · ", self.title)
        ]
        return min(halves, key=lambda two: max(map(len, two)), default=[self.title])

    def walk(self) -> Iterator[Frame]:
        """Yield the frame and all frames in it."""
        yield self
        for frame in self.frames:
            yield from frame.walk()


class Scene:
    """Everything that a picture shows.

    Attributes:
        role: "model" or "comparison".
        title: The name of the model, or of both, joined by " -> ".
        summary: The lines below the title.
        root: The outermost frame, with all boxes.
        boxes: The boxes by their keys.
        arrows: The arrows.
        legend: The changes that are to be explained.
        unit: What `Box.amount` counts, "parameters" or "MACs".
        explanation: What marks and colours mean, each text with the number of its lane's colour or None.
        linked: Whether boxes and arrows name the calls that they stand for, by which a page finds them.
    """

    def __init__(
        self,
        role: str,
        title: str,
        root: Frame,
        boxes: Iterable[Box],
        arrows: Sequence[Arrow],
        summary: Sequence[str] = (),
        legend: Sequence[str] = (),
        unit: str = "parameters",
        explanation: Sequence[tuple[str, int | None]] = (),
    ) -> None:
        self.role, self.title, self.root = role, title, root
        self.boxes = {box.key: box for box in boxes}
        self.arrows, self.summary, self.legend, self.unit = arrows, summary, legend, unit
        self.explanation = explanation
        self.linked = role == "model"

    @property
    def colors_families(self) -> bool:
        """Whether the colours of its explanation are those of its boxes."""
        return any(lane is not None for _, lane in self.explanation)

    @property
    def compares(self) -> bool:
        """Whether it shows a comparison."""
        return self.role == "comparison"
