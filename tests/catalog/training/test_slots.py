"""The bytes of optimizers' variables; `tests/keras/test_memory.py` compares them with Keras's."""

from __future__ import annotations

from typing import Any

from mergecli.catalog.training.slots import slot_bytes
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

TEXT = """\
input: [4]
layers: [{Embedding: {input_dim: 9, output_dim: 6}}, {Conv1D: {filters: 5, kernel_size: 2}}, Flatten, {Dense: 7}]
compile: {loss: mse, optimizer: OPTIMIZER}
"""


def slots(optimizer: str) -> int:
    network: Any = compile_spec(Source(TEXT.replace("OPTIMIZER", optimizer), "spec.yaml")).network
    weights = [w for each in network.weights for w in each]
    return slot_bytes(network.training.optimizer, weights)


def test_adam_has_two_for_each_weight() -> None:
    assert slots("Adam") == 2 * slots("Lion") == 2 * 4 * (9 * 6 + 2 * 6 * 5 + 5 + 15 * 7 + 7)
    assert slots("SGD") == 0
