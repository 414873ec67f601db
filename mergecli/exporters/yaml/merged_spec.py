"""Models by their paths -> the spec that merges them."""

from __future__ import annotations

import os
import re
from typing import Iterable, Mapping, Sequence

from mergecli.compiler.pipeline import compile_spec, is_model
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers
from mergecli.ir.naming import unique_name, unique_prefix
from mergecli.syntax.quoting import flow

#: Merging layers by their names in lower case.
METHODS = "concatenate add average maximum minimum multiply subtract dot".split()
#: What a spec that is made here is named in messages.
NAME = "<merge>"

Branches = dict[str, dict[str, str]]


def branches_of(paths: Iterable[str]) -> Branches:
    """Return a branch for each spec or saved model, named as its file."""
    branches: Branches = {}
    for path in paths:
        stem = os.path.splitext(os.path.basename(path))[0]
        stem = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_") or "model"
        branch = unique_name(stem, branches.__contains__)
        branches[branch] = {"model" if is_model(path) else "spec": path}
    return branches


def add_prefixes(
    branches: Branches, prefixes: Sequence[str], custom_layers: CustomLayers | None
) -> None:
    """Add a prefix to each branch, or without prefixes to each whose layer names are taken.

    Args:
        branches: The branches, which are changed. Their files exist.
        prefixes: A prefix for each branch, empty for none; or nothing.
        custom_layers: The user's own layers.
    """
    if prefixes:
        for keys, prefix in zip(branches.values(), prefixes):
            keys.update({"prefix": prefix} if prefix else {})
        return
    taken: set[str] = set()
    for branch, keys in branches.items():
        text = f"branches: {{{flow(branch)}: {flow(keys)}}}"
        network = compile_spec(Source(text, NAME), None, custom_layers).network
        names = {call.name for call in network.graph.nodes} if network is not None else set()
        if names & taken:
            keys["prefix"] = unique_prefix(f"{branch}_", names, taken)
            names = {keys["prefix"] + name for name in names}
        taken |= names


def joining_layer(method: str, axis: int | None, name: str | None) -> dict[str, object]:
    """Return the layer that joins the branches, as an entry of a spec.

    Args:
        method: One of `METHODS`.
        axis: The axis, for `concatenate` and `dot`.
        name: The name of the layer.
    """
    arguments: dict[str, object] = {}
    if axis is not None:
        arguments["axis" if method == "concatenate" else "axes"] = axis
    if name is not None:
        arguments["name"] = name
    return {method.capitalize(): arguments}


def render(
    name: str, branches: Branches, layer: dict[str, object], head: Sequence[Mapping[str, object]]
) -> str:
    """Return the text of the spec that merges branches.

    Args:
        name: The name of the model.
        branches: The branches by name.
        layer: The layer that joins them.
        head: The layers after the merge.
    """
    from mergecli.exporters.yaml.roundtrip import canonical  # start-up
    from mergecli.exporters.yaml.writer import merging  # start-up

    return canonical(merging(name, branches, layer, [dict(entry) for entry in head]))
