"""Figures for papers: they fit their page, have characters of 8 points, and hold their fonts."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from running import ROOT, run
from svg_texts import SVG, texts

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.formats import PAPERS, PaperOptions
from mergecli.exporters.pictures.paper.figure import DoesNotFit, drawn, figure
from mergecli.exporters.pictures.paper.pages import page
from mergecli.ir.graph import Network

GOLDEN = ROOT / "tests" / "golden" / "paper"
TWO = ROOT / "specs" / "two_branch.yaml"
#: Specs and the pages for which their figures are kept.
SHOWN = [
    ("two_branch", "column=85mm"),
    ("siamese", "column=85mm"),
    ("multi_modal", "a4"),
    ("u_net", "column=85mm"),
]


def network(text: str, path: str = "model.yaml") -> Network:
    result = compile_spec(Source(text, path)).network
    assert result is not None
    return result


def of(name: str) -> Network:
    path = ROOT / "specs" / f"{name}.yaml"
    return network(path.read_text(encoding="utf-8"), str(path))


def options(page: str = "a4", detail: str = "auto", rankdir: str = "") -> PaperOptions:
    return PaperOptions(detail, rankdir, page, [])


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["plot", *map(str, arguments)])


@pytest.mark.parametrize(("name", "size"), SHOWN, ids=str)
def test_golden_figures(name: str, size: str, rewrite: bool) -> None:
    data = drawn(of(name), "svg", options(size))
    golden = GOLDEN / f"{name}.svg"
    if rewrite:
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(data)
    # By its texts and its size: another version of Graphviz may set a point elsewhere.
    old, new = ET.parse(golden).getroot(), ET.fromstring(data)
    assert texts(old) == texts(new) and old.get("width") == new.get("width")
    assert float(new.attrib["height"][:-2]) == pytest.approx(
        float(old.attrib["height"][:-2]), rel=0.03
    )


@pytest.mark.parametrize("size", ["a4", "letter", "column=85mm"])
@pytest.mark.parametrize("name", ["two_branch", "inception", "u_net", "resnet50", "siamese"])
def test_a_figure_is_as_wide_as_its_page_and_not_higher(name: str, size: str) -> None:
    drawing = figure(of(name), options(size))
    room = page(size)
    assert drawing.width == room.width and drawing.height <= room.height


def test_every_character_has_eight_points_and_no_colour() -> None:
    root = ET.fromstring(drawn(of("multi_modal"), "svg", options()))
    assert {text.get("font-size") for text in root.iter(f"{SVG}text")} == {"8.00"}
    colors = {element.get(name) for element in root.iter() for name in ("fill", "stroke")}
    for color in colors - {None, "none", "transparent", "black", "white"}:
        assert color is not None and color[1:3] == color[3:5] == color[5:7]


def test_boxes_share_a_figure_until_it_fits() -> None:
    chain = network("input: [8]\nlayers:\n" + "".join(f"  - Dense: {n + 1}\n" for n in range(200)))
    chosen = options("column=85mm", detail="layer")
    assert figure(chain, chosen).height <= page("column=85mm").height
    assert "with --detail layer the figure does not fit 85 × 225 mm" in chosen.notes[0]


def test_what_does_not_fit_is_an_error_with_its_size() -> None:
    with pytest.raises(DoesNotFit, match=r"40 × 225 mm .* it would be \d+ × \d+ mm; choose a"):
        figure(of("multi_modal"), options("column=40mm"))


def test_a_column_may_have_a_height() -> None:
    drawing = figure(of("siamese"), options("column=85mmx120mm"))
    assert (
        drawing.height
        <= page("column=85mmx120mm").height
        < figure(of("siamese"), options("column=85mm")).height
    )


def test_a_given_direction_is_kept() -> None:
    wide = figure(network("input: [8]\nlayers: [Dense: 8, Dense: 4]\n"), options(rankdir="LR"))
    high = figure(network("input: [8]\nlayers: [Dense: 8, Dense: 4]\n"), options(rankdir="TB"))
    assert wide.height < high.height


def test_a_pdf_holds_its_fonts(tmp_path: pathlib.Path) -> None:
    data = drawn(of("two_branch"), "pdf", options("column=85mm"))
    assert b"/FontFile" in data
    assert re.search(rb"/MediaBox \[ ?0 0 24[01](\.\d+)? ", data)
    if shutil.which("pdffonts"):
        (tmp_path / "a.pdf").write_bytes(data)
        listed = subprocess.run(["pdffonts", tmp_path / "a.pdf"], capture_output=True, text=True)
        rows = [row.split() for row in listed.stdout.splitlines()[2:]]
        assert rows and all(row[-5] == "yes" for row in rows), listed.stdout


def test_the_same_bytes_everywhere(tmp_path: pathlib.Path) -> None:
    empty = tmp_path / "fonts.conf"
    empty.write_text('<?xml version="1.0"?><fontconfig></fontconfig>')
    for number, environment in enumerate(
        [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "FONTCONFIG_FILE": str(empty)}]
    ):
        files = [word for form in PAPERS for word in ("-o", f"{number}.{form}")]
        result = run("plot", TWO, "--style", "paper", *files, cwd=tmp_path, **environment)
        assert result.returncode == 0, result.stderr
        assert "ontconfig" not in result.stderr
    for form in PAPERS:
        first, second = (tmp_path / f"{number}.{form}" for number in (0, 1))
        assert first.read_bytes() == second.read_bytes(), form


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--style", "screen", "--page", "a4", "-o", "a.svg"], "--page needs --style paper"),
        (["--page", "a5", "-o", "a.svg"], "expected a4, letter or column=WIDTH"),
        (["--page", "column=8mm", "-o", "a.svg"], "expected lengths of 40 to 1200 mm"),
        (["--style", "paper", "-o", "a.html"], "--style paper draws .svg, .png, .pdf, .tex, not"),
        (["-o", "a.tex", "-o", "a.dot"], "--style paper draws .svg, .png, .pdf, .tex, not .dot"),
        (["--style", "screen", "-o", "a.tex"], "--style screen draws .svg"),
        (["--style", "paper", "--serve"], "not --serve"),
        (["--style", "paper", "--theme", "dark", "-o", "a.svg"], "--style paper has no --theme"),
        (["--style", "paper", "--bar", "macs", "-o", "a.svg"], "--style paper has no --bar"),
    ],
    ids=str,
)
def test_options_that_do_not_go_together(
    arguments: list[str], message: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke(TWO, *arguments)
    assert result.exit_code == 2 and message in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_page_chooses_the_style(tmp_path: pathlib.Path) -> None:
    result = invoke(TWO, "--page", "column=85mm", "-o", tmp_path / "a.svg")
    assert result.exit_code == 0, result.output
    assert 'width="241pt"' in (tmp_path / "a.svg").read_text()
