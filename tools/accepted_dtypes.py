"""`python -m tools.accepted_dtypes`: run each layer and operation on each dtype, and write the table.

It asks the backend that Keras uses (`KERAS_BACKEND`), and keeps what the table says of the others.
A pair is a class with its smallest arguments, and inputs of one dtype.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
from typing import Any, Iterator

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
# On some processors oneDNN ends the process in convolutions of bfloat16.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

from dtype_samples import samples, wired

from mergecli.catalog.layer import Layer
from mergecli.catalog.tensors import Inputs

TABLE = ROOT / "mergecli" / "catalog" / "accepted_dtypes.py"
DTYPES = tuple(
    """
    bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16
    float32 float64 complex64 complex128
    """.split()
)
#: Values of arguments on which the accepted dtypes depend.
VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "CategoryEncoding": ({"output_mode": "one_hot"}, {"output_mode": "count"}),
    "Discretization": ({"output_mode": "one_hot"}, {"output_mode": "count"}),
    "UpSampling2D": tuple(
        {"interpolation": name} for name in ("bilinear", "bicubic", "lanczos3", "lanczos5", "area")
    ),
    "Resizing": tuple(
        {"interpolation": name} for name in ("nearest", "bicubic", "lanczos3", "lanczos5", "area")
    ),
    "ops.image.resize": tuple(
        {"interpolation": name} for name in ("nearest", "bicubic", "lanczos3", "lanczos5", "area")
    ),
}
#: Classes whose dtypes `data` of their own rule knows, or whose sample fails for another reason.
LEFT_OUT = frozenset(("StringLookup", "TextVectorization", "Equalization", "ops.take", "ops.pad"))
#: Operations that take places, classes or exponents as integers beside tensors of any dtype, and
#: `ops.einsum`, whose dtypes depend on what it computes.
OF_TWO_DTYPES = frozenset(
    """
    ops.ctc_loss ops.einsum ops.in_top_k ops.ldexp ops.scatter ops.scatter_update ops.segment_max ops.segment_min ops.segment_prod
    ops.segment_sum ops.slice ops.slice_update ops.take_along_axis
    """.split()
)
#: Operations that random matrices may not have.
OF_IDENTITIES = frozenset(("ops.cholesky", "ops.inv", "ops.solve"))
#: Operations whose second operand is not zero, by which backends cannot divide integers.
OF_DIVISORS = frozenset(("ops.floor_divide", "ops.fmod", "ops.mod"))
HEADER = '''"""Which dtypes backends run, and which they refuse. Written by `python -m tools.accepted_dtypes`."""

#: For each backend the dtypes on which nothing can be run, with the layers and operations.
REFUSED = {refused}
#: For each backend the layers that give the dtype of their integers when they run; Keras declares
#: their results as floats.
PASSES = {passes}
'''


def key(name: str, variant: dict[str, Any]) -> str:
    """Return the name of a class, or of a class with an argument, in the table."""
    return name + "".join(f":{argument}={value}" for argument, value in variant.items())


def pairs() -> Iterator[tuple[str, dict[str, Any], Layer, Inputs]]:
    """Yield the key, the arguments, the layer and the inputs of each class and variant."""
    for name, arguments, layer, inputs in samples():
        if name not in LEFT_OUT | OF_TWO_DTYPES:
            for variant in ({}, *VARIANTS.get(name, ())):
                yield key(name, variant), {**arguments, **variant}, layer, inputs


def attempt(arguments: dict[str, Any], layer: Layer, inputs: Inputs, dtype: str) -> tuple[str, str]:
    """Run a pair.

    Returns:
        Where Keras stops (`wires`, `builds` or `runs`) and nothing; or `ok` and the dtype of the
        first result, where that is not the declared one.
    """
    import keras
    import numpy as np

    stage = "wires"
    try:
        starts = [keras.Input(x.shape[1:], dtype=dtype) for x in inputs.tensors]  # type: ignore[index]
        end = wired(layer, arguments, inputs, starts)
        stage = "builds"
        model = keras.Model(starts, end)
        stage = "runs"
        random = np.random.RandomState(0)
        drawn = [random.randint(0, 2, (2, *x.shape[1:])) for x in inputs.tensors]  # type: ignore[misc]
        if layer.keras_name in OF_IDENTITIES:
            drawn = [np.broadcast_to(np.eye(*x.shape[-2:]), x.shape) for x in drawn]
        if layer.keras_name in OF_DIVISORS:
            drawn[1] = np.ones_like(drawn[1])
        values = [keras.ops.cast(x.astype("float32"), dtype) for x in drawn]
        declared, got = (
            keras.backend.standardize_dtype(keras.tree.flatten(result)[0].dtype)
            for result in (end, model(values))
        )
    except Exception:  # Keras and backends refuse with many exceptions; all of them are a verdict
        return stage, ""
    return "ok", "" if got == declared else got


def measured(
    chosen: Any = None, dtypes: tuple[str, ...] = DTYPES
) -> tuple[dict[str, list[str]], list[str]]:
    """Run the pairs.

    Args:
        chosen: Whether a key is run; all are without it.
        dtypes: The dtypes that are run.

    Returns:
        The refused dtypes of each key that runs on some, and the keys that pass integers on.
    """
    import keras

    refused: dict[str, list[str]] = {}
    passes = []
    for count, (name, arguments, layer, inputs) in enumerate(pairs()):
        if chosen is not None and not chosen(name):
            continue
        found = {dtype: attempt(arguments, layer, inputs, dtype) for dtype in dtypes}
        if any(stage == "ok" for stage, _ in found.values()):
            refused[name] = [dtype for dtype in dtypes if found[dtype][0] == "runs"]
        if any(found[dtype] == ("ok", dtype) for dtype in ("int32", "uint8") if dtype in found):
            passes.append(name)
        if count % 40 == 39:
            keras.utils.clear_session()
            print(f"{count + 1} classes", file=sys.stderr, flush=True)
    return refused, passes


def wrapped(words: list[str], indent: int) -> list[str]:
    """Return words as lines of at most 100 characters."""
    lines, line = [], " " * indent
    for word in words:
        if line.strip() and len(line) + len(word) > 99:
            lines.append(line.rstrip())
            line = " " * indent
        line += word + " "
    return [*lines, line.rstrip()]


def grouped(refused: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the classes by the dtypes that they refuse; of those that refuse none, the variants."""
    groups: dict[str, list[str]] = {}
    for name, dtypes in sorted(refused.items()):
        if dtypes or ":" in name:
            groups.setdefault(" ".join(dtypes), []).append(name)
    return dict(sorted(groups.items()))


def written(refused: dict[str, dict[str, list[str]]], passes: dict[str, list[str]]) -> str:
    """Return the module."""
    lines = ["{"]
    for backend, groups in sorted(refused.items()):
        lines.append(f"    {json.dumps(backend)}: {{")
        for dtypes, names in groups.items():
            lines += [f'        {json.dumps(dtypes)}: """', *wrapped(names, 12), '        """,']
        lines.append("    },")
    lines.append("}")
    passing = ["{"]
    for backend, names in sorted(passes.items()):
        passing += [f'    {json.dumps(backend)}: """', *wrapped(sorted(names), 8), '    """,']
    passing.append("}")
    return HEADER.format(refused="\n".join(lines), passes="\n".join(passing))


def main() -> None:
    """Measure one backend, and write the table."""
    import keras

    refused: dict[str, dict[str, list[str]]] = {}
    passes: dict[str, list[str]] = {}
    if TABLE.exists():
        from mergecli.catalog import accepted_dtypes

        for backend, groups in accepted_dtypes.REFUSED.items():
            refused[backend] = {dtypes: names.split() for dtypes, names in groups.items()}
        passes = {backend: names.split() for backend, names in accepted_dtypes.PASSES.items()}
    backend = keras.backend.backend()
    found, passing = measured()
    refused[backend], passes[backend] = grouped(found), passing
    TABLE.write_text(written(refused, passes), encoding="utf-8")


if __name__ == "__main__":
    main()
