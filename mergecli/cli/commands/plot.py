"""`mergecli plot`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Mapping, NamedTuple, Sequence

import click
from click.core import ParameterSource

from mergecli.cli import inputs, options, terminal
from mergecli.compiler.settings import Configs
from mergecli.diagnostics import files
from mergecli.diagnostics.installing import MissingDependencyError, install_command, missing
from mergecli.diagnostics.source import Source, Unreadable
from mergecli.exporters.formats import (
    PAPERS,
    PICTURES,
    Format,
    PaperOptions,
    PictureOptions,
    check_installed,
)
from mergecli.ir.graph import Network

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from mergecli.cli.live_page import Server
    from mergecli.importers.keras.weight_statistics import WeightStatistics

    class Choices(options.SpecOptions):
        """The options of `plot` that say how to draw."""

        detail: str
        theme: str
        rankdir: str
        bar: str
        color_by: str
        style: str | None
        page: str | None
        weights: bool
        quiet: bool


class _Model(NamedTuple):
    """What is drawn.

    Attributes:
        network: Its network.
        source: The text of a spec; None for a saved model.
        weights: With `--weights` the statistics of its weights, by the index of the call.
    """

    network: Network
    source: Source | None
    weights: Mapping[int, Sequence[WeightStatistics]]


#: The page of figures without `--page`.
_PAGE = "a4"
_FORMATS = list({**PICTURES, **PAPERS})


@click.command(cls=options.ServingCommand)
@click.argument("spec", metavar="SPEC|MODEL")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help=f"Draw this file: .{', .'.join(_FORMATS)}; repeatable.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="Print the picture on standard output.",
)
@click.option(
    "--detail",
    type=click.Choice(["auto", "layer", "block", "branch"]),
    default="auto",
    show_default=True,
    help="What a box stands for; `auto` folds what is repeated until the picture fits a page.",
)
@options.picture_options
@click.option(
    "--bar",
    type=click.Choice(["parameters", "macs", "none"]),
    default="parameters",
    show_default=True,
    help="What the bars in the boxes show.",
)
@click.option(
    "--color-by",
    type=click.Choice(["branch", "family", "macs"]),
    default="branch",
    show_default=True,
    help="What the colours of boxes show: the branch, the family of layers, or the share of the MACs.",
)
@click.option(
    "--style",
    type=click.Choice(["screen", "paper"]),
    help="`paper` is black on white, with characters of 8 points at the size of print;"
    " by default only for .tex and --page.",
)
@click.option(
    "--page",
    metavar="SIZE",
    help="Fold a figure of --style paper until it fits: a4 (default), letter, or a column such as"
    " column=85mm.",
)
@click.option(
    "--weights",
    is_flag=True,
    help="Show the mean, deviation, range and histogram of each weight of a saved model on the page (.html, --serve).",
)
@options.watch_option
@options.serve_option("it follows what --watch sees.")
@click.option("-q", "--quiet", is_flag=True, help="No notes.")
@options.verbose_option
@options.spec_options
def plot(
    spec: str,
    outputs: tuple[str, ...],
    form: str | None,
    watch: bool,
    serve: int | None,
    **choices: Unpack[Choices],
) -> None:
    """Draw the architecture of a spec or a saved model, without Keras.

    Without -o, --format and --serve, an SVG called as the spec goes where `build` puts its picture.
    """
    jobs = (
        _jobs(spec, outputs, form, choices["stdin_filename"])
        if outputs or form or serve is None
        else []
    )
    formats = _formats(jobs, serve is not None, choices)
    with terminal.missing_dependencies():
        for wanted in [*(wanted for wanted, _ in jobs), *["html"] * (serve is not None)]:
            check_installed(formats, wanted)
        if choices["weights"]:
            _check_weights(jobs, serve is not None)
    if not watch and serve is None:
        return _draw(jobs, _read(spec, choices), choices)
    from mergecli.cli import watching  # start-up

    watching.check([spec])
    if serve is None:
        watching.watch(
            lambda dependencies: _draw(
                jobs, _read(spec, choices, dependencies), choices, dependencies
            ),
            choices["quiet"],
        )
    from mergecli.cli.live_page import Server  # start-up

    with Server(serve) as server:
        terminal.note(server.address)
        watching.watch(
            lambda dependencies: _show(server, spec, jobs, choices, dependencies),
            choices["quiet"],
            server.address,
        )


def _show(
    server: Server,
    spec: str,
    jobs: list[tuple[str, str]],
    choices: Choices,
    dependencies: inputs.Dependencies,
) -> None:
    """Draw a spec on its page, or show there why it cannot be drawn."""
    try:
        with terminal.usage_errors():
            model = _read(spec, choices, dependencies)
    except SystemExit:
        assert dependencies.checked is not None
        server.show_problem(spec, inputs.report_text(dependencies.checked))
        raise
    except click.ClickException as problem:
        server.show_problem(spec, problem.format_message())
        raise
    from mergecli.exporters.pictures.network_pictures import page  # start-up

    server.show(page(model.network, "html", _look(model, choices, []), server.stream))
    _draw(jobs, model, choices, dependencies)


def _draw(
    jobs: list[tuple[str, str]],
    model: _Model,
    choices: Choices,
    dependencies: inputs.Dependencies | None = None,
) -> None:
    """Draw all outputs; with `--watch` a file is written only if its bytes change."""
    for _, path in jobs:
        if path:
            files.prepare(path)
    written: list[tuple[str, str]] = []
    same: list[str] = []
    notes: list[str] = []
    try:
        for wanted, path in jobs:
            look: PictureOptions | PaperOptions = _look(model, choices, notes)
            if choices["style"] == "paper":
                look = _paper(choices, notes)
            data = _table(choices)[wanted].load()(model.network, wanted, look)
            if not path:
                terminal.emit_bytes(data)
            elif dependencies is not None and _holds(path, data):
                same.append(path)
            else:
                written.append((files.temporary_path(os.path.realpath(path)), path))
                files.write_temporary(written[-1][0], data, path)
        files.move([(temporary, os.path.realpath(path)) for temporary, path in written])
    finally:
        files.remove([temporary for temporary, _ in written])
    if not choices["quiet"]:
        for message in dict.fromkeys(notes):
            terminal.note(f"note: {message}")
        for _, path in written:
            terminal.note(f"wrote {path}")
        for path in same:
            terminal.note(f"{path} stays as it is")


def _formats(jobs: list[tuple[str, str]], served: bool, choices: Choices) -> Mapping[str, Format]:
    """Choose the style, check that the options go together, and return the formats of the style.

    Raises:
        click.UsageError: Options do not go together.
    """
    if choices["style"] is None:
        papers = [wanted for wanted, _ in jobs if wanted not in PICTURES]
        choices["style"] = "paper" if papers or choices["page"] is not None else "screen"
    style, formats = choices["style"], _table(choices)
    wrong = [f".{wanted}" for wanted, _ in jobs if wanted not in formats]
    wrong += ["--serve"] if served and style == "paper" else []
    if wrong:
        raise click.UsageError(f"--style {style} draws .{', .'.join(formats)}, not {wrong[0]}")
    if style == "screen":
        if choices["page"] is not None:
            raise click.UsageError("--page needs --style paper")
        return formats
    for name, value in (
        ("theme", choices["theme"]),
        ("bar", choices["bar"]),
        ("color_by", choices["color_by"]),
    ):
        if _is_given(name) and value not in ("print", "none"):
            raise click.UsageError(f"--style paper has no --{name.replace('_', '-')}")
    from mergecli.exporters.pictures.paper.pages import page  # start-up

    try:
        page(choices["page"] or _PAGE)
    except ValueError as problem:
        raise click.BadParameter(f"{problem}.", param_hint="'--page'") from None
    return formats


def _is_given(name: str) -> bool:
    """Return whether an option is on the command line, and not its default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is ParameterSource.COMMANDLINE


def _table(choices: Choices) -> Mapping[str, Format]:
    return PAPERS if choices["style"] == "paper" else PICTURES


def _paper(choices: Choices, notes: list[str]) -> PaperOptions:
    rankdir = choices["rankdir"] if _is_given("rankdir") else ""
    return PaperOptions(choices["detail"], rankdir, choices["page"] or _PAGE, notes)


def _look(model: _Model, choices: Choices, notes: list[str]) -> PictureOptions:
    return PictureOptions(
        choices["detail"],
        choices["theme"],
        choices["rankdir"],
        choices["bar"],
        model.source,
        notes,
        choices["color_by"],
        model.weights,
    )


def _jobs(
    spec: str, outputs: tuple[str, ...], form: str | None, name: str | None
) -> list[tuple[str, str]]:
    """Return the formats, each with its file, which is empty for standard output."""
    jobs = [(_format(path), path) for path in outputs]
    if form is not None:
        jobs.append((form, ""))
    if not jobs:
        shown = (name or "architecture") if spec == "-" else spec
        stem = os.path.splitext(os.path.basename(shown))[0] or "architecture"
        jobs.append(
            (
                "svg",
                os.path.join(Configs().of_folder().output_dir or "output", f"{stem}.svg"),
            )
        )
    places = [os.path.realpath(path) for _, path in jobs if path]
    options.refuse_repeated(places)
    if spec != "-" and os.path.realpath(spec) in places:
        raise click.UsageError(f"{spec} would be overwritten")
    return jobs


def _format(path: str) -> str:
    ending = os.path.splitext(path)[1].lower().removeprefix(".")
    if path == "-":
        raise click.BadParameter("use --format for standard output.", param_hint="'-o'")
    if ending not in _FORMATS:
        raise click.BadParameter(
            f"{path!r} does not end in .{', .'.join(_FORMATS)}.", param_hint="'-o'"
        )
    return ending


def _check_weights(jobs: list[tuple[str, str]], served: bool) -> None:
    """Check that there is a page to show the statistics of weights, and what reads them.

    Raises:
        click.UsageError: There is not a page.
        MissingDependencyError: A package is not installed.
    """
    if not served and all(wanted != "html" for wanted, _ in jobs):
        raise click.UsageError("--weights needs a page: add -o FILE.html or --serve")
    if missing(["h5py"]):
        reason = "`h5py`, which reads weights, is not installed"
        raise MissingDependencyError(reason, install_command(["h5py"]))


def _read(spec: str, choices: Choices, dependencies: inputs.Dependencies | None = None) -> _Model:
    network, source = inputs.load_input(
        spec,
        choices["variables"],
        choices["custom_layers"],
        choices["target"],
        choices["stdin_filename"],
        choices["color"],
        dependencies=dependencies,
        drawn=True,
    )
    if not choices["weights"]:
        return _Model(network, source, {})
    from mergecli.importers.keras.weight_statistics import weight_statistics  # start-up

    try:
        weights = weight_statistics(network)
    except Unreadable as problem:
        checked = inputs.Checked(spec, None, problem)
        if dependencies is not None:
            dependencies.checked = checked
        inputs.report(checked, choices["color"])
        return _Model(checked.network, source, {})
    if not weights:
        raise click.UsageError(
            f"--weights: {inputs.display_name(spec, choices['stdin_filename'])} has no weights; draw"
            " a saved model with weights (.keras, .h5), or a spec with a branch that is one"
        )
    return _Model(network, source, weights)


def _holds(path: str, data: bytes) -> bool:
    """Return whether a file has these bytes already."""
    try:
        with open(path, "rb") as file:
            return file.read() == data
    except OSError:
        return False
