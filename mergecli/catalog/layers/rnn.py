"""Keras's `layers/rnn`: layers over time."""

from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
)

from mergecli.catalog.arguments import ArgumentError, Choice
from mergecli.catalog.config_quirks import Config, Quirk, without
from mergecli.catalog.dtypes import promote
from mergecli.catalog.fields import (
    FLOATS,
    Activation,
    Constraint,
    Flag,
    Initializer,
    LayerObject,
    LayerOrModel,
    Objects,
    OptionalLayer,
    Padding,
    Positive,
    Real,
    Regularizer,
    Seed,
    Size1,
    Size2,
    Size3,
)
from mergecli.catalog.layer import Layer, MaskBehaviour, Weight
from mergecli.catalog.layers.convolutional import Windowed
from mergecli.catalog.shapes import Shape, ShapeError, added, product, same, text
from mergecli.catalog.tensors import UNKNOWN, Inputs, Tensor, remap_inputs

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json

Implementation = Annotated[int, Choice(1, 2)]
Cudnn = Annotated[Any, Choice("auto", True, False)]


#: The order of the arguments of this family in a formatted spec.
ORDER = tuple(
    """
    units cells cell layer filters kernel_size strides padding data_format dilation_rate activation recurrent_activation use_bias
    kernel_initializer recurrent_initializer bias_initializer unit_forget_bias
    kernel_regularizer recurrent_regularizer bias_regularizer activity_regularizer
    kernel_constraint recurrent_constraint bias_constraint dropout recurrent_dropout merge_mode backward_layer
    seed return_sequences return_state go_backwards stateful unroll reset_after use_cudnn zero_output_for_mask
    """.split()
)


class Step(Layer, abstract=True):
    """One step in time: an input and states become an output and new states.

    The shapes here are those of one step: the batch, then what the step sees.
    """

    argument_order = ORDER
    training_default = False

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        for name in ("activation", "recurrent_activation"):
            if getattr(self, name, None) == "glu":
                yield ArgumentError("halves the features, which a state cannot bear", argument=name)

    def output(self, x: Shape) -> Shape:
        """The shape of a step's output."""
        raise NotImplementedError

    def states(self, x: Shape) -> List[Shape]:
        """The shapes of the states that a step hands to the next."""
        raise NotImplementedError

    def step_weights(self, x: Shape) -> List[Weight]:
        """The variables of a step, which all steps share."""
        raise NotImplementedError

    def step_macs(self, x: Shape) -> Optional[int]:
        """Multiply-accumulate operations of a step for one sample."""
        raise NotImplementedError


class Units(Step, abstract=True):
    """A step that keeps states of `units` numbers each and gives the first of them."""

    #: How many numbers a unit computes from its inputs, and how many states it keeps.
    gates: ClassVar[int] = 1
    kept: ClassVar[int] = 1

    units: Positive
    activation: Activation = "tanh"
    use_bias: Flag = True
    kernel_initializer: Initializer = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    recurrent_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    recurrent_constraint: Constraint = None
    bias_constraint: Constraint = None
    dropout: Real = 0.0
    recurrent_dropout: Real = 0.0
    seed: Seed = None

    def output(self, x: Shape) -> Shape:
        return (x[0], self.units)

    def states(self, x: Shape) -> List[Shape]:
        return [(x[0], self.units)] * self.kept

    def step_weights(self, x: Shape) -> List[Weight]:
        width = self.units * self.gates
        weights = [
            self.weight("kernel", x[-1], width),
            self.weight("recurrent_kernel", self.units, width),
        ]
        return [*weights, self.weight("bias", *self.bias_shape())] if self.use_bias else weights

    def bias_shape(self) -> Tuple[int, ...]:
        """The shape of the bias."""
        return (self.units * self.gates,)

    def step_macs(self, x: Shape) -> Optional[int]:
        return None if x[-1] is None else (x[-1] + self.units) * self.units * self.gates


class LongShortTerm(Units, abstract=True):
    """A step with gates for what comes in, what is forgotten and what goes out."""

    gates = 4
    kept = 2

    recurrent_activation: Activation = "sigmoid"
    unit_forget_bias: Flag = True
    implementation: Implementation = 2

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        yield from check_forget_bias(self)


def check_forget_bias(layer: "LongShortTerm | ConvLSTM") -> Iterator[ArgumentError]:
    """Keras begins the gates' biases with the initializer, and that of the forget gate with one."""
    if layer.use_bias and layer.unit_forget_bias and layer.bias_initializer is None:
        yield ArgumentError(
            "can be null only without `unit_forget_bias`", argument="bias_initializer"
        )


class Gated(Units, abstract=True):
    """A step with gates for what is kept and what is reset."""

    gates = 3

    recurrent_activation: Activation = "sigmoid"
    reset_after: Flag = True
    implementation: Implementation = 2

    def bias_shape(self) -> Tuple[int, ...]:
        return (2, self.units * 3) if self.reset_after else (self.units * 3,)


class Cell(Step, abstract=True):
    """A single step, for `RNN` to repeat; on its own it takes its states as `states`."""

    ndim = 2
    rule = "the features become `units`; the new states follow"
    takes = {"inputs": (1, 1), "states": (1, 99)}

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        first, second = self.named(inputs).values()
        x = inputs.shapes[first[0]]
        with remap_inputs(first):
            self.check_rank(x)
        wanted = self.states(x)
        if len(second) != len(wanted):
            raise ShapeError(
                f"keeps {several(wanted)}, not {len(second)}",
                code="input-count",
                inputs=tuple(second),
            )
        front = x[:-1]
        for place, state in zip(second, wanted):
            given = inputs.shapes[place]
            fits = (
                len(given) == len(x)
                and given[-1] == state[-1]
                and all(a == b or 1 in (a, b) for a, b in zip(given, front))
            )
            if not fits:
                raise ShapeError(
                    f"cannot use {{{place}}} as a state: {text(given)} for {text((*front, state[-1]))}",
                    inputs=(place, *first),
                )
            front = tuple(a if b == 1 else b for a, b in zip(given, front))
        dtype = self.joined(inputs, first[0], second)
        return tuple(Tensor((*front, shape[-1]), dtype) for shape in (self.output(x), *wanted))

    def check_rank(self, shape: Shape) -> None:
        # Implementation 1 is made of products of matrices, which take any number of dimensions.
        if getattr(self, "implementation", 1) == 2 or not shape:
            super().check_rank(shape)

    def joined(self, inputs: Inputs, first: int, second: Sequence[int]) -> Optional[str]:
        """The dtype of what a single cell gives: Keras joins input and states as they are.

        Raises:
            ShapeError: they cannot be joined.
        """
        seen, *states = (self.cast(inputs.tensors[place].dtype) for place in (first, *second))
        try:
            found = self.step_dtype(seen, states)
        except ValueError:
            found = None
        if found is None:
            given = " and ".join(
                f"{{{place}}} of {inputs.tensors[place].dtype}" for place in (first, *second)
            )
            raise ShapeError(f"cannot join {given}", code="wrong-type", inputs=(first, *second))
        return found

    def step_dtype(self, x: Optional[str], states: Sequence[Optional[str]]) -> Optional[str]:
        """What a step makes of the dtypes of its input and states; None when they do not go together."""
        raise NotImplementedError

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        places = next(iter(self.named(inputs).values()))
        with remap_inputs(places):
            return self.step_weights(inputs.shapes[places[0]])

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return self.step_macs(inputs.shapes[next(iter(self.named(inputs).values()))[0]])


class SimpleRNNCell(Cell, Units):
    """A step that sees the last step's output.

    >>> RNN(SimpleRNNCell(8)).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 8)
    """

    takes = {"sequence": (1, 1), "states": (1, 99)}

    def step_dtype(self, x: Optional[str], states: Sequence[Optional[str]]) -> Optional[str]:
        if (self.dropout > 0 and x not in FLOATS) or (
            self.recurrent_dropout > 0 and states[0] not in FLOATS
        ):
            return None
        found = promote(x, self.compute_dtype)
        return found if promote(states[0], self.compute_dtype) == found else None


class LSTMCell(Cell, LongShortTerm):
    """A step of long short-term memory.

    >>> x, state = Tensor((None, 4)), Tensor((None, 8))
    >>> len(LSTMCell(8).results(Inputs((x, state, state), keywords=("inputs", "states", "states"))))
    3
    """

    def step_dtype(self, x: Optional[str], states: Sequence[Optional[str]]) -> Optional[str]:
        found = promote(x, self.compute_dtype, states[0])
        return found if states[1] == found else None


class GRUCell(Cell, Gated):
    """A step of a gated recurrent unit.

    >>> RNN([GRUCell(8), GRUCell(6)]).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 6)
    """

    def step_dtype(self, x: Optional[str], states: Sequence[Optional[str]]) -> Optional[str]:
        found = self.compute_dtype
        return found if promote(x, found) == found and states[0] == found else None


class StackedRNNCells(Cell):
    """Several cells as one, each with the output of the one before it.

    >>> RNN(StackedRNNCells([LSTMCell(8), LSTMCell(6)])).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 6)
    """

    rule = "the features become those of the last cell; the new states of all cells follow"

    cells: Annotated[Any, Objects("layer", words="a list of cells, such as `LSTMCell`")]

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        yield from check_cells(self.cells, "cells")

    def inputs_of(self, x: Shape) -> Iterator[Tuple[Step, Shape]]:
        """Each cell with the shape that it sees."""
        for cell in self.cells:
            yield cell, x
            x = cell.output(x)

    def output(self, x: Shape) -> Shape:
        last: Step = self.cells[-1]
        return last.output(x)

    def states(self, x: Shape) -> List[Shape]:
        return [state for cell, seen in self.inputs_of(x) for state in cell.states(seen)]

    def step_weights(self, x: Shape) -> List[Weight]:
        return [
            weight._replace(name=f"cells/{index}/{weight.name}")
            for index, (cell, seen) in enumerate(self.inputs_of(x))
            for weight in cell.step_weights(seen)
        ]

    def step_macs(self, x: Shape) -> Optional[int]:
        return added(*(cell.step_macs(seen) for cell, seen in self.inputs_of(x)))

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        first, second = self.named(inputs).values()
        if len(self.cells) < 2 or any(cell.kept > 1 for cell in self.cells):
            # Keras takes the states of such cells as lists within a list, which a spec cannot wire.
            raise ShapeError(
                "can be used outside of `RNN` only with several cells of one state each",
                argument="cells",
                hint="put it into `RNN`",
            )
        if len(second) != len(self.cells):
            raise ShapeError(
                f"keeps {several(self.cells)}, not {len(second)}",
                code="input-count",
                inputs=tuple(second),
            )
        x, states = inputs.tensors[first[0]], []
        for cell, place in zip(self.cells, second):
            with remap_inputs((*first, place)):
                x, state = cell.results(
                    Inputs((x, inputs.tensors[place]), keywords=tuple(cell.takes))
                )
            states.append(state)
        return (x, *states)


class Recurrent(Step, abstract=True):
    """A step that is repeated along the time axis."""

    ndim = 3
    rule = "time goes unless `return_sequences`, the features become `units`; with `return_state` the states follow"
    takes = {"sequences": (1, 1), "initial_state": (0, 99), "mask": (0, 1)}

    return_sequences: Flag = False
    return_state: Flag = False
    go_backwards: Flag = False
    stateful: Flag = False
    unroll: Flag = False
    zero_output_for_mask: Flag = False

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        sequences, initial, masks = self.named(inputs).values()
        x = inputs.shapes[sequences[0]]
        with remap_inputs(sequences):
            self.check_rank(x)
            step = (x[0], *x[2:])
            out, states = self.output(step), self.states(step)
        if initial:
            self.check_initial(inputs, initial, states)
        for place in masks:
            mask = inputs.shapes[place]
            if len(mask) != 2 or not (same(mask[0], x[0]) and same(mask[1], x[1])):
                raise ShapeError(
                    f"cannot use {{{place}}} as a mask: {text(mask)} for {text(x[:2])}",
                    inputs=(place, *sequences),
                )
        out = (x[0], x[1], *out[1:]) if self.return_sequences else out
        return tuple(
            Tensor(shape, self.compute_dtype)
            for shape in (out, *(states if self.return_state else []))
        )

    def check_initial(
        self, inputs: Inputs, initial: Sequence[int], states: Sequence[Shape]
    ) -> None:
        """Hold the states to start from against those that a step hands on, which Keras does only when the model runs."""
        if len(initial) != len(states):
            raise ShapeError(
                f"keeps {several(states)}, not {len(initial)}",
                code="input-count",
                inputs=tuple(initial),
            )
        for place, state in zip(initial, states):
            given = inputs.shapes[place]
            if len(given) != len(state) or not all(map(same, given, state)):
                raise ShapeError(
                    f"cannot use {{{place}}} as a state: {text(given)} for {text(state)}",
                    inputs=(place,),
                )

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        sequences = self.named(inputs)["sequences"]
        x = inputs.shapes[sequences[0]]
        if self.stateful and x[0] is None:
            raise ShapeError(
                f"is stateful and needs a known batch size, {{{sequences[0]}}} is {text(x)}",
                code="unknown-dimension", inputs=tuple(sequences), argument="stateful", hint="give the input a `batch_size`",
            )  # fmt: skip
        with remap_inputs(sequences):
            return [
                weight._replace(name=f"cell/{weight.name}")
                for weight in self.step_weights((x[0], *x[2:]))
            ]

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        x = inputs.shapes[self.named(inputs)["sequences"][0]]
        return product((x[1], self.step_macs((x[0], *x[2:]))))


class SimpleRNN(Recurrent, Units):
    """Each step sees the last step's output.

    >>> SimpleRNN(8).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 8)
    """

    flat_states = True
    mask = MaskBehaviour.PASSES


class LSTM(Recurrent, LongShortTerm):
    """Long short-term memory.

    >>> LSTM(8, return_sequences=True).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 10, 8)
    """

    flat_states = True
    mask = MaskBehaviour.PASSES

    use_cudnn: Cudnn = "auto"


class GRU(Recurrent, Gated):
    """Gated recurrent unit.

    >>> GRU(8, return_state=True).results(Inputs.of((None, 10, 4)))[1].shape
    (None, 8)
    """

    flat_states = True
    mask = MaskBehaviour.PASSES

    use_cudnn: Cudnn = "auto"


@Quirk
def _cells(config: Config) -> Config:
    """Return the list of cells of which Keras makes a `StackedRNNCells`."""
    cell = config.get("cell")
    if not isinstance(cell, dict) or cell.get("class_name") != "StackedRNNCells":
        return config
    inner = cell.get("config")
    return {**config, "cell": inner.get("cells")} if isinstance(inner, dict) else config


class RNN(Recurrent):
    """A cell, or a stack of cells, repeated along the time axis.

    >>> RNN([LSTMCell(8), LSTMCell(6)], return_sequences=True).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 10, 6)
    """

    config_quirk = _cells

    rule = "time goes unless `return_sequences`, the features become those of `cell`; with `return_state` the states follow"

    cell: Annotated[
        Any, Objects("layer", words="a cell, such as `LSTMCell`, or a list of cells", single=True)
    ]

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        yield from check_cells(self.cell, "cell")

    def step(self) -> Step:
        """What is repeated: a list of cells is a stack of them."""
        return StackedRNNCells(self.cell) if isinstance(self.cell, list) else self.cell

    def output(self, x: Shape) -> Shape:
        return self.step().output(x)

    def states(self, x: Shape) -> List[Shape]:
        return self.step().states(x)

    def step_weights(self, x: Shape) -> List[Weight]:
        return self.step().step_weights(x)

    def step_macs(self, x: Shape) -> Optional[int]:
        return self.step().step_macs(x)

    def check_initial(
        self, inputs: Inputs, initial: Sequence[int], states: Sequence[Shape]
    ) -> None:
        step = self.step()
        if isinstance(step, StackedRNNCells) and any(cell.kept > 1 for cell in step.cells):
            # Keras takes the states of such cells as lists within a list, which a spec cannot wire.
            raise ShapeError(
                "takes no initial state for stacked cells of several states each",
                inputs=tuple(initial),
                argument="cell",
            )
        super().check_initial(inputs, initial, states)


class ConvLSTM(Recurrent, Windowed, abstract=True):
    """Long short-term memory in which inputs and states are images, and convolutions take the place of products."""

    flat_states = True
    argument_order = ORDER
    rule = "time goes unless `return_sequences`, space shrinks by the window, channels become `filters`; the states follow with `return_state`"

    # A gate comes behind the activation.
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
    seed: Seed = None

    check_rank = Layer.check_rank

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        yield from check_forget_bias(self)

    def output(self, x: Shape) -> Shape:
        return self.slide(x, self.filters)

    def states(self, x: Shape) -> List[Shape]:
        return [self.output(x)] * 2

    def step_weights(self, x: Shape) -> List[Weight]:
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


@Quirk
def _both_directions(config: Config) -> Config:
    """Leave out the second layer where it is the first reversed, and what both say about masks, which Keras sets."""

    def side(key: str, **changes: "Json") -> "Json":
        layer = _without_identity(config.get(key))
        inner = layer.get("config") if isinstance(layer, dict) else None
        if isinstance(layer, dict) and isinstance(inner, dict):
            return {**layer, "config": {**inner, **changes}}
        return layer

    back = side("backward_layer")
    return {
        **config,
        "layer": side("layer"),
        "backward_layer": None if back == side("layer", go_backwards=True) else back,
    }


def _without_identity(value: "Json") -> "Json":
    """Return a config without what differs between two layers that compute the same."""
    if isinstance(value, dict):
        return without("build_config", "name", "shared_object_id", "zero_output_for_mask").apply(
            {key: _without_identity(item) for key, item in value.items()}
        )
    return [_without_identity(item) for item in value] if isinstance(value, list) else value


class Bidirectional(Layer):
    """A recurrent layer forwards, a second one backwards.

    >>> Bidirectional(LSTM(8)).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 16)
    """

    mask = MaskBehaviour.PASSES
    config_quirk = _both_directions

    argument_order = ORDER
    training_default = False
    rule = "as `layer` has it; `merge_mode: concat` doubles the features, `null` gives both results"

    takes = Recurrent.takes

    layer: LayerObject
    merge_mode: Annotated[Optional[str], Choice("concat", "sum", "mul", "ave", None)] = "concat"
    backward_layer: OptionalLayer = None

    def check(self) -> Iterator[ArgumentError]:
        for argument in ("layer", "backward_layer"):
            layer = getattr(self, argument)
            if layer is not None and not hasattr(layer, "go_backwards"):
                yield ArgumentError("must be a recurrent layer, such as `LSTM`", argument=argument)
                return
        if self.layer.stateful and self.layer.return_state:
            yield ArgumentError(
                "keeps its states and returns them, which Keras cannot do both ways; drop its `return_state`",
                argument="layer",
            )
        back = self.backward_layer
        if back is None:
            if self.layer.go_backwards:
                yield ArgumentError(
                    "already goes backwards, the second layer would too; drop its `go_backwards`",
                    argument="layer",
                )
            return
        if back.go_backwards == self.layer.go_backwards:
            yield ArgumentError(
                "must have another `go_backwards` than `layer`", argument="backward_layer"
            )
        for name in ("stateful", "return_sequences", "return_state"):
            if getattr(back, name) != getattr(self.layer, name):
                yield ArgumentError(
                    f"must have the same `{name}` as `layer`", argument="backward_layer"
                )

    def ways(self, inputs: Inputs) -> List[Tuple[Layer, Inputs, List[int]]]:
        """Each layer with what it is called on, and where that stands among the inputs: each has its half of the states."""
        sequences, initial, masks = self.named(inputs).values()
        if len(initial) % 2:
            raise ShapeError(
                f"takes states for both ways, not {len(initial)}",
                code="input-count",
                inputs=tuple(initial),
            )
        half = len(initial) // 2
        ways = []
        for layer, states in (
            (self.layer, initial[:half]),
            (self.backward_layer or self.layer, initial[half:]),
        ):
            places = [*sequences, *states, *masks]
            names = (
                ("sequences", *("initial_state",) * half, *("mask",) * len(masks))
                if inputs.keywords
                else ()
            )
            ways.append(
                (
                    layer,
                    Inputs(
                        tuple(inputs.tensors[place] for place in places),
                        keywords=names,
                        options=inputs.options,
                    ),
                    places,
                )
            )
        return ways

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        found: List[List[Shape]] = []
        for layer, given, places in self.ways(inputs):
            with remap_inputs(places):
                shapes = (tensor.shape for tensor in layer.results(given))
                found.append([shape for shape in shapes if shape is not None])
        out, *states = found[0]
        if self.merge_mode == "concat":
            outs: List[Shape] = [(*out[:-1], product((2, out[-1])))]
        else:
            outs = [out] * (2 if self.merge_mode is None else 1)
        return tuple(Tensor(shape, self.compute_dtype) for shape in (*outs, *states, *states))

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        weights: List[Weight] = []
        for way, (layer, given, places) in zip(("forward", "backward"), self.ways(inputs)):
            with remap_inputs(places):
                weights += [
                    weight._replace(name=f"{way}/{weight.name}") for weight in layer.weights(given)
                ]
        return weights

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return added(*(layer.macs(given, results) for layer, given, _ in self.ways(inputs)))


class TimeDistributed(Layer):
    """One layer, or one model, applied to each time step.

    >>> from mergecli.catalog.layers.core import Dense
    >>> TimeDistributed(Dense(8)).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 10, 8)
    """

    mask = MaskBehaviour.PASSES
    argument_order = ORDER
    training_default = False
    min_ndim = 3
    rule = "as `layer` makes of one step, with time after the batch"
    masked = True

    layer: LayerOrModel

    def masks(self, x: Shape, mask: Shape) -> bool:
        return len(mask) > 1 and all(map(same, mask[:2], x[:2]))

    def step(self, inputs: Inputs) -> Inputs:
        x = self.single(inputs)
        assert x.shape is not None
        return Inputs((Tensor((x.shape[0], *x.shape[2:]), x.dtype),), options=inputs.options)

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        inner = self.layer.results(self.step(inputs))
        if len(inner) != 1:
            raise ShapeError("takes a layer with one result", argument="layer")
        shape = inner[0].shape
        if shape is None:
            return (UNKNOWN,)
        if not shape:
            raise ShapeError("takes a layer whose result has the batch axis", argument="layer")
        return (Tensor((shape[0], inputs.shapes[0][1], *shape[1:]), self.compute_dtype),)

    def check_strings(self, inputs: Inputs) -> None:
        self.layer.check_strings(self.step(inputs))

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        return [
            weight._replace(name=f"layer/{weight.name}")
            for weight in self.layer.weights(self.step(inputs))
        ]

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        step = self.step(inputs)
        return product((inputs.shapes[0][1], self.layer.macs(step, self.layer.results(step))))


def check_cells(cells: object, argument: str) -> Iterator[ArgumentError]:
    """What is no cell, alone or in a list, where no stack of cells may stand."""
    stack = isinstance(cells, list)
    for index, cell in enumerate(cells if isinstance(cells, list) else [cells]):
        if not isinstance(cell, Cell) or (stack and isinstance(cell, StackedRNNCells)):
            yield ArgumentError(
                "must be a cell, such as `LSTMCell`",
                argument=argument,
                path=(index,) if stack else (),
            )


def several(states: Sequence[object]) -> str:
    """The number of states in words."""
    return f"{len(states)} state{'s' * (len(states) != 1)}"
