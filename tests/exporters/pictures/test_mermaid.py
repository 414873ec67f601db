"""Pictures as Mermaid."""

from __future__ import annotations

from mergecli.exporters.pictures.mermaid import MOST_ARROWS, mermaid
from mergecli.exporters.pictures.scene import Arrow, Box, Frame, Scene, Style


def scene(*names: str, title: str = "m", role: str = "model", change: str = "") -> Scene:
    boxes = [
        Box(f"n{number}", "layer", "Dense", name, Style(change=change))
        for number, name in enumerate(names)
    ]
    root = Frame("root", "", "")
    root.boxes = boxes
    arrows = [Arrow(f"n{number}", f"n{number + 1}") for number in range(len(names) - 1)]
    return Scene(role, title, root, boxes, arrows)


def test_boxes_and_arrows_are_written_with_their_keys() -> None:
    text = mermaid([scene("a", "b")])
    assert text.splitlines()[3] == "flowchart TB"
    assert "n0 --> n1" in text.replace("  ", "")
    assert "<b>Dense</b> a" in text


def test_a_quote_or_a_bracket_in_a_name_does_not_end_the_label() -> None:
    (line,) = [line for line in mermaid([scene('a"] --> evil[')]).splitlines() if "n0[" in line]
    assert line.count('"') == 2


def test_a_title_cannot_begin_a_directive() -> None:
    title = mermaid([scene("a", title="%%{init}%% <script>")]).splitlines()[1]
    assert "%" not in title and "<" not in title
    assert title.startswith('title: "\\u0025\\u0025{init}')


def test_the_direction_is_that_of_the_picture() -> None:
    assert "flowchart LR\n" in mermaid([scene("a")], rankdir="LR")


def test_a_picture_that_is_too_large_gives_way_to_one_with_fewer_boxes() -> None:
    large = scene(*(f"l{number}" for number in range(MOST_ARROWS + 2)))
    assert mermaid([large, scene("small")]) == mermaid([scene("small")])
    assert mermaid([large]).count("-->") == MOST_ARROWS + 1


def test_a_change_is_seen_without_colours() -> None:
    added = mermaid([scene("a", role="comparison", change="added")])
    removed = mermaid([scene("a", role="comparison", change="removed")])
    assert 'n0("' in added and 'n0{{"' in removed
