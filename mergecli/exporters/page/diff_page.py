"""Comparison -> the page of `plot` with both models in it: the changes to step through, and both sides of each.

Layers are those of `Merged`: the calls of the new model, and those that only the old one has. Their indices in the data are their
places there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, NamedTuple

from mergecli.catalog.shapes import text
from mergecli.diff import Comparison, Pair, argument_of, source_names, wording
from mergecli.diff.model import ComparedCall, Model
from mergecli.exporters.page.layer_data import Files, arguments, classes, is_frozen, sizes
from mergecli.exporters.page.page_writer import (
    Content,
    cells,
    columns,
    escape,
    memory,
    number,
    write,
)
from mergecli.exporters.pictures.merged_calls import Merged
from mergecli.exporters.pictures.themes import MARKS
from mergecli.ir.graph import Value
from mergecli.syntax.quoting import flow

if TYPE_CHECKING:
    from mergecli.exporters.page.layer_data import LayerData, OutputData, Stretch

    #: A label, the old and the new value, and whether they differ.
    Side = tuple[str, str, str, bool]

    class ComparedData(LayerData):
        """What the page shows of a layer of two models."""

        #: What it is between both models; "" for what is as before.
        change: str
        #: What both models have of a layer that differs.
        sides: list[Side] | None
        #: For each of its weights why it does not load by name and shape, "" for one that loads.
        loads: list[str] | None
        #: What `load_weights` makes of it, "" where it takes its own weights.
        file: str


#: The most characters of a value that is shown beside another one.
LONGEST = 300
_STEPS = """\
    <div class="steps" role="group" aria-label="Changes">
      <button id="previous" type="button" aria-label="Previous change" title="Previous change (p)"><span aria-hidden="true">&lsaquo;</span></button>
      <span id="step">{count}</span>
      <button id="next" type="button" aria-label="Next change" title="Next change (n)"><span aria-hidden="true">&rsaquo;</span></button>
    </div>
"""
_TAB = """\
      <button id="tab-changes" type="button" role="tab" aria-selected="false" aria-controls="changes" tabindex="-1">Changes</button>
"""
_PANEL = """\
    <div id="changes" role="tabpanel" aria-labelledby="tab-changes" tabindex="0" hidden>
      <p class="counts">{counts}</p>
      <ol>
{items}
      </ol>
      <p class="loading">{loading}</p>
    </div>
"""
_KEYS = """\
    <div><dt><kbd>n</kbd> <kbd>p</kbd></dt><dd>the next change and the one before, from the chosen layer</dd></div>
    <div><dt><kbd>c</kbd></dt><dd>the list of changes</dd></div>
"""


class Step(NamedTuple):
    """A change to step to.

    Attributes:
        place: The layer that has it; None for a change of the whole.
        change: One of `MARKS`.
        name: What has changed.
        cls: The class of the layer, or "".
        details: What is different, line by line.
    """

    place: int | None
    change: str
    name: str
    cls: str
    details: list[str]


def page(
    merged: Merged,
    names: tuple[str, str],
    svg: str,
    whole: str | None = None,
    *,
    theme: str = "auto",
    live: str | None = None,
) -> str:
    """Return the page of two models.

    Args:
        merged: The calls of both.
        names: What the old and the new model are called.
        svg: The picture, in which the group of a box lists the places of the calls that it stands for.
        whole: The picture with a box for each layer, if it is another one.
        theme: With what colours the page begins, one of `themes.NAMES`.
        live: The address of a stream of server-sent events that says when there is a new page.
    """
    comparison = merged.comparison
    writer = _Layers(merged)
    layers = writer.all()
    steps = [*_steps(merged)]
    counts, (share, misses, result) = wording.counts(comparison), wording.loading(comparison)
    title = " → ".join(_short(names))
    data = {
        "name": title,
        "layers": layers,
        "count": comparison.sums[1].layers,
        "branches": list(dict.fromkeys([*comparison.new.branches, *comparison.old.branches])),
        "kinds": classes((call.cls, call.layer) for call in merged.calls),
        "outputs": _outputs(merged),
        "files": [shown for files in writer.files for shown in files.shown],
        "statistics": {},
        "diff": {
            "names": names,
            "counts": counts,
            "marks": MARKS,
            "steps": [step._asdict() for step in steps],
            "sums": wording.table(comparison),
            "loading": {"share": share, "misses": misses, "result": result},
            "unused": comparison.loading.unused,
        },
    }
    content = Content(
        title,
        data,
        _totals(comparison),
        columns(
            branch=bool(comparison.old.branches or comparison.new.branches),
            trainable=any(side.parameters != side.trainable for side in comparison.sums),
            line=False,
        ),
        [_cells(place, layer) for place, layer in enumerate(layers)],
        _sums(comparison),
        ("diff",),
        _parts(
            counts,
            f"A checkpoint of the old model has {share} by name and shape;"
            f' new.load_weights("old.weights.h5") {result}.',
            steps,
        ),
    )
    return write(content, layers, svg, whole, theme=theme, live=live)


def _short(names: tuple[str, str]) -> tuple[str, str]:
    """Return the names of two files without the folder that holds both.

    >>> _short(("specs/a.yaml", "specs/b.yaml")), _short(("HEAD:a.yaml", "a.yaml"))
    (('a.yaml', 'b.yaml'), ('HEAD:a.yaml', 'a.yaml'))
    """
    old, new = (name.split("/") for name in names)
    while len(old) > 1 and len(new) > 1 and old[0] == new[0]:
        del old[0], new[0]
    return "/".join(old), "/".join(new)


# The layers.


class _Layers:
    """The data of the layers of both models."""

    def __init__(self, merged: Merged) -> None:
        self.merged = merged
        loading = merged.comparison.loading
        names = {call.name for call in merged.comparison.old.calls}
        #: By the names of a layer and of a weight, why it does not load.
        self.misses = {
            (miss.layer, miss.weight): wording.not_loaded(miss, names) for miss in loading.misses
        }
        self.results = {new: f"would give it the weights of {old}" for new, old in loading.crossed}
        self.results.update((clash.new, wording.clash(clash)) for clash in loading.clashes)
        ends = [
            {target.producer for target in model.outputs.targets}
            for model in (merged.comparison.old, merged.comparison.new)
        ]
        self.ends = ends[0], ends[1]
        #: The files in which the old and the new model are written.
        self.files = Files(merged.comparison.old.source), Files(merged.comparison.new.source)

    def all(self) -> list[ComparedData]:
        """Return the data of all layers."""
        layers = [self._of(place) for place in range(len(self.merged.calls))]
        for layer, lines in zip(layers, self._lines()):
            layer["lines"] = lines
        return layers

    def _lines(self) -> Iterator[list[Stretch]]:
        """Yield for each layer the lines that make it; those of both models, if it is different itself."""
        merged = self.merged
        old = self._stretches(merged.comparison.old, self.files[0])
        new = self._stretches(merged.comparison.new, self.files[1])
        # In the data the files of the new model are after those of the old one.
        before = len(self.files[0].shown)
        for call, pair, change in zip(merged.calls, merged.pairs, merged.changes):
            own = [(file + before, first, last) for file, first, last in new.get(call.index, ())]
            if change == "removed":
                yield old.get(call.index, [])
            elif pair is not None and pair.differs:
                yield [*old.get(pair.old.index, ()), *own]
            else:
                yield own

    def _stretches(self, model: Model, files: Files) -> dict[int, list[Stretch]]:
        """Return the stretches of lines of each call of a model."""
        if model.network is None or files.source is None:
            return {}
        # What is in a model in the model has the lines of another network.
        return {
            call.index: files.of(model.network, model.network.graph.nodes[call.path[0]])
            for call in model.calls
            if len(call.path) == 1
        }

    def _of(self, place: int) -> ComparedData:
        call, pair, change = (
            self.merged.calls[place],
            self.merged.pairs[place],
            self.merged.changes[place],
        )
        is_new = change != "removed"
        model = self.merged.comparison.new if is_new else self.merged.comparison.old
        places = self.merged.places[is_new]
        explicit, described = arguments(call.layer)
        return {
            "index": place,
            "name": call.name,
            "class": call.cls,
            "branch": call.branch,
            "from": [_source(model, places, target) for target in call.sources],
            **sizes(call.results, call.weights, call.parameters, call.trainable),
            "macs": call.macs,
            "arguments": explicit,
            "described": described,
            "call": {key: flow(value) for key, value in call.options.items()} or None,
            "frozen": is_frozen(call.layer),
            "owner": None if call.owner is None else places[call.owner],
            "origin": "",
            "input": call.is_input,
            "output": call.index in self.ends[is_new],
            "line": call.line or None,
            "lines": [],
            "change": change or ("reshaped" if pair is not None and pair.reshaped else ""),
            "sides": self._sides(pair),
            "loads": self._loads(call) if is_new and call.owner is None else None,
            "file": self.results.get(call.name, "") if is_new else "",
        }

    def _loads(self, call: ComparedCall) -> list[str]:
        return [self.misses.get((call.name, weight.name), "") for weight in call.weights]

    def _sides(self, pair: Pair | None) -> list[Side] | None:
        """Return what both models have of a layer; None for one that does not differ."""
        if pair is None or not (pair.differs or pair.reshaped or pair.renumbered):
            return None
        models = self.merged.comparison.old, self.merged.comparison.new
        sources = [
            ", ".join(source_names(model, call))
            for model, call in zip(models, (pair.old, pair.new))
        ]
        result = [*_identity(pair), *_arguments(pair)]
        if sources != ["", ""]:
            result.append(("from", sources[0], sources[1], pair.sources is not None))
        return [*result, *_numbers(pair)]


def _identity(pair: Pair) -> Iterator[Side]:
    """Yield the names, the classes and the owners of a layer, where they differ."""
    old, new = pair.old, pair.new
    if pair.before != new.name and new.owner is None:
        yield "name", pair.before, new.name, True
    for change in pair.changes:
        if change.what == "class":
            yield "class", old.cls, new.cls, True
        elif change.what == "layer":
            yield "layer of", str(change.old), str(change.new), True


def _arguments(pair: Pair) -> Iterator[Side]:
    """Yield the arguments of a layer and of its call."""
    old, new = pair.old, pair.new
    changed = {change.what for change in pair.changes}
    for name in dict.fromkeys((*old.arguments, *new.arguments)):
        yield name, _argument(old, name), _argument(new, name), name in changed
    for name in dict.fromkeys((*old.options, *new.options)):
        values = [_value(call.options[name]) if name in call.options else "" for call in (old, new)]
        yield f"call: {name}", values[0], values[1], f"call.{name}" in changed


def _numbers(pair: Pair) -> Iterator[Side]:
    """Yield the shapes, the parameters and the MACs of a layer."""
    old, new = pair.old, pair.new
    if not new.is_input:
        yield "gives", wording.tensors(old), wording.tensors(new), pair.reshaped
    if old.owner is None and new.owner is None and (old.weights or new.weights):
        counts = number(old.parameters), number(new.parameters)
        yield "parameters", *counts, old.parameters != new.parameters
    if old.macs or new.macs:
        yield "MACs", number(old.macs), number(new.macs), old.macs != new.macs


def _argument(call: ComparedCall, name: str) -> str:
    """Return an argument as a spec has it; "" if the layer does not have it."""
    has_default = call.layer is not None and name in type(call.layer).defaults
    if name not in call.arguments and not has_default:
        return ""
    return _value(argument_of(call, name))


def _value(value: object) -> str:
    shown = flow(value)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def _source(model: Model, places: dict[int, int], target: Value) -> tuple[int, str, str]:
    if target.constant is not None:
        return -1, model.reference(target), ""
    shapes = ", ".join(text(tensor.shape) for tensor in model.tensors(target))
    return places[target.producer], model.reference(target), shapes


def _outputs(merged: Merged) -> list[OutputData]:
    """Return the outputs of the new model: the place of a layer, a name, shapes and dtypes."""
    model = merged.comparison.new
    names = model.outputs.names or [model.reference(target) for target in model.outputs.targets]
    result = []
    for name, target in zip(names, model.outputs.targets):
        place, _, shapes = _source(model, merged.places[1], target)
        dtypes = ", ".join(dict.fromkeys(tensor.dtype or "" for tensor in model.tensors(target)))
        result.append((place, name, shapes, dtypes))
    return result


# The changes.


def _steps(merged: Merged) -> Iterator[Step]:
    """Yield the changes in the order of the picture, those of the whole last."""
    comparison = merged.comparison
    added = {single.call.index: single for single in comparison.added}
    removed = {single.call.index: single for single in comparison.removed}
    for place, (call, pair, change) in enumerate(zip(merged.calls, merged.pairs, merged.changes)):
        if not change:
            continue
        if pair is not None:
            entry = wording.pair_entry(pair)
        else:
            single = (added if change == "added" else removed)[call.index]
            entry = wording.single_entry(single, change)
        yield Step(place, entry.change, entry.name, entry.cls, entry.details)
    yield from _output_steps(merged)
    for name, order in (
        ("order of the inputs", comparison.input_order),
        ("order of the outputs", comparison.output_order),
    ):
        if order is not None:
            yield Step(None, "changed", name, "", [" -> ".join(map(", ".join, order))])
    if comparison.output_form is not None:
        yield Step(
            None, "changed", "form of the outputs", "", [" -> ".join(comparison.output_form)]
        )
    if comparison.training:
        yield Step(None, "changed", "compile", "", wording.training(comparison))


def _output_steps(merged: Merged) -> Iterator[Step]:
    """Yield the changes of outputs."""
    models = merged.comparison.old, merged.comparison.new
    producers: list[dict[str, int]] = []
    for model, places in zip(models, merged.places):
        names = model.outputs.names or map(model.reference, model.outputs.targets)
        producers.append(
            {name: places[end.producer] for name, end in zip(names, model.outputs.targets)}
        )
    for ends in merged.comparison.outputs:
        side, end = (0, ends.old) if ends.new is None else (1, ends.new)
        assert end is not None
        change = "added" if ends.old is None else "changed" if side else "removed"
        yield Step(
            producers[side].get(end.name), change, end.name, "output", [wording.output(ends)]
        )


# The strings of the page.


def _totals(comparison: Comparison) -> list[tuple[str, str]]:
    old, new = comparison.sums
    pairs = [("layers", old.layers, new.layers), ("parameters", old.parameters, new.parameters)]
    pairs.append(("MACs", old.macs, new.macs))
    totals = [(name, _sides(number(a), number(b))) for name, a, b in pairs]
    bytes_of = memory(comparison.old.memory[0]), memory(comparison.new.memory[0])
    return [*totals, ("memory", _sides(*bytes_of))]


def _sides(old: str, new: str) -> str:
    return new if old == new else f"{old} → {new}"


def _cells(place: int, layer: ComparedData) -> dict[str, str]:
    change = layer["change"]
    return {**cells(place, layer), "change": f"{MARKS.get(change, '')} {change}".strip()}


def _sums(comparison: Comparison) -> dict[str, str]:
    """Return the strings below the table: the sums of the new model."""
    sums = comparison.sums[1]
    return {
        "name": "In all, new",
        "parameters": number(sums.parameters),
        "trainable": number(sums.trainable),
        "macs": number(sums.macs),
    }


def _parts(counts: str, loading: str, steps: list[Step]) -> dict[str, str]:
    """Return the markup that only the page of a comparison has.

    Args:
        counts: How many changes of each sort there are.
        loading: Which weights of a checkpoint would load.
        steps: The changes.
    """
    items = "\n".join(_item(number, step) for number, step in enumerate(steps))
    panel = _PANEL.format(counts=escape(counts), items=items, loading=escape(loading))
    count = f"{len(steps):,} change{'s' * (len(steps) != 1)}"
    return {"steps": _STEPS.format(count=count), "tabs": _TAB, "panels": panel, "keys": _KEYS}


def _item(number: int, step: Step) -> str:
    details = "; ".join(step.details)
    return (
        f'<li class="{step.change}"><button type="button" data-step="{number}">'
        f"<b>{escape(MARKS[step.change])} {step.change}</b> <span>{escape(step.name)}</span>"
        f" <i>{escape(step.cls)}</i> <small>{escape(details)}</small></button></li>"
    )
