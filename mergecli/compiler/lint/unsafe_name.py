"""A layer name with which TensorFlow cannot fit the model.

## What it finds

A layer or branch name with characters other than letters, digits and `_.>-`.

## Why that is a mistake

Keras accepts the name and builds the model. But with TensorFlow each layer opens a name scope,
which allows only these characters: the first call of `fit` fails, perhaps hours later on another
machine.

## Example

```yaml
input: [8]
layers:
  - Dense: {units: 4, name: my layer}
```

## Instead

```yaml
input: [8]
layers:
  - Dense: {units: 4, name: my_layer}
```
"""

from __future__ import annotations

import re
from typing import Iterator

from mergecli.compiler.lint.support import Stage
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import Graph

#: A character that TensorFlow does not allow in the name of a scope.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.>-]")

CODE = "unsafe-name"
STAGE = Stage.GRAPH


def check(graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for each unsafe name, that of a branch once for all its layers."""
    seen: set[str] = set()
    for call in graph.nodes:
        if not _UNSAFE.search(call.name) or call.index in graph.inputs:
            continue
        # The names of all layers of a branch begin with its name.
        owner = (
            call.branch
            if call.branch is not None
            and _UNSAFE.search(call.branch)
            and "name" not in call.location.arguments
            else None
        )
        what, name = ("branch", owner) if owner is not None else ("layer", call.name)
        if f"{what} {name}" in seen:
            continue
        seen.add(f"{what} {name}")
        span = graph.branches[owner].span if owner is not None else call.place("name")
        message = (
            f"with TensorFlow the model cannot be fitted: the {what} name `{name}` contains"
            " characters other than letters, digits and `_.>-`"
        )
        safe = _UNSAFE.sub("_", name)
        hint = f"rename it to `{safe}`" if safe.strip("_") and safe.isascii() else None
        yield warning(span, CODE, message, hint)
