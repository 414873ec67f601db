"""YAML 1.2 as specs have it: every construct is the right tree or a message with a place; nothing crashes, hangs or grows."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest
from running import ROOT
from yaml_cases import CASES, Lenient, Refused, Wrong

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.reports.text_report import full
from mergecli.diagnostics.source import LARGEST, Source, Unreadable, decode
from mergecli.syntax import libyaml
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence

TABLE = [
    pytest.param(text, wanted, id=f"{chapter.split()[0]}-{number}")
    for chapter, cases in CASES.items()
    for number, (text, wanted) in enumerate(cases)
]


def read_text(text: str) -> tuple[Any, list[Diagnostic]]:
    tree, diagnostics = read(Source(text.removeprefix("\ufeff"), "case.yaml"))
    return tree, [diagnostic for diagnostic in diagnostics if diagnostic.is_error]


def same(a: Any, b: Any) -> bool:
    """Equal, with equal types all the way down: 1 is neither 1.0 nor true."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) and same(a[x], b[y]) for x, y in zip(a, b))
    return len(a) == len(b) and all(map(same, a, b)) if isinstance(a, list) else bool(a == b)


def well_placed(diagnostic: Diagnostic, text: str) -> bool:
    """Whether a place lies in the text, or directly after it."""
    source, span = Source(text, "case.yaml"), diagnostic.span
    assert span is not None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    return (
        1 <= span.line <= lines + 1
        and 1 <= span.column <= len(source.line(span.line)) + 1
        and span[2:4] >= span[:2]
    )


@pytest.mark.parametrize(("text", "wanted"), TABLE)
def test_a_construct_is_the_right_tree_or_a_message(text: str, wanted: Any) -> None:
    tree, errors = read_text(text)
    if isinstance(wanted, (Wrong, Refused)):
        first = errors[0]
        assert first.code == wanted.code
        assert well_placed(first, text)
        if isinstance(wanted, Wrong):
            assert wanted.line in (None, first.span.line if first.span else None)
            assert wanted.column in (None, first.span.column if first.span else None)
        # What is shown of it can be shown.
        assert full(Source(text, "case.yaml"), "case.yaml", errors).startswith("case.yaml:")
    else:
        assert [f"{diagnostic.code}: {diagnostic.message}" for diagnostic in errors] == []
        assert same(tree.data(), wanted.value if isinstance(wanted, Lenient) else wanted), (
            tree.data()
        )


@pytest.mark.parametrize(("text", "wanted"), TABLE)
def test_without_libyaml_it_is_the_right_tree_or_a_message(
    text: str, wanted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyYAML's own parser refuses more, such as tabs as spaces, but never gives another tree."""
    monkeypatch.setattr(libyaml, "c_parser", None)
    tree, errors = read_text(text)
    if isinstance(wanted, Wrong):
        assert errors and well_placed(errors[0], text)
    elif not errors:
        assert same(
            tree.data(), wanted.value if isinstance(wanted, (Lenient, Refused)) else wanted
        ), tree.data()


@pytest.mark.parametrize("text", [text for cases in CASES.values() for text, _ in cases])
def test_anything_is_a_spec_or_a_message(text: str) -> None:
    compiled = compile_spec(Source(text.removeprefix("\ufeff"), "case.yaml"))
    assert compiled.network is not None or compiled.errors
    for diagnostic in compiled.diagnostics:
        assert diagnostic.message.isprintable()
        assert diagnostic.span is None or well_placed(diagnostic, text.removeprefix("\ufeff"))


#: Mappings of the table that mean the same one level deeper: no marks of the document, no text whose end is part of it.
NESTABLE = [
    text
    for cases in CASES.values()
    for text, wanted in cases
    if isinstance(wanted, dict)
    and text.endswith("\n")
    and not text.startswith(("%", ".", "-", "\ufeff", "#"))
    if not any(
        part in text for part in ("\n---", "\n...", "\r", "\n\t", "|+", ">+", "keep", "|2", "#\n")
    )
]


@pytest.mark.parametrize("text", NESTABLE)
def test_nested_in_lists_and_mappings_it_is_the_same(text: str) -> None:
    lines = text.removesuffix("\n").split("\n")
    nested = "outer:\n  -\n" + "".join(f"    {line}\n" if line else "\n" for line in lines)
    tree, errors = read_text(nested)
    assert errors == []
    assert same(tree.data(), {"outer": [read_text(text)[0].data()]})


FLOW = ["x", "'x'", '"x"', "1", "[]", "{}", "[x, [y]]", "{k: x}", "{k: [x, {l: y}]}", "~"]
BLOCK = [
    "x",
    "- x\n- y",
    "k: x\nl: y",
    "- k: x\n- - y",
    "k:\n  - x\n  - l: y",
    "|\n  x",
    ">-\n  x\n  y",
    "? k\n: - x\n  - y",
]


def block(text: str) -> Any:
    return read_text(text + "\n")[0].data()


@pytest.mark.parametrize("first", BLOCK)
@pytest.mark.parametrize("second", BLOCK)
def test_every_block_in_every_block(first: str, second: str) -> None:
    def indented(text: str, by: int) -> str:
        return text.replace("\n", "\n" + " " * by)

    listed = f"- {indented(first, 2)}\n- {indented(second, 2)}\n"
    assert block(listed) == [block(first), block(second)]

    def under(key: str, text: str) -> str:
        return (
            f"{key}: {indented(text, 2)}\n"
            if text[0] in "x|>"
            else f"{key}:\n  {indented(text, 2)}\n"
        )

    assert block(under("a", first) + under("b", second)) == {"a": block(first), "b": block(second)}
    assert block(f"? a\n: {indented(first, 2)}\n? b\n: {indented(second, 2)}\n") == {
        "a": block(first),
        "b": block(second),
    }


@pytest.mark.parametrize("first", FLOW)
@pytest.mark.parametrize("second", FLOW)
def test_every_flow_in_every_flow(first: str, second: str) -> None:
    a, b = block(first), block(second)
    assert block(f"[{first}, {second}]") == [a, b]
    assert block(f"{{m: {first}, n: {second}}}") == {"m": a, "n": b}
    assert block(f"[{first}\n, m: {second},\n]") == [a, {"m": b}]
    assert block(f"m: {first}\nn:\n  - {second}") == {"m": a, "n": [b]}
    assert block(f"- [{first}, {{m: {second}}}] # c\n- &x {second}\n- *x") == [[a, {"m": b}], b, b]


def test_every_node_knows_its_place() -> None:
    text = 'a: &x [1, "zwei"]\r\nb:\r\n  - {c: *x}\r\n  - |\r\n    d\r\né: 1\r\n'
    tree, _ = read_text(text)
    found = []

    def walk(node: Any) -> None:
        found.append((type(node).__name__, *node.span[:4]))
        if isinstance(node, Sequence):
            for item in node.items:
                walk(item)
        elif isinstance(node, Mapping):
            for key, value in node.entries:
                walk(key)
                walk(value)
        else:
            assert isinstance(node, Scalar)

    walk(tree)
    assert found == [
        ("Mapping", 1, 1, 7, 1), ("Scalar", 1, 1, 1, 2), ("Sequence", 1, 4, 1, 18), ("Scalar", 1, 8, 1, 9), ("Scalar", 1, 11, 1, 17),
        ("Scalar", 2, 1, 2, 2), ("Sequence", 3, 3, 6, 1), ("Mapping", 3, 5, 3, 12), ("Scalar", 3, 6, 3, 7), ("Sequence", 1, 4, 1, 18),
        ("Scalar", 1, 8, 1, 9), ("Scalar", 1, 11, 1, 17), ("Scalar", 4, 5, 6, 1), ("Scalar", 6, 1, 6, 2), ("Scalar", 6, 4, 6, 5),
    ]  # fmt: skip


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_places_do_not_depend_on_line_ends_or_a_byte_order_mark(ending: str, mark: bytes) -> None:
    text = 'name: "é"\ninput: [8]\nlayers:\n  - Dens: 4 # \u2028 no line break\n  - Dense: {units: "64"}\n'
    source = Source(decode(mark + text.replace("\n", ending).encode()), "case.yaml")
    compiled = compile_spec(source)
    assert [(d.code, (d.span or ())[:4]) for d in compiled.diagnostics] == [
        ("unknown-layer", (4, 5, 4, 9)),
        ("wrong-type", (5, 20, 5, 24)),
    ]
    shown = full(source, "case.yaml", compiled.diagnostics)
    assert "  4 |   - Dens: 4 # \ufffd no line break\n    |     ^^^^\n" in shown
    assert '  5 |   - Dense: {units: "64"}\n    |                    ^^^^\n' in shown


def test_a_byte_order_mark_is_not_the_first_column() -> None:
    (diagnostic,) = compile_spec(
        Source(decode(b"\xef\xbb\xbfinptu: [8]\nlayers: [Flatten]\n"), "case.yaml")
    ).diagnostics
    assert (diagnostic.code, diagnostic.span[:4]) == ("unknown-key", (1, 1, 1, 6))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "latin-1"])
def test_another_encoding_is_told(encoding: str) -> None:
    with pytest.raises(Unreadable) as caught:
        decode("name: é\ninput: [8]\n".encode(encoding))
    assert caught.value.code == "not-utf8"


# Bounds.

#: The most memory that a process has had. What `resource` says of a new process is at least what its parent had.
PEAK = """
import re, resource
def peak():
    try:
        return int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""
PROBE = (
    PEAK
    + """
import json
from mergecli.cli.inputs import check
from mergecli.diagnostics.reports import FileReport, json_report, text_report
check({small!r})
before = peak()
checked = check({path!r})
found = checked.diagnostics
one = FileReport(checked.path, checked.source, found)
text_report.render([one])
json_report.render([one])
print(json.dumps([peak() - before, sorted({{d.code for d in found}}), len(found)]))
"""
)
DENSE = "input: [8]\nlayers: [{Dense: 8}]\n"
HOSTILE: dict[str, tuple[str, set[str]]] = {
    "an alias bomb": ("".join(f"x-{i}: &{i} [{', '.join([f'*{i - 1}' if i else 'x'] * 10)}]\n" for i in range(12)) + DENSE, {"alias-limit"}),
    "a bomb of merges": ("".join(f"x-{i}: &{i} {{k{i}: 1, <<: [{f'*{i - 1}, *{i - 1}' if i else '{}'}]}}\n" for i in range(40)) + DENSE, {"alias-limit"}),
    "100,000 brackets": ("[" * 100_000, {"syntax", "too-deep"}),
    "100,000 braces": ("{" * 100_000, {"syntax", "too-deep"}),
    "100,000 dashes": ("- " * 100_000, {"too-deep"}),
    "100,000 question marks": ("? " * 100_000, {"syntax", "too-deep"}),
    "100,000 keys deep": ("".join(" " * i + "a:\n" for i in range(1000)), {"too-deep"}),
    "a scalar of 4 MB": ("x-a: " + "a" * 4_000_000 + "\n" + DENSE, set()),
    "a name of 4 MB": (f"name: {'a' * 4_000_000}\n" + DENSE, set()),
    "a key of 4 MB": ("? " + "a" * 4_000_000 + "\n: 1\n" + DENSE, {"unknown-key"}),
    "a layer class of 4 MB": ("input: [8]\nlayers: [" + "A" * 4_000_000 + "]\n", {"unknown-layer"}),
    "a value of 4 MB": ("input: [8]\nlayers: [{Dense: " + "9" * 4_000_000 + "}]\n", {"wrong-type"}),
    "escapes": ('x-a: "' + "\\u00e9" * 600_000 + '"\n' + DENSE, set()),
    "empty lines": ("\n" * 4_000_000 + DENSE, set()),
    "comments": ("# x\n" * 1_000_000 + "input: [8]\nlayers: [{Dens: 8}]\n", {"unknown-layer"}),
    "10,000 comments that ignore nothing": ("input: [8]\nlayers:\n" + "  # mergecli: ignore[dense-image]\n" * 10_000 + "  - Dense: 8\n", {"unused-ignore", "too-large"}),
    "a block text of 2 million lines": ("x-a: |\n" + " \n" * 2_000_000 + DENSE, set()),
    "a plain text of many lines": ("x-a:\n" + "  a\n" * 900_000 + DENSE, set()),
    "wide characters": ("x-a: \U0001f600" + "a" * 4_000_000 + "\n" + DENSE, set()),
    "a million values": ("x-a: [" + "1," * 1_000_000 + "]\n" + DENSE, {"too-large"}),
    "a million mappings": ("x-a:\n" + "- a: 1\n" * 500_000 + DENSE, {"too-large"}),
    "anchors": ("x-a:\n" + "".join(f"- &a{i} 1\n" for i in range(100_000)) + DENSE, set()),
    "tabs on empty lines": ("input: [8]\n\t\n" + "\t\n" * 100_000 + "layers: [{Dense: 8}]\n", {"tab-indent"}),
    "directives": ("%FOO\n" * 300_000 + "---\n" + DENSE, {"syntax"}),
    "a bomb of blocks": ("blocks:\n" + "".join(f"  b{i}: {{layers: [b{i + 1}, b{i + 1}]}}\n" for i in range(60))
                         + "  b60: {layers: [{Dense: 8}]}\ninput: [8]\nlayers: [b0]\n", {"too-large"}),
    "repetitions of repetitions": ("blocks:\n" + "".join(f"  b{i}: {{layers: [{{b{i + 1}: , repeat: 9999}}]}}\n" for i in range(9))
                                   + "  b9: {layers: [{Dense: 8}]}\ninput: [8]\nlayers: [b0]\n", {"too-large"}),
    "a tower of powers": ("vars: {a: $(9**9**9**9)}\n" + DENSE, {"expression"}),
    "an expression of parentheses": ("vars: {a: $(" + "(" * 100_000 + ")}\n" + DENSE, {"expression"}),
    "5,000 wrong values": ("input: [8]\nlayers:\n" + "  - Dense: '8'\n" * 5000, {"wrong-type", "too-large"}),
    "5,000 unknown layers": ("input: [8]\nlayers:\n" + "".join(f"  - Dense{i}: 8\n" for i in range(5000)), {"unknown-layer", "too-large"}),
    "5,000 unknown arguments": ("input: [8]\nlayers:\n" + "".join(f"  - Dense: {{units: 8, unit{i}: 8}}\n" for i in range(5000)), {"unknown-argument", "too-large"}),
    "5,000 unknown names": ("input: [8]\nlayers:\n" + "".join(f"  - Dense: 8\n    from: dense_{i + 9000}\n" for i in range(5000)), {"unknown-reference", "too-large"}),
    "5,000 layers in a circle": ("input: [8]\nlayers:\n" + "".join(f"  - Dense: {{units: 8, name: a{i}}}\n    from: a{(i + 1) % 5000}\n" for i in range(5000)), {"cyclic-wiring"}),
    "5,000 equal names": ("input: [8]\nlayers:\n" + "  - Dense: {units: 8, name: a}\n" * 5000, {"duplicate-name", "too-large"}),
    "10,000 equal keys": ("x-a: 1\n" * 10_000 + DENSE, {"duplicate-key", "too-large"}),
    "5,000 branches of different sizes": ("branches:\n" + "".join(f"  b{i}: {{input: [8], layers: [{{Dense: {8 + i % 2}}}]}}\n" for i in range(5000))
                                          + "merge: Add\n", {"merge-shape"}),
    "a list multiplied": ("vars: {a: [1], b: $(a * 900000000)}\n" + DENSE, {"expression"}),
    "lists that double": ("vars:\n  v0: [1, 1]\n" + "".join(f"  v{i}: $(v{i - 1} + v{i - 1})\n" for i in range(1, 28)) + DENSE, {"too-large"}),
    "lists of lists": ("vars:\n  v0: [1, 1]\n" + "".join(f"  v{i}: [$v{i - 1}, $v{i - 1}]\n" for i in range(1, 28)) + DENSE, {"too-large"}),
    "mappings of mappings": ("vars:\n  v0: [1, 1]\n" + "".join(f"  v{i}: {{a: $v{i - 1}, b: $v{i - 1}}}\n" for i in range(1, 28)) + DENSE, {"too-large"}),
    "a list used often": ("vars:\n  z: [" + "1," * 80_000 + "]\ninput: [8]\nlayers:\n" + "  - Dense: $(z)\n" * 8000, {"wrong-type", "too-large"}),
    "wide formats": ("vars: {a: \"$('%1000000000d' % 1)\"}\n" + DENSE, {"expression"}),
    "many decimals": ("vars: {a: \"$('%.1000000000f' % 1.5)\"}\n" + DENSE, {"expression"}),
    "rounded to a billion digits": ("vars: {a: \"$(round(7 ** 1400, -(10 ** 9)))\"}\n" + DENSE, {"expression"}),
    "long expressions": ("input: [8]\nlayers:\n" + f"  - Dense: $({'+'.join(['1'] * 900)})\n" * 900, {"too-large"}),
    "a hexadecimal number": ("input: [0x" + "f" * 2_000_000 + "]\nlayers: [{Dense: 8}]\n", {"wrong-type"}),
    "an octal number": ("input: [8]\nlayers: [{Dense: 0o" + "7" * 6000 + "}]\n", {"wrong-type"}),
    "a budget of many digits": ("budget: {parameters: \"" + "9" * 5000 + "\"}\n" + DENSE, {"wrong-type"}),
    "a shape of many digits": ("input: [" + ("9" * 300 + ", ") * 60 + "3]\nlayers: [Flatten, {Dense: 4}]\n", {"too-large"}),
    "a shape of many axes": ("input: [" + "2, " * 80_000 + "3]\nlayers: [Flatten, {Dense: 4}]\n", {"too-large"}),
    "a split into millions": ("input: [8]\nlayers: [{ops.split: {indices_or_sections: 10000000, axis: 0}}]\n", {"too-large"}),
    "a million terms": ("input: {shape: [1], dtype: string}\nlayers: [{StringLookup: {vocabulary: [a], num_oov_indices: 1000000000}}]\n", set()),
    "codes of one comment": (DENSE + "# mergecli: ignore[" + "dense-image," * 300_000 + "]\n", {"unused-ignore"}),
    "40,000 unknown arguments": ("input: [8]\nlayers:\n  - Dense: {units: 3, " + ", ".join(f"{i}: " for i in range(40_000)) + "}\n", {"unknown-argument", "too-large"}),
    "80,000 equal keys on a line": (DENSE + "x-a: {" + "a: 1, " * 80_000 + "}\n", {"duplicate-key", "too-large"}),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_an_answer_in_little_memory(name: str, tmp_path: pathlib.Path) -> None:
    text, codes = HOSTILE[name]
    (tmp_path / "hostile.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "small.yaml").write_text(DENSE + "x-a: [", encoding="utf-8")
    assert (tmp_path / "hostile.yaml").stat().st_size <= LARGEST
    program = PROBE.format(path=str(tmp_path / "hostile.yaml"), small=str(tmp_path / "small.yaml"))
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    grown, found, _ = json.loads(result.stdout)
    assert (set(found) <= codes) if name.startswith("100,000") else (set(found) == codes)
    assert grown / 1024 < 50


def test_64_mebibytes_are_not_even_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "large.yaml"
    with open(path, "wb") as file:
        file.truncate(64 << 20)
    program = PROBE.format(path=str(path), small=str(path))
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert json.loads(result.stdout)[1:] == [["unreadable"], 1]
    program = (
        PEAK + "import atexit, mergecli.cli.main\natexit.register(lambda: print(peak() // 1024))\n"
        "mergecli.cli.main.main()"
    )
    sizes = []
    for lot in (b"input: [8]\n", b"a" * (64 << 20)):
        run = subprocess.run(
            [sys.executable, "-c", program, "validate", "-"],
            cwd=ROOT,
            input=lot,
            capture_output=True,
            timeout=60,
        )
        sizes.append(int(run.stdout.splitlines()[-1]))
        code = run.returncode
    assert code == 3
    assert sizes[1] - sizes[0] < 50
