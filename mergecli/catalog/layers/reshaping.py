"""Keras's `layers/reshaping`."""

from typing import Annotated, Any, ClassVar, Iterator, Mapping, Optional, Sequence, Tuple

from mergecli.catalog.arguments import ArgumentError, Choice
from mergecli.catalog.fields import DataFormat, Positive, Size2, Size3
from mergecli.catalog.layer import Layer
from mergecli.catalog.list_arguments import Integers, Pairs, Size
from mergecli.catalog.shapes import Shape, ShapeError, check_since, product, reshape, text

Ends = Annotated[Any, Size(2, low=0)]
Pairs2 = Annotated[Any, Pairs(2)]
Pairs3 = Annotated[Any, Pairs(3)]
Interpolation = Annotated[
    str, Choice("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area", fold=True)
]

#: The interpolations between pixels that backends do not have.
NO_INTERPOLATION: Mapping[str, Mapping[str, Sequence[str]]] = {
    "jax": {"interpolation": ("area",)},
    "torch": {"interpolation": ("lanczos3", "lanczos5", "area")},
}


class Flatten(Layer):
    """All axes after the batch into one.

    >>> Flatten().shape((None, 8, 8, 3))
    (None, 192)
    """

    takes_strings = True
    keeps_dtype = True
    min_ndim = 1
    flattens = True
    rule = "the sizes after the batch multiply"

    data_format: DataFormat = None

    def shape(self, x: Shape) -> Shape:
        return (x[0], product(x[1:]))


class Reshape(Layer):
    """Another shape with as many elements; -1 is the size that follows from the others.

    >>> Reshape([4, -1]).shape((None, 8, 8))
    (None, 4, 16)
    """

    changed = {
        "3.12": "-1 is what is left over of the first input, also where it is applied to others",
        "3.15": "`target_shape` takes no null, but for Keras 3.8 to 3.11 where a size is unknown",
    }

    takes_strings = True
    keeps_dtype = True
    min_ndim = 1
    rule = "the batch axis, then `target_shape`"

    target_shape: Annotated[Any, Integers(-1, gaps=True)]

    def check(self) -> Iterator[ArgumentError]:
        if self.target_shape.count(-1) > 1:
            yield ArgumentError("may hold -1 only once", argument="target_shape")
        elif sum(size in (-1, None) for size in self.target_shape) > 1:
            yield ArgumentError(
                "may hold -1 or null only once: they are the size that follows from the others",
                argument="target_shape",
            )

    def pinned(self, x: Shape) -> Tuple[Optional[int], ...]:
        is_old = self.keras_version < (3, 12)
        return (product(x[1:]),) if is_old and -1 in self.target_shape else ()

    def shape(self, x: Shape) -> Shape:
        """Return the shape.

        Raises:
            ShapeError: It has not as many elements.
        """
        # The sizes are known when a model runs, for which Keras 3.12 computes the shape anew.
        is_known = None not in x[1:] or self.keras_version >= (3, 12)
        if None in self.target_shape and is_known:
            what = f"for null in `target_shape`, {{0}} is {text(x)}"
            check_since(
                (3, 15),
                self.keras_version,
                what,
                inputs=(0,),
                argument="target_shape",
                hint="write -1 for the size that follows from the others",
            )
        return (x[0], *reshape(x[1:], self.target_shape))


class Permute(Layer):
    """The axes after the batch in another order, counted from 1.

    >>> Permute([2, 1]).shape((None, 10, 64))
    (None, 64, 10)
    """

    takes_strings = True
    keeps_dtype = True
    rule = "axis i is the input's axis `dims[i]`"

    dims: Annotated[Any, Integers(1)]

    def check(self) -> Iterator[ArgumentError]:
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            yield ArgumentError(f"must hold each of 1 to {len(self.dims)} once", argument="dims")

    def check_rank(self, shape: Shape) -> None:
        """Check the number of dimensions of an input.

        Raises:
            ShapeError: It is not that of `dims` and the batch.
        """
        if len(shape) != len(self.dims) + 1:
            raise ShapeError(
                f"permutes {len(self.dims)} axes and the batch, {{0}} has {len(shape)} dimensions: {text(shape)}",
                code="input-rank", inputs=(0,), argument="dims",
            )  # fmt: skip

    def shape(self, x: Shape) -> Shape:
        return (x[0], *(x[index] for index in self.dims))


class RepeatVector(Layer):
    """A vector `n` times, as a sequence.

    >>> RepeatVector(3).shape((None, 32))
    (None, 3, 32)
    """

    takes_strings = True
    ndim = 2
    rule = "`n` between the batch and the features"

    n: Positive

    def shape(self, x: Shape) -> Shape:
        return (x[0], self.n, x[1])


class Spatial(Layer, abstract=True):
    """Changes the length of each spatial axis."""

    image = "gives"
    #: Something must be left of each axis.
    crops: ClassVar[bool] = False

    data_format: DataFormat = None

    def amounts(self) -> Tuple[Tuple[int, int], ...]:
        """For each spatial axis a factor and what is added then."""
        raise NotImplementedError

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the padded or cropped input.

        Raises:
            ShapeError: Nothing is left of an axis.
        """
        start = 2 if self.data_format == "channels_first" else 1
        result = list(x)
        for index, (factor, more) in enumerate(self.amounts(), start):
            length = x[index]
            result[index] = None if length is None else length * factor + more
            if self.crops and length is not None and length + more <= 0:
                raise ShapeError(
                    f"crops {-more} from the {length} of {{0}} on axis {index}: nothing is left of {text(x)}",
                    code="negative-size", inputs=(0,), argument="cropping",
                )  # fmt: skip
        return tuple(result)


class Cropping(Spatial, abstract=True):
    """Takes off both ends of each spatial axis."""

    rule = "each spatial axis less `cropping`"
    crops = True

    cropping: Any

    def amounts(self) -> Tuple[Tuple[int, int], ...]:
        return tuple((1, -before - after) for before, after in self.cropping)


class Cropping1D(Cropping):
    """Takes off both ends of a sequence.

    >>> Cropping1D([1, 2]).shape((None, 10, 4))
    (None, 7, 4)
    """

    takes_strings = True
    ndim = 3
    without = ("data_format",)

    cropping: Ends = (1, 1)

    def amounts(self) -> Tuple[Tuple[int, int], ...]:
        return ((1, -sum(self.cropping)),)


class Cropping2D(Cropping):
    """Takes off the border of an image.

    >>> Cropping2D(4).shape((None, 32, 32, 3))
    (None, 24, 24, 3)
    """

    takes_strings = True
    ndim = 4

    cropping: Pairs2 = ((0, 0), (0, 0))


class Cropping3D(Cropping):
    """Takes off the border of a volume.

    >>> Cropping3D(1).shape((None, 8, 8, 8, 3))
    (None, 6, 6, 6, 3)
    """

    takes_strings = True
    ndim = 5

    cropping: Pairs3 = ((1, 1), (1, 1), (1, 1))


class ZeroPadding(Spatial, abstract=True):
    """Adds zeros at both ends of each spatial axis."""

    rule = "each spatial axis and `padding`"

    padding: Any

    def amounts(self) -> Tuple[Tuple[int, int], ...]:
        return tuple((1, before + after) for before, after in self.padding)


class ZeroPadding1D(ZeroPadding):
    """Adds zeros at both ends of a sequence.

    >>> ZeroPadding1D(2).shape((None, 10, 4))
    (None, 14, 4)
    """

    takes_strings = True
    ndim = 3

    padding: Ends = 1

    def amounts(self) -> Tuple[Tuple[int, int], ...]:
        return ((1, sum(self.padding)),)


class ZeroPadding2D(ZeroPadding):
    """Adds a border of zeros to an image.

    >>> ZeroPadding2D([[0, 1], [2, 2]]).shape((None, 32, 32, 3))
    (None, 33, 36, 3)
    """

    takes_strings = True
    ndim = 4

    padding: Pairs2 = (1, 1)


class ZeroPadding3D(ZeroPadding):
    """Adds a border of zeros to a volume.

    >>> ZeroPadding3D(1).shape((None, 8, 8, 8, 3))
    (None, 10, 10, 10, 3)
    """

    takes_strings = True
    ndim = 5

    padding: Pairs3 = ((1, 1), (1, 1), (1, 1))


class UpSampling(Spatial, abstract=True):
    """Repeats along each spatial axis."""

    volume = "larger"
    rule = "each spatial axis times `size`"

    size: Any

    def amounts(self) -> Tuple[Tuple[int, int], ...]:
        return tuple((factor, 0) for factor in self.size)


class UpSampling1D(UpSampling):
    """Repeats each step of a sequence.

    >>> UpSampling1D(2).shape((None, 10, 4))
    (None, 20, 4)
    """

    takes_strings = True
    ndim = 3
    without = ("data_format",)

    size: Positive = 2

    def amounts(self) -> Tuple[Tuple[int, int], ...]:
        return ((self.size, 0),)


class UpSampling2D(UpSampling):
    """Repeats, or interpolates, the rows and columns of an image.

    >>> UpSampling2D(2).shape((None, 16, 16, 3))
    (None, 32, 32, 3)
    """

    takes_strings = True
    ndim = 4

    unsupported = NO_INTERPOLATION

    size: Size2 = (2, 2)
    interpolation: Interpolation = "nearest"


class UpSampling3D(UpSampling):
    """Repeats along the axes of a volume.

    >>> UpSampling3D(2).shape((None, 4, 4, 4, 3))
    (None, 8, 8, 8, 3)
    """

    takes_strings = True
    ndim = 5

    size: Size3 = (2, 2, 2)
