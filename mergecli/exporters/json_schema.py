"""The language -> a JSON Schema, for editors and for validators that know neither layers nor shapes.

Every mapping is closed by its `properties`, and nothing is a `oneOf`: a validator then complains about the one key that is wrong,
not about all the layers that would have been right. Where a string may replace a mapping, the mapping's keys are next to the
`anyOf` that has the texts, not inside of it. Wherever a variable can stand, a text with one is accepted.
"""

from __future__ import annotations

import json
from typing import Any, Iterable, Iterator

from mergecli.catalog import registry
from mergecli.catalog.arguments import Argument, folded_names
from mergecli.catalog.fields import Object
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer
from mergecli.catalog.layers.core import InputLayer
from mergecli.catalog.list_arguments import Array, Either, Keys, List
from mergecli.catalog.reference import accepts, example, sentence
from mergecli.catalog.registry import spec_name
from mergecli.catalog.training import compile as training
from mergecli.diagnostics.version import __version__
from mergecli.importers import applications
from mergecli.importers.modules import CustomLayers
from mergecli.syntax.grammar import (
    BLOCK,
    BLOCK_NAME,
    BRANCH,
    BUDGET,
    ENTRY,
    EXTRA,
    HEAD,
    IN_LAYER,
    MERGED,
    MODEL,
    PLAIN,
    ROLES,
    SPEC,
    WRAPPED,
    Form,
    Key,
)

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: A text in which something is replaced; what it becomes cannot be known here.
VARIABLE = r"\$[A-Za-z_(]"
#: How many kinds must say the same of an argument for it to be a definition of its own.
OFTEN = 3
#: Keywords that judge values of one type each, so that they can be combined with those of another type.
BY_TYPE = {
    "type",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "items",
    "minItems",
    "maxItems",
    "pattern",
    "patternErrorMessage",
}


def document(customs: CustomLayers | None = None) -> Schema:
    """The schema of the language, with the user's own layers."""
    return _Schema(customs or CustomLayers()).document()


def text(customs: CustomLayers | None = None) -> str:
    """The schema as JSON, with a line for each definition."""
    whole = document(customs)
    definitions = whole.pop("$defs")
    lines = [
        f"  {json.dumps(name)}: {json.dumps(schema, ensure_ascii=False)}"
        for name, schema in definitions.items()
    ]
    top = json.dumps(whole, ensure_ascii=False, indent=1).removesuffix("\n}")
    return top + ',\n "$defs": {\n' + ",\n".join(lines) + "\n }\n}\n"


def with_variables(schema: Schema, words: str = "") -> Schema:
    """What accepts, beside what a schema accepts, texts with variables in them, and in its parts, too.

    `words` are what an editor says of another string, after "must be".

    >>> with_variables({"type": "array", "items": {"type": "integer"}})["items"]["type"]
    ['integer', 'string']
    """
    if not schema or "$ref" in schema:
        return schema
    if "enum" in schema:
        return {"anyOf": [schema, _ref("variable")]}
    if "anyOf" in schema:
        return {
            **schema,
            "anyOf": [*(_inside(part, words) for part in schema["anyOf"]), _ref("variable")],
        }
    types = _names(schema["type"])
    described = {"patternErrorMessage": f"must be {words}"} if words else {}
    if "string" not in types:
        return {
            **_inside(schema, words),
            "type": [*types, "string"],
            "pattern": VARIABLE,
            **described,
        }
    return {
        **_inside(schema, words),
        **(
            {"pattern": f"{schema['pattern']}|{VARIABLE}", **described}
            if "pattern" in schema
            else {}
        ),
    }


def _inside(schema: Schema, words: str) -> Schema:
    """A schema that accepts variables in the parts of a value."""
    schema = dict(schema)
    if "items" in schema:
        schema["items"] = with_variables(schema["items"], words)
    if "properties" in schema:
        schema["properties"] = {
            name: with_variables(inner, words) for name, inner in schema["properties"].items()
        }
    if isinstance(schema.get("additionalProperties"), dict):
        schema["additionalProperties"] = with_variables(schema["additionalProperties"], words)
    return schema


def _names(types: str | list[str]) -> list[str]:
    return types if isinstance(types, list) else [types]


def _text(pattern: str, words: str = "") -> Schema:
    """A text; `words` are what an editor says of another one."""
    return {
        "type": "string",
        "pattern": pattern,
        **({"patternErrorMessage": words} if words else {}),
    }


def _ref(name: str, **more: object) -> Schema:
    return {"$ref": f"#/$defs/{name}", **more}


def _described(words: str) -> Schema:
    """Words for an editor: plain ones, and those with markup where they have any."""
    plain = words.replace("`", "").replace("**", "")
    return (
        {"description": plain}
        if plain == words
        else {"description": plain, "markdownDescription": words}
    )


def _closed(properties: Schema, **more: object) -> Schema:
    return {"properties": properties, "additionalProperties": False, **more}


def _mapping(of: Schema, **more: object) -> Schema:
    """Any names, each with a value of one kind."""
    return {"type": "object", "additionalProperties": of, **more}


def _one_of(names: Iterable[str]) -> str:
    return f"^({'|'.join(names)})$"


def _optional(kinds: dict[str, type[KerasObject]]) -> list[str]:
    """The names of kinds that need no argument, and so may be written alone."""
    return [name for name, kind in kinds.items() if not kind.required]


def _objects(argument: Argument) -> Iterator[Object]:
    """The arguments inside of an argument that take objects of a role."""
    inner: Iterable[Argument] = ()
    if isinstance(argument, Object):
        yield argument
    elif isinstance(argument, List):
        inner = [argument.of]
    elif isinstance(argument, Either):
        inner = argument.arguments
    elif isinstance(argument, Keys):
        inner = argument.arguments.values()
    for part in inner:
        yield from _objects(part)


#: What `with` holds for a saved model.
_WEIGHTS: Schema = {
    "type": "object",
    "properties": {"weights": {"type": "string", "description": "The file with its weights."}},
    "additionalProperties": False,
}
#: What `with` holds for each role of a model.
_WITH: list[Schema] = [
    {"if": {"required": ["model"]}, "then": {"properties": {"with": _WEIGHTS}}},
    {"if": {"required": ["application"]}, "then": {"properties": {"with": _ref("application")}}},
]


class _Schema:
    def __init__(self, customs: CustomLayers) -> None:
        named = {name: kind for name, kind in registry.layers().items() if name != "InputLayer"}
        self.layers: dict[str, type[KerasObject]] = {
            name: kind for name, kind in named.items() if kind.role == "layer"
        }
        self.operations: dict[str, type[KerasObject]] = {
            name: kind for name, kind in named.items() if kind.role == "operation"
        }
        # A name with `>` says that the user has registered the layer with Keras.
        self.custom = "|".join(
            [">", *(_one_of([name]) for name in sorted(customs.names)), *["^[A-Z]"] * customs.every]
        )
        self.definitions: Schema = {}

    def document(self) -> Schema:
        """The whole."""
        definitions = self.definitions
        definitions["layers"] = {
            **_described("Layers, each applied to the one before it."),
            "type": ["array", "null"],
            "items": _ref("entry"),
        }
        definitions["entry"] = self.entry()
        definitions["call"] = self.call()
        definitions["variable"] = _text(VARIABLE) | _described(
            "A variable, `$name`, or an expression, `$(width * 2)`, alone or in a text."
        )
        definitions["reference"] = _described(
            "The name of a layer, an input or a branch, `merge`, `previous`, in a block `input`; `name[1]` is the second of several results."
        ) | {"type": "string"}
        definitions["source"] = _described("A reference, or for an operation a number.") | {
            "type": ["string", "number"]
        }
        definitions["from"] = self.wires()
        definitions["outputs"] = self.outputs()
        definitions["compile"] = self.compile()
        definitions["input"] = self.input()
        definitions["budget"] = self.budget()
        definitions["branch"] = self.branch()
        definitions["application"] = self.application()
        definitions["head"] = self.head()
        definitions["block"] = self.block()
        definitions["array"] = with_variables(Array().schema())
        for name, kind in {**self.layers, **self.operations}.items():
            if name == spec_name(kind):
                definitions[name] = self.kind(kind)
        self.share()
        return {
            "$schema": DIALECT,
            "$id": f"urn:mergecli:schema:{__version__}",
            **_described("A Keras model as a YAML file, as mergecli reads it."),
            **self.top(),
            "$defs": definitions,
        }

    def share(self) -> None:
        """Say once what many kinds say of an argument."""
        places: dict[str, list[tuple[Schema, str]]] = {}
        for definition in self.definitions.values():
            if "title" in definition:
                properties = definition["allOf"][0]["properties"]
                for name, schema in properties.items():
                    places.setdefault(json.dumps([name, schema]), []).append((properties, name))
        for same in places.values():
            if len(same) < OFTEN:
                continue
            home = next(
                h
                for n in range(len(places))
                if (h := f"argument.{same[0][1]}" + f"_{n}" * (n > 0)) not in self.definitions
            )
            self.definitions[home] = same[0][0][same[0][1]]
            for properties, name in same:
                properties[name] = _ref(home)

    # Sections.

    def properties(self, form: Form, own: Schema) -> Schema:
        """The schemas of the keys of a form; `own` has those that the forms of the keys do not say."""
        properties = {}
        for key in form.keys:
            schema = own[key.name] if key.name in own else self.value(key)
            # What the definition says is not repeated.
            described = _described(key.doc) if key.doc else {}
            shared = self.definitions.get(key.form, {}).get("description")
            properties[key.name] = schema | (
                described if described.get("description") != shared else {}
            )
        return properties

    def value(self, key: Key) -> Schema:
        """What is accepted as the value of a key."""
        if key.each:
            return _mapping(_ref(key.form), minProperties=1)
        plain: Schema = {
            "text": {"type": "string"},
            "path": {"type": "string"},
            "flag": with_variables({"type": "boolean"}) | {"default": False},
            "integer": with_variables({"type": "integer", "minimum": 0}),
            "names": with_variables({"type": ["boolean", "array"], "items": {"type": "string"}}),
            "arguments": {"type": ["object", "string"]},
            "variables": {"type": "object"},
        }
        return plain[key.form] if key.form in plain else _ref(key.form)

    def top(self) -> Schema:
        """A spec: a plain model, or one with branches."""
        letters = r"A-Za-z_\u0080-\uffff"
        no_block = f"^(?!(?:{'|'.join(ENTRY.names)})$){BLOCK_NAME}$"
        own = {
            "name": with_variables(_text("^[^/]+$")),
            "vars": {
                "type": "object",
                "propertyNames": {"pattern": f"^[{letters}][{letters}0-9]*$"},
            },
            "blocks": _mapping(_ref("block"), propertyNames={"pattern": no_block}),
        }
        merged = {"anyOf": [{"required": [key]} for key in MERGED]}
        branches, layers = MERGED[0], PLAIN[-1]
        return {
            "type": "object",
            **_closed(self.properties(SPEC, own), patternProperties={f"^{EXTRA}": {}}),
            "if": merged,
            "then": {
                "required": [branches],
                "properties": dict.fromkeys(PLAIN, False),
            },
            "else": {
                "required": [layers],
                "if": {"required": ["inputs"]},
                "then": {"properties": {"input": False}},
                "else": {"required": ["input"]},
            },
        }

    def input(self) -> Schema:
        """The arguments of `keras.Input`, or just the shape."""
        shape = with_variables(InputLayer.arguments["shape"].schema())
        inner = {"shape": False, "batch_size": {"type": ["null", "string"]}}
        return {
            **_described(
                "What comes in: the shape of one sample, such as `[32, 32, 3]`, or the arguments of `keras.Input`; `null` is an unknown size."
            ),
            **shape,
            "type": ["array", "object", "string"],
            "allOf": [_closed(self.arguments(InputLayer))],
            "if": {"required": ["batch_shape"]},
            "then": {"properties": inner},
            "else": {"required": ["shape"]},
        }

    def branch(self) -> Schema:
        """A branch: a list of layers, or a model."""
        own: Schema = {
            "application": {"anyOf": [{"enum": applications.names()}, _ref("variable")]},
            "prefix": _text("^[^/]*$"),
        }
        only_model = MODEL[len(ROLES) :]
        return {
            "type": "object",
            **_closed(self.properties(BRANCH, own)),
            "if": {"anyOf": [{"required": [key]} for key in ROLES]},
            "then": {
                "properties": {"inputs": False},
                "if": {"required": ["from"]},
                "then": {"properties": {"input": False}},
                "allOf": _WITH,
            },
            "else": {
                "properties": dict.fromkeys(only_model, False),
                "if": {"required": ["from"]},
                "then": {"properties": {"input": False, "inputs": False}},
                "else": {
                    "if": {"required": ["inputs"]},
                    "then": {"properties": {"input": False}},
                    "else": {"required": ["input"]},
                },
            },
        }

    def layer_or_model(self, layers: Schema, custom: Schema) -> Schema:
        """What is accepted as the mapping of a layer or of a model; `layers` are the classes."""
        own: Schema = {
            "name": with_variables(_text("^[^/]+$")),
            "application": {"anyOf": [{"enum": applications.names()}, _ref("variable")]},
        }
        return {
            **_closed({**layers, **self.properties(WRAPPED, own)}, **custom),
            "if": {"anyOf": [{"required": [key]} for key in IN_LAYER]},
            "then": {
                "propertyNames": {"enum": list(WRAPPED.names)},
                "if": {"anyOf": [{"required": [key]} for key in ROLES]},
                "then": {"properties": {"input": False, "layers": False}, "allOf": _WITH},
                "else": {"properties": {"with": False}, "required": ["input", "layers"]},
            },
            "else": {"minProperties": 1, "maxProperties": 1},
        }

    def application(self) -> Schema:
        """The arguments of applications; which of them takes which is not known here."""
        found: dict[str, list[Schema]] = {}
        for kind in map(applications.find, applications.names()):
            for name, argument in kind.arguments.items() if kind is not None else ():
                found.setdefault(name, []).append(
                    with_variables(argument.schema())
                    | _described(argument.words[0].upper() + argument.words[1:])
                )
        # Where they differ, anything goes.
        properties = {
            name: said[0] if said.count(said[0]) == len(said) else {}
            for name, said in found.items()
        }
        return {
            **_described("The arguments of a constructor of `keras.applications`."),
            "type": ["object", "string"],
            **_closed(properties),
        }

    def head(self) -> Schema:
        return {
            **_described("A head: its layers, or what it starts `from` and its `layers`."),
            "type": ["object", "array", "null"],
            **_closed(self.properties(HEAD, {})),
            "items": _ref("entry"),
        }

    def block(self) -> Schema:
        own = {"layers": {"type": "array", "items": _ref("entry")}}
        return {
            "type": "object",
            **_closed(self.properties(BLOCK, own)),
            "required": ["layers"],
        }

    def budget(self) -> Schema:
        amount = {
            "type": ["number", "string"],
            "minimum": 0,
            "pattern": rf"^\s*\d+(\.\d+)?\s*([KkMmGgTtBb]?[Ii]?)[Bb]?\s*$|{VARIABLE}",
        }
        properties = {
            key.name: amount | _described(f"The most {key.doc}, such as `{key.form}`.")
            for key in BUDGET.keys
        }
        return {
            **_described("Upper bounds on the cost of the model or branch."),
            "type": ["object", "string"],
            **_closed(properties),
            "pattern": VARIABLE,
        }

    def outputs(self) -> Schema:
        return {
            **_described(
                "The outputs of the model: a reference, a list of them, or a mapping from the name of an output to a reference."
            ),
            "type": ["string", "array", "object"],
            "items": _ref("reference"),
            "minItems": 1,
            "additionalProperties": _ref("reference"),
            "minProperties": 1,
        }

    def compile(self) -> Schema:
        """The arguments of `keras.Model.compile`; losses, weights and metrics alone, in a list, or by the names of outputs."""
        for argument in (training.OPTIMIZER, training.LOSS, training.METRIC):
            self.define(argument)
        metric = {
            "anyOf": [
                _ref("metric"),
                {"type": "array", "items": _ref("metric"), "description": "Several."},
            ]
        }
        metrics = {
            "type": ["array", "object", "null", "string"],
            "items": metric,
            "additionalProperties": metric,
            "pattern": VARIABLE,
        }
        weight = with_variables(training.WEIGHT.schema())
        properties = {
            "optimizer": _ref("optimizer", type=["string", "object"]) | _described("The optimizer, such as `adam` or `{Adam: {learning_rate: 1e-3}}`."),
            "loss": self.losses(),
            "loss_weights": {"type": ["number", "array", "object", "null", "string"], "items": weight, "additionalProperties": weight, "pattern": VARIABLE}
            | _described("How much the loss of each output counts."),
            "metrics": metrics | _described("What is measured: a list, or a mapping from an output to what is measured of it."),
            "weighted_metrics": metrics | _described("What is measured with the weights of samples."),
            **{name: with_variables(argument.schema()) | _described(f"{argument.words[0].upper()}{argument.words[1:]}.") for name, argument in training.OPTIONS.items()},
        }  # fmt: skip
        described = _described(
            "Arguments of `keras.Model.compile`, applied when the model is built."
        )
        return {
            **described,
            "type": ["object", "string"],
            **_closed(properties),
            "pattern": VARIABLE,
        }

    def losses(self) -> Schema:
        """A loss, or one for each output."""
        one = self.definitions["loss"]
        return {
            **_described(
                "What is made small, such as `mse` or `{Huber: {delta: 2.0}}`; a list or a mapping has one for each output."
            ),
            "type": ["string", "object", "array", "null"],
            "properties": one["allOf"][0]["properties"],
            "additionalProperties": _ref("loss"),
            "items": _ref("loss"),
            "anyOf": [
                *one["anyOf"][:-1],
                {
                    "type": ["object", "array", "null"],
                    "description": "A class, or one for each output.",
                },
            ],
        }

    # Entries.

    def entry(self) -> Schema:
        """A layer or operation, what is used again, or a block: by the first letter of its key the two are distinguished."""
        kinds = {**self.layers, **self.operations}
        named = {name: _ref(spec_name(kind)) for name, kind in kinds.items()}
        beside = self.properties(ENTRY, {"call": {}})
        no_block = "|".join(ENTRY.names)
        return {
            **_described("A layer, such as `Flatten` or `Dense: 64`, an operation such as `ops.add`, a block, or with `use` something to apply again."),
            "type": ["object", "string"],
            **_closed(named | beside),
            "patternProperties": {
                self.custom: {},
                f"^(?!(?:{no_block})$){BLOCK_NAME}$": {"type": ["object", "string", "number", "boolean", "null"]} | _described("A block of this spec, with its parameters."),
            },
            # No `enum`: an editor would offer these names twice, as keys and as texts, and muddle the two.
            "pattern": f"{_one_of(_optional(kinds))}|{self.custom}|^{BLOCK_NAME}$|{VARIABLE}",
            "patternErrorMessage": "there is no such layer, or it needs arguments",
            "if": {"type": "object", "propertyNames": {"pattern": f"^{BLOCK_NAME}$"}},
            "then": {
                "if": {"required": ["use"]},
                "then": {"propertyNames": {"enum": list(ENTRY.names)}},
                "else": {"properties": {"call": False}, "not": {"propertyNames": {"enum": ["from", "as", "repeat"]}}},
            },
            "else": {
                "properties": {"as": False, "use": False},
                "propertyNames": _text(rf"^({no_block})$|^[^a-z_]|[.>]|{self.custom}", "an entry has no such key; arguments are written below their layer"),
                "if": {"propertyNames": {"not": {"pattern": self.custom}}},
                "then": {"properties": {"call": _ref("call")}},
            },
        }  # fmt: skip

    def call(self) -> Schema:
        """The options of calls; which layer takes which is not known here."""
        options: Schema = {}
        for kind in self.layers.values():
            assert issubclass(kind, Layer)
            for name, argument in kind.options.items():
                options[name] = with_variables(argument.schema()) | _described(argument.words)
        return {"type": ["object", "string"], **_closed(options), "pattern": VARIABLE}

    def wires(self) -> Schema:
        one = _ref("source")
        return {
            **_described("A reference, a list of them, or a mapping from call argument to reference, such as `{query: x, value: y}`. Operations take numbers, too."),
            "type": ["string", "number", "array", "object"],
            "items": one,
            "minItems": 1,
            "additionalProperties": {"anyOf": [one, {"type": "array", "items": one, "description": "Several."}]},
            "minProperties": 1,
        }  # fmt: skip

    # Kinds.

    def kind(self, kind: type[KerasObject]) -> Schema:
        """A class: a mapping of its arguments, or the first of them alone."""
        name, words, shown = spec_name(kind), sentence(kind), example(kind)
        rule = f"**Shape**: {kind.rule}" if issubclass(kind, Layer) and kind.rule else ""
        since = f"Since Keras {kind.since}." if kind.since != "3.8" else ""
        described = _described("\n\n".join(filter(None, (words, rule, since))))
        if shown:
            described["markdownDescription"] = (
                f"{described.get('markdownDescription', words)}\n\n```yaml\n{shown}\n```"
            )
        arguments = _closed(
            self.arguments(kind), **({"required": list(kind.required)} if kind.required else {})
        )
        empty = ["null"] if not kind.required else []
        alone = self.alone(kind)
        if set(alone) <= BY_TYPE and alone:
            types = list(dict.fromkeys(["object", *_names(alone["type"]), *empty]))
            return {"title": name, **described, **alone, "type": types, "allOf": [arguments]}
        texts = (
            {
                "anyOf": [
                    alone,
                    {"type": ["object", *empty]} | _described("Arguments by their names."),
                ]
            }
            if alone
            else {}
        )
        return {"title": name, **described, **texts, "allOf": [arguments]}

    def alone(self, kind: type[KerasObject]) -> Schema:
        """What may stand in place of the mapping of a kind's arguments."""
        first = next((name for name in kind.arguments if name not in kind.common), None)
        if first is None or set(kind.required) - {first}:
            return _text(
                VARIABLE,
                f"{spec_name(kind)} needs a mapping of its arguments"
                if kind.required
                else "it takes no value",
            )
        schema = with_variables(
            kind.arguments[first].schema(), f"{first}, {kind.arguments[first].words}"
        )
        # A mapping always has arguments.
        return {**schema, "type": ["string", "array", "null"]} if "$ref" in schema else schema

    def arguments(self, kind: type[KerasObject]) -> Schema:
        """The arguments of a kind by name."""
        properties = {}
        for name, argument in kind.arguments.items():
            words = accepts(kind, name, argument) + (
                f"; since Keras {kind.newer[name]}" if name in kind.newer else ""
            )
            properties[name] = {
                **with_variables(argument.schema(), argument.words.replace("`", "")),
                **_described(words[0].upper() + words[1:]),
            }
            if name in kind.defaults:
                properties[name]["default"] = kind.defaults[name]
            for inner in _objects(argument):
                if inner.definition not in self.definitions:
                    self.define(inner)
        return properties

    def define(self, argument: Object) -> None:
        """Define the objects of a role: by name, or as a class with its arguments."""
        role = str(argument.role)
        self.definitions[argument.definition] = {}
        kinds = self.layers if role == "layer" else registry.things(role)
        homes = {
            name: spec_name(kind)
            if role == "layer"
            else f"{role.replace(' ', '-')}.{kind.__name__}"
            for name, kind in kinds.items()
        }
        names = list(argument.names) or (_optional(kinds) if role == "layer" else [])
        # Some names count in any case.
        folded = [folded_names(argument.folded)] if argument.folded else []
        own = [_text(self.custom) | _described("A layer of your own.")] if role == "layer" else []
        custom: Schema = {"patternProperties": {self.custom: {}}} if role == "layer" else {}
        classes = {name: _ref(home) for name, home in homes.items()}
        mapping = _closed(classes, **custom, minProperties=1, maxProperties=1)
        if argument.models:
            mapping = self.layer_or_model(classes, custom)
        self.definitions[argument.definition] = {
            "type": ["string", "object", "null"],
            "allOf": [mapping],
            "anyOf": [
                *[{"enum": names}] * bool(names),
                *folded,
                *own,
                _ref("variable"),
                {"type": ["object", "null"]} | _described("A class."),
            ],
        }
        if role != "layer":
            for name, kind in kinds.items():
                if name == kind.__name__ and homes[name] not in self.definitions:
                    self.definitions[homes[name]] = {}
                    self.definitions[homes[name]] = self.kind(kind)
