"""Layers that stand for a part of the graph: a model kept as one layer, and where a tensor enters an embedded model."""

from typing import Any, Callable, ClassVar, Optional, Sequence, Tuple

from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import Shape, ShapeError, text
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.weights import Weight
from mergecli.diagnostics.record import Record


class Placeholder(Layer, abstract=True):
    """Where a tensor enters a model that is part of another one: it passes on a tensor like the one that is `expected`, if any is."""

    takes_strings = True
    expected: ClassVar[Optional[Tensor]] = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the tensor.

        Raises:
            ShapeError: It is not one like the expected one.
        """
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
    """What a model as one layer comes to; `problem` is what is wrong in it with these inputs."""

    results: Tuple[Tensor, ...]
    weights: Sequence[Weight]
    macs: Optional[int]
    problem: Optional[str] = None


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


class WrappedModel(SubgraphLayer, abstract=True):
    """A model that a wrapper applies as it would apply a layer: to one tensor, with one result.

    `part` is the file or the application that it is, None if it is written in the layer.
    """

    part: Any = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return what the model returns.

        Raises:
            ShapeError: The model cannot be applied to these inputs.
        """
        facts = self._facts(inputs)
        if facts.problem is not None:
            message = f"cannot apply {self._label} to {text(inputs.shapes[0])}: "
            raise ShapeError(message + _escaped(facts.problem))
        return facts.results

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        return self._facts(inputs).weights

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return self._facts(inputs).macs

    def _facts(self, inputs: Inputs) -> Facts:
        """Return what a call comes to, as Keras casts what a model is called on to its input.

        Raises:
            ShapeError: The model does not take such a tensor.
        """
        (given,) = inputs.tensors
        (start,) = self.network.graph.inputs
        wanted = self.network.results[start][0]
        if not _fits(wanted.shape, given.shape):
            message = f"applies {self._label}, which takes {text(wanted.shape)}, to"
            hint = _hint(wanted.shape, given.shape)
            raise ShapeError(f"{message} {text(given.shape)} of {{0}}", inputs=(0,), hint=hint)
        if wanted.dtype != given.dtype and "string" in (wanted.dtype, given.dtype):
            message = (
                f"applies {self._label}, which takes {wanted.dtype}, to {given.dtype} of {{0}}"
            )
            raise ShapeError(message, code="wrong-type", inputs=(0,))
        return self.infer((given._replace(dtype=wanted.dtype or given.dtype),))

    @property
    def _label(self) -> str:
        """Its name in the message of an error, which is a format."""
        return f"`{_escaped(self.network.graph.name)}`"


def _escaped(message: str) -> str:
    return message.replace("{", "{{").replace("}", "}}")


def _hint(wanted: Optional[Shape], shape: Optional[Shape]) -> Optional[str]:
    """Return what to do about the shape of a step that a model does not take."""
    if wanted is None or shape is None:
        return None
    if len(wanted) != len(shape):
        return f"the axis after the batch is time, so it takes {text((None, None, *wanted[1:]))}"
    if len(wanted) != 4 or None in wanted[1:3] or wanted[3] != shape[3]:
        return None
    height, width = wanted[1:3]
    resizing = f"{{Resizing: {{height: {height}, width: {width}}}}}"
    return f"resize each step first: `- TimeDistributed: {{layer: {resizing}}}`"


def _fits(wanted: Optional[Shape], shape: Optional[Shape]) -> bool:
    """Whether a tensor of a shape can be where a model has an input; the batch may be any."""
    if wanted is None or shape is None:
        return True
    return len(wanted) == len(shape) and all(
        None in pair or pair[0] == pair[1] for pair in zip(wanted[1:], shape[1:])
    )


def inner_layer(layer: Layer) -> Optional[Layer]:
    """Return the layer, or the model, that a wrapper applies; None if a layer is not a wrapper."""
    inner = getattr(layer, "layer", None)
    return inner if isinstance(inner, Layer) else None


def wrapped_model(layer: Optional[Layer]) -> Optional[WrappedModel]:
    """Return the model that a wrapper applies, however many wrappers are around it; None if there is none."""
    while layer is not None and not isinstance(layer, WrappedModel):
        layer = inner_layer(layer)
    return layer


def wrappers(layer: Optional[Layer]) -> int:
    """Return how many wrappers are around the model that a layer applies."""
    count = 0
    while layer is not None and not isinstance(layer, SubgraphLayer):
        layer, count = inner_layer(layer), count + 1
    return count


def held_model(layer: Optional[Layer]) -> Optional[SubgraphLayer]:
    """Return the model that a layer is, or that it applies as a wrapper; None if there is none."""
    return layer if isinstance(layer, SubgraphLayer) else wrapped_model(layer)
