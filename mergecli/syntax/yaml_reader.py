"""Text -> tree with places.

The tree is built from the parser's events, not by `yaml.compose`: that never recurses, and keeps the
place of every node.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, Iterator, NamedTuple, TypeVar

from mergecli.diagnostics.diagnostic import MOST_DIAGNOSTICS, Diagnostic, Related, error, warning
from mergecli.diagnostics.source import Source, Span
from mergecli.syntax import libyaml
from mergecli.syntax.yaml_scalars import Plain, has_leading_zero, octal_of, resolve
from mergecli.syntax.yaml_tree import Between, Mapping, Scalar, Sequence, Tree, size_of

if TYPE_CHECKING:
    from mergecli.syntax.libyaml import ParserEvent
    from mergecli.syntax.yaml_tree import Mark

MAX_DEPTH = 64
MAX_ALIASED = 10_000
#: The most values, keys, starts and ends; a tree with as many takes about 40 MiB.
MAX_NODES = 180_000
#: The most characters that are read while a text is repaired and read again.
MAX_REREAD = 4 << 20
#: Line breaks of YAML 1.1, which the parser knows; in YAML 1.2 they are ordinary characters.
_OLD_BREAKS = "\u0085\u2028\u2029"
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAGS = {
    f"tag:yaml.org,2002:{name}": name
    for name in ("str", "int", "float", "bool", "null", "seq", "map")
}


class Event(NamedTuple):
    """A piece of a text as it is written, with the parser's marks.

    `kind` is "begin" for `---`, "scalar", "alias", "sequence", "mapping" or "end"; `style` is the
    quote or indicator of a scalar, "" when it is plain, and of a collection "flow" or "block".
    """

    kind: str
    start: Mark
    end: Mark
    style: str = ""
    anchor: str | None = None
    tag: str | None = None
    value: str = ""


def read(source: Source) -> tuple[Tree | None, list[Diagnostic]]:
    """Read a text.

    Returns:
        Its tree, None if it cannot be read at all; and what is wrong with it as YAML.
    """
    return read_whole(source)[:2]


def read_whole(source: Source) -> tuple[Tree | None, list[Diagnostic], bool]:
    """Read a text like `read`; return also whether each of its parts can be read without the others.

    They can where the text is read as it is written, without diagnostics, and has no anchors.
    """
    builder, problem = _parse(source, _TreeBuilder)
    if problem is not None:
        diagnostics = [*builder.diagnostics, problem]
        return None, [_in_file(diagnostic, source.label) for diagnostic in diagnostics], False
    is_separable = (
        builder.is_verbatim
        and not builder.diagnostics
        and not builder.anchors
        and not builder.has_merges
        and "\r" not in source.text
    )
    return builder.root, builder.diagnostics, is_separable


def read_part(text: str) -> Tree | None:
    """Return the tree of a part of a text; None if it may need the rest, or has diagnostics."""
    builder = _TreeBuilder()
    if any(old in text for old in ("\r", "\ufeff", *_OLD_BREAKS)):
        return None
    try:
        builder.document(libyaml.parser(text).get_event)
    except (_Stop, libyaml.YAMLError, ValueError):
        return None
    _finish(builder, text, {})
    is_usual = not builder.diagnostics and not builder.anchors and not builder.has_merges
    return builder.root if is_usual else None


def written(source: Source) -> tuple[Tree | None, list[Event], list[Diagnostic]]:
    """Read a text like `read`; return also its events, which keep how it is written."""
    builder, problem = _parse(source, _Recorder)
    if problem is not None:
        return None, [], [*builder.diagnostics, problem]
    return builder.root, builder.events, builder.diagnostics


def scalars(source: Source) -> list[Event]:
    """Return the scalars of a text, as far as it can be parsed."""
    finder, _ = _parse(source, _ScalarFinder)
    return [_event(event) for event in finder.scalars]


def events(text: str) -> Iterator[Event]:
    """Yield the events of a text up to the first error."""
    try:
        parser = libyaml.parser(text)
        while not isinstance(event := parser.get_event(), libyaml.StreamEndEvent):
            if isinstance(event, (libyaml.NodeEvent, libyaml.CollectionEndEvent)):
                yield _event(event)
    except libyaml.YAMLError:
        return


def _event(event: ParserEvent) -> Event:
    """Convert an event of the parser."""
    cls: type = type(event)
    start, end = event.start_mark, event.end_mark
    if cls is libyaml.ScalarEvent:
        return Event("scalar", start, end, event.style or "", event.anchor, event.tag, event.value)
    if cls is libyaml.AliasEvent:
        return Event("alias", start, end, "", event.anchor)
    if cls is libyaml.DocumentStartEvent:
        return Event("begin", start, end)
    if cls is libyaml.SequenceEndEvent or cls is libyaml.MappingEndEvent:
        return Event("end", start, end)
    name = "sequence" if cls is libyaml.SequenceStartEvent else "mapping"
    style = "flow" if event.flow_style else "block"
    return Event(name, start, end, style, event.anchor, event.tag)


def _in_file(diagnostic: Diagnostic, path: str) -> Diagnostic:
    """Return a diagnostic with its places in the file `path`."""
    if not path or diagnostic.span is None:
        return diagnostic
    related = tuple(
        other._replace(span=other.span._replace(path=path)) for other in diagnostic.related
    )
    return diagnostic._replace(span=diagnostic.span._replace(path=path), related=related)


_B = TypeVar("_B", bound="_TreeBuilder")


class _Stop(Exception):
    """Reading cannot go on; the diagnostic says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


class _NamedText:
    """A text that the parser reads as a file, so that its marks have the name of the file."""

    def __init__(self, text: str, name: str) -> None:
        self.name, self.text, self.position = name, text, 0

    def read(self, count: int) -> str:
        self.position += count
        return self.text[self.position - count : self.position]


def _parse(source: Source, make: type[_B]) -> tuple[_B, Diagnostic | None]:
    """Parse a text and build from its events.

    Where YAML 1.2 allows what the parser rejects, the text is repaired and read again.

    Returns:
        The builder; and the error that keeps the text from being read, if there is one.
    """
    text = source.text
    swapped = _swapped(text) if any(old in text for old in _OLD_BREAKS) else {}
    text = text.translate(swapped) if swapped else text
    length = 0
    while True:
        builder = make()
        try:
            parser = libyaml.parser(_NamedText(text, source.label) if source.label else text)
            builder.document(parser.get_event)
            _finish(builder, text, {new: chr(old) for old, new in swapped.items()})
            builder.is_verbatim = text is source.text
            return builder, None
        except _Stop as stop:
            return builder, stop.diagnostic
        except (libyaml.YAMLError, ValueError) as problem:
            from mergecli.syntax import yaml_errors  # start-up

            if not isinstance(problem, libyaml.MarkedYAMLError):
                # An error of the reader. libyaml needs UTF-8, which has no halves of surrogate
                # pairs; in PyYAML `chr` raises.
                return builder, yaml_errors.unreadable(source, problem)
            length += len(text)
            repaired = yaml_errors.repaired(source, text, problem) if length < MAX_REREAD else None
            if repaired is None:
                return builder, yaml_errors.explained(source, problem, _data, _parses)
            text = repaired


def _data(source: Source) -> object:
    """Return the plain value of a text, None if it has errors."""
    tree, diagnostics = read(source)
    wrong = any(diagnostic.is_error for diagnostic in diagnostics)
    return None if tree is None or wrong else tree.data()


def _parses(text: str) -> bool:
    """Whether the parser takes a text."""
    parser = libyaml.parser(text)
    try:
        while not isinstance(parser.get_event(), libyaml.StreamEndEvent):
            pass
    except (libyaml.YAMLError, ValueError):
        return False
    return True


def _swapped(text: str) -> dict[int, str]:
    """Map old line breaks to characters of private use that the text does not have."""
    used = set(text)
    free = (chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in used)
    # In a text that has all of them, the old line breaks stay what they are for the parser.
    return {ord(old): next(free, old) for old in _OLD_BREAKS}


class _TreeBuilder:
    """Builds the tree of the first document, with a method for each event of the parser."""

    def __init__(self) -> None:
        self.root: Tree | None = None
        self.diagnostics: list[Diagnostic] = []
        self.error_count = 0
        self.anchors: dict[str, Tree] = {}
        #: The collections with an anchor that are not closed yet, by their id.
        self.open: set[int] = set()
        self.aliased = 0
        #: Whether the text was read as it is written, and whether it has merge keys.
        self.is_verbatim = self.has_merges = False
        #: The collections that are not closed yet, and for each the key that waits for its value.
        self.stack: list[Sequence | Mapping] = []
        self.keys: list[Scalar | None] = []
        #: The values of plain scalars by their text, as the same ones occur again and again.
        self.values: dict[str, Plain] = {}

    def document(self, next_event: Callable[[], ParserEvent]) -> None:
        """Build the tree.

        Args:
            next_event: Returns the next event of the parser.

        Raises:
            _Stop: The text cannot be read.
        """
        scalar, stream_end = libyaml.ScalarEvent, libyaml.StreamEndEvent
        handlers: dict[type, Callable[[ParserEvent], None]] = {
            libyaml.AliasEvent: self.alias,
            libyaml.SequenceStartEvent: self.start_sequence,
            libyaml.MappingStartEvent: self.start_mapping,
            libyaml.SequenceEndEvent: self.end,
            libyaml.MappingEndEvent: self.end_mapping,
            libyaml.DocumentStartEvent: self.start_document,
        }
        add_scalar = self.scalar
        for _ in range(MAX_NODES):
            event = next_event()
            cls: type = type(event)
            if cls is scalar:
                add_scalar(event)
            elif cls is stream_end:
                break
            elif cls in handlers:
                handlers[cls](event)
                if self.diagnostics and self.diagnostics[-1].code == "multiple-documents":
                    return
        else:
            message = f"the file has more than {MAX_NODES:,} values, lists and mappings"
            raise _Stop(error(Between(next_event().start_mark).span, "too-large", message))
        if self.root is None or (
            type(self.root) is Scalar and self.root.plain and self.root.raw == ""
        ):
            hint = "start from `input:` and `layers:`, or run: mergecli init"
            raise _Stop(error(Span(1, 1, 1, 1), "empty", "the file has no document", hint))

    def start_document(self, event: ParserEvent) -> None:
        if self.root is not None:
            from mergecli.syntax.yaml_errors import TWO_DOCUMENTS  # start-up

            span = Between(event.start_mark).span
            self.diagnostics.append(error(span, "multiple-documents", *TWO_DOCUMENTS))

    def scalar(self, event: ParserEvent) -> None:
        raw = event.value
        tag = event.tag
        if tag is None and event.implicit[0]:
            plain = True
            if raw in self.values:
                value = self.values[raw]
            else:
                value = self.values[raw] = resolve(raw)
        else:
            plain = False
            value = raw if tag is None or tag == "!" else self.tagged(event)
        tree = Scalar(value, raw, plain, event.start_mark, event.end_mark)
        if event.anchor is not None:
            self.anchors[event.anchor] = tree
        # As `add`, which would cost a call for each scalar.
        stack = self.stack
        if not stack:
            self.root = tree
            return
        container = stack[-1]
        if type(container) is Sequence:
            container.items.append(tree)
            container.size += 1
        elif (key := self.keys[-1]) is None:
            self.keys[-1] = tree
        else:
            container.entries.append((key, tree))  # type: ignore[union-attr]
            container.size += 2
            self.keys[-1] = None

    def alias(self, event: ParserEvent) -> None:
        """Repeat the node of an anchor.

        Raises:
            _Stop: It has no anchor, is inside its own, or aliases expand to too many nodes.
        """
        span = Between(event.start_mark, event.end_mark).span
        name = f"the alias `*{event.anchor}`"
        tree = self.anchors.get(str(event.anchor))
        if tree is None:
            hint = f"write `&{event.anchor}` before the value that it repeats"
            raise _Stop(error(span, "syntax", f"{name} has no anchor before it", hint))
        if id(tree) in self.open:
            hint = "a value cannot contain itself: remove the alias"
            raise _Stop(error(span, "syntax", f"{name} is inside its own anchor", hint))
        self.aliased += size_of(tree)
        if self.aliased > MAX_ALIASED:
            message = f"aliases expand to more than {MAX_ALIASED:,} nodes"
            raise _Stop(error(span, "alias-limit", message))
        self.add(tree, event, size_of(tree))

    def start_sequence(self, event: ParserEvent) -> None:
        self.start(Sequence(event.start_mark), event, "seq")

    def start_mapping(self, event: ParserEvent) -> None:
        self.start(Mapping(event.start_mark), event, "map")

    def start(self, tree: Sequence | Mapping, event: ParserEvent, tag: str) -> None:
        """Open a collection.

        Raises:
            _Stop: The nesting is too deep.
        """
        if len(self.stack) >= MAX_DEPTH:
            message = f"nesting is deeper than {MAX_DEPTH} levels"
            raise _Stop(error(Between(event.start_mark).span, "too-deep", message))
        if event.tag not in (None, "!") and _TAGS.get(str(event.tag)) != tag:
            self.unknown_tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = tree
            self.open.add(id(tree))
        # What is in it is counted when it is closed.
        self.add(tree, event, 1)
        self.stack.append(tree)
        self.keys.append(None)

    def end(self, event: ParserEvent) -> None:
        tree = self.stack.pop()
        self.keys.pop()
        tree.end = event.end_mark
        self.open.discard(id(tree))
        if self.stack:
            self.stack[-1].size += tree.size

    def end_mapping(self, event: ParserEvent) -> None:
        mapping = self.stack[-1]
        assert type(mapping) is Mapping
        mapping.end = event.end_mark
        self.open.discard(id(mapping))
        values = {key.value for key, _ in mapping.entries}
        if len(values) != len(mapping.entries):
            _report_duplicates(self, mapping)
        if "<<" in values:
            self.merge(mapping)
        self.end(event)

    def add(self, tree: Tree, event: ParserEvent, size: int) -> None:
        """Put a node into the collection that is open; `size` counts its nodes so far."""
        if not self.stack:
            self.root = tree
            return
        container = self.stack[-1]
        if type(container) is Sequence:
            container.items.append(tree)
            container.size += size
        elif (key := self.keys[-1]) is None:
            self.keys[-1] = self.key(tree, event)
        else:
            container.entries.append((key, tree))  # type: ignore[union-attr]
            container.size += 1 + size
            self.keys[-1] = None

    def key(self, tree: Tree, event: ParserEvent) -> Scalar:
        """Return a key of a mapping.

        Raises:
            _Stop: The key of a mapping is a collection.
        """
        if type(tree) is Scalar:
            return tree
        span = Between(event.start_mark, event.end_mark).span
        what = "list" if type(tree) is Sequence else "mapping"
        hint = "close the bracket before it; a variable is written `$name`, without braces"
        raise _Stop(error(span, "syntax", f"a key must be a string, found a {what}", hint))

    def tagged(self, event: ParserEvent) -> Plain:
        """Return the value of a scalar with a tag."""
        name = _TAGS.get(event.tag or "", "")
        raw = event.value
        if name == "str":
            return raw
        types: dict[str, type | tuple[type, ...]] = {
            "int": int,
            "float": (int, float),
            "bool": bool,
            "null": type(None),
        }
        if name not in types:
            self.unknown_tag(event)
            return raw
        value = resolve(raw)
        if not isinstance(value, types[name]) or (name == "int" and isinstance(value, bool)):
            span = Between(event.start_mark, event.end_mark).span
            self.error(span, "wrong-type", f'"{raw}" is not a valid !!{name}')
            return raw
        return float(value) if isinstance(value, int) and name == "float" else value

    def unknown_tag(self, event: ParserEvent) -> None:
        span = Between(event.start_mark, event.start_mark).span
        tag = (event.tag or "").replace("tag:yaml.org,2002:", "!!")
        message = f"a spec cannot have the tag `{tag}`"
        self.error(span, "unknown-tag", message, "remove it")

    def error(
        self,
        span: Span,
        code: str,
        message: str,
        hint: str | None = None,
        related: tuple[Related, ...] = (),
    ) -> None:
        """Add an error, unless there are already more than are shown."""
        self.error_count += 1
        if self.error_count <= MOST_DIAGNOSTICS + 1:
            self.diagnostics.append(error(span, code, message, hint, related=related))

    def merge(self, mapping: Mapping) -> None:
        """Resolve merge keys: own entries take precedence, then those of the first mapping."""
        self.has_merges = True
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
                    message = "`<<` takes a mapping or a list of mappings"
                    hint = "give the mapping an anchor, and merge it with `<<: *anchor`"
                    self.error(part.span, "wrong-type", message, hint)
        known = {key.value for key, _ in own}
        for key, tree in merged:
            if key.value not in known:
                known.add(key.value)
                own.append((key, tree))
        mapping.entries = own


def _report_duplicates(builder: _TreeBuilder, mapping: Mapping) -> None:
    first: dict[tuple[type, object], Scalar] = {}
    for key, _ in mapping.entries:
        # A string is another key than the number that looks like it, and 1 another than true.
        before = first.setdefault((type(key.value), key.value), key)
        if before is not key:
            message = f"the key `{key.raw}` occurs twice"
            related = (Related(before.span, "first here"),)
            builder.error(key.span, "duplicate-key", message, related=related)


def _finish(builder: _TreeBuilder, text: str, back: dict[str, str]) -> None:
    """Restore and check what is rare, in a second pass.

    These are integers with leading zeros, a `?` that is part of a scalar, halves of surrogate
    pairs, and characters that were swapped while the text was parsed.

    Args:
        builder: What has built the tree.
        text: The text.
        back: The original character for each that was swapped.
    """
    zeros = {raw for raw in builder.values if has_leading_zero(raw)}
    if builder.root is None or not (back or zeros or "\\u" in text or re.search(r"\?\S", text)):
        return
    table = str.maketrans(back)
    stack, seen = [builder.root], set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        _check_question_mark(builder, node, text)
        if type(node) is Scalar:
            _restore(node, table)
            _check_scalar(builder, node, zeros)
        elif type(node) is Sequence:
            stack += node.items
        elif type(node) is Mapping:
            stack += [part for entry in node.entries for part in entry]


def _check_question_mark(builder: _TreeBuilder, node: Tree, text: str) -> None:
    start = node.start.index
    if start and text[start - 1] == "?" and node.end.index > start:
        hint = 'add a space after it if it starts a key, or quote the string: "?…"'
        span = Between(node.start).span
        builder.error(span, "syntax", "expected a space after `?`", hint)


def _check_scalar(builder: _TreeBuilder, node: Scalar, zeros: set[str]) -> None:
    if _SURROGATE.search(node.raw):
        message = "this escape is half of a surrogate pair, which is not a character"
        builder.error(node.span, "syntax", message)
    if node.plain and node.raw in zeros:
        builder.diagnostics.append(_leading_zero(node))


def _restore(node: Scalar, table: dict[int, str]) -> None:
    """Put back the characters of a scalar that were swapped while the text was parsed."""
    if table and isinstance(node.value, str):
        node.value, node.raw = node.value.translate(table), node.raw.translate(table)


def _leading_zero(node: Scalar) -> Diagnostic:
    octal = octal_of(node.raw)
    other = f"{octal} in YAML 1.1" if octal is not None else "a string in YAML 1.1"
    hint = f"write `{node.value}`"
    hint += f", or `0o{octal:o}` for {octal}" if octal is not None and octal > 0 else ""
    return warning(
        node.span, "leading-zero", f"`{node.raw}` is {node.value} here and {other}", hint
    )


class _Recorder(_TreeBuilder):
    """A builder that keeps the parser's events."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []

    def document(self, next_event: Callable[[], ParserEvent]) -> None:
        nodes = (libyaml.NodeEvent, libyaml.CollectionEndEvent)

        def recorded() -> ParserEvent:
            event = next_event()
            explicit = isinstance(event, libyaml.DocumentStartEvent) and event.explicit
            if explicit or isinstance(event, nodes):
                self.events.append(_event(event))
            return event

        super().document(recorded)


class _ScalarFinder(_TreeBuilder):
    """Keeps the scalars of a text and builds no tree."""

    def __init__(self) -> None:
        super().__init__()
        self.scalars: list[ParserEvent] = []

    def document(self, next_event: Callable[[], ParserEvent]) -> None:
        while not isinstance(event := next_event(), libyaml.StreamEndEvent):
            if isinstance(event, libyaml.ScalarEvent):
                self.scalars.append(event)
