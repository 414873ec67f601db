"""`python tools/fuzz.py --seed 1 --count 20000 --jobs 2`: random models, judged by mergecli and by Keras.

A case is a graph of 2 to 12 layers with random arguments. Many are about one family: masks, attention, preprocessing,
operations with numbers, wrappers in wrappers, quantized and mixed policies, layers that are applied again. The first layer
has the inputs that its own drawing gives; the others are applied to what is there. What mergecli refuses is put aside and
drawn anew, so that graphs grow; Keras must refuse it, too. One case in ten ends in a mistake on purpose.
mergecli reads the spec as text; Keras is called layer by layer, without mergecli's parser or builder. Both must refuse at
the same layer, or accept with the same shapes, dtypes, and counts of parameters, trainable and not. One case in three is
written again with a block and a dictionary of outputs; one in ten is run on numbers. Where mergecli alone refuses, Keras's
model must fail when it is built or run, or the difference must be on the lists of `known_layers` and `known_operations`.

With `--each 0/1` the cases are each layer by itself, with one of its flags and choices changed, on each dtype.
A case that fails is reduced and shown as a spec; put it into `tests/regressions/`. At the end comes a table of verdicts.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import pathlib
import subprocess
import sys
import time
import warnings
from collections import Counter
from typing import Callable, Iterator, Sequence

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
# On some processors oneDNN ends the process in convolutions of bfloat16.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

from hypothesis import HealthCheck, Phase, given, seed, settings

from tools.accepted_dtypes import DTYPES
from tools.random_models import varying
from tools.random_models.cases import Case, Step, plain
from tools.random_models.drawing import KINDS, OPERATIONS, calls, cases
from tools.random_models.judging import Wrong, counts, ours, verdicts
from tools.random_models.reducing import reduced
from tools.random_models.specs import spec

__all__ = [
    "KINDS",
    "OPERATIONS",
    "Case",
    "Step",
    "Tally",
    "calls",
    "cases",
    "counts",
    "ours",
    "plain",
    "run",
    "spec",
]
#: How many wrong verdicts are reduced and shown.
MOST_SHOWN = 20


class Tally:
    """The verdicts so far, and the cases that are wrong.

    Attributes:
        verdicts: How often there was each verdict.
        wrong: What is wrong, with the reduced case as a spec.
    """

    def __init__(self) -> None:
        self.verdicts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def judge(self, case: Case) -> None:
        """Judge a case, and reduce it if it is wrong."""
        try:
            self.verdicts.update(verdicts(case))
        except Exception as problem:  # an internal error is a wrong verdict, too
            self.verdicts["wrong"] += 1
            if len(self.wrong) < MOST_SHOWN:
                self.wrong.append(
                    failure(reduced(case, lambda each: failure(each) is not None)) or said(problem)
                )
                print(self.wrong[-1], file=sys.stderr, flush=True)

    def table(self) -> str:
        """Return the verdicts as a table."""
        return "\n".join(f"{count:8,}  {name}" for name, count in self.verdicts.most_common())


def said(problem: Exception) -> str:
    """Return what a wrong verdict or an internal error says."""
    return str(problem) if isinstance(problem, Wrong) else f"{type(problem).__name__}: {problem}"


def failure(case: Case) -> str | None:
    """Return what is wrong with the verdicts on a case; None if nothing is."""
    try:
        verdicts(case)
    except Wrong as problem:
        return str(problem)
    except Exception as problem:  # an internal error of mergecli
        return f"{said(problem)}\n{spec(case)}"
    return None


class Progress:
    """Judges one case after the other, has Keras forget them now and then, and prints how far it is.

    Attributes:
        judged: How many cases there were.
    """

    def __init__(
        self, judge: Callable[[Case], None], tally: Tally, label: str, verbose: bool
    ) -> None:
        self.judge, self.tally, self.label, self.verbose = judge, tally, label, verbose
        self.judged, self.start = 0, time.perf_counter()

    def __call__(self, case: Case) -> None:
        import keras

        self.judged += 1
        if self.judged % 500 == 0:
            keras.utils.clear_session()  # it remembers all that was ever wired
            if self.verbose:
                print(
                    f"{self.label}{self.judged} cases, {len(self.tally.wrong)} wrong"
                    f" ({time.perf_counter() - self.start:.0f} s)",
                    file=sys.stderr,
                    flush=True,
                )
        with quiet():
            self.judge(case)


def place_and_count(text: str) -> tuple[int, int]:
    """Return the place and the number of shares that `0/8` names.

    Raises:
        ValueError: It is not of this form.
    """
    place, of = map(int, text.split("/"))
    return place, of


def run(
    number: int,
    count: int,
    verbose: bool = False,
    judge: Callable[[Case], None] | None = None,
    tally: Tally | None = None,
) -> int:
    """Judge random cases.

    Args:
        number: The seed.
        count: How many cases.
        verbose: Whether the progress is printed on stderr.
        judge: What judges a case; without it, wide cases are judged by mergecli and Keras.
        tally: Where verdicts are counted.

    Returns:
        How many were judged.

    Raises:
        AssertionError: A verdict is wrong, and there is no `tally`.
    """
    own = Tally() if tally is None else tally
    each = Progress(own.judge if judge is None else judge, own, f"seed {number}: ", verbose)

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=cases(wide=judge is None))
    def drawn(case: Case) -> None:
        each(case)

    drawn()
    if tally is None and own.wrong:
        raise AssertionError("\n\n".join(own.wrong))
    return each.judged


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without Keras's warnings: odd graphs deserve them, and they are not a verdict."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def run_each(
    place: int, of: int, tally: Tally, dtypes: Sequence[str] = DTYPES, verbose: bool = False
) -> int:
    """Judge each layer by itself; see `tools.random_models.varying`.

    Args:
        place: The place of the first case.
        of: How many places further the next one is.
        tally: Where verdicts are counted.
        dtypes: What the inputs hold.
        verbose: Whether the progress is printed on stderr.

    Returns:
        How many cases were judged.
    """
    each = Progress(tally.judge, tally, f"share {place}/{of}: ", verbose)
    for case in itertools.islice(varying.cases(dtypes), place, None, of):
        each(case)
    return each.judged


def main() -> int:
    """Judge cases, print a table of verdicts and what is wrong, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument(
        "--jobs",
        type=int,
        default=1,
        help="processes; each takes its share of the cases, with a seed of its own",
    )
    parser.add_argument(
        "--each",
        type=place_and_count,
        metavar="SHARE/OF",
        help="judge each layer by itself on each dtype, one of its arguments changed; 0/1 is all of them",
    )
    parser.add_argument("--json", help="a file for the verdicts")
    options = parser.parse_args()
    start = time.perf_counter()
    if options.jobs > 1:
        # A process has Keras to itself; its seed defines which cases it judged.
        share = -(-options.count // options.jobs)
        command = [sys.executable, __file__, "--count", str(share), "--seed"]
        workers = [
            subprocess.Popen([*command, str(options.seed * 1000 + number)])
            for number in range(options.jobs)
        ]
        return max(worker.wait() for worker in workers)
    tally = Tally()
    if options.each:
        judged = run_each(*options.each, tally, verbose=True)
    else:
        judged = run(options.seed, options.count, verbose=True, tally=tally)
    if options.json:
        content = json.dumps({"verdicts": tally.verdicts, "wrong": tally.wrong}, indent=1)
        pathlib.Path(options.json).write_text(content, encoding="utf-8")
    print(f"{judged} cases, {tally.verdicts['wrong']} wrong ({time.perf_counter() - start:.0f} s)")
    print(tally.table())
    return 1 if tally.verdicts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
