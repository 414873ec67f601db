"""Functions of `keras.ops` that a spec cannot use, with the reason; a test compares them with Keras.

Names are those after `ops.`; functions of `ops.image` and `ops.linalg` have `image.` and `linalg.`.
"""

from __future__ import annotations

from typing import Dict, Optional

#: What is left out, by its reason, which completes "cannot be used in a spec: …".
LEFT_OUT: Dict[str, str] = {
    "no tensor of the model enters it; give its numbers as a constant": """
        bartlett blackman empty eye hamming hanning identity kaiser ones tri zeros
    """,
    "the size of its result depends on values; give its numbers as a constant": "arange",
    "the size of its result depends on values": "bincount",
    "its result is not a tensor": "convert_to_numpy dtype is_tensor shape",
    "it takes a Python function": """
        associative_scan cond custom_gradient fori_loop jvp linalg.jvp map scan switch vectorize
        vectorized_map while_loop
    """,
    "Keras cannot compute its shape if the batch size is not known; use `ops.reshape` and `ops.transpose`": """
        rearrange
    """,
    "Keras computes another shape for it than it gives; use the layer, such as `AdaptiveMaxPooling2D`": """
        adaptive_average_pool adaptive_max_pool
    """,
    "Keras computes a shape for it that it does not give; the number of axes is known": "ndim",
    "use `ops.image.extract_patches`": "image.extract_patches_3d",
}


def reason(name: str) -> Optional[str]:
    """Return why a spec cannot use a function of Keras; None if Keras has no such function.

    >>> reason("ops.map"), reason("ops.convolve")
    ('it takes a Python function', None)
    """
    short = name.removeprefix("ops.")
    found = (why for why, names in LEFT_OUT.items() if short in names.split())
    return next(found, None)
