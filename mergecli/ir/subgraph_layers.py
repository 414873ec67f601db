"""Layers that stand for a part of the graph: a model kept as one layer, and where a tensor enters an embedded model."""

from typing import Any, Callable, ClassVar, Optional, Sequence, Tuple

from mergecli.catalog.layer import Layer, Weight
from mergecli.catalog.shapes import ShapeError, text
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.diagnostics.record import Record


class Placeholder(Layer, abstract=True):
    """Where a tensor enters a model that is part of another one: it passes on a tensor like the one that is `expected`, if any is."""

    takes_strings = True
    expected: ClassVar[Optional[Tensor]] = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        if self.expected is None:
            return inputs.tensors
        (given,) = inputs.tensors
        wanted, shape = self.expected.shape, given.shape
        if wanted is not None and shape is not None:
            fits = len(wanted) == len(shape) and all(
                None in pair or pair[0] == pair[1] for pair in zip(wanted, shape)
            )
            if not fits:
                raise ShapeError(f"takes {text(wanted)}, {{0}} is {text(shape)}", inputs=(0,))
        if given.dtype != self.expected.dtype and None not in (given.dtype, self.expected.dtype):
            hint = f"cast it first: `- ops.cast: {{dtype: {self.expected.dtype}}}`"
            raise ShapeError(
                f"takes {self.expected.dtype}, {{0}} is {given.dtype}", inputs=(0,), hint=hint
            )
        return inputs.tensors


def through(expected: Optional[Tensor] = None) -> Placeholder:
    """A layer that passes on a tensor as is."""
    layer = Placeholder()
    layer.expected = expected  # type: ignore[misc]
    return layer


class Facts(Record):
    """What a model as one layer comes to."""

    results: Tuple[Tensor, ...]
    weights: Sequence[Weight]
    macs: Optional[int]


class SubgraphLayer(Layer, abstract=True):
    """A model as one layer.

    `network` is what it holds, which the caller that made this layer knows, and `infer` computes what a call comes to.
    """

    takes_strings = True
    network: Any = None
    infer: Callable[[Sequence[Tensor]], Facts]

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        return self.infer(inputs.tensors).results

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        return self.infer(inputs.tensors).weights

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return self.infer(inputs.tensors).macs

    def penalizes(self) -> bool:
        return any(node.layer is None or node.layer.penalizes() for node in self.network.parts())
