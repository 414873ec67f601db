"""Functions of TensorFlow in models of Keras 2 -> operations of `keras.ops` that compute the same.

Keras 2 writes a call of a function as a layer `TFOpLambda` with the name of the function, or as `TensorFlowOpLayer` with an
operation of TensorFlow's graph. Each becomes an expression of operations; what has no row here is refused by its name.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Callable, Iterator, Mapping, NamedTuple, Sequence, Union

from mergecli.importers.keras.saved_model import Origin

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json

#: The classes of layers that are such calls.
CLASSES = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")


class Unsupported(Exception):
    """No operation computes what a function does; the text is the reason."""


class Op(NamedTuple):
    """An operation on results of calls, numbers and other operations.

    Attributes:
        function: Its name in `keras.ops`, or a class of `keras.layers`.
        operands: What it is applied to.
        config: Its arguments.
        listed: Whether the operands are one list.
    """

    function: str
    operands: tuple[object, ...]
    config: Mapping[str, object] = {}
    listed: bool = False


Operand = Union[Origin, Op]
#: The arguments of a call by their names in TensorFlow; the first has the name "".
Arguments = Mapping[str, object]

_SAME = """
    cos cosh erf exp expm1 floor floor_divide log log1p log_softmax relu relu6 round rsqrt selu sigmoid sign sin sinh softplus softsign
    sqrt square stop_gradient tan tanh reciprocal logical_not isfinite isinf isnan ceil ones_like zeros_like silu
"""
#: Functions of one tensor.
UNARY: Mapping[str, str] = {
    **{name: name for name in _SAME.split()},
    "abs": "absolute",
    "acos": "arccos",
    "acosh": "arccosh",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atanh": "arctanh",
    "inv": "reciprocal",
    "log_sigmoid": "log_sigmoid",
    "neg": "negative",
    "negative": "negative",
    "swish": "silu",
}
#: Functions of two tensors or numbers.
BINARY: Mapping[str, str] = {
    **{name: name for name in "add subtract multiply divide maximum minimum mod".split()},
    **{name: name for name in "equal not_equal greater greater_equal less less_equal".split()},
    **{name: name for name in "logical_and logical_or logical_xor".split()},
    "add_v2": "add",
    "div": "divide",
    "div_no_nan": "divide_no_nan",
    "divide_no_nan": "divide_no_nan",
    "atan2": "arctan2",
    "batch_mat_mul": "matmul",
    "floor_div": "floor_divide",
    "floordiv": "floor_divide",
    "floor_mod": "mod",
    "floormod": "mod",
    "mul": "multiply",
    "pow": "power",
    "real_div": "divide",
    "sub": "subtract",
    "truediv": "divide",
}
#: Functions along axes.
REDUCTIONS: Mapping[str, str] = {
    "mean": "mean",
    "reduce_all": "all",
    "reduce_any": "any",
    "reduce_logsumexp": "logsumexp",
    "reduce_max": "max",
    "reduce_mean": "mean",
    "reduce_min": "min",
    "reduce_prod": "prod",
    "reduce_std": "std",
    "reduce_sum": "sum",
    "reduce_variance": "var",
}


def expression(function: str, arguments: Arguments) -> Op:
    """Return the operations that compute what a function of TensorFlow does.

    Args:
        function: Its name, such as `math.reduce_sum`.
        arguments: Tensors as `Origin`; everything else as JSON has it.

    Raises:
        Unsupported: No operations do.
    """
    name = function.rpartition(".")[2]
    x = arguments.get("")
    if name in UNARY:
        return Op(UNARY[name], (x,))
    if name in BINARY:
        return Op(BINARY[name], (x, _operand(arguments, "y", "b")))
    if name in REDUCTIONS:
        return Op(REDUCTIONS[name], (x,), _reduction(arguments))
    rule = _RULES.get(name)
    if rule is None:
        raise Unsupported(f"it calls the function `{function}` of TensorFlow")
    return rule(arguments)


def _operand(arguments: Arguments, *names: str) -> Origin | Op | float:
    """Return the second operand of a function: a tensor or a number.

    Raises:
        Unsupported: It is something else.
    """
    value = next((arguments[name] for name in names if name in arguments), None)
    if isinstance(value, bool) or not isinstance(value, (Origin, Op, int, float)):
        raise Unsupported(f"it is called with {str(value)[:40]}, which is not a number")
    return value


def _plain(arguments: Arguments, name: str, default: object = None) -> object:
    """Return an argument that must not be a tensor.

    Raises:
        Unsupported: It is one, or holds one.
    """
    value = arguments.get(name)
    if isinstance(value, Origin) or (
        isinstance(value, (list, tuple)) and any(isinstance(item, Origin) for item in value)
    ):
        raise Unsupported(f"its argument `{name}` is computed in the model")
    return default if value is None else value


def _reduction(arguments: Arguments) -> dict[str, object]:
    axis = _plain(arguments, "axis", _plain(arguments, "reduction_indices"))
    keepdims = bool(_plain(arguments, "keepdims", _plain(arguments, "keep_dims", False)))
    return {"axis": axis, "keepdims": keepdims}


def _tensors(arguments: Arguments) -> tuple[object, ...]:
    found = arguments.get("")
    return tuple(found) if isinstance(found, (list, tuple)) and not _one(found) else (found,)


def _one(value: object) -> bool:
    return isinstance(value, (Origin, Op))


def _renamed(function: str, *names: str, **renamed: str) -> Callable[[Arguments], Op]:
    """Return a rule for an operation whose arguments are those of the function, some under another name."""
    pairs = {**{name: name for name in names}, **renamed}

    def rule(arguments: Arguments) -> Op:
        config = {ours: _plain(arguments, theirs) for theirs, ours in pairs.items()}
        return Op(
            function,
            (arguments.get(""),),
            {key: value for key, value in config.items() if value is not None},
        )

    return rule


def _join(function: str) -> Callable[[Arguments], Op]:
    def rule(arguments: Arguments) -> Op:
        axis = _plain(arguments, "axis", 0)
        return Op(function, _tensors(arguments), {"axis": axis}, listed=True)

    return rule


def _matmul(arguments: Arguments) -> Op:
    def turned(value: object, key: str) -> object:
        if not _plain(arguments, key, False):
            return value
        return Op("swapaxes", (value,), {"axis1": -1, "axis2": -2})

    b = _operand(arguments, "b", "y")
    a = turned(turned(arguments.get(""), "transpose_a"), "adj_x")
    return Op("matmul", (a, turned(turned(b, "transpose_b"), "adj_y")))


def _l2_normalize(arguments: Arguments) -> Op:
    """x · rsqrt(max(Σx², ε)), as `tf.math.l2_normalize` documents it."""
    x = arguments.get("")
    config = {"axis": _plain(arguments, "axis", _plain(arguments, "dim")), "keepdims": True}
    total = Op("sum", (Op("square", (x,)),), config)
    epsilon = _plain(arguments, "epsilon", 1e-12)
    if not isinstance(epsilon, (int, float)):
        raise Unsupported("its argument `epsilon` is not a number")
    floor = Op("maximum", (total, float(epsilon)))
    return Op("multiply", (x, Op("rsqrt", (floor,))))


def _norm(arguments: Arguments) -> Op:
    if _plain(arguments, "ord", "euclidean") not in ("euclidean", 2):
        raise Unsupported(f"it calls `norm` with the order {arguments['ord']}")
    total = Op("sum", (Op("square", (arguments.get(""),)),), _reduction(arguments))
    return Op("sqrt", (total,))


def _squared_difference(arguments: Arguments) -> Op:
    return Op("square", (Op("subtract", (arguments.get(""), _operand(arguments, "y"))),))


def _split(arguments: Arguments) -> Op:
    sizes = _plain(arguments, "num_or_size_splits")
    if isinstance(sizes, list):
        sizes = list(accumulate(sizes))[:-1]
    config = {"indices_or_sections": sizes, "axis": _plain(arguments, "axis", 0)}
    return Op("split", (arguments.get(""),), config)


def _argument_of(function: str) -> Callable[[Arguments], Op]:
    """Return the rule of `argmax` or `argmin`, which TensorFlow counts in int64."""

    def rule(arguments: Arguments) -> Op:
        places = Op(function, (arguments.get(""),), {"axis": _plain(arguments, "axis", 0)})
        dtype = _plain(arguments, "output_type", "int64")
        return places if dtype == "int32" else Op("cast", (places,), {"dtype": dtype})

    return rule


def _pad(arguments: Arguments) -> Op:
    mode = str(_plain(arguments, "mode", "CONSTANT")).lower()
    config = {"pad_width": _plain(arguments, "paddings"), "mode": mode}
    value = _plain(arguments, "constant_values", 0)
    if mode == "constant" and value:
        config["constant_values"] = value
    return Op("pad", (arguments.get(""),), config)


def _where(arguments: Arguments) -> Op:
    return Op("where", (arguments.get(""), _operand(arguments, "x"), _operand(arguments, "y")))


def _one_hot(arguments: Arguments) -> Op:
    if (_plain(arguments, "on_value", 1), _plain(arguments, "off_value", 0)) != (1, 0):
        raise Unsupported("it calls `one_hot` with other numbers than 0 and 1")
    config = {"num_classes": _plain(arguments, "depth"), "axis": _plain(arguments, "axis", -1)}
    return Op("one_hot", (arguments.get(""),), config)


def _resize(arguments: Arguments) -> Op:
    config = {
        "size": _plain(arguments, "size"),
        "interpolation": _plain(arguments, "method", "bilinear"),
        "antialias": bool(_plain(arguments, "antialias", False)),
    }
    return Op("image.resize", (arguments.get(""),), config)


def _get_item(arguments: Arguments) -> Op:
    return get_item(arguments.get(""), _plain(arguments, "slice_spec"))


def get_item(x: object, key: object) -> Op:
    """Return the operations for what Python writes in brackets; `None` in it makes a new axis.

    >>> get_item("x", [{"start": None, "stop": None, "step": None}, None])
    Op(function='expand_dims', operands=('x',), config={'axis': 1}, listed=False)

    Raises:
        Unsupported: No operations take such a part of a tensor.
    """
    items = list(key) if isinstance(key, (list, tuple)) else [key]
    taken: list[object] = []
    axes: list[int] = []
    place = 0
    for item in items:
        if item is not None:
            taken.append(_part(item))
        elif "..." in taken:
            raise Unsupported("it makes a new axis after `...`")
        else:
            axes.append(place)
        place += type(item) is not int
    found = x
    if any(item is not None and item != "..." for item in taken):
        found = Op("get_item", (x,), {"key": taken})
    for axis in axes:
        found = Op("expand_dims", (found,), {"axis": axis})
    return found if isinstance(found, Op) else Op("Identity", (found,))


def _part(item: object) -> object:
    """Return what Python writes in brackets for one axis as `keras.ops.get_item` has it.

    Raises:
        Unsupported: It is neither a number nor a slice or `...`.
    """
    if type(item) is int or item == "...":
        return item
    bounds = item
    if isinstance(item, dict) and item.get("class_name"):
        if item["class_name"] == "__ellipsis__":
            return "..."
        bounds = item.get("config")
    if not isinstance(bounds, dict):
        raise Unsupported(f"it takes the part {str(item)[:40]} of a tensor")
    return {name: value for name, value in bounds.items() if value is not None} or None


_RULES: Mapping[str, Callable[[Arguments], Op]] = {
    "argmax": _argument_of("argmax"),
    "argmin": _argument_of("argmin"),
    "cast": _renamed("cast", "dtype"),
    "clip_by_value": _renamed("clip", clip_value_min="x_min", clip_value_max="x_max"),
    "concat": _join("concatenate"),
    "elu": _renamed("elu"),
    "expand_dims": _renamed("expand_dims", "axis"),
    "gelu": lambda arguments: Op(
        "gelu", (arguments.get(""),), {"approximate": bool(arguments.get("approximate"))}
    ),
    "getitem": _get_item,
    "identity": lambda arguments: Op("Identity", (arguments.get(""),)),
    "l2_normalize": _l2_normalize,
    "leaky_relu": _renamed("leaky_relu", alpha="negative_slope"),
    "matmul": _matmul,
    "norm": _norm,
    "one_hot": _one_hot,
    "pad": _pad,
    "repeat": _renamed("repeat", "repeats", "axis"),
    "reshape": _renamed("reshape", shape="newshape"),
    "resize": _resize,
    "reverse": _renamed("flip", "axis"),
    "roll": _renamed("roll", "shift", "axis"),
    "softmax": _renamed("softmax", "axis"),
    "split": _split,
    "squared_difference": _squared_difference,
    "squeeze": _renamed("squeeze", "axis"),
    "stack": _join("stack"),
    "tile": _renamed("tile", multiples="repeats"),
    "transpose": _renamed("transpose", perm="axes"),
    "where": _where,
}


def graph_operation(node: Mapping[str, Json], operands: Sequence[object]) -> tuple[str, Arguments]:
    """Return the function, and its arguments, of an operation in TensorFlow's graph, as `TensorFlowOpLayer` has it.

    Args:
        node: Its `node_def`.
        operands: Its inputs, tensors and constants, in their order.

    Raises:
        Unsupported: No function is known for it.
    """
    operation = _snake(str(node.get("op")))
    name, *names = _GRAPH_OPERATIONS.get(operation, (operation,))
    arguments: dict[str, object] = {"": operands[0] if operands else None}
    if operation in ("concat_v2", "pack"):
        tensors = operands[:-1] if operation == "concat_v2" else operands
        arguments = {"": list(tensors)}
        if operation == "concat_v2":
            arguments["axis"] = operands[-1]
        else:
            arguments["axis"] = _attribute(node, "axis", 0)
        return name, arguments
    arguments.update(zip(names or ("y",), operands[1:]))
    for attribute, ours in _ATTRIBUTES.items():
        value = _attribute(node, attribute, None)
        if value is not None:
            arguments[ours] = value
    if operation == "strided_slice":
        arguments = {"": operands[0], "slice_spec": _strided(node, operands)}
    return name, arguments


#: Operations of a graph, in snake case, that are not called as the function: its name, and the names of the inputs after the first.
_GRAPH_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "add_v2": ("add", "y"),
    "all": ("reduce_all", "axis"),
    "any": ("reduce_any", "axis"),
    "arg_max": ("argmax", "axis"),
    "batch_mat_mul": ("matmul", "b"),
    "batch_mat_mul_v2": ("matmul", "b"),
    "bias_add": ("add", "y"),
    "concat_v2": ("concat",),
    "expand_dims": ("expand_dims", "axis"),
    "mat_mul": ("matmul", "b"),
    "max": ("reduce_max", "axis"),
    "mean": ("reduce_mean", "axis"),
    "min": ("reduce_min", "axis"),
    "pack": ("stack",),
    "prod": ("reduce_prod", "axis"),
    "reshape": ("reshape", "shape"),
    "select_v2": ("where", "x", "y"),
    "strided_slice": ("getitem",),
    "sum": ("reduce_sum", "axis"),
    "tile": ("tile", "multiples"),
    "transpose": ("transpose", "perm"),
}
#: Attributes of operations, and the arguments of functions that they are.
_ATTRIBUTES: Mapping[str, str] = {
    "alpha": "alpha",
    "adj_x": "transpose_a",
    "adj_y": "transpose_b",
    "keep_dims": "keepdims",
    "squeeze_dims": "axis",
    "transpose_a": "transpose_a",
    "transpose_b": "transpose_b",
    "DstT": "dtype",
}
#: TensorFlow's names and numbers for dtypes in attributes.
_DTYPES: Mapping[str, str] = {
    "DT_FLOAT": "float32",
    "DT_DOUBLE": "float64",
    "DT_HALF": "float16",
    "DT_BFLOAT16": "bfloat16",
    "DT_INT32": "int32",
    "DT_INT64": "int64",
    "DT_BOOL": "bool",
    "DT_UINT8": "uint8",
}


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _attribute(node: Mapping[str, Json], name: str, default: Json) -> Json:
    """Return an attribute of an operation, in the JSON form of TensorFlow's protocol buffers."""
    attributes = node.get("attr")
    value = attributes.get(name) if isinstance(attributes, dict) else None
    if not isinstance(value, dict):
        return default
    if "b" in value:
        return bool(value["b"])
    if "i" in value:
        return int(value["i"])
    if "f" in value:
        return float(value["f"])
    if "type" in value:
        return _DTYPES.get(str(value["type"]))
    if isinstance(value.get("list"), dict):
        return [int(item) for item in value["list"].get("i", [])] or None
    return default


def _mask(node: Mapping[str, Json], name: str) -> int:
    """Return an attribute that is a mask of bits; 0 where there is none."""
    value = _attribute(node, name, 0)
    return value if isinstance(value, int) else 0


def _strided(node: Mapping[str, Json], operands: Sequence[object]) -> list[object]:
    """Return the key of a `StridedSlice`: bits of its masks say which bounds are open, which items are numbers or new axes."""
    bounds = [item for item in operands[1:] if isinstance(item, (list, tuple))]
    if len(operands) != 4 or len(bounds) != 3:
        raise Unsupported("it takes a part of a tensor whose bounds are computed in the model")
    begin, end, shrink, new, ellipsis = (
        _mask(node, f"{name}_mask")
        for name in ("begin", "end", "shrink_axis", "new_axis", "ellipsis")
    )
    key: list[object] = []
    for place, (start, stop, step) in enumerate(zip(*bounds)):
        bit = 1 << place
        if ellipsis & bit:
            key.append("...")
        elif new & bit:
            key.append(None)
        elif shrink & bit:
            key.append(start)
        else:
            first, last = None if begin & bit else start, None if end & bit else stop
            key.append({"start": first, "stop": last, "step": None if step == 1 else step})
    return key


def operands_of(tensors: Sequence[Origin], constants: Json) -> list[object]:
    """Return the inputs of a graph's operation in their order: constants have their places as keys."""
    known = constants if isinstance(constants, dict) else {}
    fixed = {int(place): value for place, value in known.items()}
    rest: Iterator[Origin] = iter(tensors)
    count = len(tensors) + len(fixed)
    return [fixed[place] if place in fixed else next(rest, None) for place in range(count)]
