"""A picture before any format: boxes, arrows and frames; and the scene of a network.

DOT and Mermaid are written from a `Scene`, so they show the same. The scene of a comparison is made in `diff_scene`.
"""

from __future__ import annotations

from typing import Iterable, Iterator, NamedTuple, Sequence

from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer, parameters
from mergecli.catalog.shapes import text
from mergecli.exporters.pictures.folding import DETAILS, Group, groups, models, singles
from mergecli.exporters.pictures.labels import common, describe
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.subgraph_layers import held_model, wrapped_model

#: The most lines in a box for several layers.
MOST_ROWS = 9
#: The most classes in a box for more layers than that.
MOST_CLASSES = 4
#: The most outputs that have a box.
MOST_OUTPUTS = 300
#: The most layers that a tooltip lists.
MOST_LISTED = 20


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
    """

    lane: int | None = None
    change: str = ""
    joins: bool = False
    frozen: bool = False
    shared: bool = False


PLAIN = Style()


class Box:
    """A box: an input, an output, a layer, or several layers.

    Attributes:
        key: Its name among the boxes, which consists of letters, digits and underscores.
        role: "input", "output", "layer" or "group".
        title: The class, or how many layers there are.
        name: The name of the layer.
        old_name: The name before, if a comparison shows another one.
        lines: The lines below the title.
        notes: Remarks at the end.
        tooltip: All of it in a few lines.
        data: The calls that it stands for, by their index in the graph, which the page looks up.
        layers: The number of layers.
        counted: Whether the title only counts the layers, which the lines name one by one.
        parameters: The number of parameters, None where it cannot be known.
        macs: The multiply-accumulates for one sample, None where they cannot be known.
        amount: Its parameters or MACs, whichever the scene shows.
        amounts: Both as text, each for one round where a structure is repeated.
        shown: The amount as text.
        share: The length of its bar, from 0 to 1 for the heaviest box.
    """

    __slots__ = (
        "amount", "amounts", "counted", "data", "key", "layers", "lines", "macs", "name", "notes", "old_name", "parameters", "role", "share",
        "shown", "style", "title", "tooltip",
    )  # fmt: skip

    def __init__(self, key: str, role: str, title: str, name: str, style: Style = PLAIN) -> None:
        self.key, self.role, self.title, self.name, self.style = key, role, title, name, style
        self.old_name = self.tooltip = ""
        self.lines: list[Line] = []
        self.notes: list[str] = []
        self.data: list[int] = []
        self.layers = 1
        self.counted = False
        self.parameters: int | None = 0
        self.macs: int | None = 0
        self.amount: int | None = 0
        self.amounts = {"parameters": "", "MACs": ""}
        self.shown = ""
        self.share = 0.0


class Arrow(NamedTuple):
    """An arrow between two boxes. `call` numbers the calls of a shared layer from 1; elsewhere it is 0."""

    source: str
    target: str
    style: Style = PLAIN
    label: str = ""
    call: int = 0


class Frame:
    """A frame around boxes and frames. `role` is "branch", "model" (in the model), "repeat", or "" for the outermost."""

    __slots__ = ("boxes", "frames", "key", "role", "style", "title")

    def __init__(self, key: str, role: str, title: str, style: Style = PLAIN) -> None:
        self.key, self.role, self.title, self.style = key, role, title, style
        self.boxes: list[Box] = []
        self.frames: list[Frame] = []

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
    ) -> None:
        self.role, self.title, self.root = role, title, root
        self.boxes = {box.key: box for box in boxes}
        self.arrows, self.summary, self.legend, self.unit = arrows, summary, legend, unit

    @property
    def compares(self) -> bool:
        """Whether it shows a comparison."""
        return self.role == "comparison"


def scene(network: Network, detail: str = "auto", bar: str = "parameters") -> Scene:
    """Return the scene of a network.

    Args:
        network: The network.
        detail: What a box stands for, one of `folding.DETAILS`.
        bar: What the bars show: "parameters", "macs" or "none".
    """
    return _NetworkScene(network, groups(network, detail)).scene(bar)


def scenes(network: Network, detail: str = "auto", bar: str = "parameters") -> Iterator[Scene]:
    """Yield scenes of a network, each with fewer boxes than the one before; the first has the wanted detail."""
    for level in [detail, *coarser(detail)]:
        yield scene(network, level, bar)


def coarser(detail: str) -> list[str]:
    """Return the levels of detail with fewer boxes.

    >>> coarser("layer"), coarser("branch")
    (['auto', 'block', 'branch'], [])
    """
    order = sorted(DETAILS, key=lambda name: name != "layer")
    return order[order.index(detail) + 1 :]


class _Door(NamedTuple):
    """Where arrows enter and leave a model that is drawn with its content.

    `entries` are the arrows from each of its inputs, without a source; `exits` the box of each of its results.
    """

    entries: list[list[Arrow]]
    exits: list[str]


class _NetworkScene:
    """The boxes, arrows and frames of a network."""

    def __init__(self, network: Network, grouped: Sequence[Group] | None = None) -> None:
        self.network = network
        self.root = Frame("root", "", "")
        self.arrows: list[Arrow] = []
        self.boxes: dict[str, Box] = {}
        #: The key of the box of each call.
        self.place: dict[int, str] = {}
        #: The number of each call, from 1, in a box whose layer is applied several times.
        self._numbers: dict[str, dict[int, int]] = {}
        self._frames: dict[tuple[str, ...], Frame] = {(): self.root}
        #: In which repetition of which structures a call is.
        self._repetition: dict[int, list[tuple[str, int]]] = {}
        self._doors: dict[int, _Door] = {}
        #: A branch's colour is its place among the branches; inputs and layers outside of them have none.
        self._lanes = {name: number for number, name in enumerate(network.graph.branches)}
        for group in singles(network) if grouped is None else grouped:
            self._add(group)
        self._connect()
        self._end()

    def scene(self, bar: str) -> Scene:
        """Return the scene, whose bars show what `bar` says."""
        unit = "MACs" if bar == "macs" else "parameters"
        for box in self.boxes.values():
            box.amount = box.macs if bar == "macs" else box.parameters
            box.shown = box.amounts[unit]
        most = max((box.amount or 0 for box in self.boxes.values()), default=0)
        if most and bar != "none":
            for box in self.boxes.values():
                box.share = (box.amount or 0) / most
        return Scene(
            "model",
            self.network.graph.name,
            self.root,
            self.boxes.values(),
            self.arrows,
            [" · ".join(_totals(self.network, self.boxes.values()))],
            unit=unit,
        )

    # Boxes.

    def _add(self, group: Group) -> None:
        first = self.network.graph.nodes[group.rows[0][0]]
        model = held_model(first.layer)
        if group.inner is not None and model is not None:
            self._add_model(first, model.network, group)
            return
        nodes = self.network.graph.nodes
        branches = {nodes[index].branch for calls in group.rows for index in calls}
        branch = first.branch if len(branches) == 1 else None
        box = self._box(group, first, self._lanes.get(branch or ""))
        self._enter(group, box.key)
        self.boxes[box.key] = box
        self._frame(first, branch, group, box.style.lane).boxes.append(box)

    def _box(self, group: Group, first: Call, lane: int | None) -> Box:
        """Return the box of a group.

        Args:
            group: The calls.
            first: The first of them.
            lane: The number of the branch that gives the box its colour.
        """
        rows = group.rows
        alike = all(_shared(self.network, calls) for calls in rows)
        names = self._row_names(group)
        title, name = self._heading(group, first, alike, names)
        box = Box(f"n{first.index}", self._role(group, first), title, name)
        box.data, box.layers = [index for calls in rows for index in calls], len(rows)
        box.counted = box.role == "group" and len(rows) <= MOST_ROWS and " × " not in title
        shared = alike and len(set(map(len, rows))) == 1
        if shared:
            self._numbers[box.key] = {
                index: number for calls in rows for number, index in enumerate(calls, 1)
            }
        self._measure(box, [] if shared else rows)
        box.notes = _frozen(self.network, box.data)
        box.style = Style(
            lane, joins=self._joins(first), frozen=box.notes == ["frozen"], shared=shared
        )
        self._describe(box, group, names)
        if shared:
            box.notes.append(f"shared: applied {len(rows[0])} times")
        return box

    def _role(self, group: Group, first: Call) -> str:
        if len(group.rows) > 1:
            return "group"
        return "input" if first.index in self.network.graph.inputs else "layer"

    def _row_names(self, group: Group) -> list[str]:
        """Return the name of each row; empty for one of several layers."""
        nodes = self.network.graph.nodes
        return [
            nodes[calls[0]].name if len(calls) == 1 or _shared(self.network, calls) else ""
            for calls in group.rows
        ]

    def _heading(
        self, group: Group, first: Call, alike: bool, names: Sequence[str]
    ) -> tuple[str, str]:
        """Return the title of a box and the name of what it stands for.

        Args:
            group: The calls.
            first: The first of them.
            alike: Whether each row is one layer, applied once or several times.
            names: The name of each row.
        """
        if len(group.rows) == 1:
            is_input = self._role(group, first) == "input"
            return "Input" if is_input else group.title or first.cls, names[0]
        if alike:
            indices = [calls[0] for calls in group.rows]
        else:
            indices = [index for calls in group.rows for index in calls]
        # Layers that are applied again begin in a branch, which is a name for them all.
        whole = first.branch or "" if alike else ""
        name = common([self.network.graph.nodes[index].name for index in indices]) or whole
        return group.title or f"{len(indices)} layers", name

    def _joins(self, call: Call) -> bool:
        """Return whether several tensors meet in a call."""
        sources = {self.place.get(parent, parent) for parent in call.parents}
        return call.index == self.network.graph.merge or len(sources) > 1

    def _measure(self, box: Box, rows: Sequence[Sequence[int]]) -> None:
        """Count the parameters and MACs of a box.

        Args:
            box: The box.
            rows: Its calls, each with those of the other rounds of a repeated structure.
        """
        numbers = {index: self._numbers_of(index) for index in box.data}
        box.parameters, box.macs = (_sum(n[unit] for n in numbers.values()) for unit in (0, 1))
        rounds = list(zip(*rows)) if len(set(map(len, rows))) == 1 else []
        for unit, (name, total) in enumerate((("parameters", box.parameters), ("MACs", box.macs))):
            each = [_sum(numbers[index][unit] for index in calls) for calls in rounds]
            box.amounts[name] = _amount(total, each)

    def _numbers_of(self, index: int) -> tuple[int | None, int | None]:
        """Return the parameters and MACs of a call, None where they cannot be known."""
        is_input = index in self.network.graph.inputs
        return _count(self.network, index), 0 if is_input else self.network.macs[index]

    def _describe(self, box: Box, group: Group, names: Sequence[str]) -> None:
        """Write the lines of a box and its tooltip."""
        network = self.network
        nodes = network.graph.nodes
        rows = [(nodes[calls[0]].cls, describe(nodes[calls[0]])) for calls in group.rows]
        tooltip = [f"{box.title} {box.name}".strip()]
        if box.role == "group":
            box.lines = [
                Line(*row) for row in (rows if len(rows) <= MOST_ROWS else _counted(rows, group))
            ]
            tooltip += [
                f"{cls} {name}: {arguments}".rstrip(": ")
                for (cls, arguments), name in zip(rows[:MOST_LISTED], names)
            ]
            tooltip += [f"and {len(rows) - MOST_LISTED} more"] if len(rows) > MOST_LISTED else []
        elif box.role == "layer":
            box.lines = [Line(rows[0][1])] if rows[0][1] else []
            tooltip.append(rows[0][1])
        shape = _shape(network, group, box.style.shared)
        dtype = ""
        if box.role == "input":
            dtype = network.results[group.rows[0][0]][0].dtype or ""
        box.lines.append(Line(shape, right=dtype, strong=_reshapes(network, group)))
        tooltip += [shape, dtype, *box.notes]
        if box.role != "input":
            tooltip += [f"{count} {unit}" for unit, count in box.amounts.items() if count]
        box.tooltip = "\n".join(filter(None, tooltip))

    def _enter(self, group: Group, key: str) -> None:
        """Note the box of each call of a group, and the repetitions that the call is in."""
        for calls in group.rows:
            for position, index in enumerate(calls):
                self.place[index] = key
                path, size = [], len(calls)
                for frame, _, count in group.frames:
                    size //= count
                    path.append((frame, position // size % count))
                if path:
                    self._repetition[index] = path

    def _end(self) -> None:
        """Add a box for each output, or one for the last of very many."""
        network = self.network
        outputs = network.graph.outputs
        most = len(self.boxes) + MOST_OUTPUTS
        for number, target in enumerate(outputs.targets):
            if len(self.boxes) >= most:
                self._add_rest(len(outputs.targets) - number, self.boxes[self._exit(target)])
                break
            name = (
                outputs.names[number]
                if outputs.names is not None
                else network.graph.reference(target)
            )
            source = self.boxes[self._exit(target)]
            for place, tensor in enumerate(network.tensors(target)):
                key = f"out{number}" if not place else f"out{number}_{place}"
                box = Box(key, "output", "Output", name)
                box.lines = [Line(text(tensor.shape), right=tensor.dtype or "")]
                lines = f"Output {name}".strip(), box.lines[0].text, box.lines[0].right
                box.tooltip = "\n".join(filter(None, lines))
                self.boxes[key] = box
                self.root.boxes.append(box)
                self.arrows.append(Arrow(source.key, key, Style(source.style.lane)))

    def _add_rest(self, count: int, source: Box) -> None:
        """Add one box for outputs that have none of their own."""
        box = Box("more", "output", "Output", f"{count:,} more")
        self.boxes[box.key] = box
        self.root.boxes.append(box)
        self.arrows.append(Arrow(source.key, box.key, Style(source.style.lane)))

    # Models in the model.

    def _add_model(self, call: Call, network: Network, group: Group) -> None:
        """Add a model as one layer: a frame with a picture of its own, whose boxes stand for the one call."""
        inner = _NetworkScene(network, group.inner)
        inputs = [inner.place[index] for index in network.graph.inputs]
        results = [inner.place[target.producer] for target in _sorted_outputs(network)]
        # What stands outside leads to what an input leads to; only an input that leads nowhere, or out again, has a box.
        led = {key: inner.led_to(key) for key in inputs}
        hidden = {key for key in inputs if led[key] and key not in results}
        keys = {
            key: f"n{call.index}_{key[1:]}"
            for key, box in inner.boxes.items()
            if box.role != "output" and key not in hidden
        }
        style = Style(self._lanes.get(call.branch or ""))
        title = call.name
        if wrapped_model(call.layer) is not None:
            # The shapes inside are those of one step.
            title += f" · {call.cls} {text(self.network.results[call.index][0].shape)}"
        frame = Frame(f"frame{len(self._frames)}", "model", title, style)
        self._frames["nested", frame.key] = frame
        self._frame(call, call.branch, group, style.lane).frames.append(frame)
        self._adopt(inner, frame, keys, call.index)
        entries = [
            [
                arrow._replace(source="", target=keys[arrow.target], style=style)
                for arrow in led[key]
            ]
            if key in hidden
            else [Arrow("", keys[key], style)]
            for key in inputs
        ]
        self._doors[call.index] = _Door(entries, [keys[key] for key in results])
        self.place[call.index] = keys[results[0]]

    def led_to(self, key: str) -> list[Arrow]:
        """Return the arrows from a box to others, without those to outputs."""
        return [
            arrow
            for arrow in self.arrows
            if arrow.source == key and self.boxes[arrow.target].role != "output"
        ]

    def _adopt(self, inner: _NetworkScene, frame: Frame, keys: dict[str, str], index: int) -> None:
        """Put the picture of a model into its frame, its boxes with new keys."""
        style = frame.style
        for part in inner.root.walk():
            part.boxes = [box for box in part.boxes if box.key in keys]
            part.style = style
            if part is not inner.root:
                part.key = f"{frame.key}_{part.key}"
            for box in part.boxes:
                if box.key in inner._numbers:
                    self._numbers[keys[box.key]] = {index: 1}
                box.key = keys[box.key]
                box.style = box.style._replace(lane=style.lane)
                box.data = [index] * box.layers
                self.boxes[box.key] = box
        frame.boxes, frame.frames = inner.root.boxes, inner.root.frames
        self.arrows += [
            arrow._replace(source=keys[arrow.source], target=keys[arrow.target], style=style)
            for arrow in inner.arrows
            if arrow.target in keys and arrow.source in keys
        ]

    # Frames.

    def _frame(self, first: Call, branch: str | None, group: Group, lane: int | None) -> Frame:
        """Return the frame in which a group stands."""
        path: list[tuple[str, str, str]] = []
        if branch is not None:
            path.append((f"branch-{self._lanes.get(branch, branch)}", "branch", branch))
        path += [
            (f"model-{depth}-{name}", "model", name) for depth, name in enumerate(models(first))
        ]
        path += [(f"repeat-{key}", "repeat", title) for key, title, _ in group.frames]
        keys: tuple[str, ...] = ()
        frame = self.root
        for key, role, title in path:
            keys = (*keys, key)
            if keys not in self._frames:
                inner = Frame(f"frame{len(self._frames)}", role, title, Style(lane))
                self._frames[keys] = inner
                frame.frames.append(inner)
            frame = self._frames[keys]
        return frame

    # Arrows.

    def _connect(self) -> None:
        seen = set()
        for call in self.network.parts():
            for number, target in enumerate(call.sources or ()):
                if target.constant is not None:
                    continue
                for arrow in self._arrows_to(call, number, target):
                    key = arrow._replace(style=PLAIN)
                    if key not in seen:
                        seen.add(key)
                        self.arrows.append(arrow)

    def _arrows_to(self, call: Call, number: int, target: Value) -> Iterator[Arrow]:
        """Yield the arrows from a source to a call; into a model in the model, those to all that its input leads to."""
        box, source = self.boxes[self.place[call.index]], self.boxes[self._exit(target)]
        once = box.key not in self._numbers and source.key not in self._numbers
        # Of a fold, the calls within one repetition are what is drawn.
        if once and self._repeats(target.producer, call.index):
            return
        own = self._numbers.get(box.key, {}).get(call.index, 0)
        other = self._numbers.get(source.key, {}).get(target.producer, 0)
        label = call.keywords[number] if call.keywords and box.style.joins else ""
        style = Style(source.style.lane)
        if own or other:
            branch = self.network.graph.nodes[target.producer].branch
            style = Style(self._lanes.get(branch or ""))
        arrow = Arrow(source.key, box.key, style, label, own or other)
        doors = self._doors.get(call.index)
        for door in [arrow] if doors is None else doors.entries[number]:
            if source.key != door.target or own != other:
                yield arrow._replace(
                    target=door.target,
                    label=arrow.label or door.label,
                    call=arrow.call or door.call,
                )

    def _exit(self, target: Value) -> str:
        """Return the box from which a result comes."""
        doors = self._doors.get(target.producer)
        return self.place[target.producer] if doors is None else doors.exits[target.result or 0]

    def _repeats(self, source: int, target: int) -> bool:
        """Return whether two calls are in different repetitions of a structure that is drawn once."""
        for (frame, here), (other, there) in zip(
            self._repetition.get(source, ()), self._repetition.get(target, ())
        ):
            if frame != other:
                return False
            if here != there:
                return True
        return False


def _sorted_outputs(network: Network) -> list[Value]:
    """Return the outputs as Keras counts them: those of a dictionary in the order of its sorted keys."""
    outputs = network.graph.outputs
    if outputs.names is None:
        return list(outputs.targets)
    return [
        target
        for _, target in sorted(zip(outputs.names, outputs.targets), key=lambda pair: pair[0])
    ]


def _totals(network: Network, boxes: Iterable[Box]) -> list[str]:
    """Return the layers, parameters and MACs of a network, as far as they are known."""
    layers = sum(call.owner is None for call in network.parts()) - len(network.graph.inputs)
    macs = _sum(
        network.macs[call.index]
        for call in network.parts()
        if call.index not in network.graph.inputs
    )
    totals = [f"{layers:,} layer{'s' * (layers != 1)}"]
    if all(box.parameters is not None for box in boxes):
        totals.append(f"{network.count():,} parameters")
    if macs is not None:
        totals.append(f"{macs:,} MACs")
    return totals


def _counted(rows: Sequence[tuple[str, str]], group: Group) -> list[tuple[str, str]]:
    """Return the classes of layers that are too many to list, the most frequent first, with their numbers."""
    numbers: dict[str, int] = {}
    # A structure that is repeated counts once.
    alike = len({len(calls) for calls in group.rows}) == 1
    for (cls, _), calls in zip(rows, group.rows):
        numbers[cls] = numbers.get(cls, 0) + (1 if alike else len(calls))
    listed = sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = sum(number for _, number in listed[MOST_CLASSES:])
    return [(cls, f"× {number}" if number > 1 else "") for cls, number in listed[:MOST_CLASSES]] + (
        [(f"{rest} more", "")] if rest else []
    )


def _shape(network: Network, group: Group, shared: bool) -> str:
    """Return the shapes that come out of a group, of the first and the last repetition where they differ."""
    first = _shapes(network, group.rows[-1][0])
    last = _shapes(network, group.rows[-1][-1])
    return first if first == last or shared else f"{first} … {last}"


def _shapes(network: Network, index: int) -> str:
    results = network.results[index]
    return ", ".join(text(tensor.shape) for tensor in results[:3]) + " …" * (len(results) > 3)


def _reshapes(network: Network, group: Group) -> bool:
    """Return whether what comes out of a group has another shape than all that enters it."""
    results = network.results[group.rows[-1][0]]
    after = results[0].shape if results else None
    before = [
        tensor.shape
        for target in network.graph.nodes[group.rows[0][0]].sources or ()
        if target.constant is None
        for tensor in network.tensors(target)
    ]
    if not before or after is None:
        return False
    return all(shape is not None and shape != after for shape in before)


def _frozen(network: Network, indices: Sequence[int]) -> list[str]:
    """Return ["frozen"] or ["partly frozen"] for layers that are, else an empty list."""
    layers = [network.graph.nodes[index].layer for index in indices]
    # A layer may hold what is never trained, as a normalization does; frozen is what would be trained.
    if not any(
        layer is not None and (layer.frozen or layer.trainable is False) for layer in layers
    ):
        return []
    trainable = [
        [weight.trainable for weight in network.weights[index]]
        for index in indices
        if network.weights[index]
    ]
    if all(map(any, trainable)):
        return []
    return ["partly frozen"] if any(map(any, trainable)) else ["frozen"]


def _shared(network: Network, calls: Sequence[int]) -> bool:
    """Return whether several calls are of one layer."""
    return len(calls) > 1 and any(network.graph.nodes[index].owner is not None for index in calls)


def _count(network: Network, index: int) -> int | None:
    """Return the number of parameters of a call, None where it cannot be known."""
    layer = network.graph.nodes[index].layer
    unknown = any(tensor.shape is None for tensor in network.results[index])
    if (
        unknown
        and layer is not None
        and (type(layer).weights is not Layer.weights or isinstance(layer, Custom))
    ):
        return None
    return parameters(network.weights[index])


def _amount(total: int | None, rounds: Sequence[int | None]) -> str:
    """Return a number as text, by the rounds that it is made of if there are several.

    >>> _amount(384, [128, 128, 128]), _amount(30, [10, 20]), _amount(7, [7]), _amount(0, [])
    ('128 × 3', '30 in 2 rounds', '7', '')
    """
    if total is None or len(rounds) < 2 or not total:
        return "?" if total is None else f"{total:,}" if total else ""
    is_even = len(set(rounds)) == 1
    return f"{rounds[0]:,} × {len(rounds)}" if is_even else f"{total:,} in {len(rounds)} rounds"


def _sum(numbers: Iterable[int | None]) -> int | None:
    """Return the sum, None if a number is not known."""
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total
