"""Files that try to run code or to read other files, through each command, with the Keras that is installed."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

#: Runs commands in a process whose audit hook reports what is run, and which files are opened.
SCRIPT = """
import json, os, pathlib, sys
import keras, h5py, numpy, h5py._hl
from click.testing import CliRunner
from mergecli.cli.main import cli

names, runner, events = json.loads(sys.argv[1]), CliRunner(), []
BAD = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect", "socket.getaddrinfo",
    "marshal.loads", "pickle.find_class", "ctypes.dlopen")
watching = False

def hook(event, arguments):
    if not watching:
        return
    opened = event == "open" and isinstance(arguments[0], str) and os.path.basename(arguments[0])
    imports = event == "marshal.loads" and sys._getframe(1).f_code.co_filename.startswith("<frozen")
    removed = event == "shutil.rmtree" and "secret" in str(arguments)
    if removed or opened in ("secret.txt", "PWNED") or (event in BAD and not imports):
        events.append(f"{event} {str(arguments)[:200]}")

sys.addaudithook(hook)
runner.invoke(cli, ["build", "sound.yaml", "--save", "out.keras"])  # what loads on first use
for name in names:
    pathlib.Path("use.yaml").write_text(f"branches:\\n  a: {{model: {name}}}\\n")
    commands = [["validate", "use.yaml"], ["build", "use.yaml", "--no-plot", "--save", "out.keras"],
        ["verify", "use.yaml"], ["import", name], ["summary", name], ["plot", name, "-o", "out.svg"],
        ["diff", name, "sound.yaml"], ["export", "use.yaml", "--to", "keras-json"]]
    for command in commands:
        watching = True
        result = runner.invoke(cli, command)
        watching = False
        print(json.dumps([name, command[0], result.exit_code, result.output[-300:]]))
        if events or os.path.exists("PWNED"):
            print(json.dumps([name, command[0], "ran", events]))
            sys.exit(1)
"""

#: Each of these must be refused by the checks and by `build`. Classes in a model in a layer give nothing that is used: they
#: are left out, so their names do not matter.
REFUSED = ("function_", "layer_", "activation_", "lambda", "vocabulary_", "external_", "virtual", "soft_")  # fmt: skip


@pytest.mark.keras
def test_nothing_in_a_file_is_run_or_read(tmp_path: pathlib.Path) -> None:
    import hostile_models

    names = hostile_models.write(tmp_path)
    (tmp_path / "sound.yaml").write_text("input: [3]\nlayers: [{Dense: 3}]\n")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(names)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert done.returncode == 0, (rows[-1:], done.stderr[-2000:])
    assert len(rows) == 8 * len(names)
    for name, command, code, output in rows:
        assert code in (0, 1, 2, 3), (name, command, output)
        if command in ("validate", "build", "verify") and name.startswith(REFUSED):
            assert code in (1, 3), (name, command, output)
