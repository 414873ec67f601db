"""The scene of a comparison: one picture of both models.

A call of both models is one box. What is far from every difference shares a box, so that the picture of a small change fits a
page.
"""

from __future__ import annotations

from typing import Callable, Iterable, Iterator, Mapping, Sequence

from mergecli.diff import Change, Comparison, Ends, Pair, wording
from mergecli.diff.model import ComparedCall
from mergecli.exporters.pictures.labels import describe
from mergecli.exporters.pictures.merged_calls import Merged
from mergecli.exporters.pictures.scene import Arrow, Box, Frame, Line, Scene, Style
from mergecli.exporters.pictures.themes import MARKS
from mergecli.ir.graph import Value
from mergecli.syntax.quoting import flow

#: A page: the most boxes, and the most points along the longest path.
BOXES, PAGE = 36, 1900
#: Points: how high a line of a box is, and how far it is from one box to the next.
LINE, GAP = 15, 34
#: The most lines on what is different about one layer, or on the classes of a box.
MOST_LINES = 7
#: The most characters of a value.
LONGEST = 40


def scenes(comparison: Comparison, names: tuple[str, str]) -> Iterator[Scene]:
    """Yield scenes of a comparison, each with fewer boxes than the one before.

    The first fits a page, if one of them does.

    Args:
        comparison: What changed.
        names: What the old and the new model are called.
    """
    merged = Merged(comparison)
    builder = _Boxes(merged)
    steps: list[Callable[[], list[int | None]]] = [
        lambda: [None] * len(merged.calls),
        lambda: merged.fold(2, ("",)),
        lambda: merged.fold(1, ("",)),
        lambda: merged.fold(1, ("", "added", "removed")),
        lambda: merged.fold(0, ("", *MARKS)),
        merged.sections,
    ]
    scene = None
    fits = False
    for number, step in enumerate(steps):
        boxes, arrows, frames = builder.build(step())
        # Before all that distinguishes one difference from another is lost, a picture may be somewhat longer.
        fits = fits or _fits(boxes, arrows, 1.5 if number == len(steps) - 2 else 1)
        scene = _scene(comparison, names, boxes, arrows, frames)
        if fits:
            yield scene
    if not fits and scene is not None:
        yield scene


def page_scenes(merged: Merged, names: tuple[str, str]) -> list[Scene]:
    """Return the scenes of a page: one in which each difference has a box, and one with a box for each layer.

    Args:
        merged: The calls of both models.
        names: What the old and the new model are called.
    """
    builder = _Boxes(merged)
    result = []
    for groups in (merged.fold(1, ("",)), [None] * len(merged.calls)):
        scene = _scene(merged.comparison, names, *builder.build(groups))
        scene.linked = True
        result.append(scene)
    return result


def _scene(
    comparison: Comparison,
    names: tuple[str, str],
    boxes: Sequence[Box],
    arrows: Sequence[Arrow],
    homes: Mapping[str, tuple[str, ...]],
) -> Scene:
    """Put boxes into frames; `homes` are the titles of those around each box."""
    root = Frame("root", "", "")
    frames: dict[tuple[str, ...], Frame] = {(): root}
    for box in boxes:
        home = homes.get(box.key, ())
        for depth in range(1, len(home) + 1):
            path = home[:depth]
            if path not in frames:
                frames[path] = Frame(f"frame{len(frames)}", "branch", path[-1])
                frames[path[:-1]].frames.append(frames[path])
        frames[home].boxes.append(box)
    for frame in frames.values():
        inside = {box.style.change for inner in frame.walk() for box in inner.boxes}
        # A frame that is new or gone as a whole is marked itself.
        if frame is not root and inside in ({"added"}, {"removed"}):
            frame.style = Style(change=inside.pop())
    changes = {box.style.change for box in boxes} | {arrow.style.change for arrow in arrows}
    legend = [change for change in MARKS if change in changes]
    title = f"{names[0]} -> {names[1]}"
    return Scene("comparison", title, root, boxes, arrows, _summary(comparison), legend)


def _fits(boxes: Sequence[Box], arrows: Sequence[Arrow], pages: float) -> bool:
    """Return whether boxes fit a number of pages."""
    if len(boxes) > BOXES * pages:
        return False
    high = {box.key: GAP + LINE * (1 + len(box.lines) + bool(box.notes)) for box in boxes}
    down = dict(high)
    for _ in boxes:
        for arrow in arrows:
            down[arrow.target] = max(down[arrow.target], down[arrow.source] + high[arrow.target])
        if max(down.values()) > PAGE * pages:
            return False
    return True


def _summary(comparison: Comparison) -> list[str]:
    """Return what is different about the whole, line by line."""
    lines = [wording.counts(comparison)]
    sums = [
        f"{what} {old} -> {new} ({change})"
        for what, old, new, change in wording.table(comparison)
        if what in ("parameters", "MACs") and change not in ("", "?")
    ]
    lines += [", ".join(sums)] if sums else []
    if comparison.input_order is not None:
        old, new = (", ".join(order) for order in comparison.input_order)
        lines.append(f"order of the inputs: {old} -> {new}")
    lines += [
        line
        for line in wording.outputs(comparison)
        if line.startswith(("order of the outputs", "outputs are given"))
    ]
    training = wording.training(comparison)
    lines += [f"compile: {line}" for line in training[:MOST_LINES]]
    if len(training) > MOST_LINES:
        lines.append(f"compile: and {len(training) - MOST_LINES} more")
    return lines


class _Boxes:
    """The boxes and arrows of both models."""

    def __init__(self, merged: Merged) -> None:
        self.merged, self.comparison = merged, merged.comparison
        self.calls, self.pairs, self.changes = merged.calls, merged.pairs, merged.changes

    def build(
        self, groups: Sequence[int | None]
    ) -> tuple[list[Box], list[Arrow], dict[str, tuple[str, ...]]]:
        """Return the boxes, the arrows and the frames around each box; calls with the same number share a box."""
        members: dict[int, list[int]] = {}
        for place, number in enumerate(groups):
            members.setdefault(place if number is None else number, []).append(place)
        boxes: list[Box] = []
        homes: dict[str, tuple[str, ...]] = {}
        at: dict[int, str] = {}
        for number, places in members.items():
            box = self._call(number) if len(places) == 1 else self._group(number, places)
            box.data, box.layers = places, len(places)
            boxes.append(box)
            homes[box.key] = self.merged.home(number)
            at.update(dict.fromkeys(places, box.key))
        arrows = self._arrows(at)
        for box, links in _Outputs(self.merged, at).boxes():
            boxes.append(box)
            arrows += links
        for box in boxes:
            name = f"{box.old_name} -> {box.name}" if box.old_name else box.name
            title = f"{box.style.change} {box.title} {name}".strip()
            box.tooltip = "\n".join(filter(None, [title, *map(str, box.lines), *box.notes]))
        return boxes, arrows, homes

    def _arrows(self, at: Mapping[int, str]) -> list[Arrow]:
        drawn: dict[tuple[str, str], str] = {}
        for (source, target), change in self.merged.links.items():
            wire = at[source], at[target]
            if wire[0] != wire[1]:
                # Of links between the same two boxes, one that both models have is what is drawn.
                drawn[wire] = change if drawn.get(wire, change) == change else ""
        return [_arrow(*link, change) for link, change in drawn.items()]

    # A box for one call.

    def _call(self, place: int) -> Box:
        call, pair, change = self.calls[place], self.pairs[place], self.changes[place]
        title, role = ("Input", "input") if call.is_input else (call.cls, "layer")
        box = Box(f"n{place}", role, title, call.name, Style(change=change))
        hidden: set[str] = set()
        changes: list[Line] = []
        if pair is not None:
            box.old_name = pair.before if pair.renamed else ""
            hidden = {change.what for change in pair.changes}
            changes = self._changes(pair)
        arguments = "" if call.is_input else describe(call, hidden)
        box.lines = [Line(arguments)] if arguments else []
        if len(changes) > MOST_LINES:
            rest = len(changes) - MOST_LINES + 1
            changes = [*changes[: MOST_LINES - 1], Line(f"and {rest} more")]
        box.lines += changes
        box.lines += _shape(call, pair, bool(changes))
        box.lines += _parameters(call, pair)
        if call.owner is not None:
            model = self.comparison.old if change == "removed" else self.comparison.new
            owner = model.calls[call.owner]
            what = "with the weights of" if owner.weights else "the same layer as"
            box.notes = [f"{what} {owner.name}"]
        return box

    def _changes(self, pair: Pair) -> list[Line]:
        """Return what is different about a call itself, line by line."""
        lines = [_change(change, pair) for change in pair.changes]
        if pair.sources is None:
            return lines
        old, new = (
            {
                (places.get(target.producer), target.result, target.constant): name
                for target, name in zip(call.sources, names)
            }
            for call, names, places in zip((pair.old, pair.new), pair.sources, self.merged.places)
        )
        removed = [name for at, name in old.items() if at not in new]
        added = [name for at, name in new.items() if at not in old]
        if not removed and not added:
            before, after = (_cut(", ".join(side)) for side in pair.sources)
            return [*lines, Line("from", old=before, new=after)]
        if len(removed) == len(added) == 1:
            return [*lines, Line("from", old=_cut(removed[0]), new=_cut(added[0]))]
        names = [f"{MARKS['removed']} {name}" for name in removed]
        names += [f"{MARKS['added']} {name}" for name in added]
        return [*lines, Line("from: " + _cut(", ".join(names)))]

    # A box for several calls.

    def _group(self, number: int, places: Sequence[int]) -> Box:
        """Return a box for several calls: how many they are, and of which classes."""
        inside = {self.changes[place] for place in places}
        changes = [change for change in ("", *MARKS) if change in inside]
        change = changes[0] if len(changes) == 1 else "changed"
        differing = [place for place in places if self.changes[place]]
        title = _group_title(len(places), len(differing), changes)
        box = Box(f"n{number}", "group", title, "", Style(change=change))
        marked = len({self.changes[place] for place in differing}) > 1
        box.lines = [*_counted(self._label(place, marked) for place in differing or places)]
        if not change:
            # Of what is as before, one line says enough.
            lines = [line.text for line in box.lines if not line.text.startswith("and ")]
            box.lines = [Line(_joined(lines))]
            box.notes = self._moved(places)
        elif change in ("added", "removed"):
            box.lines += self._parameters(places)
        return box

    def _parameters(self, places: Sequence[int]) -> list[Line]:
        """Return the line with the parameters of some calls; none if they have none."""
        counts = [self.calls[place].parameters for place in places]
        total = None if None in counts else sum(filter(None, counts))
        return [Line(f"{wording.number(total)} parameters")] if total != 0 else []

    def _moved(self, places: Sequence[int]) -> list[str]:
        """Return a note on the calls that are as before but for their shapes."""
        pairs = [self.pairs[place] for place in places]
        moved = sum(pair is not None and pair.reshaped for pair in pairs)
        if not moved:
            return []
        if moved < len(places):
            return [f"{moved:,} of them with other shapes"]
        return ["all with other shapes"]

    def _label(self, place: int, marked: bool) -> tuple[str, str]:
        """Return a class, with its mark if that is not the box's, and what is different about the call."""
        pair, change, cls = self.pairs[place], self.changes[place], self.calls[place].cls
        what = ", ".join(change.what for change in pair.changes) if pair is not None else ""
        return f"{MARKS.get(change, '')} {cls}" if marked else cls, what


def _group_title(count: int, differing: int, changes: Sequence[str]) -> str:
    """Return the title of a box for several calls.

    Args:
        count: How many they are.
        differing: How many of them differ.
        changes: The changes among them, of which "" is none.
    """
    layers = f"{count:,} layers"
    if len(changes) > 1:
        what = changes[1] if len(changes) == 2 and not changes[0] else "different"
        return f"{differing:,} of {layers} {what}"
    return f"{layers} {changes[0]}" if changes[0] else f"… {layers} unchanged …"


class _Outputs:
    """The boxes of the outputs of both models; `at` are the boxes of the calls."""

    def __init__(self, merged: Merged, at: Mapping[int, str]) -> None:
        self.comparison, self.places, self.at = merged.comparison, merged.places, at
        self.models = merged.comparison.old, merged.comparison.new
        self.ends: list[list[tuple[str, Value]]] = [
            list(
                zip(
                    model.outputs.names or map(model.reference, model.outputs.targets),
                    model.outputs.targets,
                )
            )
            for model in self.models
        ]

    def boxes(self) -> Iterator[tuple[Box, list[Arrow]]]:
        """Yield a box for each output, those of the new model first, with the arrows to it."""
        differing: dict[tuple[int, str], list[Ends]] = {}
        for ends in self.comparison.outputs:
            for side, end in enumerate((ends.old, ends.new)):
                if end is not None:
                    differing.setdefault((side, end.name), []).append(ends)
        for side in (1, 0):
            for number, (name, target) in enumerate(self.ends[side]):
                waiting = differing.get((side, name), [])
                both = waiting.pop(0) if waiting else None
                # Those of both models are among the new ones.
                if side == 1 or (both is not None and both.new is None):
                    yield self._box(side, number, name, target, both)

    def _box(
        self, side: int, number: int, name: str, target: Value, ends: Ends | None
    ) -> tuple[Box, list[Arrow]]:
        change = _change_of_output(ends)
        key = f"{'out' if side else 'gone'}{number}"
        box = Box(key, "output", "Output", name, Style(change=change))
        tensors = self.models[side].tensors(target)
        box.lines = [Line(wording.tensor(tensors[0]))] if tensors else []
        source = self.at[self.places[side][target.producer]]
        if change in ("added", "removed"):
            return box, [_arrow(source, key, change)]
        before_name = name
        if ends is not None and ends.old is not None and ends.new is not None:
            before_name = ends.old.name
            box.old_name = before_name if before_name != name else ""
            if ends.old.tensor != ends.new.tensor:
                old, new = wording.tensor(ends.old.tensor), wording.tensor(ends.new.tensor)
                box.lines = [Line("", old=old, new=new)]
            if ends.moved:
                box.lines.append(Line("from", old=ends.old.source, new=ends.new.source))
        before = self._before(target, number, before_name)
        if before == source:
            return box, [_arrow(source, key, "")]
        return box, [_arrow(source, key, "added"), _arrow(before, key, "removed")]

    def _before(self, target: Value, number: int, name: str) -> str:
        """Return the box that gave an output of both models in the old one, or else the one that gives it now."""
        old = self.ends[0]
        here = self.places[1][target.producer]
        by_name = dict(reversed(old)) if self.comparison.old.outputs.names is not None else {}
        places = [self.places[0][before.producer] for _, before in old]
        if name in by_name:
            here = self.places[0][by_name[name].producer]
        elif here not in places and len(old) == len(self.comparison.new.outputs.targets):
            here = places[number]
        return self.at[here]


def _change_of_output(ends: Ends | None) -> str:
    if ends is None:
        return ""
    if ends.old is None:
        return "added"
    return "removed" if ends.new is None else "changed"


def _arrow(source: str, target: str, change: str) -> Arrow:
    return Arrow(source, target, Style(change=change))


def _shape(call: ComparedCall, pair: Pair | None, changes: bool) -> list[Line]:
    """Return the line with the shape of a call, and with the one before where that is another one."""
    shape = wording.tensors(call)
    if pair is None or not pair.reshaped:
        return [Line(shape)] if shape else []
    if call.is_input and changes:
        return []
    return [Line("", old=wording.tensors(pair.old), new=shape, consequence=not pair.differs)]


def _parameters(call: ComparedCall, pair: Pair | None) -> list[Line]:
    """Return the line with the number of parameters of a call, if it has weights of its own."""
    if call.owner is not None:
        return []
    if pair is not None and pair.old.parameters != call.parameters and pair.old.owner is None:
        old, new = wording.number(pair.old.parameters), wording.number(call.parameters)
        return [Line("parameters", old=old, new=new, consequence=not pair.differs)]
    return [Line(f"{call.parameters:,} parameters")] if call.parameters else []


def _change(change: Change, pair: Pair) -> Line:
    if change.what == "layer":
        old, new = (
            name if name == "its own" else f"of {name}" for name in (change.old, change.new)
        )
        what = "weights" if pair.old.weights or pair.new.weights else "layer"
        return Line(what, old=old, new=new)
    old, new = (
        "null" if value is None else _cut(flow(value)) for value in (change.old, change.new)
    )
    return Line(change.what, old=old, new=new)


def _joined(parts: Sequence[str]) -> str:
    """Return as many of the parts as a line holds.

    >>> _joined(["Conv2D × 3", "Dense"]), _joined(["BatchNormalization × 12"] * 3)
    ('Conv2D × 3, Dense', 'BatchNormalization × 12, …')
    """
    line = ""
    for part in parts:
        if line and len(line) + len(part) > LONGEST:
            return f"{line}, …"
        line = f"{line}, {part}" if line else part
    return line


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _counted(labels: Iterable[tuple[str, str]]) -> Iterator[Line]:
    """Yield a line for each class and difference, the most frequent first."""
    numbers: dict[tuple[str, str], int] = {}
    for label in labels:
        numbers[label] = numbers.get(label, 0) + 1
    listed = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    for (cls, what), number in listed[: MOST_LINES - 1] if len(listed) > MOST_LINES else listed:
        count = f" × {number:,}" if number > 1 else ""
        yield Line(_cut(f"{cls}{count}{f': {what}' if what else ''}"))
    if len(listed) > MOST_LINES:
        yield Line(f"and {sum(number for _, number in listed[MOST_LINES - 1 :]):,} more")
