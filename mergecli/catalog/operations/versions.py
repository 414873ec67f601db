"""The version of Keras that first has an operation, where that is later than the oldest supported one."""

from typing import Dict

_TABLE = {
    "3.9": "image.gaussian_blur image.perspective_transform polar rms_normalization rot90 signbit",
    "3.10": "angle image.elastic_transform sparse_sigmoid view_as_complex view_as_real",
    "3.11": "cbrt corrcoef deg2rad heaviside layer_normalization",
    "3.12": """
        cholesky_inverse gcd hypot image.scale_and_translate isin isneginf isposinf isreal kron lcm logaddexp2
        trapezoid unfold view
    """,
    "3.13": "array_split empty_like ldexp vander",
    "3.14": """
        allclose depth_to_space dstack fliplr flipud fmod fold geomspace hsplit i0 nanargmax nanargmin
        nancumprod nancumsum nanmax nanmean nanmedian nanmin nanprod nanquantile nanstd nansum nanvar
        nextafter ptp rad2deg sinc space_to_depth vsplit
    """,
    "3.15": """
        cdist dsplit erfc fabs fmax fmin image.sobel_edges image.ssim matrix_rank nanpercentile
        percentile pinv segment_min segment_prod unique
    """,
}
#: The version by the name of an operation, without `ops.`.
SINCE: Dict[str, str] = {
    name: version for version, names in _TABLE.items() for name in names.split()
}
