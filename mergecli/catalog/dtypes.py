"""How Keras finds a dtype for several tensors: the lattice of JAX, in which a plain number is weak and follows the tensor."""

from __future__ import annotations

from mergecli.catalog.versions import Backend

#: What each dtype becomes next when it must hold more; `int` and `float` are plain numbers.
_HIGHER = {
    "bool": "int",
    "int": "uint8 int8 complex64",
    "uint8": "int16 uint16",
    "uint16": "int32 uint32",
    "uint32": "int64 uint64",
    "uint64": "float",
    "int8": "int16",
    "int16": "int32",
    "int32": "int64",
    "int64": "float",
    "float": "bfloat16 float16",
    "bfloat16": "float32",
    "float16": "float32",
    "float32": "float64 complex64",
    "float64": "complex128",
    "complex64": "complex128",
    "complex128": "",
}
#: Keras never lets a promotion end here.
_NARROWER = {"uint64": "uint32", "complex128": "complex64"}
#: Nor here, unless the backend is TensorFlow.
_NARROWER_ELSEWHERE = {"int64": "int32", "float64": "float32"}
#: The dtypes in which backends keep numbers of other dtypes: JAX has no numbers of 64 bits.
_STORED = {
    "jax": {**_NARROWER_ELSEWHERE, **_NARROWER},
    "torch": {"uint16": "int32", "uint32": "int64"},
}
#: What a plain number is when no tensor says otherwise.
WEAK = {"int": "int32", "float": "float32"}
_bounds: dict[str, set[str]] = {}


def narrowed(dtype: str) -> str:
    """Return `int32` for `int64` and `float32` for `float64`, except on TensorFlow."""
    narrower = _NARROWER_ELSEWHERE.get(dtype)
    return dtype if narrower is None or Backend.choose() == "tensorflow" else narrower


def as_traced(dtype: str | None) -> str | None:
    """Return the dtype of a tensor where the backend traces it, which JAX does."""
    return as_stored(dtype, "jax") if Backend.choose() == "jax" else dtype


def as_stored(dtype: str | None, backend: str) -> str | None:
    """Return the dtype that a backend has for a dtype of Keras.

    >>> as_stored("int64", "jax"), as_stored("uint16", "torch"), as_stored("int64", "tensorflow")
    ('int32', 'int32', 'int64')
    """
    return _STORED.get(backend, {}).get(dtype or "", dtype)


def promote(*dtypes: str | None) -> str | None:
    """The smallest dtype that holds them all, as `keras.backend.result_type` has it; None when one is not known.

    >>> promote("float16", "float"), promote("int32", "float"), promote("uint8", "int8"), promote("bool", "int")
    ('float16', 'float32', 'int16', 'int32')

    Raises:
        ValueError: there is none, as for a text and a number.
    """
    found = set(dtypes)
    known = {dtype for dtype in dtypes if dtype is not None}
    if len(known) < len(found):
        return None
    for dtype in known:
        # Keras promotes strings to strings, but not float8 to itself.
        if dtype not in _HIGHER and (dtype != "string" or len(known) > 1):
            raise ValueError(f"{dtype} is not converted to any other dtype")
    if len(known) > 1:
        common = set.intersection(*map(_above, known))
        known = common & known or {dtype for dtype in common if common <= _above(dtype)}
    (dtype,) = known
    return narrowed({**WEAK, **_NARROWER}.get(dtype, dtype))


def _above(dtype: str) -> set[str]:
    """The dtypes that hold all that this one holds, itself included."""
    if dtype not in _bounds:
        _bounds[dtype] = {dtype}.union(*map(_above, _HIGHER[dtype].split()))
    return _bounds[dtype]
