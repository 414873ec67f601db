"""What the functions of the Python API return and raise."""

from __future__ import annotations

import base64
import pathlib
import re

import pytest
from running import ROOT

import mergecli

TWO = ROOT / "specs" / "two_branch.yaml"
WRONG = "input: [8]\nlayers:\n  - Dense: {units: 4}\n  - Droput: 0.5\n"


@pytest.mark.parametrize("name", ["missing.yaml", "missing.keras", "folder.yaml", "latin.yaml"])
def test_what_cannot_be_read(name: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    path = tmp_path / name
    for function in (mergecli.check, mergecli.summary, mergecli.plot):
        with pytest.raises(mergecli.UnreadableError) as caught:
            function(path)  # type: ignore[operator]
        assert isinstance(caught.value, OSError)
        assert caught.value.filename == str(path)
        assert caught.value.code in ("not-found", "is-folder", "not-utf8")
        assert str(caught.value).startswith(f"{path}: {caught.value.message}")


def test_errors_have_all_diagnostics() -> None:
    with pytest.raises(mergecli.SpecError, match=r"error\[unknown-layer\]") as caught:
        mergecli.summary(source=WRONG, path="wrong.yaml")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span is not None
    assert diagnostic.span.path == "wrong.yaml"
    with pytest.raises(mergecli.SpecError):
        mergecli.load(source=WRONG)


def test_plot_is_shown_by_notebooks(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("pygraphviz")
    plot = mergecli.plot(TWO, theme="light")
    assert plot._repr_svg_() == plot.svg
    assert "<svg" in plot.svg
    encoded = re.search(r"base64,([^\"]+)", plot._repr_html_())
    assert encoded is not None
    assert base64.b64decode(encoded[1]).decode() == plot.svg
    for ending in ("svg", "mmd", "dot", "html"):
        plot.save(tmp_path / f"a.{ending}")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == plot.svg
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.dot", "a.html", "a.mmd", "a.svg"]
    with pytest.raises(ValueError, match=r"does not end in \.svg"):
        plot.save(tmp_path / "a.jpg")


def test_a_plot_is_coloured_as_the_command_colours_it() -> None:
    pytest.importorskip("pygraphviz")
    plain, families, shares = (
        mergecli.plot(TWO, theme="light", color_by=by).svg for by in ("branch", "family", "macs")
    )
    assert plain == mergecli.plot(TWO, theme="light").svg
    assert "dense and embedding" in families and "of all MACs" in shares
    assert len({plain, families, shares}) == 3


def test_a_page_makes_a_figure_for_a_paper(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("pygraphviz")
    plot = mergecli.plot(TWO, page="column=85mm")
    assert 'width="241pt"' in plot.svg
    plot.save(tmp_path / "a.tex")
    assert "tikzpicture" in (tmp_path / "a.tex").read_text()
    with pytest.raises(ValueError, match=r"does not end in \.svg, \.png, \.pdf, \.tex"):
        plot.save(tmp_path / "a.html")
    with pytest.raises(ValueError, match="expected a4, letter or column=WIDTH"):
        mergecli.plot(TWO, page="a5")
    with pytest.raises(OSError, match="does not fit 60 × 40 mm"):
        mergecli.plot(TWO, page="column=60mmx40mm")
