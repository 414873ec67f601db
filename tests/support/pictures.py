"""Pictures of networks as text, as the commands make them."""

from __future__ import annotations

from mergecli.exporters.pictures import dot as dot_writer
from mergecli.exporters.pictures.network_scene import scene
from mergecli.ir.graph import Network


def dot(
    network: Network,
    detail: str = "auto",
    theme: str = "light",
    rankdir: str = "TB",
    bar: str = "parameters",
) -> str:
    """Return the DOT text of a network."""
    return dot_writer.dot(scene(network, detail, bar), theme, rankdir)
