"""Fuzzing with coverage where `atheris` is installed (`pip install -e '.[fuzz]'`), else by mutation alone.

An input fails that ends a command with exit code 70, takes more than a second, or needs more than 200 MiB.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Callable, Iterable, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "tests" / "corpus"
#: Processor seconds and MiB that an input may take. Instrumented code is several times slower.
SECONDS, SECONDS_INSTRUMENTED, MEMORY = 1.0, 5.0, 200.0
#: The longest input that is made, in bytes.
LONGEST = 1 << 16


class Target(NamedTuple):
    """What is fuzzed.

    Attributes:
        name: Its name, which is that of the folder of its corpus.
        seeds: The inputs from which others are made.
        mutate: Makes another input of one, with random numbers.
        run: Runs an input within so many seconds and MiB, and raises if it fails.
    """

    name: str
    seeds: Callable[[], list[bytes]]
    mutate: Callable[[bytes, random.Random], bytes]
    run: Callable[[bytes, float, float], None]


def choose(data: bytes, every: Iterable[list[str]], count: int) -> list[list[str]]:
    """Return some of the commands for an input, always the same ones for the same input."""
    return random.Random(zlib.crc32(data)).sample(list(every), count)


def main(load: Callable[[], Target]) -> None:
    """Fuzz a target, which is loaded when its code can be instrumented; end with 1 if an input fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long to fuzz")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="do without atheris")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), metavar="FOLDER",
                        help="where inputs that fail are kept")  # fmt: skip
    parser.add_argument(
        "--slack",
        type=float,
        default=1,
        help="how much more time and memory inputs may take, as on a slow machine",
    )
    parser.add_argument("inputs", nargs="*", type=Path, help="run only these files")
    options = parser.parse_args()
    guided = None if options.plain or options.inputs else _atheris()
    if guided is None:
        target = load()
    else:
        with guided.instrument_imports(include=["mergecli"]):
            target = load()
    keep, inputs = options.keep.resolve(), [path.read_bytes() for path in options.inputs]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        if inputs:
            sys.exit(_fuzz_plainly(target, keep, iter(inputs), options.slack))
        if guided is None:
            mutated = _mutated(target, options.seed, options.seconds)
            sys.exit(_fuzz_plainly(target, keep, mutated, options.slack))
        _fuzz_guided(guided, target, keep, options, Path(folder))


def _atheris() -> object:
    try:
        import atheris  # optional
    except ImportError:
        return None
    return atheris


def _mutated(target: Target, seed: int, seconds: float) -> Iterable[bytes]:
    """Yield mutated seeds until the time is over, then the seeds themselves at last."""
    chance, pool = random.Random(seed), target.seeds()
    end = time.monotonic() + seconds
    yield from pool
    while time.monotonic() < end:
        yield target.mutate(chance.choice(pool), chance)[:LONGEST]


def _fuzz_plainly(target: Target, keep: Path, inputs: Iterable[bytes], slack: float) -> int:
    """Run inputs; return the exit code."""
    start, count, failed = time.monotonic(), 0, 0
    for data in inputs:
        count += 1
        failed += not _passes(target, data, SECONDS, slack, keep)
    passed = max(time.monotonic() - start, 0.001)
    print(f"{target.name}: {count:,} inputs, {count / passed:.0f} a second, {failed} failures")
    return int(failed > 0)


def _passes(target: Target, data: bytes, seconds: float, slack: float, keep: Path) -> bool:
    try:
        target.run(data, seconds * slack, MEMORY * slack)
    except Exception as problem:
        keep.mkdir(parents=True, exist_ok=True)
        path = keep / f"{target.name}-{zlib.crc32(data):08x}"
        path.write_bytes(data)
        print(f"{path}: {type(problem).__name__}: {problem}", flush=True)
        return False
    return True


def _fuzz_guided(
    atheris: object, target: Target, keep: Path, options: argparse.Namespace, folder: Path
) -> None:
    """Fuzz with coverage; the process ends with it, with 1 at the first failure."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(target.seeds()):
        (corpus / str(number)).write_bytes(data)
    start, count = time.monotonic(), 0

    def run(data: bytes) -> None:
        nonlocal count
        count += 1
        if not _passes(target, data, SECONDS_INSTRUMENTED, options.slack, keep):
            _report()
            os._exit(1)
        if time.monotonic() - start > options.seconds:
            _report()
            os._exit(0)

    def _report() -> None:
        rate = count / max(time.monotonic() - start, 0.001)
        print(
            f"{target.name}: {count:,} inputs, {rate:.0f} a second, guided by coverage", flush=True
        )

    def mutate(data: bytes, most: int, number: int) -> bytes:
        # Half of the inputs are changed as text or data, the others as bytes.
        chance = random.Random(number)
        if chance.random() < 0.5:
            return target.mutate(data, chance)[:most]
        return atheris.Mutate(data, most)  # type: ignore[attr-defined,no-any-return]

    arguments = [
        target.name,
        str(corpus),
        f"-max_len={LONGEST}",
        f"-seed={options.seed}",
        "-rss_limit_mb=0",
    ]
    atheris.Setup(arguments, run, custom_mutator=mutate)  # type: ignore[attr-defined]
    atheris.Fuzz()  # type: ignore[attr-defined]
