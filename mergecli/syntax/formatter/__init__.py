"""Source -> its canonical text, with keys in order, comments kept and the same meaning.

`tree` reads the text as a concrete syntax tree, `comments` attaches each comment to a part of it,
`key_order` sorts the keys, and `printer` writes the lines.
"""

from __future__ import annotations

from typing import Callable

from mergecli.diagnostics.diagnostic import Diagnostic, has_errors
from mergecli.diagnostics.source import Source, with_line_feeds
from mergecli.syntax.formatter.attached_comments import attach
from mergecli.syntax.formatter.key_order import arrange
from mergecli.syntax.formatter.printer import Writer
from mergecli.syntax.formatter.tree import Page
from mergecli.syntax.yaml_reader import Event, read, written
from mergecli.syntax.yaml_reader import events as read_events
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

#: Whether two specs describe the same model.
SameModel = Callable[[Source, Source], bool]
#: Keys whose values are mappings with a meaningful order.
_ORDERED = frozenset("branches heads blocks vars params inputs outputs from".split())


def formatted(
    source: Source, same_model: SameModel | None = None
) -> tuple[str | None, list[Diagnostic]]:
    """Format a spec.

    Args:
        source: The spec.
        same_model: Whether two specs describe the same model. Without it, keys whose order decides
            automatic names of layers are not moved.

    Returns:
        The canonical text, None if the text is not valid YAML; and the errors in it. Its lines end as
        the first line of the spec does.

    Raises:
        AssertionError: The result would have another meaning, which is a bug.
    """
    text = source.text.removeprefix("\ufeff")
    result, errors = _formatted(Source(with_line_feeds(text), source.path), same_model)
    # As version control has checked the file out, on Windows.
    if result is not None and text.partition("\n")[0].endswith("\r"):
        result = result.replace("\n", "\r\n")
    return result, errors


def _formatted(
    unified: Source, same_model: SameModel | None
) -> tuple[str | None, list[Diagnostic]]:
    """Format a spec whose lines end with a line feed; see `formatted`."""
    tree, events, diagnostics = written(unified)
    wrong = [diagnostic for diagnostic in diagnostics if diagnostic.is_error]
    if tree is None or wrong:
        return None, wrong
    if type(tree) is Scalar:
        # Not a spec, so there are no keys to sort.
        return unified.text, []
    result, renames = _canonical(unified.text, events, True)
    if not renames:
        events.clear()  # the text is read again, which needs as much memory
    else:
        kept, _ = _canonical(unified.text, events, False)
        before, after = Source(kept, unified.path), Source(result, unified.path)
        result = result if same_model is not None and same_model(before, after) else kept
    if result != unified.text:
        tree_after, errors_after = read(Source(result, unified.path))
        if (
            tree_after is None
            or has_errors(errors_after)
            or not _same(tree, tree_after, False, True)
        ):
            raise AssertionError(
                f"{unified.path} would have another meaning after formatting; it is not changed"
            )
    return result, []


def canonical(text: str) -> str | None:
    """Format a spec that mergecli has written, which has no comments.

    The result is not compared with the text: the caller reads it again, and compares what it means.

    Args:
        text: The spec.

    Returns:
        The canonical text; None if keys that decide names of layers would be moved.
    """
    result, renames = _canonical(text, list(read_events(text)), True)
    return None if renames else result


def _canonical(text: str, events: list[Event], naming: bool) -> tuple[str, bool]:
    """Return the canonical text, and whether keys that decide names of layers were moved."""
    page = Page(text, events)
    marked = attach(page)
    renames = arrange(page, naming)
    lines = Writer(page).document()
    if page.explicit:
        *before, mark = text[: page.begin].split("\n")
        head = [line.rstrip() for line in before if line.strip()]
        lines = [*head, "  ".join([mark.rstrip(), *marked]), *lines]
    return "\n".join(lines) + "\n", renames


def _same(one: Tree, other: Tree, ordered: bool, entry: bool) -> bool:
    """Whether two trees have the same meaning.

    Args:
        one: The first tree.
        other: The second tree.
        ordered: Whether the order of keys has a meaning.
        entry: Whether they are entries of a list, where `- Flatten: {}` is `- Flatten`.
    """
    if type(one) is Scalar and type(other) is Scalar:
        return _same_scalars(one, other)
    if type(one) is Sequence and type(other) is Sequence:
        return len(one.items) == len(other.items) and all(
            _same(a, b, False, True) for a, b in zip(one.items, other.items)
        )
    if type(one) is Mapping and type(other) is Mapping:
        return _same_mappings(one, other, ordered)
    if entry and type(one) is Mapping and type(other) is Scalar and len(one.entries) == 1:
        key, value = one.entries[0]
        return _is_nothing(value) and key.value == other.value
    return False


def _same_scalars(one: Scalar, other: Scalar) -> bool:
    here, there = one.value, other.value
    # NaN is not equal to itself.
    same = type(here) is type(there) and (here == there or here != here)
    return same and (one.raw == "") == (other.raw == "")


def _same_mappings(one: Mapping, other: Mapping, ordered: bool) -> bool:
    # Repeated keys are reported by the reader.
    values = {(type(key.value), key.value): value for key, value in one.entries}
    others = {(type(key.value), key.value): value for key, value in other.entries}
    if values.keys() != others.keys() or (ordered and list(values) != list(others)):
        return False
    # Where the order has a meaning keys are names, for example of a branch named `merge`.
    for key, value in values.items():
        inner_ordered = not ordered and key[1] in _ORDERED
        is_entry = not ordered and key[1] == "merge"
        if not _same(value, others[key], inner_ordered, is_entry):
            return False
    return True


def _is_nothing(value: Tree) -> bool:
    """Whether a value means that a class has no arguments."""
    if type(value) is Mapping:
        return not value.entries
    return type(value) is Scalar and value.plain and value.raw == ""
