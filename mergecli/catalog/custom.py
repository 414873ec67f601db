"""Layers for which no class of `keras.layers` stands: a user's own, a model as one layer, and what passes a tensor on."""

from typing import (
    Any,
    ClassVar,
    Dict,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Type,
)

from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import UNKNOWN, Inputs, Tensor, prose_list


class Custom(Layer, abstract=True):
    """A user's layer, or one of which a saved model's config says what no rule knows. Any argument goes; nothing is known of its results.

    `config` is how a saved model tells it; else `explicit` are the arguments of its constructor.
    """

    takes_strings = True
    mixes_strings = True
    open = True
    #: The tensors that its `call` takes, as its module defines them; None if that is not known.
    call_names: ClassVar[Optional[Tuple[str, ...]]] = None

    def __init__(self, **arguments: object) -> None:
        errors: List[ArgumentError] = []
        for name, value in arguments.items():
            argument = self.common.get(name)
            try:
                self.__dict__[name] = argument.check(value) if argument is not None else value
            except ArgumentError as error:
                error.argument = name
                errors.append(error)
        self.explicit = arguments
        self.config: Optional[Dict[str, Any]] = None
        if errors:
            raise ArgumentErrors(errors)

    def unnamed(self, inputs: Inputs) -> Inputs:
        """Return the inputs as they are: the layer may take tensors by any name.

        Raises:
            ShapeError: Its module defines `call` without such a name.
        """
        for index, name in enumerate(inputs.keywords):
            # A saved model defines the first tensors by their places alone.
            is_place = name == "inputs" or name.startswith("argument ")
            known = self.call_names
            if known is not None and name not in known and not is_place:
                raise ShapeError(
                    f"takes no tensor `{name}`",
                    code="input-count",
                    inputs=(index,),
                    hint=f"its `call` takes {prose_list(known)}",
                )
        return inputs

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        return (UNKNOWN,)

    def penalizes(self) -> bool:
        # Whether it does is not known, so nothing is to be said of it.
        return True

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return None


def custom(name: str, call_names: Optional[Tuple[str, ...]] = None) -> Type[Custom]:
    """The class of a user's layer by its name, or as `package>name`, and what its `call` takes."""
    body: Dict[str, Any] = {
        "__annotations__": {},
        "__doc__": "A layer of the user's own.",
        "call_names": call_names,
    }
    return type(name, (Custom,), body)


def described(config: Mapping[str, object]) -> Custom:
    """The layer of which a saved model's config tells the class and the arguments."""
    layer: Custom = custom(str(config.get("registered_name") or config["class_name"]))()
    layer.config = dict(config)
    return layer
