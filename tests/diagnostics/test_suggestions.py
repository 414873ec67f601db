"""Suggestions of similar names, whose cost for one spec is bounded."""

from __future__ import annotations

import difflib
import time

import pytest

from mergecli.diagnostics.suggestions import Searches, did_you_mean, nearest, slip


def test_a_name_in_another_case_comes_first() -> None:
    assert nearest("batch_normalization", ["BatchNormalization", "LayerNormalization"]) == [
        "BatchNormalization"
    ]
    assert did_you_mean("zzz", ["Dense"]) is None
    assert did_you_mean("Conv5D", ["Conv1D", "Conv2D", "Conv3D"], Searches()) is not None


@pytest.mark.parametrize(
    ("word", "known", "name"),
    [
        ("Dens", ["Dense"], "Dense"),
        ("Densee", ["Dense"], "Dense"),
        ("Danse", ["Dense"], "Dense"),
        ("Desne", ["Dense"], "Dense"),
        ("dense", ["Dense"], "Dense"),
        ("Dnsee", ["Dense"], None),
        ("Conv4D", ["Conv2D"], None),
        ("Ad", ["Add"], None),
        ("kernel", ["kernel_", "kernels"], "kernel_"),
        ("kernex", ["kernel", "kernes"], None),
    ],
)
def test_only_one_typing_mistake_is_a_slip(word: str, known: list[str], name: str | None) -> None:
    assert slip(word, known) == name


def test_a_search_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = Searches()
    known = [f"layer_{number}" for number in range(100)]
    first = searches.nearest("layer_x1", known)
    monkeypatch.delattr(difflib, "get_close_matches")
    assert searches.nearest("layer_x1", known) == first


def test_many_wrong_names_end_the_search_but_not_in_another_spec() -> None:
    searches = Searches()
    known = [f"layer_{number}" for number in range(5000)]
    start = time.process_time()
    answers = [searches.nearest(f"layr_{number}", known) for number in range(2000)]
    assert time.process_time() - start < 10
    assert answers[0] and not answers[-1]
    assert Searches().nearest("layr_1", known)
