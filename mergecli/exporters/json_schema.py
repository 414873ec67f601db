"""The language -> a JSON Schema, for editors and for validators that know neither layers nor shapes.

Every mapping is closed by its `properties`, and nothing is a `oneOf`: a validator then complains about the one key that is wrong,
not about all the layers that would have been right. Where a string may replace a mapping, the mapping's keys are next to the
`anyOf` that has the strings, not inside of it. Where a variable may be used, a string with one is accepted.
"""

from __future__ import annotations

import json

from mergecli.catalog.layer import Layer, spec_name
from mergecli.catalog.layers.core import InputLayer
from mergecli.catalog.list_arguments import Array
from mergecli.catalog.training import compile as training
from mergecli.diagnostics.version import __version__
from mergecli.exporters.schema_classes import WITH, ClassSchemas, optional
from mergecli.exporters.schema_parts import (
    VARIABLE,
    Schema,
    closed,
    doc,
    mapping,
    one_of,
    properties,
    ref,
    string,
    with_variables,
)
from mergecli.importers import applications
from mergecli.importers.modules import CustomLayers
from mergecli.ir.constants import ARRAY_DTYPES
from mergecli.syntax.grammar import (
    BLOCK,
    BLOCK_NAME,
    BRANCH,
    BUDGET,
    CHOICES,
    ENTRY,
    EXTRA,
    HEAD,
    MERGED,
    MODEL,
    PLAIN,
    ROLES,
    SPEC,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"


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


class _Schema:
    """The sections of the schema; classes are defined as they are used."""

    def __init__(self, customs: CustomLayers) -> None:
        self.classes = ClassSchemas(customs)
        self.definitions = self.classes.definitions

    def document(self) -> Schema:
        """The whole."""
        definitions = self.definitions
        definitions["layers"] = {
            **doc("Layers, each applied to the one before it."),
            "type": ["array", "null"],
            "items": ref("entry"),
        }
        definitions["entry"] = self.entry()
        definitions["call"] = self.call()
        definitions["variable"] = string(VARIABLE) | doc(
            "A variable, `$name`, or an expression, `$(width * 2)`, alone or in a text."
        )
        definitions["reference"] = doc(
            "The name of a layer, an input or a branch, `merge`, `previous`, in a block `input`; `name[1]` is the second of several results."
        ) | {"type": "string"}
        definitions["source"] = doc(
            "A reference, or for an operation a number, or an array of numbers as a list or as `{constant: [1, 2], dtype: int64}`."
        ) | {
            "type": ["string", "number", "array", "object"],
            "items": {"$ref": "#/$defs/array"},
            "minItems": 1,
            "properties": {
                "constant": {"$ref": "#/$defs/array"},
                "dtype": {"enum": [*ARRAY_DTYPES]},
            },
            "additionalProperties": False,
            "required": ["constant"],
        }
        definitions["from"] = self.sources()
        definitions["outputs"] = self.outputs()
        definitions["compile"] = self.compile()
        definitions["input"] = self.input()
        definitions["budget"] = self.budget()
        definitions["choices"] = self.choices()
        definitions["branch"] = self.branch()
        definitions["application"] = self.application()
        definitions["head"] = self.head()
        definitions["block"] = self.block()
        definitions["array"] = with_variables(Array().schema())
        for name, cls in {**self.classes.layers, **self.classes.operations}.items():
            if name == spec_name(cls):
                definitions[name] = self.classes.definition(cls)
        self.classes.share()
        return {
            "$schema": DIALECT,
            "$id": f"urn:mergecli:schema:{__version__}",
            **doc("A Keras model as a YAML file, as mergecli reads it."),
            **self.top(),
            "$defs": definitions,
        }

    # Sections.

    def top(self) -> Schema:
        """A spec: a plain model, or one with branches."""
        letters = r"A-Za-z_\u0080-\uffff"
        no_block = f"^(?!(?:{'|'.join(ENTRY.names)})$){BLOCK_NAME}$"
        own = {
            "name": with_variables(string("^[^/]+$")),
            "vars": {
                "type": "object",
                "propertyNames": {"pattern": f"^[{letters}][{letters}0-9]*$"},
                "additionalProperties": {
                    "if": {"type": "object", "required": ["choices"]},
                    "then": ref("choices"),
                },
            },
            "blocks": mapping(ref("block"), propertyNames={"pattern": no_block}),
        }
        merged = {"anyOf": [{"required": [key]} for key in MERGED]}
        branches, layers = MERGED[0], PLAIN[-1]
        return {
            "type": "object",
            **closed(properties(SPEC, own, self.definitions), patternProperties={f"^{EXTRA}": {}}),
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
            **doc(
                "What comes in: the shape of one sample, such as `[32, 32, 3]`, or the arguments of `keras.Input`; `null` is an unknown size."
            ),
            **shape,
            "type": ["array", "object", "string"],
            "allOf": [closed(self.classes.arguments(InputLayer))],
            "if": {"required": ["batch_shape"]},
            "then": {"properties": inner},
            "else": {"required": ["shape"]},
        }

    def choices(self) -> Schema:
        """The choices of a variable."""
        own: Schema = {"choices": {"type": "array", "minItems": 1}, "default": {}}
        return {
            "type": "object",
            **closed(properties(CHOICES, own, self.definitions)),
            "required": ["choices"],
        }

    def branch(self) -> Schema:
        """A branch: a list of layers, or a model."""
        own: Schema = {
            "application": {"anyOf": [{"enum": applications.names()}, ref("variable")]},
            "prefix": string("^[^/]*$"),
        }
        only_model = MODEL[len(ROLES) :]
        return {
            "type": "object",
            **closed(properties(BRANCH, own, self.definitions)),
            "if": {"anyOf": [{"required": [key]} for key in ROLES]},
            "then": {
                "properties": {"inputs": False},
                "if": {"required": ["from"]},
                "then": {"properties": {"input": False}},
                "allOf": WITH,
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

    def application(self) -> Schema:
        """The arguments of applications; which of them takes which is not known here."""
        result: dict[str, list[Schema]] = {}
        for cls in map(applications.find, applications.names()):
            for name, argument in cls.arguments.items() if cls is not None else ():
                result.setdefault(name, []).append(
                    with_variables(argument.schema())
                    | doc(argument.words[0].upper() + argument.words[1:])
                )
        # Where they differ, anything goes.
        properties = {
            name: said[0] if said.count(said[0]) == len(said) else {}
            for name, said in result.items()
        }
        return {
            **doc("The arguments of a constructor of `keras.applications`."),
            "type": ["object", "string"],
            **closed(properties),
        }

    def head(self) -> Schema:
        return {
            **doc("A head: its layers, or what it starts `from` and its `layers`."),
            "type": ["object", "array", "null"],
            **closed(properties(HEAD, {}, self.definitions)),
            "items": ref("entry"),
        }

    def block(self) -> Schema:
        own = {"layers": {"type": "array", "items": ref("entry")}}
        return {
            "type": "object",
            **closed(properties(BLOCK, own, self.definitions)),
            "required": ["layers"],
        }

    def budget(self) -> Schema:
        amount = {
            "type": ["number", "string"],
            "minimum": 0,
            "pattern": rf"^\s*\d+(\.\d+)?\s*([KkMmGgTtBb]?[Ii]?)[Bb]?\s*$|{VARIABLE}",
        }
        properties = {
            key.name: amount | doc(f"The most {key.doc}, such as `{key.form}`.")
            for key in BUDGET.keys
        }
        properties["batch"] = amount | {"minimum": 1} | doc(f"The {BUDGET.key('batch').doc}.")
        return {
            **doc("Upper bounds on the cost of the model or branch."),
            "type": ["object", "string"],
            **closed(properties),
            "pattern": VARIABLE,
        }

    def outputs(self) -> Schema:
        return {
            **doc(
                "The outputs of the model: a reference, a list of them, or a mapping from the name of an output to a reference."
            ),
            "type": ["string", "array", "object"],
            "items": ref("reference"),
            "minItems": 1,
            "additionalProperties": ref("reference"),
            "minProperties": 1,
        }

    def compile(self) -> Schema:
        """The arguments of `keras.Model.compile`; losses, weights and metrics alone, in a list, or by the names of outputs."""
        for argument in (training.OPTIMIZER, training.LOSS, training.METRIC):
            self.classes.define(argument)
        metric = {
            "anyOf": [
                ref("metric"),
                {"type": "array", "items": ref("metric"), "description": "Several."},
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
            "optimizer": ref("optimizer", type=["string", "object"]) | doc("The optimizer, such as `adam` or `{Adam: {learning_rate: 1e-3}}`."),
            "loss": self.losses(),
            "loss_weights": {"type": ["number", "array", "object", "null", "string"], "items": weight, "additionalProperties": weight, "pattern": VARIABLE}
            | doc("How much the loss of each output counts."),
            "metrics": metrics | doc("What is measured: a list, or a mapping from an output to what is measured of it."),
            "weighted_metrics": metrics | doc("What is measured with the weights of samples."),
            **{name: with_variables(argument.schema()) | doc(f"{argument.words[0].upper()}{argument.words[1:]}.") for name, argument in training.OPTIONS.items()},
        }  # fmt: skip
        described = doc("Arguments of `keras.Model.compile`, applied when the model is built.")
        return {
            **described,
            "type": ["object", "string"],
            **closed(properties),
            "pattern": VARIABLE,
        }

    def losses(self) -> Schema:
        """A loss, or one for each output."""
        one = self.definitions["loss"]
        return {
            **doc(
                "What is made small, such as `mse` or `{Huber: {delta: 2.0}}`; a list or a mapping has one for each output."
            ),
            "type": ["string", "object", "array", "null"],
            "properties": one["allOf"][0]["properties"],
            "additionalProperties": ref("loss"),
            "items": ref("loss"),
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
        classes = {**self.classes.layers, **self.classes.operations}
        named = {name: ref(spec_name(cls)) for name, cls in classes.items()}
        beside = properties(ENTRY, {"call": {}}, self.definitions)
        no_block = "|".join(ENTRY.names)
        return {
            **doc("A layer, such as `Flatten` or `Dense: 64`, an operation such as `ops.add`, a block, or with `use` something to apply again."),
            "type": ["object", "string"],
            **closed(named | beside),
            "patternProperties": {
                self.classes.custom: {},
                f"^(?!(?:{no_block})$){BLOCK_NAME}$": {"type": ["object", "string", "number", "boolean", "null"]} | doc("A block of this spec, with its parameters."),
            },
            # No `enum`: an editor would offer these names twice, as keys and as strings, and mix up the two.
            "pattern": f"{one_of(optional(classes))}|{self.classes.custom}|^{BLOCK_NAME}$|{VARIABLE}",
            "patternErrorMessage": "there is no such layer, or it needs arguments",
            "if": {"type": "object", "propertyNames": {"pattern": f"^{BLOCK_NAME}$"}},
            "then": {
                "if": {"required": ["use"]},
                "then": {"propertyNames": {"enum": list(ENTRY.names)}},
                "else": {"properties": {"call": False}, "not": {"propertyNames": {"enum": ["from", "as", "repeat"]}}},
            },
            "else": {
                "properties": {"as": False, "use": False},
                "propertyNames": string(rf"^({no_block})$|^[^a-z_]|[.>]|{self.classes.custom}", "an entry has no such key; arguments are written below their layer"),
                "if": {"propertyNames": {"not": {"pattern": self.classes.custom}}},
                "then": {"properties": {"call": ref("call")}},
            },
        }  # fmt: skip

    def call(self) -> Schema:
        """The options of calls; which layer takes which is not known here."""
        options: Schema = {}
        for cls in self.classes.layers.values():
            assert issubclass(cls, Layer)
            for name, argument in cls.options.items():
                options[name] = with_variables(argument.schema()) | doc(argument.words)
        return {"type": ["object", "string"], **closed(options), "pattern": VARIABLE}

    def sources(self) -> Schema:
        one = ref("source")
        return {
            **doc("A reference, a list of them, or a mapping from call argument to reference, such as `{query: x, value: y}`. Operations take numbers and arrays of numbers, too."),
            "type": ["string", "number", "array", "object"],
            "items": one,
            "minItems": 1,
            "additionalProperties": {"anyOf": [one, {"type": "array", "items": one, "description": "Several."}]},
            "minProperties": 1,
        }  # fmt: skip
