"""A dense layer is applied to each pixel of an image.

## What it finds

A dense layer whose input is an image: an input of the model with the shape of one, or the result of
a layer that returns images.

## Why that is a mistake

`Dense` works along the last axis only. Keras applies it to each pixel of an image with the same
weights, so pixels do not influence each other, and the result is still an image. Usually the image
should have been flattened or pooled first; if the layer is meant for each pixel, `Conv2D` with a
`kernel_size` of 1 makes that clear.

## Example

```yaml
input: [32, 32, 3]
layers:
  - Dense: 10
```

## Instead

```yaml
input: [32, 32, 3]
layers:
  - Flatten
  - Dense: 10
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.shapes import Shape, text
from mergecli.compiler.lint.support import LEAST_PIXELS, Stage, image_origin
from mergecli.diagnostics.diagnostic import Diagnostic, Related, warning
from mergecli.ir.graph import CompleteCall, Network, Value

#: How many channels images have.
_CHANNELS = (1, 3, 4)

CODE = "dense-image"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each dense layer directly after an image."""
    graph = network.graph
    for call, layer, sources in calls:
        if not layer.last_axis_only or len(sources) != 1:
            continue
        (source,) = sources
        shape = network.tensors(source)[0].shape
        if shape is None or len(shape) < 4 or not _is_image(network, sources, shape):
            continue
        label, result = graph.label(source), network.results[call.index][0].shape
        remedies = [] if None in shape[1:] else ["`- Flatten`"]
        remedies += [f"`- GlobalAveragePooling{len(shape) - 2}D`"] if len(shape) in (4, 5) else []
        yield warning(
            call.span,
            CODE,
            f"`{call.name}` ({call.cls}) is applied to each pixel of `{label}`, {text(shape)},"
            f" and gives {text(result)}",
            f"add {' or '.join(remedies)} before it" if remedies else None,
            note=call.context,
            related=(Related(graph.nodes[source.producer].span, f"`{label}` is {text(shape)}"),),
        )


def _is_image(network: Network, sources: Sequence[Value], shape: Shape) -> bool:
    """Whether the tensor that a layer takes is an image of this shape."""
    origin = image_origin(network, sources)
    if origin is None:
        return False
    if origin.index in network.graph.inputs:
        return _looks_like_image(shape)
    return origin.layer is not None and origin.layer.image == "gives"


def _looks_like_image(shape: Shape) -> bool:
    """Whether an input of this shape is one for images: by its channels, or because it is square.

    >>> _looks_like_image((None, 32, 24, 3)), _looks_like_image((None, 10, 20, 300))
    (True, False)
    >>> _looks_like_image((None, 7, 7, 512))
    False
    """
    return shape[-1] in _CHANNELS or (
        shape[-3] == shape[-2] and (shape[-2] or LEAST_PIXELS) >= LEAST_PIXELS
    )
