"""Layers for which no class of `keras.layers` stands: a user's own, a model as one layer, and what passes a tensor on."""

from typing import (
    Any,
    Callable,
    ClassVar,
    Dict,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Type,
)

from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.layer import UNKNOWN, ArgumentErrors, Inputs, Layer, Tensor, Weight
from mergecli.catalog.shapes import ShapeError, text


class Custom(Layer, abstract=True):
    """A user's layer, or one of which a saved model's config says what no rule knows. Any argument goes; nothing is known of its results.

    `config` is how a saved model tells it; else `given` are the arguments of its constructor.
    """

    open = True

    def __init__(self, **given: Any) -> None:
        faults: List[ArgumentError] = []
        for name, value in given.items():
            argument = self.common.get(name)
            try:
                self.__dict__[name] = argument.check(value) if argument is not None else value
            except ArgumentError as fault:
                fault.argument = name
                faults.append(fault)
        self.given = given
        self.config: Optional[Dict[str, Any]] = None
        if faults:
            raise ArgumentErrors(faults)

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        return (UNKNOWN,)

    def penalizes(self) -> bool:
        # Whether it does is not known, so nothing is to be said of it.
        return True

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return None


def custom(name: str) -> Type[Custom]:
    """The kind of a user's layer by its class name, or as `package>name`."""
    kind = type(name, (Custom,), {"__annotations__": {}, "__doc__": "A layer of the user's own."})
    return kind


def told(config: Mapping[str, Any]) -> Custom:
    """The layer of which a saved model's config tells the class and the arguments."""
    layer: Custom = custom(str(config.get("registered_name") or config["class_name"]))()
    layer.config = dict(config)
    return layer


class Placeholder(Layer, abstract=True):
    """Where a tensor enters a model that is part of another one: it passes on a tensor like the one that is `expected`, if any is."""

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


class Facts(NamedTuple):
    """What a model as one layer comes to."""

    results: Tuple[Tensor, ...]
    weights: Sequence[Weight]
    macs: Optional[int]


class SubgraphLayer(Layer, abstract=True):
    """A model as one layer.

    `network` is what it holds, which whoever has made this layer knows, and `infer` computes what a call comes to.
    """

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
