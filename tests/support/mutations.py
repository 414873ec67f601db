"""Random models as specs, and single changes of them, each with what a comparison must say of it."""

from __future__ import annotations

import copy
import json
import random
from typing import Any, Callable, NamedTuple

from mergecli.catalog.layer import snake_case


class Entry(NamedTuple):
    cls: str
    arguments: dict[str, Any]
    sources: list[str]
    width: int


class Spec:
    """A model of vectors: its inputs' widths, its layers by name in file order, and the names of its outputs."""

    def __init__(self, inputs: dict[str, int], layers: dict[str, Entry]) -> None:
        self.inputs, self.layers = inputs, layers

    @property
    def outputs(self) -> list[str]:
        used = {source for entry in self.layers.values() for source in entry.sources}
        return [name for name in self.layers if name not in used]

    def text(self, named: bool = True) -> str:
        """The spec as JSON, which is YAML; without names layers are called after their classes."""
        names = {name: name for name in self.inputs}
        counts: dict[str, int] = {}
        for name, entry in self.layers.items():
            own = snake_case(entry.cls)
            number = counts[own] = counts.get(own, -1) + 1
            names[name] = name if named else f"{own}_{number}" if number else own
        entries = []
        for name, entry in self.layers.items():
            sources = [names[source] for source in entry.sources]
            arguments = {**entry.arguments, **({"name": name} if named else {})}
            entries.append(
                {
                    entry.cls: arguments,
                    "from": sources if entry.cls in ("Add", "Concatenate") else sources[0],
                }
            )
        inputs = {name: {"shape": [width]} for name, width in self.inputs.items()}
        return json.dumps(
            {"inputs": inputs, "layers": entries, "outputs": [names[name] for name in self.outputs]}
        )

    def width(self, name: str) -> int:
        return self.inputs[name] if name in self.inputs else self.layers[name].width


def spec(chance: random.Random, layers: int) -> Spec:
    """A random model."""
    made = Spec({f"in{index}": chance.choice([4, 8]) for index in range(chance.randint(1, 2))}, {})
    for number in range(layers):
        known = [*made.inputs, *made.layers]
        source = chance.choice(known[-3:])
        width = made.width(source)
        twins = [name for name in known if made.width(name) == width and name != source]
        way = chance.random()
        if way < 0.15 and twins:
            entry = Entry("Add", {}, [source, chance.choice(twins)], width)
        elif way < 0.25 and len(known) > 1:
            other = chance.choice([name for name in known if name != source])
            entry = Entry("Concatenate", {}, [source, other], width + made.width(other))
        elif way < 0.65:
            units = chance.choice([4, 8])
            entry = Entry(
                "Dense",
                {"units": units, **({"activation": "relu"} if chance.random() < 0.3 else {})},
                [source],
                units,
            )
        else:
            cls, arguments = chance.choice(
                [("Dropout", {"rate": 0.5}), ("ReLU", {}), ("LayerNormalization", {})]
            )
            entry = Entry(cls, dict(arguments), [source], width)
        made.layers[f"l{number}"] = entry
    return made


class Mutation(NamedTuple):
    """A changed spec, and what is to be said: of which kind, and of which layer."""

    spec: Spec
    kind: str
    name: str
    #: The argument and its values, the new name, or what is before and after an inserted layer.
    details: tuple[Any, ...]


def mutate(old: Spec, chance: random.Random, kind: str) -> Mutation | None:
    """One change of this kind, if there is a layer that it can be made to, and the outputs stay what they are."""
    mutation = _CHANGES[kind](copy.deepcopy(old), chance)
    if mutation is None or kind in ("argument", "dtype", "renamed", "input"):
        return mutation
    outputs = [name for name in mutation.spec.outputs if name != "extra" or kind != "added"]
    return mutation if outputs == old.outputs else None


def _argument(new: Spec, chance: random.Random) -> Mutation | None:
    dense = [name for name, entry in new.layers.items() if entry.cls == "Dense"]
    if not dense:
        return None
    name = chance.choice(dense)
    before = new.layers[name].arguments.get("activation")
    new.layers[name].arguments["activation"] = "tanh"
    return Mutation(new, "argument", name, ("activation", before, "tanh"))


def _dtype(new: Spec, chance: random.Random) -> Mutation:
    name = chance.choice([*new.layers])
    new.layers[name].arguments["dtype"] = "mixed_float16"
    return Mutation(new, "dtype", name, ("dtype", None, "mixed_float16"))


def _removed(new: Spec, chance: random.Random) -> Mutation | None:
    names = [
        name
        for name, entry in new.layers.items()
        if len(entry.sources) == 1 and entry.width == new.width(entry.sources[0])
    ]
    names = [name for name in names if name not in new.outputs]
    if not names:
        return None
    name = chance.choice(names)
    source = new.layers.pop(name).sources[0]
    _replace(new.layers, name, source)
    return Mutation(new, "removed", name, (source,))


def _inserted(new: Spec, chance: random.Random) -> Mutation | None:
    after = chance.choice([*new.layers])
    if after in new.outputs:
        return None
    entry = _extra(new, after)
    _replace(new.layers, after, "extra")
    layers, new.layers = new.layers, {}
    for name, each in layers.items():
        new.layers[name] = each
        if name == after:
            new.layers["extra"] = entry
    return Mutation(new, "inserted", "extra", (after,))


def _added(new: Spec, chance: random.Random) -> Mutation:
    after = chance.choice([*new.layers])
    new.layers["extra"] = _extra(new, after)
    return Mutation(new, "added", "extra", (after,))


def _extra(new: Spec, after: str) -> Entry:
    return Entry("GaussianNoise", {"stddev": 0.25}, [after], new.layers[after].width)


def _renamed(new: Spec, chance: random.Random) -> Mutation:
    name = chance.choice([*new.layers])
    new.layers = {"another" if one == name else one: entry for one, entry in new.layers.items()}
    _replace(new.layers, name, "another")
    return Mutation(new, "renamed", name, ("another",))


def _rewired(new: Spec, chance: random.Random) -> Mutation | None:
    for name in chance.sample([*new.layers], len(new.layers)):
        sources = new.layers[name].sources
        source = sources[0]
        earlier = [*new.inputs, *[*new.layers][: [*new.layers].index(name)]]
        others = [
            one for one in earlier if new.width(one) == new.width(source) and one not in sources
        ]
        if others:
            sources[0] = chance.choice(others)
            return Mutation(new, "rewired", name, (source, sources[0]))
    return None


def _input(new: Spec, chance: random.Random) -> Mutation | None:
    name = chance.choice([*new.inputs])
    if {entry.cls for entry in new.layers.values() if name in entry.sources} != {"Dense"}:
        return None
    before = new.inputs[name]
    new.inputs[name] += 1
    return Mutation(new, "input", name, ("shape", [None, before], [None, before + 1]))


_CHANGES: dict[str, Callable[[Spec, random.Random], Mutation | None]] = {
    "argument": _argument,
    "removed": _removed,
    "inserted": _inserted,
    "renamed": _renamed,
    "rewired": _rewired,
    "input": _input,
    "dtype": _dtype,
    "added": _added,
}
#: The kinds of changes.
KINDS = tuple(_CHANGES)


def _replace(layers: dict[str, Entry], old: str, new: str) -> None:
    for entry in layers.values():
        entry.sources[:] = [new if source == old else source for source in entry.sources]


def random_mutations(seed: int, count: int, layers: int = 10) -> list[tuple[Spec, Mutation]]:
    """Models and single changes of them, of each kind in turn."""
    chance = random.Random(seed)
    found: list[tuple[Spec, Mutation]] = []
    while len(found) < count:
        old = spec(chance, chance.randint(2, layers))
        mutation = mutate(old, chance, KINDS[len(found) % len(KINDS)])
        if mutation is not None:
            found.append((old, mutation))
    return found
