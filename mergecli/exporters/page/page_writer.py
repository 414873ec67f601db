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
from typing import TYPE_CHECKING, Mapping, NamedTuple, Sequence

from mergecli.diagnostics.escaping import escaped_json, xml
from mergecli.diagnostics.source import Source
from mergecli.exporters.page.layer_data import Files, classes, layer_data, outputs
from mergecli.exporters.page.part_pictures import PartPicture, parts_data
from mergecli.exporters.page.weight_data import weight_data
from mergecli.exporters.pictures.themes import DARK, LIGHT
from mergecli.exporters.summary import facts, human
from mergecli.ir.graph import Network

if TYPE_CHECKING:
    from mergecli.exporters.page.layer_data import LayerData
    from mergecli.exporters.summary import Facts
    from mergecli.importers.keras.weight_statistics import WeightStatistics

#: The parts of the script of every page.
SCRIPTS = ("weights", "unfold", "page")
#: A picture that would have to shrink below this share to fit on a printed page goes on over several.
SMALLEST = 0.4
#: The most characters of a cell that are seen in the table, by the key of its column; of others 30.
MOST_CHARACTERS = {"name": 28, "from": 17, "class": 20, "branch": 12}
#: How many rows of the table are in one body; Firefox takes minutes to print thousands in one.
BODY = 60
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


class Content(NamedTuple):
    """What a page shows besides its picture.

    Attributes:
        title: The name of the model.
        data: What the script reads.
        totals: Numbers of the whole, each with its label.
        columns: The columns of the table.
        cells: The strings of each row by the keys of the columns.
        sums: The strings below the table by the keys of the columns.
        extra: The scripts and styles that are only in this page, by their names without endings.
        parts: Markup that is only in this page, by its place in the template.
    """

    title: str
    data: Mapping[str, object]
    totals: Sequence[tuple[str, str]]
    columns: Sequence[Column]
    cells: Sequence[Mapping[str, str]]
    sums: Mapping[str, str]
    extra: Sequence[str] = ()
    parts: Mapping[str, str] = {}


#: The places of the template for what only some pages have.
PLACES = ("steps", "tabs", "panels", "keys")


def page(
    network: Network,
    source: Source | None,
    svg: str,
    whole: str | None = None,
    *,
    theme: str = "auto",
    live: str | None = None,
    weights: Mapping[int, Sequence[WeightStatistics]] = {},
    parts: Sequence[PartPicture] = (),
    across: bool = False,
) -> str:
    """Return the page of a model.

    Args:
        network: The model.
        source: The spec; None for a saved model.
        svg: Its picture, in which the group of a box lists the calls that it stands for.
        whole: The picture with a box for each layer, to which the page unfolds the other one.
        theme: With what colours the page begins, one of `themes.NAMES`.
        live: The address of a stream of server-sent events that says when there is a new page.
        weights: The statistics of the weights of calls, by the indices of the calls.
        parts: What is in the boxes that stand for several layers.
        across: Whether pictures flow to the side.
    """
    graph, files, known = network.graph, Files(source), facts(network)
    calls = network.parts()
    layers = [layer_data(network, call, files) for call in calls]
    # A layer that is applied several times is one.
    count = sum(call.owner is None for call in calls) - len(graph.inputs)
    data = {
        "name": graph.name,
        "layers": layers,
        "count": count,
        "branches": list(graph.branches),
        "kinds": classes((call.cls, call.layer) for call in calls),
        "outputs": outputs(network),
        "files": files.shown,
        "parts": parts_data([part._replace(svg=_inline(part.svg)) for part in parts], across),
        "statistics": {index: list(map(weight_data, found)) for index, found in weights.items()},
    }
    content = Content(
        graph.name,
        data,
        _totals(known, count),
        columns(
            change=False,
            branch=bool(graph.branches),
            trainable=known["trainable_parameters"] != known["parameters"],
            line=source is not None,
        ),
        [cells(place, layer) for place, layer in enumerate(layers)],
        _sums(known),
    )
    return write(content, layers, svg, whole, theme=theme, live=live)


def write(
    content: Content,
    layers: Sequence[LayerData],
    svg: str,
    whole: str | None,
    *,
    theme: str,
    live: str | None,
) -> str:
    """Return a page, which is one file and loads nothing.

    Args:
        content: What it shows.
        layers: The data of the layers.
        svg: The picture.
        whole: The picture with a box for each layer, if it is another one.
        theme: With what colours the page begins, one of `themes.NAMES`; `print` is light.
        live: The address of a stream of server-sent events. At each message the page loads itself
            anew, and keeps what was chosen, searched and zoomed.
    """
    script = "\n".join(_file(f"{name}.js") for name in (*content.extra, *SCRIPTS))
    data = {
        **content.data,
        "inks": [(light[0], dark[0]) for light, dark in zip(LIGHT.lanes, DARK.lanes)],
        "unknown": any(
            None in (layer["parameters"], layer["macs"], layer["bytes"]) for layer in layers
        ),
        "whole": _inline(whole) if whole is not None and whole != svg else None,
        "live": live,
    }
    rows = [_row(place, words, content.columns) for place, words in enumerate(content.cells)]
    return Template(_file("page.html")).substitute(
        {name: content.parts.get(name, "") for name in PLACES},
        title=escape(content.title),
        theme="" if theme == "auto" else f' data-theme="{"dark" if theme == "dark" else "light"}"',
        policy=escape(policy(script, live)),
        style="".join(_file(f"{name}.css") for name in ("page", *content.extra)),
        script=script,
        data=embedded(data),
        totals="".join(
            f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in content.totals
        ),
        header="".join(map(_heading, content.columns)),
        widths=_widths(content),
        rows=_bodies(rows),
        sums="".join(_sum(content.sums, column) for column in content.columns),
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


def _totals(known: Facts, count: int) -> list[tuple[str, str]]:
    total, trainable = known["parameters"], known["trainable_parameters"]
    pairs = [("layers", f"{count:,}"), ("parameters", number(total))]
    if total is not None and trainable != total:
        pairs.append(("trainable", number(trainable)))
    return [
        *pairs,
        ("MACs", number(known["macs"])),
        ("weights", memory(known["weight_bytes"])),
        ("memory", memory(known["memory_bytes"])),
        ("in training", memory(known["training_memory_bytes"])),
    ]


def number(count: int | None) -> str:
    """Return a number with separators, "?" for one that is not known."""
    return "?" if count is None else f"{count:,}"


def memory(count: int | None) -> str:
    """Return a number of bytes with its unit, "?" for one that is not known."""
    return "?" if count is None else human(count)


_COLUMNS = (
    Column("order", "#", True),
    Column("change", "Change"),
    Column("name", "Layer"),
    Column("class", "Class"),
    Column("branch", "Branch"),
    Column("from", "From"),
    Column("shapes", "Output shape"),
    Column("parameters", "Parameters", True),
    Column("trainable", "Trainable", True),
    Column("macs", "MACs", True),
    Column("bytes", "Activations", True),
    Column("line", "Line", True),
)


def columns(**shown: bool) -> list[Column]:
    """Return the columns of a table, by the keys of those that not every table has whether it has them."""
    return [column for column in _COLUMNS if shown.get(column.key, True)]


def _heading(column: Column) -> str:
    look = ' class="number"' if column.number else ""
    return f'<th scope="col" data-key="{column.key}"{look}><button type="button">{column.words}</button></th>'


def _widths(content: Content) -> str:
    """Return the widths of the columns for CSS: as wide as their strings, the longest are cut."""
    widths = []
    for column in content.columns:
        longest = max((len(words[column.key]) for words in content.cells), default=0)
        longest = max(longest, len(content.sums.get(column.key, "")), len(column.words) + 1)
        width = min(longest, MOST_CHARACTERS.get(column.key, 30))
        # Most characters are narrower than the digits that `ch` measures; three of these are the padding.
        words = max(round(0.87 * width), min(width, 11))
        widths.append((width if column.number else words) + 3)
    columns_of_grid = " ".join(f"minmax({width}ch, {width}fr)" for width in widths)
    return f"--columns: {columns_of_grid}; --width: {sum(widths)}ch"


def cells(place: int, layer: LayerData) -> dict[str, str]:
    """Return the strings in a row of the table, by the keys of the columns."""
    return {
        "order": str(place + 1),
        "name": layer["name"],
        "class": layer["class"],
        "branch": layer["branch"] or "",
        "from": ", ".join(reference for _, reference, _ in layer["from"]),
        "shapes": ", ".join(layer["shapes"]),
        "parameters": number(layer["parameters"]),
        "trainable": number(layer["trainable"]),
        "macs": number(layer["macs"]),
        "bytes": memory(layer["bytes"]),
        "line": str(layer["line"]),
    }


def _row(place: int, words: Mapping[str, str], columns: Sequence[Column]) -> str:
    """Return a row of the table; what the script sorts by is in the data."""
    parts = [
        f'<th scope="row">{escape(words["name"])}</th>'
        if column.key == "name"
        else f"<td{column.look}>{escape(words[column.key])}</td>"
        for column in columns
    ]
    return f'<tr data-place="{place}">{"".join(parts)}</tr>'


def _sum(sums: Mapping[str, str], column: Column) -> str:
    words = sums.get(column.key, "")
    if column.key == "name":
        return f'<th scope="row">{words}</th>'
    return f"<td{column.look}>{words}</td>"


def _bodies(rows: Sequence[str]) -> str:
    """Return the rows of the table in its bodies, of which it has at least one."""
    starts = range(0, max(len(rows), 1), BODY)
    groups = ("\n".join(rows[start : start + BODY]) for start in starts)
    return "\n".join(f"<tbody>\n{group}\n</tbody>" for group in groups)


def _sums(known: Facts) -> dict[str, str]:
    """Return the strings below the table, by the keys of the columns."""
    return {
        "name": "In all",
        "parameters": number(known["parameters"]),
        "trainable": number(known["trainable_parameters"]),
        "macs": number(known["macs"]),
        "bytes": memory(known["activation_bytes"]),
    }
