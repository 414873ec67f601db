"""The estimates of memory, against the measured peaks that `tools/memory.py` keeps."""

from __future__ import annotations

import pytest

from tools import memory

ROWS = memory.rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['model']}-{row['mode']}")
def test_resident_memory_is_near_the_estimate(row: memory.Row) -> None:
    peaks = memory.estimates(row["model"], row["mode"], row["batches"])
    assert 0.8 <= row["resident"] / memory.slope(peaks, row["batches"]) <= 1.25


def test_at_least_ten_steps_are_measured() -> None:
    assert len(ROWS) >= 10
    assert {row["mode"] for row in ROWS} == set(memory.MODES)


def test_the_page_has_the_table() -> None:
    assert memory.table() in memory.PAGE.read_text(encoding="utf-8")


def test_only_steps_between_a_small_and_a_large_batch_count() -> None:
    assert memory.slope([1000, 5000], [10, 30]) == 200
