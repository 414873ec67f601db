"""Models of TensorFlow.js: their config in `model.json`, and their weights in binary files beside it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Iterator, NamedTuple

from mergecli.diagnostics.source import Unreadable, binary
from mergecli.importers.keras.hdf5 import Array

if TYPE_CHECKING:
    import numpy as np

    from mergecli.catalog.json_values import Json


class Shards:
    """The weights of a model of TensorFlow.js: one list of arrays, one after the other in binary files.

    Args:
        folder: The folder of `model.json`.
        manifest: Its `weightsManifest`.

    Raises:
        Unreadable: The manifest is not one of TensorFlow.js.
    """

    def __init__(self, folder: str, manifest: list[Json]) -> None:
        self.folder, self._arrays = folder, list[Array]()
        for group in manifest:
            paths, weights = (
                group.get(key) if isinstance(group, dict) else None for key in ("paths", "weights")
            )
            if not isinstance(paths, list) or not isinstance(weights, list):
                raise Unreadable("not-a-model", "its `weightsManifest` is not one of TensorFlow.js")
            files = [self._shard(path) for path in paths]
            start = 0
            for weight in weights:
                array, size = _manifest_array(weight, files, start)
                self._arrays.append(array)
                start += size
            there = sum(size for _, size in files)
            if start != there:
                raise Unreadable(
                    "not-a-model",
                    f"its files of weights have {there:,} bytes, its arrays {start:,}",
                )

    def arrays(self) -> list[Array]:
        """Return all arrays."""
        return self._arrays

    def _shard(self, name: Json) -> tuple[str, int]:
        path = beside(self.folder, name)
        return path, os.path.getsize(path)


def beside(folder: str, name: object) -> str:
    """Return the path of a file of weights that another file names.

    Args:
        folder: The folder of the file that names it.
        name: Its path relative to that folder.

    Raises:
        Unreadable: It lies elsewhere, or is missing.
    """
    if (
        not isinstance(name, str)
        or not name
        or os.path.isabs(name)
        or ".." in re.split(r"[/\\]", name)
    ):
        raise Unreadable("unsafe-model", f"its file of weights `{name}` lies elsewhere")
    path = os.path.join(folder, name)
    if not os.path.isfile(path):
        raise Unreadable("not-found", f"its file of weights `{name}` is missing")
    return path


def _manifest_array(weight: Json, files: list[tuple[str, int]], start: int) -> tuple[Array, int]:
    shape = weight.get("shape") if isinstance(weight, dict) else None
    name, dtype = (
        weight.get(key) if isinstance(weight, dict) else None for key in ("name", "dtype")
    )
    sizes = {"float32": 4, "float16": 2, "int32": 4, "uint8": 1, "uint16": 2, "bool": 1, "int8": 1}
    quantization = weight.get("quantization") if isinstance(weight, dict) else None
    stored = quantization.get("dtype") if isinstance(quantization, dict) else dtype
    if (
        not isinstance(name, str)
        or not isinstance(shape, list)
        or not all(type(length) is int and 0 <= length < 1 << 40 for length in shape)
        or stored not in sizes
        or dtype not in sizes
    ):
        raise Unreadable("not-a-model", f"its array {str(weight)[:60]} is not one of TensorFlow.js")
    size = sizes[stored]
    for length in shape:
        size *= length
    source = _ShardNumbers(files, start, size, stored, quantization)
    return Array(name, tuple(shape), str(dtype), source), size


class _ShardNumbers(NamedTuple):
    """Where the numbers of an array lie in a list of files."""

    files: list[tuple[str, int]]
    start: int
    size: int
    dtype: str
    quantization: Json

    def numbers(self, array: Array) -> np.ndarray:
        """Return the numbers; see `Array.read`.

        Raises:
            Unreadable: The files are too short.
        """
        import numpy  # optional

        data = bytearray()
        for block in self._blocks():
            data += block
        if len(data) != self.size:
            raise Unreadable(
                "not-a-model", f"its files of weights are too short for `{array.name}`"
            )
        values = numpy.frombuffer(bytes(data), self.dtype).reshape(array.shape)
        if isinstance(self.quantization, dict) and "scale" in self.quantization:
            scale, least = (float(self.quantization.get(key) or 0) for key in ("scale", "min"))
            values = values.astype("float32") * scale + least
        return values.astype(array.dtype)

    def parts(self, array: Array) -> Iterator[np.ndarray]:
        """Yield the numbers, which files without compression have, as one part; see `Array.parts`."""
        yield self.numbers(array)

    def _blocks(self) -> Iterator[bytes]:
        place = 0
        for path, size in self.files:
            begin, end = max(self.start, place), min(self.start + self.size, place + size)
            if begin < end:
                with binary(path) as file:
                    file.seek(begin - place)
                    yield file.read(end - begin)
            place += size


def topology(data: Json) -> Json:
    """Return the config in a `model.json` of TensorFlow.js; other data as it is.

    Raises:
        Unreadable: It is a graph model, which has no layers.
    """
    if not isinstance(data, dict) or not isinstance(data.get("modelTopology"), dict):
        return data
    topology = data["modelTopology"]
    if data.get("format") == "graph-model" or "node" in topology:
        raise Unreadable(
            "not-a-model",
            "is a graph model of TensorFlow.js, which has operations and no layers",
            "convert the model with `--output_format tfjs_layers_model`",
        )
    inner = topology.get("model_config")
    config = dict(inner if isinstance(inner, dict) else topology)
    version = str(topology.get("keras_version") or "")
    # What TensorFlow.js writes itself is in the form of Keras 2.
    config["keras_version"] = version if version[:1].isdigit() else "2"
    return config
