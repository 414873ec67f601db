"""The labels of boxes in the HTML-like language of Graphviz."""

from __future__ import annotations

from typing import Sequence

from mergecli.exporters.pictures.scene import Box, Line
from mergecli.exporters.pictures.themes import MARKS, Theme

#: Points from one end of a bar to the other.
BAR = 96
#: Points of a character, and of one in a smaller text.
SIZE, SMALL = 11, 9
#: What separates a text from the one at the right side; also room for readers without the font, whose characters may be wider.
GAP = f'<FONT point-size="{SIZE}">{"&#160;" * 6}</FONT>'
#: Graphviz puts a line lower if it has characters of two sizes: with a blank of the other size all lines are alike.
_BLANK = f'<FONT point-size="{SMALL}">&#160;</FONT>'
LARGE_BLANK = '<FONT point-size="13">&#160;</FONT>'
#: What stands between two values: the font has no other arrow.
ARROW = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"


#: What is at the left and at the right side of a line, "" for nothing.
Row = tuple[str, str]


class Labels:
    """Writes the labels of boxes.

    Args:
        colours: The colours of the picture.
        ink: The colour of characters, "" for that of the whole picture.
        compares: Whether the picture shows a comparison.
    """

    def __init__(self, colours: Theme, ink: str, compares: bool) -> None:
        self.colours, self.ink, self.compares = colours, ink, compares

    def of(self, box: Box) -> str:
        """Return the label of a box."""
        return table(self.rows(box))

    def rows(self, box: Box) -> list[Row]:
        """Return what is at the left and right side of each line of a box."""
        rows = [(self._title(box), self._name(box))]
        last = len(box.lines) - 1
        for number, line in enumerate(box.lines):
            right = html(line.right)
            if number == last and box.shown:
                right = box.shown
            rows.append((self._line(box, line), self.small(right)))
        if box.notes:
            end = _BLANK if self.compares else ""
            rows.append((self.small(f"<I>{html(', '.join(box.notes))}</I>") + end, ""))
        if box.share:
            rows.append((self._bar(box), ""))
        return rows

    def _title(self, box: Box) -> str:
        change = box.style.change
        mark = ""
        if change:
            colour = self.colours.change_pair(change)[0]
            mark = f"{_font(f'<B>{html(MARKS[change])}</B> ', colour)}"
        title = f"<B>{html(short(box.title))}</B>"
        if change == "removed" and box.role != "group":
            return f"{mark}{_font(f'<S>{title}</S>', self.colours.muted)}{_BLANK}"
        return f"{mark}{self._text(title)}"

    def _name(self, box: Box) -> str:
        name = html(short(box.name))
        if box.old_name:
            name = f"<S>{html(short(box.old_name))}</S> {ARROW} <B>{name}</B>"
        elif name and box.style.change == "removed":
            name = f"<S>{name}</S>"
        return self.small(name)

    def _line(self, box: Box, line: Line) -> str:
        muted = self.colours.muted
        if line.old is not None and line.new is not None:
            text = f"{html(line.text)}: " if line.text else ""
            colour = muted if line.consequence else self.ink
            old = _font(f"{text}{html(line.old)} {ARROW} ", muted)
            return f"{old}{_font(f'<B>{html(line.new)}</B>', colour)}{_BLANK}"
        if line.strong:
            return f"{_font(f'<B>{html(line.text)}</B>', self.colours.change)}{_BLANK}"
        if box.style.change == "removed":
            return f"{_font(html(line.text), muted)}{_BLANK}"
        return self._text(html(line.text)) + self.small(html(line.detail))

    def _bar(self, box: Box) -> str:
        line, _ = self.colours.lane(box.style.lane)
        full = max(2, round(box.share * BAR))
        cells = f'<TD fixedsize="TRUE" width="{full}" height="4" bgcolor="{line}"></TD>'
        if full < BAR:
            cells += f'<TD fixedsize="TRUE" width="{BAR - full}" height="4" bgcolor="{self.colours.track}"></TD>'
        frame = f'fixedsize="TRUE" width="{BAR}" height="4" align="LEFT"'
        return f'<TABLE border="0" cellborder="0" cellspacing="0" cellpadding="0" {frame}><TR>{cells}</TR></TABLE>'

    def _text(self, markup: str) -> str:
        return f"{_font(markup, self.ink)}{_BLANK}" if markup else ""

    def small(self, markup: str) -> str:
        if not markup:
            return ""
        return f'<FONT point-size="{SMALL}" color="{self.colours.muted}">{markup}</FONT>'


def _font(markup: str, colour: str) -> str:
    shown = f' color="{colour}"' if colour else ""
    return f'<FONT point-size="{SIZE}"{shown}>{markup}</FONT>'


def table(rows: Sequence[Row], width: int = 0) -> str:
    """Return lines as a label, at least as wide as this."""
    # Graphviz stretches a row, not the table.
    end = f'<TR><TD colspan="2" width="{width}" height="1"></TD></TR>' if width else ""
    lines = "".join([_row(left, right) for left, right in rows])
    return (
        f'<<TABLE border="0" cellborder="0" cellspacing="0" cellpadding="0">{lines}{end}</TABLE>>'
    )


def _row(left: str, right: str) -> str:
    if right:
        return f'<TR><TD align="LEFT">{left}</TD><TD align="RIGHT">{GAP}{right}</TD></TR>'
    return f'<TR><TD align="LEFT" colspan="2">{left}</TD></TR>'


def short(text: str, most: int = 48) -> str:
    """Return a name without its middle if it would make a box far too wide; tooltips have it whole.

    >>> short("x" * 20 + "y" * 20, 11)
    'xxxxx…yyyyy'
    """
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"


def html(text: str) -> str:
    """Return a text as HTML-like labels have it; characters that no font shows, or XML refuses, become a box."""
    text = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("\\", "\\\\")


def plain(text: str) -> str:
    """Return a text as the value of an attribute, in which a backslash and an ampersand mean themselves."""
    text = "\n".join(map(visible, text.split("\n")))
    text = text.replace("&", "&amp;").replace("\\", "\\\\").replace("\n", "&#10;")
    # A value in angle brackets would be read as HTML.
    return "&lt;" + text[1:] if text.startswith("<") else text


def visible(text: str) -> str:
    """Return a text with a box for each character that cannot be seen."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "□" for character in text)
