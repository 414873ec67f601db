"""Network -> boxes, arrows and frames: what a picture shows, before any format's words.

DOT and Mermaid are written from this, so they show the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Collection, Iterable, Iterator, Sequence

from mergecli.catalog.custom import Custom
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, parameters
from mergecli.catalog.shapes import text
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.subgraph_layers import SubgraphLayer

if TYPE_CHECKING:
    from mergecli.diff.model import ComparedCall

#: What is said of an argument beside its value; arguments that are not here are said with their name.
_WORDS = {
    "units": "{}", "filters": "{}", "kernel_size": "{}", "pool_size": "{}", "size": "{}", "activation": "{}", "rate": "{}",
    "padding": "{}", "target_shape": "{}", "output_dim": "{}", "input_dim": "{} in", "strides": "stride {}", "num_heads": "{} heads",
    "dilation_rate": "dilation {}", "depth_multiplier": "depth × {}", "layer": "{}",
}  # fmt: skip
#: Arguments that tell nothing of what a layer does to whoever looks at the whole.
_SILENT = (
    "_initializer",
    "_regularizer",
    "_constraint",
    "epsilon",
    "momentum",
    "seed",
    "name",
    "trainable",
    "dtype",
    "autocast",
)
#: The most that is said of one layer's arguments.
_LONGEST = 44


class Row:
    """One layer in a box. `nodes` are the calls it stands for: one, or as many as a fold or a shared layer has."""

    __slots__ = ("arguments", "cls", "name", "nodes")

    def __init__(self, nodes: Sequence[int], cls: str, name: str, arguments: str) -> None:
        self.nodes, self.cls, self.name, self.arguments = list(nodes), cls, name, arguments


class Box:
    """A box: an input, an output, a layer, or several layers in a row.

    `role` is "input", "output", "layer" or "group"; `lane` is the number of its branch's colour, None for what
    stands in no branch. `shape` is what comes out of it, `changed` whether that is another one than what comes in.
    `weigh` is its share of the heaviest box, from 0 to 1. `parameters` is None where it cannot be known.
    """

    __slots__ = (
        "branch", "calls", "changed", "frozen", "key", "lane", "macs", "merges", "name", "note", "parameters", "role", "rows", "shape", "title", "weigh",
    )  # fmt: skip

    def __init__(
        self, key: str, role: str, title: str, name: str, rows: Sequence[Row] = ()
    ) -> None:
        self.key, self.role, self.title, self.name, self.rows = key, role, title, name, list(rows)
        self.branch: str | None = None
        self.lane: int | None = None
        self.shape, self.note = "", ""
        self.changed = False
        #: Whether several tensors meet in it.
        self.merges = False
        #: "" or "frozen", "partly frozen".
        self.frozen = ""
        self.parameters: int | None = 0
        self.macs: int | None = 0
        self.weigh = 0.0
        #: How often its layer is called, with the same weights.
        self.calls = 1

    @property
    def nodes(self) -> list[int]:
        """The calls it stands for, by their index in the graph."""
        return [index for row in self.rows for index in row.nodes]

    def call(self, index: int) -> int:
        """Which call of its layer that is, from 1; 0 if its layer is called only once."""
        return (
            next((row.nodes.index(index) + 1 for row in self.rows if index in row.nodes), 0)
            if self.calls > 1
            else 0
        )

    def amount(self, weighed: str) -> int | None:
        """Its parameters, or its MACs where these are weighed."""
        return self.macs if weighed == "macs" else self.parameters

    @property
    def tooltip(self) -> str:
        """All of it in a few lines, for whoever points at it."""
        lines = [f"{self.title} {self.name}".strip()]
        if self.role == "group":
            lines += [
                f"{row.cls} {row.name}: {row.arguments}".rstrip(": ") for row in self.rows[:20]
            ]
            lines += [f"and {len(self.rows) - 20} more"] if len(self.rows) > 20 else []
        elif self.role == "layer":
            lines += [row.arguments for row in self.rows]
        lines += [self.shape, self.note, self.frozen]
        for count, unit in (
            ((self.parameters, "parameters"), (self.macs, "MACs"))
            if self.role in ("layer", "group")
            else ()
        ):
            lines += [f"{'?' if count is None else f'{count:,}'} {unit}"] if count != 0 else []
        return "\n".join(line for line in lines if line)


class Arrow:
    """From one box to another. `call` numbers the ways through a shared layer; 0 is none."""

    __slots__ = ("call", "label", "lane", "source", "target")

    def __init__(
        self, source: str, target: str, lane: int | None, label: str = "", call: int = 0
    ) -> None:
        self.source, self.target, self.lane, self.label, self.call = (
            source,
            target,
            lane,
            label,
            call,
        )


class Frame:
    """What holds boxes and frames: `kind` is "branch", "model" (in the model) or "repeat"; the outermost has none."""

    __slots__ = ("boxes", "frames", "key", "kind", "lane", "title")

    def __init__(self, key: str, kind: str, title: str, lane: int | None = None) -> None:
        self.key, self.kind, self.title, self.lane = key, kind, title, lane
        self.boxes: list[Box] = []
        self.frames: list[Frame] = []

    def walk(self) -> Iterator[Frame]:
        """It and all frames in it."""
        yield self
        for frame in self.frames:
            yield from frame.walk()


class Group:
    """Layers that a picture shows as one box: for each layer of it the calls that it stands for.

    `frames` are the repeated structures it is part of, outermost first: each a key, a title and how often it is repeated. The
    calls of a layer stand in the order of the repetitions, those of the innermost one next to each other.
    """

    __slots__ = ("frames", "inner", "rows", "title")

    def __init__(
        self,
        rows: Sequence[Sequence[int]],
        frames: Sequence[tuple[str, str, int]] = (),
        title: str = "",
    ) -> None:
        self.rows, self.frames, self.title = [list(row) for row in rows], tuple(frames), title
        #: If it is a model as one layer that is shown with what is in it, the boxes of that.
        self.inner: list[Group] | None = None


class Diagram:
    """Everything that a picture of a network shows."""

    def __init__(
        self, network: Network, groups: Sequence[Group] | None = None, weigh: str = "parameters"
    ) -> None:
        self.network, self.title, self.weighed = network, network.graph.name, weigh
        self.root = Frame("root", "", "")
        self.arrows: list[Arrow] = []
        self.boxes: dict[str, Box] = {}
        #: The key of the box that each node is in.
        self.place: dict[int, str] = {}
        self._frames: dict[tuple[str, ...], Frame] = {(): self.root}
        #: In which repetition of which structures a call is.
        self._repetition: dict[int, list[tuple[str, int]]] = {}
        #: Where one enters and leaves a model as one layer that is shown with what is in it.
        self._doors: dict[int, tuple[list[list[Arrow]], list[str]]] = {}
        #: A branch's colour is its place among the branches; inputs and layers outside of them have none.
        self._lanes = {name: number for number, name in enumerate(network.graph.branches)}
        for group in singles(network) if groups is None else groups:
            self._add(group)
        self._connect()
        self._end()
        self._weigh(weigh)

    def _add(self, group: Group) -> None:
        network = self.network
        nodes = network.graph.nodes
        first = nodes[group.rows[0][0]]
        if group.inner is not None and isinstance(first.layer, SubgraphLayer):
            self._nest(first, first.layer.network, group)
            return
        rows = [
            Row(
                calls,
                nodes[calls[0]].cls,
                nodes[calls[0]].name if len(calls) == 1 or _shared(network, calls) else "",
                told(nodes[calls[0]]),
            )
            for calls in group.rows
        ]
        indices = [index for calls in group.rows for index in calls]
        key = f"n{first.index}"
        single = len(rows) == 1
        role = "group" if not single else "layer"
        if single and first.index in network.graph.inputs:
            role = "input"
        once = (
            [row.nodes[0] for row in rows]
            if all(_shared(network, row.nodes) for row in rows)
            else indices
        )
        title = group.title or (rows[0].cls if single else f"{len(once)} layers")
        # Layers that are applied again begin in a branch, which is a name for them all.
        whole = first.branch or "" if once is not indices else ""
        name = rows[0].name if single else common([nodes[index].name for index in once]) or whole
        box = Box(key, role, title if role != "input" else "Input", name, rows)
        branches = {nodes[index].branch for index in indices}
        box.branch = first.branch if len(branches) == 1 else None
        box.lane = self._lanes.get(box.branch or "")
        box.merges = (
            first.index == network.graph.merge
            or len({self.place.get(parent, parent) for parent in first.parents}) > 1
        )
        self._facts(box, group)
        for calls in group.rows:
            for position, index in enumerate(calls):
                self.place[index] = key
                way, size = [], len(calls)
                for frame, _, count in group.frames:
                    size //= count
                    way.append((frame, position // size % count))
                if way:
                    self._repetition[index] = way
        self.boxes[key] = box
        self._way(first, box.lane, box.branch, group).boxes.append(box)

    def _nest(self, node: Call, network: Network, group: Group) -> None:
        """A model as one layer: a frame with a picture of its own in it, whose boxes stand for the one call."""
        inner = Diagram(network, group.inner, "none")
        inputs = [inner.place[index] for index in network.graph.inputs]
        given = {inner.place[target.producer] for target in network.graph.outputs.targets}
        # What stands outside leads to what an input leads to; only an input that leads nowhere, or out again, has a box of its own.
        led = {
            key: [
                arrow
                for arrow in inner.arrows
                if arrow.source == key and inner.boxes[arrow.target].role != "output"
            ]
            for key in inputs
        }
        through = {key for key in inputs if led[key] and key not in given}
        new = {
            key: f"n{node.index}_{key[1:]}"
            for key, box in inner.boxes.items()
            if box.role != "output" and key not in through
        }
        frame = Frame(
            f"frame{len(self._frames)}", "model", node.name, self._lanes.get(node.branch or "")
        )
        self._frames[("nested", frame.key)] = frame
        around = self._way(node, self._lanes.get(node.branch or ""), node.branch, group)
        around.frames.append(frame)
        for part in inner.root.walk():
            part.boxes = [box for box in part.boxes if box.key in new]
            part.lane = frame.lane
            if part is not inner.root:
                part.key = f"{frame.key}_{part.key}"
            for box in part.boxes:
                box.key, box.branch, box.lane = new[box.key], node.branch, frame.lane
                for row in box.rows:
                    row.nodes = [node.index]
                self.boxes[box.key] = box
        frame.boxes, frame.frames = inner.root.boxes, inner.root.frames
        for arrow in inner.arrows:
            if arrow.target in new and arrow.source in new:
                self.arrows.append(
                    Arrow(new[arrow.source], new[arrow.target], frame.lane, arrow.label, arrow.call)
                )
        outputs = network.graph.outputs
        names: Any = outputs.names or range(len(outputs.targets))
        # Keras counts the results of a dictionary in the order of its sorted keys.
        targets = [
            target for _, target in sorted(zip(names, outputs.targets), key=lambda pair: pair[0])
        ]
        self._doors[node.index] = (
            [
                [
                    Arrow("", new[arrow.target], frame.lane, arrow.label, arrow.call)
                    for arrow in led[key]
                ]
                if key in through
                else [Arrow("", new[key], frame.lane)]
                for key in inputs
            ],
            [new[inner.place[target.producer]] for target in targets],
        )
        self.place[node.index] = self._doors[node.index][1][0]

    def _facts(self, box: Box, group: Group) -> None:
        network = self.network
        nodes = network.graph.nodes
        first, last = nodes[group.rows[0][0]], nodes[group.rows[-1][0]]
        final = nodes[group.rows[-1][-1]]
        shapes = _shapes(network, last)
        shared = (
            all(_shared(network, calls) for calls in group.rows)
            and len(set(map(len, group.rows))) == 1
        )
        end = _shapes(network, final)
        box.shape = shapes if shapes == end or shared else f"{shapes} … {end}"
        before = [
            tensor.shape
            for target in first.sources or ()
            for tensor in network.tensors(target)
            if target.constant is None
        ]
        after = network.results[last.index][0].shape if network.results[last.index] else None
        box.changed = (
            bool(before)
            and after is not None
            and all(shape is not None and shape != after for shape in before)
        )
        indices = box.nodes
        box.parameters = _sum(_count(network, index) for index in indices)
        box.macs = _sum(
            network.macs[index] if index not in network.graph.inputs else 0 for index in indices
        )
        weights = [weight for index in indices for weight in network.weights[index]]
        held = [
            index
            for index in indices
            if network.weights[index] and not any(w.trainable for w in network.weights[index])
        ]
        # A layer may hold what is never trained, as a normalization does; frozen is what would be trained.
        layers = [nodes[index].layer for index in indices]
        frozen = [
            layer
            for layer in layers
            if layer is not None and (layer.frozen or layer.trainable is False)
        ]
        if weights and held and frozen:
            whole = not any(weight.trainable for weight in weights)
            box.frozen = "frozen" if whole else "partly frozen"
        if box.role == "input":
            box.note = network.results[first.index][0].dtype or ""
        box.calls = len(group.rows[0]) if shared else 1

    def _way(self, first: Call, lane: int | None, branch: str | None, group: Group) -> Frame:
        """The frame in which a group stands."""
        way: list[tuple[str, str, str, int | None]] = []
        if branch is not None:
            way.append((f"branch-{self._lanes.get(branch, branch)}", "branch", branch, lane))
        for depth, name in enumerate(models(first)):
            way.append((f"model-{depth}-{name}", "model", name, lane))
        way += [(f"repeat-{key}", "repeat", title, lane) for key, title, _ in group.frames]
        keys: tuple[str, ...] = ()
        frame = self.root
        for key, kind, title, line in way:
            keys = (*keys, key)
            found = self._frames.get(keys)
            if found is None:
                found = self._frames[keys] = Frame(f"frame{len(self._frames)}", kind, title, line)
                frame.frames.append(found)
            frame = found
        return frame

    def _connect(self) -> None:
        network = self.network
        seen = set()
        for node in network.parts():
            box = self.boxes[self.place[node.index]]
            for number, target in enumerate(node.sources or ()):
                if target.constant is not None:
                    continue
                there = self._exit(target)
                source = self.boxes[there]
                # Of a fold, the calls within one repetition are what is drawn.
                if (
                    box.calls == 1
                    and source.calls == 1
                    and self._behind(target.producer, node.index)
                ):
                    continue
                own, other = box.call(node.index), source.call(target.producer)
                call = own or other
                label = node.keywords[number] if node.keywords and box.merges else ""
                lane = (
                    self._lanes.get(network.graph.nodes[target.producer].branch or "")
                    if call
                    else source.lane
                )
                for arrow in self._entries(
                    node.index, number, Arrow(there, box.key, lane, label, call)
                ):
                    key = (arrow.source, arrow.target, arrow.label, arrow.call)
                    if key not in seen and (there != arrow.target or own != other):
                        seen.add(key)
                        self.arrows.append(arrow)

    def _entries(self, index: int, number: int, arrow: Arrow) -> list[Arrow]:
        """The arrow to a call's source of that number; into a model in the model, to all that its input leads to."""
        if index not in self._doors:
            return [arrow]
        return [
            Arrow(
                arrow.source,
                door.target,
                arrow.lane,
                arrow.label or door.label,
                arrow.call or door.call,
            )
            for door in self._doors[index][0][number]
        ]

    def _exit(self, target: Value) -> str:
        """The box from which a result comes."""
        doors = self._doors.get(target.producer)
        return self.place[target.producer] if doors is None else doors[1][target.result or 0]

    def _behind(self, source: int, target: int) -> bool:
        """Whether two calls are in different repetitions of a structure that is drawn once."""
        for (frame, here), (other, there) in zip(
            self._repetition.get(source, ()), self._repetition.get(target, ())
        ):
            if frame != other:
                return False
            if here != there:
                return True
        return False

    def _end(self) -> None:
        network = self.network
        outputs = network.graph.outputs
        for number, target in enumerate(outputs.targets):
            name = (
                outputs.names[number]
                if outputs.names is not None
                else network.graph.reference(target)
            )
            for place, tensor in enumerate(network.tensors(target)):
                box = Box(
                    f"out{number}" if not place else f"out{number}_{place}",
                    "output",
                    "Output",
                    name,
                )
                box.shape, box.note = text(tensor.shape), tensor.dtype or ""
                self.boxes[box.key] = box
                self.root.boxes.append(box)
                source = self.boxes[self._exit(target)]
                self.arrows.append(Arrow(source.key, box.key, source.lane))

    def _weigh(self, weigh: str) -> None:
        if weigh == "none":
            return
        amounts = {key: getattr(box, weigh) or 0 for key, box in self.boxes.items()}
        most = max(amounts.values(), default=0)
        for key, amount in amounts.items():
            self.boxes[key].weigh = amount / most if most else 0.0


def singles(network: Network) -> list[Group]:
    """Every layer by itself; a layer that is called several times is one, with all its calls."""
    calls: dict[int, list[int]] = {}
    for node in sorted(network.parts(), key=lambda node: node.index):
        calls.setdefault(
            node.owner if node.owner is not None and network.needed[node.owner] else node.index, []
        ).append(node.index)
    return [Group([indices]) for indices in calls.values()]


def models(node: Call) -> tuple[str, ...]:
    """The models in the model that a call is part of, outermost first."""
    if node.saved is None:
        return ()
    return tuple(
        name if not call else f"{name} ({call + 1})"
        for name, call in zip(node.saved.path[:-1], node.saved.calls[:-1])
    )


def common(names: Sequence[str]) -> str:
    """What names begin with in common, if that is a name itself.

    >>> common(["block1_conv", "block1_bn"]), common(["conv2_a", "conv3_a"]), common(["dense", "dropout"])
    ('block1', '', '')
    """
    least, most = min(names), max(names)
    same = next((place for place, (a, b) in enumerate(zip(least, most)) if a != b), len(least))
    start = least[:same]
    # Half a word is no name, as in `conv2` and `conv3`.
    whole = (
        start
        if start.endswith(("_", "-", "."))
        else start[: max(start.rfind(mark) for mark in "_-.") + 1]
    )
    return whole.rstrip("_-.")


def _shared(network: Network, calls: Sequence[int]) -> bool:
    return len(calls) > 1 and any(network.graph.nodes[index].owner is not None for index in calls)


def _shapes(network: Network, node: Call) -> str:
    return ", ".join(text(tensor.shape) for tensor in network.results[node.index][:3]) + (
        " …" if len(network.results[node.index]) > 3 else ""
    )


def _count(network: Network, index: int) -> int | None:
    node = network.graph.nodes[index]
    unknown = any(tensor.shape is None for tensor in network.results[index])
    if (
        unknown
        and node.layer is not None
        and (type(node.layer).weights is not Layer.weights or isinstance(node.layer, Custom))
    ):
        return None
    return parameters(network.weights[index])


def _sum(numbers: Iterable[int | None]) -> int | None:
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


def told(node: Call | ComparedCall, hidden: Collection[str] = ()) -> str:
    """The arguments of a layer that tell what it does, in a few words, without those that are `hidden`.

    >>> from mergecli.catalog.layers.convolutional import Conv2D
    >>> from mergecli.diagnostics.source import Span
    >>> from mergecli.ir.graph import Location
    >>> told(Call(0, "Conv2D", Conv2D(filters=64, kernel_size=[3, 5], strides=2, padding="same", activation="relu"), Location(Span(1, 1, 1, 1)), None))
    '64 · 3×5 · stride 2 · same · relu'
    """
    layer = node.layer
    if layer is None or isinstance(layer, SubgraphLayer):
        return ""
    said: list[str] = []
    for name, value in layer.explicit.items():
        if (
            name in hidden
            or name.endswith(_SILENT)
            or value is None
            or (name not in layer.arguments and not isinstance(layer, Custom))
        ):
            continue
        if name in layer.defaults and layer.defaults[name] == value:
            continue
        words = _size(node.cls, name, value) or _value(value)
        if isinstance(value, bool):
            said.append(
                name.replace("_", " ")
                if value
                else f"no {name.removeprefix('use_').replace('_', ' ')}"
            )
        elif words:
            said.append(
                _WORDS[name].format(words)
                if name in _WORDS
                else f"{name.replace('_', ' ')} {words}"
            )
    line = ""
    for word in said:
        if len(line) + len(word) > _LONGEST and line:
            return f"{line} · …"
        line = (
            f"{line} · {word}"
            if line
            else (word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…")
        )
    return line


def _size(cls: str, name: str, value: Any) -> str:
    """A window or a stride, on as many axes as the layer has."""
    dimensions = re.search(r"([123])D", cls)
    if name == "strides" and isinstance(value, (list, tuple)) and len(set(value)) == 1:
        return str(value[0])
    if (
        name in ("kernel_size", "pool_size", "size")
        and type(value) is int
        and dimensions is not None
    ):
        return "×".join([str(value)] * int(dimensions[1]))
    return ""


def _told(nodes: Sequence[Call], calls: Sequence[int]) -> str:
    """The same for a layer that stands for several, which may differ somewhat."""
    first, last = told(nodes[calls[0]]), told(nodes[calls[-1]])
    return first if first == last else f"{first} … {last}"


def _value(value: Any) -> str:
    if isinstance(value, KerasObject):
        inner = next(
            (
                _value(item)
                for name, item in value.explicit.items()
                if isinstance(item, (int, str)) and name in _WORDS
            ),
            "",
        )
        return f"{type(value).__name__} {inner}".strip()
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(item, int) and not isinstance(item, bool) for item in value):
            return (
                "×".join(map(str, value))
                if all(item > 0 for item in value)
                else ", ".join(map(str, value))
            )
        return "" if len(value) > 6 else ", ".join(map(_value, value))
    if isinstance(value, dict):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value).replace("\n", " ")
