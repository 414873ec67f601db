"""Keras's `summary()` of a model as text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mergecli.ir.graph import Network
from mergecli.runtime.keras_settings import deep_graphs

if TYPE_CHECKING:
    import keras


def summary(
    model: keras.Model, network: Network, width: int | None = None, show_trainable: bool = False
) -> str:
    """Keras's `summary()` of a model as text, `width` columns wide; by default wide enough to cut nothing."""
    labels = [max(column) for column in zip(*_cells(network))]
    # Rich takes the borders and paddings, a little more than three columns a cell, out of the cells.
    widths = [max(label, header) + 4 for label, header in zip(labels, (12, 12, 12, 17))]
    positions = None
    if width is None:
        width = sum(widths)
        ends = [sum(widths[: index + 1]) for index in range(len(widths))]
        positions = [(end + 0.5) / width for end in ends[:-1]] + [1.0]
    lines: list[str] = []
    columns, name = os.environ.get("COLUMNS"), model.name
    # Keras through 3.15 drops columns where `line_length` is more than the terminal's width, which both it and rich
    # take from here (https://github.com/keras-team/keras/issues/21107).
    os.environ["COLUMNS"] = str(width + 8)
    model.name = network.graph.name
    try:
        with deep_graphs(len(network.graph.nodes)):
            model.summary(
                line_length=width,
                positions=positions,
                print_fn=lines.append,
                show_trainable=show_trainable,
            )
    finally:
        model.name = name
        if columns is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = columns
    return "\n".join(lines)


def _cells(network: Network) -> list[tuple[int, int, int, int]]:
    """Return the widths of the cells of each row of Keras's summary, in characters."""
    rows = []
    for node in network.parts():
        shapes = str([tensor.shape for tensor in network.results[node.index]])
        tensors = [t for t in node.sources or () if t.constant is None for _ in network.tensors(t)]
        sources = ", ".join(
            f"{network.graph.nodes[target.producer].name}[0][0]" for target in tensors
        )
        rows.append((len(node.name) + len(node.cls) + 3, len(shapes), 12, len(sources)))
    return rows
