"""What is wrong, or suspicious, at a place of a spec."""

from __future__ import annotations

from typing import Any, List, NamedTuple

from mergecli.diagnostics.source import Span

ERROR, WARNING = "error", "warning"
#: How many characters a message, a hint or a note has at most.
LONGEST = 1000


class Related(NamedTuple):
    """Another place that matters, and what it says."""

    span: Span
    message: str


class Edit(NamedTuple):
    """What is to be put in the place of a stretch of the text; where `old` is given, only of that part of it, so that quotes stay."""

    span: Span
    text: str
    old: str = ""


class Diagnostic(NamedTuple):
    """One finding. Without a `span` it is about the file as a whole. `codes/` explains every code."""

    span: Span | None
    code: str
    severity: str
    message: str
    hint: str | None = None
    note: str | None = None
    related: tuple[Related, ...] = ()
    #: Edits that mend it for certain; whoever makes them checks the text again.
    fix: tuple[Edit, ...] = ()


def error(
    span: Span | None, code: str, message: str, hint: str | None = None, **more: Any
) -> Diagnostic:
    """An error: what Keras would refuse, or what cannot mean anything."""
    return _made(span, code, ERROR, message, hint, **more)


def warning(
    span: Span | None, code: str, message: str, hint: str | None = None, **more: Any
) -> Diagnostic:
    """A warning: what Keras accepts in silence though hardly anyone means it."""
    return _made(span, code, WARNING, message, hint, **more)


def _made(
    span: Span | None,
    code: str,
    severity: str,
    message: str,
    hint: str | None,
    note: str | None = None,
    related: tuple[Related, ...] = (),
    fix: tuple[Edit, ...] = (),
) -> Diagnostic:
    if related:
        related = tuple(Related(place, shown(words)) for place, words in related)
    return Diagnostic(
        span,
        code,
        severity,
        shown(message),
        hint and shown(hint),
        note and shown(note),
        related,
        fix,
    )


def shown(text: str) -> str:
    """A text as it may be shown: in one line, not too long, and without characters that a terminal would obey.

    >>> shown("a key\\n\\x1b[31m of two lines")
    'a key \\\\x1b[31m of two lines'
    """
    if text.isprintable() and len(text) <= LONGEST:
        return text
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + "…" + text[-LONGEST // 2 :]
    text = " ".join(text.splitlines())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class DiagnosticSink(List[Diagnostic]):
    """What is found on the way. `trail` is the chain of block instances that led to where the reader stands."""

    def __init__(self) -> None:
        super().__init__()
        self.trail: list[str] = []
        #: Whether a value could not be computed; what was to be made of it is not reported.
        self.broken = False

    @property
    def way(self) -> str | None:
        """The trail in words, the innermost instance first."""
        return ", ".join(reversed(self.trail)) or None

    def error(
        self, span: Span | None, code: str, message: str, hint: str | None = None, **more: Any
    ) -> None:
        self.append(error(span, code, message, hint, **{"note": self.way, **more}))


def ordered(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """By place, each finding once: what stands behind an alias is reported at its anchor, not once for each alias."""
    unique = {(d.span, d.code, d.message): d for d in reversed(diagnostics)}
    return sorted(
        unique.values(),
        key=lambda d: (
            d.span.path if d.span else "",
            d.span or (0, 0, 0, 0, ""),
            d.code,
            d.message,
        ),
    )
