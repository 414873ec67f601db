"""A network as a script of Python."""

from __future__ import annotations

import ast

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.python.script_writer import lost_weights, python
from mergecli.ir.graph import Network


def network(text: str) -> Network:
    found = compile_spec(Source(text, "a.yaml")).network
    assert found is not None
    return found


def test_layers_are_calls_with_their_arguments_and_names() -> None:
    text = python(
        network("name: m\ninput: [8]\nlayers: [{Dense: {units: 3, activation: relu, name: d}}]\n")
    )
    assert 'layers.Dense(3, activation="relu", name="d")' in text
    assert 'name="m"' in text
    ast.parse(text)


def test_a_shared_layer_is_made_once() -> None:
    text = python(
        network(
            """
branches:
  a: {input: [8], layers: [{Dense: {units: 3, name: d}}]}
  b: {input: [8], layers: [{use: d}]}
merge: Add
"""
        )
    )
    assert text.count("layers.Dense(") == 1
    ast.parse(text)


def test_a_name_cannot_end_its_string() -> None:
    text = python(
        network('input: [8]\nlayers: [{Dense: {units: 3, name: "a\\"); import os; (\\""}}]\n')
    )
    calls = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    assert not any("os" in ast.unparse(node) for node in calls)


def test_only_what_is_used_is_imported() -> None:
    text = python(network("input: [8]\nlayers: [{Dense: 3}]\n"))
    assert "ops" not in text and "layers" in text


def test_a_spec_loses_no_weights() -> None:
    assert lost_weights(network("input: [8]\nlayers: [{Dense: 3}]\n")) == []
