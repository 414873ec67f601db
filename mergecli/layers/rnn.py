"""Keras's `layers/rnn`: layers over time."""

from typing import Annotated, Any, Iterator, List, Optional, Sequence, Tuple

from mergecli.layers.arguments import (
    Activation,
    ArgumentError,
    Choice,
    Constraint,
    Flag,
    Initializer,
    LayerObject,
    OptionalLayer,
    Positive,
    Real,
    Regularizer,
    Seed,
)
from mergecli.layers.base import Inputs, Layer, Tensor, Weight
from mergecli.shapes import Shape, ShapeError, product, text

Implementation = Annotated[int, Choice(1, 2)]
Cudnn = Annotated[Any, Choice("auto", True, False)]


class Recurrent(Layer, abstract=True):
    """A cell that is applied to one time step after the other and carries a state of `units` numbers."""

    ndim = 3
    rule = "time goes unless `return_sequences`, the features become `units`; with `return_state` the states follow"
    #: How many numbers a unit computes from its inputs, and how many states it keeps.
    gates = 1
    states = 1

    units: Positive
    activation: Activation = "tanh"
    use_bias: Flag = True
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    recurrent_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    dropout: Real = 0.0
    recurrent_dropout: Real = 0.0
    seed: Seed = None
    return_sequences: Flag = False
    return_state: Flag = False
    go_backwards: Flag = False
    stateful: Flag = False
    unroll: Flag = False
    zero_output_for_mask: Flag = False

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        x = self.single(inputs).shape
        assert x is not None
        out = (*x[:-1], self.units) if self.return_sequences else (x[0], self.units)
        states = [(x[0], self.units)] * self.states if self.return_state else []
        return tuple(Tensor(shape, self.compute_dtype) for shape in (out, *states))

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        x = inputs.shapes[0]
        if self.stateful and x[0] is None:
            raise ShapeError(
                f"is stateful and needs a known batch size, {{0}} is {text(x)}",
                code="unknown-dimension", inputs=(0,), argument="stateful", hint="give the input a `batch_size`",
            )  # fmt: skip
        width = self.units * self.gates
        weights = [self.weight("kernel", x[-1], width), self.weight("recurrent_kernel", self.units, width)]
        return [*weights, self.weight("bias", *self.bias_shape())] if self.use_bias else weights

    def bias_shape(self) -> Tuple[int, ...]:
        return (self.units * self.gates,)

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        _, time, features = inputs.shapes[0]
        return None if features is None else product((time, features + self.units, self.units * self.gates))


class SimpleRNN(Recurrent):
    """Each step sees the last step's output.

    >>> SimpleRNN(8).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 8)
    """


class LSTM(Recurrent):
    """Long short-term memory.

    >>> LSTM(8, return_sequences=True).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 10, 8)
    """

    gates = 4
    states = 2

    recurrent_activation: Activation = "sigmoid"
    unit_forget_bias: Flag = True
    use_cudnn: Cudnn = "auto"
    implementation: Implementation = 2


class GRU(Recurrent):
    """Gated recurrent unit.

    >>> GRU(8, return_state=True).results(Inputs.of((None, 10, 4)))[1].shape
    (None, 8)
    """

    gates = 3

    recurrent_activation: Activation = "sigmoid"
    reset_after: Flag = True
    use_cudnn: Cudnn = "auto"
    implementation: Implementation = 2

    def bias_shape(self) -> Tuple[int, ...]:
        return (2, self.units * 3) if self.reset_after else (self.units * 3,)


class Bidirectional(Layer):
    """A recurrent layer forwards, a second one backwards.

    >>> Bidirectional(LSTM(8)).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 16)
    """

    rule = "as `layer` has it; `merge_mode: concat` doubles the features, `null` gives both results"

    layer: LayerObject
    merge_mode: Annotated[Optional[str], Choice("concat", "sum", "mul", "ave", None)] = "concat"
    backward_layer: OptionalLayer = None

    def check(self) -> Iterator[ArgumentError]:
        for argument in ("layer", "backward_layer"):
            layer = getattr(self, argument)
            if layer is not None and not hasattr(layer, "go_backwards"):
                yield ArgumentError("must be a recurrent layer, such as `LSTM`", argument=argument)
                return
        back = self.backward_layer
        if back is None:
            if self.layer.go_backwards:
                yield ArgumentError("already goes backwards, the second layer would too; drop its `go_backwards`", argument="layer")
            return
        if back.go_backwards == self.layer.go_backwards:
            yield ArgumentError("must have another `go_backwards` than `layer`", argument="backward_layer")
        for name in ("stateful", "return_sequences", "return_state"):
            if getattr(back, name) != getattr(self.layer, name):
                yield ArgumentError(f"must have the same `{name}` as `layer`", argument="backward_layer")

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        forward = [tensor.shape for tensor in self.layer.results(inputs)]
        out, states = forward[0], forward[1:]
        if self.merge_mode == "concat":
            outs: List[Shape] = [(*out[:-1], 2 * out[-1])]
        else:
            outs = [out] * (2 if self.merge_mode is None else 1)
        return tuple(Tensor(shape, self.compute_dtype) for shape in (*outs, *states, *states))

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        back = self.backward_layer or self.layer
        return [
            weight._replace(name=f"{way}/{weight.name}")
            for way, layer in (("forward", self.layer), ("backward", back))
            for weight in layer.weights(inputs)
        ]

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        there = self.layer.macs(inputs, results)
        back = (self.backward_layer or self.layer).macs(inputs, results)
        return None if there is None or back is None else there + back


class TimeDistributed(Layer):
    """One layer applied to each time step.

    >>> from mergecli.layers.core import Dense
    >>> TimeDistributed(Dense(8)).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 10, 8)
    """

    min_ndim = 3
    rule = "as `layer` makes of one step, with time behind the batch"

    layer: LayerObject

    def step(self, inputs: Inputs) -> Inputs:
        x = self.single(inputs)
        assert x.shape is not None
        return Inputs((Tensor((x.shape[0], *x.shape[2:]), x.dtype),), options=inputs.options)

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        inner = self.layer.results(self.step(inputs))
        if len(inner) != 1:
            raise ShapeError("takes a layer with one result", argument="layer")
        time = inputs.shapes[0][1]
        return (Tensor((inner[0].shape[0], time, *inner[0].shape[1:]), self.compute_dtype),)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        return list(self.layer.weights(self.step(inputs)))

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        step = self.step(inputs)
        return product((inputs.shapes[0][1], self.layer.macs(step, self.layer.results(step))))
