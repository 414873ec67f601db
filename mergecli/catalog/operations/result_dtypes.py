"""The dtypes that operations give: the rules by which they follow from those of their tensors."""

from typing import Callable, Dict, Optional, Sequence, Tuple

from mergecli.catalog.dtypes import WEAK, promote
from mergecli.catalog.fields import FLOAT8, FLOATS
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Tensor
from mergecli.catalog.versions import Backend


def _inexact(dtype: str) -> str:
    return "float32" if "int" in dtype or dtype == "bool" else dtype


def _counted(*dtypes: str) -> Optional[str]:
    dtype = dtypes[0] if len(dtypes) == 1 else promote(*dtypes)
    return "int32" if dtype == "bool" else dtype


def _wide(dtype: str) -> str:
    if dtype in ("bool", "int8", "int16"):
        return "int32"
    if dtype in ("uint8", "uint16", "uint32"):
        return _signed("uint32")
    return dtype


def _signed(dtype: str) -> str:
    """Return what Keras makes of a dtype with PyTorch, whose integers of 32 bits have a sign."""
    return "int32" if dtype == "uint32" and Backend.choose() == "torch" else dtype


def _root(dtype: str) -> Optional[str]:
    if dtype in ("int64", "float64"):
        return "float64"
    is_kept = dtype in ("uint64", "complex128", *FLOAT8)
    return dtype if is_kept else _rooted(_counted(dtype) or "")


def _floating(dtype: str) -> str:
    if dtype in ("int64", "float64"):
        return "float64"
    return dtype if dtype in ("bfloat16", "float16") else "float32"


def _rooted(*dtypes: str) -> Optional[str]:
    dtype = promote(*dtypes)
    if dtype == "int64":
        return "float64"
    return "float32" if dtype != "uint64" and "int" in (dtype or "") else dtype


def _correlated(*dtypes: str) -> Optional[str]:
    dtype = promote(*dtypes)
    if dtype == "int64":
        return "float64"
    return dtype if dtype in ("bfloat16", "float16", "float64") else "float32"


def _image_floats(dtype: str) -> str:
    if dtype not in FLOATS:
        raise ValueError("colours are computed with floats")
    return dtype


def _positive(dtype: str) -> str:
    if "complex" in dtype:
        raise ValueError("a complex number has no sign")
    return _inexact(dtype)


def _typed(*dtypes: str) -> Tuple[str, ...]:
    """Return the dtypes, with those of the tensors that Keras first makes of plain numbers."""
    typed = {"int": Backend.integer(), "float": "float32"}
    return tuple(typed.get(dtype, dtype) for dtype in dtypes)


#: What a function makes of the dtypes of its inputs; other names are a dtype that it always gives.
_RULES: Dict[str, Callable[..., Optional[str]]] = {
    "same": lambda dtype: dtype,
    "first": lambda dtype, *others: dtype,
    "last": lambda *dtypes: dtypes[-1],
    "floating": _floating,
    "floats": lambda dtype: dtype if "float" in dtype else "float32",
    "numeric": lambda dtype: _signed(promote(dtype) or ""),
    "rooted": _rooted,
    "root": _root,
    "positive": _positive,
    "single": lambda dtype: promote(dtype, "float32"),
    "images": _image_floats,
    "correlated": _correlated,
    "correlation": lambda dtype: "float64" if dtype == "int64" else promote(dtype, "float"),
    "typed": lambda *dtypes: promote(*_typed(*dtypes)),
    "typed real": lambda *dtypes: promote(*_typed(*dtypes), "float"),
    "common": promote,
    "real": lambda *dtypes: promote(*dtypes, "float"),
    "strong": lambda *dtypes: promote(
        *("float32" if dtype in WEAK else dtype for dtype in dtypes), "float"
    ),
    "inexact": _inexact,
    "counted": _counted,
    "mean": lambda dtype: promote(dtype, "float32") and _inexact(dtype),
    "wide": _wide,
    "summed": lambda dtype: _wide(promote(dtype) or ""),
}


def common_dtype(becomes: str, tensors: Sequence[Tensor]) -> Optional[str]:
    """Return the dtype that a rule makes of those of tensors.

    Args:
        becomes: The name of the rule, or a dtype.
        tensors: What an operation is called on.

    Raises:
        ShapeError: Their dtypes have none in common.
    """
    rule = _RULES.get(becomes)
    if rule is None:
        return becomes
    dtypes = [tensor.dtype for tensor in tensors]
    if None in dtypes:
        return None
    try:
        return rule(*dtypes)
    except ValueError:
        places = range(len(dtypes))
        names = " with ".join(f"{{{place}}}" for place in places)
        given = " and ".join(str(dtype) for dtype in dtypes)
        verb = "combine" if len(dtypes) > 1 else "compute with"
        raise ShapeError(
            f"cannot {verb} {names}: dtype {given}", code="wrong-type", inputs=places
        ) from None
