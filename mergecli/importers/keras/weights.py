"""The weights in a saved model's file, by the layer to which they belong; read as data, without Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, Sequence

from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import Shape, text
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.containers import Container
from mergecli.importers.keras.hdf5 import Array, Hdf5, walk
from mergecli.importers.keras.inlining import graph
from mergecli.importers.keras.layer_entries import Path, layer_entries
from mergecli.importers.keras.old_weights import Writer
from mergecli.importers.keras.saved_model import Saved
from mergecli.importers.keras.weight_lists import Expected, Listed, ListSplitter
from mergecli.ir.graph import EmbeddedModel, Network
from mergecli.ir.inference import infer
from mergecli.ir.subgraph_layers import wrapped_model

if TYPE_CHECKING:
    import h5py


#: The most bytes of the name of a version or backend.
LONGEST = 1 << 10
#: The groups in which versions of Keras keep the layers of a model.
_LAYERS = ("layers", "_layer_checkpoint_dependencies", "_layers")


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


def holds_weights(path: str) -> bool:
    """Return whether a file has weights of layers; that of a model that was never built has none.

    Args:
        path: The file of a model, or of weights.

    Raises:
        Unreadable: It cannot be read.
    """
    container = Container(path)
    try:
        shards = container.shards()
        if shards is not None:
            return bool(shards.arrays())
        file = container.weights()
        try:
            root = file.group("model_weights") or file.file
            return any(not place.startswith("optimizer") for place in walk(file, root))
        finally:
            file.close()
    finally:
        container.close()


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
        self._layers = dict(layer_entries(config))
        self._file: Hdf5 | None = None
        self._lists: Mapping[Path, Listed] = {}
        try:
            shards = self.container.shards()
            if shards is not None:
                self._lists = self._by_layer([((), shards.arrays())])
                self._grouped = False
                return
            self._file = self.container.weights()
            self._root = self._file.group("model_weights") or self._file.file
            self.writer = written_by(self._file, self._root, self.writer)
            names = self._file.strings(self._root, "layer_names")
            self._grouped = names is None
            self._lists = self._by_layer(
                ((name,), listed_arrays(self._file, self._root, name)) for name in names or ()
            )
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
            problem = self._vocabulary_misfit(path, expected) or self._layer_misfit(path, expected)
            if problem is not None:
                return f"`{'.'.join(path)}` {problem}"
        return None

    def _vocabulary_misfit(self, path: Path, expected: Expected) -> str | None:
        """Return how the vocabulary of a layer differs from the one that it has learnt, if it does."""
        # Only archives hold vocabularies; in other files Keras leaves them out.
        if expected.vocabulary is None or self.container.kind != "zip":
            return None
        lines = self._vocabulary(path)
        if lines is None:
            return "has learnt a vocabulary, which the file does not hold"
        if lines == expected.vocabulary:
            return None
        size = f"`vocabulary_size` is {expected.vocabulary}"
        return f"has a vocabulary of {lines} entries in the file, its {size}"

    def _layer_misfit(self, path: Path, expected: Expected) -> str | None:
        """Return how the weights of a layer differ from those that it needs, if they do."""
        if not expected.exact:
            return None
        found = self.layer(path)
        if found is None:
            return "has no weights in the file" if expected.weights else None
        arrays = found.arrays if isinstance(found, Listed) else found.arrays()
        shapes = [array.shape for array in arrays]
        wanted = [tuple(weight.shape) for weight in expected.weights]
        if isinstance(found, Grouped):
            fits = _contains(shapes, wanted)
        else:
            fits = shapes == wanted or self._is_converted(path)
        if fits:
            return None
        return f"has weights of {_shapes(shapes)} in the file, its arguments need {_shapes(wanted)}"

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

    def _by_layer(self, lists: Iterable[tuple[Path, Sequence[Array]]]) -> Mapping[Path, Listed]:
        """Return the weights of each layer, from lists of layers of which some are models."""
        splitter = ListSplitter(self._layers, self.expected, self.writer)
        for path, arrays in lists:
            splitter.split(path, arrays)
        return splitter.lists


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
