"""The output formats: a line for each, which the commands and the Python API read.

To add a format, write a function with the signature of its table, and add a line. The function is
imported when the format is written, so that a command loads one of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence

from mergecli.diagnostics.installing import MissingDependencyError, install_command, missing
from mergecli.diagnostics.record import Record

if TYPE_CHECKING:
    from mergecli.diagnostics.source import Source
    from mergecli.importers.keras.weight_statistics import WeightStatistics


class Format(Record):
    """An output format.

    Attributes:
        writer: The function that writes it, as `module:function`.
        description: What is written, for the documentation.
        needs: The modules that must be installed besides those of mergecli.
    """

    writer: str
    description: str
    needs: tuple[str, ...] = ()

    def load(self) -> Callable[..., Any]:
        """Import the function that writes the format."""
        module, _, name = self.writer.partition(":")
        writer: Callable[..., Any] = getattr(import_module(module), name)
        return writer


class PictureOptions(Record):
    """How a picture looks.

    Attributes:
        detail: What a box stands for, one of `folding.DETAILS`.
        theme: The colours, one of `themes.NAMES`.
        rankdir: Where the arrows lead: "TB", "LR", "BT" or "RL".
        bar: What the bars in the boxes show: "parameters", "macs" or "none".
        source: The text of the spec, which a page shows; None for a saved model.
        notes: Receives a note for each option that could not be followed.
        color_by: What the colours of boxes show: "branch", "family" or "macs".
        weights: The statistics of the weights of layers, which a page shows, by the index of the call.
    """

    detail: str
    theme: str
    rankdir: str
    bar: str
    source: Source | None
    notes: list[str]
    color_by: str = "branch"
    weights: Mapping[int, Sequence[WeightStatistics]] = {}


class PaperOptions(Record):
    """How a figure for a paper looks.

    Attributes:
        detail: What a box stands for, one of `folding.DETAILS`.
        rankdir: Where the arrows lead: "TB", "LR", "BT" or "RL"; "" for the one that fits.
        page: The room for it, as `pages.page` reads it.
        notes: Receives a note for each option that could not be followed.
    """

    detail: str
    rankdir: str
    page: str
    notes: list[str]


_GRAPHVIZ = ("pygraphviz",)
_NETWORK = "mergecli.exporters.pictures.network_pictures"
_PAPER = "mergecli.exporters.pictures.paper.figure"
_DIFF = "mergecli.exporters.pictures.diff_pictures"

#: `mergecli export --to NAME`: `writer(network, custom_layers) -> str`.
EXPORTS: Mapping[str, Format] = {
    "python": Format(
        "mergecli.exporters.python.script_writer:export",
        "the script that a user of Keras would have written: a line per layer, branches under"
        " comments, defaults left out, formatted as black does; running it gives `model`, with the"
        " same `get_config()` and initial weights",
    ),
    "keras-json": Format(
        "mergecli.exporters.keras_json:export",
        "the JSON of `model.to_json()`, for `keras.models.model_from_json`; defaults are left out",
    ),
    "dot": Format(
        f"{_NETWORK}:export_dot",
        "the chart of [`plot`](#mergecli-plot-specmodel) as text for Graphviz, with repeated"
        " structure folded until it fits",
    ),
    "mermaid": Format(f"{_NETWORK}:export_mermaid", "the same chart as text for Mermaid"),
    "spec": Format(
        "mergecli.exporters.yaml.roundtrip:export",
        "a plain spec, with variables, blocks, repetition and included models written out",
    ),
}
#: `mergecli summary --format NAME`: `writer(network, options) -> str` with `SummaryOptions`.
SUMMARIES: Mapping[str, Format] = {
    "text": Format("mergecli.exporters.summary_table:table", "a table for a terminal"),
    "json": Format("mergecli.exporters.summary:json_text", "everything as one JSON object"),
    "csv": Format(
        "mergecli.exporters.summary:csv", "the inputs and layers as comma-separated values"
    ),
    "markdown": Format("mergecli.exporters.summary:markdown", "a table for a pull request"),
}
#: `mergecli plot -o FILE.NAME`: `writer(network, name, options) -> bytes` with `PictureOptions`.
PICTURES: Mapping[str, Format] = {
    "svg": Format(f"{_NETWORK}:drawn", "a picture for web pages", _GRAPHVIZ),
    "png": Format(f"{_NETWORK}:drawn", "a bitmap", _GRAPHVIZ),
    "pdf": Format(f"{_NETWORK}:drawn", "a picture for papers", _GRAPHVIZ),
    "dot": Format(f"{_NETWORK}:dot_file", "a text for Graphviz"),
    "mmd": Format(f"{_NETWORK}:mermaid_file", "a text for Mermaid"),
    "html": Format(f"{_NETWORK}:page", "an interactive page", _GRAPHVIZ),
}
#: `mergecli plot --style paper -o FILE.NAME`: `writer(network, name, options) -> bytes` with `PaperOptions`.
PAPERS: Mapping[str, Format] = {
    "svg": Format(f"{_PAPER}:drawn", "a figure for web pages", _GRAPHVIZ),
    "png": Format(f"{_PAPER}:drawn", "a bitmap of 300 dots per inch", _GRAPHVIZ),
    "pdf": Format(f"{_PAPER}:drawn", "a figure for papers, with its fonts", _GRAPHVIZ),
    "tex": Format(f"{_PAPER}:tikz_file", "a figure for papers in the fonts of LaTeX", _GRAPHVIZ),
}
#: `mergecli diff --format NAME`: `writer(comparison, names, color) -> str`.
DIFFS: Mapping[str, Format] = {
    "text": Format("mergecli.diff.text_diff:render", "lines for a terminal"),
    "json": Format("mergecli.diff.json_diff:render", "everything as one JSON object"),
    "markdown": Format("mergecli.diff.markdown_diff:render", "a comment for a pull request"),
    "mermaid": Format(f"{_DIFF}:report_mermaid", "both models in one chart for Mermaid"),
}
#: `mergecli diff --plot FILE.NAME`: `writer(comparison, names, name, options) -> bytes`.
DIFF_PICTURES: Mapping[str, Format] = {
    "svg": Format(f"{_DIFF}:drawn", "a picture for web pages", _GRAPHVIZ),
    "png": Format(f"{_DIFF}:drawn", "a bitmap", _GRAPHVIZ),
    "pdf": Format(f"{_DIFF}:drawn", "a picture for papers", _GRAPHVIZ),
    "dot": Format(f"{_DIFF}:dot_file", "a text for Graphviz"),
    "mmd": Format(f"{_DIFF}:mermaid_file", "a text for Mermaid"),
    "html": Format(f"{_DIFF}:page", "an interactive page", _GRAPHVIZ),
}


def check_installed(formats: Mapping[str, Format], name: str) -> None:
    """Check that what a format needs is installed; nothing is imported.

    Args:
        formats: The formats of the command.
        name: The format.

    Raises:
        MissingDependencyError: It is not; the message names the formats that can be written.
    """
    needs = formats[name].needs
    lacking = missing(needs)
    if lacking:
        others = [other for other, form in formats.items() if not missing(form.needs)]
        # The font is only for machines without one, and is installed along with the rest.
        command = install_command(missing((*needs, "ttf_opensans")))
        raise MissingDependencyError(
            f"`{lacking[0]}`, which draws .{name}, is not installed",
            command,
            f"install it: {command} ; without it {' and '.join(f'.{other}' for other in others)} can be drawn",
        )
