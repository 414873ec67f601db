"""Run layers and models of Keras on numbers: what Keras wires, a backend may refuse."""

from __future__ import annotations

from typing import Any

#: Ones, zeros and random numbers: a lookup may know only one of them.
DRAWS = ("ones", "random", "zeros")


def values(tensor: Any, draw: str, seed: int = 0) -> Any:
    """Return numbers or strings for a symbolic tensor; a size that is not known is 2."""
    import keras
    import numpy as np

    shape = [2 if size is None else size for size in tensor.shape]
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if dtype == "string":
        return keras.ops.convert_to_tensor(np.full(shape, "a"))
    random = np.random.RandomState(seed)
    numbers = {
        "ones": lambda: np.ones(shape),
        "zeros": lambda: np.zeros(shape),
        "random": lambda: (
            random.uniform(0, 1, shape) if "float" in dtype else random.randint(0, 2, shape)
        ),
    }[draw]()
    return keras.ops.cast(np.asarray(numbers, "float32"), dtype)


def failure(inputs: list[Any], outputs: list[Any]) -> tuple[str, str] | None:
    """Build the model of symbolic tensors, and run it.

    Returns:
        None if it runs on some numbers; else `builds` or `runs`, and what Keras says.
    """
    import keras

    try:
        model = keras.Model(inputs, outputs)
    except Exception as problem:  # any exception is a verdict of Keras
        return "builds", f"{type(problem).__name__}: {problem}"
    said = ""
    for draw in DRAWS:
        try:
            model([values(tensor, draw) for tensor in inputs])
        except Exception as problem:  # as above
            said = said or f"{type(problem).__name__}: {problem}"
        else:
            return None
    return "runs", said
