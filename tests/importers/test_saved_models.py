"""Saved models are read as Keras means them, and what would run code is refused without running it."""

from __future__ import annotations

import base64
import codecs
import json
import marshal
import pickle
import subprocess
import sys
import zipfile
from typing import Any, Callable

import oracle
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import ROOT

from mergecli.catalog import registry
from mergecli.catalog.keras_object import KerasObject
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras import Saved, config_values, graph, parse, read
from mergecli.ir.graph import Graph, Network
from mergecli.ir.inference import infer
from tools import applications


@pytest.fixture
def automatic_names() -> None:
    """Keras counts names over the whole process."""
    import keras

    keras.utils.clear_session(free_memory=False)


def inferred(saved: Saved) -> Network:
    """The network of a model about which nothing is wrong or unknown."""
    assert (saved.refusals, saved.unknown, saved.custom) == ([], [], [])
    network, diagnostics = infer(graph(saved))
    assert [d.message for d in diagnostics] == []
    return network


def check(model: Any) -> tuple[Saved, Graph]:
    """Hold what is read of a model against the model: its outputs, and each layer that is called once."""
    saved = parse(json.loads(model.to_json()))
    network = inferred(saved)
    found = [
        tensor for target in network.graph.outputs.targets for tensor in network.tensors(target)
    ]
    names = network.graph.outputs.names
    theirs = [model.output[name] for name in names] if names else model.outputs
    assert [(t.shape, t.dtype) for t in found] == [(tuple(t.shape), t.dtype) for t in theirs]
    nodes = {node.name: node for node in network.graph.nodes}
    for operation in getattr(model, "operations", []):
        if operation.name in nodes and len(operation._inbound_nodes) == 1:
            results = network.results[nodes[operation.name].index]
            assert [t.shape for t in results] == [
                tuple(t.shape) for t in operation._inbound_nodes[0].output_tensors
            ], operation.name
            weights = [
                tuple(w.shape)
                for w in getattr(operation, "weights", [])
                if "seed_generator" not in w.path
            ]
            assert sorted(w.shape for w in network.weights[nodes[operation.name].index]) == sorted(
                weights
            ), operation.name
    return saved, network.graph


@pytest.mark.slow
@pytest.mark.parametrize("name", applications.names())
def test_every_application_has_keras_s_shapes_and_parameters(name: str) -> None:
    model = applications.build(name)
    _, found = check(model)
    assert infer(found)[0].count() == model.count_params()


# Models that Keras builds. -------------------------------------------------------------------------------------------


def wiring(graph: Graph) -> dict[str, str]:
    """What each node is applied to, in a line."""
    return {
        node.name: ", ".join(map(graph.reference, node.sources or ()))
        for node in graph.nodes
        if node.sources
    }


@pytest.mark.keras
def test_a_shared_layer_is_several_calls_of_one() -> None:
    import keras
    from keras import layers

    x, y = keras.Input((8,), name="x"), keras.Input((8,), name="y")
    encode = layers.Dense(4, activation="relu", kernel_regularizer="l1", name="encode")
    saved, graph = check(
        keras.Model(
            [x, y],
            layers.Subtract(name="minus")(
                [encode(x), encode(encode(y)[:, :1] * layers.Flatten()(y))]
            ),
        )
    )
    calls = [call for call in saved.calls if call.name == "encode"]
    assert [call.number for call in calls] == [0, 1, 2]
    assert len({id(call.layer) for call in calls}) == 1 and calls[0].layer
    assert calls[0].layer.explicit == {"units": 4, "activation": "relu", "kernel_regularizer": "l1"}
    assert wiring(graph)["minus"] == "encode, encode_2"
    assert saved.single and [origin.name for origin in saved.outputs] == ["minus"]


@pytest.mark.keras
def test_nested_models_are_unfolded() -> None:
    import keras
    from keras import layers

    inner = keras.Sequential([keras.Input((8,)), layers.Dense(8, name="in_chain")], name="inner")
    x = keras.Input((8,), name="x")
    middle = keras.Model(x, [inner(x), layers.Dense(3, name="side")(inner(x))], name="middle")
    y = keras.Input((8,), name="y")
    first, _ = middle(y)
    _, second = middle(first)
    saved, graph = check(keras.Model(y, layers.Concatenate(name="join")([first, second])))
    assert [(call.name, call.number, call.nested is not None) for call in saved.calls] == [
        ("middle", 0, True),
        ("middle", 1, True),
        ("join", 0, False),
    ]
    found = wiring(graph)
    assert found["middle.inner.in_chain"] == found["middle.inner_1.in_chain"] == "y"
    assert found["middle.side"] == "middle.inner_1.in_chain"
    assert found["join"] == "middle.inner.in_chain, middle_1.side"
    assert len({id(node.layer) for node in graph.nodes if node.name.endswith("in_chain")}) == 1


@pytest.mark.keras
def test_dictionaries_of_inputs_and_outputs() -> None:
    import keras
    from keras import layers

    def inputs() -> dict[str, Any]:
        return {"b": keras.Input((4,), name="b"), "a": keras.Input((8,), name="a")}

    own = inputs()
    inner = keras.Model(
        own,
        {
            "wide": layers.Dense(4, name="wide")(own["a"]),
            "same": layers.Identity(name="same")(own["b"]),
        },
        name="inner",
    )
    outer = inputs()
    results = inner({"a": outer["a"], "b": outer["b"]})
    saved, graph = check(
        keras.Model(
            outer,
            {
                "sum": layers.Add(name="sum")([results["wide"], results["same"]]),
                "wide": results["wide"],
            },
        )
    )
    assert (saved.input_names, saved.output_names, saved.single) == (
        ["b", "a"],
        ["sum", "wide"],
        False,
    )
    assert wiring(graph) == {"inner.wide": "a", "inner.same": "b", "sum": "inner.wide, inner.same"}


@pytest.mark.keras
def test_states_attention_and_their_keywords() -> None:
    import keras
    from keras import layers

    x, y = keras.Input((10, 4), name="x"), keras.Input((6, 4), name="y")
    out, *states = layers.LSTM(4, return_sequences=True, return_state=True, name="encode")(x)
    decoded = layers.LSTM(4, return_sequences=True, name="decode")(y, initial_state=states)
    attended, scores = layers.MultiHeadAttention(2, 4, name="attend")(
        decoded, value=out, return_attention_scores=True
    )
    causal = layers.MultiHeadAttention(2, 4, value_dim=3, name="causal")(
        attended, attended, use_causal_mask=True
    )
    simple = layers.Attention(name="simple")([causal, out])
    both = layers.Bidirectional(layers.GRU(3, return_sequences=True), name="both")(simple)
    stacked = layers.RNN([layers.LSTMCell(5), layers.GRUCell(3)], name="stacked")(
        layers.TimeDistributed(layers.Dense(2))(both)
    )
    saved, graph = check(keras.Model([x, y], [stacked, scores, states[1]]))
    calls = {call.name: call for call in saved.calls}
    given = {name: call.layer.explicit for name, call in calls.items() if call.layer}
    assert wiring(graph)["decode"] == "y, encode[1], encode[2]"
    assert calls["decode"].keywords == ("sequences", "initial_state", "initial_state")
    assert calls["attend"].keywords == calls["causal"].keywords == ("query", "value")
    assert (calls["attend"].options, calls["causal"].options) == (
        {"return_attention_scores": True},
        {"use_causal_mask": True},
    )
    assert calls["simple"].listed and not calls["simple"].keywords
    assert given["attend"] == {"num_heads": 2, "key_dim": 4} and given["causal"]["value_dim"] == 3
    assert repr(given["both"]) == "{'layer': GRU(return_sequences=True, units=3)}"
    assert repr(given["stacked"]) == "{'cell': [LSTMCell(units=5), GRUCell(units=3)]}"
    assert [graph.reference(target) for target in graph.outputs.targets] == [
        "stacked",
        "attend[1]",
        "encode[2]",
    ]


@pytest.mark.keras
@pytest.mark.usefixtures("automatic_names")
def test_operations_with_numbers_lists_and_brackets() -> None:
    import keras
    from keras import ops

    x = keras.Input((8,), name="x")
    left, right = ops.split(x, 2, axis=-1)
    parts = [
        x + 3,
        2.0 - x,
        ops.where(x > 0, x, 0.0),
        ops.concatenate([left, right * left]),
        x[:, 1:-1],
        x[..., :2],
        ops.clip(x, 0, 6),
    ]
    parts += [
        ops.mean(ops.reshape(x, (-1, 2, 4)), axis=1, keepdims=True),
        ops.einsum("ab,cb->ac", x, x),
    ]
    parts += [
        ops.one_hot(ops.cast(x, "int32"), 3),
        ops.pad(x, ((0, 0), (1, 2)), constant_values=1.0),
    ]
    parts += [keras.activations.relu(x, max_value=6), keras.activations.gelu(x)]
    saved, graph = check(keras.Model(x, parts))
    calls = {call.name: call for call in saved.calls}
    assert [origin.constant for origin in calls["add"].sources] == [None, 3]
    assert [origin.constant for origin in calls["subtract"].sources] == [2.0, None]
    given = {name: call.layer.explicit for name, call in calls.items() if call.layer}
    assert [given[name] for name in ("get_item", "get_item_1")] == [
        {"key": [None, {"start": 1, "stop": -1}]},
        {"key": ["...", {"stop": 2}]},
    ]
    assert (given["mean"], given["one_hot"], given["re_lu"]) == (
        {"axis": 1, "keepdims": True},
        {"num_classes": 3},
        {"max_value": 6},
    )
    assert given["pad"] == {"pad_width": [[0, 0], [1, 2]], "constant_values": 1.0}
    assert wiring(graph)["concatenate"] == "split[0], multiply"
    assert {call.cls for call in saved.calls} >= {"ops.add", "ops.get_item", "ops.where", "ReLU"}


@pytest.mark.keras
@pytest.mark.usefixtures("automatic_names")
def test_operations_that_a_spec_cannot_say_are_unknown() -> None:
    import keras

    x = keras.Input((400, 300), name="x")
    model = keras.Model(x, x + keras.ops.ones((400, 300)))
    saved = parse(json.loads(model.to_json()))
    assert [call.layer for call in saved.calls] == [None]
    assert saved.unknown == ["`add`: it is called with an array of numbers"]
    network, diagnostics = infer(graph(saved))
    assert diagnostics == []
    assert network.tensors(network.graph.outputs.targets[0])[0].shape is None


@pytest.mark.keras
@pytest.mark.usefixtures("automatic_names")
def test_a_new_axis_in_brackets_is_an_operation_of_its_own() -> None:
    import keras

    x = keras.Input((8, 3), name="x")
    for result in (x[:, None], x[:, 1:4, None, 0], x[:, None, :, None], x[..., 0]):
        check(keras.Model(x, result))


@pytest.mark.keras
@pytest.mark.usefixtures("automatic_names")
def test_masks_are_wired_where_somebody_asked_for_them() -> None:
    import keras
    from keras import layers

    x = keras.Input((10,), dtype="int32", name="x")
    embedded = layers.Embedding(5, 4, mask_zero=True, name="embed")(x)
    pooled = layers.GlobalAveragePooling1D(name="pool")(
        layers.LSTM(3, return_sequences=True, name="lstm")(embedded)
    )
    _, graph = check(keras.Model(x, pooled))
    assert wiring(graph) == {"embed": "x", "lstm": "embed", "pool": "lstm"}
    own = keras.Input((10,), dtype="bool", name="own")
    pooled = layers.GlobalAveragePooling1D(name="pool")(
        layers.LSTM(3, return_sequences=True, name="lstm")(embedded, mask=own), mask=own
    )
    saved, graph = check(
        keras.Model(
            [x, own],
            layers.Softmax(name="softmax")(layers.Dense(10, name="dense")(pooled), mask=own),
        )
    )
    assert wiring(graph) == {
        "embed": "x",
        "lstm": "embed, own",
        "pool": "lstm, own",
        "dense": "pool",
        "softmax": "dense, own",
    }
    keywords = {call.name: call.keywords for call in saved.calls}
    assert (keywords["lstm"], keywords["pool"]) == (("sequences", "mask"), ("inputs", "mask"))


@pytest.mark.keras
def test_policies_activations_and_objects() -> None:
    import keras
    from keras import layers

    x = y = keras.Input((8, 8, 3), batch_size=2, name="x")
    y = layers.Conv2D(
        4,
        3,
        dtype="mixed_float16",
        activation=layers.LeakyReLU(0.1),
        kernel_initializer="he_normal",
        name="conv",
    )(y)
    y = layers.BatchNormalization(gamma_constraint=keras.constraints.MaxNorm(3), name="norm")(
        y, training=False
    )
    y = layers.Dense(
        3,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.1, seed=3),
        trainable=False,
        name="dense",
    )(y)
    y = layers.Resizing(4, 4, name="resize_1")(keras.ops.image.resize(y, (2, 2)))
    saved, _ = check(keras.Model(x, y))
    calls = {call.name: call for call in saved.calls}
    assert {name: repr(call.layer.explicit) for name, call in calls.items() if call.layer} == {
        "conv": "{'dtype': 'mixed_float16', 'filters': 4, 'kernel_size': [3, 3], 'activation': LeakyReLU(negative_slope=0.1), "
        "'kernel_initializer': 'he_normal'}",
        "norm": "{'gamma_constraint': MaxNorm(max_value=3)}",
        "dense": "{'trainable': False, 'units': 3, 'kernel_initializer': RandomNormal(seed=3, stddev=0.1)}",
        "resize": "{'size': [2, 2]}",
        "resize_1": "{'height': 4, 'width': 4}",
    }
    assert calls["norm"].options == {"training": False}
    assert saved.inputs[0].layer and saved.inputs[0].layer.explicit == {"batch_shape": [2, 8, 8, 3]}


def chains() -> list[Any]:
    import keras
    from keras import layers

    base = keras.Model(x := keras.Input((8,)), layers.Dense(5)(x), name="base")
    late = keras.Sequential([layers.Dense(3), layers.Dense(2)], name="late")
    late.build((None, 8))
    return [
        keras.Sequential(
            [keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(2)],
            name="chain",
        ),
        keras.Sequential([base, layers.Dropout(0.5), layers.Dense(2)], name="tuned"),
        late,
        keras.Sequential(
            [
                keras.Input((4,)),
                keras.Sequential([keras.Input((4,)), layers.Dense(3)]),
                layers.ReLU(),
            ],
            name="chains",
        ),
    ]


@pytest.mark.keras
@pytest.mark.parametrize("number", range(4))
def test_chains(number: int) -> None:
    saved, found = check(chains()[number])
    assert len(saved.inputs) == 1 and saved.single and not found.nodes[-1].listed


@pytest.mark.keras
def test_a_chain_of_unknown_shape_is_unknown() -> None:
    import keras

    saved = parse(json.loads(keras.Sequential([keras.layers.Dense(3)], name="chain").to_json()))
    assert (saved.inputs[0].name, saved.inputs[0].layer, saved.unknown) == ("chain_input", None, [])


@pytest.mark.keras
@pytest.mark.parametrize("ending", ["keras", "h5", "json"])
def test_every_kind_of_file_says_the_same(tmp_path: Any, ending: str) -> None:
    import keras
    from keras import layers

    inner = keras.Model(
        x := keras.Input((8,), name="x"),
        layers.Dense(4, activation="gelu", name="inside")(x),
        name="inner",
    )
    a, b = keras.Input((8,), name="a"), keras.Input((8,), name="b")
    both = layers.Bidirectional(layers.LSTM(3), name="both")(layers.Reshape((2, 2))(inner(a) * 2))
    model = keras.Model([a, b], [both, inner(b)], name="several")
    path = tmp_path / f"model.{ending}"
    if ending == "json":
        path.write_text(model.to_json())
    else:
        model.save(path)
    saved = parse(read(str(path)))
    network = inferred(saved)
    assert [network.tensors(target)[0].shape for target in network.graph.outputs.targets] == [
        (None, 6),
        (None, 4),
    ]
    given = {node.name: repr(node.layer.explicit) for node in network.graph.nodes if node.layer}
    assert given["both"] == "{'layer': LSTM(units=3)}"
    assert given["inner.inside"] == "{'units': 4, 'activation': 'gelu'}"


def test_keras_2_wrote_lists() -> None:
    """Calls as lists, states after the sequence, shapes with the layers, and models that count their calls from 1."""

    def layer(cls: str, name: str, nodes: list[Any], **config: Any) -> dict[str, Any]:
        return {
            "class_name": cls,
            "name": name,
            "inbound_nodes": nodes,
            "config": {"name": name, "dtype": "float32", **config},
        }

    chain = {
        "name": "chain",
        "layers": [
            {
                "class_name": "Dense",
                "config": {"name": "d", "batch_input_shape": [None, 4], "units": 4},
            }
        ],
    }
    inner = {
        "name": "inner",
        "layers": [layer("InputLayer", "x", [], batch_input_shape=[None, 6, 4], sparse=False, ragged=False),
                   layer("LSTM", "lstm", [[["x", 0, 0, {}]]], units=4, return_state=True, time_major=False, implementation=2)],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["lstm", 0, 0], ["lstm", 0, 1], ["lstm", 0, 2]],
    }  # fmt: skip
    config = {
        "name": "old",
        "layers": [
            layer(
                "InputLayer",
                "a",
                [],
                batch_input_shape={"class_name": "__tuple__", "items": [None, 6, 4]},
            ),
            {
                "class_name": "Model",
                "name": "inner",
                "config": inner,
                "inbound_nodes": [[["a", 0, 0, {}]]],
            },
            layer("GRU", "gru", [[["a", 0, 0, {}], ["inner", 1, 1, {}]]], units=4),
            layer("BatchNormalization", "norm", [[["gru", 0, 0, {"training": True}]]], axis=[1]),
            {
                "class_name": "Sequential",
                "name": "chain",
                "config": chain,
                "inbound_nodes": [[["norm", 0, 0, {}]], [["inner", 1, 2, {}]]],
            },
            layer("Add", "add", [[["chain", 0, 0, {}], ["chain", 1, 0, {}]]]),
        ],
        "input_layers": [["a", 0, 0]],
        "output_layers": [["add", 0, 0], ["inner", 1, 0]],
    }
    network = inferred(parse({"class_name": "Model", "config": config}))
    assert wiring(network.graph) == {
        "inner.lstm": "a",
        "gru": "a, inner.lstm[1]",
        "norm": "gru",
        "chain.d": "norm",
        "chain_1.d": "inner.lstm[2]",
        "add": "chain.d, chain_1.d",
    }
    assert [network.tensors(target)[0].shape for target in network.graph.outputs.targets] == [
        (None, 4),
        (None, 4),
    ]
    assert network.graph.nodes[3].options == {"training": True}


@pytest.mark.keras
def test_a_class_of_the_user_is_unknown_and_named() -> None:
    import keras
    from keras import layers

    @keras.saving.register_keras_serializable("my_package")
    class Twice(layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x * 2

    @keras.saving.register_keras_serializable("my_package")
    class Half(keras.initializers.Initializer):  # type: ignore[misc]
        def __call__(self, shape: Any, dtype: Any = None, **_: Any) -> Any:
            return keras.ops.full(shape, 0.5)

    @keras.saving.register_keras_serializable("my_package")
    def bend(x: Any) -> Any:
        return x

    x = keras.Input((8,), name="x")
    known = layers.Dense(4, name="known")(x)
    unknown = layers.Dense(4, kernel_initializer=Half(), name="unknown")(
        Twice(name="twice")(layers.Dense(4, activation=bend, name="bent")(x))
    )
    saved = parse(json.loads(keras.Model(x, [known, unknown]).to_json()))
    assert (saved.refusals, saved.unknown) == ([], [])
    assert saved.custom == ["my_package>bend", "my_package>Twice", "my_package>Half"]
    assert {call.name: (call.cls, call.layer is None) for call in saved.calls} == {
        "known": ("Dense", False),
        "bent": ("Dense", True),
        "twice": ("my_package>Twice", True),
        "unknown": ("Dense", True),
    }
    network, diagnostics = infer(graph(saved))
    assert diagnostics == [] and [
        network.tensors(t)[0].shape for t in network.graph.outputs.targets
    ] == [(None, 4), None]


def test_what_no_rule_knows_is_said() -> None:
    saved = parse(functional({**thing("Dense", units=3, sparkle=1), "name": "dense"}))
    assert (saved.calls[0].layer, saved.unknown) == (
        None,
        ["`dense`: `Dense` has no argument `sparkle` that mergecli knows"],
    )
    saved = parse(functional({**thing("Dense", units=-3), "name": "dense"}))
    assert saved.unknown == ["`dense`: `units` must be a positive integer"]
    saved = parse(functional({**thing("NewLayer"), "name": "new"}))
    assert (saved.refusals, saved.unknown) == ([], ["`new`: no rule knows the layer `NewLayer`"])


# Arguments. ----------------------------------------------------------------------------------------------------------

#: What a config does not keep, or keeps in other words that mean the same.
RETOLD = {"name", "autocast"}


@pytest.mark.keras
@pytest.mark.parametrize(
    "name",
    sorted({kind.__name__ for kind in registry.layers().values() if kind.module == "layers"}),
)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_arguments_make_a_layer_with_the_same_config(name: str, data: Any) -> None:
    import keras
    from known_layers import calls

    from mergecli.runtime.build import keras_object

    def config(given: dict[str, Any]) -> Any:
        layer = getattr(keras.layers, name)(
            **{key: keras_object(value) for key, value in given.items()}
        )
        return json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))["config"]

    kind = registry.layers()[name]
    drawn, _ = data.draw(calls(kind)) if name != "InputLayer" else ({"shape": [8]}, None)
    try:
        kind(**drawn)
        theirs = config(drawn)
    except Exception:  # refused by one or the other, which is not the question here
        return
    ours = config_values.arguments(kind, theirs)
    kind(**ours)
    # Alone among the constructors this one takes no list.
    ours.update(
        {
            key: tuple(value)
            for key, value in ours.items()
            if key == "ngrams" and isinstance(value, list)
        }
    )
    assert retold(config(ours)) == retold(theirs)


def retold(value: Any) -> Any:
    """A config without names, and with numbers as they are in 32 bits."""
    if isinstance(value, dict):
        return {
            key: retold(item)
            for key, item in value.items()
            if key not in RETOLD and item not in (None, {})
        }
    if isinstance(value, list):
        return retold(value[0]) if len(value) == 1 else [retold(item) for item in value]
    return pytest.approx(value, rel=1e-6) if isinstance(value, float) else value


@pytest.mark.keras
@pytest.mark.parametrize("role", ["initializer", "regularizer", "constraint"])
@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=st.data())
def test_objects_come_back(role: str, data: Any) -> None:
    import keras

    from mergecli.importers.keras.config_values import make
    from mergecli.runtime.build import keras_object

    made: KerasObject = data.draw(oracle.objects(role))
    theirs = json.loads(json.dumps(keras.saving.serialize_keras_object(keras_object(made))))[
        "config"
    ]
    again = make(type(made), theirs)
    assert retold(keras.saving.serialize_keras_object(keras_object(again))["config"]) == retold(
        theirs
    )


# Files that are none. ------------------------------------------------------------------------------------------------


def thing(
    cls: str, where: str | None = "keras.layers", registered: str | None = None, **config: Any
) -> dict[str, Any]:
    return {"module": where, "class_name": cls, "config": config, "registered_name": registered}


def functional(*layers: dict[str, Any]) -> dict[str, Any]:
    """The config of a model in which layers follow each other."""
    previous = "x"
    found = [
        {**thing("InputLayer", batch_shape=[None, 8], name="x"), "name": "x", "inbound_nodes": []}
    ]
    for layer in layers:
        tensor = {
            "class_name": "__keras_tensor__",
            "config": {"shape": [None, 8], "dtype": "float32", "keras_history": [previous, 0, 0]},
        }
        found.append({**layer, "inbound_nodes": [{"args": [tensor], "kwargs": {}}]})
        previous = layer["name"]
    inside = {
        "name": "model",
        "trainable": True,
        "layers": found,
        "input_layers": ["x", 0, 0],
        "output_layers": [previous, int("input_layers" in found[-1]["config"]), 0],
    }
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": inside,
        "registered_name": "Functional",
    }


def archive(
    path: Any,
    config: Any = None,
    name: str = "config.json",
    how: int = zipfile.ZIP_DEFLATED,
    **others: str,
) -> Any:
    with zipfile.ZipFile(path, "w", how) as file:
        file.writestr("metadata.json", "{}")
        if config is not None:
            file.writestr(name, config if isinstance(config, (str, bytes)) else json.dumps(config))
        for other, text in others.items():
            file.writestr(other.replace("_", "/"), text)
    return path


FILES: dict[str, tuple[str, str, Callable[[Any], Any]]] = {
    "text.keras": ("not-a-model", "is not a zip archive", lambda p: p.write_text("not a zip")),
    "empty.keras": ("not-a-model", "is not a zip archive", lambda p: p.write_text("")),
    "cut.keras": ("not-a-model", "is a damaged zip archive", lambda p: p.write_bytes(archive(p, {}).read_bytes()[:40])),
    "hdf5.keras": ("not-a-model", "is not an HDF5 file", lambda p: p.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99))),
    "without.keras": ("not-a-model", "it holds no `config.json`", lambda p: archive(p)),
    "broken.keras": ("not-a-model", "its `config.json` is not valid JSON", lambda p: archive(p, "{")),
    "bytes.keras": ("not-a-model", "its `config.json` is not valid JSON", lambda p: archive(p, b"\xff\xfe{}\xff")),
    "list.keras": ("not-a-model", "is no config of a Keras model", lambda p: archive(p, [1])),
    "other.keras": ("not-a-model", "is no config of a Keras model", lambda p: archive(p, {"a": 1})),
    "layer.keras": ("not-a-model", "`Dense` does not tell its layers", lambda p: archive(p, thing("Dense", units=3))),
    "own.keras": ("not-a-model", "`Mine` does not tell its layers", lambda p: archive(p, thing("Mine", "mine", "a>Mine", units=3))),
    "deep.keras": ("unsafe-model", "nested more than 200 levels", lambda p: archive(p, "[" * 100_000, how=zipfile.ZIP_STORED)),
    "less_deep.keras": ("unsafe-model", "nested more than 200 levels", lambda p: archive(p, '{"a":' * 300 + "1" + "}" * 300)),
    "bomb.keras": ("unsafe-model", "unpacks to 10", lambda p: archive(p, '"' + " " * (5 << 20) + '"')),
    "huge.keras": ("unsafe-model", "more than the", lambda p: archive(p, b"\0" * ((64 << 20) + 1), how=zipfile.ZIP_STORED)),
    "climbs.keras": ("unsafe-model", "leads out of the archive", lambda p: archive(p, {}, **{".._.._a": ""})),
    "absolute.keras": ("unsafe-model", "leads out of the archive", lambda p: archive(p, {}, _etc_a="")),
    "drive.keras": ("unsafe-model", "leads out of the archive", lambda p: archive(p, {}, **{"C:_a": ""})),
    "text.json": ("not-a-model", "it is not valid JSON", lambda p: p.write_text("{")),
    "latin.json": ("not-utf8", "not valid UTF-8", lambda p: p.write_bytes(b"\xe9")),
    "text.h5": ("not-a-model", "is not an HDF5 file", lambda p: p.write_text("not HDF5")),
    "folder.keras": ("is-folder", "is a folder", lambda p: p.mkdir()),
    "absent.h5": ("not-found", "no such file", lambda p: None),
    "absent.pt": ("not-a-model", "is not a saved model", lambda p: None),
    "absent": ("not-found", "no such file", lambda p: None),
    "folder": ("is-folder", "is a folder", lambda p: p.mkdir()),
    "model.pt": ("not-a-model", "is not a saved model", lambda p: p.write_text("")),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_no_model_is_refused(tmp_path: Any, name: str) -> None:
    code, words, make = FILES[name]
    make(tmp_path / name)
    with pytest.raises(Unreadable) as problem:
        parse(read(str(tmp_path / name)))
    assert problem.value.code == code
    assert words in problem.value.message


def test_a_config_as_text_may_be_larger_than_a_spec(tmp_path: Any) -> None:
    path = tmp_path / "large.json"
    path.write_text(json.dumps(functional()) + " " * (5 << 20))
    assert parse(read(str(path))).name == functional()["config"]["name"]


def test_a_file_that_may_not_be_read_is_not_told_as_damaged(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import builtins

    def refused(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    path = archive(tmp_path / "secret.keras", functional())
    monkeypatch.setattr(builtins, "open", refused)
    with pytest.raises(Unreadable, match="Permission denied") as problem:
        read(str(path))
    assert problem.value.code == "unreadable"


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Any) -> None:
    path = archive(tmp_path / "lie.keras", '"' + "ab" * 1000 + '"')
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.rindex(signature) + offset
        data[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(Unreadable) as problem:
        read(str(path))
    assert problem.value.code == "not-a-model"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_configs_are_refused(tmp_path: Any) -> None:
    with zipfile.ZipFile(tmp_path / "two.keras", "w") as file:
        file.writestr("config.json", "{}")
        file.writestr("config.json", "{}")
    with pytest.raises(Unreadable, match="twice"):
        read(str(tmp_path / "two.keras"))


def test_hdf5_with_weights_alone_and_without_h5py(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import h5py

    path = str(tmp_path / "weights.h5")
    h5py.File(path, "w").close()
    with pytest.raises(Unreadable, match="holds no `model_config`"):
        read(path)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(Unreadable) as problem:
        read(path)
    assert (problem.value.code, problem.value.hint) == ("not-installed", "pip install h5py")


@pytest.mark.parametrize("inside", [{**thing("Dense", units=8), "name": "dense"}, None])
def test_models_that_multiply_are_refused(inside: dict[str, Any] | None) -> None:
    config = functional(inside) if inside else functional()
    for level in range(8):
        config = functional({**config, "name": f"level_{level}"})
        config["config"]["layers"][1]["inbound_nodes"] *= 10
    with pytest.raises(Unreadable, match="unfold to more than 100,000 calls") as problem:
        graph(parse(config))
    assert problem.value.code == "unsafe-model"


def test_masks_are_not_followed_for_ever() -> None:
    def call(
        cls: str, name: str, *sources: str, module: str = "keras.layers", **kwargs: str
    ) -> dict[str, Any]:
        def tensor(of: str) -> dict[str, Any]:
            return {
                "class_name": "__keras_tensor__",
                "config": {"shape": [None, 8], "dtype": "float32", "keras_history": [of, 0, 0]},
            }

        operands = [tensor(source) for source in sources]
        node = {
            "args": operands if module != "keras.layers" or len(operands) == 1 else [operands],
            "kwargs": {key: tensor(of) for key, of in kwargs.items()},
        }
        config = {"name": name, **({"rate": 0.5} if cls == "Dropout" else {})}
        return {
            "class_name": cls,
            "module": module,
            "config": config,
            "name": name,
            "inbound_nodes": [node],
        }

    config = functional()
    embedding, unequal = (
        call("Embedding", "x0", "x"),
        call("NotEqual", "m0", "x", module="keras.src.ops.numpy"),
    )
    embedding["config"].update(input_dim=9, output_dim=8, mask_zero=True)
    unequal["inbound_nodes"][0]["args"].append(0)
    joined = [embedding, *(call("Add", f"x{n + 1}", f"x{n}", f"x{n}") for n in range(60))]
    masks = [
        unequal,
        *(
            call("LogicalOr", f"m{n + 1}", f"m{n}", f"m{n}", module="keras.src.ops.numpy")
            for n in range(60)
        ),
    ]
    circle = [call("Dropout", "d", "e"), call("Dropout", "e", "d")]
    last = [call("Softmax", "s", "x60", mask="m60"), call("Softmax", "t", "d", mask="x")]
    config["config"]["layers"] += [*joined, *masks, *circle, *last]
    assert {call.name for call in parse(config).calls} >= {"m1", "m60", "d", "s", "t"}
    last[0]["inbound_nodes"] = call("Softmax", "s", "x5", mask="m5")["inbound_nodes"]
    assert not {call.name for call in parse(config).calls} & {"m0", "m1", "m60"}


def test_circles_are_refused() -> None:
    through = {
        "name": "through",
        "layers": functional()["config"]["layers"],
        "input_layers": ["x", 0, 0],
        "output_layers": ["x", 0, 0],
    }
    for circle in (
        {**thing("Dense", units=8), "name": "d"},
        {"class_name": "Functional", "config": through, "name": "d"},
    ):
        config = functional(circle)
        config["config"]["layers"][1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"][
            0
        ] = "d"
        with pytest.raises(Unreadable, match=r"circle|cycle|applied to itself"):
            graph(parse(config))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_config_of_any_form_is_read_or_refused(data: Any) -> None:
    """One value of a sound config is exchanged for another: nothing but `Unreadable` comes of it."""
    config = json.loads(sound())
    places = list(places_of(config))
    holder, key = places[data.draw(st.integers(0, len(places) - 1))]
    junk = [
        None,
        True,
        -1,
        7,
        0.5,
        "",
        "x",
        "a>b",
        [],
        [None],
        ["x", 0, 0],
        [["x", 0, 0]],
        {},
        {"class_name": "Dense"},
        {"config": {}},
    ]
    junk += [
        {"class_name": name, "config": {}}
        for name in (
            "__tuple__",
            "__keras_tensor__",
            "function",
            "Dense",
            "LSTM",
            "DTypePolicy",
            "x",
        )
    ]
    holder[key] = data.draw(st.sampled_from(junk))
    try:
        saved = parse(config)
        assert isinstance(infer(graph(saved))[0], Network)
    except Unreadable:
        pass


def sound() -> str:
    """A config with something of everything."""
    lstm = thing("LSTM", units=8, return_sequences=True, name="lstm")
    chain = {
        "class_name": "Sequential",
        "config": {
            "name": "chain",
            "layers": [thing("Dense", units=8, name="in")],
            "build_input_shape": [None, 8],
        },
    }
    config = functional(
        {
            **thing(
                "Dense",
                units=8,
                kernel_initializer=thing("HeNormal", "keras.initializers"),
                activation="relu",
            ),
            "name": "dense",
        },
        {**chain, "name": "chain"},
        {**functional({**thing("Dropout", rate=0.5), "name": "drop"}), "name": "inner"},
        {**thing("Reshape", target_shape=[2, 4]), "name": "reshape"},
        {
            **thing(
                "Bidirectional",
                layer=lstm,
                backward_layer={**lstm, "config": {**lstm["config"], "go_backwards": True}},
            ),
            "name": "both",
        },
        {**thing("RandomShear", x_factor=[-0.5, 0.5]), "name": "shear"},
        {
            **thing(
                "LayerScale", "keras.src.applications.convnext", init_values=1.0, projection_dim=8
            ),
            "name": "scale",
        },
        {
            **thing("CustomScaleLayer", "keras.src.applications.inception_resnet_v2", scale=0.5),
            "name": "rescale",
        },
        {**thing("Add", "keras.src.ops.numpy", "Add"), "name": "add"},
        {**thing("GetItem", "keras.src.ops.numpy", "GetItem"), "name": "get_item"},
    )
    config["config"]["layers"][-1]["inbound_nodes"][0]["args"].append(
        [{"class_name": "__slice__", "config": {"start": 1}}]
    )
    config["config"]["layers"][-2]["inbound_nodes"][0]["args"].append(3)
    return json.dumps({**config, "compile_config": {"loss": "mse"}})


def places_of(value: Any) -> Any:
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(item, (dict, list)):
            yield from places_of(item)


# Attacks. ------------------------------------------------------------------------------------------------------------


class Bomb:
    """What unpickles by touching a file."""

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return (exec, (f"open({self.marker!r}, 'w').close()",))


def dumped(function: Any) -> tuple[str, Any, tuple[Any, ...]]:
    """Serialize a function as Keras does: its byte code, its defaults and the values of its closure."""
    code = codecs.encode(marshal.dumps(function.__code__), "base64").decode("ascii")
    closure = tuple(cell.cell_contents for cell in function.__closure__)
    return code, function.__defaults__, closure


def attacks(marker: str) -> dict[str, tuple[dict[str, Any], str]]:
    """Layers that would touch the marker, or do other things that no layer should, each with what is said of it."""
    code = {
        "class_name": "__lambda__",
        "config": {"value": dumped(lambda x: open(marker, "w").close())},
    }
    system = {
        "module": "os",
        "class_name": "function",
        "config": "system",
        "registered_name": "system",
    }
    pickled = base64.b64encode(pickle.dumps(Bomb(marker))).decode()
    dense = thing("Dense", units=3, activation=system)
    get_file = {
        "module": "keras.utils",
        "class_name": "function",
        "config": "get_file",
        "registered_name": "get_file",
    }
    return {
        "a lambda": (thing("Lambda", function=code), "is a `Lambda`: it holds code"),
        "a lambda of Keras 2": ({"class_name": "Lambda", "config": {"function": [pickled, None, None]}}, "is a `Lambda`"),
        "a function for a lambda": (thing("Lambda", function=system, arguments={"command": f"touch {marker}"}), "is a `Lambda`"),
        "a lambda by its module": (thing("Lambda", "keras.src.layers.core.lambda_layer", "a>b", function=code), "is a `Lambda`"),
        "a lambda as an activation": (thing("Dense", units=3, activation=code), "holds the code of a Python function"),
        "a function as an activation": (dense, "names the function `system` of the module `os`"),
        "a function by its name": (thing("Activation", activation="os.system"), "has the activation `os.system`, which is none of Keras's"),
        "a function of nobody": (
            thing("Dense", units=3, activation={"module": "builtins", "class_name": "function", "config": "exec", "registered_name": "exec"}),
            "names the function `exec`, which is no activation",
        ),
        "a class of another module": (thing("Popen", "subprocess", "Popen", args=["touch", marker]), "of the module `subprocess`, which would be imported"),
        "a module that does it": (thing("Anything", "evil_module"), "of the module `evil_module`, which would be imported"),
        "a module for an initializer": (
            thing("Dense", units=3, kernel_initializer=thing("Anything", "evil_module", "Anything")),
            "is a `Anything` of the module `evil_module`",
        ),
        "a type of another module": (
            thing("InputLayer", type_spec={"class_name": "__typespec__", "spec_name": "A", "module": "evil_module", "config": []}),
            "holds a type of the module `evil_module`",
        ),
        "a download": (thing("Dense", units=3, activation=get_file), "names the function `get_file` of the module `keras.utils`"),
        "a part of Keras that is none": (thing("OrbaxCheckpoint", "keras.callbacks", directory="/tmp"), "names `keras.callbacks.OrbaxCheckpoint`"),
        "a look-alike of Keras": (thing("Dense", "kerasx.layers", units=3), "of the module `kerasx.layers`, which would be imported"),
        "a SavedModel": (thing("TFSMLayer", filepath="/tmp/other"), "is a `TFSMLayer`: it wraps a TensorFlow SavedModel"),
        "a pickle": (thing("TorchModuleWrapper", module=pickled), "is a `TorchModuleWrapper`: it wraps a Python object"),
        "a function of JAX": (thing("JaxLayer", call_fn=code), "is a `JaxLayer`"),
        "an object of Flax": (thing("FlaxLayer", module=pickled), "is a `FlaxLayer`"),
        "any file, wrapped": (
            thing("TextVectorization", vocabulary={"class_name": "__bytes__", "config": {"value": "/etc/passwd"}}),
            "would read its vocabulary from the file `/etc/passwd`",
        ),
        "a lambda under another name": ({"class_name": "Lambda", "registered_name": "a>b", "config": {"function": code}}, "is a `Lambda`"),
        "any file": (thing("StringLookup", vocabulary="/etc/passwd"), "would read its vocabulary from the file `/etc/passwd`"),
        "inside a wrapper": (thing("TimeDistributed", layer=thing("Lambda", function=code, name="inside")), "is a `Lambda`"),
        "inside a class of the user": (thing("Mine", None, "my>Mine", helper=code), "holds the code of a Python function"),
    }  # fmt: skip


NAMES = list(attacks(""))


@pytest.mark.parametrize("ending", ["keras", "json", "h5"])
@pytest.mark.parametrize("attack", NAMES)
def test_an_attack_is_refused_and_nothing_runs(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, attack: str, ending: str
) -> None:
    import h5py

    marker = tmp_path / "marker"
    (tmp_path / "evil_module.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    monkeypatch.syspath_prepend(tmp_path)
    layer, words = attacks(str(marker))[attack]
    config = functional({**thing("Dense", units=8), "name": "good"}, {**layer, "name": "bad"})
    path = tmp_path / f"model.{ending}"
    if ending == "keras":
        archive(path, config)
    elif ending == "json":
        path.write_text(json.dumps(config))
    else:
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = json.dumps(config)
    saved = parse(read(str(path)))
    (reason,) = saved.refusals
    assert reason.startswith("`bad") and words in reason
    if not saved.custom:
        graph(saved)
    assert not marker.exists() and "evil_module" not in sys.modules


@pytest.mark.keras
def test_the_marker_can_be_made(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attacks are armed: what they hold does it when it is run."""
    from keras.src.utils.python_utils import func_load

    marker = tmp_path / "marker"
    layers = attacks(str(marker))
    func_load(layers["a lambda"][0]["config"]["function"]["config"]["value"])(None)
    assert marker.exists()
    marker.unlink()
    pickle.loads(base64.b64decode(layers["a pickle"][0]["config"]["module"]))
    assert marker.exists()
    marker.unlink()
    (tmp_path / "evil_module.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    subprocess.run([sys.executable, "-c", "import evil_module"], cwd=tmp_path, check=True)
    assert marker.exists()


@pytest.mark.keras
def test_all_reasons_are_said_with_the_layers_they_are_for() -> None:
    dangerous = attacks("")
    inner = functional(
        {**dangerous["a lambda"][0], "name": "first"},
        {**dangerous["a pickle"][0], "name": "second"},
    )
    chain = {
        "class_name": "Sequential",
        "config": {"name": "chain", "layers": [thing("TFSMLayer", name="third")]},
    }
    loss = {"class_name": "__lambda__", "config": {"value": ""}}
    mine = {
        "module": "builtins",
        "class_name": "function",
        "config": "my_loss",
        "registered_name": "my_loss",
    }
    config = functional(
        {**inner, "name": "inner"},
        {**chain, "name": "chain"},
        {**dangerous["any file"][0], "name": "words"},
    )
    config["compile_config"] = {
        "optimizer": thing("Adam", "keras.optimizers", name="adam"),
        "loss": {"a": loss, "b": mine},
    }
    assert [reason.split("` ")[0] for reason in parse(config).refusals] == [
        "`inner.first",
        "`inner.second",
        "`chain.third",
        "`words",
        "`compile_config",
    ]


def test_reading_loads_neither_keras_nor_numpy(tmp_path: Any) -> None:
    archive(tmp_path / "model.keras", sound())
    code = (
        "import sys\nfrom mergecli.importers.keras import graph, parse, read\n"
        f"graph(parse(read({str(tmp_path / 'model.keras')!r})))\n"
        "print({'keras', 'tensorflow', 'numpy', 'h5py', 'pickle'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (result.stdout, result.stderr) == ("set()\n", "")
