"""The reference: what is told about a class, as text and for programs."""

from __future__ import annotations

import pytest

from mergecli.catalog import reference, registry
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.reference import example, facts, find, page, text_of
from mergecli.catalog.training import losses, metrics


def one(name: str) -> type[KerasObject]:
    (cls,) = find(name)
    return cls


def test_a_name_is_looked_for_in_all_roles_unless_a_module_says_which() -> None:
    assert find("Hinge") == [losses.Hinge, metrics.Hinge]
    assert find("metrics.Hinge") == [metrics.Hinge]
    assert find("layers.Hinge") == []
    assert find("ops.add") == [registry.layer("ops.add")]


def test_a_page_has_what_few_need_last() -> None:
    lines = page(one("Dense")).splitlines()
    assert lines[0].startswith("Dense: ")
    names = [line.split()[0] for line in lines[2:] if line.startswith("  ")]
    assert names[:3] == ["units", "activation", "use_bias"]
    assert names[-10:] == [
        *("kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer"),
        *("kernel_constraint", "bias_constraint", "and", "shape", "changed", "example"),
    ]
    assert lines[-1].split(None, 1) == ["example", "- Dense: 3"]


def test_a_page_tells_the_tensors_and_options_of_a_call() -> None:
    text = page(one("MultiHeadAttention"))
    assert (
        "query, value; key, query_mask, value_mask, key_mask, attention_mask where wanted" in text
    )
    assert "  call                return_attention_scores, use_causal_mask\n" in text


def test_a_page_has_its_module_where_the_name_is_shared() -> None:
    assert page(metrics.Hinge).startswith("Hinge: ")
    assert page(metrics.Hinge, whole=True).startswith("metrics.Hinge: ")


def test_a_page_says_which_keras_has_an_argument() -> None:
    (line,) = [line for line in page(one("Muon")).splitlines() if "rms_rate" in line]
    assert line.endswith("a number or null; 0.2 by default (Keras 3.13 or newer)")


def test_an_argument_that_a_class_has_in_its_own_way_is_not_as_usual() -> None:
    text = page(one("Muon"))
    assert "  weight_decay        a number or null; 0.004 by default\n" in text
    usual = next(line for line in text.splitlines() if "and as every optimizer" in line)
    assert "weight_decay" not in usual and "clipnorm" in usual


def test_programs_get_defaults_but_none_for_what_is_required() -> None:
    found = facts(one("Dropout"))
    assert (found["name"], found["role"], found["since"]) == ("Dropout", "layer", "3.8")
    arguments = {argument["name"]: argument for argument in found["arguments"]}
    assert "default" not in arguments["rate"] and arguments["rate"]["accepts"].startswith(
        "a number"
    )
    assert arguments["noise_shape"]["default"] is None


def test_an_example_is_an_entry_of_a_spec() -> None:
    assert example(one("MultiHeadAttention")) == "- MultiHeadAttention: {num_heads: 2, key_dim: 4}"
    assert example(one("ops.get_item")) == "- ops.get_item: [null, {start: 1, stop: 5}, ..., 0]"
    assert example(one("ops.exp")) == "- ops.exp"
    assert example(one("Adam")) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        ((1, [2.5, None]), "[1, [2.5, null]]"),
        ({"a": False}, "{a: false}"),
        ("", '""'),
        ("a: b", '"a: b"'),
        (" a", '" a"'),
        ("same", "same"),
    ],
)
def test_a_value_is_written_as_yaml(value: object, text: str) -> None:
    assert text_of(value) == text


def test_the_overview_has_a_line_for_each_class_and_none_for_inputs() -> None:
    lines = reference.overview().splitlines()
    assert lines[0] == "core"
    names = [line.split()[0] for line in lines if line.startswith("  ")]
    assert names.count("Dense") == 1 and names.count("Hinge") == 2
    assert "InputLayer" not in names and "ops.abs" not in names
