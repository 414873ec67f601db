"""Random models as specs, their verdicts without Keras, and how a failing one is reduced."""

from __future__ import annotations

from typing import Any

from mergecli.catalog import registry
from mergecli.catalog.tensors import Tensor
from tools import fuzz
from tools.random_models.cases import Case, Number, Results, Step, positions
from tools.random_models.reducing import reduced
from tools.random_models.specs import dressed, nested, repeated

LAYERS = registry.layers()


def step(name: str, *sources: Any, again: int | None = None, **arguments: Any) -> Step:
    listed = len(sources) > 1
    return Step(LAYERS[name], arguments, sources, listed, (), {}, again)


CASE = Case(
    [Tensor((None, 4), "float32")],
    [
        step("Dense", 0, units=4, use_bias=False),
        step("Dense", 1, units=4, again=0),
        step("ops.multiply", 2, Number(0.5)),
        step("Add", 3, 1),
        step("LSTM", 4, units=2),
        step("ReLU", 4),
    ],
    [],
)


def test_a_case_as_a_spec() -> None:
    case = CASE._replace(steps=[*CASE.steps[:4], CASE.steps[5]])
    text = fuzz.spec(case)
    assert "- use: layer0" in text and '["layer1", 0.5]' in text
    end, facts, _ = fuzz.ours(text)
    assert end is None
    assert facts["layer0"][1:] == (16, 16) and facts["layer1"][1:] == (0, 0)
    end, again, _ = fuzz.ours(dressed(case))
    again["layer4"] = again.pop("layer_4")
    assert (end, again) == (None, facts)


def test_where_a_case_is_refused() -> None:
    assert fuzz.ours(fuzz.spec(CASE))[0] == "layer4"
    wrong = CASE._replace(
        steps=[CASE.steps[0], step("Flatten", 1), step("Dense", 2, again=0, units=4)]
    )
    assert fuzz.ours(fuzz.spec(wrong))[0] is None
    results = Results(CASE.inputs)
    assert [results.add(each) for each in CASE.steps] == [True, True, True, True, False, True]
    assert positions(CASE)[2] == [(1, None), Number(0.5)]


def test_models_in_layers_and_repeats() -> None:
    case = CASE._replace(steps=CASE.steps[:1])
    inner, three = nested(case), repeated(case, 3)
    assert inner is not None and three is not None
    assert fuzz.ours(inner)[0] is None
    assert len(fuzz.ours(three)[1]) == 3


def test_a_case_is_reduced_to_what_fails() -> None:
    def fails(case: Case) -> bool:
        return fuzz.ours(fuzz.spec(case))[0] is not None

    small = reduced(CASE, fails)
    assert [each.kind.__name__ for each in small.steps] == ["LSTM"]
    assert small.steps[0].sources == (0,)
    small = reduced(CASE, lambda case: any(each.again is not None for each in case.steps))
    assert [each.again for each in small.steps] == [None, 0]
    assert "use_bias" not in small.steps[0].arguments
