"""What is remembered between candidates: layers by their arguments, and what calls of them give."""

from __future__ import annotations

from typing import Generic, Hashable, Mapping, Sequence, TypeVar

from mergecli.catalog import registry
from mergecli.catalog.buffers import bytes_of
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, spec_name
from mergecli.catalog.shapes import product
from mergecli.catalog.tensors import Tensor
from mergecli.catalog.training.slots import slot_bytes
from mergecli.catalog.weights import Weight, size_of
from mergecli.exporters.summary import counts
from mergecli.ir.graph import Call, Network
from mergecli.ir.masks import Mask
from mergecli.ir.memory import Needs
from mergecli.screening.peaks import flags_of
from mergecli.syntax.yaml_tree import Mapping as MappingNode
from mergecli.syntax.yaml_tree import Scalar, Tree

#: The values of variables.
Values = Mapping[str, object]
V = TypeVar("V")
#: How many layers and results of calls are remembered; one or two kilobytes each.
MOST_REMEMBERED = 100_000
#: The measures of budgets that a state has, in the order of its costs.
MEASURES = {"parameters": 0, "trainable": 1, "size": 2, "macs": 3}


class State:
    """What a call of a layer comes to.

    Attributes:
        results: The tensors that it gives.
        run_dtypes: The dtypes of the results when the model runs, if one is not the declared one.
        masks: The masks of the first results, if one has any.
        key: Stands for these tensors, dtypes and masks; the same ones have the same key.
        weights: The weights of its layer.
        macs: Multiply-accumulates for one sample.
        numbers: Parameters, trainable parameters, MACs, bytes of weights and bytes of results; None
            for what is not known.
        costs: What it adds to the measures of budgets.
        needs: What it needs in inference and in training; None before that is asked.
        flags: Stands for what of its needs decides how memory is used.
        memory: Stands for what it needs and for its weights; -1 before that is asked.
    """

    __slots__ = (
        "_slots",
        "costs",
        "flags",
        "key",
        "macs",
        "masks",
        "memory",
        "needs",
        "numbers",
        "results",
        "run_dtypes",
        "weights",
    )

    def __init__(
        self,
        network: Network,
        call: Call,
        key: int,
        is_row: bool,
        run_dtypes: tuple[str | None, ...] | None = None,
        masks: tuple[Mask | None, ...] = (),
    ) -> None:
        """Read them from a network in which the call is inferred.

        Args:
            network: The network.
            call: The call.
            key: Stands for its results.
            is_row: Whether it is a layer of the model, and not an input.
            run_dtypes: The dtypes of its results when the model runs, if one is not the declared one.
            masks: The masks of its first results, if one has any.
        """
        index = call.index
        self.key, self.results, self.macs = key, network.results[index], network.macs[index]
        self.weights: Sequence[Weight] = network.weights[index]
        self.run_dtypes, self.masks = run_dtypes, masks
        self.needs: tuple[Needs, Needs] | None = None
        self.memory = self.flags = -1
        self._slots: tuple[KerasObject | None, int] | None = None
        total = trained = size = 0
        for _, shape, is_trained, dtype in self.weights:
            count = product(shape) or 0
            total += count
            trained += count if is_trained else 0
            size += count * size_of(dtype)
        self.costs = (total, trained, size, self.macs or 0)
        known = (0, 0) if not is_row else (total, trained)
        results: int | None = 0
        for tensor in self.results:
            if is_row and tensor.shape is None:
                known = counts(network, call)  # type: ignore[assignment]
            own = bytes_of(tensor)
            results = None if own is None or results is None else results + own
        self.numbers: tuple[int | None, ...] = (*known, self.macs if is_row else 0, size, results)

    def slot_bytes(self, optimizer: KerasObject | None) -> int:
        """Return the bytes of the variables of an optimizer for the weights."""
        if self._slots is None or self._slots[0] is not optimizer:
            trained = [weight for weight in self.weights if weight.trainable]
            self._slots = optimizer, slot_bytes(optimizer, trained)
        return self._slots[1]

    def set_needs(self, inference: Needs, training: Needs, memory: Memory) -> None:
        """Set what the call needs."""
        self.needs = inference, training
        flags = flags_of(inference), flags_of(training)
        sizes = inference.sizes
        self.flags = memory.needs_key(flags)
        known = (
            None if sizes is None else tuple(sizes),
            self.flags,
            inference.buffers,
            training.buffers,
            inference.weights,
            tuple(self.weights),
        )
        self.memory = memory.needs_key(known)


class Variant:
    """A layer with certain arguments, and what calls of it have given.

    Attributes:
        layer: The layer.
        states: What calls have given, by their wiring and what they are applied to.
    """

    __slots__ = ("layer", "states")

    def __init__(self, layer: Layer | None, memory: Memory) -> None:
        self.layer = layer
        self.states: Recent[State] = Recent(memory)


class Memory:
    """What is remembered of all structures of a spec.

    Attributes:
        age: How often the memory was full.
        size: How many layers and results of calls were added or used since the last time.
        earlier: How many were before, at most.
        variants: The layers by their entry and their arguments.
    """

    def __init__(self) -> None:
        self.age = self.size = self.earlier = 0
        self.variants: Recent[Variant] = Recent(self)
        self._count = 0
        self._keys: Recent[int] = Recent(self, 0)
        self._needs: Recent[int] = Recent(self, 0)

    def turn(self) -> None:
        """Forget what was not used since the last turn."""
        self.age += 1
        self.earlier, self.size = self.size, 0

    def key(
        self,
        results: tuple[tuple[Tensor, ...], tuple[str | None, ...] | None, tuple[Mask | None, ...]],
    ) -> int:
        """Return a number that stands for some tensors, their dtypes when the model runs, and their masks."""
        return self._number(self._keys, results)

    def needs_key(self, needs: Hashable) -> int:
        """Return a number that stands for what a call needs."""
        return self._number(self._needs, needs)

    def _number(self, numbers: Recent[int], value: Hashable) -> int:
        """Return the number of a value; one that was forgotten never stands for another."""
        number = numbers.get(value)
        if number is None:
            number = numbers[value] = self._count
            self._count += 1
        return number


class Recent(Generic[V]):
    """Values by their keys, without those that were not used between two turns of the memory.

    Args:
        memory: Counts the values.
        weight: How much each of them counts.
    """

    __slots__ = ("_age", "_memory", "_new", "_old", "_weight")

    def __init__(self, memory: Memory, weight: int = 1) -> None:
        self._memory, self._weight, self._age = memory, weight, memory.age
        self._new: dict[Hashable, V] = {}
        self._old: dict[Hashable, V] = {}

    def get(self, key: Hashable) -> V | None:
        """Return a value; None if it is not known."""
        if self._age != self._memory.age:
            self._turn()
        value = self._new.get(key)
        if value is None and self._old:
            value = self._old.pop(key, None)
            if value is not None:
                self[key] = value
        return value

    def __setitem__(self, key: Hashable, value: V) -> None:
        if self._age != self._memory.age:
            self._turn()
        self._new[key] = value
        self._memory.size += self._weight

    def _turn(self) -> None:
        self._old = self._new if self._memory.age - self._age == 1 else {}
        self._new, self._age = {}, self._memory.age


def value_key(value: object) -> Hashable:
    """Return what stands for a value of a variable.

    Values that are equal and of other types, such as 1, 1.0 and true, have other keys.
    """
    if type(value) is int or type(value) is str:
        return value
    return type(value).__name__, repr(value)


def values_key(values: Values, names: Sequence[str]) -> tuple[Hashable, ...]:
    """Return what stands for the values of some variables."""
    return tuple([value_key(values[name]) for name in names])


def tree_key(tree: Tree | None) -> Hashable:
    """Return what stands for a tree, its places left out."""
    if type(tree) is Scalar:
        return tree.raw, tree.plain, value_key(tree.value)
    if type(tree) is MappingNode:
        return tuple([(tree_key(key), tree_key(value)) for key, value in tree.entries])
    return None if tree is None else ("list", *map(tree_key, tree.items))  # type: ignore[union-attr]


def layer_key(layer: Layer) -> Hashable:
    """Return what stands for a layer: calls of layers with the same key give the same results."""
    cls, arguments = type(layer), layer.explicit.items()
    own = {name: value for name, value in arguments if name != "name"}
    # The `repr` of plain values has all of them; a layer outside the catalogue may be more than its
    # arguments, such as a model.
    if registry.layer(spec_name(cls)) is cls and all(map(_is_plain, own.values())):
        return cls, repr(own), layer.frozen
    return id(layer)


def _is_plain(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))
