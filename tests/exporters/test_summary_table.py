"""The table of `mergecli summary` for a terminal."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest
from running import ROOT, SPECS

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.summary import SummaryOptions, facts
from mergecli.exporters.summary_table import cut, rows, table
from mergecli.ir.graph import Network

BLOCKS = """\
blocks:
  unit:
    params: {n: 8}
    layers:
      - Dense: {units: $n, activation: relu}
      - Dense: {units: 8, name: out}
      - Add: {}
        from: [previous, input]
input: [8]
layers:
  - Dense: 8
  - unit: {n: 16}
    as: u
    repeat: 3
  - Dense: 1
"""


def network(text: str) -> Network:
    found = compile_spec(Source(text, "a.yaml")).network
    assert found is not None
    return found


def of(path: pathlib.Path) -> Network:
    found = compile_spec(Source(path.read_text("utf-8"), str(path))).network
    assert found is not None
    return found


def test_a_repeated_block_is_shown_once_with_its_sums() -> None:
    found = list(rows(network(BLOCKS)))
    assert [(row.depth, row.name, row.cls) for row in found] == [
        (0, "input", "InputLayer"),
        (0, "dense", "Dense"),
        (0, "unit × 3", ""),
        (1, "u_0_dense", "Dense"),
        (1, "u_0_out", "Dense"),
        (1, "u_0_add", "Add"),
        (0, "dense_1", "Dense"),
    ]
    block = found[2]
    # Three times 8 x 16 + 16 and 16 x 8 + 8 weights.
    assert (block.parameters, block.macs) == (3 * (144 + 136), 3 * 256)
    assert [row.parameters for row in found[3:6]] == [144, 136, 0]
    assert sum(row.repeats for row in found) == 6
    assert table(network(BLOCKS)).endswith("6 layers repeat those above; --full shows them\n")


def test_the_full_table_has_every_layer() -> None:
    full = list(rows(network(BLOCKS), full=True))
    assert [row.name for row in full if row.cls == "Add"] == ["u_0_add", "u_1_add", "u_2_add"]
    assert "--full" not in table(network(BLOCKS), SummaryOptions(full=True))


def test_what_a_layer_is_applied_to_is_left_out_where_it_is_the_row_above() -> None:
    sources = {row.name: row.sources for row in rows(network(BLOCKS))}
    assert sources["dense"] == "" and sources["u_0_out"] == ""
    assert sources["u_0_add"] == "u_0_out, dense"
    # The row above is one of another section.
    assert sources["u_0_dense"] == "dense" and sources["dense_1"] == "u_2_add"


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("full", [False, True])
def test_sums_of_rows_are_those_of_the_model(path: pathlib.Path, full: bool) -> None:
    model = of(path)
    found = list(rows(model, full))
    outer = [row for row in found if row.depth == 0]
    assert sum(row.parameters or 0 for row in outer) == facts(model)["parameters"]
    names = [row.name for row in found if row.cls]
    assert len(names) == len(set(names))
    if full:
        # The layers of a model in a layer have a dot in their names.
        assert {call.name for call in model.parts()} == {name for name in names if "." not in name}


def test_branches_have_sums() -> None:
    text = "branches:\n  a: {input: [8], layers: [{Dense: 4}]}\n  b: {input: [2]}\nmerge: Concatenate\n"
    found = [row for row in rows(network(text)) if not row.cls]
    assert [(row.name, row.parameters, row.macs) for row in found] == [("a", 36, 32), ("b", 0, 0)]


def test_a_sum_of_what_is_not_known_is_not_known() -> None:
    text = "branches:\n  a: {input: [null, 8], layers: [{LSTM: 4}]}\n  b: {input: [2]}\nmerge: Concatenate\n"
    (a, _) = [row for row in rows(network(text)) if not row.cls]
    assert a.parameters == 208 and a.macs is None


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("width", [100, 120])
def test_a_table_is_as_wide_as_the_terminal(path: pathlib.Path, width: int) -> None:
    lines = table(of(path), SummaryOptions(width=width)).splitlines()
    assert max(map(len, lines)) <= width


def test_large_numbers_are_rounded_only_on_a_narrow_terminal() -> None:
    model = network("input: [1000]\nlayers: [{Dense: 8000}]\n")
    assert "8.01 M" in table(model, SummaryOptions(width=99))
    for width in (100, None):
        assert "8,008,000" in table(model, SummaryOptions(width=width)).split("parameters ")[0]


def test_nothing_is_cut_in_a_pipe() -> None:
    name = "a_very_long_name" * 12
    model = network(f"input: [8]\nlayers: [{{Dense: {{units: 4, name: {name}}}}}]\n")
    assert f"{name} (Dense)" in table(model)
    (line,) = [
        line for line in table(model, SummaryOptions(width=80)).splitlines() if "(Dense)" in line
    ]
    assert "…" in line and len(line) <= 80


def test_a_name_is_cut_in_its_middle() -> None:
    assert cut("abcdefghij", 10) == "abcdefghij"
    for width in range(3, 12):
        shorter = cut("abcdefghijkl", width)
        assert len(shorter) == width and shorter[0] == "a" and "…" in shorter


def test_sections_are_bold_where_colours_are_wanted() -> None:
    text = table(network(BLOCKS), SummaryOptions(color=True))
    assert "\033[1munit × 3" in text and "\033[2m6 layers repeat" in text
    plain = re.sub(r"\033\[\d+m", "", text)
    assert plain == table(network(BLOCKS))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminal")
def test_the_command_fits_a_terminal() -> None:
    import pty

    first, second = pty.openpty()
    command = [sys.executable, "-m", "mergecli", "summary", "specs/resnet50.yaml"]
    environment = {
        **os.environ,
        "COLUMNS": "90",
        "TERM": "xterm",
        "NO_COLOR": "1",
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen(command, stdout=second, cwd=ROOT, env=environment)
    os.close(second)
    output = b""
    while True:
        try:
            part = os.read(first, 65536)
        except OSError:
            break
        if not part:
            break
        output += part
    assert process.wait() == 0
    os.close(first)
    lines = output.decode().replace("\r\n", "\n").splitlines()
    assert "bottleneck × 2" in output.decode() and max(map(len, lines)) <= 90
