"""`python -m tools.fuzz_models --seconds 60`: configs of saved models, through the commands that read them."""

from __future__ import annotations

import json
import random
from pathlib import Path

from tools import fuzzing


def load() -> fuzzing.Target:
    """Return the target; what it imports is instrumented."""
    from tools import commands, every_command

    ready: list[bool] = []

    def inputs() -> list[bytes]:
        return [path.read_bytes() for path in sorted((fuzzing.CORPUS / "models").iterdir())]

    def change(data: bytes, chance: random.Random) -> bytes:
        try:
            config = json.loads(data)
        except (ValueError, RecursionError):
            return chance.choice(inputs())
        if not isinstance(config, (dict, list)) or not config:
            return chance.choice(inputs())
        return json.dumps(every_command.mutated(config, chance)).encode()

    def run(data: bytes, seconds: float, memory: float) -> None:
        if not ready:
            every_command.prepare(Path.cwd())
            ready.append(True)
        Path("input.json").write_bytes(data)
        every = commands.of_model("input.json", "including.yaml")
        for arguments in fuzzing.choose(data, every, 3):
            commands.check(arguments, seconds, memory)

    return fuzzing.Target("models", inputs, change, run)


if __name__ == "__main__":
    fuzzing.main(load)
