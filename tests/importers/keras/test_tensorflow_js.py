"""Models of TensorFlow.js: their topology, and arrays one after the other in several files."""

from __future__ import annotations

import pathlib
import struct
from typing import Any

import pytest

from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.tensorflow_js import Shards, beside, topology

pytest.importorskip("numpy")


def shards(folder: pathlib.Path, files: list[bytes], *weights: dict[str, Any]) -> Shards:
    for number, data in enumerate(files):
        (folder / str(number)).write_bytes(data)
    paths = [str(number) for number in range(len(files))]
    return Shards(str(folder), [{"paths": paths, "weights": list(weights)}])


def test_an_array_may_reach_from_one_file_into_the_next(tmp_path: pathlib.Path) -> None:
    data = struct.pack("<4i", 0x1020304, 0x5060708, -3, 4)
    first, second = shards(
        tmp_path,
        [data[:6], data[6:7], data[7:]],
        {"name": "a", "shape": [], "dtype": "int32"},
        {"name": "b", "shape": [3, 1], "dtype": "int32"},
    ).arrays()
    assert (first.name, first.shape, first.read().tolist()) == ("a", (), 0x1020304)
    assert (second.name, second.read().tolist()) == ("b", [[0x5060708], [-3], [4]])


def test_quantized_numbers_are_scaled_and_moved(tmp_path: pathlib.Path) -> None:
    how = {"dtype": "uint8", "scale": 0.5, "min": -1.0}
    weight = {"name": "a", "shape": [3], "dtype": "float32", "quantization": how}
    (array,) = shards(tmp_path, [bytes([0, 2, 255])], weight).arrays()
    # number * 0.5 - 1
    assert array.read().tolist() == [-1.0, 0.0, 126.5]
    assert array.dtype == str(array.read().dtype) == "float32"


def test_files_and_arrays_must_have_as_many_bytes(tmp_path: pathlib.Path) -> None:
    weight = {"name": "a", "shape": [2], "dtype": "float16"}
    with pytest.raises(Unreadable, match="have 5 bytes, its arrays 4"):
        shards(tmp_path, [b"12345"], weight)


@pytest.mark.parametrize(
    "changes", [{"dtype": "string"}, {"shape": [-1]}, {"shape": [True]}, {"name": None}]
)
def test_an_array_of_another_form_is_refused(tmp_path: pathlib.Path, changes: Any) -> None:
    weight = {"name": "a", "shape": [1], "dtype": "int8", **changes}
    with pytest.raises(Unreadable, match=r"is not one of TensorFlow\.js"):
        shards(tmp_path, [b"1"], weight)


def test_a_file_of_weights_lies_beside_the_model(tmp_path: pathlib.Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a..bin").write_bytes(b"")
    assert beside(str(tmp_path), "deep/a..bin") == str(tmp_path / "deep" / "a..bin")
    for name in ("../a", "deep/../../a", "..\\a", "/a", "", None, 3):
        with pytest.raises(Unreadable, match="lies elsewhere"):
            beside(str(tmp_path), name)
    with pytest.raises(Unreadable, match="`none` is missing") as caught:
        beside(str(tmp_path), "none")
    assert caught.value.code == "not-found"


def test_the_topology_has_the_config_with_the_version_that_wrote_it() -> None:
    config = {"class_name": "Sequential", "config": []}
    wrapped = {"modelTopology": {"model_config": config, "keras_version": "3.1.0"}}
    assert topology(wrapped) == {**config, "keras_version": "3.1.0"}
    own = {"modelTopology": {**config, "keras_version": "tfjs-layers 4.2"}}
    assert topology(own) == {**config, "keras_version": "2"}
    assert topology(config) == config


def test_a_graph_model_has_no_layers() -> None:
    for data in (
        {"format": "graph-model", "modelTopology": {}},
        {"modelTopology": {"node": []}},
    ):
        with pytest.raises(Unreadable, match="is a graph model"):
            topology(data)
