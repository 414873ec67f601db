"""What the configs of Keras 1 and 2 say in other words than those of Keras 3: one table of names, one of what is gone.

The rules hold for every class: a name counts as old only where the class has no argument of that name today.
"""

from typing import TYPE_CHECKING, List, Mapping, Optional, Tuple

from mergecli.catalog.config_quirks import Config

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json


#: Arguments by their old names: what they are called today, the first that the class has.
RENAMED: Mapping[str, Tuple[str, ...]] = {
    "alpha": ("negative_slope",),
    "atrous_rate": ("dilation_rate",),
    "b_constraint": ("bias_constraint",),
    "b_regularizer": ("bias_regularizer",),
    "beta_init": ("beta_initializer",),
    "bias": ("use_bias",),
    "border_mode": ("padding",),
    "concat_axis": ("axis",),
    "dim_ordering": ("data_format",),
    "dot_axes": ("axes",),
    "dropout_U": ("recurrent_dropout",),
    "dropout_W": ("dropout",),
    "filter_length": ("kernel_size",),
    "gamma_init": ("gamma_initializer",),
    "init": ("kernel_initializer", "embeddings_initializer", "alpha_initializer"),
    "inner_activation": ("recurrent_activation",),
    "inner_init": ("recurrent_initializer",),
    "length": ("size",),
    "lr": ("learning_rate",),
    "nb_filter": ("filters",),
    "output_dim": ("units",),
    "p": ("rate",),
    "pool_length": ("pool_size",),
    "sigma": ("stddev",),
    "stride": ("strides",),
    "subsample": ("strides",),
    "subsample_length": ("strides",),
    "U_regularizer": ("recurrent_regularizer",),
    "W_constraint": ("kernel_constraint", "embeddings_constraint"),
    "W_regularizer": ("kernel_regularizer", "embeddings_regularizer"),
}
#: Values of Keras 1 for arguments that were renamed.
VALUES: "Mapping[str, Mapping[str, Json]]" = {
    "data_format": {"tf": "channels_last", "th": "channels_first", "default": "channels_last"},
    "forget_bias_init": {"one": True, "zero": False},
}
#: Arguments that are gone and changed nothing that a model computes, whatever their value.
IGNORED = frozenset(
    """
    consume_less dtype experimental_run_tf_function force_generator forget_bias_init fused has_input_vocabulary implementation input_dim input_dtype
    input_length is_legacy_optimizer rng_type softmax_robust_masking trainable verify_shape virtual_batch_size
    """.split()
)
#: Arguments that are gone, with the values that mean what Keras does today.
GONE: "Mapping[str, Tuple[Json, ...]]" = {
    "activity_regularizer": (None,),
    "adjustment": (None,),
    "decay": (0, None),
    "dropout": (0, None),
    "dynamic": (False, None),
    "groups": (1,),
    "mode": (0,),
    "optional": (False, None),
    "time_major": (False,),
    "weights": (None,),
}
#: Layers that Keras 3 has under another name, or as a case of another one.
CLASSES: Mapping[str, str] = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "CuDNNGRU": "GRU",
    "CuDNNLSTM": "LSTM",
    "Deconvolution2D": "Conv2DTranspose",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "GRUV1": "GRU",
    "GRUV2": "GRU",
    "LSTMV1": "LSTM",
    "LSTMV2": "LSTM",
    "SyncBatchNormalization": "BatchNormalization",
}
#: Two or three arguments of Keras 1 that are one list today.
JOINED: Tuple[Tuple[Tuple[str, ...], str], ...] = (
    (("kernel_dim1", "kernel_dim2", "kernel_dim3"), "kernel_size"),
    (("nb_row", "nb_col"), "kernel_size"),
)


def modern(arguments: Mapping[str, object], config: "Mapping[str, Json]") -> Config:
    """Return a config with today's names, without what is gone and means nothing.

    Args:
        arguments: The arguments that the class has today.
        config: The config, of any version of Keras.

    >>> modern({"units": 0, "kernel_initializer": 0}, {"output_dim": 3, "init": "normal", "input_dim": None})
    {'units': 3, 'kernel_initializer': 'normal'}
    """
    found: Config = {}
    for names, name in JOINED:
        if name in arguments and names[0] in config:
            found[name] = [config[part] for part in names if part in config]
    for key, value in config.items():
        if key in arguments:
            found[key] = _value(key, value)
            continue
        today = _today(key, arguments)
        if today is not None:
            found.setdefault(today, _value(today, value))
        elif not _means_nothing(key, value, found):
            found[key] = value
    if found.get("implementation") == 0:
        found["implementation"] = 1  # the other two compute the same
    return found


def _value(name: str, value: "Json") -> "Json":
    values = VALUES.get(name)
    return values.get(value, value) if values is not None and isinstance(value, str) else value


def _today(key: str, arguments: Mapping[str, object]) -> Optional[str]:
    return next((name for name in RENAMED.get(key, ()) if name in arguments), None)


def _means_nothing(key: str, value: "Json", found: Config) -> bool:
    joined: List[str] = [part for names, name in JOINED if name in found for part in names]
    return key in IGNORED or key in joined or (key in GONE and value in GONE[key])


#: The classes of the modes in which the layer `Merge` of Keras 1 merges.
_MERGE_MODES = {
    "ave": "Average",
    "concat": "Concatenate",
    "cos": "Dot",
    "dot": "Dot",
    "max": "Maximum",
    "mul": "Multiply",
    "sum": "Add",
}


def replaced(cls: str, config: Config) -> Tuple[str, Config]:
    """Return the class, and its config, that is today what a class of Keras 1 or 2 was; other classes as they are.

    >>> replaced("Merge", {"name": "m", "mode": "cos", "dot_axes": 1})
    ('Dot', {'name': 'm', 'axes': 1, 'normalize': True})
    """
    if cls in ("CuDNNGRU", "GRU", "GRUCell"):
        # Before Keras 2.1.5 the reset gate came first, but for cuDNN, and configs did not say so.
        return cls, {"reset_after": cls == "CuDNNGRU", **config}
    name: Config = {key: config[key] for key in ("name", "trainable") if key in config}
    if cls == "Deconvolution2D":
        return cls, _without_output_shape(config)
    if cls == "SeparableConvolution2D" and "init" in config:
        init = {f"{part}wise_initializer": config["init"] for part in ("depth", "point")}
        return cls, {**{key: config[key] for key in config if key != "init"}, **init}
    if cls == "TimeDistributedDense":
        return "TimeDistributed", {**name, "layer": {"class_name": "Dense", "config": config}}
    mode = config.get("mode")
    today = _MERGE_MODES.get(mode) if cls == "Merge" and isinstance(mode, str) else None
    if today == "Concatenate":
        return today, {**name, "axis": config.get("concat_axis", -1)}
    if today == "Dot":
        return today, {**name, "axes": config.get("dot_axes", -1), "normalize": mode == "cos"}
    return (today, name) if today is not None else (cls, config)


def _without_output_shape(config: Config) -> Config:
    """Return the config of a transposed convolution of Keras 1, whose `output_shape` says what `output_padding` says today.

    Keras adds s * (n - 1) + k - 2 * p to a padding of the output, with p = k // 2 where the border mode is `same`; without
    `output_padding` a size is s * n, or s * n + max(k - s, 0).
    """
    found = {key: value for key, value in config.items() if key != "output_shape"}
    same = config.get("border_mode") == "same"
    sizes = _integers(config.get("output_shape"), skip=1)
    strides = _integers(config.get("subsample", [1, 1]))
    kernel = _integers([config.get("nb_row"), config.get("nb_col")])
    sizes = sizes[1:] if config.get("dim_ordering") == "th" else sizes[:-1]
    if not len(sizes) == len(strides) == len(kernel) == 2:
        return found
    usual = [0 if same else max(k - s, 0) for k, s in zip(kernel, strides)]
    if any((size - more) % s for size, more, s in zip(sizes, usual, strides)):
        cut = [k - 2 * (k // 2) if same else k for k in kernel]
        found["output_padding"] = [(size - c) % s for size, c, s in zip(sizes, cut, strides)]
    return found


def _integers(value: object, skip: int = 0) -> List[int]:
    """Return the positive integers of a list after its first items; nothing if there are others."""
    items = value[skip:] if isinstance(value, (list, tuple)) else []
    found = [item for item in items if type(item) is int and item > 0]
    return found if len(found) == len(items) else []
