"""Small specs that once took seconds or gigabytes to check, one for each place that was unbounded."""

from __future__ import annotations

from typing import Callable, Iterable

START = "input: [8]\nlayers:\n"
INPUTS = "inputs: {a: [8]}\nlayers:\n"
TWO = "branches:\n  a: {input: [8], layers: [Flatten]}\n"


def _keys(count: int) -> str:
    return ", ".join(f"k{i}: 1" for i in range(count))


def _entries(form: str, numbers: Iterable[int]) -> str:
    return "".join(f"  - {form.replace('#', str(i))}\n" for i in numbers)


def _branches(form: str, count: int) -> str:
    lines = (
        f"  b{i}: {form.replace('@', str(i + 1)).replace('#', str(i))}\n" for i in range(count)
    )
    return "branches:\n" + "".join(lines) + "merge: Concatenate\n"


def _many(word: str, count: int) -> str:
    return f"[{', '.join([word] * count)}]"


#: Each text with the code of one of its diagnostics, which is empty if it has none.
WORST: dict[str, tuple[Callable[[], str], str]] = {
    # Very many mistakes.
    "keys": (lambda: f"{START}  - Flatten\n" + "".join(f"k{i}: 1\n" for i in range(80_000)),
             "unknown-key"),
    "arguments": (lambda: f"{START}  - Dense: {{units: 3, {_keys(80_000)}}}\n", "unknown-argument"),
    "call arguments": (lambda: f"{START}  - {{Dense: 4, call: {{{_keys(80_000)}}}}}\n",
                       "unknown-argument"),
    "entry keys": (lambda: f"{START}  - {{{_keys(80_000)}}}\n", "unknown-key"),
    "arguments beside": (lambda: f"{START}  - {{Dense: 4, {', '.join(['units: 3'] * 80_000)}}}\n",
                         "unknown-key"),
    "layers": (lambda: START + _entries("Densx#", range(150_000)), "unknown-layer"),
    "calls": (lambda: START + _entries("Dense(units=3, a=[1, #])", range(50_000)),
              "unknown-layer"),
    "references": (lambda: START + _entries("{Dense: 4, from: x#}", range(25_000)),
                   "unknown-reference"),
    "references of names": (
        lambda: INPUTS
        + _entries("{Dense: {units: 4, name: l#}, from: a}", range(1))
        + _entries("{Add: {name: l#}, from: [l0, z#]}", range(1, 12_000)),
        "unknown-reference",
    ),
    "outputs": (lambda: f"{START}  - Dense: 4\noutputs: [{', '.join(f'd{i}' for i in range(150_000))}]\n",
                "unknown-reference"),
    "metrics": (
        lambda: f"{START}  - Dense: 4\ncompile: {{optimizer: adam, loss: mse, metrics:"
        f" [{', '.join(f'm{i}' for i in range(150_000))}]}}\n",
        "wrong-value",
    ),
    "words": (lambda: "input: {shape: [1], dtype: string}\nlayers:\n"
              f"  - StringLookup: {{vocabulary: {_many('w', 170_000)}}}\n", "wrong-value"),
    "question marks": (lambda: START + _entries("?x", range(100_000)), "too-large"),
    "comments": (lambda: f"{START}  - Flatten\n" + "# mergecli: ignore[x]\n" * 60_000,
                 "unused-ignore"),
    "files": (lambda: _branches("{spec: x#.yaml}", 20_000), "not-found"),
    "applications": (lambda: _branches("{application: MobileNot#}", 20_000), "unknown-layer"),
    "settings": (lambda: f"{TWO}  b: {{spec: vars.yaml, with: {{{_keys(80_000)}}}}}\nmerge: Add\n",
                 "unknown-variable"),
    # What a short text repeats.
    "parameters": (
        lambda: f"blocks:\n  b: {{params: {{{_keys(40_000)}}}, layers: [Flatten]}}\n{START}"
        + "  - b\n" * 3000,
        "too-large",
    ),
    "block": (
        lambda: "blocks:\n  b: {layers: [{Dense: {units: 3, kernel_initializer: {Constant: {value:"
        f" {_many('1', 100_000)}}}}}}}}}]}}\n{START}" + "  - b\n" * 9999,
        "too-large",
    ),
    "repeat": (
        lambda: f"{START}  - {{Dense: {{units: 3, kernel_initializer: {{Constant: {{value:"
        f" {_many('1', 100_000)}}}}}}}, repeat: 9999}}\n",
        "too-large",
    ),
    "variables": (
        lambda: f"vars: {{{_keys(60_000)}}}\n{START}  - {{Dense: $k1, repeat: 9999}}\n",
        "too-large",
    ),
    "string": (lambda: f"vars: {{a: 3}}\n{START}  - Dense: '{'$a' * 1_900_000}'\n", "expression"),
    "included often": (lambda: _branches("{spec: big.yaml, prefix: b#_}", 400), "too-large"),
    "included large": (lambda: _branches("{spec: large#.yaml, prefix: b#_}", 20), "too-large"),
    "included variables": (lambda: _branches("{spec: vars.yaml, prefix: b#_}", 400), "too-large"),
    # Tensors.
    "dimensions": (lambda: f"input: {_many('999999999', 150_000)}\nlayers: [Flatten]\n",
                   "too-large"),
    "dimensions of layers": (lambda: f"input: {_many('1', 20_000)}\nlayers:\n" + "  - ReLU\n" * 9000,
                             "too-large"),
    "splits": (
        lambda: "input: [1000]\nlayers:\n"
        + _entries("{ops.split: {indices_or_sections: 1000, axis: -1}, from: input}", range(5000)),
        "too-large",
    ),
    "tensors of a split": (
        lambda: "input: [1000]\nlayers:\n  - ops.split: {indices_or_sections: 1000, axis: -1, name: s}\n"
        f"  - {{Add: {{}}, from: {_many('s', 100_000)}}}\n",
        "too-large",
    ),
    # Rows of names.
    "uses": (lambda: f"{START}  - Dense: {{units: 8, name: d}}\n" + "  - use: d\n" * 9000, ""),
    "uses of uses": (
        lambda: f"{START}  - Dense: {{units: 8, name: d0}}\n"
        + "".join(f"  - {{use: d{i}, as: d{i + 1}}}\n" for i in range(5000)),
        "",
    ),
    "branches in a row": (
        lambda: _branches("{from: b@, layers: []}", 6000).replace(
            "merge", "  b6000: {input: [8], layers: [Dense: 4]}\nmerge"
        ),
        "",
    ),
    "branches in a cycle": (
        lambda: _branches("{from: b@, layers: []}", 6000).replace("b6000", "b0"),
        "cyclic-wiring",
    ),
    "budgets": (
        lambda: _branches("{input: [8], layers: [Dense: 4], budget: {macs: 1M}}", 6000),
        "",
    ),
    "losses": (
        lambda: f"{START}  - Dense: {{units: 4, name: d}}\n"
        f"outputs: {{{', '.join(f'o{i}: d' for i in range(20_000))}}}\n"
        f"compile: {{optimizer: adam, loss: {{{', '.join(f'o{i}: mse' for i in range(20_000))}}}}}\n",
        "",
    ),
}  # fmt: skip

#: The files that some of them include.
FILES: dict[str, Callable[[], str]] = {
    "vars.yaml": lambda: f"vars: {{{_keys(50_000)}}}\n{START}  - Dense: 4\n",
    "big.yaml": lambda: f"{START}  - Dense: 4\nx-a: {_many('1', 150_000)}\n",
    **{
        f"large{number}.yaml": lambda: f"{START}  - Dense: 4\n" + "# comment\n" * 390_000
        for number in range(3)
    },
}
