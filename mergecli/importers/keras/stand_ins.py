"""Layers that `keras.layers` does not have, written with public ones that compute the same and have the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Iterator, Mapping, NamedTuple, Protocol, TypeVar

from mergecli.catalog import registry
from mergecli.catalog.layer import Layer
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.saved_model import Origin, Saved, SavedCall
from mergecli.importers.keras.tensorflow_ops import Op

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json, JsonDict

T = TypeVar("T")


class Parts(Protocol):
    """What reads the layers of a config, and collects why one cannot be read."""

    #: Whether Keras 1 or 2 wrote the config.
    is_old: bool
    unknown: list[str]
    notes: list[str]

    def part(self, data: JsonDict, where: str) -> tuple[str, Layer | None, Saved | None]:
        """Return the class, and the layer or the model, of a config."""

    def attempt(self, where: str, try_it: Callable[[], T]) -> T | None:
        """Return what a function does, or None with the reason among what is unknown."""


class Place(NamedTuple):
    """A call of a layer in a config.

    Attributes:
        parts: What reads the config.
        where: The name of the layer in messages.
        name: The name of the layer.
        number: The number of the call.
        data: The config of the layer.
        sources: What it is called on.
        shape: The shape of the first tensor, if the config has it.
    """

    parts: Parts
    where: str
    name: str
    number: int
    data: Mapping[str, Json]
    sources: tuple[Origin, ...]
    shape: list[Json] | None = None

    @property
    def config(self) -> Mapping[str, Json]:
        """The arguments of the layer."""
        config = self.data.get("config")
        return config if isinstance(config, dict) else {}

    def layer(self, cls: str, config: Mapping[str, Json], listed: bool = False) -> SavedCall:
        """Return a call of a layer of another class in place of this one."""
        common = {key: self.config[key] for key in ("trainable", "dtype") if key in self.config}
        data: JsonDict = {"class_name": cls, "config": {**common, **config}}
        name, layer, _ = self.parts.part(data, self.where)
        return SavedCall(self.name, name, layer, self.number, self.sources, listed)

    def operations(self, root: Op) -> Iterator[SavedCall]:
        """Return the calls of an expression; the last has the name of the layer."""
        yield from self._calls(root, self.name)

    def _calls(self, op: Op, name: str) -> Iterator[SavedCall]:
        sources: list[Origin] = []
        for place, operand in enumerate(op.operands):
            if isinstance(operand, Origin):
                sources.append(operand)
            elif isinstance(operand, (int, float)):
                sources.append(Origin(constant=operand))
            elif not isinstance(operand, Op):
                raise Unreadable("not-a-model", f"its config calls `{self.name}` without a tensor")
            else:
                inner = f"{name}_{operand.function.rpartition('.')[2].lower()}"
                if place:
                    inner += f"_{place}"
                yield from self._calls(operand, inner)
                sources.append(Origin(inner, self.number))
        cls = op.function if op.function[:1].isupper() else f"ops.{op.function}"
        kind = registry.layer(cls)
        assert kind is not None, cls
        layer = self.parts.attempt(self.where, lambda: kind(**_explicit(kind, op.config)))
        yield SavedCall(name, cls, layer, self.number, tuple(sources), op.listed)


def _explicit(cls: type[Layer], config: Mapping[str, object]) -> dict[str, object]:
    """Return the arguments that are not the defaults."""
    defaults = cls.defaults
    return {key: value for key, value in config.items() if value != defaults.get(key, cls)}


StandIn = Callable[[Place], Iterator[SavedCall]]


def stand_in(data: Mapping[str, Json], is_old: bool) -> StandIn | None:
    """Return what makes the calls that stand for those of a layer; None if there are none."""
    cls = str(data.get("class_name"))
    module = data.get("module")
    own = cls.rpartition(">")[2]
    if own in _APPLICATIONS and (
        str(module).startswith("keras.src.applications.")
        or (module is None and cls in (own, f"Custom>{own}"))
    ):
        return _APPLICATIONS[own]
    if not is_old:
        return None
    if _function(data) == "hard_sigmoid":
        return _hard_sigmoid
    return _OLD.get(cls)


def _function(data: Mapping[str, Json]) -> Json:
    """Return the function of a layer that is an activation function and nothing else."""
    kind = registry.layer(str(data.get("class_name")))
    config = data.get("config")
    if kind is None or not kind.activates or not isinstance(config, dict):
        return None
    value = config.get("activation")
    return value.get("config") if isinstance(value, dict) else value


def _layer_scale(place: Place) -> Iterator[SavedCall]:
    """A factor for each channel, as ConvNeXt has it."""
    if place.shape is None:
        raise Unreadable("not-a-model", f"its config does not give the shape of `{place.name}`")
    start: JsonDict = {
        "class_name": "Constant",
        "config": {"value": place.config.get("init_values")},
    }
    arguments: JsonDict = {
        "equation": "abcd,d->abcd",
        "output_shape": [*place.shape[1:-1], place.config.get("projection_dim")],
        "kernel_initializer": start,
    }
    yield place.layer("EinsumDense", arguments)


def _custom_scale_layer(place: Place) -> Iterator[SavedCall]:
    """The first tensor and a part of the second, as InceptionResNetV2 has it."""
    scale = place.config.get("scale")
    if not isinstance(scale, (int, float)):
        raise Unreadable("not-a-model", f"its config does not give the `scale` of `{place.name}`")
    first, second = (*place.sources, *place.sources)[:2]
    scaled = SavedCall(
        f"{place.name}_scaled", "ops.multiply", _operation("ops.multiply"), place.number,
        (second, Origin(constant=scale)),
    )  # fmt: skip
    yield scaled
    yield from place.operations(Op("add", (first, Origin(scaled.name, place.number))))


def _operation(name: str) -> Layer | None:
    cls = registry.layer(name)
    return cls() if cls is not None else None


def _thresholded(place: Place) -> Iterator[SavedCall]:
    """x where it is greater than `theta`, else 0."""
    theta = place.config.get("theta", 1.0)
    if isinstance(theta, dict):
        theta = theta.get("value")
    if not isinstance(theta, (int, float)) or len(place.sources) != 1:
        raise Unreadable("not-a-model", f"its config does not give the `theta` of `{place.name}`")
    (x,) = place.sources
    yield from place.operations(Op("where", (Op("greater", (x, float(theta))), x, 0.0)))


def _hard_sigmoid(place: Place) -> Iterator[SavedCall]:
    """min(max(0.2 x + 0.5, 0), 1): Keras 3 has x / 6 instead of 0.2 x, so x is multiplied by 1.2."""
    name = f"{place.name}_scaled"
    yield SavedCall(
        name, "ops.multiply", _operation("ops.multiply"), place.number,
        (*place.sources, Origin(constant=HARD_SIGMOID)),
    )  # fmt: skip
    after = place._replace(sources=(Origin(name, place.number),))
    yield after.layer(str(place.data["class_name"]), {"activation": "hard_sigmoid"})


#: By what the argument of today's `hard_sigmoid`, x / 6 + 0.5, is multiplied to give that of Keras 2, 0.2 x + 0.5.
HARD_SIGMOID = 1.2

#: Layers that only `keras.applications` has.
_APPLICATIONS: Mapping[str, StandIn] = {
    "CustomScaleLayer": _custom_scale_layer,
    "LayerScale": _layer_scale,
}
#: Layers that only Keras 1 or 2 has.
_OLD: Mapping[str, StandIn] = {
    "ThresholdedReLU": _thresholded,
}
