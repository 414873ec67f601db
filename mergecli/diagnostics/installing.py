"""What is installed beside mergecli, and the command that installs what is missing."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from typing import Iterable


class MissingDependencyError(ImportError):
    """A package that is needed is not installed, or a setting excludes it.

    Attributes:
        reason: What is missing.
        command: The command that installs it; None where a setting must change instead.
    """

    def __init__(self, reason: str, command: str | None, remedy: str = "") -> None:
        super().__init__(f"{reason}; {remedy or f'install it: {command}'}")
        self.reason, self.command = reason, command


def is_installed(module: str) -> bool:
    """Return whether a top-level module can be imported; nothing is imported.

    A folder that only has the name of a package, such as `jax` among one's own, is not a module.
    """
    try:
        spec = find_spec(module)
        return spec is not None and spec.origin is not None
    except (ImportError, ValueError):
        # A finder before the installed packages refuses this one, or it is blocked.
        return False


def missing(modules: Iterable[str]) -> list[str]:
    """Return the modules that are not installed, each once."""
    return [module for module in dict.fromkeys(modules) if not is_installed(module)]


def install_command(modules: Iterable[str]) -> str:
    """Return the command that installs packages for the interpreter that runs now.

    Args:
        modules: Top-level modules. Their packages have the same names, with `-` for `_`.
    """
    packages = " ".join(module.replace("_", "-") for module in modules)
    python = shlex.quote(sys.executable or "python3")
    if is_installed("pip"):
        return f"{python} -m pip install {packages}"
    # Environments that uv has made have no pip.
    return f"uv pip install --python {python} {packages}"
