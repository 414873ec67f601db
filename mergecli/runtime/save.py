"""keras.Model -> a file or folder, which is loaded again and compared with the spec. What loads and exports is imported by the functions here."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import sys
import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import (
    TYPE_CHECKING,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    NamedTuple,
    Sequence,
    TypedDict,
)

from mergecli.catalog.shapes import Shape, text
from mergecli.catalog.tensors import Tensor
from mergecli.diagnostics import installing
from mergecli.diagnostics.installing import MissingDependencyError
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.suggestions import listed
from mergecli.importers.keras.containers import Container
from mergecli.ir.graph import Network, Value
from mergecli.runtime import keras_files
from mergecli.runtime.build import Refusal, numbers
from mergecli.runtime.keras_settings import deep_graphs, no_weights
from mergecli.runtime.model_weights import differing_layer

if TYPE_CHECKING:
    import keras
    import numpy as np
    import onnx
    import tensorflow

#: ONNX's numbers for dtypes.
_ONNX_DTYPES = (
    None, "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64", "uint32", "uint64",
    "complex64", "complex128", "bfloat16",
)  # fmt: skip


class Unfaithful(Exception):
    """A model cannot be written in a format, or the file does not load as the same model."""


class End(NamedTuple):
    """An input or output: its name, or the names that it may have; its shape, None where that is unknown; its dtype."""

    name: str
    shape: Shape | None
    dtype: str | None


def form(path: str) -> str:
    """Return the ending that names a file's format, empty for a folder.

    >>> form("a/m.weights.h5"), form("M.ONNX"), form("served")
    ('.weights.h5', '.onnx', '')
    """
    lower = path.lower()
    return max((ending for ending in FORMATS if lower.endswith(ending)), key=len)


def missing(path: str, backend: str) -> MissingDependencyError | None:
    """Return the error that says what is missing to write a file with a backend of Keras.

    Nothing is imported.
    """
    title, needs = FORMATS[form(path)].title, FORMATS[form(path)].needs
    if not needs:
        return None
    if backend not in needs:
        return MissingDependencyError(
            f"Keras does not write {title} with the backend `{backend}`",
            None,
            f"set KERAS_BACKEND to {' or '.join(needs)}",
        )
    lacking = installing.missing(needs[backend])
    if not lacking:
        return None
    names = listed(lacking, "and")
    return MissingDependencyError(
        f"{names}, which {title} needs, {'is' if len(lacking) == 1 else 'are'} not installed",
        installing.install_command(lacking),
    )


def lacks(paths: Sequence[str], version: str) -> list[str]:
    """The formats that a version of Keras does not write yet, each said once.

    >>> lacks(["a.tflite", "b.tflite", "c.onnx"], "3.12.1"), lacks(["a.tflite"], "3.13.0")
    (['`.tflite` needs Keras 3.13 or newer, 3.12.1 is installed'], [])
    """
    return [
        f"`{ending}` needs Keras {since} or newer, {version} is installed"
        for ending in dict.fromkeys(map(form, paths))
        if (since := FORMATS[ending].since) and numbers(since) > numbers(version)
    ]


def save(
    model: keras.Model,
    network: Network,
    path: str,
    shown: str,
    customs: Mapping[str, object] | None = None,
) -> None:
    """Write a model as the ending of `path` says, load it again, and compare that with the network; `shown` is its name in messages.

    Raises:
        Unfaithful: it cannot be written so, or comes back as something else.
    """
    import keras  # optional

    ending, nodes = form(path), len(network.graph.nodes)
    written = FORMATS[ending]
    with (
        off_stdout(),
        quiet(),
        deep_graphs(nodes),
        keras.saving.custom_object_scope(dict(customs or {})),
    ):
        try:
            if ending == ".onnx":
                # Keras writes it only of a model that has been called, be it on tensors without numbers.
                model(
                    [keras.KerasTensor(tensor.shape, dtype=tensor.dtype) for tensor in model.inputs]
                )
            if written.export is not None:
                keras_files.export(model, path, format=written.export)
            else:
                keras_files.save(model, path, nodes)
        except (OSError, MemoryError):
            raise
        except Exception as problem:
            if (full := _full_disk(problem)) is not None:
                raise full from problem
            raise Unfaithful(
                f"Keras cannot write {shown}, {written.title}: {_first_line(problem)}"
            ) from problem
        try:
            found = written.load(path, model)
        except MemoryError:
            raise
        except Exception as problem:
            hint = "; `.keras` keeps every model" if ending == ".h5" else ""
            reason = f"{_first_line(problem)}{hint}"
            raise Unfaithful(
                f"what Keras has written into {shown}, {written.title}, cannot be loaded: {reason}"
            ) from problem
    if found is not None:
        difference = differs(network, ending, *found)
        if difference:
            raise Unfaithful(
                f"what Keras has written into {shown}, {written.title}, is not what the spec says: {difference}"
            )


def _full_disk(problem: BaseException | None) -> OSError | None:
    """Return the error of a full disk that is the reason of another error, as h5py raises it."""
    while problem is not None:
        found = re.search(r"errno = (\d+)", str(problem))
        number = problem.errno if isinstance(problem, OSError) else found and int(found[1])
        if number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            return OSError(number, os.strerror(number))
        problem = problem.__cause__ or problem.__context__
    return None


def check_vocabularies(network: Network) -> None:
    """Refuse a network with a lookup whose vocabulary neither the spec nor a model's file has.

    Keras saves such a model, and cannot load it.

    Raises:
        Refusal: There is such a lookup.
    """
    for call in network.parts():
        layer = call.layer
        if layer is None or call.origin or layer.learned != "vocabulary":
            continue
        if getattr(layer, "vocabulary", None) is None:
            raise Refusal(
                call,
                f"`{call.name}` ({call.cls}) has no `vocabulary`, without which the saved model"
                " cannot be loaded",
                "add `vocabulary`, or load the spec with `mergecli.load`, call `adapt` on the"
                " layer, and save the model",
            )


def _first_line(problem: Exception) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return f"{type(problem).__name__}: {lines[0] if lines else ''}"[:400].rstrip(" .:")


@contextlib.contextmanager
def off_stdout() -> Iterator[None]:
    """Send what exporters print to standard error: standard output holds results."""
    sys.stdout.flush()
    with contextlib.redirect_stdout(sys.stderr):
        try:
            original = os.dup(1)
        except OSError:
            yield
            return
        try:
            os.dup2(2, 1)
            yield
        finally:
            os.dup2(original, 1)
            os.close(original)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence the warnings and notes of exporters, which do not help the user."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


# What a file says of itself: its inputs and outputs. ------------------------------------------------------------------

Ends = tuple[list[End], list[End]]


def _load_keras(path: str, model: keras.Model) -> Ends:
    import keras  # optional

    loaded = None
    if keras_files.is_large(model):
        # What Keras cannot make without weights, such as a state, is loaded as a whole.
        with contextlib.suppress(Exception):
            loaded = _without_weights(path)
    if loaded is None:
        loaded = keras.saving.load_model(path, compile=False)
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
    return _keras_ends(names, loaded.inputs), _keras_ends(layers, keras.tree.flatten(outputs))


def _without_weights(path: str) -> keras.Model:
    """Return the model in a file that was just written, without its weights."""
    import keras  # optional

    config = dict(Container(path).config())
    for key in ("compile_config", "keras_version"):
        config.pop(key, None)
    with no_weights(keras):
        if form(path) == ".keras":
            return keras.saving.deserialize_keras_object(config)
        from keras.src.legacy.saving import saving_options, saving_utils  # optional

        with saving_options.keras_option_scope(use_legacy_config=True):
            return saving_utils.model_from_config(config)


def _keras_ends(names: Sequence[str], tensors: Sequence[keras.KerasTensor]) -> list[End]:
    return [End(name, tuple(tensor.shape), tensor.dtype) for name, tensor in zip(names, tensors)]


def _load_weights(path: str, model: keras.Model) -> None:
    model.load_weights(path)


def _load_saved_model(path: str, model: keras.Model) -> Ends:
    import tensorflow  # optional

    signature = tensorflow.saved_model.load(path).signatures["serving_default"]

    def ends(specs: Mapping[str, tensorflow.TensorSpec]) -> list[End]:
        return [
            End(
                name,
                None if spec.shape.rank is None else tuple(spec.shape.as_list()),
                spec.dtype.name,
            )
            for name, spec in specs.items()
        ]

    return ends(signature.structured_input_signature[1]), ends(signature.structured_outputs)


def _load_onnx(path: str, model: keras.Model) -> Ends:
    import onnx  # optional
    import onnxruntime  # optional

    onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
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

    return ends(graph.input), ends(graph.output)


def _load_litert(path: str, model: keras.Model) -> Ends:
    import numpy  # optional

    # TensorFlow's own interpreter is to leave it some day.
    home = (
        "ai_edge_litert.interpreter"
        if find_spec("ai_edge_litert") is not None
        else "tensorflow.lite.python.interpreter"
    )
    runner = (
        import_module(home).Interpreter(model_path=path).get_signature_runner("serving_default")
    )

    def ends(details: Mapping[str, _LiteRtDetails]) -> list[End]:
        found = []
        for name, detail in details.items():
            sizes = tuple(None if size < 0 else int(size) for size in detail["shape_signature"])
            dtype = (
                "string" if detail["dtype"] is numpy.bytes_ else numpy.dtype(detail["dtype"]).name
            )
            found.append(End(name, sizes or None, dtype))
        return found

    return ends(runner.get_input_details()), ends(runner.get_output_details())


class _LiteRtDetails(TypedDict):
    """What an interpreter says of a tensor."""

    shape_signature: Sequence[int]
    dtype: type[np.generic]


class SavedFormat(Record):
    """A format in which Keras writes models.

    Attributes:
        title: What a file of it is, in messages.
        load: Loads a file and returns its inputs and outputs; None where it has only weights.
        export: The name that `keras.Model.export` has for it; None where it is saved.
        since: The first version of Keras that writes it, where older ones are supported.
        needs: The modules that it needs, by backend; empty if every backend writes it alone.
    """

    title: str
    load: Callable[[str, keras.Model], Ends | None]
    export: str | None = None
    since: str = ""
    needs: Mapping[str, tuple[str, ...]] = {}


#: The formats by the endings of their files; any other name is that of a folder.
FORMATS: Mapping[str, SavedFormat] = {
    ".keras": SavedFormat("a Keras file", _load_keras),
    ".h5": SavedFormat("an HDF5 file", _load_keras),
    ".weights.h5": SavedFormat("a file of weights", _load_weights),
    ".onnx": SavedFormat(
        "ONNX",
        _load_onnx,
        "onnx",
        needs={
            "tensorflow": ("tf2onnx", "onnx", "onnxruntime"),
            "jax": ("jax2onnx", "onnx", "onnxruntime"),
            "torch": ("onnxscript", "onnx", "onnxruntime"),
        },
    ),
    ".tflite": SavedFormat(
        "LiteRT",
        _load_litert,
        "litert",
        since="3.13",
        needs={"tensorflow": ("tensorflow",), "torch": ("litert_torch", "ai_edge_litert")},
    ),
    "": SavedFormat(
        "a SavedModel",
        _load_saved_model,
        needs={"tensorflow": ("tensorflow",), "jax": ("tensorflow",)},
    ),
}


# What the spec says, in the words of a format. -----------------------------------------------------------------------


def differs(
    network: Network, ending: str, inputs: Sequence[End], outputs: Sequence[End]
) -> str | None:
    """Return how the inputs and outputs of a file differ from those of the network.

    What a format is known to change does not count. None if they are the same.
    """
    return _compare("input", ending, wanted_inputs(network, ending), inputs) or _compare(
        "output", ending, wanted_outputs(network, ending), outputs
    )


def wanted_inputs(network: Network, ending: str) -> list[End]:
    """Return the inputs in the order of the network."""
    graph = network.graph
    found = []
    for index in graph.inputs:
        name = graph.nodes[index].name
        # TensorFlow takes inputs as arguments of a function.
        name = re.sub(r"\W", "_", name, flags=re.ASCII) if ending == "" else name
        found.append(End(name, *network.results[index][0]))
    return found


def wanted_outputs(network: Network, ending: str) -> list[End]:
    """Return the outputs; those of a dictionary in the order of its sorted keys, as Keras keeps them."""
    outputs = network.graph.outputs
    pairs: list[tuple[str, Tensor]] = []
    if outputs.names is not None:
        for name, target in sorted(zip(outputs.names, outputs.targets), key=lambda pair: pair[0]):
            pairs += [(name, tensor) for tensor in network.tensors(target)]
    else:
        tensors = [
            (target, tensor) for target in outputs.targets for tensor in network.tensors(target)
        ]
        for number, (target, tensor) in enumerate(tensors):
            # Without names Keras numbers them for TensorFlow, and the ONNX exporter calls them as the operations that copy them.
            numbered = (
                f"output_{number}"
                if ending in ("", ".tflite")
                else f"Identity{f'_{number}' if number else ''}:0"
            )
            pairs.append(
                (_layer_name(network, target) if ending in (".keras", ".h5") else numbered, tensor)
            )
    return [End(name, *tensor) for name, tensor in pairs]


def _layer_name(network: Network, target: Value) -> str:
    node = network.graph.nodes[target.producer]
    return node.name if node.owner is None else network.graph.nodes[node.owner].name


def _compare(what: str, ending: str, wanted: Sequence[End], found: Sequence[End]) -> str | None:
    if len(wanted) != len(found):
        return f"it has {len(found)} {what}s, not {len(wanted)}"
    if ending in ("", ".tflite"):
        # Signatures know names, and no order.
        wanted, found = (sorted(ends, key=lambda end: end.name) for ends in (wanted, found))
    for ours, theirs in zip(wanted, found):
        if ours.name != theirs.name and not (
            ending == ".onnx"
            and theirs.name.startswith("Identity")
            and ours.name.startswith("Identity")
        ):
            return f"an {what} is called `{theirs.name}`, not `{ours.name}`"
        if not _fits(ours.shape, theirs.shape, exact=ending in (".keras", ".h5")):
            return f"the {what} `{ours.name}` is {text(theirs.shape)}, not {text(ours.shape)}"
        if ours.dtype is not None and theirs.dtype is not None and ours.dtype != theirs.dtype:
            return f"the {what} `{ours.name}` is {theirs.dtype}, not {ours.dtype}"
    return None


def _fits(ours: Shape | None, theirs: Shape | None, exact: bool) -> bool:
    """Return whether a shape matches the inferred one; some formats drop sizes, such as the batch."""
    if ours is None or theirs is None:
        return True
    return len(ours) == len(theirs) and all(
        a == b or (not exact and b is None) for a, b in zip(ours, theirs)
    )
