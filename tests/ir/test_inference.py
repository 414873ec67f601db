"""Inference: shapes and weights call by call, and errors that are told once and at their place."""

from __future__ import annotations

import pytest

from mergecli.catalog import registry
from mergecli.catalog.tensors import UNKNOWN, Inputs, Tensor
from mergecli.diagnostics.source import Span
from mergecli.ir import inference
from mergecli.ir.graph import Call, GraphBuilder, Location, Network, Outputs, Value
from mergecli.ir.inference import gather, infer
from mergecli.ir.order import order


class Model(GraphBuilder):
    """A graph that is written down call by call, each in a line of its own."""

    def __init__(self) -> None:
        super().__init__("model")

    def add(self, name: str, cls: str, *sources: Value | Call, **arguments: object) -> Call:
        line = len(self.nodes) + 1
        layer = registry.layers()[cls](**arguments)
        call = self.call(cls, layer, Location(Span(line, 1, line, 2)), None)
        call.name = name
        call.sources = [s if isinstance(s, Value) else Value(s.index) for s in sources]
        call.listed = len(sources) > 1
        if cls == "InputLayer":
            self.inputs.append(call.index)
        return call

    def ends(self, *targets: Value | Call) -> Model:
        self.outputs = Outputs([t if isinstance(t, Value) else Value(t.index) for t in targets])
        return self

    def infer(self) -> tuple[Network, list[tuple[str, str, int]]]:
        """The network, and the code, the message and the line of each error."""
        graph, cycles = order(self.finish())
        assert not cycles
        network, errors = infer(graph)
        return network, [(e.code, e.message, e.span.line if e.span else 0) for e in errors]


def start(model: Model, *shape: int | None, name: str = "input") -> Call:
    return model.add(name, "InputLayer", shape=list(shape))


def test_shapes_and_weights_follow_from_the_inputs() -> None:
    model = Model()
    hidden = model.add("hidden", "Dense", start(model, None, 4), units=3)
    network, errors = model.ends(hidden).infer()
    assert errors == []
    assert network.results[1][0].shape == (None, None, 3)
    assert [weight.shape for weight in network.weights[1]] == [(4, 3), (3,)]
    assert network.count() == 15


def test_what_depends_on_an_error_is_unknown_and_not_reported() -> None:
    model = Model()
    wrong = model.add("wrong", "Conv2D", start(model, 4), filters=3, kernel_size=3)
    after = model.add("after", "Conv2D", wrong, filters=3, kernel_size=3)
    network, errors = model.ends(after).infer()
    assert [(code, line) for code, _, line in errors] == [("input-rank", 2)]
    assert network.results[wrong.index] == network.results[after.index] == (UNKNOWN,)


def test_a_layer_that_is_applied_again_has_its_weights_once() -> None:
    model = Model()
    one, two = start(model, 4, name="one"), start(model, 4, name="two")
    first = model.add("first", "Dense", one, units=3)
    again = model.add("again", "Dense", two, units=3)
    again.layer, again.owner = first.layer, first.index
    network, errors = model.ends(first, again).infer()
    assert errors == []
    assert (len(network.weights[first.index]), len(network.weights[again.index])) == (2, 0)
    assert network.count() == 15


def test_a_layer_that_is_applied_again_takes_inputs_of_the_same_size() -> None:
    model = Model()
    one, two = start(model, 4, name="one"), start(model, 5, name="two")
    first = model.add("first", "Dense", one, units=3)
    again = model.add("again", "Dense", two, units=3)
    again.layer, again.owner = first.layer, first.index
    _, ((_, message, line),) = model.ends(first, again).infer()
    assert line == 4
    assert message == (
        "`again` (Dense) shares the weights of `first`, which is applied to (None, 4);"
        " here `two` is (None, 5)"
    )


def test_weights_of_a_layer_that_is_not_trained_are_not_trained() -> None:
    model = Model()
    fixed = model.add("fixed", "Dense", start(model, 4), units=3, trainable=False)
    network, _ = model.ends(fixed).infer()
    assert (network.count(), network.count(trainable=True)) == (15, 0)


def test_a_result_that_a_layer_does_not_have_is_told() -> None:
    model = Model()
    dense = model.add("dense", "Dense", start(model, 4), units=3)
    _, ((code, message, _),) = model.ends(Value(dense.index, 1)).infer()
    assert code == "unknown-reference"
    assert message == "there is no `dense[1]`: `dense` gives one result"


def test_a_tensor_of_too_many_elements_is_refused() -> None:
    for size, codes in ((2**31, []), (2**32, ["too-large"])):
        model = Model()
        begin = start(model, 2**31)
        wide = model.add("wide", "RepeatVector", begin, n=size)
        _, errors = model.ends(wide).infer()
        # 2**62 elements are allowed, 2**63 are not.
        assert [code for code, _, _ in errors] == codes


def test_too_many_tensors_end_the_inference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "MOST_TAKEN", 2)
    model = Model()
    last = start(model, 4)
    for number in range(4):
        last = model.add(f"step_{number}", "Dense", last, units=4)
    _, errors = model.ends(last).infer()
    assert [(code, line) for code, _, line in errors] == [("too-large", 4)]


def test_all_results_of_one_source_are_a_list_and_one_of_several_must_be_chosen() -> None:
    model = Model()
    cell = model.add("cell", "LSTM", start(model, 5, 4), units=3, return_state=True)
    joined = model.add("joined", "Concatenate", cell)
    mixed = model.add("mixed", "Concatenate", joined, cell)
    network, ((code, message, line),) = model.ends(joined, mixed).infer()
    state = Tensor((None, 3), network.results[cell.index][0].dtype)
    assert gather(network, joined) == Inputs((state,) * 3, listed=True)
    assert network.results[joined.index][0].shape == (None, 9)
    assert (code, line) == ("input-count", 4)
    assert message == "`mixed` (Concatenate) takes one tensor from `cell`, which gives 3"
