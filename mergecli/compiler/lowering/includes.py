"""Existing models: another spec, a saved model or an application -> its graph."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Iterator

from mergecli.catalog import registry
from mergecli.catalog.custom import Custom
from mergecli.compiler.lowering.context import OUTSIDE, Lowering
from mergecli.diagnostics.diagnostic import Diagnostic, Edit
from mergecli.diagnostics.source import LARGEST, Source, Span, Unreadable, Via, nearby, sentence
from mergecli.diagnostics.suggestions import did_you_mean, listed
from mergecli.ir.graph import Call, EmbeddedModel, Graph
from mergecli.ir.subgraph_layers import wrapped_model
from mergecli.syntax.grammar import ENDINGS, looks_like_spec
from mergecli.syntax.parser import role_of_text
from mergecli.syntax.quoting import describe
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_reader import MAX_NODES, read
from mergecli.syntax.yaml_tree import Mapping, Scalar, Tree, size_of

if TYPE_CHECKING:
    from mergecli.importers.keras import Container, Saved

#: The most specs that may include one another in a row, and the most files of a check.
MAX_DEPTH, MOST_FILES = 32, 500
#: The most layers of included models, each counted as often as it is included.
MOST_LAYERS = 20_000

#: The most diagnostics with which a folder is still searched for a file of a similar name.
_MOST_SUGGESTED = 50
_TOO_MUCH = "makes the included specs together larger than a spec can be"

#: The graph of a model, and the model.
Included = tuple[Graph, EmbeddedModel]


def include(
    context: Lowering, branch: str, role: Scalar, target: Tree, arguments: Tree | None
) -> Included | None:
    """Read the model that a branch names.

    Args:
        context: The spec.
        branch: The name of the branch.
        role: The key that names the model: `spec`, `model` or `application`.
        target: What it names.
        arguments: The tree of `with`.

    Returns:
        Its graph, and the model; None if it cannot be included, which is reported.
    """
    sink, project = context.sink, context.project
    text = target.value if type(target) is Scalar else None
    if not isinstance(text, str) or not text:
        if not broken(target.data()):
            is_application = role.value == "application"
            name = "the name of an application, such as `MobileNetV2`"
            what = name if is_application else "the path of a file"
            message = f"`{role.value}` must be {what}, found {describe(target.data())}"
            sink.error(target.span, "wrong-type", message)
        return None
    if arguments is not None and type(arguments) is not Mapping:
        message = "`with` must be a mapping from a name to its value"
        sink.error(arguments.span, "wrong-type", message)
        arguments = None
    if project.layers > MOST_LAYERS or project.files > MOST_FILES:
        return None  # reported where the limit was exceeded
    if role.value == "application":
        included = _application(context, text, role, target.span, arguments)
    else:
        included = _file(context, text, branch, role, target.span, arguments)
    if included is None:
        return None
    project.layers += len(included[0].nodes)
    if project.layers > MOST_LAYERS:
        message = f"the included models have more than {MOST_LAYERS:,} layers"
        sink.error(target.span, "too-large", message)
        return None
    return included


def _file(
    context: Lowering,
    text: str,
    branch: str,
    role: Scalar,
    span: Span,
    arguments: Mapping | None,
) -> Included | None:
    """Return the model in a file."""
    sink, project = context.sink, context.project
    if "\0" in text:
        sink.error(span, "not-found", f"`{text}` has a NUL character, which no path has")
        return None
    path = context.source.beside(text)
    project.root.named.add(path)
    try:
        project.files += 1
        if project.files > MOST_FILES:
            message = f"is one more than the {MOST_FILES:,} files that a spec may include"
            raise Unreadable("too-large", message)
        if not project.root.may_read(path):
            raise Unreadable("outside-project", "is outside of the project of this spec", OUTSIDE)
        if role.value == "spec":
            return _spec(context, path, text, branch, role, span, arguments)
        return _model(context, path, span, arguments)
    except Unreadable as problem:
        other, fix = _other_role(role, text)
        hint = other or problem.hint
        joint = " " if problem.message.startswith(("is ", "has ")) else ": "
        message = f"`{text}`{joint}{problem.message}"
        if problem.code == "not-found":
            is_searched = len(sink) < _MOST_SUGGESTED
            near = nearby(path, ENDINGS[str(role.value)]) if is_searched else None
            message = f"there is no file `{path}`"
            similar = f"did you mean `{near}`?" if near else None
            hint = other or similar or "give its path relative to this spec"
        sink.error(span, problem.code, message, hint, fix=fix)
        return None


def _other_role(role: Scalar, text: str) -> tuple[str | None, tuple[Edit, ...]]:
    """Return the hint and the fix with the right key for a file of another role, if it is known."""
    if text.lower().startswith(("http://", "https://")):
        return "name a file; nothing is downloaded", ()
    other = role_of_text(text)
    if other is None or other == role.value:
        return None, ()
    return f"write `{other}: {text}`", role.respelled(other)


def _spec(
    context: Lowering,
    path: str,
    text: str,
    branch: str,
    role: Scalar,
    span: Span,
    arguments: Mapping | None,
) -> Included | None:
    """Return another spec, its variables set to the arguments.

    Raises:
        Unreadable: The file cannot be read.
    """
    sink, project = context.sink, context.project
    if text.lower().endswith(ENDINGS["model"]):
        message = f"`{text}` is a saved model, not a spec"
        hint, fix = _other_role(role, text)
        sink.error(span, "wrong-type", message, hint, fix=fix)
        return None
    real = os.path.realpath(path)
    if not project.open:
        project.open[os.path.realpath(project.root.path)] = project.root.path
    if real in project.open:
        _report_cycle(context, real, span)
        return None
    if len(project.open) >= MAX_DEPTH:
        raise Unreadable("too-deep", f"specs include one another more than {MAX_DEPTH} deep")
    source = project.root.included.get(path)
    if source is None:
        source = context.source.include(path)
        project.bytes += len(source.text)
        if project.bytes > LARGEST:
            raise Unreadable("too-large", _TOO_MUCH)
        project.root.included[path] = source
    if not looks_like_spec(source.text):
        # Its lines are not shown, since they may be those of any file.
        del project.root.included[path]
        sink.error(span, "wrong-type", f"`{text}` is not a spec")
        return None
    used_at = span._replace(path=context.source.path)
    via = [*sink.trail, Via("spec", path, branch, used_at)]
    tree, problems = _tree(context, source, span)
    sink.add_included(problem._replace(note=sentence(via)) for problem in problems)
    if tree is None:
        return None
    settings = _settings(context, tree, text, arguments)
    project.open[real] = path
    lowered = project.lower_included(source, tree, settings, project, via)
    del project.open[real]
    sink.add_included(lowered.diagnostics)
    return lowered.graph, EmbeddedModel("spec", path, settings)


def _tree(context: Lowering, source: Source, span: Span) -> tuple[Tree | None, list[Diagnostic]]:
    """Return the tree of an included spec, which is read once, and the errors in it.

    Raises:
        Unreadable: The trees of all included specs are too large.
        TooMuchWork: They are included too often.
    """
    project = context.project
    if source.path not in project.trees:
        tree, problems = read(source)
        project.nodes += size_of(tree) if tree is not None else 0
        if project.nodes > MAX_NODES:
            raise Unreadable("too-large", _TOO_MUCH)
        project.trees[source.path] = tree, problems
    tree, problems = project.trees[source.path]
    # Each value is parsed and declared anew, which is twice the work of filling in variables.
    context.spend(2 * size_of(tree) if tree is not None else 1, span)
    return tree, problems


def _report_cycle(context: Lowering, real: str, span: Span) -> None:
    opened = context.project.open
    names = [*opened.values()][[*opened].index(real) :]
    chain = " -> ".join(f"`{name}`" for name in [*names, names[0]])
    message = f"cycle: {chain}; specs cannot include each other"
    if len(names) == 1:
        message = f"cycle: {chain}; a spec cannot include itself"
    context.sink.error(span, "cyclic-spec", message)


def _settings(
    context: Lowering, tree: Tree, text: str, arguments: Mapping | None
) -> dict[str, object]:
    """Return the values that `with` gives to variables of an included spec."""
    variables = tree.get("vars") if type(tree) is Mapping else None
    known: dict[str, None] = {}
    if type(variables) is Mapping:
        known = {str(key.value): None for key, _ in variables.entries}
    settings = {}
    for key, value in arguments.entries if arguments is not None else []:
        name = str(key.value)
        if key.value in known:
            settings[name] = value.data()
            continue
        hint = did_you_mean(name, known, context.sink.searches)
        hint = hint or (f"it has {listed(known, 'and')}" if known else "it has no `vars`")
        message = f"`{text}` has no variable `{key.raw}`"
        context.sink.error(key.span, "unknown-variable", message, hint)
    return settings


def _weights(context: Lowering, arguments: Mapping | None) -> str | None:
    """Return the file that `with` names for the weights of a saved model; None if there is none.

    Raises:
        Unreadable: There is no such file.
    """
    for key, value in arguments.entries if arguments is not None else ():
        if key.value != "weights":
            message = f"a saved model does not take `{key.raw}` under `with`"
            context.sink.error(key.span, "unknown-key", message, "it takes `weights: FILE`")
        elif not isinstance(name := value.data(), str):
            message = f"`weights` must be the path of a file, found {describe(name)}"
            context.sink.error(value.span, "wrong-type", message)
        else:
            return _weights_file(context, name, value.span)
    return None


def _weights_file(context: Lowering, name: str, span: Span) -> str | None:
    """Return the path of a file of weights; None if it may not be read, which is reported."""
    root, sink = context.project.root, context.sink
    if "\0" in name:
        sink.error(span, "not-found", f"`{name}` has a NUL character, which no path has")
        return None
    path = context.source.beside(name)
    root.named.add(path)
    if not root.may_read(path):
        message = f"`{name}` is outside of the project of this spec"
        sink.error(span, "outside-project", message, OUTSIDE)
    elif not os.path.isfile(path):
        hint = "give its path relative to this spec"
        sink.error(span, "not-found", f"there is no file `{path}`", hint)
    else:
        return path
    return None


def _model(context: Lowering, path: str, span: Span, arguments: Mapping | None) -> Included | None:
    """Return a saved model, read without Keras; one that is unsafe to load is refused.

    Raises:
        Unreadable: The file cannot be read, or is not a model.
    """
    from mergecli.importers import keras  # start-up

    sink, saved = context.sink, context.project.saved
    if path not in saved:
        container = keras.Container(context.source.file(path))
        saved[path] = container, keras.parse(container.config())
    container, model = saved[path]
    for reason in model.refusals:
        message = f"`{path}` is not loaded: {reason}"
        sink.error(span, "unsafe-model", message, "save the model without it")
    if model.refusals:
        return None
    weights = _weights(context, arguments)
    in_file = weights is not None or container.has_weights
    part = EmbeddedModel("model", path, {"weights": weights} if weights else {}, in_file)
    graph = keras.graph(model, part)
    shown = f"`{path}` (Keras {model.version})" if "." in model.version else f"`{path}`"
    for note in model.notes:
        sink.warning(span, "old-keras", f"{shown}: {note}")
    found = next(_unknown(context, graph, ""), None)
    if found is None:
        misfit = _misfit(container, model, weights) if part.in_file else None
        if misfit is not None:
            hint = "save the model again where it was trained"
            sink.error(span, "wrong-weights", f"{shown}: {misfit}", hint)
        return graph, part
    name, unknown = found
    reasons = (reason for reason in model.unknown if reason.startswith(name))
    reason = next(reasons, f"{name} is a `{unknown.cls}`, which is not a known layer")
    message = f"{shown} cannot be part of a spec: {reason}"
    own = "if it is a layer of your own, name its module: --import MODULE"
    is_own = unknown.layer is not None and registry.layer(unknown.cls) is None
    sink.error(span, "unsupported-layer", message, own if is_own else None)
    return None


def _unknown(context: Lowering, graph: Graph, where: str) -> Iterator[tuple[str, Call]]:
    """Yield the calls of unknown layers, each with its name in backquotes; `where` leads to the model."""
    for call in graph.nodes:
        model = wrapped_model(call.layer)
        if model is not None:
            yield from _unknown(context, model.network.graph, f"{where}{call.origin}.")
        elif _is_unknown(context, call):
            yield f"`{where}{call.origin}`", call


def _is_unknown(context: Lowering, call: Call) -> bool:
    """Whether neither the catalog nor the user has the layer of a call in a saved model."""
    if call.layer is None:
        return call.cls != "InputLayer"
    return isinstance(call.layer, Custom) and call.cls not in context.project.customs


def _misfit(container: Container, model: Saved, weights: str | None) -> str | None:
    """Return how the weights in a file differ from its config; None if they fit, or nothing here can read them.

    Raises:
        Unreadable: The file is damaged or unsafe.
    """
    if find_spec("h5py") is None:
        return None  # a `.keras` file is read without it; its weights are needed only to build
    from mergecli.importers.keras.weights import WeightFile, expected  # start-up

    with WeightFile(container, expected(model), weights) as file:
        return file.misfit()


def _application(
    context: Lowering, name: str, role: Scalar, span: Span, arguments: Mapping | None
) -> Included | None:
    """Return a model of `keras.applications`."""
    from mergecli.importers import applications, keras  # start-up

    sink = context.sink
    cls = applications.find(name)
    if cls is None:
        other, fix = _other_role(role, name)
        hint = (
            other
            or did_you_mean(name, applications.names(), sink.searches)
            or "for a list, run: mergecli layers"
        )
        message = f"Keras has no application `{name}`"
        sink.error(span, "unknown-layer", message, hint, fix=fix)
        return None
    made: Any
    made, places = context.arguments.read(cls, arguments, name, span)
    if made is None:
        return None
    options = dict(made.explicit)
    if options.get("weights") is not None:
        options["weights"] = _weights_file(context, options["weights"], places["weights"])
        if options["weights"] is None:
            return None
    part = EmbeddedModel("application", name, options)
    return keras.graph(made.saved(), part), part
