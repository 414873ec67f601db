"""The fuzzers see what no command may do; a small share of their inputs."""

from __future__ import annotations

import pathlib
import random
import subprocess
import sys

import pytest
from running import ROOT

from tools import commands, every_command, fuzz_models, fuzz_specs, fuzzing

TARGETS = {"specs": fuzz_specs.load, "models": fuzz_models.load}


@pytest.mark.slow
def test_mutated_specs_and_configs_end_every_command_well() -> None:
    assert every_command.run(seed=20_260, count=200) == []


def test_an_internal_error_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    def broken(*arguments: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("mergecli.exporters.summary_table.table", broken)
    said: list[str] = []
    failures = every_command.run(1, 3, only=0, keep=tmp_path, say=said.append)
    # Input 0 may be wrong, so that it has no summary.
    (tmp_path / "good.yaml").write_text(commands.GOOD)
    with pytest.raises(commands.Failed, match=r"ends with 70: (.|\n)*KeyError: 'x'"):
        commands.check(["summary", str(tmp_path / "good.yaml")], 10, 1000)
    assert said[-1] == f"1 inputs, {len(failures)} failures"


def test_a_slow_or_large_command_fails(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(commands.GOOD)
    for seconds, memory, word in ((0.0, 1000, "takes"), (10, -1, "needs")):
        with pytest.raises(commands.Failed, match=word):
            commands.check(["validate", str(path)], seconds, memory)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_mutates_its_corpus(name: str) -> None:
    target = TARGETS[name]()
    seeds = target.seeds()
    assert all(0 < len(seed) < fuzzing.LONGEST for seed in seeds)
    mutated = [
        target.mutate(seeds[number % len(seeds)], random.Random(number)) for number in range(20)
    ]
    assert mutated == [
        target.mutate(seeds[number % len(seeds)], random.Random(number)) for number in range(20)
    ]
    assert len({*mutated} - {*seeds}) > 10


@pytest.mark.parametrize("name", TARGETS)
def test_a_fuzzer_runs_files_and_ends_with_one_if_an_input_fails(
    name: str, tmp_path: pathlib.Path
) -> None:
    seed = sorted((fuzzing.CORPUS / name).iterdir())[0]
    code = "import sys\nfrom tools import fuzzing, fuzz_{0}\nfuzzing.SECONDS = {1}\nfuzzing.main(fuzz_{0}.load)"
    for seconds, expected in ((20, 0), (0, 1)):
        result = subprocess.run(
            [sys.executable, "-c", code.format(name, seconds), str(seed), "--keep", str(tmp_path / "kept")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )  # fmt: skip
        assert result.returncode == expected, result.stdout + result.stderr
    (kept,) = (tmp_path / "kept").iterdir()
    assert kept.read_bytes() == seed.read_bytes()
    assert str(kept) in result.stdout and "takes" in result.stdout
