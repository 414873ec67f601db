"""Which layers of a network share a box, so that its picture stays readable."""

from __future__ import annotations

from mergecli.emit.diagram import Group, singles
from mergecli.graph import Network


def groups(network: Network, detail: str = "auto") -> list[Group]:
    """The boxes of a picture."""
    return singles(network)
