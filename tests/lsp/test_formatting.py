"""The canonical text of a spec, as an edit."""

from __future__ import annotations

import pytest

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.formatting import reformatted
from mergecli.lsp.text import Text

SPEC = "input: [8]\nlayers:\n  - Dense:   4\n  - Flatten\n"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_lines_that_change_are_replaced_and_end_as_before(end: str) -> None:
    text = SPEC.replace("\n", end)
    edit = reformatted(Analysis(Text(text), "a.yaml"))
    assert edit is not None and edit.text == f"  - Dense: 4{end}"
    after = text[: edit.start] + edit.text + text[edit.end :]
    assert reformatted(Analysis(Text(after), "a.yaml")) is None
