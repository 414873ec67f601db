"""`python -m tools.fuzz_specs --seconds 60`: specs as text, through the check and other commands."""

from __future__ import annotations

import random
from pathlib import Path

from tools import fuzzing


def load() -> fuzzing.Target:
    """Return the target; what it imports is instrumented."""
    from tools import commands, mutate

    seeds = [*{seed.data: seed for seed in mutate.seeds()}.values()]
    folder: list[Path] = []

    def inputs() -> list[bytes]:
        own = sorted((fuzzing.CORPUS / "specs").iterdir())
        small = [seed.data for seed in seeds if len(seed.data) < 4000]
        return [*(path.read_bytes() for path in own), *small]

    def change(data: bytes, chance: random.Random) -> bytes:
        for _ in range(chance.choice([1, 1, 2, 4])):
            data = chance.choice(mutate.CHANGES)(data, chance, seeds)
        return data

    def run(data: bytes, seconds: float, memory: float) -> None:
        if not folder:
            folder.append(Path.cwd())
            mutate.copy_includes(folder[0])
            commands.warm_up(folder[0])
        Path("input.yaml").write_bytes(data)
        commands.check(["validate", "input.yaml"], seconds, memory)
        for arguments in fuzzing.choose(data, commands.of_spec("input.yaml"), 2):
            commands.check(arguments, seconds, memory)

    return fuzzing.Target("specs", inputs, change, run)


if __name__ == "__main__":
    fuzzing.main(load)
