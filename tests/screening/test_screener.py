"""The facts of a candidate from an ordinary check."""

from __future__ import annotations

import mergecli
from mergecli.screening.screener import Subject, check, facts_of, numbers

SPEC = "vars: {n: 3}\ninput: [4]\nlayers: [{Dense: $n}]\nbudget: {parameters: 20}\n"


def test_verdicts() -> None:
    subject = Subject(SPEC, "x.yaml")
    for value, verdict, codes in (
        (3, "ok", ()),
        (5, "over-budget", ("over-budget",)),
        (0, "error", ("wrong-value",)),
    ):
        facts = facts_of(check(subject, {"n": value}))
        assert (facts.verdict, facts.codes) == (verdict, codes)
        assert facts.parameters == (None if verdict == "error" else 5 * value)
        assert (facts.message is None) is (verdict == "ok")


def test_the_numbers_are_those_of_a_summary() -> None:
    summary = mergecli.summary(source=SPEC)
    network = check(Subject(SPEC, "x.yaml"), {}).network
    assert network is not None
    assert numbers(network, 1) == (
        len(summary.layers),
        summary.parameters,
        summary.trainable_parameters,
        summary.macs,
        summary.weight_bytes,
        summary.activation_bytes,
        summary.memory_bytes,
        summary.training_memory_bytes,
    )
