"""`python -m tools.every_command --seed 1 --count 1000`: mutated specs and configs through every command.

No command ends with exit code 70 or takes long, whatever is in a spec or in the config of a saved model. Inputs depend on the
seed and their number alone; `--only 4711` runs one again, `--keep FOLDER` keeps those that fail.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

from tools import commands, mutate

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.append(str(TESTS / "support"))

from config_mutations import mutated  # noqa: E402

#: Processor seconds and MiB that one command may take.
SECONDS, MEMORY = 5.0, 100


class Input(NamedTuple):
    """A file to run all commands on."""

    name: str
    data: bytes


def configs() -> list[object]:
    """Return the configs from which mutated ones are made."""
    return [
        json.loads(path.read_text()) for path in sorted((TESTS / "corpus/models").glob("*.json"))
    ]


def spec(number: int, seed: int, pool: list[mutate.Seed]) -> Input:
    """Return a mutated spec."""
    return Input("input.yaml", mutate.mutant(number, seed, pool))


def config(number: int, seed: int, pool: list[object]) -> Input:
    """Return a mutated config of a saved model."""
    chance = random.Random(f"{seed}/{number}/config")
    changed = mutated(chance.choice(pool), chance)
    return Input("input.json", json.dumps(changed).encode())


def check(one: Input) -> Iterator[str]:
    """Run all commands on an input in the working folder, and yield what fails."""
    Path(one.name).write_bytes(one.data)
    is_spec = one.name.endswith(".yaml")
    every = commands.of_spec(one.name) if is_spec else commands.of_model(one.name, "including.yaml")
    for arguments in every:
        try:
            commands.check(arguments, SECONDS, MEMORY)
        except commands.Failed as problem:
            yield str(problem)


def prepare(folder: Path) -> None:
    """Put the files that inputs include into a folder, which becomes the working folder."""
    os.chdir(folder)
    mutate.copy_includes(folder)
    (folder / "including.yaml").write_text(
        "branches: {a: {model: input.json}, b: {model: input.json, prefix: b_, nested: true}}\n"
        "merge: Concatenate\n"
    )
    commands.warm_up(folder)


def run(
    seed: int,
    count: int,
    only: int | None = None,
    keep: Path | None = None,
    say: Callable[[str], None] = print,
) -> list[str]:
    """Run every command on `count` inputs, every third of them a config; return what failed."""
    failures: list[str] = []
    specs, models = mutate.seeds(), configs()
    home = os.getcwd()
    numbers = range(count) if only is None else [only]
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        try:
            for number in numbers:
                is_config = number % 3 == 2
                one = config(number, seed, models) if is_config else spec(number, seed, specs)
                failed = [f"input {number} of seed {seed}: {words}" for words in check(one)]
                failures += failed
                for words in failed:
                    say(words)
                if failed and keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{seed}-{number}-{one.name}").write_bytes(one.data)
                if number % 1000 == 999:
                    say(f"{number + 1:,} inputs, {len(failures)} failures")
        finally:
            os.chdir(home)
    say(f"{len(numbers):,} inputs, {len(failures)} failures")
    return failures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--only", type=int, help="run this input alone")
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that fail")
    options = parser.parse_args()
    keep = options.keep.resolve() if options.keep else None
    start = time.perf_counter()
    failures = run(options.seed, options.count, options.only, keep)
    print(f"{time.perf_counter() - start:.0f} s")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
