"""The families of layers and operations, and the modules in which each is defined."""

#: The modules of each family, separated by spaces: layers first, the most common ones in front, as a
#: name is looked for in this order; then operations.
FAMILIES = {
    "core": "layers.core",
    "merging": "layers.merging",
    "activations": "layers.activations",
    "convolutional": "layers.convolutional",
    "pooling": "layers.pooling",
    "regularization": "layers.regularization",
    "normalization": "layers.normalization",
    "reshaping": "layers.reshaping",
    "rnn": "layers.rnn_cells layers.rnn layers.conv_lstm layers.rnn_wrappers",
    "attention": "layers.attention layers.multi_head_attention",
    "preprocessing": "layers.preprocessing",
    "categorical_preprocessing": "layers.categorical_preprocessing",
    "image_preprocessing": "layers.image_preprocessing layers.image_augmentation",
    "operations": "operations.elementwise",
    "nn_operations": "operations.nn",
    "reducing_operations": "operations.reductions",
    "array_operations": "operations.arrays operations.rearranging",
    "cutting_operations": "operations.indexing operations.updating",
    "statistical_operations": "operations.statistics",
    "linear_algebra_operations": "operations.linear_algebra",
    "spectral_operations": "operations.spectral",
    "image_operations": "operations.images",
    "window_operations": "operations.windows",
    "loss_operations": "operations.losses",
}
#: The family that each module defines.
FAMILY_OF = {
    f"mergecli.catalog.{module}": family
    for family, modules in FAMILIES.items()
    for module in modules.split()
}
