"""A saved model as its config describes it: calls of layers, by name, with the models in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mergecli.catalog.layer import Layer
from mergecli.ir.constants import ConstantArray
from mergecli.ir.subgraph_layers import WrappedModel, wrapped_model

if TYPE_CHECKING:
    from mergecli.catalog.json_values import JsonDict


class Origin(NamedTuple):
    """What a call takes: a result of another call, or all of them (`result` None), or a number or an array (`constant`).

    `call` counts from 0 among the calls of the layer `name`, `result` among its `results` if it is a model.
    """

    name: str = ""
    call: int = 0
    result: int | None = None
    constant: float | ConstantArray | None = None


class SavedCall(NamedTuple):
    """One call of a layer; all calls of one layer have the same `layer`, and `number` counts them.

    `cls` is the class as a spec names it. `layer` is None when no rule knows it, which leaves what the config says of it,
    its `data`, and for a model, which is `nested`.
    """

    name: str
    cls: str
    layer: Layer | None
    number: int = 0
    sources: tuple[Origin, ...] = ()
    listed: bool = False
    keywords: tuple[str, ...] = ()
    options: JsonDict = {}
    nested: Saved | None = None
    data: JsonDict | None = None

    @property
    def wrapped(self) -> Saved | None:
        """The model that its layer applies, as a wrapper does."""
        model = wrapped_model(self.layer)
        return model.saved if isinstance(model, WrappedSaved) else None

    @property
    def inner(self) -> Saved | None:
        """The model that it is, or that its layer applies."""
        return self.nested or self.wrapped


class WrappedSaved(WrappedModel, abstract=True):
    """A model in a layer of a saved model, as that describes it."""

    saved: Saved


class Saved(NamedTuple):
    """A model as it was saved.

    `inputs` and `calls` stand in the order of the config; the sources of a nested model's call are in the order of its
    `inputs`. `input_names` and `output_names` are the keys of dictionaries; `single` tells one tensor from a list of one.

    `training` is the config of how it was compiled, if it was. `refusals` says why it is not to be loaded, `custom` names the user's classes in it, and `unknown` says what no rule
    knows; these cover the models in the model. `version` is that of the Keras that wrote it, if the file says so, and `is_old` whether that
    is Keras 1 or 2; `notes` say what of it computes other numbers today.
    """

    name: str
    inputs: list[SavedCall] = []
    calls: list[SavedCall] = []
    outputs: list[Origin] = []
    input_names: list[str] | None = None
    output_names: list[str] | None = None
    single: bool = False
    training: JsonDict | None = None
    custom: list[str] = []
    refusals: list[str] = []
    unknown: list[str] = []
    version: str = ""
    is_old: bool = False
    notes: list[str] = []

    @property
    def results(self) -> list[Origin]:
        """The outputs in the order in which Keras counts them, which for a dictionary is that of its sorted keys."""
        named = dict(zip(self.output_names or (), self.outputs))
        return [named[name] for name in sorted(named)] or self.outputs
