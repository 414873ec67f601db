"""An image with its channels first is interpreted as one with its channels last.

## What it finds

An input whose shape is that of an image with its channels first, for a layer that takes the last
axis as the channels.

## Why that is a mistake

Other frameworks put the channels of an image first, Keras puts them last unless `data_format` is
`channels_first`. Keras accepts `[3, 224, 224]` as an image 3 pixels high with 224 channels, builds
the model, and trains it without success.

## Example

```yaml
input: [3, 224, 224]
layers:
  - Conv2D: {filters: 32, kernel_size: 3, padding: same}
  - GlobalAveragePooling2D
```

## Instead

```yaml
input: [224, 224, 3]
layers:
  - Conv2D: {filters: 32, kernel_size: 3, padding: same}
  - GlobalAveragePooling2D
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.shapes import Shape
from mergecli.compiler.lint.support import LEAST_PIXELS, Stage, image_origin
from mergecli.diagnostics.diagnostic import Diagnostic, Related, warning
from mergecli.ir.graph import CompleteCall, Network

CODE = "channels-first"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each input image whose channels are first."""
    for call, layer, sources in calls:
        if layer.image != "gives" or getattr(layer, "data_format", None) == "channels_first":
            continue
        origin = image_origin(network, sources)
        if origin is None or origin.index not in network.graph.inputs:
            continue
        shape = network.results[origin.index][0].shape
        if shape is None or not _has_channels_first(shape):
            continue
        yield warning(
            origin.place("batch_shape" if "batch_shape" in origin.location.arguments else "shape"),
            CODE,
            f"`{call.name}` ({call.cls}) interprets `{origin.name}` as an image of {shape[1]} by"
            f" {shape[2]} pixels with {shape[3]} channels",
            f"put the channels last: `shape: [{shape[2]}, {shape[3]}, {shape[1]}]`",
            related=(
                Related(call.span, f"`{call.name}` interprets the last axis as the channels"),
            ),
        )


def _has_channels_first(shape: Shape) -> bool:
    """Whether a shape is that of a batch of square images with their channels first."""
    if len(shape) != 4 or shape[1] not in (1, 3):
        return False
    return shape[2] == shape[3] and (shape[3] or 0) >= LEAST_PIXELS
