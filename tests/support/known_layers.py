"""Layers with their arguments drawn at random, and how Keras judges them."""

from __future__ import annotations

import re
from typing import Any, Callable, NamedTuple

import oracle
from drawing_attention_rnn import CALLS as NAMED_CALLS
from drawing_attention_rnn import fails_when_run
from drawing_preprocessing import CALLS as RAW_CALLS
from drawing_preprocessing import explained
from hypothesis import strategies as st

from mergecli.catalog import registry
from mergecli.catalog.fields import Object
from mergecli.catalog.layer import Layer
from mergecli.catalog.tensors import Inputs
from mergecli.catalog.versions import Backend, is_newer

KINDS = sorted(
    {
        kind.__name__: kind
        for kind in registry.layers().values()
        if kind.module == "layers" and not is_newer(kind.since, oracle.TARGET)
        if kind.__name__ not in oracle.MISSING
    }.items()
)


#: An argument of a cell with which an old Keras cannot wire it.
OLD_DROPOUT = re.compile(r"dropout'?[=:] ?1(\.0)?\b")

#: Where we knowingly differ from Keras: a test of the case, and the reason.
DIFFERENCES = {
    "strings": "a layer that computes is applied to strings, which Keras finds out when the model runs",
    "too large": "a tensor has more elements than a backend can count, which is said where it is declared",
    "spread scores": "over a single score Keras spreads the score to a larger mask, so that attention counts one value several times",
    "sparse tensors": "layers with `sparse: true` give tensors that few layers take, and images are changed only at random times; the checks"
    " follow no sparse tensors through a `Pipeline`",
    "fails later": "Keras accepts it while wiring and refuses it when the model runs or is trained: such a model is of no use, so it is an error here",
    "loose steps": "TensorFlow spreads states and masks over more, or overlooks what is too much; other backends take what fits, single"
    " cells also of more dimensions where their sizes allow it",
    "run while wiring": "a pipeline is run on placeholders: some sizes are lost, and a layer may refuse what it can be wired to",
    "axis twice": "Keras lets `Normalization` name an axis twice if its size is 1",
    "other axes": "with PyTorch Keras normalizes along the last axes whatever the axes are, and fails when it runs only where their sizes"
    " differ; the results are wrong where they do not",
    "unused seeds": "a seed that the backend cannot keep is refused also where a rate of 0 leaves it unused",
    "strings as images": "Keras carries strings through a layer of images where it happens to compute nothing",
    "masks within layers": "masks are followed from layer to layer, and not into models in models and what wrappers apply",
    "no elements": "a dtype with which a backend cannot compute is refused also where there is nothing to compute",
    "numbers as strings": "`dtype: string` of a layer that computes is refused also where it happens to convert nothing, as `Resizing` without `autocast`",
    "declared shapes": "Keras computes another shape than it declares, as with `glu` or a mask that PyTorch spreads; the checks follow what it declares",
    "sums of strings": "TensorFlow adds strings, though not where it adds them as a bias, as all sizes but one are 1",
    "dtype of strings": "Keras says that an inverted lookup gives int64, though it gives strings",
    "lists": "Keras wires a layer of one tensor to a list of them, and makes one tensor of it when the model runs or is trained",
    "types": "of many arguments Keras asks neither type nor range, so that `use_bias: no` means yes, and `HashedCrossing` takes arguments of any name; what can mean nothing is refused",
    "newer versions refuse it": "an old Keras accepts what newer ones refuse, as it means nothing: `oracle` lists it with the versions",
    "dropout of all": "a single cell that drops parts fails when a layer before it has Keras train those after it, as it draws them once;"
    " before 3.14 and with PyTorch, Keras cannot wire a single cell of which a dropout takes all, nor run a layer with such a cell on TensorFlow;"
    " `AlphaDropout` and `GaussianDropout` that take all divide by zero when a layer before them has Keras train those after it",
    "cudnn": "`use_cudnn: true` can be run only where there is a GPU, which no check knows",
    "channels first": "TensorFlow runs convolutions of `channels_first` only where there is a GPU or, for other floats than float64, oneDNN,"
    " which no check knows",
    "not adapted": "a layer without its vocabulary or boundaries is built, and runs only after `adapt`: the warning `not-adapted`",
    "regularized activities": "Keras applies a regularizer of activities only when a model runs: all take floats, `OrthogonalRegularizer`"
    " those of two axes, PyTorch multiplies no truth values; the checks know only `OrthogonalRegularizer` of floats",
    "dtypes within layers": "a layer with `autocast: false` or a dtype policy of integers computes with several dtypes, which Keras finds"
    " out when the model runs; the checks follow one dtype through a layer",
    "numbers to look up": "an `Embedding` fails for numbers of `input_dim` or more, with PyTorch a `CategoryEncoding` for those of `num_tokens` or more, and a lookup with `num_oov_indices: 0` for what is not in its vocabulary,"
    " which the layers before them give for some inputs",
    "dilated transposes": "TensorFlow runs transposed convolutions with `dilation_rate`, and depthwise ones with unlike strides, on a CPU only with"
    " oneDNN, which no check knows",
    "noise on integers": "layers such as `GaussianNoise` pass integers and truth values on, and cannot change them at random when the model is"
    " trained, or when a layer before them such as `RandomFlip` has Keras train what follows",
    "untried sizes": "a layer needs another size than those that are tried where one is not known: `MelSpectrogram` a larger one, and"
    " what is combined with a padded batch, or with parts of one, none at all",
    "equations": "TensorFlow computes the product of matrices `ab,bc->ac` of `EinsumDense` also with more dimensions than the equation has",
    "sizes of reshapes": "Keras does not compute the size that `target_shape: [null]` gives, so that a misfit is found when the model runs",
    "sizes that exclude each other": "an unknown size has to be one number for one layer or operand, and another for a second one:"
    " each fits some size, and all sizes fail somewhere",
    "other arguments": "the table of accepted dtypes is measured with one set of arguments: with JAX `CategoryEncoding` counts truth values with `sparse: true`, `ops.normalize` takes integers with another"
    " `order`, `ops.image.map_coordinates` with `order: 0`, `ContrastLimitedAdaptiveHistogramEqualization` complex numbers with other values"
    " of `value_range`, `ops.det` short floats in 2 or 3 rows, and `ops.polar` few pairs of dtypes",
    "values": "a matrix has no inverse or no Cholesky decomposition, a range of values is empty, or a quantile is not between 0 and 1, which no check of shapes can know",
    "sizes of weights": "the initializer `STFT` gives a weight a size of 1 on its second axis, which JAX and `PReLU` spread over the size that the"
    " layer declares; all others fail",
    "axes of attention": "`attention_axes` beyond the axes of a tensor are refused, of which Keras's equations happen to take some, and an empty list, as nothing"
    " is then attended to",
    "not asked": "Keras does not ask a wrapped layer's input spec, and computes shapes that the model then does not have",
}


class _Disagreement(NamedTuple):
    """What mergecli and Keras say of a layer on some inputs; a reason of mergecli means that Keras accepts it."""

    kind: type[Layer]
    arguments: dict[str, Any]
    inputs: Inputs
    ours: oracle.Verdict
    theirs: oracle.Verdict

    def is_of(self, *names: str) -> bool:
        return self.kind.__name__ in names

    def says(self, pattern: str) -> bool:
        """Return whether mergecli refuses it for a reason that matches a pattern."""
        return re.search(pattern, self.ours.reason) is not None


#: Known differences of all layers.
_OF_ALL: tuple[tuple[str, Callable[[_Disagreement], bool]], ...] = (
    ("newer versions refuse it", lambda d: oracle.is_newer_rule(d.ours, d.theirs)),
    (
        "dropout of all",
        lambda d: (
            (oracle.TARGET < (3, 14) or Backend.choose() == "torch")
            and not d.theirs.accepted
            and OLD_DROPOUT.search(repr(d.arguments)) is not None
        ),
    ),
    ("lists", lambda d: d.says("takes one tensor, not a list")),
    ("types", lambda d: d.is_of("MaxNumBoundingBoxes") and d.says("must be a positive integer")),
    ("types", lambda d: d.is_of("HashedCrossing") and d.says("has no argument")),
    ("types", lambda d: d.says("must rise") and Backend.choose() != "tensorflow"),
    ("other axes", lambda d: d.says("normalizes only along the last axes")),
    (
        "unused seeds",
        lambda d: (
            d.says("seed: must be from .* with the backend")
            and 0 in {d.arguments.get(name) for name in ("rate", "stddev", "dropout")}
        ),
    ),
    ("equations", lambda d: d.is_of("EinsumDense") and d.says(r"takes \d dimensions")),
    ("fails later", lambda d: d.is_of("Softmax") and d.says("cannot use axis|must name an axis")),
    (
        "run while wiring",
        lambda d: d.is_of("Pipeline") and () in d.inputs.shapes and Backend.choose() == "torch",
    ),
    ("axes of attention", lambda d: d.says("cannot attend over|names no axis")),
    (
        "sizes of weights",
        lambda d: d.says("as `(STFT|stft)[a-zA-Z]*`, which begins weights of size 1"),
    ),
    ("fails later", lambda d: d.says("names an axis of .* twice")),
    ("fails later", lambda d: d.is_of("Dot", "Concatenate") and d.says("cannot use axis")),
    (
        "fails later",
        lambda d: d.kind.__name__.startswith("Adaptive") and d.says("takes .* dimensions"),
    ),
    (
        "loose steps",
        lambda d: (
            ("sequences" in d.kind.takes or "states" in d.kind.takes)
            and d.says(
                "as a mask|as a state|keeps .* states?,|states for both|only with several cells"
                "|takes 2 dimensions"
            )
        ),
    ),
    (
        "fails later",
        lambda d: (
            d.is_of(*NAMED_CALLS)
            and d.theirs.accepted
            and not d.ours.accepted
            and fails_when_run(d.kind, d.arguments, d.inputs)
        ),
    ),
)
#: Those of layers that are not run, as `explained` does, to see whether they fail then.
_OF_OTHERS: tuple[tuple[str, Callable[[_Disagreement], bool]], ...] = (
    # Keras compares what is left of the shapes, and stops at the first size that is not known.
    ("fails later", lambda d: d.is_of("Concatenate") and d.says("dimensions$")),
    ("fails later", lambda d: d.says("^cannot train the weight")),
    ("spread scores", lambda d: d.says("as a mask: the scores are")),
    (
        "fails later",
        lambda d: d.says(
            "halves the features|-1 or null only once|spreads a scale|`flash_attention: true`"
            "|two different values|takes integers as `value_range`|elements do not divide by"
        ),
    ),
    ("not asked", lambda d: d.is_of("TimeDistributed") and d.says("takes .* dimensions")),
)


def differs(
    kind: type[Layer],
    arguments: dict[str, Any],
    inputs: Inputs,
    ours: oracle.Verdict,
    theirs: oracle.Verdict,
) -> str | None:
    """Return the name of the known difference that explains a disagreement.

    Args:
        kind: The layer that the two disagree on.
        arguments: What it is made with.
        inputs: What it is called on.
        ours: What mergecli says.
        theirs: What Keras says.
    """
    disagreement = _Disagreement(kind, arguments, inputs, ours, theirs)
    is_run = kind.__name__ in RAW_CALLS
    known = _OF_ALL if is_run else _OF_ALL + _OF_OTHERS
    found = next((name for name, explains in known if explains(disagreement)), None)
    return explained(*disagreement) if found is None and is_run else found


def ranks(kind: type[Layer]) -> st.SearchStrategy[int]:
    rank = getattr(kind, "rank", None)
    usual = rank + 2 if rank else kind.ndim or max(kind.min_ndim or 2, 2)
    return st.one_of(st.just(usual), st.just(usual), st.just(usual), st.integers(1, 5))


def layer_objects(kind: type[Layer]) -> dict[str, st.SearchStrategy[Any]]:
    """Layers for the arguments that take one."""
    kinds = registry.layers()
    if kind.__name__ == "Bidirectional":
        inner = st.sampled_from([kinds["LSTM"], kinds["GRU"], kinds["SimpleRNN"], kinds["Dense"]])
    else:
        inner = st.sampled_from(
            [kinds["Dense"], kinds["Conv1D"], kinds["LayerNormalization"], kinds["LSTM"]]
        )
    layers = inner.flatmap(
        lambda k: oracle.given_arguments(k, oracle.COMMON).map(lambda arguments: make(k, arguments))
    ).filter(bool)
    return {
        name: layers if name in kind.required else st.one_of(st.none(), layers)
        for name, argument in kind.arguments.items()
        if type(argument) is Object and argument.role == "layer"
    }


def make(kind: type[Layer], arguments: dict[str, Any]) -> Layer | None:
    from mergecli.catalog.keras_object import ArgumentErrors

    try:
        return kind(**arguments)
    except ArgumentErrors:
        return None


def calls(kind: type[Layer]) -> st.SearchStrategy[tuple[dict[str, Any], Any]]:
    """Arguments and inputs for a kind."""
    if kind.__name__ in NAMED_CALLS:
        return NAMED_CALLS[kind.__name__]
    if kind.__name__ in RAW_CALLS:
        return RAW_CALLS[kind.__name__]
    arguments = oracle.given_arguments(kind)
    nested = layer_objects(kind)
    if nested:
        arguments = st.tuples(
            oracle.given_arguments(kind, set(nested))
            if not set(nested) & set(kind.required)
            else st.just({}),
            st.fixed_dictionaries(nested),
        ).map(lambda pair: {**pair[0], **pair[1]})
    if kind.__module__.endswith("merging"):
        shapes = st.integers(1, 4).flatmap(
            lambda rank: st.lists(similar(rank), min_size=1, max_size=3)
        )
        inputs = shapes.map(lambda given: oracle.inputs(*given, listed=True))
    else:
        dtype = st.sampled_from(["float32", "float32", "float16", "int32"])
        inputs = st.tuples(oracle.shapes(ranks(kind)), dtype).map(
            lambda pair: oracle.inputs(pair[0], dtype=pair[1])
        )
    return st.tuples(arguments, inputs)


def similar(rank: int) -> st.SearchStrategy[tuple[int | None, ...]]:
    size = st.sampled_from([2, 2, 2, 1, 3, None])
    one = st.tuples(st.sampled_from([None, None, None, 2]), *[size] * rank)
    odd = st.integers(1, 4).flatmap(lambda n: st.tuples(st.none(), *[size] * n))
    return st.one_of(one, one, one, one, odd)
