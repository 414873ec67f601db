"""`python tools/mutate.py --seed 1 --count 50000`: mutants of all specs, through the same code as `mergecli validate`.

A mutant is a spec of `specs/` or `tests/errors/` with one to four changes: of bytes, lines, words, or of the tree that it is read as. Whatever
comes of it, there is an answer: no exception, an exit code of the table, each diagnostic with a known code, at a place that there is, in every format,
within bounds of time and memory. Of those without errors a sample, each of another structure, is built by Keras, without weights.

`--only 4711` shows one mutant again: it depends on the seed and its number alone.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
import xml.etree.ElementTree as ElementTree
from typing import Any, Callable, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
HERE = pathlib.Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(HERE.parent)]

from mergecli.catalog import registry
from mergecli.catalog.custom import Custom
from mergecli.cli import inputs, terminal
from mergecli.diagnostics import codes
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.reports import REPORTS, FileReport, render
from mergecli.diagnostics.source import Source, Unreadable, decode
from mergecli.syntax.literals import flow
from mergecli.syntax.yaml_reader import read

#: Processor seconds that one mutant may take, and MiB that it may add to the most that the process has needed so far.
SECONDS, MEMORY = 5.0, 50
#: What Keras is asked to build has no more weights and layers.
WEIGHTS, LAYERS = 20_000_000, 80
#: Codes of diagnostics about a file as a whole; all others have a place.
PLACELESS = {"not-found", "is-folder", "unreadable", "not-utf8"}
BYTES = [*b"\t\r\n \"'[]{}:,-#&*!|>%@`?<=~$()0129.eE+_ax", 0, 7, 0x1B, 0x7F, 0x80, 0xC3, 0xE9, 0xFF]
PIECES = [
    *(
        "\ufeff",
        "\u2028",
        "\u0085",
        "é",
        "中",
        "\U0001f600",
        "\r\n",
        "\n\n",
        "\n---\n",
        "\n...\n",
        "%YAML 1.2\n",
        "# x\n",
        "\t",
        "? ",
        "- ",
        ": ",
        " #",
    ),
    *(
        "&a ",
        "*a",
        "<<: *a",
        "!!str ",
        "!x ",
        "|\n",
        ">-\n",
        "{",
        "}",
        "[",
        "]",
        "''",
        '"',
        "$x",
        "$(",
        ")",
        "$$",
        "${",
        "\\",
        "%",
        "@",
        "`",
        "(3, 3)",
    ),
]
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2, 3, 7, 64, 1000, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 2**64, 10**30, -(10**30), 0.5, -0.5, 1e-3, 1.5, 1e9, 1e308,
    float("inf"), float("-inf"), float("nan"), "", " ", "x", "None", "True", "64", "no", "(3, 3)", "a/b", "a b", "é", "$x", "$(1 + 1)", "$(", "$i", "previous",
    "input", "merge", "Dense", "Flatten", "ops.add", "relu", "softmax", "same", "valid", "channels_first", "int32", "string", "float16", "mixed_float16",
    [], [None], [1], [1, 2], [3, 3], [0], [-1], [[1, 1], [2, 2]], ["x"], {}, {"x": 1}, {"Dense": 8}, {"Dense": {"units": 8}}, {"L2": 0.01}, [[]], [{}],
    [8], [None, 8], [32, 32, 3], [8, 8, 8, 3], {"shape": [8]}, {"shape": [8], "dtype": "int32"}, {"batch_shape": [2, 8]},
]  # fmt: skip
KEYS = """
    name description vars blocks budget input inputs layers branches merge head heads outputs from call as repeat use shape dtype batch_size batch_shape params
    units filters kernel_size strides padding activation axis rate data_format dilation_rate groups use_bias training trainable pool_size spec model application
    with output prefix nested parameters size macs return_sequences return_state stateful layer layers target_shape dims n x-a
""".split()


class Seed(NamedTuple):
    """A spec that mutants are made of."""

    name: str
    data: bytes


def seeds() -> list[Seed]:
    """Every spec; those without errors as often as those with, so that mutants go deep, too."""
    right, wrong = (
        sorted((HERE.parent / "specs").glob("*.yaml")),
        sorted((HERE / "errors").glob("*.yaml")),
    )
    return [
        Seed(path.name, path.read_bytes()) for path in [*right * (len(wrong) // len(right)), *wrong]
    ]


# Changes of bytes and lines.


def change_bytes(data: bytes, draw: random.Random, pool: list[Seed]) -> bytes:
    place = draw.randrange(len(data) + 1)
    choice = draw.randrange(6)
    if choice == 0:
        return data[:place] + bytes([draw.choice(BYTES)]) + data[place:]
    if choice == 1:
        return data[:place] + data[place + draw.choice([1, 1, 1, 2, 8]) :]
    if choice == 2:
        return data[:place] + bytes([draw.choice(BYTES)]) + data[place + 1 :]
    if choice == 3:
        return data[:place] + draw.choice(PIECES).encode() + data[place:]
    if choice == 4:
        end = min(len(data), place + draw.randrange(1, 40))
        return data[:end] + data[place:end] * draw.choice([1, 1, 2, 30]) + data[end:]
    return data[:place]


def change_lines(data: bytes, draw: random.Random, pool: list[Seed]) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    place = draw.randrange(len(lines))
    choice = draw.randrange(8)
    if choice == 0:
        del lines[place]
    elif choice == 1:
        lines.insert(place, lines[draw.randrange(len(lines))])
    elif choice == 2:
        other = draw.randrange(len(lines))
        lines[place], lines[other] = lines[other], lines[place]
    elif choice == 3:
        lines[place] = b" " * draw.choice([1, 2, 4]) + lines[place]
    elif choice == 4:
        lines[place] = lines[place][draw.choice([1, 2, 4]) :]
    elif choice == 5:
        lines[place] = lines[place].rstrip(b"\r\n")
    elif choice == 6:
        other_lines = draw.choice(pool).data.splitlines(keepends=True) or [b""]
        start = draw.randrange(len(other_lines))
        lines[place:place] = other_lines[start : start + draw.randrange(1, 8)]
    else:
        end = draw.choice([b"\r\n", b"\r", b"\n"])
        return end.join(data.splitlines()) + end
    return b"".join(lines)


WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$-+'\"")


def words(text: str) -> list[tuple[int, int]]:
    """Where the words of a text begin and end."""
    result, start = [], None
    for place, character in enumerate(text + " "):
        if character in WORD:
            start = place if start is None else start
        elif start is not None:
            result.append((start, place))
            start = None
    return result


def change_words(data: bytes, draw: random.Random, pool: list[Seed]) -> bytes:
    text = data.decode("utf-8", "replace")
    result = words(text)
    if not result:
        return data
    start, end = draw.choice(result)
    old = text[start:end]
    choice = draw.randrange(7)
    if choice == 0:
        other = draw.choice(pool).data.decode("utf-8", "replace")
        theirs = words(other)
        new = other[slice(*draw.choice(theirs))] if theirs else ""
    elif choice == 1:
        new = text[slice(*draw.choice(result))]
    elif choice == 2:
        new = draw.choice(sorted(registry.layers()))
    elif choice == 3:
        new = draw.choice(KEYS)
    elif choice == 4:
        new = flow(draw.choice(VALUES))
    elif choice == 5 and len(old) > 1:
        place = draw.randrange(len(old) - 1)
        new = old[:place] + old[place + 1] + old[place] + old[place + 2 :]
    else:
        new = draw.choice(
            [
                "'{}'",
                '"{}"',
                "[{}]",
                "{{{}: 1}}",
                "({})",
                "!!str {}",
                "&a {}",
                "*{}",
                "${}",
                "{},",
                "-{}",
                "{}.0",
                "{}{}",
            ]
        ).format(old, old)
    return (text[:start] + new + text[end:]).encode("utf-8", "replace")


def change_gently(data: bytes, draw: random.Random, pool: list[Seed]) -> bytes:
    """Something else of the same sort, so that there are many without errors."""
    text = data.decode("utf-8", "replace")
    result = [
        (start, end)
        for start, end in words(text)
        if text[start:end] in ALIKE or text[start:end].isdigit()
    ]
    if not result:
        return data
    start, end = draw.choice(result)
    old = text[start:end]
    new = (
        str(draw.choice([1, 2, 3, 4, 5, 8, 16, 32, 64]))
        if old.isdigit()
        else draw.choice(ALIKE[old])
    )
    return (text[:start] + new + text[end:]).encode()


#: Words that may stand for one another.
ALIKE = {
    word: group
    for group in (
        ["relu", "sigmoid", "tanh", "softmax", "gelu", "linear", "elu", "null"],
        ["same", "valid"],
        ["Add", "Average", "Maximum", "Multiply", "Subtract", "Concatenate", "Minimum", "ops.add"],
        [
            "Conv2D",
            "SeparableConv2D",
            "DepthwiseConv2D",
            "Conv2DTranspose",
            "MaxPooling2D",
            "ZeroPadding2D",
        ],
        [
            "MaxPooling2D",
            "AveragePooling2D",
            "GlobalAveragePooling2D",
            "GlobalMaxPooling2D",
            "Flatten",
            "UpSampling2D",
            "ZeroPadding2D",
        ],
        ["Dense", "EinsumDense", "LSTM", "GRU", "Embedding", "Dropout", "RepeatVector"],
        [
            "BatchNormalization",
            "LayerNormalization",
            "UnitNormalization",
            "GroupNormalization",
            "ReLU",
            "Flatten",
            "Softmax",
        ],
        ["Dropout", "SpatialDropout2D", "GaussianNoise", "AlphaDropout", "Activation"],
        ["true", "false", "null"],
        ["int32", "float32", "int64", "float16", "uint8"],
    )
    for word in group
}


# Changes of the tree.


def change_tree(data: bytes, draw: random.Random, pool: list[Seed]) -> bytes:
    value = plain(data)
    if value is None:
        return change_words(data, draw, pool)
    places = sorted(paths(value), key=len)
    place = draw.choice(places)
    choice = draw.randrange(8)
    if choice == 0:
        value = put(value, place, draw.choice(VALUES))
    elif choice == 1:
        value = put(value, place, at(value, draw.choice(places)))
    elif choice == 2:
        value = put(value, place, ..., delete=True)
    elif choice == 3:
        other = plain(draw.choice(pool).data)
        if other is not None:
            value = put(value, place, at(other, draw.choice(sorted(paths(other), key=len))))
    elif choice == 4:
        one, two = at(value, place), at(value, other_place := draw.choice(places))
        value = put(put(value, place, two), other_place, one)
    elif choice == 5:
        value = put(value, place, [at(value, place)] * draw.choice([1, 2, 20]))
    else:
        keyed = [p for p in places if isinstance(at(value, p), dict) and at(value, p)]
        if keyed:
            place = draw.choice(keyed)
            inner = at(value, place)
            key = draw.choice(sorted(inner, key=str))
            new = draw.choice(KEYS) if draw.randrange(2) else draw.choice(sorted(registry.layers()))
            added = draw.randrange(2)
            changed = (
                {**inner, new: draw.choice(VALUES)}
                if added
                else {new if k == key else k: v for k, v in inner.items()}
            )
            value = put(value, place, changed)
    if isinstance(value, dict):
        return (
            "".join(f"{flow({key: item})[1:-1]}\n" for key, item in value.items()).encode(
                "utf-8", "replace"
            )
            or b"{}\n"
        )
    return (flow(value) + "\n").encode("utf-8", "replace")


def plain(data: bytes) -> Any:
    """The plain value of a spec's text, its blocks and variables as they are written; None when it cannot be read."""
    try:
        tree, _ = read(Source(decode(data), "seed.yaml"))
    except Unreadable:
        return None
    return tree.data() if tree is not None else None


Path = tuple[Any, ...]


def paths(value: Any, path: Path = ()) -> list[Path]:
    result = [path]
    if len(path) < 12:
        for key, item in (
            value.items()
            if isinstance(value, dict)
            else enumerate(value)
            if isinstance(value, list)
            else ()
        ):
            result += paths(item, (*path, key))
            if len(result) > 400:
                break
    return result


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def put(value: Any, path: Path, new: Any, delete: bool = False) -> Any:
    """The value with another part at a path, if it has that path; nothing is shared with the old one."""
    if not path:
        return {} if delete else new
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and step in value:
        if delete and not rest:
            return {key: item for key, item in value.items() if key != step}
        return {
            key: put(item, rest, new, delete) if key == step else item
            for key, item in value.items()
        }
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        if delete and not rest:
            return value[:step] + value[step + 1 :]
        return [
            put(item, rest, new, delete) if index == step else item
            for index, item in enumerate(value)
        ]
    return value


CHANGES: list[Callable[[bytes, random.Random, list[Seed]], bytes]] = [
    *(change_bytes, change_lines, change_words, change_words, change_tree, change_tree),
    *[change_gently] * 5,
]


def mutant(number: int, seed: int, pool: list[Seed]) -> bytes:
    """The mutant of a number: the same for the same seed and the same specs."""
    draw = random.Random(f"{seed}/{number}")
    data = draw.choice(pool).data
    for _ in range(draw.choice([1, 1, 1, 2, 2, 3, 4])):
        data = draw.choice(CHANGES)(data, draw, pool)
    return data[: 1 << 20]


def copy_includes(folder: pathlib.Path) -> None:
    """Put the files that mutants include into a folder; they are not mutants themselves."""
    shutil.copytree(HERE / "errors" / "parts", folder / "parts")
    for spec in (HERE.parent / "specs").glob("*.yaml"):
        shutil.copy(spec, folder)


# Judgement.


class Failed(Exception):
    """What a mutant must not do."""


def judge(path: pathlib.Path) -> inputs.Checked:
    """Check a file as `validate` does, and see that what comes of it is as it should be.

    Raises:
        Failed: it is not.
    """
    start, before = time.process_time(), most_memory()
    checked = inputs.check(str(path))
    reported = FileReport(checked.path, checked.source, checked.diagnostics, checked.unreadable)
    reported.fixable = [diagnostic for diagnostic in checked.diagnostics if diagnostic.fix]
    for name in REPORTS:
        for color in (False, True):
            text = render(name, [reported], color)
            if name in ("json", "jsonl", "gitlab", "sarif"):
                json.loads(text)
            elif name == "junit":
                ElementTree.fromstring(text)
    seconds, grown = time.process_time() - start, most_memory() - before
    diagnostics = checked.diagnostics
    code = (
        terminal.EXIT_UNREADABLE
        if checked.unreadable
        else terminal.EXIT_ERRORS
        if any(d.is_error for d in diagnostics)
        else 0
    )
    if checked.unreadable:
        raise Failed(f"exit code {code} for a file that is there")
    if checked.compiled is not None and (checked.compiled.network is None) != (code == 1):
        raise Failed(f"exit code {code} and {'no' if code == 0 else 'a'} network")
    for one in diagnostics:
        judge_diagnostic(one, checked)
    if seconds > SECONDS:
        raise Failed(f"took {seconds:.1f} s")
    if grown > MEMORY:
        raise Failed(f"needed {grown:.0f} MiB more")
    return checked


def judge_diagnostic(diagnostic: Diagnostic, checked: inputs.Checked) -> None:
    if diagnostic.code not in codes.CODES:
        raise Failed(f"no such code: {diagnostic.code}")
    if diagnostic.span is None and diagnostic.code not in PLACELESS:
        raise Failed(f"an error without a place: {diagnostic.code}: {diagnostic.message}")
    if not diagnostic.message.isprintable() or len(diagnostic.message) > 1100:
        raise Failed(f"a message that cannot be shown: {diagnostic.message!r:.200}")
    for span in (diagnostic.span, *(related.span for related in diagnostic.related)):
        if span is None or checked.source is None:
            continue
        source = checked.source.of(span)
        line = source.line(span.line)
        lines = source.text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
        if not (
            1 <= span.line <= lines + 1
            and 1 <= span.column <= len(line) + 1
            and span[2:4] >= span[:2]
        ):
            raise Failed(
                f"a place that there is not: {span} of {diagnostic.code}: {diagnostic.message}"
            )


def most_memory() -> float:
    """The most that the process has needed so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def structure(network: Any) -> Any:
    """What two networks have in common that Keras builds in the same way."""
    parts = [
        (
            node.cls,
            tuple(sorted(node.layer.explicit)) if node.layer is not None else (),
            tuple(node.sources or ()),
            node.keywords,
            tuple(network.results[node.index]),
        )
        for node in network.parts()
    ]
    return hash(tuple(parts))


def buildable(network: Any) -> bool:
    """Whether Keras can be asked to build it in little time and memory."""
    layers = [node.layer for node in network.parts() if node.layer is not None]
    if any(
        isinstance(layer, Custom) or isinstance(layer.explicit.get("vocabulary"), str)
        for layer in layers
    ):
        return False  # a class or a file of the user's, which is read only when the model is built
    sizes = [
        size
        for node in network.parts()
        for tensor in network.results[node.index]
        for size in tensor.shape or ()
        if size is not None
    ]
    return (
        len(network.parts()) <= LAYERS
        and network.count() <= WEIGHTS
        and max(sizes, default=0) <= 1_000_000
    )


def run(
    seed: int,
    count: int,
    builds: int = 100,
    only: int | None = None,
    keep: pathlib.Path | None = None,
    say: Callable[[str], None] = print,
) -> list[str]:
    """Judge `count` mutants; gives what was wrong with each that failed."""
    pool = seeds()
    failures: list[str] = []
    seen: set[Any] = set()
    accepted = built = 0
    folder = pathlib.Path(tempfile.mkdtemp())
    copy_includes(folder)
    path = folder / "mutant.yaml"
    # Modules that are loaded on the way are not caused by a mutant.
    path.write_bytes(b"input: [8]\nlayers: [Dens, {Dense: (3, 3)}, Dense(3)]\n")
    judge(path)
    try:
        for number in range(count) if only is None else [only]:
            data = mutant(number, seed, pool)
            path.write_bytes(data)
            try:
                checked = judge(path)
                network = checked.compiled.network if checked.compiled is not None else None
                if network is not None:
                    accepted += 1
                    if (
                        built < builds
                        and buildable(network)
                        and (kind := structure(network)) not in seen
                    ):
                        seen.add(kind)
                        built += 1
                        build(network)
            except Exception as problem:
                words = (
                    str(problem) if isinstance(problem, Failed) else traceback.format_exc(limit=-4)
                )
                failures.append(f"mutant {number} of seed {seed}: {words}")
                say(failures[-1])
                if keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{seed}-{number}.yaml").write_bytes(data)
            if number % 5000 == 4999:
                say(
                    f"{number + 1:,} mutants, {accepted:,} without errors, {built} built, {len(failures)} failures, {most_memory():.0f} MiB"
                )
    finally:
        shutil.rmtree(folder)
    say(
        f"{count if only is None else 1:,} mutants, {accepted:,} without errors, {built} built, {len(failures)} failures"
    )
    return failures


def build(network: Any) -> None:
    """Have Keras build it, without weights; its disagreement is an exception."""
    import keras

    from mergecli.runtime.build import build as build_model

    keras.backend.clear_session()
    build_model(network, weightless=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument(
        "--builds", type=int, default=300, help="how many of those without errors Keras builds"
    )
    parser.add_argument("--only", type=int, help="judge this mutant alone, and show it")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the mutants that fail")
    options = parser.parse_args()
    if options.only is not None:
        sys.stdout.write(
            mutant(options.only, options.seed, seeds()).decode("utf-8", "backslashreplace") + "\n"
        )
    start = time.perf_counter()
    failures = run(options.seed, options.count, options.builds, options.only, options.keep)
    print(f"{time.perf_counter() - start:.0f} s")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
