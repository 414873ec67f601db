"""The names of each family, and that a name loads its own family alone."""

from __future__ import annotations

import subprocess
import sys

from running import ROOT

from mergecli.catalog import registry
from mergecli.catalog.families import FAMILIES, FAMILY_OF_NAME, NAMES


def test_each_name_is_in_the_family_of_its_class() -> None:
    assert list(NAMES) == list(FAMILIES)
    assert {name: cls.family for name, cls in registry.layers().items()} == FAMILY_OF_NAME
    assert list(registry.layers()) == list(FAMILY_OF_NAME)


def test_a_name_loads_its_own_family_alone() -> None:
    code = (
        "from mergecli.catalog import registry\n"
        "found = [registry.layer(name) for name in ('VarianceScaling', 'Normalization', 'Add')]\n"
        "print([cls and cls.__name__ for cls in found], [*registry._loaded], list(registry.layers())[:2])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    first = list(FAMILY_OF_NAME)[:2]
    assert (
        run.stdout.strip() == f"[None, 'Normalization', 'Add'] ['preprocessing', 'merging'] {first}"
    )
