"""Keras is the oracle for the dtype that an operation gives for each dtype, on the backend at hand."""

from __future__ import annotations

import pytest

from mergecli.catalog import registry
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

DTYPES = (
    "bool uint8 uint16 uint32 int8 int16 int32 int64 float16 bfloat16 float32 float64"
).split()
OPERATIONS = sorted(
    name for name in registry.layers() if name.startswith("ops.") and name.count(".") == 1
)


def given_by_keras(operation: str, dtype: str) -> list[str | None] | None:
    """Return the dtypes that an operation gives without arguments; None if Keras refuses it."""
    import keras

    function = getattr(keras.ops, operation.removeprefix("ops."), None)
    try:
        results = function(keras.Input((8, 3), dtype=dtype))  # type: ignore[misc]
    except Exception:  # Keras and backends refuse with many exceptions
        return None
    return [getattr(result, "dtype", None) for result in keras.tree.flatten(results)]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_gives_the_dtypes_of_keras(operation: str) -> None:
    found, expected = {}, {}
    for dtype in DTYPES:
        spec = f"input: {{shape: [8, 3], dtype: {dtype}}}\nlayers: [{operation}]\n"
        network = compile_spec(Source(spec, "a.yaml")).network
        given = None if network is None else given_by_keras(operation, dtype)
        if network is not None and given is not None:
            target = network.graph.outputs.targets[0]
            found[dtype] = [result.dtype for result in network.results[target.producer]]
            expected[dtype] = given
    assert found == expected
