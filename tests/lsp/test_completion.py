"""What is offered where: the stretch that is replaced, and what is left out."""

from __future__ import annotations

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.completion import Offers, offers
from mergecli.lsp.schema_grammar import Grammar
from mergecli.lsp.text import Text

GRAMMAR = Grammar()
LAST = "vars: {width: 4}\ninput: [8]\nlayers:\n  - Dense: {units: 4, name: first}\n"


def complete(text: str) -> Offers:
    """What is offered at the `|` of a text after another one that could be read."""
    state = Analysis(Text(LAST), "a.yaml")
    return offers(Text(text.replace("|", "")), text.index("|"), state, GRAMMAR)


def labels(text: str) -> set[str]:
    return {offer.label for offer in complete(text).offers}


def test_the_whole_word_around_the_cursor_is_replaced() -> None:
    found = complete("input: [8]\nlayers:\n  - De|ns\n")
    # `Dens` stands from the 24th to the 28th character.
    assert (found.start, found.end) == (23, 27)


def test_keys_that_are_there_are_not_offered_again() -> None:
    text = LAST + "  - Dense: {units: 4, |}\n"
    assert "activation" in labels(text)
    assert "units" not in labels(text)


def test_a_variable_is_offered_with_its_dollar_only_where_that_is_typed() -> None:
    found = complete(LAST + "  - Dense: {units: $w|}\n")
    assert [(offer.label, offer.kind) for offer in found.offers] == [("$width", "variable")]
    assert "$width" not in labels(LAST + "  - Dense: {units: 4, |}\n")


def test_nothing_is_offered_within_a_text_of_several_words() -> None:
    assert complete("name: some wor|\n").offers == []


def test_beside_a_layer_stand_no_other_layers() -> None:
    found = labels("input: [8]\nlayers:\n  - Dense: 4\n    |\n")
    assert "from" in found
    assert "Conv2D" not in found


def test_at_the_begin_of_a_line_nothing_of_the_line_before_is_replaced() -> None:
    for end in ("\n", "\r\n"):
        text = LAST.replace("\n", end) + "name: relu" + end
        found = complete(text + "|")
        assert (found.start, found.end) == (len(text), len(text))
        assert "outputs" in {offer.label for offer in found.offers}
