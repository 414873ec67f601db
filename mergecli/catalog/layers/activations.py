"""Keras's `layers/activations`."""

from typing import Annotated, Any, Iterator, Optional, Sequence, Tuple

from mergecli.catalog import fields as accept
from mergecli.catalog.arguments import ArgumentError, Number
from mergecli.catalog.fields import Constraint, Real, Regularizer
from mergecli.catalog.layer import Layer, MaskBehaviour
from mergecli.catalog.list_arguments import Integers
from mergecli.catalog.shapes import Shape, ShapeError, axis, check_distinct, spreads
from mergecli.catalog.tensors import Inputs
from mergecli.catalog.weights import Weight

Slope = Annotated[float, Number(0)]


class Activation(Layer):
    """An activation function.

    >>> Activation("relu").shape((None, 8))
    (None, 8)
    """

    mask = MaskBehaviour.PASSES
    rule = "as it is"
    activated = activates = True
    image = "keeps"
    bool_runs_as = "int32"

    activation: accept.Activation

    def shape(self, x: Shape) -> Shape:
        if not x and self.function in ("softmax", "log_softmax", "sparsemax", "glu"):
            axis(-1, 0, argument="activation")
        return x


class ELU(Layer):
    """Exponential linear unit.

    >>> ELU(alpha=0.5).shape((None, 8))
    (None, 8)
    """

    mask = MaskBehaviour.PASSES
    rule = "as it is"
    activates = True
    image = "keeps"

    alpha: Real = 1.0


class LeakyReLU(Layer):
    """Rectified linear unit that leaks below zero.

    >>> LeakyReLU(negative_slope=0.1).shape((None, 8))
    (None, 8)
    """

    mask = MaskBehaviour.PASSES

    rule = "as it is"
    activates = True
    image = "keeps"

    negative_slope: Slope = 0.3


class PReLU(Layer):
    """Rectified linear unit whose slope below zero is learned, one for each feature.

    >>> PReLU(shared_axes=[1, 2]).weights(Inputs.of((None, 8, 8, 3)))[0].shape
    (1, 1, 3)
    """

    mask = MaskBehaviour.PASSES
    rule = "as it is"
    activates = True
    image = "keeps"

    alpha_initializer: accept.Initializer = "Zeros"
    alpha_regularizer: Regularizer = None
    alpha_constraint: Constraint = None
    shared_axes: Annotated[Any, Integers(single=True, none=True)] = None

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        """Return the slopes.

        Raises:
            ShapeError: An axis that they share does not exist.
        """
        shape = list(inputs.shapes[0][1:])
        for index in self._shared():
            if not -len(shape) < index <= len(shape):
                raise ShapeError(
                    f"cannot use axis {index}: {{0}} has {len(shape) + 1} dimensions",
                    code="axis-range", inputs=(0,), argument="shared_axes",
                )  # fmt: skip
            shape[index - 1] = 1
        return [self.weight("alpha", *shape)]

    def pinned(self, x: Shape) -> Tuple[Optional[int], ...]:
        # Keras takes an axis from 0 down for one of the weights, and pins it nevertheless.
        shared = self._shared()
        return tuple(x[place] for place in range(1, len(x)) if shared and place not in shared)

    def _shared(self) -> Sequence[int]:
        """Return the axes that share a slope, as they are given."""
        axes = self.shared_axes
        return (axes,) if isinstance(axes, int) else axes or ()


class ReLU(Layer):
    """Rectified linear unit.

    >>> ReLU(max_value=6.0).shape((None, 8))
    (None, 8)
    """

    mask = MaskBehaviour.PASSES
    rule = "as it is"
    activates = True
    image = "keeps"
    bool_runs_as = "int32"

    max_value: Annotated[Optional[float], Number(0, none=True)] = None
    negative_slope: Slope = 0.0
    threshold: Slope = 0.0

    @property
    def function(self) -> Optional[str]:
        return (
            "relu"
            if self.max_value is None and not self.negative_slope and not self.threshold
            else None
        )


class Softmax(Layer):
    """Positive numbers that add up to one along an axis.

    >>> Softmax().shape((None, 10))
    (None, 10)
    """

    rule = "as it is"
    activates = True
    image = "keeps"
    masked = True

    axis: accept.Axes = -1

    @property
    def function(self) -> Optional[str]:
        return "softmax"

    def masks(self, x: Shape, mask: Shape) -> bool:
        return spreads(mask, x)

    def check(self) -> Iterator[ArgumentError]:
        if not isinstance(self.axis, int) and not self.axis:
            yield ArgumentError("must name an axis", argument="axis")

    def shape(self, x: Shape) -> Shape:
        given = (self.axis,) if isinstance(self.axis, int) else self.axis
        check_distinct([axis(index, len(x)) for index in given], x)
        return x
