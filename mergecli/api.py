"""The Python API: the functions and errors that `import mergecli` gives."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Iterable, Iterator, Literal, Mapping, NamedTuple, Sequence, Union

from mergecli.catalog.versions import Version, parse_version
from mergecli.compiler.pipeline import Compiled, compile_model, compile_spec, is_model
from mergecli.compiler.settings import installed_keras
from mergecli.diagnostics import files
from mergecli.diagnostics.diagnostic import Diagnostic as Diagnostic
from mergecli.diagnostics.installing import MissingDependencyError as MissingDependencyError
from mergecli.diagnostics.reports.text_report import full
from mergecli.diagnostics.source import Source, Span, Unreadable
from mergecli.exporters.formats import (
    PAPERS,
    PICTURES,
    PaperOptions,
    PictureOptions,
    check_installed,
)
from mergecli.exporters.summary import SummaryOptions, facts
from mergecli.exporters.summary_table import table
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Network

if TYPE_CHECKING:
    import keras

    from mergecli.exporters.summary import EndFacts
    from mergecli.screening.rows import Row
    from mergecli.screening.running import Candidates

Path = Union[str, "os.PathLike[str]"]
Variables = Mapping[str, object]
CustomObjects = Mapping[str, object]
#: The size of each axis; None for an axis of any size. None as a whole: not known without Keras.
Shape = Union[tuple[Union[int, None], ...], None]
Method = Literal[
    "concatenate", "add", "average", "maximum", "minimum", "multiply", "subtract", "dot"
]


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


def check(
    path: Path | None = None,
    *,
    source: str | None = None,
    variables: Variables | None = None,
    custom_objects: CustomObjects | None = None,
    keras: str | None = None,
) -> list[Diagnostic]:
    """Return everything wrong or suspicious in a spec or a saved model. Keras is not imported.

    A spec whose variables have `choices` is checked with each combination, or a sample of 100.

    Args:
        path: The file. With `source`, the path that messages show and relative paths start from.
        source: The text of a spec, to be checked instead of the file.
        variables: Values for the spec's variables.
        custom_objects: Your own layers, by the names that the spec uses.
        keras: The version of Keras for which it must be valid, such as "3.10"; by default that of
            the installed one.

    Returns:
        The diagnostics, sorted by place. Each place has the path of its file.

    Raises:
        UnreadableError: The file cannot be read, or is not UTF-8 text.
        ValueError: `keras` is not a version that is supported.
    """
    compiled = _compile(path, source, variables, custom_objects, keras)
    if "choices" in compiled.source.text:
        from mergecli.compiler.choices import Choices, check_choices  # start-up

        customs = CustomLayers(custom_objects or ())
        compiled = check_choices(Choices(compiled, variables), customs)
    return _with_paths(compiled, compiled.diagnostics)


def load(
    path: Path | None = None,
    custom_objects: CustomObjects | None = None,
    *,
    source: str | None = None,
    variables: Variables | None = None,
) -> keras.Model:
    """Build a spec with Keras. The model is compiled if the spec has `compile`.

    What comes from saved models has their weights, everything else initial ones. Where Keras is not
    imported yet, it gets the backend that `KERAS_BACKEND`, `keras.json` or what is installed gives.

    Args:
        path: A spec. With `source`, the path that messages show and relative paths start from.
        custom_objects: Your own layers, by the names that the spec uses.
        source: The text of a spec, to be built instead of the file.
        variables: Values for the spec's variables.

    Raises:
        SpecError: The spec has errors.
        UnreadableError: The file cannot be read, or is not UTF-8 text.
        MissingDependencyError: Keras or its backend is not installed, or cannot be imported.
        mergecli.runtime.build.Refusal: Keras refuses a layer of your own, or nothing registers it.
        mergecli.runtime.build.Disagreement: Keras refuses what passed the checks, which is a bug of
            mergecli.
    """
    from mergecli.runtime import backend  # start-up
    from mergecli.runtime.build import build  # start-up

    network, _ = _network(_compile(path, source, variables, custom_objects, saved=False))
    backend.load(backend.check_installed())
    model: keras.Model = build(network, customs=dict(custom_objects or {}))
    return model


def dump(model: keras.Model, path: Path | None = None, fold: bool = False) -> str:
    """Return the spec of a functional or sequential model, without weights.

    Args:
        model: A model of Keras.
        path: Where to write it, and beside it a spec for each model in the model; without a path,
            the layers of models in the model become the model's own.
        fold: Write what repeats once, as a block or with `repeat`; names stay the same.

    Returns:
        The text of the spec.

    Raises:
        UnreadableError: The model is neither functional nor sequential.
        mergecli.exporters.yaml.roundtrip.NotRepresentable: A spec cannot express some of its
            layers; the message names them all.
    """
    from mergecli.diagnostics.files import write  # start-up
    from mergecli.exporters.yaml import roundtrip  # start-up
    from mergecli.importers import keras as saved  # start-up
    from mergecli.importers.keras.json_configs import decoded  # start-up

    try:
        parsed = saved.parse(decoded(model.to_json(), None))
    except Unreadable as problem:
        raise UnreadableError(model.name, problem) from None
    specs, _ = roundtrip.dump(
        parsed, os.fspath(path) if path is not None else None, fold=fold, target=installed_keras()
    )
    for place, text in specs.items() if path is not None else ():
        write(place, text)
    return list(specs.values())[-1]


def summary(
    path: Path | None = None,
    *,
    source: str | None = None,
    variables: Variables | None = None,
    custom_objects: CustomObjects | None = None,
    batch: int = 1,
    keras: str | None = None,
) -> Summary:
    """Return the layers, shapes, parameters and costs of a spec or a saved model, without Keras.

    Args:
        path: The file. With `source`, the path that messages show and relative paths start from.
        source: The text of a spec, to be read instead of the file.
        variables: Values for the spec's variables.
        custom_objects: Your own layers, by the names that the spec uses.
        batch: The samples in a batch, for the memory that is taken at once.
        keras: The version of Keras for which it must be valid; by default that of the installed one.

    Raises:
        SpecError: The spec has errors.
        UnreadableError: The file cannot be read.
        ValueError: `keras` is not a version that is supported.
    """
    network, _ = _network(_compile(path, source, variables, custom_objects, keras))
    known = facts(network, batch)
    layers = tuple(
        LayerSummary(
            row["name"],
            row["class"],
            row["branch"],
            tuple(row["from"]),
            tuple(map(_shape, row["output_shapes"])),
            row["parameters"],
            row["trainable_parameters"],
            row["macs"],
            row["line"],
        )
        for row in known["layers"]
    )
    return Summary(
        known["name"],
        _tensors(known["inputs"]),
        _tensors(known["outputs"]),
        layers,
        known["parameters"],
        known["trainable_parameters"],
        known["macs"],
        known["weight_bytes"],
        known["activation_bytes"],
        table(network, SummaryOptions(batch)),
        batch,
        known["memory_bytes"],
        known["training_memory_bytes"],
    )


def plot(
    path: Path | None = None,
    *,
    source: str | None = None,
    variables: Variables | None = None,
    custom_objects: CustomObjects | None = None,
    detail: Literal["auto", "layer", "block", "branch"] = "auto",
    theme: Literal["light", "dark", "auto", "print"] = "auto",
    rankdir: Literal["TB", "LR", "BT", "RL"] = "TB",
    bar: Literal["parameters", "macs", "none"] = "parameters",
    color_by: Literal["branch", "family", "macs"] = "branch",
    page: str | None = None,
    keras: str | None = None,
) -> Plot:
    """Draw a spec or a saved model, without Keras. A notebook shows the result as a picture.

    Args:
        path: The file. With `source`, the path that messages show and relative paths start from.
        source: The text of a spec, to be drawn instead of the file.
        variables: Values for the spec's variables.
        custom_objects: Your own layers, by the names that the spec uses.
        detail: What a box stands for; "auto" folds what is repeated until the picture fits a page.
        theme: The colours; "auto" follows the reader's, "print" has none.
        rankdir: The direction, from the inputs to the outputs.
        bar: What the bars in the boxes show.
        color_by: What the colours of boxes show: the branch, the family of layers, or the share of
            the MACs.
        page: The room for a figure for a paper, as "a4", "letter" or "column=85mm"; such a figure
            is black on white, in the size of print, and without bars.
        keras: The version of Keras for which it must be valid; by default that of the installed one.

    Raises:
        SpecError: The spec has errors.
        UnreadableError: The file cannot be read.
        MissingDependencyError: Graphviz's Python packages are not installed.
        OSError: The figure does not fit the page.
        ValueError: `keras` is not a version that is supported, or `page` is something else.
    """
    network, text = _network(_compile(path, source, variables, custom_objects, keras))
    check_installed(PICTURES, "svg")
    return Plot(network, text, (detail, theme, rankdir, bar, color_by), page)


def sweep(
    path: Path | None = None,
    space: Mapping[str, object] | None = None,
    *,
    source: str | None = None,
    rows: Iterable[Mapping[str, object]] | None = None,
    random: int | None = None,
    seed: int = 0,
    where: str = "",
    top: int | None = None,
    by: str | None = None,
    pareto: Sequence[str] = (),
    batch: int = 1,
    jobs: int = 1,
    variables: Variables | None = None,
    custom_objects: CustomObjects | None = None,
    keras: str | None = None,
) -> Iterator[SweepRow]:
    """Check many candidates of a spec, with other values of its variables, without Keras.

    The text is read once, and what candidates share is computed once. Rows are yielded as they are
    known, in the order of the candidates, so that a space may be far larger than the memory; with
    `top` or `pareto` they are known when all candidates are.

    Args:
        path: The spec. With `source`, the path that messages show and relative paths start from.
        space: For each variable its values: a list, a `range`, one value, or a string as on the
            command line, such as "8:512:8". By default the `choices` in the spec.
        source: The text of a spec, to be read instead of the file.
        rows: Candidates as mappings, instead of a space. What is not a variable of the spec is kept
            as `extra`, and `where`, `by` and `pareto` may name it.
        random: Take so many random candidates of the space, none twice.
        seed: Which random candidates.
        where: An expression over the columns, such as "macs < 5e6 and width > 8"; other rows are
            left out.
        top: Keep so many rows, the best ones by the column `by`, best first.
        by: The column; small values are best, with "max:" before its name large ones.
        pareto: Keep the rows that no other one beats in all of these columns, written as `by`.
        batch: The samples in a batch, for the memory that is taken at once.
        jobs: How many processes work.
        variables: Values for variables that all candidates share.
        custom_objects: Your own layers, by the names that the spec uses.
        keras: The version of Keras for which candidates must be valid; by default that of the installed one.

    Returns:
        The rows. A candidate with errors is a row, too.

    Raises:
        ValueError: There is no such variable or column, or the arguments do not fit each other.
        SpecError: The text is not a spec at all.
        UnreadableError: The file cannot be read.
    """
    from mergecli.compiler.choices import choices_of  # start-up
    from mergecli.screening import sweeping  # start-up
    from mergecli.screening.screener import Subject  # start-up
    from mergecli.screening.selection import Objective, Selection  # start-up
    from mergecli.screening.space import RandomSpace, SpaceError, space_of  # start-up

    text = _source(path, source)
    declared, errors = sweeping.declared_variables(text)
    if errors:
        shown = f"\n{full(text, text.path, errors)}"
        raise SpecError(shown, _with_paths(Compiled(text, None, errors), errors))
    if (top is None) != (by is None):
        raise SpaceError("`top` and `by` belong together")
    if rows is not None and (space is not None or random is not None):
        raise SpaceError("`rows` has the candidates; give no `space` and no `random`")
    settings = dict(variables or {})
    candidates: Candidates | None = None
    if rows is None:
        axes = space if space is not None else choices_of(declared, settings)
        if not axes:
            raise SpaceError("there is nothing to vary: give a `space`, or `choices` in the spec")
        whole = space_of(axes, fine=random is not None)
        candidates = whole if random is None else RandomSpace(whole, random, seed)
    customs = CustomLayers(custom_objects or ())
    screened = sweeping.Sweep(
        Subject(
            text.text,
            text.path,
            settings,
            customs,
            Source.allow_outside,
            batch,
            _target(keras),
        ),
        [str(variable.key.value) for variable in declared],
        candidates,
        None if rows is None else iter(rows),
        Selection(
            where, top, None if by is None else Objective.parse(by), [*map(Objective.parse, pareto)]
        ),
    )
    return map(_sweep_row, screened.rows(jobs))


def _sweep_row(row: Row) -> SweepRow:
    return SweepRow(row.candidate, row.variables, *row.facts, row.extra)


def merge(
    models: Sequence[Path],
    *,
    method: Method = "concatenate",
    axis: int | None = None,
    name: str | None = None,
    model_name: str = "merged",
    head: Sequence[str | Mapping[str, object]] = (),
    prefixes: Sequence[str] = (),
    outputs: Mapping[str, str] | None = None,
    variables: Mapping[str, Variables] | None = None,
    trainable: Mapping[str, bool | Sequence[str]] | None = None,
    freeze: bool = False,
    shared_input: bool = False,
    folder: Path | None = None,
    custom_objects: CustomObjects | None = None,
    keras: str | None = None,
) -> str:
    """Return the spec that merges specs or saved models. Each model becomes a branch.

    Args:
        models: The paths of at least two specs or saved models.
        method: What joins the branches.
        axis: The axis to join on, for "concatenate" and "dot".
        name: The name of the joining layer.
        model_name: The name of the merged model.
        head: The layers after the merge, as entries of a spec: "Flatten" or {"Dense": {"units": 1}}.
        prefixes: What to put before layer names, one for each model; by default only where names
            clash.
        outputs: The layers at which branches end, by the names of the branches, which are those of
            the files.
        variables: The variables that are set in specs, by branch.
        trainable: For a branch whether its layers are trainable, or the names of those that are frozen.
        freeze: Freeze the layers of all models.
        shared_input: Give all models the same input.
        folder: The folder in which the spec will be written; its paths are relative to it.
        custom_objects: Your own layers, by the names that the models use.
        keras: The version of Keras for which it must be valid; by default that of the installed one.

    Returns:
        The text of the spec, in canonical form. Without `folder`, its paths are those that were given.

    Raises:
        ValueError: The arguments do not fit each other, or `keras` is not a version that is supported.
        SpecError: The merged spec has errors.
        UnreadableError: A file cannot be read.
    """
    from mergecli.exporters.yaml import merged_spec  # start-up

    paths = [os.fspath(path) for path in models]
    if len(paths) < 2:
        raise ValueError("a merge takes at least two models")
    for path in paths:
        if not os.path.isfile(path):
            raise UnreadableError(path, Unreadable("not-found", "no such file"))
    customs, target = CustomLayers(custom_objects or ()), _target(keras)
    options = merged_spec.Merge(
        method,
        axis,
        name,
        model_name,
        [{entry: {}} if isinstance(entry, str) else entry for entry in head],
        prefixes,
        outputs or {},
        variables or {},
        trainable or {},
        freeze,
        shared_input,
        None if folder is None else os.fspath(folder),
    )
    text = merged_spec.merged(paths, options, customs, target)
    place = os.path.join(folder or "", merged_spec.NAME)
    _network(compile_spec(Source(text, place), None, customs, target))
    return text


def _compile(
    path: Path | None,
    source: str | None,
    variables: Variables | None,
    custom_objects: CustomObjects | None,
    keras: str | None = None,
    saved: bool = True,
) -> Compiled:
    """Check a spec or, unless `saved` is false, a saved model; by default for the installed Keras.

    Raises:
        TypeError: There is neither a path nor a text.
        ValueError: There are variables for a saved model, or `keras` is not a version that is
            supported.
        UnreadableError: The file cannot be read.
    """
    target = _target(keras)
    if saved and source is None and path is not None and is_model(name := os.fspath(path)):
        if variables:
            raise ValueError("`variables` are for specs; a saved model has none")
        try:
            return compile_model(name, target=target)
        except Unreadable as problem:
            raise UnreadableError(name, problem) from None
    text, customs = _source(path, source), CustomLayers(custom_objects or ())
    return compile_spec(text, dict(variables or {}), customs, target)


def _source(path: Path | None, source: str | None) -> Source:
    """Return the text of a spec.

    Raises:
        TypeError: There is neither a path nor a text.
        UnreadableError: The file cannot be read.
    """
    if path is None and source is None:
        raise TypeError("expected a path, or the text of a spec as `source`")
    name = os.fspath(path) if path is not None else "<source>"
    try:
        return Source.read(name) if source is None else Source(source, name)
    except Unreadable as problem:
        raise UnreadableError(name, problem) from None


def _target(keras: str | None) -> Version:
    """Return the version that is named, or else that of the installed Keras.

    Raises:
        ValueError: It is not a version that is supported.
    """
    return installed_keras() if keras is None else parse_version(keras)


def _network(compiled: Compiled) -> tuple[Network, Source | None]:
    """Return the network of what was checked, and the text of a spec.

    Raises:
        SpecError: There are errors.
    """
    if compiled.network is None:
        text = full(compiled.source, compiled.source.path, compiled.errors)
        raise SpecError(f"\n{text}", _with_paths(compiled, compiled.errors))
    return compiled.network, compiled.source if compiled.saved is None else None


def _with_paths(compiled: Compiled, diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return diagnostics whose places in the main file have its path too."""
    path = compiled.source.path

    def located(span: Span) -> Span:
        return span if span.path else span._replace(path=path)

    return [
        diagnostic._replace(
            # A diagnostic about the file as a whole gets an empty place at its start.
            span=located(diagnostic.span or Span(1, 1, 1, 1)),
            related=tuple(r._replace(span=located(r.span)) for r in diagnostic.related),
            fix=tuple(edit._replace(span=located(edit.span)) for edit in diagnostic.fix),
        )
        for diagnostic in diagnostics
    ]


def _shape(sizes: Sequence[int | None] | None) -> Shape:
    return None if sizes is None else tuple(sizes)


def _tensors(facts: Sequence[EndFacts]) -> tuple[TensorSummary, ...]:
    return tuple(
        TensorSummary(fact["name"], _shape(fact["shape"]), fact["dtype"]) for fact in facts
    )
