"""What the functions of the Python API return and raise."""

from __future__ import annotations

import base64
import os
from typing import Literal, Mapping, NamedTuple, Union

from mergecli.diagnostics import files
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source, Unreadable
from mergecli.exporters.formats import PAPERS, PICTURES, PaperOptions, PictureOptions
from mergecli.ir.graph import Network

Path = Union[str, "os.PathLike[str]"]
#: The size of each axis; None for an axis of any size. None as a whole: not known without Keras.
Shape = Union[tuple[Union[int, None], ...], None]


class SpecError(ValueError):
    """A spec or a saved model has errors. The message shows each with its place.

    Attributes:
        diagnostics: All errors, sorted by place.
    """

    def __init__(self, text: str, diagnostics: list[Diagnostic]) -> None:
        super().__init__(text)
        self.diagnostics = diagnostics


class UnreadableError(OSError):
    """A file cannot be read, or is not a spec or a model at all.

    Attributes:
        filename: The path of the file.
        message: Why it cannot be read.
        help: What to do about it, if that is known.
        code: The diagnostic code, such as "not-found"; `mergecli explain` describes it.
        span: The place in the file, if there is one.
    """

    def __init__(self, path: str, problem: Unreadable) -> None:
        super().__init__(None, problem.message, path)
        self.message, self.help, self.code = problem.message, problem.hint, problem.code
        self.span = problem.span

    def __str__(self) -> str:
        return f"{self.filename}: {self.message}" + (f" ({self.help})" if self.help else "")


class TensorSummary(NamedTuple):
    """An input or an output of a model.

    Attributes:
        name: Its name.
        shape: Its shape, the batch axis included.
        dtype: Its dtype; None where it is not known without Keras.
    """

    name: str
    shape: Shape
    dtype: str | None


class LayerSummary(NamedTuple):
    """One layer of a model.

    Attributes:
        name: Its name.
        layer_class: The name of its class.
        branch: The branch that it belongs to; None after the merge and in a plain model.
        sources: The names of what it is applied to.
        output_shapes: The shape of each result, the batch axis included.
        parameters: How many parameters it has; None where that is not known without Keras.
        trainable_parameters: How many of them are trained.
        macs: Multiply-accumulates for one sample; None where a size is not known.
        line: The line of the spec, from 1.
    """

    name: str
    layer_class: str
    branch: str | None
    sources: tuple[str, ...]
    output_shapes: tuple[Shape, ...]
    parameters: int | None
    trainable_parameters: int | None
    macs: int | None
    line: int


class Summary(NamedTuple):
    """The layers of a model and what they cost. As a string it is the table of `mergecli summary`.

    Attributes:
        name: The name of the model.
        inputs: Its inputs.
        outputs: Its outputs.
        layers: Its layers, in an order in which each follows its sources; inputs are left out.
        parameters: The sum of all parameters; None where one is not known.
        trainable_parameters: How many of them are trained.
        macs: Multiply-accumulates for one sample.
        weight_bytes: The size of all weights in bytes.
        activation_bytes: The size of all results together for one sample in bytes, of which most do
            not exist at the same time.
        text: The table.
        batch: The samples in a batch, for which the memory is.
        memory_bytes: The most memory that inference takes at once, with the weights.
        training_memory_bytes: The most memory that training takes at once, with the weights and the
            optimizer's variables.
    """

    name: str
    inputs: tuple[TensorSummary, ...]
    outputs: tuple[TensorSummary, ...]
    layers: tuple[LayerSummary, ...]
    parameters: int | None
    trainable_parameters: int | None
    macs: int | None
    weight_bytes: int | None
    activation_bytes: int | None
    text: str
    batch: int = 1
    memory_bytes: int | None = None
    training_memory_bytes: int | None = None

    def __str__(self) -> str:
        return self.text


class SweepRow(NamedTuple):
    """A candidate of a sweep and what it costs.

    Attributes:
        candidate: Its number, from 0.
        variables: The values of its variables.
        verdict: "ok", "over-budget" if only budgets are exceeded, or "error".
        codes: The codes of the errors, each once.
        message: The message of the first error; None without errors.
        layers: The number of layers. This and the numbers below are None after an error.
        parameters: The sum of all parameters; None where one is not known without Keras.
        trainable_parameters: How many of them are trained.
        macs: Multiply-accumulates for one sample; None where a size is not known.
        weight_bytes: The size of all weights in bytes.
        activation_bytes: The size of all results for one sample in bytes.
        memory_bytes: The most bytes that are taken at once in inference, for a batch.
        training_memory_bytes: The most that are taken in training.
        extra: The other values of its row, where candidates are rows.
    """

    candidate: int
    variables: Mapping[str, object]
    verdict: Literal["ok", "over-budget", "error"]
    codes: tuple[str, ...]
    message: str | None
    layers: int | None
    parameters: int | None
    trainable_parameters: int | None
    macs: int | None
    weight_bytes: int | None
    activation_bytes: int | None
    memory_bytes: int | None
    training_memory_bytes: int | None
    extra: Mapping[str, object]


class Plot:
    """A picture of a model, which a notebook shows as the result of a cell.

    Attributes:
        svg: The picture as SVG.
    """

    def __init__(
        self,
        network: Network,
        source: Source | None,
        options: tuple[str, str, str, str, str],
        page: str | None = None,
    ) -> None:
        self._network, self._source, self._options, self._page = network, source, options, page
        self._formats = PICTURES if page is None else PAPERS
        self.svg = self._draw("svg").decode()

    def _draw(self, form: str) -> bytes:
        options: PictureOptions | PaperOptions
        if self._page is None:
            detail, theme, rankdir, bar, color_by = self._options
            options = PictureOptions(detail, theme, rankdir, bar, self._source, [], color_by)
        else:
            detail, _, rankdir, _, _ = self._options
            # The usual direction is also that of a figure for which none was chosen.
            options = PaperOptions(detail, "" if rankdir == "TB" else rankdir, self._page, [])
        data: bytes = self._formats[form].load()(self._network, form, options)
        return data

    def save(self, path: Path) -> None:
        """Write the picture in the format of the file's ending.

        Args:
            path: A file that ends with `.svg`, `.png`, `.pdf`, `.dot`, `.mmd` or `.html`; of a
                figure for a page, with `.svg`, `.png`, `.pdf` or `.tex`.

        Raises:
            ValueError: It has another ending.
            OSError: It cannot be written.
        """
        target = os.fspath(path)
        form = os.path.splitext(target)[1].lower().removeprefix(".")
        if form not in self._formats:
            raise ValueError(f"{target!r} does not end in .{', .'.join(self._formats)}")
        data = self._draw(form)
        files.prepare(target)
        temporary = files.temporary_path(os.path.realpath(target))
        try:
            files.write_temporary(temporary, data, target)
            files.move([(temporary, os.path.realpath(target))])
        finally:
            files.remove([temporary])

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        """Return the picture as an image, so that its styles cannot change the notebook's."""
        from html import escape  # start-up

        data = base64.b64encode(self.svg.encode()).decode()
        name = escape(self._network.graph.name, quote=True)
        return f'<img alt="{name}" style="max-width:100%" src="data:image/svg+xml;base64,{data}">'
