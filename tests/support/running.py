"""Running mergecli as a user does: in a process of its own."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))


def run(
    *arguments: object, cwd: object = None, stdin: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `python -m mergecli`; `environment` is added to this process's, an empty text removes a variable."""
    # Another version of Keras may be first on the path.
    paths = filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment}
    env = {name: value for name, value in env.items() if value != ""}
    command = [sys.executable, "-m", "mergecli", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, input=stdin, env=env, capture_output=True, text=True, timeout=600
    )
