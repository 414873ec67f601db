"""Scene -> units of a figure with volumes: which touch, where tensors meet, what arrows skip.

Heights and depths of volumes are proportional to the square roots of the sizes of images, widths to
those of the numbers of channels, with a least length for each, so that small ones can be seen.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple, Sequence

from mergecli.exporters.pictures.dot_labels import short, visible
from mergecli.exporters.pictures.paper.drawing import LEADING, length
from mergecli.exporters.pictures.paper.stages import is_convolution, shown, volume
from mergecli.exporters.pictures.scene import Box, Scene
from mergecli.ir.graph import Call, Network

#: Points: the height of the largest image and vector, the width of the most channels, and of a
#: vector.
_HIGHEST, _WIDEST, _BAR = 46.0, 12.0, 3.0
#: The least height and width.
_LOWEST, _THINNEST = 6.0, 2.0
#: How far the back of a volume is to the right of its front and above it, as a share of the width
#: of the image.
_OBLIQUE = 0.22
#: The diameter of the disc of a merge.
_DISC = 9.0
#: The most characters in a line of a label.
_LONGEST = 18


class Slab(NamedTuple):
    """A volume, or without a depth the rectangle of a sequence or a vector.

    Attributes:
        width: Its width.
        height: Its height.
        depth: How far its back is to the right of its front and above it.
        role: "plain", "smaller" for pooling, "larger" for upsampling.
        frozen: Whether all weights of its layers are frozen.
    """

    width: float
    height: float
    depth: float
    role: str
    frozen: bool = False


class Unit:
    """What has one place in a figure: slabs that touch, with one label, or the disc of a merge.

    Attributes:
        keys: The boxes of the scene, one for each slab.
        slabs: The slabs, empty for a merge.
        lines: The lines of the label below.
        symbol: What is in the disc.
        size: What neighbours must have in common to touch.
    """

    def __init__(
        self, key: str, slabs: list[Slab], lines: list[str], symbol: str, size: object
    ) -> None:
        self.keys, self.slabs, self.lines, self.symbol, self.size = (
            [key],
            slabs,
            lines,
            symbol,
            size,
        )

    @property
    def front(self) -> float:
        """The width of the slabs, or of the disc."""
        return sum(slab.width for slab in self.slabs) if self.slabs else _DISC

    @property
    def depth(self) -> float:
        """How far its back is to the right of its front and above it."""
        return max((slab.depth for slab in self.slabs), default=0)

    @property
    def width(self) -> float:
        """The width with the label."""
        return max([self.front + self.depth, *(length(line) for line in self.lines)])

    @property
    def above(self) -> float:
        """How far it reaches above its middle."""
        return max((slab.height / 2 + slab.depth for slab in self.slabs), default=_DISC / 2)

    @property
    def below(self) -> float:
        """How far it reaches below its middle, with the label."""
        height = max((slab.height for slab in self.slabs), default=_DISC)
        return height / 2 + LEADING * len(self.lines) + 1


class Flow(NamedTuple):
    """The units of a figure and the arrows between them.

    Attributes:
        units: The units, each after those that lead to it.
        arrows: Pairs of numbers of units: the arrows without which a unit would follow no other.
        skips: Pairs of keys of boxes: the arrows that pass by what lies between their ends.
        home: The number of the unit of each box.
    """

    units: list[Unit]
    arrows: list[tuple[int, int]]
    skips: list[tuple[str, str]]
    home: dict[str, int]


def flow(network: Network, scene: Scene, compact: bool, whole: bool, scale: float = 1) -> Flow:
    """Return the units of a scene, the boxes of which are from `stages`.

    Args:
        network: The network.
        scene: Its scene.
        compact: Whether a merge has no disc if all but one of its tensors skip other layers.
        whole: Whether boxes stand for all of a stage, not for one layer and what prepares it.
        scale: The size of volumes, of the usual one.
    """
    maker = _Maker(network, scene, whole, scale)
    outputs = {key for key, box in scene.boxes.items() if box.role == "output"}
    into: dict[str, list[str]] = {key: [] for key in scene.boxes if key not in outputs}
    for arrow in scene.arrows:
        if arrow.target not in outputs and arrow.source not in into[arrow.target]:
            into[arrow.target].append(arrow.source)
    order = _ordered(into)
    main, skips = _reduced(order, into)
    units = {key: maker.unit(scene.boxes[key]) for key in order}
    if compact:
        _without_discs(order, main, skips, units)
    return _joined([key for key in order if key in units], main, skips, units)


class _Maker:
    """Makes the units of boxes."""

    def __init__(self, network: Network, scene: Scene, whole: bool, scale: float) -> None:
        self.network, self.whole, self.scale = network, whole, scale
        #: The names of inputs and outputs, where there are several, by their boxes.
        self.names: dict[str, str] = {}
        calls = {key: self._call(box) for key, box in scene.boxes.items() if box.data}
        inputs = {key: call.name for key, call in calls.items() if not call.parents}
        outputs = {
            arrow.source: scene.boxes[arrow.target].name
            for arrow in scene.arrows
            if scene.boxes[arrow.target].role == "output"
        }
        for names in (inputs, outputs):
            self.names.update(names if len(names) > 1 else {})
        layers = [call.layer for call in network.parts() if call.layer is not None]
        self.first = any(layer.explicit.get("data_format") == "channels_first" for layer in layers)
        shapes = [self._shape(box) for box in scene.boxes.values() if box.role != "output"]
        self.most = {
            "size": max((size for shape in shapes for size in shape[:-1][-2:]), default=1),
            "channels": max((shape[-1] for shape in shapes if len(shape) > 1), default=1),
            "units": max((shape[-1] for shape in shapes if len(shape) == 1), default=1),
        }

    def _call(self, box: Box) -> Call:
        # Of a volume for several layers, the first makes its tensor; of a stage, what leaves it is
        # shown.
        return (
            shown(self.network, box.data) if self.whole else self.network.graph.nodes[box.data[0]]
        )

    def _dimensions(self, box: Box) -> list[int | None]:
        """Return the shape of a box without the batch, its channels last."""
        results = self.network.results[self._call(box).index]
        shape = list(results[0].shape or ())[1:] if results else []
        return [*shape[1:], shape[0]] if self.first and len(shape) > 2 else shape

    def _shape(self, box: Box) -> list[int]:
        """Return the dimensions of a box, 1 for those that are not known."""
        return [size or 1 for size in self._dimensions(box)] or [1]

    def unit(self, box: Box) -> Unit:
        """Return the unit of a box."""
        call = self._call(box)
        symbol = getattr(call.layer, "symbol", None)
        if symbol and box.style.joins and call.index == box.data[0]:
            return Unit(box.key, [], [], symbol, None)
        shape, known = self._shape(box), self._dimensions(box)
        size = tuple(shape[:-1]) if len(shape) > 2 else tuple(shape)
        # An input touches nothing.
        size = (bool(call.parents), len(shape), *size)
        slab = self._slab(shape, volume(call) or "plain")._replace(frozen=box.style.frozen)
        return Unit(box.key, [slab], self._lines(box, known, call), "", size)

    def _slab(self, shape: Sequence[int], role: str) -> Slab:
        highest, largest = _HIGHEST * self.scale, self.most["size"]
        if len(shape) == 1:
            return Slab(_BAR, _scaled(shape[0], self.most["units"], highest, _LOWEST), 0, role)
        width = _scaled(shape[-1], self.most["channels"], _WIDEST * self.scale, _THINNEST)
        if len(shape) == 2:
            return Slab(width, _scaled(shape[0], largest, highest, _LOWEST), 0, role)
        high, deep = (_scaled(size, largest, highest, _LOWEST) for size in shape[-3:-1])
        return Slab(width, high, round(deep * _OBLIQUE, 2), role)

    def _lines(self, box: Box, shape: Sequence[int | None], call: Call) -> list[str]:
        """Return the label: the size, the channels, and what else would not be seen."""
        sizes = ["?" if size is None else str(size) for size in shape]
        lines = sizes[-1:]
        if len(sizes) > 1:
            image = sizes[:-1]
            if len(image) > 1 and image[-1] == image[-2]:
                image[-2:] = [f"{image[-1]}²"]
            lines = ["×".join(image), f"×{sizes[-1]}"]
        if self.whole and len(box.data) > 1:
            calls = [self.network.graph.nodes[index] for index in box.data]
            convolutions = sum(map(is_convolution, calls))
            lines += [f"{convolutions} conv."] * (convolutions > 1)
        elif call.parents and not volume(call):
            lines += [short(call.cls, _LONGEST)]
        name = self.names.get(box.key)
        return [*lines, *map(visible, [short(name, _LONGEST)] if name else [])]


def _scaled(size: int, most: int, longest: float, least: float) -> float:
    return round(max(least, longest * sqrt(size / max(1, most))), 2)


def _ordered(into: dict[str, list[str]]) -> list[str]:
    """Return the boxes, each after those that lead to it."""
    result: dict[str, None] = {}
    waiting = list(into)
    while waiting:
        rest = []
        for key in waiting:
            if all(source in result for source in into[key]):
                result[key] = None
            else:
                rest.append(key)
        if len(rest) == len(waiting):
            break
        waiting = rest
    return list(result)


def _reduced(
    order: Sequence[str], into: dict[str, list[str]]
) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """Return the arrows to each box beside which no longer path leads, and the other ones."""
    number = {key: place for place, key in enumerate(order)}
    above: dict[str, int] = {}
    main: dict[str, list[str]] = {}
    skips: list[tuple[str, str]] = []
    for key in order:
        main[key] = []
        for source in into[key]:
            passed = any(
                other != source and above[other] >> number[source] & 1 for other in into[key]
            )
            if passed:
                skips.append((source, key))
            else:
                main[key].append(source)
        above[key] = 1 << number[key]
        for source in into[key]:
            above[key] |= above[source]
    return main, skips


def _without_discs(
    order: Sequence[str],
    main: dict[str, list[str]],
    skips: list[tuple[str, str]],
    units: dict[str, Unit],
) -> None:
    """Remove each merge that one path leads through; what skips to it leads to the next layer."""
    for key in order:
        after = [other for other, sources in main.items() if key in sources]
        if units[key].slabs or len(main[key]) != 1 or len(after) != 1:
            continue
        if any(source == key for source, _ in skips):
            continue
        (target,) = after
        main[target] = [main[key][0] if source == key else source for source in main[target]]
        skips[:] = [(source, target if end == key else end) for source, end in skips]
        del units[key], main[key]


def _joined(
    order: Sequence[str],
    main: dict[str, list[str]],
    skips: list[tuple[str, str]],
    units: dict[str, Unit],
) -> Flow:
    """Return the flow in which neighbours of one size are one unit."""
    uses: dict[str, int] = {}
    for sources in main.values():
        for source in sources:
            uses[source] = uses.get(source, 0) + 1
    result: list[Unit] = []
    home: dict[str, int] = {}
    arrows: list[tuple[int, int]] = []
    for key in order:
        unit, sources = units[key], main[key]
        before = result[home[sources[0]]] if len(sources) == 1 else None
        if (
            before is not None
            and before.slabs
            and unit.slabs
            and before.size == unit.size
            and uses[sources[0]] == 1
            and before.keys[-1] == sources[0]
        ):
            before.keys += unit.keys
            before.slabs += unit.slabs
            before.lines = unit.lines
            home[key] = home[sources[0]]
            continue
        home[key] = len(result)
        result.append(unit)
        arrows += [(home[source], home[key]) for source in sources]
    return Flow(result, arrows, skips, home)
