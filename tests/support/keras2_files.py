"""The files that Keras 2 writes of the models in `keras2_zoo`, once for all workers of a run."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import time

import pytest
from running import ROOT


def written(folder: pathlib.Path, names: list[str]) -> pathlib.Path:
    """Have Keras 2 write its files in a process of its own; once for all workers of a run."""
    try:
        folder.mkdir()
    except FileExistsError:
        for _ in range(600):
            if (folder / "done").exists():
                return folder
            time.sleep(0.5)
        raise
    script = ROOT / "tests" / "support" / "keras2_zoo.py"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script, folder, *names], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "", "Keras 2 could not write these files"
    (folder / "done").touch()
    return folder


def shared(factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder that all workers of a run share."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
