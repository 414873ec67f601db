"""A random model as a graph of layers, and what mergecli's layers say of each of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import oracle

from mergecli.catalog.dtypes import WEAK
from mergecli.catalog.keras_object import ArgumentErrors, KerasObject
from mergecli.catalog.layer import Layer
from mergecli.catalog.run_dtypes import run_dtype
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor, as_run
from mergecli.catalog.versions import Backend
from mergecli.catalog.weights import check_trained
from mergecli.ir.inference import check_again


class Number(NamedTuple):
    """A plain number among the sources of an operation."""

    value: float

    @property
    def tensor(self) -> Tensor:
        """What mergecli's operation sees."""
        return Tensor((), "int" if isinstance(self.value, int) else "float")


class Step(NamedTuple):
    """A layer: its class, its arguments, the results it is applied to, and how they are given.

    Attributes:
        kind: The class.
        arguments: Its arguments.
        sources: The results, by their place among all, or numbers.
        listed: Whether they come as a list.
        keywords: The names of the sources, if any.
        options: Arguments of the call.
        again: The step whose layer is applied again, if it is one.
    """

    kind: type[Layer]
    arguments: dict[str, Any]
    sources: tuple[Any, ...]
    listed: bool
    keywords: tuple[str, ...]
    options: dict[str, Any]
    again: int | None = None


class Case(NamedTuple):
    """A graph, and the layers that were drawn for it and refused, each with its inputs.

    Attributes:
        inputs: The inputs.
        steps: The layers in order.
        aside: The refused layers.
        dress: How the spec is written a second time, and whether the model is run.
    """

    inputs: list[Tensor]
    steps: list[Step]
    aside: list[tuple[Step, Inputs]]
    dress: int = 0


class Results:
    """The results of the inputs and steps of a case, and their dtypes when the model runs.

    Attributes:
        tensors: The tensors, None where a step is refused.
        dtypes: The dtypes that a backend gives.
        first: The inputs of the first call of each step.
    """

    def __init__(self, inputs: list[Tensor]) -> None:
        self.tensors: list[Tensor | None] = list(inputs)
        self.dtypes: list[str | None] = [tensor.dtype for tensor in inputs]
        self.first: list[Inputs | None] = []

    def gather(self, step: Step) -> Inputs:
        """Return what a step is applied to."""
        tensors = tuple(
            source.tensor if isinstance(source, Number) else self.tensors[source]
            for source in step.sources
        )
        return Inputs(tensors, step.listed, step.keywords, step.options)  # type: ignore[arg-type]

    def follow(self, step: Step) -> list[tuple[Tensor, str | None]] | None:
        """Return the results of a step with their dtypes; None when mergecli refuses it."""
        inputs = self.gather(step)
        if None in inputs.tensors:
            return None
        dtypes = [
            source.tensor.dtype if isinstance(source, Number) else self.dtypes[source]
            for source in step.sources
        ]
        try:
            layer = oracle.made(step.kind, step.arguments)
            layer.check_policy()
            layer.check_backend(Backend.choose())
            unnamed = layer.unnamed(inputs)
            layer.check_strings(as_run(unnamed, dtypes))
            results = layer.results(unnamed)
            layer.check_in_model(unnamed)
            layer.check_activation(results)
            if step.again is None:
                check_trained(layer.weights(unnamed))
            else:
                first = self.first[step.again]
                if first is None:
                    return None
                check_again("layer", layer, first, layer.weights(first), unnamed)
            ran = run_dtype(layer, inputs, dtypes, results[0].dtype, Backend.choose())
        except (ArgumentErrors, ShapeError):
            return None
        return [(each, ran if each.dtype == results[0].dtype else each.dtype) for each in results]

    def add(self, step: Step) -> bool:
        """Add the results of a step, or one that is not known; return whether it is accepted."""
        found = self.follow(step)
        self.first.append(
            None
            if found is None
            else oracle.made(step.kind, step.arguments).unnamed(self.gather(step))
        )
        for tensor, dtype in found or [(None, None)]:
            self.tensors.append(tensor)
            self.dtypes.append(dtype)
        return found is not None


def positions(case: Case) -> list[list[Any]]:
    """Return for each step its sources as (step, result) or numbers; inputs are steps before 0."""
    table: list[tuple[int, int | None]] = [
        (index - len(case.inputs), None) for index in range(len(case.inputs))
    ]
    results = Results(case.inputs)
    wired = []
    for number, step in enumerate(case.steps):
        wired.append(
            [source if isinstance(source, Number) else table[source] for source in step.sources]
        )
        before = len(results.tensors)
        results.add(step)
        many = len(results.tensors) - before
        table += [(number, index if many > 1 else None) for index in range(many)]
    return wired


def alone(step: Step) -> Step:
    """Return a step that is applied to the inputs of a case, one after the other."""
    return step._replace(sources=tuple(range(len(step.sources))), again=None)


def plain(value: Any) -> Any:
    """Return a value as JSON, which is YAML, has it."""
    if isinstance(value, KerasObject):
        return {type(value).__name__: {name: plain(item) for name, item in value.explicit.items()}}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def is_number(tensor: Tensor) -> bool:
    """Whether a tensor stands for a plain number."""
    return tensor.dtype in WEAK
