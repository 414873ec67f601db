"""Models by their paths -> the spec that merges them."""

from __future__ import annotations

import os
import re
from typing import Iterable, Mapping, NamedTuple, Sequence, TypeVar

from mergecli.catalog.shapes import text as shape_text
from mergecli.catalog.tensors import Tensor
from mergecli.catalog.versions import NEWEST, Version
from mergecli.compiler.pipeline import compile_spec, is_model
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Network
from mergecli.ir.naming import unique_name, unique_prefix
from mergecli.syntax.quoting import flow

#: Merging layers by their names in lower case.
METHODS = "concatenate add average maximum minimum multiply subtract dot".split()
#: What a spec that is made here is named in messages.
NAME = "<merge>"

Branches = dict[str, dict[str, object]]
_T = TypeVar("_T")


class MergeError(ValueError):
    """Options of a merge that do not fit the models or each other.

    Attributes:
        option: The name of the option, as the command has it.
    """

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option


class Merge(NamedTuple):
    """How models are merged.

    Attributes:
        method: What joins the branches, one of `METHODS`.
        axis: The axis to join on, for `concatenate` and `dot`.
        name: The name of the joining layer.
        model_name: The name of the merged model.
        head: The layers after the merge, as entries of a spec.
        prefixes: What to put before layer names, one for each model; by default only where names clash.
        outputs: The layers at which branches end, by branch.
        variables: The variables that are set in specs, by branch.
        trainable: What `trainable` says of a branch.
        freeze: Whether the layers of all models are frozen.
        shared_input: Whether all models get the same input.
        folder: The folder of the file to which the spec will be written; None if paths are to stay.
    """

    method: str = "concatenate"
    axis: int | None = None
    name: str | None = None
    model_name: str = "merged"
    head: Sequence[Mapping[str, object]] = ()
    prefixes: Sequence[str] = ()
    outputs: Mapping[str, str] = {}
    variables: Mapping[str, Mapping[str, object]] = {}
    trainable: Mapping[str, object] = {}
    freeze: bool = False
    shared_input: bool = False
    folder: str | None = None


def merged(
    paths: Sequence[str],
    merge: Merge,
    custom_layers: CustomLayers | None,
    target: Version = NEWEST,
) -> str:
    """Return the text of the spec that merges models.

    Args:
        paths: Two or more specs or saved models, which exist. Each becomes a branch, named as its file.
        merge: How they are merged.
        custom_layers: The user's own layers.
        target: The version of Keras for which the models are read.

    Raises:
        MergeError: The options do not fit the models.
    """
    if merge.method not in METHODS:
        raise MergeError(
            "method", f"there is no method {merge.method!r}; there are {', '.join(METHODS)}"
        )
    if merge.axis is not None and merge.method not in ("concatenate", "dot"):
        raise MergeError("axis", f"an axis is for concatenate and dot, not for {merge.method!r}")
    if merge.prefixes and len(merge.prefixes) != len(paths):
        message = f"expected {len(paths)} prefixes, one for each model, found {len(merge.prefixes)}"
        raise MergeError("prefix", message)
    branches = _branches(paths)
    for branch, values in _entries(branches, merge.variables, "set"):
        branches[branch]["with"] = dict(values)
    if merge.folder is not None:
        _move(branches, merge.folder)
    for branch, layer in _entries(branches, merge.outputs, "output"):
        branches[branch]["output"] = layer
    for branch in branches if merge.freeze else ():
        branches[branch]["trainable"] = False
    for branch, value in _entries(branches, merge.trainable, "trainable"):
        branches[branch]["trainable"] = value
    place = os.path.join(merge.folder or "", NAME)
    networks = {
        branch: _network(place, branch, keys, custom_layers, target)
        for branch, keys in branches.items()
    }
    if merge.prefixes:
        for keys, prefix in zip(branches.values(), merge.prefixes):
            keys.update({"prefix": prefix} if prefix else {})
    else:
        _add_prefixes(branches, networks)
    if merge.shared_input:
        _share_input(branches, networks)
    return _render(branches, merge)


def _branches(paths: Iterable[str]) -> Branches:
    """Return a branch for each spec or saved model, named as its file."""
    branches: Branches = {}
    for path in paths:
        stem = os.path.splitext(os.path.basename(path))[0]
        stem = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_") or "model"
        branch = unique_name(stem, branches.__contains__)
        branches[branch] = {"model" if is_model(path) else "spec": path}
    return branches


def _entries(branches: Branches, values: Mapping[str, _T], option: str) -> Iterable[tuple[str, _T]]:
    """Return the values of an option by branch.

    Raises:
        MergeError: There is no such branch.
    """
    for branch in values:
        if branch not in branches:
            message = f"there is no branch {branch!r}; there are {', '.join(branches)}"
            raise MergeError(option, message)
    return values.items()


def _network(
    place: str,
    branch: str,
    keys: Mapping[str, object],
    custom_layers: CustomLayers | None,
    target: Version,
) -> Network | None:
    """Return the network of a branch alone; None if it has errors, which the merged spec will show."""
    text = f"branches: {{{flow(branch)}: {flow(keys)}}}"
    return compile_spec(Source(text, place), None, custom_layers, target).network


def _add_prefixes(branches: Branches, networks: Mapping[str, Network | None]) -> None:
    """Add a prefix to each branch whose layer names are taken."""
    taken: set[str] = set()
    for branch, keys in branches.items():
        network = networks[branch]
        if network is None:
            # It has errors; that its names may clash as well is not one of them.
            keys["prefix"] = f"{branch}_"
            continue
        names = {call.name for call in network.graph.nodes}
        if names & taken:
            prefix = keys["prefix"] = unique_prefix(f"{branch}_", names, taken)
            names = {prefix + name for name in names}
        taken |= names


def _share_input(branches: Branches, networks: Mapping[str, Network | None]) -> None:
    """Feed all models from one input, which the first branch declares.

    Raises:
        MergeError: They have several inputs, or inputs that differ.
    """
    first: tuple[str, Tensor] | None = None
    for branch, network in networks.items():
        if network is None:
            continue
        inputs = network.graph.inputs
        if len(inputs) != 1:
            message = f"`{branch}` has {len(inputs)} inputs; only models of one can share it"
            raise MergeError("shared-input", message)
        (tensor,) = network.results[inputs[0]]
        if first is not None and tensor != first[1]:
            one, other = (f"{shape_text(t.shape)} of {t.dtype}" for t in (first[1], tensor))
            message = f"`{first[0]}` takes {one}, `{branch}` takes {other}"
            raise MergeError("shared-input", message)
        first = first or (branch, tensor)
    if first is None or first[1].shape is None:
        return
    taken = {
        f"{branches[branch].get('prefix', '')}{call.name}"
        for branch, network in networks.items()
        if network is not None
        for call in network.graph.nodes
        if call.index not in network.graph.inputs
    }
    name = unique_name("input", taken.__contains__)
    declared: dict[str, object] = {"shape": list(first[1].shape[1:]), "name": name}
    if first[1].dtype != "float32":
        declared["dtype"] = first[1].dtype
    for branch, keys in branches.items():
        keys.update({"input": declared} if branch == first[0] else {"from": name})


def _move(branches: Branches, folder: str) -> None:
    """Give the paths of models relative to the folder of the merged spec."""
    for keys in branches.values():
        settings = keys.get("with")
        places = [(keys, "spec"), (keys, "model")]
        if "model" in keys and isinstance(settings, dict):
            places.append((settings, "weights"))
        for mapping, key in places:
            path = mapping.get(key)
            if isinstance(path, str) and not os.path.isabs(path):
                mapping[key] = os.path.relpath(path, folder or ".").replace(os.sep, "/")


def _render(branches: Branches, merge: Merge) -> str:
    from mergecli.exporters.yaml.roundtrip import canonical  # start-up
    from mergecli.exporters.yaml.writer import merging  # start-up

    arguments: dict[str, object] = {}
    if merge.axis is not None:
        arguments["axis" if merge.method == "concatenate" else "axes"] = merge.axis
    if merge.name is not None:
        arguments["name"] = merge.name
    layer = {merge.method.capitalize(): arguments}
    head = [dict(entry) for entry in merge.head]
    return canonical(merging(merge.model_name, branches, layer, head))
