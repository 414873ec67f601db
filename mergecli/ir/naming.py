"""Names of models and layers."""

from __future__ import annotations

import re


def scope_name(name: str) -> str:
    """Return the name of a model as TensorFlow can use it.

    TensorFlow names a scope of its graph after the model, and `fit` refuses other characters.

    >>> scope_name("merged model")
    'merged_model'
    """
    safe = re.sub(r"[^A-Za-z0-9_.>-]", "_", name)
    return safe if re.match("[A-Za-z0-9.]", safe) else f"model{safe}"
