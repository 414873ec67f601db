"""Layers that repeat a step along the time axis."""

from typing import (
    Annotated,
    Any,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
)

from mergecli.catalog.arguments import ArgumentError, Choice
from mergecli.catalog.config_quirks import Config, Quirk
from mergecli.catalog.fields import (
    Flag,
    Objects,
)
from mergecli.catalog.layer import AUTOCAST, MaskBehaviour
from mergecli.catalog.layers.rnn_cells import (
    Gated,
    LongShortTerm,
    StackedRNNCells,
    Step,
    Units,
    check_cells,
    several,
)
from mergecli.catalog.shapes import Shape, ShapeError, product, same, spreads, text
from mergecli.catalog.tensors import Inputs, Tensor, of_dtype, remap_inputs
from mergecli.catalog.versions import Backend
from mergecli.catalog.weights import Weight

Cudnn = Annotated[Any, Choice("auto", True, False)]
#: How a single cell is repeated by all backends.
_UNLIST = "write the cell without a list, or `unroll: true`"


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

    @property
    def keeps_mask(self) -> bool:
        """Whether its first result has the mask of the steps, which are there with `return_sequences`."""
        return self.return_sequences

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the outputs, and the last states where they are wanted.

        Raises:
            ShapeError: The sequence, a mask or an initial state does not fit.
        """
        sequences, initial, masks = self.named(inputs).values()
        x = inputs.shapes[sequences[0]]
        with remap_inputs(sequences):
            self.check_rank(x)
            step = (x[0], *x[2:])
            out, states = self.output(step), self.states(step)
        if initial:
            self.check_initial(inputs, initial, states)
        for place in masks:
            self.check_masked(place)
            mask = inputs.shapes[place]
            if not self.is_mask(mask, x, [out, *states]):
                raise ShapeError(
                    f"cannot use {{{place}}} as a mask: {text(mask)} for {text(x[:2])}",
                    inputs=(place, *sequences),
                )
        out = (x[0], x[1], *out[1:]) if self.return_sequences else out
        return tuple(
            Tensor(shape, self.compute_dtype)
            for shape in (out, *(states if self.return_state else []))
        )

    @property
    def dropouts(self) -> List[float]:
        """The shares of the elements that are dropped of a step's input, cell by cell."""
        return [getattr(self, "dropout", 0.0)]

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that what is dropped are elements of floats; Keras draws them also where nothing is trained.

        Raises:
            ShapeError: They are not.
        """
        place = self.named(inputs)["sequences"][0]
        dtype = self.cast(dtypes[place])
        if dtype is None or dtype in AUTOCAST:
            return
        is_complex = dtype.startswith("complex")
        # That no recurrent layer takes complex numbers is in the table of dtypes, but for PyTorch.
        if is_complex and Backend.choose() != "torch":
            return
        # A cell makes floats of integers for the next one, and complex numbers of complex numbers.
        if not any(0 < share < 1 for share in self.dropouts[: None if is_complex else 1]):
            return
        raise of_dtype("takes floats with `dropout`", inputs, place, dtype, "leave out `dropout`")

    def check_masked(self, place: int) -> None:
        """Check that the backend can skip steps.

        Args:
            place: The place of the mask.

        Raises:
            ShapeError: It cannot.
        """

    def is_mask(self, mask: Shape, x: Shape, results: Sequence[Shape]) -> bool:
        """Return whether a mask of batch and steps fits, or one with more axes, which the backend spreads over each step.

        Args:
            mask: The shape of the mask.
            x: The shape of the sequence.
            results: The shapes of what a step gives, and of its states.
        """
        if len(mask) < 2 or not all(map(same, mask[:2], x[:2])):
            return False
        more = mask[2:]
        if self.unroll:
            return all(size in (1, None) for size in more) and len(more) < len(results[0])
        if Backend.choose() == "jax":
            # Keras there makes one truth value of the last axis, or adds it.
            return all(spreads((mask[0], *more[:-1], 1), shape) for shape in results)
        return all(
            spreads((mask[0], *more, *(1,) * (len(shape) - 1 - len(more))), shape)
            for shape in results
        )

    def check_initial(
        self, inputs: Inputs, initial: Sequence[int], states: Sequence[Shape]
    ) -> None:
        """Check that the initial states are those of a step, which Keras does only when the model
        runs.

        Raises:
            ShapeError: They are too many or too few, or have other shapes.
        """
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
        """Return the variables of a step.

        Raises:
            ShapeError: It is stateful and the batch size is not known.
        """
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
    # Keras takes the argument, and does not hand it on.
    penalized = False


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

    >>> from mergecli.catalog.layers.rnn_cells import LSTMCell
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

    def check_masked(self, place: int) -> None:
        """Check that the backend can skip steps: of a single cell in a list, Keras loses the structure of the states.

        Args:
            place: The place of the mask.

        Raises:
            ShapeError: It cannot.
        """
        backend = Backend.choose()
        if self._is_list_of_one and (backend == "tensorflow" or self._cells[0].kept > 1):
            raise ShapeError(
                f"cannot use {{{place}}} as a mask: a list of one cell takes none with the backend `{backend}`",
                inputs=(place,), argument="cell", hint=_UNLIST,
            )  # fmt: skip

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the outputs, and the last states where they are wanted.

        Raises:
            ShapeError: The sequence, a mask or an initial state does not fit, or JAX repeats a single cell in a list, of
                which Keras loses the structure of the states.
        """
        if self._is_list_of_one and Backend.choose() == "jax":
            raise ShapeError(
                "cannot repeat a list of one cell with the backend `jax`",
                code="wrong-value", argument="cell", hint=_UNLIST,
            )  # fmt: skip
        return super().results(inputs)

    @property
    def _is_list_of_one(self) -> bool:
        """Whether a single cell stands in a list, and is repeated as such."""
        return (
            isinstance(self.step(), StackedRNNCells) and len(self._cells) == 1 and not self.unroll
        )

    @property
    def dropouts(self) -> List[float]:
        """The shares of the elements that are dropped of a step's input, cell by cell."""
        return [getattr(cell, "dropout", 0.0) for cell in self._cells]

    @property
    def _cells(self) -> Sequence[Any]:
        """The cells that are repeated, one after the other."""
        step = self.step()
        return step.cells if isinstance(step, StackedRNNCells) else (step,)

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
        """Check that the initial states are those of a step.

        Raises:
            ShapeError: They are not, or several cells keep several states each.
        """
        step = self.step()
        if isinstance(step, StackedRNNCells) and any(cell.kept > 1 for cell in step.cells):
            # Keras takes the states of such cells as lists within a list, which a spec cannot wire.
            raise ShapeError(
                "takes no initial state for stacked cells of several states each",
                inputs=tuple(initial),
                argument="cell",
            )
        super().check_initial(inputs, initial, states)
