"""Functions of `keras.ops` that go from signals to frequencies and back.

Keras has a complex tensor in two: its real and its imaginary part, as a list.
"""

from typing import Annotated, Iterator, Optional, Tuple, Union

from mergecli.catalog.arguments import ArgumentError, Choice, Integer
from mergecli.catalog.fields import Flag, Positive
from mergecli.catalog.operations.operation import Operation
from mergecli.catalog.shapes import Shape, ShapeError, check_has_axis, text
from mergecli.catalog.tensors import Inputs, Tensor

Length = Annotated[Optional[int], Integer(1, none=True)]
Window = Annotated[Optional[str], Choice("hann", "hamming", None)]


class Complex(Operation, abstract=True):
    """Takes the real and the imaginary part of a tensor, as a list."""

    arity = None
    #: The number of axes that it needs, and whether their sizes must be known.
    rank = 1
    needs_sizes = True

    def parts(self, inputs: Inputs) -> Tuple[Tensor, Tensor, Shape]:
        """Return both parts and their shape.

        Raises:
            ShapeError: They are not two tensors of one dtype and one shape that is large enough.
        """
        tensors = self.tensors(inputs)
        if len(tensors) != 2:
            raise ShapeError(
                f"takes a real and an imaginary part, not {len(tensors)} tensors",
                code="input-count",
            )
        shape, other = inputs.shapes
        if shape != other:
            raise ShapeError(
                f"takes parts of one shape: {{0}} is {text(shape)}, {{1}} is {text(other)}",
                inputs=(0, 1),
            )
        real, imaginary = tensors
        if None not in (real.dtype, imaginary.dtype) and real.dtype != imaginary.dtype:
            raise ShapeError(
                f"takes parts of one dtype: {{0}} has {real.dtype}, {{1}} has {imaginary.dtype}",
                code="wrong-type",
                inputs=(0, 1),
                hint="convert one of them first, with `ops.cast`",
            )
        if len(shape) < self.rank:
            raise ShapeError(
                f"takes at least {self.rank} dimension{'s' * (self.rank > 1)}, {{0}} has {len(shape)}",
                code="input-rank",
                inputs=(0,),
            )
        if self.needs_sizes and None in shape[-self.rank :]:
            raise ShapeError(
                f"needs axes of a known size, {{0}} is {text(shape)}",
                code="unknown-dimension",
                inputs=(0,),
            )
        return real, imaginary, shape


class Transform(Complex, abstract=True):
    """Gives as many parts of the same shape."""

    rule = "both parts as they are"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        real, imaginary, shape = self.parts(inputs)
        return Tensor(shape, real.dtype), Tensor(shape, imaginary.dtype)


class FFT(Transform):
    """The Fourier transform along the last axis.

    >>> [tensor.shape for tensor in FFT().results(Inputs.of((None, 8), (None, 8)))]
    [(None, 8), (None, 8)]
    """

    keras_name = "ops.fft"


class FFT2(Transform):
    """The Fourier transform along the last two axes.

    >>> [tensor.shape for tensor in FFT2().results(Inputs.of((None, 8, 8), (None, 8, 8)))]
    [(None, 8, 8), (None, 8, 8)]
    """

    keras_name = "ops.fft2"
    rank = 2


class IFFT2(Transform):
    """The inverse of the Fourier transform along the last two axes.

    >>> [tensor.shape for tensor in IFFT2().results(Inputs.of((None, 8, 8), (None, 8, 8)))]
    [(None, 8, 8), (None, 8, 8)]
    """

    keras_name = "ops.ifft2"
    rank = 2


class RFFT(Operation):
    """The Fourier transform of real numbers along the last axis.

    >>> [tensor.shape for tensor in RFFT().results(Inputs.of((None, 8)))]
    [(None, 5), (None, 5)]
    """

    keras_name = "ops.rfft"
    rule = "both parts with half of the size and one more on the last axis"

    fft_length: Length = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return both parts.

        Raises:
            ShapeError: There is no axis.
        """
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        check_has_axis(shape)
        length = shape[-1] if self.fft_length is None else self.fft_length
        return (Tensor((*shape[:-1], None if length is None else length // 2 + 1), x.dtype),) * 2


class IRFFT(Complex):
    """The inverse of the Fourier transform of real numbers.

    >>> IRFFT().results(Inputs.of((None, 5), (None, 5)))[0].shape
    (None, 8)
    """

    keras_name = "ops.irfft"
    needs_sizes = False
    rule = "twice the size less two on the last axis, or `fft_length`"

    fft_length: Length = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        real, _, shape = self.parts(inputs)
        size = None if shape[-1] is None else 2 * (shape[-1] - 1)
        return (Tensor((*shape[:-1], self.fft_length or size), real.dtype),)


class Framed(Operation, abstract=True):
    """Cuts a signal into windows, or joins them."""

    def check(self) -> Iterator[ArgumentError]:
        length: Union[int, None] = getattr(self, "fft_length", None)
        if length is not None and length < self.sequence_length:
            yield ArgumentError(
                f"must be at least `sequence_length`, {self.sequence_length}", argument="fft_length"
            )

    sequence_length: Positive
    sequence_stride: Positive


class STFT(Framed):
    """The Fourier transform of windows that slide over the last axis.

    >>> [tensor.shape for tensor in STFT(8, 4, 8).results(Inputs.of((None, 32)))]
    [(None, 9, 5), (None, 9, 5)]
    """

    keras_name = "ops.stft"
    rule = "both parts, with the windows and half of `fft_length` and one more"

    fft_length: Positive
    window: Window = "hann"
    center: Flag = True

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return both parts.

        Raises:
            ShapeError: There is no axis, or it is shorter than a window.
        """
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        check_has_axis(shape)
        padding = self.fft_length // 2 * 2 if self.center else 0
        count = windows(shape, padding, self.fft_length, self.sequence_stride)
        return (Tensor((*shape[:-1], count, self.fft_length // 2 + 1), x.dtype),) * 2


class ISTFT(Complex, Framed):
    """The inverse of the Fourier transform of windows.

    >>> ISTFT(8, 4, 8).results(Inputs.of((None, 9, 5), (None, 9, 5)))[0].shape
    (None, 32)
    """

    keras_name = "ops.istft"
    rank = 2
    needs_sizes = False
    rule = "the signal on the last axis, of `length` if that is given"
    changed = {"3.14": "a model is wired without `length`"}

    fft_length: Positive
    length: Length = None
    window: Window = "hann"
    center: Flag = True

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        real, _, shape = self.parts(inputs)
        size = self.length if self.keras_version >= (3, 14) else None
        if size is None and shape[-2] is not None:
            size = (shape[-2] - 1) * self.sequence_stride + self.fft_length
            size -= self.fft_length // 2 * 2 if self.center else 0
        return (Tensor((*shape[:-2], size), real.dtype),)


class ExtractSequences(Framed):
    """The windows that slide over the last axis.

    >>> ExtractSequences(8, 4).shape((None, 32))
    (None, 7, 8)
    """

    takes_strings = True
    rule = "the windows and `sequence_length` in place of the last axis"

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the windows.

        Raises:
            ShapeError: There is no axis, or it is shorter than a window.
        """
        check_has_axis(x)
        count = windows(x, 0, self.sequence_length, self.sequence_stride)
        return (*x[:-1], count, self.sequence_length)


def windows(x: Shape, padding: int, length: int, stride: int) -> Optional[int]:
    """Return how many windows slide over the last axis; None if its size is not known.

    >>> windows((None, 32), 0, 8, 4), windows((None, None), 0, 8, 4)
    (7, None)

    Raises:
        ShapeError: None does.
    """
    if x[-1] is None:
        return None
    count = 1 + (x[-1] + padding - length) // stride
    if count < 1:
        raise ShapeError(
            f"does not fit: a window of {length} on {{0}}, {text(x)}",
            code="negative-size",
            inputs=(0,),
        )
    return count


class ViewAsComplex(Operation):
    """A complex tensor of one whose last axis has the real and the imaginary part.

    >>> ViewAsComplex().results(Inputs.of((None, 8, 2)))
    (Tensor(shape=(None, 8), dtype='complex64'),)
    """

    refuses_floats = True
    rule = "without the last axis, which has size 2"
    becomes = "complex64"

    def shape(self, x: Shape) -> Shape:
        """Return the shape without the axis of the parts.

        Raises:
            ShapeError: There is no such axis.
        """
        if not x or x[-1] not in (2, None):
            raise ShapeError(f"takes a last axis of size 2, {{0}} is {text(x)}", inputs=(0,))
        return x[:-1]


class ViewAsReal(Operation):
    """The real and the imaginary part of a complex tensor, in a new last axis.

    >>> ViewAsReal().results(Inputs.of((None, 8), dtype="complex64"))
    (Tensor(shape=(None, 8, 2), dtype='float32'),)
    """

    refuses_floats = True
    rule = "with a new last axis of size 2"
    becomes = "float32"

    def shape(self, x: Shape) -> Shape:
        return (*x, 2)


class Polar(Operation):
    """Complex numbers by their size and their angle; Keras gives them the dtype float32.

    >>> Polar().results(Inputs.of((None, 8), (None, 8)))
    (Tensor(shape=(None, 8), dtype='float32'),)
    """

    arity = 2
    becomes = "float32"
    runs_as = "complex64"
    runs_since = "3.11"
    changed = {"3.11": "a model can run it"}
    refuses_floats = True
    rule = "as the first"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        self.tensors(inputs)
        return (Tensor(inputs.shapes[0], "float32"),)
