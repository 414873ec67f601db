"""The calls of two models as one graph."""

from __future__ import annotations

from diff_cases import between

from mergecli.exporters.pictures.merged_calls import Merged

OLD = """
input: [8]
layers: [{Dense: {units: 4, name: a}}, {ReLU: {name: gone}}, {Dense: {units: 4, name: c}}, {Dense: {units: 2, name: d}}]
"""
NEW = OLD.replace("{ReLU: {name: gone}}, ", "").replace("units: 2", "units: 3")


def merged() -> Merged:
    return Merged(between(OLD, NEW))


def test_each_call_of_either_model_is_there_once_and_after_its_sources() -> None:
    calls = merged()
    assert [call.name for call in calls.calls] == ["input", "a", "gone", "c", "d"]
    assert calls.changes == ["", "", "removed", "", "changed"]
    assert all(parent < place for place, parents in enumerate(calls.parents) for parent in parents)


def test_each_side_has_its_own_indices() -> None:
    old, new = merged().places
    assert [old[index] for index in range(5)] == [0, 1, 2, 3, 4]
    assert [new[index] for index in range(4)] == [0, 1, 3, 4]


def test_a_connection_is_of_both_models_or_of_one() -> None:
    links = merged().links
    assert links[0, 1] == links[3, 4] == ""
    assert links[1, 2] == links[2, 3] == "removed"
    assert links[1, 3] == "added"


def test_only_what_is_far_from_a_change_shares_a_box() -> None:
    layers = ", ".join(f"{{Dense: {{units: 4, name: l{number}}}}}" for number in range(9))
    old = f"input: [8]\nlayers: [{layers}]\n"
    calls = Merged(between(old, old.replace("units: 4, name: l8", "units: 5, name: l8")))
    groups = calls.fold(1, ("",))
    # The input, those before the neighbour of the change, and the rest by itself.
    assert groups[0] is None and groups[-2:] == [None, None]
    assert len(set(groups[1:-2])) == 1 and groups[1] is not None
