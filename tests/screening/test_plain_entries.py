"""Layers of entries with plain values are those that an ordinary check makes."""

from __future__ import annotations

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.screening.dependencies import LayerEntry
from mergecli.screening.plain_entries import plain_entry
from mergecli.syntax.variables import Work
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Mapping, Scalar

VALUES = [3, 0, -1, 2.0, True, None, "relu", "3", "", "he_normal", [3], {"units": 3}, "a b"]


def entry(text: str) -> LayerEntry:
    tree, _ = read(Source(text, "x.yaml"))
    assert isinstance(tree, Mapping)
    ((cls, arguments),) = tree.entries
    assert isinstance(cls, Scalar)
    return LayerEntry(cls, arguments, {}, ())


@pytest.mark.parametrize(
    "text",
    [
        "Dense: $v",
        "Dense: $(v + 1)",
        "Dense: {units: $v, activation: relu}",
        "Dense: {units: 2, activation: $v, name: n}",
        'Dense: {units: "$v", use_bias: false}',
        "Dense: {units: 4, kernel_initializer: $v}",
        "Dense: {units: 4, trainable: $v}",
        "Dense: {units: 4, name: layer_$v}",
        "Dense: {units: $missing}",
        "Dense: {units: $(v * 2)}",
        "Dense: {units: $(v.x)}",
        "Dropout: {rate: $v, seed: $v}",
        "Dense: {units: 4, trainable: false, bias_initializer: $v}",
    ],
)
def test_a_layer_is_that_of_an_ordinary_check(text: str) -> None:
    plain = plain_entry(entry(text))
    assert plain is not None
    made = 0
    for value in VALUES:
        spec = f"vars: {{v: 1}}\ninput: [4, 4]\nlayers: [{{{text}}}]\n"
        graph = compile_spec(Source(spec, "x.yaml"), {"v": value}).network
        layer = plain.layer({"v": value}, Work())
        if layer is not None:
            made += 1
            assert graph is not None, value
            checked = graph.parts()[1].layer
            assert checked is not None
            assert repr(layer) == repr(checked) and layer.trainable == checked.trainable
    assert made or "missing" in text or "v.x" in text


@pytest.mark.parametrize(
    "text",
    [
        "Mine: $v",
        "Conv2D: {filters: 2, kernel_size: [3, $v]}",
        "Conv2D: {filters: 2, kernel_size: ($v, 3)}",
        "Conv2D: {filters: 2, kernel_size: (3)}",
        "Dense: {units: 2, kernel_initializer: {VarianceScaling: {scale: $v}}}",
        "TimeDistributed: {layer: $v}",
        "TextVectorization: {vocabulary: $v}",
        "Dense: {unit: $v}",
    ],
)
def test_other_entries_are_left_to_the_ordinary_path(text: str) -> None:
    assert plain_entry(entry(text)) is None


def test_an_entry_without_arguments_has_its_defaults() -> None:
    for text in ("ReLU:", "ReLU: {}"):
        plain = plain_entry(entry(text))
        assert plain is not None
        layer = plain.layer({}, Work())
        assert layer is not None and layer.explicit == {}
