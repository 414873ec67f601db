"""Network -> the table of its layers: text, JSON, CSV or Markdown."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, NamedTuple

from mergecli.catalog.buffers import bytes_of
from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import text
from mergecli.catalog.tensors import Tensor
from mergecli.catalog.weights import parameters
from mergecli.diagnostics.escaping import csv_cell, escaped_json, markdown_code
from mergecli.diagnostics.escaping import markdown as escaped_markdown
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.latency import Device, latency
from mergecli.ir.memory import inference_bytes, training_bytes, weight_bytes
from mergecli.ir.subgraph_layers import held_model

if TYPE_CHECKING:
    from typing import TypedDict

    class _Style(TypedDict):
        ensure_ascii: bool
        indent: int

    class TensorFacts(TypedDict):
        """A tensor; the shape is null where it is not known."""

        shape: list[int | None] | None
        dtype: str | None

    class EndFacts(TensorFacts):
        """An input or an output."""

        name: str

    # Names that are keywords of Python need this form.
    LayerFacts = TypedDict(
        "LayerFacts",
        {
            "name": str,
            "class": str,
            "branch": "str | None",
            "from": "list[str]",
            "output_shapes": "list[list[int | None] | None]",
            "parameters": "int | None",
            "trainable_parameters": "int | None",
            "macs": "int | None",
            "line": int,
        },
    )

    class Facts(TypedDict):
        """A model, as `summary --format json` prints it; what is not known is null."""

        name: str
        inputs: list[EndFacts]
        outputs: list[EndFacts]
        layers: list[LayerFacts]
        parameters: int | None
        trainable_parameters: int | None
        macs: int | None
        weight_bytes: int | None
        activation_bytes: int | None
        batch: int
        memory_bytes: int | None
        training_memory_bytes: int | None
        latency_seconds: float | None


#: How all JSON for programs is written.
JSON_STYLE: _Style = {"ensure_ascii": False, "indent": 1}


class SummaryOptions(NamedTuple):
    """What a summary is for.

    Attributes:
        batch: The samples in a batch, for the memory that is taken at once.
        training: Whether the text has the memory of training too.
        full: Whether the text has a row for each repetition of a structure.
        width: The width of the terminal in characters, to which the text is fitted; None for a pipe.
        color: Whether the text has styles of a terminal.
        device: The machine for which the latency is estimated.
    """

    batch: int = 1
    training: bool = False
    full: bool = False
    width: int | None = None
    color: bool = False
    device: Device | None = None


DEFAULT = SummaryOptions()


def facts(network: Network, batch: int = 1, device: Device | None = None) -> Facts:
    """Return everything known of a model, as `summary --format json` prints it.

    `macs` and `activation_bytes` are for one sample, `memory_bytes` and `training_memory_bytes` for
    a batch; all of them are null where a size is not known. `latency_seconds` is for a batch, and
    null without a device.
    """
    graph = network.graph
    rows = [_row(network, call) for call in network.parts() if call.index not in graph.inputs]
    parameter_counts = [row["parameters"] for row in rows]
    tensors = (tensor for call in network.parts() for tensor in network.results[call.index])
    return {
        "name": graph.name,
        "inputs": [
            {"name": graph.nodes[index].name, **_tensor(network.results[index][0])}
            for index in graph.inputs
        ],
        "outputs": _outputs(network),
        "layers": rows,
        "parameters": _sum(parameter_counts),
        "trainable_parameters": _sum([row["trainable_parameters"] for row in rows]),
        "macs": _sum([row["macs"] for row in rows]),
        "weight_bytes": None if None in parameter_counts else weight_bytes(network),
        "activation_bytes": _sum([bytes_of(tensor) for tensor in tensors]),
        "batch": batch,
        "memory_bytes": inference_bytes(network, batch),
        "training_memory_bytes": training_bytes(network, batch),
        "latency_seconds": None if device is None else latency(network, device, batch),
    }


def _outputs(network: Network) -> list[EndFacts]:
    outputs = network.graph.outputs
    names = outputs.names or [network.graph.reference(target) for target in outputs.targets]
    return [
        {"name": name, **_tensor(tensor)}
        for name, target in zip(names, outputs.targets)
        for tensor in network.tensors(target)
    ]


def _row(network: Network, node: Call) -> LayerFacts:
    total, trainable = counts(network, node)
    return {
        "name": node.name,
        "class": node.cls,
        "branch": node.branch,
        "from": [network.graph.reference(source) for source in node.sources or ()],
        "output_shapes": [_shape(tensor) for tensor in network.results[node.index]],
        "parameters": total,
        "trainable_parameters": trainable,
        "macs": network.macs[node.index],
        "line": node.span.line,
    }


def counts(network: Network, node: Call) -> tuple[int | None, int | None]:
    """How many parameters a layer has, and how many of them are trained; None where its shapes are not known.

    A layer that is applied several times has them where it stands for the first time.
    """
    unknown = any(tensor.shape is None for tensor in network.results[node.index])
    if (
        unknown
        and node.layer is not None
        and (type(node.layer).weights is not Layer.weights or isinstance(node.layer, Custom))
    ):
        return None, None
    weights = network.weights[node.index]
    return parameters(weights), parameters(weight for weight in weights if weight.trainable)


def _tensor(tensor: Tensor) -> TensorFacts:
    return {"shape": _shape(tensor), "dtype": tensor.dtype}


def _shape(tensor: Tensor) -> list[int | None] | None:
    return None if tensor.shape is None else list(tensor.shape)


def _sum(numbers: list[int | None]) -> int | None:
    return None if None in numbers else sum(numbers)  # type: ignore[arg-type]


HEADER = ("Layer", "Type", "Branch", "Connected to", "Output Shape", "Param #", "MACs")
RIGHT = ("Param #", "MACs")


def rows(network: Network, prefix: str = "") -> list[tuple[str, ...]]:
    """The cells of the table for a pull request, a row for each input and layer.

    The layers of a model that is a layer, or that a layer applies to each step, come after it; `prefix` is the start of
    their names. What is said of them is for one step.
    """
    graph = network.graph
    table: list[tuple[str, ...]] = []
    for node in network.parts():
        if prefix and node.index in graph.inputs:
            continue
        total, _ = counts(network, node)
        macs = network.macs[node.index]
        shapes = ", ".join(text(tensor.shape) for tensor in network.results[node.index])
        table.append(
            (
                prefix + node.name,
                node.cls,
                node.branch or "",
                ", ".join(filter(None, connections(network, node, prefix))),
                shapes,
                "?" if total is None else f"{total:,}",
                "?" if macs is None else f"{macs:,}",
            )
        )
        model = held_model(node.layer)
        if model is not None and node.owner is None:
            table += rows(model.network, f"{prefix}{node.name}.")
    return table


def connections(network: Network, call: Call, prefix: str = "") -> list[str]:
    """Return what a call is applied to, by name; empty for the input of a model in the model.

    Args:
        network: The network.
        call: One of its calls.
        prefix: The start of the names, as the call's row has it.
    """
    return [_source(network, Value(*source), prefix) for source in call.sources or ()]


def _source(network: Network, source: Value, prefix: str) -> str:
    """Return a source of a call as its row has it; empty for the input of a model in the model."""
    if prefix and source.producer in network.graph.inputs:
        return ""
    reference = network.graph.reference(source)
    return reference if source.constant is not None else prefix + reference


def totals(network: Network, options: SummaryOptions = DEFAULT) -> list[str]:
    """The sums, a line each."""
    known = facts(network, options.batch, options.device)
    total, trainable, macs = known["parameters"], known["trainable_parameters"], known["macs"]
    activations, weights = known["activation_bytes"], known["weight_bytes"]
    count = (
        "unknown"
        if total is None or trainable is None
        else f"{total:,} ({trainable:,} trainable, {total - trainable:,} frozen)"
    )
    memory, trained = known["memory_bytes"], known["training_memory_bytes"]
    batch = f"at once for a batch of {options.batch:,}"
    training = f"training memory  {'unknown' if trained is None else human(trained)} {batch}"
    return [
        f"parameters       {count}",
        f"MACs             {'unknown' if macs is None else f'{macs:,}'} for one sample",
        f"weights          {'unknown' if weights is None else human(weights)}",
        f"all results      {'unknown' if activations is None else human(activations)} for one sample",
        f"memory           {'unknown' if memory is None else human(memory)} {batch}",
        *([training] if options.training else []),
        *([] if options.device is None else [_latency(known["latency_seconds"], options.batch)]),
    ]


def _latency(seconds: float | None, batch: int) -> str:
    time = "unknown" if seconds is None else f"about {duration(seconds)}"
    return f"latency          {time} for a batch of {batch:,}"


def duration(seconds: float) -> str:
    """A time for a person.

    >>> duration(0.0123), duration(1.5), duration(0.00001)
    ('12.3 ms', '1.50 s', '0.0100 ms')
    """
    return f"{seconds:#.3g} s" if seconds >= 1 else f"{seconds * 1000:#.3g} ms"


def human(count: int) -> str:
    """Bytes for a person.

    >>> human(88128), human(12)
    ('86.1 KiB', '12 B')
    """
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            break
        amount /= 1024
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"


def markdown(network: Network, options: SummaryOptions = DEFAULT) -> str:
    """The table for a pull request."""
    lines = ["| " + " | ".join(HEADER) + " |"]
    lines.append("|" + "|".join(" ---: " if name in RIGHT else " --- " for name in HEADER) + "|")
    for row in rows(network):
        cells = [markdown_code(row[0]), *map(escaped_markdown, row[1:])]
        lines.append("| " + " | ".join(cells) + " |")
    return (
        "\n".join(
            [
                f"**{escaped_markdown(network.graph.name)}**",
                "",
                *lines,
                "",
                *(f"- {total}" for total in totals(network, options)),
            ]
        )
        + "\n"
    )


def csv(network: Network, options: SummaryOptions = DEFAULT) -> str:
    """The inputs and layers as comma-separated values, numbers without separators, as JSON has them."""
    import csv as library  # start-up

    out = io.StringIO()
    writer = library.writer(out, lineterminator="\n")
    writer.writerow(
        (
            "name",
            "class",
            "branch",
            "from",
            "output_shapes",
            "parameters",
            "trainable_parameters",
            "macs",
            "line",
        )
    )
    for row in [_row(network, call) for call in network.parts()]:
        cells = dict(
            row,
            **{
                "from": " ".join(row["from"]),
                "output_shapes": " ".join(map(_text, row["output_shapes"])),
            },
        )
        writer.writerow(
            "" if cell is None else csv_cell(cell) if isinstance(cell, str) else cell
            for cell in cells.values()
        )
    return out.getvalue()


def _text(shape: list[int | None] | None) -> str:
    return text(None if shape is None else tuple(shape))


def json_text(network: Network, options: SummaryOptions = DEFAULT) -> str:
    """Return the facts of a model as JSON."""
    return (
        escaped_json(json.dumps(facts(network, options.batch, options.device), **JSON_STYLE)) + "\n"
    )
