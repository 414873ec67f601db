"""A random model as a spec, plain or with blocks, repeats and dictionaries."""

from __future__ import annotations

import json
from typing import Any

from mergecli.catalog.layer import spec_name
from tools.random_models.cases import Case, Number, Step, plain, positions


def name_of(place: tuple[int, int | None], inputs: int) -> str:
    """Return the name of an input or of the layer of a result."""
    return f"in{place[0] + inputs}" if place[0] < 0 else f"layer{place[0]}"


def reference(place: Any, inputs: int) -> Any:
    """Return a source as a spec has it."""
    if isinstance(place, Number):
        return place.value
    name = name_of(place, inputs)
    return name if place[1] is None else f"{name}[{place[1]}]"


def sources(step: Step, names: list[Any]) -> Any:
    """Return the value of `from`."""
    if not step.keywords:
        return names if step.listed else names[0]
    came: dict[str, list[Any]] = {}
    for keyword, name in zip(step.keywords, names):
        came.setdefault(keyword, []).append(name)
    return came


def entry(step: Step, name: str) -> list[str]:
    """Return the first lines of an entry, without its sources."""
    if step.again is not None:
        return [f"  - use: layer{step.again}", f'    as: "{name}"']
    arguments = {**{n: plain(v) for n, v in step.arguments.items()}, "name": name}
    return [f"  - {spec_name(step.kind)}: {json.dumps(arguments)}"]


def layers(case: Case) -> tuple[list[str], list[str]]:
    """Return the lines of the layers, and the names of those that nothing follows."""
    lines: list[str] = []
    used: set[str] = set()
    count = len(case.inputs)
    for number, (step, places) in enumerate(zip(case.steps, positions(case))):
        names = [reference(place, count) for place in places]
        used.update(name_of(place, count) for place in places if not isinstance(place, Number))
        lines += entry(step, f"layer{number}")
        lines.append(f"    from: {json.dumps(sources(step, names))}")
        if step.options:
            lines.append(f"    call: {json.dumps(plain(step.options))}")
    ends = [f"layer{number}" for number in range(len(case.steps)) if f"layer{number}" not in used]
    return lines, ends


def inputs(case: Case) -> dict[str, Any]:
    """Return the inputs of a spec."""
    return {
        f"in{i}": {"batch_shape": list(t.shape or ()), "dtype": t.dtype}
        for i, t in enumerate(case.inputs)
    }


def spec(case: Case) -> str:
    """Return the case as a spec."""
    lines, ends = layers(case)
    return "\n".join(
        [
            f"inputs: {json.dumps(inputs(case))}",
            "layers:",
            *lines,
            f"outputs: {json.dumps(ends)}",
            "",
        ]
    )


def dressed(case: Case) -> str:
    """Return the case with its last layer in a block, and with its outputs as a dictionary.

    All names are those of `spec`, as far as layers have them.
    """
    lines, ends = layers(case)
    last = case.steps[-1]
    tail: list[str] = []
    single = len(last.sources) == 1 and not isinstance(last.sources[0], Number)
    if single and last.again is None and not last.listed and not last.keywords:
        number = len(case.steps) - 1
        start = next(i for i, line in enumerate(lines) if f'"name": "layer{number}"' in line)
        came = lines[start + 1].removeprefix("    from: ")
        head = lines[start].replace(f'"name": "layer{number}"', f'"name": "{number}"')
        block = ["blocks:", "  layer:", "    layers:", f"    {head}", "        from: input"]
        block += [f"    {line}" for line in lines[start + 2 :]]
        lines = [*lines[:start], "  - layer: {}", "    as: layer", f"    from: {came}"]
        tail = [*block, ""]
        ends = [f"layer_{number}" if end == f"layer{number}" else end for end in ends]
    named = {f"out{index}": end for index, end in enumerate(ends)}
    return "\n".join(
        [
            *tail,
            f"inputs: {json.dumps(inputs(case))}",
            "layers:",
            *lines,
            f"outputs: {json.dumps(named)}",
            "",
        ]
    )


def repeated(case: Case, count: int) -> str | None:
    """Return a spec whose only layer is the last one of the case, `count` times; None if it is shared."""
    last = case.steps[-1]
    if len(case.inputs) != 1 or len(case.steps) != 1 or last.again is not None:
        return None
    if last.keywords or last.options or last.listed or len(last.sources) != 1:
        return None
    arguments = json.dumps({n: plain(v) for n, v in last.arguments.items()})
    name = spec_name(last.kind)
    return "\n".join(
        [
            f"inputs: {json.dumps(inputs(case))}",
            "layers:",
            f"  - {name}: {arguments}",
            f"    repeat: {count}",
            "",
        ]
    )


def nested(case: Case) -> str | None:
    """Return a spec that applies the case to each step of a sequence; None if it has several ends, or a fixed batch."""
    lines, ends = layers(case)
    shape = case.inputs[0].shape or ()
    if len(case.inputs) != 1 or len(ends) != 1 or len(shape) < 2:
        return None
    if shape[0] is not None or None in shape[1:]:
        return None
    inner = {"shape": list(shape[1:]), "dtype": case.inputs[0].dtype, "name": "in0"}
    moved = "\n".join("        " + line for line in lines)
    outer = {"shape": [3, *shape[1:]], "dtype": case.inputs[0].dtype}
    return (
        f"input: {json.dumps(outer)}\nlayers:\n  - TimeDistributed:\n      layer:\n"
        f"        input: {json.dumps(inner)}\n        layers:\n{moved}\n"
    )
