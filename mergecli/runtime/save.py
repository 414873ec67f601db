"""keras.Model -> a file or folder, which is loaded again, compared with the spec and run. What exports is imported by the functions here."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import sys
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Callable, Iterator, Mapping, Sequence

from mergecli.catalog.operations.operation import Operation
from mergecli.catalog.shapes import Shape, text
from mergecli.catalog.tensors import Tensor
from mergecli.catalog.versions import is_newer, parse_version
from mergecli.diagnostics import installing
from mergecli.diagnostics.installing import MissingDependencyError
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.suggestions import listed
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.subgraph_layers import held_model
from mergecli.runtime import keras_files, random_inputs, saved_files
from mergecli.runtime.build import Refusal
from mergecli.runtime.keras_settings import deep_graphs
from mergecli.runtime.saved_files import End, SavedFile

if TYPE_CHECKING:
    import keras
    import numpy as np


class Unfaithful(Exception):
    """A model cannot be written in a format, or the file does not load as the same model."""


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
        if (since := FORMATS[ending].since) and is_newer(since, parse_version(version))
    ]


class Trial:
    """Random inputs of a network, and what its Keras model gives for them; computed once.

    Attributes:
        model: The Keras model.
        network: Its network.
    """

    def __init__(self, model: keras.Model, network: Network) -> None:
        self.model, self.network = model, network

    @cached_property
    def values(self) -> tuple[list[np.ndarray], list[np.ndarray]] | str:
        """The inputs and outputs, or why there are none."""
        for index in self.network.graph.inputs:
            dtype = self.network.results[index][0].dtype
            if dtype is not None and dtype.startswith(("bfloat", "float8", "complex")):
                return f"an input is {dtype}"
        try:
            return random_inputs.first_fitting(self.network, 0, 2, self.run)
        except random_inputs.Unverifiable as problem:
            return f"no random numbers fit the model's inputs: {problem}"

    def run(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return what the model gives for inputs, as one that was just loaded does."""
        random_inputs.reset_states(self.model)
        results = random_inputs.run(self.model, inputs)
        random_inputs.reset_states(self.model)
        return results


def save(
    model: keras.Model,
    network: Network,
    path: str,
    shown: str,
    customs: Mapping[str, object] | None = None,
    trial: Trial | None = None,
) -> list[str]:
    """Write a model as the ending of `path` says, load it again, and compare that with the network.

    What the file computes is compared with Keras's results on random numbers.

    Args:
        model: The model.
        network: Its network.
        path: Where it is written.
        shown: The name of the file in messages.
        customs: The user's classes, by name.
        trial: The results of the model, if it is saved several times.

    Returns:
        What someone who uses the file must know.

    Raises:
        Unfaithful: It cannot be written so, or the file is something else.
    """
    import keras  # optional

    ending, nodes = form(path), len(network.graph.nodes)
    written, backend = FORMATS[ending], keras.config.backend()
    name = f"{shown}, {written.title}"
    with (
        off_stdout(),
        quiet(),
        deep_graphs(nodes),
        keras.saving.custom_object_scope(dict(customs or {})),
    ):
        try:
            _write(model, path, nodes)
        except (OSError, MemoryError):
            raise
        except Exception as problem:
            if (full := _full_disk(problem)) is not None:
                raise full from problem
            raise Unfaithful(f"Keras cannot write {name}: {_first_line(problem)}") from problem
        try:
            file = written.load(path, model)
        except MemoryError:
            raise
        except Exception as problem:
            reason = _first_line(problem)
            raise Unfaithful(
                f"what Keras has written into {name}, cannot be loaded: {reason}"
            ) from problem
        if file is None:
            return []
        difference = differs(network, ending, file.inputs, file.outputs, backend)
        if difference:
            raise Unfaithful(
                f"what Keras has written into {name}, is not what the spec says: {difference}"
            )
        try:
            note = _run(trial or Trial(model, network), file, ending, backend)
        except Unfaithful as wrong:
            raise Unfaithful(f"what Keras has written into {name}, {wrong}") from wrong
    return [f"{shown}: {line}" for line in (file.note, note) if line]


def _write(model: keras.Model, path: str, nodes: int) -> None:
    """Let Keras write a file."""
    import keras  # optional

    ending = form(path)
    export = FORMATS[ending].export
    if export is None:
        keras_files.save(model, path, nodes)
        return
    if ending == ".onnx":
        # Keras writes it only of a model that has been called, be it on tensors without numbers.
        model([keras.KerasTensor(tensor.shape, dtype=tensor.dtype) for tensor in model.inputs])
    options = _dynamic_shapes(model) if ending == ".pt2" else {}
    keras_files.export(model, path, format=export, **options)


def _dynamic_shapes(model: keras.Model) -> dict[str, object]:
    """Return the option with which PyTorch leaves open what a spec leaves open, as far as it can."""
    import torch  # optional

    shapes = [
        {
            axis: torch.export.Dim.AUTO
            for axis, size in enumerate(tensor.shape)
            if axis == 0 or size is None
        }
        for tensor in model.inputs
    ]
    return {"dynamic_shapes": shapes[0] if len(shapes) == 1 else [(shapes,)]}


#: How much further from Keras's results than another run of Keras other programs may be.
_OTHER_PROGRAMS = 100.0


def _run(trial: Trial, file: SavedFile, ending: str, backend: str) -> str:
    """Run a file on random numbers, and return what there is to say about that.

    Raises:
        Unfaithful: It cannot be run, or gives other results than Keras.
    """
    if file.run is None:
        return ""
    if isinstance(trial.values, str):
        return f"it was not run, as {trial.values}"
    inputs, wanted = trial.values
    order = _order(wanted_inputs(trial.network, ending), file.inputs, ending, backend)
    fitted = list(inputs)
    for place, end in zip(order, file.inputs):
        fitted[place] = _cut(inputs[place], end)
    fixed = [
        end.shape for place, end in zip(order, file.inputs) if fitted[place] is not inputs[place]
    ]
    if fixed:
        try:
            wanted = trial.run(fitted)
        except Exception as problem:
            return f"it was not run, as the model has no results for its sizes: {problem}"
    try:
        results = file.run([fitted[place] for place in order])
    except MemoryError:
        raise
    except Exception as problem:
        raise Unfaithful(f"cannot be run by {file.reader}: {_first_line(problem)}") from problem
    _compare_results(trial.network, wanted, results, file, (ending, backend))
    sizes = " and ".join(text(shape) for shape in fixed)
    return f"it takes inputs of these sizes only: {sizes}" if fixed else ""


def _compare_results(
    network: Network,
    wanted: Sequence[np.ndarray],
    results: Sequence[np.ndarray],
    file: SavedFile,
    written: tuple[str, str],
) -> None:
    """Compare the results of a file with Keras's.

    Raises:
        Unfaithful: They are further from each other than rounding explains.
    """
    ends = wanted_outputs(network, written[0])
    for place, value in zip(_order(ends, file.outputs, *written), results):
        limit = random_inputs.allowed(wanted[place], _OTHER_PROGRAMS)
        gap = random_inputs.difference(wanted[place], value)
        if gap > limit:
            raise Unfaithful(
                f"gives other results than Keras: {file.reader} differs by {gap:.3g} in the output"
                f" `{ends[place].name}`, above {limit:.1g}"
            )


def _order(ours: Sequence[End], theirs: Sequence[End], ending: str, backend: str) -> list[int]:
    """Return for each end of a file the place of the network's: by name where names are kept."""
    places = {end.name: place for place, end in enumerate(ours)}
    named = backend in FORMATS[ending].named and ending not in (".keras", ".h5")
    if named and len(places) == len(ours) and all(end.name in places for end in theirs):
        return [places[end.name] for end in theirs]
    return list(range(len(theirs)))


def _matched(
    ours: Sequence[End], theirs: Sequence[End], ending: str, backend: str
) -> tuple[Sequence[End], Sequence[End]]:
    """Return the ends of the network and of a file in one order, also where a name is wrong."""
    if backend in FORMATS[ending].named:
        one, other = (sorted(ends, key=lambda end: end.name) for ends in (ours, theirs))
        return one, other
    return ours, theirs


def _cut(value: np.ndarray, end: End) -> np.ndarray:
    """Return an input as small as a file takes it, if that has a fixed size where the spec has none."""
    if end.shape is None or len(end.shape) != value.ndim:
        return value
    if all(size is None or size == own for size, own in zip(end.shape, value.shape)):
        return value
    return value[tuple(slice(size) for size in end.shape)]


def _full_disk(problem: BaseException | None) -> OSError | None:
    """Return the error of a full disk that is the reason of another error, as h5py raises it."""
    while problem is not None:
        found = re.search(r"errno = (\d+)", str(problem))
        number = problem.errno if isinstance(problem, OSError) else found and int(found[1])
        if number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            return OSError(number, os.strerror(number))
        problem = problem.__cause__ or problem.__context__
    return None


def check_operations(network: Network, paths: Sequence[str]) -> None:
    """Refuse to save a network with operations as `.h5`, which Keras writes and cannot load.

    Raises:
        Refusal: There is such an operation.
    """
    for path in paths:
        call = _operation(network) if form(path) == ".h5" else None
        if call is not None:
            raise Refusal(
                call,
                f"`{call.name}` ({call.cls}) cannot be saved in {path}: Keras does not load"
                " operations from an HDF5 file",
                "save a `.keras` file, which keeps every model",
            )


def _operation(network: Network) -> Call | None:
    """Return the first call of an operation in a network, or of a model that has one."""
    for call in network.parts():
        model = held_model(call.layer)
        inner = model is not None and _operation(model.network) is not None
        if inner or isinstance(call.layer, Operation):
            return call
    return None


def check_masks(model: keras.Model, network: Network, paths: Sequence[str]) -> None:
    """Refuse to save a model as `.h5` in which Keras computes masks by operations.

    Raises:
        Refusal: It does.
    """
    import keras  # optional

    if all(form(path) != ".h5" for path in paths):
        return
    if any(not isinstance(one, keras.layers.Layer) for one in getattr(model, "operations", ())):
        calls = [call for call in network.parts() if call.layer and call.layer.makes_mask]
        call = calls[0] if calls else next(iter(network.parts()))
        raise Refusal(
            call,
            f"the mask of `{call.name}` ({call.cls}) cannot be saved as `.h5`: Keras computes it by"
            " an operation, and does not load those from an HDF5 file",
            "save a `.keras` file, which keeps every model",
        )


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


# The formats. -----------------------------------------------------------------------------------------------------


class SavedFormat(Record):
    """A format in which Keras writes models.

    Attributes:
        title: What a file of it is, in messages.
        load: Loads a file and returns what it says of itself, and how it is run; None where it has
            only weights.
        export: The name that `keras.Model.export` has for it; None where it is saved.
        since: The first version of Keras that writes it, where older ones are supported.
        needs: The modules that it needs, by backend; empty if every backend writes it alone.
        named: The backends with which inputs and outputs have the names of the spec.
    """

    title: str
    load: Callable[[str, keras.Model], SavedFile | None]
    export: str | None = None
    since: str = ""
    needs: Mapping[str, tuple[str, ...]] = {}
    named: tuple[str, ...] = ("tensorflow", "jax", "torch", "openvino", "numpy")


#: The formats by the endings of their files; any other name is that of a folder.
FORMATS: Mapping[str, SavedFormat] = {
    ".keras": SavedFormat("a Keras file", saved_files.load_keras),
    ".h5": SavedFormat("an HDF5 file", saved_files.load_keras),
    ".weights.h5": SavedFormat("a file of weights", saved_files.load_weights),
    ".onnx": SavedFormat(
        "ONNX",
        saved_files.load_onnx,
        "onnx",
        needs={
            "tensorflow": ("tf2onnx", "onnx", "onnxruntime"),
            "jax": ("jax2onnx", "onnx", "onnxruntime"),
            "torch": ("onnxscript", "onnx", "onnxruntime"),
        },
        named=("tensorflow",),
    ),
    ".tflite": SavedFormat(
        "LiteRT",
        saved_files.load_litert,
        "litert",
        since="3.13",
        needs={"tensorflow": ("tensorflow",), "torch": ("litert_torch", "ai_edge_litert")},
        named=("tensorflow",),
    ),
    ".xml": SavedFormat(
        "OpenVINO",
        saved_files.load_openvino,
        "openvino",
        since="3.12",
        needs={
            "tensorflow": ("openvino", "scipy"),
            "jax": ("tensorflow", "openvino", "scipy"),
            "torch": ("openvino", "scipy"),
            "openvino": ("openvino", "scipy"),
        },
        named=(),
    ),
    ".pt2": SavedFormat(
        "a program of PyTorch",
        saved_files.load_torch,
        "torch",
        since="3.15",
        needs={"torch": ("torch",)},
        named=(),
    ),
    "": SavedFormat(
        "a SavedModel",
        saved_files.load_saved_model,
        needs={"tensorflow": ("tensorflow",), "jax": ("tensorflow",)},
    ),
}


def companions(path: str) -> list[str]:
    """Return the files that a format writes beside the one that is named.

    >>> companions("a/m.xml"), companions("m.keras")
    (['a/m.bin'], [])
    """
    return [f"{os.path.splitext(path)[0]}.bin"] if form(path) == ".xml" else []


# What the spec says, in the words of a format. -----------------------------------------------------------------------


def differs(
    network: Network,
    ending: str,
    inputs: Sequence[End],
    outputs: Sequence[End],
    backend: str = "tensorflow",
) -> str | None:
    """Return how the inputs and outputs of a file differ from those of the network.

    What a format is known to change does not count. None if they are the same.

    Args:
        network: The network.
        ending: The ending of the file.
        inputs: The inputs of the file.
        outputs: Its outputs.
        backend: The backend with which it was written.
    """
    pairs = (
        ("input", wanted_inputs(network, ending), inputs),
        ("output", wanted_outputs(network, ending), outputs),
    )
    for what, ours, theirs in pairs:
        difference = _compare(what, ending, ours, theirs, backend)
        if difference is not None:
            return difference
    return None


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


def _compare(
    what: str, ending: str, wanted: Sequence[End], found: Sequence[End], backend: str
) -> str | None:
    if len(wanted) != len(found):
        return f"it has {len(found)} {what}s, not {len(wanted)}"
    if ending in ("", ".tflite"):
        # Signatures know names, and no order.
        wanted, found = _matched(wanted, found, ending, backend)
    for ours, theirs in zip(wanted, found):
        if backend in FORMATS[ending].named and not _is_named(ours, theirs, ending):
            return f"an {what} is called `{theirs.name}`, not `{ours.name}`"
        if not _fits(ours.shape, theirs.shape, ending, backend):
            return f"the {what} `{ours.name}` is {text(theirs.shape)}, not {text(ours.shape)}"
        if not _is_dtype(ours.dtype, theirs.dtype, backend):
            return f"the {what} `{ours.name}` is {theirs.dtype}, not {ours.dtype}"
    return None


def _is_named(ours: End, theirs: End, ending: str) -> bool:
    """Return whether an end of a file has the name of the spec, or the exporter's in place of none."""
    return ours.name == theirs.name or (
        ending == ".onnx"
        and theirs.name.startswith("Identity")
        and ours.name.startswith("Identity")
    )


def _is_dtype(ours: str | None, theirs: str | None, backend: str) -> bool:
    """Return whether a dtype is the inferred one; JAX halves those of 64 bits."""
    if ours is None or theirs is None or ours == theirs:
        return True
    return backend == "jax" and ours.endswith("64") and theirs == ours.replace("64", "32")


def _fits(ours: Shape | None, theirs: Shape | None, ending: str, backend: str) -> bool:
    """Return whether a shape matches the inferred one; some formats drop sizes, such as the batch.

    PyTorch fixes those that it traces.
    """
    if ours is None or theirs is None:
        return True
    if len(ours) != len(theirs):
        return False
    exact = ending in (".keras", ".h5")
    traced = ending == ".pt2" or (backend, ending) == ("torch", ".tflite")
    return all(
        a == b or (not exact and b is None) or (traced and (a is None or axis == 0))
        for axis, (a, b) in enumerate(zip(ours, theirs))
    )
