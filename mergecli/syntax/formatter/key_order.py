"""The order of the keys of a spec, and the role of each value.

Only keys whose order has no meaning are moved: branches, inputs, variables, blocks, outputs and
layers keep theirs. A mapping with an unknown key is not sorted.
"""

from __future__ import annotations

import re
from typing import Callable, Iterable

from mergecli.catalog import registry
from mergecli.syntax.comments import MARKER
from mergecli.syntax.formatter.tree import FormatNode, Page, Slot
from mergecli.syntax.grammar import (
    BLOCK,
    BRANCH,
    ENTRY,
    EXTRA,
    FORMS,
    IN_LAYER,
    MERGED,
    SPEC,
    USE,
    WRAPPED,
    Form,
    Key,
)

#: The keys at the top in order; those that begin with `x-` come after the description.
_TOP = (*SPEC.names[:2], EXTRA, *SPEC.names[2:])

#: A mapping with anchors and more keys than this is not sorted, since that takes quadratic time.
_MOST_LINKED = 200
_known: dict[str, dict[str, int] | None] = {}


def arguments(name: str) -> dict[str, int] | None:
    """Return the place of each argument of a layer, `name` last; None if it is unknown."""
    if name not in _known:
        cls = registry.layer(name)
        order = None
        if cls is not None:
            wanted = dict.fromkeys(name for name in cls.argument_order if name in cls.arguments)
            names = [
                argument
                for argument in (*wanted, *(a for a in cls.arguments if a not in wanted))
                if argument != "name"
            ]
            order = {argument: place for place, argument in enumerate([*names, "name"])}
        _known[name] = order
    return _known[name]


def arrange(page: Page, naming: bool) -> bool:
    """Put all keys in order.

    Args:
        page: The page.
        naming: Whether to move also keys whose order decides automatic names of layers.

    Returns:
        Whether such keys were moved.
    """
    arranger = _Arranger(page, naming)
    arranger.top(page.root.value)
    return arranger.renames


class _Arranger:
    def __init__(self, page: Page, naming: bool) -> None:
        self.linked, self.protected, self.naming = page.linked, page.protected, naming
        self.renames = False

    def top(self, node: FormatNode) -> None:
        node.role = "top" if node.kind == "mapping" else ""
        for name, slot in _named(node):
            value = slot.value
            key = next((key for key in SPEC.keys if key.name == name), None)
            if key is not None:
                self.value(key, value)
            else:
                self.extra(value)
        if node.kind == "mapping" and node.slots:
            self._order_top(node)

    def _order_top(self, node: FormatNode) -> None:
        names = [_name(slot) for slot in node.slots]
        ranks = {name: place for place, name in enumerate(_TOP)}
        naming = [name for name in names if name in MERGED]
        moved = naming != sorted(naming, key=MERGED.index)
        if moved and not self.naming:
            ranks.update(zip(naming, sorted(ranks[name] for name in naming)))
        first = node.slots[0]
        order = self._sorted(
            node, lambda name: ranks.get(EXTRA if name.startswith(EXTRA) else name)
        )
        # A comment that applies to one line would then apply to the whole file.
        if order is None or (order[0] is not first and _has_marker(order[0].before)):
            return
        self.renames = moved and self.naming
        if order[0] is not first:
            _keep_heading(first, order[0])
        node.slots = order

    def each(self, node: FormatNode, one: Callable[[FormatNode], None], role: str) -> None:
        """Arrange the values of a mapping from names, which keep their order."""
        node.role = role if node.kind == "mapping" else ""
        for slot in node.slots:
            one(slot.value)

    def value(self, key: Key, node: FormatNode) -> None:
        """Arrange the value of a key of the language."""
        if key.form == "layers":
            self.layers(node)
        elif key.form == "entry":
            self.entry(node)
        elif key.form == "input":
            self.each(node, self.input, key.name) if key.each else self.input(node)
        elif key.form in FORMS and key.each:
            form = FORMS[key.form]
            self.each(node, lambda value: self.body(value, form), key.name)

    def body(self, node: FormatNode, form: Form) -> None:
        """Arrange a branch, a head or a block."""
        if node.kind == "sequence":
            self.layers(node)
            return
        node.role = "body" if node.kind == "mapping" else ""
        keys = {key.name: key for key in form.keys}
        for name, slot in _named(node):
            if name in keys:
                self.value(keys[name], slot.value)
        names = form.names
        self._order(node, lambda name: names.index(name) if name in names else None)

    def input(self, node: FormatNode) -> None:
        self._order(node, _place_in("InputLayer"))

    def layers(self, node: FormatNode) -> None:
        if node.kind == "sequence":
            node.role = "layers"
            for slot in node.slots:
                self.entry(slot.value)

    def entry(self, node: FormatNode) -> None:
        if node.kind != "mapping":
            return
        node.role = "entry"
        # `use` replaces the class.
        beside = [name for name in ENTRY.names if name != USE.names[0]]
        classes = [(name, slot) for name, slot in _named(node) if name not in (*beside, "<<")]
        for name, slot in classes:
            self.applied(name, slot.value)
        if len(classes) == 1:
            names = [classes[0][0], *beside]
            self._order(node, lambda name: names.index(name) if name in names else None)

    def applied(self, cls: str, node: FormatNode) -> None:
        """Arrange the arguments of a layer."""
        if node.kind == "mapping":
            for slot in node.slots:
                self.argument(slot.value)
            self._order(node, _place_in(cls))
        else:
            self.argument(node)

    def argument(self, node: FormatNode) -> None:
        """Arrange a value that may contain layers, or be a model."""
        if node.kind == "mapping" and any(name in IN_LAYER for name, _ in _named(node)):
            self.body(node, WRAPPED)
            return
        for name, slot in _named(node):
            if node.kind == "mapping" and len(node.slots) == 1 and name[:1].isupper():
                self.applied(name, slot.value)
            else:
                self.argument(slot.value)

    def extra(self, node: FormatNode) -> None:
        """Arrange the value of a key that is ignored or unknown, which may be anything."""
        # A list of plain names could be anything, not only classes.
        if node.kind == "sequence" and any(
            not inner.value.nothing
            for slot in node.slots
            for inner in slot.value.slots
            if inner.key
        ):
            self.layers(node)
        elif node.kind == "mapping" and any(name == "layers" for name, _ in _named(node)):
            is_block = any(name == "params" for name, _ in _named(node))
            self.body(node, BLOCK if is_block else BRANCH)

    def _order(self, node: FormatNode, place: Callable[[str], int | None]) -> None:
        order = (
            self._sorted(node, place) if node.kind == "mapping" and len(node.slots) > 1 else None
        )
        if order is not None:
            node.slots = order

    def _sorted(self, node: FormatNode, place: Callable[[str], int | None]) -> list[Slot] | None:
        """Return the slots of a mapping by the places of their keys; None if they keep theirs."""
        slots = node.slots
        names = [_name(slot) for slot in slots]
        ranks = []
        for name in names:
            # Keys override those of `<<`, wherever it is; in an entry it goes after the class.
            rank = (0 if node.role == "entry" else -1) if name == "<<" else place(name)
            if rank is None:
                return None
            ranks.append(rank)
        wanted = sorted(range(len(slots)), key=lambda number: ranks[number])
        if wanted == list(range(len(slots))):
            return None
        if self.linked and len(slots) > _MOST_LINKED:
            return None
        if self.linked:
            wanted = _linked(slots, ranks)
        if wanted[0] and not node.flow and self.protected & {slots[0].line, slots[wanted[0]].line}:
            # A comment on the first line applies to the mapping, too.
            return None
        return [slots[number] for number in wanted]


def _keep_heading(old: Slot, new: Slot) -> None:
    """Keep the comments at the top of the file there when another key becomes the first.

    A separate paragraph of comments before the old first key stays with that key.
    """
    comments = old.before
    cut = max((place for place, comment in enumerate(comments) if comment is None), default=0)
    is_separate = not old.blank and cut > 0 and not _has_marker(comments[cut:])
    if is_separate:
        head, old.before, blank = comments[:cut], comments[cut:], True
    else:
        head, old.before, blank = comments, [], old.blank and bool(comments)
    own = new.before
    own = own[1:] if own[:1] == [None] else own
    new.before = [*head, *([None] if blank and own else []), *own]
    new.blank = blank if not own else new.blank
    old.blank = False


def _has_marker(comments: list[str | None]) -> bool:
    """Whether one of several comments is for mergecli."""
    return any(comment and MARKER in comment for comment in comments)


def _place_in(cls: str) -> Callable[[str], int | None]:
    places = arguments(cls) if cls[:1].isupper() or cls.startswith("ops.") else None
    return (lambda name: None) if places is None else places.get


def _named(node: FormatNode) -> Iterable[tuple[str, Slot]]:
    return [(_name(slot), slot) for slot in node.slots]


def _name(slot: Slot) -> str:
    """Return a key without its quotes, which only `<<` keeps: quoted, it is not a merge key."""
    if slot.key is None:
        return ""
    text = slot.key.text
    return text[1:-1] if slot.key.style in ("'", '"') and text[1:-1] != "<<" else text


def _linked(slots: list[Slot], ranks: list[int]) -> list[int]:
    """Return the order nearest to the ranks that keeps anchors and aliases in sequence."""
    links = [_links(slot) for slot in slots]
    left = list(range(len(slots)))
    order: list[int] = []
    while left:
        free = [n for n in left if not any(m < n and _bound(links[m], links[n]) for m in left)]
        chosen = min(free, key=lambda number: (ranks[number], number))
        order.append(chosen)
        left.remove(chosen)
    return order


def _bound(first: tuple[set[str], set[str]], second: tuple[set[str], set[str]]) -> bool:
    """Whether two slots, by their anchors and aliases, cannot change places."""
    return bool(first[0] & (second[0] | second[1]) or first[1] & second[0])


def _links(slot: Slot) -> tuple[set[str], set[str]]:
    """Return the anchors and the aliases in a slot."""
    anchors: set[str] = set()
    aliases: set[str] = set()
    stack = [slot.value, *([slot.key] if slot.key is not None else [])]
    while stack:
        node = stack.pop()
        if node.kind == "alias":
            aliases.add(node.text[1:])
        anchors.update(re.findall(r"(?:^| )&(\S+)", node.properties))
        for inner in node.slots:
            stack += [inner.value, *([inner.key] if inner.key is not None else [])]
    return anchors, aliases
