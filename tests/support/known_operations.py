"""Operations with their arguments drawn at random, and how Keras judges them."""

from __future__ import annotations

import functools
import re
from typing import Any, Callable

import oracle
from hypothesis import strategies as st

from mergecli.catalog import registry
from mergecli.catalog.dtypes import WEAK
from mergecli.catalog.operations.operation import Operation
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import is_newer

KINDS: dict[str, Any] = {
    kind.keras_name: kind
    for kind in registry.layers().values()
    if issubclass(kind, Operation) and not is_newer(kind.since, oracle.TARGET)
}


def function(name: str) -> Any:
    """Keras's function by its name in a spec."""
    import keras

    return functools.reduce(getattr, name.split("."), keras)


#: Where we knowingly differ from Keras: all are calls that Keras wires, though no backend can run them.
DIFFERENCES = {
    "twice": "an axis, or a place for one, is named twice",
    "unlike": "sizes along which a product adds up, or tensors that are joined, differ",
    "too few": "there are fewer dimensions than are named, or than a convolution is about, as only JAX takes them",
    "smaller": "a tensor is to be spread to a shape that it does not broadcast to",
    "too many": "more elements are taken than there are",
    "unchecked": "Keras looks neither at an operand nor at an argument that backends cannot use; a list of one number for several"
    " axes (`strides: [1]`) is taken by TensorFlow alone, and only by some operations",
    "number": "a plain number is given where a tensor with axes is needed",
    "newer versions refuse it": "an old Keras accepts what newer ones refuse, as it means nothing: an axis that is not there",
    "wide dtypes": "before 3.12, Keras finds uint64 and complex128 for several tensors, of which newer ones make uint32 and complex64",
    "other axes": "with PyTorch Keras normalizes along the last axes, whatever the axes are",
    "useless": "`pad` is given a number to pad with in a mode that pads with others",
}


#: Operations that take no plain numbers for some tensors.
NUMBERLESS = """
    ctc_decode dot_product_attention image.scale_and_translate in_top_k kron layer_normalization polar
    rms_normalization scatter scatter_update select slice slice_update
"""
#: What mergecli says of calls that Keras does not check.
UNCHECKED: dict[str, str] = {}
for _names, _reason in (
    (
        "bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor",
        "cannot combine",
    ),
    ("left_shift right_shift allclose", "cannot combine|decimals"),
    ("unstack", "cannot make"),
    ("meshgrid", "at least two tensors|of one dtype"),
    ("image.extract_patches", "takes volumes of floats"),
    ("left_shift right_shift bitwise_left_shift bitwise_right_shift", "cannot move truth values"),
    (
        "one_hot multi_hot prod full_like ones_like cumsum cumprod nancumsum nancumprod",
        "cannot give strings",
    ),
    ("multi_hot layer_normalization", "has no argument"),
    ("view", "bfloat16|cannot see bytes as"),
    ("max min", "cannot compare"),
    ("select", "takes truth values as conditions"),
    ("slice slice_update", "takes a (number|size) for each axis|cannot (put|take)"),
    ("scatter scatter_update", "takes places"),
    ("unravel_index nonzero", "at least"),
    ("select", "as many tensors|cannot combine"),
    ("argpartition nancumprod nancumsum trapezoid", "cannot use axis"),
    ("layer_normalization rms_normalization categorical_crossentropy", "cannot use axis"),
    ("digitize", "takes 1 dimension"),
    ("logdet slogdet", "square matrices|at least 2"),
    ("kron", "as many dimensions"),
    ("vdot", "cannot multiply"),
    ("stft istft extract_sequences unfold", "does not fit|at least `sequence_length`"),
    ("view_as_complex", "takes a last axis"),
    ("full", "cannot spread"),
    ("image.extract_patches", "as many numbers"),
    ("image.scale_and_translate", "a size for each axis"),
    (
        "conv depthwise_conv separable_conv conv_transpose max_pool average_pool",
        "as many spatial",
    ),
    ("conv depthwise_conv separable_conv conv_transpose", "takes a (second )?kernel"),
    ("dot_product_attention", "cannot attend|takes 4 dimensions|flash_attention"),
    ("ctc_decode", "takes 3 dimensions"),
    ("ldexp", "takes integers as exponents"),
    ("clip", "must be an integer"),
    ("tril triu", "takes at least 2 dimensions"),
    ("reshape", "no size makes it"),
    ("split vsplit hsplit dsplit", "needs a place to cut at"),
    ("geomspace", "does not take bool"),
    ("take", "as indices"),
    ("lu_factor", "takes square matrices"),
    ("conv_transpose histogram", "cannot be run in a model"),
    ("diag diagonal trace tril triu", "has no diagonal"),
    ("searchsorted corrcoef kron", "takes .* dimension"),
    ("correlate", "takes the longer tensor first"),
    ("ctc_decode", "has no class|takes a length|cannot give|takes 1 dimension"),
    ("fold", "takes a column for each window"),
    ("image.affine_transform", "takes 8 numbers|does not take `mirror`"),
    ("image.extract_patches", "takes strides of 1"),
    ("image.sobel_edges", "takes images of at least"),
    ("image.ssim psnr", "of one shape"),
    ("image.pad_images", "cannot make"),
    ("image.scale_and_translate", "takes a number for each"),
    ("in_top_k", "takes a class for each row"),
    ("layer_normalization rms_normalization", "takes a number for each element"),
    ("softmax log_softmax", "needs an axis"),
    ("norm", "takes the norm along"),
    ("normalize", "has no norm of order"),
    ("pad", "cannot pad|takes at least 1 dimension"),
    ("repeat", "by a list of"),
    ("roll", "takes one shift for one axis"),
    ("scatter scatter_update", "takes values of shape"),
    ("argpartition", "does not distinguish the rows|cannot take the element"),
    (
        "geomspace linspace logspace",
        "only on the first axis|does not compute values|two tensors or two numbers",
    ),
    ("nanmedian nanquantile nanpercentile", "takes floats along an axis"),
    ("cast saturate_cast array convert_to_tensor", "cannot convert"),
    ("cumsum cumprod nancumsum nancumprod prod nanprod", "cannot compute in float8"),
    ("image.elastic_transform", "the Gaussian kernel has no elements"),
    ("fft fft2 ifft2 irfft istft", "takes parts of one dtype"),
    ("image.ssim", "takes images of at least `filter_size`"),
    ("ctc_loss", "takes [123] dimension"),
):
    for _name in _names.split():
        # An operation may have several reasons.
        UNCHECKED[_name] = "|".join(filter(None, (UNCHECKED.get(_name), _reason)))


#: For operations and what mergecli says of them, the known difference; the first that matches holds.
_KNOWN: tuple[tuple[str, str, str], ...] = (
    ("other axes", "", "normalizes only along the last axes"),
    ("twice", "", "cannot use axis .* twice"),
    ("unlike", "tensordot dot einsum", "cannot multiply"),
    ("unlike", "roll", "must have as many numbers"),
    ("useless", "pad", "goes only with"),
    ("unlike", "concatenate stack", r"cannot (concatenate|stack) \{[1-9]\}"),
    ("too few", "tensordot einsum", "cannot add up along|takes at least .* dimensions for"),
    ("too few", "conv conv_transpose", "at least 3 dimensions"),
    ("too many", "top_k", "cannot take"),
    ("number", NUMBERLESS, "is a number"),
    *(("unchecked", name, pattern) for name, pattern in UNCHECKED.items()),
    ("smaller", "broadcast_to", "cannot spread"),
)


def differs(name: str, ours: oracle.Verdict, theirs: oracle.Verdict) -> str | None:
    """Return the name of the known difference that explains a disagreement on an operation."""
    if are_wider(ours, theirs):
        return "wide dtypes"
    if ours.accepted or not theirs.accepted:
        return None
    if oracle.is_newer_rule(ours, theirs):
        return "newer versions refuse it"
    for difference, names, pattern in _KNOWN:
        is_of = not names or name.removeprefix("ops.") in names.split()
        if is_of and re.search(pattern, ours.reason):
            return difference
    return None


#: What an old Keras finds for several tensors, and what newer ones make of it.
NARROWED = {"uint64": "uint32", "complex128": "complex64"}


def are_wider(ours: oracle.Verdict, theirs: oracle.Verdict) -> bool:
    """Whether the results are those of an old Keras but for dtypes that newer ones make narrower."""
    narrowed = tuple((shape, NARROWED.get(dtype, dtype)) for shape, dtype in theirs.results)
    both = ours.accepted and theirs.accepted
    return oracle.TARGET < (3, 12) and both and ours.results == narrowed


OTHERS = [
    "bfloat16",
    "float64",
    "int8",
    "int16",
    "int64",
    "uint8",
    "uint16",
    "uint64",
    "complex64",
    "string",
]


DTYPES = st.one_of(
    st.sampled_from(["float32", "float16", "int32", "bool"]), st.sampled_from(OTHERS)
)


SIZES = st.sampled_from([2, 2, 2, 1, 3, 4, 6, None])


AXIS = st.integers(-3, 3)


SLICE = st.fixed_dictionaries(
    {},
    optional={
        "start": st.integers(-3, 4) | st.none(),
        "stop": st.integers(-3, 4),
        "step": st.sampled_from([1, 2, -1, None]),
    },
)


SIZES_OF_WINDOWS = st.integers(1, 3) | st.lists(st.integers(1, 3), min_size=1, max_size=3)
WINDOWS = (
    "conv depthwise_conv separable_conv conv_transpose max_pool average_pool image.extract_patches"
).split()
ARGUMENTS = ("strides", "dilation_rate", "pool_size")
PARTS = st.integers(1, 3) | st.lists(st.integers(0, 4), max_size=3).map(sorted)
TWO = st.integers(1, 3) | st.lists(st.integers(1, 3), min_size=2, max_size=2)


#: What an argument takes that can be drawn neither from what accepts it nor from all that it accepts with some luck.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{f"{argument} of ops.{name}": SIZES_OF_WINDOWS for name in WINDOWS for argument in ARGUMENTS},
    "output_size of ops.fold": TWO,
    **{
        f"{argument} of ops.{name}": TWO
        for name in ("fold", "unfold")
        for argument in ("kernel_size", "dilation", "stride")
    },
    "padding of ops.fold": st.integers(0, 1),
    "padding of ops.unfold": st.integers(0, 1)
    | st.lists(st.integers(0, 1), min_size=2, max_size=2),
    "axis of ops.batch_normalization": st.sampled_from([-1, -1, 1, 0, 2]),
    "output_shape of ops.image.scale_and_translate": st.lists(
        st.integers(1, 3), min_size=2, max_size=4
    ),
    "spatial_dims of ops.image.scale_and_translate": st.just([0, 1]),
    "size of ops.image.extract_patches": st.integers(1, 3)
    | st.lists(st.integers(1, 3), min_size=2, max_size=3),
    "strides of ops.image.extract_patches": SIZES_OF_WINDOWS | st.none(),
    "strides of ops.max_pool": SIZES_OF_WINDOWS | st.none(),
    "strides of ops.average_pool": SIZES_OF_WINDOWS | st.none(),
    "output_padding of ops.conv_transpose": st.none() | st.integers(0, 1),
    "indices_or_sections of ops.vsplit": PARTS,
    "indices_or_sections of ops.hsplit": PARTS,
    "indices_or_sections of ops.dsplit": PARTS,
    "shape of ops.full": st.lists(st.sampled_from([2, 1, 3]), max_size=3) | st.integers(0, 3),
    "shape of ops.slice": st.lists(st.sampled_from([-1, 1, 2]), min_size=1, max_size=3),
    "shape of ops.scatter": st.lists(st.sampled_from([1, 2, 3]), max_size=4),
    "range of ops.histogram": st.sampled_from([None, [0.0, 1.0], [1.0, 1.0], [2, 1]]),
    "x of ops.trapezoid": st.sampled_from([None, [0.0, 1.0]]),
    "sigma of ops.image.gaussian_blur": st.just([1.0, 2.0]),
    "axis of ops.layer_normalization": AXIS | st.lists(AXIS, max_size=2),
    "axis of ops.rms_normalization": AXIS | st.lists(AXIS, max_size=2),
    "axis of ops.expand_dims": AXIS | st.lists(AXIS, max_size=3),
    "axes of ops.transpose": st.none()
    | st.integers(1, 4).flatmap(lambda n: st.permutations(range(n)))
    | st.lists(AXIS, max_size=3),
    "axes of ops.tensordot": st.integers(0, 3)
    | st.integers(0, 2).flatmap(
        lambda n: st.tuples(*[st.lists(AXIS, min_size=n, max_size=n)] * 2).map(list)
    ),
    "newshape of ops.reshape": st.lists(st.sampled_from([-1, 1, 2, 3, 4, 6, 12]), max_size=3)
    | st.integers(-1, 12),
    "indices_or_sections of ops.split": st.integers(1, 3)
    | st.lists(st.integers(0, 4), max_size=3).map(sorted)
    | st.lists(st.integers(0, 4)),
    "repeats of ops.repeat": st.integers(0, 3)
    | st.lists(st.integers(0, 3), min_size=1, max_size=3),
    "pad_width of ops.pad": st.integers(0, 2)
    | st.lists(st.integers(0, 2), min_size=2, max_size=2)
    | st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=2), min_size=1, max_size=3),
    "shape of ops.broadcast_to": st.lists(st.sampled_from([2, 2, 1, 3, 4]), max_size=3),
    "key of ops.get_item": AXIS
    | st.lists(st.one_of(AXIS, st.none(), SLICE, st.just("...")), max_size=4),
    "subscripts of ops.einsum": st.sampled_from(
        """
        ij->ji ij->i ij->j ij-> ij i ii ii-> ii->i ...i->i... ...i-> ...ij->...ji i...->...i ...->... ... ij->... a...b->b...a
        ij,jk->ik ij,jk ij,ij->ij ij,ij-> ij,kl->ijkl i,i-> i,j->ij bij,bjk->bik bij,bj->bi bij,kj->bik ...ij,...jk->...ik
        ...ij,jk->...ik a...,a...->a... ij,->ij ,ij-> bqhd,bkhd->bhqk i...,j...->ij... ba,dc->abcd ij,jk->j ii,i->i ij,i...->j...
        ij,jk,kl->il i,i,i->i
        """.split()
    ),
}


def shapes(ranks: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int | None, ...]]:
    return ranks.flatmap(lambda rank: st.tuples(*[SIZES] * rank))


def alike(most: int, least: int = 1) -> st.SearchStrategy[list[tuple[int | None, ...]]]:
    """Shapes that often fit each other: most sizes of one are those of the first."""

    def near(first: tuple[int | None, ...]) -> st.SearchStrategy[tuple[int | None, ...]]:
        return st.tuples(
            *(st.one_of(st.just(size), st.just(size), st.just(size), SIZES) for size in first)
        )

    def several(first: tuple[int | None, ...]) -> st.SearchStrategy[list[tuple[int | None, ...]]]:
        cut = near(first).flatmap(
            lambda shape: st.integers(0, len(shape)).map(lambda start: shape[start:])
        )
        return st.lists(
            st.one_of(near(first), near(first), cut, shapes(st.integers(0, 3))),
            min_size=least - 1,
            max_size=most - 1,
        ).map(lambda others: [first, *others])

    return shapes(st.integers(0, 4)).flatmap(several)


def tensor(shape: tuple[int | None, ...]) -> st.SearchStrategy[Tensor]:
    return DTYPES.map(lambda dtype: Tensor(shape, dtype))


#: Shapes that an operation takes, where those that are drawn for all seldom fit.
FITTING: dict[str, list[tuple[int | None, ...]]] = {
    "ops.average": [(None, 4), (4,)],
    "ops.average_pool": [(None, 4, 6, 3)],
    "ops.batch_normalization": [(None, 4), (4,), (4,), (4,), (4,)],
    "ops.bitwise_left_shift": [(None, 4), (None, 4)],
    "ops.cholesky": [(None, 3, 3)],
    "ops.cholesky_inverse": [(None, 3, 3)],
    "ops.conv": [(None, 6, 4, 3), (2, 2, 3, 4)],
    "ops.conv_transpose": [(None, 6, 4, 3), (2, 2, 4, 3)],
    "ops.correlate": [(4,), (3,)],
    "ops.cross": [(None, 3), (None, 3)],
    "ops.ctc_decode": [(None, 6, 4), (None,)],
    "ops.ctc_loss": [(None, 3), (None, 6, 4), (None,), (None,)],
    "ops.depth_to_space": [(None, 4, 6, 4)],
    "ops.depthwise_conv": [(None, 6, 4, 3), (2, 2, 3, 2)],
    "ops.det": [(None, 3, 3)],
    "ops.digitize": [(None, 4), (3,)],
    "ops.dot_product_attention": [(None, 4, 2, 3), (None, 6, 2, 3), (None, 6, 2, 3)],
    "ops.eig": [(None, 3, 3)],
    "ops.eigh": [(None, 3, 3)],
    "ops.fft": [(None, 4), (None, 4)],
    "ops.fft2": [(None, 4, 4), (None, 4, 4)],
    "ops.fold": [(None, 4, 9)],
    "ops.full": [()],
    "ops.ifft2": [(None, 4, 4), (None, 4, 4)],
    "ops.in_top_k": [(None,), (None, 4)],
    "ops.inv": [(None, 3, 3)],
    "ops.irfft": [(None, 4), (None, 4)],
    "ops.istft": [(None, 4, 3), (None, 4, 3)],
    "ops.logdet": [(None, 3, 3)],
    "ops.lstsq": [(4, 3), (4, 2)],
    "ops.lu_factor": [(None, 4, 3)],
    "ops.max_pool": [(None, 4, 6, 3)],
    "ops.qr": [(None, 4, 3)],
    "ops.scatter": [(4, 1), (4, 2)],
    "ops.scatter_update": [(6, 2), (4, 1), (4, 2)],
    "ops.searchsorted": [(3,), (None, 4)],
    "ops.segment_max": [(6, 3), (6,)],
    "ops.segment_min": [(6, 3), (6,)],
    "ops.segment_prod": [(6, 3), (6,)],
    "ops.segment_sum": [(6, 3), (6,)],
    "ops.separable_conv": [(None, 6, 4, 3), (2, 2, 3, 2), (1, 1, 6, 4)],
    "ops.slice": [(4, 4), (2,)],
    "ops.slice_update": [(4, 4), (2,), (2, 2)],
    "ops.slogdet": [(None, 3, 3)],
    "ops.solve": [(None, 3, 3), (None, 3, 2)],
    "ops.solve_triangular": [(None, 3, 3), (None, 3, 2)],
    "ops.space_to_depth": [(None, 4, 6, 4)],
    "ops.sparse_categorical_crossentropy": [(None,), (None, 4)],
    "ops.svd": [(None, 4, 3)],
    "ops.unfold": [(None, 3, 6, 4)],
    "ops.vander": [(4,)],
    "ops.view_as_complex": [(None, 4, 2)],
    "ops.image.affine_transform": [(None, 4, 6, 3), (None, 8)],
    "ops.image.crop_images": [(None, 4, 6, 3)],
    "ops.image.elastic_transform": [(None, 4, 6, 3)],
    "ops.image.extract_patches": [(None, 4, 6, 3)],
    "ops.image.gaussian_blur": [(None, 4, 6, 3)],
    "ops.image.hsv_to_rgb": [(None, 4, 6, 3)],
    "ops.image.map_coordinates": [(4, 6), (2, 3)],
    "ops.image.pad_images": [(None, 4, None, 3)],
    "ops.image.perspective_transform": [(None, 4, 6, 3), (3, 4, 2), (3, 4, 2)],
    "ops.image.rgb_to_grayscale": [(None, 4, 6, 3)],
    "ops.image.rgb_to_hsv": [(None, 4, 6, 3)],
    "ops.image.scale_and_translate": [(4, 6, 3), (2,), (2,)],
    "ops.image.sobel_edges": [(None, 4, 6, 3)],
    "ops.image.ssim": [(None, 4, 6, 3), (None, 4, 6, 3)],
}


def fitting(name: str) -> st.SearchStrategy[list[tuple[int | None, ...]]]:
    """Shapes that fit, or nearly."""

    def near(shape: tuple[int | None, ...]) -> st.SearchStrategy[tuple[int | None, ...]]:
        sizes = [st.one_of(*[st.just(size)] * 12, SIZES) for size in shape]
        cut = st.sampled_from([0] * 8 + [1])
        return st.tuples(st.tuples(*sizes), cut).map(lambda pair: pair[0][pair[1] :])

    return st.tuples(*map(near, FITTING[name])).map(list)


NUMBER = st.sampled_from([Tensor((), "int"), Tensor((), "float")])


def calls(name: str) -> st.SearchStrategy[tuple[dict[str, Any], Inputs]]:
    """Arguments and inputs for an operation, numbers among them."""
    kind = KINDS[name]
    known = {
        argument.split(" of ")[0]: value
        for argument, value in VALUES.items()
        if argument.endswith(f" of {name}")
    }
    values = {
        n: known[n] if n in known else oracle.value(argument, n)
        for n, argument in kind.arguments.items()
        if n != "name"
    }
    arguments = st.fixed_dictionaries(
        {n: v for n, v in values.items() if n in kind.required},
        optional={n: v for n, v in values.items() if n not in kind.required},
    )
    if name in {"ops.image.pad_images", "ops.image.crop_images"}:
        arguments = st.tuples(arguments, framing(kind)).map(
            lambda pair: pair[1] | format_of(pair[0])
        )
    if name in FITTING:
        whole = many_of(name, kind)
        return st.tuples(arguments, fitting(name).flatmap(whole))
    if kind.arity == 1 and not kind.optional:
        inputs = shapes(st.integers(0, 4)).flatmap(tensor).map(lambda x: Inputs((x,)))
        if name == "ops.image.resize":
            inputs = shapes(st.integers(2, 5)).flatmap(tensor).map(lambda x: Inputs((x,)))
        return st.tuples(arguments, inputs)
    many = (kind.arity or 3) + len(kind.optional)
    return st.tuples(arguments, alike(many, kind.arity or 1).flatmap(many_of(name, kind)))


def framing(kind: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Two of the three arguments for the height, and for the width; sometimes others."""
    size = st.integers(0, 3) | st.integers(1, 9)
    targets = ("target_height", "target_width")
    groups = [(*ends, target) for ends, target in zip(kind.ends, targets)]
    pairs = [
        st.sampled_from(group).flatmap(
            lambda gone, group=group: st.fixed_dictionaries(
                {
                    n: st.integers(1, 9) if "target" in n else st.integers(0, 2)
                    for n in group
                    if n != gone
                }
            )
        )
        for group in groups
    ]
    odd = st.dictionaries(
        st.sampled_from([name for group in groups for name in group]), size, max_size=3
    )
    whole = st.tuples(*pairs).map(lambda found: found[0] | found[1])
    return st.one_of(whole, whole, whole, odd)


def format_of(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name == "data_format"}


def many_of(name: str, kind: Any) -> Callable[[list[Any]], st.SearchStrategy[Inputs]]:
    """What draws tensors of given shapes, and numbers in place of some."""
    is_listed = kind.arity != 1 or bool(kind.optional)

    def mixed(found: list[tuple[int | None, ...]]) -> st.SearchStrategy[Inputs]:
        number = [] if kind.arity == 1 and not kind.optional else [NUMBER]
        items = [
            st.one_of(*[tensor(shape)] * (9 if name in FITTING else 3), *number) for shape in found
        ]
        return st.tuples(*items).map(lambda tensors: Inputs(tensors, listed=is_listed))

    return mixed


def of_keras(name: str, arguments: dict[str, Any], inputs: Inputs) -> oracle.Verdict:
    """Call Keras's function on symbolic tensors and on numbers."""
    import keras

    tensors = symbolic(inputs)
    try:
        results = described(call(name, arguments, tensors))
    except (
        Exception
    ) as problem:  # Keras refuses with many kinds of exceptions; all of them are a verdict here
        return oracle.Verdict(False, reason=f"{type(problem).__name__}: {problem}")
    if not any(isinstance(t, keras.KerasTensor) for t in tensors):
        return oracle.Verdict(False, reason="no tensor, so nothing is wired")
    return oracle.Verdict(True, results)


def call(name: str, arguments: dict[str, Any], tensors: list[Any]) -> Any:
    """Call Keras's function as Python code would."""
    arguments = dict(arguments)
    if name == "ops.get_item":
        arguments = {**arguments, "key": key(arguments["key"])}
    if name == "ops.einsum":
        others = {
            argument: value for argument, value in arguments.items() if argument != "subscripts"
        }
        return function(name)(arguments["subscripts"], *tensors, **others)
    if name == "ops.average":
        return function(name)(tensors[0], arguments.pop("axis", None), *tensors[1:], **arguments)
    if name == "ops.batch_normalization":
        return function(name)(*tensors[:3], arguments.pop("axis"), *tensors[3:], **arguments)
    if name == "ops.histogram" and arguments.get("range"):
        arguments["range"] = tuple(arguments["range"])
    if name == "ops.pad" and isinstance(arguments["pad_width"], int):
        # TensorFlow wants a pair for each axis when the model runs.
        width = arguments.pop("pad_width")
        pairs = [[width, width]] * max(1, len(tensors[0].shape))
        return function(name)(*tensors, pairs, **arguments)
    if name == "ops.full":
        return function(name)(arguments.pop("shape"), *tensors, **arguments)
    if name == "ops.meshgrid":
        return function(name)(*tensors, **arguments)
    if name == "ops.select":
        half = len(tensors) // 2
        return function(name)(tensors[:half], tensors[half:], **arguments)
    if name == "ops.image.scale_and_translate":
        return function(name)(tensors[0], arguments.pop("output_shape"), *tensors[1:], **arguments)
    return (
        function(name)(tensors, **arguments)
        if KINDS[name].arity is None
        else function(name)(*tensors, **arguments)
    )


def symbolic(inputs: Inputs) -> list[Any]:
    import keras

    numbers = {"int": 3, "float": 3.0}
    return [
        numbers[t.dtype] if t.dtype in WEAK else keras.KerasTensor(t.shape, dtype=t.dtype)
        for t in inputs.tensors
    ]


def described(result: Any) -> tuple[Any, ...]:
    import keras

    return tuple((tuple(t.shape), t.dtype) for t in keras.tree.flatten(result))


def key(written: Any) -> Any:
    """What stands in Python's brackets for what stands in a spec."""
    if isinstance(written, list):
        return tuple(key(item) for item in written)
    if isinstance(written, dict):
        return slice(written.get("start"), written.get("stop"), written.get("step"))
    return {None: slice(None), "...": ...}.get(written, written)
