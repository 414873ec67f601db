"""`mergecli verify`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from mergecli.cli import keras_run, options, terminal
from mergecli.diagnostics.escaping import line
from mergecli.diagnostics.silence import silence

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from mergecli.runtime.verify import Report


@click.command()
@click.argument("spec")
@click.option(
    "--seed",
    type=options.SEED,
    default=0,
    show_default=True,
    help="Seed of the numbers and the initial weights.",
)
@click.option(
    "--samples",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="How many samples go through.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@options.backend_option
@options.verbose_option
@options.spec_options
def verify(
    spec: str,
    seed: int,
    samples: int,
    form: str,
    **reading: Unpack[options.SpecOptions],
) -> None:
    """Prove that a built model computes what its source models compute.

    Random numbers go through each model of which a branch is made, alone and within the merged model; the largest differences are
    printed, with the trainable and frozen parameters of each branch. The model is also saved, loaded and compared with itself. Exit
    code 1: a difference is larger than what the rounding of the dtype explains.
    """
    [checked] = keras_run.check_specs([spec], reading)
    network = checked.network
    keras = keras_run.load_keras(keras_run.check_installed())
    classes = keras_run.import_modules(reading["custom_layers"])
    keras.utils.set_random_seed(seed)
    from mergecli.runtime import verify as runtime_verify  # start-up

    try:
        with (
            keras_run.build_errors(checked.path, checked.source, reading["color"], verbose=False),
            silence(),
        ):
            report = runtime_verify.verify(network, classes, seed, samples)
    except runtime_verify.Unverifiable as problem:
        terminal.note(f"{checked.path}: no random numbers fit the model's inputs: {problem}")
        sys.exit(terminal.EXIT_ERRORS)
    terminal.emit(_json(report) if form == "json" else _text(report))
    if not report.agrees:
        sys.exit(terminal.EXIT_ERRORS)


def _text(report: Report) -> str:
    header = ("branch", "model", "largest difference", "trainable", "frozen")
    cells = [
        (
            line(row.branch or "(merge, head)"),
            line(row.model or "-"),
            "-"
            if row.difference is None
            else f"{row.difference:.3g}" + ("" if row.agrees else f"  above {row.allowed:.1g}"),
            f"{row.trainable:,}",
            f"{row.frozen:,}",
        )
        for row in report.rows
    ]
    widths = [max(len(line[column]) for line in [header, *cells]) for column in range(len(header))]

    def aligned(row: tuple[str, ...]) -> str:
        return "  ".join(
            cell.rjust(w) if place >= 3 else cell.ljust(w)
            for place, (cell, w) in enumerate(zip(row, widths))
        ).rstrip()

    rule = "  ".join("-" * width for width in widths)
    reloaded = f"saved, loaded and compared with itself: {report.reloaded:.3g}"
    reloaded += "" if report.reloaded <= report.allowed else f", above {report.allowed:.1g}"
    verdict = (
        "the merged model computes something else"
        if not report.agrees
        else "the merged model computes what its models compute"
        if any(row.model for row in report.rows)
        else "no branch is a model; the model computes the same after it is saved and loaded"
    )
    return "\n".join([aligned(header), rule, *map(aligned, cells), rule, reloaded, verdict]) + "\n"


def _json(report: Report) -> str:
    rows = [{**row._asdict(), "agrees": row.agrees} for row in report.rows]
    return (
        json.dumps(
            {
                "branches": rows,
                "reloaded": report.reloaded,
                "allowed": report.allowed,
                "agrees": report.agrees,
            },
            indent=1,
        )
        + "\n"
    )
