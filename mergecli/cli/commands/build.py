"""`mergecli build`."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, NamedTuple

import click

from mergecli.cli import terminal
from mergecli.cli.commands.summary import render, tell
from mergecli.compiler import settings
from mergecli.diagnostics import files
from mergecli.diagnostics.diagnostic import error
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Network

PICTURES = (".png", ".svg", ".pdf", ".dot")
SAVED = (".keras", ".h5", ".weights.h5", ".onnx", ".tflite")


class Job(NamedTuple):
    """One spec to build: where its pictures and its model go."""

    path: str
    source: Source
    network: Network
    plots: list[str]
    saves: list[str]


@click.command(short_help="Build specs with Keras, draw and save the models.")
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
@click.option(
    "--rankdir",
    type=click.Choice(["TB", "LR", "BT", "RL"]),
    default="TB",
    show_default=True,
    help="Where the picture leads to.",
)
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
    help="Save the model: .keras, .h5, .weights.h5, .onnx, .tflite, or a folder for a SavedModel; repeatable.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Seed of the initial weights.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON instead of text.")
@click.option("--line-length", type=click.IntRange(40), help="Width of the summary.")
@click.option("-q", "--quiet", is_flag=True, help="No summary and no notes.")
@click.option("-v", "--verbose", is_flag=True, help="Say more, and show Keras's own words.")
@terminal.set_option
@terminal.import_option
@terminal.stdin_option
@terminal.color_option
def build(specs: tuple[str, ...], **options: Any) -> None:
    """Check specs, build them with Keras, print `summary()` and draw the picture.

    Every SPEC is checked first; if one is wrong nothing is built. One import of Keras builds them all. Files named by
    --plot and --save are relative to the working directory; with several specs, to each one's folder.
    """
    jobs = _jobs(specs, options)
    terminal.check_installed(
        any(job.plots for job in jobs), [path for job in jobs for path in job.saves]
    )
    for job in jobs:
        for path in job.plots:
            files.prepare(path)
        for path in job.saves:
            files.prepare(path, folder=not path.lower().endswith(SAVED))
    keras = terminal.keras()
    if any(job.saves for job in jobs):
        from mergecli.runtime import save

        for problem in save.lacks([path for job in jobs for path in job.saves], keras.__version__):
            terminal.note(f"mergecli: {problem}; update it: pip install -U keras")
            sys.exit(terminal.EXIT_MISSING)
    options["customs"] = terminal.import_customs(options["modules"])
    bar = len(jobs) > 1 and not options["quiet"] and sys.stderr.isatty()
    with (
        click.progressbar(jobs, label="building", file=sys.stderr)
        if bar
        else contextlib.nullcontext(jobs) as progress
    ):
        for job in progress:
            _run(job, options)


def _jobs(specs: tuple[str, ...], options: dict[str, Any]) -> list[Job]:
    """Check all specs and say where each one's files go."""
    checked = [
        terminal.check(path, options["stdin_filename"], options["settings"], options["modules"])
        for path in specs
    ]
    for result in checked:
        tell(result, options["color"])
    if any(result.unreadable for result in checked):
        sys.exit(terminal.EXIT_UNREADABLE)
    if any(result.compiled is None or result.compiled.network is None for result in checked):
        sys.exit(terminal.EXIT_ERRORS)
    for path in options["plots"]:
        if not path.lower().endswith(PICTURES):
            raise click.BadParameter(
                f"{path!r} does not end in {', '.join(PICTURES)}.", param_hint="'--plot'"
            )
    for path in options["saves"]:
        ending = os.path.splitext(path)[1]
        if ending and not path.lower().endswith(SAVED):
            raise click.BadParameter(
                f"{path!r} ends in none of {', '.join(SAVED)}; the name of a folder has no ending.",
                param_hint="'--save'",
            )
    if options["no_plot"] and options["plots"]:
        raise click.UsageError("--plot and --no-plot exclude each other")
    base = options["output_dir"] or settings.Configs().of_folder().output_dir or "output"
    jobs, folders = [], set()
    for result in checked:
        assert result.compiled is not None and result.compiled.network is not None
        folder = base
        if len(checked) > 1:
            folder = os.path.join(folder, result.compiled.source.stem)
            if folder in folders:
                raise click.UsageError(
                    f"two specs would write into {folder}; build them in two calls with different -o"
                )
            folders.add(folder)
        plots = [_place(path, folder, len(checked)) for path in options["plots"]]
        if not plots and not options["no_plot"]:
            plots = [os.path.join(folder, "architecture.png")]
        jobs.append(
            Job(
                result.path,
                result.compiled.source,
                result.compiled.network,
                plots,
                [_place(path, folder, len(checked)) for path in options["saves"]],
            )
        )
    targets = [os.path.realpath(path) for job in jobs for path in (*job.plots, *job.saves)]
    for path in targets:
        if targets.count(path) > 1:
            raise click.UsageError(f"{path} would be written twice")
    return jobs


def _place(path: str, folder: str, specs: int) -> str:
    path = path.rstrip("/") or path
    if specs == 1:
        return path
    if os.path.isabs(path):
        raise click.UsageError(f"{path} would be written once for each spec; give a relative name")
    return os.path.join(folder, path)


def _run(job: Job, options: dict[str, Any]) -> None:
    import keras

    from mergecli.diagnostics.reports.terminal import full
    from mergecli.runtime import backend, save
    from mergecli.runtime import build as emit
    from mergecli.runtime.weights import NoWeights

    if options["seed"] is not None:
        keras.utils.set_random_seed(options["seed"])
    nodes = len(job.network.graph.nodes)
    written: list[tuple[str, str]] = []
    try:
        with backend.silence():
            try:
                model = emit.build(job.network, not job.saves, options["customs"])
            except emit.TooOld as problem:
                terminal.note(f"{job.path}: {problem}; update it: pip install -U keras")
                sys.exit(terminal.EXIT_MISSING)
            except emit.Refusal as problem:
                diagnostic = error(problem.node.span, "refused", problem.message, problem.hint)
                terminal.note(
                    full(
                        job.source,
                        job.path,
                        [diagnostic],
                        terminal.colored(options["color"], sys.stderr),
                    )
                )
                sys.exit(terminal.EXIT_ERRORS)
            except NoWeights as problem:
                terminal.note(f"{job.path}: {problem}")
                sys.exit(terminal.EXIT_UNREADABLE)
            except emit.Disagreement as problem:
                terminal.bug(job.path, str(problem), options["verbose"])
            notes: list[str] = []
            for path in job.plots:
                written.append((files.temporary_path(path), path))
                _plot(model, written[-1][0], options, notes, nodes)
            for path in job.saves:
                written.append((files.temporary_path(path), path))
                try:
                    save.save(model, job.network, written[-1][0], path, options["customs"])
                except save.Unfaithful as problem:
                    terminal.note(f"{job.path}: {problem}")
                    sys.exit(terminal.EXIT_BUG)
        text = "" if options["quiet"] else _summary(model, job.network, options)
        files.move(written)
    except files.Unwritable:
        raise
    except OSError as problem:
        raise files.Unwritable(written[-1][1] if written else job.path, problem) from None
    finally:
        files.remove([temporary for temporary, _ in written])
    terminal.emit(text)
    if not options["quiet"]:
        sys.stdout.flush()
        for words in notes:
            terminal.note(f"note: {words}")
        for _, path in written:
            terminal.note(f"wrote {path}")


def _plot(model: Any, path: str, options: dict[str, Any], notes: list[str], nodes: int) -> None:
    from mergecli.runtime.build import deep_graphs
    from mergecli.runtime.plot_model import plot

    names = (
        "show_shapes", "show_layer_names", "show_dtype", "show_layer_activations", "show_trainable", "expand_nested",
        "rankdir", "dpi", "splines",
    )  # fmt: skip
    with deep_graphs(nodes):
        plot(model, path, notes.append, **{name: options[name] for name in names})


def _summary(model: Any, network: Network, options: dict[str, Any]) -> str:
    from mergecli.runtime.build import summary

    if options["as_json"]:
        return render(network, "json")
    width = options["line_length"]
    if width is None and sys.stdout.isatty():
        import shutil

        width = max(60, min(108, shutil.get_terminal_size().columns - 4))
    return summary(model, network, width, options["show_trainable"])
