"""Branches that are models: another spec, a saved model or an application -> a graph of its own."""

from __future__ import annotations

import os
from typing import Any, Callable, NamedTuple

from mergecli.compiler.lowering.arguments import Objects
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source, Span, Unreadable, Via, nearby, sentence
from mergecli.diagnostics.suggestions import did_you_mean, listed
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import EmbeddedModel, Graph
from mergecli.syntax.quoting import describe
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Mapping, Scalar, Tree

#: The keys that make a branch a model, and those that go with them.
ROLES = ("spec", "model", "application")
#: How many specs may include one another in a row, and how many files a check may read.
DEEPEST, MOST_FILES = 32, 500
#: How many layers included models may have, each counted as often as it is included.
MOST_LAYERS = 20_000


class Project:
    """What all the specs of one check share: the files that are read, those that are open, and the user's own layers."""

    def __init__(self, root: Source, customs: CustomLayers | None = None) -> None:
        self.root = root
        self.customs = customs or CustomLayers()
        #: The specs that are being read, by their real path, each with the path in the user's words; the root is put in when it is asked for.
        self.open: dict[str, str] = {}
        self.files = self.layers = 0
        self.saved: dict[str, Any] = {}


#: How the files end that each role names.
ENDINGS = {"spec": (".yaml", ".yml"), "model": (".keras", ".h5", ".hdf5", ".json")}


class Lowered(NamedTuple):
    """A spec as a graph.

    Attributes:
        graph: As much of it as is right.
        training: What stands under `compile`, if anything.
        diagnostics: What is wrong with it.
    """

    graph: Graph
    training: Tree | None
    diagnostics: DiagnosticSink


Parse = Callable[[Source, Tree, "dict[str, Any]", Project, "list[Via]"], Lowered]


class Includes:
    """Reads the models that branches name; what is wrong goes to the findings."""

    def __init__(
        self,
        source: Source,
        findings: DiagnosticSink,
        objects: Objects,
        project: Project,
        parse: Parse,
    ) -> None:
        self.source, self.findings, self.objects, self.project, self.parse = (
            source,
            findings,
            objects,
            project,
            parse,
        )

    def read(
        self, branch: str, role: Scalar, value: Tree, given: Tree | None
    ) -> tuple[Graph, EmbeddedModel] | None:
        """The graph of the model that a branch names, and the model; None when it cannot be had, which is reported."""
        text = value.value if type(value) is Scalar else None
        if not isinstance(text, str) or not text:
            if not broken(value.data()):
                what = (
                    "the name of an application, such as `MobileNetV2`"
                    if role.value == "application"
                    else "the path of a file"
                )
                self.findings.error(
                    value.span,
                    "wrong-type",
                    f"`{role.value}` must be {what}, found {describe(value.data())}",
                )
            return None
        if given is not None and type(given) is not Mapping:
            self.findings.error(
                given.span, "wrong-type", "`with` must be a mapping from a name to its value"
            )
            given = None
        if self.project.layers > MOST_LAYERS or self.project.files > MOST_FILES:
            return None  # reported where it was passed
        found = (
            self.application(text, value.span, given)
            if role.value == "application"
            else self.file(text, branch, role, value, given)
        )
        if found is not None:
            self.project.layers += len(found[0].nodes)
            if self.project.layers > MOST_LAYERS:
                self.findings.error(
                    value.span,
                    "too-large",
                    f"the models that are included have more than {MOST_LAYERS:,} layers",
                )
                return None
        return found

    def file(
        self, text: str, branch: str, role: Scalar, value: Tree, given: Mapping | None
    ) -> tuple[Graph, EmbeddedModel] | None:
        """The graph of a file."""
        if given is not None and role.value == "model":
            self.findings.error(
                given.span, "unknown-key", "a saved model takes nothing `with` it", "remove `with`"
            )
        path = self.source.beside(text)
        self.project.root.named.add(path)
        try:
            self.project.files += 1
            if self.project.files > MOST_FILES:
                raise Unreadable(
                    "too-large",
                    f"is one more than the {MOST_FILES:,} files that a spec may include",
                )
            if role.value == "spec":
                return self.spec(path, text, branch, value.span, given)
            return self.model(path, value.span)
        except Unreadable as problem:
            joint = " " if problem.message.startswith(("is ", "has ")) else ": "
            message, hint = (
                f"`{text}`{joint}{problem.message}",
                self.elsewhere(role.value, text) or problem.hint,
            )
            if problem.code == "not-found":
                near = nearby(path, ENDINGS[role.value])
                message = f"there is no file `{path}`"
                hint = self.elsewhere(role.value, text) or (
                    f"did you mean `{near}`?" if near else None
                )
            self.findings.error(value.span, problem.code, message, hint)
            return None

    @staticmethod
    def elsewhere(role: str, text: str) -> str | None:
        """The key under which a text belongs that is no file of this role."""
        from mergecli.importers import applications

        lower = text.lower()
        if lower.startswith(("http://", "https://")):
            return "nothing is downloaded; name a file"
        for other, endings in ENDINGS.items():
            if other != role and lower.endswith(endings):
                return f"write `{other}: {text}`"
        return (
            f"write `application: {text}`"
            if role != "application" and applications.find(text) is not None
            else None
        )

    def spec(
        self, path: str, text: str, branch: str, span: Span, given: Mapping | None
    ) -> tuple[Graph, EmbeddedModel] | None:
        """Another spec, its variables as they are given.

        Raises:
            Unreadable: the file cannot be read.
        """
        if text.lower().endswith(ENDINGS["model"]):
            hint = self.elsewhere("spec", text)
            self.findings.error(span, "wrong-type", f"`{text}` is a saved model, not a spec", hint)
            return None
        project, real = self.project, os.path.realpath(path)
        if not project.open:
            project.open[os.path.realpath(project.root.path)] = project.root.path
        if real in project.open:
            names = [*project.open.values()][[*project.open].index(real) :]
            chain = " -> ".join(f"`{name}`" for name in [*names, names[0]])
            self.findings.error(
                span,
                "cyclic-spec",
                f"{chain}: a spec cannot hold itself"
                if len(names) == 1
                else f"{chain} hold each other in a circle",
            )
            return None
        if len(project.open) >= DEEPEST:
            raise Unreadable("too-deep", f"specs include one another more than {DEEPEST} deep")
        source = project.root.included.get(path)
        if source is None:
            source = self.source.include(path)
            project.root.included[path] = source
        trail = [
            *self.findings.trail,
            Via("spec", path, branch, span._replace(path=self.source.path)),
        ]
        tree, problems = read(source)
        way = sentence(trail)
        self.findings += [problem._replace(note=way) for problem in problems]
        if tree is None:
            return None
        variables = tree.get("vars") if type(tree) is Mapping else None
        known = (
            [str(key.value) for key, _ in variables.entries] if type(variables) is Mapping else []
        )
        settings = {}
        for key, value in given.entries if given is not None else []:
            if key.value in known:
                settings[str(key.value)] = value.data()
            else:
                hint = did_you_mean(str(key.value), known) or (
                    f"it has {listed(known, 'and')}" if known else "it has no `vars`"
                )
                self.findings.error(
                    key.span, "unknown-variable", f"`{text}` has no variable `{key.raw}`", hint
                )
        project.open[real] = path
        graph, _, found = self.parse(source, tree, settings, project, trail)
        del project.open[real]
        self.findings += found
        return graph, EmbeddedModel("spec", path, settings)

    def model(self, path: str, span: Span) -> tuple[Graph, EmbeddedModel] | None:
        """A saved model, read without Keras; one that is not safe to load is refused.

        Raises:
            Unreadable: the file cannot be read, or is no model.
        """
        from mergecli.importers import keras

        model = self.project.saved.get(path)
        if model is None:
            model = self.project.saved[path] = keras.parse(keras.read(self.source.file(path)))
        for reason in model.refusals:
            self.findings.error(
                span,
                "unsafe-model",
                f"`{path}` is not loaded: {reason}",
                "save the model without it",
            )
        if model.refusals:
            return None
        part = EmbeddedModel("model", path, {})
        graph = keras.graph(model, part)
        for node in graph.nodes:
            if node.layer is None and node.cls != "InputLayer":
                reason = next(
                    (words for words in model.unknown if words.startswith(f"`{node.origin}`")),
                    f"`{node.origin}` has no rule",
                )
                self.findings.error(
                    span, "unsupported-layer", f"`{path}` cannot be part of a spec: {reason}"
                )
                return None
        return graph, part

    def application(
        self, name: str, span: Span, given: Mapping | None
    ) -> tuple[Graph, EmbeddedModel] | None:
        """A model of `keras.applications`."""
        from mergecli.importers import applications, keras

        kind = applications.find(name)
        if kind is None:
            near = (
                self.elsewhere("application", name)
                or did_you_mean(name, applications.names())
                or "see them: mergecli layers"
            )
            self.findings.error(span, "unknown-layer", f"Keras has no application `{name}`", near)
            return None
        made: Any
        made, places = self.objects.object(kind, given, name, span)
        if made is None:
            return None
        options = dict(made.given)
        if options.get("weights") is not None:
            options["weights"] = os.path.normpath(
                os.path.join(os.path.dirname(self.source.path), options["weights"])
            )
            self.project.root.named.add(options["weights"])
            if not os.path.isfile(options["weights"]):
                self.findings.error(
                    places["weights"], "not-found", f"there is no file `{options['weights']}`"
                )
                return None
        part = EmbeddedModel("application", name, options)
        return keras.graph(made.saved(), part), part
