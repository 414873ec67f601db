"""The variables of a layer: how many numbers they hold, and how they begin, are penalized and trained."""

from math import prod
from typing import TYPE_CHECKING, Any, Iterable, NamedTuple, Optional, Tuple

from mergecli.catalog.fields import DTYPES, FLOATS, INITIALIZERS
from mergecli.catalog.shapes import Shape, ShapeError, product, text
from mergecli.catalog.versions import Backend

if TYPE_CHECKING:
    from mergecli.catalog.initializers import Initializer
    from mergecli.catalog.regularizers import Regularizer

#: The elements that a backend can count.
MOST = 2**63 - 1
#: The initializers by which a weight of floats can begin, whatever its shape.
EASY = frozenset(
    name for name in INITIALIZERS if not name.lower().startswith(("identity", "orthogonal", "stft"))
)


class Weight(NamedTuple):
    """One variable of a layer."""

    name: str
    shape: Shape
    trainable: bool = True
    dtype: str = "float32"


def parameters(weights: Iterable[Weight]) -> int:
    """Return how many numbers the weights hold."""
    return sum([product(weight.shape) or 0 for weight in weights])


def size_of(dtype: Optional[str]) -> int:
    """Return the bytes of one value of a dtype; 4 where it is not known."""
    return DTYPES.get(dtype or "float32", 4)


def bytes_of_weights(weights: Iterable[Weight]) -> int:
    """Return how many bytes the weights take."""
    return sum([(product(shape) or 0) * DTYPES.get(dtype, 4) for _, shape, _, dtype in weights])


def check_countable(name: str, shape: Shape) -> None:
    """Check that all sizes of a weight are known, and that a backend can count its elements.

    Raises:
        ShapeError: It is not so.
    """
    if None in shape:
        raise ShapeError(
            f"needs a known size to create the weight `{name}`: {text(shape)}",
            code="unknown-dimension",
            inputs=(0,),
        )
    if prod(shape) > MOST:  # type: ignore[arg-type]
        raise ShapeError(
            f"is too large: no backend can count the elements of the weight `{name}`, {text(shape)}",
            code="wrong-value",
        )


def begins_always(begins: "str | Initializer", shape: Shape, dtype: str) -> bool:
    """Whether a weight of a shape and dtype can always begin so."""
    is_orthogonal = begins == "orthogonal" and len(shape) > 1 and dtype in ("float32", "float64")
    return dtype in FLOATS and (begins in EASY or is_orthogonal)


def check_beginning(
    begins: "str | Initializer",
    argument: Optional[str],
    weight: Weight,
    summed: Optional[Tuple[int, ...]],
) -> None:
    """Check that a weight can begin as an initializer says, which an argument may name.

    Raises:
        ShapeError: It cannot.
    """
    from mergecli.catalog.initializers import initializer  # start-up

    beginning = initializer(begins) if isinstance(begins, str) else begins
    if summed is not None:
        given = tuple(axis for axis in range(len(weight.shape)) if axis not in summed)
        beginning = beginning.along(summed, given)
    mismatch = beginning.mismatch(weight.shape, weight.dtype)  # type: ignore[arg-type]
    if mismatch:
        called = begins if isinstance(begins, str) else type(begins).__name__
        raise ShapeError(
            f"cannot begin `{weight.name}` as `{called}`, which {mismatch}: it is {text(weight.shape)} of {weight.dtype}",
            code="wrong-value", argument=argument,
        )  # fmt: skip


def regularizer_of(given: Any) -> "Regularizer":
    """Return the regularizer that is given as itself or by its name."""
    from mergecli.catalog.regularizers import regularizer  # start-up

    return regularizer(given) if isinstance(given, str) else given


def check_penalized(given: Any, argument: str, weight: Weight) -> None:
    """Check that a regularizer can penalize a weight, which Keras finds out in a training.

    Args:
        given: The regularizer, or its name.
        argument: The argument that gives it.
        weight: The weight.

    Raises:
        ShapeError: It cannot.
    """
    penalty = regularizer_of(given)
    mismatch = penalty.mismatch(weight.shape, weight.dtype)
    if mismatch:
        raise ShapeError(
            f"cannot train the weight `{weight.name}` with `{type(penalty).__name__}`, which {mismatch}: it is {text(weight.shape)} of {weight.dtype}",
            code="wrong-value", argument=argument,
        )  # fmt: skip


def check_trained(weights: Iterable[Weight]) -> None:
    """Check that a backend can have weights that are trained in their dtypes.

    Raises:
        ShapeError: One is of integers or truth values, of which PyTorch has no gradients.
    """
    for name, _, trainable, dtype in weights:
        is_integer = "int" in dtype or dtype == "bool"
        if trainable and is_integer and Backend.choose() == "torch":
            raise ShapeError(
                f"cannot have the trainable weight `{name}` of dtype {dtype} with the backend `torch`",
                code="wrong-value",
                argument="dtype",
                hint="choose a float, or the backend `tensorflow` or `jax`",
            )
