"""What explains that a model that both accept cannot be run: the known differences, by Keras's message."""

from __future__ import annotations

import re
from typing import Callable, Mapping, NamedTuple, Sequence

import oracle

from mergecli.catalog.layer import Layer
from mergecli.catalog.operations.operation import Operation
from mergecli.catalog.shapes import Shape
from tools.random_models.cases import Case, Results, Step


class _Failure(NamedTuple):
    """A case that fails when it is run, what Keras says, and the layers that it names."""

    case: Case
    words: str
    layers: set[str]

    def is_in(self, *names: str) -> bool:
        """Return whether it names one of some layers, and no others."""
        return bool(self.layers) and self.layers <= {*names}

    def says(self, pattern: str) -> bool:
        return re.search(pattern, self.words, re.S) is not None


def known_difference(case: Case, messages: Sequence[str]) -> str | None:
    """Return the known difference for which Keras fails when an accepted case runs.

    Args:
        case: The case.
        messages: What Keras says for each of the numbers and sizes that were tried.

    Returns:
        That of the first message; None if a message has no known difference.
    """
    names = [_known(case, words) for words in messages]
    return None if None in names else names[0]


def follows_sparse(case: Case, words: str) -> bool:
    """Return whether Keras fails for a sparse tensor, which the checks do not follow."""
    return "SparseTensor" in words and "sparse" in repr(case.steps)


def _known(case: Case, words: str) -> str | None:
    failure = _Failure(case, words, set(re.findall(r"calling (\w+)\.call", words)))
    return next((name for name, is_known in _WHEN_RUN if is_known(failure)), None)


#: Where the regularizer of a layer, or of a cell, is applied to what it gives.
_REGULARIZING = {"Functional", "RNN"}
#: What backends say of dtypes.
_DTYPES = r"attr '\w+' of|dtype|scalar type|not implemented for '|Cannot convert .* to EagerTensor|was expected to be a|device for node"
#: What backends say of sizes.
_SIZES = r"(?i)shape|size|dim|broadcast|slice|must (be equal|match)|out of bounds|paddings"
#: What backends say of a mask that a layer cannot take.
_MASKED = (
    r"`mask` must be broadcastable|condition .* must be broadcastable|Attention\.call.*(axis -\d is out of bounds|LogicalAnd)"
    r"|ConvLSTM\dD\.call.*Incompatible shape for value"
)
#: Functions of matrices that not all matrices have, and what backends then say.
_DECOMPOSING = {
    *("Cholesky", "CholeskyInverse", "Inv", "Lstsq", "LuFactor", "PerspectiveTransform"),
    *("RandomPerspective", "Solve"),
}
_VALUES = r"(?i)not invertible|singular|Cholesky|positive.definite"
#: The layers that attention has in it.
_IN_ATTENTION = ("Dropout", "EinsumDense", "Softmax")
#: What joins tensors along an axis, which may be that of the batch.
_JOINING = {"Concatenate", "ops.concatenate"}
#: Layers that change floats at random.
_NOISE = {
    *("GaussianNoise", "GaussianDropout", "AlphaDropout", "Dropout"),
    *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
}


def _regularizes(step: Step) -> bool:
    """Whether a layer, or one in it, has a regularizer of activities."""
    if step.kind.__name__ == "ActivityRegularization":
        return True
    return re.search(r"'activity_regularizer'?[:=] ?(?!None)", repr(step.arguments)) is not None


def _has_own_dtypes(case: Case, failing: set[str]) -> bool:
    """Whether a failing layer, or one in it, computes in other dtypes than it gets, or is an operation or attention after such a layer."""
    is_before = False
    for step in case.steps:
        layer = f"{step.kind.__name__} {step.kind.keras_name} {step.arguments!r}"
        if step.kind.__name__.endswith("Attention"):
            layer = f"{layer} {_IN_ATTENTION}"
        own = r"autocast'?[:=] ?False|dtype'?[:=] ?'(u?int|bool|complex|mixed)"
        is_own = re.search(own, layer) is not None
        follows = is_before and (issubclass(step.kind, Operation) or step.kind.projects)
        if (is_own or follows) and any(name in layer for name in _without_cells(failing)):
            return True
        is_before = is_before or is_own
    return False


def _without_cells(failing: set[str]) -> set[str]:
    """Return the names of layers, with `LSTM` for the `LSTMCell` that it has in it."""
    return {name.removesuffix("Cell") for name in failing}


def _follow_unknown_sizes(case: Case, failing: set[str]) -> bool:
    """Whether each of the failing layers, or one with it in it, gets a tensor of an unknown size.

    The unknown size of the batch counts only beside another, as it is that of all inputs.
    """
    results = Results(case.inputs)
    unknown: set[str] = set()
    for step in case.steps:
        tensors = [tensor for tensor in results.gather(step).tensors if tensor is not None]
        shapes = [tensor.shape or () for tensor in tensors]
        # The first size of a tensor of fewer axes is that of another axis than the batch.
        ranks = set(map(len, shapes))
        has_other_axis = len({shape[:1] for shape in shapes}) > 1 or len(ranks) > 1
        # Operations see the batch as an axis like others, as layers do of vectors; a single image has none.
        is_image = step.kind.family.startswith("image_")
        sees_batch = issubclass(step.kind, Operation) or ranks == {1} or (is_image and ranks == {3})
        start = 0 if sees_batch else 1
        if any(None in shape[start:] for shape in shapes) or has_other_axis:
            unknown.add(f"{step.kind.__name__} {step.kind.keras_name} {step.arguments!r}")
        results.add(step)
    return all(any(name in layer for layer in unknown) for name in _without_cells(failing))


def _resizes_batch(case: Case) -> bool:
    """Whether a step adds elements to the batch, or splits it."""
    results = Results(case.inputs)
    for step in case.steps:
        shapes = [tensor.shape for tensor in results.gather(step).tensors if tensor is not None]
        if _resizes_first_axis(step, shapes):
            return True
        results.add(step)
    return False


def _resizes_first_axis(step: Step, shapes: Sequence[Shape | None]) -> bool:
    """Whether a step adds elements to the first axis of tensors of some shapes, or splits it."""
    if step.kind.__name__ in ("ArraySplit", "Split", "Vsplit"):
        return step.arguments.get("axis", 0) in (0, *(-len(shape or ()) for shape in shapes))
    if (step.kind.keras_name or step.kind.__name__) in _JOINING:
        axis = step.arguments.get("axis", -1)
        is_vector = any(shape is not None and len(shape) == 1 for shape in shapes)
        return isinstance(axis, int) and (axis == 0 or axis < -1 or is_vector)
    width = step.arguments.get("pad_width")
    if isinstance(width, list):
        width = width[0]
    return width not in (None, 0, [0, 0])


def _uses_cudnn(case: Case) -> bool:
    """Whether a layer, or one in it, is computed only by cuDNN."""
    return re.search(r"use_cudnn'?[:=] ?True", repr(case.steps)) is not None


def _masks(step: Step) -> bool:
    """Whether a layer makes a mask for those after it."""
    return step.kind.__name__ == "Masking" or bool(step.arguments.get("mask_zero"))


def _layers_in(step: Step) -> list[Layer]:
    """Return the layers that a layer has in it."""
    return [
        layer
        for value in step.arguments.values()
        for layer in (value if isinstance(value, list) else [value])
        if isinstance(layer, Layer)
    ]


def _is_unadapted(step: Step) -> bool:
    """Whether a layer, or one in it, runs only after `adapt`, of which mergecli warns."""
    return _lacks(step.kind, step.arguments) or any(
        _lacks(type(layer), layer.explicit) for layer in _layers_in(step)
    )


def _lacks(kind: type[Layer], arguments: Mapping[str, object]) -> bool:
    """Whether the argument that `adapt` would give a layer is not there."""
    return bool(kind.learned) and arguments.get(kind.learned) is None


#: The known differences of cases that fail when they are run.
_WHEN_RUN: tuple[tuple[str, Callable[[_Failure], bool]], ...] = (
    ("sums of strings", lambda f: f.says(r"Add\.call.*T' of string")),
    (
        "not adapted",
        lambda f: f.says("adapt|not initialized") and any(map(_is_unadapted, f.case.steps)),
    ),
    (
        "dropout of all",
        lambda f: (
            bool(f.layers)
            and all(name.endswith(("Cell", "Cells")) for name in f.layers)
            and f.says("dynamic_dimension|unexpected tracer|out of scope|device meta")
        ),
    ),
    (
        "cudnn",
        # A layer that has failed keeps what it has drawn for the first batch, and drops it from others.
        lambda f: f.says("cuDNN is not supported|BroadcastTo") and _uses_cudnn(f.case),
    ),
    (
        "masks within layers",
        lambda f: (
            f.says(_MASKED)
            and any(map(_masks, f.case.steps))
            and any(map(_layers_in, f.case.steps))
        ),
    ),
    (
        "sparse tensors",
        lambda f: follows_sparse(f.case, f.words),
    ),
    (
        "dropout of all",
        lambda f: f.says("ZeroDivisionError") and f.layers <= {"AlphaDropout", "GaussianDropout"},
    ),
    (
        "dilated transposes",
        lambda f: f.says(
            "do(es)? not yet support dilation|Transpose.call.*only supports NHWC|equal length strides"
        ),
    ),
    (
        "sizes of reshapes",
        lambda f: f.says("Incompatible shapes") and "'target_shape': [None" in repr(f.case.steps),
    ),
    (
        "dropout of all",
        lambda f: (
            oracle.TARGET < (3, 14) and f.says(r"in the range \[0, 1\)\. Received: rate=1(\.0)?")
        ),
    ),
    (
        "channels first",
        lambda f: f.says("ND?HWC") and "channels_first" in repr(f.case.steps),
    ),
    (
        "numbers to look up",
        lambda f: f.says(
            r"Embedding\.call.*(is not in \[0|index out of range)|all inputs should be in vocabulary"
            "|Class values must be smaller than num_classes"
        ),
    ),
    (
        "untried sizes",
        lambda f: (
            f.is_in("MelSpectrogram", "ContrastLimitedAdaptiveHistogramEqualization")
            and f.says("(?i)padding.* (less|no greater) than the .*dimension")
            and any(None in (tensor.shape or ()) for tensor in f.case.inputs)
        ),
    ),
    (
        "untried sizes",
        lambda f: (
            f.says("Incompatible shapes|different batch sizes|Dimension 0 in both shapes")
            and _resizes_batch(f.case)
        ),
    ),
    (
        "regularized activities",
        lambda f: (
            (
                f.layers <= _REGULARIZING
                or f.says("output type Bool|Inputs to OrthogonalRegularizer")
            )
            and any(map(_regularizes, f.case.steps))
        ),
    ),
    ("noise on integers", lambda f: f.layers <= _NOISE and f.says("int|bool")),
    (
        "dtypes within layers",
        lambda f: f.says(_DTYPES) and _has_own_dtypes(f.case, f.layers),
    ),
    (
        "sizes that exclude each other",
        lambda f: f.says(_SIZES) and _follow_unknown_sizes(f.case, f.layers),
    ),
    ("values", lambda f: f.layers <= _DECOMPOSING and f.says(_VALUES)),
    (
        "values",
        lambda f: (
            f.is_in("AugMix", "ContrastLimitedAdaptiveHistogramEqualization", "RandAugment")
            and f.says(r"is not in \[0|division by zero")
        ),
    ),
    (
        "values",
        lambda f: f.is_in("Percentile", "Quantile") and f.says("q values must be in the range"),
    ),
)
