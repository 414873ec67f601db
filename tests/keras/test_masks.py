"""Keras is the oracle for masks that are handed from layer to layer: what is accepted is wired and runs, and nothing else."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

import oracle
import pytest
import yaml

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from tools.random_models import running


class Entry(NamedTuple):
    """A layer of a model: its class, its arguments, and the layers that it is applied to.

    Attributes:
        name: The class, or a function of `keras.ops`.
        arguments: The arguments, in which a dictionary of one class is a layer.
        sources: The names of the layers.
        keywords: The names under which it takes them, if any.
    """

    name: str
    arguments: dict[str, Any] = {}
    sources: Sequence[str] = ("x",)
    keywords: Sequence[str] = ()


#: What makes a mask: the shape and dtype of the input, and the layer.
MAKERS = {
    "embedding": ((4,), "int32", Entry("Embedding", {"input_dim": 5, "output_dim": 3, "mask_zero": True})),
    "embedding of pairs": ((4, 2), "int32", Entry("Embedding", {"input_dim": 5, "output_dim": 3, "mask_zero": True})),
    "masking": ((4, 4), "float32", Entry("Masking")),
    "masking of images": ((4, 6, 3), "float32", Entry("Masking")),
    "embedding without a mask": ((4,), "int32", Entry("Embedding", {"input_dim": 5, "output_dim": 3})),
}  # fmt: skip
#: What stands between it and a layer that uses the mask.
BETWEEN = {
    "nothing": Entry("Identity"),
    "dense": Entry("Dense", {"units": 2}),
    "LSTM": Entry("LSTM", {"units": 2, "return_sequences": True}),
    "last step": Entry("LSTM", {"units": 2}),
    "both directions": Entry(
        "Bidirectional", {"layer": {"LSTM": {"units": 2, "return_sequences": True}}}
    ),
    "convolution": Entry("Conv1D", {"filters": 2, "kernel_size": 1}),
    "copy": Entry("ops.copy"),
    "flat steps": Entry("TimeDistributed", {"layer": {"Flatten": {}}}),
    "repeated steps": Entry("TimeDistributed", {"layer": {"RepeatVector": {"n": 4}}}),
    "sum": Entry("Add", sources=("x", "x")),
    "sum with a copy": Entry("Add", sources=("x", "copy")),
    "sum of a copy": Entry("Add", sources=("copy", "x")),
    "joined": Entry("Concatenate", sources=("x", "x")),
    "joined steps": Entry("Concatenate", {"axis": 1}, sources=("x", "copy")),
    "attention": Entry("Attention", sources=("x", "x")),
    "heads": Entry(
        "MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, ("x", "x"), ("query", "value")
    ),
}
#: What uses the mask.
USERS = {
    "softmax": Entry("Softmax"),
    "softmax of steps": Entry("Softmax", {"axis": 1}),
    "LSTM": Entry("LSTM", {"units": 2}),
    "LSTM of more units": Entry("LSTM", {"units": 6, "unroll": True}),
    "GRU backwards": Entry("GRU", {"units": 2, "go_backwards": True}),
    "images": Entry("ConvLSTM1D", {"filters": 2, "kernel_size": 1}),
    "smaller images": Entry("ConvLSTM1D", {"filters": 2, "kernel_size": 2}),
    "unrolled images": Entry("ConvLSTM1D", {"filters": 2, "kernel_size": 1, "unroll": True}),
    "list of one cell": Entry("RNN", {"cell": [{"GRUCell": {"units": 2}}]}),
    "list of cells": Entry(
        "RNN", {"cell": [{"GRUCell": {"units": 2}}, {"LSTMCell": {"units": 3}}]}
    ),
    "both directions": Entry("Bidirectional", {"layer": {"GRU": {"units": 2}}}),
    "each step": Entry("TimeDistributed", {"layer": {"Dense": {"units": 2}}}),
    "mean": Entry("GlobalAveragePooling1D"),
    "mean of channels": Entry("GlobalAveragePooling1D", {"data_format": "channels_first"}),
    "normalization": Entry("BatchNormalization"),
    "attention": Entry("Attention", sources=("y", "y")),
    "attention to a copy": Entry("Attention", sources=("y", "copy")),
    "additive attention of a copy": Entry("AdditiveAttention", sources=("copy", "y")),
    "heads": Entry(
        "MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, ("y", "y"), ("query", "value")
    ),
    "heads of a copy": Entry(
        "MultiHeadAttention", {"num_heads": 1, "key_dim": 2}, ("y", "copy"), ("query", "value")
    ),
    "heads along an axis": Entry(
        "MultiHeadAttention",
        {"num_heads": 1, "key_dim": 2, "attention_axes": 1},
        ("y", "y"),
        ("query", "value"),
    ),
    "groups": Entry(
        "GroupQueryAttention",
        {"num_query_heads": 2, "num_key_value_heads": 1, "head_dim": 2},
        ("y", "y"),
        ("query", "value"),
    ),
    "joined": Entry("Concatenate", sources=("y", "copy")),
    "joined steps": Entry("Concatenate", {"axis": 1}, sources=("y", "y")),
    "product": Entry("Multiply", sources=("y", "y")),
    "own mask": Entry("Softmax", sources=("y", "given"), keywords=("inputs", "mask")),
}


def entries(maker: Entry, between: Entry, user: Entry) -> dict[str, Entry]:
    """Return the layers of a chain by their names."""
    found = {
        "x": maker._replace(sources=("start",)),
        "copy": Entry("ops.copy"),
        "y": between,
        "z": user,
    }
    if "copy" in user.sources:
        found["after"] = Entry("ops.copy", sources=("y",))
        found["z"] = user._replace(
            sources=tuple("after" if s == "copy" else s for s in user.sources)
        )
    if "given" in user.sources:
        found["given"] = Entry("ops.greater", sources=("y", "y"))
    order = ("x", "copy", "y", "after", "given", "z")
    return {name: found[name] for name in order if name in found}


def spec(shape: Sequence[int], dtype: str, layers: dict[str, Entry]) -> str:
    """Return the spec of a chain."""
    found = []
    for name, (cls, arguments, sources, keywords) in layers.items():
        ends: Any = list(sources) if len(sources) > 1 else sources[0]
        found.append(
            {
                cls: {**arguments, "name": name},
                "from": dict(zip(keywords, sources)) if keywords else ends,
            }
        )
    inputs = {"start": {"shape": list(shape), "dtype": dtype}}
    return yaml.safe_dump({"inputs": inputs, "layers": found}, sort_keys=False)


def is_run(shape: Sequence[int], dtype: str, layers: dict[str, Entry]) -> bool:
    """Whether Keras wires a chain and runs it, to results of the shapes that it has declared."""
    import keras

    start = keras.Input(shape, dtype=dtype)
    tensors = {"start": start}
    try:
        for name, (cls, arguments, sources, keywords) in layers.items():
            taken = [tensors[source] for source in sources]
            if cls.startswith("ops."):
                tensors[name] = getattr(keras.ops, cls[4:])(*taken)
                continue
            layer = getattr(keras.layers, cls)(
                **{key: inner(value) for key, value in arguments.items()}
            )
            tensors[name] = oracle.call(layer, taken, len(taken) > 1, tuple(keywords), {})
    except Exception:  # Keras refuses with many exceptions; all of them are a verdict
        return False
    results = [tensors[name] for name in layers]
    return running.failure([start], results) is None and not running.misdeclared([start], results)


def inner(value: Any) -> Any:
    """Return an argument as Keras takes it: a dictionary of one class becomes the layer, also in a list."""
    import keras

    if isinstance(value, list):
        return [inner(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((name, arguments),) = value.items()
    return getattr(keras.layers, name)(**arguments)


@pytest.mark.filterwarnings("ignore:.*destroy the mask information")
@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("between", BETWEEN)
def test_a_mask_is_accepted_if_it_fits(maker: str, between: str) -> None:
    shape, dtype, first = MAKERS[maker]
    wrong = {}
    for name, user in USERS.items():
        layers = entries(first, BETWEEN[between], user)
        errors = compile_spec(
            Source(spec(shape, dtype, layers), "a.yaml"), target=oracle.TARGET
        ).errors
        if (not errors) is not is_run(shape, dtype, layers):
            wrong[name] = [error.message for error in errors]
    assert wrong == {}


#: What masks the scores of an attention: the names of a call, its sources and its other arguments.
SCORED = {
    "nothing": {},
    "steps before": {"use_causal_mask": True},
    "query": {"query": "masked"},
    "value": {"value": "masked"},
    "both": {"query": "masked", "value": "masked", "use_causal_mask": True},
    "given": {"attention_mask": "fits"},
}
#: What uses scores of four dimensions.
SCORES_USERS = {
    "softmax": Entry("Softmax"),
    "additive attention": Entry("AdditiveAttention", sources=("s", "s")),
    "normalization": Entry("BatchNormalization"),
    "each step": Entry("TimeDistributed", {"layer": {"LSTM": {"units": 2}}}),
    "images": Entry("ConvLSTM1D", {"filters": 2, "kernel_size": 1}),
    "joined": Entry("Concatenate", {"axis": 1}, sources=("s", "s")),
    "copy": Entry("ops.copy"),
}


@pytest.mark.filterwarnings("ignore:.*destroy the mask information")
@pytest.mark.parametrize("scored", SCORED)
@pytest.mark.parametrize("cls", ["MultiHeadAttention", "GroupQueryAttention"])
def test_scores_carry_the_mask_with_which_they_were_computed(cls: str, scored: str) -> None:
    import keras

    if cls == "GroupQueryAttention" and oracle.TARGET < (3, 15):
        pytest.skip("a model gets no scores")
    arguments = {"num_heads": 3, "key_dim": 2} if cls == "MultiHeadAttention" else {
        "num_query_heads": 2, "num_key_value_heads": 1, "head_dim": 2
    }  # fmt: skip
    sources = {"query": "x", "value": "x", **SCORED[scored]}
    options: dict[str, Any] = {"return_attention_scores": True}
    if sources.pop("use_causal_mask", None):
        options["use_causal_mask"] = True
    wrong = {}
    for name, user in SCORES_USERS.items():
        ends: Any = ["attention[1]"] * len(user.sources)
        found = [
            {"Masking": {"name": "masked"}, "from": "x"},
            {cls: {**arguments, "name": "attention"}, "from": sources, "call": options},
            {
                user.name: {**user.arguments, "name": "z"},
                "from": ends if len(ends) > 1 else ends[0],
            },
        ]
        inputs = {"x": [4, 2], "fits": {"shape": [4, 4], "dtype": "bool"}}
        used = {"x", *sources.values()} - {"masked"}
        text = yaml.safe_dump(
            {"inputs": {k: v for k, v in inputs.items() if k in used}, "layers": found,
             "outputs": ["z"]}, sort_keys=False
        )  # fmt: skip
        if "masked" not in sources.values():
            text = text.replace("- Masking:\n    name: masked\n  from: x\n", "")
        errors = compile_spec(Source(text, "a.yaml"), target=oracle.TARGET).errors
        tensors = {
            k: keras.Input(v["shape"] if isinstance(v, dict) else v, dtype="bool" if k == "fits" else None)
            for k, v in inputs.items()
        }  # fmt: skip
        starts = [tensors[k] for k in inputs if k in used]
        tensors["masked"] = keras.layers.Masking()(tensors["x"])
        scores = getattr(keras.layers, cls)(**arguments)(
            **{k: tensors[v] for k, v in sources.items()}, **options
        )[1]
        try:
            if user.name == "ops.copy":
                end = keras.ops.copy(scores)
            else:
                layer = getattr(keras.layers, user.name)(
                    **{key: inner(value) for key, value in user.arguments.items()}
                )
                end = layer([scores] * len(ends) if len(ends) > 1 else scores)
            runs = running.failure(starts, [end]) is None and not running.misdeclared(starts, [end])
        except Exception:  # Keras refuses with many exceptions; all of them are a verdict
            runs = False
        if (not errors) is not runs:
            wrong[name] = runs, [error.message for error in errors]
    assert wrong == {}
