"""Errors of the YAML parser as diagnostics, and repairs of YAML 1.2 that it does not support."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable

from mergecli.diagnostics.diagnostic import Diagnostic, Edit, Related, error
from mergecli.diagnostics.source import Source, Span

if TYPE_CHECKING:
    from mergecli.syntax.yaml_tree import Mark

TWO_DOCUMENTS = (
    "expected one document in the file, found a second one",
    "move it to a file of its own",
)


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


def explained(source: Source, problem: Exception, reread: Callable[[Source], object]) -> Diagnostic:
    """Return the parser's error with its place, and a hint where one is known.

    Args:
        source: The text.
        problem: The exception of the parser.
        reread: Returns the plain value of a text, None if it has errors.
    """
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    if mark is None:
        return error(Span(1, 1, 1, 2), "syntax", str(problem))
    reason = getattr(problem, "problem", None) or "cannot be read"
    return (
        _of_tab(source, mark, reason, reread)
        or _of_character(source, mark, reason)
        or _of_reason(source, mark, reason)
        or _as_parsed(source, mark, reason, problem)
    )


def _at(mark: Mark) -> Span:
    """Return the place of a mark, one character wide."""
    return Span(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)


def _of_tab(
    source: Source, mark: Mark, reason: str, reread: Callable[[Source], object]
) -> Diagnostic | None:
    """Explain an error that a tab in the indentation causes."""
    if reason == "found a tab character where an indentation space is expected":
        message = "a tab is used in the indentation of a block scalar; YAML allows only spaces"
        hint = "if the tab is part of the string, give its indentation, as in `|2`"
        return error(_at(mark), "tab-indent", message, hint)
    for number in (mark.line + 1, mark.line):
        line = source.line(number)
        indentation = line[: len(line) - len(line.lstrip())]
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


def _of_character(source: Source, mark: Mark, reason: str) -> Diagnostic | None:
    """Explain a character with which no value can begin."""
    here = source.line(mark.line + 1)[mark.column : mark.column + 1]
    if not reason.startswith("found character") or not here:
        return None
    if here == "\t":
        message = "a tab is used as separation; the YAML parser allows only spaces here"
        return error(_at(mark), "tab-indent", message, "replace it with a space")
    message = f"a value cannot begin with `{here}`"
    return error(_at(mark), "syntax", message, "quote it if it is a string")


def _of_reason(source: Source, mark: Mark, reason: str) -> Diagnostic | None:
    """Explain an error by the parser's reason alone."""
    if reason.startswith("did not find expected alphabetic"):
        message = "the name of an anchor must consist of letters, digits, `-` and `_`"
        return error(_at(mark), "syntax", message, "rename it, or quote the string")
    is_ended = source.line(mark.line).startswith("...")
    if reason == "did not find expected <document start>" and is_ended:
        return error(_at(mark), "multiple-documents", *TWO_DOCUMENTS)
    if reason.startswith("found undefined alias"):
        return error(_at(mark), "syntax", "this alias has no anchor before it")
    if reason.startswith("found undefined tag handle"):
        return error(_at(mark), "unknown-tag", "a spec cannot have this tag", "remove it")
    return None


def _as_parsed(source: Source, mark: Mark, reason: str, problem: Exception) -> Diagnostic:
    """Explain an error of the structure; the words of the parser are never shown."""
    context = getattr(problem, "context", None) or ""
    opened = getattr(problem, "context_mark", None) or mark
    if "',' or '" in reason:
        return _of_brackets(source, mark, opened, "]" if "']'" in reason else "}")
    if _dash(source, mark) and ("entries are not allowed" in reason or "node content" in reason):
        return _of_dash(source, mark)
    if reason.startswith("mapping values are not allowed"):
        return _of_colon(source, mark)
    if reason.startswith("could not find expected ':'"):
        return _of_word(source, opened)
    if "quoted scalar" in context and "unexpected" in reason:
        quote = source.line(opened.line + 1)[opened.column : opened.column + 1]
        hint = f"add a `{quote}` at the end of the string"
        return error(_at(opened), "syntax", "the quote opened here is never closed", hint)
    if "escape" in reason:
        message = "this is not an escape of a string in double quotes"
        return error(_at(mark), "syntax", message, "use single quotes, or write `\\\\`")
    related: tuple[Related, ...] = ()
    hint_: str | None = None
    message = "this is not valid YAML here"
    if "expected key" in reason or "'-' indicator" in reason or "block end" in reason:
        message, hint_ = _of_indentation(source, mark, opened)
        if opened.line != mark.line:
            related = (Related(_at(opened), "this begins here"),)
    elif "node content" in reason:
        here = source.line(mark.line + 1)[mark.column : mark.column + 1]
        message = f"a value is missing before `{here}`" if here else "a value is missing here"
    elif "unexpected ':'" in reason:
        message, hint_ = "a colon needs a space after it", "add a space after the colon"
    advice = _frequent_mistake(source, mark.line + 1) or hint_
    return error(_at(mark), "syntax", message, advice, related=related)


def _dash(source: Source, mark: Mark) -> bool:
    return source.line(mark.line + 1)[mark.column : mark.column + 1] == "-"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _of_brackets(source: Source, mark: Mark, opened: Mark, closer: str) -> Diagnostic:
    """Explain a list or mapping in brackets that does not continue as it must."""
    line = source.line(mark.line + 1)
    here, before = line[mark.column : mark.column + 1], line[: mark.column]
    # Where the value before the place begins: after a comma, a bracket, or the colon of a key.
    begin = re.search(r"(?:^|[,\[{]|: )\s*([^,\[\]{}\"']*)$", before)
    is_string = begin is not None and bool(begin[1])
    if begin is not None and here == ":":
        is_string = ": " in begin[1] and opened.line == mark.line
    if begin is not None and is_string and here and here in "[{:":
        # `a[0]` and `a: b` in brackets.
        rest = re.match(r"\[[^\]]*\]|\{[^}]*\}|:[^,\]}]*", line[mark.column :])
        start = before.rfind(": ", begin.start(1)) + 2 if ": " in begin[1] else begin.start(1)
        text = (line[start : mark.column] + (rest[0] if rest else here)).strip()
        message = f"a string without quotes cannot contain `{here}` here"
        span = Span(mark.line + 1, start + 1, mark.line + 1, start + len(text) + 1)
        # References such as `a[0]` come in lists; all of them in the line are quoted at once.
        others = re.finditer(
            r"""(?<![\w"'\]])[\w.]+\[\d+\](?=\s*[,\]}])""", line[span.end_column - 1 :]
        )
        fix = (
            Edit(span, _quoted(text)),
            *(
                Edit(
                    Span(span.line, end + match.start(), span.line, end + match.end()),
                    _quoted(match[0]),
                )
                for end, match in ((span.end_column, match) for match in others)
            ),
        )
        return error(span, "syntax", message, f"quote it: `{_quoted(text)}`", fix=fix)
    opener = "[" if closer == "]" else "{"
    frequent = _frequent_mistake(source, mark.line + 1)
    if opened.line != mark.line or not here:
        message = f"the `{opener}` opened here is never closed"
        hint = frequent or f"add a `{closer}` after its last value"
        related: tuple[Related, ...] = ()
        if here and opened.line != mark.line:
            related = (Related(_at(mark), f"a `{closer}` is missing before this"),)
        return error(_at(opened), "syntax", message, hint, related=related)
    message = f"expected `,` or `{closer}`, found `{here}`"
    return error(_at(mark), "syntax", message, frequent)


def _of_dash(source: Source, mark: Mark) -> Diagnostic:
    """Explain a `-` before which something is missing."""
    rest = source.line(mark.line + 1)[mark.column :]
    number = re.match(r"-\s+([\d.][\w.]*)", rest)
    if number is not None:
        text = f"-{number[1]}"
        start = mark.column + 1
        span = Span(mark.line + 1, start, mark.line + 1, start + len(number[0]))
        message = "a negative number has no space after its `-`"
        fix = (Edit(span, text),)
        return error(span, "syntax", message, f"remove the space: `{text}`", fix=fix)
    message = "a list with `- ` cannot begin in the middle of a line"
    hint = "begin it on a line of its own, or write it in brackets"
    return error(_at(mark), "syntax", message, hint)


def _of_colon(source: Source, mark: Mark) -> Diagnostic:
    """Explain a second colon in one line, or a key below a value."""
    line = source.line(mark.line + 1)
    before = line[: mark.column]
    first = re.match(r"(?:\s*- )*\s*[^\s:\"'\[{][^:]*:\s+", before)
    if first is not None:
        text = re.sub(r"\s+#.*", "", line[first.end() :]).rstrip()
        key = first[0].strip(" -")
        start = first.end() + 1
        span = Span(mark.line + 1, start, mark.line + 1, start + len(text))
        message = "a string without quotes cannot contain `: `"
        fix = () if re.search(r"[\"'\[{]", text) else (Edit(span, _quoted(text)),)
        return error(span, "syntax", message, f"quote it: `{key} {_quoted(text)}`", fix=fix)
    key = before.strip(" -")
    message = f"the key `{key}` is indented below a value"
    hint = _frequent_mistake(source, mark.line + 1)
    hint = hint or "indent it as the keys beside it, or give the line above only a key"
    start = len(before) - len(before.lstrip(" -"))
    return error(
        Span(mark.line + 1, start + 1, mark.line + 1, mark.column + 1), "syntax", message, hint
    )


def _of_word(source: Source, opened: Mark) -> Diagnostic:
    """Explain a word that stands where a key must be."""
    line = source.line(opened.line + 1)
    text = re.sub(r"\s+#.*", "", line[opened.column :]).rstrip()
    span = Span(
        opened.line + 1, opened.column + 1, opened.line + 1, opened.column + 1 + max(1, len(text))
    )
    shown = text if len(text) <= 40 else f"{text[:37]}..."
    hint = f"write `{shown}: …`, or `- {shown}` if it is an entry of a list"
    return error(span, "syntax", f"expected a key with a colon, found `{shown}`", hint)


def _of_indentation(source: Source, mark: Mark, opened: Mark) -> tuple[str, str]:
    """Return the message and the hint for a line that fits nothing above it."""
    line = source.line(mark.line + 1).strip()
    number = opened.line + 1
    if line.startswith("- "):
        # The list begins in a line below the key that it is the value of.
        entries = (
            n for n in range(mark.line, number, -1) if source.line(n).lstrip().startswith("- ")
        )
        number = next(entries, number)
    above = source.line(number)
    dash = re.match(r"\s*(?=- )", above)
    begins = f"line {number}"
    if line.startswith("- "):
        columns = len(dash[0]) if dash is not None else opened.column
        message = "this entry of a list is not indented as the entries before it"
        if not columns:
            return message, f"begin it at the start of the line, as in {begins}"
        return message, f"indent its `-` by {columns} spaces, as in {begins}"
    if line.startswith(("]", "}", ",")):
        return f"there is nothing that `{line[0]}` closes or continues here", "remove it"
    message = f"this line continues neither what begins in {begins} nor anything around it"
    return message, f"check its indentation: the keys beside it begin after {opened.column} spaces"


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


def _frequent_mistake(source: Source, line: int) -> str | None:
    """Return a hint for the most frequent mistakes, by the lines around the place."""
    for number in (line, line - 1, line - 2):
        text = source.line(number)
        if re.search(r"[\]}],\s*(#.*)?$", text) and not re.search(
            r"[\[{]", source.line(number - 1)
        ):
            return f"line {number}: remove the comma at the end if the list does not continue"
        if re.search(r",\s*,", text):
            return (
                f"line {number}: there is no value between two commas;"
                " write `null` if that is intended"
            )
        bare = re.fullmatch(r"\s*- ([A-Z][\w.]*)\s*", text)
        if bare and re.match(r"\s+[a-z]+:", source.line(number + 1)):
            return f"line {number}: write `- {bare[1]}: {{}}`, since keys below it need a colon"
        glued = re.search(r"(?:^|[\s{,-])([A-Za-z_]\w*):([\[{\w])", text)
        if glued:
            return f"line {number}: add a space after the colon: `{glued[1]}: {glued[2]}…`"
    return None
