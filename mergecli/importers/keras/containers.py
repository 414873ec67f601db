"""The containers of saved models: zip archives, HDF5 files, JSON, and TensorFlow.js's files. Nothing is unpacked to the disk by name."""

from __future__ import annotations

import io
import os
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO

from mergecli.diagnostics.source import Unreadable, beginning, binary, decode
from mergecli.importers.keras.hdf5 import MAGIC, Hdf5, ShardedHdf5
from mergecli.importers.keras.json_configs import LIMIT, check_size, decoded, loaded
from mergecli.importers.keras.sequential_merges import functional
from mergecli.importers.keras.tensorflow_js import Shards, beside, topology

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from mergecli.catalog.json_values import Json, JsonDict

#: Deflated, a config becomes 20 to 60 times smaller; what shrinks much further is made to fill the memory.
RATIO, SMALL = 200, 1 << 20
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
        config = decoded(self._entry("config.json", needed=True), "`config.json`")
        metadata = self._entry("metadata.json")
        if metadata is not None:
            version = loaded(metadata, "`metadata.json`")
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
                check_size(entry.file_size)
                with archive.open(entry) as stream:
                    data = stream.read(LIMIT + 1)
        except zipfile.BadZipFile as problem:
            raise Unreadable("not-a-model", *_unlike_zip(self.path, problem)) from None
        except (EOFError, NotImplementedError, OSError, RuntimeError, zlib.error) as problem:
            raise Unreadable("not-a-model", f"its `{name}` cannot be unpacked: {problem}") from None
        check_size(len(data))
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
        check_size(len(text))
        config = decoded(text, "`model_config`")
        if training is not None:
            # As a `.keras` file has it, where the optimizer is one of the arguments.
            check_size(len(training))
            compiled = loaded(training, "`training_config`")
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
                files[beside(os.path.dirname(self.path), name)] = None
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
        return decoded(topology(self._json()), None)

    def _json(self) -> Json:
        if self._parsed is None:
            check_size(os.path.getsize(self.path))
            self._parsed = loaded(decode(beginning(self.path, LIMIT + 1)), None)
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
