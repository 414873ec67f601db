"""Errors of the YAML parser as diagnostics, and repairs of YAML 1.2 that it does not support."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable

from mergecli.diagnostics.diagnostic import Diagnostic, Edit, error
from mergecli.diagnostics.source import Source, Span
from mergecli.syntax import yaml_structure
from mergecli.syntax.yaml_structure import Failure, at, quoted

if TYPE_CHECKING:
    from mergecli.syntax.yaml_tree import Mark

TWO_DOCUMENTS = (
    "expected one document in the file, found a second one",
    "move it to a file of its own",
)


#: The hint for an alias without an anchor.
NO_ANCHOR = "write `&` with its name before the value that it repeats; quote it if it is a string"


def unreadable(source: Source, problem: Exception) -> Diagnostic:
    """Return the error about a character that YAML does not allow."""
    # Its place is found in the text: the C parser counts bytes, the Python one code points.
    text = source.text
    wrong = re.search("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    if wrong is None:
        return error(Span(1, 1, 1, 2), "syntax", str(getattr(problem, "reason", None) or problem))
    before = re.split("\r\n|\r|\n", text[: wrong.start()])
    span = Span(len(before), len(before[-1]) + 1, len(before), len(before[-1]) + 2)
    message = f"the character U+{ord(wrong[0]):04X} is not allowed in YAML"
    return error(span, "syntax", message, 'write it as an escape in double quotes, such as "\\x07"')


def repaired(source: Source, text: str, problem: Exception) -> str | None:
    """Replace what YAML 1.2 allows and the parser rejects; all places stay the same.

    Args:
        source: The spec.
        text: Its text, with the repairs so far.
        problem: The exception of the parser.

    Returns:
        The repaired text; None if the text is really wrong.
    """
    mark = getattr(problem, "problem_mark", None)
    if mark is None:
        return None
    start = mark.index - mark.column
    line = text[start : start + len(source.line(mark.line + 1))]
    reason = getattr(problem, "problem", None) or ""
    # Unknown directives are ignored, and a later YAML 1.x is read as this one.
    if reason == "found unknown directive name" or (
        reason == "found incompatible YAML document" and re.match(r"%YAML\s+1\.", line)
    ):
        return f"{text[:start]}#{text[start + 1 :]}"
    # Tabs on an empty line, or before a comment, are not indentation.
    rest = line.lstrip(" \t")
    if (
        reason.startswith(("found character", "found a tab character that violates"))
        and "\t" in line
        and rest[:1] in ("", "#")
    ):
        end = start + len(line) - len(rest)
        return text[:start] + text[start:end].replace("\t", " ") + text[end:]
    return None


def explained(
    source: Source,
    problem: Exception,
    reread: Callable[[Source], object],
    parses: Callable[[str], bool],
) -> Diagnostic:
    """Return the parser's error with its place, and a hint where one is known.

    Args:
        source: The text.
        problem: The exception of the parser.
        reread: Returns the plain value of a text, None if it has errors.
        parses: Whether the parser takes a text.
    """
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    if mark is None:
        return error(Span(1, 1, 1, 2), "syntax", "this is not valid YAML")
    failure = Failure(
        source,
        getattr(problem, "problem", None) or "",
        getattr(problem, "context", None) or "",
        mark,
        getattr(problem, "context_mark", None) or mark,
        parses,
    )
    return (
        _of_tab(source, mark, failure.reason, reread)
        or _of_character(failure)
        or _of_reason(failure)
        or yaml_structure.explained(failure)
    )


def _of_tab(
    source: Source, mark: Mark, reason: str, reread: Callable[[Source], object]
) -> Diagnostic | None:
    """Explain an error that a tab in the indentation causes."""
    if reason == "found a tab character where an indentation space is expected":
        message = "a tab is used in the indentation of a block scalar; YAML allows only spaces"
        hint = "if the tab is part of the string, give its indentation, as in `|2`"
        return error(at(mark), "tab-indent", message, hint)
    for number in (mark.line + 1, mark.line):
        line = source.line(number)
        indentation = line[: len(line) - len(line.lstrip(" \t"))]
        if "\t" in indentation:
            column = indentation.index("\t") + 1
            return error(
                Span(number, column, number, column + 1),
                "tab-indent",
                "a tab is used as indentation; YAML allows only spaces",
                "replace each tab with spaces",
                fix=_untabbed(source, reread),
            )
    return None


def _of_character(failure: Failure) -> Diagnostic | None:
    """Explain a character with which no value can begin."""
    here, column = failure.here, failure.mark.column
    if not failure.reason.startswith("found character") or not here:
        return None
    if here == "\t":
        message = "a tab is used as separation; the YAML parser allows only spaces here"
        return error(at(failure.mark), "tab-indent", message, "replace it with a space")
    end = re.search(r"[,\]}]|: |:$", failure.rest)
    text = failure.rest[: end.start()].rstrip() if end is not None else failure.rest
    shown, wanted = f"`{here}`", quoted(text)
    if here == "`":
        shown, wanted = "a backtick", quoted(text.strip("`"))
    message = f"a value cannot begin with {shown}"
    hint = f"quote it if it is a string: `{wanted}`"
    return failure.rewritten(message, hint, column, column + len(text), wanted)


def _of_reason(failure: Failure) -> Diagnostic | None:
    """Explain an error by the parser's reason alone."""
    reason, mark = failure.reason, failure.mark
    if "alphabetic" in reason and "directive" not in failure.context:
        message = "the name of an anchor must consist of letters, digits, `-` and `_`"
        hint = "rename it, or quote the string"
        if failure.source.line(failure.opened.line + 1).lstrip().startswith("* "):
            message = "an entry of a list begins with `- `, not with `* `"
            hint = "write `-` in place of the `*`"
        return error(at(mark), "syntax", message, hint)
    is_ended = failure.source.line(mark.line).startswith("...")
    if "<document start>" in reason and is_ended:
        return error(at(mark), "multiple-documents", *TWO_DOCUMENTS)
    if reason.startswith("found undefined alias"):
        return error(at(mark), "syntax", "this alias has no anchor before it", NO_ANCHOR)
    if "tag handle" in reason or failure.context.endswith("a tag"):
        code = "unknown-tag" if "handle" in reason else "syntax"
        return error(at(failure.opened), code, "a spec cannot have this tag", "remove it")
    if "quoted scalar" in failure.context and "unexpected" in reason:
        return _of_quote(failure)
    if "escape" in reason or "hex" in reason:
        message = "this is not an escape of a string in double quotes"
        if "hex" in reason:
            message = (
                "an escape needs 2 hexadecimal digits after `\\x`, 4 after `\\u`, 8 after `\\U`"
            )
        return error(at(mark), "syntax", message, "use single quotes, or write `\\\\`")
    if reason.startswith("mapping keys are not allowed"):
        message, hint = "a value cannot begin with `?`", 'quote it if it is a string: `"?"`'
        return error(at(mark), "syntax", message, hint)
    return _of_block_scalar(failure) or _of_directive(failure)


def _of_quote(failure: Failure) -> Diagnostic:
    """Explain a string in quotes that does not end."""
    opened = failure.opened
    quote = failure.source.line(opened.line + 1)[opened.column : opened.column + 1]
    message = "the quote opened here is never closed"
    return error(at(opened), "syntax", message, f"add a `{quote}` at the end of the string")


def _of_block_scalar(failure: Failure) -> Diagnostic | None:
    """Explain the line with the `|` or `>` of a block scalar."""
    if "block scalar" not in failure.context:
        return None
    opened = failure.opened
    indicator = failure.source.line(opened.line + 1)[opened.column : opened.column + 1]
    message = f"a string after `{indicator}` begins in the next line"
    hint = f"move it there; quote it if it begins with `{indicator}`"
    return error(at(failure.mark), "syntax", message, hint)


def _of_directive(failure: Failure) -> Diagnostic | None:
    """Explain a line that begins with `%`."""
    is_directive = "directive" in failure.context or "directive" in failure.reason
    if not is_directive and "incompatible" not in failure.reason:
        return None
    span = Span(failure.mark.line + 1, 1, failure.mark.line + 1, 2)
    if "incompatible" in failure.reason:
        message, hint = "a spec is written in YAML 1.1 or 1.2", "remove the line"
    elif "duplicate" in failure.reason:
        message, hint = "this directive occurs twice", "remove the line"
    else:
        message = "a line cannot begin with `%`, which stands for a directive of YAML"
        hint = "remove the line, or quote its key"
    return error(span, "syntax", message, hint)


def _untabbed(source: Source, reread: Callable[[Source], object]) -> tuple[Edit, ...]:
    """Return the edits that replace tabs in the indentation with spaces.

    There are none if the meaning of the text depends on the width of a tab.
    """
    text = source.text
    lines = source.lines
    tabs = [re.match(r"[ \t]*", line)[0] for line in lines]  # type: ignore[index]
    # In a block scalar a tab may be content; and huge files are not written by hand.
    if len(text) > 200_000 or re.search(r"[|>][-+0-9]*[ \t]*(#.*)?$", text, re.M):
        return ()
    meanings = []
    for width in (2, 4, 8):
        spaced = "\n".join(
            tab.replace("\t", " " * width) + line[len(tab) :] for tab, line in zip(tabs, lines)
        )
        meanings.append(reread(Source(spaced, source.path)))
    if meanings[2] is None or meanings[1] != meanings[2]:
        return ()
    # Two spaces if possible; but they may move a key below `- Dense:` next to it.
    spaces = " " * (2 if meanings[0] == meanings[1] else 4)
    return tuple(
        Edit(Span(number, 1, number, len(tab) + 1), tab.replace("\t", spaces))
        for number, tab in enumerate(tabs, 1)
        if "\t" in tab
    )
