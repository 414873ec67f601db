"""Parts of JSON Schemas, from which those of the language are put together."""

from __future__ import annotations

from typing import Any, Iterable

from mergecli.syntax.grammar import Form, Key

Schema = dict[str, Any]

#: A text in which something is replaced; what it becomes cannot be known here.
VARIABLE = r"\$[A-Za-z_(]"


def with_variables(schema: Schema, words: str = "") -> Schema:
    """Return a schema that also accepts strings with variables, and these in its parts.

    Args:
        schema: The schema.
        words: What an editor shows for another string, after "must be".

    >>> with_variables({"type": "array", "items": {"type": "integer"}})["items"]["type"]
    ['integer', 'string']
    """
    if not schema or "$ref" in schema:
        return schema
    if "enum" in schema:
        return {"anyOf": [schema, ref("variable")]}
    if "anyOf" in schema:
        return {
            **schema,
            "anyOf": [*(_inside(part, words) for part in schema["anyOf"]), ref("variable")],
        }
    types = names_of(schema["type"])
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


def names_of(types: str | list[str]) -> list[str]:
    return types if isinstance(types, list) else [types]


def string(pattern: str, words: str = "") -> Schema:
    """A text; `words` are what an editor says of another one."""
    return {
        "type": "string",
        "pattern": pattern,
        **({"patternErrorMessage": words} if words else {}),
    }


def ref(name: str, **more: object) -> Schema:
    return {"$ref": f"#/$defs/{name}", **more}


def doc(words: str) -> Schema:
    """Words for an editor: plain ones, and those with markup where they have any."""
    plain = words.replace("`", "").replace("**", "")
    return (
        {"description": plain}
        if plain == words
        else {"description": plain, "markdownDescription": words}
    )


def closed(properties: Schema, **more: object) -> Schema:
    return {"properties": properties, "additionalProperties": False, **more}


def mapping(of: Schema, **more: object) -> Schema:
    """Return the schema of a mapping from any names to values that a schema accepts."""
    return {"type": "object", "additionalProperties": of, **more}


def one_of(names: Iterable[str]) -> str:
    return f"^({'|'.join(names)})$"


def properties(form: Form, own: Schema, definitions: Schema) -> Schema:
    """The schemas of the keys of a form; `own` has those that the forms of the keys do not say."""
    properties = {}
    for key in form.keys:
        schema = own[key.name] if key.name in own else _value(key)
        # What the definition says is not repeated.
        described = doc(key.doc) if key.doc else {}
        shared = definitions.get(key.form, {}).get("description")
        properties[key.name] = schema | (
            described if described.get("description") != shared else {}
        )
    return properties


def _value(key: Key) -> Schema:
    """What is accepted as the value of a key."""
    if key.each:
        return mapping(ref(key.form), minProperties=1)
    plain: Schema = {
        "text": {"type": "string"},
        "path": {"type": "string"},
        "flag": with_variables({"type": "boolean"}) | {"default": False},
        "integer": with_variables({"type": "integer", "minimum": 0}),
        "names": with_variables({"type": ["boolean", "array"], "items": {"type": "string"}}),
        "arguments": {"type": ["object", "string"]},
        "variables": {"type": "object"},
    }
    return plain[key.form] if key.form in plain else ref(key.form)
