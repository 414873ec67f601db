"""Keras's `layers/preprocessing`, of categories and strings: values to their places among bins or in a vocabulary."""

from typing import Annotated, Any, ClassVar, Iterator, Optional, Sequence, Tuple

from mergecli.catalog.arguments import ArgumentError, Choice, Integer, Number, Words
from mergecli.catalog.config_quirks import unless
from mergecli.catalog.fields import Flag, NonNegative, Positive, Text
from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layer import AUTOCAST, NOT_SPARSE_IN_TORCH, SPARSE_IN_TENSORFLOW
from mergecli.catalog.layers.preprocessing import Above, Preprocessing, Some
from mergecli.catalog.list_arguments import Either, Integers, List
from mergecli.catalog.shapes import Shape, ShapeError, text
from mergecli.catalog.tensors import UNKNOWN, Inputs, Tensor
from mergecli.catalog.versions import Backend

Numbers = Annotated[Any, List(Number(), "numbers", none=True)]
Salt = Annotated[Any, Either(Integer(none=True), List(Integer(), "integers", length=2))]
Most = Annotated[Optional[int], Integer(2, none=True)]
#: A file's path may stand for a vocabulary. The file is never read here, so that its size is not known.
Terms = Annotated[Any, Either(List(Words(), "strings"), Words(none=True))]
Codes = Annotated[Any, Either(List(Integer(), "integers"), Words(none=True))]
TermMode = Annotated[
    str, Choice("int", "one_hot", "multi_hot", "count", "tf_idf", "binary", "tf-idf")
]
#: The dtypes in which TensorFlow counts; the first two are also those of what it counts.
_COUNTED = ("int32", "int64", "float32", "float64")
BinMode = Annotated[str, Choice("int", "one_hot", "multi_hot", "count")]


class Discretization(Preprocessing):
    """Numbers to the bin they fall into; the bounds are given, or learned from data by `adapt`.

    >>> Discretization(bin_boundaries=[0.0, 1.0]).results(Inputs.of((None, 3)))
    (Tensor(shape=(None, 3), dtype='int32'),)
    """

    unsupported = NOT_SPARSE_IN_TORCH

    changed = {
        "3.12": "integers are int64, or as `dtype` says",
        "3.14": "the shape stays as it is for every `output_mode`",
    }

    config_quirk = unless("bin_boundaries", "num_bins")
    learned = "bin_boundaries"

    without = ("activity_regularizer", "trainable", "autocast")
    rule = (
        "as it is; `one_hot` adds an axis for the bins, the other modes put it in place of axis 1"
    )

    bin_boundaries: Numbers = None
    num_bins: Annotated[Optional[int], Integer(0, none=True)] = None
    epsilon: Above = 0.01
    output_mode: BinMode = "int"
    sparse: Flag = False

    def check(self) -> Iterator[ArgumentError]:
        if self.bin_boundaries is None and self.num_bins is None:
            yield ArgumentError(
                "is missing",
                code="missing-argument",
                argument="bin_boundaries",
                hint="or `num_bins`, to learn them",
            )
        elif self.bin_boundaries is not None and self.num_bins is not None:
            yield ArgumentError("and `bin_boundaries` say the same; keep one", argument="num_bins")
        elif self.bin_boundaries is not None and list(self.bin_boundaries) != sorted(
            self.bin_boundaries
        ):
            yield ArgumentError("must rise", argument="bin_boundaries")
        yield from sparse_check(self.sparse, self.output_mode)

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        x = self.single(inputs).shape
        assert x is not None
        if self.output_mode == "int":
            dtype = "int64" if self.dtype is None else self.compute_dtype
            return (Tensor(x, "int32" if self.keras_version >= (3, 12) else dtype),)
        if self.keras_version < (3, 14):
            return (Tensor(x, self.compute_dtype),)  # a model is wired as if it were so
        bins = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        if self.output_mode == "one_hot":
            return (Tensor(encoded(x, "one_hot", bins), self.compute_dtype),)
        return (Tensor((x[0], *x[2:], bins) if len(x) > 1 else (bins,), self.compute_dtype),)

    def cast(self, dtype: Optional[str]) -> Optional[str]:
        # Keras converts floats to its usual float here, whatever the layer computes in.
        return "float32" if dtype in AUTOCAST else dtype

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        check_counting(self, inputs.shapes[0], self.compute_dtype)


class CategoryEncoding(Preprocessing):
    """Integers below `num_tokens` as zeros and ones.

    >>> CategoryEncoding(num_tokens=4).results(Inputs.of((None, 3)))[0].shape
    (None, 4)
    """

    refuses_floats = True
    unsupported = NOT_SPARSE_IN_TORCH

    takes = {"inputs": (1, 1), "count_weights": (0, 1)}
    rule = "the last axis becomes `num_tokens`; `one_hot` adds it after an axis that is not 1"

    num_tokens: Some = None
    output_mode: Annotated[str, Choice("one_hot", "multi_hot", "count", "binary")] = "multi_hot"
    sparse: Flag = False

    def check(self) -> Iterator[ArgumentError]:
        if self.num_tokens is None:
            yield ArgumentError("is missing", code="missing-argument", argument="num_tokens")

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the encoded numbers.

        Raises:
            ShapeError: They have weights, and `output_mode` is not `count`.
        """
        found = self.named(inputs)
        if found["count_weights"] and self.output_mode != "count":
            raise ShapeError(
                "counts with weights only in `output_mode: count`",
                inputs=found["count_weights"],
                argument="output_mode",
            )
        (index,) = found["inputs"]
        x = inputs.tensors[index]
        self.check_data(x, index)
        assert x.shape is not None
        return (Tensor(encoded(x.shape, self.output_mode, self.num_tokens), self.compute_dtype),)

    def traced_results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        # Of a single number Keras declares a vector, and gives a matrix.
        (result,) = self.results(inputs)
        is_number = inputs.shapes[self.named(inputs)["inputs"][0]] == ()
        if is_number and self.output_mode == "one_hot" and result.shape is not None:
            return (result._replace(shape=(1, *result.shape)),)
        return (result,)

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that TensorFlow can count the integers.

        Raises:
            ShapeError: It cannot, for their dtype or that of the result.
        """
        (index,) = self.named(inputs)["inputs"]
        shape, dtype = inputs.shapes[index], dtypes[index]
        check_counting(self, shape, self.variable_dtype)
        if dtype is None or not _counts(self, shape):
            return
        # Others than small integers are converted, but not where the result is sparse.
        is_small = dtype.startswith(("int", "uint")) and dtype not in _COUNTED
        if is_small or (self.sparse and dtype not in _COUNTED[:2]):
            raise ShapeError(
                f"takes int32 or int64, {{{index}}} has dtype {dtype}",
                code="wrong-type",
                inputs=(index,),
                hint="convert it first, with `ops.cast: {dtype: int32}`",
            )


class Hashing(Preprocessing):
    """Anything to one of `num_bins` numbers.

    >>> Hashing(num_bins=8).shape((None, 3))
    (None, 3)
    """

    written_defaults = {**Preprocessing.written_defaults, "dtype": "int64"}
    data = "anything"
    converts = False
    rule = "as it is; in the other modes the last axis becomes `num_bins`"

    num_bins: Positive
    mask_value: Annotated[Any, Either(Integer(none=True), Words())] = None
    salt: Salt = None
    output_mode: BinMode = "int"
    sparse: Flag = False

    def check(self) -> Iterator[ArgumentError]:
        if self.output_mode == "int" and self.dtype not in (None, "int32", "int64"):
            yield ArgumentError(
                "must be `int32` or `int64` with `output_mode: int`", argument="dtype"
            )
        yield from sparse_check(self.sparse, self.output_mode)

    def check_data(self, x: Tensor, index: int = 0) -> None:
        """Check the dtype of an input.

        Raises:
            ShapeError: It is not that of `mask_value`.
        """
        value = self.mask_value
        if x.dtype is None or value is None or self.num_bins == 1:
            return
        if isinstance(value, str):
            fits = x.dtype == "string"
        else:
            fits = x.dtype not in ("string", "bool") and not (value < 0 and x.dtype == "uint64")
        if not fits:
            raise ShapeError(
                f"has {value!r} as `mask_value`, {{0}} has dtype {x.dtype}",
                code="wrong-type", inputs=(index,), argument="mask_value",
            )  # fmt: skip

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        x = self.single(inputs).shape
        assert x is not None
        dtype = whole(self.output_mode, self.dtype) or self.variable_dtype
        return (Tensor(self.shape(x), dtype),)

    def shape(self, x: Shape) -> Shape:
        return x if self.output_mode == "int" else (*x[:-1], self.num_bins)

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        self.check_data(Tensor(inputs.shapes[0], dtypes[0]))
        check_counting(self, inputs.shapes[0], self.variable_dtype)


class HashedCrossing(Preprocessing):
    """Two features as one: each pair of values to one of `num_bins` numbers.

    >>> HashedCrossing(num_bins=5).results(Inputs.of((None, 1), (None, 1), dtype="int32"))
    (Tensor(shape=(None, 1), dtype='int64'),)
    """

    refuses_floats = True
    unsupported = SPARSE_IN_TENSORFLOW

    written_defaults = {**Preprocessing.written_defaults, "dtype": "int64"}
    data = "integers or strings"
    converts = False
    # Keras takes `activity_regularizer`, and does not hand it on.
    penalized = False
    rule = "as it is; `one_hot` makes `num_bins` of the last axis"

    num_bins: Positive
    output_mode: Annotated[str, Choice("int", "one_hot")] = "int"
    sparse: Flag = False

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the numbers of the pairs.

        Raises:
            ShapeError: There are not two tensors of one shape, with one value for each sample.
        """
        if len(inputs.tensors) != 2 or not inputs.listed or inputs.keywords:
            raise ShapeError(
                f"takes a list of two tensors, not {len(inputs.tensors)}", code="input-count"
            )
        for index, tensor in enumerate(inputs.tensors):
            self.check_data(tensor, index)
        x, y = inputs.shapes
        if not 1 <= len(x) <= 2 or x[1:] not in ((), (1,), (None,)):
            raise ShapeError(
                f"takes one value for each sample, {{0}} is {text(x)}",
                code="input-rank",
                inputs=(0,),
            )
        if len(x) != len(y) or x[-1] != y[-1] or (x[0] != y[0] and None not in (x[0], y[0])):
            raise ShapeError(
                f"takes two tensors of one shape, {{0}} is {text(x)}, {{1}} {text(y)}",
                inputs=(0, 1),
            )
        crossed = (
            x if self.output_mode == "int" else (*(x[:-1] if x[-1] == 1 else x), self.num_bins)
        )
        return (Tensor(crossed, whole(self.output_mode, self.dtype) or self.compute_dtype),)


#: The order of the arguments of this family in a formatted spec.
LOOKUP_ORDER = tuple(
    """
    max_tokens num_oov_indices mask_token oov_token vocabulary vocabulary_dtype idf_weights invert output_mode pad_to_max_tokens sparse
    """.split()
)


class Lookup(Preprocessing, abstract=True):
    """Terms to their places in a vocabulary, or with `invert` back: given as a list or a file, or learned by `adapt`."""

    unsupported = SPARSE_IN_TENSORFLOW

    changed = {"3.14": "but for `output_mode: int` the shape is (batch, size of the vocabulary)"}

    config_quirk = unless("vocabulary", "vocabulary_size")
    learned = "vocabulary"
    computes_quantized = True

    argument_order = LOOKUP_ORDER
    newer = {"oov_method": "3.14", "salt": "3.14"}

    converts = False
    without = ("activity_regularizer", "autocast")
    #: The dtype of a term.
    term: ClassVar[str] = "string"
    rule = "as it is; the other modes put the vocabulary's size in place of the last axis, `one_hot` after one that is not 1"

    max_tokens: Any
    num_oov_indices: NonNegative = 1
    mask_token: Any
    oov_token: Any
    vocabulary: Any
    idf_weights: Numbers = None
    invert: Flag = False
    output_mode: TermMode = "int"
    pad_to_max_tokens: Flag = False
    sparse: Flag = False
    oov_method: Annotated[str, Choice("floormod", "farmhash")] = "floormod"
    salt: Salt = None
    #: Saved models say it of a vocabulary that was learned.
    vocabulary_size: Annotated[Optional[int], Integer(0, none=True)] = None

    @property
    def mode(self) -> str:
        return {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(self.output_mode, self.output_mode)

    @property
    def runs_as(self) -> Optional[str]:  # type: ignore[override]
        """The integers in which terms are counted; Keras declares floats, which only `tf_idf` gives."""
        return Backend.integer() if self.mode in ("one_hot", "multi_hot", "count") else None

    def special(self) -> Tuple[object, ...]:
        """What comes before the vocabulary: the mask and the terms that are not in it."""
        return (self.mask_token,) * self.mask_count + (self.oov_token,) * self.num_oov_indices

    @property
    def mask_count(self) -> int:
        """How many masks come before the vocabulary."""
        return 1 if self.mask_token is not None and self.mode == "int" else 0

    def terms(self) -> Tuple[object, ...]:
        """The vocabulary without the mask and the terms that are not in it."""
        terms: Tuple[object, ...] = tuple(self.vocabulary)
        if self.num_oov_indices > len(terms):
            # They cannot begin with as many, of which there may be a billion.
            return terms
        special = self.special()
        return terms[len(special) :] if terms[: len(special)] == special else terms

    def check(self) -> Iterator[ArgumentError]:
        if self.pad_to_max_tokens and self.max_tokens is None:
            yield ArgumentError("needs `max_tokens`", argument="pad_to_max_tokens")
        if self.invert and self.mode != "int":
            yield ArgumentError("must be `int` with `invert`", argument="output_mode")
        if self.invert and self.oov_token is None:
            yield ArgumentError("cannot be null with `invert`", argument="oov_token")
        if self.idf_weights is not None and self.mode != "tf_idf":
            yield ArgumentError("goes with `output_mode: tf_idf`", argument="idf_weights")
        elif self.vocabulary is not None and self.idf_weights is None and self.mode == "tf_idf":
            yield ArgumentError(
                "is missing: `tf_idf` needs one for each term",
                code="missing-argument",
                argument="idf_weights",
            )
        yield from sparse_check(self.sparse, self.output_mode)
        if isinstance(self.vocabulary, tuple):
            yield from self.check_vocabulary()
        elif self.vocabulary is not None and self.mode == "tf_idf":
            yield ArgumentError("must be a list with `output_mode: tf_idf`", argument="vocabulary")

    def _check_terms(self, terms: Tuple[object, ...]) -> Iterator[ArgumentError]:
        """Check that each term is there once, and that no special one is among them."""
        seen = set()
        for index, term in enumerate(terms, len(self.vocabulary) - len(terms)):
            if term in seen:
                yield ArgumentError(f"has `{term}` twice", argument="vocabulary", path=(index,))
            elif term == self.mask_token or (term == self.oov_token and self.invert):
                token = "mask_token" if term == self.mask_token else "oov_token"
                few = self.num_oov_indices <= 20
                hint = f"leave it out, or begin with {list(self.special())}" if few else None
                yield ArgumentError(
                    f"has the `{token}` `{term}` at another place",
                    argument="vocabulary",
                    path=(index,),
                    hint=hint,
                )
            seen.add(term)

    def check_vocabulary(self) -> Iterator[ArgumentError]:
        terms, start = self.terms(), self.mask_count + self.num_oov_indices
        if not terms:
            yield ArgumentError(
                "needs a term" + (" besides the special ones" if self.vocabulary else ""),
                argument="vocabulary",
            )
        yield from self._check_terms(terms)
        size = start + len(terms)
        if self.max_tokens is not None and size > self.max_tokens:
            yield ArgumentError(
                f"has {size} terms, the special ones included; `max_tokens` is {self.max_tokens}",
                argument="vocabulary",
            )
        if self.idf_weights is not None and len(self.idf_weights) != len(self.vocabulary):
            yield ArgumentError(
                f"must be {len(self.vocabulary)}, one for each term", argument="idf_weights"
            )
        if (
            self.vocabulary_size not in (None, size)
            and self.mode != "int"
            and not self.pad_to_max_tokens
        ):
            yield ArgumentError(f"must be the vocabulary's, {size}", argument="vocabulary_size")

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        x = self.single(inputs).shape
        return (self.result(x),)  # type: ignore[arg-type]

    def result(self, x: Shape) -> Tensor:
        """What becomes of terms of shape `x`."""
        if self.mode == "int":
            return Tensor(x, self.term if self.invert else "int64")
        depth = self.max_tokens if self.pad_to_max_tokens else self.vocabulary_size
        if not self.pad_to_max_tokens and isinstance(self.vocabulary, tuple):
            depth = self.mask_count + self.num_oov_indices + len(self.terms())
        elif depth is None and self.vocabulary is not None:
            return UNKNOWN._replace(dtype="float32")
        if self.keras_version < (3, 14):
            return Tensor((*x[:1], depth), "float32")  # a model is wired as if it were so
        return Tensor(encoded(x, self.mode, depth), "float32")


class StringLookup(Lookup):
    """Texts to their places in a vocabulary.

    >>> StringLookup(vocabulary=["cat", "dog"], output_mode="one_hot").result((None, 1))
    Tensor(shape=(None, 3), dtype='float32')
    """

    max_tokens: Most = None
    mask_token: Annotated[Optional[str], Words(none=True)] = None
    oov_token: Annotated[Optional[str], Words(none=True)] = "[UNK]"
    vocabulary: Terms = None
    encoding: Text = "utf-8"

    @property
    def data(self) -> str:  # type: ignore[override]
        return "numbers" if self.invert else "strings"


class IntegerLookup(Lookup):
    """Integers to their places in a vocabulary.

    >>> IntegerLookup(vocabulary=[3, 5]).result((None, 4))
    Tensor(shape=(None, 4), dtype='int64')
    """

    term = "int64"

    max_tokens: Most = None
    mask_token: Annotated[Optional[int], Integer(none=True)] = None
    oov_token: Annotated[Optional[int], Integer(none=True)] = -1
    vocabulary: Codes = None
    vocabulary_dtype: Annotated[str, Choice("int64")] = "int64"

    def check(self) -> Iterator[ArgumentError]:
        if self.salt is not None and self.oov_method != "farmhash":
            yield ArgumentError("goes with `oov_method: farmhash`", argument="salt")
        yield from super().check()


class TextVectorization(Preprocessing):
    """Texts to sequences of words, as their places in a vocabulary.

    >>> TextVectorization(output_sequence_length=20).results(Inputs.of((None,), dtype="string"))
    (Tensor(shape=(None, 20), dtype='int64'),)
    """

    unsupported = SPARSE_IN_TENSORFLOW

    changed = {"3.14": "but for `output_mode: int` the shape is (batch, size of the vocabulary)"}

    needed_in_config = ("standardize", "split", "ngrams")
    config_quirk = unless("vocabulary", "vocabulary_size")
    learned = "vocabulary"

    data = "strings"
    converts = False
    computes_quantized = True
    min_ndim = 1
    rule = (
        "the batch, then `output_sequence_length`; the other modes count over the words of a text"
    )

    max_tokens: Most = None
    standardize: Annotated[
        Optional[str], Choice("lower_and_strip_punctuation", "lower", "strip_punctuation", None)
    ] = "lower_and_strip_punctuation"
    split: Annotated[Optional[str], Choice("whitespace", "character", None)] = "whitespace"
    ngrams: Annotated[Any, Either(Integer(1), Integers(1, none=True))] = None
    output_mode: TermMode = "int"
    output_sequence_length: Some = None
    pad_to_max_tokens: Flag = False
    vocabulary: Terms = None
    idf_weights: Numbers = None
    sparse: Flag = False
    ragged: Flag = False
    encoding: Text = "utf-8"
    vocabulary_size: Annotated[Optional[int], Integer(0, none=True)] = None

    lookup: StringLookup

    @property
    def runs_as(self) -> Optional[str]:  # type: ignore[override]
        """See `Lookup.runs_as`."""
        return self.lookup.runs_as

    def check(self) -> Iterator[ArgumentError]:
        shared = (
            "max_tokens",
            "vocabulary",
            "idf_weights",
            "pad_to_max_tokens",
            "output_mode",
            "sparse",
            "vocabulary_size",
        )
        try:
            self.lookup = StringLookup(
                mask_token="", **{name: getattr(self, name) for name in shared}
            )
        except ArgumentErrors as errors:
            yield from errors.errors
        if isinstance(self.ngrams, tuple):
            self.explicit = {**self.explicit, "ngrams": self.ngrams}  # Keras takes no list here
        if self.output_mode != "int":
            for argument in ("output_sequence_length", "ragged"):
                if getattr(self, argument):
                    yield ArgumentError("goes with `output_mode: int`", argument=argument)

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the numbers of the words.

        Raises:
            ShapeError: There are several strings for each sample.
        """
        x = self.single(inputs).shape
        assert x is not None
        if self.split is not None and len(x) > 1 and x[-1] not in (1, None):
            raise ShapeError(
                f"takes one text for each sample, {{0}} is {text(x)}",
                inputs=(0,),
                hint="or set `split: null`",
            )
        if self.output_mode == "int":
            return (Tensor((x[0], self.output_sequence_length), "int64"),)
        words: Shape = (
            () if self.split is None and len(x) > 1 else (1,) if self.split is None else (None,)
        )
        self.lookup.keras_version = self.keras_version
        return (self.lookup.result((*x, *words)),)


def encoded(x: Shape, mode: str, depth: Optional[int]) -> Shape:
    """The shape of integers of shape `x` when each is a place among `depth`, or all along the last axis are.

    >>> encoded((None, 3), "multi_hot", 9), encoded((None, 3), "one_hot", 9), encoded((None, 1), "one_hot", 9)
    ((None, 9), (None, 3, 9), (None, 9))
    """
    if mode == "int":
        return x
    is_added = mode == "one_hot" and (not x or len(x) == 1 or x[-1] != 1)
    return (*x, depth) if is_added else (*x[:-1], depth)


def _counts(layer: Any, x: Shape) -> bool:
    """Whether TensorFlow counts the integers of a layer, in place of making each a row of zeros and a one."""
    return (
        layer.output_mode in ("multi_hot", "count")
        and len(x) <= 2
        and Backend.choose() == "tensorflow"
    )


def check_counting(layer: Any, x: Shape, dtype: str) -> None:
    """Check that TensorFlow can count integers.

    Args:
        layer: The layer.
        x: The shape of the integers.
        dtype: The dtype of what is counted.

    Raises:
        ShapeError: It counts them in other dtypes.
    """
    if _counts(layer, x) and not layer.sparse and dtype not in _COUNTED:
        raise ShapeError(
            f"cannot count in {dtype} with the backend `tensorflow`, but in {', '.join(_COUNTED)}",
            code="wrong-type",
            argument="dtype" if layer.dtype is not None else None,
        )


def sparse_check(sparse: bool, output_mode: str) -> Iterator[ArgumentError]:
    """Numbers of bins or terms are never sparse."""
    if sparse and output_mode == "int":
        yield ArgumentError("cannot be true with `output_mode: int`", argument="sparse")


def whole(output_mode: str, dtype: Optional[str]) -> Optional[str]:
    """The dtype of bins as numbers, where the layer has no other."""
    return "int64" if output_mode == "int" and dtype is None else None
