"""Apply safe fixes to the text of a spec: comments and layout stay byte for byte.

A diagnostic may bring edits. The edited text is checked again, and the edits count only if the
diagnostic is gone and no new one appeared.
"""

from __future__ import annotations

from typing import Callable, Mapping, NamedTuple, Sequence

from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic, Edit
from mergecli.diagnostics.edits import Splice
from mergecli.diagnostics.source import Source, Span
from mergecli.importers.modules import CustomLayers

#: Codes of errors that keep a text from being parsed, so nothing else in it is known.
_UNPARSED = ("tab-indent", "syntax")
#: The most rounds of fixes, as a fix may reveal diagnostics with fixes of their own, and the most
#: checks of the spec in all rounds.
_MOST_ROUNDS, _MOST_CHECKS = 8, 100

#: Check a text as the spec was checked.
_Check = Callable[[str], Compiled]


class Fixed(NamedTuple):
    """A spec after its fixes.

    Attributes:
        compiled: The spec as it is now.
        fixed: The diagnostics whose edits were applied.
        left: The diagnostics whose edits would have caused another diagnostic.
    """

    compiled: Compiled
    fixed: list[Diagnostic]
    left: list[Diagnostic]


def fix(
    compiled: Compiled,
    settings: Mapping[str, object] | None = None,
    customs: CustomLayers | None = None,
    wants: Callable[[str], bool] = lambda code: True,
) -> Fixed:
    """Apply all safe fixes of a spec until nothing changes.

    Args:
        compiled: The checked spec.
        settings: The values of variables with which it was checked.
        customs: The user's own layers with which it was checked.
        wants: Whether to fix diagnostics with a code.
    """
    check = _checking(compiled, settings, customs)
    checks = _MOST_CHECKS
    fixed: list[Diagnostic] = []
    left: list[Diagnostic] = []
    current = compiled
    for _ in range(_MOST_ROUNDS):
        wanted = [
            diagnostic
            for diagnostic in current.diagnostics
            if _in_spec(diagnostic) and wants(diagnostic.code) and diagnostic not in left
        ]
        if not wanted:
            break
        current, done, refused, checks = _round(current, wanted, check, checks)
        fixed += done
        left += refused
        if not done:
            break
    return Fixed(current, fixed, [d for d in left if d in current.diagnostics])


def is_safe(
    compiled: Compiled, diagnostic: Diagnostic, customs: CustomLayers | None = None
) -> bool:
    """Whether the edits of one diagnostic remove it and cause no other.

    Args:
        compiled: The checked spec.
        diagnostic: One of its diagnostics.
        customs: The user's own layers with which it was checked.
    """
    check = _checking(compiled, {}, customs)
    attempt = _attempt(compiled, [diagnostic], check) if _in_spec(diagnostic) else None
    # Fixes of what it hid would be edits of another diagnostic.
    return attempt is not None and not attempt[1]


def _checking(
    compiled: Compiled, settings: Mapping[str, object] | None, customs: CustomLayers | None
) -> _Check:
    """Return the function that checks a text as a spec was checked."""
    source = compiled.source

    def check(text: str) -> Compiled:
        text_source = Source(text, source.path, source.label)
        return compile_spec(text_source, settings, customs, compiled.target)

    return check


def _round(
    compiled: Compiled, wanted: list[Diagnostic], check: _Check, checks: int
) -> tuple[Compiled, list[Diagnostic], list[Diagnostic], int]:
    """Apply as many of the wanted fixes as possible, halving a group that cannot be applied.

    Returns:
        The spec after them, the diagnostics fixed and not fixed, and the number of checks left.
    """
    done: list[Diagnostic] = []
    revealed: list[Diagnostic] = []
    left: list[Diagnostic] = []
    after = compiled
    groups = [wanted]
    while groups:
        group = groups.pop()
        if not checks:
            left += group
            continue
        checks -= 1
        attempt = _attempt(compiled, [*done, *group], check)
        if attempt is not None:
            done, (after, revealed) = [*done, *group], attempt
        elif len(group) > 1:
            half = len(group) // 2
            groups += [group[half:], group[:half]]
        else:
            left += group
    return after, done + revealed if done else [], left, checks


def _in_spec(diagnostic: Diagnostic) -> bool:
    """Whether it has edits, all of them in the spec itself and not in a file that it includes."""
    return bool(diagnostic.fix) and not any(edit.span.path for edit in diagnostic.fix)


def _attempt(
    compiled: Compiled, group: Sequence[Diagnostic], check: _Check
) -> tuple[Compiled, list[Diagnostic]] | None:
    """Apply the fixes of a group; None if that leaves one of them or causes a new diagnostic.

    Diagnostics that the group hid, such as a wrong value of a misspelled argument, are fixed along
    with it if possible, and are then returned along with the spec.
    """
    first = Splice.of(compiled.source.text, _edits(group))
    if first is None:
        return None
    after = check(first.text)
    if any(diagnostic.code in _UNPARSED for diagnostic in group):
        # The text could not be parsed before, so no diagnostic counts as new.
        parsed = not any(diagnostic.code in _UNPARSED for diagnostic in after.diagnostics)
        return (after, []) if parsed else None
    fresh = _fresh(compiled, group, after, first.before)
    if not fresh:
        return after, []
    if not all(_in_spec(diagnostic) and diagnostic not in group for diagnostic in fresh):
        return None
    second = Splice.of(first.text, _edits(fresh))
    if second is None:
        return None
    last = check(second.text)
    if _fresh(compiled, group, last, lambda span: first.before(second.before(span))):
        return None
    return last, fresh


def _edits(group: Sequence[Diagnostic]) -> list[Edit]:
    return [edit for diagnostic in group for edit in diagnostic.fix]


def _fresh(
    compiled: Compiled,
    group: Sequence[Diagnostic],
    after: Compiled,
    before: Callable[[Span | None], Span | None],
) -> list[Diagnostic]:
    """Return the diagnostics that are new after some fixes, and those that should be gone.

    Args:
        compiled: The spec before the fixes.
        group: The diagnostics that were fixed.
        after: The spec after the fixes.
        before: Maps a place in the new text to the old one.
    """
    gone = {(diagnostic.code, _begin(diagnostic.span)) for diagnostic in group}
    # The same diagnostic may have another message now, if a layer got another name; then its
    # place is the same.
    messages = {(diagnostic.code, diagnostic.message) for diagnostic in compiled.diagnostics}
    places = {(diagnostic.code, _begin(diagnostic.span)) for diagnostic in compiled.diagnostics}
    had_errors = bool(compiled.errors)
    fresh = []
    for diagnostic in after.diagnostics:
        place = (diagnostic.code, _begin(before(diagnostic.span)))
        known = place in places or (diagnostic.code, diagnostic.message) in messages
        # Specs with errors are not linted, so their warnings are not new.
        if place in gone or (not known and (diagnostic.is_error or not had_errors)):
            fresh.append(diagnostic)
    return fresh


def _begin(span: Span | None) -> Span | None:
    """Return where a place begins, which a fix does not change."""
    return span.begin if span is not None else None
