"""Plots of sweeps."""

from __future__ import annotations

import pathlib

import pytest
from running import run

from mergecli.screening.plotting import MOST_POINTS, Cloud, form_of
from mergecli.screening.space import SpaceError

SPEC = "vars: {n: 3, m: 2}\ninput: [4]\nlayers: [{Dense: $n}, {Dense: $m}]\n"


def test_of_very_many_points_some_are_kept() -> None:
    cloud = Cloud()
    for start in range(0, 50_000, 1000):
        cloud.add([(number, 1.0, 2.0) for number in range(start, start + 1000)])
    assert MOST_POINTS / 2 <= len(cloud.points) <= MOST_POINTS
    assert [number for number, _, _ in cloud.points[:3]] == [0, 16, 32]


def test_the_command_draws_all_candidates(tmp_path: pathlib.Path) -> None:
    (tmp_path / "x.yaml").write_text(SPEC)
    plots = [word for form in ("svg", "png", "html") for word in ("--plot", f"a.{form}")]
    arguments = ["n=1:9", "m=1:3", "--pareto", "macs,max:n", *plots]
    result = run("sweep", "x.yaml", *arguments, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    svg, png, page = ((tmp_path / f"a.{form}").read_bytes() for form in ("svg", "png", "html"))
    assert png.startswith(b"\x89PNG")
    for data in (svg, page):
        assert data.count(b"<circle") == 27
        assert data.count(b'class="best"') == 9
    assert page.count(b"candidate 0: n 1, m 1") == 1


def test_wrong_plots(tmp_path: pathlib.Path) -> None:
    (tmp_path / "x.yaml").write_text(SPEC)
    result = run("sweep", "x.yaml", "n=1", "--plot", "a.svg", cwd=tmp_path)
    assert result.returncode == 2
    assert "the two columns of --pareto" in result.stderr
    with pytest.raises(SpaceError, match="does not end in"):
        form_of("a.pdf")
