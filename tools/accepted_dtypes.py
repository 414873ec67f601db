"""`python -m tools.accepted_dtypes`: run each layer and operation on each dtype, and write the table.

It asks the backend that Keras uses (`KERAS_BACKEND`), and keeps what the table says of the others.
A pair is a class with its smallest arguments, and inputs of one dtype. Operations of several tensors
are also run on each two dtypes, to see which of their tensors take which, and which must be alike.
With `--results` only the dtypes of results are measured, with `--operands` only those pairs.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import pathlib
import sys
from typing import Any, Iterator, NamedTuple, Sequence

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
# On some processors oneDNN ends the process in convolutions of bfloat16.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

from dtype_samples import samples, wired

import mergecli.ir.inference  # noqa: F401  rules ask it for the backend
from mergecli.catalog.fields import FLOATS
from mergecli.catalog.layer import AUTOCAST, Layer
from mergecli.catalog.run_dtypes import SLOPES, SWITCHES, of_unlike_float8, run_dtype
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor, as_run

TABLE = ROOT / "mergecli" / "catalog" / "accepted_dtypes.py"
DTYPES = tuple(
    """
    bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16
    float32 float64 complex64 complex128
    """.split()
)
#: Values of arguments on which the accepted dtypes depend.
VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "ReLU": tuple(
        dict.fromkeys(arguments, 0.5)
        for count in (1, 2)
        for arguments in itertools.combinations(SLOPES, count)
    ),
    "Dot": ({"normalize": True},),
    "CategoryEncoding": ({"output_mode": "one_hot"}, {"output_mode": "count"}),
    "Discretization": ({"output_mode": "one_hot"}, {"output_mode": "count"}),
    "UpSampling2D": tuple(
        {"interpolation": name} for name in ("bilinear", "bicubic", "lanczos3", "lanczos5", "area")
    ),
    "Resizing": tuple(
        {"interpolation": name} for name in ("nearest", "bicubic", "lanczos3", "lanczos5", "area")
    ),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN"), ({"unroll": True},)),
    "Attention": ({"use_scale": True}, {"score_mode": "concat"}),
    "ops.gelu": ({"approximate": False},),
    "ops.one_hot": ({"sparse": True},),
    "ops.prod": ({"keepdims": True},),
    "ops.moments": ({"synchronized": True},),
    **{f"AdaptiveAveragePooling{axes}D": ({"output_size": 1},) for axes in (1, 2, 3)},
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
#: The tensors of operations that hold indices, classes or lengths.
INTEGERS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("ops.scatter", "ops.in_top_k"), (0,)),
    **dict.fromkeys(
        """
        ops.ctc_decode ops.scatter_update ops.segment_max ops.segment_min ops.segment_prod
        ops.segment_sum ops.slice ops.slice_update ops.take_along_axis
        """.split(),
        (1,),
    ),
    "ops.ctc_loss": (0, 2, 3),
}
#: Up to so many pairs of dtypes may be exceptions from what the tables say of two tensors.
FEW = 10
#: Operations that random matrices may not have.
OF_IDENTITIES = frozenset(("ops.cholesky", "ops.inv", "ops.lu_factor", "ops.solve"))
#: Operations whose second operand is not zero, by which backends cannot divide integers.
OF_DIVISORS = frozenset(("ops.floor_divide", "ops.fmod", "ops.mod"))
HEADER = '''"""Which dtypes backends run, and which they refuse. Written by `python -m tools.accepted_dtypes`."""

#: For each backend the dtypes on which nothing can be run, with the layers and operations.
REFUSED = {refused}
#: For each backend the layers that give the dtype of their integers when they run; Keras declares
#: their results as floats.
PASSES = {passes}
#: For each backend some dtypes and, as the last one, that of what is made of each when a model runs,
#: where neither Keras declares that one nor `PASSES` says so, with the layers and operations.
GIVES: dict[str, dict[str, str]] = {gives}
#: For each backend the dtypes that a tensor of an operation may have, by its place.
OPERANDS: dict[str, dict[str, str]] = {operands}
#: For each backend the tensors of operations that have the dtype of another one, by their places.
ALIKE: dict[str, str] = {alike}
#: For each backend the tensors of operations that it does not join with another one where one of
#: both has floats of 8 bits, and the other one other floats.
ALIKE_FLOAT8: dict[str, str] = {alike_float8}
'''


#: Names by backend, and by backend and dtypes.
Names = dict[str, list[str]]
Groups = dict[str, dict[str, list[str]]]


class Tables(NamedTuple):
    """What the module has, by backend: see its comments."""

    refused: Groups
    gives: Groups
    operands: Groups
    passes: Names
    alike: Names
    alike_float8: Names


class Operands(NamedTuple):
    """What is measured of tensors one by one.

    Attributes:
        takes: The dtypes that a tensor takes, by `ops.slice:1`.
        alike: The tensors that have the dtype of another, as `ops.cdist:1=0`.
        alike_float8: The tensors that have it where one of both has floats of 8 bits and the other
            one other floats.
    """

    takes: dict[str, list[str]]
    alike: list[str]
    alike_float8: list[str]


def key(name: str, variant: dict[str, Any]) -> str:
    """Return the name of a class, or of a class with an argument, in the table."""
    return name + "".join(
        f":{argument}" if argument in SWITCHES else f":{argument}={value}"
        for argument, value in variant.items()
    )


def pairs() -> Iterator[tuple[str, dict[str, Any], Layer, Inputs]]:
    """Yield the key, the arguments, the layer and the inputs of each class and variant."""
    for name, arguments, layer, inputs in samples():
        if name not in LEFT_OUT | OF_TWO_DTYPES:
            for variant in ({}, *VARIANTS.get(name, ())):
                yield key(name, variant), {**arguments, **variant}, layer, inputs


def attempt(
    arguments: dict[str, Any], layer: Layer, inputs: Inputs, dtypes: Sequence[str]
) -> tuple[str, str]:
    """Run a class on inputs of some dtypes.

    Returns:
        Where Keras stops (`wires`, `builds` or `runs`) and nothing; or `ok` and the dtype of the
        first result, where that is not the declared one.
    """
    import keras
    import numpy as np

    stage = "wires"
    computed = dtypes[0]
    if computed in FLOATS and computed != "float32" and "dtype" in type(layer).arguments:
        # Floats are converted to the dtype in which a layer computes.
        arguments = {**arguments, "dtype": computed}
    try:
        starts = [
            keras.Input(batch_shape=x.shape, dtype=dtype)
            for x, dtype in zip(inputs.tensors, dtypes)
        ]
        end = wired(layer, arguments, inputs, starts)
        stage = "builds"
        model = keras.Model(starts, end)
        stage = "runs"
        random = np.random.RandomState(0)
        drawn = [random.randint(0, 2, _sizes(x)) for x in inputs.tensors]
        if layer.keras_name in OF_IDENTITIES:
            drawn = [np.broadcast_to(np.eye(*x.shape[-2:]), x.shape) for x in drawn]
        for place in INTEGERS.get(layer.keras_name, ()):
            drawn[place] = np.zeros_like(drawn[place])
        if layer.keras_name in OF_DIVISORS:
            drawn[1] = np.ones_like(drawn[1])
        values = [keras.ops.cast(x.astype("float32"), dtype) for x, dtype in zip(drawn, dtypes)]
        declared, got = (
            keras.backend.standardize_dtype(keras.tree.flatten(result)[0].dtype)
            for result in (end, model(values))
        )
    except Exception:  # Keras and backends refuse with many exceptions; all of them are a verdict
        return stage, ""
    return "ok", "" if got == declared else got


def _sizes(tensor: Tensor) -> list[int]:
    """Return the sizes of a tensor, with two samples."""
    return [2 if size is None else size for size in tensor.shape or ()]


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
        many = len(inputs.tensors)
        found = {dtype: attempt(arguments, layer, inputs, [dtype] * many) for dtype in dtypes}
        if any(stage == "ok" for stage, _ in found.values()):
            refused[name] = [dtype for dtype in dtypes if found[dtype][0] == "runs"]
        if any(found[dtype] == ("ok", dtype) for dtype in ("int32", "uint8") if dtype in found):
            passes.append(name)
        if count % 40 == 39:
            keras.utils.clear_session()
            print(f"{count + 1} classes", file=sys.stderr, flush=True)
    return refused, passes


def measured_results(backend: str, chosen: Any = None) -> dict[str, list[str]]:
    """Run the pairs on other dtypes than floats, and compare the results with what the tables so far say.

    Args:
        backend: The backend that Keras uses.
        chosen: Whether a key is run; all are without it.

    Returns:
        The keys that give another dtype, by the dtypes that they get and that one.
    """
    import keras

    found: dict[str, dict[str, list[str]]] = {}
    for count, (name, arguments, layer, inputs) in enumerate(pairs()):
        if chosen is not None and not chosen(name):
            continue
        made = type(layer)(**arguments) if ":" in name else layer
        for dtype in (dtype for dtype in DTYPES if dtype not in AUTOCAST):
            dtypes = [dtype] * len(inputs.tensors)
            stage, given = attempt(arguments, layer, inputs, dtypes)
            typed = as_run(inputs, dtypes)
            try:
                declared = made.results(made.unnamed(typed))[0].dtype
                expected = run_dtype(made, typed, dtypes, declared, backend)
            except ShapeError:
                continue
            if stage == "ok" and expected != (given or declared):
                found.setdefault(given or declared, {}).setdefault(name, []).append(dtype)
        if count % 40 == 39:
            keras.utils.clear_session()
            print(f"{count + 1} classes", file=sys.stderr, flush=True)
    return {
        f"{dtypes} {given}": names
        for given, by_name in sorted(found.items())
        for dtypes, names in grouped(by_name).items()
    }


def is_accepted(layer: Layer, inputs: Inputs, dtypes: Sequence[str], backend: str) -> bool:
    """Whether the tables so far let an operation run on inputs of some dtypes."""
    given = inputs._replace(
        tensors=tuple(x._replace(dtype=dtype) for x, dtype in zip(inputs.tensors, dtypes))
    )
    try:
        results = layer.results(layer.unnamed(given))
        run_dtype(layer, given, dtypes, results[0].dtype, backend)
    except ShapeError:
        return False
    return True


def measured_operands(
    backend: str, chosen: Any = None, dtypes: tuple[str, ...] = DTYPES
) -> Operands:
    """Run classes of several tensors on each two dtypes, one of which is that of all but one.

    Args:
        backend: The backend that Keras uses.
        chosen: Whether a class is run; all are without it.
        dtypes: The dtypes that are run.
    """
    import keras

    found = Operands({}, [], [])
    for name, arguments, layer, inputs in samples():
        many = len(inputs.tensors)
        if many < 2 or name in LEFT_OUT or (chosen is not None and not chosen(name)):
            continue
        integers = INTEGERS.get(name, ())
        first = next(place for place in range(many) if place not in integers)
        runs: dict[int, dict[tuple[str, str], bool]] = {}
        unknown = []
        for place in range(many):
            if place == first:
                continue
            ran = runs[place] = {}
            is_known = True
            for pair in itertools.product(dtypes, dtypes):
                given = ["int32" if each in integers else pair[0] for each in range(many)]
                given[place] = pair[1]
                stage, _ = attempt(arguments, layer, inputs, given)
                if stage != "wires":
                    ran[pair] = stage == "ok"
                    is_known &= ran[pair] == is_accepted(layer, inputs, given, backend)
            if not is_known:
                unknown.append(place)
        for place in unknown:
            _explain(name, first, place, runs, found, backend)
        keras.utils.clear_session()
        print(name, file=sys.stderr, flush=True)
    return found


def _explain(
    name: str,
    first: int,
    place: int,
    runs: dict[int, dict[tuple[str, str], bool]],
    found: Operands,
    backend: str,
) -> None:
    """Add what explains on which pairs of dtypes an operation has run, if it is one of three facts.

    Args:
        name: The operation.
        first: The place of the tensor that has the first dtype of a pair.
        place: The place of the other one.
        runs: The pairs of dtypes that Keras wires, and whether they can be run, by that place.
        found: What is added to.
        backend: The backend that has run them.
    """
    ran = runs[place]
    good = {pair for pair, is_good in ran.items() if is_good}
    # With other tensors, the first one may take more.
    left = {a for each in runs.values() for (a, _), is_good in each.items() if is_good}
    right = {b for _, b in good}
    taken = {(a, b) for a, b in ran if a in left and b in right}
    joined = {(a, b) for a, b in taken if not of_unlike_float8(a, b, backend)}
    is_taken, is_joined = (
        len(each ^ good) <= FEW and len(each ^ good) < len(good) for each in (taken, joined)
    )
    if is_taken or is_joined:
        if left != {a for each in runs.values() for a, _ in each}:
            found.takes[f"{name}:{first}"] = [dtype for dtype in DTYPES if dtype in left]
        if right != {b for _, b in ran}:
            found.takes[f"{name}:{place}"] = [dtype for dtype in DTYPES if dtype in right]
        if not is_taken:
            found.alike_float8.append(f"{name}:{place}={first}")
    elif good and sum(a != b for a, b in good) <= FEW:
        found.alike.append(f"{name}:{place}={first}")
    else:
        print(f"{name}: the dtypes of tensor {place} are not explained", file=sys.stderr)


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


def written_groups(table: Groups) -> str:
    """Return names by backend and dtypes, as Python has them."""
    lines = ["{"]
    for backend, groups in sorted(table.items()):
        lines.append(f"    {json.dumps(backend)}: {{")
        for dtypes, names in groups.items():
            lines += [f'        {json.dumps(dtypes)}: """', *wrapped(names, 12), '        """,']
        lines.append("    },")
    return "\n".join([*lines, "}"])


def written_names(table: Names) -> str:
    """Return names by backend, as Python has them."""
    lines = ["{"]
    for backend, names in sorted(table.items()):
        if not names:
            continue
        lines += [f'    {json.dumps(backend)}: """', *wrapped(sorted(names), 8), '    """,']
    return "\n".join([*lines, "}"])


def read() -> Tables:
    """Return what the tables so far say."""
    from mergecli.catalog import accepted_dtypes as known

    table = importlib.reload(known)
    groups = (
        {
            backend: {dtypes: names.split() for dtypes, names in groups.items()}
            for backend, groups in each.items()
        }
        for each in (table.REFUSED, table.GIVES, table.OPERANDS)
    )
    names = (
        {backend: names.split() for backend, names in each.items()}
        for each in (table.PASSES, table.ALIKE, table.ALIKE_FLOAT8)
    )
    return Tables(*groups, *names)


def write(tables: Tables) -> None:
    """Write the module, and let the rules read it again."""
    from mergecli.catalog import accepted_dtypes as known
    from mergecli.catalog import run_dtypes

    groups = {
        name: written_groups(getattr(tables, name)) for name in ("refused", "gives", "operands")
    }
    names = {
        name: written_names(getattr(tables, name)) for name in ("passes", "alike", "alike_float8")
    }
    TABLE.write_text(HEADER.format(**groups, **names), encoding="utf-8")
    importlib.reload(known)
    importlib.reload(run_dtypes)


def main() -> None:
    """Measure one backend, and write the tables. What is measured later is explained by what is written first."""
    import keras

    backend = keras.backend.backend()
    tables = read()
    if not {"--results", "--operands"} & {*sys.argv}:
        refused, tables.passes[backend] = measured()
        tables.refused[backend] = grouped(refused)
        write(tables)
    if "--operands" not in sys.argv:
        write(tables._replace(gives={**tables.gives, backend: {}}))
        tables.gives[backend] = measured_results(backend)
        write(tables)
    if "--results" not in sys.argv:
        none: Names = {backend: []}
        write(
            tables._replace(
                operands={**tables.operands, backend: {}},
                alike={**tables.alike, **none},
                alike_float8={**tables.alike_float8, **none},
            )
        )
        found = measured_operands(backend)
        tables.operands[backend] = grouped(found.takes)
        tables.alike[backend] = found.alike
        tables.alike_float8[backend] = found.alike_float8
        write(tables)


if __name__ == "__main__":
    main()
