"""Diagnostics: what is wrong or suspicious at a place of a spec, and the sink that collects them."""

from __future__ import annotations

from enum import Enum
from typing import Iterable, List, NamedTuple, Sequence

from mergecli.diagnostics.codes import CODES
from mergecli.diagnostics.escaping import line
from mergecli.diagnostics.source import Span, Via, sentence
from mergecli.diagnostics.suggestions import Searches

#: How many characters a message, a hint or a note has at most.
MOST_CHARACTERS = 1000
#: The most diagnostics of a spec that are reported; nobody reads more.
MOST_DIAGNOSTICS = 1000
#: The most diagnostics that are collected before the check of a spec with errors ends.
_MOST_COLLECTED = 2 * MOST_DIAGNOSTICS


class Severity(str, Enum):
    """How serious a diagnostic is. A value is also the text that reports show."""

    #: Keras would refuse it, or it has no meaning.
    ERROR = "error"
    #: Keras accepts it silently, but it is probably a mistake.
    WARNING = "warning"

    __str__ = str.__str__
    __format__ = str.__format__  # type: ignore[assignment]


class Related(NamedTuple):
    """Another place that matters, and a message about it."""

    span: Span
    message: str


class Edit(NamedTuple):
    """A replacement of `span` by `text`.

    With `old`, only that part at the end of the span is replaced, so that quotes stay.
    """

    span: Span
    text: str
    old: str = ""


class Diagnostic(NamedTuple):
    """One mistake or suspicion.

    Attributes:
        span: Its place; None if it is about the file as a whole.
        code: Its stable name. A page in `codes/` explains each code.
        severity: Whether it is an error or a warning.
        message: What is wrong, in one line.
        help: What to do about it, if that is known.
        note: Further facts, such as the blocks that lead to the place.
        related: Other places that matter.
        fix: Edits that fix it safely; the text is checked again after they are applied.
    """

    span: Span | None
    code: str
    severity: Severity
    message: str
    help: str | None = None
    note: str | None = None
    related: tuple[Related, ...] = ()
    fix: tuple[Edit, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether it is an error rather than a warning."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        """Return it in one line, with its place."""
        place = ""
        if self.span is not None:
            path = f"{self.span.path}:" if self.span.path else ""
            place = f"{path}{self.span.line}:{self.span.column}: "
        return f"{place}{self.severity}[{self.code}]: {self.message}"


def error(
    span: Span | None,
    code: str,
    message: str,
    hint: str | None = None,
    *,
    note: str | None = None,
    related: Sequence[Related] = (),
    fix: Sequence[Edit] = (),
) -> Diagnostic:
    """Make an error; the arguments are the fields of `Diagnostic`."""
    return _make(span, code, Severity.ERROR, message, hint, note, related, fix)


def warning(
    span: Span | None,
    code: str,
    message: str,
    hint: str | None = None,
    *,
    note: str | None = None,
    related: Sequence[Related] = (),
    fix: Sequence[Edit] = (),
) -> Diagnostic:
    """Make a warning; the arguments are the fields of `Diagnostic`."""
    return _make(span, code, Severity.WARNING, message, hint, note, related, fix)


def _make(
    span: Span | None,
    code: str,
    severity: Severity,
    message: str,
    hint: str | None,
    note: str | None,
    related: Sequence[Related],
    fix: Sequence[Edit],
) -> Diagnostic:
    assert _is_known(code), f"the code `{code}` has no page in diagnostics/codes"
    return Diagnostic(
        span,
        code,
        severity,
        printable(message),
        hint and printable(hint),
        note and printable(note),
        tuple(Related(place, printable(text)) for place, text in related),
        tuple(fix),
    )


def _is_known(code: str) -> bool:
    return code in CODES


def printable(text: str) -> str:
    """Return a text in one line, not too long, and without control characters for a terminal.

    >>> printable("a key\\n\\x1b[31m of two lines")
    'a key \\\\x1b[31m of two lines'
    """
    if len(text) > MOST_CHARACTERS:
        text = text[: MOST_CHARACTERS // 2] + "…" + text[-MOST_CHARACTERS // 2 :]
    return line(text)


class TooManyErrors(Exception):
    """A spec has more errors than are ever shown, so the rest of it is not checked."""


class DiagnosticSink(List[Diagnostic]):
    """The diagnostics of one spec, in the order in which they are reported to it.

    Attributes:
        trail: The blocks and specs that lead to the current place, the outermost first.
        broken: Whether a value could not be computed; what depends on it is not reported.
        searches: Bounds the cost of suggestions; specs that include each other share it.
    """

    def __init__(self, searches: Searches | None = None) -> None:
        super().__init__()
        self.trail: list[Via] = []
        self.broken = False
        self.searches = searches or Searches()

    @property
    def via(self) -> tuple[Via, ...]:
        """The steps to the current place, the outermost first."""
        return tuple(self.trail)

    def nested(self, via: Via) -> _Nested:
        """Return a context in which diagnostics are noted as reached through `via`."""
        return _Nested(self.trail, via)

    def error(
        self,
        span: Span | None,
        code: str,
        message: str,
        hint: str | None = None,
        *,
        note: str | None = None,
        related: Sequence[Related] = (),
        fix: Sequence[Edit] = (),
    ) -> None:
        """Add an error; without a `note`, it is noted through which blocks it was reached.

        Raises:
            TooManyErrors: There are more than are ever shown.
        """
        self.append(
            error(
                span,
                code,
                message,
                hint,
                note=note or sentence(self.trail),
                related=related,
                fix=fix,
            )
        )
        self._check_count()

    def add_included(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add the diagnostics of a file that the spec includes.

        Raises:
            TooManyErrors: With them there are more than are ever shown.
        """
        self += diagnostics
        self._check_count()

    def _check_count(self) -> None:
        if len(self) > _MOST_COLLECTED and has_errors(self):
            raise TooManyErrors

    def warning(
        self,
        span: Span | None,
        code: str,
        message: str,
        hint: str | None = None,
        *,
        note: str | None = None,
        related: Sequence[Related] = (),
        fix: Sequence[Edit] = (),
    ) -> None:
        """Add a warning; without a `note`, it is noted through which blocks it was reached."""
        self.append(
            warning(
                span,
                code,
                message,
                hint,
                note=note or sentence(self.trail),
                related=related,
                fix=fix,
            )
        )


class _Nested:
    """Appends to a trail while it is entered. Cheaper than a generator, as blocks may be many."""

    __slots__ = ("_trail", "_via")

    def __init__(self, trail: list[Via], via: Via) -> None:
        self._trail, self._via = trail, via

    def __enter__(self) -> None:
        self._trail.append(self._via)

    def __exit__(self, *problem: object) -> None:
        self._trail.pop()


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether one of the diagnostics is an error."""
    return any(diagnostic.is_error for diagnostic in diagnostics)


def ordered(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Return diagnostics sorted by place, equal ones once.

    Equal ones arise from aliases, since a value is reported at its anchor for each alias of it.
    """
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
