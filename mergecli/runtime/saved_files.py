"""A file that Keras has written -> its inputs and outputs, and what it computes. Each format is loaded by what serves it."""

from __future__ import annotations

import contextlib
import re
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Callable, Iterable, Mapping, NamedTuple, Sequence, TypedDict

from mergecli.catalog.shapes import Shape
from mergecli.diagnostics.files import open_regular
from mergecli.diagnostics.suggestions import listed
from mergecli.importers.keras.containers import Container
from mergecli.runtime import keras_files, random_inputs
from mergecli.runtime.keras_settings import no_weights
from mergecli.runtime.model_weights import differing_layer

if TYPE_CHECKING:
    import keras
    import numpy as np
    import onnx
    import openvino
    import tensorflow

#: ONNX's numbers for dtypes.
_ONNX_DTYPES = (
    None, "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64", "uint32", "uint64",
    "complex64", "complex128", "bfloat16",
)  # fmt: skip


class End(NamedTuple):
    """An input or output: its name, or the names that it may have; its shape, None where that is unknown; its dtype."""

    name: str
    shape: Shape | None
    dtype: str | None


class SavedFile(NamedTuple):
    """A file that was loaded.

    Attributes:
        inputs: The inputs that it has, in its order.
        outputs: The outputs that it has, in its order.
        run: Takes arrays in the order of the inputs, and returns those of the outputs; None where
            only the parts of the file are compared.
        reader: What runs it, in messages.
        note: What someone who uses the file must know; empty if there is nothing.
    """

    inputs: list[End]
    outputs: list[End]
    run: Callable[[Sequence[np.ndarray]], list[np.ndarray]] | None
    reader: str
    note: str = ""


def load_keras(path: str, model: keras.Model) -> SavedFile:
    """Load a `.keras` or `.h5` file.

    Raises:
        ValueError: Its weights are not those of the model.
    """
    import keras  # optional

    loaded, complete = None, False
    if keras_files.is_large(model):
        # What Keras cannot make without weights, such as a state, is loaded as a whole.
        with contextlib.suppress(Exception):
            loaded = _without_weights(path)
    if loaded is None:
        loaded, complete = keras.saving.load_model(path, compile=False), True
    else:
        other = differing_layer(model, path)
        if other is not None:
            raise ValueError(f"the weights of `{other}` are not those of the model")
    names = [tensor.name for tensor in loaded.inputs]
    outputs = loaded.output
    keys = (
        sorted(outputs) if isinstance(outputs, dict) else [None] * len(keras.tree.flatten(outputs))
    )
    layers = [
        key if key is not None else tensor._keras_history.operation.name
        for key, tensor in zip(keys, keras.tree.flatten(outputs))
    ]
    return SavedFile(
        _keras_ends(names, loaded.inputs),
        _keras_ends(layers, keras.tree.flatten(outputs)),
        (lambda inputs: random_inputs.run(loaded, inputs)) if complete else None,
        "Keras",
    )


def _without_weights(path: str) -> keras.Model:
    """Return the model in a file that was just written, without its weights."""
    import keras  # optional

    config = dict(Container(path).config())
    for key in ("compile_config", "keras_version"):
        config.pop(key, None)
    with no_weights(keras):
        if path.lower().endswith(".keras"):
            return keras.saving.deserialize_keras_object(config)
        from keras.src.legacy.saving import saving_options, saving_utils  # optional

        with saving_options.keras_option_scope(use_legacy_config=True):
            return saving_utils.model_from_config(config)


def _keras_ends(names: Sequence[str], tensors: Sequence[keras.KerasTensor]) -> list[End]:
    return [End(name, tuple(tensor.shape), tensor.dtype) for name, tensor in zip(names, tensors)]


def load_weights(path: str, model: keras.Model) -> None:
    """Load a `.weights.h5` file into the model from which it was written."""
    model.load_weights(path)


def load_saved_model(path: str, model: keras.Model) -> SavedFile:
    """Load a SavedModel with TensorFlow."""
    import tensorflow  # optional

    loaded = tensorflow.saved_model.load(path)
    signature = loaded.signatures["serving_default"]

    def ends(specs: Mapping[str, tensorflow.TensorSpec]) -> list[End]:
        return [
            End(
                name,
                None if spec.shape.rank is None else tuple(spec.shape.as_list()),
                spec.dtype.name,
            )
            for name, spec in specs.items()
        ]

    inputs, outputs = (
        ends(signature.structured_input_signature[1]),
        ends(signature.structured_outputs),
    )

    def run(values: Sequence[np.ndarray]) -> list[np.ndarray]:
        tensors = {
            end.name: tensorflow.constant(value, dtype=end.dtype)
            for end, value in zip(inputs, values)
        }
        results = signature(**tensors)
        # The signature belongs to what was loaded, which must live as long.
        assert loaded is not None
        return [results[end.name].numpy() for end in outputs]

    return SavedFile(inputs, outputs, run, "TensorFlow")


def load_onnx(path: str, model: keras.Model) -> SavedFile:
    """Load an `.onnx` file with ONNX Runtime."""
    import onnx  # optional
    import onnxruntime  # optional

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    graph = onnx.load(path, load_external_data=False).graph

    def ends(values: Iterable[onnx.ValueInfoProto]) -> list[End]:
        found = []
        for value in values:
            tensor = value.type.tensor_type
            sizes = tuple(
                size.dim_value if size.HasField("dim_value") else None for size in tensor.shape.dim
            )
            number = tensor.elem_type
            found.append(
                End(
                    value.name,
                    sizes if tensor.HasField("shape") else None,
                    _ONNX_DTYPES[number] if number < 17 else None,
                )
            )
        return found

    inputs, outputs = ends(graph.input), ends(graph.output)

    def run(values: Sequence[np.ndarray]) -> list[np.ndarray]:
        feeds = {end.name: value for end, value in zip(inputs, values)}
        results: list[np.ndarray] = session.run(None, feeds)
        return results

    return SavedFile(inputs, outputs, run, "ONNX Runtime")


class _LiteRtDetails(TypedDict):
    """What an interpreter says of a tensor."""

    shape_signature: Sequence[int]
    dtype: type[np.generic]


def load_litert(path: str, model: keras.Model) -> SavedFile:
    """Load a `.tflite` file with the interpreter of LiteRT, or of TensorFlow, which is to leave it some day."""
    import numpy  # optional

    package = "ai_edge_litert" if find_spec("ai_edge_litert") else "tensorflow.lite.python"
    interpreter = import_module(f"{package}.interpreter").Interpreter(model_path=path)
    runner = interpreter.get_signature_runner("serving_default")

    def ends(details: Mapping[str, _LiteRtDetails]) -> list[End]:
        found = []
        for name, detail in sorted(details.items(), key=lambda pair: _numbered(pair[0])):
            sizes = tuple(None if size < 0 else int(size) for size in detail["shape_signature"])
            dtype = (
                "string" if detail["dtype"] is numpy.bytes_ else numpy.dtype(detail["dtype"]).name
            )
            found.append(End(name, sizes or None, dtype))
        return found

    inputs, outputs = ends(runner.get_input_details()), ends(runner.get_output_details())

    def run(values: Sequence[np.ndarray]) -> list[np.ndarray]:
        results = runner(**{end.name: value for end, value in zip(inputs, values)})
        return [results[end.name] for end in outputs]

    foreign = _tensorflow_operations(path, package)
    if not foreign:
        return SavedFile(inputs, outputs, run, "LiteRT")
    note = (
        "it was not run, as only an interpreter with the Flex delegate does that: it has operations"
        f" of TensorFlow, {listed(foreign, 'and')}"
    )
    return SavedFile(inputs, outputs, None, "LiteRT", note)


def _numbered(name: str) -> tuple[str, int]:
    """Return a key that sorts `args_10` after `args_9`."""
    match = re.fullmatch(r"(.*?)(\d*)", name, re.DOTALL)
    assert match is not None
    return match[1], int(match[2] or -1)


def _tensorflow_operations(path: str, package: str) -> list[str]:
    """Return the operations in a `.tflite` file that are TensorFlow's, sorted.

    Args:
        path: The file.
        package: The package that has the schema of such files.
    """
    schema = import_module(f"{package}.schema_py_generated")
    with open_regular(path) as file:
        content = schema.Model.GetRootAs(file.read(), 0)
    codes = (content.OperatorCodes(i).CustomCode() for i in range(content.OperatorCodesLength()))
    return sorted({code.decode()[4:] for code in codes if code and code.startswith(b"Flex")})


def load_openvino(path: str, model: keras.Model) -> SavedFile:
    """Load an `.xml` file, and the `.bin` beside it, with OpenVINO."""
    import openvino  # optional

    core = openvino.Core()
    # By default a processor with shorter floats uses them.
    compiled = core.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def ends(ports: Iterable[openvino.ConstOutput]) -> list[End]:
        found = []
        for number, port in enumerate(ports):
            shape = port.get_partial_shape()
            sizes = (
                None
                if shape.rank.is_dynamic
                else tuple(None if size.is_dynamic else size.get_length() for size in shape)
            )
            found.append(End(f"#{number}", sizes, _openvino_dtype(port.get_element_type())))
        return found

    def run(values: Sequence[np.ndarray]) -> list[np.ndarray]:
        results = compiled(list(values))
        return [results[number] for number in range(len(compiled.outputs))]

    return SavedFile(ends(compiled.inputs), ends(compiled.outputs), run, "OpenVINO")


def _openvino_dtype(element: openvino.Type) -> str | None:
    """Return the dtype of an element type of OpenVINO; None if NumPy has none for it."""
    try:
        return str(element.to_dtype().name)
    except RuntimeError:
        return "string" if element.get_type_name() == "string" else None


def load_torch(path: str, model: keras.Model) -> SavedFile:
    """Load a `.pt2` file with PyTorch."""
    import keras  # optional
    import torch  # optional

    program = torch.export.load(path)
    module = program.module()

    def ends(names: Iterable[object], values: Mapping[str, torch.Tensor]) -> list[End]:
        found = []
        for name in names:
            tensor = values.get(str(name))
            if tensor is not None:
                sizes = tuple(size if isinstance(size, int) else None for size in tensor.shape)
                found.append(End(str(name), sizes, str(tensor.dtype).removeprefix("torch.")))
        return found

    values = {node.name: node.meta["val"] for node in program.graph.nodes if "val" in node.meta}
    signature = program.graph_signature

    def run(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        tensors = [torch.as_tensor(array) for array in arrays]
        results = module(tensors[0] if len(tensors) == 1 else tensors)
        return [tensor.detach().numpy() for tensor in keras.tree.flatten(results)]

    return SavedFile(
        ends(signature.user_inputs, values), ends(signature.user_outputs, values), run, "PyTorch"
    )
