"""The statistics of weights in saved models: the numbers, the names, and files that are large or made to do harm."""

from __future__ import annotations

import json
import math
import pathlib
import tracemalloc
import zipfile
from typing import Any, Callable, Sequence

import pytest

from mergecli.compiler.pipeline import compile_model, compile_spec
from mergecli.diagnostics.source import Source, Unreadable
from mergecli.importers.keras.hdf5 import Array
from mergecli.importers.keras.weight_statistics import (
    BINS,
    WeightStatistics,
    statistics,
    weight_statistics,
)

h5py = pytest.importorskip("h5py")
numpy = pytest.importorskip("numpy")


def layer(cls: str, name: str, **config: object) -> dict[str, object]:
    return {"module": "keras.layers", "class_name": cls, "config": {"name": name, **config}}


def sequential(*layers: object, shape: Sequence[int | None] = (None, 4)) -> str:
    start = {"class_name": "InputLayer", "config": {"batch_shape": shape, "name": "x"}}
    return json.dumps(
        {"class_name": "Sequential", "config": {"name": "m", "layers": [start, *layers]}}
    )


DENSE = sequential(layer("Dense", "d", units=3))


def keras_file(
    path: pathlib.Path, fill: Callable[[Any], None], config: str = DENSE
) -> pathlib.Path:
    """A `.keras` file whose group of layers is filled by a function."""
    with h5py.File(path.with_suffix(".weights"), "w") as file:
        fill(file.create_group("layers"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config)
        archive.write(path.with_suffix(".weights"), "model.weights.h5")
    return path


def kernel_of(path: pathlib.Path, data: object, **options: object) -> WeightStatistics:
    """The statistics of a kernel with these numbers."""

    def fill(layers: Any) -> None:
        layers.create_dataset("dense/vars/0", data=data, **options)
        layers["dense/vars/1"] = numpy.zeros(3, "float32")

    found = by_name(keras_file(path, fill))
    return found["d.kernel"]


def by_name(path: pathlib.Path) -> dict[str, WeightStatistics]:
    network = compile_model(str(path)).network
    assert network is not None
    return {
        f"{network.graph.nodes[index].name}.{weight.name}": weight
        for index, weights in weight_statistics(network).items()
        for weight in weights
    }


class Numbers:
    """Numbers of an array as a file has them, in parts."""

    def __init__(self, *parts: Any) -> None:
        self._parts = parts

    def numbers(self, array: Array) -> Any:
        raise AssertionError("all numbers at once")

    def parts(self, array: Array) -> Any:
        return iter(self._parts)


def described(*parts: Any, dtype: str = "float32") -> WeightStatistics:
    shape = (sum(part.size for part in parts),)
    return statistics("w", Array("w", shape, dtype, Numbers(*parts)))


# Numbers.


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint8", "int64"])
def test_numbers_are_those_of_numpy(tmp_path: pathlib.Path, dtype: str) -> None:
    values = (numpy.random.default_rng(3).normal(20, 9, (4, 3)) % 100).astype(dtype)
    found = kernel_of(tmp_path / "m.keras", values)
    exact = values.astype("float64")
    assert (found.shape, found.dtype, found.nan, found.infinite) == ((4, 3), dtype, 0, 0)
    assert found.mean == pytest.approx(exact.mean()) and found.deviation == pytest.approx(
        exact.std()
    )
    assert (found.least, found.most) == (exact.min(), exact.max())
    counts = numpy.histogram(exact, len(found.histogram))[0]
    assert list(found.histogram) == counts.tolist()
    assert len(found.histogram) == BINS and sum(found.histogram) == 12


def test_parts_give_what_the_whole_gives() -> None:
    values = numpy.random.default_rng(5).normal(1e3, 1e-2, 999)
    whole, parts = described(values), described(*numpy.split(values, [1, 2, 500]))
    assert parts.histogram == whole.histogram
    assert parts.mean == pytest.approx(whole.mean, rel=1e-12)
    assert parts.deviation == pytest.approx(values.std(), rel=1e-9)


def test_bfloat16_is_read(tmp_path: pathlib.Path) -> None:
    upper = (numpy.linspace(-1, 1, 12, dtype="float32").view("uint32") >> 16).astype("uint16")
    found = kernel_of(tmp_path / "m.keras", upper.reshape(4, 3).view("V2"))
    assert (found.dtype, found.least, found.most) == ("bfloat16", -1.0, 1.0)


def test_what_is_not_finite_is_counted() -> None:
    nan, inf = math.nan, math.inf
    found = described(numpy.array([nan, 1.0, inf]), numpy.array([-inf, 3.0, nan, nan]))
    assert (found.nan, found.infinite, found.mean, found.deviation) == (3, 2, 2.0, 1.0)
    assert (found.least, found.most, sum(found.histogram)) == (1.0, 3.0, 2)
    nothing = described(numpy.full(3, nan))
    assert (nothing.nan, nothing.mean, nothing.least, nothing.histogram) == (3, None, None, ())


def test_equal_numbers_have_one_bar_and_no_deviation() -> None:
    for value in (0.0, 1.0, -0.1, 5e-324, 1e308):
        found = described(numpy.full(7, value), numpy.full(2, value))
        assert (found.mean, found.deviation, list(found.histogram)) == (value, 0.0, [9])


def test_the_largest_numbers_do_not_overflow() -> None:
    most = numpy.finfo("float64").max
    found = described(numpy.array([-most, most, 0.0]), dtype="float64")
    assert (found.mean, found.least, found.most) == (0.0, -most, most)
    assert found.deviation == pytest.approx(most * (2 / 3) ** 0.5)


def test_integers_have_a_bar_each_where_they_are_few() -> None:
    found = described(numpy.array([-1, -1, 0, 2], "int8"), dtype="int8")
    assert list(found.histogram) == [2, 1, 0, 1]
    assert list(described(numpy.array([True, False, True]), dtype="bool").histogram) == [1, 2]


def test_an_array_without_numbers() -> None:
    assert described(numpy.zeros(0)) == WeightStatistics("w", (0,), "float32")


# Names.


def test_weights_in_groups_have_the_names_of_keras(tmp_path: pathlib.Path) -> None:
    lstm = layer("LSTM", "inner", units=2, return_sequences=True)
    both = layer("Bidirectional", "both", layer=lstm)
    noise = layer("Dropout", "noise", rate=0.5)

    def fill(layers: Any) -> None:
        for number, side in enumerate(("backward_layer", "forward_layer")):
            for place, shape in enumerate(((4, 8), (2, 8), (8,))):
                layers[f"bidirectional/{side}/cell/vars/{place}"] = numpy.full(shape, number)
        layers["dropout/seed_generator/vars/0"] = numpy.zeros(2, "uint32")

    config = sequential(both, noise, shape=(None, 5, 4))
    found = by_name(keras_file(tmp_path / "m.keras", fill, config))
    assert {name: weight.mean for name, weight in found.items()} == {
        "both.forward/cell/kernel": 1,
        "both.forward/cell/recurrent_kernel": 1,
        "both.forward/cell/bias": 1,
        "both.backward/cell/kernel": 0,
        "both.backward/cell/recurrent_kernel": 0,
        "both.backward/cell/bias": 0,
    }


@pytest.mark.parametrize("mark", ["", "_"])
def test_parts_of_attention_are_found_by_their_names(tmp_path: pathlib.Path, mark: str) -> None:
    attention = layer("MultiHeadAttention", "look", num_heads=2, key_dim=3, use_bias=False)
    parts = ("query", "key", "value", "attention_output")

    def fill(layers: Any) -> None:
        for number, part in enumerate(parts):
            name = {"attention_output": "output"}.get(part, part)
            shape = (2, 3, 6) if name == "output" else (6, 2, 3)
            values = numpy.full(shape, number)
            layers[f"multi_head_attention/{mark}{name}_dense/vars/0"] = values

    start = {"class_name": "InputLayer", "name": "x", "inbound_nodes": []}
    start["config"] = {"batch_shape": [None, 5, 6], "name": "x"}
    tensor = {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 5, 6], "dtype": "float32", "keras_history": ["x", 0, 0]},
    }
    call = {
        **attention,
        "name": "look",
        "inbound_nodes": [{"args": [tensor, tensor], "kwargs": {}}],
    }
    config = {"name": "m", "layers": [start, call], "input_layers": [["x", 0, 0]]}
    config["output_layers"] = [["look", 0, 0]]
    text = json.dumps({"class_name": "Functional", "config": config})
    found = by_name(keras_file(tmp_path / "m.keras", fill, text))
    assert {name: weight.mean for name, weight in found.items()} == {
        f"look.{part}/kernel": number for number, part in enumerate(parts)
    }


def test_numbers_after_nine_follow_in_order(tmp_path: pathlib.Path) -> None:
    def fill(layers: Any) -> None:
        for number in range(12):
            layers[f"dense/vars/{number}"] = numpy.full(number + 1, number)

    found = by_name(keras_file(tmp_path / "m.keras", fill))
    # A file with other weights than the layer has: the places in it.
    assert list(found) == [f"d.vars/{number}" for number in range(12)]


def test_weights_in_lists_have_the_names_of_keras(tmp_path: pathlib.Path) -> None:
    def file(name: str, shape: tuple[int, ...]) -> pathlib.Path:
        with h5py.File(tmp_path / name, "w") as file:
            file.attrs["model_config"] = DENSE
            root = file.create_group("model_weights")
            root.attrs["layer_names"] = [b"d"]
            group = root.create_group("d")
            group.attrs["weight_names"] = [b"d_1/W:0", b"d_1/b:0"]
            group["d_1/W:0"], group["d_1/b:0"] = numpy.ones(shape), numpy.zeros(3)
        return tmp_path / name

    assert list(by_name(file("m.h5", (4, 3)))) == ["d.kernel", "d.bias"]
    assert list(by_name(file("other.h5", (9, 9)))) == ["d.W", "d.b"]


def test_a_spec_has_the_weights_of_its_saved_branches(tmp_path: pathlib.Path) -> None:
    def fill(layers: Any) -> None:
        layers["dense/vars/0"], layers["dense/vars/1"] = numpy.ones((4, 3)), numpy.zeros(3)

    path = keras_file(tmp_path / "m.keras", fill)
    text = f"branches:\n  a: {{model: {path}}}\n  b: {{input: [3]}}\nmerge: Add\nhead: [Dense: 2]\n"
    network = compile_spec(Source(text, str(tmp_path / "spec.yaml"))).network
    assert network is not None
    (index,) = weight_statistics(network)
    assert network.graph.nodes[index].branch == "a"
    plain = compile_spec(Source("input: [3]\nlayers: [Dense: 2]\n", "spec.yaml")).network
    assert plain is not None and weight_statistics(plain) == {}


def test_a_config_has_no_weights(tmp_path: pathlib.Path) -> None:
    (tmp_path / "m.json").write_text(DENSE)
    assert by_name(tmp_path / "m.json") == {}


# Large files, and those that are made to do harm.


@pytest.mark.parametrize("options", [{}, {"chunks": (1 << 12, 512), "compression": "gzip"}])
def test_a_large_array_is_never_in_memory_as_a_whole(
    tmp_path: pathlib.Path, options: dict[str, object]
) -> None:
    def fill(layers: Any) -> None:
        data = numpy.random.default_rng(1).integers(0, 64, (1 << 12, 1 << 12), "uint8")
        layers.create_dataset("dense/vars/0", data=data.astype("float16"), **options)

    path = keras_file(tmp_path / "m.keras", fill)
    tracemalloc.start()
    try:
        (found,) = by_name(path).values()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (found.least, found.most) == (0, 63) and found.mean == pytest.approx(31.5, abs=0.02)
    assert sum(found.histogram) == 1 << 24
    # As float64 it would have 128 MiB.
    assert peak < 60 << 20


def test_chunks_that_were_never_written_are_zeros(tmp_path: pathlib.Path) -> None:
    def fill(layers: Any) -> None:
        data = layers.create_dataset("dense/vars/0", (600, 100), "float32", chunks=(7, 9))
        data[:50, :3] = 2

    (found,) = by_name(keras_file(tmp_path / "m.keras", fill)).values()
    assert found.mean is not None and sum(found.histogram) == 60000
    assert found.histogram[0] == 60000 - 150 and found.mean == pytest.approx(300 / 60000)


def test_an_array_that_claims_more_than_the_file_has_is_refused(tmp_path: pathlib.Path) -> None:
    def fill(layers: Any) -> None:
        layers.create_dataset("dense/vars/0", (1 << 20, 1 << 16), "float32", chunks=(1 << 10, 1))

    with pytest.raises(Unreadable, match=r"m\.keras`: .* claims 274,877,906,944 bytes") as caught:
        by_name(keras_file(tmp_path / "m.keras", fill))
    assert caught.value.code == "unsafe-model"


def test_numbers_that_cannot_be_read_are_damage(tmp_path: pathlib.Path) -> None:
    def fill(layers: Any) -> None:
        data = layers.create_dataset("dense/vars/0", (4, 3), "float32", compression="gzip")
        data.id.write_direct_chunk((0, 0), b"short")

    with pytest.raises(Unreadable, match=r"m\.keras`: is damaged at `vars/0`"):
        by_name(keras_file(tmp_path / "m.keras", fill))


def test_a_chunk_that_is_too_large_is_refused(tmp_path: pathlib.Path) -> None:
    size = (1 << 27) + 8

    def fill(layers: Any) -> None:
        data = layers.create_dataset(
            "dense/vars/0", (size,), "uint8", chunks=(size,), compression="gzip"
        )
        # Stored bytes that account for the size, without the work of making them.
        data.id.write_direct_chunk((0,), b"x" * (1 << 20))

    with pytest.raises(Unreadable, match="a chunk of 134,217,736 bytes"):
        by_name(keras_file(tmp_path / "m.keras", fill))


@pytest.mark.keras
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_names_and_numbers_are_those_of_keras(tmp_path: pathlib.Path, ending: str) -> None:
    import keras

    layers = keras.layers
    start = layers.Input((6, 4))
    x = layers.Conv1D(4, 3, padding="same", name="conv")(start)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.SeparableConv1D(4, 3, padding="same", name="separable")(x)
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True), name="both")(x)
    x = layers.MultiHeadAttention(2, 3, name="attention")(x, x)
    x = layers.TimeDistributed(layers.Dense(5), name="each")(x)
    x = layers.LSTM(3, name="lstm")(x)
    model = keras.Model(start, x)
    random = numpy.random.default_rng(1)
    model.set_weights([random.normal(size=weight.shape) for weight in model.get_weights()])
    model.save(tmp_path / f"m.{ending}")
    found: dict[str, list[WeightStatistics]] = {}
    for name, weight in by_name(tmp_path / f"m.{ending}").items():
        found.setdefault(name.partition(".")[0], []).append(weight)
    for part in model.layers:
        expected = [variable.numpy() for variable in part.weights]
        seen = found.pop(part.name, [])
        assert [weight.shape for weight in seen] == [values.shape for values in expected]
        last = [variable.path.split("/")[-1] for variable in part.weights]
        assert [weight.name.split("/")[-1] for weight in seen] == last
        for weight, values in zip(seen, expected):
            assert weight.mean == pytest.approx(values.mean(), abs=1e-6), weight.name
            assert weight.deviation == pytest.approx(values.std(), rel=1e-5)
    assert not found
