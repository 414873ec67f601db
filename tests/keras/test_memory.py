"""Memory as Keras takes it: the variables of optimizers, and measured peaks."""

from __future__ import annotations

from typing import Any

import pytest

import mergecli
from mergecli.catalog.training.slots import slot_bytes
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from tools import memory

OPTIMIZERS = [
    "SGD", "{SGD: {momentum: 0.9}}", "RMSprop", "{RMSprop: {momentum: 0.9, centered: true}}", "Adam", "{Adam: {amsgrad: true}}",
    "AdamW", "Adadelta", "Adagrad", "Adamax", "Adafactor", "Nadam", "Ftrl", "Lion", "{Lamb: {}}", "Muon", "ScheduleFreeAdamW",
    "{Adam: {use_ema: true}}", "{Adam: {gradient_accumulation_steps: 2}}", "{LossScaleOptimizer: {inner_optimizer: {SGD: {momentum: 0.5}}}}",
]  # fmt: skip
TEXT = """\
input: [4]
layers: [{Embedding: {input_dim: 9, output_dim: 6}}, {Conv1D: {filters: 5, kernel_size: 2}}, Flatten, {Dense: 7}]
compile: {loss: mse, optimizer: OPTIMIZER}
"""


def slots(optimizer: str) -> int:
    network: Any = compile_spec(Source(TEXT.replace("OPTIMIZER", optimizer), "spec.yaml")).network
    weights = [w for each in network.weights for w in each]
    return slot_bytes(network.training.optimizer, weights)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_as_keras_has_them(optimizer: str) -> None:
    model = mergecli.load(source=TEXT.replace("OPTIMIZER", optimizer))
    model.optimizer.build(model.trainable_variables)
    # Single numbers, such as the count of steps, are left out.
    variables = [variable for variable in model.optimizer.variables if len(variable.shape)]
    assert slots(optimizer) == sum(
        4 * int(variable.value.shape.num_elements()) for variable in variables
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["u_net.yaml", "multi_output.yaml"])
def test_measured_peaks_are_near_the_estimates(name: str) -> None:
    for row in memory.measure(name):
        estimated = memory.estimates(name, row["mode"], row["batches"])
        assert 0.8 <= row["resident"] / memory.slope(estimated, row["batches"]) <= 1.25, row
