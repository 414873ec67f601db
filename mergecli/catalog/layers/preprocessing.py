"""Keras's `layers/preprocessing`: raw data into what other layers take."""

import re
from typing import Annotated, Any, ClassVar, Iterator, Optional, Sequence, Tuple

from mergecli.catalog.arguments import ArgumentError, Choice, Integer, Number
from mergecli.catalog.config_quirks import without
from mergecli.catalog.dtypes import as_traced
from mergecli.catalog.fields import (
    WINDOWS,
    DataFormat,
    Flag,
    Object,
    Positive,
    Real,
    StrictPadding,
)
from mergecli.catalog.layer import AUTOCAST, Layer
from mergecli.catalog.list_arguments import Array, Integers, List, extent
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    axis,
    broadcast,
    check_distinct,
    product,
    text,
    window,
)
from mergecli.catalog.tensors import UNKNOWN, Inputs, Tensor, as_run
from mergecli.catalog.versions import Backend
from mergecli.catalog.weights import Weight

Above = Annotated[float, Number(0, above=True)]
Some = Annotated[Optional[int], Integer(1, none=True)]


class Preprocessing(Layer, abstract=True):
    """Takes raw data. Whether it is the right kind of data Keras asks only when the model runs."""

    takes_strings = True
    mixes_strings = True

    #: What it takes: "numbers", "floats", "strings", "integers or strings" or "anything".
    data: ClassVar[str] = "numbers"
    #: In a `Pipeline` it takes everything in its own dtype.
    converts: ClassVar[bool] = True

    def single(self, inputs: Inputs) -> Tensor:
        x = super().single(inputs)
        self.check_data(x)
        return x

    def check_data(self, x: Tensor, index: int = 0) -> None:
        """Check the dtype of an input; one that is not known may be right.

        Raises:
            ShapeError: The layer cannot work with it.
        """
        if x.dtype is None or self.data == "anything":
            return
        fine = {
            "numbers": x.dtype != "string",
            "floats": x.dtype in AUTOCAST,
            "strings": x.dtype == "string",
            "integers or strings": x.dtype == "string" or x.dtype.startswith(("int", "uint")),
        }
        if not fine[self.data]:
            hint = "give the input `dtype: string`" if "strings" in self.data else None
            raise ShapeError(
                f"takes {self.data}, {{{index}}} has dtype {x.dtype}",
                code="wrong-type",
                inputs=(index,),
                hint=hint,
            )


class Rescaling(Preprocessing):
    """Multiplies by `scale` and adds `offset`.

    >>> Rescaling(0.00392).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    needed_in_config = ("offset",)
    rule = "as it is"
    image = "keeps"

    scale: Annotated[Any, Array()]
    offset: Annotated[Any, Array()] = 0.0

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the input.

        Raises:
            ShapeError: `scale` or `offset` cannot be broadcast to it.
        """
        for argument in ("scale", "offset"):
            numbers = extent(getattr(self, argument))
            if numbers and broadcast(x, numbers) != x:
                raise ShapeError(
                    f"cannot spread numbers {text(numbers)} over {{0}}: {text(x)}",
                    inputs=(0,),
                    argument=argument,
                )
        return x


class Normalization(Preprocessing):
    """Takes off the mean and divides by the deviation: both given, or learned from data by `adapt`.

    >>> Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0]).shape((None, 2))
    (None, 2)
    """

    changed = {"3.14": "`mean` and `variance` are spread over all axes, as NumPy does"}

    rule = "as it is"
    image = "keeps"

    axis: Annotated[Any, Integers(single=True, none=True)] = -1
    mean: Annotated[Any, Array(none=True)] = None
    variance: Annotated[Any, Array(none=True)] = None
    invert: Flag = False

    @property
    def axes(self) -> Tuple[int, ...]:
        return (
            () if self.axis is None else (self.axis,) if isinstance(self.axis, int) else self.axis
        )

    def check(self) -> Iterator[ArgumentError]:
        if self.mean is None or self.variance is None:
            if self.mean is not self.variance:
                one, other = ("variance", "mean") if self.variance is None else ("mean", "variance")
                yield ArgumentError(
                    f"is missing: it goes with `{other}`", code="missing-argument", argument=one
                )
        elif extent(self.mean) != extent(self.variance):
            yield ArgumentError("must have as many numbers as `mean`", argument="variance")
        elif len(extent(self.mean)) > len(self.axes):
            yield ArgumentError(
                f"has {len(extent(self.mean))} dimensions, `axis` names {len(self.axes)}",
                argument="mean",
            )

    def kept(self, x: Shape) -> Tuple[int, ...]:
        """Return the sizes of the axes that each have their own mean.

        Raises:
            ShapeError: An axis is named twice, or its size is not known.
        """
        axes = sorted(axis(index, len(x)) for index in self.axes)
        check_distinct(axes, x)
        for index in axes:
            if x[index] is None:
                raise ShapeError(
                    f"needs a known size on axis {index}, {{0}} is {text(x)}",
                    code="unknown-dimension",
                    inputs=(0,),
                    argument="axis",
                )
        return tuple(x[index] for index in axes)  # type: ignore[misc]

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the input.

        Raises:
            ShapeError: `mean` or `variance` cannot be broadcast to the kept axes.
        """
        if self.mean is not None and self.dtype == "string" and self.keras_version < (3, 15):
            raise ShapeError("cannot make strings of `mean`", code="wrong-type", argument="dtype")
        kept: Shape = self.kept(x)
        given = extent(self.mean)
        if self.keras_version < (3, 14) and self.mean is not None:
            # Spread over all axes, of which the others have size 1.
            axes = {axis(index, len(x)) for index in self.axes}
            kept = tuple(size if index in axes else 1 for index, size in enumerate(x))
        if broadcast(kept, given) != kept:
            raise ShapeError(
                f"cannot spread a mean {text(given)} over the kept axes {text(kept)} of {{0}}",
                inputs=(0,),
                argument="mean",
            )
        return x

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        if self.mean is not None:
            return ()
        kept = self.kept(inputs.shapes[0])
        learned = [
            self.weight(name, *kept, trainable=False, begins=begins)
            for name, begins in (("mean", "zeros"), ("variance", "ones"))
        ]
        return [*learned, Weight("count", (), False, "int64")]


class MelSpectrogram(Preprocessing):
    """Sound as the strength of its frequencies over time, on the mel scale.

    >>> MelSpectrogram(num_mel_bins=64, sequence_stride=256).shape((None, 16000))
    (None, 64, 63)
    """

    config_quirk = without(sequence_length="$fft_length")

    rule = "the batch if there is one, `num_mel_bins`, (samples + stride + 1) // stride"

    fft_length: Positive = 2048
    sequence_stride: Positive = 512
    sequence_length: Some = None
    window: Annotated[Optional[str], Choice("hann", "hamming", None)] = "hann"
    sampling_rate: Positive = 16000
    num_mel_bins: Positive = 128
    min_freq: Annotated[float, Number(0)] = 20.0
    max_freq: Annotated[Optional[float], Number(0, above=True, none=True)] = None
    power_to_db: Flag = True
    top_db: Real = 80.0
    mag_exp: Real = 2.0
    min_power: Above = 1e-10
    ref_power: Real = 1.0

    def check(self) -> Iterator[ArgumentError]:
        if self.sequence_length is not None and self.sequence_length > self.fft_length:
            yield ArgumentError(
                f"must be at most `fft_length`, {self.fft_length}", argument="sequence_length"
            )

    def check_rank(self, shape: Shape) -> None:
        """Check the number of dimensions of an input.

        Raises:
            ShapeError: It is neither samples nor a batch of them.
        """
        if not 1 <= len(shape) <= 2:
            raise ShapeError(
                f"takes samples with or without a batch, {{0}} is {text(shape)}",
                code="input-rank",
                inputs=(0,),
            )

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the spectrogram.

        Raises:
            ShapeError: There are too few samples.
        """
        samples, border = x[-1], self.fft_length // 2
        # JAX mirrors them as often as it takes.
        if samples is not None and samples <= border and Backend.choose() != "jax":
            raise ShapeError(
                f"mirrors {border} samples at each end, {{0}} has {samples}",
                inputs=(0,),
                argument="fft_length",
            )
        time = (
            None
            if samples is None
            else (samples + self.sequence_stride + 1) // self.sequence_stride
        )
        return (*x[:-1], self.num_mel_bins, time)

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        """Of the mel filters; the Fourier transform is no matter of multiply-accumulates."""
        assert results[0].shape is not None
        return product((results[0].shape[-1], self.fft_length // 2 + 1, self.num_mel_bins))


class STFTSpectrogram(Preprocessing):
    """Sound as its frequencies over time: a short-time Fourier transform, as a convolution.

    >>> STFTSpectrogram(frame_length=256, frame_step=128).shape((None, 16000, 1))
    (None, 124, 129)
    """

    ndim = 3
    data = "floats"
    converts = False
    rule = "as a convolution with a kernel of `frame_length`, to `fft_length` // 2 + 1 frequencies (twice with `stft`) for each channel"

    mode: Annotated[str, Choice("log", "magnitude", "psd", "real", "imag", "angle", "stft")] = "log"
    frame_length: Positive = 256
    frame_step: Some = None
    fft_length: Some = None
    window: Annotated[Optional[str], Choice(*WINDOWS, None)] = "hann"
    periodic: Flag = False
    scaling: Annotated[Optional[str], Choice("density", "spectrum", None)] = "density"
    padding: StrictPadding = "valid"
    expand_dims: Flag = False
    data_format: DataFormat = None

    def check(self) -> Iterator[ArgumentError]:
        if self.frame_step is None and self.frame_length == 1:
            yield ArgumentError(
                "is missing: half of a frame of 1 is no step",
                code="missing-argument",
                argument="frame_step",
            )
        for argument, wrong in (
            ("frame_step", self.frame_step is not None and self.frame_step > self.frame_length),
            ("fft_length", self.fft_length is not None and self.fft_length < self.frame_length),
        ):
            if wrong:
                bound = "most" if argument == "frame_step" else "least"
                yield ArgumentError(
                    f"must be at {bound} `frame_length`, {self.frame_length}", argument=argument
                )

    def check_data(self, x: Tensor, index: int = 0) -> None:
        """Check the dtype of an input.

        Raises:
            ShapeError: It is one of strings, or the layer works in bfloat16.
        """
        super().check_data(x, index)
        if self.cast(x.dtype) == "bfloat16":
            raise ShapeError(
                "cannot work in bfloat16", code="wrong-type", inputs=(index,), argument="dtype"
            )

    @property
    def frequencies(self) -> int:
        """How many a frame has: Keras takes the next power of two as the length of the transform."""
        return (self.fft_length or 1 << (self.frame_length - 1).bit_length()) // 2 + 1

    def parts(self) -> Tuple[str, ...]:
        return tuple(
            part for part, other in (("real", "imag"), ("imag", "real")) if self.mode != other
        )

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the spectrogram.

        Raises:
            ShapeError: There are too few samples, or the number of channels is not known.
        """
        first = self.data_format == "channels_first"
        batch, samples, channels = (x[0], x[2], x[1]) if first else x
        if channels is None:
            raise ShapeError(
                f"needs a known number of channels, {{0}} is {text(x)}",
                code="unknown-dimension",
                inputs=(0,),
            )
        time = window(
            samples, self.frame_length, self.frame_step or self.frame_length // 2, self.padding
        )
        if time is not None and time <= 0:
            raise ShapeError(
                f"takes frames of {self.frame_length} samples, {{0}} has {samples}: {text(x)}",
                code="negative-size", inputs=(0,), argument="frame_length",
            )  # fmt: skip
        found = self.frequencies * (2 if self.mode == "stft" else 1)
        if self.expand_dims:
            return (batch, channels, time, found) if first else (batch, time, found, channels)
        return (batch, found * channels, time) if first else (batch, time, found * channels)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        return [
            self.weight(f"{part}_kernel", self.frame_length, 1, self.frequencies, begins="stft")
            for part in self.parts()
        ]

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        size = product(self.shape(inputs.shapes[0])[1:])
        each = self.frame_length * (1 if self.mode == "stft" else len(self.parts()))
        return None if size is None else size * each


class Pipeline(Layer):
    """Layers one after the other.

    >>> Pipeline([Rescaling(2.0), MelSpectrogram(num_mel_bins=64)]).results(Inputs.of((None, 16000)))[0].shape
    (None, 64, 32)
    """

    without = ("activity_regularizer", "trainable", "dtype", "autocast")
    rule = "as the last of `layers` has it"
    masked = True

    layers: Annotated[Any, List(Object("layer", none=False), "layers")]

    def check(self) -> Iterator[ArgumentError]:
        if not self.layers:
            yield ArgumentError("must not be empty", argument="layers")

    def steps(
        self, inputs: Inputs
    ) -> Iterator[Tuple[Layer, Inputs, Tuple[Tensor, ...], Sequence[Weight]]]:
        """Yield each layer with what it takes, gives and weighs, as far as shapes are known.

        Raises:
            ShapeError: A layer cannot be applied.
        """
        inputs = as_run(inputs, [as_traced(tensor.dtype) for tensor in inputs.tensors])
        for place, layer in enumerate(self.layers, 1):
            # In a pipeline, a layer converts only what TensorFlow traces.
            if getattr(layer, "converts", False) and Backend.choose() == "tensorflow":
                inputs = inputs._replace(
                    tensors=tuple(
                        # Strings cannot be converted.
                        tensor
                        if tensor.dtype == "string"
                        else tensor._replace(dtype=layer.compute_dtype)
                        for tensor in inputs.tensors
                    )
                )
            try:
                results, weights = _traced(layer, inputs), layer.weights(inputs)
            except ShapeError as error:
                first = place == 1
                raise ShapeError(
                    f"fails in `{type(layer).__name__}`, its layer {place}: " + (error.message if first else unplaced(error.message)),
                    code=error.code, inputs=error.inputs if first else (0,), argument="layers", hint=error.hint,
                ) from None  # fmt: skip
            yield layer, inputs, results, weights
            if any(tensor.shape is None for tensor in results):
                return
            inputs = Inputs(results, listed=len(results) > 1)

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        steps = list(self.steps(inputs))
        return steps[-1][2] if len(steps) == len(self.layers) else (UNKNOWN,)

    def check_strings(self, inputs: Inputs) -> None:
        for layer, given, _, _ in self.steps(inputs):
            layer.check_strings(given)

    def check_in_model(self, inputs: Inputs) -> None:
        """Check that Keras can run the layers in a model.

        Keras builds them while TensorFlow or JAX traces the pipeline. A tensor that `build` computes is lost then,
        as opposed to a weight.

        Raises:
            ShapeError: A `Normalization` computes its mean, given or not, when it is built.
        """
        if _normalizes(self) and Backend.choose() != "torch":
            raise ShapeError(
                "cannot be run with a `Normalization`, whose mean Keras loses in it",
                code="unsupported-layer",
                argument="layers",
                hint="make the `Normalization` a layer of its own",
            )

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        return [
            weight._replace(name=f"layers/{index}/{weight.name}")
            for index, (_, _, _, weights) in enumerate(self.steps(inputs))
            for weight in weights
        ]

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        each = [layer.macs(given, found) for layer, given, found, _ in self.steps(inputs)]
        return None if None in each or len(each) < len(self.layers) else sum(each)  # type: ignore[arg-type]


def _traced(layer: Layer, inputs: Inputs) -> Tuple[Tensor, ...]:
    """Return what a layer gives where a backend traces it: Keras declares nothing else in a pipeline.

    Raises:
        ShapeError: The layer cannot be applied, or no backend runs it on these dtypes.
    """
    from mergecli.catalog.run_dtypes import run_dtype  # start-up: it has the tables

    results = layer.traced_results(inputs)
    dtypes = [tensor.dtype for tensor in inputs.tensors]
    declared = results[0].dtype
    dtype = run_dtype(layer, inputs, dtypes, declared, Backend.choose())
    dtype = layer.traced(inputs, dtype)
    found = [as_traced(dtype if each.dtype == declared else each.dtype) for each in results]
    return as_run(Inputs(results), found).tensors


def _normalizes(layer: Layer) -> bool:
    """Whether a layer is a `Normalization`, or has one."""
    if isinstance(layer, Normalization):
        return True
    inner = [*getattr(layer, "layers", ()), getattr(layer, "layer", None)]
    return any(_normalizes(each) for each in inner if isinstance(each, Layer))


def unplaced(message: str) -> str:
    """A message of a layer whose inputs have no names.

    >>> unplaced("takes 4 dimensions, {0} has 2")
    'takes 4 dimensions, what it gets has 2'
    """
    return re.sub(r"\{\d+\}", "what it gets", message)
