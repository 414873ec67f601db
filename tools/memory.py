"""`python -m tools.memory [NAME...]`: measure the peak memory of models, and write the table of the documentation.

Each model makes a step of `predict` and of `fit` in processes of its own, with a small and with a large batch. What the process takes
more for each further sample is compared with the estimate: the resident memory (VmHWM), and what TensorFlow's allocator is asked for.
The measurements are kept in `tools/memory.jsonl`; without names the table is written again from there.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Any, Iterator, TypedDict

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "tools" / "memory.jsonl"
PAGE = ROOT / "docs" / "reference" / "costs.md"
MODES = ("predict", "fit")
#: What a small batch takes, so that what does not depend on the batch is small beside the difference.
SMALL_BATCH_BYTES = 150_000_000
#: Blocks of this size are given back to the system at once, so that resident memory is what exists.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


class Row(TypedDict):
    """One measurement.

    Attributes:
        model: The application or the file of the spec.
        mode: "predict" or "fit".
        batches: The samples in the small and in the large batch.
        resident: The bytes of resident memory for each further sample.
        tensorflow: The bytes that TensorFlow's allocator is asked for at the peak, with the large batch.
    """

    model: str
    mode: str
    batches: list[int]
    resident: float
    tensorflow: int


def spec(name: str) -> str:
    """Return the text of a spec: a file in `specs/`, or an application without weights."""
    if name.endswith(".yaml"):
        return (ROOT / "specs" / name).read_text(encoding="utf-8")
    size = "{input_shape: [224, 224, 3]}"
    return (
        f"branches: {{a: {{application: {name}, with: {size}}}}}\nhead: [{{Activation: linear}}]\n"
    )


def estimates(name: str, mode: str, batches: list[int]) -> list[int]:
    """Return the estimated peaks for some batch sizes, in bytes."""
    from mergecli.compiler.pipeline import compile_spec
    from mergecli.diagnostics.source import Source
    from mergecli.ir.memory import inference_bytes, training_bytes

    network = compile_spec(Source(spec(name), str(ROOT / "specs" / name))).network
    assert network is not None, name
    count = inference_bytes if mode == "predict" else training_bytes
    return [count(network, batch) or 0 for batch in batches]


def slope(peaks: list[int], batches: list[int]) -> float:
    """Return the bytes for each further sample."""
    return (peaks[1] - peaks[0]) / (batches[1] - batches[0])


def measure(name: str) -> list[Row]:
    """Run a model in processes of its own."""
    plan: dict[str, list[int]] = {}
    for mode in MODES:
        first = int(SMALL_BATCH_BYTES / slope(estimates(name, mode, [1, 2]), [1, 2]))
        first = max(2, min(2048, first))
        plan[mode] = [first, 3 * first]
    steps = [f"{mode}:{batch}" for mode in MODES for batch in plan[mode]]
    resident = run(name, steps, "0")
    rows: list[Row] = []
    for place, mode in enumerate(MODES):
        peaks, batches = resident[2 * place : 2 * place + 2], plan[mode]
        (asked,) = run(name, [f"{mode}:{batches[1]}"], "1")
        rows.append(
            Row(
                model=name,
                mode=mode,
                batches=batches,
                resident=slope(peaks, batches),
                tensorflow=asked,
            )
        )
    return rows


def run(name: str, steps: list[str], onednn: str) -> list[int]:
    """Return a peak for each step, which is a mode and a batch size, of a process that runs a model.

    With oneDNN it is what TensorFlow's allocator is asked for, without it the resident memory, as there is no pool then.
    """
    environment = {
        **os.environ,
        **MALLOC,
        "TF_ENABLE_ONEDNN_OPTS": onednn,
        "KERAS_BACKEND": "tensorflow",
    }
    command = [sys.executable, "-m", "tools.memory", "--child", name, *steps]
    result = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900
    )
    if result.returncode:
        raise RuntimeError(result.stderr[-2000:])
    peaks: list[int] = json.loads(result.stdout.splitlines()[-1])
    return peaks


def child(name: str, steps: list[str]) -> None:
    """Run a model in this process and print its peaks."""
    import mergecli

    model: Any = mergecli.load(ROOT / "specs" / name, source=spec(name))
    if not model.compiled:
        model.compile(optimizer="adam", loss="mse")
    print(json.dumps([_peak(model, *step.split(":")) for step in steps]))


def _peak(model: Any, mode: str, batch: str) -> int:
    """Make a step of a model, and return the most bytes that were taken.

    Of resident memory it is what the step takes beside the memory before it, in which are the weights, the variables of the optimizer
    and the data. Two small steps make the functions first, which then fit every batch.
    """
    _step(model, mode, 1)
    _step(model, mode, 2)
    is_asked = os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"
    return _asked(model, mode, int(batch)) if is_asked else _step(model, mode, int(batch))


def _asked(model: Any, mode: str, batch: int) -> int:
    """Make a step of a model, and return the bytes of its variables and the most that its tensors asked for at once.

    The allocator's own count is of blocks, which are up to twice as large as what was asked for.
    """
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    variables = [*model.variables, *(model.optimizer.variables if mode == "fit" else ())]
    fixed = sum(int(tf.size(variable)) * tf.as_dtype(variable.dtype).size for variable in variables)
    options = tf.profiler.experimental.ProfilerOptions(host_tracer_level=2)
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder, options)
        _step(model, mode, batch)
        tf.profiler.experimental.stop()
        (path,) = pathlib.Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
    live: dict[int, int] = {}
    total = peak = 0
    for _, is_allocated, address, size in sorted(_allocations(space)):
        if is_allocated:
            live[address] = size
            total += size
        else:
            total -= live.pop(address, 0)
        peak = max(peak, total)
    return fixed + peak


def _allocations(space: Any) -> Iterator[tuple[int, bool, int, int]]:
    """Yield when memory was allocated or freed: the time, whether it was allocated, its address and its bytes."""
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                name = plane.event_metadata[event.metadata_id].name
                if name not in ("MemoryAllocation", "MemoryDeallocation"):
                    continue
                stats = {plane.stat_metadata[stat.metadata_id].name: stat for stat in event.stats}
                address, size = (
                    getattr(stat, stat.WhichOneof("value"))
                    for stat in (stats["addr"], stats["requested_bytes"])
                )
                time = 1000 * line.timestamp_ns + event.offset_ps
                yield time, name == "MemoryAllocation", address, size


def _step(model: Any, mode: str, batch: int) -> int:
    """Make a step of a model, and return by how much its resident memory exceeds that before it."""
    import numpy as np
    import tensorflow as tf

    def ones(tensor: Any) -> Any:
        return np.ones((batch, *tensor.shape[1:]), tensor.dtype)

    inputs = {x.name: ones(x) for x in model.inputs}
    given = inputs if len(inputs) > 1 else next(iter(inputs.values()))
    targets = tf.nest.map_structure(ones, model.output)
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS:")
    model.predict_on_batch(given) if mode == "predict" else model.train_on_batch(given, targets)
    return _status("VmHWM:") - before


def _status(name: str) -> int:
    """Return a number of bytes that the system keeps for this process."""
    return 1024 * int(pathlib.Path("/proc/self/status").read_text().split(name)[1].split()[0])


def rows() -> list[Row]:
    """Return the last measurement of each model and mode."""
    last: dict[tuple[str, str], Row] = {}
    for line in RESULTS.read_text(encoding="utf-8").splitlines():
        row: Row = json.loads(line)
        last[row["model"], row["mode"]] = row
    return list(last.values())


def table() -> str:
    """Return the table of the documentation."""
    lines = [
        "| model | step | MB for each further sample: estimated | resident | ratio | MB for the large batch: estimated | TensorFlow | ratio |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows():
        peaks = estimates(row["model"], row["mode"], row["batches"])
        each = slope(peaks, row["batches"])
        cells = [
            f"{each / 1e6:.2f}",
            f"{row['resident'] / 1e6:.2f}",
            f"{row['resident'] / each:.2f}",
        ]
        cells += [
            f"{peaks[1] / 1e6:,.0f}",
            f"{row['tensorflow'] / 1e6:,.0f}",
            f"{row['tensorflow'] / peaks[1]:.2f}",
        ]
        name = row["model"] if not row["model"].endswith(".yaml") else f"`specs/{row['model']}`"
        lines.append(f"| {name} | `{row['mode']}`, {row['batches'][1]} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main(names: list[str]) -> None:
    """Measure models and write the table."""
    if names[:1] == ["--child"]:
        return child(names[1], names[2:])
    for name in names:
        for row in measure(name):
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    # The processes that are measured do without it.
    from tools.docs import markdown

    PAGE.write_text(markdown(PAGE, {"memory": f"\n{table()}"}), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
