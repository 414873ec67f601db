"""Network -> what a page shows of each layer: numbers, arguments, weights, and the lines in which it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Iterator, Sequence

from mergecli.catalog.buffers import bytes_of
from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import size, text
from mergecli.catalog.tensors import Tensor
from mergecli.catalog.weights import Weight, bytes_of_weights
from mergecli.diagnostics.source import Source, Span
from mergecli.exporters.summary import counts
from mergecli.exporters.yaml.values import Inexpressible, plain
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.subgraph_layers import SubgraphLayer
from mergecli.syntax.quoting import flow

if TYPE_CHECKING:
    from typing import TypedDict

    class Sizes(TypedDict):
        """The shapes and weights of a layer; None for each number that is not known."""

        shapes: list[str]
        dtypes: list[str]
        size: int | None
        parameters: int | None
        trainable: int | None
        bytes: int | None
        weight_bytes: int | None
        weights: list[tuple[str, str, str]]

    # Names that are keywords of Python need this form.
    Wiring = TypedDict(
        "Wiring",
        {
            "index": int,
            "name": str,
            "class": str,
            "branch": "str | None",
            "from": "list[tuple[int, str, str]]",
        },
    )

    class LayerData(Wiring, Sizes):
        """What the page shows of a layer."""

        macs: int | None
        arguments: dict[str, str]
        described: str
        call: dict[str, str] | None
        frozen: bool
        owner: int | None
        origin: str
        input: bool
        output: bool
        line: int | None
        lines: list[Stretch]

    class FileData(TypedDict):
        """A text in which layers are written."""

        path: str
        lines: list[str]

    class ClassData(TypedDict):
        """What a class does, and the arguments that have a default."""

        about: str
        defaults: dict[str, str]

    #: The index of a call, the name of the output, its shapes and its dtypes.
    OutputData = tuple[int, str, str, str]
    #: The number of a file, and the first and the last line.
    Stretch = tuple[int, int, int]

#: How many lines of a layer are shown.
MOST_LINES = 60


class Files:
    """The files in which layers are written, each once."""

    def __init__(self, source: Source | None) -> None:
        self.source = source
        self.shown: list[FileData] = []
        self._numbers: dict[str, int] = {}
        self._begun: dict[int, set[int]] = {}

    def number(self, text: Source) -> int:
        """The number of a text among those that are shown."""
        if text.path not in self._numbers:
            self._numbers[text.path] = len(self.shown)
            lines = text.lines
            self.shown.append({"path": text.path, "lines": lines if lines[-1] else lines[:-1]})
        return self._numbers[text.path]

    def of(self, network: Network, call: Call) -> list[Stretch]:
        """Return the stretches of lines that make a call.

        Args:
            network: The network.
            call: The call.

        Returns:
            The number of the text, the first and the last line: of where the call stands, and of
            where the blocks that it is in are used.
        """
        if self.source is None or call.span.line < 1:
            return []
        if not self._begun:
            for other in network.graph.nodes:
                self._begun.setdefault(self.number(self.source.of(other.span)), set()).add(
                    other.span.line
                )
        number = self.number(self.source.of(call.span))
        first = self._first(number, call)
        last = _last(call, first)
        own = number, first, min(self._end(number, first, last), first + MOST_LINES - 1)
        return [
            stretch
            for stretch in dict.fromkeys([own, *self._uses(self.source, call)])
            if stretch[1] <= len(self.shown[stretch[0]]["lines"])
        ]

    def _first(self, number: int, call: Call) -> int:
        """Return the first line of a call: a `from` before its class belongs to it."""
        first, sources = call.span.line, call.location.sources
        if sources is None or sources.path != call.span.path or sources.line >= first:
            return first
        # An entry begins with a dash.
        above = self.shown[number]["lines"][sources.line - 1 : first - 1]
        begins_between = any(line.lstrip().startswith("- ") for line in above[1:])
        return first if begins_between else sources.line

    def _uses(self, source: Source, call: Call) -> Iterator[Stretch]:
        """Yield the stretches in which the blocks and specs are used that a call is in."""
        via = call.location.via[::-1]
        for known in dict.fromkeys((source, *source.included.values())) if via else ():
            for line in (step.span.line for step in via if step.span.path == known.path):
                place = self.number(known)
                yield place, line, self._end(place, line, line)

    def _end(self, number: int, first: int, last: int) -> int:
        """The last line of an entry: what is indented deeper belongs to it, unless it holds another layer."""
        lines, begun = self.shown[number]["lines"], self._begun.get(number, set())
        if first > len(lines):
            return last
        margin = len(lines[first - 1]) - len(lines[first - 1].lstrip(" "))
        line = last
        while line < min(len(lines), first + MOST_LINES) and line + 1 not in begun:
            words = lines[line]
            if words.strip() and len(words) - len(words.lstrip(" ")) <= margin:
                break
            line += 1
            if words.strip() and not words.lstrip().startswith("#"):
                last = line
        return last


def _last(call: Call, first: int) -> int:
    """Return the last line of the arguments and sources of a call that begins on a line."""
    spans: Iterable[Span | None] = (call.location.sources, *call.location.arguments.values())
    lines = [
        span.end_line - (span.end_column == 1 and span.end_line > span.line)
        for span in spans
        # What comes from an anchor stands above.
        if span is not None and span.path == call.span.path and span.line >= first
    ]
    return max([call.span.line, *lines])


def layer_data(network: Network, call: Call, files: Files) -> LayerData:
    """Return what is shown of a layer of a network."""
    graph, layer = network.graph, call.layer
    explicit, described = arguments(layer)
    total, trainable = counts(network, call)
    return {
        "index": call.index,
        "name": call.name,
        "class": call.cls,
        "branch": call.branch,
        "from": [_source(network, target) for target in call.sources or ()],
        **sizes(network.results[call.index], network.weights[call.index], total, trainable),
        "macs": network.macs[call.index],
        "arguments": explicit,
        "described": described,
        "call": {key: flow(value) for key, value in call.options.items()} or None,
        "frozen": is_frozen(layer),
        "owner": call.owner,
        "origin": _origin(call),
        "input": call.index in graph.inputs,
        "output": any(target.producer == call.index for target in graph.outputs.targets),
        "line": call.span.line if files.source is not None else None,
        "lines": files.of(network, call),
    }


def sizes(
    results: Sequence[Tensor],
    weights: Sequence[Weight],
    total: int | None,
    trainable: int | None,
) -> Sizes:
    """Return the shapes and weights of a layer; None for each number that is not known.

    Args:
        results: The tensors that it gives.
        weights: Its weights.
        total: The number of its parameters.
        trainable: How many of them are trained.
    """
    numbers = [None if tensor.shape is None else size(tensor.shape) for tensor in results]
    memory = [bytes_of(tensor) for tensor in results]
    return {
        "shapes": [text(tensor.shape) for tensor in results],
        "dtypes": [tensor.dtype or "" for tensor in results],
        "size": _known_sum(numbers),
        "parameters": total,
        "trainable": trainable,
        "bytes": _known_sum(memory),
        "weight_bytes": None if total is None else bytes_of_weights(weights),
        "weights": [
            (weight.name, text(weight.shape), _manner(weight.trainable, weight.dtype))
            for weight in weights
        ],
    }


def is_frozen(layer: Layer | None) -> bool:
    """Return whether none of the weights of a layer is trained."""
    return isinstance(layer, Layer) and (layer.frozen or not layer.trainable)


def _known_sum(numbers: Sequence[int | None]) -> int | None:
    """Return the sum of some numbers; None if one is not known."""
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _source(network: Network, target: Value) -> tuple[int, str, str]:
    if target.constant is not None:
        return -1, network.graph.reference(target), ""
    shapes = ", ".join(text(tensor.shape) for tensor in network.tensors(target))
    return target.producer, network.graph.reference(target), shapes


def _manner(trainable: bool, dtype: str) -> str:
    return ", ".join(
        ([] if trainable else ["not trained"]) + ([] if dtype == "float32" else [dtype])
    )


def arguments(layer: Layer | None) -> tuple[dict[str, str], str]:
    """Return the explicit arguments of a layer, and what to say when there are none."""
    if isinstance(layer, SubgraphLayer):
        return {}, "A model as one layer."
    if isinstance(layer, Custom) and layer.config is not None:
        return {}, "Only the saved model tells them."
    explicit = layer.explicit if layer is not None else {}
    shown = {name: _shown(value) for name, value in explicit.items() if name != "name"}
    has_arguments = layer is not None and layer.arguments
    return shown, "All as by default." if has_arguments else "It has none."


def _shown(value: object) -> str:
    """Return an argument as a spec has it."""
    try:
        return flow(plain(value, lambda model: model.network.graph.name))
    except Inexpressible:
        return type(value).__name__


def _origin(node: Call) -> str:
    if node.saved is None:
        return ""
    part = node.saved.part
    return f"{'/'.join(node.saved.path)} of {'the ' if part.role != 'application' else ''}{part.role} {part.name}"


def classes(layers: Iterable[tuple[str, Layer | None]]) -> dict[str, ClassData]:
    """Return what each class does, and the arguments that have a default.

    Args:
        layers: Layers, each with the name of its class.
    """
    result: dict[str, ClassData] = {}
    for name, layer in layers:
        if name in result or layer is None or isinstance(layer, (Custom, SubgraphLayer)):
            continue
        cls = type(layer)
        about = (cls.__doc__ or "").strip().split("\n\n")[0]
        about = " ".join(about.split()).replace("``", "`") if ">>>" not in about else ""
        defaults = {
            argument: _shown(value)
            for argument, value in cls.defaults.items()
            if argument not in Layer.common
        }
        result[name] = {"about": about, "defaults": defaults}
    return result


def outputs(network: Network) -> list[OutputData]:
    """Return the outputs of a network: the index of a call, a name, shapes and dtypes."""
    ends = network.graph.outputs
    result = []
    for number, target in enumerate(ends.targets):
        index, name, shapes = _source(network, target)
        dtypes = ", ".join(dict.fromkeys(tensor.dtype or "" for tensor in network.tensors(target)))
        result.append((index, ends.names[number] if ends.names else name, shapes, dtypes))
    return result
