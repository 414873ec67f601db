"""Where the names of a spec are given and used: references, highlights and renames need it."""

from __future__ import annotations

from typing import Iterator, NamedTuple

from mergecli.lsp.analysis import Analysis, Spot, once
from mergecli.lsp.meaning import meaning, variable
from mergecli.lsp.spec_names import Name, base, block_of
from mergecli.syntax.grammar import ENTRY, ROLES, form_at
from mergecli.syntax.variables import used_in
from mergecli.syntax.yaml_tree import Mapping

#: The forms of keys whose values are references.
_REFERENCES = frozenset(("from", "reference", "outputs", "names"))


class Occurrence(NamedTuple):
    """A name at a place of a text.

    Attributes:
        start: The offset where it begins.
        end: The offset where it ends.
        name: Where the name is given.
        is_definition: Whether this is that place.
    """

    start: int
    end: int
    name: Name
    is_definition: bool


class Reference(NamedTuple):
    """A reference to the result of a layer, an input or a branch.

    Attributes:
        start: The offset where its name begins.
        end: The offset where its name ends, before the number of a result.
        text: The name.
        steps: The path to it.
    """

    start: int
    end: int
    text: str
    steps: tuple[str | int, ...]


@once
def occurrences(analysis: Analysis) -> list[Occurrence]:
    """Return every place where a name that the text gives is given or used, in the order of the file.

    Names that the check makes, such as `stage1_conv` of a layer in a block, are not among them.
    """
    names = {name.scalar.span[:2]: name for name in analysis.names}
    result = {}
    for spot in analysis.spots:
        for occurrence in _at(analysis, spot, names):
            # An alias repeats the places of its anchor.
            result[occurrence.start, occurrence.end] = occurrence
    return [result[place] for place in sorted(result)]


def occurrence_at(analysis: Analysis, offset: int) -> Occurrence | None:
    """Return the name at an offset."""
    for occurrence in occurrences(analysis):
        if occurrence.start <= offset <= occurrence.end:
            return occurrence
    return None


def same_name(analysis: Analysis, one: Occurrence) -> list[Occurrence]:
    """Return all occurrences of the name of one of them."""
    return [other for other in occurrences(analysis) if other.name.scalar is one.name.scalar]


def references(analysis: Analysis) -> Iterator[Reference]:
    """Yield the references of a text, also those to names that the check makes."""
    for spot in analysis.spots:
        reference = _reference(analysis, spot)
        if reference is not None:
            yield reference


def _at(analysis: Analysis, spot: Spot, names: dict[tuple[int, int], Name]) -> Iterator[Occurrence]:
    """Yield the names in one scalar."""
    name = names.get(spot.scalar.span[:2])
    if name is not None:
        start, end = _stretch(analysis, spot, str(spot.scalar.value))
        if start < end:
            yield Occurrence(start, end, name, True)
    if not isinstance(spot.scalar.value, str):
        return
    if "$" in spot.scalar.value and not spot.is_key:
        yield from _variables(analysis, spot)
        return
    used = _block_or_parameter(analysis, spot) or _output(analysis, spot)
    if used is not None:
        start, end = _stretch(analysis, spot, spot.scalar.value)
        if start < end:
            yield Occurrence(start, end, used, False)
        return
    reference = _reference(analysis, spot)
    if reference is not None:
        scalar = meaning(analysis, reference.text, reference.steps).scalar
        given = names.get(scalar.span[:2]) if scalar is not None else None
        # The scalar of a name that the check makes is the class of the layer.
        if given is not None and given.name == reference.text:
            yield Occurrence(reference.start, reference.end, given, False)


def _reference(analysis: Analysis, spot: Spot) -> Reference | None:
    """Return the reference that a scalar is."""
    value = spot.scalar.value
    if not isinstance(value, str) or spot.is_key or "$" in value or not _refers(spot.steps):
        return None
    if "trainable" in spot.steps and _is_model(analysis, str(spot.steps[1])):
        # These are the names that layers have in that model.
        return None
    start, end = _stretch(analysis, spot, value)
    name = base(value)
    if start == end or name == "previous":
        return None
    return Reference(start, start + len(name), name, spot.steps)


def _refers(steps: tuple[str | int, ...]) -> bool:
    """Whether a value at a path is a reference, or in a list or mapping of them."""
    for place in range(len(steps) - 1, -1, -1):
        step = steps[place]
        if step in ("from", "use", "outputs", "trainable"):
            form = form_at(steps[:place])
            return (
                form is not None
                and step in form.names
                and form.key(str(step)).form in _REFERENCES
                and len(steps) - place <= 3
            )
    return False


def _is_model(analysis: Analysis, branch: str) -> bool:
    """Whether a branch is an existing model."""
    branches = analysis.tree.get("branches") if type(analysis.tree) is Mapping else None
    tree = branches.get(branch) if type(branches) is Mapping else None
    return type(tree) is Mapping and any(tree.get(role) is not None for role in ROLES)


def _stretch(analysis: Analysis, spot: Spot, value: str) -> tuple[int, int]:
    """Return where the characters of a scalar are, without quotes, an anchor or a tag; nothing if they are escaped."""
    start, end = analysis.text.start(spot.scalar.span), analysis.text.end(spot.scalar.span)
    raw = analysis.text.text[start:end]
    inner = raw[:-1] if raw[-1:] in ("'", '"') and not value.endswith(raw[-1]) else raw
    if not value or not inner.endswith(value):
        return start, start
    end = start + len(inner)
    return end - len(value), end


def _block_or_parameter(analysis: Analysis, spot: Spot) -> Name | None:
    """Return the block that an entry inserts, or the parameter of a block that an argument sets."""
    value, steps = str(spot.scalar.value), spot.steps
    for name in analysis.by_name.get(value, ()):
        if name.what == "block" and form_at(steps) is ENTRY:
            return name
        if name.what == "variable" and spot.is_key and steps and steps[-1] == name.scope:
            return name if form_at(steps[:-1]) is ENTRY else None
    return None


def _output(analysis: Analysis, spot: Spot) -> Name | None:
    """Return the output, the head or the layer whose loss or metrics `compile` has under its name.

    A key of `outputs` is the name of an output, whatever else has that name.
    """
    if not spot.is_key or len(spot.steps) != 2 or spot.steps[0] != "compile":
        return None
    known = {name.what: name for name in reversed(analysis.by_name.get(str(spot.scalar.value), ()))}
    return known.get("output") or known.get("head") or known.get("layer")


def _variables(analysis: Analysis, spot: Spot) -> Iterator[Occurrence]:
    """Yield the variables in a string: a parameter of the block before a variable of the spec."""
    start, end = analysis.text.start(spot.scalar.span), analysis.text.end(spot.scalar.span)
    raw, scope = analysis.text.text[start:end], block_of(spot.steps)
    for first, last in used_in(raw):
        known = variable(analysis, raw[first:last], scope)
        if known is not None:
            yield Occurrence(start + first, start + last, known, False)
