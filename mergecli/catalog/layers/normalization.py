"""Keras's `layers/normalization`."""

from typing import Annotated, Any, ClassVar, Iterator, Optional, Sequence, Tuple

from mergecli.catalog.arguments import ArgumentError, Integer, Number
from mergecli.catalog.config_quirks import without
from mergecli.catalog.fields import (
    FLOAT8,
    Axes,
    Axis,
    Constraint,
    Flag,
    Initializer,
    LayerObject,
    Positive,
    Real,
    Regularizer,
)
from mergecli.catalog.layer import NOT_SYNCHRONIZED, Layer, MaskBehaviour
from mergecli.catalog.list_arguments import Keys
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    axis,
    check_distinct,
    check_normalized_axes,
    check_since,
    spreads,
    text,
)
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import OLDEST, Backend, Version
from mergecli.catalog.weights import Weight

Limit = Number(none=True)


class Normalization(Layer, abstract=True):
    """Shifts and scales along an axis, or several."""

    rule = "as it is"

    axis: Axes = -1
    #: The version since which Keras joins its input with float32 itself; None where it casts it as others.
    joins_since: ClassVar[Optional[Version]] = None

    def cast(self, dtype: Optional[str]) -> Optional[str]:
        # Floats of 8 bits are joined with no others.
        is_joined = self.joins_since is not None and self.keras_version >= self.joins_since
        return dtype if is_joined and dtype in FLOAT8 else super().cast(dtype)

    @property
    def axes(self) -> Tuple[int, ...]:
        """The axes as they are given."""
        return (self.axis,) if isinstance(self.axis, int) else tuple(self.axis)

    def positions(self, x: Shape) -> Tuple[int, ...]:
        """The axes counted from the front."""
        return tuple(axis(index, len(x)) for index in self.axes)

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the input.

        Raises:
            ShapeError: There is no such axis, or one is given twice.
        """
        check_distinct(self.positions(x), x)
        return x

    def scales(self, inputs: Inputs, *names: str, trainable: bool = True) -> Sequence[Weight]:
        """Weights with one number for each place along the axes, in Keras's order: as the axes are sorted."""
        x = inputs.shapes[0]
        order = self.axes if self.keras_version < (3, 14) else sorted(self.axes)
        sizes = [x[axis(index, len(x))] for index in order]
        return [self.weight(name, *sizes, trainable=trainable, begins="ones") for name in names]


class BatchNormalization(Normalization):
    """Zero mean and unit variance over the batch, with moving averages for inference.

    >>> len(BatchNormalization().weights(Inputs.of((None, 8))))
    4
    """

    mask = MaskBehaviour.PASSES
    config_quirk = without(renorm_clipping={})

    image = "keeps"
    newer = {"renorm": "3.14", "renorm_clipping": "3.14", "renorm_momentum": "3.14"}
    unsupported = NOT_SYNCHRONIZED
    masked = True

    axis: Axis = -1
    momentum: Real = 0.99
    epsilon: Real = 0.001
    center: Flag = True
    scale: Flag = True
    beta_initializer: Initializer = "zeros"
    gamma_initializer: Initializer = "ones"
    moving_mean_initializer: Initializer = "zeros"
    moving_variance_initializer: Initializer = "ones"
    beta_regularizer: Regularizer = None
    gamma_regularizer: Regularizer = None
    beta_constraint: Constraint = None
    gamma_constraint: Constraint = None
    renorm: Flag = False
    renorm_clipping: Annotated[Any, Keys(none=True, rmax=Limit, rmin=Limit, dmax=Limit)] = None
    renorm_momentum: Real = 0.99
    synchronized: Flag = False

    def pinned(self, x: Shape) -> Tuple[Optional[int], ...]:
        return (len(x),)

    def check(self) -> Iterator[ArgumentError]:
        if self.renorm and self.moving_variance_initializer is None:
            yield ArgumentError(
                "must not be null with `renorm`", argument="moving_variance_initializer"
            )
        clipping = (self.renorm_clipping if self.renorm else None) or {}
        low, high, most = clipping.get("rmin"), clipping.get("rmax"), clipping.get("dmax")
        if low is not None and high is not None and high < low:
            yield ArgumentError("has `rmax` below `rmin`", argument="renorm_clipping")
        if most is not None and most < 0:
            yield ArgumentError("has a negative `dmax`", argument="renorm_clipping")

    def masks(self, x: Shape, mask: Shape) -> bool:
        return len(mask) == len(x) - 1 and spreads(mask, x[:-1])

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        """Return scale, shift, and the moving statistics.

        Raises:
            ShapeError: It renormalizes, which its dtype does not allow.
        """
        learned = ["gamma"] * self.scale + ["beta"] * self.center
        has_roots = (
            self.variable_dtype.startswith(("float", "bfloat"))
            or self.variable_dtype == "complex64"
        )
        if self.renorm and not has_roots and Backend.choose() == "tensorflow":
            # The root of ones, with which it begins, is none.
            raise ShapeError(
                f"cannot renormalize in {self.variable_dtype}", code="wrong-value", argument="dtype"
            )
        moving = ["moving_mean", "moving_variance"] + [
            "moving_stddev",
            "renorm_mean",
            "renorm_stddev",
        ] * self.renorm
        return [*self.scales(inputs, *learned), *self.scales(inputs, *moving, trainable=False)]


class LayerNormalization(Normalization):
    """Zero mean and unit variance for each sample.

    >>> LayerNormalization().shape((None, 10, 8))
    (None, 10, 8)
    """

    mask = MaskBehaviour.PASSES
    config_quirk = without(rms_scaling=False)
    changed = {"3.14": "weights of several axes have the order of `axis`"}
    joins_since = OLDEST

    axis: Axes = -1
    epsilon: Real = 0.001
    center: Flag = True
    scale: Flag = True
    beta_initializer: Initializer = "zeros"
    gamma_initializer: Initializer = "ones"
    beta_regularizer: Regularizer = None
    gamma_regularizer: Regularizer = None
    beta_constraint: Constraint = None
    gamma_constraint: Constraint = None

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the input.

        Raises:
            ShapeError: The backend normalizes along other axes.
        """
        result = super().shape(x)
        check_normalized_axes(self.axes, len(x))
        return result

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        return self.scales(inputs, *["gamma"] * self.scale, *["beta"] * self.center)


class RMSNormalization(Normalization):
    """Unit root mean square for each sample.

    >>> RMSNormalization().shape((None, 10, 8))
    (None, 10, 8)
    """

    since = "3.9"
    changed = {
        "3.11": "takes integers with TensorFlow, too",
        "3.14": "weights of several axes have the order of `axis`",
    }
    first = "x"

    axis: Axes = -1
    epsilon: Real = 1e-06

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the input.

        Raises:
            ShapeError: The scale, which Keras spreads over the last axes, does not fit them, or the
                backend normalizes along other axes.
        """
        result = super().shape(x)
        check_normalized_axes(self.axes, len(x))
        (scale,) = self.scales(Inputs((Tensor(x),)), "scale")
        if not spreads(scale.shape, x):
            raise ShapeError(
                f"spreads a scale {text(scale.shape)} over the last axes of {{0}}: {text(x)}",
                inputs=(0,),
                argument="axis",
            )
        return result

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that the target converts integers, to which TensorFlow adds no `epsilon`.

        Raises:
            ShapeError: It does not.
        """
        dtype = self.cast(dtypes[0])
        is_whole = dtype is not None and dtype.startswith(("int", "uint", "bool"))
        if is_whole and Backend.choose() == "tensorflow":
            what = f"for {{0}}, which has dtype {dtype}"
            hint = "convert it first, with `ops.cast: {dtype: float32}`"
            check_since((3, 11), self.keras_version, what, inputs=(0,), hint=hint)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        return self.scales(inputs, "scale")


class GroupNormalization(Normalization):
    """Zero mean and unit variance for each sample and group of channels.

    >>> GroupNormalization(groups=4).shape((None, 8, 8, 16))
    (None, 8, 8, 16)
    """

    joins_since = (3, 15)

    groups: Annotated[int, Integer(1, also=(-1,))] = 32
    axis: Axis = -1
    epsilon: Real = 0.001
    center: Flag = True
    scale: Flag = True
    beta_initializer: Initializer = "zeros"
    gamma_initializer: Initializer = "ones"
    beta_regularizer: Regularizer = None
    gamma_regularizer: Regularizer = None
    beta_constraint: Constraint = None
    gamma_constraint: Constraint = None

    def pinned(self, x: Shape) -> Tuple[Optional[int], ...]:
        return (len(x), x[self.positions(x)[0]])

    def check_in_model(self, inputs: Inputs) -> None:
        """Check that there is an axis of channels beside the batch.

        Raises:
            ShapeError: There is none, and the axis of the batch is named by -1, which Keras does not find when the model runs.
        """
        x = inputs.shapes[0]
        if len(x) == 1 and self.axis == -1:
            raise ShapeError(
                f"takes at least 2 dimensions, {{0}} has 1: {text(x)}",
                code="input-rank",
                inputs=(0,),
            )

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        """Return scale and shift.

        Raises:
            ShapeError: `groups` does not divide the channels, or their number is not known.
        """
        x = inputs.shapes[0]
        size: Optional[int] = x[self.positions(x)[0]]
        if size is None:
            raise ShapeError(
                f"needs a known size on axis {self.axis}, {{0}} is {text(x)}",
                code="unknown-dimension",
                inputs=(0,),
            )
        if not size:
            raise ShapeError(f"groups channels, of which {{0}} has none: {text(x)}", inputs=(0,))
        if self.groups != -1 and (size < self.groups or size % self.groups):
            raise ShapeError(
                f"has {self.groups} groups, which do not divide the {size} channels of {{0}}",
                inputs=(0,),
                argument="groups",
            )
        return self.scales(inputs, *["gamma"] * self.scale, *["beta"] * self.center)


class UnitNormalization(Normalization):
    """Unit length for each sample.

    >>> UnitNormalization().shape((None, 8))
    (None, 8)
    """

    mask = MaskBehaviour.PASSES

    axis: Axes = -1


class SpectralNormalization(Layer):
    """A layer whose kernel, or whose embeddings, training scales to the spectral norm 1.

    >>> from mergecli.catalog.layers.core import Dense
    >>> SpectralNormalization(Dense(8)).results(Inputs.of((None, 4)))[0].shape
    (None, 8)
    """

    changed = {"3.11": "all inputs that share it must have the same sizes"}
    min_ndim = 1
    rule = "as `layer` has it"

    layer: LayerObject
    power_iterations: Positive = 1

    def pinned(self, x: Shape) -> Tuple[Optional[int], ...]:
        return x[1:] if self.keras_version < (3, 11) else x[-1:]

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return what the layer in it returns.

        Raises:
            ShapeError: That layer has no kernel which training can scale.
        """
        self.single(inputs)
        if self.summing is not None and inputs.options.get("training"):
            raise ShapeError(
                "has a `lora_rank`: its kernel is a sum, which training cannot scale",
                code="wrong-value",
                argument="layer",
            )
        results = self.layer.results(inputs)
        kernel = self._kernel(self.layer.weights(inputs))
        if kernel is None:
            raise ShapeError(
                f"needs a layer with a kernel or embeddings, such as `Dense`; `{type(self.layer).__name__}` has none",
                argument="layer",
            )
        if not kernel.dtype.startswith(("float", "bfloat")):
            raise ShapeError(
                f"cannot scale a kernel of {kernel.dtype}", code="wrong-value", argument="layer"
            )
        return tuple(result._replace(dtype=self.compute_dtype) for result in results)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        weights = self.layer.weights(inputs)
        kernel = self._kernel(weights)
        assert kernel is not None
        return [*weights, Weight("vector_u", (1, kernel.shape[-1]), False, kernel.dtype)]

    def _kernel(self, weights: Sequence[Weight]) -> Optional[Weight]:
        """Return what is scaled, in the dtype that it has as a sum; None if there is no kernel."""
        names = ("kernel", "embeddings")
        kernel = next((weight for weight in weights if weight.name in names), None)
        if kernel is None or self.summing is None:
            return kernel
        return kernel._replace(dtype=self.summing.compute_dtype)

    @property
    def summing(self) -> Optional[Layer]:
        """The layer whose kernel is no weight but the sum of one and of its low-rank factors' product, if it is so."""
        inner: Layer = self.layer
        if isinstance(inner, SpectralNormalization):
            return inner.summing
        return inner if getattr(inner, "lora_rank", None) else None

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return self.layer.macs(inputs, self.layer.results(inputs))  # type: ignore[no-any-return]
