"""Compare two models: pairs of calls and their differences, as data that all formats share."""

from __future__ import annotations

from typing import Callable, Iterator, Mapping, NamedTuple, Tuple

from mergecli.catalog.normal_form import default, plain
from mergecli.catalog.tensors import Tensor
from mergecli.diff.checkpoints import Loading, loading
from mergecli.diff.matching import Matches, match
from mergecli.diff.model import ComparedCall, Model
from mergecli.ir.graph import TrainingConfig, Value


class Change(NamedTuple):
    """A change from `old` to `new`.

    `what` is an argument, `class`, `call.<option>`, or `layer`, the owner of the weights.
    """

    what: str
    old: object
    new: object


class Pair(NamedTuple):
    """A call of both models.

    `sources` are its old and new sources where they differ by more than inserted or removed layers.
    """

    old: ComparedCall
    new: ComparedCall
    changes: list[Change]
    sources: tuple[list[str], list[str]] | None
    #: The name of the layer in the old model.
    before: str
    #: The name is another one, and one of the two was chosen.
    renamed: bool
    #: Both names count the layers of a class, and the number is another one.
    renumbered: bool

    @property
    def reshaped(self) -> bool:
        """Whether its results have other shapes or dtypes."""
        return self.old.results != self.new.results

    @property
    def differs(self) -> bool:
        """Whether it is different itself, not only as a consequence of others."""
        return bool(self.changes) or self.sources is not None or self.renamed


class SingleCall(NamedTuple):
    """A call that only one model has, with the names of its sources, children and outputs."""

    call: ComparedCall
    sources: list[str]
    children: list[str]
    outputs: list[str]


class End(NamedTuple):
    """An output: its name, the result that it is, and its tensor."""

    name: str
    source: str
    tensor: Tensor


class Ends(NamedTuple):
    """An output of both models, or (the other side None) of one; `moved` when it comes from something else."""

    old: End | None
    new: End | None
    moved: bool = False


class Sums(NamedTuple):
    """Sums over layers; None where one is not known. `macs` are for one sample."""

    layers: int
    parameters: int | None
    trainable: int | None
    macs: int | None


class Comparison(NamedTuple):
    """All differences between two models, and their consequences."""

    old: Model
    new: Model
    pairs: list[Pair]
    added: list[SingleCall]
    removed: list[SingleCall]
    #: The names of the inputs of both, where their order differs.
    input_order: tuple[list[str], list[str]] | None
    outputs: list[Ends]
    output_order: tuple[list[str], list[str]] | None
    #: How results are given: one tensor, a list, or a dictionary.
    output_form: tuple[str, str] | None
    training: list[Change]
    #: Branches by name, where a sum differs: before and after.
    branches: dict[str, tuple[Sums | None, Sums | None]]
    sums: tuple[Sums, Sums]
    loading: Loading

    @property
    def changed(self) -> list[Pair]:
        """The pairs that are different themselves."""
        return [pair for pair in self.pairs if pair.differs]

    @property
    def consequences(self) -> list[Pair]:
        """The pairs that differ in shapes or dtypes only, because of a change before them."""
        return [pair for pair in self.pairs if pair.reshaped and not pair.differs]

    @property
    def renumbered(self) -> list[Pair]:
        """The pairs that have another number in their automatic name."""
        return [pair for pair in self.pairs if pair.renumbered]

    @property
    def same(self) -> bool:
        """Whether both are the same model."""
        return not (
            self.changed or self.added or self.removed or self.input_order or self.outputs or self.output_order or self.output_form
            or self.training or self.consequences or self.renumbered
        )  # fmt: skip


def compare(old: Model, new: Model) -> Comparison:
    """Compare two models.

    Args:
        old: The model before.
        new: The model after.

    Returns:
        The differences, and what the new model takes of a checkpoint of the old one.
    """
    result = _compare(match(old, new))
    if (result.added or result.removed) and any(pair.sources is not None for pair in result.pairs):
        # Equal layers can be paired differently; the pairing with fewer differences is likelier.
        other = _compare(match(old, new, downward=False))
        result = min(
            result, other, key=lambda one: len(one.changed) + len(one.added) + len(one.removed)
        )
    return result


def _compare(matches: Matches) -> Comparison:
    old, new = matches.old, matches.new
    pairs = [
        _pair(matches, old.calls[matches.back[call.index]], call)
        for call in new.calls
        if call.index in matches.back
    ]
    olds, news = matches.left()
    ends, order = _outputs(matches)
    forms = _form(old), _form(new)
    return Comparison(
        old,
        new,
        pairs,
        [_single(new, call, matches.children[1][call.index]) for call in news],
        [_single(old, call, matches.children[0][call.index]) for call in olds],
        _input_order(matches),
        ends,
        order,
        forms if forms[0] != forms[1] else None,
        _training(old.training, new.training),
        {name: sums for name, sums in _branches(old, new).items() if sums[0] != sums[1]},
        (_sums(old.calls), _sums(new.calls)),
        loading(old, new, [(pair.old, pair.new) for pair in pairs]),
    )


def _pair(matches: Matches, old: ComparedCall, new: ComparedCall) -> Pair:
    changes = [*_argument_changes(old, new), *_option_changes(old, new)]
    roots = (
        matches.old.calls[matches.old.root(old.index)],
        matches.new.calls[matches.new.root(new.index)],
    )
    same_layer = _same_layer(matches.old, matches.new, matches.forth, old, new) and _same_layer(
        matches.new, matches.old, matches.back, new, old
    )
    if not same_layer:
        owners = [
            root.name if root is not call else "its own" for root, call in zip(roots, (old, new))
        ]
        changes.append(Change("layer", *owners))
    sources = None
    if not _same_wires(matches, old, new):
        sources = source_names(matches.old, old), source_names(matches.new, new)
    # A call of a layer that another call owns has no name in Keras.
    other = new.owner is None and roots[0].name != new.name and same_layer
    automatic = roots[0].automatic and new.automatic
    return Pair(
        old, new, changes, sources, roots[0].name, other and not automatic, other and automatic
    )


def _argument_changes(old: ComparedCall, new: ComparedCall) -> Iterator[Change]:
    same = old.cls == new.cls
    if not same:
        yield Change("class", old.cls, new.cls)
    for name in dict.fromkeys((*old.arguments, *new.arguments)):
        # Defaults of different classes have nothing to do with each other.
        if same or (name in old.arguments and name in new.arguments):
            before, after = argument_of(old, name), argument_of(new, name)
            if before != after:
                yield Change(name, before, after)


def argument_of(call: ComparedCall, name: str) -> object:
    """Return an argument of a call in its normal form, or its default; None where it has neither."""
    return call.arguments[name] if name in call.arguments else default(call.layer, name)


def _option_changes(old: ComparedCall, new: ComparedCall) -> Iterator[Change]:
    for name in dict.fromkeys((*old.options, *new.options)):
        before, after = old.options.get(name), new.options.get(name)
        if before != after:
            yield Change(f"call.{name}", before, after)


def _same_layer(
    one: Model, other: Model, known: Mapping[int, int], call: ComparedCall, twin: ComparedCall
) -> bool:
    """Whether the calls that share the layer of a call match those that share its twin's."""
    root = one.root(call.index)
    if root == call.index and not one.shared[root]:
        return True
    first = next(index for index in (root, *one.shared[root]) if index in known)
    return other.root(known[first]) == other.root(twin.index)


def source_names(model: Model, call: ComparedCall) -> list[str]:
    """Return what a call is applied to, as a spec refers to it."""
    names = [model.reference(target) for target in call.sources]
    if call.keywords:
        names = [f"{keyword}: {name}" for keyword, name in zip(call.keywords, names)]
    return [f"[{names[0]}]"] if call.listed else names


def _same_wires(matches: Matches, old: ComparedCall, new: ComparedCall) -> bool:
    """Whether a call has the same sources, except for layers inserted or removed between."""
    if (
        len(old.sources) != len(new.sources)
        or old.keywords != new.keywords
        or old.listed != new.listed
    ):
        return False
    return all(_leads(matches, a, b) for a, b in zip(old.sources, new.sources))


def _leads(matches: Matches, old: Value, new: Value) -> bool:
    """Whether two results are the same, or come from the same one through added or removed layers."""
    if old.constant is not None or new.constant is not None:
        return old.constant == new.constant
    if old.producer in matches.forth and new.producer in matches.back:
        return matches.forth[old.producer] == new.producer and old.result == new.result
    before = _frontier(matches.old, old, matches.forth)
    after = _frontier(matches.new, new, matches.back)
    moved = {(matches.forth[node], result) for node, result in before}
    # Results at the beginning of a model come from nothing.
    return bool(moved & after) or (not before and not after)


def _frontier(model: Model, target: Value, known: Mapping[int, int]) -> set[tuple[int, int | None]]:
    """Return the nearest results, going backward, of calls that both models have."""
    result: set[tuple[int, int | None]] = set()
    seen: set[Value] = set()
    stack = [target]
    while stack:
        target = stack.pop()
        if target in seen or target.constant is not None:
            continue
        seen.add(target)
        if target.producer in known:
            result.add((target.producer, target.result))
        else:
            stack.extend(model.calls[target.producer].sources)
    return result


def _single(model: Model, call: ComparedCall, children: list[int]) -> SingleCall:
    outputs = [name for name, target in _ends(model) if target.producer == call.index]
    return SingleCall(
        call, source_names(model, call), [model.calls[index].name for index in children], outputs
    )


# Inputs and outputs. ------------------------------------------------------------------------------


def _input_order(matches: Matches) -> tuple[list[str], list[str]] | None:
    old, new = matches.old, matches.new
    kept = [matches.forth[index] for index in old.inputs if index in matches.forth]
    now = [index for index in new.inputs if index in matches.back]
    if kept == now or sorted(kept) != sorted(now):
        return None
    return [old.calls[index].name for index in old.inputs], [
        new.calls[index].name for index in new.inputs
    ]


def _ends(model: Model) -> list[tuple[str, Value]]:
    names = model.outputs.names or [model.reference(target) for target in model.outputs.targets]
    return list(zip(names, model.outputs.targets))


def _form(model: Model) -> str:
    if model.outputs.names is not None:
        return "a dictionary"
    return "one tensor" if model.outputs.single and len(model.outputs.targets) == 1 else "a list"


def _outputs(matches: Matches) -> tuple[list[Ends], tuple[list[str], list[str]] | None]:
    """Return the outputs that differ, and their order where it does.

    Outputs are paired by name where they have names, otherwise by the results that they are.
    """
    old, new = _ends(matches.old), _ends(matches.new)
    named = matches.old.outputs.names is not None and matches.new.outputs.names is not None
    if named:
        pairs = _pair_ends(old, new, {}, lambda end, other: end[0] == other[0])
    else:
        pairs = _pair_by_result(matches, old, new)
    ends: list[Ends] = []
    for place, index in sorted(pairs.items(), key=lambda pair: pair[1]):
        before, after = _end(matches.old, *old[place]), _end(matches.new, *new[index])
        moved = not _leads(matches, old[place][1], new[index][1])
        if moved or before.tensor != after.tensor:
            ends.append(Ends(before, after, moved))
    taken = set(pairs.values())
    ends += [
        Ends(_end(matches.old, *end), None) for place, end in enumerate(old) if place not in pairs
    ]
    ends += [
        Ends(None, _end(matches.new, *end)) for index, end in enumerate(new) if index not in taken
    ]
    order = [index for _, index in sorted(pairs.items())]
    if named or order == sorted(order):
        # A dictionary has its order from its keys.
        return ends, None
    return ends, ([name for name, _ in old], [name for name, _ in new])


_NamedValue = Tuple[str, Value]


def _pair_ends(
    old: list[_NamedValue],
    new: list[_NamedValue],
    pairs: dict[int, int],
    fits: Callable[[_NamedValue, _NamedValue], bool],
) -> dict[int, int]:
    """Return `pairs` with each remaining old output and the first new one that fits it."""
    pairs = dict(pairs)
    for place, end in enumerate(old):
        if place not in pairs:
            taken = set(pairs.values())
            free = (index for index in range(len(new)) if index not in taken)
            index = next((index for index in free if fits(end, new[index])), None)
            if index is not None:
                pairs[place] = index
    return pairs


def _pair_by_result(
    matches: Matches, old: list[_NamedValue], new: list[_NamedValue]
) -> dict[int, int]:
    """Pair outputs: first those of the same call, then by what leads to them, then by place."""

    def is_same(end: _NamedValue, other: _NamedValue) -> bool:
        target, goal = end[1], other[1]
        known = matches.forth.get(target.producer)
        return known == goal.producer and target.result == goal.result

    pairs = _pair_ends(old, new, {}, is_same)
    pairs = _pair_ends(old, new, pairs, lambda end, other: _leads(matches, end[1], other[1]))
    if len(old) == len(new):
        pairs = _pair_ends(old, new, pairs, lambda end, other: True)
    return pairs


def _end(model: Model, name: str, target: Value) -> End:
    tensors = model.tensors(target)
    return End(name, model.reference(target), tensors[0] if tensors else Tensor(None, None))


# Sums and training. -------------------------------------------------------------------------------


def _sums(calls: list[ComparedCall]) -> Sums:
    layers = [call for call in calls if not call.is_input]
    return Sums(
        len(layers),
        _sum([call.parameters for call in layers]),
        _sum([call.trainable for call in layers]),
        _sum([call.macs for call in layers]),
    )


def _sum(numbers: list[int | None]) -> int | None:
    return None if None in numbers else sum(numbers)  # type: ignore[arg-type]


def _branches(old: Model, new: Model) -> dict[str, tuple[Sums | None, Sums | None]]:
    sides = [_by_branch(old), _by_branch(new)]
    if not sides[0] or not sides[1]:
        return {}  # a saved model has none
    return {
        name: (sides[0].get(name), sides[1].get(name))
        for name in dict.fromkeys([*sides[0], *sides[1]])
    }


def _by_branch(model: Model) -> dict[str, Sums]:
    calls: dict[str, list[ComparedCall]] = {}
    for call in model.calls:
        if call.branch is not None:
            calls.setdefault(call.branch, []).append(call)
    return {name: _sums(result) for name, result in calls.items()}


def _training(old: TrainingConfig | None, new: TrainingConfig | None) -> list[Change]:
    """Return the differences of `compile`, each by its path."""
    sides = [
        dict(_settings("", training)) if training is not None else {} for training in (old, new)
    ]
    result = [
        Change(name, sides[0].get(name), sides[1].get(name))
        for name in dict.fromkeys([*sides[0], *sides[1]])
    ]
    return [change for change in result if change.old != change.new]


def _settings(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, TrainingConfig):
        for name, part in value._asdict().items():
            if name == "options":
                yield from ((key, plain(item)) for key, item in part.items())
            elif part is not None:
                yield from _settings(name, plain(part))
    elif isinstance(value, Mapping) and path == "optimizer":
        for cls, given in value.items():
            yield path, cls
            yield from ((f"{path}.{name}", item) for name, item in given.items())
    elif isinstance(value, Mapping) and path and not _is_object(value):
        for name, item in value.items():
            yield from _settings(f"{path}.{name}", item)
    else:
        yield path, value


def _is_object(value: Mapping[str, object]) -> bool:
    """Whether a mapping is a class with its arguments, not one from names of outputs."""
    return len(value) == 1 and all(
        isinstance(inner, Mapping) and name[:1].isupper() for name, inner in value.items()
    )
