"""Steps of layers over time, and the cells that are one step each."""

from typing import (
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
from mergecli.catalog.dtypes import promote
from mergecli.catalog.fields import (
    FLOATS,
    Activation,
    Constraint,
    Flag,
    Initializer,
    LayerSeed,
    Objects,
    Positive,
    Real,
    Regularizer,
)
from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import Shape, ShapeError, added, text
from mergecli.catalog.tensors import Inputs, Tensor, as_run, remap_inputs
from mergecli.catalog.versions import Backend
from mergecli.catalog.weights import Weight

Implementation = Annotated[int, Choice(1, 2)]


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
        names = ("activation", "recurrent_activation")
        halving = [name for name in names if getattr(self, name, None) == "glu"]
        if self._halves_to_one and len(halving) == 1:
            return
        for name in halving:
            yield ArgumentError("halves the features, which a state cannot bear", argument=name)

    @property
    def _halves_to_one(self) -> bool:
        """Whether half of the features of a gate is one number, which is spread over a state."""
        width = getattr(self, "units", None) or getattr(self, "filters", None)
        is_gated = hasattr(self, "recurrent_activation")
        return width == 2 and is_gated and getattr(self, "data_format", None) != "channels_first"

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
    seed: LayerSeed = None

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
        yield from check_forget_bias(self.use_bias and self.unit_forget_bias, self.bias_initializer)


def check_forget_bias(begins_with_one: bool, initializer: object) -> Iterator[ArgumentError]:
    """Keras begins the gates' biases with the initializer, and that of the forget gate with one."""
    if begins_with_one and initializer is None:
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
    refuses_floats = True
    rule = "the features become `units`; the new states follow"
    takes = {"inputs": (1, 1), "states": (1, 99)}
    #: Whether a rate of 1 drops all; other cells then drop nothing.
    drops_all: ClassVar[bool] = False

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the output and the new states.

        Raises:
            ShapeError: The states do not fit.
        """
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

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that nothing is dropped: Keras draws what is once, while it builds a model, where only `RNN` lets it draw anew.

        Raises:
            ShapeError: The cell is trained, and something is.
        """
        if inputs.options.get("training") is not True:
            return
        for cell in getattr(self, "cells", [self]):
            for argument in ("dropout", "recurrent_dropout"):
                rate = getattr(cell, argument, 0.0)
                if 0 < rate < 1 or (rate == 1 and cell.drops_all):
                    raise ShapeError(
                        f"cannot drop parts with `training: true` outside of `RNN`: `{argument}` is {rate}",
                        code="wrong-value",
                        argument="cells" if cell is not self else argument,
                        hint="put it in `RNN`, or leave out `training`",
                    )

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
        is_tensorflow = Backend.choose() == "tensorflow"
        try:
            found = (self.step_dtype if is_tensorflow else self.traced_dtype)(seen, states)
        except ValueError:
            found = None
        if found is None:
            given = " and ".join(
                f"{{{place}}} of {inputs.tensors[place].dtype}" for place in (first, *second)
            )
            raise ShapeError(f"cannot join {given}", code="wrong-type", inputs=(first, *second))
        return found

    def traced_dtype(self, x: Optional[str], states: Sequence[Optional[str]]) -> Optional[str]:
        """Return what JAX and PyTorch make of the dtypes of input and states, which they convert to one.

        JAX has no floats of 64 bits, and the weights of a mixed policy are what PyTorch computes with.
        """
        is_torch = Backend.choose() == "torch"
        dtypes = (x, *states, self.variable_dtype if is_torch else self.compute_dtype)
        found = promote(*dtypes)
        if is_torch and self.keeps_doubles(states):
            return {"float32": "float64", "complex64": "complex128"}.get(found or "", found)
        return found

    def keeps_doubles(self, states: Sequence[Optional[str]]) -> bool:
        """Whether PyTorch gives floats of 64 bits: Keras's products are of 32, and what it adds to them may have 64.

        Cells with gates add a state, and the biases of all gates at once or none of 64 bits.
        """
        cell: Any = self
        is_at_once = cell.implementation == 2 and cell.recurrent_dropout <= 0
        has_biases = cell.use_bias and is_at_once and self.variable_dtype == "float64"
        return has_biases or "float64" in states

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

    >>> from mergecli.catalog.layers.rnn import RNN
    >>> RNN(SimpleRNNCell(8)).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 8)
    """

    takes = {"sequence": (1, 1), "states": (1, 99)}
    drops_all = True

    def keeps_doubles(self, states: Sequence[Optional[str]]) -> bool:
        return self.use_bias and self.variable_dtype == "float64"

    def drops_integers(self, x: Optional[str], state: Optional[str]) -> bool:
        """Whether a part of integers would be dropped, of which Keras makes masks."""
        # Keras takes larger rates as 1, of which backends draw nothing since Keras 3.14.
        all_drawn = float("inf") if self.keras_version < (3, 14) else 1
        pairs = ((self.dropout, x), (self.recurrent_dropout, state))
        return any(0 < rate < all_drawn and dtype not in FLOATS for rate, dtype in pairs)

    def traced_dtype(self, x: Optional[str], states: Sequence[Optional[str]]) -> Optional[str]:
        return None if self.drops_integers(x, states[0]) else super().traced_dtype(x, states)

    def step_dtype(self, x: Optional[str], states: Sequence[Optional[str]]) -> Optional[str]:
        if self.drops_integers(x, states[0]):
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
        if self.implementation == 1 and self.use_bias and (x or "").startswith("complex"):
            return None  # its bias of floats is added as it is
        found = promote(x, self.compute_dtype, states[0])
        return found if states[1] == found else None


class GRUCell(Cell, Gated):
    """A step of a gated recurrent unit.

    >>> from mergecli.catalog.layers.rnn import RNN
    >>> RNN([GRUCell(8), GRUCell(6)]).results(Inputs.of((None, 10, 4)))[0].shape
    (None, 6)
    """

    def step_dtype(self, x: Optional[str], states: Sequence[Optional[str]]) -> Optional[str]:
        found = self.compute_dtype
        return found if promote(x, found) == found and states[0] == found else None


class StackedRNNCells(Cell):
    """Several cells as one, each with the output of the one before it.

    >>> from mergecli.catalog.layers.rnn import RNN
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
        """Return the output of the last cell and the new states of all.

        Raises:
            ShapeError: A spec cannot wire the states of these cells, or they do not fit.
        """
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
        tensors = as_run(inputs, [self.cast(each.dtype) for each in inputs.tensors]).tensors
        x, states = tensors[first[0]], []
        for cell, place in zip(self.cells, second):
            with remap_inputs((*first, place)):
                x, state = cell.results(Inputs((x, tensors[place]), keywords=tuple(cell.takes)))
            states.append(state)
        return (x, *states)


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
