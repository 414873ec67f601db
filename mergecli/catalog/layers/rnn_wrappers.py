"""Layers that apply other layers along the time axis: in both directions, or to each step."""

from typing import (
    TYPE_CHECKING,
    Annotated,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
)

from mergecli.catalog.arguments import ArgumentError, Choice
from mergecli.catalog.config_quirks import Config, Quirk, without
from mergecli.catalog.fields import (
    LayerObject,
    LayerOrModel,
    OptionalLayer,
)
from mergecli.catalog.layer import Layer, MaskBehaviour
from mergecli.catalog.layers.rnn import Recurrent
from mergecli.catalog.layers.rnn_cells import ORDER
from mergecli.catalog.shapes import Shape, ShapeError, added, product, same
from mergecli.catalog.tensors import UNKNOWN, Inputs, Tensor, remap_inputs
from mergecli.catalog.weights import Weight

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json


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

    >>> from mergecli.catalog.layers.rnn import LSTM
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

    @property
    def keeps_mask(self) -> bool:
        """Whether its first result has the mask of the steps, as that of `layer`."""
        keeps: bool = self.layer.keeps_mask
        return keeps

    def check(self) -> Iterator[ArgumentError]:
        for argument in ("layer", "backward_layer"):
            layer = getattr(self, argument)
            if layer is not None and not hasattr(layer, "go_backwards"):
                yield ArgumentError("must be a recurrent layer, such as `LSTM`", argument=argument)
                return
        if self.layer.stateful and self.layer.return_state:
            yield ArgumentError(
                "keeps its states and returns them, which Keras cannot do in both directions; drop its `return_state`",
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

    def directions(self, inputs: Inputs) -> List[Tuple[Layer, Inputs, List[int]]]:
        """Return each layer with its inputs, and their places among all inputs; each layer has its
        half of the states.

        Raises:
            ShapeError: The number of states is odd.
        """
        sequences, initial, masks = self.named(inputs).values()
        if len(initial) % 2:
            raise ShapeError(
                f"takes states for both directions, not {len(initial)}",
                code="input-count",
                inputs=tuple(initial),
            )
        half = len(initial) // 2
        directions = []
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
            directions.append(
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
        return directions

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that the backend can run both layers.

        Raises:
            ShapeError: It cannot.
        """
        for layer, given, places in self.directions(inputs):
            with remap_inputs(places):
                layer.check_run(given, [self.cast(dtypes[place]) for place in places])

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        found: List[List[Shape]] = []
        for layer, given, places in self.directions(inputs):
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
        for side, (layer, given, places) in zip(("forward", "backward"), self.directions(inputs)):
            with remap_inputs(places):
                weights += [
                    weight._replace(name=f"{side}/{weight.name}") for weight in layer.weights(given)
                ]
        return weights

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return added(*(layer.macs(given, results) for layer, given, _ in self.directions(inputs)))


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
        """Return what the layer returns for one step, with time after the batch.

        Raises:
            ShapeError: The layer returns several tensors, or one without the batch axis.
        """
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

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that the backend can run the layer on one step.

        Raises:
            ShapeError: It cannot.
        """
        self.layer.check_run(self.step(inputs), [self.cast(dtypes[0])])

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        return [
            weight._replace(name=f"layer/{weight.name}")
            for weight in self.layer.weights(self.step(inputs))
        ]

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        step = self.step(inputs)
        return product((inputs.shapes[0][1], self.layer.macs(step, self.layer.results(step))))
