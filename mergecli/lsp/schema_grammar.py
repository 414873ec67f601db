"""What the language has at a place of a tree, as its JSON Schema says it."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Iterable, Iterator

from mergecli.exporters.json_schema import document
from mergecli.exporters.schema_parts import Schema
from mergecli.importers.modules import CustomLayers

Steps = tuple["str | int", ...]


class Grammar:
    """The schema, to be asked along the path from the top of a tree."""

    def __init__(self, customs: CustomLayers | None = None) -> None:
        self.customs = customs
        self._keys: dict[tuple[int, ...], dict[str, list[Schema]]] = {}

    @cached_property
    def document(self) -> Schema:
        return document(self.customs)

    def at(self, steps: Steps) -> list[Schema]:
        """The schemas of the value to which a path leads."""
        result = self.whole([self.document])
        for step in steps:
            result = self.whole(self.step(result, step))
        return result

    def step(self, schemas: Iterable[Schema], step: str | int) -> Iterator[object]:
        """The schemas of an item, or of the value of a key."""
        for schema in schemas:
            if isinstance(step, int):
                yield schema.get("items")
            elif step in schema.get("properties", ()):
                yield schema["properties"][step]
            else:
                fitting = [
                    inner
                    for pattern, inner in schema.get("patternProperties", {}).items()
                    if re.search(pattern, step)
                ]
                yield from fitting or [schema.get("additionalProperties")]

    def whole(self, schemas: Iterable[object]) -> list[Schema]:
        """Schemas with all that they are made of; where something depends on what else there is, all of that."""
        result: list[Schema] = []
        waiting = [schema for schema in schemas if isinstance(schema, dict)]
        while waiting:
            schema = waiting.pop(0)
            if any(schema is known for known in result):
                continue
            result.append(schema)
            inner = [
                schema.get("then"),
                schema.get("else"),
                *schema.get("allOf", ()),
                *schema.get("anyOf", ()),
            ]
            if "$ref" in schema:
                inner.append(self.document["$defs"][schema["$ref"].removeprefix("#/$defs/")])
            waiting += [part for part in inner if isinstance(part, dict)]
        return result

    def is_a(self, schemas: list[Schema], name: str) -> bool:
        """Whether schemas have a definition among them."""
        definition = self.document["$defs"][name]
        return any(schema is definition for schema in schemas)

    def refers(self, schemas: list[Schema]) -> bool:
        """Whether a text there is a reference."""
        return any(self.is_a(schemas, name) for name in ("reference", "source", "from", "outputs"))

    def keys(self, schemas: list[Schema]) -> dict[str, list[Schema]]:
        """The keys that a mapping may have, each with its schemas."""
        # The schemas are parts of one document, which stays; there are few combinations of them.
        known = tuple(map(id, schemas))
        if known not in self._keys:
            result: dict[str, list[Schema]] = {}
            for schema in schemas:
                for name, inner in schema.get("properties", {}).items():
                    if isinstance(inner, dict):
                        result.setdefault(name, []).append(inner)
            self._keys[known] = {name: self.whole(inner) for name, inner in result.items()}
        return self._keys[known]

    def values(self, schemas: Iterable[Schema]) -> list[object]:
        """The values that are known."""
        result: list[object] = []
        for schema in schemas:
            types = schema.get("type", ())
            known = [
                *schema.get("enum", ()),
                *(
                    (True, False)
                    if "boolean" in ([types] if isinstance(types, str) else types)
                    else ()
                ),
            ]
            result += [
                value
                for value in known
                if not any(value is other or value == other for other in result)
            ]
        return result

    def words(self, schemas: Iterable[Schema]) -> str:
        """What the first of them that says anything says, in Markdown."""
        for schema in schemas:
            if "description" in schema:
                return str(schema.get("markdownDescription", schema["description"]))
        return ""
