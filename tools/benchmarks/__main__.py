"""`python tools/benchmarks`: how long mergecli takes beside plain Python and plain Keras, as ratios in one run.

Every figure is the median of whole processes that run in turn, so that a machine that slows down slows both.
"""

from __future__ import annotations

import compileall
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))
ENV = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}
MERGECLI = [sys.executable, "-m", "mergecli"]


def once(command: list[str], cwd: str) -> tuple[float, float]:
    """Seconds and peak memory in MiB of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"failed: {' '.join(command)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def compare(
    title: str, ours: list[str], theirs: list[str], bound: str, cwd: str, runs: int = 5
) -> None:
    """Run two commands in turn and print the ratio of their medians."""
    pairs = [(once(ours, cwd), once(theirs, cwd)) for _ in range(runs + 1)][1:]
    a, b = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
    m, n = (max(pair[side][1] for pair in pairs) for side in (0, 1))
    print(
        f"{title:52} {a:7.3f} s  {b:7.3f} s   time {a / b:5.2f}   memory {m:6.0f} / {n:5.0f} MiB = {m / n:4.2f}   bound {bound}",
        flush=True,
    )


def chain(layers: int) -> str:
    return "input: [8]\nlayers:\n" + "  - Dense: 8\n" * layers


VGG = [64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512, 512, 512, 512, 0]


def vgg_spec() -> str:
    lines = ["name: vgg19", "input: [224, 224, 3]", "layers:"]
    for filters in VGG:
        lines.append(
            f"  - Conv2D: {{filters: {filters}, kernel_size: 3, padding: same, activation: relu}}"
            if filters
            else "  - MaxPooling2D"
        )
    return (
        "\n".join(
            [
                *lines,
                "  - Flatten",
                *["  - Dense: {units: 4096, activation: relu}"] * 2,
                "  - Dense: {units: 1000, activation: softmax}",
            ]
        )
        + "\n"
    )


def vgg_script() -> str:
    lines = ["import keras", "from keras import layers", "x = i = keras.Input((224, 224, 3))"]
    for filters in VGG:
        lines.append(
            f"x = layers.Conv2D({filters}, 3, padding='same', activation='relu')(x)"
            if filters
            else "x = layers.MaxPooling2D()(x)"
        )
    return "\n".join([*lines, "x = layers.Flatten()(x)", *["x = layers.Dense(4096, activation='relu')(x)"] * 2,
                      "x = layers.Dense(1000, activation='softmax')(x)", "keras.Model(i, x).summary()"]) + "\n"  # fmt: skip


def inside(code: str, runs: int = 3) -> float:
    """Seconds that a piece of code takes after `import keras`, the median of some processes."""
    program = f"import keras, time\nstart = time.perf_counter()\n{code}\nprint('seconds', time.perf_counter() - start)"
    seconds = []
    for _ in range(runs):
        result = subprocess.run(
            [sys.executable, "-c", program], env=ENV, capture_output=True, text=True, check=True
        )
        seconds.append(float(result.stdout.rsplit("seconds", 1)[1]))
    return statistics.median(seconds)


def ours_inside(path: str) -> str:
    return (
        "from mergecli.compiler.pipeline import compile_spec\nfrom mergecli.diagnostics.source import Source\nfrom mergecli.runtime import build, keras_summary\n"
        f"network = compile_spec(Source.read({path!r})).network\n"
        "print(keras_summary.summary(build.build(network, weightless=True), network))"
    )


def main() -> None:
    quick = "--quick" in sys.argv
    compileall.compile_dir(str(ROOT / "mergecli"), quiet=1)
    folder = tempfile.mkdtemp()
    try:
        measure(pathlib.Path(folder), quick)
    finally:
        shutil.rmtree(folder)


def measure(folder: pathlib.Path, quick: bool) -> None:
    two = ROOT / "specs" / "two_branch.yaml"
    (folder / "many").mkdir()
    for number in range(1000):
        (folder / "many" / f"{number}.yaml").write_text(two.read_text())
    for layers in (800, 1000, 10_000):
        (folder / f"{layers}.yaml").write_text(chain(layers))
    (folder / "vgg.yaml").write_text(vgg_spec())
    (folder / "vgg.py").write_text(vgg_script())
    (folder / "hostile.yaml").write_text("[" * 100_000)
    python, cwd = sys.executable, str(folder)
    passing = [python, "-c", "pass"]
    check = [*MERGECLI, "validate", "-q"]
    print(f"{'':52} {'mergecli':>9}  {'other':>9}")
    compare(
        "validate two_branch : import click, yaml",
        [*check, str(two)],
        [python, "-c", "import click, yaml"],
        "1.15",
        cwd,
        15,
    )
    compare("validate two_branch : python -c pass", [*check, str(two)], passing, "about 7", cwd, 15)
    compare(
        "validate 1,000 specs : python -c pass",
        [*check, "many"],
        passing,
        "25",
        cwd,
    )
    compare(
        "validate 10,000 layers : 1,000 layers",
        [*check, "10000.yaml"],
        [*check, "1000.yaml"],
        "11",
        cwd,
    )
    compare(
        "validate 10,000 specs : 1,000 specs",
        [*check, *["many"] * 10],
        [*check, "many"],
        "11",
        cwd,
        1,
    )
    compare(
        "summary of 800 layers : python -c pass",
        [*MERGECLI, "summary", "800.yaml"],
        passing,
        "-",
        cwd,
    )
    hostile = "from mergecli.cli.inputs import check; check('hostile.yaml')"
    compare(
        "100,000 brackets : import mergecli",
        [python, "-c", hostile],
        [python, "-c", "import mergecli.cli.inputs"],
        "+ 100 ms",
        cwd,
    )
    small_picture(folder, two)
    others(folder)
    if quick:
        return
    pictures(folder)
    saves(folder)
    start = time.perf_counter()
    from mergecli.cli.inputs import check as check_path

    check_path(str(folder / "800.yaml"))
    ours = time.perf_counter() - start
    loop = "x = i = keras.Input((8,))\nfor _ in range(800): x = keras.layers.Dense(8)(x)\nkeras.Model(i, x)"
    theirs = inside(loop)
    print(
        f"{'check 800 layers : Keras building them':52} {ours:7.3f} s  {theirs:7.3f} s   time {ours / theirs:5.2f}   bound 0.05"
    )
    differences(folder)
    large_import(folder)
    applications(folder)
    script = [python, str(ROOT / "tests" / "support" / "two_branch_script.py")]
    compare(
        "build two_branch : the plain script",
        [*MERGECLI, "build", "--no-plot", str(two)],
        script,
        "1.0",
        cwd,
    )
    compare(
        "build vgg19 : the plain script",
        [*MERGECLI, "build", "--no-plot", "vgg.yaml"],
        [python, "vgg.py"],
        "0.75, memory 0.35",
        cwd,
    )
    a, b = inside(ours_inside(str(folder / "vgg.yaml"))), inside((folder / "vgg.py").read_text())
    print(
        f"{'build vgg19 after `import keras`':52} {a:7.3f} s  {b:7.3f} s   time {a / b:5.2f}   bound 0.2"
    )


def small_picture(folder: pathlib.Path, spec: pathlib.Path) -> None:
    """`mergecli plot` of a small spec beside a script that only lays out and draws the same DOT text, whole processes."""
    once([*MERGECLI, "plot", "-q", str(spec), "-o", "small.dot"], str(folder))
    draw = (
        "import pygraphviz; from pygraphviz import graphviz as library\n"
        "graph, context = pygraphviz.AGraph(string=open('small.dot').read()), library.gvContextWithBuiltins()\n"
        "library.gvLayout(context, graph.handle, b'dot')\n"
        "data = library.gvRenderData(context, graph.handle, b'svg')[1]\n"
        "open('theirs.svg', 'wb').write(data if isinstance(data, bytes) else data.encode())"
    )
    compare(
        "plot two_branch, svg : Graphviz drawing its DOT",
        [*MERGECLI, "plot", "-q", str(spec), "-o", "small.svg"],
        [sys.executable, "-c", draw],
        "2.5",
        str(folder),
    )


def pictures(folder: pathlib.Path) -> None:
    """`mergecli plot` and a script that builds the same model and calls `plot_model`, whole processes; the last column is the drawing of the latter alone."""
    for layers in (10, 100, 1000):
        # No two layers in a row are alike, so that nothing is folded that is only repeated.
        sizes = [8 + 8 * (number % 7) + number % 3 for number in range(layers)]
        (folder / "drawn.yaml").write_text(
            "input: [8]\nlayers:\n" + "".join(f"  - Dense: {units}\n" for units in sizes)
        )
        for form in ("svg", "png"):
            script = (
                "import keras, sys, time\nsys.setrecursionlimit(100_000)\nfrom mergecli.runtime.plot_model import graphviz\n"
                f"x = i = keras.Input((8,))\nfor n in {sizes}: x = keras.layers.Dense(n)(x)\nmodel = keras.Model(i, x)\nstart = time.perf_counter()\n"
                f"with graphviz(): keras.utils.plot_model(model, {str(folder / f'keras.{form}')!r}, show_shapes=True, show_layer_names=True)\n"
                "print('seconds', time.perf_counter() - start)"
            )
            start = time.perf_counter()
            result = subprocess.run(
                [sys.executable, "-c", script], env=ENV, capture_output=True, text=True, check=True
            )
            theirs, alone = (
                time.perf_counter() - start,
                float(result.stdout.rsplit("seconds", 1)[1]),
            )
            for detail in ("auto", "layer"):
                command = [
                    *MERGECLI,
                    "plot",
                    "drawn.yaml",
                    "-q",
                    "--detail",
                    detail,
                    "-o",
                    f"ours.{form}",
                ]
                ours = statistics.median(once(command, str(folder))[0] for _ in range(3))
                print(
                    f"{f'plot {layers:,} layers, {detail}, {form} : plot_model':52} {ours:7.3f} s  {theirs:7.3f} s   time {ours / theirs:5.2f}"
                    f"   drawing alone {alone:.3f} s   bound {1 if form == 'svg' else 3} s",
                    flush=True,
                )


def saves(folder: pathlib.Path) -> None:
    """From a save to the last word of the answer, with `--watch`, beside the same command run anew."""
    for name in ("two_branch", "multi_modal"):
        text = (ROOT / "specs" / f"{name}.yaml").read_text(encoding="utf-8")
        path = folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        for command in (["validate"], ["summary"], ["plot", "-o", "watched.svg"]):
            alone = once([*MERGECLI, *command, path.name], str(folder))[0]
            process = subprocess.Popen(
                [*MERGECLI, *command, path.name, "--watch"],
                cwd=folder,
                env=ENV,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            assert process.stdout is not None
            last = {
                "validate": b" file, no errors",
                "summary": b"memory ",
                "plot": b"wrote watched.svg",
            }[command[0]]
            heard = b"watching for changes"
            seconds, start = [], 0.0
            try:
                for number in range(16):
                    for line in process.stdout:
                        if heard in line:
                            break
                    if number:
                        seconds.append(time.perf_counter() - start)
                    # A save comes at any time between two looks.
                    time.sleep(0.1 + number % 8 / 300)
                    heard = last
                    (folder / "saved").write_text(
                        re.sub(r"units: \d+", f"units: {65 + number}", text, count=1),
                        encoding="utf-8",
                    )
                    start = time.perf_counter()
                    os.replace(folder / "saved", path)
            finally:
                process.terminate()
                process.communicate()
            ours = statistics.median(seconds)
            title = f"a save, {command[0]} --watch {name} : run anew"
            print(
                f"{title:52} {ours:7.3f} s  {alone:7.3f} s   time {ours / alone:5.2f}   slowest {max(seconds):.3f} s   bound 0.1 s",
                flush=True,
            )


def others(folder: pathlib.Path) -> None:
    """Other checkers of YAML on the same files: check-jsonschema with our schema, and yamllint; `pip install` either to see its row."""
    specs = [str(path) for path in sorted((ROOT / "specs").glob("*.yaml"))]
    schema = folder / "schema.json"
    schema.write_bytes(
        subprocess.run([*MERGECLI, "schema"], env=ENV, capture_output=True, check=True).stdout
    )
    relaxed = "{extends: relaxed, rules: {line-length: disable}}"
    for name, options in (
        ("check-jsonschema", ["--schemafile", str(schema)]),
        ("yamllint", ["-d", relaxed]),
    ):
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
        program = shutil.which(name, path=path)
        if program is None:
            print(f"{f'validate specs : {name}':52} {name} is not installed")
        else:
            compare(
                f"validate specs : {name}",
                [*MERGECLI, "validate", "-q", *specs],
                [program, *options, *specs],
                "-",
                str(folder),
            )


def differences(folder: pathlib.Path) -> None:
    """`diff` and `import` of models of 800 layers, whole process, beside what Keras needs after `import keras` to load one of them."""
    save = (
        "import sys, keras\n"
        "for name, units in (('old', 8), ('new', 9)):\n"
        "    x = i = keras.Input((8,))\n"
        "    for n in range(800): x = keras.layers.Dense(units if n == 400 else 8, name=f'd{n}')(x)\n"
        f"    keras.Model(i, x).save({str(folder)!r} + f'/{{name}}.keras')"
    )
    subprocess.run([sys.executable, "-c", save], env=ENV, capture_output=True, check=True)
    theirs = inside(f"keras.models.load_model({str(folder / 'old.keras')!r})")
    spec = (folder / "800.yaml").read_text(encoding="utf-8")
    (folder / "800b.yaml").write_text(spec.replace("Dense: 8", "Dense: 9", 1), encoding="utf-8")
    for title, old, new in (
        ("saved models", "old.keras", "new.keras"),
        ("specs", "800.yaml", "800b.yaml"),
    ):
        # The exit code of a difference is 1.
        command = ["sh", "-c", f"{' '.join(MERGECLI)} diff {old} {new} || test $? = 1"]
        ours = statistics.median(once(command, str(folder))[0] for _ in range(5))
        title = f"diff two {title} of 800 layers : Keras loading one"
        print(f"{title:52} {ours:7.3f} s  {theirs:7.3f} s   time {ours / theirs:5.2f}   bound 0.10")
    ours = statistics.median(
        once([*MERGECLI, "import", "old.keras"], str(folder))[0] for _ in range(5)
    )
    print(
        f"{'import 800 layers : Keras loading them':52} {ours:7.3f} s  {theirs:7.3f} s   time {ours / theirs:5.2f}   bound 0.10"
    )


def large_import(folder: pathlib.Path) -> None:
    """`mergecli import` of EfficientNetB7 beside reading its config from the file, whole processes."""
    save = "import keras; keras.applications.EfficientNetB7(weights=None).save('b7.keras')"
    subprocess.run(
        [sys.executable, "-c", save], env=ENV, cwd=folder, capture_output=True, check=True
    )
    read = "import json, zipfile; json.loads(zipfile.ZipFile('b7.keras').read('config.json'))"
    compare(
        "import EfficientNetB7 : unzip and JSON",
        [*MERGECLI, "import", "b7.keras"],
        [sys.executable, "-c", read],
        "5",
        str(folder),
    )


def applications(folder: pathlib.Path) -> None:
    """All models of `keras.applications`: mergecli checks them as specs, in one process; Keras builds them, in another."""
    place = folder / "applications"
    place.mkdir()
    write = (
        f"import sys, pathlib; sys.path[:0] = [{str(ROOT / 'tests' / 'support')!r}, {str(ROOT)!r}]; from tools import applications as a\n"
        f"for name in a.names(): pathlib.Path({str(place)!r}, name + '.yaml').write_text(a.spec_of(a.build(name)))"
    )
    subprocess.run([sys.executable, "-c", write], env=ENV, capture_output=True, check=True)
    ours = once([*MERGECLI, "validate", "-q", str(place)], str(folder))[0]
    theirs = inside(
        "import inspect\n"
        "for name, function in inspect.getmembers(keras.applications, inspect.isfunction):\n"
        "    if name[0].isupper(): function(weights=None)",
        runs=1,
    )
    print(
        f"{'check all keras.applications : Keras building them':52} {ours:7.3f} s  {theirs:7.3f} s   time {ours / theirs:5.2f}   bound 0.05"
    )


if __name__ == "__main__":
    main()
