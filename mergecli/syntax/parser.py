"""Tree -> syntax tree, by the grammar; errors about keys and their types are reported here.

A wrong spec raises nothing, and no variable is replaced. Where a value may come from a
variable, lowering replaces it and calls the function for that value: `entry_parser.entry`, those
of `section_parser`, and `wrapped`.
"""

from __future__ import annotations

from mergecli.diagnostics.diagnostic import DiagnosticSink, Edit
from mergecli.diagnostics.suggestions import listed
from mergecli.syntax import ast
from mergecli.syntax.grammar import (
    BRANCH,
    ENDINGS,
    HEAD,
    IN_LAYER,
    MERGED,
    MODEL,
    PLAIN,
    ROLES,
    SPEC,
    WRAPPED,
)
from mergecli.syntax.keys import (
    MOST_STRAYS,
    check_keys,
    is_misspelled,
    text,
    unique,
    unknown_key,
)
from mergecli.syntax.quoting import describe, flow
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, rejoined

#: The rule for names with which layer names begin.
_PREFIX_RULE = "must not be empty or contain `/`, since layer names begin with it"


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
    tree = unique(tree)
    keys = {key.value: (key, value) for key, value in tree.entries}
    if _is_both(keys, sink):
        return None
    is_plain = any(key in keys for key in PLAIN)
    check_keys(tree, SPEC, sink)
    body = None
    if is_plain:
        body = _body(tree, None, sink)
    elif (
        "branches" not in keys
        and not any(role in keys for role in ROLES)
        and not is_misspelled(tree, SPEC, ("layers", "branches"), sink)
    ):
        hint = "write `input:` and `layers:` for a plain model, or `branches:` for a merged one"
        message = "a spec needs `layers` or `branches`"
        sink.error(tree.span.begin, "missing-key", message, hint)
    variables: tuple[ast.Variable, ...] = ()
    blocks: dict[str, ast.Block] = {}
    if "vars" in keys or "blocks" in keys:
        from mergecli.syntax import declarations  # start-up

        variables = declarations.variables(tree.get("vars"), sink)
        blocks = declarations.blocks(tree.get("blocks"), sink)
    return ast.Spec(
        tree.span.begin,
        variables,
        blocks,
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
    tree = unique(tree)
    is_model = any(tree.get(role) is not None for role in ROLES)
    if not is_model and _is_model_under_other_key(tree, sink):
        return ast.Branch(key, None, None, None)
    check_keys(tree, BRANCH, sink)
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
        role = role_of(value) if len(tree.entries) < MOST_STRAYS else None
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
    if layers is None and branch is None and not is_misspelled(tree, SPEC, ("layers",), sink):
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
    if not present and not is_misspelled(tree, BRANCH, starts, sink):
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
    tree = unique(rejoined(tree))
    check_keys(tree, WRAPPED, sink)
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
    check_keys(tree, HEAD, sink)
    return ast.Head(key, tree.get("from"), tree.get("layers"))
