"""Operations with their arguments drawn at random, and how Keras judges them."""

from __future__ import annotations

import functools
import re
from typing import Any

import oracle
from hypothesis import strategies as st

from mergecli.catalog import registry
from mergecli.catalog.dtypes import WEAK
from mergecli.catalog.operations.elementwise import Operation
from mergecli.catalog.tensors import Inputs, Tensor

KINDS: dict[str, Any] = {
    kind.keras_name: kind for kind in registry.layers().values() if issubclass(kind, Operation)
}


def function(name: str) -> Any:
    """Keras's function by its name in a spec."""
    import keras

    return functools.reduce(getattr, name.split("."), keras)


#: Where we knowingly differ from Keras: all are calls that Keras wires, though no backend can run them.
DIFFERENCES = {
    "twice": "an axis, or a place for one, is named twice",
    "unlike": "sizes along which a product adds up, or tensors that are joined, differ",
    "too few": "there are fewer dimensions than are named",
    "smaller": "a tensor is to be spread to a shape that it does not broadcast to",
    "too many": "more elements are taken than there are",
    "useless": "`pad` is given a number to pad with in a mode that pads with others",
}


def differs(name: str, ours: oracle.Verdict, theirs: oracle.Verdict) -> str | None:
    """The name of the known difference that explains a disagreement."""
    if ours.accepted or not theirs.accepted:
        return None
    if re.search("cannot use axis .* twice", ours.reason):
        return "twice"
    if name in {"ops.tensordot", "ops.dot", "ops.einsum"} and "cannot multiply" in ours.reason:
        return "unlike"
    if name == "ops.roll" and "must have as many numbers" in ours.reason:
        return "unlike"
    if name == "ops.pad" and "goes only with" in ours.reason:
        return "useless"
    if name in {"ops.concatenate", "ops.stack"} and re.search(
        r"cannot (concatenate|stack) \{[1-9]\}", ours.reason
    ):
        return "unlike"
    if name in {"ops.tensordot", "ops.einsum"} and re.search(
        "cannot add up along|takes at least .* dimensions for", ours.reason
    ):
        return "too few"
    if name == "ops.top_k" and "cannot take" in ours.reason:
        return "too many"
    if name == "ops.broadcast_to" and "cannot spread" in ours.reason:
        return "smaller"
    return None


OTHERS = [
    "bfloat16",
    "float64",
    "int8",
    "int16",
    "int64",
    "uint8",
    "uint16",
    "uint64",
    "complex64",
    "string",
]


DTYPES = st.one_of(
    st.sampled_from(["float32", "float16", "int32", "bool"]), st.sampled_from(OTHERS)
)


SIZES = st.sampled_from([2, 2, 2, 1, 3, 4, 6, None])


AXIS = st.integers(-3, 3)


SLICE = st.fixed_dictionaries(
    {},
    optional={
        "start": st.integers(-3, 4) | st.none(),
        "stop": st.integers(-3, 4),
        "step": st.sampled_from([1, 2, -1, None]),
    },
)


#: What an argument takes that can be drawn neither from what accepts it nor from all that it accepts with some luck.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "axis of ops.expand_dims": AXIS | st.lists(AXIS, max_size=3),
    "axes of ops.transpose": st.none()
    | st.integers(1, 4).flatmap(lambda n: st.permutations(range(n)))
    | st.lists(AXIS, max_size=3),
    "axes of ops.tensordot": st.integers(0, 3)
    | st.integers(0, 2).flatmap(
        lambda n: st.tuples(*[st.lists(AXIS, min_size=n, max_size=n)] * 2).map(list)
    ),
    "newshape of ops.reshape": st.lists(st.sampled_from([-1, 1, 2, 3, 4, 6, 12]), max_size=3)
    | st.integers(-1, 12),
    "indices_or_sections of ops.split": st.integers(1, 3)
    | st.lists(st.integers(0, 4), max_size=3).map(sorted)
    | st.lists(st.integers(0, 4)),
    "repeats of ops.repeat": st.integers(0, 3)
    | st.lists(st.integers(0, 3), min_size=1, max_size=3),
    "pad_width of ops.pad": st.integers(0, 2)
    | st.lists(st.integers(0, 2), min_size=2, max_size=2)
    | st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=2), min_size=1, max_size=3),
    "shape of ops.broadcast_to": st.lists(st.sampled_from([2, 2, 1, 3, 4]), max_size=3),
    "key of ops.get_item": AXIS
    | st.lists(st.one_of(AXIS, st.none(), SLICE, st.just("...")), max_size=4),
    "subscripts of ops.einsum": st.sampled_from(
        """
        ij->ji ij->i ij->j ij-> ij i ii ii-> ii->i ...i->i... ...i-> ...ij->...ji i...->...i ...->... ... ij->... a...b->b...a
        ij,jk->ik ij,jk ij,ij->ij ij,ij-> ij,kl->ijkl i,i-> i,j->ij bij,bjk->bik bij,bj->bi bij,kj->bik ...ij,...jk->...ik
        ...ij,jk->...ik a...,a...->a... ij,->ij ,ij-> bqhd,bkhd->bhqk i...,j...->ij... ba,dc->abcd ij,jk->j ii,i->i ij,i...->j...
        ij,jk,kl->il i,i,i->i
        """.split()
    ),
}


def shapes(ranks: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int | None, ...]]:
    return ranks.flatmap(lambda rank: st.tuples(*[SIZES] * rank))


def alike(most: int, least: int = 1) -> st.SearchStrategy[list[tuple[int | None, ...]]]:
    """Shapes that often fit each other: most sizes of one are those of the first."""

    def near(first: tuple[int | None, ...]) -> st.SearchStrategy[tuple[int | None, ...]]:
        return st.tuples(
            *(st.one_of(st.just(size), st.just(size), st.just(size), SIZES) for size in first)
        )

    def several(first: tuple[int | None, ...]) -> st.SearchStrategy[list[tuple[int | None, ...]]]:
        cut = near(first).flatmap(
            lambda shape: st.integers(0, len(shape)).map(lambda start: shape[start:])
        )
        return st.lists(
            st.one_of(near(first), near(first), cut, shapes(st.integers(0, 3))),
            min_size=least - 1,
            max_size=most - 1,
        ).map(lambda others: [first, *others])

    return shapes(st.integers(0, 4)).flatmap(several)


def tensor(shape: tuple[int | None, ...]) -> st.SearchStrategy[Tensor]:
    return DTYPES.map(lambda dtype: Tensor(shape, dtype))


NUMBER = st.sampled_from([Tensor((), "int"), Tensor((), "float")])


def calls(name: str) -> st.SearchStrategy[tuple[dict[str, Any], Inputs]]:
    """Arguments and inputs for an operation, numbers among them."""
    kind = KINDS[name]
    known = {
        argument.split(" of ")[0]: value
        for argument, value in VALUES.items()
        if argument.endswith(f" of {name}")
    }
    values = {
        n: known[n] if n in known else oracle.value(argument, n)
        for n, argument in kind.arguments.items()
        if n != "name"
    }
    arguments = st.fixed_dictionaries(
        {n: v for n, v in values.items() if n in kind.required},
        optional={n: v for n, v in values.items() if n not in kind.required},
    )
    if kind.arity == 1:
        inputs = shapes(st.integers(0, 4)).flatmap(tensor).map(lambda x: Inputs((x,)))
        if name == "ops.image.resize":
            inputs = shapes(st.integers(2, 5)).flatmap(tensor).map(lambda x: Inputs((x,)))
        return st.tuples(arguments, inputs)
    many = kind.arity or 3

    def mixed(found: list[tuple[int | None, ...]]) -> st.SearchStrategy[Inputs]:
        items = [st.one_of(*[tensor(shape)] * 3, NUMBER) for shape in found]
        return st.tuples(*items).map(lambda tensors: Inputs(tensors, listed=True))

    return st.tuples(arguments, alike(many, kind.arity or 1).flatmap(mixed))


def of_keras(name: str, arguments: dict[str, Any], inputs: Inputs) -> oracle.Verdict:
    """Call Keras's function on symbolic tensors and on numbers."""
    import keras

    tensors = symbolic(inputs)
    try:
        results = described(call(name, arguments, tensors))
    except (
        Exception
    ) as problem:  # Keras refuses with many kinds of exceptions; all of them are a verdict here
        return oracle.Verdict(False, reason=f"{type(problem).__name__}: {problem}")
    if not any(isinstance(t, keras.KerasTensor) for t in tensors):
        return oracle.Verdict(False, reason="no tensor, so nothing is wired")
    return oracle.Verdict(True, results)


def call(name: str, arguments: dict[str, Any], tensors: list[Any]) -> Any:
    """Call Keras's function as Python code would."""
    if name == "ops.get_item":
        arguments = {**arguments, "key": key(arguments["key"])}
    if name == "ops.einsum":
        others = {
            argument: value for argument, value in arguments.items() if argument != "subscripts"
        }
        return function(name)(arguments["subscripts"], *tensors, **others)
    return (
        function(name)(tensors, **arguments)
        if KINDS[name].arity is None
        else function(name)(*tensors, **arguments)
    )


def symbolic(inputs: Inputs) -> list[Any]:
    import keras

    numbers = {"int": 3, "float": 3.0}
    return [
        numbers[t.dtype] if t.dtype in WEAK else keras.KerasTensor(t.shape, dtype=t.dtype)
        for t in inputs.tensors
    ]


def described(result: Any) -> tuple[Any, ...]:
    import keras

    return tuple((tuple(t.shape), t.dtype) for t in keras.tree.flatten(result))


def key(written: Any) -> Any:
    """What stands in Python's brackets for what stands in a spec."""
    if isinstance(written, list):
        return tuple(key(item) for item in written)
    if isinstance(written, dict):
        return slice(written.get("start"), written.get("stop"), written.get("step"))
    return {None: slice(None), "...": ...}.get(written, written)
