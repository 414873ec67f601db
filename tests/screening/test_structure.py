"""Candidates that reuse what others have computed have the facts of an ordinary check."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from running import SPECS

from mergecli.screening.screener import Screener, Subject, check, facts_of

BLOCKS = """\
vars:
  width: 8
  depth: 2
  kernel: 3
  act: relu
  rate: 0.1
  twice: $(2 * width)
  limit: 20k
blocks:
  unit:
    params: {filters: $width, size: $kernel, stride: 1}
    layers:
      - Conv2D: {filters: $filters, kernel_size: $size, strides: $stride, padding: same}
      - BatchNormalization
      - Activation: $act
      - Dropout: $rate
  stage:
    params: {filters: 8, times: 1}
    layers:
      - unit: $filters
        repeat: $times
      - unit: {filters: $(filters + i), stride: 2}
        repeat: 2
      - Conv2D: {filters: $filters, kernel_size: 1, name: last}
input: [$(8 * kernel), 24, 3]
layers:
  - stage: {filters: $width, times: $depth}
  - stage: $twice
  - Conv2D: {filters: $(twice if width > 6 else 2 * width), kernel_size: 1, name: tail}
  - use: tail
    from: tail
  - GlobalAveragePooling2D
  - Dense: {units: $width, activation: softmax}
compile: {optimizer: {Adam: {learning_rate: $rate}}, loss: categorical_crossentropy}
budget: {parameters: $limit, macs: 3M}
"""
SHARED = """\
vars: {units: 4, size: 6, frozen: false, joint: Concatenate}
branches:
  a:
    input: [$size]
    layers: [{Dense: {units: $units, name: tower}}, {Dense: $(units + 1)}]
    trainable: $frozen
    budget: {parameters: $(15 * units)}
  b:
    input: [$size]
    layers: [{use: tower}, {Reshape: [2, $(units // 2)]}, Flatten, {Dense: $(units + 1)}]
merge: $joint
head:
  - ops.multiply: {}
    from: [a, 2]
  - Dense: {units: $units, kernel_regularizer: {L2: 0.1}}
"""
NESTED = """\
vars: {units: 4, width: 3, times: 5, heads: 1}
blocks:
  inner:
    params: {n: $units}
    layers: [{Dense: $n}, {Dense: $width}]
inputs: {x: [$times, $width], y: [$times, 3]}
layers:
  - TimeDistributed: {layer: {input: [$width], layers: [inner, {Dense: $units}]}}
    from: x
  - Bidirectional: {layer: {LSTM: {units: $units, return_sequences: true}}}
  - MultiHeadAttention: {num_heads: $heads, key_dim: $width}
    from: {query: previous, value: previous}
  - LSTM: {units: $units, return_state: true}
"""
MASKS = """\
vars: {zero: true, units: 4, steps: true, size: 6}
input: {shape: [$size], dtype: int32}
layers:
  - Embedding: {input_dim: 9, output_dim: 4, mask_zero: $zero, name: words}
  - LSTM: {units: $units, return_sequences: $steps}
  - Dense: {units: $units, name: before}
  - Softmax
"""
LAYERS = """\
vars: {body: [{Dense: 4}], name: a, units: 3, extra: {units: 5}}
name: model_$name
description: with $units
input: {shape: [4], name: in_$name}
layers:
  - Dense: {units: $units, name: first_$name}
  - Dense: $extra
  - Dense: $units
"""


def screened(text: str, candidates: list[dict[str, Any]]) -> Screener:
    """Compare the facts of all candidates with those of an ordinary check."""
    subject = Subject(text, "spec.yaml")
    screener = Screener(subject)
    for candidate in candidates:
        assert screener.facts(candidate) == facts_of(check(subject, candidate)), candidate
    return screener


def candidates(axes: dict[str, list[Any]], count: int, seed: int) -> list[dict[str, Any]]:
    """Random candidates; now and then one variable alone changes."""
    source = random.Random(seed)
    current = {name: source.choice(values) for name, values in axes.items()}
    result = []
    for _ in range(count):
        names = list(axes) if source.random() < 0.3 else [source.choice(list(axes))]
        current = {**current, **{name: source.choice(axes[name]) for name in names}}
        result.append(dict(current))
    return result


@pytest.mark.parametrize("seed", range(4))
def test_blocks_repetition_and_budgets(seed: int) -> None:
    axes = {
        "width": [4, 6, 8, 12, 0, 2.0, True, "8", "x"],
        "depth": [0, 1, 2, 3, -1],
        "kernel": [1, 3, 5, [3, 3]],
        "act": ["relu", "gelu", "rely", {"LeakyReLU": {"negative_slope": 0.1}}, None],
        "rate": [0, 0.1, 0.5, 1.5],
        "limit": ["20k", "1M", 100, None, -3],
    }
    screener = screened(BLOCKS, candidates(axes, 60, seed))
    assert screener.structures > 0


@pytest.mark.parametrize("seed", range(3))
def test_shared_and_frozen_layers_and_branches(seed: int) -> None:
    axes = {
        "units": [2, 4, 5, 16],
        "size": [3, 6, None],
        "frozen": [True, False, ["tower"]],
        "joint": ["Add", "Concatenate", "Dot", "Average"],
    }
    screener = screened(SHARED, candidates(axes, 50, seed))
    assert screener.structures > 0


@pytest.mark.parametrize("seed", range(3))
def test_models_in_layers_and_several_inputs(seed: int) -> None:
    axes = {"units": [2, 4, 5], "width": [1, 3, 4], "times": [None, 5, 7], "heads": [1, 2]}
    screened(NESTED, candidates(axes, 40, seed))


@pytest.mark.parametrize("seed", range(3))
def test_masks_that_fit_some_candidates(seed: int) -> None:
    axes = {
        "zero": [True, False],
        "units": [1, 4, 6],
        "steps": [True, False],
        "size": [4, 6, None],
    }
    screener = screened(MASKS, candidates(axes, 40, seed))
    assert screener.structures > 0


@pytest.mark.parametrize("seed", range(2))
def test_names_and_values_that_are_trees(seed: int) -> None:
    axes = {
        "name": ["a", "b", "x/y", 3],
        "units": [2, 4, "é"],
        "extra": [{"units": 5}, 5, {"units": 3, "activation": "relu"}, {"unit": 3}],
    }
    screened(LAYERS, candidates(axes, 40, seed))


def test_an_order_of_values_that_are_equal_and_of_other_types() -> None:
    text = "vars: {n: 1}\ninput: [4, 4, 3]\nlayers: [{Conv2D: {filters: $n, kernel_size: 1}}]\n"
    values = [1, 1.0, True, "1", 1, None, -1, 0, False]
    screened(text, [{"n": value} for value in values * 2])


def test_unknown_variables_and_wrong_specs() -> None:
    screened("vars: {n: 1}\ninput: [4]\nlayers: [{Dense: $n}]\n", [{"m": 3}, {"n": 3}])
    for text in ("layers: [", "vars: {n: 3}\ninput: [4]\nlayer: [{Dense: $n}]\n", "3", ""):
        screened(text, [{"n": 3}, {"n": 4}])


def test_suppressed_errors_count() -> None:
    text = (
        "vars: {n: 1}\ninput: [4]\nlayers: [{Dense: $n}]\n"
        "budget: {parameters: 10}  # mergecli: ignore[over-budget]\n"
    )
    screened(text, [{"n": value} for value in (1, 5, 2, 9)])


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_sizes_of_the_specs(path: Any) -> None:
    """Each size in a spec becomes a variable, one after the other."""
    text = path.read_text()
    if "vars:" in text or "spec:" in text or "model:" in text:
        return
    sizes = list(re.finditer(r"(?<=units: )\d+|(?<=filters: )\d+", text))[:3]
    for place, match in enumerate(sizes):
        changed = f"vars: {{n{place}: 8}}\n{text[: match.start()]}$n{place}{text[match.end() :]}"
        subject = Subject(changed, str(path))
        screener = Screener(subject)
        for value in (8, 16, 8, 3):
            variables = {f"n{place}": value}
            assert screener.facts(variables) == facts_of(check(subject, variables))


def test_what_is_remembered_is_bounded() -> None:
    text = "vars: {n: 1}\ninput: [4]\nlayers: [{Dense: $n}]\n"
    screener = Screener(Subject(text, "x.yaml"))
    screener.most = 100
    for value in range(1, 400):
        assert screener.facts({"n": value}).parameters == 5 * value
    assert screener.remembered <= 110


@pytest.mark.parametrize("text", [BLOCKS, SHARED, NESTED], ids=["blocks", "shared", "nested"])
def test_what_is_forgotten_is_computed_again(text: str) -> None:
    axes: dict[str, list[Any]] = {"width": [4, 6, 8], "depth": [1, 2], "units": [2, 3, 4]}
    own = {name: values for name, values in axes.items() if f"{name}:" in text}
    subject = Subject(text, "spec.yaml")
    screener = Screener(subject)
    screener.most = 40
    for candidate in candidates(own, 30, 2):
        assert screener.facts(candidate) == facts_of(check(subject, candidate)), candidate
    assert screener.structures <= 6


def test_dtypes_when_the_model_runs() -> None:
    text = (
        "vars: {t: float16, u: int8, n: 3}\ninput: {shape: [4], dtype: $t}\n"
        "layers: [{Dense: $n}, {ops.cast: {dtype: $u}}, {ops.sum: {axis: 1, keepdims: true}}, {Dense: 2}]\n"
    )
    axes = {
        "t": ["float16", "int32", "bool", "string", "x"],
        "u": ["int8", "float64", "uint8"],
        "n": [2, 3],
    }
    screened(text, candidates(axes, 40, 1))
