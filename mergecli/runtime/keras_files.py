"""Files of models that Keras writes: the same model gives the same bytes."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import shutil
import warnings
import zipfile
from math import prod
from typing import TYPE_CHECKING, Iterator

from mergecli.runtime.keras_settings import deep_graphs

if TYPE_CHECKING:
    import keras


def save(model: keras.Model, path: str, nodes: int) -> None:
    """Save a model as `.keras`, `.h5` or `.weights.h5`, or as a folder for serving."""
    # The user asks for `.h5` by name; that Keras calls it a legacy is no news to them.
    absl = logging.getLogger("absl")
    level = absl.level
    absl.setLevel(logging.ERROR)
    try:
        with deep_graphs(nodes), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ending = path.lower()
            if ending.endswith(".weights.h5"):
                model.save_weights(path)
            elif ending.endswith(".keras"):
                with weights_on_disk(model):
                    model.save(path)
                _reproducible(path)
            elif ending.endswith(".h5"):
                # Keras cannot fit a model that comes out of this format with an optimizer that was never used.
                model.save(path, include_optimizer=False)
            else:
                export(model, path)
    finally:
        absl.setLevel(level)


def export(model: keras.Model, path: str, **options: object) -> None:
    """Let Keras export a model without its messages, which older versions print also with `verbose=False`.

    Args:
        model: The model.
        path: Where it is written.
        options: Further arguments of `keras.Model.export`, such as its `format`.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        model.export(path, verbose=False, **options)


#: Bytes of weights from which Keras is to keep no copy of them in memory.
_LARGE = 64 << 20


def is_large(model: keras.Model) -> bool:
    """Whether the weights of a model are not to be in memory twice."""
    return bool(sum(prod(weight.shape) * 4 for weight in model.weights) >= _LARGE)


@contextlib.contextmanager
def weights_on_disk(model: keras.Model) -> Iterator[None]:
    """Have Keras write or read the weights of a large model by a temporary file, as it does where memory is scarce."""
    from keras.src.saving import saving_lib  # optional

    usual = getattr(saving_lib, "is_memory_sufficient", None)
    if usual is None or not is_large(model):
        yield
        return
    saving_lib.is_memory_sufficient = lambda model: False
    try:
        yield
    finally:
        saving_lib.is_memory_sufficient = usual


def _reproducible(path: str) -> None:
    """Take out of a `.keras` archive what differs from one saving to the next: dates, and addresses as object numbers."""
    changed = f"{path}.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in sorted(old.namelist()):
            entry = zipfile.ZipInfo(name)
            if name == "metadata.json":
                metadata = json.loads(old.read(name))
                metadata["date_saved"] = "1980-01-01@00:00:00"
                new.writestr(entry, json.dumps(metadata))
            elif name == "config.json":
                numbers: dict[bytes, bytes] = {}

                def number(match: re.Match[bytes], numbers: dict[bytes, bytes] = numbers) -> bytes:
                    return match[1] + numbers.setdefault(match[2], str(len(numbers) + 1).encode())

                new.writestr(entry, re.sub(rb'("shared_object_id": )(\d+)', number, old.read(name)))
            else:
                with old.open(name) as source, new.open(entry, "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target)
    os.replace(changed, path)
