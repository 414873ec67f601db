"""Models in a model become part of its graph: names, sources, and what is called in training."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.layers.core import Dense, InputLayer
from mergecli.catalog.layers.regularization import Dropout
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.inlining import graph
from mergecli.importers.keras.saved_model import Origin, Saved, SavedCall
from mergecli.ir.graph import EmbeddedModel, Graph


def start(name: str = "x", size: int = 4) -> SavedCall:
    return SavedCall(name, "InputLayer", InputLayer(shape=[size]))


def call(name: str, layer: Any, *sources: Origin, number: int = 0) -> SavedCall:
    return SavedCall(name, type(layer).__name__, layer, number, sources)


def inner(name: str = "inner") -> Saved:
    """Return a model of a dense layer and a dropout."""
    calls = [
        call("d", Dense(units=4), Origin("y")),
        call("o", Dropout(rate=0.5), Origin("d")),
    ]
    return Saved(name, [start("y")], calls, [Origin("o", 0, 0)], single=True)


def nested(name: str, model: Saved, *sources: Origin, **more: Any) -> SavedCall:
    return SavedCall(name, "Functional", None, sources=sources, nested=model, **more)


def wires(graph: Graph) -> dict[str, list[str]]:
    """Return the names of the sources of each call."""
    names = [node.name for node in graph.nodes]
    return {
        node.name: [names[source.producer] for source in node.sources or []] for node in graph.nodes
    }


def test_the_layers_of_a_model_in_the_model_have_its_name_in_front() -> None:
    saved = Saved("m", [start()], [nested("n", inner(), Origin("x"))], [Origin("n")], single=True)
    assert wires(graph(saved)) == {"x": [], "n.d": ["x"], "n.o": ["n.d"]}


def test_a_model_that_is_called_twice_has_its_weights_once() -> None:
    model = inner()
    second = nested("n", model, Origin("n", 0), number=1)
    saved = Saved(
        "m", [start()], [nested("n", model, Origin("x")), second], [Origin("n", 1)], single=True
    )
    found = graph(saved)
    first, again = (node for node in found.nodes if isinstance(node.layer, Dense))
    assert (first.name, first.owner) == ("n.d", None)
    assert again.name != "n.d" and found.nodes[again.owner or 0] is first
    assert again.layer is first.layer


def test_a_slash_in_a_name_becomes_another_character_and_no_other_name() -> None:
    calls = [
        call("a/b", Dense(units=4), Origin("x")),
        call("a_b", Dense(units=4), Origin("a/b")),
    ]
    names = list(wires(graph(Saved("m", [start()], calls, [Origin("a_b")], single=True))))
    assert names[1] == "a_b" and len(set(names)) == 3 and not any("/" in name for name in names)


@pytest.mark.parametrize("training", [True, False, None])
def test_training_of_a_model_reaches_its_layers_and_no_others(training: bool | None) -> None:
    asked = {} if training is None else {"training": training}
    after = call("after", Dropout(rate=0.5), Origin("n"))
    calls = [nested("n", inner(), Origin("x"), options=asked), after]
    found = graph(Saved("m", [start()], calls, [Origin("after")], single=True))
    options = {node.name: node.options for node in found.nodes}
    assert options["n.o"] == ({"training": True} if training else {})
    assert options["after"] == {}


def test_each_call_knows_its_way_in_the_file() -> None:
    part = EmbeddedModel("model", "file.keras", {}, None)
    saved = Saved("m", [start()], [nested("n", inner(), Origin("x"))], [Origin("n")], single=True)
    ways = {node.name: node.saved for node in graph(saved, part).nodes}
    place = ways["n.d"]
    assert place is not None and (place.path, place.calls) == (("n", "d"), (0, 0))
    assert place.part is part


def test_with_nested_a_model_is_one_layer() -> None:
    saved = Saved("m", [start()], [nested("n", inner(), Origin("x"))], [Origin("n")], single=True)
    assert wires(graph(saved, nested=True)) == {"x": [], "n": ["x"]}


def test_a_result_that_a_model_does_not_have_is_refused() -> None:
    saved = Saved("m", [start()], [nested("n", inner(), Origin("x"))], [Origin("n", 0, 1)])
    with pytest.raises(Unreadable, match="output 1 of `n`, which has 1 outputs"):
        graph(saved)


def test_a_cycle_and_a_call_without_a_tensor_are_refused() -> None:
    calls = [call("a", Dense(units=4), Origin("b")), call("b", Dense(units=4), Origin("a"))]
    with pytest.raises(Unreadable) as caught:
        graph(Saved("m", [start()], calls, [Origin("b")]))
    assert caught.value.code == "not-a-model"
    with pytest.raises(Unreadable, match="calls `a` without a tensor"):
        graph(Saved("m", [start()], [call("a", Dense(units=4))], [Origin("a")]))
