"""What a backend does not have is an error where it is written."""

from __future__ import annotations

import pathlib

import pytest
from click.testing import CliRunner

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

SPEC = "input: [8, 8, 3]\nlayers:\n  - UpSampling2D: {interpolation: VALUE}\n  - Resizing: {height: 4, width: 4}\n"


@pytest.mark.parametrize(
    ("backend", "value", "others"),
    [
        ("tensorflow", "area", None),
        ("jax", "lanczos5", None),
        ("torch", "bicubic", None),
        ("jax", "area", "`tensorflow`"),
        ("torch", "area", "`tensorflow`"),
        ("torch", "lanczos3", "`tensorflow` or `jax`"),
    ],
)
def test_an_interpolation_that_a_backend_lacks(
    backend: str, value: str, others: str | None, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "a.yaml").write_text(SPEC.replace("VALUE", value))
    arguments = ["validate", str(tmp_path / "a.yaml"), "--backend", backend]
    result = CliRunner().invoke(cli, arguments)
    CliRunner().invoke(cli, ["validate", str(tmp_path / "a.yaml")])
    assert result.exit_code == (0 if others is None else 1), result.output
    if others is not None:
        assert (
            f"a.yaml:3:35: error[wrong-value]: cannot be run by the backend"
            f" `{backend}` with `interpolation: {value}`" in result.output
        )
        assert f"take another value, or the backend {others}" in result.output


@pytest.mark.parametrize(("variable", "code"), [("torch", 1), ("tensorflow", 0)])
def test_the_variable_chooses_the_backend_of_a_check(
    variable: str, code: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text(SPEC.replace("VALUE", "area"))
    monkeypatch.setenv("KERAS_BACKEND", variable)
    result = CliRunner().invoke(cli, ["validate", str(tmp_path / "a.yaml")])
    assert result.exit_code == code, result.output


DROPOUT = "input: [4]\nlayers: [{Dropout: {rate: 0.5, seed: VALUE}}]\n"
DENSE = "input: [4]\nlayers: [{Dense: {units: 3, kernel_initializer: {HeNormal: {seed: VALUE}}}}]\n"
INTEGERS = "input: [4]\nlayers: [{Dense: {units: 3, dtype: VALUE}}]\n"


@pytest.mark.parametrize(
    ("spec", "value", "backend", "message"),
    [
        (DROPOUT, "-2", "tensorflow", None),
        (DROPOUT, "-2", "torch", None),
        (DROPOUT, "-2", "jax", "must be from 0 to 4294967295 with the backend `jax`"),
        (DROPOUT, "4294967295", "jax", None),
        (
            DROPOUT,
            "4294967295",
            "torch",
            "must be from -2147483648 to 2147483647 with the backend `torch`",
        ),
        (DENSE, "4294967296", "torch", None),
        (DENSE, "4294967296", "jax", "must be from 0 to 4294967295 with the backend `jax`"),
        (INTEGERS, "int8_from_int32", "jax", None),
        (
            INTEGERS,
            "int8_from_int32",
            "torch",
            "cannot have the trainable weight `bias` of dtype int32 with the backend `torch`",
        ),
    ],
)
def test_seeds_and_weights_that_a_backend_cannot_have(
    spec: str, value: str, backend: str, message: str | None, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "a.yaml").write_text(spec.replace("VALUE", value))
    result = CliRunner().invoke(cli, ["validate", str(tmp_path / "a.yaml"), "--backend", backend])
    CliRunner().invoke(cli, ["validate", str(tmp_path / "a.yaml")])
    assert result.exit_code == (0 if message is None else 1), result.output
    assert message is None or message in result.output


@pytest.mark.parametrize(
    ("backend", "dtype"), [("tensorflow", "int64"), ("jax", "int32"), ("torch", "int32")]
)
def test_only_tensorflow_combines_integers_of_64_bits(
    backend: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", backend)
    spec = "inputs: {a: {shape: [2], dtype: int64}}\nlayers: [{ops.add: {}, from: [a, a]}]\n"
    compiled = compile_spec(Source(spec, "a.yaml"))
    assert compiled.network is not None, compiled.errors
    (target,) = compiled.network.graph.outputs.targets
    assert compiled.network.results[target.producer][0].dtype == dtype


@pytest.mark.parametrize(
    ("axis", "is_last"),
    [
        ("-1", True),
        ("[1, -1]", True),
        ("[1, 2]", False),
        ("[2, 3]", True),
        ("[1, 3]", True),
        ("1", False),
    ],
)
@pytest.mark.parametrize(
    "layer", ["LayerNormalization", "ops.layer_normalization", "ops.rms_normalization"]
)
def test_pytorch_normalizes_along_the_last_axes(
    layer: str, axis: str, is_last: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = f"input: [4, 5, 6]\nlayers: [{{{layer}: {{axis: {axis}}}}}]\n"
    for backend, is_accepted in (("jax", True), ("torch", is_last)):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        compiled = compile_spec(Source(spec, "a.yaml"))
        messages = [error.message for error in compiled.errors]
        assert (messages == []) is is_accepted
        assert is_accepted or "normalizes only along the last axes" in messages[0]


@pytest.mark.parametrize(
    ("operation", "shape", "backends"),
    [
        ("ops.percentile", "[2, 3]", {"jax", "torch"}),
        ("ops.nanquantile", "[2, 3]", {"jax", "torch"}),
        ("ops.quantile", "[2, 3]", set()),
        ("ops.percentile", "[3]", set()),
        ("ops.vdot", "[4, 8]", {"torch"}),
        ("ops.vdot", "[8]", set()),
    ],
)
def test_operations_of_fewer_dimensions(
    operation: str, shape: str, backends: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shape if operation == "ops.vdot" else "[4, 8]"
    inputs = f"inputs: {{a: {{batch_shape: {first}}}, b: {{batch_shape: {shape}}}}}"
    spec = f"{inputs}\nlayers: [{{{operation}: {{}}, from: [a, b]}}]\n"
    for backend in ("tensorflow", "jax", "torch"):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        messages = [error.message for error in compile_spec(Source(spec, "a.yaml")).errors]
        assert bool(messages) is (backend in backends), messages
        assert not messages or f"with the backend `{backend}`, " in messages[0]


@pytest.mark.parametrize(
    ("layer", "dtype", "backends"),
    [
        ("CategoryEncoding: {num_tokens: 4, sparse: true}", "int32", {"torch"}),
        ("Discretization: {num_bins: 4, output_mode: count, sparse: true}", "float32", {"torch"}),
        ("ops.one_hot: {num_classes: 4, sparse: true}", "int32", {"torch"}),
        ("ops.multi_hot: {num_classes: 4, sparse: true}", "int32", set()),
        (
            "StringLookup: {vocabulary: [a], output_mode: multi_hot, sparse: true}",
            "string",
            {"jax", "torch"},
        ),
    ],
)
def test_sparse_results(
    layer: str, dtype: str, backends: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = f"input: {{shape: [4], dtype: {dtype}}}\nlayers: [{{{layer}}}]\n"
    for backend in ("tensorflow", "jax", "torch"):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        messages = [error.message for error in compile_spec(Source(spec, "a.yaml")).errors]
        assert bool(messages) is (backend in backends), messages
        assert not messages or "with `sparse: true`" in messages[0]


@pytest.mark.parametrize(
    ("layer", "backends", "message"),
    [
        (
            "BatchNormalization: {synchronized: true}",
            {"jax", "torch"},
            "cannot be run by the backend",
        ),
        ("RMSNormalization: {axis: []}", {"torch"}, "needs an axis"),
        (
            "Dense: {units: 2, kernel_initializer: {RandomNormal: {stddev: -1}}}",
            {"torch"},
            "has a negative `stddev`",
        ),
        (
            "Dense: {units: 2, dtype: float16, kernel_initializer: orthogonal}",
            {"jax", "torch"},
            "begins weights of other dtypes",
        ),
    ],
)
def test_what_some_backends_lack(
    layer: str, backends: set[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for backend in ("tensorflow", "jax", "torch"):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        compiled = compile_spec(Source(f"input: [4, 5]\nlayers: [{{{layer}}}]\n", "a.yaml"))
        messages = [error.message for error in compiled.errors]
        assert bool(messages) is (backend in backends), (backend, messages)
        assert not messages or message in messages[0]


@pytest.mark.parametrize(
    ("layer", "dtype", "results"),
    [
        ("RandomBrightness: {factor: 0.1}", "uint8", {"jax": "uint8", "torch": "uint8"}),
        ("RandomBrightness: {factor: 0.1}", "bool", {"jax": "int32", "torch": "int32"}),
        ("Resizing: {height: 4, width: 4}", "int32", {"tensorflow": "float32", "jax": "int32"}),
        ("UpSampling2D", "uint8", {"tensorflow": "uint8", "jax": "uint8", "torch": "uint8"}),
        ("Equalization", "uint8", {"jax": "float32", "torch": "float32"}),
        ("GaussianNoise: {stddev: 0.1}", "int32", {"jax": "float32", "tensorflow": "takes floats"}),
        ("Dropout: {rate: 0.1}", "int32", {"jax": "takes floats", "torch": "takes floats"}),
        ("Dropout: {rate: 0}", "int32", {"jax": "int32", "tensorflow": "int32"}),
        ("SpatialDropout2D: {rate: 0.1}", "int32", {"jax": "takes floats", "torch": "float32"}),
        ("RandomCrop: {height: 4, width: 4}", "float32", {"jax": "cannot be traced"}),
        ("MixUp", "float32", {"jax": "cannot be traced", "torch": "float32"}),
        ("RandomElasticTransform", "float32", {"jax": "cannot be traced", "torch": "float32"}),
    ],
)
def test_a_pipeline_gives_what_a_backend_traces(
    layer: str, dtype: str, results: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = layer if ":" in layer else f"{layer}: {{}}"
    spec = (
        f"input: {{shape: [8, 8, 3], dtype: {dtype}}}\n"
        f"layers: [{{Pipeline: {{layers: [{{{layer}}}]}}}}]\n"
    )
    for backend, result in results.items():
        monkeypatch.setenv("KERAS_BACKEND", backend)
        compiled = compile_spec(Source(spec, "a.yaml"))
        if compiled.network is None:
            assert result in compiled.errors[0].message, (backend, compiled.errors)
        else:
            (target,) = compiled.network.graph.outputs.targets
            assert compiled.network.results[target.producer][0].dtype == result, backend


def test_a_dtype_of_the_run_is_followed_through_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum of bytes has no complex numbers, nor has what is made of it, whatever Keras declares."""
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    spec = """\
input: {shape: [2, 3], dtype: uint8, name: x}
layers:
  - Add: {dtype: complex128, name: sum}
    from: [x, x]
  - ops.geomspace: {name: steps}
    from: [sum, x]
  - ops.where: {name: same}
    from: [steps, steps, steps]
  - ops.sort
"""
    assert not compile_spec(Source(spec, "a.yaml")).errors


def test_low_rank_factors_are_floats_whatever_the_policy_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    layer = "Dense: {units: 1, lora_rank: 7, dtype: int8_from_int32, use_bias: false}"
    compiled = compile_spec(Source(f"input: [7]\nlayers: [{{{layer}}}]\n", "a.yaml"))
    assert compiled.network is not None, compiled.errors
    (weights,) = (one for one in compiled.network.weights if one)
    assert {w.dtype for w in weights if w.name.startswith("lora")} == {"float32"}
