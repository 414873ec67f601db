"""Sweeps on a Dask cluster of this machine: the same bytes, also when a worker is lost."""

from __future__ import annotations

import os
import signal
from typing import Iterator

import pytest

from mergecli.screening.running import Pieces
from mergecli.screening.screener import Subject
from mergecli.screening.selection import Selection
from mergecli.screening.space import RandomSpace, space_of
from mergecli.screening.sweeping import Sweep

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.slow
SPEC = "vars: {width: 3, depth: 1}\ninput: [4]\nlayers: [{Dense: $width, repeat: $depth}]\n"


def sweep_of(count: int) -> Sweep:
    space = RandomSpace(space_of({"width": range(-9, 5000), "depth": range(1, 30)}), count, 3)
    subject = Subject(SPEC, "x.yaml")
    return Sweep(subject, ["width", "depth"], space, None, Selection(), "jsonl")


@pytest.fixture
def cluster() -> Iterator[object]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster


def test_a_worker_that_is_killed_loses_nothing(cluster: distributed.LocalCluster) -> None:
    count = 6_000
    one = "".join(result.text for result in sweep_of(count).results())
    assert one.count("\n") == count
    parts = []
    pids = [worker.pid for worker in cluster.workers.values()]
    for number, result in enumerate(sweep_of(count).results(0, 1, cluster.scheduler_address)):
        parts.append(result.text)
        if number == 2:
            os.kill(pids[0], signal.SIGKILL)
    assert "".join(parts) == one


def test_there_is_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    from mergecli.screening import distributing

    monkeypatch.setattr(distributing, "TIMEOUT", 1)
    sweep = sweep_of(10)
    pieces = Pieces(sweep.task, 0, iter(()), 1)
    with pytest.raises(distributing.NoScheduler, match="no Dask scheduler at tcp://127"):
        list(distributing.run_distributed(sweep.task, pieces, "tcp://127.0.0.1:9"))
