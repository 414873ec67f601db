"""Keras architectures as YAML files: check them without Keras, build them with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mergecli.diagnostics.version import __version__ as __version__

if TYPE_CHECKING:
    from mergecli.api import (
        Diagnostic,
        LayerSummary,
        MissingDependencyError,
        Plot,
        SpecError,
        Summary,
        SweepRow,
        TensorSummary,
        UnreadableError,
        check,
        dump,
        load,
        merge,
        plot,
        summary,
        sweep,
    )

__all__ = [
    "Diagnostic",
    "LayerSummary",
    "MissingDependencyError",
    "Plot",
    "SpecError",
    "Summary",
    "SweepRow",
    "TensorSummary",
    "UnreadableError",
    "check",
    "dump",
    "load",
    "merge",
    "plot",
    "summary",
    "sweep",
]


def __getattr__(name: str) -> Any:
    # Every command imports this file, and none needs the functions below.
    if name not in __all__:
        raise AttributeError(f"module 'mergecli' has no attribute {name!r}")
    from mergecli import api  # start-up

    return getattr(api, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
