"""The work for a spec is bounded: the worst texts get an answer in little time and memory."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest
from running import ROOT
from worst_specs import FILES, WORST

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.diagnostic import MOST_DIAGNOSTICS
from mergecli.diagnostics.source import Source

#: MiB that a check may take, and the seconds after which it counts as one without an end.
MEMORY, SECONDS = 150, 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("worst")
    for name, text in FILES.items():
        (path / name).write_text(text())
    return path


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="counts processor time as POSIX does")
@pytest.mark.parametrize("name", WORST)
def test_the_worst_spec_is_answered(name: str, folder: pathlib.Path) -> None:
    make, code = WORST[name]
    path = folder / "spec.yaml"
    path.write_text(make())
    program = (
        "import sys\nfrom mergecli.cli.inputs import check\n"
        "checked = check('spec.yaml')\n"
        "print(len(checked.diagnostics), *{d.code for d in checked.diagnostics})\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", f"import resource\n{program}\n{_USED}"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    answer, used = process.communicate(timeout=SECONDS)[0].splitlines()
    count, *codes = answer.split()
    assert code in codes or not code, answer
    assert int(count) <= MOST_DIAGNOSTICS + 1
    assert float(used) <= MEMORY


#: Prints the most memory that a process has used, in MiB. `getrusage` would count what its parent used before.
_USED = (
    "import pathlib, re\n"
    "status = pathlib.Path('/proc/self/status')\n"
    "if status.exists():\n"
    "    print(int(re.search(r'VmHWM:\\s*(\\d+)', status.read_text())[1]) / 1024)\n"
    "else:\n"
    "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
)


def test_more_errors_than_are_shown_end_the_check() -> None:
    text = "input: [8]\nlayers:\n" + "  - Dens\n" * 5000 + "outputs: nothing\n"
    compiled = compile_spec(Source(text, "spec.yaml"))
    assert compiled.network is None
    assert len(compiled.diagnostics) == MOST_DIAGNOSTICS + 1
    assert [d.span.line for d in compiled.diagnostics[:3] if d.span] == [3, 4, 5]
    last = compiled.diagnostics[-1]
    assert last.code == "too-large" and "more errors and warnings" in last.message


@pytest.mark.slow
@pytest.mark.parametrize("command", ["summary", "plot", "export --to python", "export --to spec"])
@pytest.mark.parametrize("many", ["branches", "outputs", "inputs"])
def test_very_many_parts_are_written(command: str, many: str, tmp_path: pathlib.Path) -> None:
    """Once such a summary took 4 GB, and such a picture minutes."""
    # Graphviz itself takes minutes for a row of thousands of boxes.
    numbers = range(700 if command == "plot" else 3000)
    (tmp_path / "spec.yaml").write_text(
        {
            "branches": "branches:\n"
            + "".join(f"  b{i}: {{input: [8], layers: [Dense: 4]}}\n" for i in numbers)
            + "merge: Concatenate\n",
            "outputs": "input: [8]\nlayers: [{Dense: {units: 4, name: d}}]\n"
            + f"outputs: [{', '.join(['d'] * 50_000)}]\n",
            "inputs": f"inputs: {{{', '.join(f'i{i}: [8]' for i in numbers)}}}\nlayers:\n"
            + "  - {Add: {name: l0}, from: [i0, i1]}\n"
            + "".join(f"  - {{Add: {{name: l{i}}}, from: [l{i - 1}, i{i}]}}\n" for i in numbers[1:])
            + "outputs: l200\n",
        }[many]
    )
    name, *options = command.split()
    output = [] if name == "summary" else ["-o", "out.svg" if name == "plot" else "out"]
    program = (
        f"import resource, sys\nsys.argv = {['mergecli', name, 'spec.yaml', *options, *output]}\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (12, 12))\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "from mergecli.cli.main import main\nmain()\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr[-300:]
