"""Files of HDF5 as groups, attributes and arrays, several files as one, and what is refused."""

from __future__ import annotations

import io
import pathlib
from typing import Any

import pytest

from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.hdf5 import Hdf5, ShardedHdf5, walk

h5py = pytest.importorskip("h5py")
numpy = pytest.importorskip("numpy")


def opened(**attributes: Any) -> Hdf5:
    """Return a file in memory: an array below two groups, and attributes at its root."""
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        file["layers/dense/kernel"] = numpy.arange(6, dtype="float32").reshape(2, 3)
        file["layers/text"] = numpy.array([b"words"])
        file.attrs.update(attributes)
    return Hdf5(data)


def test_a_path_leads_to_a_group_or_to_an_array_but_never_to_both() -> None:
    file = opened()
    layers = file.group("layers")
    assert layers is not None
    array = file.array("./dense//kernel", layers)
    assert array is not None and (array.shape, array.dtype) == ((2, 3), "float32")
    assert array.read().tolist() == [[0, 1, 2], [3, 4, 5]]
    assert file.group("layers/dense/kernel") is None
    assert file.array("layers") is None
    assert file.array("layers/dense/kernel/more") is None


def test_an_array_of_text_is_refused() -> None:
    with pytest.raises(Unreadable, match="not of numbers"):
        opened().array("layers/text")


def test_a_list_of_names_that_keras_has_split_is_one_list() -> None:
    file = opened(names0=[b"a", b"b"], names1=["c"], names3=[b"lost"], whole=[b"d"], whole0=[b"e"])
    assert file.strings(file.file, "names") == ["a", "b", "c"]
    assert file.strings(file.file, "whole") == ["d"]
    assert file.strings(file.file, "none") is None


def test_an_attribute_that_is_no_list_of_text_is_damage() -> None:
    file = opened(names=[1, 2])
    with pytest.raises(Unreadable, match="damaged at the attribute `names`"):
        file.strings(file.file, "names")


def test_a_string_longer_than_allowed_is_not_read() -> None:
    file = opened(text=numpy.bytes_(b"0123456789"), number=7)
    assert file.string("text", 10) == b"0123456789"
    assert file.string("text", 9) is None
    assert file.string("number", 100) is None


def test_a_link_out_of_the_file_is_refused_on_the_way_too(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "model.h5")
    with h5py.File(path, "w") as file:
        file["inside/array"] = [1.0]
        file["soft"] = h5py.SoftLink("/inside")
        file["external"] = h5py.ExternalLink("other.h5", "/")
    opened = Hdf5(path)
    for entry in ("soft", "soft/array", "external/array"):
        with pytest.raises(Unreadable, match="is a link") as caught:
            opened.array(entry)
        assert caught.value.code == "unsafe-model"
    opened.close()


def test_walking_finds_every_array_once() -> None:
    file = opened()
    assert sorted(walk(file, file.file)) == ["layers/dense/kernel", "layers/text"]


def test_several_files_are_read_as_one(tmp_path: pathlib.Path) -> None:
    paths = [str(tmp_path / name) for name in ("a.h5", "b.h5")]
    for number, path in enumerate(paths):
        with h5py.File(path, "w") as file:
            file[f"layers/dense_{number}/kernel"] = [float(number)]
            file["layers/shared/bias"] = [float(number)]
    with h5py.File(paths[1], "a") as file:
        file.attrs["version"] = "3"
    both = ShardedHdf5(paths)
    layers = both.group("layers")
    assert layers is not None and sorted(both.members(layers)) == ["dense_0", "dense_1", "shared"]
    (second,) = both.group("dense_1", layers) or ()
    kernel = both.array("kernel", (second,))
    assert kernel is not None and kernel.read().tolist() == [1.0]
    first = both.array("layers/shared/bias")
    assert first is not None and first.read().tolist() == [0.0]
    assert both.group("layers/dense_2") is None and both.array("layers/none") is None
    assert both.string("version", 100) == "3"
    both.close()
