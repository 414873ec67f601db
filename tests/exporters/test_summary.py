"""What is known of a model, as a table and as data."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.summary import SummaryOptions, facts, rows, totals
from mergecli.ir.graph import Network


def network(text: str) -> Network:
    found = compile_spec(Source(text, "a.yaml")).network
    assert found is not None
    return found


TEXT = "input: [8]\nlayers: [{Dense: {units: 3, trainable: false, name: d}}, BatchNormalization]\n"


def test_sums_are_those_of_the_layers() -> None:
    found = facts(network(TEXT))
    # 8 x 3 + 3 weights of the first layer, four vectors of 3 of the second, half of which are trained.
    assert (found["parameters"], found["trainable_parameters"]) == (27 + 12, 6)
    assert found["macs"] == 24
    assert found["weight_bytes"] == 4 * 39


def test_a_size_that_is_not_known_makes_the_sum_unknown() -> None:
    found = facts(network("input: [null, 8]\nlayers: [{Dense: {units: 3, name: d}}]\n"))
    assert found["parameters"] == 27 and found["macs"] is None


def test_a_row_names_what_a_layer_is_applied_to() -> None:
    table = rows(network(TEXT))
    assert [row[0] for row in table] == ["input", "d", "batch_normalization"]
    assert table[2][3] == "d"


def test_the_totals_say_what_is_frozen() -> None:
    assert any("39 (6 trainable, 33 frozen)" in line for line in totals(network(TEXT)))


def test_the_memory_is_for_a_batch() -> None:
    found = facts(network(TEXT), 100)
    assert found["batch"] == 100
    # The input, and one result, over which the normalization is written.
    assert found["memory_bytes"] == 4 * (39 + 100 * (8 + 3))
    assert found["activation_bytes"] == 4 * (8 + 3 + 3)
    # Beside them at least the slots of Adam.
    assert (found["training_memory_bytes"] or 0) > found["memory_bytes"] + 2 * 4 * 6


def test_the_text_has_the_memory_of_training_where_it_is_wanted() -> None:
    lines = totals(network(TEXT), SummaryOptions(batch=100, training=True))
    assert lines[-2:] == [
        "memory           4.4 KiB at once for a batch of 100",
        "training memory  8.0 KiB at once for a batch of 100",
    ]
    assert len(totals(network(TEXT))) == len(lines) - 1


def test_memory_that_is_not_known() -> None:
    lines = totals(network("input: [null, 8]\nlayers: [{Dense: 3}]\n"))
    assert lines[-1] == "memory           unknown at once for a batch of 1"
