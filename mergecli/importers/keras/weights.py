"""The weights in a saved model's file, by the layer to which they belong; read as data, without Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Mapping, NamedTuple, Sequence

from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer, Weight
from mergecli.catalog.shapes import Shape, text
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.containers import Container
from mergecli.importers.keras.hdf5 import Array, Hdf5, walk
from mergecli.importers.keras.inlining import graph
from mergecli.importers.keras.old_weights import Writer
from mergecli.importers.keras.safety import is_keras_s, name_of
from mergecli.importers.keras.saved_model import Saved
from mergecli.ir.graph import EmbeddedModel, Network
from mergecli.ir.inference import infer
from mergecli.ir.naming import GroupNames
from mergecli.ir.subgraph_layers import wrapped_model

if TYPE_CHECKING:
    import h5py

    from mergecli.catalog.json_values import Json, JsonDict

#: The names of a layer and of the models that contain it, the outermost first.
Path = tuple[str, ...]
#: The most bytes of the name of a version or backend.
LONGEST = 1 << 10
#: The groups in which versions of Keras keep the layers of a model.
_LAYERS = ("layers", "_layer_checkpoint_dependencies", "_layers")


class Expected(NamedTuple):
    """What a layer needs, by its arguments and inputs.

    Attributes:
        weights: Its weights in Keras's order.
        exact: Whether its file must have just these; some layers keep theirs in another form.
        vocabulary: The size of the vocabulary that it has learnt and that the file must hold; None
            if there is none, or it is one of its arguments.
    """

    weights: Sequence[Weight]
    exact: bool = True
    vocabulary: int | None = None


def expected(saved: Saved) -> dict[Path, Expected]:
    """Return what each layer of a saved model needs, and of the models in it."""
    network, _ = infer(graph(saved, EmbeddedModel("model", saved.name, {})))
    return dict(_expected(network))


def _expected(network: Network) -> Iterator[tuple[Path, Expected]]:
    """Yield what each layer of a network needs, those of models in layers instead of these."""
    for node in network.graph.nodes:
        layer = node.layer
        if node.saved is None or node.owner is not None or layer is None:
            continue
        model = wrapped_model(layer)
        if model is not None:
            yield from _expected(model.network)
            continue
        shapes = [tensor.shape for tensor in network.results[node.index]]
        exact = not isinstance(layer, Custom) and None not in shapes and not _has_other_form(layer)
        size = None if getattr(layer, "vocabulary", None) else _vocabulary_size(layer)
        yield node.saved.path, Expected(network.weights[node.index], exact, size)


def _vocabulary_size(layer: Layer) -> int | None:
    """Return the `vocabulary_size` of a layer; None if it has none, or is not a layer of Keras."""
    size = getattr(layer, "vocabulary_size", None)
    return size if isinstance(size, int) and not isinstance(layer, Custom) else None


def _has_other_form(layer: Layer) -> bool:
    """Whether Keras keeps the weights of a layer in another form in a file than in the layer."""
    if getattr(layer, "lora_rank", None) or layer.quantization:
        return True
    inner = getattr(layer, "layer", None)
    return isinstance(inner, Layer) and _has_other_form(inner)


class Listed(NamedTuple):
    """The weights of a layer in one list, as `.h5` files have them.

    Attributes:
        arrays: The weights, in the order of the layer in the version that wrote them.
        writer: What wrote the file.
    """

    arrays: Sequence[Array]
    writer: Writer = Writer()


class Grouped:
    """The weights of a layer in groups, one for each layer in it, as `.keras` files have them."""

    def __init__(
        self, file: Hdf5, group: h5py.Group, container: Container | None, place: str
    ) -> None:
        self._file, self._group, self._container, self._place = file, group, container, place

    def own(self, path: Sequence[str]) -> dict[str, Array] | None:
        """Return the variables of a layer in the layer, by their numbers; None if it has no group.

        Args:
            path: The attributes that lead to it.
        """
        group = self._group
        for name in path:
            group = self._child(group, name)
            if group is None:
                return None
        variables = self._file.group("vars", group)
        if variables is None:
            return None
        found = {}
        for name in self._file.members(variables):
            array = self._file.array(name, variables)
            if array is not None:
                found[name] = array
        return found

    def assets(self, path: Sequence[str]) -> dict[str, bytes]:
        """Return the files of a layer in the layer, such as a vocabulary, by name."""
        if self._container is None:
            return {}
        names = [f"assets/{self._place}", *path]
        return self._container.assets("/".join(names) + "/")

    def arrays(self) -> list[Array]:
        """Return all arrays of the layer and of those in it, in no particular order."""
        found = (self._file.array(path, self._group) for path in walk(self._file, self._group))
        return [array for array in found if array is not None]

    def _child(self, group: h5py.Group, name: str) -> h5py.Group | None:
        # Some versions keep the underscore of a private attribute.
        plain = name.lstrip("_")
        for candidate in (name, plain, f"_{plain}"):
            child = self._file.group(candidate, group)
            if child is not None:
                return child
        return None


LayerWeights = Listed | Grouped


def listed_arrays(file: Hdf5, root: h5py.Group, name: str) -> list[Array]:
    """Return the weights of a layer in a file of lists, in the order of the layer.

    Args:
        file: The file.
        root: The group that has those of all layers.
        name: The name of the layer.

    Raises:
        Unreadable: One that is listed is missing.
    """
    group = file.group(name, root)
    arrays = []
    for weight in file.strings(group, "weight_names") or () if group is not None else ():
        array = file.array(weight, group)
        if array is None:
            raise Unreadable("not-a-model", f"its weight `{weight}` of `{name}` is missing")
        arrays.append(array)
    return arrays


def written_by(file: Hdf5, root: h5py.Group, writer: Writer) -> Writer:
    """Return what wrote a file of HDF5.

    Args:
        file: The file.
        root: The group that has the weights of all layers.
        writer: What is known of it already.

    Raises:
        Unreadable: The file is damaged.
    """
    found = {}
    for name in ("keras_version", "backend"):
        value = file.string(name, LONGEST, root) or file.string(name, LONGEST) or b""
        found[name] = value.decode(errors="replace") if isinstance(value, bytes) else value
    return Writer(found["keras_version"] or writer.version, found["backend"])


class WeightFile:
    """The weights of one saved model.

    Args:
        model: The file of the model.
        expected: What each layer needs, by path. It splits the weights of layers that are in one list.
        weights: The path of the file with the weights, if it is another one.

    Raises:
        Unreadable: The file cannot be read, or it holds no weights.
    """

    def __init__(
        self, model: Container, expected: Mapping[Path, Expected], weights: str | None = None
    ) -> None:
        self.expected = expected
        config = model.config()
        self.container = model if weights is None else Container(weights)
        self.writer = Writer(str(config.get("keras_version") or ""))
        self._layers = dict(_layers(config))
        self._file: Hdf5 | None = None
        self._lists: dict[Path, Listed] = {}
        try:
            shards = self.container.shards()
            if shards is not None:
                self._split((), shards.arrays())
                self._grouped = False
                return
            self._file = self.container.weights()
            self._root = self._file.group("model_weights") or self._file.file
            self.writer = written_by(self._file, self._root, self.writer)
            names = self._file.strings(self._root, "layer_names")
            self._grouped = names is None
            for name in names or ():
                self._read_list(name)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> WeightFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        self.container.close()

    def layer(self, path: Path) -> LayerWeights | None:
        """Return the weights of a layer; None if the file has none for it."""
        if not self._grouped:
            return self._lists.get(path)
        entry = self._layers.get(path)
        if entry is None or self._file is None:
            return None
        for layers in _LAYERS:
            place = entry.place.replace("layers/", f"{layers}/")
            group = self._file.group(place, self._root)
            if group is not None:
                return Grouped(self._file, group, self.container, entry.place)
        return None

    @property
    def is_empty(self) -> bool:
        """Whether the file holds no weights at all, as that of a model that was never built."""
        if not self._grouped:
            return not any(listed.arrays for listed in self._lists.values())
        assert self._file is not None
        layers = (self._file.group(name, self._root) for name in _LAYERS)
        return not any(
            group is not None and next(walk(self._file, group), None) is not None
            for group in layers
        )

    def misfit(self) -> str | None:
        """Return how the weights differ from those that the config describes; None if they are the same.

        Raises:
            Unreadable: The file is damaged or unsafe.
        """
        if self.is_empty and all(found.vocabulary is None for found in self.expected.values()):
            return None
        for path, expected in self.expected.items():
            name = ".".join(path)
            # Only archives hold vocabularies; in other files Keras leaves them out.
            if expected.vocabulary is not None and self.container.kind == "zip":
                lines = self._vocabulary(path)
                if lines is None:
                    return f"`{name}` has learnt a vocabulary, which the file does not hold"
                if lines != expected.vocabulary:
                    size = f"`vocabulary_size` is {expected.vocabulary}"
                    return f"`{name}` has a vocabulary of {lines} entries in the file, its {size}"
            if not expected.exact:
                continue
            found = self.layer(path)
            if found is None:
                if expected.weights:
                    return f"`{name}` has no weights in the file"
                continue
            arrays = found.arrays if isinstance(found, Listed) else found.arrays()
            shapes = [array.shape for array in arrays]
            wanted = [tuple(weight.shape) for weight in expected.weights]
            if isinstance(found, Grouped):
                missing = not _contains(shapes, wanted)
            else:
                missing = shapes != wanted and not self._is_converted(path)
            if missing:
                return f"`{name}` has weights of {_shapes(shapes)} in the file, its arguments need {_shapes(wanted)}"
        return None

    def _vocabulary(self, path: Path) -> int | None:
        """Return how many entries the vocabulary of a layer has; None if the file holds none.

        Raises:
            Unreadable: The file is damaged or unsafe.
        """
        found = self.layer(path)
        assets = found.assets(()) if isinstance(found, Grouped) else {}
        if "vocabulary.txt" not in assets:
            return None
        # As Keras reads it: empty lines at the end do not count.
        return len(assets["vocabulary.txt"].decode(errors="replace").rstrip("\n").splitlines())

    def _is_converted(self, path: Path) -> bool:
        """Whether the version that wrote the file keeps the weights of a layer in another form than Keras does today."""
        entry = self._layers.get(path)
        return self.writer.is_keras_1 or (entry is not None and "CuDNN" in str(entry.data))

    def _read_list(self, name: str) -> None:
        """Read the weights of a layer of the model itself, which may be a model."""
        assert self._file is not None
        self._split((name,), listed_arrays(self._file, self._root, name))

    def _split(self, path: Path, arrays: Sequence[Array]) -> None:
        """Give each layer of a model its weights out of one list.

        Raises:
            Unreadable: The list is not that of these layers.
        """
        entry = self._layers.get(path)
        if path and (entry is None or not entry.is_model):
            self._lists[path] = Listed(arrays, self.writer)
            return
        leaves = [
            inner
            for inner, layer in self._layers.items()
            if inner[: len(path)] == path and not layer.is_model
        ]
        found = self._by_name(leaves, arrays)
        if found is None and not path:
            self._by_layers(arrays)
            return
        if found is None:
            found = self._by_order(path, leaves, arrays)
        if found is None:
            what = f"`{'.'.join(path)}`" if path else "the model"
            raise Unreadable(
                "not-a-model", f"its list of the weights of {what} does not fit its layers"
            )
        for leaf, mine in found.items():
            self._lists[leaf] = Listed(mine, self.writer)

    def _by_layers(self, arrays: Sequence[Array]) -> None:
        """Split the list of a whole model: layer by layer, in the order of the config.

        Raises:
            Unreadable: The list is not that of these layers.
        """
        start = 0
        for path in [path for path in self._layers if len(path) == 1]:
            inner = (found for leaf, found in self.expected.items() if leaf[:1] == path)
            end = start + sum(len(found.weights) for found in inner)
            self._split(path, arrays[start:end])
            start = end
        if start != len(arrays):
            message = f"it has {len(arrays)} weights, its layers need {start}"
            raise Unreadable("not-a-model", message)

    def _by_name(
        self, leaves: Sequence[Path], arrays: Sequence[Array]
    ) -> dict[Path, list[Array]] | None:
        """Split weights by the names of their layers; None if the names do not say it."""
        found: dict[Path, list[Array]] = {leaf: [] for leaf in leaves}
        names: dict[str, list[Path]] = {}
        for leaf in leaves:
            names.setdefault(leaf[-1], []).append(leaf)
        longest = sorted(names, key=len, reverse=True)
        for array in arrays:
            name = next((name for name in longest if _names(array.name, name)), None)
            if name is None or len(names[name]) > 1:
                return None
            found[names[name][0]].append(array)
        for leaf, mine in found.items():
            expected = self.expected.get(leaf)
            if expected is not None and expected.exact and len(mine) != len(expected.weights):
                return None
        return found

    def _by_order(
        self, path: Path, leaves: Sequence[Path], arrays: Sequence[Array]
    ) -> dict[Path, list[Array]] | None:
        """Split weights by their order: first what is trained, layer by layer, then the rest."""
        found: dict[Path, list[Array]] = {leaf: [] for leaf in leaves}
        rest = list(arrays)
        frozen = self._is_frozen(path)
        for trained in (True,) if frozen else (True, False):
            for leaf in leaves:
                expected = self.expected.get(leaf)
                for weight in expected.weights if expected is not None else ():
                    if (frozen or weight.trainable is trained) and rest:
                        found[leaf].append(rest.pop(0))
        for leaf, mine in found.items():
            expected = self.expected.get(leaf)
            wanted = [tuple(weight.shape) for weight in expected.weights] if expected else []
            if [array.shape for array in mine] != wanted and expected and expected.exact:
                return None
        return None if rest else found

    def _is_frozen(self, path: Path) -> bool:
        """Whether a model in the model, or one around it, is not to be trained."""
        around = (self._layers.get(path[:end]) for end in range(1, len(path) + 1))
        configs = (entry.data.get("config") for entry in around if entry is not None)
        return any(
            isinstance(config, dict) and config.get("trainable") is False for config in configs
        )


class _Entry(NamedTuple):
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


def _layers(
    config: Mapping[str, Json], path: Path = (), place: str = ""
) -> Iterator[tuple[Path, _Entry]]:
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
        yield (*path, name), _Entry(cls, here, data, inner is not None)
        if inner is not None:
            yield from _layers(inner, (*path, name), f"{here}/{'layer/' * steps}")


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


def _names(weight: str, layer: str) -> bool:
    """Whether the name of a weight is one of a layer: `conv/kernel:0`, `model/conv/kernel`, or `conv_W` of Keras 1."""
    return weight.startswith((f"{layer}/", f"{layer}_")) or f"/{layer}/" in weight


def _contains(shapes: Sequence[Shape | None], wanted: Sequence[Shape | None]) -> bool:
    """Whether all wanted shapes are among others."""
    rest = list(shapes)
    for shape in wanted:
        if shape not in rest:
            return False
        rest.remove(shape)
    return True


def _shapes(shapes: Sequence[Shape | None]) -> str:
    return ", ".join(map(text, shapes)) or "no shape"
