"""The verdicts of mergecli and Keras on a random model, and what explains that they differ."""

from __future__ import annotations

import functools
import math
import re
from typing import Any, NamedTuple

import known_layers as known
import known_operations as operations
import oracle

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.operations.operation import Operation
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs
from mergecli.catalog.weights import parameters
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Network
from mergecli.runtime.build import keras_object
from tools.random_models import failing_runs, running, specs
from tools.random_models.cases import Case, Number, Results, Step, is_number, positions

SAME = "same"
#: One in as many models is run.
RUN = 10


class Wrong(AssertionError):
    """mergecli and Keras disagree, and no known difference says why."""


class Keras(NamedTuple):
    """What Keras makes of a case: where it refuses, the facts of each layer, its words, its tensors."""

    end: str | None
    facts: dict[str, Any]
    words: str
    inputs: list[Any]
    tensors: dict[str, list[Any]]


def ours(text: str) -> tuple[str | None, dict[str, Any], str]:
    """Return the layer at which mergecli refuses, or None; the facts of each layer; the messages."""
    compiled = compile_spec(Source(text, "case.yaml"), target=oracle.TARGET)
    errors = compiled.errors
    if errors or compiled.network is None:
        lines = text.splitlines()
        offending = None
        for error in errors[:1]:
            for line in range(error.span.line if error.span else 1, 0, -1):
                if '"name": "layer' in lines[line - 1]:
                    offending = lines[line - 1].rsplit('"name": "', 1)[1].split('"')[0]
                elif lines[line - 1].startswith('    as: "layer'):
                    offending = lines[line - 1].split('"')[1]
                elif line < len(lines) and lines[line].startswith('    as: "layer'):
                    offending = lines[line].split('"')[1]
                if offending:
                    break
        return offending or "somewhere", {}, "; ".join(f"{e.code}: {e.message}" for e in errors)
    return None, facts_of(compiled.network), ""


def facts_of(network: Network) -> dict[str, Any]:
    """Return shapes, dtypes, parameters and trainable ones of each layer, by its name."""
    facts = {}
    for node in network.graph.nodes:
        if node.index not in network.graph.inputs:
            weights = network.weights[node.index] if node.owner in (None, node.index) else ()
            size = parameters(weights), parameters(weight for weight in weights if weight.trainable)
            facts[node.name] = ([(t.shape, t.dtype) for t in network.results[node.index]], *size)
    return facts


def theirs(case: Case) -> Keras:
    """Return the same from Keras, layer by layer and without mergecli's parser or builder."""
    import keras

    facts: dict[str, Any] = {}
    results: dict[Any, Any] = {}
    made: dict[int, Any] = {}
    tensors_of: dict[str, list[Any]] = {}
    starts = [
        keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=f"in{index}")
        for index, tensor in enumerate(case.inputs)
    ]
    for index, start in enumerate(starts):
        results[index - len(starts), None] = start
    for number, (step, places) in enumerate(zip(case.steps, positions(case))):
        name = f"layer{number}"
        size = 0, 0
        try:
            tensors = [
                place.value if isinstance(place, Number) else results[place] for place in places
            ]
            if issubclass(step.kind, Operation):
                result = operations.call(step.kind.keras_name, step.arguments, tensors)
            else:
                layer = made[step.again] if step.again is not None else layer_of(step, name)
                made[number] = layer
                result = oracle.call(layer, tensors, step.listed, step.keywords, step.options)
                if not layer.trainable:
                    # As `build` does: the argument alone leaves the layers in this one trainable.
                    layer.trainable = True
                    layer.trainable = False
                size = counts(layer) if step.again is None else size
        except Exception as problem:  # Keras refuses with many exceptions; all are a verdict here
            return Keras(name, facts, f"{type(problem).__name__}: {problem}", starts, tensors_of)
        flat = keras.tree.flatten(result)
        if any(tensor is given for tensor in flat for given in tensors):
            # The layer then follows itself, and Keras refuses the model.
            return Keras(name, facts, "a result is an input", starts, tensors_of)
        for index, tensor in enumerate(flat):
            results[number, index if len(flat) > 1 else None] = tensor
        tensors_of[name] = flat
        facts[name] = ([(tuple(t.shape), t.dtype) for t in flat], *size)
    return Keras(None, facts, "", starts, tensors_of)


def layer_of(step: Step, name: str) -> Any:
    """Return Keras's layer of a step."""
    import keras

    arguments = {key: keras_object(value) for key, value in step.arguments.items()}
    return getattr(keras.layers, step.kind.__name__)(**{**arguments, "name": name})


def counts(layer: Any) -> tuple[int, int]:
    """Return how many numbers the weights of a layer of Keras hold, and those that are trained."""
    return layer.count_params(), sum(math.prod(weight.shape) for weight in layer.trainable_weights)


def explained(case: Case, offending: str) -> str | None:
    """Return the known difference that explains what only one of the two says of this layer.

    It may be one of a layer that the offending one follows from.
    """
    if not offending.startswith("layer"):
        return None
    steps = case.steps[: int(offending[5:]) + 1]
    results = Results(case.inputs)
    #: For each result so far, the steps that it follows from.
    paths: list[set[int]] = [set() for _ in case.inputs]
    verdicts = []
    path: set[int] = set()
    for number, step in enumerate(steps):
        verdicts.append(functools.partial(agreed, step, results.gather(step)))
        before = [source for source in step.sources if not isinstance(source, Number)]
        path = {number}.union(*(paths[source] for source in before))
        results.add(step)
        paths += [path] * (len(results.tensors) - len(paths))
    for number in sorted(path, reverse=True):
        verdict = verdicts[number]()
        if verdict not in (None, SAME):
            return verdict
    return None


def agreed(step: Step, inputs: Inputs) -> str | None:
    """Return `same` if both say the same of a layer, or else the name of the known difference."""
    if None in inputs.tensors:
        return SAME
    us = oracle.of_mergecli(step.kind, step.arguments, inputs)
    if issubclass(step.kind, Operation):
        name = step.kind.keras_name
        them = operations.of_keras(name, step.arguments, inputs)
        return SAME if us.facts == them.facts else operations.differs(name, us, them)
    them = oracle.of_keras(step.kind, step.arguments, inputs)
    if us.facts == them.facts:
        return SAME
    return known.differs(step.kind, step.arguments, inputs, us, them)


def refused_alone(step: Step, inputs: Inputs) -> str:
    """Return why mergecli refuses a layer that was drawn: as Keras does, or more strictly.

    Raises:
        Wrong: Keras builds and runs it.
    """
    if unsettled(step, inputs):
        return "refused by both"
    # A policy is refused with the model, and `agreed` is about the layer alone.
    verdict = None if _has_refused_policy(step) else agreed(step, inputs)
    if verdict not in (None, SAME):
        return f"stricter: {verdict}"
    # What both accept by itself is refused in a model, or when it runs.
    if verdict == SAME and not oracle.of_mergecli(step.kind, step.arguments, inputs).accepted:
        return "refused by both"
    sources: list[Any] = []
    tensors = []
    for tensor in inputs.tensors:
        if is_number(tensor):
            sources.append(Number(3 if tensor.dtype == "int" else 3.0))
        else:
            sources.append(len(tensors))
            tensors.append(tensor)
    case = Case(tensors, [step._replace(sources=tuple(sources), again=None)], [])
    return judged(case) if tensors else "refused by both"


def _has_refused_policy(step: Step) -> bool:
    """Whether mergecli refuses a layer, or one in it, for its dtype policy."""
    try:
        oracle.made(step.kind, step.arguments).check_policy()
    except ArgumentErrors:
        return False
    except ShapeError:
        return True
    return False


def judged(case: Case) -> str:
    """Return the verdict on a case: agreed, or a difference that is on the list.

    Raises:
        Wrong: They disagree, and nothing explains it.
    """
    text = specs.spec(case)
    our_end, our_facts, our_words = ours(text)
    keras = theirs(case)
    if our_end == keras.end:
        if our_end is not None:
            return "refused by both"
        for name, fact in keras.facts.items():
            if our_facts[name] != fact:
                difference = explained(case, name)
                if difference is None:
                    raise Wrong(f"{name}: mergecli {our_facts[name]}, Keras {fact}\n{text}")
                return f"other facts: {difference}"
        return _accepted(case, text, our_facts, keras)
    if (
        our_end == "somewhere"
        and our_words.startswith("newer-keras")
        and _refuses_model(case, keras)
    ):
        return "refused by both"
    if comes_first(our_end, keras.end):
        strict = _stricter(case, keras, our_end or "", our_words)
        if strict is not None:
            return f"stricter: {strict}"
    for offending in (our_end, keras.end):
        difference = None if offending is None else explained(case, offending)
        if difference is not None:
            return (
                f"stricter: {difference}"
                if comes_first(our_end, keras.end)
                else f"other: {difference}"
            )
    if failing_runs.follows_sparse(case, keras.words):
        return "other: sparse tensors"
    raise Wrong(
        f"mergecli refuses {our_end} ({our_words})\n"
        f"Keras refuses {keras.end} ({keras.words[:600]})\n{text}"
    )


def _refuses_model(case: Case, keras: Keras) -> bool:
    """Whether Keras refuses a layer of a case, or the model, as an old one does with an input of which nothing is made."""
    if keras.end is not None:
        return True
    failure = running.failure(keras.inputs, _results(case, keras))
    return failure is not None and failure[0] == "builds"


def _results(case: Case, keras: Keras) -> list[Any]:
    """Return the results of a case in Keras, which refuses none of its layers."""
    return [tensor for end in specs.layers(case)[1] for tensor in keras.tensors[end]]


#: What takes more dtypes with other arguments or in few other pairs than were measured, and what mergecli then says.
_MEASURED = {
    **dict.fromkeys(
        """
        CategoryEncoding ops.det ops.image.map_coordinates ops.isin ops.lstsq ops.normalize ops.polar ops.tril
        ops.triu
        """.split(),
        "",
    ),
    # Attention multiplies complex values with scores of floats, and JAX repeats them with `unroll: true`.
    **dict.fromkeys(
        """
        Bidirectional GRU GroupedQueryAttention LSTM MultiHeadAttention RNN SimpleRNN
        """.split(),
        "does not take complex",
    ),
    # Few values of `value_range` have it run.
    "ContrastLimitedAdaptiveHistogramEqualization": "does not take complex",
    "GRUCell": "of complex",
    # `linear` computes nothing.
    "Activation": "has dtype string",
}


def _is_measured_otherwise(case: Case, end: str | None, words: str) -> bool:
    """Whether mergecli refuses a dtype of what was measured with few arguments."""
    if end is None or not end.startswith("layer") or "wrong-type" not in words:
        return False
    kind = case.steps[int(end[5:])].kind
    said = _MEASURED.get(kind.keras_name or kind.__name__)
    return said is not None and said in words


#: What mergecli says of what fails only in a training.
_ONLY_TRAINED = re.compile("cannot (drop values of|train the weight) |computes with strings")

#: What mergecli says of a shape that a layer before the refused one may not have when the model runs.
_OF_SHAPES = re.compile("cannot (use the mask of|penalize its result)|gives the indices of")


def _stricter(case: Case, keras: Keras, end: str, words: str) -> str | None:
    """Return what Keras does not do with the layers up to one that mergecli refuses; None if it does all of it.

    Args:
        case: The case.
        keras: What Keras makes of it.
        end: The layer, which Keras wires.
        words: What mergecli says.
    """
    tensors = keras.tensors.get(end)
    if tensors is not None:
        failure = running.failure(keras.inputs, tensors)
        if failure is None and _ONLY_TRAINED.search(words):
            failure = running.failure(keras.inputs, tensors, training=True)
        if failure is not None:
            return f"Keras {failure[0]} not"
        if _OF_SHAPES.search(words) and running.misdeclared(keras.inputs, tensors):
            return "declared shapes"
        if "computes with strings" in words:
            return "numbers as strings"
        sizes = [size for tensor in (*keras.inputs, *tensors) for size in tensor.shape]
        if "wrong-type" in words and 0 in sizes:
            return "no elements"
    return "other arguments" if _is_measured_otherwise(case, end, words) else None


def _accepted(case: Case, text: str, facts: dict[str, Any], keras: Keras) -> str:
    """Return the verdict on a case that both accept, after a run and other specs of some of them.

    Raises:
        Wrong: Keras cannot run it, or another spec of it is judged in another way.
    """
    if case.dress % 3 == 1:
        _compare_dressed(case, facts)
    elif case.dress % 3 == 2:
        _compare_repeated(case)
        _compare_nested(case, keras)
    if case.dress % RUN:
        return "accepted by both"
    ends = specs.layers(case)[1]
    failure = running.failure(keras.inputs, _results(case, keras))
    if failure is None:
        return "accepted by both, and run"
    difference = next(filter(None, (explained(case, end) for end in ends)), None)
    difference = difference or failing_runs.known_difference(case, failure[1])
    if difference is None and any(
        running.misdeclared(keras.inputs, tensors) for tensors in keras.tensors.values()
    ):
        difference = "declared shapes"
    if difference is None:
        said = "\n".join(failure[1])
        raise Wrong(f"mergecli accepts what Keras {failure[0]} not: {said}\n{text}")
    return f"other: {difference}"


def _compare_dressed(case: Case, facts: dict[str, Any]) -> None:
    """Check that a block and a dictionary of outputs change no layer.

    Raises:
        Wrong: They do.
    """
    text = specs.dressed(case)
    end, dressed, words = ours(text)
    number = len(case.steps) - 1
    if end is None and f"layer_{number}" in dressed:
        dressed[f"layer{number}"] = dressed.pop(f"layer_{number}")
    if end is not None or dressed != facts:
        raise Wrong(f"with a block: {end} ({words})\n{text}")


def _compare_repeated(case: Case) -> None:
    """Check that the first layer, repeated, is what Keras makes of two such layers.

    Raises:
        Wrong: It is not.
    """
    first = case.steps[0]
    text = specs.repeated(case._replace(steps=[first]), 2)
    if text is None or len(Results(case.inputs).follow(first) or ()) != 1:
        return
    end, facts, words = ours(text)
    both = Case(case.inputs, [first, first._replace(sources=(1,))], [])
    keras = theirs(both)
    if (end is None) != (keras.end is None):
        is_strict = end is not None and _stricter(both, keras, "layer1", words) is not None
        if not is_strict and explained(both, "layer1") is None:
            raise Wrong(f"repeated: {end} ({words}), Keras {keras.end} ({keras.words})\n{text}")
    elif end is None and list(facts.values()) != list(keras.facts.values()):
        raise Wrong(f"repeated: {facts}, Keras {keras.facts}\n{text}")


def _compare_nested(case: Case, made: Keras) -> None:
    """Check that the case as a model that `TimeDistributed` applies is what Keras makes of it.

    Raises:
        Wrong: It is not.
    """
    import keras

    text, ends = specs.nested(case), specs.layers(case)[1]
    if text is None or len(made.tensors[ends[0]]) != 1:
        return
    end, facts, words = ours(text)
    shape = case.inputs[0].shape or ()
    try:
        model = keras.Model(made.inputs[0], made.tensors[ends[0]][0])
        layer = keras.layers.TimeDistributed(model)
        start = keras.Input((3, *shape[1:]), dtype=case.inputs[0].dtype)
        result = layer(start)
        said = ([(tuple(result.shape), result.dtype)], *counts(layer))
    except Exception as problem:  # Keras refuses with many exceptions; all are a verdict here
        said = f"{type(problem).__name__}: {problem}"
    if end is not None and not isinstance(said, str):
        if running.failure([start], [result]) is not None:
            return
        raise Wrong(f"only mergecli refuses {words}, Keras {said}\n{text}")
    if end is None and said != next(iter(facts.values())):
        if not isinstance(said, str) and running.misdeclared([start], [result]):
            return  # the difference "not asked"
        raise Wrong(f"mergecli {facts}, Keras {said}\n{text}")


def comes_first(our_end: str | None, their_end: str | None) -> bool:
    """Whether mergecli refuses a layer before the one that Keras refuses, or Keras refuses none."""
    if their_end is None:
        return our_end is not None
    if not our_end or not our_end.startswith("layer"):
        return False
    return int(our_end[5:]) < int(their_end[5:])


def unsettled(step: Step, inputs: Inputs) -> bool:
    """Keras tries a single cell on sizes that it makes up for unknown ones, and its verdict changes from call to call."""
    return (
        step.kind.__name__.endswith(("Cell", "Cells"))
        and len({tensor.shape[0] for tensor in inputs.tensors if tensor.shape}) > 1
    )


def verdicts(case: Case) -> list[str]:
    """Return the verdicts on a case and on the layers that were refused when it was drawn.

    Raises:
        Wrong: One of them is wrong.
    """
    found = []
    for step, inputs in case.aside:
        found.append(refused_alone(step, inputs))
    if not unsettled(case.steps[0], Inputs(tuple(case.inputs))):
        found.append(judged(case))
    return found
