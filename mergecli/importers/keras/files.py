"""A saved model's file -> its config. Text is taken out of a container; nothing is unpacked, unpickled or imported."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from mergecli.diagnostics.source import Span, Unreadable, beginning, decode

#: More than any config; that of a model with a thousand layers takes 2 MiB.
LIMIT = 64 << 20
#: Deflated, a config becomes 20 to 60 times smaller; what shrinks much further is made to fill the memory.
RATIO, SMALL = 200, 1 << 20
#: Three levels for each model in a model, so that all who walk through a config may recurse.
DEPTH = 200

_KNOWN = "mergecli reads `.keras`, `.h5` and `.hdf5` files, and a `.json` from `model.to_json()`"


def read(path: str) -> dict[str, Any]:
    """The config of a saved model: `.keras`, `.h5`, `.hdf5`, or the `.json` that `model.to_json()` gives.

    Raises:
        Unreadable: the file is none of these, cannot be read or is damaged, it is made to do harm, or what reads it is not installed.
    """
    ending = os.path.splitext(path)[1].lower()
    reader = {".keras": _zipped, ".h5": _hdf5, ".hdf5": _hdf5, ".json": _plain}.get(ending)
    if os.path.isdir(path):
        raise Unreadable("is-folder", "is a folder, not a file that tells a model", _KNOWN)
    # Another ending is the mistake, whether or not there is such a file.
    if not os.path.exists(path) and (reader is not None or not ending):
        raise Unreadable("not-found", "no such file")
    if reader is None:
        raise Unreadable("not-a-model", "is no saved model", _KNOWN)
    beginning(path, 1)  # A file without permission is not reported as damaged.
    return reader(path)


def _zipped(path: str) -> dict[str, Any]:
    import zipfile  # start-up
    import zlib  # start-up

    try:
        with zipfile.ZipFile(path) as archive:
            names = [entry.orig_filename.replace("\\", "/") for entry in archive.infolist()]
            for name in names:
                if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
                    raise Unreadable("unsafe-model", f"its entry `{name}` leads out of the archive")
            if names.count("config.json") > 1:
                raise Unreadable("unsafe-model", "it holds `config.json` twice")
            if "config.json" not in names:
                raise Unreadable(
                    "not-a-model", "it holds no `config.json`, as `model.save()` writes it"
                )
            entry = archive.getinfo("config.json")
            if entry.file_size > max(SMALL, RATIO * entry.compress_size):
                ratio = entry.file_size // max(entry.compress_size, 1)
                raise Unreadable(
                    "unsafe-model",
                    f"its `config.json` unpacks to {ratio} times its size, which no config does",
                )
            _check_size(entry.file_size)
            with archive.open(entry) as stream:
                data = stream.read(LIMIT + 1)
    except zipfile.BadZipFile as problem:
        raise Unreadable("not-a-model", *_unlike_zip(path, problem)) from None
    except (EOFError, NotImplementedError, OSError, RuntimeError, zlib.error) as problem:
        raise Unreadable(
            "not-a-model", f"its `config.json` cannot be unpacked: {problem}"
        ) from None
    _check_size(len(data))
    return _decode(data, "`config.json`")


def _unlike_zip(path: str, problem: Exception) -> tuple[str, str | None]:
    """What to say of a file that is not a zip archive, and of what it seems to be."""
    start = beginning(path, 8)
    if start == b"\x89HDF\r\n\x1a\n":
        return (
            "is not a zip archive, as `.keras` files are, but an HDF5 file",
            "let its name end with `.h5`",
        )
    if start.startswith(b"PK"):
        return f"is a damaged zip archive: {problem}", "it may be cut off; copy or save it anew"
    return f"is not a zip archive, as `.keras` files are{'' if start else ': it is empty'}", None


def _hdf5(path: str) -> dict[str, Any]:
    try:
        import h5py  # optional
    except ImportError:
        raise Unreadable(
            "not-installed", "HDF5 files need h5py, which is not installed", "pip install h5py"
        ) from None
    try:
        with h5py.File(path, "r") as file:
            text, training = file.attrs.get("model_config"), file.attrs.get("training_config")
    except OSError as problem:
        raise Unreadable("not-a-model", f"is not an HDF5 file: {problem}") from None
    if not isinstance(text, (str, bytes)):
        hint = "save the whole model, with `model.save()`; weights alone do not tell the layers"
        raise Unreadable("not-a-model", "it holds no `model_config`", hint)
    _check_size(len(text))
    config = _decode(text, "`model_config`")
    if isinstance(training, (str, bytes)):
        # As a `.keras` file has it, where the optimizer is one of the arguments.
        _check_size(len(training))
        compiled = _loaded(training, "`training_config`")
        if isinstance(compiled, dict):
            config["compile_config"] = {**compiled, "optimizer": compiled.get("optimizer_config")}
    return config


def _plain(path: str) -> dict[str, Any]:
    _check_size(os.path.getsize(path))
    return _decode(decode(beginning(path, LIMIT + 1)), None)


def _check_size(size: int) -> None:
    if size > LIMIT:
        raise Unreadable(
            "unsafe-model",
            f"its config is {size:,} bytes, more than the {LIMIT:,} that mergecli reads",
        )


def _decode(text: str | bytes, place: str | None) -> dict[str, Any]:
    """The config of a model in a text; `place` says where the text stood, None that it is the whole file."""
    config = _loaded(text, place)
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


def _loaded(text: str | bytes, place: str | None) -> Any:
    """The JSON in a text; `place` is as above."""
    where = f"its {place}" if place else "it"
    try:
        config = json.loads(text)
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


def _deeper(value: Any, levels: int) -> bool:
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
