"""Weights that a file has in one list for several layers -> those of each layer."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Sequence

from mergecli.catalog.weights import Weight
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.hdf5 import Array
from mergecli.importers.keras.layer_entries import LayerEntry, Path
from mergecli.importers.keras.old_weights import Writer


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


class Listed(NamedTuple):
    """The weights of a layer in one list, as `.h5` files have them.

    Attributes:
        arrays: The weights, in the order of the layer in the version that wrote them.
        writer: What wrote the file.
    """

    arrays: Sequence[Array]
    writer: Writer = Writer()


class ListSplitter:
    """Gives each layer of a model its weights out of lists that hold those of several layers.

    Args:
        layers: The layers in the config of the model.
        expected: The weights that each layer needs, in the order of Keras, where they are known to
            be just these.
        writer: What wrote the file.

    Attributes:
        lists: The weights of each layer.
    """

    def __init__(
        self,
        layers: Mapping[Path, LayerEntry],
        expected: Mapping[Path, Expected],
        writer: Writer,
    ) -> None:
        self._layers, self._expected, self._writer = layers, expected, writer
        self.lists: dict[Path, Listed] = {}

    def split(self, path: Path, arrays: Sequence[Array]) -> None:
        """Give each layer of a model its weights out of one list.

        Args:
            path: The model, or a single layer.
            arrays: The list.

        Raises:
            Unreadable: The list is not that of these layers.
        """
        entry = self._layers.get(path)
        if path and (entry is None or not entry.is_model):
            self.lists[path] = Listed(arrays, self._writer)
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
            self.lists[leaf] = Listed(mine, self._writer)

    def _by_layers(self, arrays: Sequence[Array]) -> None:
        """Split the list of a whole model: layer by layer, in the order of the config.

        Raises:
            Unreadable: The list is not that of these layers.
        """
        start = 0
        for path in [path for path in self._layers if len(path) == 1]:
            inner = (found for leaf, found in self._expected.items() if leaf[:1] == path)
            end = start + sum(len(found.weights) for found in inner)
            self.split(path, arrays[start:end])
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
            expected = self._expected.get(leaf)
            if expected is not None and expected.exact and len(mine) != len(expected.weights):
                return None
        return found

    def _by_order(
        self, path: Path, leaves: Sequence[Path], arrays: Sequence[Array]
    ) -> dict[Path, list[Array]] | None:
        """Split weights by their order: first what is trained, layer by layer, then the rest."""
        found: dict[Path, list[Array]] = {leaf: [] for leaf in leaves}
        known = {leaf: self._expected[leaf] for leaf in leaves if leaf in self._expected}
        rest = list(arrays)
        frozen = self._is_frozen(path)
        for trained in (True,) if frozen else (True, False):
            for leaf, expected in known.items():
                for weight in expected.weights:
                    if (frozen or weight.trainable is trained) and rest:
                        found[leaf].append(rest.pop(0))
        if rest:
            return None
        fits = all(
            [array.shape for array in found[leaf]] == [tuple(w.shape) for w in expected.weights]
            for leaf, expected in known.items()
            if expected.exact
        )
        return found if fits else None

    def _is_frozen(self, path: Path) -> bool:
        """Whether a model in the model, or one around it, is not to be trained."""
        around = (self._layers.get(path[:end]) for end in range(1, len(path) + 1))
        configs = (entry.data.get("config") for entry in around if entry is not None)
        return any(
            isinstance(config, dict) and config.get("trainable") is False for config in configs
        )


def _names(weight: str, layer: str) -> bool:
    """Whether the name of a weight is one of a layer: `conv/kernel:0`, `model/conv/kernel`, or `conv_W` of Keras 1."""
    return weight.startswith((f"{layer}/", f"{layer}_")) or f"/{layer}/" in weight
