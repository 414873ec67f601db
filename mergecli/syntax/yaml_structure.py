"""Errors of the structure of a YAML text: brackets, quotes, dashes, colons and indentation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, NamedTuple

from mergecli.diagnostics.diagnostic import Diagnostic, Edit, Related, error
from mergecli.diagnostics.source import Source, Span

if TYPE_CHECKING:
    from mergecli.syntax.yaml_tree import Mark

#: The longest text of which repairs are tried; longer ones are not written by hand.
_MOST_TRIED = 200_000
#: Characters that cannot be seen, and that do not end a line in YAML 1.2.
_INVISIBLE = "\ufeff\u2028\u2029\x85"
_CLOSERS = {"[": "]", "{": "}"}


class Failure(NamedTuple):
    """Where and why the parser stopped.

    Attributes:
        source: The text.
        reason: What the parser says of the place.
        context: What it was reading there.
        mark: The place.
        opened: Where what it was reading begins.
        parses: Whether the parser takes a text.
    """

    source: Source
    reason: str
    context: str
    mark: Mark
    opened: Mark
    parses: Callable[[str], bool]

    @property
    def line(self) -> str:
        """The line of the place."""
        return self.source.line(self.mark.line + 1)

    @property
    def here(self) -> str:
        """The character at the place; empty at the end of a line."""
        return self.line[self.mark.column : self.mark.column + 1]

    @property
    def before(self) -> str:
        """What its line has before the place."""
        return self.line[: self.mark.column]

    @property
    def rest(self) -> str:
        """What its line has from the place on, without a comment."""
        return _uncommented(self.line[self.mark.column :])

    def span(self, begin: int, end: int) -> Span:
        """Return a place in the line, from one column to another, counted from 0."""
        return Span(self.mark.line + 1, begin + 1, self.mark.line + 1, end + 1)

    def error(self, message: str, hint: str | None = None) -> Diagnostic:
        """Return an error at the place."""
        return error(at(self.mark), "syntax", message, hint)

    def repairs(self, begin: int, end: int, text: str) -> bool:
        """Whether the parser takes the text with other characters in a part of the line."""
        if len(self.source.text) > _MOST_TRIED:
            return False
        lines = list(self.source.lines)
        lines[self.mark.line] = self.line[:begin] + text + self.line[end:]
        return self.parses("\n".join(lines))

    def rewritten(self, message: str, hint: str, begin: int, end: int, text: str) -> Diagnostic:
        """Return an error at a part of the line, with a fix if the text can be read with it."""
        span = self.span(begin, max(end, begin + 1))
        fix = (Edit(self.span(begin, end), text),) if self.repairs(begin, end, text) else ()
        return error(span, "syntax", message, hint, fix=fix)


def at(mark: Mark) -> Span:
    """Return the place of a mark, one character wide."""
    return Span(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)


def quoted(text: str) -> str:
    """Return a string in double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def explained(failure: Failure) -> Diagnostic:
    """Return the error of a structure; the words of the parser are never shown."""
    reason = failure.reason
    if "',' or '" in reason:
        return _of_brackets(failure)
    is_dash = "entries are not allowed" in reason or "node content" in reason
    if failure.here == "-" and is_dash:
        return _of_dash(failure)
    if reason.startswith("mapping values are not allowed"):
        return _of_colon(failure)
    if reason.startswith("could not find expected ':'"):
        return _of_word(failure)
    if "node content" in reason:
        return _of_missing(failure)
    if "unexpected ':'" in reason:
        return failure.error("a colon needs a space after it", "add a space after the colon")
    if failure.before.strip(" -"):
        return _of_rest(failure)
    return _of_line(failure)


def unclosed(text: str) -> int | None:
    """Return where the last bracket is opened that a text does not close; None without one."""
    opened: list[int] = []
    # Strings in quotes and comments; quotes inside of a plain string mean nothing.
    pattern = r"""(?<![^\s,\[\]{}:])(?:"(?:[^"\\]|\\.)*"|'[^']*')|(?:^|(?<=\s))#.*|[\[\]{}]"""
    for match in re.finditer(pattern, text, re.M):
        if match[0] in "[{":
            opened.append(match.start())
        elif match[0] in "]}" and opened:
            opened.pop()
    return opened[-1] if opened else None


def _uncommented(text: str) -> str:
    return re.split(r"(?:^|\s)#", text, maxsplit=1)[0].rstrip()


def _closes_nothing(failure: Failure) -> Diagnostic:
    """Explain a closing bracket that was not opened."""
    column = failure.mark.column
    message = f"this `{failure.here}` closes nothing"
    return failure.rewritten(message, "remove it", column, column + 1, "")


def _of_brackets(failure: Failure) -> Diagnostic:
    """Explain a list or mapping in brackets that does not continue as it must."""
    closer = "]" if "']'" in failure.reason else "}"
    return (
        _of_string_in_brackets(failure)
        or _of_wrong_closer(failure, closer)
        or _of_missing_comma(failure, closer)
        or _of_unclosed(failure, closer)
    )


def _of_string_in_brackets(failure: Failure) -> Diagnostic | None:
    """Explain `a[0]` and `a: b` in brackets, without quotes."""
    line, before, here, column = failure.line, failure.before, failure.here, failure.mark.column
    # Where the value before the place begins: after a comma, a bracket, or the colon of a key.
    begin = re.search(r"(?:^|[,\[{]|: )\s*([^,\[\]{}\"']*)$", before)
    if begin is None or not here or here not in "[{:":
        return None
    is_string = bool(begin[1])
    if here == ":":
        is_string = ": " in begin[1] and failure.opened.line == failure.mark.line
    if not is_string:
        return None
    rest = re.match(r"\[[^\]]*\]|\{[^}]*\}|:[^,\]}]*", line[column:])
    start = before.rfind(": ", begin.start(1)) + 2 if ": " in begin[1] else begin.start(1)
    text = (line[start:column] + (rest[0] if rest else here)).strip()
    end = start + len(text)
    both = re.match(r"(\S+?)[,;]?\s+(?=\w+:)", text)
    if both is not None and failure.repairs(start, start + both.end(), f"{both[1]}, "):
        key = text[both.end() :].split(":")[0]
        column = start + both.end()
        message, hint = f"expected a comma before the key `{key}`", f"write `{both[1]}, {key}: …`"
        result = failure.rewritten(message, hint, start, column, f"{both[1]}, ")
        return result._replace(span=failure.span(column, column + len(key)))
    cls = re.search(r"[A-Z]\w*(?=: $)", line[:start])
    if here == ":" and cls is not None and failure.repairs(start, end, f"{{{text}}}"):
        message = f"the arguments of `{cls[0]}` need braces in one line"
        return failure.rewritten(message, f"write `{{{text}}}`", start, end, f"{{{text}}}")
    message = f"a string without quotes cannot contain `{here}` here"
    span = failure.span(start, end)
    # References such as `a[0]` come in lists; all of them in the line are quoted at once.
    others = re.finditer(r"""(?<![\w"'\]])[\w.]+\[\d+\](?=\s*[,\]}])""", line[end:])
    fix = (
        Edit(span, quoted(text)),
        *(
            Edit(failure.span(end + match.start(), end + match.end()), quoted(match[0]))
            for match in others
        ),
    )
    return error(span, "syntax", message, f"quote it: `{quoted(text)}`", fix=fix)


def _of_wrong_closer(failure: Failure, closer: str) -> Diagnostic | None:
    """Explain a closing bracket of the other type: too many, another one meant, or one missing."""
    here, column = failure.here, failure.mark.column
    opener = "[" if closer == "]" else "{"
    if here not in ("]", "}") or here == closer:
        return None
    if failure.repairs(column, column + 1, ""):
        return _closes_nothing(failure)
    expected = f"expected `{closer}` for the `{opener}` before, found `{here}`"
    if failure.repairs(column, column + 1, closer):
        return failure.rewritten(expected, f"write `{closer}`", column, column + 1, closer)
    hint = f"add a `{closer}` before it, or remove it"
    if failure.repairs(column, column, closer):
        message, hint = f"the `{opener}` opened here is never closed", f"add a `{closer}`"
        result = failure.rewritten(message, hint, column, column, closer)
        related = (Related(at(failure.mark), f"a `{closer}` is missing before this"),)
        return result._replace(span=at(failure.opened), related=related)
    return failure.error(expected, hint)


def _of_missing_comma(failure: Failure, closer: str) -> Diagnostic | None:
    """Explain values in brackets without a comma between them."""
    before, column = failure.before, failure.mark.column
    ends = before.rstrip()
    if failure.opened.line == failure.mark.line:
        if ends[-1:] in ("'", '"') and re.match(r"\w", failure.here) and ends == before:
            return _of_quotes(failure)
        if failure.here and failure.repairs(len(ends), column, ", "):
            message = f"expected `,` or `{closer}`, found `{failure.here}`"
            result = failure.rewritten(message, "add a comma before it", len(ends), column, ", ")
            return result._replace(span=at(failure.mark))
        return None
    above = failure.mark.line
    while above > failure.opened.line + 1 and not _uncommented(failure.source.line(above)).strip():
        above -= 1
    text = _uncommented(failure.source.line(above))
    if not failure.here or text.endswith((",", "[", "{")) or above == failure.opened.line + 1:
        return None
    if unclosed(failure.source.text[failure.opened.index :]) is not None:
        return None
    message = f"expected a comma at the end of line {above}, before the next value"
    hint = frequent_mistake(failure.source, failure.mark.line + 1)
    return failure.error(message, hint or f"end line {above} with a comma: `{text.strip()},`")


def _of_unclosed(failure: Failure, closer: str) -> Diagnostic:
    """Explain a bracket that is never closed."""
    here, opened, mark = failure.here, failure.opened, failure.mark
    opener = "[" if closer == "]" else "{"
    line = _uncommented(failure.source.line(opened.line + 1))
    frequent = frequent_mistake(failure.source, mark.line + 1)
    if opened.line == mark.line and here:
        message = f"expected `,` or `{closer}`, found `{here}`"
        return failure.error(message, frequent or "quote the value if it is a string")
    hint = f"add a `{closer}` after its last value"
    if line.endswith(")") and line.count("(") < line.count(")"):
        hint = f"end it with `{closer}` instead of `)`"
    elif line.count('"') % 2:
        hint = f'line {opened.line + 1}: a `"` is never closed'
    related: tuple[Related, ...] = ()
    if here and opened.line != mark.line:
        related = (Related(at(mark), f"a `{closer}` is missing before this"),)
    message = f"the `{opener}` opened here is never closed"
    return error(at(opened), "syntax", message, frequent or hint, related=related)


def _of_dash(failure: Failure) -> Diagnostic:
    """Explain a `-` before which something is missing."""
    column = failure.mark.column
    number = re.match(r"-\s+([\d.][\w.]*)", failure.line[column:])
    if number is not None:
        text = f"-{number[1]}"
        message = "a negative number has no space after its `-`"
        fix = (Edit(failure.span(column, column + len(number[0])), text),)
        return error(fix[0].span, "syntax", message, f"remove the space: `{text}`", fix=fix)
    message = "a list with `- ` cannot begin in the middle of a line"
    return failure.error(message, "begin it on a line of its own, or write it in brackets")


def _of_colon(failure: Failure) -> Diagnostic:
    """Explain a second colon in one line, or a key below a value."""
    line, before = failure.line, failure.before
    first = re.match(r"(?:\s*- )*\s*[^\s:\"'\[{][^:]*:\s+", before)
    if first is not None:
        text = _uncommented(line[first.end() :])
        key, start, end = first[0].strip(" -"), first.end(), first.end() + len(text)
        if key[:1].isupper() and failure.repairs(start, end, f"{{{text}}}"):
            message = f"the arguments of `{key[:-1]}` need braces in one line"
            return failure.rewritten(message, f"write `{{{text}}}`", start, end, f"{{{text}}}")
        message = "a string without quotes cannot contain `: `"
        span = failure.span(start, end)
        fix = () if re.search(r"[\"'\[{]", text) else (Edit(span, quoted(text)),)
        return error(span, "syntax", message, f"quote it: `{key} {quoted(text)}`", fix=fix)
    key = before.strip(" -")
    if not key:
        return _of_no_key(failure)
    message = f"the key `{key}` is indented below a value"
    hint = frequent_mistake(failure.source, failure.mark.line + 1)
    hint = hint or "indent it as the keys beside it, or give the line above only a key"
    start = len(before) - len(before.lstrip(" -"))
    return error(failure.span(start, failure.mark.column), "syntax", message, hint)


def _of_no_key(failure: Failure) -> Diagnostic:
    hint = "write the key before it, or put the string that it begins in quotes"
    return failure.error("a key is missing before `:`", hint)


def _of_word(failure: Failure) -> Diagnostic:
    """Explain a word where a key must be."""
    opened = failure.opened
    line = failure.source.line(opened.line + 1)
    text = _uncommented(line[opened.column :])
    span = Span(
        opened.line + 1, opened.column + 1, opened.line + 1, opened.column + 1 + max(1, len(text))
    )
    shown = text if len(text) <= 40 else f"{text[:37]}..."
    message = f"expected a key with a colon, found `{shown}`"
    hint = f"write `{shown}: …`, or `- {shown}` if it is an entry of a list"
    pair = re.fullmatch(r"([A-Za-z_]\w*)\s*(?:=|=>|\s)\s*([^=>\s].*)", text)
    if text[:1] in _CLOSERS:
        message = f"expected a key, found `{shown}`"
        hint = "write it after a key with a colon"
    elif re.match(r"<{7}|={7}|>{7}", text):
        message = "expected a key, found a line that marks a conflict of versions"
        hint = "keep one version of the lines, and remove `<<<<<<<`, `=======` and `>>>>>>>`"
    elif pair is not None:
        hint = f"write a colon after the key: `{pair[1]}: {pair[2]}`"
    return error(span, "syntax", message, hint)


def _of_missing(failure: Failure) -> Diagnostic:
    """Explain a character before which a value is missing."""
    here, column = failure.here, failure.mark.column
    opened = unclosed(failure.source.text[: failure.mark.index])
    if here in ("]", "}") and (opened is None or failure.repairs(column, column + 1, "")):
        return _closes_nothing(failure)
    if here == ":":
        return _of_no_key(failure)
    if here == "?":
        message = "a value cannot begin with `?`"
        return failure.error(message, 'quote it if it is a string: `"?"`')
    if here == "," and failure.before.rstrip().endswith(","):
        hint = "remove one of the two commas, or write `null` between them"
        return failure.error("a value is missing before `,`", hint)
    if here:
        hint = f"write the value, or remove the `{here}`"
        return failure.error(f"a value is missing before `{here}`", hint)
    if opened is not None:
        number = failure.source.text.count("\n", 0, opened)
        begin = failure.source.text.rfind("\n", 0, opened) + 1
        opener = failure.source.text[opened]
        span = Span(number + 1, opened - begin + 1, number + 1, opened - begin + 2)
        message = f"the `{opener}` opened here is never closed"
        return error(span, "syntax", message, f"add a `{_CLOSERS[opener]}` after its last value")
    return failure.error("a value is missing here", "write it, or remove what is before it")


def _of_rest(failure: Failure) -> Diagnostic:
    """Explain characters after a value that is complete."""
    here, before, column = failure.here, failure.before, failure.mark.column
    ends = before.rstrip()
    invisible = here if here in _INVISIBLE else ends[-1:] if ends[-1:] in _INVISIBLE else ""
    if invisible:
        begin = column if invisible == here else len(ends) - 1
        message = f"the invisible character U+{ord(invisible):04X} is not allowed here"
        return failure.rewritten(message, "remove it", begin, begin + 1, "")
    if here == ":":
        return _of_no_key(failure)
    if here in ("]", "}"):
        return _closes_nothing(failure)
    if here and here in ",;" and not failure.rest[1:].strip():
        name = "comma" if here == "," else "semicolon"
        message = f"expected the end of the line after the value, found a {name}"
        return failure.rewritten(message, "remove it", column, column + 1, "")
    start = _value_start(failure)
    value = failure.line[start:column].rstrip()
    if here == "," and failure.repairs(start, column + len(failure.rest), "[]"):
        text = f"[{value}{failure.rest}]"
        message = "a list in one line needs brackets"
        return failure.rewritten(
            message, f"write `{text}`", start, column + len(failure.rest), text
        )
    if re.search(r"&\S+\s+$", before):
        message = "a value can have only one anchor" if here == "&" else "an alias has no anchor"
        return failure.error(message, "remove the anchor before it")
    if ends[-1:] in ("'", '"'):
        return _of_quotes(failure)
    after = f"`{ends[-1]}`" if ends[-1] in "]}" else "the value"
    key = re.match(r"[A-Za-z_]\w*(?=:(?:\s|$))", failure.rest)
    if key is not None:
        message = f"expected the end of the line after {after}, found the key `{key[0]}`"
        span = failure.span(column, column + len(key[0]))
        return error(span, "syntax", message, f"begin a new line for `{key[0]}`")
    message = f"expected the end of the line after {after}, found `{here}`"
    return failure.error(message, "remove it, or quote the whole value if it is a string")


def _value_start(failure: Failure) -> int:
    """Return the column where the value before the place begins, if it is in one line."""
    first = re.match(r"(?:\s*- )*\s*(?:[^\s:\"'\[{,][^:]*:\s+)?", failure.before)
    return first.end() if first is not None else 0


def _of_quotes(failure: Failure) -> Diagnostic:
    """Explain characters after a closing quote."""
    ends = failure.before.rstrip()
    quote, column = ends[-1], failure.mark.column
    pattern = r'"(?:[^"\\]|\\.)*"$' if quote == '"' else "'(?:[^']|'')*'$"
    begin = re.search(pattern, ends)
    rest = re.match(r"[^,\[\]{}]*", failure.rest)
    assert rest is not None
    message = f"expected the end of the string at its closing quote, found `{failure.here}`"
    if begin is None:
        return failure.error(message, "quote the whole string")
    start, end = begin.start(), column + len(rest[0].rstrip())
    whole = failure.line[start:end]
    inner = whole[1:-1] if whole.endswith(quote) else whole[1:].replace(quote, "")
    other = "'" if quote == '"' else '"'
    if other in inner or "\\" in inner:
        doubled = inner.replace("''", "'").replace("'", "''")
        text = f"'{doubled}'" if quote == "'" else quoted(inner)
    else:
        text = f"{other}{inner}{other}"
    if not whole.endswith(quote):
        text = f"{quote}{inner}{quote}"
        return failure.error(message, f"quote the whole string: `{text}`")
    return failure.rewritten(message, f"write `{text}`", start, end, text)


def _of_line(failure: Failure) -> Diagnostic:
    """Explain a line that does not fit what is above it."""
    mark, opened, here = failure.mark, failure.opened, failure.here
    if here in ("]", "}"):
        return _closes_nothing(failure)
    if here == ":":
        return _of_no_key(failure)
    hint: str | None = None
    if "document start" in failure.reason:
        return _of_second_value(failure)
    if here == ",":
        message, hint = "a line cannot begin with a comma here", "remove it"
    elif re.match(r"-(?:\s|$)", failure.rest):
        message, hint = _of_entry(failure)
    elif here and not re.match(r"[\w\"'$.<*&!?/+(]", here):
        message, hint = f"expected a key, found `{here}`", "write a key with a colon, or quote it"
    else:
        message, hint = _of_key(failure)
    related: tuple[Related, ...] = ()
    if opened.line != mark.line:
        related = (Related(at(opened), "this begins here"),)
    advice = frequent_mistake(failure.source, mark.line + 1) or hint
    fix: tuple[Edit, ...] = ()
    if hint is not None and hint.startswith("write `- "):
        column = mark.column
        is_better = failure.repairs(column, column, "- ")
        fix = (Edit(failure.span(column, column), "- "),) if is_better else ()
    return error(at(mark), "syntax", message, advice, related=related, fix=fix)


def _of_second_value(failure: Failure) -> Diagnostic:
    """Explain a line after the end of the file's value."""
    source, mark = failure.source, failure.mark
    number = next((n for n in range(1, mark.line + 1) if _uncommented(source.line(n)).strip()), 1)
    line = source.line(number)
    indentation = len(line) - len(line.lstrip())
    if line.startswith("%"):
        message = f"expected `---` after line {number}, which begins with `%`"
        return failure.error(message, f"write `---` before it, or remove line {number}")
    if indentation > mark.column:
        message = f"this line is indented less than the first one, line {number}"
        return failure.error(message, f"begin line {number} with no more spaces than this one")
    message = f"expected the end of the file after the value in line {number}"
    hint = "a spec begins with a key and a colon, such as `input: [8]`"
    return failure.error(message, hint)


def _of_entry(failure: Failure) -> tuple[str, str]:
    """Return the message and the hint for an entry of a list that does not fit."""
    source, mark, opened = failure.source, failure.mark, failure.opened
    # The list begins in a line below the key that it is the value of.
    numbers = range(mark.line, opened.line, -1)
    number = next((n for n in numbers if source.line(n).lstrip().startswith("- ")), None)
    if number is None and "mapping" in failure.context:
        key = source.line(opened.line + 1)[opened.column :].split(":")[0]
        message = f"expected a key as in line {opened.line + 1}, found an entry of a list"
        if opened.line + 1 != mark.line + 1 and opened.column:
            return message, f"begin line {opened.line + 1} with a dash too: `- {key}: …`"
        return message, "indent it below the key that the list belongs to"
    number = number or opened.line + 1
    dash = re.match(r"\s*(?=- )", source.line(number))
    columns = len(dash[0]) if dash is not None else opened.column
    message = "this entry of a list is not indented as the entries before it"
    if not columns:
        return message, f"begin it at the start of the line, as in line {number}"
    return message, f"indent its `-` by {columns} spaces, as in line {number}"


def _of_key(failure: Failure) -> tuple[str, str]:
    """Return the message and the hint for a key that does not fit."""
    opened, mark = failure.opened, failure.mark
    begins = f"line {opened.line + 1}"
    is_list = "sequence" in failure.context or "collection" in failure.context
    if is_list and opened.column == mark.column:
        message = f"expected an entry with `- ` as in {begins}, found a key"
        return message, f"write `- {failure.rest.split(':')[0]}: …`"
    block = _block_scalar(failure)
    if block is not None:
        message = f"this line is indented less than the string that begins below line {block}"
        return message, "indent all lines of the string equally"
    message = f"this line continues neither what begins in {begins} nor anything around it"
    return message, f"check its indentation: the keys beside it begin after {opened.column} spaces"


def _block_scalar(failure: Failure) -> int | None:
    """Return the line whose `|` or `>` begins the string above the place, None without one."""
    source, mark = failure.source, failure.mark
    for number in range(mark.line, failure.opened.line, -1):
        line = source.line(number)
        if len(line) - len(line.lstrip()) <= mark.column and line.strip():
            return number if re.search(r"[:\-] +[|>][-+1-9]*$", _uncommented(line)) else None
    return None


def frequent_mistake(source: Source, line: int) -> str | None:
    """Return a hint for the most frequent mistakes, by the lines around the place."""
    for number in (line, line - 1, line - 2):
        text = source.line(number)
        if re.search(r"[\]}],\s*(#.*)?$", text) and not re.search(
            r"[\[{]", source.line(number - 1)
        ):
            return f"line {number}: remove the comma at the end if the list does not continue"
        if re.search(r"(?:^|\s)//", text):
            return f"line {number}: a comment begins with `#`, not with `//`"
        bare = re.fullmatch(r"\s*- ([A-Z][\w.]*)\s*", text)
        if bare and re.match(r"\s+[a-z]+:", source.line(number + 1)):
            return f"line {number}: write `- {bare[1]}: {{}}`, since keys below it need a colon"
        glued = re.search(r"(?:^|[\s{,-])([A-Za-z_]\w*):([\[{\w])", text)
        if glued:
            return f"line {number}: add a space after the colon: `{glued[1]}: {glued[2]}…`"
    return None
