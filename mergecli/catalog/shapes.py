"""Pure arithmetic on shapes. A shape has the batch axis in front; `None` is a size that is not known."""

from __future__ import annotations

from math import prod
from typing import Optional, Sequence, Tuple

from mergecli.catalog.versions import Backend, Version, version_text

Shape = Tuple[Optional[int], ...]


class ShapeError(Exception):
    """What cannot be computed on these shapes.

    `message` may name inputs as `{0}`, `{1}`, …; the caller, who knows their names, fills them in. `input` is the index of the
    offending input, `argument` the name of the offending argument, `code` the stable code of the diagnostic.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "shape-mismatch",
        inputs: Sequence[int] = (),
        argument: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.code, self.inputs, self.argument, self.hint = (
            message,
            code,
            tuple(inputs),
            argument,
            hint,
        )


def check_since(
    since: Version,
    target: Version,
    what: str,
    *,
    inputs: Sequence[int] = (),
    argument: str | None = None,
    hint: str | None = None,
) -> None:
    """Check that the target has what came with a version of Keras.

    Args:
        since: The version.
        target: The version that is checked for.
        what: What needs it, as in "needs Keras 3.14 for ...".
        inputs: The indices of the offending inputs.
        argument: The offending argument.
        hint: What is possible with older versions.

    Raises:
        ShapeError: The target is older.
    """
    if target < since:
        message = (
            f"needs Keras {version_text(since)} {what}; the target is Keras {version_text(target)}"
        )
        raise ShapeError(message, code="newer-keras", inputs=inputs, argument=argument, hint=hint)


def text(shape: Shape | None) -> str:
    """A shape as Keras prints it.

    >>> text((None, 32, 32, 1)), text(None)
    ('(None, 32, 32, 1)', '(unknown)')
    """
    return "(unknown)" if shape is None else str(shape)


def size(shape: Shape) -> int | None:
    """The number of elements for one sample, the batch axis aside; None when it is not known.

    >>> size((None, 4, 3)), size((None, None, 3))
    (12, None)
    """
    rest = shape[1:]
    return None if None in rest else prod(rest)  # type: ignore[arg-type]


def product(sizes: Sequence[int | None]) -> int | None:
    """The product, None when a factor is not known.

    >>> product((2, 3)), product((2, None))
    (6, None)
    """
    return None if None in sizes else prod(sizes)  # type: ignore[arg-type]


def added(*numbers: int | None) -> int | None:
    """The sum, None when a part is not known.

    >>> added(2, 3), added(2, None)
    (5, None)
    """
    return None if None in numbers else sum(numbers)  # type: ignore[arg-type]


def same(a: int | None, b: int | None) -> bool:
    """Whether two sizes may be the same.

    >>> same(2, 2), same(2, None), same(2, 3)
    (True, True, False)
    """
    return a is None or b is None or a == b


def alike(a: Shape, b: Shape) -> bool:
    """Whether two shapes may be the same.

    >>> alike((None, 3), (2, 3)), alike((2, 3), (3,))
    (True, False)
    """
    return len(a) == len(b) and all(map(same, a, b))


def spreads(shape: Shape, onto: Shape) -> bool:
    """Whether `shape` broadcasts to `onto` without making it larger.

    >>> spreads((1, 3), (None, 2, 3)), spreads((2, 3), (1, 3))
    (True, False)
    """
    return len(shape) <= len(onto) and all(
        a == 1 or same(a, b) for a, b in zip(reversed(shape), reversed(onto))
    )


def check_rank(shape: Shape, *ranks: int, place: int = 0, what: str = "") -> None:
    """Check the number of dimensions of an input.

    Args:
        shape: Its shape.
        ranks: The numbers of dimensions that it may have.
        place: Its place among the inputs.
        what: What it is, for the message, such as `images`.

    Raises:
        ShapeError: It has another number.
    """
    if len(shape) not in ranks:
        subject = f"{what} of " if what else ""
        wanted = " or ".join(map(str, ranks))
        plural = "s" * (ranks != (1,))
        raise ShapeError(
            f"takes {subject}{wanted} dimension{plural}, {{{place}}} has {len(shape)}: {text(shape)}",
            code="input-rank",
            inputs=(place,),
        )


def check_least_rank(shape: Shape, least: int, place: int = 0) -> None:
    """Check that an input has at least so many dimensions, two or more.

    Raises:
        ShapeError: It has fewer.
    """
    if len(shape) < least:
        raise ShapeError(
            f"takes at least {least} dimensions, {{{place}}} has {len(shape)}: {text(shape)}",
            code="input-rank",
            inputs=(place,),
        )


def check_has_axis(shape: Shape, place: int = 0) -> None:
    """Check that an input is not a single number.

    Raises:
        ShapeError: It is.
    """
    if not shape:
        raise ShapeError(
            f"takes at least 1 dimension, {{{place}}} has none",
            code="input-rank",
            inputs=(place,),
        )


def check_backend_ranks(shape: Shape, ranks: Sequence[int], place: int, *backends: str) -> None:
    """Check that an input has one of some numbers of dimensions, where a backend takes no others.

    Args:
        shape: The shape of the input.
        ranks: The numbers of dimensions.
        place: The place of the input.
        *backends: The backends that take no others.

    Raises:
        ShapeError: It has another one, and the backend is one of these.
    """
    if len(shape) not in ranks and Backend.choose() in backends:
        wanted = " or ".join(map(str, ranks))
        plural = "s" * (tuple(ranks) != (1,))
        raise ShapeError(
            f"takes {wanted} dimension{plural} with the backend `{Backend.choose()}`,"
            f" {{{place}}} has {len(shape)}: {text(shape)}",
            code="input-rank",
            inputs=(place,),
        )


def check_distinct(positions: Sequence[int], shape: Shape) -> None:
    """Check that no axis is given twice.

    Args:
        positions: The axes, counted from the front.
        shape: The shape of the input.

    Raises:
        ShapeError: One is.
    """
    if len(set(positions)) < len(positions):
        raise ShapeError(
            f"names an axis of {{0}} twice: {text(shape)}",
            code="axis-range",
            inputs=(0,),
            argument="axis",
        )


def check_normalized_axes(given: Sequence[int], rank: int) -> None:
    """Check that the backend normalizes along axes, and not along others.

    With PyTorch, Keras leaves the work to a function of the last axes, which gets only their sizes,
    where one axis is given or several in a row.

    Args:
        given: The axes as they are given.
        rank: The number of dimensions.

    Raises:
        ShapeError: The axes are not the last ones, and the backend is PyTorch.
    """
    if Backend.choose() == "torch" and not given:
        raise ShapeError(
            "needs an axis with the backend `torch`", code="wrong-value", argument="axis"
        )
    ordered = sorted(given)
    is_in_a_row = bool(ordered) and ordered[-1] - ordered[0] == len(ordered) - 1
    last = list(range(rank - len(ordered), rank))
    if is_in_a_row and [index % rank for index in ordered] != last and Backend.choose() == "torch":
        raise ShapeError(
            "normalizes only along the last axes with the backend `torch`",
            code="wrong-value",
            argument="axis",
            hint="move the axes with `Permute`, or use the backend `tensorflow` or `jax`",
        )


def axis(index: int, rank: int, *, argument: str = "axis") -> int:
    """An axis counted from the front.

    >>> axis(-1, 4)
    3

    Raises:
        ShapeError: there is no such axis.
    """
    if not -rank <= index < rank:
        raise ShapeError(
            f"cannot use axis {index}: {{0}} has {rank} dimensions",
            code="axis-range",
            inputs=(0,),
            argument=argument,
            hint=_axes(rank),
        )
    return index % rank


def _axes(rank: int) -> str:
    """The axes of a tensor without that of the batch, which a layer rarely means."""
    if rank < 2:
        return "an axis from -1 to 0"
    last = rank - 1
    return "use axis 1 or -1" if last == 1 else f"use an axis from 1 to {last}, or {-last} to -1"


def window(
    length: int | None, kernel: int, stride: int, padding: str, dilation: int = 1
) -> int | None:
    """The length after a window slides over it; zero or less when the window does not fit.

    `valid`: floor((n - d(k - 1) - 1) / s) + 1; `same` and `causal`: ceil(n / s), as in `keras.ops.conv`.

    >>> window(32, 3, 1, "valid"), window(32, 3, 2, "same"), window(2, 5, 1, "valid"), window(None, 3, 1, "valid")
    (30, 16, -2, None)
    """
    if length is None:
        return None
    if padding == "valid":
        return (length - dilation * (kernel - 1) - 1) // stride + 1
    return (length - 1) // stride + 1


def transposed(
    length: int | None,
    kernel: int,
    stride: int,
    padding: str,
    output_padding: int | None,
    dilation: int = 1,
) -> int | None:
    """The length after a transposed window, as `compute_conv_transpose_output_shape` of Keras has it.

    >>> transposed(4, 3, 2, "valid", None), transposed(4, 3, 2, "same", None)
    (9, 8)
    """
    if length is None:
        return None
    kernel = (kernel - 1) * dilation + 1
    if padding == "valid":
        return (
            (length - 1) * stride
            + kernel
            + (max(kernel, stride) - kernel if output_padding is None else output_padding)
        )
    if output_padding is None:
        return length * stride
    return (length - 1) * stride + kernel % 2 + output_padding


def broadcast(a: Shape, b: Shape) -> Shape | None:
    """Two shapes broadcast as Keras's merging layers do it (None wins over a number); None when they do not fit.

    >>> broadcast((4, 1), (3,)), broadcast((4, 2), (3,))
    ((4, 3), None)
    """
    if len(a) < len(b):
        a, b = b, a
    result: list[int | None] = list(a[: len(a) - len(b)])
    for i, j in zip(a[len(a) - len(b) :], b):
        if i is None or j is None:
            result.append(None)
        elif i == 1:
            result.append(j)
        elif j == 1 or i == j:
            result.append(i)
        else:
            return None
    return tuple(result)


def _reshaped(have: int, target: Sequence[int]) -> str:
    """What to write instead of sizes that have another product than there are elements."""
    for place in range(len(target)):
        rest = prod(size for index, size in enumerate(target) if index != place)
        if rest and have % rest == 0:
            fitting = [*target[:place], have // rest, *target[place + 1 :]]
            return f"the sizes must multiply to {have}, as in `{fitting}`"
    return f"the sizes must multiply to {have}"


def may_hold(shape: Shape, count: int) -> bool:
    """Return whether a shape has so many elements, or may have them where a size is unknown.

    >>> may_hold((2, 3), 6), may_hold((None, 3), 6), may_hold((None, 3), 4)
    (True, True, False)
    """
    known = prod(size for size in shape if size is not None)
    return count == known if None not in shape or not known else not count % known


def reshape(shape: Shape, target: Sequence[int | None]) -> Shape:
    """The sizes `target` with its -1 resolved; the batch axis is on neither side.

    >>> reshape((4, 6), (8, -1)), reshape((None, 6), (8, -1))
    ((8, 3), (8, None))

    Raises:
        ShapeError: the number of elements would change.
    """
    known = prod(size for size in target if size is not None and size != -1)
    is_open = not {None, -1}.isdisjoint(target)
    if None in shape:
        if not is_open and not may_hold(shape, known):
            raise _cannot_reshape(shape, target, f"no size makes it {known} elements")
        return tuple(None if size == -1 else size for size in target)
    have = prod(shape)  # type: ignore[arg-type]
    if not is_open and have != known:
        hint = _reshaped(have, target)  # type: ignore[arg-type]
        raise _cannot_reshape(shape, target, f"{have} elements against {known}", hint)
    if is_open and (have % known if known else have or -1 in target):
        raise _cannot_reshape(shape, target, f"{have} elements do not divide by {known}")
    if None in target:
        return tuple(None if size == -1 else size for size in target)
    return tuple(have // known if size == -1 else size for size in target)


def _cannot_reshape(
    shape: Shape, target: Sequence[int | None], why: str, hint: str | None = None
) -> ShapeError:
    return ShapeError(
        f"cannot reshape {{0}}, {text((None, *shape))}, to {tuple(target)}: {why}",
        inputs=(0,),
        argument="target_shape",
        hint=hint,
    )
