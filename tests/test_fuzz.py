"""Random graphs against Keras; `fuzz.py` runs as many as one likes."""

from __future__ import annotations

import fuzz


def test_random_graphs_are_judged_as_keras_judges_them() -> None:
    assert fuzz.run(number=20260, count=2000) >= 2000
