"""Lists of entries -> calls: each entry applied to the one before it, or to its `from`."""

from __future__ import annotations

from functools import partial
from typing import Mapping

from mergecli.catalog.arguments import Argument, ArgumentError, Truth
from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer
from mergecli.compiler.lowering.context import (
    MOST_LAYERS,
    BlockScope,
    Lowering,
    PendingUse,
    Reference,
    Scope,
    Several,
    Sources,
    Start,
    TooLarge,
)
from mergecli.compiler.lowering.references import read_sources
from mergecli.diagnostics.diagnostic import Edit
from mergecli.diagnostics.source import Span, Via
from mergecli.diagnostics.suggestions import did_you_mean, listed, slip
from mergecli.ir.graph import Call, Location
from mergecli.ir.subgraphs import frozen_inside
from mergecli.syntax import ast, entry_parser
from mergecli.syntax.quoting import describe, flow
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_tree import Mapping as MappingNode
from mergecli.syntax.yaml_tree import Scalar, Sequence, Tree, position, rejoined, size_of

#: The class of a call whose layer is not known yet.
USE = "use"
#: The deepest nesting of block instances.
MAX_DEPTH = 64
#: How many variables or values of a tree are copied in the time of one step of work.
_COPIES_PER_STEP = 16


class Place:
    """Where entries are: the prefix of automatic names, the branch, and the repetition."""

    __slots__ = ("branch", "number", "prefix")

    def __init__(self, prefix: str, branch: str | None, number: int | None = None) -> None:
        self.prefix, self.branch, self.number = prefix, branch, number


# Lists of entries.


def lower_layers(
    context: Lowering,
    tree: Tree,
    start: Start,
    prefix: str,
    branch: str | None,
    key: Scalar | None,
) -> Sources | None:
    """Lower a list of entries.

    Args:
        context: The spec.
        tree: The list.
        start: The tensors that its first entry is applied to.
        prefix: The start of automatic names of its layers.
        branch: The branch that it is in.
        key: The key that the list belongs to, for messages.

    Returns:
        The result of the last entry.
    """
    if type(tree) is not Sequence and not (type(tree) is Scalar and tree.value is None):
        is_head = key is not None and branch is None and key.value == "head"
        inner = tree.get("layers") if is_head and type(tree) is MappingNode else None
        if inner is not None:
            _report_layers_of_head(context, tree, inner)
            return lower_layers(context, inner, start, prefix, branch, None)
        message = f"{'`head`' if is_head else '`layers`'} must be a list of layers"
        hint = "put `- ` in front of each layer, or list them in brackets"
        if type(tree) is Scalar:
            hint = f"list it: `[{tree.raw.strip('()')}]`"
        message += f", found {describe(tree.data())}"
        context.sink.error(tree.span, "wrong-type", message, hint)
        return None
    last: Start = start
    place = Place(prefix, branch)
    for item in rejoined(tree).items if type(tree) is Sequence else ():
        # After an entry that is not a layer, the input of the next one is unknown.
        last = _lower_item(context, item, last, place)
    if not isinstance(last, Several):
        return last
    if branch is None and context.has_outputs:
        # An input may be an output, next to another one that is idle.
        return None
    message = f"{listed(last.names, 'and')} are inputs that no layer takes"
    hint = "add a layer that joins them, such as `Concatenate`"
    span = key.span if key is not None else tree.span
    context.sink.error(span, "input-count", message, hint)
    return None


def _report_layers_of_head(context: Lowering, tree: Tree, inner: Tree) -> None:
    """Report `head: {layers: […]}`; only the heads under `heads` have keys."""
    assert type(tree) is MappingNode
    key = next(key for key, _ in tree.entries if key.value == "layers")
    fix: tuple[Edit, ...] = ()
    if len(tree.entries) == 1 and position(tree.start) < position(key.start):
        outer, inside = tree.span, inner.span
        before = outer._replace(end_line=inside.line, end_column=inside.column)
        after = outer._replace(line=inside.end_line, column=inside.end_column)
        fix = (Edit(before, ""), Edit(after, ""))
    message = "`head` must be a list of layers, found a mapping"
    hint = "remove `layers:`, and write its list below `head`"
    context.sink.error(key.span, "wrong-type", message, hint, fix=fix)


def _lower_item(context: Lowering, tree: Tree, previous: Start, place: Place) -> Start:
    """Lower an entry the number of times that its `repeat` gives."""
    times = tree.get("repeat") if type(tree) is MappingNode else None
    if times is None or type(tree) is not MappingNode:
        return _lower_once(context, context.fill_entry(tree), previous, place)
    count = context.fill(times).data()
    if broken(count):
        return None
    if type(count) is not int or not 0 <= count <= MOST_LAYERS:
        message = f"`repeat` must be an integer of 0 or more, found {describe(count)}"
        context.sink.error(times.span, "wrong-type", message)
        return None
    _check_size(context, tree, times.span)
    outer, last = context.variables, previous
    context.spend(count * (size_of(tree) + len(outer)) // _COPIES_PER_STEP, times.span)
    for number in range(count):
        context.variables = Scope({**outer, "i": number}, outer)
        # Only the first of a row is applied to `from`.
        left_out = ("repeat", "from") if number else ("repeat",)
        once = MappingNode(tree.start)
        once.entries = [pair for pair in tree.entries if pair[0].value not in left_out]
        once.end = tree.end
        at = Place(place.prefix, place.branch, number)
        last = _lower_once(context, context.fill_entry(once), last, at)
    context.variables = outer
    return last


def _lower_once(context: Lowering, tree: Tree, previous: Start, place: Place) -> Sources | None:
    """Lower a layer, a use, or an instance of a block.

    Raises:
        TooLarge: Blocks and repetition have more entries than any model needs, even if these are
            wrong and add nothing.
    """
    if context.variables is not context.globals:
        context.entries_read += 1
        if context.entries_read > 2 * MOST_LAYERS:
            raise TooLarge(tree.span)
        context.spend(size_of(tree), tree.span)
    suggest = context.arguments.declared.entry
    entry = entry_parser.entry(tree, context.blocks, context.sink, suggest=suggest)
    if entry is None:
        return None
    if isinstance(entry, ast.Instance):
        return _lower_instance(context, entry, previous, place)
    if isinstance(entry, ast.Use):
        call = _lower_use(context, entry, previous, place)
    else:
        call = _lower_layer(context, entry, previous, place)
    return Sources((call.index,))


def lower_merge(context: Lowering, tree: Tree) -> None:
    """Lower the merge, which is applied to all branches unless it has a `from`."""
    if type(tree) is Sequence:
        _report_list(context, tree)
        return
    entry = entry_parser.entry(tree, (), context.sink, is_merge=True)
    if entry is None or isinstance(entry, ast.Instance):
        return
    place = Place("", None)
    span = entry.target.span if isinstance(entry, ast.Use) else entry.cls.span
    branches = Sources((Reference("", span, "all"),), listed=True)
    if isinstance(entry, ast.Use):
        call = _lower_use(context, entry, branches, place)
    else:
        call = _lower_layer(context, entry, branches, place)
    context.graph.merge = call.index


def _report_list(context: Lowering, tree: Sequence) -> None:
    """Report a list under `merge`, with the layers that belong elsewhere."""
    message = f"`merge` must be one layer, found {describe(tree.data())}"
    hint = "write one layer, such as `merge: Concatenate`"
    names = [item.value for item in tree.items if type(item) is Scalar]
    if tree.items and all(name in context.names.ends for name in names) and names:
        hint = "write the layer that joins the branches, such as `merge: Concatenate`"
    elif tree.items:
        first = flow(tree.items[0].data()).strip("{}")
        hint = f"write `merge: {first if ':' not in first else f'{{{first}}}'}`"
        if len(tree.items) > 1:
            hint += "; the layers after the merge belong under `head`"
    context.sink.error(tree.span, "wrong-type", message, hint)


# The size of blocks and repetition.


def _check_size(context: Lowering, tree: Tree, span: Span) -> None:
    """Check that an entry, with the blocks in it, does not certainly add too many layers.

    Raises:
        TooLarge: It does.
    """
    if context.added + _least(context, tree, MAX_DEPTH) > MOST_LAYERS:
        raise TooLarge(span)


def _least(context: Lowering, tree: Tree, depth: int) -> int:
    """Return the fewest layers that an entry adds; a repetition by a variable counts as 0."""
    count = tree.get("repeat") if type(tree) is MappingNode else None
    times = 1
    if count is not None:
        times = count.value if type(count) is Scalar and type(count.value) is int else 0
    keys = [tree] if type(tree) is Scalar else []
    if type(tree) is MappingNode:
        keys = [key for key, _ in tree.entries]
    block = next(
        (context.blocks[str(k.value)] for k in keys if depth and _names_block(context, k)), None
    )
    if block is None:
        return times
    if block.name not in context.least:
        # A block that contains itself adds nothing, which is reported elsewhere.
        context.least[block.name] = 0
        inside = (_least(context, item, depth - 1) for item in block.layers.items)
        context.least[block.name] = sum(inside)
    return times * context.least[block.name]


def _names_block(context: Lowering, key: Scalar) -> bool:
    return isinstance(key.value, str) and key.value in context.blocks


# Blocks.


def _lower_instance(
    context: Lowering, entry: ast.Instance, previous: Start, place: Place
) -> Sources | None:
    """Lower the layers of a block under the name of the instance."""
    sink, span = context.sink, entry.block.span
    block = context.blocks[str(entry.block.value)]
    if not _can_open(context, block.name, span):
        return None
    _check_size(context, entry.block, span)
    variables = parameters_of(context, block, entry.arguments)
    start: Start = previous
    if entry.sources is not None:
        start = read_sources(context, entry.sources, previous, True)
    if isinstance(start, Several):
        message = f"`{block.name}` could take {listed(start.names)}"
        sink.error(span, "ambiguous-input", message, "add `from: …`")
        start = None
    name = _instance_name(context, block.name, entry.instance, place.number)
    outer = context.variables, context.scope
    context.variables, context.scope = variables, BlockScope(name, start)
    context.open_blocks.append(block.name)
    with sink.nested(Via("block", block.name, name, span._replace(path=context.source.path))):
        end = lower_layers(context, block.layers, start, f"{name}_", place.branch, None)
    context.open_blocks.pop()
    context.variables, context.scope = outer
    # Of repeated instances the name alone means the last one.
    known = [name] if entry.instance is None else [name, context.scoped(entry.instance)]
    for alias in known:
        context.names.instances[alias], context.names.starts[alias] = end, start
    return end


def _can_open(context: Lowering, block: str, span: Span) -> bool:
    """Whether a block may be used here; if not, that is reported."""
    opened = context.open_blocks
    if block in opened:
        if span not in context.cycles:
            context.cycles.add(span)
            names = [*opened[opened.index(block) :], block]
            cycle = " -> ".join(f"`{name}`" for name in names)
            message = f"cycle: {cycle}; a block cannot contain itself"
            context.sink.error(span, "cyclic-block", message)
        return False
    if len(opened) == MAX_DEPTH:
        message = f"blocks are nested deeper than {MAX_DEPTH} levels"
        context.sink.error(span, "too-deep", message)
        return False
    return True


def parameters_of(context: Lowering, block: ast.Block, tree: Tree | None) -> dict[str, object]:
    """Return the variables that an instance of a block sees."""
    sink, params = context.sink, block.params
    copied = len(context.globals) // _COPIES_PER_STEP
    context.spend(copied + len(params), block.key.span)
    values = Scope(context.globals, context.variables, _entry_of(context), block)
    values.update((name, context.filled(default).data()) for name, default in params.items())
    is_empty = tree is None or (type(tree) is Scalar and tree.raw == "")
    if type(tree) is MappingNode:
        for key, value in tree.entries:
            name = str(key.value)
            if key.value in params:
                values[name] = value.data()
                continue
            has = f"it has {listed(params, 'and')}" if params else None
            message = f"block `{block.name}` has no parameter `{key.raw}`"
            hint = did_you_mean(name, params, sink.searches) or has
            fix = key.respelled(slip(name, params))
            sink.error(key.span, "unknown-argument", message, hint, fix=fix)
    elif type(tree) is Scalar and not is_empty and params:
        values[next(iter(params))] = tree.value
    elif tree is not None and not is_empty:
        message = f"block `{block.name}` takes no value here"
        hint = "name its parameters: `{name: value}`"
        sink.error(tree.span, "unknown-argument", message, hint)
    return values


def _entry_of(context: Lowering) -> Tree | None:
    return context.written.tree if context.written is not None else None


def _instance_name(context: Lowering, block: str, instance: str | None, number: int | None) -> str:
    """Return the name of an instance: its own, or the block's with a number."""
    if instance is not None:
        return context.scoped(instance if number is None else f"{instance}_{number}")
    name = context.instance_names.name(context.scoped(block))
    context.open_instances.add(name)
    return name


# Layers and uses.


def _lower_layer(context: Lowering, entry: ast.Entry, previous: Start, place: Place) -> Call:
    """Add the call of a layer or an operation."""
    cls, shown = context.arguments.layer_class(entry.cls), str(entry.cls.value)
    layer: Layer | None = None
    places: Mapping[str, Span] = {}
    # Arguments next to the class instead of below it are already reported, not missing.
    if cls is not None and entry.is_complete:
        layer, places = _read_arguments(context, cls, entry, shown)
    written = _place_of_sources(entry.sources, previous)
    location = Location(entry.cls.span, places, written, context.sink.via)
    name = (cls.keras_name or cls.__name__) if cls is not None else shown
    call = context.new_call(name, layer, location, place.branch, place.prefix)
    if context.trace is not None and context.written is not None:
        context.trace.calls[call.index] = context.written, layer
    _set_given_name(context, call, entry)
    takes_numbers = cls is None or cls.module == "ops"
    _set_sources(context, call, entry.cls, entry.sources, previous, takes_numbers)
    if entry.call is not None:
        set_options(context, call, entry.call)
    return call


def layer_of(context: Lowering, cls: Scalar, arguments: Tree | None) -> Layer | None:
    """Return the layer of an entry without a call of it; None if it is wrong, which is reported.

    Args:
        context: The spec.
        cls: The class of the entry.
        arguments: Its arguments, their variables replaced.
    """
    known = context.arguments.layer_class(cls)
    if known is None:
        return None
    entry = ast.Entry(cls, arguments, None, None)
    return _read_arguments(context, known, entry, str(cls.value))[0]


def _read_arguments(
    context: Lowering, cls: type[Layer], entry: ast.Entry, shown: str
) -> tuple[Layer | None, Mapping[str, Span]]:
    """Return the layer of an entry, None if it is wrong, and the places of its arguments."""
    reader = context.arguments
    wrapped = cls.arguments.get("layer")
    if wrapped is not None and wrapped.models:
        reader.model = partial(context.project.lower_wrapped, context)
    made, places = reader.read(cls, entry.arguments, shown, entry.cls.span)
    reader.model = None
    assert made is None or isinstance(made, Layer)
    return made if made is None or made.trainable else frozen_inside(made), places


def _set_given_name(context: Lowering, call: Call, entry: ast.Entry) -> None:
    named = context.names.named
    if call.layer is not None:
        if call.layer.name is not None:
            call.name = context.scoped(call.layer.name)
            named[call.index] = call.place("name")
    elif type(entry.arguments) is MappingNode:
        # A layer with a wrong argument is still known by its name.
        name = entry.arguments.get("name")
        if type(name) is Scalar and isinstance(name.value, str):
            call.name = context.scoped(name.value)
            named[call.index] = name.span


def _lower_use(context: Lowering, entry: ast.Use, previous: Start, place: Place) -> Call:
    """Add the call of a `use`; its layer is looked up when all names are known."""
    span = entry.target.span
    written = _place_of_sources(entry.sources, previous)
    location = Location(span, {}, written, context.sink.via)
    call = context.new_call(USE, None, location, place.branch, "")
    context.names.later.add(call.index)
    if entry.instance is not None:
        name, number = str(entry.instance.value), place.number
        call.name = context.scoped(name if number is None else f"{name}_{number}")
        context.names.named[call.index] = entry.instance.span
    _set_sources(context, call, entry.target, entry.sources, previous, False)
    scope = context.scope.prefix if context.scope is not None else ""
    context.uses.append(PendingUse(call, entry.name, span, scope, entry.call))
    return call


def _place_of_sources(tree: Tree | None, previous: Start) -> Span | None:
    """Return the place of the sources of a call: its `from`, or that of its block."""
    if tree is not None:
        return tree.span
    return previous.span if isinstance(previous, Sources) else None


def _set_sources(
    context: Lowering,
    call: Call,
    name: Scalar,
    tree: Tree | None,
    previous: Start,
    takes_numbers: bool,
) -> None:
    """Record the sources of a call: its `from`, or the entry before."""
    sources: Sources | None
    if tree is not None:
        sources = read_sources(context, tree, previous, True, takes_numbers)
    elif isinstance(previous, Several):
        names = previous.names
        message = f"`{name.value}` could take {listed(names)}"
        hint = (
            f"add `from: {names[0]}`, or `from: [{', '.join(names)}]` for a layer that joins them"
        )
        context.sink.error(name.span, "ambiguous-input", message, hint)
        sources = None
    else:
        sources = previous
    context.names.sources[call.index] = sources


def set_options(context: Lowering, call: Call, tree: Tree) -> None:
    """Check the value of `call`, the arguments of a call that are not tensors, and set them."""
    if type(tree) is not MappingNode:
        message = "`call` must be a mapping from an argument of the call to its value"
        context.sink.error(tree.span, "wrong-type", message, "such as `call: {training: false}`")
        return
    layer = call.layer
    known: Mapping[str, Argument] = (
        layer.options if layer is not None else {"training": Truth(none=True)}
    )
    for key, value in tree.entries:
        name = str(key.value)
        argument = known.get(name)
        if argument is None and isinstance(layer, Custom):
            argument = Argument()
        if argument is None and layer is not None:
            takes = f"it takes {listed(known, 'and')}; tensors go under `from:`"
            hint = did_you_mean(name, known, context.sink.searches) or takes
            message = f"a call of `{call.cls}` takes no argument `{key.raw}`"
            fix = key.respelled(slip(name, known))
            context.sink.error(key.span, "unknown-argument", message, hint, fix=fix)
        elif argument is not None:
            try:
                call.options[name] = argument.check(value.data())
            except ArgumentError as error:
                shown = f"{call.cls}.call.{name}"
                context.arguments.report_value(error, shown, value, argument)
