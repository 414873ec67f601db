"""Mutants of all specs get an answer; `mutate.py` makes as many as one likes."""

from __future__ import annotations

import pathlib
import types

import pytest

from mergecli.cli import inputs
from tools import mutate


@pytest.mark.keras
def test_mutants_get_an_answer_and_those_without_errors_are_built() -> None:
    assert mutate.run(seed=20260, count=1500, builds=40) == []


def test_a_mutant_depends_on_its_seed_and_number_alone() -> None:
    pool = mutate.seeds()
    assert [mutate.mutant(number, 1, pool) for number in (5, 3)] == [
        mutate.mutant(number, 1, pool) for number in (5, 3)
    ]
    assert len({mutate.mutant(number, seed, pool) for number in range(50) for seed in (1, 2)}) > 90


def test_an_exception_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    check = inputs.check

    def stumbling(path: str) -> inputs.Checked:
        if b"Dropout" in pathlib.Path(path).read_bytes():
            raise KeyError("Dropout")
        return check(path)

    monkeypatch.setattr(inputs, "check", stumbling)
    failures = mutate.run(seed=1, count=100, builds=0, keep=tmp_path)
    assert 0 < len(failures) < 100
    assert all("KeyError: 'Dropout'" in failure for failure in failures)
    assert len(list(tmp_path.iterdir())) == len(failures)


@pytest.mark.keras
def test_what_keras_refuses_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    from mergecli.catalog.layers.core import Dense

    monkeypatch.setattr(Dense, "weights", lambda self, inputs: [])
    failures = mutate.run(seed=1, count=60, builds=60)
    assert any("were inferred" in failure for failure in failures)


@pytest.mark.keras
@pytest.mark.parametrize("problem", ["slow", "code", "place"])
def test_a_bad_answer_is_a_failure(
    problem: str, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("input: [8]\nlayers: [{Dens: 4}]\n")
    mutate.judge(path)
    if problem == "slow":
        monkeypatch.setattr(mutate, "SECONDS", -1.0)
    elif problem == "code":
        monkeypatch.setattr(mutate, "codes", types.SimpleNamespace(CODES=()))
    else:
        monkeypatch.setattr("mergecli.diagnostics.source.Source.line", lambda self, number: "")
    with pytest.raises(mutate.Failed):
        mutate.judge(path)
