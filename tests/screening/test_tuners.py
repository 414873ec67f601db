"""The examples in the documentation for programs that search, where these are installed."""

from __future__ import annotations

import pathlib
import re

import pytest
from running import ROOT

PAGE = (ROOT / "docs" / "how-to" / "sweep.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["optuna", "keras_tuner"])
def test_the_example(name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(name)
    spec = re.search(r'```yaml title="candidate.yaml"\n(.*?)```', PAGE, re.S)
    example = next(text for text in re.findall(r"```py\n(.*?)```", PAGE, re.S) if name in text)
    assert spec is not None
    (tmp_path / "candidate.yaml").write_text(spec[1])
    monkeypatch.chdir(tmp_path)
    exec(compile(example, f"{name}.py", "exec"), {"__name__": "example"})
