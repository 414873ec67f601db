"""Branches that are a model: where it ends, what feeds its inputs, and how its layers are named."""

from __future__ import annotations

import pathlib

import pytest

from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source

INNER = """inputs: {x: [4], y: [4]}
layers:
  - Dense: {units: 3, name: left}
    from: x
  - Dense: {units: 3, name: right}
    from: y
  - Add: {name: sum}
    from: [left, right]
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "inner.yaml").write_text(INNER)
    return tmp_path


def check(folder: pathlib.Path, keys: str) -> Compiled:
    """Check a spec with a branch of layers, and one that is the model with further keys."""
    text = f"""branches:
  own: {{input: [4], layers: [{{Dense: {{units: 4, name: first}}}}]}}
  model: {{spec: inner.yaml{keys}}}
head:
  - Dense: {{units: 1, name: last}}
    from: model
"""
    return compile_spec(Source(text, str(folder / "outer.yaml")))


def wiring(folder: pathlib.Path, keys: str) -> dict[str, list[str]]:
    compiled = check(folder, keys)
    assert compiled.network is not None, compiled.errors
    nodes = compiled.network.graph.nodes
    return {
        node.name: [nodes[source.producer].name for source in node.sources or ()] for node in nodes
    }


def only(folder: pathlib.Path, keys: str) -> Diagnostic:
    (found,) = check(folder, keys).errors
    return found


def test_a_prefix_is_put_before_the_name_of_each_layer(folder: pathlib.Path) -> None:
    found = wiring(folder, ", prefix: m_")
    assert found["m_sum"] == ["m_left", "m_right"]
    assert found["last"] == ["m_sum"]
    assert not {"left", "right", "sum"} & set(found)


def test_a_model_that_is_cut_leaves_out_what_comes_after(folder: pathlib.Path) -> None:
    compiled = check(folder, ", output: left")
    assert compiled.network is not None
    graph = compiled.network.graph
    assert wiring(folder, ", output: left")["last"] == ["left"]
    # The input `y` is needed only by what was cut off.
    assert "y" not in [graph.nodes[index].name for index in graph.inputs]


def test_inputs_are_fed_by_name_in_any_order(folder: pathlib.Path) -> None:
    named = ", from: {y: first, x: own}, prefix: m_"
    compiled = check(folder, named)
    assert compiled.network is not None, compiled.errors
    graph = compiled.network.graph
    assert [graph.nodes[index].branch for index in graph.inputs] == ["own"]


def test_an_input_that_the_model_does_not_have_is_told(folder: pathlib.Path) -> None:
    found = only(folder, ", from: {x: first, z: first}")
    assert (found.code, found.help) == ("unknown-reference", "it has `x` and `y`")


def test_an_input_that_was_cut_off_is_told_as_such(folder: pathlib.Path) -> None:
    found = only(folder, ", output: left, from: {y: first}")
    assert "up to `output` has no input `y`" in found.message


def test_too_few_tensors_are_refused_with_the_names(folder: pathlib.Path) -> None:
    found = only(folder, ", from: first")
    assert found.code == "input-count"
    assert found.message.endswith("has 2 inputs, not 1")
    assert found.help == "name them: `from: {x: …, y: …}`"


def test_an_output_by_a_wrong_name_is_told_with_a_similar_one(folder: pathlib.Path) -> None:
    found = only(folder, ", output: rigth")
    assert found.code == "unknown-reference"
    assert found.help == "did you mean `right`?"


def test_a_nested_model_is_one_layer(folder: pathlib.Path) -> None:
    found = wiring(folder, ", nested: true")
    assert found["inner"] == ["x", "y"]
    assert found["last"] == ["inner"]
    assert "sum" not in found


def test_a_prefix_with_a_slash_is_refused(folder: pathlib.Path) -> None:
    found = only(folder, ", prefix: m/")
    assert found.message == "a prefix must not contain `/`, since layer names begin with it"
