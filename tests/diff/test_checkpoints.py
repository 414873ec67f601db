"""What a model takes of a checkpoint of another one: by name, and by the places in the file."""

from __future__ import annotations

from diff_cases import between

from mergecli.diff.checkpoints import Loading, Miss


def _loading(old: str, new: str) -> Loading:
    start = "name: m\ninput: [4]\nlayers:\n"
    return between(f"{start}{old}", f"{start}{new}").loading


A = "  - Dense: {units: 3, name: a}\n"
B = "  - Dense: {units: 2, name: b}\n"


def test_the_same_model_takes_all_weights() -> None:
    found = _loading(A + B, A + B)
    # 4 * 3 + 3 and 3 * 2 + 2.
    assert (found.loaded, found.needed, found.there) == (23, 23, 23)
    assert found.whole is True
    assert found.misses == found.unused == found.clashes == found.crossed == []


def test_a_weight_of_another_shape_is_missed_and_the_bias_that_fits_is_not() -> None:
    found = _loading(A + B, A.replace("3", "5") + B)
    assert found.misses == [
        Miss("a", "kernel", (4, 3), (4, 5)),
        Miss("a", "bias", (3,), (5,)),
        Miss("b", "kernel", (3, 2), (5, 2)),
    ]
    assert (found.loaded, found.needed) == (2, 37)
    assert found.unused == ["a"]
    assert found.whole is False


def test_a_layer_with_another_name_is_missed_by_name_but_found_in_the_file() -> None:
    found = _loading(A, A.replace("name: a", "name: z"))
    assert found.misses == [
        Miss("z", "kernel", None, (4, 3), "a"),
        Miss("z", "bias", None, (3,), "a"),
    ]
    assert (found.loaded, found.unused, found.whole) == (0, ["a"], True)
    assert found.crossed == []


def test_a_layer_of_the_same_class_put_last_finds_no_weights_in_the_file() -> None:
    found = _loading(A, A + B)
    assert (found.loaded, found.needed, found.whole) == (15, 23, False)
    assert [(clash.old, clash.new, clash.reason) for clash in found.clashes] == [
        (None, "b", "the old model has no such layer")
    ]


def test_a_layer_of_another_shape_says_which_shapes_do_not_fit() -> None:
    (clash,) = _loading(A, A.replace("3", "5")).clashes
    assert clash.reason == "kernel is (4, 3) in the file, (4, 5) needed"


def test_a_bias_that_is_not_there_any_more_is_a_number_of_weights_that_does_not_fit() -> None:
    (clash,) = _loading(A, A.replace("name: a", "use_bias: false, name: a")).clashes
    assert clash.reason == "2 weights in the file, 1 needed"
