"""Saved models and specs that several tests take."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

MODULE = """
import keras

@keras.saving.register_keras_serializable("mine")
class Scale(keras.layers.Layer):
    def __init__(self, factor=2.0, **arguments):
        super().__init__(**arguments)
        self.factor = factor

    def build(self, shape):
        self.scale = self.add_weight(shape=shape[-1:], name="scale")

    def call(self, x):
        return x * self.scale * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
"""


OWN = "input: [8]\nlayers: [{Scale: {factor: 3.0}}, {mine>Scale: {name: second}}, {Dense: 4}]\n"


@st.composite
def specs(draw: Any) -> tuple[str, dict[str, str]]:
    """A spec with variables, blocks, repetitions, uses and other specs, and these."""
    width = draw(st.integers(2, 5))
    names: list[str] = []

    def layer(level: int) -> str:
        way = draw(st.integers(0, 8 if level == 0 else 5))
        name = f"n{len(names)}"
        if way <= 1:
            names.append(name) if level == 0 else None
            return f"{{Dense: {{units: $w{f', name: {name}' if level == 0 else ''}}}}}"
        if way == 2:
            return "{Dropout: $(1 / (w + 1)), call: {training: false}}"
        if way == 3:
            return "{Dense: $w, repeat: 2}"
        if way == 4:
            return "BatchNormalization"
        if way == 5:
            return "{ops.add: {}, from: [previous, 1.5]}"
        if way == 6:
            names.append(name)
            return f"{{residual: {{units: $w, rate: {draw(st.sampled_from(['0.1', '$(1 / w)']))}}}, as: {name}, repeat: {draw(st.integers(1, 2))}}}"
        if way == 7 and names:
            return f"{{use: {draw(st.sampled_from(names))}}}"
        return "{residual: $w}"

    inner = ", ".join(layer(1) for _ in range(draw(st.integers(1, 3))))
    body = ", ".join(layer(0) for _ in range(draw(st.integers(1, 5))))
    block = "{params: {units: $w, rate: 0.2}, layers: [{Dense: {units: $units, name: d}}, {Dropout: $rate}, {Add: {}, from: [previous, input]}]}"
    head = f"vars: {{w: {width}}}\nblocks:\n  residual: {block}\n"
    part = f"{head}input: [{width}]\nlayers: [{inner}]\n"
    nested = (
        draw(st.booleans()) and "{spec: part.yaml, prefix: x_}"
    ) or "{spec: part.yaml, prefix: x_, from: in_b}"
    text = f"""{head}branches:
  a: {{input: {{shape: [{width}], name: in_a}}, layers: [{body}]}}
  b: {{input: {{shape: [{width}], name: in_b}}, layers: [{{use: a}}]}}
  c: {nested}
merge: {draw(st.sampled_from(["Add", "Concatenate", "Average"]))}
head: [{{Dense: 1}}]
"""
    return text, {"part.yaml": part}
