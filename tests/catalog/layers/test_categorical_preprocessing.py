"""Layers of categories and texts: bins, vocabularies, and the axes that their modes add."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.categorical_preprocessing import (
    CategoryEncoding,
    Discretization,
    HashedCrossing,
    Hashing,
    IntegerLookup,
    StringLookup,
    TextVectorization,
)
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import UNKNOWN, Inputs, Tensor


def result(layer: Any, shape: Shape, dtype: str) -> Tensor:
    (found,) = layer.results(Inputs.of(shape, dtype=dtype))
    return found


@pytest.mark.parametrize(
    ("mode", "shape", "dtype"),
    [
        ("int", (None, 3), "int32"),
        # Two bounds make three bins.
        ("one_hot", (None, 3, 3), "float32"),
        ("multi_hot", (None, 3), "float32"),
        ("count", (None, 3), "float32"),
    ],
)
def test_bounds_make_one_bin_more(mode: str, shape: Shape, dtype: str) -> None:
    layer = Discretization(bin_boundaries=[0.0, 1.0], output_mode=mode)
    assert result(layer, (None, 3), "float32") == Tensor(shape, dtype)


@pytest.mark.parametrize(
    ("before", "mode", "after"),
    [
        ((None, 1), "one_hot", (None, 4)),
        ((None, 3), "one_hot", (None, 3, 4)),
        ((None,), "one_hot", (None, 4)),
        ((None, 3), "count", (None, 4)),
    ],
)
def test_an_axis_of_one_gives_way_to_the_tokens(before: Shape, mode: str, after: Shape) -> None:
    layer = CategoryEncoding(num_tokens=4, output_mode=mode)
    assert result(layer, before, "int64").shape == after


def test_weights_are_for_counting_alone() -> None:
    inputs = Inputs((Tensor((None, 3)),) * 2, keywords=("inputs", "count_weights"))
    assert CategoryEncoding(4, output_mode="count").results(inputs)[0].shape == (None, 4)
    with pytest.raises(ShapeError, match="only in `output_mode: count`") as caught:
        CategoryEncoding(4).results(inputs)
    assert caught.value.inputs == (1,)


def test_a_hash_has_a_mask_of_the_kind_of_its_input() -> None:
    layer = Hashing(8, mask_value="", output_mode="multi_hot")
    assert result(layer, (None, 3), "string") == Tensor((None, 8), "float32")
    assert result(Hashing(8), (None, 3), "string") == Tensor((None, 3), "int64")
    with pytest.raises(ShapeError, match=r"has '' as `mask_value`, \{0\} has dtype int64"):
        result(layer, (None, 3), "int64")
    for value, dtype in ((0, "bool"), (-1, "uint64")):
        with pytest.raises(ShapeError, match=f"has {value} as `mask_value`"):
            result(Hashing(8, mask_value=value), (None, 3), dtype)


def test_two_features_cross_only_with_one_value_for_each_sample() -> None:
    one = HashedCrossing(5, output_mode="one_hot")
    (found,) = one.results(Inputs.of((None, 1), (4, 1), dtype="string"))
    assert found == Tensor((None, 5), "float32")
    with pytest.raises(ShapeError, match=r"one value for each sample, \{0\} is \(None, 2\)"):
        one.results(Inputs.of((None, 2), (None, 2), dtype="string"))
    with pytest.raises(ShapeError, match="takes two tensors of one shape"):
        one.results(Inputs.of((3, 1), (4, 1), dtype="string"))
    with pytest.raises(ShapeError, match=r"takes integers or strings, \{1\} has dtype float32"):
        one.results(Inputs((Tensor((None, 1), "int32"), Tensor((None, 1))), listed=True))


@pytest.mark.parametrize(
    ("arguments", "depth"),
    [
        # The unknown terms come in front, the mask only where terms become integers.
        ({"vocabulary": ["cat", "dog"]}, 3),
        ({"vocabulary": ["cat", "dog"], "num_oov_indices": 3, "mask_token": ""}, 5),
        ({"vocabulary": ["[UNK]", "cat", "dog"]}, 3),
        ({"vocabulary": ["cat"], "max_tokens": 9, "pad_to_max_tokens": True}, 9),
        ({"vocabulary": ["cat"], "max_tokens": 9}, 2),
        ({"vocabulary": ["cat"], "max_tokens": 2}, 2),
        ({"max_tokens": 9}, None),
    ],
)
def test_the_depth_counts_the_terms_that_are_not_in_the_vocabulary(
    arguments: dict[str, Any], depth: int | None
) -> None:
    layer = StringLookup(output_mode="multi_hot", **arguments)
    assert layer.result((None, 4)) == Tensor((None, depth), "float32")


def test_a_vocabulary_in_a_file_is_not_read() -> None:
    layer = StringLookup(vocabulary="words.txt", output_mode="count")
    assert layer.result((None, 4)) == UNKNOWN._replace(dtype="float32")
    assert StringLookup(vocabulary="words.txt").result((None, 4)) == Tensor((None, 4), "int64")


def test_a_lookup_backwards_gives_terms() -> None:
    back = StringLookup(vocabulary=["cat"], invert=True)
    assert result(back, (None, 2), "int64") == Tensor((None, 2), "string")
    with pytest.raises(ShapeError, match=r"takes numbers, \{0\} has dtype string"):
        result(back, (None, 2), "string")


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (Discretization, {"bin_boundaries": [1.0, 0.0]}, "bin_boundaries: must rise"),
        (Discretization, {}, "bin_boundaries: is missing"),
        (Discretization, {"num_bins": 3, "sparse": True}, "sparse: cannot be true with"),
        (Hashing, {"num_bins": 3, "dtype": "float32"}, "dtype: must be `int32` or `int64`"),
        (StringLookup, {"vocabulary": ["a", "b", "a"]}, "vocabulary: has `a` twice"),
        (StringLookup, {"vocabulary": ["a", "b"], "max_tokens": 2}, "has 3 terms, the special"),
        (StringLookup, {"vocabulary": ["[UNK]"]}, "needs a term besides the special ones"),
        (StringLookup, {"invert": True, "output_mode": "count"}, "must be `int` with `invert`"),
        (StringLookup, {"vocabulary": ["a"], "output_mode": "tf_idf"}, "idf_weights: is missing"),
        (
            StringLookup,
            {"vocabulary": ["a", "b"], "idf_weights": [1.0], "output_mode": "tf_idf"},
            "idf_weights: must be 2, one for each term",
        ),
        (
            IntegerLookup,
            {"vocabulary": [3, 0], "mask_token": 0},
            "has the `mask_token` `0` at another place",
        ),
        (IntegerLookup, {"salt": 3}, "salt: goes with `oov_method: farmhash`"),
        (
            TextVectorization,
            {"output_mode": "count", "output_sequence_length": 5},
            "output_sequence_length: goes with `output_mode: int`",
        ),
        (TextVectorization, {"vocabulary": ["a", "a"]}, "vocabulary: has `a` twice"),
    ],
)
def test_what_is_wrong_with_the_arguments(
    kind: Any, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        kind(**arguments)


def test_a_text_becomes_words_or_counts() -> None:
    assert result(TextVectorization(), (None,), "string") == Tensor((None, None), "int64")
    counted = TextVectorization(vocabulary=["a", "b"], output_mode="count")
    assert result(counted, (None,), "string") == Tensor((None, 3), "float32")
    with pytest.raises(ShapeError, match="takes one text for each sample") as caught:
        result(TextVectorization(), (None, 2), "string")
    assert caught.value.hint == "or set `split: null`"
