"""The scene of a network: its boxes in their frames, and the arrows between them."""

from __future__ import annotations

import posixpath
from typing import Iterator, NamedTuple, Sequence

from mergecli.catalog.shapes import text
from mergecli.exporters.pictures.folding import DETAILS, Group, choices, models, singles
from mergecli.exporters.pictures.legend import color, explanation, family
from mergecli.exporters.pictures.network_boxes import BoxMaker, frozen, totals, with_unit
from mergecli.exporters.pictures.proportions import is_long
from mergecli.exporters.pictures.scene import PLAIN, Arrow, Box, Frame, Line, Scene, Style
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.subgraph_layers import held_model, wrapped_model

#: The most outputs that have a box.
MOST_OUTPUTS = 300


def scene(
    network: Network, detail: str = "auto", bar: str = "parameters", by: str = "branch"
) -> Scene:
    """Return the scene of a network.

    Args:
        network: The network.
        detail: What a box stands for, one of `folding.DETAILS`.
        bar: What the bars show: "parameters", "macs" or "none".
        by: What the colours of boxes show, one of `legend.COLORINGS`.
    """
    result: Scene | None = None
    for grouped in choices(network, detail):
        folded = _NetworkScene(network, grouped, by).scene(bar)
        if result is None or len(folded.boxes) < len(result.boxes):
            result = folded
        # With other details there is one choice.
        if detail != "auto" or not is_long(result):
            break
    assert result is not None
    return result


def scene_of(network: Network, grouped: Sequence[Group]) -> Scene:
    """Return the scene of a network with these groups of calls as its boxes, without bars."""
    return _NetworkScene(network, grouped).scene("none")


def part_scene(
    network: Network, box: Box, grouped: Sequence[Group], bar: str, by: str, most: int
) -> Scene:
    """Return the scene of what is in a box, without frames that are around all of it.

    Args:
        network: The network.
        box: The box.
        grouped: The groups of its calls.
        bar: What the bars show: "parameters", "macs" or "none".
        by: What the colours of boxes show, one of `legend.COLORINGS`.
        most: The number that the longest bar shows.
    """
    network = box.inside[0] if box.inside is not None else network
    made = _NetworkScene(network, grouped, by, is_part=True)
    scene = made.scene(bar, most)
    if box.inside is not None:
        _move(scene, network, box)
    root = scene.root
    while len(root.frames) == 1 and not root.boxes:
        root = root.frames[0]
    root.key, root.role, root.title = made.root.key, "", ""
    root.boxes[:0] = made.entries
    amounts = [with_unit(box.amounts[unit], unit) for unit in ("parameters", "MACs")]
    scene.root, scene.title = root, " · ".join(filter(None, (box.name, box.title)))
    scene.summary, scene.explanation = [" · ".join(filter(None, amounts))], []
    return scene


def _move(scene: Scene, network: Network, around: Box) -> None:
    """Let the boxes of a scene stand for the call for which the box around them does, and have its colour."""
    style = Style(around.style.lane)
    keys = {key: f"{around.key}_{key}" for key in scene.boxes}
    for key, box in scene.boxes.items():
        _stand_for(box, keys[key], network, around.data[0], style.lane)
    scene.boxes = {box.key: box for box in scene.boxes.values()}
    for frame in scene.root.walk():
        frame.style = style
    scene.arrows = [
        arrow._replace(source=keys[arrow.source], target=keys[arrow.target], style=style)
        for arrow in scene.arrows
    ]


def _stand_for(box: Box, key: str, network: Network, index: int, lane: int | None) -> None:
    """Let a box of the network of a layer stand for the call of that layer."""
    if box.inside is None:
        box.inside = network, box.data
    box.key, box.data = key, [index] * len(box.data[: box.layers])
    box.style = box.style._replace(lane=lane)


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

    def __init__(
        self,
        network: Network,
        grouped: Sequence[Group] | None = None,
        by: str = "branch",
        is_part: bool = False,
    ) -> None:
        self.network, self._by, self._is_part = network, by, is_part
        self._maker = BoxMaker(network)
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
        #: Of a part, boxes for what enters it.
        self.entries: list[Box] = []
        #: A branch's colour is its place among the branches; inputs and layers outside of them have none.
        branches = network.graph.branches if by == "branch" else ()
        self._lanes = {name: number for number, name in enumerate(branches)}
        self._titles: dict[str, str] = {}
        if not is_part:
            self._titles = {name: self._branch_title(name) for name in network.graph.branches}
        for group in singles(network) if grouped is None else grouped:
            self._add(group)
        if is_part:
            calls = [network.graph.nodes[index] for index in sorted(self.place)]
            self._begin([row for group in grouped or () for row in group.rows])
            self._connect(calls)
        else:
            self._connect(network.parts())
            self._end()

    def scene(self, bar: str, most: int = 0) -> Scene:
        """Return the scene, whose bars show what `bar` says; the longest shows `most` or the largest number."""
        unit = "MACs" if bar == "macs" else "parameters"
        for box in self.boxes.values():
            box.amount = box.macs if bar == "macs" else box.parameters
            box.shown = with_unit(box.amounts[unit], unit)
        most = max([most, *(box.amount or 0 for box in self.boxes.values())])
        if most and bar != "none":
            for box in self.boxes.values():
                box.share = (box.amount or 0) / most
        boxes = list(self.boxes.values())
        color(boxes, self._by)
        return Scene(
            "model",
            self.network.graph.name,
            self.root,
            boxes,
            self.arrows,
            [] if self._is_part else [" · ".join(totals(self.network, boxes))],
            unit=unit,
            explanation=list(explanation(boxes, self.arrows, self.root, unit, self._by)),
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
        lane = self._lanes.get(branch or "")
        box = self._maker.make(group, first, lane, self._joins(first))
        if self._by == "family":
            box.family = family(self.network, box.data)
        if box.style.shared:
            self._numbers[box.key] = {
                index: number for calls in group.rows for number, index in enumerate(calls, 1)
            }
        self._enter(group, box.key)
        self.boxes[box.key] = box
        self._frame(first, branch, group, box.style.lane).boxes.append(box)

    def _joins(self, call: Call) -> bool:
        """Return whether several tensors meet in a call."""
        sources = {self.place.get(parent, parent) for parent in call.parents}
        return call.index == self.network.graph.merge or len(sources) > 1

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

    def _begin(self, rounds: Sequence[Sequence[int]]) -> None:
        """Add a box for each tensor that enters a part, unless one enters one box alone, as the frame around it shows.

        Args:
            rounds: The calls of each box; of what is repeated, the tensors enter the first one.
        """
        nodes = self.network.graph.nodes
        entered: dict[int, set[str]] = {}
        for index in dict.fromkeys(calls[0] for calls in rounds):
            for target in nodes[index].sources or ():
                if target.constant is None and target.producer not in self.place:
                    entered.setdefault(target.producer, set()).add(self.place[index])
        if sum(map(len, entered.values())) < 2:
            return
        for producer in entered:
            box = Box(f"nfrom{producer}", "input", "from", nodes[producer].name)
            shapes = [text(tensor.shape) for tensor in self.network.results[producer][:1]]
            box.lines = [Line(shape) for shape in shapes]
            box.tooltip = "\n".join([f"from {box.name}", *shapes])
            box.style = Style(self._lanes.get(nodes[producer].branch or ""))
            self.boxes[box.key], self.place[producer] = box, box.key
            self.entries.append(box)

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
        inner = _NetworkScene(network, group.inner, self._by)
        inputs = [inner.place[index] for index in network.graph.inputs]
        results = [inner.place[target.producer] for target in _sorted_outputs(network)]
        # What stands outside leads to what an input leads to; only an input that leads nowhere, or out again, has a box.
        led = {key: _arrows_from(inner, key) for key in inputs}
        hidden = {key for key in inputs if led[key] and key not in results}
        keys = {
            key: f"n{call.index}_{key[1:]}"
            for key, box in inner.boxes.items()
            if box.role != "output" and key not in hidden
        }
        style = Style(self._lanes.get(call.branch or ""))
        frame = Frame(f"frame{len(self._frames)}", "model", call.name, style)
        if wrapped_model(call.layer) is not None:
            # The shapes inside are those of one step.
            frame.title = f"{call.name} · {call.cls}"
            frame.detail = text(self.network.results[call.index][0].shape)
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
                _stand_for(box, keys[box.key], inner.network, index, style.lane)
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
            title = self._titles.get(branch, branch)
            path.append((f"branch-{self._lanes.get(branch, branch)}", "branch", title))
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

    def _branch_title(self, name: str) -> str:
        """Return the name of a branch, the model that it is, and whether it is frozen."""
        graph = self.network.graph
        part = graph.parts.get(name)
        source = posixpath.basename(part.name.replace("\\", "/")) if part is not None else ""
        return " · ".join(
            filter(None, (name, source, *frozen(self.network, graph.branches[name].nodes)))
        )

    # Arrows.

    def _connect(self, calls: Sequence[Call]) -> None:
        seen = set()
        for call in calls:
            for number, target in enumerate(call.sources or ()):
                # What enters a part elsewhere leads to its frame.
                if target.constant is not None or target.producer not in self.place:
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
        rounds = [self._repetition.get(index, []) for index in (target.producer, call.index)]
        if once and _in_other_rounds(*rounds):
            return
        own = self._numbers.get(box.key, {}).get(call.index, 0)
        other = self._numbers.get(source.key, {}).get(target.producer, 0)
        label = call.keywords[number] if call.keywords and box.style.joins else ""
        style = Style(source.style.lane)
        if own or other:
            branch = self.network.graph.nodes[target.producer].branch
            style = Style(self._lanes.get(branch or ""))
        ordered = box.style.joins and box.role == "layer" and not call.keywords
        place = number + 1 if ordered and call.layer is not None and call.layer.ordered else 0
        arrow = Arrow(source.key, box.key, style, label, own or other, place)
        doors = self._doors.get(call.index)
        for door in [arrow] if doors is None else doors.entries[number]:
            if source.key != door.target or own != other:
                yield arrow._replace(
                    target=door.target,
                    label=arrow.label or door.label,
                    call=arrow.call or door.call,
                    number=arrow.number or door.number,
                )

    def _exit(self, target: Value) -> str:
        """Return the box from which a result comes."""
        doors = self._doors.get(target.producer)
        return self.place[target.producer] if doors is None else doors.exits[target.result or 0]


def _arrows_from(scene: _NetworkScene, key: str) -> list[Arrow]:
    """Return the arrows from a box to others, without those to outputs."""
    return [
        arrow
        for arrow in scene.arrows
        if arrow.source == key and scene.boxes[arrow.target].role != "output"
    ]


def _in_other_rounds(first: list[tuple[str, int]], second: list[tuple[str, int]]) -> bool:
    """Return whether two calls are in different repetitions of a structure that is drawn once."""
    for (frame, here), (other, there) in zip(first, second):
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
