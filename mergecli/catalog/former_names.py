"""Names of layers and arguments in Keras 1 and 2, TensorFlow and PyTorch, and those of today.

It is read only to explain an error.
"""

from __future__ import annotations

from functools import cache
from typing import Mapping, NamedTuple

from mergecli.catalog import registry
from mergecli.catalog.fields import ACTIVATIONS
from mergecli.catalog.old_configs import JOINED, RENAMED

#: Layers of other frameworks and older versions, each with the class that takes its place.
LAYERS = {
    "BatchNorm": "BatchNormalization",
    "BatchNorm1d": "BatchNormalization",
    "BatchNorm2d": "BatchNormalization",
    "BatchNorm3d": "BatchNormalization",
    "AdaptiveAvgPool1d": "AdaptiveAveragePooling1D",
    "AdaptiveAvgPool2d": "AdaptiveAveragePooling2D",
    "AdaptiveAvgPool3d": "AdaptiveAveragePooling3D",
    "Cat": "Concatenate",
    "Concat": "Concatenate",
    "ConvTranspose1d": "Conv1DTranspose",
    "ConvTranspose2d": "Conv2DTranspose",
    "ConvTranspose3d": "Conv3DTranspose",
    "Deconv2D": "Conv2DTranspose",
    "Deconvolution2D": "Conv2DTranspose",
    "Dropout1d": "SpatialDropout1D",
    "Dropout2d": "SpatialDropout2D",
    "Dropout3d": "SpatialDropout3D",
    "FC": "Dense",
    "FullyConnected": "Dense",
    "GroupNorm": "GroupNormalization",
    "InnerProduct": "Dense",
    "LayerNorm": "LayerNormalization",
    "Linear": "Dense",
    "Mul": "Multiply",
    "MultiheadAttention": "MultiHeadAttention",
    "RMSNorm": "RMSNormalization",
    "Sub": "Subtract",
    "Sum": "Add",
    "Transpose": "Permute",
    "Unflatten": "Reshape",
    "Upsample": "UpSampling2D",
    "View": "Reshape",
    "ZeroPad2d": "ZeroPadding2D",
}

#: The same for names that need other arguments, each with the entry to write.
ENTRIES = {
    "InstanceNorm2d": "GroupNormalization: {groups: -1}",
    "InstanceNormalization": "GroupNormalization: {groups: -1}",
    "ReLU6": "ReLU: {max_value: 6}",
    "SyncBatchNorm": "BatchNormalization: {synchronized: true}",
    "SyncBatchNormalization": "BatchNormalization: {synchronized: true}",
}

_OWN = "write a layer of your own and name its module: --import MODULE"

#: Layers that Keras no longer has: the version that removed them, and what to do instead.
GONE = {
    "AtrousConv1D": ("2", "use `Conv1D` with its `dilation_rate`"),
    "AtrousConv2D": ("2", "use `Conv2D` with its `dilation_rate`"),
    "AtrousConvolution1D": ("2", "use `Conv1D` with its `dilation_rate`"),
    "AtrousConvolution2D": ("2", "use `Conv2D` with its `dilation_rate`"),
    "CuDNNGRU": ("3", "use `GRU`"),
    "CuDNNLSTM": ("3", "use `LSTM`"),
    "DenseFeatures": ("3", "give each feature an input of its own"),
    "Highway": ("2", "build it from `Dense`, `Multiply` and `Add`"),
    "LocallyConnected1D": ("3", f"use `Conv1D`, which shares its weights, or {_OWN}"),
    "LocallyConnected2D": ("3", f"use `Conv2D`, which shares its weights, or {_OWN}"),
    "MaxoutDense": ("2", "use several `Dense` layers and `Maximum`"),
    "Merge": ("2", "use `Concatenate`, `Add` or another layer that merges"),
    "ParametricSoftplus": ("2", _OWN),
    "RandomFourierFeatures": ("3", _OWN),
    "RandomHeight": ("3", "use `RandomZoom: {height_factor: …, width_factor: 0}`"),
    "RandomWidth": ("3", "use `RandomZoom: {height_factor: 0, width_factor: …}`"),
    "SReLU": ("2", _OWN),
    "ThresholdedReLU": ("3", "use `ReLU: {threshold: …}`"),
    "TimeDistributedDense": ("2", "use `Dense`, which is applied to each step as it is"),
}

#: Operations by their names in TensorFlow, `keras.backend`, NumPy and PyTorch.
OPERATIONS = {
    "batch_dot": "Dot",
    "bmm": "ops.matmul",
    "cat": "Concatenate",
    "concat": "Concatenate",
    "div": "ops.divide",
    "flatten": "Flatten",
    "l2_normalize": "UnitNormalization",
    "max_pool2d": "MaxPooling2D",
    "mul": "Multiply",
    "neg": "ops.negative",
    "permute": "Permute",
    "permute_dimensions": "Permute",
    "pow": "ops.power",
    "reduce_all": "ops.all",
    "reduce_any": "ops.any",
    "reduce_logsumexp": "ops.logsumexp",
    "reduce_max": "ops.max",
    "reduce_mean": "ops.mean",
    "reduce_min": "ops.min",
    "reduce_prod": "ops.prod",
    "reduce_std": "ops.std",
    "reduce_sum": "ops.sum",
    "reduce_variance": "ops.var",
    "resize_images": "ops.image.resize",
    "sub": "Subtract",
    "unsqueeze": "ops.expand_dims",
}

#: The classes that a mapping of arguments alone was probably meant for, the most likely first.
LIKELY = ("Dense", "Conv2D", "LSTM", "Dropout", "Embedding", "MaxPooling2D", "Activation")
LIKELY_MERGES = ("Concatenate", "Dot")

#: Modules that are written before a name.
MODULES = frozenset(
    "F K activations addons backend experimental functional jax jnp keras layers linalg math nn np"
    " numpy ops tensorflow tf tfa torch".split()
)

#: Arguments that Keras has renamed.
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    **RENAMED,
    **{old: (today,) for names, today in JOINED for old in names},
}

#: Arguments by the names that other frameworks and users give them.
MEANINGS: Mapping[str, tuple[str, ...]] = {
    "act": ("activation",),
    "dilation": ("dilation_rate",),
    "drop_prob": ("rate",),
    "embedding_dim": ("output_dim",),
    "eps": ("epsilon",),
    "hidden_dim": ("units",),
    "hidden_size": ("units",),
    "hidden_units": ("units",),
    "kernel": ("kernel_size",),
    "l": ("l2", "l1"),
    "lambda": ("l2", "l1"),
    "n_filters": ("filters",),
    "n_units": ("units",),
    "negative_slope": ("alpha",),
    "neurons": ("units",),
    "nodes": ("units",),
    "num_embeddings": ("input_dim",),
    "num_filters": ("filters",),
    "num_tokens": ("num_classes",),
    "num_units": ("units",),
    "out_channels": ("filters",),
    "out_features": ("units",),
    "pad": ("padding",),
    "prob": ("rate",),
    "size": ("units", "filters", "pool_size"),
    "vocab_size": ("input_dim",),
    "weight_decay": ("kernel_regularizer",),
}

_INFERRED = "remove it: Keras takes the number from what the layer is applied to"

#: Arguments that no layer has any more, or never had, with what to do.
GONE_ARGUMENTS = {
    "consume_less": "remove it: Keras 2 and later have no such argument",
    "fused": "remove it: Keras 3 has no such argument",
    "implementation": "remove it: Keras 3 has no such argument",
    "in_channels": _INFERRED,
    "in_features": _INFERRED,
    "input_length": "remove it: Keras 3 takes the length from what the layer is applied to",
    "input_size": _INFERRED,
    "keep_prob": "write `rate`, which is 1 minus it",
    "mode": "remove it: Keras 2 and later have no such argument",
    "num_features": _INFERRED,
    "renorm": "remove it: Keras 3 has no such argument",
    "rms_scaling": "write `RMSNormalization` or `ops.rms_normalization` instead: Keras divides by the variance here",
    "time_major": "remove it: Keras 3 has no such argument",
    "virtual_batch_size": "remove it: Keras 3 has no such argument",
    "weights": "remove it: weights are loaded after the model is built",
}


class Today(NamedTuple):
    """What takes the place of a name.

    Attributes:
        hint: What to write, for the user.
        name: The class to write instead of the name; None if more than the name must change.
    """

    hint: str
    name: str | None = None


def today(name: str) -> Today | None:
    """Return what takes the place of a layer or an operation that Keras does not have.

    >>> today("tf.keras.layers.Dense"), today("tf.abs").name, today("Gelu").hint
    (Today(hint='write `Dense`', name='Dense'), 'ops.abs', 'write `Activation: gelu`')
    >>> today("ThresholdedReLU").hint
    'gone since Keras 3: use `ReLU: {threshold: …}`'
    """
    module, _, last = name.rpartition(".")
    if module and not all(part in MODULES for part in module.split(".")):
        return None
    folded = _fold(last)
    for table in (ENTRIES, GONE):
        known = next((old for old in table if _fold(old) == folded), None)
        if known is not None:
            return Today(_instead(known))
    cls = _class(last, folded, module)
    if cls is not None and cls != name:
        return Today(f"write `{cls}`" if module else f"did you mean `{cls}`?", cls)
    if folded in _activations():
        return Today(f"write `Activation: {_activations()[folded]}`")
    return None


def _instead(name: str) -> str:
    if name in ENTRIES:
        return f"write `{ENTRIES[name]}`"
    version, instead = GONE[name]
    return f"gone since Keras {version}: {instead}"


def _class(last: str, folded: str, module: str) -> str | None:
    """Return the class with a name, without its module, in other spelling or by another name."""
    if module and last[:1].isupper() and registry.layer(last) is not None:
        return last
    # A function is in lower case: `K.sum` is not the layer `Sum`.
    if module and last.islower() and registry.layer(f"ops.{last}") is not None:
        return f"ops.{last}"
    for old, new in LAYERS.items():
        if _fold(old) == folded:
            return new
    if module and last in OPERATIONS:
        return OPERATIONS[last]
    # `Abs` and `tf.abs`, but no function for the name of a user's own layer, such as `MyMax`.
    operation = f"ops.{last if module else last.lower()}"
    if folded not in _activations() or module:
        return operation if registry.layer(operation) is not None else None
    return None


@cache
def _activations() -> dict[str, str]:
    return {_fold(name): name for name in ACTIVATIONS if name != "linear"}


def _fold(name: str) -> str:
    return name.casefold().replace("_", "")
