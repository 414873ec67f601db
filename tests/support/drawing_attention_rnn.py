"""How calls of attention, recurrent layers, einsums and wrappers are drawn: tensors by name, cells, layers within layers."""

from __future__ import annotations

import re
from typing import Any

import oracle
from hypothesis import strategies as st

from mergecli.catalog import registry
from mergecli.catalog.keras_object import ArgumentErrors, KerasObject
from mergecli.catalog.layer import Layer
from mergecli.catalog.layers.rnn_cells import Cell, StackedRNNCells
from mergecli.catalog.tensors import Inputs, Tensor

Shape = tuple[int | None, ...]
Call = tuple[dict[str, Any], Inputs]

DTYPES = st.sampled_from(["float32", "float32", "float32", "float16", "int32"])
SIZE = st.sampled_from([2, 2, 3, 4, None])
BATCH = st.sampled_from([None, None, None, 2, 1])


def kind(name: str) -> type[Layer]:
    return registry.layers()[name]


def seldom(draw: Any, chance: int = 6) -> bool:
    return draw(st.integers(1, chance)) == chance


def arguments(
    of: type[KerasObject], **fixed: st.SearchStrategy[Any] | None
) -> st.SearchStrategy[dict[str, Any]]:
    """The required arguments and some of the others; `fixed` says how to draw some of them, None that they are left out."""
    strategies: dict[str, st.SearchStrategy[Any]] = {}
    for name, argument in of.arguments.items():
        strategy = (
            fixed.get(name, oracle.value(argument, name))
            if name not in {"name", "lora_alpha"}
            else None
        )
        if strategy is not None:
            strategies[name] = strategy
    required = {name: strategy for name, strategy in strategies.items() if name in of.required}
    return st.fixed_dictionaries(
        required, optional={name: s for name, s in strategies.items() if name not in required}
    )


def made(of: type[KerasObject], **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object of a kind."""
    return (
        arguments(of, **fixed)
        .map(lambda given: make(of, given))
        .filter(lambda layer: layer is not None)
    )


def make(of: type[KerasObject], given: dict[str, Any]) -> KerasObject | None:
    try:
        return of(**given)
    except ArgumentErrors:
        return None


@st.composite
def odd(draw: Any, shape: Shape, chance: int = 12) -> Shape:
    """A shape, now and then one that is a bit off."""
    if not seldom(draw, chance):
        return shape
    if seldom(draw, 3) or len(shape) < 2:
        return draw(oracle.shapes(st.integers(1, 5)))  # type: ignore[no-any-return]
    at = draw(st.integers(0, len(shape) - 1))
    return (*shape[:at], draw(st.sampled_from([None, 1, 2, 3, 5])), *shape[at + 1 :])


def options(draw: Any, of: type[Layer]) -> dict[str, Any]:
    return draw(
        st.fixed_dictionaries(
            {}, optional={name: oracle.value(option) for name, option in of.options.items()}
        )
    )  # type: ignore[no-any-return]


def called(draw: Any, of: type[Layer], *named: tuple[str, Shape]) -> Inputs:
    """Inputs by name, in any order."""
    named = tuple(draw(st.permutations(named))) if seldom(draw, 3) else named
    tensors = tuple(
        Tensor(shape, "bool" if "mask" in name else draw(DTYPES)) for name, shape in named
    )
    return Inputs(tensors, keywords=tuple(name for name, _ in named), options=options(draw, of))


# Attention.


@st.composite
def attention(draw: Any, of: type[Layer]) -> Call:
    rank = draw(st.sampled_from([3, 3, 3, 3, 2, 4]))
    front = (draw(BATCH), *[draw(SIZE) for _ in range(rank - 3)]) if rank > 2 else ()
    dim, width, here, there = (draw(SIZE) for _ in range(4))
    shapes = [
        draw(odd((*front, here, dim))),
        draw(odd((*front, there, width))),
        draw(odd((*front, there, dim))),
    ]
    if draw(st.booleans()):
        shapes = [shapes[0], draw(odd((*front, there, dim)))]
    if seldom(draw, 15):
        shapes = shapes[:1]
    given = draw(arguments(of))
    if draw(st.booleans()):
        tensors = tuple(Tensor(shape, draw(DTYPES)) for shape in shapes)
        return given, Inputs(tensors, listed=len(shapes) > 1, options=options(draw, of))
    masks = [draw(odd((*front, here))), draw(odd((*front, there))), draw(odd((*front, there)))][
        : draw(st.sampled_from([0, 1, 2, 2, 2, 3]))
    ]
    names = [("inputs", shape) for shape in shapes] + [("mask", mask) for mask in masks]
    return given, called(draw, of, *names)


@st.composite
def heads(draw: Any, of: type[Layer]) -> Call:
    rank = (
        draw(st.sampled_from([3, 3, 3, 3, 3, 4, 4, 5, 2]))
        if of.__name__ == "MultiHeadAttention"
        else 3
    )
    front, dim = draw(BATCH), draw(SIZE)
    here, there = [draw(SIZE) for _ in range(rank - 2)], [draw(SIZE) for _ in range(rank - 2)]
    width = draw(st.sampled_from([dim, 3]))
    named = [
        ("query", draw(odd((front, *here, dim)))),
        ("value", draw(odd((front, *there, width)))),
    ]
    if draw(st.booleans()):
        named.append(("key", draw(odd((front, *there, draw(SIZE))))))
    if rank > 2:
        for name, mask in (
            ("query_mask", (front, here[0])),
            ("value_mask", (front, there[0])),
            ("key_mask", (front, there[0])),
            (
                "attention_mask",
                draw(
                    st.sampled_from(
                        [(front, *here, *there), (front, 2, *here, *there), (*here, *there)]
                    )
                ),
            ),
        ):
            if seldom(draw):
                named.append((name, draw(odd(mask, 8))))
    if seldom(draw, 25):
        named.append((draw(st.sampled_from(["query", "states", "value"])), named[0][1]))
    fixed = {}
    if of.__name__ == "MultiHeadAttention":
        # Keras's fused attention overlooks what else it could not do: the features as an axis, or an axis twice.
        axes = st.lists(
            st.sampled_from([*range(-rank, rank), 9]),
            min_size=1,
            max_size=2,
            unique_by=lambda axis: axis % rank,
        )
        fixed["attention_axes"] = st.one_of(st.none(), st.sampled_from(range(1, rank)), axes)
    else:
        fixed = {
            "num_query_heads": st.sampled_from([2, 4, 3]),
            "num_key_value_heads": st.sampled_from([1, 2]),
        }
    given = draw(arguments(of, **fixed))
    if seldom(draw, 25):
        tensors = tuple(Tensor(shape) for _, shape in named[:2])
        return given, Inputs(tensors[: 1 + draw(st.booleans())], listed=draw(st.booleans()))
    return given, called(draw, of, *named)


# Recurrent layers.


def simple(of: type[KerasObject]) -> dict[str, Any]:
    """Arguments to leave out, or to draw less widely, where Keras makes weights or has to call a layer to know its shapes."""
    left_out = ("initializer", "regularizer", "constraint", "autocast")
    fixed: dict[str, Any] = {name: None for name in of.arguments if name.endswith(left_out)}
    fixed["dtype"] = st.sampled_from(
        ["float32", "float16", "float64", "mixed_float16", "mixed_bfloat16"]
    )
    for name in ("activation", "recurrent_activation"):
        if name in of.arguments:
            fixed[name] = st.sampled_from(["tanh", "relu", "softmax", "glu", None])
    return fixed


def cells(draw: Any, simply: bool = False) -> Any:
    """A cell, a list of cells, or a stack of them."""
    names = st.sampled_from(["LSTMCell", "GRUCell", "SimpleRNNCell"])
    one = names.flatmap(lambda name: made(kind(name), **(simple(kind(name)) if simply else {})))
    form = draw(st.integers(1, 12))
    if form <= 4:
        return draw(one)
    some = draw(st.lists(one, min_size=1, max_size=3))
    if form == 12:
        some.append(
            draw(
                st.one_of(
                    made(kind("Dense")), made(kind("LSTM")), st.just(StackedRNNCells(cells=some))
                )
            )
        )
    return some if form <= 8 else make(StackedRNNCells, {"cells": some}) or some[0]


def repeated(draw: Any, of: type[Layer]) -> dict[str, Any]:
    """The arguments of a recurrent layer."""
    stateful = seldom(draw)
    given = draw(
        arguments(of, cell=None, stateful=st.just(stateful), **(simple(of) if stateful else {}))
    )
    if of.__name__ == "RNN":
        given["cell"] = cells(draw, stateful)
    return given  # type: ignore[no-any-return]


@st.composite
def recurrent(draw: Any, of: type[Layer]) -> Call:
    given = repeated(draw, of)
    return given, draw(over_time(of, given))


@st.composite
def over_time(draw: Any, of: type[Layer], given: dict[str, Any]) -> Inputs:
    """What a recurrent layer, or `Bidirectional`, is called on."""
    rank = 2 + getattr(given.get("layer", of), "rank", 0)
    step: Shape = (draw(BATCH), *[draw(SIZE) for _ in range(rank - 1)])
    if rank > 2:
        step = tuple(
            None
            if size is None and index == 0
            else 9
            if size is None and not seldom(draw)
            else size and size + 3
            for index, size in enumerate(step)
        )
    x = draw(odd((step[0], draw(SIZE), *step[1:])))
    if draw(st.booleans()):
        if seldom(draw, 15):
            return Inputs((Tensor(x), Tensor(x)), listed=True, options=options(draw, of))
        return Inputs((Tensor(x, draw(DTYPES)),), options=options(draw, of))
    named = [("sequences", x)]
    layer = make(of, given)
    if layer is not None and draw(st.booleans()):
        ways = (
            [layer]
            if of.__name__ != "Bidirectional"
            else [layer.layer, layer.backward_layer or layer.layer]
        )  # type: ignore[attr-defined]
        try:
            states = [state for way in ways for state in way.states(step)]  # type: ignore[attr-defined]
        except Exception:
            states = []
        named += [("initial_state", draw(odd(state, 20))) for state in states]
        if seldom(draw, 15):
            named.append(("initial_state", step))
    if draw(st.booleans()):
        named.append(("mask", draw(odd(x[:2]))))
    return called(draw, of, *named)


@st.composite
def bidirectional(draw: Any, of: type[Layer]) -> Call:
    name = draw(
        st.sampled_from(
            ["LSTM", "LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D", "Dense"]
        )
    )
    layer = (
        draw(made(kind(name))) if name == "Dense" else make(kind(name), repeated(draw, kind(name)))
    )
    given = draw(arguments(of, layer=None, backward_layer=None))
    given["layer"] = layer or draw(made(kind("LSTM"), stateful=None))
    if seldom(draw, 3):
        back = type(given["layer"])
        turned = {
            **given["layer"].explicit,
            "go_backwards": not getattr(given["layer"], "go_backwards", False),
        }
        given["backward_layer"] = make(
            back, turned if not seldom(draw) else given["layer"].explicit
        )
    return given, draw(over_time(of, given))


@st.composite
def cell(draw: Any, of: type[Layer]) -> Call:
    # Without `autocast`, and of integers, TensorFlow refuses to multiply what the other backends convert.
    if of is StackedRNNCells:
        one = st.sampled_from(
            ["GRUCell", "GRUCell", "SimpleRNNCell", "SimpleRNNCell", "LSTMCell"]
        ).flatmap(lambda name: made(kind(name), **simple(kind(name))))
        given = {
            "cells": draw(st.lists(one, min_size=1, max_size=3)),
            **draw(arguments(of, cells=None, **simple(of))),
        }
    else:
        given = draw(arguments(of, **simple(of)))
    batch = draw(BATCH)
    x = (batch, draw(SIZE))
    made_cell = make(of, given)
    states = made_cell.states(x) if isinstance(made_cell, Cell) else [x]
    if seldom(draw, 15):
        return given, Inputs((Tensor(x),))
    if seldom(draw, 12):
        x = (draw(BATCH), *x[1:])
    first = next(iter(of.takes))
    named = [(first, x)] + [
        ("states", state if not seldom(draw, 20) else (*state[:-1], 7)) for state in states
    ]
    if seldom(draw, 25):
        named = named[:-1]
    call = called(draw, of, *named)
    return given, call._replace(
        tensors=tuple(tensor._replace(dtype="float32") for tensor in call.tensors)
    )


# Einsums, embeddings, wrappers, adaptive pools.

#: Equations with the letters that may have a bias; the last few are refused.
EQUATIONS = [
    ("ab,bc->ac", "c"),
    ("abc,cd->abd", "d"),
    ("abc,cd->abd", "bd"),
    ("abc,cde->abde", "de"),
    ("abcd,cde->abe", "e"),
    ("...x,xy->...y", "y"),
    ("...ab,bc->...ac", "ac"),
    ("ab...,bc->ac...", "c"),
    ("abc...,bde->adce...", "e"),
    ("aBc,Bcd->ad", None),
    ("abc,bcd->adb", "d"),
    ("ab,bcd->ac", "c"),
    ("ab->ac", None),
    ("ab,bc->acd", None),
    ("ab,bc->ac", "x"),
    ("ab,bc->", None),
    ("ab,bc->cc", ""),
]


@st.composite
def einsum(draw: Any, of: type[Layer]) -> Call:
    equation, bias = draw(st.sampled_from(EQUATIONS if seldom(draw, 5) else EQUATIONS[:11]))
    own, there = (
        term.strip(".") for term in (re.split("[,-]", equation)[0], equation.split(">")[-1])
    )
    more = tuple(draw(SIZE) for _ in range(draw(st.integers(0, 2)))) if "..." in equation else ()
    sizes = {
        letter: draw(st.sampled_from([2, 3, 4, 5]) if not seldom(draw, 8) else st.none())
        for letter in equation
        if letter.isalpha()
    }
    if not equation.startswith("..."):
        sizes[own[0]] = draw(BATCH)
    inner = tuple(sizes[letter] for letter in own)
    x = draw(odd((draw(BATCH), *more, *inner) if equation.startswith("...") else (*inner, *more)))
    shape = [sizes[letter] for letter in (there if equation.startswith("...") else there[1:])]
    shape = (
        [None if seldom(draw, 8) else size for size in shape] if not seldom(draw, 15) else shape[1:]
    )
    given = st.just(
        shape[0] if len(shape) == 1 and shape[0] is not None and draw(st.booleans()) else shape
    )
    fixed = {
        "equation": st.just(equation),
        "output_shape": given,
        "bias_axes": st.sampled_from([None, bias, bias]),
    }
    if not seldom(draw):
        fixed["lora_rank"] = None
    return draw(arguments(of, **fixed)), Inputs(
        (Tensor(x, draw(DTYPES)),), options=options(draw, of)
    )


@st.composite
def embedding(draw: Any, of: type[Layer]) -> Call:
    given = draw(
        arguments(of, reverse_dtype=st.sampled_from([None, "float32", "float16", "bfloat16"]))
    )
    x = draw(oracle.shapes(st.integers(1, 4)))
    if draw(st.booleans()):
        x = (*x, given["output_dim"])
    return given, Inputs((Tensor(x, draw(DTYPES)),), options=options(draw, of))


@st.composite
def spectral(draw: Any, of: type[Layer]) -> Call:
    name = draw(
        st.sampled_from(
            [
                "Dense",
                "Dense",
                "Conv1D",
                "Conv2D",
                "Conv1DTranspose",
                "DepthwiseConv1D",
                "SeparableConv1D",
                "Embedding",
                "EinsumDense",
                "LSTM",
                "LayerNormalization",
                "TimeDistributed",
            ]
        )
    )
    if name == "EinsumDense":
        layer, x = kind(name)("abc,cd->abd", [None, 4], bias_axes="d"), (None, 5, 3)
    elif name == "TimeDistributed":
        layer, x = kind(name)(layer=kind("Dense")(3)), (None, 5, 3)
    else:
        layer = draw(
            made(
                kind(name),
                **(
                    {"lora_rank": st.none()}
                    if "lora_rank" in kind(name).arguments and not seldom(draw)
                    else {}
                ),
            )
        )
        x = draw(oracle.shapes(st.sampled_from([getattr(layer, "rank", 1) + 2] * 4 + [1, 2, 3])))
    if seldom(draw, 8):
        layer = make(kind("SpectralNormalization"), {"layer": layer}) or layer
    given = draw(arguments(of, layer=st.just(layer)))
    return given, Inputs((Tensor(x, draw(DTYPES)),), options=options(draw, of))


@st.composite
def plain(draw: Any, of: type[Layer]) -> Call:
    x = draw(oracle.shapes(st.sampled_from([of.ndim or 3] * 3 + [1, 2, 3, 4, 5])))
    return draw(arguments(of)), Inputs((Tensor(x, draw(DTYPES)),), options=options(draw, of))


CALLS: dict[str, st.SearchStrategy[Call]] = {
    **{name: attention(kind(name)) for name in ("Attention", "AdditiveAttention")},
    **{name: heads(kind(name)) for name in ("MultiHeadAttention", "GroupQueryAttention")},
    **{
        name: recurrent(kind(name))
        for name in ("LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
    },
    **{
        name: cell(kind(name))
        for name in ("LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells")
    },
    **{
        f"Adaptive{how}Pooling{rank}D": plain(kind(f"Adaptive{how}Pooling{rank}D"))
        for how in ("Average", "Max")
        for rank in (1, 2, 3)
    },
    "Bidirectional": bidirectional(kind("Bidirectional")),
    "EinsumDense": einsum(kind("EinsumDense")),
    "ReversibleEmbedding": embedding(kind("ReversibleEmbedding")),
    "SpectralNormalization": spectral(kind("SpectralNormalization")),
}


def fails_when_run(of: type[Layer], given: dict[str, Any], inputs: Inputs) -> bool:
    """Whether Keras's layer, though it can be wired so, fails on real arrays or gives other shapes than it says."""
    import keras
    import numpy

    from mergecli.runtime.build import keras_object

    def layer() -> Any:
        return getattr(keras.layers, of.__name__)(
            **{name: keras_object(value) for name, value in given.items()}
        )

    def call(make_tensor: Any) -> list[tuple[int, ...]]:
        tensors = [
            make_tensor(
                tuple(2 if size is None else size for size in tensor.shape or ()), tensor.dtype
            )
            for tensor in inputs.tensors
        ]
        if not inputs.keywords:
            return [
                tuple(t.shape)
                for t in keras.tree.flatten(
                    layer()(tensors if inputs.listed else tensors[0], **inputs.options)
                )
            ]
        grouped: dict[str, list[Any]] = {}
        for name, tensor in zip(inputs.keywords, tensors):
            grouped.setdefault(name, []).append(tensor)
        named = {name: found if len(found) > 1 else found[0] for name, found in grouped.items()}
        return [tuple(t.shape) for t in keras.tree.flatten(layer()(**named, **inputs.options))]

    try:
        run = call(
            lambda shape, dtype: numpy.zeros(shape, "float32" if dtype == "bfloat16" else dtype)
        )
        return run != call(lambda shape, dtype: keras.KerasTensor(shape, dtype))
    except Exception:
        return True
