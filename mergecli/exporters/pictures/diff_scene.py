"""Comparison -> boxes, arrows and frames: one picture of both models, before any format's words.

A call of both models is one box. What is far from every difference shares a box, so that the picture of a small change fits a page.
"""

from __future__ import annotations

from typing import Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence

from mergecli.diff import Change, Comparison, Ends, Pair
from mergecli.diff import wording as words
from mergecli.exporters.pictures.scene import told
from mergecli.exporters.pictures.union import KINDS, Union
from mergecli.ir.graph import Value
from mergecli.syntax.quoting import flow

#: What stands before each kind of difference; "" is as before.
MARKS = dict(zip(KINDS, ("+", "\N{MINUS SIGN}", "~", "=", "≠")))
#: A page: the most boxes, and the most points along the longest way.
BOXES, PAGE = 36, 1900
#: How high a line of a box is, and the way from one box to the next.
LINE, GAP = 15, 34
#: The most lines that tell what is different about one layer, or which classes a box stands for.
MOST = 7
#: The longest value that is told.
LONGEST = 40


class Line(NamedTuple):
    """One line of a box: what is said, and, where that is another one than before, both values."""

    what: str
    old: str | None = None
    new: str | None = None
    #: It follows from something else.
    follows: bool = False


class Box:
    """A box: a call of one or both models, an output, or several calls in one. `kind` is one of `MARKS`, or "" for what is as before."""

    __slots__ = ("calls", "frame", "key", "kind", "lines", "name", "note", "old", "role", "title")

    def __init__(self, key: str, role: str, kind: str, title: str, name: str) -> None:
        self.key, self.role, self.kind, self.title, self.name = key, role, kind, title, name
        #: What it was called before, if that is something else.
        self.old = ""
        self.note = ""
        self.lines: list[Line] = []
        self.frame: tuple[str, ...] = ()
        #: How many calls it stands for.
        self.calls = 1

    @property
    def tooltip(self) -> str:
        """All of it in a few lines."""
        name = f"{self.old} -> {self.name}" if self.old else self.name
        lines = [f"{self.kind} {self.title} {name}".strip()]
        lines += [
            line.what
            if line.old is None
            else f"{line.what}: {line.old} -> {line.new}".removeprefix(": ")
            for line in self.lines
        ]
        return "\n".join(line for line in [*lines, self.note] if line)


class Arrow(NamedTuple):
    """From one box to another; `kind` is "added", "removed", or "" for both models."""

    source: str
    target: str
    kind: str


class Frame:
    """What holds boxes and frames: a branch, or a model in the model, which may be new or gone as a whole."""

    __slots__ = ("boxes", "frames", "key", "kind", "title")

    def __init__(self, key: str, title: str) -> None:
        self.key, self.title, self.kind = key, title, ""
        self.boxes: list[Box] = []
        self.frames: list[Frame] = []

    def walk(self) -> Iterator[Frame]:
        """It and all frames in it."""
        yield self
        for frame in self.frames:
            yield from frame.walk()


class Overlay:
    """Everything that a picture of a comparison shows."""

    def __init__(
        self, title: str, summary: list[str], boxes: list[Box], arrows: list[Arrow]
    ) -> None:
        self.title, self.summary, self.arrows = title, summary, arrows
        self.boxes = {box.key: box for box in boxes}
        self.root = Frame("root", "")
        frames: dict[tuple[str, ...], Frame] = {(): self.root}
        for box in boxes:
            for depth in range(1, len(box.frame) + 1):
                way = box.frame[:depth]
                if way not in frames:
                    frames[way] = Frame(f"frame{len(frames)}", way[-1])
                    frames[way[:-1]].frames.append(frames[way])
            frames[box.frame].boxes.append(box)
        for frame in self.root.frames:
            for part in frame.walk():
                kinds = {box.kind for inner in part.walk() for box in inner.boxes}
                part.kind = next(iter(kinds)) if kinds in ({"added"}, {"removed"}) else ""

    @property
    def kinds(self) -> list[str]:
        """The kinds of differences in it, in their usual order."""
        found = {box.kind for box in self.boxes.values()} | {arrow.kind for arrow in self.arrows}
        return [kind for kind in MARKS if kind in found]


def overlays(found: Comparison, names: tuple[str, str]) -> Iterator[Overlay]:
    """Pictures of a comparison, each with fewer boxes than the one before; the first fits a page, if one of them does."""
    union = Union(found)
    boxes_of = _Boxes(union)
    steps: list[Callable[[], list[int | None]]] = [
        union.nothing,
        lambda: union.apart(2, ("",)),
        lambda: union.apart(1, ("",)),
        lambda: union.apart(1, ("", "added", "removed")),
        lambda: union.apart(0, ("", *KINDS)),
        union.sections,
    ]
    last = None
    fitting = False
    for step in steps:
        boxes, arrows = boxes_of.boxed(step())
        # Before all that tells one difference from another is lost, a picture may be somewhat longer.
        fitting = fitting or _fits(boxes, arrows, 1.5 if step is steps[-2] else 1)
        last = Overlay(f"{names[0]} -> {names[1]}", _summary(found), boxes, arrows)
        if fitting:
            yield last
    if not fitting and last is not None:
        yield last


def _fits(boxes: list[Box], arrows: list[Arrow], pages: float) -> bool:
    if len(boxes) > BOXES * pages:
        return False
    high = {box.key: GAP + LINE * (1 + len(box.lines) + bool(box.note)) for box in boxes}
    down = dict(high)
    for _ in boxes:
        for arrow in arrows:
            down[arrow.target] = max(down[arrow.target], down[arrow.source] + high[arrow.target])
        if max(down.values()) > PAGE * pages:
            return False
    return True


def _summary(found: Comparison) -> list[str]:
    """What is different about the whole, a line each."""
    lines = [words.counts(found)]
    rows = [
        (what, old, new, change)
        for what, old, new, change in words.table(found)
        if what in ("parameters", "MACs") and change not in ("", "?")
    ]
    lines += (
        [", ".join(f"{what} {old} -> {new} ({change})" for what, old, new, change in rows)]
        if rows
        else []
    )
    if found.input_order is not None:
        lines.append(
            f"order of the inputs: {', '.join(found.input_order[0])} -> {', '.join(found.input_order[1])}"
        )
    lines += [
        line
        for line in words.outputs(found)
        if line.startswith(("order of the outputs", "outputs are given"))
    ]
    training = words.training(found)
    lines += [f"compile: {line}" for line in training[:MOST]]
    lines += [f"compile: and {len(training) - MOST} more"] if len(training) > MOST else []
    return lines


class _Boxes:
    """The boxes and arrows of a union."""

    def __init__(self, union: Union) -> None:
        self.union, self.found = union, union.found
        self.calls, self.pairs, self.kinds, self.places = (
            union.calls,
            union.pairs,
            union.kinds,
            union.places,
        )

    def boxed(self, groups: Sequence[int | None]) -> tuple[list[Box], list[Arrow]]:
        """The boxes and arrows, with those calls in one box that have the same number."""
        members: dict[int, list[int]] = {}
        for place, number in enumerate(groups):
            members.setdefault(place if number is None else number, []).append(place)
        boxes, at = [], {}
        for number, places in members.items():
            box = self._call(number) if len(places) == 1 else self._several(number, places)
            box.frame = self.union.frame(number)
            boxes.append(box)
            at.update(dict.fromkeys(places, box.key))
        drawn: dict[tuple[str, str], str] = {}
        for (source, target), kind in self.union.wires.items():
            wire = at[source], at[target]
            if wire[0] != wire[1]:
                # Of wires between the same two boxes, one that both models have is what is drawn.
                drawn[wire] = kind if drawn.get(wire, kind) == kind else ""
        arrows = [Arrow(*wire, kind) for wire, kind in drawn.items()]
        for box, wires in self._outputs(at):
            boxes.append(box)
            arrows += wires
        return boxes, arrows

    def _call(self, place: int) -> Box:
        call, pair, kind = self.calls[place], self.pairs[place], self.kinds[place]
        title = "Input" if call.is_input else call.cls
        box = Box(f"n{place}", "input" if call.is_input else "layer", kind, title, call.name)
        if pair is not None and pair.renamed:
            box.old = pair.before
        changes = self._changes(pair) if pair is not None else []
        arguments = (
            ""
            if call.is_input
            else told(call, {change.what for change in pair.changes} if pair is not None else ())
        )
        box.lines = [Line(arguments)] if arguments else []
        box.lines += (
            changes
            if len(changes) <= MOST
            else [*changes[: MOST - 1], Line(f"and {len(changes) - MOST + 1} more")]
        )
        shape = words.tensors(call)
        if pair is None or not pair.reshaped:
            box.lines += [Line(shape)] if shape else []
        elif not (call.is_input and changes):
            box.lines.append(Line("", words.tensors(pair.old), shape, not pair.differs))
        if (
            pair is not None
            and pair.old.parameters != call.parameters
            and pair.old.owner is None
            and call.owner is None
        ):
            box.lines.append(
                Line(
                    "parameters",
                    words.number(pair.old.parameters),
                    words.number(call.parameters),
                    not pair.differs,
                )
            )
        elif call.parameters and call.owner is None:
            box.lines.append(Line(f"{call.parameters:,} parameters"))
        if call.owner is not None:
            model = self.found.old if kind == "removed" else self.found.new
            owner = model.calls[call.owner]
            box.note = (
                f"with the weights of {owner.name}"
                if owner.weights
                else f"the same layer as {owner.name}"
            )
        return box

    def _changes(self, pair: Pair) -> list[Line]:
        found = [_change(change, pair) for change in pair.changes]
        if pair.wires is None:
            return found
        old, new = (
            {
                (places.get(target.producer), target.result, target.constant): name
                for target, name in zip(call.sources, names)
            }
            for call, names, places in zip((pair.old, pair.new), pair.wires, self.places)
        )
        gone, come = (
            [name for at, name in old.items() if at not in new],
            [name for at, name in new.items() if at not in old],
        )
        if not gone and not come:
            before, after = (_cut(", ".join(side)) for side in pair.wires)
            return [*found, Line("from", before, after)]
        if len(gone) == len(come) == 1:
            return [*found, Line("from", _cut(gone[0]), _cut(come[0]))]
        return [
            *found,
            Line(
                "from: "
                + _cut(
                    ", ".join(
                        [
                            *(f"{MARKS['removed']} {name}" for name in gone),
                            *(f"+ {name}" for name in come),
                        ]
                    )
                )
            ),
        ]

    def _several(self, number: int, places: Sequence[int]) -> Box:
        """A box for several calls: how many they are, and of which classes."""
        kinds = [
            kind for kind in ("", *KINDS) if any(self.kinds[place] == kind for place in places)
        ]
        kind = kinds[-1] if len(kinds) == 1 else "changed"
        many, differing = (
            f"{len(places):,} layers",
            [place for place in places if self.kinds[place]],
        )
        title = f"{many} {kind}" if kind else f"… {many} unchanged …"
        if len(kinds) > 1:
            title = f"{len(differing):,} of {many} {kinds[1] if len(kinds) == 2 and not kinds[0] else 'different'}"
        box = Box(f"n{number}", "group", kind, title, "")
        box.calls = len(places)
        marked = len({self.kinds[place] for place in differing}) > 1
        box.lines = [*_counted(self._told(place, marked) for place in differing or places)]
        if not kind:
            # Of what is as before, a line tells enough.
            box.lines = [
                Line(_row([line.what for line in box.lines if not line.what.startswith("and ")]))
            ]
        moved = sum(
            pair is not None and pair.reshaped for pair in map(self.pairs.__getitem__, places)
        )
        if kind == "" and moved:
            box.note = (
                f"{moved:,} of them with other shapes"
                if moved < len(places)
                else "all with other shapes"
            )
        elif kind in ("added", "removed"):
            counts = [self.calls[place].parameters for place in places]
            total = None if None in counts else sum(filter(None, counts))
            box.lines += [Line(f"{words.number(total)} parameters")] if total != 0 else []
        return box

    def _told(self, place: int, marked: bool) -> tuple[str, str]:
        """A class, its mark if that is not the box's, and what is different about the call: what several calls may have in common."""
        pair, kind = self.pairs[place], self.kinds[place]
        what = ", ".join(change.what for change in pair.changes) if pair is not None else ""
        return f"{MARKS.get(kind, '')} {self.calls[place].cls}" if marked else self.calls[
            place
        ].cls, what

    def _outputs(self, at: dict[int, str]) -> Iterator[tuple[Box, list[Arrow]]]:
        models = self.found.old, self.found.new
        ends = [
            list(
                zip(
                    model.outputs.names or map(model.reference, model.outputs.targets),
                    model.outputs.targets,
                )
            )
            for model in models
        ]
        differing: dict[tuple[int, str], list[Ends]] = {}
        for ends_of in self.found.outputs:
            for side, one in enumerate((ends_of.old, ends_of.new)):
                if one is not None:
                    differing.setdefault((side, one.name), []).append(ends_of)
        for side in (1, 0):
            for number, (name, target) in enumerate(ends[side]):
                waiting = differing.get((side, name), [])
                end = waiting.pop(0) if waiting else None
                if side == 0 and (end is None or end.new is not None):
                    continue
                kind = (
                    ""
                    if end is None
                    else "added"
                    if end.old is None
                    else "removed"
                    if end.new is None
                    else "changed"
                )
                box = Box(f"{'out' if side else 'gone'}{number}", "output", kind, "Output", name)
                tensors = models[side].tensors(target)
                box.lines = [Line(words.tensor(tensors[0]))] if tensors else []
                source = at[self.places[side][target.producer]]
                before = source
                if kind not in ("added", "removed"):
                    before = self._before(
                        ends[0],
                        target,
                        number,
                        end.old.name if end is not None and end.old is not None else name,
                        at,
                    )
                if end is not None and end.old is not None and end.new is not None:
                    box.old = end.old.name if end.old.name != name else ""
                    if end.old.tensor != end.new.tensor:
                        box.lines = [
                            Line("", words.tensor(end.old.tensor), words.tensor(end.new.tensor))
                        ]
                    box.lines += [Line("from", end.old.source, end.new.source)] if end.moved else []
                arrows = [Arrow(source, box.key, kind if kind in ("added", "removed") else "")]
                if before != source:
                    arrows = [Arrow(source, box.key, "added"), Arrow(before, box.key, "removed")]
                yield box, arrows

    def _before(
        self,
        olds: Sequence[tuple[str, Value]],
        target: Value,
        number: int,
        name: str,
        at: Mapping[int, str],
    ) -> str:
        """The box that gave an output of both models in the old one, or else what gives it now."""
        here = self.places[1][target.producer]
        by_name = dict(reversed(olds)) if self.found.old.outputs.names is not None else {}
        places = [self.places[0][old.producer] for _, old in olds]
        if name in by_name:
            here = self.places[0][by_name[name].producer]
        elif here not in places and len(olds) == len(self.found.new.outputs.targets):
            here = places[number]
        return at[here]


def _change(change: Change, pair: Pair) -> Line:
    if change.what == "layer":
        old, new = (
            name if name == "its own" else f"of {name}" for name in (change.old, change.new)
        )
        return Line("weights" if pair.old.weights or pair.new.weights else "layer", old, new)
    old, new = (
        "null" if value is None else _cut(flow(value)) for value in (change.old, change.new)
    )
    return Line(change.what, old, new)


def _row(words: Sequence[str]) -> str:
    """As many of these as a line holds.

    >>> _row(["Dense × 2", "Dropout"]), _row(["x" * 30, "y" * 30])
    ('Dense × 2, Dropout', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, …')
    """
    line = ""
    for word in words:
        if line and len(line) + len(word) > LONGEST:
            return f"{line}, …"
        line = f"{line}, {word}" if line else word
    return line


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _counted(found: Iterable[tuple[str, str]]) -> Iterator[Line]:
    numbers: dict[tuple[str, str], int] = {}
    for one in found:
        numbers[one] = numbers.get(one, 0) + 1
    listed = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    for (cls, what), number in listed[: MOST - 1] if len(listed) > MOST else listed:
        yield Line(
            _cut(f"{cls}{f' × {number:,}' if number > 1 else ''}{f': {what}' if what else ''}")
        )
    if len(listed) > MOST:
        yield Line(f"and {sum(number for _, number in listed[MOST - 1 :]):,} more")
