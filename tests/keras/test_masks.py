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
        options: What a call gets beside tensors.
    """

    name: str
    arguments: dict[str, Any] = {}
    sources: Sequence[str] = ("x",)
    keywords: Sequence[str] = ()
    options: dict[str, Any] = {}


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
    for name, (cls, arguments, sources, keywords, options) in layers.items():
        ends: Any = list(sources) if len(sources) > 1 else sources[0]
        entry: dict[str, Any] = {
            cls: {**arguments, "name": name},
            "from": dict(zip(keywords, sources)) if keywords else ends,
        }
        found.append({**entry, "call": options} if options else entry)
    inputs = {"start": {"shape": list(shape), "dtype": dtype}}
    return yaml.safe_dump({"inputs": inputs, "layers": found}, sort_keys=False)


def is_run(shape: Sequence[int], dtype: str, layers: dict[str, Entry]) -> bool:
    """Whether Keras wires a chain and runs it, to results of the shapes that it has declared."""
    import keras

    start = keras.Input(shape, dtype=dtype)
    tensors = {"start": start}
    try:
        for name, (cls, arguments, sources, keywords, options) in layers.items():
            taken = [tensors[source] for source in sources]
            if cls.startswith("ops."):
                tensors[name] = getattr(keras.ops, cls[4:])(*taken)
                continue
            layer = getattr(keras.layers, cls)(
                **{key: inner(value) for key, value in arguments.items()}
            )
            made = oracle.call(layer, taken, len(taken) > 1, tuple(keywords), options)
            tensors |= {
                f"{name}[{place}]": each for place, each in enumerate(keras.tree.flatten(made))
            }
            tensors[name] = keras.tree.flatten(made)[0]
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


#: What masks the scores of an attention: further tensors of a call by their names, and its options.
SCORED: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "steps before": ({}, {"use_causal_mask": True}),
    "query": ({"query": "masked"}, {}),
    "value": ({"value": "masked"}, {}),
    "both": ({"query": "masked", "value": "masked"}, {"use_causal_mask": True}),
    "given": ({"attention_mask": "given"}, {}),
}
#: What uses scores of four dimensions.
SCORES_USERS = {
    "softmax": Entry("Softmax", {}, ("attention[1]",)),
    "additive attention": Entry("AdditiveAttention", {}, ("attention[1]",) * 2),
    "normalization": Entry("BatchNormalization", {}, ("attention[1]",)),
    "each step": Entry("TimeDistributed", {"layer": {"LSTM": {"units": 2}}}, ("attention[1]",)),
    "images": Entry("ConvLSTM1D", {"filters": 2, "kernel_size": 1}, ("attention[1]",)),
    "joined": Entry("Concatenate", {"axis": 1}, ("attention[1]",) * 2),
    "copy": Entry("ops.copy", {}, ("attention[1]",)),
}
#: The arguments of the layers that give scores.
SCORING = {
    "MultiHeadAttention": {"num_heads": 3, "key_dim": 2},
    "GroupQueryAttention": {"num_query_heads": 2, "num_key_value_heads": 1, "head_dim": 2},
}


@pytest.mark.filterwarnings("ignore:.*destroy the mask information")
@pytest.mark.parametrize("scored", SCORED)
@pytest.mark.parametrize("cls", SCORING)
def test_scores_carry_the_mask_with_which_they_were_computed(cls: str, scored: str) -> None:
    if cls == "GroupQueryAttention" and oracle.TARGET < (3, 15):
        pytest.skip("a model gets no scores")
    further, options = SCORED[scored]
    taken = {"query": "start", "value": "start", **further}
    attention = Entry(
        cls,
        SCORING[cls],
        (*taken.values(),),
        (*taken,),
        {"return_attention_scores": True, **options},
    )
    wrong = {}
    for name, user in SCORES_USERS.items():
        layers = {
            "masked": Entry("Masking", sources=("start",)),
            "given": Entry("ops.greater", sources=("start", "start")),
            "attention": attention,
            "z": user,
        }
        text = spec((4, 4), "float32", layers)
        errors = compile_spec(Source(text, "a.yaml"), target=oracle.TARGET).errors
        if (not errors) is not is_run((4, 4), "float32", layers):
            wrong[name] = [error.message for error in errors]
    assert wrong == {}
