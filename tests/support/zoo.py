"""Models as people write them with plain Keras, each with what is awkward to carry into a spec; and when two are the same."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Callable

from mergecli.catalog import registry

ZOO: dict[str, Callable[[], Any]] = {}


def zoo(build: Callable[[], Any]) -> Callable[[], Any]:
    ZOO[build.__name__] = build
    return build


@zoo
def chain() -> Any:
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, strides=(1, 2), activation="relu"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )


@zoo
def built_late() -> Any:
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            layers.Dense(4),
            layers.Dropout(0.5),
            layers.Dense(2, kernel_regularizer=keras.regularizers.L2(0.1)),
        ]
    )
    model.build((None, 6))
    return model


@zoo
def shared_layers() -> Any:
    import keras
    from keras import layers

    left, right = keras.Input((8,), name="left"), keras.Input((8,), name="right")
    dense, norm = layers.Dense(4, name="encoder"), layers.BatchNormalization(name="norm")
    joined = layers.Subtract(name="difference")([norm(dense(left)), norm(dense(right))])
    return keras.Model([left, right], layers.Dense(1, activation="sigmoid")(joined), name="siamese")


@zoo
def two_deep() -> Any:
    import keras
    from keras import layers

    inner = keras.Sequential([keras.Input((6,)), layers.Dense(5, activation="relu")], name="inner")
    start = keras.Input((6,))
    middle = keras.Model(start, layers.Dense(4)(inner(start)), name="middle")
    a, b = keras.Input((6,), name="a_input"), keras.Input((6,), name="b_input")
    return keras.Model([a, b], layers.Add()([middle(a), middle(b)]), name="outer")


@zoo
def several_in_and_out() -> Any:
    import keras
    from keras import layers

    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    two = keras.Model([a, b], [layers.Add()([a, b]), layers.Multiply()([a, b])], name="two")
    x = keras.Input((6,), name="x")
    total, product = two([x, layers.Dense(6)(x)])
    return keras.Model(x, layers.Concatenate()([total, product]), name="outer")


@zoo
def dictionaries() -> Any:
    import keras
    from keras import layers

    image, facts = keras.Input((8, 8, 3), name="image"), keras.Input((5,), name="facts")
    seen = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="relu")(image))
    joined = layers.Concatenate(name="joined")([seen, layers.Dense(4)(facts)])
    label = layers.Dense(3, activation="softmax", name="label")(joined)
    box = layers.Dense(4, name="box")(layers.Dense(8)(joined))
    return keras.Model(
        {"image": image, "facts": facts}, {"label": label, "box": box}, name="dictionaries"
    )


@zoo
def states() -> Any:
    import keras
    from keras import layers

    source = keras.Input((None, 4), name="source")
    sequence, hidden, cell = layers.LSTM(5, return_sequences=True, return_state=True)(source)
    again = layers.LSTM(5, return_sequences=True)(source, initial_state=[hidden, cell])
    both = layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="sum")(again)
    return keras.Model(source, [sequence, hidden, cell, both], name="states")


@zoo
def attention() -> Any:
    import keras
    from keras import layers

    query, memory = keras.Input((7, 8), name="query"), keras.Input((5, 8), name="memory")
    heads = layers.MultiHeadAttention(2, 4, name="cross")
    seen, scores = heads(query=query, value=memory, return_attention_scores=True)
    self_seen = layers.MultiHeadAttention(2, 4, name="self")(query, query, use_causal_mask=True)
    return keras.Model(
        [query, memory], [layers.LayerNormalization()(seen + self_seen), scores], name="attention"
    )


@zoo
def arithmetic() -> Any:
    import keras
    from keras import layers, ops

    x = keras.Input((6, 4), name="x")
    y = (x + 3) * 2.0 - 1 / (x + 0.5)
    y = ops.concatenate([ops.relu6(y), ops.expand_dims(ops.mean(x, axis=-1), -1)], axis=-1)
    return keras.Model(x, layers.Dense(2)(ops.reshape(y, (-1, 30)) ** 2), name="arithmetic")


@zoo
def slices() -> Any:
    import keras
    from keras import layers

    x = keras.Input((6, 4), name="x")
    return keras.Model(
        x, layers.Concatenate()([x[:, 0], x[:, -1, 1:], x[:, ::2, 0]]), name="slices"
    )


@zoo
def masks() -> Any:
    import keras
    from keras import layers

    words, kept = (
        keras.Input((9,), dtype="int32", name="words"),
        keras.Input((9,), dtype="bool", name="kept"),
    )
    x = layers.Embedding(20, 6, mask_zero=True)(words)
    return keras.Model(
        [words, kept], layers.Add()([layers.LSTM(5)(x), layers.GRU(5)(x, mask=kept)]), name="masks"
    )


@zoo
def mixed() -> Any:
    import keras
    from keras import layers

    x = keras.Input((6,), name="x")
    y = layers.Dense(4, activation="gelu", dtype="mixed_float16")(x)
    return keras.Model(
        x,
        layers.Dense(2, dtype="float32")(layers.Dropout(0.1, dtype="mixed_float16")(y)),
        name="mixed",
    )


@zoo
def frozen() -> Any:
    import keras
    from keras import layers

    base = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.BatchNormalization()], name="base"
    )
    base.trainable = False
    x = keras.Input((8, 8, 3), name="image")
    return keras.Model(
        x, layers.Dense(2)(layers.GlobalMaxPooling2D()(base(x, training=False))), name="transfer"
    )


@zoo
def wrapped() -> Any:
    import keras
    from keras import layers

    x = keras.Input((5, 8), name="x")
    y = layers.TimeDistributed(layers.Dense(4, activation=keras.activations.silu))(x)
    y = layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)])(
        layers.SpectralNormalization(layers.Conv1D(4, 3, padding="same"))(y)
    )
    return keras.Model(x, y, name="wrapped")


@zoo
def preprocessing() -> Any:
    import keras
    from keras import layers

    image, number = keras.Input((8, 8, 3), name="image"), keras.Input((1,), name="number")
    seen = layers.Flatten()(layers.Rescaling(1 / 255, offset=-1)(image))
    kept = layers.Normalization(mean=[2.0], variance=[4.0])(number)
    kind = layers.CategoryEncoding(4, output_mode="one_hot")(
        layers.Discretization([0.0, 1.0, 2.0])(number)
    )
    return keras.Model(
        [image, number], layers.Concatenate()([seen, kept, kind]), name="preprocessing"
    )


@zoo
def awkward_names() -> Any:
    import keras
    from keras import layers

    x = keras.Input((4,), name="no")
    y = layers.Dense(3, name="1e3")(x)
    z = layers.Dense(3, name="a: b, $c [d] # e")(y)
    return keras.Model(
        x, layers.Add(name="previous?")([layers.Dense(3, name="ünï")(z), y]), name="true"
    )


#: Names that mean something in YAML, in a spec, or to whoever writes one.
NAMES = (
    *(
        "merge",
        "input",
        "a[0]",
        "a",
        "yes",
        "null",
        "~",
        "1",
        "1.5",
        "x y",
        "a: b",
        "- a",
        "#c",
        "'q'",
        '"q"',
        "$x",
        "$(a)",
        "{b}",
        "[c]",
    ),
    *(
        "&a",
        "*a",
        "!t",
        "%d",
        "@e",
        "`f`",
        "dense",
        "dense_1",
        "a_dense",
        "joined",
        "head",
        "from",
        "as",
        "é",
        "日本",
        "\n",
        "tab\there",
        " lead",
    ),
    *(
        "trail ",
        "a_input",
        "input_1",
        "branch",
        "b_branch",
        "repeat",
        "use",
        "a_b_c",
        "a_b_d",
        "ops.add",
        "Dense",
        "<<",
        "x-1",
        "=",
        "0x1F",
        " ",
    ),
)


def awkwardly_named(number: int) -> Any:
    """A random model whose layers, inputs, outputs and models in it have awkward names."""
    import random

    import keras
    from keras import layers

    draw = random.Random(number)
    names = iter(draw.sample(NAMES, 24))
    starts = [keras.Input((4,), name=next(names)) for _ in range(draw.randint(1, 3))]
    found, shared = list(starts), layers.Dense(4, name=next(names))
    for _ in range(draw.randint(1, 7)):
        way, x = draw.randint(0, 4), draw.choice(found)
        if way == 0:
            found.append(layers.Dense(4, name=next(names))(x))
        elif way == 1:
            found.append(layers.Add(name=next(names))([x, draw.choice(found)]))
        elif way == 2:
            found.append(shared(x))
        elif way == 3:
            found.append(x + 2)
        else:
            found.append(
                keras.Sequential(
                    [keras.Input((4,)), layers.Dense(4, name=draw.choice(NAMES))], name=next(names)
                )(x)
            )
    ends: Any = draw.sample(found[len(starts) :], min(len(found) - len(starts), draw.randint(1, 2)))
    if draw.random() < 0.4:
        ends = {next(names): end for end in ends}
    return keras.Model(
        starts, ends if len(ends) > 1 or isinstance(ends, dict) else ends[0], name="model"
    )


def same(first: Any, second: Any) -> list[str]:
    """How two models differ by their configs, apart from what a spec knowingly changes: a sequential model becomes a functional one, the
    inputs become a list, a model in a model is not told that it is not in training, and masks that Keras computes by itself are not written.
    """
    return _compare(_facts(first), _facts(second), "")


def _facts(model: Any) -> Any:
    return _model(json.loads(model.to_json()))


def _model(data: dict[str, Any]) -> Any:
    config = data["config"]
    if data["class_name"] == "Sequential":
        found, before = [], None
        for layer in config["layers"]:
            calls = [] if layer["class_name"] == "InputLayer" else [_inbound([[before, 0, 0]])]
            found.append(_layer(layer, calls))
            before = layer["config"]["name"]
        inputs = [[found[0]["config"]["name"], 0, 0]]
        return {
            "name": config["name"],
            "layers": {layer["config"]["name"]: layer for layer in found},
            "in": inputs,
            "out": [before, 0, 0],
        }
    told = [layer for layer in config["layers"] if layer["class_name"] != "NotEqual"]
    layers = {layer["config"]["name"]: _layer(layer, layer["inbound_nodes"]) for layer in told}
    inputs = config["input_layers"]
    inputs = (
        list(inputs.values())
        if isinstance(inputs, dict)
        else [inputs]
        if isinstance(inputs[0], str)
        else inputs
    )
    return {"name": config["name"], "layers": layers, "in": inputs, "out": config["output_layers"]}


def _inbound(histories: list[Any]) -> dict[str, Any]:
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": history}}
        for history in histories
    ]
    return {"args": tensors, "kwargs": {}}


def _layer(data: dict[str, Any], calls: list[Any]) -> dict[str, Any]:
    if "layers" in data["config"] and data["class_name"] in ("Functional", "Sequential", "Model"):
        inner = _model(data)
        return {"class": "model", "config": inner, "calls": [_call(call) for call in calls]}
    kind = registry.layer(data["class_name"])
    takes = tuple(kind.takes) if kind is not None and data["module"] == "keras.layers" else ()
    return {
        "class": data["class_name"],
        "config": _bare(data["config"]),
        "calls": [_call(call, takes) for call in calls],
    }


def _call(call: Any, takes: tuple[str, ...] = ()) -> Any:
    """A call's arguments by name as far as these are known, but for what is null or false."""
    arguments = {
        **{str(number): value for number, value in enumerate(call["args"])},
        **call["kwargs"],
    }
    for number, name in enumerate(takes or ("inputs",)):
        if str(number) in arguments:
            arguments[name] = arguments.pop(str(number))
    found = {
        key: _bare(value)
        for key, value in arguments.items()
        if value is not None and value is not False
    }
    masks = [
        key
        for key, value in found.items()
        if key.endswith("mask") and isinstance(value, tuple) and value[0].startswith("not_equal")
    ]
    return {key: value for key, value in found.items() if key not in masks}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            return tuple(value["config"]["keras_history"])
        found = {
            key: _bare(item)
            for key, item in value.items()
            if key not in ("shared_object_id", "build_config")
        }
        found.update({"axis": _axis(found["axis"])} if "axis" in found else {})
        config = found.get("config")
        if (
            "class_name" in value
            and isinstance(config, dict)
            and re.fullmatch(r"[a-z0-9_]*?(_\d+)?", str(config.get("name")))
        ):
            del config["name"]  # the name of a layer in a wrapper, which Keras has made up
        return found
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return value


def _axis(value: Any) -> Any:
    """A lone axis in a list is that axis."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _compare(first: Any, second: Any, where: str) -> list[str]:
    if isinstance(first, dict) and isinstance(second, dict):
        return [
            words
            for key in {**first, **second}
            for words in (
                _compare(first[key], second[key], f"{where}/{key}")
                if key in first and key in second
                else [f"{where}/{key} only in {'the first' if key in first else 'the second'}"]
            )
        ]
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return [
            words
            for number, pair in enumerate(zip(first, second))
            for words in _compare(*pair, f"{where}/{number}")
        ]
    if isinstance(first, float) and isinstance(second, float):
        # Keras keeps some arguments in 32 bits.
        return (
            [] if math.isclose(first, second, rel_tol=1e-6) else [f"{where}: {first} and {second}"]
        )
    return [] if first == second else [f"{where}: {first} and {second}"]


def copy_weights(source: Any, target: Any) -> None:
    """Give a model the weights of another one, by the names of the layers."""
    for layer in source.layers:
        twin = target.get_layer(layer.name)
        if hasattr(layer, "layers") and hasattr(layer, "input_shape"):
            copy_weights(layer, twin)
        else:
            twin.set_weights(layer.get_weights())


def run(model: Any) -> dict[str, Any]:
    """What a model makes of what is always the same, by the name of the output."""
    import keras
    import numpy

    fed = {}
    for tensor in model.inputs:
        # Whatever the order of the inputs is.
        random = numpy.random.default_rng(len(tensor.name) if len(model.inputs) > 1 else 0)
        shape = [3 if size is None else size for size in tensor.shape]
        if tensor.dtype == "bool":
            fed[tensor.name] = random.integers(0, 2, shape).astype(bool)
        elif tensor.dtype.startswith("int"):
            fed[tensor.name] = random.integers(0, 9, shape).astype(tensor.dtype)
        else:
            fed[tensor.name] = random.normal(size=shape).astype(tensor.dtype)
    results = model(fed if len(fed) > 1 else next(iter(fed.values())), training=False)
    results = results if isinstance(results, dict) else dict(enumerate(keras.tree.flatten(results)))
    return {str(name): numpy.asarray(value) for name, value in results.items()}
