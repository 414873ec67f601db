"""`python tools/benchmarks/keystrokes.py`: how long the language server takes to answer a keystroke in specs of up to 3,000 layers.

A line is typed in the middle of the spec, character by character, as an editor sends it; what is measured is the time from a change to the
diagnostics, and to the answer to a question about the changed text.
"""

from __future__ import annotations

import asyncio
import os
import pathlib
import statistics
import sys
import tempfile
import time
from typing import Awaitable, Callable

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "tests" / "support"), str(HERE.parents[1])]
os.environ["PYTHONPATH"] = str(HERE.parents[1])

from editor import Editor
from lsprotocol import types

#: Seconds that an answer may take, by the number of layers.
BOUNDS = {100: 0.05, 1000: 0.05, 3000: 0.15}
KINDS = (
    "Conv2D: {filters: 64, kernel_size: 3, padding: same, activation: relu, name: conv_%d}",
    "BatchNormalization: {name: norm_%d}",
    "Activation: {activation: relu, name: active_%d}",
    "Dropout: {rate: 0.1, name: drop_%d}",
)
TYPED = "  - Conv2D: {filters: 32, kernel_size: [3, 3], padding: same, kernel_regularizer: {L2: {l2: 0.01}}}"


async def measure(layers: int) -> list[tuple[str, list[float]]]:
    lines = [
        "input: [32, 32, 3]",
        "layers:",
        *(f"  - {KINDS[number % 4] % number}" for number in range(layers)),
    ]
    middle = 2 + layers // 2
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with Editor(sys.executable, "-m", "mergecli", "lsp") as editor:
            await editor.open(pathlib.Path(folder) / "spec.yaml", "\n".join([*lines, ""]))
            here = types.TextDocumentIdentifier(editor.uri)
            whole = types.Range(types.Position(0, 0), types.Position(len(lines) + 1, 0))
            for end in range(1, len(TYPED) + 1):
                typed = TYPED[:end]
                at = types.Position(middle, end)
                questions: dict[str, Callable[[], Awaitable[object]]] = {
                    "diagnostics": editor.diagnostics,
                    "completion": lambda at=at: editor.client.text_document_completion_async(
                        types.CompletionParams(here, at)
                    ),  # type: ignore[misc]
                    "hover": lambda: editor.client.text_document_hover_async(
                        types.HoverParams(here, types.Position(middle - 2, 6))
                    ),
                    "hints of all layers": lambda: editor.client.text_document_inlay_hint_async(
                        types.InlayHintParams(here, whole)
                    ),
                }
                for name, ask in questions.items():
                    # A space at the end of the line makes it a different text each time.
                    typed += " "
                    editor.send("\n".join([*lines[:middle], typed, *lines[middle:], ""]))
                    start = time.perf_counter()
                    await ask()
                    taken.setdefault(name, []).append(time.perf_counter() - start)
                    await editor.diagnostics()
    return list(taken.items())


def main() -> None:
    for layers, bound in BOUNDS.items():
        title = f"a keystroke in {layers:,} layers"
        print(f"{title:28} {'median':>9} {'slowest':>9}")
        for name, seconds in asyncio.run(measure(layers)):
            print(
                f"{name:28} {statistics.median(seconds) * 1000:6.1f} ms {max(seconds) * 1000:6.1f} ms   bound {bound * 1000:.0f} ms"
            )


if __name__ == "__main__":
    main()
