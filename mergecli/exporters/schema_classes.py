"""The JSON Schemas of classes: layers, operations and other objects with their arguments."""

from __future__ import annotations

import json
from typing import Iterable, Iterator

from mergecli.catalog import registry
from mergecli.catalog.arguments import Argument, folded_names
from mergecli.catalog.fields import Object
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, spec_name
from mergecli.catalog.list_arguments import Either, Keys, List
from mergecli.catalog.reference import accepts, example, sentence
from mergecli.exporters.schema_parts import (
    VARIABLE,
    Schema,
    closed,
    doc,
    names_of,
    one_of,
    properties,
    ref,
    string,
    with_variables,
)
from mergecli.importers import applications
from mergecli.importers.modules import CustomLayers
from mergecli.syntax.grammar import IN_LAYER, ROLES, WRAPPED

#: How many classes must say the same of an argument for it to be a definition of its own.
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


#: What `with` holds for a saved model.
_WEIGHTS: Schema = {
    "type": "object",
    "properties": {"weights": {"type": "string", "description": "The file with its weights."}},
    "additionalProperties": False,
}
#: What `with` holds for each role of a model.
WITH: list[Schema] = [
    {"if": {"required": ["model"]}, "then": {"properties": {"with": _WEIGHTS}}},
    {"if": {"required": ["application"]}, "then": {"properties": {"with": ref("application")}}},
]


def optional(classes: dict[str, type[KerasObject]]) -> list[str]:
    """The names of classes that need no argument, and so may be written alone."""
    return [name for name, cls in classes.items() if not cls.required]


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


class ClassSchemas:
    """Defines classes as they are used.

    Args:
        customs: The user's own layers.

    Attributes:
        layers: The classes of layers, by the names that a spec may use.
        operations: Those of operations.
        custom: A pattern for the names of the user's own layers.
        definitions: What is defined so far.
    """

    def __init__(self, customs: CustomLayers) -> None:
        named = {name: cls for name, cls in registry.layers().items() if name != "InputLayer"}
        self.layers: dict[str, type[KerasObject]] = {
            name: cls for name, cls in named.items() if cls.role == "layer"
        }
        self.operations: dict[str, type[KerasObject]] = {
            name: cls for name, cls in named.items() if cls.role == "operation"
        }
        # A name with `>` says that the user has registered the layer with Keras.
        self.custom = "|".join(
            [">", *(one_of([name]) for name in sorted(customs.names)), *["^[A-Z]"] * customs.every]
        )
        self.definitions: Schema = {}

    def definition(self, cls: type[KerasObject]) -> Schema:
        """A class: a mapping of its arguments, or the first of them alone."""
        name, words, shown = spec_name(cls), sentence(cls), example(cls)
        rule = f"**Shape**: {cls.rule}" if issubclass(cls, Layer) and cls.rule else ""
        since = f"Since Keras {cls.since}." if cls.since != "3.8" else ""
        described = doc("\n\n".join(filter(None, (words, rule, since))))
        if shown:
            described["markdownDescription"] = (
                f"{described.get('markdownDescription', words)}\n\n```yaml\n{shown}\n```"
            )
        arguments = closed(
            self.arguments(cls), **({"required": list(cls.required)} if cls.required else {})
        )
        empty = ["null"] if not cls.required else []
        alone = self.alone(cls)
        if set(alone) <= BY_TYPE and alone:
            types = list(dict.fromkeys(["object", *names_of(alone["type"]), *empty]))
            return {"title": name, **described, **alone, "type": types, "allOf": [arguments]}
        texts = (
            {
                "anyOf": [
                    alone,
                    {"type": ["object", *empty]} | doc("Arguments by their names."),
                ]
            }
            if alone
            else {}
        )
        return {"title": name, **described, **texts, "allOf": [arguments]}

    def alone(self, cls: type[KerasObject]) -> Schema:
        """What may stand in place of the mapping of the arguments of a class."""
        first = next((name for name in cls.arguments if name not in cls.common), None)
        if first is None or set(cls.required) - {first}:
            return string(
                VARIABLE,
                f"{spec_name(cls)} needs a mapping of its arguments"
                if cls.required
                else "it takes no value",
            )
        schema = with_variables(
            cls.arguments[first].schema(), f"{first}, {cls.arguments[first].words}"
        )
        # A mapping always has arguments.
        return {**schema, "type": ["string", "array", "null"]} if "$ref" in schema else schema

    def arguments(self, cls: type[KerasObject]) -> Schema:
        """The arguments of a class by name."""
        properties = {}
        for name, argument in cls.arguments.items():
            words = accepts(cls, name, argument) + (
                f"; since Keras {cls.newer[name]}" if name in cls.newer else ""
            )
            properties[name] = {
                **with_variables(argument.schema(), argument.words.replace("`", "")),
                **doc(words[0].upper() + words[1:]),
            }
            if name in cls.defaults:
                properties[name]["default"] = cls.defaults[name]
            for inner in _objects(argument):
                if inner.definition not in self.definitions:
                    self.define(inner)
        return properties

    def define(self, argument: Object) -> None:
        """Define the objects of a role: by name, or as a class with its arguments."""
        role = str(argument.role)
        self.definitions[argument.definition] = {}
        known = self.layers if role == "layer" else registry.things(role)
        homes = {
            name: spec_name(cls) if role == "layer" else f"{role.replace(' ', '-')}.{cls.__name__}"
            for name, cls in known.items()
        }
        names = list(argument.names) or (optional(known) if role == "layer" else [])
        # Some names count in any case.
        folded = [folded_names(argument.folded)] if argument.folded else []
        own = [string(self.custom) | doc("A layer of your own.")] if role == "layer" else []
        custom: Schema = {"patternProperties": {self.custom: {}}} if role == "layer" else {}
        classes = {name: ref(home) for name, home in homes.items()}
        mapping = closed(classes, **custom, minProperties=1, maxProperties=1)
        if argument.models:
            mapping = self.layer_or_model(classes, custom)
        self.definitions[argument.definition] = {
            "type": ["string", "object", "null"],
            "allOf": [mapping],
            "anyOf": [
                *[{"enum": names}] * bool(names),
                *folded,
                *own,
                ref("variable"),
                {"type": ["object", "null"]} | doc("A class."),
            ],
        }
        if role != "layer":
            for name, cls in known.items():
                if name == cls.__name__ and homes[name] not in self.definitions:
                    self.definitions[homes[name]] = {}
                    self.definitions[homes[name]] = self.definition(cls)

    def layer_or_model(self, layers: Schema, custom: Schema) -> Schema:
        """What is accepted as the mapping of a layer or of a model; `layers` are the classes."""
        own: Schema = {
            "name": with_variables(string("^[^/]+$")),
            "application": {"anyOf": [{"enum": applications.names()}, ref("variable")]},
        }
        return {
            **closed({**layers, **properties(WRAPPED, own, self.definitions)}, **custom),
            "if": {"anyOf": [{"required": [key]} for key in IN_LAYER]},
            "then": {
                "propertyNames": {"enum": list(WRAPPED.names)},
                "if": {"anyOf": [{"required": [key]} for key in ROLES]},
                "then": {"properties": {"input": False, "layers": False}, "allOf": WITH},
                "else": {"properties": {"with": False}, "required": ["input", "layers"]},
            },
            "else": {"minProperties": 1, "maxProperties": 1},
        }

    def share(self) -> None:
        """Say once what many classes say of an argument."""
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
                properties[name] = ref(home)
