"""Operations that Keras wires, and some backends cannot run: which, and what says so."""

from __future__ import annotations

import re

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

ALL = {"tensorflow", "jax", "torch"}
TF = {"tensorflow"}
#: The operation, its tensors, the backends that cannot run it, and the message.
CASES = [
    ("diag: {k: 2}", "[3, 2]", TF, "has no diagonal at 2"),
    ("diag: {k: -2}", "[3, 2]", set(), ""),
    ("diagonal: {offset: -3}", "[3, 2]", TF, "has no diagonal at -3"),
    ("trace: {offset: 4}", "[3, 2]", TF, "has no diagonal at 4"),
    ("trace: {offset: 2}", "[3, 2]", set(), ""),
    ("histogram", "[3]", ALL, "cannot be run in a model"),
    ("conv_transpose", "[2, 6, 4, 3] [2, 2, 4, 3]", ALL, "cannot be run in a model"),
    ("triu: {k: -3}", "[2, 2]", TF, "has no diagonal at -3"),
    ("tril: {k: 2}", "[2, 2]", set(), ""),
    ("corrcoef", "[3]", TF, "takes 2 dimensions, "),
    ("corrcoef", "[2, 3, 2]", ALL, "dimensions, "),
    ("correlate", "[3] [6]", TF, "takes the longer tensor first"),
    ("correlate: {mode: full}", "[3] [6]", set(), ""),
    ("ctc_decode: {mask_index: 2}", "[2, 6, 2] [2]:int32", TF, "has no class 2"),
    ("ctc_decode", "[4, 6, 2] [2]:int32", ALL, "takes a length for each sequence"),
    ("ctc_decode: {strategy: beam_search, top_paths: 7, beam_width: 3}", "[2, 6, 4] [2]:int32", TF, "cannot give 7 paths"),
    ("fold: {output_size: 1, kernel_size: 1}", "[2, 4, 9]", ALL, "takes a column for each window, of which there are 1 by 1"),
    ("image.affine_transform: {fill_mode: mirror}", "[2, 4, 6, 3] [2, 8]", TF, "does not take `mirror`"),
    ("image.affine_transform", "[2, 4, 6, 3] [1, 8]", {"jax", "torch"}, "takes 8 numbers for each image"),
    ("image.affine_transform", "[2, 4, 6, 3] [2, 6]", ALL, "takes 8 numbers for each image"),
    ("image.extract_patches: {size: 2, dilation_rate: 2}", "[2, 4, 6, 3]", TF, "takes strides of 1"),
    ("image.extract_patches: {size: 2, dilation_rate: 2, strides: 1}", "[2, 4, 6, 3]", set(), ""),
    ("image.sobel_edges", "[2, 4, 1, 3]", TF, "takes images of at least 2 by 2"),
    ("image.ssim: {filter_size: 2}", "[2, 6, 6, 3] [2, 6, 8, 3]", ALL, "takes images of one shape"),
    ("image.pad_images: {target_height: 3, top_padding: 0, right_padding: 2, target_width: 2}", "[2, null, null, 1]", ALL, "cannot make 2 of 1"),
    ("in_top_k: {k: 1}", "[2, 2]:int32 [2, 4]", ALL, "takes a class for each row"),
    ("kron", "[2, 2, 2] [2, 2, 2]", TF, "takes 0 or 1 or 2 dimensions"),
    ("layer_normalization", "[2, 3, 2] [6, 2, 2]", ALL, "takes a number for each element along `axis`"),
    ("layer_normalization", "[2, 3] [2, 3]", {"torch"}, "takes a number for each element along `axis`"),
    ("log_softmax: {axis: []}", "[3]", ALL, "needs an axis"),
    ("norm", "[]", TF, "takes the norm along one axis or two"),
    ("norm", "[2, 2, 2]", TF, "takes the norm along one axis or two"),
    ("norm: {axis: [0, 1, 2]}", "[2, 2, 2]", ALL, "takes the norm along one axis or two"),
    ("normalize: {axis: null, order: 6}", "[2, 2]", ALL, "has no norm of order 6 along 2 axes"),
    ("normalize: {axis: null, order: 1}", "[2, 2]", set(), ""),
    ("pad: {pad_width: 1, mode: edge}", "[2]", {"tensorflow", "torch"}, "cannot pad by `edge`"),
    ("pad: {pad_width: 1, constant_values: 1.0}", "[2]:int32", TF, "cannot pad integers with 1.0"),
    ("psnr: {max_val: 1.0}", "[1, 4] [2, 4]", ALL, "takes tensors of one shape"),
    ("repeat: {repeats: [1, 0], axis: null}", "[6, 2]", ALL, "by a list of 2 numbers"),
    ("roll: {shift: [1]}", "[4, 4]", TF, "takes one shift for one axis"),
    ("roll: {shift: 1, axis: [0, 1]}", "[4, 4]", {"tensorflow", "torch"}, "takes one shift for one axis"),
    ("scatter: {shape: [5, 2]}", "[4, 1]:int32 [2, 2]", ALL, "takes values of shape (4, 2)"),
    ("scatter_update", "[6, 2] [4, 1]:int32 [4, 1]", TF, "takes values of shape (4, 2)"),
    ("searchsorted", "[4] [4, 4]", TF, "takes values of 1 dimension"),
    ("searchsorted", "[4] [1, 4]", set(), ""),
    ("dot_product_attention", "[4, 4, 2, 3] [2, 6, 2, 3] [2, 6, 2, 3]", ALL, "cannot attend"),
    ("dot_product_attention", "[4, 4, 2, 3] [1, 6, 2, 3] [1, 6, 2, 3]", TF, "cannot attend"),
    ("argpartition: {kth: 1, axis: -1}", "[2, 4, 3]", TF, "does not distinguish the rows"),
    ("argpartition: {kth: 9}", "[4, 3]", {"jax", "torch"}, "cannot take the element of rank 9 of 3"),
    ("geomspace: {dtype: int32}", "[4] [4]", TF, "does not compute values of int32"),
    ("logspace: {dtype: uint8}", "[4] [4]", TF, "does not compute values of uint8"),
    ("linspace: {dtype: uint64}", "[4] [4]", {"torch"}, "does not compute values of uint64"),
    ("linspace: {dtype: int8}", "[4] [4]", set(), ""),
    ("geomspace: {axis: -1}", "[4] [4]", {"tensorflow", "torch"}, "first axis"),
    ("nanmedian: {axis: -1}", "[4, 4]:int32", TF, "takes floats along an axis"),
    ("nanquantile: {axis: -1}", "[4, 4]:int32 []", TF, "takes floats along an axis"),
    ("cast: {dtype: float8_e5m2}", "[4]:int32", TF, "cannot convert"),
    ("array: {dtype: float32}", "[4]:string", TF, "cannot convert"),
    ("ones_like: {dtype: float32}", "[4]:string", set(), ""),
    ("ones_like", "[4]:string", ALL, "takes numbers"),
    ("bitwise_and", "[4] [4]", ALL, "does not take float32"),
    ("sign", "[4]:uint64", {"tensorflow", "torch"}, "does not take uint64"),
    ("cdist", "[2, 4] [2, 4]:int32", TF, "takes tensors of one dtype"),
    ("slice: {shape: [1, 2]}", "[4, 4] [2]", {"tensorflow", "jax"}, "has dtype float32"),
    ("segment_sum: {num_segments: 3}", "[4, 4] [4]", {"tensorflow", "jax"}, "has dtype float32"),
    ("take_along_axis: {axis: 1}", "[4, 4] [4, 4]", {"jax"}, "has dtype float32"),
    ("equal", "[4]:float8_e4m3fn [4]", ALL, "float8_e4m3fn"),
    ("searchsorted", "[4] [2]:float8_e5m2", ALL, "float8_e5m2"),
    ("segment_sum: {num_segments: 3, sorted: true}", "[4, 4] [4]:int32", TF, "takes no `num_segments` where `sorted` is true"),
    ("moments: {axes: [1], synchronized: true}", "[4, 4]", {"jax", "torch"}, "with `synchronized: true`"),
    ("moments: {axes: [1], synchronized: true}", "[4, 4]:uint8", {"jax", "torch"}, "with `synchronized: true`"),
    ("image.resize: {size: [4, 4], interpolation: area}", "[2, 8, 8, 3]", {"jax", "torch"}, "with `interpolation: area`"),
    ("convert_to_tensor: {ragged: true}", "[4]", {"jax", "torch"}, "with `ragged: true`"),
    ("unique: {return_index: true}", "[4, 3]", {"torch"}, "gives no `return_index` of several axes"),
    ("unique: {return_index: true, axis: 0}", "[4, 3]", set(), ""),
    ("categorical_crossentropy: {from_logits: true}", "[4, 3] [4, 3]:int32", {"tensorflow", "torch"}, "dtype int32"),
    ("scatter_update: {reduction: max}", "[4]:complex64 [2, 1]:int32 [2]:complex64", {"tensorflow", "torch"}, "does not compute `max` of complex64"),
    ("scatter_update: {reduction: add}", "[4]:bool [2, 1]:int32 [2]:bool", {"tensorflow", "jax"}, "does not compute `add` of bool"),
    ("scatter_update: {reduction: mul}", "[4]:bool [2, 1]:int32 [2]:bool", {"jax"}, "does not compute `mul` of bool"),
    ("max_pool: {pool_size: 2}", "[2, 8, 8, 3]", {"jax"}, "with `strides: null`"),
    ("average_pool: {pool_size: 2, strides: 2, padding: same}", "[2, 8, 8, 3]", set(), ""),
    ("gelu: {approximate: false}", "[4]:complex64", ALL, "complex64"),
    ("categorical_crossentropy: {from_logits: true}", "[4, 3]:bool [4, 3]:bool", ALL, "dtype bool"),
    ("max: {initial: 0.5}", "[4]:int32", TF, "cannot compare"),
    ("min: {initial: 3}", "[4]:int32", set(), ""),
    ("select", "[4] [4]", {"torch"}, "takes truth values as conditions"),
    ("view: {dtype: float8_e5m2}", "[4]", TF, "cannot see bytes as float8_e5m2"),
    ("view: {dtype: uint8}", "[4]", set(), ""),
    ("image.elastic_transform: {sigma: -2.0}", "[2, 4, 6, 3]", ALL, "the Gaussian kernel has no elements"),
    ("image.elastic_transform: {sigma: -0.3}", "[2, 4, 6, 3]", {"jax", "torch"}, "the Gaussian kernel has no elements"),
    ("subtract", "[4]:float8_e5m2 [4]:float8_e5m2", ALL, "cannot combine"),
]  # fmt: skip


def spec(entry: str, tensors: str) -> str:
    """Return a spec of an operation of tensors such as `[2, 3]:int32 []`."""
    found = re.findall(r"(\[[^\]]*\])(?::(\w+))?", tensors)
    inputs = ", ".join(
        f"x{place}: {{batch_shape: {shape}, dtype: {dtype or 'float32'}}}"
        for place, (shape, dtype) in enumerate(found)
    )
    names = ", ".join(f"x{place}" for place in range(len(found)))
    source = names if len(found) == 1 else f"[{names}]"
    layer = f"ops.{entry}" if ":" in entry else f"ops.{entry}: {{}}"
    return f"inputs: {{{inputs}}}\nlayers: [{{{layer}, from: {source}}}]\n"


@pytest.mark.parametrize(("entry", "tensors", "backends", "message"), CASES)
def test_what_a_backend_cannot_run_is_an_error(
    entry: str, tensors: str, backends: set[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for backend in sorted(ALL):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        errors = compile_spec(Source(spec(entry, tensors), "a.yaml")).errors
        assert bool(errors) is (backend in backends), (backend, errors)
        assert all(message in error.message for error in errors), errors


@pytest.mark.parametrize("name", ["linspace", "logspace", "geomspace"])
def test_pytorch_has_no_values_between_a_tensor_and_a_number(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"input: [3]\nlayers: [{{ops.{name}: {{}}, from: [input, 0.5]}}]\n"
    for backend in sorted(ALL):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        errors = compile_spec(Source(text, "a.yaml")).errors
        assert bool(errors) is (backend == "torch" and name != "geomspace")
        assert all("`0.5` is a number" in error.message for error in errors)


@pytest.mark.keras
@pytest.mark.parametrize(("entry", "tensors", "backends", "message"), CASES)
def test_the_backend_agrees(entry: str, tensors: str, backends: set[str], message: str) -> None:
    import keras

    from mergecli.runtime.build import build
    from tools.random_models import running

    backend = keras.backend.backend()
    if "string" in tensors and backend != "tensorflow":
        pytest.skip("only TensorFlow has tensors of strings")
    text = spec(entry, tensors)
    if backend not in backends:
        network = compile_spec(Source(text, "a.yaml")).network
        assert network is not None
        model = build(network)
        assert running.failure(model.inputs, model.outputs) is None
