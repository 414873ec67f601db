"""Layers over time whose steps are convolutions."""

from typing import (
    Any,
    Iterator,
    List,
    Optional,
)

from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.fields import (
    Activation,
    Constraint,
    Flag,
    Initializer,
    LayerSeed,
    Padding,
    Positive,
    Real,
    Regularizer,
    Size1,
    Size2,
    Size3,
)
from mergecli.catalog.layer import Layer
from mergecli.catalog.layers.convolutional import Windowed
from mergecli.catalog.layers.rnn import Recurrent
from mergecli.catalog.layers.rnn_cells import ORDER, check_forget_bias
from mergecli.catalog.shapes import Shape, ShapeError, product, text
from mergecli.catalog.tensors import Inputs
from mergecli.catalog.weights import Weight


class ConvLSTM(Recurrent, Windowed, abstract=True):
    """Long short-term memory in which inputs and states are images, and convolutions take the place of products."""

    flat_states = True
    argument_order = ORDER
    rule = "time goes unless `return_sequences`, space shrinks by the window, channels become `filters`; the states follow with `return_state`"

    # A gate comes after the activation.
    activated = False

    filters: Positive
    kernel_size: Any
    strides: Any
    dilation_rate: Any
    padding: Padding = "valid"
    activation = "tanh"
    recurrent_activation: Activation = "sigmoid"
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    bias_initializer: Initializer = "zeros"
    unit_forget_bias: Flag = True
    kernel_regularizer: Regularizer = None
    recurrent_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    dropout: Real = 0.0
    recurrent_dropout: Real = 0.0
    seed: LayerSeed = None

    check_rank = Layer.check_rank

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        yield from check_forget_bias(self.use_bias and self.unit_forget_bias, self.bias_initializer)

    def output(self, x: Shape) -> Shape:
        return self.slide(x, self.filters)

    def states(self, x: Shape) -> List[Shape]:
        return [self.output(x)] * 2

    def step_weights(self, x: Shape) -> List[Weight]:
        """Return the kernels and the bias.

        Raises:
            ShapeError: A size of the image is not known.
        """
        channels = self.known_channels(Inputs.of(x))
        if None in self.spatial(x):
            raise ShapeError(
                f"needs known spatial sizes, a step of {{0}} is {text(x)}",
                code="unknown-dimension",
                inputs=(0,),
            )
        width = self.filters * 4
        weights = [
            self.weight("kernel", *self.kernel_size, channels, width),
            self.weight("recurrent_kernel", *self.kernel_size, self.filters, width),
        ]
        weights += [self.weight("bias", width)] if self.use_bias else []
        # Keras does not hand this layer's `trainable` on to its cell.
        return [weight._replace(trainable=True) for weight in weights]

    def step_macs(self, x: Shape) -> Optional[int]:
        channels = self.channels(x)
        if channels is None:
            return None
        return product(
            (
                *self.spatial(self.output(x)),
                *self.kernel_size,
                channels + self.filters,
                self.filters * 4,
            )
        )


class ConvLSTM1D(ConvLSTM):
    """Long short-term memory of sequences that a convolution goes over.

    >>> ConvLSTM1D(filters=8, kernel_size=3).results(Inputs.of((None, 10, 32, 3)))[0].shape
    (None, 30, 8)
    """

    rank = 1
    ndim = 4

    kernel_size: Size1
    strides: Size1 = 1
    dilation_rate: Size1 = 1


class ConvLSTM2D(ConvLSTM):
    """Long short-term memory of images.

    >>> ConvLSTM2D(filters=8, kernel_size=3, padding="same").results(Inputs.of((None, 10, 32, 32, 3)))[0].shape
    (None, 32, 32, 8)
    """

    rank = 2
    ndim = 5
    keras_1_kernels = {"channels_first": [(2, 3, 1, 0), (2, 3, 1, 0)]}
    theano_kernels = 2

    kernel_size: Size2
    strides: Size2 = 1
    dilation_rate: Size2 = 1


class ConvLSTM3D(ConvLSTM):
    """Long short-term memory of volumes.

    >>> ConvLSTM3D(filters=8, kernel_size=3, return_sequences=True).results(Inputs.of((None, 10, 8, 8, 8, 3)))[0].shape
    (None, 10, 6, 6, 6, 8)
    """

    rank = 3
    ndim = 6

    kernel_size: Size3
    strides: Size3 = 1
    dilation_rate: Size3 = 1
