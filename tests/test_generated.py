"""Generated parts of code and documentation are up to date."""

from __future__ import annotations

import pathlib

import pytest
from running import ROOT

from tools import docs


@pytest.mark.parametrize(
    ("path", "text"),
    [pytest.param(*pair, id=str(pair[0].relative_to(ROOT))) for pair in docs.generated()],
)
def test_what_is_generated_is_up_to_date(path: pathlib.Path, text: str) -> None:
    current = path.read_text(encoding="utf-8") if path.exists() else ""
    assert current == text, f"run `python -m tools.docs`: {path.relative_to(ROOT)} is out of date"
