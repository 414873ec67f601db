"""Tree -> syntax tree, by the grammar; all errors about keys and their types are reported here.

A wrong spec raises nothing, and no variable is replaced. Where a value may come from a
variable, lowering replaces it and calls the function for that value: `entry`, `inputs`, `outputs`.
"""

from __future__ import annotations

import re
from typing import Callable, Container, Iterable, Optional, Tuple

from mergecli.catalog import registry
from mergecli.diagnostics.diagnostic import DiagnosticSink, Edit
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.suggestions import did_you_mean, listed, nearest, slip
from mergecli.syntax import ast
from mergecli.syntax.grammar import (
    BLOCK,
    BLOCK_NAME,
    BRANCH,
    BUDGET,
    BYTES,
    CHOICES,
    ENDINGS,
    ENTRY,
    EXTRA,
    HEAD,
    IN_LAYER,
    INSTANCE,
    MERGED,
    MODEL,
    PLAIN,
    ROLES,
    SPEC,
    USE,
    WRAPPED,
    Form,
)
from mergecli.syntax.quantities import amount
from mergecli.syntax.quoting import describe, flow
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, rejoined

#: Returns how an entry with a similar name is written: a hint, and the text.
Suggest = Callable[[str], Optional[Tuple[str, str]]]
#: The rule for names with which layer names begin.
_PREFIX_RULE = "must not be empty or contain `/`, since layer names begin with it"

#: Arguments of `compile`, of its optimizer, and of applications, which are often written elsewhere.
_COMPILED = ("optimizer", "loss", "loss_weights", "metrics", "learning_rate", "lr")
_OPTIMIZER = ("learning_rate", "lr", "momentum", "beta_1", "beta_2", "clipnorm", "weight_decay")
_APPLICATION = ("include_top", "weights", "pooling", "classes", "input_shape", "alpha")
#: What is often written beside a class, with its hint.
_BESIDE = {
    **dict.fromkeys(("inputs", "input", "on", "branches"), "name the tensors with `from`"),
    **dict.fromkeys(("times", "n", "count", "repeats"), "did you mean `repeat`?"),
    "training": "write `call: {training: …}`",
}
#: The most keys of an entry among which its class is searched.
_MOST_STRAYS = 20


def parse(tree: Tree, sink: DiagnosticSink) -> ast.Spec | None:
    """Parse a spec.

    Args:
        tree: Its YAML tree.
        sink: Receives what is wrong with its shape.

    Returns:
        The correct parts of the spec; None if there are none.
    """
    if type(tree) is not Mapping:
        sink.error(tree.span, "wrong-type", SPEC.expected)
        return None
    tree = _unique(tree)
    keys = {key.value: (key, value) for key, value in tree.entries}
    if _is_both(keys, sink):
        return None
    is_plain = any(key in keys for key in PLAIN)
    _check_keys(tree, SPEC, sink)
    body = None
    if is_plain:
        body = _body(tree, None, sink)
    elif (
        "branches" not in keys
        and not any(role in keys for role in ROLES)
        and not _is_misspelled(tree, SPEC, ("layers", "branches"), sink)
    ):
        hint = "write `input:` and `layers:` for a plain model, or `branches:` for a merged one"
        message = "a spec needs `layers` or `branches`"
        sink.error(tree.span.begin, "missing-key", message, hint)
    return ast.Spec(
        tree.span.begin,
        _variables(tree.get("vars"), sink),
        _blocks(tree.get("blocks"), sink),
        body,
        _branches(tree.get("branches"), sink),
        _section(keys, "merge"),
        _section(keys, "head"),
        _heads(keys, sink),
        name=tree.get("name"),
        description=tree.get("description"),
        outputs=tree.get("outputs"),
        training=tree.get("compile"),
        budget=tree.get("budget"),
        order=tuple(key.value for key, _ in tree.entries if key.value in MERGED),
        is_merged="branches" in keys,
    )


def _is_both(keys: dict[object, tuple[Scalar, Tree]], sink: DiagnosticSink) -> bool:
    """Report a spec that is both a plain and a merged model."""
    merged = [key for key in MERGED if key in keys]
    plain = [key for key in PLAIN if key in keys]
    if not plain or not merged:
        return False
    key, other = keys[merged[0]][0], plain[0]
    message = f"a spec with `{other}` at the top is a plain model and has no `{key.value}`"
    hint = (
        f"keep `{other}` for a plain model,"
        f" or make it a branch: `branches: {{name: {{{other}: …}}}}`"
    )
    sink.error(key.span, "unknown-key", message, hint)
    return True


def _section(keys: dict[object, tuple[Scalar, Tree]], name: str) -> ast.Section | None:
    return ast.Section(*keys[name]) if name in keys else None


# Sections.


def _variables(tree: Tree | None, sink: DiagnosticSink) -> tuple[ast.Variable, ...]:
    if tree is None:
        return ()
    if type(tree) is not Mapping:
        message = "`vars` must be a mapping from a variable's name to its value"
        sink.error(tree.span, "wrong-type", message)
        return ()
    for key, _ in (entries := rejoined(tree).entries):
        if not str(key.value).isidentifier():
            name = describe(key.value)
            message = "the name of a variable must consist of letters, digits and `_`"
            sink.error(key.span, "wrong-value", f"{message}, found {name}")
    return tuple(_variable(key, value, sink) for key, value in entries)


def _variable(key: Scalar, tree: Tree, sink: DiagnosticSink) -> ast.Variable:
    """Parse the value of a variable, or its choices and its default."""
    choices = tree.get("choices") if type(tree) is Mapping else None
    if choices is None or type(tree) is not Mapping:
        return ast.Variable(key, tree)
    before = len(sink)
    _check_keys(tree, CHOICES, sink)
    if type(choices) is not Sequence or not choices.items:
        message = f"`choices` must be a list of values, found {describe(choices.data())}"
        hint = f"list them: `[{choices.raw}]`" if type(choices) is Scalar and choices.raw else None
        sink.error(choices.span, "wrong-type", message, hint)
        return ast.Variable(key, tree.get("default") or choices)
    default = tree.get("default")
    values = [item.data() for item in choices.items]
    if default is not None and len(sink) == before and default.data() not in values:
        message = f"the default must be one of the choices, found {describe(default.data())}"
        sink.error(default.span, "wrong-value", message, f"choose one of {flow(values)}")
    return ast.Variable(key, default or choices.items[0], tuple(choices.items))


def _blocks(tree: Tree | None, sink: DiagnosticSink) -> dict[str, ast.Block]:
    if tree is None:
        return {}
    if type(tree) is not Mapping:
        message = "`blocks` must be a mapping from a block's name to its `params` and `layers`"
        sink.error(tree.span, "wrong-type", message)
        return {}
    result = (_block(key, value, sink) for key, value in tree.entries)
    return {block.name: block for block in result if block is not None}


def _block(key: Scalar, tree: Tree, sink: DiagnosticSink) -> ast.Block | None:
    name = key.value
    if not isinstance(name, str) or not re.fullmatch(BLOCK_NAME, name) or name in ENTRY.names:
        message = f"the name of a block must begin with a lower-case letter, found {describe(name)}"
        sink.error(key.span, "wrong-value", message)
        return None
    layers = tree.get("layers") if type(tree) is Mapping else None
    if type(tree) is not Mapping or type(layers) is not Sequence:
        message = f"block `{name}` needs `layers`"
        is_list = type(tree) is Sequence
        hint = f"write `{name}: {{layers: […]}}`" if is_list else "add a list of entries"
        sink.error(key.span, "missing-key", message, hint)
        # Entries that use the block have no mistake.
        return ast.Block(key, {}, tree) if type(tree) is Sequence else None
    _check_keys(tree, BLOCK, sink)
    params = tree.get("params")
    if params is not None and type(params) is not Mapping:
        message = "`params` must be a mapping from a parameter's name to its default"
        sink.error(params.span, "wrong-type", message)
    entries = params.entries if type(params) is Mapping else ()
    return ast.Block(key, {str(name.value): value for name, value in entries}, layers)


def _branches(tree: Tree | None, sink: DiagnosticSink) -> tuple[ast.Branch, ...]:
    if tree is None:
        return ()
    if type(tree) is not Mapping or not tree.entries:
        message = "`branches` must be a mapping from a branch's name to its `input` and `layers`"
        hint = "name each branch: `name: {input: …, layers: …}`"
        sink.error(tree.span, "wrong-type", message, hint if type(tree) is Sequence else None)
        return ()
    result = (_branch(key, rejoined(value), sink) for key, value in tree.entries)
    return tuple(branch for branch in result if branch is not None)


def _branch(key: Scalar, tree: Tree, sink: DiagnosticSink) -> ast.Branch | None:
    name = text(key, "the name of a branch must be a string", sink)
    if name is None:
        return None
    if "/" in name or not name:
        sink.error(key.span, "wrong-value", f"the name of a branch {_PREFIX_RULE}")
        return None
    if type(tree) is not Mapping:
        message = (
            f"branch `{name}` must be a mapping with `input` and `layers`,"
            f" found {describe(tree.data())}"
        )
        hint = f"write `{name}: {{input: …, layers: […]}}`"
        if type(tree) is Sequence:
            hint = f"write `{name}: {{input: …, layers: {flow(tree.data())}}}`"
        elif type(tree) is Scalar and tree.value is None:
            hint += f", or remove `{name}`"
        fix: tuple[Edit, ...] = ()
        role = role_of(tree)
        if role is not None and type(tree) is Scalar:
            written = f"{{{role}: {flow(tree.value)}}}"
            hint, fix = f"write `{name}: {written}`", tree.rewritten(written)
        sink.error(tree.span, "wrong-type", message, hint, fix=fix)
        return ast.Branch(key, None, None, None)
    tree = _unique(tree)
    is_model = any(tree.get(role) is not None for role in ROLES)
    if not is_model and _is_model_under_other_key(tree, sink):
        return ast.Branch(key, None, None, None)
    _check_keys(tree, BRANCH, sink)
    body = _include(key, tree, sink) if is_model else _body(tree, key, sink)
    return ast.Branch(key, body, tree.get("trainable"), tree.get("budget"))


def role_of(tree: Tree) -> str | None:
    """Return the key for the model that a value names; None if it is not the name of one."""
    if type(tree) is not Scalar or not isinstance(tree.value, str):
        return None
    return role_of_text(tree.value)


def role_of_text(name: str) -> str | None:
    """Return the key for the model that a string names: `spec`, `model` or `application`.

    >>> role_of_text("vision.keras"), role_of_text("MobileNetV2"), role_of_text("vision")
    ('model', 'application', None)
    """
    from mergecli.catalog.application_names import is_application  # start-up

    path = name.lower()
    role = next((role for role, ends in ENDINGS.items() if path.endswith(ends)), None)
    return "application" if role is None and is_application(name) else role


def _is_model_under_other_key(tree: Mapping, sink: DiagnosticSink) -> bool:
    """Report a branch whose model is the value of a key such as `path`; return whether it is one."""
    for key, value in tree.entries:
        if key.value in BRANCH.names and key.value != "layers":
            continue
        role = role_of(value) if len(tree.entries) < _MOST_STRAYS else None
        if role is None or type(value) is not Scalar or key.value == "weights":
            continue
        hint = f"write `{role}: {flow(value.value)}`"
        if key.value in BRANCH.names:
            message = f"`{key.value}` must be a list of layers, found {describe(value.value)}"
            sink.error(value.span, "wrong-type", message, hint, fix=key.respelled(role))
        else:
            unknown_key(key, BRANCH.names, BRANCH.owner, sink, hint, key.respelled(role))
        return True
    return False


def _start(tree: Mapping) -> ast.Start:
    return ast.Start(tree.get("input"), tree.get("inputs"), tree.get("from"))


def _body(tree: Mapping, branch: Scalar | None, sink: DiagnosticSink) -> ast.Body:
    """Parse a plain model, or a branch of layers."""
    owner = f"branch `{branch.value}`" if branch is not None else "the model"
    if branch is not None:
        _check_no_model(tree, owner, sink)
    _check_start(tree, branch, owner, sink)
    layers = tree.get("layers")
    if layers is None and branch is None and not _is_misspelled(tree, SPEC, ("layers",), sink):
        hint = "list them: `layers: [Flatten, {Dense: 10}]`"
        sink.error(tree.span.begin, "missing-key", "the model has no `layers`", hint)
    return ast.Body(_start(tree), layers)


def _check_no_model(tree: Mapping, owner: str, sink: DiagnosticSink) -> None:
    """Report keys of a branch of layers that only a branch with a model has."""
    for key, _ in tree.entries:
        if key.value in MODEL:
            message = f"`{key.value}` is only for branches with a model, and {owner} has none"
            hint = f"name the model: {listed([f'{role}: …' for role in ROLES])}"
            sink.error(key.span, "unknown-key", message, hint)


def _check_start(tree: Mapping, branch: Scalar | None, owner: str, sink: DiagnosticSink) -> None:
    """Report a body that does not start from exactly one of `input`, `inputs` and `from`."""
    starts = ("input", "inputs", "from")
    present = [name for name in starts if tree.get(name) is not None]
    if len(present) > 1:
        second = next(key for key, _ in tree.entries if key.value in present[1:])
        keep = listed(present, "and")
        message = f"{owner} already starts from `{present[0]}`; keep one of {keep}"
        sink.error(second.span, "unknown-key", message)
    if not present and not _is_misspelled(tree, BRANCH, starts, sink):
        hint = "define the input: `input: [32, 32, 3]`"
        hint += ", or start `from:` another branch" if branch is not None else ""
        span = branch.span if branch is not None else tree.span.begin
        sink.error(span, "missing-key", f"{owner} has no `input`", hint)


def _include(key: Scalar, tree: Mapping, sink: DiagnosticSink) -> ast.Include:
    """Parse a branch that is a model."""
    before = len(sink)
    role, *others = [name for name, _ in tree.entries if name.value in ROLES]
    for other in others:
        message = f"branch `{key.value}` already has a `{role.value}`"
        sink.error(other.span, "unknown-key", message, "give each model a branch of its own")
    before += len(others)
    feeds = _start(tree)
    if feeds.sources is not None and feeds.input is not None:
        message = f"branch `{key.value}` already starts from `from`; keep one of them"
        sink.error(feeds.input.span, "unknown-key", message)
    elif feeds.inputs is not None:
        message = "a model has inputs of its own; feed them with `from`"
        sink.error(feeds.inputs.span, "unknown-key", message)
    target = tree.get(role.value)
    assert target is not None
    return ast.Include(
        role,
        target,
        tree.get("with"),
        feeds,
        tree.get("output"),
        tree.get("prefix"),
        tree.get("nested"),
        tree.get("layers"),
        is_sound=len(sink) == before,
    )


def is_wrapped(tree: Tree) -> bool:
    """Whether the value of an argument is a model and not a layer."""
    return type(tree) is Mapping and any(key.value in IN_LAYER for key, _ in tree.entries)


def wrapped(tree: Mapping, sink: DiagnosticSink) -> ast.Wrapped:
    """Parse a model in a layer, its variables replaced."""
    before = len(sink)
    tree = _unique(rejoined(tree))
    _check_keys(tree, WRAPPED, sink)
    roles = [key for key, _ in tree.entries if key.value in ROLES]
    body: ast.Body | ast.Include | None
    if not roles:
        body = _body(tree, None, sink)
    else:
        role = str(roles[0].value)
        for key, _ in tree.entries:
            if key.value in (*ROLES, "input", "layers") and key is not roles[0]:
                message = f"the model already has a `{role}`, and no `{key.value}` beside it"
                sink.error(key.span, "unknown-key", message, "keep one of them")
        target = tree.get(role)
        assert target is not None
        output = tree.get("output")
        body = ast.Include(
            roles[0], target, tree.get("with"), ast.Start(), output, None, None, None
        )
    is_sound = len(sink) == before
    return ast.Wrapped(body if is_sound else None, tree.get("name"), tree.get("output"))


def _heads(keys: dict[object, tuple[Scalar, Tree]], sink: DiagnosticSink) -> tuple[ast.Head, ...]:
    if "heads" not in keys:
        return ()
    key, tree = keys["heads"]
    if "head" in keys:
        sink.error(key.span, "unknown-key", "a spec has `head` or `heads`, not both")
    if type(tree) is not Mapping or not tree.entries:
        message = "`heads` must be a mapping from an output's name to its `layers`"
        is_list = type(tree) is Sequence
        hint = (
            "write `head` for one output, or name each: `heads: {name: […]}`" if is_list else None
        )
        sink.error(tree.span, "wrong-type", message, hint)
        return ()
    result = (_head(name, body, sink) for name, body in tree.entries)
    return tuple(head for head in result if head is not None)


def _head(key: Scalar, tree: Tree, sink: DiagnosticSink) -> ast.Head | None:
    name = text(key, "the name of a head must be a string", sink)
    if name is None:
        return None
    if "/" in name or not name:
        sink.error(key.span, "wrong-value", f"the name of a head {_PREFIX_RULE}")
    if type(tree) is not Mapping:
        return ast.Head(key, None, tree)
    _check_keys(tree, HEAD, sink)
    return ast.Head(key, tree.get("from"), tree.get("layers"))


def inputs(tree: Tree, sink: DiagnosticSink) -> list[tuple[Scalar, Tree]]:
    """Parse `inputs`: the name and the tree of each; empty where it is wrong."""
    if type(tree) is not Mapping or not tree.entries:
        hint = None
        if type(tree) is Sequence and tree.items:
            few = tree.items[:3]
            named = ", ".join(f"input_{n}: {flow(t.data())}" for n, t in enumerate(few, 1))
            more = ", …" if len(tree.items) > len(few) else ""
            hint = f"name each of them: `inputs: {{{named}{more}}}`"
            if all(type(item) is Scalar for item in tree.items):
                names = [item.value for item in tree.items if type(item) is Scalar]
                hint = "for a single input, write `input: …`"
                if names and all(isinstance(name, str) for name in names):
                    given = ", ".join(f"{name}: […]" for name in names[:3]) + more
                    hint = f"give each its shape: `inputs: {{{given}}}`"
        message = "`inputs` must be a mapping from an input's name to its shape"
        sink.error(tree.span, "wrong-type", message, hint)
        return []
    entries: list[tuple[Scalar, Tree]] = rejoined(tree).entries
    return entries


def outputs(tree: Tree, sink: DiagnosticSink) -> ast.OutputNames:
    """Parse `outputs`: one reference, a list of them, or a mapping from names to references."""
    if type(tree) is Scalar:
        return ast.OutputNames((tree,), is_single=True)
    names = None
    if type(tree) is Mapping:
        message = "the name of an output must be a string"
        names = tuple(text(key, message, sink) for key, _ in tree.entries)
        trees = tuple(value for _, value in tree.entries)
    else:
        assert type(tree) is Sequence
        trees = tuple(tree.items)
    if not trees:
        sink.error(tree.span, "wrong-value", "`outputs` must name at least one result, found none")
    return ast.OutputNames(trees, names)


def budget(tree: Tree, sink: DiagnosticSink) -> dict[str, tuple[int, Span]]:
    """Parse a `budget`: each bound with its place, in parameters, bytes, multiply-accumulates or samples."""
    if type(tree) is not Mapping:
        if not broken(tree.data()):
            message = f"`budget` must be a mapping, found {describe(tree.data())}"
            sink.error(
                tree.span, "wrong-type", message, "write, for example, `budget: {parameters: 5M}`"
            )
        return {}
    limits = {}
    for key, value in tree.entries:
        name = str(key.value)
        if name not in BUDGET.names:
            hint = (
                did_you_mean(
                    "parameters" if name == "params" else name, BUDGET.names, sink.searches
                )
                or f"expected {listed(BUDGET.names)}"
            )
            sink.error(key.span, "unknown-key", f"`budget` has no key `{key.raw}`", hint)
            continue
        bound = amount(value.data(), name in BYTES)
        if bound is not None and (bound or name != "batch"):
            limits[name] = bound, value.span
        elif not broken(value.data()):
            what = "a number of bytes" if name in BYTES else "a number"
            message = f"`budget.{name}` must be {what}, found {describe(value.data())}"
            hint = f"write, for example, `{BUDGET.key(name).form}`"
            sink.error(value.span, "wrong-type", message, hint)
    return limits


def training(tree: Tree, known: Iterable[str], sink: DiagnosticSink) -> dict[str, Tree] | None:
    """Parse a `compile`: the tree of each argument; None where it is not a mapping.

    Args:
        tree: The tree, its variables replaced.
        known: The names of the arguments. They are not imported here, since optimizers, losses
            and metrics take time and most specs have no `compile`.
        sink: Receives what is wrong with its shape.
    """
    if type(tree) is not Mapping:
        if not broken(tree.data()):
            message = f"`compile` must be a mapping, found {describe(tree.data())}"
            hint = "write, for example, `compile: {optimizer: adam, loss: mse}`"
            sink.error(tree.span, "wrong-type", message, hint)
        return None
    known = tuple(known)
    parts: dict[str, Tree] = {}
    for key, value in tree.entries:
        if key.value in known:
            parts[key.value] = value
        else:
            name = str(key.value)
            near = elsewhere(name, "`compile`") or did_you_mean(name, known, sink.searches)
            hint = near or f"expected {listed(known)}"
            sink.error(key.span, "unknown-key", f"`compile` has no key `{key.raw}`", hint)
    return parts


# Entries.


def entry(
    tree: Tree,
    blocks: Container[str],
    sink: DiagnosticSink,
    is_merge: bool = False,
    suggest: Suggest | None = None,
) -> ast.Entry | ast.Use | ast.Instance | None:
    """Parse an entry of a list of layers.

    Args:
        tree: The entry, its variables replaced, without `repeat`.
        blocks: The names of the blocks of the spec.
        sink: Receives what is wrong with its shape.
        is_merge: Whether it is the value of `merge`.
        suggest: Returns how an entry with a similar name is written, from the names of the spec.

    Returns:
        The entry; None if it has no layer.
    """
    if type(tree) is Scalar:
        if _is_block(tree, blocks):
            return ast.Instance(tree, None, None, None)
    elif type(tree) is Mapping:
        is_use = False
        for key, value in tree.entries:
            if _is_block(key, blocks):
                return _instance(key, value, tree, sink)
            is_use = is_use or key.value == "use"
        if is_use:
            return _use(tree, sink)
    return _layer(tree, sink, is_merge, suggest)


def _is_block(key: Scalar, blocks: Container[str]) -> bool:
    return isinstance(key.value, str) and key.value in blocks


def _instance(key: Scalar, value: Tree, tree: Mapping, sink: DiagnosticSink) -> ast.Instance:
    name = None
    for other, part in tree.entries:
        if other.value == "as":
            name = text(part, "`as` must be a string", sink)
        elif other is not key and other.value != "from":
            unknown_key(other, INSTANCE.names, INSTANCE.owner, sink)
    return ast.Instance(key, value, tree.get("from"), name)


def _use(tree: Mapping, sink: DiagnosticSink) -> ast.Use | None:
    name: Tree | None = None
    instance: Tree | None = None
    for key, value in tree.entries:
        if key.value == "use":
            message = "`use` must be the name of a layer, a branch or a block instance"
            name = value if text(value, message, sink) is not None else None
        elif key.value == "as":
            instance = value if text(value, "`as` must be a string", sink) is not None else None
        elif key.value not in ("from", "call"):
            unknown_key(key, USE.names, USE.owner, sink)
    if type(name) is not Scalar:
        return None
    if type(instance) is Scalar and ("/" in str(instance.value) or not instance.value):
        message = "`as` must not be empty or contain `/`, since it is a layer name"
        sink.error(instance.span, "wrong-value", message)
        instance = None
    assert instance is None or type(instance) is Scalar
    return ast.Use(name, tree.get("from"), tree.get("call"), instance)


def _layer(
    tree: Tree, sink: DiagnosticSink, is_merge: bool, suggest: Suggest | None
) -> ast.Entry | None:
    cls = tree if type(tree) is Scalar else None
    arguments: Tree | None = None
    strays: list[tuple[Scalar, Tree]] = []
    if type(tree) is Mapping:
        cls, arguments, strays = _class(tree, sink)
        if cls is None and strays:
            if suggest is not None and _is_declared(strays, suggest, sink):
                return None
            cls, arguments, strays = _without_class(tree, strays, is_merge, sink)
        elif cls is None:
            message = "an entry needs a layer, such as `Dense: 64`"
            sink.error(tree.span, "missing-key", message)
        capitals = [key for key, _ in tree.entries if _is_capital(key)] if strays else []
        for key, _ in strays:
            owner = cls or next((other for other in capitals if other is not key), None)
            _stray_key(key, tree, owner, sink)
        if cls is None:
            return None
    if cls is None or not isinstance(cls.value, str):
        message = "an entry must be a layer, such as `Flatten` or `Dense: 64`"
        message += f", found {describe(tree.data())}"
        sink.error(tree.span, "wrong-type", message)
        return None
    sources = call = None
    if type(tree) is Mapping and len(tree.entries) > 1:
        sources, call = tree.get("from"), tree.get("call")
    result = registry.layer(cls.value) if strays else None
    misplaced = result is not None and any(key.value in result.arguments for key, _ in strays)
    return ast.Entry(cls, arguments, sources, call, not misplaced)


def _is_declared(strays: list[tuple[Scalar, Tree]], suggest: Suggest, sink: DiagnosticSink) -> bool:
    """Report an entry whose key is similar to a name of the spec; return whether it is one."""
    key, value = strays[0]
    name = str(key.value)
    is_known = name in ENTRY.names or slip(name, ENTRY.names) or slip(name, registry.layers())
    suggestion = None if is_known else _model_beside(name, value) or suggest(name)
    if suggestion is None:
        return False
    hint, text = suggestion
    fix = key.respelled(text if text.isidentifier() else None)
    unknown_key(key, ENTRY.names, ENTRY.owner, sink, hint, fix)
    return True


def _model_beside(name: str, value: Tree) -> tuple[str, str] | None:
    """Return the hint for an entry that names an existing model."""
    if name not in ROLES:
        return None
    shown = flow(value.data()) if type(value) is Scalar else "…"
    text = f"branches: {{name: {{{name}: {shown}}}}}"
    return f"a model is a branch: `{text}`", text


def _without_class(
    tree: Mapping, strays: list[tuple[Scalar, Tree]], is_merge: bool, sink: DiagnosticSink
) -> tuple[Scalar | None, Tree | None, list[tuple[Scalar, Tree]]]:
    """Return the class that an entry without one was meant to have, and report what is wrong.

    Returns:
        As `_class`. A class under an unknown name is reported when it is looked up.
    """
    from mergecli.syntax import foreign_entries  # start-up

    foreign = foreign_entries.read(tree, ENTRY.names)
    if foreign is not None:
        key = foreign.key
        written = f"{key.raw}: {foreign.cls.raw}"
        message = f"the key of an entry must be its class, found `{written}`"
        sink.error(key.span, "unknown-key", message, foreign.hint, fix=foreign.fix)
        return (foreign.cls, foreign.arguments, []) if foreign.is_known else (None, None, [])
    first = strays[:_MOST_STRAYS]
    for stray, _ in first:
        if slip(str(stray.value), ENTRY.names):
            return None, None, strays
    meant = foreign_entries.class_key(first, sink.searches)
    if meant is not None:
        return meant, tree.get(meant.value), [pair for pair in strays if pair[0] is not meant]
    hint = foreign_entries.without_class(strays, is_merge)
    if hint is None:
        return None, None, strays
    names = listed([key.raw for key, _ in strays], "and")
    sink.error(strays[0][0].span, "missing-key", f"{names} must be below a layer", hint)
    return None, None, []


def _class(
    tree: Mapping, sink: DiagnosticSink
) -> tuple[Scalar | None, Tree | None, list[tuple[Scalar, Tree]]]:
    """Return the class of an entry, its arguments, and the keys that do not belong there."""
    cls: Scalar | None = None
    arguments: Tree | None = None
    strays = []
    for key, value in tree.entries:
        name = key.value
        if name in ("from", "call"):
            continue
        if name == "as":
            message = "`as` is for instances of blocks and `use`; a layer has a `name`"
            hint = "write `name:` among its arguments"
            sink.error(key.span, "unknown-key", message, hint)
        elif cls is None and _is_class(name):
            cls, arguments = key, value
        else:
            strays.append((key, value))
    return cls, arguments, strays


def _is_class(name: object) -> bool:
    return isinstance(name, str) and (name[:1].isupper() or ">" in name or name.startswith("ops."))


def _is_capital(key: Scalar) -> bool:
    return isinstance(key.value, str) and key.value[:1].isupper()


def _stray_key(key: Scalar, tree: Mapping, owner: Scalar | None, sink: DiagnosticSink) -> None:
    """Report a key beside the class of an entry, its `owner`, that does not belong there."""
    name = str(key.value)
    if owner is None:
        near = nearest(name, registry.layers(), searches=sink.searches)
        hint = f"did you mean {listed(near)}?" if near else None
        fix = key.respelled(slip(name, registry.layers()))
        unknown_key(key, ENTRY.names, ENTRY.owner, sink, hint, fix)
    elif _is_capital(key):
        message = f"an entry must be one layer, found two: `{owner.value}` and `{name}`"
        sink.error(key.span, "unknown-key", message, f"add `- ` before `{name}`")
    else:
        result = registry.layer(str(owner.value))
        if result is None or name not in result.arguments:
            unknown_key(key, ENTRY.names, ENTRY.owner, sink, _BESIDE.get(name))
            return
        # One message for all the arguments that are beside their class.
        if key is next(k for k, _ in tree.entries if k.value in result.arguments):
            beside = [(k, v) for k, v in tree.entries if k.value in result.arguments]
            hint = _moved_below(owner, beside, next(iter(result.arguments)), tree)
            unknown_key(key, ENTRY.names, ENTRY.owner, sink, hint)


def _moved_below(
    owner: Scalar, beside: list[tuple[Scalar, Tree]], first: str, tree: Mapping
) -> str:
    """Return the hint that shows a layer with the arguments beside it moved below it.

    An argument that is also below it cannot be moved there.
    """
    own = next(value for key, value in tree.entries if key is owner)
    inside = own.entries if type(own) is Mapping else []
    parts = [f"{first}: {own.raw}"] if type(own) is Scalar and own.raw else []
    given = {key.value for key, _ in inside} | ({first} if parts else set())
    twice = next((key for key, _ in beside if key.value in given), None)
    if twice is not None:
        return f"`{owner.value}` has `{twice.value}` already; remove one of the two"
    parts += [
        f"{key.raw}: {value.raw if type(value) is Scalar else '…'}"
        for key, value in [*inside, *beside]
    ]
    return f"move the arguments below the layer: `{owner.value}: {{{', '.join(parts)}}}`"


# Parts of all mappings.


def text(tree: Tree, message: str, sink: DiagnosticSink) -> str | None:
    """Return the string in a tree; None if it is another value, which is reported."""
    if type(tree) is Scalar and isinstance(tree.value, str):
        return tree.value
    if broken(tree.data()):
        return None
    value = describe(tree.data())
    hint = f'quote it: "{tree.raw}"' if type(tree) is Scalar and tree.raw else None
    sink.error(tree.span, "wrong-type", f"{message}, found {value}", hint)
    return None


def unknown_key(
    key: Scalar,
    known: Iterable[str],
    owner: str,
    sink: DiagnosticSink,
    hint: str | None = None,
    fix: tuple[Edit, ...] = (),
) -> None:
    """Report a key that a mapping does not have; without a hint, the nearest one is suggested."""
    known = tuple(known)
    name = str(key.value)
    hint = hint or elsewhere(name, owner)
    if hint is None:
        fix = key.respelled(slip(name, known))
        hint = did_you_mean(name, known, sink.searches) or f"expected {listed(known)}"
    sink.error(key.span, "unknown-key", f"{owner} has no key `{key.raw}`", hint, fix=fix)


def elsewhere(name: str, owner: str) -> str | None:
    """Return the hint for a key that belongs to another mapping; None if it is not known.

    >>> elsewhere("loss", "a spec"), elsewhere("lr", "`compile`")[:35]
    ('write it under `compile`: `compile: {loss: …}`', 'it is an argument of the optimizer:')
    """
    if owner == "a spec" and name in _COMPILED:
        return f"write it under `compile`: `compile: {{{name}: …}}`"
    if owner == "a spec" and name in ("input_shape", "shape"):
        return "write the shape under `input`: `input: [32, 32, 3]`"
    if owner == "a spec" and name == "class_name":
        return "this is the config of a Keras model: save it as `.json` and run `mergecli import`"
    if owner == "a spec" and name == "model":
        return (
            "write the keys of the model at the top; a saved model is a branch:"
            " `branches: {name: {model: …}}`"
        )
    if owner == "a spec" and name in ROLES:
        return f"an existing model is a branch: `branches: {{name: {{{name}: …}}}}`"
    if owner == "a branch" and name in _APPLICATION:
        return f"write it under `with`: `with: {{{name}: …}}`"
    if owner == "`compile`" and name in _OPTIMIZER:
        name = "learning_rate" if name == "lr" else name
        return f"it is an argument of the optimizer: `optimizer: {{Adam: {{{name}: …}}}}`"
    return None


def _unique(tree: Mapping) -> Mapping:
    """Return a mapping without duplicate keys, each with its last value.

    Duplicates are already reported.
    """
    entries = {key.value: (key, value) for key, value in tree.entries}
    if len(entries) == len(tree.entries):
        return tree
    unique = Mapping(tree.start)
    unique.entries, unique.end, unique.size = list(entries.values()), tree.end, tree.size
    return unique


def _check_keys(tree: Mapping, form: Form, sink: DiagnosticSink) -> None:
    """Report each key of a mapping that its form does not have."""
    names = form.names
    for key, _ in tree.entries:
        name = key.value
        is_extra = form.extras and isinstance(name, str) and name.startswith(EXTRA)
        if name not in names and not is_extra:
            unknown_key(key, names, form.owner, sink)


def _is_misspelled(
    tree: Mapping, form: Form, wanted: tuple[str, ...], sink: DiagnosticSink
) -> bool:
    """Whether a missing key is there but misspelled, which is already reported."""
    names = form.names
    strange = [str(key.value) for key, _ in tree.entries if key.value not in names]
    return any(
        near in wanted for name in strange for near in nearest(name, names, searches=sink.searches)
    )
