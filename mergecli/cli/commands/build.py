"""`mergecli build`."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from mergecli.cli import inputs, keras_run, options, terminal
from mergecli.compiler.settings import Configs
from mergecli.diagnostics import files
from mergecli.diagnostics.backends import Choice
from mergecli.diagnostics.escaping import block, escaped_json
from mergecli.diagnostics.installing import install_command
from mergecli.diagnostics.silence import silence
from mergecli.diagnostics.source import Source
from mergecli.exporters.summary import JSON_STYLE, facts
from mergecli.ir.graph import Network
from mergecli.runtime import build as runtime_build
from mergecli.runtime import keras_summary, save
from mergecli.runtime.keras_settings import deep_graphs

if TYPE_CHECKING:
    from typing import Mapping

    import keras
    from typing_extensions import Unpack

    from mergecli.exporters.summary import Facts

    class Choices(options.SpecOptions):
        """The options of `build`."""

        output_dir: str | None
        plots: tuple[str, ...]
        no_plot: bool
        show_shapes: bool
        show_layer_names: bool
        show_dtype: bool
        show_layer_activations: bool
        show_trainable: bool
        expand_nested: bool
        rankdir: str
        dpi: int
        splines: str
        saves: tuple[str, ...]
        seed: int | None
        form: str
        line_length: int | None
        quiet: bool
        verbose: bool

    #: The classes of the user's layers, by name.
    Classes = Mapping[str, object]


PICTURES = (".png", ".svg", ".pdf", ".dot")
#: The options that Keras's `plot_model` takes.
PLOT_OPTIONS = (
    "show_shapes",
    "show_layer_names",
    "show_dtype",
    "show_layer_activations",
    "show_trainable",
    "expand_nested",
    "rankdir",
    "dpi",
    "splines",
)
#: The endings of saved models; the name of a folder has none.
SAVED = tuple(ending for ending in save.FORMATS if ending)


class Job(NamedTuple):
    """One spec to build, and the files into which its pictures and its model go."""

    path: str
    source: Source
    network: Network
    plots: list[str]
    saves: list[str]


@click.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option(
    "-o",
    "--output-dir",
    help="Where pictures go, by default into output; with several specs, a folder for each in it.",
)
@click.option(
    "--plot",
    "plots",
    multiple=True,
    metavar="FILE",
    help="Draw this .png, .svg, .pdf or .dot instead of architecture.png; repeatable.",
)
@click.option("--no-plot", is_flag=True, help="Draw nothing.")
@click.option(
    "--show-shapes/--no-show-shapes", default=True, help="Shapes in the picture.  [default: yes]"
)
@click.option(
    "--show-layer-names/--no-show-layer-names",
    default=True,
    help="Layer names in the picture.  [default: yes]",
)
@click.option("--show-dtype", is_flag=True, help="Dtypes in the picture.")
@click.option("--show-layer-activations", is_flag=True, help="Activations in the picture.")
@click.option(
    "--show-trainable", is_flag=True, help="What is trainable, in the picture and in the summary."
)
@click.option("--expand-nested", is_flag=True, help="Nested models as frames in the picture.")
@options.rankdir_option
@click.option(
    "--dpi",
    type=click.IntRange(10, 1200),
    default=200,
    show_default=True,
    help="Resolution of a .png; lowered where it would be too large.",
)
@click.option(
    "--splines",
    type=click.Choice(["ortho", "curved", "polyline", "spline", "line"]),
    default="ortho",
    show_default=True,
    help="The picture's lines.",
)
@click.option(
    "--save",
    "saves",
    multiple=True,
    metavar="FILE",
    help=f"Save the model: {', '.join(SAVED)}, or a folder for a SavedModel; repeatable.",
)
@click.option("--seed", type=options.SEED, help="Seed of the initial weights.")
@options.backend_option
@options.json_option("The summary; `json` with several SPECs is a list. `--json` is the same.")
@click.option("--line-length", type=click.IntRange(40), help="Width of the summary.")
@click.option("-q", "--quiet", is_flag=True, help="No summary and no notes.")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Show all that Keras says, and the traceback of an internal error.",
)
@options.spec_options
def build(specs: tuple[str, ...], **choices: Unpack[Choices]) -> None:
    """Check specs, build them with Keras, print `summary()` and draw the picture.

    Every SPEC is checked first; if one is wrong nothing is built. One import of Keras builds them all. Files named by
    --plot and --save are relative to the working directory; with several specs, to each one's folder.
    """
    checked = keras_run.check_specs(specs, choices)
    _check_outputs(choices)
    jobs = _jobs(checked, choices)
    for job in jobs:
        with keras_run.build_errors(job.path, job.source, choices["color"], choices["verbose"]):
            save.check_operations(job.network, job.saves)
    saves = [path for job in jobs for path in job.saves]
    backend = keras_run.check_installed(any(job.plots for job in jobs), saves)
    _prepare_outputs(jobs)
    _load_keras(backend, saves, choices["quiet"])
    classes = keras_run.import_modules(choices["custom_layers"])
    shows_progress = len(jobs) > 1 and not choices["quiet"] and sys.stderr.isatty()
    with (
        click.progressbar(jobs, label="building", file=sys.stderr)
        if shows_progress
        else contextlib.nullcontext(jobs) as progress
    ):
        results = [_run(job, choices, classes) for job in progress]
    if choices["form"] == "json":
        text = json.dumps(results if len(jobs) > 1 else results[0], **JSON_STYLE)
        terminal.emit(escaped_json(text) + "\n")


def _check_outputs(choices: Choices) -> None:
    """Refuse pictures and models in a format that does not exist."""
    for path in choices["plots"]:
        if not path.lower().endswith(PICTURES):
            raise click.BadParameter(
                f"{path!r} does not end in {', '.join(PICTURES)}.", param_hint="'--plot'"
            )
    for path in choices["saves"]:
        if os.path.splitext(path)[1] and not path.lower().endswith(SAVED):
            raise click.BadParameter(
                f"{path!r} ends in none of {', '.join(SAVED)}; the name of a folder has no ending.",
                param_hint="'--save'",
            )
    if choices["no_plot"] and choices["plots"]:
        raise click.UsageError("--plot and --no-plot exclude each other")


def _jobs(checked: list[inputs.Checked], choices: Choices) -> list[Job]:
    """Return the jobs, none of which writes a file of another."""
    base = choices["output_dir"] or Configs().of_folder().output_dir or "output"
    jobs: list[Job] = []
    folders: set[str] = set()
    for result in checked:
        assert result.source is not None
        folder = base
        if len(checked) > 1:
            folder = os.path.join(folder, result.source.stem)
            if folder in folders:
                raise click.UsageError(
                    f"two specs would write into {folder}; build them in two calls with different -o"
                )
            folders.add(folder)
        jobs.append(_job(result, folder, len(checked), choices))
    options.refuse_repeated(path for job in jobs for path in (*job.plots, *job.saves))
    return jobs


def _job(result: inputs.Checked, folder: str, count: int, choices: Choices) -> Job:
    """Return the job of one of `count` specs, whose pictures go into a folder."""
    assert result.source is not None
    plots = [_output_path(path, folder, count) for path in choices["plots"]]
    if not plots and not choices["no_plot"]:
        plots = [os.path.join(folder, "architecture.png")]
    saves = [_output_path(path, folder, count) for path in choices["saves"]]
    return Job(result.path, result.source, result.network, plots, saves)


def _output_path(path: str, folder: str, count: int) -> str:
    """Return where a file goes: with several specs, into the folder of its spec."""
    path = path.rstrip("/") or path
    if count == 1:
        return path
    if os.path.isabs(path):
        raise click.UsageError(f"{path} would be written once for each spec; give a relative name")
    return os.path.join(folder, path)


def _prepare_outputs(jobs: list[Job]) -> None:
    for job in jobs:
        for path in job.plots:
            files.prepare(path)
        for path in job.saves:
            files.prepare(path, folder=not path.lower().endswith(SAVED))


def _load_keras(backend: Choice, saves: list[str], quiet: bool) -> None:
    """Load Keras; end the program if this version cannot write a file."""
    keras = keras_run.load_keras(backend, quiet)
    if not saves:
        return
    for problem in save.lacks(saves, keras.__version__):
        terminal.note(f"mergecli: {problem}; update it: {install_command(('-U', 'keras'))}")
        sys.exit(terminal.EXIT_MISSING)


def _run(job: Job, choices: Choices, classes: Classes) -> Facts | None:
    """Build a spec, and write its pictures and models, all or none.

    Returns:
        With `--format json` the facts of the model, which are printed after all specs are built.
    """
    import keras  # optional

    if choices["seed"] is not None:
        keras.utils.set_random_seed(choices["seed"])
    written: list[tuple[str, str]] = []
    notes: list[str] = []
    warnings: list[str] = []
    try:
        with silence():
            model = _build(job, choices, classes)
            trial = save.Trial(model, job.network)
            for path in job.plots:
                written.append((files.temporary_path(path), path))
                _plot(model, written[-1][0], choices, notes, len(job.network.graph.nodes))
            for path in job.saves:
                temporary = files.temporary_path(path)
                written.append((temporary, path))
                beside = zip(save.companions(temporary), save.companions(path))
                written += beside
                warnings += _save(trial, job, temporary, path, classes)
        as_json = choices["form"] == "json"
        text = "" if choices["quiet"] or as_json else _summary(model, job.network, choices)
        files.move(written)
    except files.Unwritable:
        raise
    except OSError as problem:
        raise files.Unwritable(written[-1][1] if written else job.path, problem) from None
    finally:
        files.remove([temporary for temporary, _ in written])
    terminal.emit(block(text))
    terminal.flush()
    for message in warnings:
        terminal.note(f"warning: {message}")
    if not choices["quiet"]:
        terminal.flush()
        for message in notes:
            terminal.note(f"note: {message}")
        for _, path in written:
            terminal.note(f"wrote {path}")
    return facts(job.network) if as_json else None


def _build(job: Job, choices: Choices, classes: Classes) -> keras.Model:
    """Return the Keras model, without weights if it is not saved."""
    with keras_run.build_errors(job.path, job.source, choices["color"], choices["verbose"]):
        if job.saves:
            save.check_vocabularies(job.network)
        model = runtime_build.build(job.network, not job.saves, classes)
        save.check_masks(model, job.network, job.saves)
        return model


def _plot(model: keras.Model, path: str, choices: Choices, notes: list[str], calls: int) -> None:
    from mergecli.runtime.plot_model import plot  # start-up

    with deep_graphs(calls):
        looks = {name: value for name, value in choices.items() if name in PLOT_OPTIONS}
        plot(model, path, notes.append, **looks)


def _save(trial: save.Trial, job: Job, temporary: str, path: str, classes: Classes) -> list[str]:
    try:
        return save.save(trial.model, job.network, temporary, path, classes, trial)
    except save.Unfaithful as problem:
        terminal.note(f"{job.path}: {problem}")
        sys.exit(terminal.EXIT_BUG)


def _summary(model: keras.Model, network: Network, choices: Choices) -> str:
    width = choices["line_length"]
    if width is None and sys.stdout.isatty():
        width = max(60, min(108, shutil.get_terminal_size().columns - 4))
    try:
        return keras_summary.summary(model, network, width, choices["show_trainable"])
    except OSError as problem:
        # Keras's summary goes through a console that also flushes standard output.
        raise files.Unwritable("standard output", problem) from None
