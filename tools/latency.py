"""`python -m tools.latency`: compare estimated with measured latencies, and write the table of the documentation.

One thread runs each model, and its processor time counts, so that other programs on the machine hardly change the numbers.
"""

from __future__ import annotations

import os
import time

os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1", OMP_NUM_THREADS="1")
os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.runtime import measure
from tools.docs import markdown
from tools.memory import PAGE, ROOT, spec

MODELS = (
    "u_net.yaml", "inception.yaml", "two_branch.yaml", "multi_output.yaml", "video.yaml", "MobileNet", "MobileNetV2", "ResNet50",
    "DenseNet121", "VGG16", "Xception", "EfficientNetB0",
)  # fmt: skip


def main() -> None:
    """Measure the models and write the table."""
    measure.clock = time.process_time
    device = measure.machine(100)
    print(device)
    lines = ["| model | estimated, ms | measured, ms | error |", "| --- | ---: | ---: | ---: |"]
    errors = []
    for name in MODELS:
        network = compile_spec(Source(spec(name), str(ROOT / "specs" / name))).network
        assert network is not None, name
        result = measure.measure(network, {}, 1, 20, device)
        assert result.estimated is not None, name
        error = result.estimated / result.measured - 1
        errors.append(abs(error))
        shown = f"`specs/{name}`" if name.endswith(".yaml") else name
        times = f"{result.estimated * 1e3:.2f} | {result.measured * 1e3:.2f}"
        lines.append(f"| {shown} | {times} | {error:+.0%} |")
        print(lines[-1], flush=True)
    mean = f"The mean error of these {len(MODELS)} models is {sum(errors) / len(errors):.0%}."
    table = "\n".join(["", *lines, "", mean, ""])
    PAGE.write_text(markdown(PAGE, {"latency": table}), encoding="utf-8")


if __name__ == "__main__":
    main()
