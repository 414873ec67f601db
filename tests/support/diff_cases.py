"""Pairs of specs to compare."""

from __future__ import annotations

from running import ROOT

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.diff import Comparison, compare
from mergecli.diff.model import Model, unfold

CASES = sorted((ROOT / "tests" / "golden" / "diff").glob("*.old.yaml"))


def model(text: str) -> Model:
    compiled = compile_spec(Source(text, "model.yaml"))
    assert compiled.network is not None, compiled.diagnostics
    return unfold(compiled.network)


def between(old: str, new: str) -> Comparison:
    return compare(model(old), model(new))
