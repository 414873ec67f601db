"""What is remembered between candidates."""

from __future__ import annotations

from mergecli.catalog.tensors import Tensor
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.summary import facts
from mergecli.screening.reuse import Memory, Recent, State, value_key, values_key

SPEC = "input: [4, 4, 3]\nlayers: [{Conv2D: {filters: 2, kernel_size: 3}}, BatchNormalization]\n"


def test_equal_values_of_other_types_have_other_keys() -> None:
    values = [1, 1.0, True, "1", 0, 0.0, -0.0, False, None, [1], [1.0]]
    assert len({value_key(value) for value in values}) == len(values)
    assert values_key({"a": 1, "b": 2}, ["b"]) == values_key({"b": 2}, ["b"])


def test_the_same_tensors_have_the_same_key() -> None:
    memory = Memory()
    first = memory.key(((Tensor((None, 3)),), None))
    assert memory.key(((Tensor((None, 4)),), None)) != first
    assert memory.key(((Tensor((None, 3)),), None)) == first


def test_what_was_not_used_between_two_turns_is_forgotten() -> None:
    memory = Memory()
    known: Recent[str] = Recent(memory, 2)
    known["a"], known["b"] = "A", "B"
    assert memory.size == 4
    memory.turn()
    assert (memory.size, memory.earlier) == (0, 4)
    assert known.get("a") == "A"
    assert memory.size == 2
    memory.turn()
    assert (known.get("a"), known.get("b")) == ("A", None)
    memory.turn()
    memory.turn()
    assert known.get("a") is None


def test_a_number_that_was_forgotten_stands_for_nothing_else() -> None:
    memory = Memory()
    first = memory.needs_key("a")
    memory.turn()
    memory.turn()
    assert len({first, memory.needs_key("b"), memory.needs_key("a")}) == 3


def test_the_states_of_calls_sum_up_to_the_facts_of_the_model() -> None:
    network = compile_spec(Source(SPEC, "x.yaml")).network
    assert network is not None
    states = [
        State(network, call, 0, call.index not in network.graph.inputs) for call in network.parts()
    ]
    total, trained, macs, size, results = (
        sum(map(int, c)) for c in zip(*(s.numbers for s in states))
    )  # type: ignore[arg-type]
    known = facts(network)
    assert (total, trained, macs) == (
        known["parameters"], known["trainable_parameters"], known["macs"]
    )  # fmt: skip
    assert (size, results) == (known["weight_bytes"], known["activation_bytes"])
    assert states[1].slot_bytes(None) == 2 * 4 * (3 * 3 * 3 * 2 + 2)
