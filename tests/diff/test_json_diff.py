"""A comparison as data."""

from __future__ import annotations

import json
from typing import Any

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.diff import compare
from mergecli.diff.json_diff import render
from mergecli.diff.model import unfold


def facts(old: str, new: str) -> Any:
    models = []
    for layers in (old, new):
        text = f"input: [8]\nlayers: [{layers}]\n"
        network = compile_spec(Source(text, "a.yaml")).network
        assert network is not None
        models.append(unfold(network))
    return json.loads(render(compare(*models), ("old.yaml", "new.yaml")))


def test_equal_models_have_no_differences() -> None:
    found = facts("{Dense: 3}", "{Dense: 3}")
    assert found["same"] and not (found["added"] or found["removed"] or found["changed"])
    assert found["totals"]["old"] == found["totals"]["new"]
    assert found["weights"]["loaded"] == found["weights"]["needed"] == 27


def test_a_change_has_its_layer_its_line_and_both_values() -> None:
    (change,) = facts("{Dense: {units: 3, name: d}}", "{Dense: {units: 4, name: d}}")["changed"]
    assert (change["layer"], change["class"], change["line"]) == ("d", "Dense", 2)
    assert change["changes"] == [{"what": "units", "old": 3, "new": 4}]
    assert change["parameters"] == {"old": 27, "new": 36}
    assert change["renamed"] is None and change["rewired"] is None


def test_a_removed_layer_says_what_it_stood_between() -> None:
    (removed,) = facts("{Dense: 3}, ReLU, Flatten", "{Dense: 3}, Flatten")["removed"]
    assert (removed["layer"], removed["from"], removed["before"]) == (
        "re_lu",
        ["dense"],
        ["flatten"],
    )


def test_weights_that_do_not_fit_are_named_with_both_shapes() -> None:
    weights = facts("{Dense: {units: 3, name: d}}", "{Dense: {units: 4, name: d}}")["weights"]
    assert weights["loaded"] == 0 and weights["needed"] == 36
    kernel = next(miss for miss in weights["missing"] if miss["weight"] == "kernel")
    assert (kernel["old"], kernel["new"]) == ([8, 3], [8, 4])
