"""What lint rules share: the outputs that are trained, axes, origins of images, and labels."""

from __future__ import annotations

from mergecli.catalog import registry
from mergecli.compiler.lint.support import (
    axes_of,
    folded,
    idle_branches,
    image_origin,
    labels,
    probability_losses,
    related_sources,
    trained_outputs,
)
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Network, Value

TWO = """branches:
  a: {input: [4], layers: [{Dense: {units: 1, name: one}}]}
  b: {input: [4], layers: [{Dense: {units: 3, name: two}}]}
merge: Concatenate
"""


def network(text: str) -> Network:
    compiled = compile_spec(Source(text, "a.yaml"))
    assert compiled.network is not None, compiled.errors
    return compiled.network


def test_each_output_has_its_own_loss_and_metrics() -> None:
    text = f"""{TWO}outputs: {{x: one, y: two}}
compile:
  optimizer: adam
  loss: {{x: mse, y: mae}}
  metrics: {{y: [accuracy]}}
"""
    found = list(trained_outputs(network(text)))
    assert [(out.call.name, out.shape, out.loss, list(out.metrics)) for out in found] == [
        ("one", (None, 1), "mse", []),
        ("two", (None, 3), "mae", ["accuracy"]),
    ]


def test_weighted_metrics_are_metrics_of_the_output() -> None:
    text = """input: [4]
layers: [{Dense: 1}]
compile: {optimizer: adam, loss: mse, metrics: [mae], weighted_metrics: [mse]}
"""
    (found,) = trained_outputs(network(text))
    assert list(found.metrics) == ["mae", "mse"]


def test_only_losses_of_probabilities_are_those_of_probabilities() -> None:
    text = f"""{TWO}outputs: [one, two]
compile:
  optimizer: adam
  loss: [mse, {{SparseCategoricalCrossentropy: {{from_logits: true}}}}]
"""
    (found,) = probability_losses(network(text))
    assert (found.call.name, found.from_logits, found.of_classes) == ("two", True, True)


def test_names_are_compared_without_underscores_and_case() -> None:
    assert folded("Top_K_Categorical_Accuracy") == "topkcategoricalaccuracy"


def test_axes_are_counted_from_the_front() -> None:
    layers = registry.layers()
    assert list(axes_of(layers["Concatenate"](), 3)) == [2]
    assert list(axes_of(layers["Concatenate"](axis=1), 3)) == [1]
    assert list(axes_of(layers["Softmax"](axis=[1, -1]), 4)) == [1, 3]


def test_the_origin_of_an_image_is_before_what_keeps_it_an_image() -> None:
    found = network(
        """input: [32, 32, 3]
layers:
  - Conv2D: {filters: 4, kernel_size: 3, name: conv}
  - Dropout: 0.5
  - BatchNormalization
  - Flatten: {name: flat}
"""
    )
    (flat,) = [call for call in found.graph.nodes if call.name == "flat"]
    origin = image_origin(found, flat.sources or ())
    assert origin is not None
    assert origin.name == "conv"
    assert image_origin(found, [Value(-1, constant=1.0)]) is None


def test_a_call_of_several_results_has_a_label_for_each() -> None:
    found = network(
        """input: [5, 4]
layers:
  - LSTM: {units: 3, return_state: true, name: cell}
  - ops.concatenate: {name: end}
"""
    )
    (end,) = [call for call in found.graph.nodes if call.name == "end"]
    assert labels(found, end.sources or ()) == ["`cell`"] * 3
    (related,) = related_sources(found, end.sources or (), ["a", "b", "c"])
    # One place is told once, with the first of its facts.
    assert related.message == "`cell` is a"


def test_a_branch_is_idle_only_if_none_of_its_calls_is_needed() -> None:
    graph = network(f"{TWO}").graph
    one, two = (graph.branches[name].nodes for name in "ab")
    nothing = [False] * len(graph.nodes)
    assert idle_branches(graph, nothing) == ["a", "b"]
    needed = [index == two[0] for index in range(len(graph.nodes))]
    assert one[0] != two[0]
    assert idle_branches(graph, needed) == ["a"]
