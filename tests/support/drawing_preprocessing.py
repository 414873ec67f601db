"""How calls of preprocessing layers are drawn: images, strings, vocabularies, arrays and layers in a row."""

from __future__ import annotations

from typing import Any

import oracle
from hypothesis import strategies as st

from mergecli.catalog import arguments as a
from mergecli.catalog import list_arguments as lists
from mergecli.catalog import registry
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer
from mergecli.catalog.tensors import Inputs, Tensor

Shape = tuple[int | None, ...]
Call = tuple[dict[str, Any], Inputs]

SIZE = st.sampled_from([1, 2, 3, 4, None])
BATCH = st.sampled_from([None, None, None, 2, 1])
NUMBERS = st.sampled_from(["float32", "float32", "float32", "float16", "int32", "uint8"])
NUMBER = st.floats(-2, 2, allow_subnormal=False)


def kind(name: str) -> type[Layer]:
    return registry.layers()[name]


def seldom(draw: Any, chance: int = 6) -> bool:
    return draw(st.integers(1, chance)) == chance  # type: ignore[no-any-return]


def value(argument: a.Argument, name: str = "") -> st.SearchStrategy[Any]:
    """A value that the argument accepts, or of a factor one that Keras also judges at once."""
    none = [st.none()] if getattr(argument, "none", False) else []
    if isinstance(argument, lists.List):
        length = argument.length
        return st.one_of(
            st.lists(
                value(argument.of), min_size=length or 0, max_size=4 if length is None else length
            ),
            *none,
        )
    if isinstance(argument, lists.Either):
        return st.one_of(*[value(one) for one in argument.arguments])
    if isinstance(argument, lists.Array):
        return st.one_of(NUMBER, st.integers(-2, 2), *none)
    if isinstance(argument, lists.Factor):
        low, high = argument.low, argument.high
        inside = (
            st.integers(low, high)
            if argument.whole
            else st.one_of(st.floats(low, high, allow_subnormal=False), st.just(high))
        )
        near = (
            st.integers(low - 1, high + 1)
            if argument.whole
            else st.floats(low - 1, high + 1, allow_subnormal=False)
        )
        one = st.one_of(inside, inside, inside, near)
        return st.one_of(one, st.lists(one, min_size=2, max_size=2), *none)
    if type(argument) is a.Number:
        return st.one_of(
            oracle.value(argument, name).filter(
                lambda number: number is None or abs(number) > 1e-6 or number == 0
            )
        )
    return oracle.value(argument, name)


def arguments(
    of: type[KerasObject], **fixed: st.SearchStrategy[Any] | None
) -> st.SearchStrategy[dict[str, Any]]:
    """The required arguments and some of the others; `fixed` says how to draw some of them, None that they are left out."""
    strategies = {
        name: fixed.get(name, value(argument, name))
        for name, argument in of.arguments.items()
        if name != "name" and not (name in fixed and fixed[name] is None)
    }
    required = {name: strategy for name, strategy in strategies.items() if name in of.required}
    optional = {name: strategy for name, strategy in strategies.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)  # type: ignore[arg-type]


@st.composite
def image(draw: Any) -> Inputs:
    rank = draw(st.sampled_from([3, 4, 4, 4, 4, 4, 2, 5, 1]))
    shape = [draw(BATCH), *[draw(SIZE) for _ in range(rank - 1)]]
    if rank > 2:
        shape[draw(st.sampled_from([-1, -1, -1, -3]))] = draw(
            st.sampled_from([3, 3, 3, 1, 4, None])
        )
    return oracle.inputs(tuple(shape), dtype="string" if seldom(draw, 20) else draw(NUMBERS))


def numbers(rank: st.SearchStrategy[int]) -> st.SearchStrategy[Inputs]:
    dtypes = st.sampled_from(["float32", "float32", "float16", "int32", "int64", "bool", "string"])
    return st.tuples(oracle.shapes(rank), dtypes).map(
        lambda pair: oracle.inputs(pair[0], dtype=pair[1])
    )


def strings(rank: st.SearchStrategy[int], usual: str = "string") -> st.SearchStrategy[Inputs]:
    dtypes = st.sampled_from([usual] * 6 + ["int32", "string", "float32"])
    shapes = rank.flatmap(lambda n: st.tuples(BATCH, *[st.sampled_from([1, 1, 3, None])] * (n - 1)))
    return st.tuples(shapes, dtypes).map(lambda pair: oracle.inputs(pair[0], dtype=pair[1]))


@st.composite
def array(draw: Any, shape: Shape) -> Any:
    """A number, or an array that may spread over the shape."""
    if draw(st.booleans()):
        return draw(NUMBER)
    sizes = [
        size if size is not None and not seldom(draw) else 1
        for size in shape[len(shape) - draw(st.integers(0, min(2, len(shape)))) :]
    ]
    if sizes and seldom(draw):
        sizes[-1] += 1

    def nested(left: list[int]) -> Any:
        return [nested(left[1:]) for _ in range(left[0])] if left else draw(st.integers(1, 3))

    return nested(sizes)


@st.composite
def rescaling(draw: Any) -> Call:
    inputs = draw(numbers(st.integers(1, 4)))
    of = array(inputs.shapes[0][1:])
    return draw(arguments(kind("Rescaling"), scale=of, offset=of)), inputs


@st.composite
def normalization(draw: Any) -> Call:
    inputs = draw(numbers(st.integers(1, 4)))
    given = draw(arguments(kind("Normalization"), mean=None, variance=None, axis=None))
    x = inputs.shapes[0]
    axis: Any = -1
    if draw(st.booleans()):
        axis = given["axis"] = draw(
            st.one_of(st.none(), st.integers(-3, 3), st.lists(st.integers(-3, 3), max_size=2))
        )
    if draw(st.booleans()):
        axes = [axis] if isinstance(axis, int) else axis or []
        kept = tuple(
            x[index]
            for index in sorted(index % len(x) for index in axes if -len(x) <= index < len(x))
        )
        given["mean"] = draw(array(kept))
        given["variance"] = draw(array(kept)) if seldom(draw) else given["mean"]
        if seldom(draw):
            del given[draw(st.sampled_from(["mean", "variance"]))]
    return given, inputs


@st.composite
def encoding(draw: Any) -> Call:
    inputs = draw(numbers(st.integers(1, 3)))
    if draw(st.booleans()):
        (x,) = inputs.tensors
        inputs = Inputs((x, Tensor(x.shape, "float32")), keywords=("inputs", "count_weights"))
    return {"num_tokens": 3, **draw(arguments(kind("CategoryEncoding")))}, inputs


@st.composite
def bins(draw: Any) -> Call:
    given = draw(arguments(kind("Discretization"), sparse=None, bin_boundaries=None, num_bins=None))
    given.update(
        draw(
            st.sampled_from(
                [
                    {"bin_boundaries": [0.0, 1.0]},
                    {"bin_boundaries": []},
                    {"num_bins": 4},
                    {"num_bins": 0},
                ]
            )
        )
    )
    if seldom(draw):
        given.update(draw(arguments(kind("Discretization"))))
    return given, draw(numbers(st.integers(1, 4)))


@st.composite
def crossing(draw: Any) -> Call:
    first = draw(strings(st.integers(1, 3), "int32")).tensors[0]
    second = draw(strings(st.integers(1, 3), "int32")).tensors[0] if seldom(draw) else first
    tensors = [first, second, first][: draw(st.sampled_from([2] * 6 + [1, 3]))]
    return draw(arguments(kind("HashedCrossing"))), Inputs(tuple(tensors), listed=len(tensors) > 1)


@st.composite
def lookup(draw: Any, name: str) -> Call:
    terms: list[Any] = (
        ["a", "b", "c", "d", "", "[UNK]"] if name != "IntegerLookup" else [3, 5, 7, 9, 0, -1]
    )
    term = st.sampled_from(terms)
    vocabulary = draw(st.lists(st.sampled_from(terms[:4]), min_size=1, max_size=4, unique=True))
    if seldom(draw, 3):
        vocabulary = draw(st.lists(term, max_size=6))
    special = st.one_of(st.none(), term)
    fixed = {
        "vocabulary": st.just(vocabulary),
        "mask_token": special,
        "oov_token": special,
        "num_oov_indices": st.integers(0, 2),
        "max_tokens": st.one_of(st.none(), st.integers(2, 8)),
        "vocabulary_size": st.integers(0, 7),
        "encoding": st.just("utf-8"),
        # A list would have to become a tuple on its way to Keras.
        "ngrams": st.one_of(st.integers(1, 3), st.just((1, 3))),
    }
    of = kind(name)
    given = draw(
        arguments(of, **{key: strategy for key, strategy in fixed.items() if key in of.arguments})
    )
    many = len(vocabulary) + seldom(draw)
    if given.get("output_mode") in ("tf_idf", "tf-idf") and not seldom(draw):
        given["idf_weights"] = [1.0] * many
    elif not seldom(draw):
        given.pop("idf_weights", None)
    if seldom(draw, 2):
        for key in (
            "invert",
            "sparse",
            "vocabulary_size",
            "salt",
            "pad_to_max_tokens",
            "ragged",
            "output_sequence_length",
        ):
            given.pop(key, None)
    return given, draw(strings(st.integers(1, 3), "int64" if name == "IntegerLookup" else "string"))


SOUND = {
    "fft_length": st.integers(1, 9),
    "sequence_length": st.one_of(st.none(), st.integers(1, 9)),
    "num_mel_bins": st.integers(1, 4),
}
FRAMES = {
    "frame_length": st.integers(1, 8),
    "frame_step": st.one_of(st.none(), st.integers(1, 6)),
    "fft_length": st.one_of(st.none(), st.integers(4, 16)),
}


@st.composite
def sound(draw: Any, name: str, usual: int, fixed: dict[str, st.SearchStrategy[Any]]) -> Call:
    rank = draw(st.sampled_from([usual] * 7 + [1, 2, 3]))
    shape = (
        draw(BATCH),
        *[draw(st.sampled_from([None, 5, 9, 20, 31, 2])) for _ in range(rank - 1)],
    )
    dtype = draw(st.sampled_from(["float32"] * 4 + ["float16", "int32"]))
    return draw(arguments(kind(name), **fixed)), oracle.inputs(shape, dtype=dtype)


ROW = {
    "Rescaling": {"scale": 2.0},
    "Resizing": {"height": 2, "width": 3},
    "CenterCrop": {"height": 2, "width": 2},
    "RandomFlip": {},
    "RandomContrast": {"factor": 0.5},
    "RandomGrayscale": {"data_format": "channels_last"},
    "Normalization": {},
    "CategoryEncoding": {"num_tokens": 4, "output_mode": "one_hot"},
    "Discretization": {"bin_boundaries": [0.0, 1.0]},
    "Flatten": {},
    "Dense": {"units": 3},
    "BatchNormalization": {},
    "Dropout": {"rate": 0.5, "dtype": "float16"},
    "Conv2D": {"filters": 2, "kernel_size": 2},
    "LSTM": {"units": 2, "return_state": True},
    "Identity": {},
}


@st.composite
def row(draw: Any) -> Call:
    names = draw(st.lists(st.sampled_from(list(ROW)), max_size=3))
    rank = draw(st.sampled_from([2, 3, 4, 4, 4]))
    shape = (
        draw(BATCH),
        *draw(st.lists(st.sampled_from([2, 3, 3, 4, None]), min_size=rank - 1, max_size=rank - 1)),
    )
    layers = [kind(name)(**ROW[name]) for name in names]  # type: ignore[arg-type]
    return {"layers": layers}, oracle.inputs(shape, dtype=draw(NUMBERS))


def plain(name: str, inputs: st.SearchStrategy[Inputs]) -> st.SearchStrategy[Call]:
    return st.tuples(arguments(kind(name)), inputs)


CALLS: dict[str, st.SearchStrategy[Call]] = {
    **{
        of.__name__: plain(of.__name__, image())
        for of in dict(registry.families())["image_preprocessing"]
    },
    **{name: lookup(name) for name in ("StringLookup", "IntegerLookup", "TextVectorization")},
    "Rescaling": rescaling(),
    "Normalization": normalization(),
    "CategoryEncoding": encoding(),
    "Discretization": bins(),
    "Hashing": plain("Hashing", numbers(st.integers(1, 4))),
    "HashedCrossing": crossing(),
    "MelSpectrogram": sound("MelSpectrogram", 2, SOUND),
    "STFTSpectrogram": sound("STFTSpectrogram", 3, FRAMES),
    "Pipeline": row(),
}


def explained(
    of: type[Layer],
    given: dict[str, Any],
    inputs: Inputs,
    ours: oracle.Verdict,
    theirs: oracle.Verdict,
) -> str | None:
    """The name of the known difference, found by running Keras's layer."""
    if (
        ours.accepted
        and theirs.accepted
        and given.get("invert")
        and ours.results == (((inputs.shapes[0]), "string"),)
    ):
        return "dtype of strings"
    if (
        of.__name__ == "Pipeline"
        and ours.accepted
        and not _contradicts(
            ours, theirs if theirs.accepted else _in_a_row(given["layers"], inputs)
        )
    ):
        return "run while wiring"
    if of.__name__ in {"MaxNumBoundingBoxes", "RandomGrayscale"} and "takes numbers" in ours.reason:
        return "strings as images"
    if of.__name__ == "Normalization" and "twice" in ours.reason:
        return "axis twice"
    if (
        theirs.accepted
        and not ours.accepted
        and any(_fails_when_run(of, given, inputs) for _ in range(20))
    ):
        return "fails later"
    return None


def _in_a_row(layers: list[Layer], inputs: Inputs) -> oracle.Verdict:
    """What Keras says of the layers one after the other, without a pipeline."""
    verdict, weights = oracle.Verdict(True), []
    for layer in layers:
        if getattr(layer, "converts", False):
            inputs = inputs._replace(
                tensors=tuple(x._replace(dtype=layer.compute_dtype) for x in inputs.tensors)
            )
        verdict = oracle.of_keras(type(layer), layer.explicit, inputs)
        if not verdict.accepted:
            return verdict
        weights += verdict.weights
        inputs = Inputs(
            tuple(Tensor(*result) for result in verdict.results), listed=len(verdict.results) > 1
        )
    return verdict._replace(weights=tuple(sorted(weights)))


def _contradicts(ours: oracle.Verdict, theirs: oracle.Verdict) -> bool:
    """Whether Keras refuses, knows a size or dtype to be another, or weighs the layer otherwise."""
    return (
        not theirs.accepted
        or ours.weights != theirs.weights
        or any(
            (len(x), a) != (len(y), b) or any(i != j is not None for i, j in zip(x, y))
            for (x, a), (y, b) in zip(ours.results, theirs.results)
        )
    )


def _fails_when_run(of: type[Layer], given: dict[str, Any], inputs: Inputs) -> bool:
    """Whether Keras's layer, though it can be wired so, fails on real arrays, now and then, or gives another shape than it says."""
    import keras
    import numpy

    from mergecli.runtime.build import keras_object

    def call(tensor: Any) -> tuple[int, ...]:
        layer = getattr(keras.layers, of.__name__)(
            **{name: keras_object(value) for name, value in given.items()}
        )
        tensors = [
            tensor(tuple(2 if size is None else size for size in x.shape or ()), x.dtype)
            for x in inputs.tensors
        ]
        if inputs.keywords:
            return tuple(layer(**dict(zip(inputs.keywords, tensors))).shape)
        return tuple(layer(tensors if inputs.listed else tensors[0]).shape)

    def real(shape: tuple[int, ...], dtype: str) -> Any:
        return numpy.full(shape, "a") if dtype == "string" else numpy.ones(shape, dtype)

    try:
        return call(real) != call(lambda shape, dtype: keras.KerasTensor(shape, dtype))
    except Exception:
        return True
