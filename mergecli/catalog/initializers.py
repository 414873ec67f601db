"""Initializers: how a weight begins, written as `{HeNormal: {seed: 1}}`."""

from math import prod, sqrt
from typing import Annotated, Any, ClassVar, Optional, Tuple

from mergecli.catalog.aliases import class_key
from mergecli.catalog.arguments import Choice, Number
from mergecli.catalog.fields import COMPLEX, FLOAT8, FLOATS, WINDOWS, Flag, Real, Seed
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.list_arguments import Integers
from mergecli.catalog.versions import Backend

#: The integers of which TensorFlow draws random ones.
WHOLE = ("int32", "int64")
#: Which axes of a kernel, in their order.
Axes = Tuple[int, ...]
Fans = Annotated[Any, Integers(single=True, none=True)]


_INTEGERS = ("bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))
#: Dtypes that weights may have with a backend beside those of all backends, by how they begin.
_NORMAL = {"jax": FLOAT8 + COMPLEX, "torch": COMPLEX}
_UNIFORM = {"jax": FLOAT8, "torch": COMPLEX, "tensorflow": WHOLE}
_TRUNCATED = {"jax": FLOAT8}
#: Dtypes that no weight has with a backend.
_NO_WEIGHTS = {
    "tensorflow": FLOAT8,
    "jax": ("string",),
    "torch": ("string", "uint64"),
}


class Initializer(KerasObject, abstract=True):
    """How a weight begins."""

    role = "initializer"
    module = "initializers"
    #: The dtypes in which a weight can begin so with each backend; None for all.
    dtypes: ClassVar[Optional[Tuple[str, ...]]] = FLOATS
    #: Those in which it can with some backends.
    also: Any = {}

    def mismatch(self, shape: Tuple[int, ...], dtype: str) -> Optional[str]:
        """Why no weight of this shape and dtype can begin so, after its name; Keras finds out when it makes the weight.

        >>> Identity().mismatch((3, 3, 8), "float32"), Ones().mismatch((3, 3, 8), "float32")
        ('begins weights of 2 dimensions', None)
        """
        backend = Backend.choose()
        if dtype in _NO_WEIGHTS.get(backend, ()):
            return f"begins no weights of this dtype with the backend `{backend}`"
        if self.dtypes is None or dtype in self.dtypes or dtype in self.also.get(backend, ()):
            return None
        return "begins weights of other dtypes"

    def along(self, input_axes: Axes, output_axes: Axes) -> "Initializer":
        """Return the initializer for a kernel of which some axes are summed over, and the others are those of the units."""
        return self


class Zeros(Initializer):
    """All zero."""

    dtypes = None


class Same(Initializer, abstract=True):
    """A number everywhere."""

    dtypes = None

    def mismatch(self, shape: Tuple[int, ...], dtype: str) -> Optional[str]:
        return "begins weights of numbers" if dtype == "string" else super().mismatch(shape, dtype)


class Ones(Same):
    """All one."""


class Constant(Same):
    """One number."""

    value: Real = 0.0

    def mismatch(self, shape: Tuple[int, ...], dtype: str) -> Optional[str]:
        # Other backends, and PyTorch with more bits, convert a negative number to a large one.
        strict = {"jax": "uint", "torch": "uint8"}.get(Backend.choose())
        if self.value < 0 and strict and dtype.startswith(strict):
            return "is negative"
        return super().mismatch(shape, dtype)


class Identity(Initializer, aliases=("IdentityInitializer",)):
    """The identity matrix, for a weight with two axes."""

    dtypes = FLOATS + COMPLEX
    also = {"jax": _INTEGERS + FLOAT8, "torch": _INTEGERS}

    gain: Real = 1.0

    def mismatch(self, shape: Tuple[int, ...], dtype: str) -> Optional[str]:
        return (
            super().mismatch(shape, dtype) if len(shape) == 2 else "begins weights of 2 dimensions"
        )


class RandomNormal(Initializer):
    """Normally distributed."""

    also = _NORMAL

    mean: Real = 0.0
    stddev: Real = 0.05
    seed: Seed = None

    def mismatch(self, shape: Tuple[int, ...], dtype: str) -> Optional[str]:
        if self.stddev < 0 and Backend.choose() == "torch":
            return "has a negative `stddev`, with which the backend `torch` draws no numbers"
        return super().mismatch(shape, dtype)


class TruncatedNormal(Initializer):
    """Normally distributed, values beyond two deviations drawn again."""

    also = _TRUNCATED

    mean: Real = 0.0
    stddev: Real = 0.05
    seed: Seed = None


class RandomUniform(Initializer):
    """Evenly distributed."""

    also = _UNIFORM

    minval: Real = -0.05
    maxval: Real = 0.05
    seed: Seed = None

    def mismatch(self, shape: Tuple[int, ...], dtype: str) -> Optional[str]:
        mismatch = super().mismatch(shape, dtype)
        if mismatch is None and dtype in WHOLE:
            return _between(int(self.minval), int(self.maxval))
        return mismatch


class Orthogonal(Initializer, aliases=("OrthogonalInitializer",)):
    """An orthogonal matrix, for a weight with at least two axes."""

    dtypes = ("float32", "float64")
    also = {"tensorflow": ("float16",), "jax": COMPLEX}

    gain: Real = 1.0
    seed: Seed = None

    def mismatch(self, shape: Tuple[int, ...], dtype: str) -> Optional[str]:
        if len(shape) < 2:
            return "begins weights of at least 2 dimensions"
        return super().mismatch(shape, dtype)


class STFT(Initializer, aliases=("STFTInitializer",)):
    """The kernel of a short-time Fourier transform."""

    side: Annotated[str, Choice("real", "imag")] = "real"
    window: Annotated[Optional[str], Choice(*WINDOWS, None)] = "hann"
    scaling: Annotated[Optional[str], Choice("density", "spectrum", None)] = "density"
    periodic: Flag = False

    def mismatch(self, shape: Tuple[int, ...], dtype: str) -> Optional[str]:
        if len(shape) != 3:
            return "begins weights of 3 dimensions"
        # Keras gives the kernel this size, whatever the weight has.
        if shape[1] != 1:
            return "begins weights of size 1 on axis 1"
        return super().mismatch(shape, dtype)


class Fan(Initializer, abstract=True):
    """Scaled by how many numbers go into or out of a unit."""

    newer = {"input_axes": "3.15", "output_axes": "3.15"}
    #: How much it varies, by what, whether evenly, and otherwise without values beyond two deviations.
    scale: Any = 1.0
    mode: Any = "fan_in"
    evenly: ClassVar[bool] = False
    truncated: ClassVar[bool] = True

    @property
    def also(self) -> Any:
        """The dtypes of how numbers are drawn."""
        return _UNIFORM if self.evenly else _TRUNCATED if self.truncated else _NORMAL

    seed: Seed = None
    input_axes: Fans = None
    output_axes: Fans = None

    def mismatch(self, shape: Tuple[int, ...], dtype: str) -> Optional[str]:
        if self.input_axes is not None and self.output_axes is not None:
            for axes in (self.input_axes, self.output_axes):
                if isinstance(axes, int):
                    return "takes lists of axes"
                if any(not -len(shape) <= axis < len(shape) for axis in axes):
                    return f"names an axis beyond the {len(shape)} that there are"
        mismatch = super().mismatch(shape, dtype)
        if mismatch is not None or dtype not in WHOLE:
            return mismatch
        limit = int(sqrt(3 * self.scale / max(1, self.fan(shape))))
        return _between(-limit, limit)

    def along(self, input_axes: Axes, output_axes: Axes) -> Initializer:
        # Since 3.15; Keras replaces both where one is missing.
        if self.keras_version < (3, 15) or None not in (self.input_axes, self.output_axes):
            return self
        axes = {"input_axes": list(input_axes), "output_axes": list(output_axes)}
        return type(self)(**{**self.explicit, **axes})

    def fan(self, shape: Tuple[int, ...]) -> float:
        """How many numbers go into a unit, out of it, or the mean of both."""
        if self.input_axes is not None and self.output_axes is not None:
            into, out = (
                prod(shape[axis] for axis in axes) for axes in (self.input_axes, self.output_axes)
            )
        elif len(shape) < 2:
            into = out = prod(shape)
        else:
            into, out = (prod(shape[:-2]) * shape[axis] for axis in (-2, -1))
        spread: float = {"fan_in": into, "fan_out": out, "fan_avg": (into + out) / 2}[self.mode]
        return spread


class VarianceScaling(Fan):
    """Scaled by `scale`."""

    scale: Annotated[float, Number(0, above=True)] = 1.0
    mode: Annotated[str, Choice("fan_in", "fan_out", "fan_avg")] = "fan_in"
    distribution: Annotated[
        str, Choice("truncated_normal", "untruncated_normal", "normal", "uniform", fold=True)
    ] = "truncated_normal"

    @property
    def evenly(self) -> bool:  # type: ignore[override]
        return self.distribution == "uniform"

    @property
    def truncated(self) -> bool:  # type: ignore[override]
        return self.distribution == "truncated_normal"


class GlorotUniform(Fan):
    """Even, by the mean of what goes in and out (Glorot and Bengio, 2010)."""

    evenly = True
    mode = "fan_avg"


class GlorotNormal(Fan):
    """Normal, by the mean of what goes in and out (Glorot and Bengio, 2010)."""


class HeUniform(Fan):
    """Even, by what goes in, for rectified units (He et al., 2015)."""

    evenly = True
    scale = 2.0


class HeNormal(Fan):
    """Normal, by what goes in, for rectified units (He et al., 2015)."""


class LecunUniform(Fan):
    """Even, by what goes in (LeCun et al., 1998)."""

    evenly = True


class LecunNormal(Fan):
    """Normal, by what goes in (LeCun et al., 1998)."""


def initializer(name: str) -> Initializer:
    """An initializer by one of its names.

    >>> initializer("he_normal"), initializer("one")
    (HeNormal(), Ones())
    """
    kinds = (
        kind
        for kind in globals().values()
        if isinstance(kind, type) and issubclass(kind, Initializer) and not kind.abstract
    )
    known = {called.lower(): kind for kind in kinds for called in (kind.__name__, *kind.aliases)}
    return known[class_key(name)]()


def _between(low: int, high: int) -> Optional[str]:
    """Why no integer can be drawn from `low` to below `high`."""
    return None if low < high else "begins weights of floats: no integer lies between its bounds"
