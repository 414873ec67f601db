"""Keras and its backend: whether they are there, and how to load them without their chatter."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
from importlib.util import find_spec
from typing import Any, Iterable, Iterator

from mergecli.diagnostics.source import Source, Unreadable

#: Lines that tell a user nothing: TensorFlow's notes and warnings before and after absl is initialised, what its probe
#: for a GPU says where there is none, and what fontconfig says of the system's files.
_CHATTER = re.compile(
    r"WARNING: All log messages before absl|Fontconfig (warning|error)|"
    r"(\d{4}-\d\d-\d\d [\d:.]+: )?[IW](\d{4}| )|"
    r".*(cuda|cuDNN|cudnn|cuInit|cuFFT|cuBLAS|TensorRT|TF-TRT|computation_placer|oneDNN custom operations|"
    r"To enable the following instructions)"
)


BACKENDS = ("tensorflow", "jax", "torch", "numpy", "openvino")


class NotInstalled(Exception):
    """Something that a command needs is not installed; `remedy` says what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


def chosen() -> str:
    """The backend that Keras will take: `KERAS_BACKEND`, or what the user's `keras.json` says, or TensorFlow."""
    name = os.environ.get("KERAS_BACKEND")
    if name:
        return name
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        config = json.loads(Source.read(os.path.join(home, "keras.json")).text)
        return str(config.get("backend") or "tensorflow")
    except (Unreadable, ValueError, AttributeError):
        return "tensorflow"


def check_installed(picture: bool, saves: Iterable[str] = ()) -> None:
    """See that a Keras backend, and what a picture and the formats of some files need, is installed; nothing is imported.

    Raises:
        NotInstalled: it is not.
    """
    name = chosen()
    if name not in BACKENDS:
        raise NotInstalled(
            f"there is no Keras backend `{name}`",
            f"unset KERAS_BACKEND, or choose one of {', '.join(BACKENDS)}",
        )
    if name == "tensorflow" and find_spec("tensorflow") is None:
        raise NotInstalled(
            "TensorFlow is not installed", "install it: pip install 'mergecli[tensorflow]'"
        )
    if find_spec("keras") is None or find_spec(name) is None:
        missing = "Keras" if find_spec("keras") is None else f"the Keras backend `{name}`"
        raise NotInstalled(f"{missing} is not installed", f"install it: pip install keras {name}")
    if picture:
        for package in ("pydot", "pygraphviz"):
            if find_spec(package) is None:
                raise NotInstalled(
                    f"`{package}`, which draws the picture, is not installed",
                    "install it: pip install 'mergecli[plot]'",
                )
    for path in saves:
        from mergecli.runtime.save import missing as missing_for  # start-up

        found = missing_for(path, name)
        if found is not None:
            raise NotInstalled(*found)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep the start-up chatter of TensorFlow, which C++ writes, from standard error; everything else comes through."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    try:
        sys.stderr.flush()
        original = os.dup(2)
    except (OSError, ValueError, AttributeError):
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)
            caught.seek(0)
            for line in caught.read().decode("utf-8", "replace").splitlines():
                if line.strip() and not _CHATTER.match(line):
                    sys.stderr.write(line + "\n")


def load() -> Any:
    """Import Keras quietly."""
    with silence():
        import keras  # optional
    return keras
