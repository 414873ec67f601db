"""The shapes of what a layer gives."""

from __future__ import annotations

from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import Shape
from mergecli.catalog.tensors import Inputs


def shapes_of(layer: Layer, *shapes: Shape) -> list[Shape | None]:
    return [tensor.shape for tensor in layer.results(Inputs.of(*shapes))]
