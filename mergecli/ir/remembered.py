"""What the checks of one text after another remember: its layers, and what calls of them give.

After a keystroke nearly all layers and calls are the same as before. What is remembered depends
only on what it is remembered by, so that a check with a memory gives the same as one without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Hashable, Iterable, NamedTuple, Sequence

from mergecli.catalog.keras_object import KerasObject

if TYPE_CHECKING:
    from mergecli.catalog.layer import Layer
    from mergecli.catalog.tensors import Tensor
    from mergecli.catalog.weights import Weight
    from mergecli.ir.graph import Call, Network, RunDtypes

#: How many objects and results are remembered; each takes about a kilobyte.
MOST_REMEMBERED = 20_000
#: The most characters of the arguments of an object that is remembered.
_LONGEST = 1_000


class Facts(NamedTuple):
    """What a call of a layer gives."""

    results: tuple[Tensor, ...]
    weights: Sequence[Weight]
    macs: int | None
    run_dtypes: tuple[str | None, ...] | None


class Memory:
    """The objects of a text by their arguments, and what calls of its layers give.

    It belongs to one text, one target and one set of the user's own layers.
    """

    def __init__(self) -> None:
        self._size = 0
        self._objects: dict[Hashable, KerasObject] = {}
        # By the identity of the arguments of a layer, which cannot be those of another one while
        # the layer is remembered; copies of a layer have them in common.
        self._calls: dict[int, dict[Hashable, Facts]] = {}
        self._layers: list[Layer] = []

    def begin(self) -> None:
        """Begin a check; if too much is remembered, forget all of it."""
        if self._size >= MOST_REMEMBERED:
            self._objects, self._calls, self._layers, self._size = {}, {}, [], 0

    def make(self, cls: type[KerasObject], values: dict[str, object]) -> KerasObject:
        """Return an object with some arguments; it may be that of an earlier call.

        Args:
            cls: Its class.
            values: Its arguments: values of YAML, and objects whose `repr` has all their arguments.

        Raises:
            ArgumentErrors: The arguments are wrong.
        """
        try:
            text = repr(values)
        except ValueError:  # Python does not write integers of thousands of digits.
            return cls(**values)
        known = self._objects.get((cls, text))
        if known is None:
            known = cls(**values)
            if len(text) <= _LONGEST and self._size < MOST_REMEMBERED:
                self._size += 1
                self._objects[cls, text] = known
                self._calls[id(known.explicit)] = {}
        return known

    def add_equal(self, layers: Iterable[Layer]) -> None:
        """Remember what calls of those layers give that are copies of each other."""
        first: dict[int, Layer] = {}
        for layer in layers:
            key = id(layer.explicit)
            if first.setdefault(key, layer) is not layer and key not in self._calls:
                self._calls[key] = {}
                self._layers.append(layer)

    def recall(self, network: Network, call: Call, layer: Layer, run_dtypes: RunDtypes) -> bool:
        """Set the facts of a call if they are remembered; return whether they are.

        Args:
            network: The network, in which the sources of the call are inferred.
            call: The call; no other call shares its layer.
            layer: Its layer.
            run_dtypes: The dtypes of results when the model runs, where they are others.
        """
        calls = self._calls.get(id(layer.explicit))
        facts = calls.get(_key(network, call, layer, run_dtypes)) if calls else None
        if facts is None:
            return False
        index = call.index
        network.results[index], network.weights[index], network.macs[index], found = facts
        if found is not None:
            run_dtypes[index] = found
        return True

    def note(self, network: Network, call: Call, layer: Layer, run_dtypes: RunDtypes) -> None:
        """Remember the facts of a call, which is inferred; the arguments are those of `recall`."""
        calls, index = self._calls.get(id(layer.explicit)), call.index
        key = _key(network, call, layer, run_dtypes) if calls is not None else None
        if calls is None or key is None or self._size >= MOST_REMEMBERED:
            return
        self._size += 1
        results, weights = network.results[index], network.weights[index]
        calls[key] = Facts(results, weights, network.macs[index], run_dtypes.get(index))


def _key(network: Network, call: Call, layer: Layer, run_dtypes: RunDtypes) -> Hashable | None:
    """Return what stands for all that the facts of a call depend on, except for its arguments.

    Returns:
        None for a call with options, with numbers among its sources, or with a source that has
        another dtype when the model runs.
    """
    if call.options:
        return None
    sources = []
    for target in call.sources or ():
        if target.constant is not None or target.producer in run_dtypes:
            return None
        sources.append((network.results[target.producer], target.result))
    return tuple(sources), call.listed, tuple(call.keywords), layer.frozen
