"""Network -> one page to look around in: the picture, each layer's facts and lines, the table, and where the numbers go along the depth.

The page is one file and loads nothing. What a spec says gets into it as text alone: escaped in the markup, as data for the script,
and the page's policy lets no other script run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import pkgutil
import re
from string import Template
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, NamedTuple, Sequence

from mergecli.catalog.buffers import bytes_of
from mergecli.catalog.custom import Custom
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, bytes_of_weights
from mergecli.catalog.shapes import size, text
from mergecli.diagnostics.escaping import escaped_json, xml
from mergecli.diagnostics.source import Source, Span
from mergecli.exporters.page.weight_data import weight_data
from mergecli.exporters.pictures.themes import DARK, LIGHT
from mergecli.exporters.summary import counts, facts, human
from mergecli.exporters.yaml.values import Inexpressible, plain
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.subgraph_layers import SubgraphLayer
from mergecli.syntax.quoting import flow

if TYPE_CHECKING:
    from typing import TypedDict

    from mergecli.exporters.summary import Facts
    from mergecli.importers.keras.weight_statistics import WeightStatistics

    class _Sizes(TypedDict):
        """The shapes, weights and costs of a layer; None for each number that is not known."""

        shapes: list[str]
        dtypes: list[str]
        size: int | None
        parameters: int | None
        trainable: int | None
        macs: int | None
        bytes: int | None
        weight_bytes: int | None
        weights: list[tuple[str, str, str]]

    # Names that are keywords of Python need this form.
    _Wiring = TypedDict(
        "_Wiring",
        {
            "index": int,
            "name": str,
            "class": str,
            "branch": "str | None",
            "from": "list[tuple[int, str, str]]",
        },
    )

    class _LayerData(_Wiring, _Sizes):
        """What the page shows of a layer."""

        arguments: dict[str, str]
        described: str
        call: dict[str, str] | None
        frozen: bool
        owner: int | None
        origin: str
        input: bool
        output: bool
        line: int | None
        lines: object

    class _FileData(TypedDict):
        """A text in which layers are written."""

        path: str
        lines: list[str]

    class _ClassData(TypedDict):
        """What a class does, and the arguments that have a default."""

        about: str
        defaults: dict[str, str]


#: The parts of the script.
SCRIPTS = ("weights.js", "page.js")
#: How many lines of a layer are shown.
MOST_LINES = 60
#: A picture that would have to shrink below this share to fit on a printed page goes on over several.
SMALLEST = 0.4
#: The most characters of a cell that are seen in the table, by the key of its column; of others 30.
MOST_CHARACTERS = {"name": 28, "from": 17, "class": 20, "branch": 12}
#: The printed page, in points.
WIDTH, HEIGHT = 515, 660


class Column(NamedTuple):
    """A column of the table: what the script sorts by, the heading, and whether it holds numbers."""

    key: str
    words: str
    number: bool = False

    @property
    def look(self) -> str:
        """The class of its cells."""
        name = "number" if self.number else {"shapes": "shape", "from": "from"}.get(self.key, "")
        return f' class="{name}"' if name else ""


def page(
    network: Network,
    source: Source | None,
    svg: str,
    whole: str | None = None,
    *,
    theme: str = "auto",
    live: str | None = None,
    weights: Mapping[int, Sequence[WeightStatistics]] = {},
) -> str:
    """The page of a model, whose picture is `svg`: an SVG of `emit.dot`, in which the group of a box lists the nodes it stands for.

    `source` is the spec, of which a saved model has none. `whole` is the picture with a box for each layer, to which the page unfolds
    one in which layers share boxes. `theme` is what it begins with, light, dark or as the reader's system; `print` is light. With `live`, the address of a stream of server-sent events, the page loads
    itself anew at each message and keeps what was chosen, searched and zoomed. `weights` has the statistics of the weights of calls.
    """
    graph, files, known = network.graph, _Files(source), facts(network)
    script = "".join(map(_file, SCRIPTS))
    layers = [_layer(network, node, files) for node in network.parts()]
    # A layer that is applied several times is one.
    count = sum(node.owner is None for node in network.parts()) - len(graph.inputs)
    data = {
        "name": graph.name,
        "layers": layers,
        "count": count,
        "branches": list(graph.branches),
        "inks": [(light[0], dark[0]) for light, dark in zip(LIGHT.lanes, DARK.lanes)],
        "kinds": _kinds(network),
        "outputs": _outputs(network),
        "files": files.shown,
        "unknown": any(
            None in (layer["parameters"], layer["macs"], layer["bytes"]) for layer in layers
        ),
        "whole": _inline(whole) if whole is not None and whole != svg else None,
        "live": live,
        "statistics": {index: list(map(weight_data, found)) for index, found in weights.items()},
    }
    columns = _columns(network, source, known)
    cells = [_cells(place, layer) for place, layer in enumerate(layers)]
    return Template(_file("page.html")).substitute(
        title=escape(graph.name),
        theme="" if theme == "auto" else f' data-theme="{"dark" if theme == "dark" else "light"}"',
        policy=escape(policy(script, live)),
        style=_file("page.css"),
        script=script,
        data=embedded(data),
        totals=_totals(known, count),
        header="".join(map(_heading, columns)),
        widths=_widths(cells, known, columns),
        rows="\n".join(_row(place, words, columns) for place, words in enumerate(cells)),
        sums="".join(_sum(known, column) for column in columns),
        svg=_inline(svg),
        shape=' class="tall"' if _is_tall(svg) else "",
    )


def missing(name: str, trouble: str, live: str) -> str:
    """The page of a spec that cannot be drawn, which says why; it loads itself anew when the stream at the address `live` says so."""
    script = (
        "const stream = new EventSource(JSON.parse(document.getElementById('live').textContent));"
        "stream.onmessage = () => { stream.close(); location.reload(); };"
    )
    return Template(_file("missing.html")).substitute(
        title=escape(name),
        policy=escape(policy(script, live)),
        style=_file("page.css"),
        trouble=escape(trouble),
        live=embedded(live),
        script=script,
    )


def _file(name: str) -> str:
    data = pkgutil.get_data("mergecli.exporters.page", name)
    assert data is not None
    return data.decode("utf-8")


def escape(words: str) -> str:
    """A text as markup has it; characters that no page may hold are replaced.

    >>> escape('<b a="x">\\0')
    '&lt;b a=&quot;x&quot;&gt;\\ufffd'
    """
    return xml(words).replace('"', "&quot;").replace("'", "&#39;")


def embedded(data: object) -> str:
    """Data as JSON within a script element, which nothing in it can end.

    >>> embedded({"name": "</script><!--"})
    '{"name":"\\\\u003c/script>\\\\u003c!--"}'
    """
    words = escaped_json(json.dumps(data, ensure_ascii=False, separators=(",", ":")))
    return words.replace("<", "\\u003c")


def policy(script: str, live: str | None) -> str:
    """What the page may do: run its own script, which is known by its hash, and draw itself."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode()
    rules = [
        "default-src 'none'",
        f"script-src 'sha256-{digest}'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    if live is not None:
        origin = re.match(r"https?://[\w.:\[\]-]+", live)
        rules.append(f"connect-src {origin[0] if origin else chr(39) + 'self' + chr(39)}")
    return "; ".join(rules)


def _inline(svg: str) -> str:
    """A picture as part of a page: without what makes it a file, what is not seen, and with the font, which all strings have, given once.

    A browser takes half as long to show it.
    """
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = svg[max(svg.find("<svg"), 0) :].strip()
    families = set(re.findall(r'<text [^>]*?font-family="([^"]*)"', svg))
    if len(families) == 1:
        family = f' font-family="{families.pop()}"'
        svg = svg.replace(family, "").replace("<svg", f"<svg{family}", 1)
    svg = re.sub(r"<text [^>]*>\s*</text>", "", svg)
    svg = re.sub(r'<text xml:space="preserve"( text-anchor="start")?', "<text", svg)
    return re.sub(r">\n+<", "><", svg)


def _is_tall(svg: str) -> bool:
    match = re.search(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', svg)
    if not match:
        return False
    width, height = float(match[1]), float(match[2])
    return bool(height) and HEIGHT / height < SMALLEST * min(1, WIDTH / (width or 1))


class _Files:
    """The files in which layers are written, each once."""

    def __init__(self, source: Source | None) -> None:
        self.source = source
        self.shown: list[_FileData] = []
        self._numbers: dict[str, int] = {}
        self._begun: dict[int, set[int]] = {}

    def number(self, text: Source) -> int:
        """The number of a text among those that are shown."""
        if text.path not in self._numbers:
            self._numbers[text.path] = len(self.shown)
            lines = text.lines
            self.shown.append({"path": text.path, "lines": lines if lines[-1] else lines[:-1]})
        return self._numbers[text.path]

    def of(self, network: Network, call: Call) -> list[tuple[int, int, int]]:
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

    def _uses(self, source: Source, call: Call) -> Iterator[tuple[int, int, int]]:
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


def _layer(network: Network, call: Call, files: _Files) -> _LayerData:
    """Return what is shown of a layer."""
    graph, layer = network.graph, call.layer
    arguments, described = _arguments(layer)
    return {
        "index": call.index,
        "name": call.name,
        "class": call.cls,
        "branch": call.branch,
        "from": [_source(network, target) for target in call.sources or ()],
        **_sizes(network, call),
        "arguments": arguments,
        "described": described,
        "call": {key: flow(value) for key, value in call.options.items()} or None,
        "frozen": isinstance(layer, Layer) and (layer.frozen or not layer.trainable),
        "owner": call.owner,
        "origin": _origin(call),
        "input": call.index in graph.inputs,
        "output": any(target.producer == call.index for target in graph.outputs.targets),
        "line": call.span.line if files.source is not None else None,
        "lines": files.of(network, call),
    }


def _sizes(network: Network, call: Call) -> _Sizes:
    """Return the shapes, weights and costs of a layer; None for each number that is not known."""
    total, trainable = counts(network, call)
    results, weights = network.results[call.index], network.weights[call.index]
    sizes = [None if tensor.shape is None else size(tensor.shape) for tensor in results]
    memory = [bytes_of(tensor) for tensor in results]
    return {
        "shapes": [text(tensor.shape) for tensor in results],
        "dtypes": [tensor.dtype or "" for tensor in results],
        "size": _known_sum(sizes),
        "parameters": total,
        "trainable": trainable,
        "macs": network.macs[call.index],
        "bytes": _known_sum(memory),
        "weight_bytes": None if total is None else bytes_of_weights(weights),
        "weights": [
            (weight.name, text(weight.shape), _manner(weight.trainable, weight.dtype))
            for weight in weights
        ],
    }


def _known_sum(numbers: Sequence[int | None]) -> int | None:
    """Return the sum of some numbers; None if one is not known."""
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _source(network: Network, target: Value) -> tuple[int, str, str]:
    shapes = (
        ", ".join(text(tensor.shape) for tensor in network.tensors(target))
        if target.constant is None
        else ""
    )
    return (
        target.producer if target.constant is None else -1,
        network.graph.reference(target),
        shapes,
    )


def _manner(trainable: bool, dtype: str) -> str:
    return ", ".join(
        ([] if trainable else ["not trained"]) + ([] if dtype == "float32" else [dtype])
    )


def _arguments(layer: Layer | None) -> tuple[dict[str, str], str]:
    """The arguments that a layer is given, and what to say when there are none."""
    if isinstance(layer, SubgraphLayer):
        return {}, "A model as one layer."
    if isinstance(layer, Custom) and layer.config is not None:
        return {}, "Only the saved model tells them."
    arguments: dict[str, str] = {}
    for name, value in (layer.explicit if layer is not None else {}).items():
        if name != "name":
            try:
                arguments[name] = flow(plain(value, lambda model: model.network.graph.name))
            except Inexpressible:
                arguments[name] = type(value).__name__
    return (
        arguments,
        "All as by default." if layer is not None and layer.arguments else "It has none.",
    )


def _origin(node: Call) -> str:
    if node.saved is None:
        return ""
    part = node.saved.part
    return f"{'/'.join(node.saved.path)} of {'the ' if part.role != 'application' else ''}{part.role} {part.name}"


def _kinds(network: Network) -> dict[str, _ClassData]:
    """Return what each class does, and the arguments that have a default."""
    result: dict[str, _ClassData] = {}
    for node in network.parts():
        cls = type(node.layer)
        if (
            node.cls in result
            or not issubclass(cls, KerasObject)
            or isinstance(node.layer, (Custom, SubgraphLayer))
        ):
            continue
        about = (cls.__doc__ or "").strip().split("\n\n")[0]
        about = " ".join(about.split()).replace("``", "`") if ">>>" not in about else ""
        defaults: dict[str, str] = {}
        for name, value in cls.defaults.items():
            if name not in Layer.common:
                try:
                    defaults[name] = flow(plain(value))
                except Inexpressible:
                    defaults[name] = type(value).__name__
        result[node.cls] = {"about": about, "defaults": defaults}
    return result


def _outputs(network: Network) -> list[tuple[int, str, str, str]]:
    outputs = network.graph.outputs
    result = []
    for number, target in enumerate(outputs.targets):
        index, name, shapes = _source(network, target)
        dtypes = ", ".join(dict.fromkeys(tensor.dtype or "" for tensor in network.tensors(target)))
        result.append((index, outputs.names[number] if outputs.names else name, shapes, dtypes))
    return result


def _totals(known: Facts, count: int) -> str:
    total, trainable = known["parameters"], known["trainable_parameters"]
    pairs = [("layers", f"{count:,}"), ("parameters", _count(total))]
    if total is not None and trainable != total:
        pairs.append(("trainable", _count(trainable)))
    pairs += [
        ("MACs", _count(known["macs"])),
        ("weights", _memory(known["weight_bytes"])),
        ("memory", _memory(known["memory_bytes"])),
        ("in training", _memory(known["training_memory_bytes"])),
    ]
    return "".join(f"<div><dt>{name}</dt><dd>{words}</dd></div>" for name, words in pairs)


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _memory(number: int | None) -> str:
    return "?" if number is None else human(number)


def _columns(network: Network, source: Source | None, known: Facts) -> list[Column]:
    """The columns that say something of this model."""
    return [
        Column("order", "#", True),
        Column("name", "Layer"),
        Column("class", "Class"),
        *([Column("branch", "Branch")] if network.graph.branches else []),
        Column("from", "From"),
        Column("shapes", "Output shape"),
        Column("parameters", "Parameters", True),
        *(
            [Column("trainable", "Trainable", True)]
            if known["trainable_parameters"] != known["parameters"]
            else []
        ),
        Column("macs", "MACs", True),
        Column("bytes", "Activations", True),
        *([Column("line", "Line", True)] if source is not None else []),
    ]


def _heading(column: Column) -> str:
    look = ' class="number"' if column.number else ""
    return f'<th scope="col" data-key="{column.key}"{look}><button type="button">{column.words}</button></th>'


def _widths(cells: list[dict[str, str]], known: Facts, columns: list[Column]) -> str:
    """Return the widths of the columns for CSS: as wide as their strings, the longest are cut."""
    widths = []
    for column in columns:
        longest = max((len(words[column.key]) for words in cells), default=0)
        longest = max(longest, len(_sum_words(known, column)), len(column.words) + 1)
        width = min(longest, MOST_CHARACTERS.get(column.key, 30))
        # Most characters are narrower than the digits that `ch` measures; three of these are the padding.
        widths.append((width if column.number else round(0.87 * width)) + 3)
    columns_of_grid = " ".join(f"minmax({width}ch, {width}fr)" for width in widths)
    return f"--columns: {columns_of_grid}; --width: {sum(widths)}ch"


def _cells(place: int, layer: _LayerData) -> dict[str, str]:
    """Return the strings in a row of the table, by the keys of the columns."""
    return {
        "order": str(place + 1),
        "name": layer["name"],
        "class": layer["class"],
        "branch": layer["branch"] or "",
        "from": ", ".join(reference for _, reference, _ in layer["from"]),
        "shapes": ", ".join(layer["shapes"]),
        "parameters": _count(layer["parameters"]),
        "trainable": _count(layer["trainable"]),
        "macs": _count(layer["macs"]),
        "bytes": _memory(layer["bytes"]),
        "line": str(layer["line"]),
    }


def _row(place: int, words: dict[str, str], columns: list[Column]) -> str:
    """A row of the table; what the script sorts by is in the data."""
    cells = [
        f'<th scope="row">{escape(words["name"])}</th>'
        if column.key == "name"
        else f"<td{column.look}>{escape(words[column.key])}</td>"
        for column in columns
    ]
    return f'<tr data-place="{place}">{"".join(cells)}</tr>'


def _sum(known: Facts, column: Column) -> str:
    words = _sum_words(known, column)
    if column.key == "name":
        return f'<th scope="row">{words}</th>'
    return f"<td{column.look}>{words}</td>"


def _sum_words(known: Facts, column: Column) -> str:
    """Return the string below a column."""
    return {
        "name": "In all",
        "parameters": _count(known["parameters"]),
        "trainable": _count(known["trainable_parameters"]),
        "macs": _count(known["macs"]),
        "bytes": _memory(known["activation_bytes"]),
    }.get(column.key, "")
