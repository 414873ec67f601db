"""What a reference stands for, and the shape of that."""

from __future__ import annotations

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.meaning import Meaning, block, meaning, shown
from mergecli.lsp.text import Text

SPEC = """\
blocks:
  stem:
    layers:
      - Dense: {units: 3, name: out}
      - Dense: 5
input: [8]
layers:
  - stem
  - Dense: {units: 2, name: out}
  - Dense: 7
"""
STATE = Analysis(Text(SPEC), "a.yaml")
LAYER, INSIDE = ("layers", 2), ("blocks", "stem", "layers", 1)


def line(found: Meaning) -> int | None:
    return found.scalar.span.line if found.scalar is not None else None


def test_a_name_in_a_block_hides_the_one_outside() -> None:
    assert line(meaning(STATE, "out", INSIDE)) == 4
    found = meaning(STATE, "out", LAYER)
    assert line(found) == 9
    assert shown(STATE, found.target) == "(None, 2)"


def test_previous_is_the_entry_before_and_the_first_has_none() -> None:
    found = meaning(STATE, "previous", ("layers", 1))
    assert line(found) == 8
    assert shown(STATE, found.target) == "(None, 5)"
    assert meaning(STATE, "previous", ("layers", 0)) == (None, None, None)
    assert meaning(STATE, "previous", ("name",)) == (None, None, None)


def test_the_input_of_a_block_is_the_block() -> None:
    assert line(meaning(STATE, "input", INSIDE)) == 2


def test_a_number_of_a_result_does_not_change_what_has_the_name() -> None:
    assert line(meaning(STATE, "out[0]", LAYER)) == 9


def test_an_unknown_name_stands_for_nothing() -> None:
    found = meaning(STATE, "nothing", LAYER)
    assert found == (None, None, None)
    assert shown(STATE, found.target) == ""
    assert block(STATE, "nothing") is None
