"""The layers in a config, with those of the models in it, and the groups that Keras gives them in files of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Mapping, NamedTuple

from mergecli.importers.keras.safety import is_keras_s, name_of
from mergecli.ir.naming import GroupNames

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json, JsonDict

#: The names of a layer and of the models that contain it, the outermost first.
Path = tuple[str, ...]


class LayerEntry(NamedTuple):
    """A layer in a config.

    Attributes:
        cls: Its class.
        place: Its group in a file of groups.
        data: What the config says of it.
        is_model: Whether it is a model.
    """

    cls: str
    place: str
    data: Mapping[str, Json]
    is_model: bool


def layer_entries(
    config: Mapping[str, Json], path: Path = (), place: str = ""
) -> Iterator[tuple[Path, LayerEntry]]:
    """Yield the layers of a config and of the models in it, each with the group that Keras gives it."""
    groups = GroupNames()
    for data in _datas(config):
        name = name_of(data)
        cls = str(data.get("class_name")).rpartition(">")[2]
        is_sequential_input = cls == "InputLayer" and config.get("class_name") == "Sequential"
        if is_sequential_input or (is_keras_s(data) and ".ops" in str(data.get("module"))):
            continue
        here = f"{place}layers/{groups.name('Functional' if cls == 'Model' else cls)}"
        inner, steps = _model_in(data)
        yield (*path, name), LayerEntry(cls, here, data, inner is not None)
        if inner is not None:
            yield from layer_entries(inner, (*path, name), f"{here}/{'layer/' * steps}")


def _model_in(data: JsonDict) -> tuple[JsonDict | None, int]:
    """Return the config of the model that a layer is or applies, and how many wrappers are around it."""
    steps = 0
    inner: Json = data
    while isinstance(inner, dict):
        if _datas(inner):
            return inner, steps
        config = inner.get("config")
        inner, steps = config.get("layer") if isinstance(config, dict) else None, steps + 1
    return None, 0


def _datas(data: Mapping[str, Json]) -> list[JsonDict]:
    config = data.get("config")
    found = config.get("layers") if isinstance(config, dict) else config
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
