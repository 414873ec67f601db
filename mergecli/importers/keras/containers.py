"""The containers of saved models: zip archives, HDF5 files, JSON, and TensorFlow.js's files. Nothing is unpacked to the disk by name."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, Iterator, NamedTuple

from mergecli.diagnostics.source import Span, Unreadable, beginning, binary, decode
from mergecli.importers.keras.hdf5 import MAGIC, Array, Hdf5, ShardedHdf5
from mergecli.importers.keras.sequential_merges import functional

if TYPE_CHECKING:
    import numpy as np
    from _typeshed import WriteableBuffer

    from mergecli.catalog.json_values import Json, JsonDict

#: More than any config; that of a model with a thousand layers takes 2 MiB.
LIMIT = 64 << 20
#: Deflated, a config becomes 20 to 60 times smaller; what shrinks much further is made to fill the memory.
RATIO, SMALL = 200, 1 << 20
#: Three levels for each model in a model, so that all who walk through a config may recurse.
DEPTH = 200

_KNOWN = "mergecli reads `.keras`, `.h5` and `.hdf5` files, a `.json` from `model.to_json()`, and a `model.json` of TensorFlow.js"
_ENDINGS = (".keras", ".h5", ".hdf5", ".json")


class Container:
    """The file of a saved model. What it is, its first bytes say, not its name.

    Args:
        path: The file.

    Raises:
        Unreadable: It is not a saved model, or cannot be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        ending = os.path.splitext(path)[1].lower()
        if os.path.isdir(path):
            raise Unreadable("is-folder", "is a folder, not the file of a model", _KNOWN)
        # Another ending is the mistake, whether or not there is such a file.
        if not os.path.exists(path) and (ending in _ENDINGS or not ending):
            raise Unreadable("not-found", "no such file")
        if not os.path.exists(path):
            raise Unreadable("not-a-model", "is not a saved model", _KNOWN)
        start = beginning(path, 8)
        self.kind = _kind(path, start, ending)
        self._open: list[BinaryIO | io.RawIOBase] = []
        self._config: JsonDict | None = None
        self._parsed: Json = None

    def close(self) -> None:
        """Close what was opened to read weights."""
        while self._open:
            self._open.pop().close()

    def config(self) -> JsonDict:
        """Return the config of the model, with the version of Keras in it, if the file has one.

        It is read once.

        Raises:
            Unreadable: It is damaged, or made to do harm.
        """
        if self._config is None:
            read = {"zip": self._zipped, "hdf5": self._hdf5, "json": self._plain}[self.kind]
            self._config = functional(read())
        return self._config

    @property
    def has_weights(self) -> bool:
        """Whether the file holds weights, or names files that do.

        Raises:
            Unreadable: It is damaged.
        """
        return self.kind != "json" or self.shards() is not None

    # Zip archives. ----------------------------------------------------------------------------------------------------

    def _zipped(self) -> JsonDict:
        config = _decoded(self._entry("config.json", needed=True), "`config.json`")
        metadata = self._entry("metadata.json")
        if metadata is not None:
            version = _loaded(metadata, "`metadata.json`")
            if isinstance(version, dict) and isinstance(version.get("keras_version"), str):
                config["keras_version"] = version["keras_version"]
        return config

    def _entry(self, name: str, needed: bool = False) -> bytes | None:
        """Return a small entry of the archive; None if there is none."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                names = _safe_names(archive)
                if name not in names:
                    if not needed:
                        return None
                    raise Unreadable(
                        "not-a-model", f"it holds no `{name}`, as `model.save()` writes it"
                    )
                if names.count(name) > 1:
                    raise Unreadable("unsafe-model", f"it holds `{name}` twice")
                entry = archive.getinfo(name)
                if entry.file_size > max(SMALL, RATIO * entry.compress_size):
                    ratio = entry.file_size // max(entry.compress_size, 1)
                    raise Unreadable(
                        "unsafe-model",
                        f"its `{name}` unpacks to {ratio} times its size, which no config does",
                    )
                _check_size(entry.file_size)
                with archive.open(entry) as stream:
                    data = stream.read(LIMIT + 1)
        except zipfile.BadZipFile as problem:
            raise Unreadable("not-a-model", *_unlike_zip(self.path, problem)) from None
        except (EOFError, NotImplementedError, OSError, RuntimeError, zlib.error) as problem:
            raise Unreadable("not-a-model", f"its `{name}` cannot be unpacked: {problem}") from None
        _check_size(len(data))
        return data

    def assets(self, prefix: str) -> dict[str, bytes]:
        """Return the small files of a folder of the archive, by their names in it."""
        if self.kind != "zip":
            return {}
        with zipfile.ZipFile(self.path) as archive:
            names = [name for name in _safe_names(archive) if name.startswith(prefix)]
        found = {}
        for name in names:
            inner = name[len(prefix) :]
            data = self._entry(name) if inner and "/" not in inner else None
            if data is not None:
                found[inner] = data
        return found

    # HDF5 files. ------------------------------------------------------------------------------------------------------

    def _hdf5(self) -> JsonDict:
        file = Hdf5(self.path)
        try:
            text = file.string("model_config", LIMIT)
            training = file.string("training_config", LIMIT)
            version = file.string("keras_version", SMALL)
            if version is None:
                weights = file.group("model_weights")
                version = file.string("keras_version", SMALL, weights) if weights else None
        finally:
            file.close()
        if text is None:
            hint = "save the whole model, with `model.save()`; weights alone do not give the layers"
            raise Unreadable("not-a-model", "it holds no `model_config`", hint)
        _check_size(len(text))
        config = _decoded(text, "`model_config`")
        if training is not None:
            # As a `.keras` file has it, where the optimizer is one of the arguments.
            _check_size(len(training))
            compiled = _loaded(training, "`training_config`")
            if isinstance(compiled, dict):
                config["compile_config"] = {
                    **compiled,
                    "optimizer": compiled.get("optimizer_config"),
                }
        if version is not None:
            config["keras_version"] = version.decode() if isinstance(version, bytes) else version
        return config

    def weights(self) -> Hdf5:
        """Return the HDF5 file with the weights.

        Raises:
            Unreadable: There is none, or it is made to do harm.
        """
        if self.kind == "hdf5":
            return Hdf5(self.path)
        if self.kind == "json":
            files = self._weight_map()
            if files is None:
                raise Unreadable("not-a-model", "is a config without weights")
            return ShardedHdf5(files)
        return Hdf5(self._weights_entry())

    def _weight_map(self) -> list[str] | None:
        """Return the files that a `.weights.json` of Keras lists; None if it is not one.

        Raises:
            Unreadable: One is missing, or lies elsewhere.
        """
        data = self._json()
        names = data.get("weight_map") if isinstance(data, dict) else None
        if not isinstance(names, dict):
            return None
        files: dict[str, None] = {}
        for value in names.values():
            for name in value if isinstance(value, list) else [value]:
                files[_beside(os.path.dirname(self.path), name)] = None
        return list(files)

    def _weights_entry(self) -> BinaryIO | io.RawIOBase:
        name = "model.weights.h5"
        with zipfile.ZipFile(self.path) as archive:
            names = _safe_names(archive)
            if name not in names:
                other = "model.weights.npz" in names
                raise Unreadable(
                    "not-a-model",
                    "its weights are pickles of NumPy, which would run code"
                    if other
                    else f"it holds no `{name}`",
                    "load it with the Keras that wrote it, and save it anew" if other else None,
                )
            if names.count(name) > 1:
                raise Unreadable("unsafe-model", f"it holds `{name}` twice")
            entry = archive.getinfo(name)
            if entry.compress_type == zipfile.ZIP_STORED and not entry.flag_bits & 1:
                section = _Section(self.path, entry.header_offset, entry.file_size)
                self._open.append(section)
                return section
            if entry.file_size > max(SMALL, RATIO * entry.compress_size):
                raise Unreadable(
                    "unsafe-model",
                    f"its `{name}` unpacks to {entry.file_size:,} bytes from {entry.compress_size:,}",
                )
            return self._unpacked(archive, entry)

    def _unpacked(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> BinaryIO:
        import tempfile  # start-up

        # A file without a name, which goes when it is closed.
        file = tempfile.TemporaryFile()  # noqa: SIM115
        self._open.append(file)
        left = entry.file_size
        try:
            with archive.open(entry) as stream:
                while left > 0:
                    block = stream.read(min(left, SMALL))
                    if not block:
                        break
                    file.write(block)
                    left -= len(block)
        except (EOFError, NotImplementedError, OSError, RuntimeError, zlib.error) as problem:
            raise Unreadable("not-a-model", f"its weights cannot be unpacked: {problem}") from None
        file.seek(0)
        return file

    # JSON. ------------------------------------------------------------------------------------------------------------

    def _plain(self) -> JsonDict:
        return _decoded(_topology(self._json()), None)

    def _json(self) -> Json:
        if self._parsed is None:
            _check_size(os.path.getsize(self.path))
            self._parsed = _loaded(decode(beginning(self.path, LIMIT + 1)), None)
        return self._parsed

    def shards(self) -> Shards | None:
        """Return the weights of a model of TensorFlow.js; None if it is another one.

        Raises:
            Unreadable: Their description is not that of TensorFlow.js.
        """
        if self.kind != "json":
            return None
        data = self._json()
        manifest = data.get("weightsManifest") if isinstance(data, dict) else None
        return Shards(os.path.dirname(self.path), manifest) if isinstance(manifest, list) else None


def read(path: str) -> JsonDict:
    """The config of a saved model: `.keras`, `.h5`, `.hdf5`, the `.json` that `model.to_json()` gives, or TensorFlow.js's.

    Raises:
        Unreadable: the file is none of these, cannot be read or is damaged, it is made to do harm, or what reads it is not installed.
    """
    return Container(path).config()


def _kind(path: str, start: bytes, ending: str) -> str:
    if start == MAGIC:
        return "hdf5"
    if start.startswith(b"PK"):
        return "zip"
    if re.match(rb"\x80[\x02-\x05]", start):
        raise Unreadable(
            "unsafe-model",
            "is a pickle of Python, which would run code",
            "load it where it was made, and save it with `model.save()`",
        )
    if ending == ".keras":
        raise Unreadable("not-a-model", *_unlike_zip(path, ValueError("no such start")))
    if ending in (".h5", ".hdf5"):
        return "hdf5"  # it may begin after other data
    if ending == ".json" or start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return "json"
    raise Unreadable("not-a-model", "is not a saved model", _KNOWN)


def _safe_names(archive: zipfile.ZipFile) -> list[str]:
    names = [entry.orig_filename.replace("\\", "/") for entry in archive.infolist()]
    for name in names:
        if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
            raise Unreadable("unsafe-model", f"its entry `{name}` leads out of the archive")
    return names


def _unlike_zip(path: str, problem: Exception) -> tuple[str, str | None]:
    """What to say of a file that is not a zip archive."""
    start = beginning(path, 8)
    if start.startswith(b"PK"):
        return f"is a damaged zip archive: {problem}", "it may be cut off; copy or save it anew"
    return f"is not a zip archive, as `.keras` files are{'' if start else ': it is empty'}", None


class _Section(io.RawIOBase):
    """An entry of an archive that is not compressed, as a file of its own.

    Args:
        path: The archive.
        header: Where the entry's header begins, in bytes.
        size: Its size, in bytes.
    """

    def __init__(self, path: str, header: int, size: int) -> None:
        super().__init__()
        self._file = binary(path)
        self._file.seek(header)
        head = self._file.read(30)
        if len(head) < 30 or head[:4] != b"PK\3\4":
            self._file.close()
            raise Unreadable("not-a-model", "is a damaged zip archive: an entry has no header")
        # The lengths of the name and of the extra field, after which the content follows.
        self._start = header + 30 + int.from_bytes(head[26:28], "little")
        self._start += int.from_bytes(head[28:30], "little")
        self._size, self._place = size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        base = {0: 0, 1: self._place, 2: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        left = max(0, min(len(view), self._size - self._place))
        self._file.seek(self._start + self._place)
        data = self._file.read(left)
        view[: len(data)] = data
        self._place += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


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
        path = _beside(self.folder, name)
        return path, os.path.getsize(path)


def _beside(folder: str, name: object) -> str:
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

    def _blocks(self) -> Iterator[bytes]:
        place = 0
        for path, size in self.files:
            begin, end = max(self.start, place), min(self.start + self.size, place + size)
            if begin < end:
                with binary(path) as file:
                    file.seek(begin - place)
                    yield file.read(end - begin)
            place += size


# Configs. -------------------------------------------------------------------------------------------------------------


def _topology(data: Json) -> Json:
    """Return the config in a `model.json` of TensorFlow.js; other data as it is."""
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


def _check_size(size: int) -> None:
    if size > LIMIT:
        raise Unreadable(
            "unsafe-model",
            f"its config is {size:,} bytes, more than the {LIMIT:,} that mergecli reads",
        )


def _decoded(data: Json | bytes, place: str | None) -> JsonDict:
    """The config of a model in a text or in JSON; `place` says where it is, None that it is the whole file."""
    config = _loaded(data, place) if isinstance(data, (str, bytes)) else data
    if isinstance(config, str):
        # Some tools write the text of `model.to_json()` as JSON once more.
        config = _loaded(config, place)
    if (
        not isinstance(config, dict)
        or not isinstance(config.get("class_name"), str)
        or "config" not in config
    ):
        where = f"its {place}" if place else "it"
        raise Unreadable(
            "not-a-model",
            f"{where} is no config of a Keras model, which has a `class_name` and a `config`",
        )
    return config


def _loaded(text: str | bytes, place: str | None) -> Json:
    """The JSON in a text; `place` is as above."""
    where = f"its {place}" if place else "it"
    try:
        config: Json = json.loads(text)
    except RecursionError:
        raise _too_deep(where) from None
    except ValueError as problem:
        span = None
        if place is None and isinstance(problem, json.JSONDecodeError):
            span = Span(problem.lineno, problem.colno, problem.lineno, problem.colno + 1)
        raise Unreadable(
            "not-a-model", f"{where} is not valid JSON: {problem}", span=span
        ) from None
    if _deeper(config, DEPTH):
        raise _too_deep(where)
    return config


def _too_deep(where: str) -> Unreadable:
    return Unreadable("unsafe-model", f"{where} is nested more than {DEPTH} levels deep")


def _deeper(value: Json, levels: int) -> bool:
    """Whether a value is nested deeper; level by level, as a recursion would meet the depth that it looks for."""
    level = [value]
    for _ in range(levels):
        level = [
            part
            for item in level
            if isinstance(item, (dict, list))
            for part in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True
