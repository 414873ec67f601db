"""The JSON Schema: it accepts what has no errors and refuses what a schema can refuse, as a real validator judges it."""

from __future__ import annotations

import functools
import json
import pathlib
import re
from typing import Any, Iterator

import oracle
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from running import ROOT, SPECS, run

from mergecli.catalog import registry
from mergecli.catalog.arguments import Argument, ArgumentError
from mergecli.catalog.fields import Object
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import spec_name
from mergecli.catalog.reference import ROLES
from mergecli.catalog.training import compile as training
from mergecli.compiler.lowering.argument_reader import ArgumentReader
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.codes import CODES
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source, Span, Unreadable
from mergecli.exporters.json_schema import document
from mergecli.importers.modules import CustomLayers
from mergecli.syntax.yaml_reader import read

SCHEMA = document()
VALIDATOR = Draft202012Validator(SCHEMA)
LAYERS = {
    name: kind
    for name, kind in registry.layers().items()
    if name == spec_name(kind) and name != "InputLayer"
}
OBJECTS = {
    f"{role.replace(' ', '-')}.{name}": kind
    for role in ROLES
    for name, kind in registry.things(role).items()
    if name == kind.__name__
}
KINDS: dict[str, type[KerasObject]] = {**LAYERS, **OBJECTS}
ERRORS = ROOT / "tests" / "errors"

#: The codes of errors that the schema refuses, too: `all` of their cases in `errors/`, or `some` of them, as it does not see what goes
#: together, or is computed. What depends on shapes, on other places of the text, on other files or on the text itself, as for all
#: other codes, is beyond a schema.
REFUSES = {
    "missing-argument": "some",
    "missing-key": "some",
    "unknown-argument": "all",
    "unknown-key": "some",
    "unknown-layer": "some",
    "unsupported-layer": "some",
    "wrong-type": "some",
    "wrong-value": "some",
}


def plain(text: str, path: str = "spec.yaml") -> Any:
    """A spec as a validator sees it, all keys strings; None if it is not YAML."""
    tree, _ = read(Source(text, path))
    return json.loads(json.dumps(tree.data())) if tree is not None else None


def complaints(value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in VALIDATOR.iter_errors(value)]


@functools.cache
def of_kind(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$defs": SCHEMA["$defs"], **SCHEMA["$defs"][name]})


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """All the schemas in a schema."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key, value in schema.items():
        if key in ("properties", "patternProperties", "$defs"):
            for inner in value.values():
                yield from parts(inner)
        elif key not in ("default", "enum"):
            for inner in value if isinstance(value, list) else [value]:
                yield from parts(inner)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"].startswith("urn:mergecli:schema:")


def test_an_editor_can_point_at_the_key_that_is_wrong() -> None:
    conditions = [part.get(word) for part in parts(SCHEMA) for word in ("if", "then", "else")]
    for part in parts(SCHEMA):
        assert "oneOf" not in part
        # What stands in a condition only adds to the mapping that is closed around it.
        if "properties" in part and not any(part is condition for condition in conditions):
            # Beside the class of a loss stand the names of outputs, which may be any.
            assert (
                part["additionalProperties"] is False
                or part is SCHEMA["$defs"]["compile"]["properties"]["loss"]
            )


def test_every_reference_leads_somewhere() -> None:
    names = {part["$ref"].removeprefix("#/$defs/") for part in parts(SCHEMA) if "$ref" in part}
    assert names <= set(SCHEMA["$defs"])


def test_the_keys_of_compile_are_those_of_the_language() -> None:
    assert set(training.KEYS) == set(SCHEMA["$defs"]["compile"]["properties"])


@pytest.mark.keras
@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_argument_is_described(name: str) -> None:
    kind, definition = KINDS[name], SCHEMA["$defs"][name]
    closed = definition["allOf"][0]
    assert list(closed["properties"]) == list(kind.arguments)
    assert closed.get("required", []) == list(kind.required)
    assert definition["description"]
    for argument, schema in closed["properties"].items():
        home = schema.get("$ref", "").removeprefix("#/$defs/")
        if home.startswith("argument."):
            schema = SCHEMA["$defs"][home]
        assert schema["description"]
        assert schema.get("default", ...) == kind.defaults.get(argument, ...)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs_are_accepted(path: pathlib.Path) -> None:
    assert complaints(plain(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "block",
    [
        block
        for page in sorted((ROOT / "docs" / "guide").glob("*.md"))
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    ],
)
def test_the_documented_specs_are_accepted(block: str) -> None:
    if "layers:" in block:
        assert complaints(plain(block)) == []


FEATURES = """
x-common: &common {activation: relu}
name: all of it
description: every key once
vars: {width: 64, ratio: 0.5, sizes: [3, 3]}
blocks:
  residual:
    params: {filters: 64}
    layers:
      - Conv2D: {filters: $filters, kernel_size: $sizes, padding: same, name: conv}
      - Add: {}
        from: [conv, input]
budget: {parameters: 5M, trainable: 1.5k, size: 20 MB, macs: 600000}
compile: {optimizer: {Adam: {learning_rate: 1e-3}}, loss: mse, metrics: [mae]}
branches:
  a:
    input: {shape: [32, 32, 3], dtype: $kind, name: image}
    budget: {macs: $(width * 1000)}
    layers:
      - residual: {filters: 3}
        as: stage
        repeat: $(width // 32)
      - residual
      - Dense: {<<: *common, units: $(width * 2)}
      - Dense: $width
      - $layer
      - ops.add: {}
        from: [previous, 3.0]
      - ops.relu6
      - mine>Layer: {anything: 1}
        call: {whatever: true}
      - Dropout: $ratio
        call: {training: true}
      - TimeDistributed: {layer: {Dense: 4}}
      - TimeDistributed: {layer: Flatten}
      - TimeDistributed: {layer: {name: inner, input: [32, 3], layers: [Flatten, {Dense: $width}], output: flatten}}
      - TimeDistributed: {layer: {spec: other.yaml, with: {width: 32}}}
      - TimeDistributed: {layer: {model: text.keras, with: {weights: text.weights.h5}, output: dense}}
      - TimeDistributed: {layer: {application: MobileNetV2, with: {include_top: false}, name: frames}}
      - use: stage
        as: again
        from: {query: a, value: [b, c]}
        repeat: 2
  b: {application: MobileNetV2, with: {include_top: false, pooling: avg}, output: pool, trainable: false, prefix: b_, nested: true}
  c: {model: text.keras, trainable: [one, two], from: a, layers: [Flatten]}
  d: {spec: other.yaml, with: {width: 32}, input: [8]}
  e: {from: [a, b]}
  f: {inputs: {one: [8], two: {batch_shape: [2, 8]}}, layers: [{Add: {}, from: [one, two]}]}
merge: {Concatenate: {axis: -1}, from: [b, a]}
heads: {label: {from: merge, layers: [{Dense: 1}]}, box: [{Dense: 4}], raw: {from: a}}
outputs: {label: label, both: "e[1]"}
"""


def test_every_feature_of_the_language_is_accepted() -> None:
    assert complaints(plain(FEATURES)) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("input: [8]\nlayers: []\nhead: []", "$"),
        ("input: [8]", "$"),
        ("layers: []", "$"),
        ("input: [8]\ninputs: {a: [8]}\nlayers: []", "not allowed: input"),
        ("input: {shape: [8], batch_shape: [2, 8]}\nlayers: []", "not allowed: shape"),
        ("input: [8]\nlayers: {Dense: 4}", "$.layers"),
        ("branches: {a: {layers: []}}", "$.branches.a"),
        ("branches: {a: {input: [8], from: b}}", "not allowed: input"),
        ("branches: {a: {input: [8], prefix: x}}", "not allowed: prefix"),
        ("branches: {a: {model: m.keras, with: {depth: 3}}}", "$.branches.a.with"),
        ("branches: {a: {spec: m.yaml, inputs: {b: [8]}}}", "not allowed: inputs"),
        ("branches: {}", "$.branches"),
        ("input: [8]\nlayers: []\nbudget: {parameters: many}", "$.budget.parameters"),
        ("input: [8]\nlayers: []\nblocks: {Big: {layers: []}}", "$.blocks"),
        ("input: [8]\nlayers: []\nblocks: {use: {layers: []}}", "$.blocks"),
        ("input: [8]\nlayers: []\nvars: {'a b': 1}", "$.vars"),
        ("input: [8]\nlayers: [{from: x}]", "$.layers[0]"),
        ("input: [8]\nlayers: [{Dense: 4, as: x}]", "not allowed: as"),
        ("input: [8]\nlayers: [{block: 4, call: {}}]", "not allowed: call"),
        ("input: [8]\nlayers: [{use: x, Dense: 4}]", "not allowed: use"),
        ("input: [8]\nlayers: [{Dense: 4, from: []}]", "$.layers[0].from"),
        ("input: [8]\nlayers: [{Dense: 4, repeat: -1}]", "$.layers[0].repeat"),
        ("input: [8]\nlayers: [Dense]", "$.layers[0]"),
        ("input: [8]\nlayers: [ops.add2]", "$.layers[0]"),
        (
            "input: [8]\nlayers: [{Bidirectional: {layer: {LSTN: 4}}}]",
            "$.layers[0].Bidirectional.layer",
        ),
        (
            "input: [8]\nlayers: [{Bidirectional: {layer: {LSTM: {unit: 4}}}}]",
            "$.layers[0].Bidirectional.layer.LSTM",
        ),
    ],
)
def test_the_complaint_is_at_its_place(text: str, place: str) -> None:
    spec = plain(text)
    places = []
    for error in VALIDATOR.iter_errors(spec):
        # Of a key that is not allowed jsonschema tells the value alone.
        around = [
            spec,
            *(
                inner
                for value in spec.values()
                if isinstance(value, dict)
                for inner in value.values()
            ),
            *spec.get("layers", []),
        ]
        around += [spec.get("input")]
        keys = [
            key
            for mapping in around
            if isinstance(mapping, dict)
            for key, value in mapping.items()
            if value is error.instance
        ]
        places.append(error.json_path if error.validator is not None else f"not allowed: {keys[0]}")
    assert place in places


def test_errors_that_a_schema_can_see_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ERRORS)
    found: dict[str, set[bool]] = {}
    for path in sorted(ERRORS.glob("*.yaml")):
        try:
            source = Source.read(path.name)
        except Unreadable:
            continue
        value, errors = plain(source.text, path.name), compile_spec(source).errors
        if not errors:
            assert complaints(value) == [], path.name
        elif value is not None:
            # Cases are named for their codes; a few others show many errors.
            code = max(
                (code for code in CODES if path.stem.startswith(code)), key=len, default=None
            )
            if code in {error.code for error in errors}:
                found.setdefault(code, set()).add(bool(complaints(value)))
    words = {
        code: "some" if len(said) > 1 else "all" for code, said in found.items() if True in said
    }
    assert words == REFUSES


#: Values of every simple type, and one that is no argument's name.
SIMPLE = [True, 3, 2.5, "no such name", None, [], [True], {}, {"no": 1}]


@pytest.mark.keras
@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_value_of_a_wrong_type_is_refused(name: str) -> None:
    """Each argument alone, with a value of every type: what the check calls a wrong type, the schema refuses."""
    kind = KINDS[name]
    for argument, accepted in kind.arguments.items():
        validator = of_kind(name)
        schema = validator.schema["allOf"][0]["properties"][argument]
        for value in SIMPLE:
            wrong = wrong_type(accepted, value)
            if wrong is not None:
                fine = validator.evolve(schema=schema).is_valid(value)
                assert not (fine and wrong), (
                    f"{argument}: {value} is refused by the check, not by the schema"
                )
                assert fine or wrong, (
                    f"{argument}: {value} is refused by the schema, not by the check"
                )


def wrong_type(argument: Argument, value: Any) -> bool | None:
    """Whether a value has a wrong type; None if it only is a wrong one of the right type."""
    try:
        argument.check(value)
    except ArgumentError as fault:
        # To a schema 1 and 1.0 are the same, to a few of Keras's checks they are not.
        whole = type(value) is int and wrong_type(argument, float(value)) is False
        return True if fault.code == "wrong-type" and not whole else None
    return False


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 70)
    | st.floats(-3, 3)
    | st.sampled_from(["same", "SAME", "relu", "x", "", "channels_last"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["L2", "l2", "start", "rmax", "Dense"]), inner, max_size=1
        )
    ),
    max_leaves=4,
)


def as_data(value: Any) -> Any:
    """A value with objects in it as a spec writes it."""
    if isinstance(value, KerasObject):
        return {
            spec_name(type(value)): {name: as_data(inner) for name, inner in value.explicit.items()}
        }
    return [as_data(item) for item in value] if isinstance(value, (list, tuple)) else value


#: Objects in arguments that take them by no name.
NAMELESS = {
    "layer": [
        "Flatten",
        {"Dense": 4},
        {"LSTM": {"units": 4}},
        {"LSTMCell": 4},
        "relu",
        [{"GRUCell": 3}, {"GRUCell": 4}],
    ],
    "schedule": [0.1, {"CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 10}}],
    "optimizer": [
        {"Adam": {"learning_rate": 0.1}},
        {"SGD": 0.1},
        {".*kernel": {"Adam": {}}},
        {"a": {"Lion": {}}, "b": {"SGD": {}}},
    ],
    "optimizer map": [{"OptimizerMap": {"default_optimizer": {"Adam": {}}}}],
}


def value_of(kind: type[KerasObject], name: str) -> st.SearchStrategy[Any]:
    argument = kind.arguments[name]
    if isinstance(argument, Object) and not argument.names:
        known: st.SearchStrategy[Any] = st.sampled_from(
            [*NAMELESS[str(argument.role)], *[None] * argument.none]
        )
    else:
        known = (
            st.nothing() if (drawn := oracle.value(argument, name)).is_empty else drawn.map(as_data)
        )
        if argument.role == "layer":
            known |= st.sampled_from(NAMELESS["layer"])
    return st.one_of(known, known, junk)


@pytest.mark.keras
@pytest.mark.parametrize("name", sorted(KINDS))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_what_a_kind_accepts_the_schema_accepts(name: str, data: Any) -> None:
    kind = KINDS[name]
    names = (
        data.draw(st.sets(st.sampled_from([*kind.arguments]), max_size=4))
        if kind.arguments
        else set()
    )
    arguments: Any = {
        argument: data.draw(value_of(kind, argument))
        for argument in sorted({*names, *kind.required})
    }
    if kind.arguments and data.draw(st.integers(1, 5)) == 5:
        arguments = data.draw(value_of(kind, next(iter(kind.arguments))) | junk)
    source = Source(json.dumps(arguments), "arguments")
    tree, problems = read(source)
    assert tree is not None and not problems
    findings = DiagnosticSink()
    made, _ = ArgumentReader(findings).read(kind, tree, name, Span(1, 1, 1, 1))
    if made is not None:
        assert [error.message for error in of_kind(name).iter_errors(tree.data())] == []


@pytest.mark.keras
@pytest.mark.parametrize("value", ["$width", "$(width * 2)", "conv_$i", "$$ $x"])
def test_a_variable_may_stand_for_every_value(value: str) -> None:
    for name, kind in KINDS.items():
        assert of_kind(name).is_valid(value), name
        arguments = dict.fromkeys(kind.arguments, value)
        assert list(of_kind(name).iter_errors(arguments)) == [], name


def test_layers_of_the_user_are_in_it() -> None:
    validator = Draft202012Validator(document(CustomLayers(["MyLayer"])))
    spec = {
        "input": [8],
        "layers": [
            {"MyLayer": {"units": 4}, "call": {"mine": 1}},
            "MyLayer",
            {"TimeDistributed": {"layer": {"MyLayer": 4}}},
        ],
    }
    assert validator.is_valid(spec)
    assert not VALIDATOR.is_valid(spec)
    assert Draft202012Validator(document(CustomLayers(every=True))).is_valid(spec)


@pytest.mark.parametrize(
    "layer",
    [
        {"spec": "a.yaml", "input": [8]},
        {"spec": "a.yaml", "Dense": 8},
        {"input": [8]},
        {"layers": ["Flatten"]},
        {"input": [8], "layers": [], "with": {}},
        {"application": "Nothing"},
        {"application": "VGG16", "with": {"nothing": 1}},
        {"input": [8], "layers": ["Nothing"]},
        {"spec": "a.yaml", "nested": True},
        {"Dense": 8, "Flatten": None},
        {},
    ],
)
def test_wrong_models_in_layers_are_refused(layer: Any) -> None:
    spec = {"input": [8], "layers": [{"TimeDistributed": {"layer": layer}}]}
    assert not VALIDATOR.is_valid(spec)


def test_only_one_layer_applies_models() -> None:
    model = {"input": [8], "layers": ["Flatten"]}
    assert VALIDATOR.is_valid({"input": [8], "layers": [{"TimeDistributed": {"layer": model}}]})
    assert not VALIDATOR.is_valid({"input": [8], "layers": [{"Bidirectional": {"layer": model}}]})


def test_the_command_prints_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / "my_layers.py").write_text("class Mine: pass\n")
    assert json.loads(run("schema").stdout) == json.loads(json.dumps(SCHEMA))
    result = run("schema", "--import", "my_layers", cwd=tmp_path)
    assert result.returncode == 0 and "Mine" in result.stdout
