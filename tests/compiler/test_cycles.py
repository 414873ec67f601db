"""A check leaves no reference cycles, so that the collector of cycles may rest."""

from __future__ import annotations

import gc
from collections import Counter
from pathlib import Path

from mergecli.cli import inputs

ROOT = Path(__file__).parent.parent.parent
#: Specs without mistakes, and a spec for each mistake.
SPECS = sorted(
    path
    for folder in ("specs", "tests/errors", "tests/regressions", "tests/corpus/specs")
    for path in (ROOT / folder).rglob("*.yaml")
)


def test_a_check_leaves_no_reference_cycles() -> None:
    # What is made once, such as the classes of the catalogue, may have cycles.
    for path in SPECS:
        inputs.check(str(path))
    gc.disable()
    gc.collect()
    gc.freeze()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        cycles = {path.relative_to(ROOT): count for path in SPECS if (count := _garbage(path))}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.unfreeze()
        gc.enable()
    assert len(SPECS) > 300 and not cycles


def _garbage(path: Path) -> Counter[str]:
    """Return the types of the objects that only the collector frees after a check of a spec."""
    inputs.check(str(path))
    gc.collect()
    found = Counter(type(item).__name__ for item in gc.garbage)
    gc.garbage.clear()
    return found
