"""Search spaces: their values, and random candidates without repetition."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mergecli.screening.space import (
    FINE_STEPS,
    RandomSpace,
    Space,
    SpaceError,
    parse_axis,
    space_of,
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("3", [3]),
        ("1:6", [1, 2, 3, 4, 5, 6]),
        ("-2:2:2", [-2, 0, 2]),
        ("8:30:8", [8, 16, 24]),
        ("0:0.5:0.1", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        ("1e-3:3e-3:1e-3", [0.001, 0.002, 0.003]),
        ("32, 64", [32, 64]),
        ("relu,gelu", ["relu", "gelu"]),
        ("'1:2',x", ["1:2", "x"]),
        ("[3, 3],[5, 5]", [[3, 3], [5, 5]]),
        ("{L2: 0.1},null,true", [{"L2": 0.1}, None, True]),
    ],
)
def test_the_values_of_a_text(text: str, values: list[object]) -> None:
    parsed = list(parse_axis(text))
    assert parsed == values
    assert list(map(type, parsed)) == list(map(type, values))


@pytest.mark.parametrize("text", ["", "[1", "5:1", "0:1:0", "0:0.5", "0:1e12", "a: b: c"])
def test_what_is_not_a_list_of_values(text: str) -> None:
    with pytest.raises(SpaceError):
        parse_axis(text)


def test_a_range_of_decimal_numbers_needs_a_step_except_for_random_candidates() -> None:
    with pytest.raises(SpaceError, match=r"needs a step, such as `0:0\.5:0\.05`"):
        parse_axis("0:0.5")
    values = parse_axis("0:0.5", fine=True)
    assert len(values) == FINE_STEPS + 1
    assert (values[0], values[FINE_STEPS]) == (0.0, 0.5)


def test_the_last_variable_changes_fastest() -> None:
    space = space_of({"width": range(8, 25, 8), "act": ["relu", "gelu"], "depth": 2})
    assert [tuple(space[number].values()) for number in range(len(space))] == [
        (width, act, 2) for width in (8, 16, 24) for act in ("relu", "gelu")
    ]


@settings(max_examples=40)
@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=3), seed=st.integers(0, 99))
def test_random_candidates_are_a_permutation(sizes: list[int], seed: int) -> None:
    space = Space({f"v{place}": list(range(size)) for place, size in enumerate(sizes)})
    random = RandomSpace(space, 10**9, seed)
    taken = [tuple(random[number].values()) for number in range(len(random))]
    assert len(taken) == len(space)
    assert set(taken) == {tuple(space[number].values()) for number in range(len(space))}


def test_random_candidates_of_a_huge_space() -> None:
    space = space_of({f"v{place}": "0:999999" for place in range(4)})
    random = RandomSpace(space, 20_000, 7)
    taken = {tuple(random[number].values()) for number in range(len(random))}
    assert len(taken) == len(random) == 20_000
    assert random[19_999] == pickle.loads(pickle.dumps(random))[19_999]
    assert random[0] != RandomSpace(space, 20_000, 8)[0]
    # They are spread over the whole range.
    first = sorted(values[0] for values in taken)
    assert 450_000 < first[10_000] < 550_000


def test_a_space_without_end() -> None:
    with pytest.raises(SpaceError, match="more than"):
        space_of({f"v{place}": "0:999999999" for place in range(4)})
    with pytest.raises(SpaceError, match="has no values"):
        space_of({"width": []})
