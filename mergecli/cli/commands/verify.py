"""`mergecli verify`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from mergecli.cli import terminal
from mergecli.cli.commands.summary import tell
from mergecli.diagnostics.diagnostic import error

if TYPE_CHECKING:
    from mergecli.runtime.verify import Report


@click.command(short_help="Prove that a merge computes as its sources.")
@click.argument("spec")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
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
@terminal.verbose_option
@terminal.set_option
@terminal.import_option
@terminal.stdin_option
@terminal.color_option
def verify(spec: str, seed: int, samples: int, form: str, **options: Any) -> None:
    """Prove that a built model computes what its source models compute.

    Random numbers go through each model of which a branch is made, alone and within the merged model; the largest differences are
    printed, with the trainable and frozen parameters of each branch. The model is also saved, loaded and compared with itself. Exit
    code 1: a difference is larger than what the rounding of the dtype explains.
    """
    checked = terminal.check(
        spec, options["stdin_filename"], options["settings"], options["modules"]
    )
    tell(checked, options["color"])
    if checked.compiled is None or checked.compiled.network is None:
        sys.exit(terminal.EXIT_UNREADABLE if checked.unreadable else terminal.EXIT_ERRORS)
    keras = terminal.keras()
    customs = terminal.import_customs(options["modules"])
    keras.utils.set_random_seed(seed)
    from mergecli.diagnostics.reports.terminal import full
    from mergecli.runtime import backend
    from mergecli.runtime import build as emit
    from mergecli.runtime.verify import Unverifiable
    from mergecli.runtime.verify import verify as compare
    from mergecli.runtime.weights import NoWeights

    try:
        with backend.silence():
            report = compare(checked.compiled.network, customs, seed, samples)
    except emit.TooOld as problem:
        terminal.note(f"{checked.path}: {problem}; update it: pip install -U keras")
        sys.exit(terminal.EXIT_MISSING)
    except emit.Refusal as problem:
        diagnostic = error(problem.node.span, "refused", problem.message, problem.hint)
        terminal.note(
            full(
                checked.source,
                checked.path,
                [diagnostic],
                terminal.colored(options["color"], sys.stderr),
            )
        )
        sys.exit(terminal.EXIT_ERRORS)
    except NoWeights as problem:
        terminal.note(f"{checked.path}: {problem}")
        sys.exit(terminal.EXIT_UNREADABLE)
    except Unverifiable as problem:
        terminal.note(f"{checked.path}: no random numbers fit the model's inputs: {problem}")
        sys.exit(terminal.EXIT_ERRORS)
    except emit.Disagreement as problem:
        terminal.bug(checked.path, str(problem), False)
    terminal.emit(_json(report) if form == "json" else _text(report))
    if not report.agrees:
        sys.exit(terminal.EXIT_ERRORS)


def _text(report: Report) -> str:
    header = ("branch", "model", "largest difference", "trainable", "frozen")
    cells = [
        (
            row.branch or "(merge, head)",
            row.model or "-",
            "-"
            if row.difference is None
            else f"{row.difference:.3g}" + ("" if row.agrees else f"  above {row.allowed:.1g}"),
            f"{row.trainable:,}",
            f"{row.frozen:,}",
        )
        for row in report.rows
    ]
    widths = [max(len(line[column]) for line in [header, *cells]) for column in range(len(header))]

    def line(row: tuple[str, ...]) -> str:
        return "  ".join(
            cell.rjust(w) if place >= 3 else cell.ljust(w)
            for place, (cell, w) in enumerate(zip(row, widths))
        ).rstrip()

    rule = "  ".join("-" * width for width in widths)
    words = f"saved, loaded and compared with itself: {report.reloaded:.3g}"
    words += "" if report.reloaded <= report.allowed else f", above {report.allowed:.1g}"
    verdict = (
        "the merged model computes what its models compute"
        if report.agrees
        else "the merged model computes something else"
    )
    return "\n".join([line(header), rule, *map(line, cells), rule, words, verdict]) + "\n"


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
