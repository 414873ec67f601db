"""Run layers and models of Keras on numbers: what Keras wires, a backend may refuse."""

from __future__ import annotations

import math
from typing import Any, Iterator

#: Numbers, and the sizes that are not known: a lookup may know only some numbers, and a mask that
#: spreads over more fits only some sizes. The last one leaves room for several windows in a row.
DRAWS = (("ones", 2), ("random", 3), ("zeros", 1), ("ones", 4), ("ones", 8))
#: The largest known size that is tried for those that are not known.
LARGEST = 64
#: The most elements of a result, so that a model does not take all memory.
MOST_ELEMENTS = 2**26


def values(tensor: Any, draw: str, unknown: int, seed: int = 0) -> Any:
    """Return numbers or strings for a symbolic tensor."""
    import keras
    import numpy as np

    shape = _sizes(tensor, unknown)
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


def _sizes(tensor: Any, unknown: int) -> list[int]:
    """Return the shape of a symbolic tensor, with a number for the sizes that are not known."""
    return [unknown if size is None else size for size in tensor.shape]


def draws(inputs: list[Any], outputs: list[Any]) -> Iterator[tuple[str, int]]:
    """Yield numbers and unknown sizes to try: some of their own, then the known sizes of the tensors."""
    yield from DRAWS
    sizes = {size for tensor in [*inputs, *outputs] for size in tensor.shape}
    if any(None in tensor.shape for tensor in inputs):
        tried = {None, 0, *(size for _, size in DRAWS)}
        yield from (("ones", size) for size in sorted(sizes - tried) if size <= LARGEST)


def failure(
    inputs: list[Any], outputs: list[Any], training: bool = False
) -> tuple[str, list[str]] | None:
    """Build the model of symbolic tensors, and run it.

    Args:
        inputs: The inputs of the model.
        outputs: Its outputs.
        training: Whether it is run in a training, with all penalties.

    Returns:
        None if it runs on some numbers, or is too large; else `builds`, `runs` or `trains`, and what Keras says, once each.
    """
    import keras

    try:
        model = keras.Model(inputs, outputs)
    except Exception as problem:  # any exception is a verdict of Keras
        return "builds", [f"{type(problem).__name__}: {problem}"]
    said: list[str] = []
    for draw, unknown in draws(inputs, outputs):
        if _is_large(model, inputs, unknown):
            continue
        try:
            numbers = [values(tensor, draw, unknown) for tensor in inputs]
            if training:
                _train(model, numbers)
            else:
                model(numbers)
        except Exception as problem:  # as above
            said.append(f"{type(problem).__name__}: {problem}"[:600])
        else:
            return None
    return ("trains" if training else "runs", list(dict.fromkeys(said))) if said else None


def _train(model: Any, numbers: list[Any]) -> None:
    """Run a model in a training, with its penalties.

    Raises:
        ValueError: A result has another shape than without a training; Keras raises other exceptions.
    """
    import keras

    shapes = [tensor.shape for tensor in keras.tree.flatten(model(numbers))]
    results = keras.tree.flatten(model(numbers, training=True))
    for loss in model.losses:
        keras.ops.convert_to_numpy(loss)
    if [tensor.shape for tensor in results] != shapes:
        raise ValueError("other shapes in a training")


def _is_large(model: Any, inputs: list[Any], unknown: int) -> bool:
    """Whether a result has too many elements when each size that is not known is this one."""
    import keras

    tensors = [keras.KerasTensor(_sizes(tensor, unknown), tensor.dtype) for tensor in inputs]
    try:
        results = keras.tree.flatten(model.compute_output_spec(tensors))
    except Exception:  # the run says so, too
        return False
    return any(math.prod(size or 1 for size in each.shape) > MOST_ELEMENTS for each in results)


def misdeclared(inputs: list[Any], outputs: list[Any]) -> bool:
    """Whether Keras computes other shapes for symbolic tensors than it has declared."""
    import keras

    for draw, unknown in draws(inputs, outputs):
        try:
            model = keras.Model(inputs, outputs)
            results = model([values(tensor, draw, unknown) for tensor in inputs])
        except Exception:  # it cannot be run at all, which is not a matter of shapes
            continue
        for tensor, result in zip(outputs, keras.tree.flatten(results)):
            if len(tensor.shape) != len(result.shape):
                return True
            pairs = zip(tensor.shape, result.shape)
            if any(size is not None and size != real for size, real in pairs):
                return True
    return False
