"""Text -> tree with places. The only file that imports yaml, and the place where YAML 1.2's scalars are decided.

The tree is built from the parser's events, not by `yaml.compose`: that is three times faster, never recurses, and keeps
the place of every node.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Union

from mergecli.diagnostic import Diagnostic, Related, error
from mergecli.source import Source, Span

#: What the parser's marks call a text that has no name.
_TEXT = "<unicode string>"
MAX_DEPTH = 64
MAX_ALIASED = 10_000

Tree = Union["Scalar", "Sequence", "Mapping"]


class Node:
    """Where a value stands. `start` and `end` are the parser's marks, 0-based."""

    __slots__ = ("end", "start")
    start: Any
    end: Any

    @property
    def span(self) -> Span:
        start, end = self.start, self.end
        path = "" if start.name == _TEXT else start.name
        return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1, path)


class Scalar(Node):
    """A text, number, truth value or null; `plain` when it has no quotes, `raw` as it is written."""

    __slots__ = ("plain", "raw", "value")

    def __init__(self, value: Any, raw: str, plain: bool, start: Any, end: Any) -> None:
        self.value, self.raw, self.plain, self.start, self.end = value, raw, plain, start, end

    def data(self) -> Any:
        return self.value


class Sequence(Node):
    """A list of trees."""

    __slots__ = ("items", "size")

    def __init__(self, start: Any) -> None:
        self.items: list[Tree] = []
        self.start, self.end, self.size = start, start, 1

    def data(self) -> Any:
        return [item.data() for item in self.items]


class Mapping(Node):
    """Keys, which are always scalars, with their trees, in the order of the file."""

    __slots__ = ("entries", "size")

    def __init__(self, start: Any) -> None:
        self.entries: list[tuple[Scalar, Tree]] = []
        self.start, self.end, self.size = start, start, 1

    def data(self) -> Any:
        return {key.value: tree.data() for key, tree in self.entries}

    def get(self, name: str) -> Tree | None:
        for key, tree in self.entries:
            if key.value == name:
                return tree
        return None


class _Stop(Exception):
    """Reading cannot go on; the diagnostic says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


def read(source: Source) -> tuple[Tree | None, list[Diagnostic]]:
    """The tree of a text and what is wrong with it as YAML; no tree when it cannot be read at all."""
    reader = _Reader(source)
    try:
        tree = reader.read()
    except _Stop as stop:
        return None, [_placed(d, source.label) for d in (*reader.diagnostics, stop.diagnostic)]
    return tree, reader.diagnostics


def _placed(diagnostic: Diagnostic, path: str) -> Diagnostic:
    """A diagnostic whose places are in the file `path`."""
    if not path or diagnostic.span is None:
        return diagnostic
    related = tuple(other._replace(span=other.span._replace(path=path)) for other in diagnostic.related)
    return diagnostic._replace(span=diagnostic.span._replace(path=path), related=related)


_INT = re.compile(r"[-+]?[0-9]+$")
_OTHER_INT = re.compile(r"0(o[0-7]+|x[0-9a-fA-F]+)$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_WORDS: dict[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS.update(dict.fromkeys(("true", "True", "TRUE"), True))
_WORDS.update(dict.fromkeys(("false", "False", "FALSE"), False))
for _sign, _value in (("", float("inf")), ("+", float("inf")), ("-", float("-inf"))):
    _WORDS.update({_sign + word: _value for word in (".inf", ".Inf", ".INF")})
_WORDS.update({word: float("nan") for word in (".nan", ".NaN", ".NAN")})
_FIRST = frozenset("0123456789+-.")


def resolve(raw: str) -> Any:
    """The value of a plain scalar in YAML 1.2's core schema.

    >>> resolve("no"), resolve("1e-3"), resolve("1:30"), resolve("0o17"), resolve("True"), resolve("~")
    ('no', 0.001, '1:30', 15, True, None)
    """
    if raw in _WORDS:
        return _WORDS[raw]
    if raw[0] in _FIRST:
        if _INT.match(raw):
            # CPython refuses to convert more than 4,300 digits; nothing in a spec is that large.
            return int(raw) if len(raw) < 400 else float(raw)
        if _FLOAT.match(raw):
            return float(raw)
        if _OTHER_INT.match(raw):
            return int(raw, 0)
    return raw


_TAGS = {f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null", "seq", "map")}


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = []
        self.anchors: dict[str, Tree] = {}
        self.open: set[int] = set()
        self.aliased = 0

    def read(self) -> Tree:
        """The tree of the text.

        Raises:
            _Stop: it cannot be read.
        """
        import yaml

        text = _Named(self.source) if self.source.label else self.source.text
        try:
            # Without libyaml the pure Python loader has the same events.
            parser: Any = (getattr(yaml.cyaml, "CParser") if yaml.__with_libyaml__ else yaml.SafeLoader)(text)  # type: ignore[arg-type]  # noqa: B009
            return self.document(parser.get_event)
        except yaml.reader.ReaderError as problem:
            raise _Stop(self._unreadable_character(problem)) from None
        except yaml.YAMLError as problem:
            raise _Stop(self._syntax(problem)) from None

    def _unreadable_character(self, problem: Any) -> Diagnostic:
        # The character's place is found in the text: the C parser counts bytes, the Python one code points.
        for number, line in enumerate(self.source.text.split("\n"), 1):
            for column, character in enumerate(line, 1):
                if (character < " " and character not in "\t\r") or ("\x7f" <= character < "\xa0" and character != "\x85"):
                    span = Span(number, column, number, column + 1)
                    message = f"the character U+{ord(character):04X} is not allowed in YAML"
                    return error(span, "syntax", message, 'write it as an escape in double quotes, such as "\\x07"')
        return error(Span(1, 1, 1, 2), "syntax", str(getattr(problem, "reason", None) or problem))

    def _syntax(self, problem: Any) -> Diagnostic:
        mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
        if mark is None:
            return error(Span(1, 1, 1, 2), "syntax", str(problem))
        line, column = mark.line + 1, mark.column + 1
        for number in (line, line - 1):
            text = self.source.line(number)
            indentation = text[: len(text) - len(text.lstrip())]
            if "\t" in indentation:
                at = indentation.index("\t") + 1
                return error(
                    Span(number, at, number, at + 1),
                    "tab-indent",
                    "a tab is used as indentation; YAML allows only spaces",
                    "replace each tab by spaces",
                )
        words = getattr(problem, "problem", None) or "cannot be read"
        hint = self._habit(line)
        context = getattr(problem, "context", None)
        if words.startswith("found undefined alias"):
            return error(Span(line, column, line, column + 1), "syntax", "this alias has no anchor before it")
        if words.startswith("found undefined tag handle"):
            return error(Span(line, column, line, column + 1), "unknown-tag", "a tag that specs do not know", "remove it")
        related: tuple[Related, ...] = ()
        opened = getattr(problem, "context_mark", None)
        if opened is not None and (opened.line, opened.column) != (mark.line, mark.column):
            begin = Span(opened.line + 1, opened.column + 1, opened.line + 1, opened.column + 2)
            related = (Related(begin, context or "it began here"),)
        message = f"not valid YAML: {words}" + (f" {context}" if context and not related else "")
        return error(Span(line, column, line, column + 1), "syntax", message, hint, related=related)

    def _habit(self, line: int) -> str | None:
        """A way out of the mistakes that are made most often, told by the lines around the place."""
        for number in (line, line - 1, line - 2):
            text = self.source.line(number)
            bare = re.fullmatch(r"\s*- ([A-Z][\w.]*)\s*", text)
            if bare and re.match(r"\s+[a-z]+:", self.source.line(number + 1)):
                return f"line {number}: write `- {bare[1]}: {{}}`, as only what has a colon can have keys below it"
            glued = re.search(r"(?:^|[\s{,-])([A-Za-z_]\w*):([\[{\w])", text)
            if glued:
                return f"line {number}: put a blank behind the colon: `{glued[1]}: {glued[2]}…`"
        return None

    def document(self, next_event: Callable[[], Any]) -> Tree:
        """The tree of the first document; a second one is an error."""
        import yaml

        stream_end = yaml.StreamEndEvent
        scalar_event, alias_event = yaml.ScalarEvent, yaml.AliasEvent
        sequence_start, mapping_start = yaml.SequenceStartEvent, yaml.MappingStartEvent
        sequence_end, mapping_end = yaml.SequenceEndEvent, yaml.MappingEndEvent
        document_start = yaml.DocumentStartEvent
        root: Tree | None = None
        stack: list[Sequence | Mapping] = []
        keys: list[Scalar | None] = []
        cache: dict[str, Any] = {}
        container: Sequence | Mapping | None = None
        while True:
            event = next_event()
            kind = type(event)
            tree: Tree
            if kind is scalar_event:
                raw = event.value
                if event.tag is None or event.tag == "!":
                    plain = event.implicit[0]
                    if not plain:
                        value = raw
                    elif raw in cache:
                        value = cache[raw]
                    else:
                        value = cache[raw] = resolve(raw)
                else:
                    plain = False
                    value = self._tagged(event)
                tree = Scalar(value, raw, plain, event.start_mark, event.end_mark)
                if event.anchor is not None:
                    self.anchors[event.anchor] = tree
            elif kind is alias_event:
                tree = self._alias(event)
            elif kind is sequence_end or kind is mapping_end:
                closed = stack.pop()
                keys.pop()
                closed.end = event.end_mark
                self.open.discard(id(closed))
                if kind is mapping_end:
                    self._close(closed)  # type: ignore[arg-type]
                container = stack[-1] if stack else None
                if container is not None:
                    container.size += closed.size
                continue
            elif kind is sequence_start or kind is mapping_start:
                if len(stack) >= MAX_DEPTH:
                    span = _At(event.start_mark).span
                    raise _Stop(error(span, "too-deep", f"nesting is deeper than {MAX_DEPTH} levels"))
                tree = Sequence(event.start_mark) if kind is sequence_start else Mapping(event.start_mark)
                if event.tag is not None and _TAGS.get(event.tag) != ("seq" if kind is sequence_start else "map"):
                    self._unknown_tag(event)
                if event.anchor is not None:
                    self.anchors[event.anchor] = tree
                    self.open.add(id(tree))
            elif kind is document_start:
                if root is not None:
                    span = _At(event.start_mark).span
                    self.diagnostics.append(
                        error(
                            span,
                            "multiple-documents",
                            "a file holds one spec, here begins a second document",
                            "move it to a file of its own",
                        )
                    )
                    return root
                continue
            elif kind is stream_end:
                break
            else:
                continue
            # Put the node where it belongs.
            if container is None:
                root = tree
            elif type(container) is Sequence:
                container.items.append(tree)
                container.size += 1 if kind is not alias_event else _size(tree)
            else:
                key = keys[-1]
                if key is None:
                    keys[-1] = self._key(tree)
                else:
                    container.entries.append((key, tree))  # type: ignore[union-attr]
                    container.size += 2 if kind is not alias_event else 1 + _size(tree)
                    keys[-1] = None
            if kind is sequence_start or kind is mapping_start:
                stack.append(tree)  # type: ignore[arg-type]
                keys.append(None)
                container = tree  # type: ignore[assignment]
        if root is None or (type(root) is Scalar and root.plain and root.raw == ""):
            raise _Stop(
                error(Span(1, 1, 1, 1), "empty", "the file has no document", "start from `input:` and `layers:`; see the README's examples")
            )
        return root

    def _key(self, tree: Tree) -> Scalar:
        if type(tree) is Scalar:
            return tree
        raise _Stop(error(tree.span, "syntax", "a key must be a text, found a " + ("list" if type(tree) is Sequence else "mapping")))

    def _tagged(self, event: Any) -> Any:
        name = _TAGS.get(event.tag)
        raw = event.value
        if name == "str":
            return raw
        value = resolve(raw)
        wanted = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}.get(name or "")
        if wanted is None:
            self._unknown_tag(event)
            return raw
        if not isinstance(value, wanted) or (name == "int" and isinstance(value, bool)):  # type: ignore[arg-type]
            self.diagnostics.append(error(_At(event.start_mark, event.end_mark).span, "wrong-type", f'"{raw}" is no !!{name}'))
            return raw
        return float(value) if name == "float" else value

    def _unknown_tag(self, event: Any) -> None:
        span = _At(event.start_mark, event.start_mark).span
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self.diagnostics.append(error(span, "unknown-tag", f"specs do not know the tag `{tag}`", "remove it"))

    def _alias(self, event: Any) -> Tree:
        span = _At(event.start_mark, event.end_mark).span
        tree = self.anchors.get(event.anchor)
        if tree is None:
            raise _Stop(error(span, "syntax", f"the alias `*{event.anchor}` has no anchor before it"))
        if id(tree) in self.open:
            raise _Stop(error(span, "syntax", f"the alias `*{event.anchor}` stands inside its own anchor"))
        self.aliased += _size(tree)
        if self.aliased > MAX_ALIASED:
            raise _Stop(error(span, "alias-limit", f"aliases expand to more than {MAX_ALIASED:,} nodes"))
        return tree

    def _close(self, mapping: Mapping) -> None:
        raws = {key.raw for key, _ in mapping.entries}
        if len(raws) != len(mapping.entries):
            first: dict[str, Scalar] = {}
            for key, _ in mapping.entries:
                if key.raw in first:
                    related = (Related(first[key.raw].span, "first here"),)
                    self.diagnostics.append(error(key.span, "duplicate-key", f"the key `{key.raw}` stands twice", related=related))
                else:
                    first[key.raw] = key
        if "<<" in raws:
            self._merge(mapping)

    def _merge(self, mapping: Mapping) -> None:
        """Resolve `<<`: what the mapping itself says wins, then the first of the merged mappings that says it."""
        own: list[tuple[Scalar, Tree]] = []
        merged: list[tuple[Scalar, Tree]] = []
        for key, tree in mapping.entries:
            if key.value != "<<" or not key.plain:
                own.append((key, tree))
                continue
            for part in tree.items if type(tree) is Sequence else [tree]:
                if type(part) is Mapping:
                    merged.extend(part.entries)
                else:
                    self.diagnostics.append(error(part.span, "wrong-type", "`<<` takes a mapping or a list of mappings"))
        known = {key.value for key, _ in own}
        for key, tree in merged:
            if key.value not in known:
                known.add(key.value)
                own.append((key, tree))
        mapping.entries = own


def _size(tree: Tree) -> int:
    """How many nodes a tree has, each alias counted as what it stands for."""
    return 1 if type(tree) is Scalar else tree.size  # type: ignore[union-attr]


class _Named:
    """A text that the parser reads as a file, so that its marks have the file's name."""

    def __init__(self, source: Source) -> None:
        self.name, self.text, self.position = source.label, source.text, 0

    def read(self, count: int) -> str:
        self.position += count
        return self.text[self.position - count : self.position]


class _At(Node):
    """The place between two marks."""

    __slots__ = ()

    def __init__(self, start: Any, end: Any = None) -> None:
        self.start, self.end = start, end or start


def describe(value: Any) -> str:
    """A value in the words of a message.

    >>> describe("64"), describe(3), describe(True), describe(None), describe([1, 2])
    ('the text "64"', '3', 'true', 'null', '[1, 2]')
    """
    if isinstance(value, str):
        return f'the text "{value if len(value) <= 40 else value[:37] + "..."}"'
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        words = "[" + ", ".join(v if isinstance(v, str) else describe(v) for v in value) + "]"
        return words if len(words) <= 40 else f"a list of {len(value)}"
    return str(value)
