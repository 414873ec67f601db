"""Weights are read as data: what lies in another file, needs a plugin, or claims more than it has is refused before it is read."""

from __future__ import annotations

import json
import pathlib
import tracemalloc
import zipfile
import zlib
from typing import Any, Callable

import h5py
import numpy
import pytest
from click.testing import CliRunner

from mergecli.cli.main import cli
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras import Container, parse, read
from mergecli.importers.keras.weights import Grouped, WeightFile, expected

CONFIG = {
    "class_name": "Sequential",
    "config": {
        "name": "m",
        "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [None, 4], "name": "x"}},
            {"class_name": "Dense", "config": {"name": "d", "units": 3}},
        ],
    },
}
KERNEL, BIAS = numpy.arange(12, dtype="float32").reshape(4, 3), numpy.ones(3, "float32")


def hdf5(path: pathlib.Path, fill: Callable[[Any], None]) -> pathlib.Path:
    """A `.h5` file of the model, whose group of the layer is filled by a function."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(CONFIG)
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [b"d"]
        group = root.create_group("d")
        group.attrs["weight_names"] = [b"kernel", b"bias"]
        fill(group)
    return path


def keras_file(path: pathlib.Path, weights: pathlib.Path, method: int = 0) -> pathlib.Path:
    """A `.keras` file of the model with a file of weights."""
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("config.json", json.dumps(CONFIG))
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.9.0"}))
        archive.write(weights, "model.weights.h5")
    return path


def grouped(path: pathlib.Path, fill: Callable[[Any], None]) -> pathlib.Path:
    """A file of weights with groups."""
    with h5py.File(path, "w") as file:
        fill(file.create_group("layers/dense/vars"))
    return path


def sound(group: Any) -> None:
    for name, value in zip(
        ("kernel", "bias") if "d" in group.name[-2:] else ("0", "1"), (KERNEL, BIAS)
    ):
        group.create_dataset(name, data=value)


def opened(path: pathlib.Path) -> WeightFile:
    container = Container(str(path))
    return WeightFile(container, expected(parse(container.config())))


def numbers(path: pathlib.Path) -> list[Any]:
    """All weights of the layer in a file."""
    with opened(path) as file:
        assert file.misfit() is None
        found = file.layer(("d",))
        assert found is not None
        arrays: Any = found.arrays
        if callable(arrays):
            arrays = arrays()
        return [array.read() for array in sorted(arrays, key=lambda array: -len(array.shape))]


def test_both_layouts_are_read(tmp_path: pathlib.Path) -> None:
    weights = grouped(tmp_path / "w.h5", sound)
    for path in (
        hdf5(tmp_path / "m.h5", sound),
        hdf5(tmp_path / "m.anything", sound),
        keras_file(tmp_path / "m.keras", weights),
        keras_file(tmp_path / "deflated.keras", weights, zipfile.ZIP_DEFLATED),
    ):
        kernel, bias = numbers(path)
        assert (kernel == KERNEL).all() and (bias == BIAS).all()
        assert Container(str(path)).has_weights


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "gzip"},
        {"compression": "gzip", "shuffle": True},
        {"compression": "gzip", "shuffle": True, "fletcher32": True},
        {"chunks": (3, 2)},
        {"chunks": (3, 2), "maxshape": (None, None)},
    ],
)
def test_chunks_are_decoded_as_h5py_does(tmp_path: pathlib.Path, options: dict[str, Any]) -> None:
    def fill(group: Any) -> None:
        group.create_dataset("kernel", data=KERNEL, **options)
        group.create_dataset("bias", data=BIAS)

    assert (numbers(hdf5(tmp_path / "m.h5", fill))[0] == KERNEL).all()


@pytest.mark.parametrize("dtype", ["float16", "float64", ">f4", "int8", "uint8", "int64", "bool"])
def test_numbers_of_all_dtypes(tmp_path: pathlib.Path, dtype: str) -> None:
    def fill(group: Any) -> None:
        group.create_dataset("kernel", data=KERNEL.astype(dtype))
        group.create_dataset("bias", data=BIAS)

    assert (numbers(hdf5(tmp_path / "m.h5", fill))[0] == KERNEL.astype(dtype)).all()


def test_bfloat16_is_widened(tmp_path: pathlib.Path) -> None:
    def fill(group: Any) -> None:
        upper = (KERNEL.view("uint32") >> 16).astype("uint16")
        group.create_dataset("kernel", data=upper.view("V2"))
        group["kernel"].attrs["dtype"] = "bfloat16"
        group.create_dataset("bias", data=BIAS)

    assert (numbers(hdf5(tmp_path / "m.h5", fill))[0] == KERNEL).all()


def external_link(group: Any) -> None:
    group["kernel"] = h5py.ExternalLink("secret.h5", "kernel")
    group.create_dataset("bias", data=BIAS)


def soft_link(group: Any) -> None:
    group["kernel"] = h5py.SoftLink("/model_weights/d/bias")
    group.create_dataset("bias", data=BIAS)


def external_storage(group: Any) -> None:
    group.create_dataset("kernel", (4, 3), "float32", external=[("secret.bin", 0, 48)])
    group.create_dataset("bias", data=BIAS)


def virtual(group: Any) -> None:
    layout = h5py.VirtualLayout((4, 3), "float32")
    layout[:] = h5py.VirtualSource("secret.h5", "kernel", (4, 3))
    group.create_virtual_dataset("kernel", layout)
    group.create_dataset("bias", data=BIAS)


def plugin(group: Any) -> None:
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((4, 3))
    plan.set_filter(32000 + 15, h5py.h5z.FLAG_OPTIONAL)
    space = h5py.h5s.create_simple((4, 3))
    h5py.h5d.create(group.id, b"kernel", h5py.h5t.IEEE_F32LE, space, plan)
    group.create_dataset("bias", data=BIAS)


def claim(group: Any) -> None:
    group.create_dataset("kernel", (4, 1 << 40), "float32", chunks=(1, 1 << 10))
    group.create_dataset("bias", data=BIAS)


def objects(group: Any) -> None:
    group.create_dataset("kernel", data=[["a"] * 3] * 4, dtype=h5py.string_dtype())
    group.create_dataset("bias", data=BIAS)


@pytest.mark.parametrize(
    "fill, code, reason",
    [
        (external_link, "unsafe-model", "is a link"),
        (soft_link, "unsafe-model", "is a link"),
        (external_storage, "unsafe-model", "lies in another file"),
        (virtual, "unsafe-model", "lies in another file"),
        (plugin, "unsafe-model", "needs a filter"),
        (claim, "unsafe-model", "claims"),
        (objects, "not-a-model", "not of numbers"),
    ],
)
def test_what_is_not_in_the_file_is_refused(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, fill: Any, code: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.bin").write_bytes(KERNEL.tobytes())
    with h5py.File("secret.h5", "w") as file:
        file["kernel"] = KERNEL
    path = hdf5(tmp_path / "m.h5", fill)
    with pytest.raises(Unreadable) as caught, opened(path) as file:
        found: Any = file.layer(("d",))
        for array in found.arrays:
            array.read()
    assert caught.value.code == code and reason in caught.value.message


def test_a_chunk_unpacks_to_its_size_and_no_further(tmp_path: pathlib.Path) -> None:
    """A chunk of a few bytes that the library would unpack to 32 MiB."""

    def fill(group: Any) -> None:
        group.create_dataset("bias", data=BIAS)
        kernel = group.create_dataset(
            "kernel", (4, 3), "float32", chunks=(4, 3), compression="gzip"
        )
        kernel.id.write_direct_chunk((0, 0), zlib.compress(bytes(32 << 20)))

    path = hdf5(tmp_path / "m.h5", fill)
    with opened(path) as file:
        found: Any = file.layer(("d",))
        tracemalloc.start()
        with pytest.raises(Unreadable, match="damaged"):
            found.arrays[0].read()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4 << 20


def test_an_archive_that_unpacks_to_much_more_is_refused(tmp_path: pathlib.Path) -> None:
    weights = tmp_path / "w.h5"
    weights.write_bytes(bytes(64 << 20))
    path = keras_file(tmp_path / "m.keras", weights, zipfile.ZIP_DEFLATED)
    with pytest.raises(Unreadable, match="unpacks to") as caught:
        opened(path)
    assert caught.value.code == "unsafe-model"


def test_pickles_are_named(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(b"\x80\x04N.")
    with pytest.raises(Unreadable, match="pickle") as caught:
        read(str(path))
    assert caught.value.code == "unsafe-model"
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(CONFIG))
        archive.writestr("model.weights.npz", b"")
    with pytest.raises(Unreadable, match="pickles of NumPy"):
        opened(tmp_path / "m.keras")


@pytest.mark.parametrize(
    "kernel, bias, reason",
    [
        (
            KERNEL.T,
            BIAS,
            "has weights of (3, 4), (3,) in the file, its arguments need (4, 3), (3,)",
        ),
        (KERNEL, None, "its weight `bias` of `d` is missing"),
    ],
)
def test_weights_that_do_not_fit_are_an_error_of_the_check(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, kernel: Any, bias: Any, reason: str
) -> None:
    def fill(group: Any) -> None:
        group.create_dataset("kernel", data=kernel)
        if bias is not None:
            group.create_dataset("bias", data=bias)

    hdf5(tmp_path / "m.h5", fill)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("branches: {a: {model: m.h5}, b: {input: [3]}}\nmerge: Add\n")
    result = CliRunner().invoke(cli, ["validate", "a.yaml"])
    assert result.exit_code == 1 and reason in result.output


def shards(folder: pathlib.Path, **changes: Any) -> pathlib.Path:
    """A model of TensorFlow.js."""
    manifest = {
        "paths": ["a.bin", "b.bin"],
        "weights": [
            {"name": "d/kernel", "shape": [4, 3], "dtype": "float32"},
            {"name": "d/bias", "shape": [3], "dtype": "float32"},
        ],
        **changes,
    }
    data = KERNEL.tobytes() + BIAS.tobytes()
    (folder / "a.bin").write_bytes(data[:20])
    (folder / "b.bin").write_bytes(data[20:])
    model = {"modelTopology": CONFIG, "weightsManifest": [manifest]}
    (folder / "model.json").write_text(json.dumps(model))
    return folder / "model.json"


def test_files_of_tensorflow_js(tmp_path: pathlib.Path) -> None:
    path = shards(tmp_path)
    kernel, bias = numbers(path)
    assert (kernel == KERNEL).all() and (bias == BIAS).all()
    assert Container(str(path)).has_weights


def test_quantized_weights_of_tensorflow_js(tmp_path: pathlib.Path) -> None:
    weights = [
        {"name": "d/kernel", "shape": [4, 3], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1.0}},
        {"name": "d/bias", "shape": [3], "dtype": "float32", "quantization": {"dtype": "float16"}},
    ]  # fmt: skip
    path = shards(tmp_path, weights=weights, paths=["c.bin"])
    data = KERNEL.astype("uint8").tobytes() + BIAS.astype("float16").tobytes()
    (tmp_path / "c.bin").write_bytes(data)
    kernel, bias = numbers(path)
    assert (kernel == KERNEL * 0.5 - 1).all() and (bias == BIAS).all()


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"paths": ["../a.bin"]}, "lies elsewhere"),
        ({"paths": ["/etc/passwd"]}, "lies elsewhere"),
        ({"paths": ["c.bin"]}, "is missing"),
        ({"paths": ["a.bin"]}, "have 20 bytes, its arrays 60"),
        (
            {"weights": [{"name": "d/kernel", "shape": [1 << 39, 4], "dtype": "float32"}]},
            "its arrays",
        ),
        ({"weights": [{"name": "d/kernel", "shape": [-1], "dtype": "float32"}]}, "is not one of"),
        ({"weights": [{"name": "d/kernel", "shape": [4, 3], "dtype": "object"}]}, "is not one of"),
        ({"weights": None}, "is not one of"),
    ],
)
def test_manifests_made_to_do_harm(tmp_path: pathlib.Path, changes: Any, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        opened(shards(tmp_path, **changes))


def sharded(folder: pathlib.Path, names: list[Any]) -> pathlib.Path:
    """Weights in the parts that `save_weights` with `max_shard_size` writes: the kernel in one, the bias in the other."""
    for number, array in enumerate((KERNEL, BIAS)):
        with h5py.File(folder / f"m_{number:05}.weights.h5", "w") as file:
            file.create_dataset(f"layers/dense/vars/{number}", data=array)
    path = folder / "m.weights.json"
    path.write_text(json.dumps({"metadata": {}, "weight_map": {"/layers/dense/vars": names}}))
    return path


PARTS = ["m_00000.weights.h5", "m_00001.weights.h5"]


def test_sharded_weights(tmp_path: pathlib.Path) -> None:
    path = sharded(tmp_path, PARTS)
    (tmp_path / "m.json").write_text(json.dumps(CONFIG))
    container = Container(str(tmp_path / "m.json"))
    with WeightFile(container, expected(parse(container.config())), str(path)) as file:
        assert not file.is_empty and file.misfit() is None
        found = file.layer(("d",))
        assert isinstance(found, Grouped)
        arrays = found.own(())
        assert arrays is not None
        assert (arrays["0"].read() == KERNEL).all() and (arrays["1"].read() == BIAS).all()


@pytest.mark.parametrize(
    "names, reason",
    [
        (["../m_00000.weights.h5"], "lies elsewhere"),
        (["/etc/passwd"], "lies elsewhere"),
        ([3], "lies elsewhere"),
        (["m.weights.json"], "is not an HDF5 file"),
        (["m_00002.weights.h5"], "is missing"),
    ],
)
def test_lists_of_shards_made_to_do_harm(
    tmp_path: pathlib.Path, names: list[Any], reason: str
) -> None:
    path = sharded(tmp_path, names)
    with pytest.raises(Unreadable, match=reason):
        Container(str(path)).weights()


def test_a_graph_model_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "model.json").write_text(
        json.dumps({"format": "graph-model", "modelTopology": {"node": []}})
    )
    with pytest.raises(Unreadable, match="graph model of TensorFlow"):
        read(str(tmp_path / "model.json"))


def test_weights_of_a_config_are_in_another_file(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.json").write_text(json.dumps(CONFIG))
    hdf5(tmp_path / "w.h5", sound)
    grouped(tmp_path / "w.weights.h5", sound)
    spec = "branches:\n  a: {model: m.json, with: {%s}}\n  b: {input: [3]}\nmerge: Add\n"

    def check(arguments: str) -> Any:
        (tmp_path / "a.yaml").write_text(spec % arguments)
        return CliRunner().invoke(cli, ["validate", "a.yaml"])

    assert check("weights: w.h5").exit_code == check("weights: w.weights.h5").exit_code == 0
    assert "there is no file `x.h5`" in check("weights: x.h5").output
    assert "it takes `weights: FILE`" in check("units: 3").output
    assert "must be the path of a file" in check("weights: 3").output
    hdf5(
        tmp_path / "w.h5",
        lambda group: (
            group.create_dataset("kernel", data=KERNEL.T),
            group.create_dataset("bias", data=BIAS),
        ),
    )
    assert "error[wrong-weights]" in check("weights: w.h5").output


@pytest.mark.parametrize(
    "vocabulary, reason",
    [
        (b"[UNK]\nb\na\n\n", None),
        (
            b"[UNK]\na",
            "`look` has a vocabulary of 2 entries in the file, its `vocabulary_size` is 3",
        ),
        (None, "`look` has learnt a vocabulary, which the file does not hold"),
    ],
)
def test_a_vocabulary_is_compared_with_the_config(
    tmp_path: pathlib.Path, vocabulary: bytes | None, reason: str | None
) -> None:
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "m",
            "layers": [
                {"class_name": "InputLayer", "config": {"batch_shape": [None, 2], "dtype": "string", "name": "i"}},
                {"class_name": "StringLookup", "config": {"name": "look", "vocabulary_size": 3}},
            ],
        },
    }  # fmt: skip
    grouped(
        tmp_path / "w.weights.h5",
        lambda group: group.file.create_group("layers/string_lookup/vars"),
    )
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.write(tmp_path / "w.weights.h5", "model.weights.h5")
        if vocabulary is not None:
            archive.writestr("assets/layers/string_lookup/vocabulary.txt", vocabulary)
    container = Container(str(tmp_path / "m.keras"))
    with WeightFile(container, expected(parse(container.config()))) as file:
        assert file.misfit() == reason
