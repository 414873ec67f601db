"""Classes as JSON Schema."""

from __future__ import annotations

import jsonschema
import pytest

from mergecli.catalog import registry
from mergecli.exporters.schema_classes import ClassSchemas, optional
from mergecli.importers.modules import CustomLayers


def test_a_class_that_needs_no_argument_may_be_written_alone() -> None:
    layers = {name: registry.layers()[name] for name in ("Flatten", "Dense", "Dropout", "ReLU")}
    assert optional(dict(layers)) == ["Flatten", "ReLU"]


def test_the_input_layer_is_not_an_entry() -> None:
    schemas = ClassSchemas(CustomLayers(()))
    assert "InputLayer" not in schemas.layers and "Dense" in schemas.layers
    assert all(name.startswith("ops.") for name in schemas.operations)


@pytest.mark.parametrize(
    "value, valid",
    [
        (3, True),
        ({"units": 3, "activation": "relu"}, True),
        ({"units": "$width"}, True),
        ({"activation": "relu"}, False),
        ({"units": 3, "unit": 4}, False),
        ({"units": -3}, False),
    ],
)
def test_a_definition_accepts_what_the_class_does(value: object, valid: bool) -> None:
    schemas = ClassSchemas(CustomLayers(()))
    definition = schemas.definition(registry.layers()["Dense"])
    schema = {**definition, "definitions": schemas.definitions, "$defs": schemas.definitions}
    try:
        jsonschema.Draft7Validator(schema).validate(value)
        found = True
    except jsonschema.ValidationError:
        found = False
    assert found == valid
