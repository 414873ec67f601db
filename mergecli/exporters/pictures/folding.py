"""Which layers of a network share a box, so that its picture stays readable: nothing is ever scaled to fit.

Seven steps, each with fewer boxes than the one before: every layer by itself; structures that are repeated drawn once; layers that
follow one another in one box; what one tensor enters and one leaves in one box; all of one resolution in one box between structures that
are repeated; all in one box there; and stretches of these. By default it is the first step with which a picture fits a page.
"""

from __future__ import annotations

from typing import Callable, Iterator, Sequence
from weakref import WeakKeyDictionary

from mergecli.catalog.families import FAMILY_OF
from mergecli.catalog.shapes import Shape
from mergecli.ir.graph import Call, Network
from mergecli.ir.repeats import Piece, Run, pieces
from mergecli.ir.subgraph_layers import held_model

#: What `--detail` takes.
DETAILS = ("auto", "layer", "block", "branch")
#: A page: the most boxes in a picture, and the most points along its longest way, which is A3 with letters as in footnotes.
BOXES, PAGE = 60, 2400
#: How high a line is, the way from one box to the next, and what a frame adds.
LINE, GAP, FRAME = 15, 30, 45
#: The layers that drawing a structure once must save.
SAVED = 3
#: The most boxes of the last step.
FEWEST = 14
#: The layers that follow one another in one box, unless there are very many of them.
LONGEST = 12
#: The families of layers that are part of the block before them.
ENDING = ("activations", "normalization", "regularization")
#: Arguments in which layers may differ that are repeated: their share differs from block to block, not what they do.
IGNORED = ("rate", "seed")
#: The lanes of networks, which all steps need and which take most of the time.
_KNOWN_LANES: WeakKeyDictionary[Network, list[list[Piece]]] = WeakKeyDictionary()


class Group:
    """Layers that a picture shows as one box.

    Attributes:
        rows: For each layer the calls that it stands for, in the order of the repetitions, those of the innermost one next to
            each other.
        frames: The repeated structures that it is part of, outermost first: each a key, a title and how often it is repeated.
        title: What the box is called, if not by its layers.
        inner: The groups of a model as one layer that is shown with its content, else None.
    """

    def __init__(
        self,
        rows: Sequence[Sequence[int]],
        frames: Sequence[tuple[str, str, int]] = (),
        title: str = "",
    ) -> None:
        self.rows, self.frames, self.title = [list(row) for row in rows], tuple(frames), title
        self.inner: list[Group] | None = None


def singles(network: Network) -> list[Group]:
    """Return every layer by itself; a layer that is called several times is one, with all its calls."""
    calls: dict[int, list[int]] = {}
    for node in sorted(network.parts(), key=lambda node: node.index):
        calls.setdefault(
            node.owner if node.owner is not None and network.needed[node.owner] else node.index, []
        ).append(node.index)
    return [Group([indices]) for indices in calls.values()]


def models(node: Call) -> tuple[str, ...]:
    """Return the models in the model that a call is part of, outermost first."""
    if node.saved is None:
        return ()
    return tuple(
        name if not call else f"{name} ({call + 1})"
        for name, call in zip(node.saved.path[:-1], node.saved.calls[:-1])
    )


def groups(network: Network, detail: str = "auto") -> list[Group]:
    """The boxes of a picture with a level of detail, which is one of `DETAILS`."""
    return next(choices(network, detail))


def choices(network: Network, detail: str = "auto") -> Iterator[list[Group]]:
    """Yield the boxes of pictures with a level of detail; of `auto` several, each with fewer than the one before.

    The first one of `auto` fits a page by the number of its boxes and the length of its longest way.
    """
    for result in _groups(network, detail):
        for group in result if detail != "branch" else ():
            model = held_model(network.graph.nodes[group.rows[0][0]].layer)
            if model is not None and len(group.rows) == 1 and len(group.rows[0]) == 1:
                group.inner = groups(model.network, detail)
        yield result


def foldings(network: Network, detail: str = "auto") -> Iterator[list[Group]]:
    """Yield the boxes of pictures, each with fewer than the one before; the first has the level of detail.

    `auto` begins with every layer by itself.
    """
    steps: list[Callable[[Network], list[Group]]] = [
        singles, repeated, _chained, _blocks, _stages, _joined, _stretches, _branches,
    ]  # fmt: skip
    first = {"auto": 0, "layer": 0, "block": 2, "branch": 7}[detail]

    def folded(part: Network, step: Callable[[Network], list[Group]]) -> list[Group]:
        result = step(part)
        for group in result if step is not _branches else ():
            model = held_model(part.graph.nodes[group.rows[0][0]].layer)
            if model is not None and len(group.rows) == 1 and len(group.rows[0]) == 1:
                group.inner = folded(model.network, step)
        return result

    for step in steps[first:]:
        yield folded(network, step)


def _groups(network: Network, detail: str) -> Iterator[list[Group]]:
    if detail == "branch":
        yield _branches(network)
    elif detail == "layer":
        yield singles(network)
    elif detail == "block":
        yield _chained(network)
    else:
        fits = False
        for step in (singles, repeated, _chained, _blocks, _stages, _joined):
            result = step(network)
            fits = fits or _fits(network, result)
            if fits:
                yield result
        yield _stretches(network)


def _fits(network: Network, boxes: Sequence[Group]) -> bool:
    """Whether it is readable on a page: by the number of boxes and by the height of the longest way."""
    if len(boxes) > BOXES:
        return False
    place = {
        index: number for number, group in enumerate(boxes) for row in group.rows for index in row
    }
    height = [GAP + LINE * lines(len(group.rows)) for group in boxes]
    below = [0] * len(boxes)
    # Of a structure that is drawn once, the first repetition has the arrows that are drawn.
    firsts = {row[0] for group in boxes for row in group.rows}
    for node in network.parts():
        if node.index not in firsts:
            continue
        here = place[node.index]
        for parent in node.parents:
            there = place[parent]
            if there != here:
                below[here] = max(below[here], below[there] + height[there])
    framed = {frame for group in boxes for frame in group.frames}
    return (
        max((above + own for above, own in zip(below, height)), default=0) + FRAME * len(framed)
        <= PAGE
    )


def lines(many: int) -> int:
    """About how many lines a box for so many layers has: its name, its layers, its shape and its bar."""
    return 4 if many == 1 else 3 + (many if many <= 9 else 5)


def _separate(network: Network) -> tuple[list[Group], set[int]]:
    """What is never folded: inputs, models as one layer, layers that are called several times; and all their calls."""
    nodes, inputs = network.graph.nodes, set(network.graph.inputs)
    kept = [
        group
        for group in singles(network)
        if len(group.rows[0]) > 1
        or group.rows[0][0] in inputs
        or held_model(nodes[group.rows[0][0]].layer) is not None
    ]
    return kept, {index for group in kept for index in group.rows[0]}


def _lanes(network: Network) -> list[list[Piece]]:
    if network not in _KNOWN_LANES:
        lanes = pieces(network, ignored=IGNORED)
        total = len(network.parts())
        segments = (piece for lane in lanes for piece in lane if not isinstance(piece, Run))
        largest = max((len(piece.nodes) for piece in segments), default=0)
        # Two tensors may be alive between two pieces where one would leave most of the network in one piece.
        if largest > 40 and largest > total // 3:
            lanes = pieces(network, 2, ignored=IGNORED)
        taken = _separate(network)[1]
        _KNOWN_LANES[network] = [list(_worth(lane, taken)) for lane in lanes]
    return _KNOWN_LANES[network]


def _worth(lane: Sequence[Piece], taken: set[int]) -> Iterator[Piece]:
    """The pieces, with runs split that are too short to count as runs, or of which not all rounds have the same calls that are taken."""
    for piece in lane:
        if isinstance(piece, Run) and (
            len(piece.nodes) - len(piece.nodes) // piece.count < SAVED
            or len({_shared(repetition, taken) for repetition in piece.repetitions}) > 1
        ):
            for repetition in piece.repetitions:
                yield from _worth(repetition, taken)
        else:
            yield piece


def _shared(repetition: Sequence[Piece], taken: set[int]) -> tuple[bool, ...]:
    """Return for each call of a round whether it is taken."""
    return tuple(index in taken for piece in repetition for index in piece.nodes)


def repeated(network: Network) -> list[Group]:
    """Return every layer by itself, those of structures that are repeated once."""
    kept, taken = _separate(network)
    result = list(kept)
    for lane in _lanes(network):
        for piece in lane:
            result += _unfold(network, piece, [piece], (), taken)
    return _ordered(result)


def block_name(calls: Sequence[Call]) -> str:
    """Return the name of the innermost block of which all of some calls are; empty if there is none."""
    shared = set(calls[0].location.via).intersection(*(call.location.via for call in calls[1:]))
    blocks = [
        step.name for step in calls[0].location.via if step in shared and step.role == "block"
    ]
    return blocks[-1] if blocks else ""


def _run_title(network: Network, run: Run, rows: Sequence[Sequence[int]]) -> str:
    """Return the title of the box of a run: its block, its only layer, or how many layers there are."""
    name = block_name([network.graph.nodes[index] for index in _first_round(run)])
    if not name:
        only = network.graph.nodes[rows[0][0]].cls
        name = only if len(rows) == 1 else f"{len(rows)} layers"
    return f"{name} × {run.count}"


def _first_round(run: Run) -> list[int]:
    """Return the calls of the first repetition of a run."""
    return [index for piece in run.repetitions[0] for index in piece.nodes]


def _unfold(
    network: Network,
    piece: Piece,
    alike: Sequence[Piece],
    frames: tuple[tuple[str, str, int], ...],
    taken: set[int],
) -> Iterator[Group]:
    """The layers of a piece, each with those at its place in the pieces that are `alike`."""
    if isinstance(piece, Run):
        runs = [other for other in alike if isinstance(other, Run)]
        layers = _first_round(piece)
        name = block_name([network.graph.nodes[index] for index in layers])
        many = f"{len(layers)} layer{'s' * (len(layers) > 1)}"
        title = f"{name or many} × {piece.count}"
        inner = (*frames, (str(piece.nodes[0]), title, piece.count))
        for place, part in enumerate(piece.repetitions[0]):
            yield from _unfold(
                network,
                part,
                [repetition[place] for run in runs for repetition in run.repetitions],
                inner,
                taken,
            )
        return
    for place, index in enumerate(piece.nodes):
        if index not in taken:
            yield Group([[other.nodes[place] for other in alike]], frames)


def _chained(network: Network) -> list[Group]:
    """As `repeated`, with layers that follow one another in one box."""
    result = repeated(network)
    chain = _Chain(network, result)
    longest = max(LONGEST, len(result) // FEWEST)
    merged: list[Group] = []
    #: For each group to whose box another may be added, that box.
    open_at: dict[int, Group] = {}
    for number, group in enumerate(result):
        before = chain.before(number)
        target = open_at.get(before) if before is not None else None
        if target is not None and before is not None and len(target.rows) < longest:
            del open_at[before]
            target.rows = target.rows + group.rows
            open_at[number] = target
            continue
        target = Group(group.rows, group.frames)
        merged.append(target)
        if chain.is_free(number):
            open_at[number] = target
    return merged


class _Chain:
    """Which groups of calls may share a box with the group that they follow."""

    def __init__(self, network: Network, groups: Sequence[Group]) -> None:
        self.network, self.groups = network, groups
        place = {
            index: number
            for number, group in enumerate(groups)
            for row in group.rows
            for index in row
        }
        self._into: list[set[int]] = [set() for _ in groups]
        self._out: list[set[int]] = [set() for _ in groups]
        for call in network.parts():
            own = place[call.index]
            for other in {place[parent] for parent in call.parents} - {own}:
                self._into[own].add(other)
                self._out[other].add(own)
        self._ends = {target.producer for target in network.graph.outputs.targets}
        self._kept = {place[index] for index in _separate(network)[1] if index in place}

    def is_free(self, number: int) -> bool:
        """Whether a group is folded at all, and not the merge."""
        first = self.groups[number].rows[0][0]
        return number not in self._kept and first != self.network.graph.merge

    def before(self, number: int) -> int | None:
        """Return the only group before a group, if the two may share a box."""
        if len(self._into[number]) != 1 or not self.is_free(number):
            return None
        (before,) = self._into[number]
        nodes, group, other = self.network.graph.nodes, self.groups[number], self.groups[before]
        last = other.rows[-1][-1]
        fits = (
            len(self._out[before]) == 1
            and last not in self._ends
            and other.frames == group.frames
            and _home(nodes[last]) == _home(nodes[group.rows[0][0]])
        )
        return before if fits else None


def _home(node: Call) -> tuple[str | None, tuple[str, ...]]:
    return node.branch, models(node)


def _blocks(network: Network) -> list[Group]:
    """What one tensor enters and one leaves in one box; single layers that follow one another, too."""
    kept, taken = _separate(network)
    result = list(kept)
    for lane in _lanes(network):
        plain: list[int] = []
        block: Group | None = None
        for piece in lane:
            indices = [index for index in piece.nodes if index not in taken]
            if isinstance(piece, Run):
                result += _boxed([plain], network)
                plain, block = [], None
                rows = [
                    row for part in _unfold(network, piece, [piece], (), taken) for row in part.rows
                ]
                if rows:
                    result.append(Group(rows, (), _run_title(network, piece, rows)))
            elif len(indices) == 1 and indices[0] != network.graph.merge:
                if block is not None and not plain and _ends(network, block, indices[0]):
                    block.rows.append(indices)
                else:
                    plain += indices
            else:
                result += _boxed([plain, indices], network)
                plain, block = [], result[-1] if indices else None
        result += _boxed([plain], network)
    return _ordered(result)


def _ends(network: Network, block: Group, index: int) -> bool:
    """Return whether a layer belongs to the block before it: it activates or normalizes what that gives."""
    call, last = network.graph.nodes[index], network.graph.nodes[block.rows[-1][0]]
    return (
        call.parents == [last.index]
        and last.index != network.graph.merge
        and _home(call) == _home(last)
        and FAMILY_OF.get(type(call.layer).__module__) in ENDING
    )


def _stages(network: Network) -> list[Group]:
    """As `_joined`, but not across a change of the sizes of tensors."""
    return _joined(network, lambda group: _spatial(network, group))


def _joined(network: Network, kind: Callable[[Group], object] = lambda group: None) -> list[Group]:
    """As `_blocks`, with all of one kind in one box that lies between two structures that are repeated."""
    nodes = network.graph.nodes
    kept = _separate(network)[1]
    ends = {target.producer for target in network.graph.outputs.targets}
    result: list[Group] = []
    homes: dict[object, Group] = {}
    kinds: dict[object, object] = {}
    for group in _blocks(network):
        first = group.rows[0][0]
        home = _home(nodes[first])
        before = homes.get(home) if kinds.get(home) == kind(group) else None
        kinds[home] = kind(group)
        alone = first in kept or first == network.graph.merge or len(group.rows[0]) > 1
        if before is not None and not alone:
            before.rows += group.rows
        else:
            result.append(group)
            homes[home] = group
        # Nothing is joined with what gives an output.
        if alone or any(not ends.isdisjoint(row) for row in group.rows):
            homes.pop(home, None)
    return _ordered(result)


def _boxed(parts: Sequence[list[int]], network: Network) -> list[Group]:
    """A box for each part, and for each model in the model that it leads through."""
    nodes = network.graph.nodes
    result: list[Group] = []
    for part in parts:
        home = None
        for index in part:
            if home is None or _home(nodes[index]) != home or not result:
                result.append(Group([[index]]))
            else:
                result[-1].rows.append([index])
            home = _home(nodes[index])
    return result


def _stretches(network: Network) -> list[Group]:
    """Stretches of blocks, as many as a picture holds well."""
    found = _blocks(network)
    nodes = network.graph.nodes
    kept = _separate(network)[1]
    lanes: dict[object, list[Group]] = {}
    for group in found:
        first = group.rows[0][0]
        alone = first in kept or first == network.graph.merge
        lanes.setdefault(("alone", first) if alone else _home(nodes[first]), []).append(group)
    result: list[Group] = []
    for lane in lanes.values():
        for part in _sections(network, lane, max(1, FEWEST * len(lane) // len(found))):
            if len(part) == 1:
                result += part
            else:
                rows = [row for group in part for row in group.rows]
                result.append(Group(rows, (), f"{sum(map(len, rows))} layers"))
    return _ordered(result)


def _sections(network: Network, lane: list[Group], most: int) -> list[list[Group]]:
    """A lane cut where the sizes of its tensors change, except for their features; sections that are too many are joined evenly."""
    sections: list[list[Group]] = []
    sizes: object = None
    for group in lane:
        here = _spatial(network, group)
        if not sections or here != sizes:
            sections.append([])
        sections[-1].append(group)
        sizes = here
    if len(sections) == 1:
        sections = [[group] for group in lane]
    together = -(-len(sections) // most)
    return [
        [group for section in sections[at : at + together] for group in section]
        for at in range(0, len(sections), together)
    ]


def _spatial(network: Network, group: Group) -> Shape | None:
    """Return the sizes of what a group gives, without the batch and the features; None if they are not known."""
    results = network.results[group.rows[-1][-1]]
    shape = results[0].shape if results else None
    return None if shape is None else shape[1:-1]


def _branches(network: Network) -> list[Group]:
    """A box for each branch; in a model without branches, for each model in it and each stretch."""
    if not network.graph.branches and not any(models(node) for node in network.parts()):
        return _stretches(network)
    shared = {
        group.rows[0][0]: group.rows[0] for group in singles(network) if len(group.rows[0]) > 1
    }
    again = {index for calls in shared.values() for index in calls[1:]}
    result = [Group([[index]]) for index in network.graph.inputs]
    taken = {*network.graph.inputs, *again}
    homes: dict[object, list[int]] = {}
    for node in network.parts():
        if node.index in taken:
            continue
        key: object = (node.branch, models(node)[:1])
        if node.index in shared:
            # What is called in the same branches, with the same weights, is drawn once.
            key = ("shared", *(network.graph.nodes[index].branch for index in shared[node.index]))
        elif node.branch is None and not models(node):
            # Layers outside of branches stay where they are: the merge by itself, what comes after it, each head.
            alone = node.index == network.graph.merge or len(set(node.parents)) > 1
            key = ("alone", node.index) if alone else ("after", _root(network, node))
        homes.setdefault(key, []).append(node.index)
    result += [
        Group([shared.get(index, [index]) for index in indices]) for indices in homes.values()
    ]
    return _ordered(result)


def _root(network: Network, node: Call) -> int:
    """The first of the layers that follow one another up to this one, outside of branches."""
    nodes = network.graph.nodes
    uses: dict[int, int] = {}
    for other in network.parts():
        for parent in other.parents:
            uses[parent] = uses.get(parent, 0) + 1
    while len(node.parents) == 1:
        before = nodes[node.parents[0]]
        if (
            before.branch is not None
            or models(before)
            or before.index == network.graph.merge
            or uses[before.index] > 1
            or not before.parents
        ):
            break
        node = before
    return node.index


def _ordered(result: list[Group]) -> list[Group]:
    return sorted(result, key=lambda group: min(index for row in group.rows for index in row))
