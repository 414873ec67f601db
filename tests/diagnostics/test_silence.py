"""Lines on standard error that tell a user nothing."""

from __future__ import annotations

import os
import sys

import pytest

from mergecli.diagnostics.silence import silence


def test_chatter_is_dropped_and_everything_else_comes_through(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with silence():
        os.write(2, b"WARNING:tensorflow:5 out of the last 5 calls to <function f> triggered\n")
        os.write(2, b"2025-01-01 10:00:00.1: I tensorflow/core: optimized\n")
        print("a warning of the user's layer", file=sys.stderr)
    assert capfd.readouterr().err == "a warning of the user's layer\n"
