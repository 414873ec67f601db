"""Labels in the HTML-like language of Graphviz: what is not meant as markup stays text."""

from __future__ import annotations

from mergecli.exporters.pictures.dot_labels import Labels, html, plain, short, visible
from mergecli.exporters.pictures.scene import Box
from mergecli.exporters.pictures.themes import theme


def test_markup_in_a_name_is_text() -> None:
    assert html("<B>a</B>") == "&lt;B&gt;a&lt;/B&gt;"
    assert html('say "no" & go') == "say &quot;no&quot; &amp; go"


def test_a_backslash_is_not_an_escape_of_graphviz() -> None:
    assert html("\\N") == "\\\\N"
    assert plain("\\N") == "\\\\N"


def test_a_character_that_cannot_be_seen_is_a_box() -> None:
    assert visible("a\x1b[31mb\u202ec") == "a□[31mb□c"
    assert html("a\x00b") == "a□b"


def test_lines_of_a_tooltip_are_kept() -> None:
    assert plain("first\nsecond") == "first&#10;second"


def test_a_tooltip_that_begins_with_an_angle_bracket_is_not_read_as_html() -> None:
    assert plain("<lambda>") == "&lt;lambda>"
    assert plain("a<b") == "a<b"


def test_a_name_is_cut_in_its_middle_only_if_it_is_too_long() -> None:
    assert short("a" * 48) == "a" * 48
    assert short("a" * 30 + "z" * 30) == "a" * 24 + "…" + "z" * 24


def test_a_box_of_several_layers_has_their_number_and_their_name() -> None:
    box = Box("n1", "group", "6 layers", "block1")
    box.counted = True
    ((left, right), *_) = Labels(theme("light"), "", False).rows(box)
    assert "<B>6 layers</B>" in left and "block1" in right
