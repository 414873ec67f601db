"""Mends that are certain, made in the text: comments and layout stay to the byte.

A finding may bring edits. What they give is checked again, and they count only if the finding is gone and nothing new came.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Sequence

from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.diagnostic import ERROR, Diagnostic
from mergecli.diagnostics.edits import Splice
from mergecli.diagnostics.source import Source, Span
from mergecli.importers.modules import CustomLayers

#: Errors that keep a text from being read, so that nothing else in it is known.
_ILLEGIBLE = ("tab-indent", "syntax")
#: How often what a mend has brought to light is mended in turn, and how many checks all of it may take.
_ROUNDS, _CHECKS = 8, 100


class Mended(NamedTuple):
    """A spec after its mends, what these were, and those that were not made, as something else would have come of them."""

    compiled: Compiled
    made: list[Diagnostic]
    left: list[Diagnostic]


def mend(
    compiled: Compiled,
    settings: dict[str, Any] | None = None,
    customs: CustomLayers | None = None,
    wants: Callable[[str], bool] = lambda code: True,
) -> Mended:
    """Mend what can be mended for certain and whose code is wanted; `settings` and `customs` are those of the check."""
    checks = 0
    made: list[Diagnostic] = []
    left: list[Diagnostic] = []
    for _ in range(_ROUNDS):
        wanted = [
            diagnostic
            for diagnostic in compiled.diagnostics
            if _own(diagnostic) and wants(diagnostic.code) and diagnostic not in left
        ]
        if not wanted:
            break
        done: list[Diagnostic] = []
        more: list[Diagnostic] = []
        after = compiled
        groups = [wanted]
        while groups:
            group = groups.pop()
            checks += 1
            if checks > _CHECKS:
                left += group
                continue
            attempt = _attempt(compiled, [*done, *group], settings, customs)
            if attempt is not None:
                done, (after, more) = [*done, *group], attempt
            elif len(group) > 1:
                half = len(group) // 2
                groups += [group[half:], group[:half]]
            else:
                left += group
        if not done:
            break
        made += done + more
        compiled = after
    return Mended(
        compiled, made, [diagnostic for diagnostic in left if diagnostic in compiled.diagnostics]
    )


def _own(diagnostic: Diagnostic) -> bool:
    """Whether it has edits, all of them in the spec itself and not in a file that it includes."""
    return bool(diagnostic.fix) and not any(edit.span.path for edit in diagnostic.fix)


def _attempt(
    compiled: Compiled,
    group: Sequence[Diagnostic],
    settings: dict[str, Any] | None,
    customs: CustomLayers | None,
) -> tuple[Compiled, list[Diagnostic]] | None:
    """The spec with some findings mended, if they are then gone and nothing new is there.

    What they have hidden, such as a wrong value behind a misspelled argument, is mended with them if it can be; then it is
    given, too.
    """

    def made(text: str) -> Compiled:
        return compile_spec(
            Source(text, compiled.source.path, compiled.source.label), settings, customs
        )

    first = Splice.of(
        compiled.source.text, [edit for diagnostic in group for edit in diagnostic.fix]
    )
    if first is None:
        return None
    after = made(first.text)
    if any(diagnostic.code in _ILLEGIBLE for diagnostic in group):
        # Nothing was known of the text, so nothing that is found now is new.
        return (
            (after, [])
            if not any(diagnostic.code in _ILLEGIBLE for diagnostic in after.diagnostics)
            else None
        )
    fresh = _fresh(compiled, group, after, first.before)
    if not fresh:
        return after, []
    if not all(_own(diagnostic) and diagnostic not in group for diagnostic in fresh):
        return None
    second = Splice.of(first.text, [edit for diagnostic in fresh for edit in diagnostic.fix])
    if second is None:
        return None
    last = made(second.text)
    new = _fresh(compiled, group, last, lambda span: first.before(second.before(span)))
    return (last, fresh) if not new else None


def _fresh(
    compiled: Compiled,
    group: Sequence[Diagnostic],
    after: Compiled,
    before: Callable[[Span | None], Span | None],
) -> list[Diagnostic]:
    """The findings after some mends that were not there before, and those that should be gone; `before` tells where a place was."""
    gone = {(diagnostic.code, _begin(diagnostic.span)) for diagnostic in group}
    # The same finding may say it in other words now, as layers are called otherwise; then it stands where it stood.
    words = {(diagnostic.code, diagnostic.message) for diagnostic in compiled.diagnostics}
    places = {(diagnostic.code, _begin(diagnostic.span)) for diagnostic in compiled.diagnostics}
    had_errors = bool(compiled.errors)
    fresh = []
    for diagnostic in after.diagnostics:
        place = (diagnostic.code, _begin(before(diagnostic.span)))
        known = place in places or (diagnostic.code, diagnostic.message) in words
        # Warnings are not looked for where there are errors.
        if place in gone or (not known and (diagnostic.severity == ERROR or not had_errors)):
            fresh.append(diagnostic)
    return fresh


def _begin(span: Span | None) -> Span | None:
    """Where a place begins, which is what stays the same."""
    return span.begin if span is not None else None
