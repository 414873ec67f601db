"""Figures as TikZ: what the file has, and that TeX compiles it, alone and in a document."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest
from running import ROOT, SPECS

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.formats import PaperOptions
from mergecli.exporters.pictures.paper.drawing import Drawing, Ellipse, Look, Shape, Text, rectangle
from mergecli.exporters.pictures.paper.figure import tikz_file
from mergecli.exporters.pictures.paper.tikz import tikz

GOLDEN = ROOT / "tests" / "golden" / "paper"
#: Characters that mean something to TeX, that its fonts have elsewhere, and that they lack.
NASTY = [
    "\\input{/etc/passwd}", "50 % # $x_1^2$ & ~", "{ } }", '"a" `b` \'c\' --> <i> |', "é ŵ ß Ł × · … \N{MINUS SIGN}", "漢字 \x07 \u202e «",
    "\\", "^^41", "\\end{document}", "a\nb\n\nc",
]  # fmt: skip
ITEMS = [
    rectangle(1, 2, 10, 5, Look(fill="#e8e8e8")),
    rectangle(20, 2, 10, 5, radius=2),
    Ellipse((50, 10), (4, 3), Look(fill="#ffffff")),
    Shape(((0, 0), (5, 5), (5, 9)), Look("#808080", dash="dashed"), closed=False),
    Shape(((0, 0), (5, 5), (5, 9)), Look("", "#000000")),
    Text((50, 20), "a_b", "c", bold=True),
]


def compiled(folder: pathlib.Path, name: str) -> None:
    """Compile a file, if there is TeX with TikZ.

    Debian: `apt-get install --no-install-recommends texlive-latex-base texlive-pictures texlive-latex-recommended`.
    """
    if not shutil.which("pdflatex"):
        pytest.skip("there is no pdflatex")
    if not subprocess.run(["kpsewhich", "tikz.sty"], capture_output=True).stdout:
        pytest.skip("TeX has no TikZ")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", name]
    result = subprocess.run(command, cwd=folder, capture_output=True, timeout=120)
    output = result.stdout.decode("latin-1")
    assert result.returncode == 0, output[-2000:]
    assert "(1 page," in output and "Overfull" not in output
    assert (folder / name).with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def test_every_item_is_a_command(rewrite: bool) -> None:
    text = tikz(Drawing(100, 40, ITEMS))
    golden = GOLDEN / "items.tex"
    if rewrite:
        golden.write_text(text)
    assert text == golden.read_text()


def test_the_file_is_ascii() -> None:
    items = [Text((1, 9.0 * number), text) for number, text in enumerate(NASTY)]
    assert tikz(Drawing(200, 100, items)).isascii()


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_the_usual_fonts_have_every_character_of_a_figure(spec: pathlib.Path) -> None:
    network = compile_spec(Source(spec.read_text(encoding="utf-8"), str(spec))).network
    assert network is not None
    text = tikz_file(network, "tex", PaperOptions("auto", "", "a4", [])).decode()
    assert "mergecliunicode{" not in text


def test_it_compiles_by_itself_with_any_text(tmp_path: pathlib.Path) -> None:
    items = [Text((1, 9.0 * number), text) for number, text in enumerate(NASTY)]
    (tmp_path / "a.tex").write_text(tikz(Drawing(200, 100, [*items, *ITEMS])))
    compiled(tmp_path, "a.tex")


def test_a_document_takes_it_in(tmp_path: pathlib.Path) -> None:
    path = ROOT / "specs" / "two_branch.yaml"
    network = compile_spec(Source(path.read_text(encoding="utf-8"), str(path))).network
    assert network is not None
    data = tikz_file(network, "tex", PaperOptions("auto", "", "column=85mm", []))
    (tmp_path / "figure.tex").write_bytes(data)
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\n\\usepackage{tikz}\n\\begin{document}\n"
        "\\begin{figure}\\centering\\input{figure}\\caption{A figure.}\\end{figure}\n\\end{document}\n"
    )
    compiled(tmp_path, "paper.tex")
