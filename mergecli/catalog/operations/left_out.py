"""Functions of `keras.ops` that a spec cannot use, with the reason; a test compares them with Keras.

Names are those after `ops.`; functions of `ops.image` and `ops.linalg` have `image.` and `linalg.`.
"""

from __future__ import annotations

from typing import Dict, Optional

#: What is left out, by its reason, which completes "cannot be used in a spec: …".
LEFT_OUT: Dict[str, str] = {
    "no tensor of the model enters it; use `ops.full_like`, `ops.ones_like` or `ops.cumsum`": """
        arange array bartlett blackman convert_to_tensor empty eye full geomspace hamming hanning
        identity kaiser linspace logspace ones tri zeros
    """,
    "its result is not a tensor": "convert_to_numpy dtype is_tensor ndim shape size",
    "it takes a Python function": """
        associative_scan cond custom_gradient fori_loop jvp linalg.jvp map scan switch vectorize
        vectorized_map while_loop
    """,
    "a layer computes it; `mergecli layers` lists them": """
        adaptive_average_pool adaptive_max_pool average_pool batch_normalization conv conv_transpose
        depthwise_conv dot_product_attention layer_normalization max_pool rms_normalization
        separable_conv
    """,
    "it compares with targets; use a loss or a metric under `compile`": """
        binary_crossentropy categorical_crossentropy ctc_decode ctc_loss image.ssim in_top_k psnr
        sparse_categorical_crossentropy
    """,
    "the shape of its result depends on values": "bincount histogram nonzero unique",
    "its numbers are complex": """
        angle conj conjugate fft fft2 ifft2 imag irfft isreal istft polar real rfft stft
        view_as_complex view_as_real
    """,
    "it is linear algebra that no layer computes": """
        cdist cholesky cholesky_inverse corrcoef det eig eigh inv kron linalg.cholesky
        linalg.cholesky_inverse linalg.det linalg.eig linalg.eigh linalg.inv linalg.lstsq
        linalg.lu_factor linalg.matrix_rank linalg.pinv linalg.qr linalg.solve
        linalg.solve_triangular linalg.svd logdet lstsq lu_factor matrix_rank pinv qr slogdet solve
        solve_triangular svd vander
    """,
    "Keras computes another shape for it than it gives": """
        bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor left_shift
        right_shift
    """,
    "use `ops.absolute`": "fabs",
    "use `ops.add` or another operation of two tensors": "inner outer vdot",
    "use `ops.cast`": "saturate_cast view",
    "use `ops.concatenate`": "append dstack hstack vstack",
    "use `ops.flip`": "fliplr flipud rot90",
    "use `ops.get_item`": "slice",
    "use `ops.image.resize`": "image.affine_transform image.scale_and_translate",
    "use `ops.max` and `ops.min`": "ptp",
    "use `ops.mean`": "average",
    "use `ops.multiply`": "deg2rad hypot ldexp rad2deg",
    "use `ops.ones_like` or `ops.zeros_like`": "empty_like",
    "use `ops.pad`": "image.pad_images",
    "use `ops.power`": "cbrt",
    "use `ops.split`": "array_split dsplit hsplit unstack vsplit",
    "use `ops.transpose` or `ops.reshape`": "depth_to_space rearrange space_to_depth",
    "use `ops.where`": "fmax fmin heaviside select threshold",
    "it is not needed in a model": "copy",
    "no model that was looked at uses it": """
        allclose argpartition bitwise_invert bitwise_not correlate cross diag diagflat diff digitize
        erfc extract_sequences fmod fold gcd i0 image.crop_images image.elastic_transform
        image.extract_patches image.extract_patches_3d image.gaussian_blur image.hsv_to_rgb
        image.map_coordinates image.perspective_transform image.rgb_to_grayscale image.rgb_to_hsv
        image.sobel_edges isin isneginf isposinf lcm logaddexp2 meshgrid multi_hot nanargmax
        nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod
        nanquantile nanstd nansum nanvar nextafter percentile quantile scatter scatter_update
        searchsorted segment_max segment_min segment_prod segment_sum signbit sinc slice_update
        sparse_sigmoid take_along_axis trapezoid unfold unravel_index
    """,
}


def reason(name: str) -> Optional[str]:
    """Return why a spec cannot use a function of Keras; None if Keras has no such function.

    >>> reason("ops.conv"), reason("ops.convolve")
    ('a layer computes it; `mergecli layers` lists them', None)
    """
    short = name.removeprefix("ops.")
    found = (why for why, names in LEFT_OUT.items() if short in names.split())
    return next(found, None)
