"""Initializers, regularizers and constraints: what stands in an argument as `{L2: {l2: 0.01}}`."""

from typing import Annotated, Any, Optional

from mergecli.layers.arguments import Choice, Flag, Integers, Number, Real, Seed, Words
from mergecli.layers.base import Kind

Penalty = Annotated[Optional[float], Number(0, none=True)]
Fans = Annotated[Any, Integers(lone=True, none=True)]


class Initializer(Kind, abstract=True):
    """How a weight begins."""

    role = "initializer"
    module = "initializers"


class Zeros(Initializer):
    """All zero."""


class Ones(Initializer):
    """All one."""


class Constant(Initializer):
    """One number."""

    value: Real = 0.0


class Identity(Initializer, aliases=("IdentityInitializer",)):
    """The identity matrix, for a weight with two axes."""

    gain: Real = 1.0


class RandomNormal(Initializer):
    """Normally distributed."""

    mean: Real = 0.0
    stddev: Real = 0.05
    seed: Seed = None


class TruncatedNormal(Initializer):
    """Normally distributed, values beyond two deviations drawn again."""

    mean: Real = 0.0
    stddev: Real = 0.05
    seed: Seed = None


class RandomUniform(Initializer):
    """Evenly distributed."""

    minval: Real = -0.05
    maxval: Real = 0.05
    seed: Seed = None


class Orthogonal(Initializer, aliases=("OrthogonalInitializer",)):
    """An orthogonal matrix, for a weight with at least two axes."""

    gain: Real = 1.0
    seed: Seed = None


class STFT(Initializer, aliases=("STFTInitializer",)):
    """The kernel of a short-time Fourier transform."""

    side: Annotated[str, Choice("real", "imag")] = "real"
    window: Annotated[Optional[str], Words(none=True)] = "hann"
    scaling: Annotated[Optional[str], Choice("density", "spectrum", None)] = "density"
    periodic: Flag = False


class Fan(Initializer, abstract=True):
    """Scaled by how many numbers go into or out of a unit."""

    newer = {"input_axes": "3.15", "output_axes": "3.15"}

    seed: Seed = None
    input_axes: Fans = None
    output_axes: Fans = None


class VarianceScaling(Fan):
    """Scaled as told."""

    scale: Annotated[float, Number(0, above=True)] = 1.0
    mode: Annotated[str, Choice("fan_in", "fan_out", "fan_avg")] = "fan_in"
    distribution: Annotated[str, Choice("truncated_normal", "untruncated_normal", "normal", "uniform", fold=True)] = "truncated_normal"


class GlorotUniform(Fan):
    """Even, by the mean of what goes in and out (Glorot and Bengio, 2010)."""


class GlorotNormal(Fan):
    """Normal, by the mean of what goes in and out (Glorot and Bengio, 2010)."""


class HeUniform(Fan):
    """Even, by what goes in, for rectified units (He et al., 2015)."""


class HeNormal(Fan):
    """Normal, by what goes in, for rectified units (He et al., 2015)."""


class LecunUniform(Fan):
    """Even, by what goes in (LeCun et al., 1998)."""


class LecunNormal(Fan):
    """Normal, by what goes in (LeCun et al., 1998)."""


class Regularizer(Kind, abstract=True):
    """A penalty on a weight or an activation, added to the loss."""

    role = "regularizer"
    module = "regularizers"


class L1(Regularizer):
    """The sum of absolute values."""

    l1: Penalty = 0.01


class L2(Regularizer):
    """The sum of squares."""

    l2: Penalty = 0.01


class L1L2(Regularizer):
    """Both."""

    l1: Penalty = 0.0
    l2: Penalty = 0.0


class OrthogonalRegularizer(Regularizer):
    """How far rows or columns are from being orthogonal."""

    factor: Annotated[float, Number(0)] = 0.01
    mode: Annotated[str, Choice("rows", "columns")] = "rows"


class Constraint(Kind, abstract=True):
    """What a weight is held to while training."""

    role = "constraint"
    module = "constraints"


class MaxNorm(Constraint):
    """At most this length along an axis."""

    max_value: Real = 2
    axis: Annotated[Any, Integers(lone=True)] = 0


class MinMaxNorm(Constraint):
    """A length between two bounds along an axis."""

    min_value: Real = 0.0
    max_value: Real = 1.0
    rate: Real = 1.0
    axis: Annotated[Any, Integers(lone=True)] = 0


class UnitNorm(Constraint):
    """Length one along an axis."""

    axis: Annotated[Any, Integers(lone=True)] = 0


class NonNeg(Constraint):
    """Nothing below zero."""
