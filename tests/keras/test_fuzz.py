"""Random models against Keras: 2,000 of them, in shares that may run side by side; `fuzz.py` runs as many as one likes."""

from __future__ import annotations

import pytest
from known_layers import DIFFERENCES
from known_operations import DIFFERENCES as OF_OPERATIONS

from tools import fuzz

SHARE = 250
#: What a verdict may be, beside a difference that is on a list.
AGREED = {"accepted by both", "accepted by both, and run", "refused by both"}
STAGES = {f"stricter: Keras {stage} not" for stage in ("builds", "runs", "trains")}


@pytest.mark.parametrize("number", range(8))
def test_random_models_are_judged_as_keras_judges_them(number: int) -> None:
    tally = fuzz.Tally()
    assert fuzz.run(number=20260 + number, count=SHARE, tally=tally) >= SHARE
    check(tally)


def check(tally: fuzz.Tally) -> None:
    assert tally.wrong == []
    for verdict in tally.verdicts:
        _, _, difference = verdict.partition(": ")
        listed = difference in DIFFERENCES or difference in OF_OPERATIONS
        assert verdict in AGREED | STAGES or listed, verdict


def test_layers_by_themselves_are_judged_as_keras_judges_them() -> None:
    """A share of `fuzz.py --each 0/1`: other arguments and dtypes than the next share."""
    tally = fuzz.Tally()
    assert fuzz.run_each(11, 60, tally) > 300
    check(tally)


def test_cases_are_what_they_should_be() -> None:
    """Graphs grow to 12 layers, most are accepted, and about one in ten holds a mistake."""
    sizes, accepted = [], 0

    def look(case: fuzz.Case) -> None:
        nonlocal accepted
        sizes.append(len(case.steps))
        accepted += fuzz.ours(fuzz.spec(case))[0] is None

    fuzz.run(number=1, count=300, judge=look)
    assert max(sizes) == 12 and sum(size > 1 for size in sizes) > 0.85 * len(sizes)
    assert 0.75 < accepted / len(sizes) < 0.95


def test_a_disagreement_is_shown_as_a_small_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fuzz can fail: a rule that is wrong ends it with a spec of the layer alone."""
    from mergecli.catalog.layers.core import Dense

    monkeypatch.setattr(Dense, "shape", lambda self, x: (*x[:-1], self.units + 1))
    with pytest.raises(AssertionError, match="Dense") as caught:
        fuzz.run(number=5, count=60)
    first = str(caught.value).split("inputs: ")[1]
    assert first.count("  - ") <= 2
