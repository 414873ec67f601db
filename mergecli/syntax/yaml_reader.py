"""Text -> tree with places. The only file that imports yaml, and the place where YAML 1.2's scalars are decided.

The tree is built from the parser's events, not by `yaml.compose`: that is three times faster, never recurses, and keeps
the place of every node.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Callable, NamedTuple, Union

from mergecli.diagnostics.diagnostic import Diagnostic, Edit, Related, error, warning
from mergecli.diagnostics.source import Source, Span

#: What the parser's marks call a text that has no name.
_TEXT = "<unicode string>"
MAX_DEPTH = 64
MAX_ALIASED = 10_000
#: Values, keys, beginnings and ends: far more than any spec has; a tree of so many takes some 40 MiB.
MAX_NODES = 180_000
#: How many characters are read at the most while a text is mended again and again.
MOST_READ = 4 << 20

Tree = Union["Scalar", "Sequence", "Mapping"]


class YamlNode:
    """Where a value stands. `start` and `end` are the parser's marks, 0-based."""

    __slots__ = ("end", "start")
    start: Any
    end: Any

    @property
    def span(self) -> Span:
        start, end = self.start, self.end
        path = "" if start.name == _TEXT else start.name
        return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1, path)


class Scalar(YamlNode):
    """A text, number, truth value or null; `plain` when it has no quotes, `raw` as it is written."""

    __slots__ = ("plain", "raw", "value")

    def __init__(self, value: Any, raw: str, plain: bool, start: Any, end: Any) -> None:
        self.value, self.raw, self.plain, self.start, self.end = value, raw, plain, start, end

    def data(self) -> Any:
        return self.value

    def respelled(self, name: str | None) -> tuple[Edit, ...]:
        """The edit that puts another name here, quotes kept; none where what is read stands elsewhere, as behind a variable."""
        return (
            (Edit(self.span, name, self.raw),)
            if name is not None and self.raw and self.raw == self.value
            else ()
        )

    def rewritten(self, text: str) -> tuple[Edit, ...]:
        """The edit that puts another value here, quotes and all; none where what is read stands elsewhere."""
        here = (
            self.raw == self.value
            if isinstance(self.value, str)
            else bool(self.raw) and resolve(self.raw) == self.value
        )
        return (Edit(self.span, text),) if here else ()


class Sequence(YamlNode):
    """A list of trees."""

    __slots__ = ("items", "size")

    def __init__(self, start: Any) -> None:
        self.items: list[Tree] = []
        self.start, self.end, self.size = start, start, 1

    def data(self) -> Any:
        return [item.data() for item in self.items]


class Mapping(YamlNode):
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


class Way:
    """How a scalar is reached: the keys and places that lead there, whether it is a key, and the keys of the mapping that it is in.

    `around` are the keys of the mapping around that one, as far as they stand before; `before` is what stands in front of the mark in
    the scalar itself.
    """

    __slots__ = ("around", "before", "beside", "is_key", "steps")

    def __init__(
        self, steps: tuple[str | int, ...], is_key: bool, around: tuple[str, ...], before: str
    ) -> None:
        self.steps, self.is_key, self.around, self.before = steps, is_key, around, before
        self.beside: tuple[str, ...] = ()


def way(text: str, mark: str) -> Way | None:
    """The way to the scalar that holds a mark; the text need not be right YAML behind it. None if there is no way to tell."""
    import yaml

    #: For each open collection its key or place, and the keys of a mapping.
    steps: list[str | int | None] = []
    keys: list[list[str]] = []
    found: Way | None = None
    depth = 0
    try:
        parser = _parser_class()(text)
        while True:
            event = parser.get_event()
            if isinstance(event, yaml.StreamEndEvent):
                break
            if isinstance(event, yaml.CollectionEndEvent):
                if found is not None and len(steps) == depth:
                    break
                steps.pop()
                keys.pop()
            elif isinstance(event, yaml.NodeEvent):
                scalar = str(event.value) if isinstance(event, yaml.ScalarEvent) else ""
                is_key = bool(steps) and steps[-1] is None
                if steps and isinstance(steps[-1], int):
                    steps[-1] += 1
                if mark in scalar and found is None:
                    lead, around = (
                        tuple(step for step in steps if step is not None),
                        tuple(keys[-2]) if len(keys) > 1 else (),
                    )
                    found, depth = Way(lead, is_key, around, scalar.partition(mark)[0]), len(steps)
                elif is_key:
                    keys[-1].append(scalar)
                if isinstance(event, yaml.CollectionStartEvent):
                    if is_key:
                        break
                    steps.append(None if isinstance(event, yaml.MappingStartEvent) else -1)
                    keys.append([])
                elif steps and not isinstance(steps[-1], int):
                    steps[-1] = scalar if is_key else None
                continue
            else:
                continue
            # A collection that is closed was the value of a key.
            if steps and not isinstance(steps[-1], int):
                steps[-1] = None
    except yaml.YAMLError:
        pass
    if found is not None and depth and len(keys) == depth:
        found.beside = tuple(keys[-1])
    return found


def _parser_class() -> Any:
    """The parser of libyaml, or PyYAML's own where it was built without; both have the same events."""
    import yaml

    cyaml: Any = yaml.cyaml
    return cyaml.CParser if yaml.__with_libyaml__ else yaml.SafeLoader


def _placed(diagnostic: Diagnostic, path: str) -> Diagnostic:
    """A diagnostic whose places are in the file `path`."""
    if not path or diagnostic.span is None:
        return diagnostic
    related = tuple(
        other._replace(span=other.span._replace(path=path)) for other in diagnostic.related
    )
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


#: Line breaks of YAML 1.1, which is what the parser knows; in YAML 1.2 they are characters like others.
_OLD_BREAKS = "\u0085\u2028\u2029"
_HALF = re.compile("[\ud800-\udfff]")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+$")
_TAGS = {
    f"tag:yaml.org,2002:{name}": name
    for name in ("str", "int", "float", "bool", "null", "seq", "map")
}


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = []
        self.anchors: dict[str, Tree] = {}
        self.open: set[int] = set()
        self.aliased = 0
        #: Scalars with leading zeros, if there are any, as they are written.
        self.zeros: set[str] = set()

    def read(self) -> Tree:
        """The tree of the text.

        Raises:
            _Stop: it cannot be read.
        """
        import yaml

        source = self.source
        text = source.text
        swapped = _swapped(text) if any(old in text for old in _OLD_BREAKS) else {}
        text = text.translate(swapped) if swapped else text
        length = 0
        while True:
            loader = _parser_class()
            try:
                parser = loader(_Named(text, source.label) if source.label else text)
                tree = self.document(parser.get_event)
                break
            except (yaml.YAMLError, ValueError) as problem:
                from mergecli.syntax import yaml_errors

                # libyaml wants UTF-8, which has no halves of surrogate pairs; the Python loader lets `chr` refuse an escape.
                if isinstance(problem, (yaml.reader.ReaderError, ValueError)):
                    raise _Stop(yaml_errors.unreadable(source, problem)) from None
                length += len(text)
                mended = yaml_errors.mended(source, text, problem) if length < MOST_READ else None
                if mended is None:
                    raise _Stop(yaml_errors.explained(source, problem)) from None
                # What YAML 1.2 allows and the parser does not is read again without it.
                text = mended
                self.__init__(source)  # type: ignore[misc]
        if swapped or self.zeros or "\\u" in text or re.search(r"\?\S", text):
            self._look_again(tree, text, {new: chr(old) for old, new in swapped.items()})
        return tree

    def _look_again(self, tree: Tree, text: str, back: dict[str, str]) -> None:
        """Go through the nodes for what is rare: characters to be put back, leading zeros, `?` as part of a text, half characters."""
        table = str.maketrans(back)
        stack, seen = [tree], set()
        while stack:
            node = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if (
                node.start.index
                and text[node.start.index - 1] == "?"
                and node.end.index > node.start.index
            ):
                hint = 'put a blank behind it if a key is meant, or quote the text: "?…"'
                self.diagnostics.append(
                    error(_At(node.start).span, "syntax", "a `?` without a blank behind it", hint)
                )
            if type(node) is Scalar:
                if back and isinstance(node.value, str):
                    node.value, node.raw = node.value.translate(table), node.raw.translate(table)
                if _HALF.search(node.raw):
                    self.diagnostics.append(
                        error(
                            node.span,
                            "syntax",
                            "an escape stands for half of a surrogate pair, which is no character",
                        )
                    )
                if node.plain and node.raw in self.zeros:
                    self.diagnostics.append(_leading_zero(node))
            elif type(node) is Sequence:
                stack += node.items
            elif type(node) is Mapping:
                stack += [part for entry in node.entries for part in entry]

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
        count = 0
        container: Sequence | Mapping | None = None
        while True:
            event = next_event()
            kind = type(event)
            count += 1
            if count > MAX_NODES:
                raise _Stop(
                    error(
                        _At(event.start_mark).span,
                        "too-large",
                        f"the file holds more than {MAX_NODES:,} values, lists and mappings",
                    )
                )
            tree: Tree
            if kind is scalar_event:
                raw = event.value
                if event.tag is None or event.tag == "!":
                    plain = event.implicit[0] and event.tag is None
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
                    raise _Stop(
                        error(span, "too-deep", f"nesting is deeper than {MAX_DEPTH} levels")
                    )
                tree = (
                    Sequence(event.start_mark)
                    if kind is sequence_start
                    else Mapping(event.start_mark)
                )
                if event.tag not in (None, "!") and _TAGS.get(event.tag) != (
                    "seq" if kind is sequence_start else "map"
                ):
                    self._unknown_tag(event)
                if event.anchor is not None:
                    self.anchors[event.anchor] = tree
                    self.open.add(id(tree))
            elif kind is document_start:
                if root is not None:
                    span = _At(event.start_mark).span
                    from mergecli.syntax.yaml_errors import TWO_DOCUMENTS

                    self.diagnostics.append(error(span, "multiple-documents", *TWO_DOCUMENTS))
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
                    keys[-1] = self._key(tree, event)
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
                error(
                    Span(1, 1, 1, 1),
                    "empty",
                    "the file has no document",
                    "start from `input:` and `layers:`; see the README's examples",
                )
            )
        self.zeros = {raw for raw in cache if _LEADING_ZERO.match(raw)}
        return root

    def _key(self, tree: Tree, event: Any) -> Scalar:
        if type(tree) is Scalar:
            return tree
        span = _At(event.start_mark, event.end_mark).span
        raise _Stop(
            error(
                span,
                "syntax",
                "a key must be a text, found a "
                + ("list" if type(tree) is Sequence else "mapping"),
            )
        )

    def _tagged(self, event: Any) -> Any:
        name = _TAGS.get(event.tag)
        raw = event.value
        if name == "str":
            return raw
        value = resolve(raw)
        wanted = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}.get(
            name or ""
        )
        if wanted is None:
            self._unknown_tag(event)
            return raw
        if not isinstance(value, wanted) or (name == "int" and isinstance(value, bool)):  # type: ignore[arg-type]
            self.diagnostics.append(
                error(
                    _At(event.start_mark, event.end_mark).span,
                    "wrong-type",
                    f'"{raw}" is no !!{name}',
                )
            )
            return raw
        return float(value) if name == "float" else value

    def _unknown_tag(self, event: Any) -> None:
        span = _At(event.start_mark, event.start_mark).span
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self.diagnostics.append(
            error(span, "unknown-tag", f"specs do not know the tag `{tag}`", "remove it")
        )

    def _alias(self, event: Any) -> Tree:
        span = _At(event.start_mark, event.end_mark).span
        tree = self.anchors.get(event.anchor)
        if tree is None:
            raise _Stop(
                error(span, "syntax", f"the alias `*{event.anchor}` has no anchor before it")
            )
        if id(tree) in self.open:
            raise _Stop(
                error(span, "syntax", f"the alias `*{event.anchor}` stands inside its own anchor")
            )
        self.aliased += _size(tree)
        if self.aliased > MAX_ALIASED:
            raise _Stop(
                error(span, "alias-limit", f"aliases expand to more than {MAX_ALIASED:,} nodes")
            )
        return tree

    def _close(self, mapping: Mapping) -> None:
        values = {key.value for key, _ in mapping.entries}
        if len(values) != len(mapping.entries):
            first: dict[tuple[type, Any], Scalar] = {}
            for key, _ in mapping.entries:
                # A text is another key than the number that looks like it, and 1 another than true.
                before = first.setdefault((type(key.value), key.value), key)
                if before is not key:
                    related = (Related(before.span, "first here"),)
                    self.diagnostics.append(
                        error(
                            key.span,
                            "duplicate-key",
                            f"the key `{key.raw}` stands twice",
                            related=related,
                        )
                    )
        if "<<" in values:
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
                    self.diagnostics.append(
                        error(part.span, "wrong-type", "`<<` takes a mapping or a list of mappings")
                    )
        known = {key.value for key, _ in own}
        for key, tree in merged:
            if key.value not in known:
                known.add(key.value)
                own.append((key, tree))
        mapping.entries = own


def rejoined(tree: Any) -> Any:
    """A list or mapping in which `(3, 3)`, which YAML takes apart at the commas of its braces and brackets, is one text again."""
    values: Any = (
        tree.items
        if type(tree) is Sequence
        else (value for _, value in tree.entries)
        if type(tree) is Mapping
        else ()
    )
    for value in values:
        if type(value) is Scalar and "(" in value.raw and value.plain and _depth(value) > 0:
            break
    else:
        return tree
    depth = 0
    if type(tree) is Sequence:
        items: list[Tree] = []
        for item in tree.items:
            last = items[-1] if items else None
            if depth > 0 and type(item) is Scalar and type(last) is Scalar:
                items[-1] = _joined(last, item)
                depth += _depth(item)
                continue
            items.append(item)
            depth = _depth(item) if type(item) is Scalar and item.plain else 0
        joined: Any = Sequence(tree.start)
        joined.items = items
    else:
        entries: list[tuple[Scalar, Tree]] = []
        for key, value in tree.entries:
            last = entries[-1][1] if entries else None
            if depth > 0 and type(value) is Scalar and value.raw == "" and type(last) is Scalar:
                entries[-1] = (entries[-1][0], _joined(last, key))
                depth += _depth(key)
                continue
            entries.append((key, value))
            depth = (
                _depth(value)
                if type(value) is Scalar and value.plain and value.raw.startswith("(")
                else 0
            )
        joined = Mapping(tree.start)
        joined.entries = entries
    joined.end, joined.size = tree.end, tree.size
    return joined


def _depth(part: Scalar) -> int:
    """How many parentheses a text leaves open."""
    return part.raw.count("(") - part.raw.count(")")


def _joined(first: Scalar, second: Scalar) -> Scalar:
    text = f"{first.raw},{'' if second.raw.startswith(')') else ' '}{second.raw}"
    return Scalar(text, text, True, first.start, second.end)


def _swapped(text: str) -> dict[int, str]:
    """Characters of private use that the text does not hold, to stand for its old line breaks while it is parsed."""
    free = (chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in text)
    return {ord(old): next(free) for old in _OLD_BREAKS}


def _leading_zero(node: Scalar) -> Diagnostic:
    digits = node.raw.lstrip("+-")
    octal = (
        int(digits, 8) * (-1 if node.raw[0] == "-" else 1) if not set(digits) & {"8", "9"} else None
    )
    other = f"{octal} for YAML 1.1" if octal is not None else "a text for YAML 1.1"
    hint = f"write `{node.value}`" + (
        f", or `0o{octal:o}` for {octal}" if octal is not None and octal > 0 else ""
    )
    return warning(
        node.span, "leading-zero", f"`{node.raw}` is {node.value} here and {other}", hint
    )


def _size(tree: Tree) -> int:
    """How many nodes a tree has, each alias counted as what it stands for."""
    return 1 if type(tree) is Scalar else tree.size  # type: ignore[union-attr]


class _Named:
    """A text that the parser reads as a file, so that its marks have the file's name."""

    def __init__(self, text: str, name: str) -> None:
        self.name, self.text, self.position = name, text, 0

    def read(self, count: int) -> str:
        self.position += count
        return self.text[self.position - count : self.position]


class _At(YamlNode):
    """The place between two marks."""

    __slots__ = ()

    def __init__(self, start: Any, end: Any = None) -> None:
        self.start, self.end = start, end or start


def comments(source: Source, word: str) -> list[tuple[int, int, str]]:
    """The comments that hold a word, each with the line and column where it begins.

    The parser drops comments, but a `#` behind a blank, or at the start of a line, begins one wherever no scalar is.
    """
    lines = [number for number, line in enumerate(source.lines, 1) if word in line]
    # Before the first line that says anything there is no scalar.
    first = next(
        (
            number
            for number, line in enumerate(source.lines, 1)
            if line.strip() and not line.startswith("#")
        ),
        0,
    )
    inside = _scalars(source, set(lines)) if lines and lines[-1] >= first > 0 else {}
    found = []
    for number in lines:
        text = source.line(number)
        for match in re.finditer(r"(?:(?<=[ \t])|^)#", text):
            if not any(start <= match.start() < end for start, end in inside.get(number, ())):
                if word in text[match.start() :]:
                    found.append((number, match.start() + 1, text[match.start() :]))
                break
    return found


def _scalars(source: Source, wanted: set[int]) -> dict[int, list[tuple[int, float]]]:
    """The columns, from 0, that scalars take of some lines."""
    reader = _Scalars(source)
    # What is wrong is told by whoever reads the text for its tree.
    with suppress(_Stop):
        reader.read()
    taken: dict[int, list[tuple[int, float]]] = {}
    for start, end, block in reader.scalars:
        for number in wanted.intersection(range(start.line + 1, end.line + 2)):
            line = number - 1
            # Behind the header of a block scalar there may be a comment.
            if not block or line != start.line:
                first = start.column if line == start.line else 0
                taken.setdefault(number, []).append(
                    (first, end.column if line == end.line else float("inf"))
                )
    return taken


class _Scalars(_Reader):
    """Reads a text for where its scalars are, those too that a tree does not keep."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.scalars: list[tuple[Any, Any, bool]] = []

    def document(self, next_event: Callable[[], Any]) -> Tree:
        import yaml

        while True:
            event = next_event()
            if type(event) is yaml.StreamEndEvent:
                return Sequence(event.start_mark)
            if type(event) is yaml.ScalarEvent:
                self.scalars.append((event.start_mark, event.end_mark, event.style in ("|", ">")))

    def _look_again(self, tree: Tree, text: str, back: dict[str, str]) -> None:
        """The tree is none."""


class Event(NamedTuple):
    """A piece of a text as it is written, with the parser's marks.

    `kind` is "begin" for `---`, "scalar", "alias", "sequence", "mapping" or "end"; `style` is the mark of a scalar, "" when it is plain,
    and of a collection "flow" or "block".
    """

    kind: str
    start: Any
    end: Any
    style: str = ""
    anchor: str | None = None
    tag: str | None = None
    value: str = ""


def written(source: Source) -> tuple[Tree | None, list[Event], list[Diagnostic]]:
    """As `read`, with all that the text holds in its order, of which the tree does not keep everything."""
    reader = _Recorder(source)
    try:
        tree = reader.read()
    except _Stop as stop:
        return None, [], [*reader.diagnostics, stop.diagnostic]
    return tree, reader.events(), reader.diagnostics


class _Recorder(_Reader):
    """Reads a text and keeps what the parser says."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.said: list[Any] = []

    def document(self, next_event: Callable[[], Any]) -> Tree:
        said = self.said

        def recorded() -> Any:
            event = next_event()
            said.append(event)
            return event

        return super().document(recorded)

    def events(self) -> list[Event]:
        import yaml

        scalar, alias, begin = yaml.ScalarEvent, yaml.AliasEvent, yaml.DocumentStartEvent
        names: dict[type[Any], str] = {
            yaml.SequenceStartEvent: "sequence", yaml.MappingStartEvent: "mapping", yaml.SequenceEndEvent: "end", yaml.MappingEndEvent: "end"
        }  # fmt: skip
        found = []
        for event in self.said:
            kind = type(event)
            if kind is scalar:
                found.append(
                    Event(
                        "scalar",
                        event.start_mark,
                        event.end_mark,
                        event.style or "",
                        event.anchor,
                        event.tag,
                        event.value,
                    )
                )
            elif kind in names:
                name = names[kind]
                if name == "end":
                    found.append(Event(name, event.start_mark, event.end_mark))
                else:
                    style = "flow" if event.flow_style else "block"
                    found.append(
                        Event(
                            name, event.start_mark, event.end_mark, style, event.anchor, event.tag
                        )
                    )
            elif kind is alias:
                found.append(Event("alias", event.start_mark, event.end_mark, "", event.anchor))
            elif kind is begin and event.explicit:
                found.append(Event("begin", event.start_mark, event.end_mark))
        return found


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
        if len(value) > 20:
            return f"a list of {len(value):,}"
        words = "[" + ", ".join(v if isinstance(v, str) else describe(v) for v in value) + "]"
        return words if len(words) <= 40 else f"a list of {len(value)}"
    return str(value)
