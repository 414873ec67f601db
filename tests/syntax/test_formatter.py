"""`mergecli fmt`: the house style, what is never changed by it, and what becomes of the files."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import random
import re
import stat
from collections import Counter
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from messy import Messy
from running import ROOT, SPECS
from yaml_cases import CASES

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.compiler.same_model import format_spec
from mergecli.diagnostics.source import Source, Unreadable
from mergecli.exporters.yaml.values import Inexpressible
from mergecli.exporters.yaml.writer import expanded
from mergecli.syntax.comments import CommentTargets, comments
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Mapping, Sequence, Tree

PAIRS = sorted((ROOT / "tests" / "golden" / "fmt").glob("*.yaml"))
MESSY = "layers:   # four\n- {Dense: 4}\ninput: [8]\n"
NEAT = "input: [8]\nlayers:  # four\n  - Dense: 4\n"
BROKEN = "input: [8\nlayers: []\n"


def invoke(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["fmt", *arguments], input=stdin)


def neat(text: str, path: str = "spec.yaml") -> str:
    """A text in the house style, which stays as it is when it is formatted again; its lines end with a line feed."""
    result, problems = format_spec(Source(text, path))
    assert result is not None, problems
    again, _ = format_spec(Source(result, path))
    assert again == result
    # Lines end as the first one does.
    is_windows = text.partition("\n")[0].endswith("\r")
    assert result.endswith("\n") and result.count("\r\n") == is_windows * result.count("\n")
    return result.replace("\r\n", "\n")


def said(text: str) -> Counter[str]:
    """The comments of a text."""
    return Counter(
        words.rstrip() for _, _, words in comments(Source(text.replace("\r\n", "\n"), ""), "#")
    )


def readable() -> list[tuple[pathlib.Path, Source]]:
    """All specs of this repository that are YAML."""
    found = []
    for path in [
        *SPECS,
        *sorted((ROOT / "tests" / "errors").glob("*.yaml")),
        *sorted((ROOT / "tests" / "regressions").glob("*.yaml")),
    ]:
        try:
            source = Source.read(str(path))
        except Unreadable:
            continue
        if format_spec(source)[0] is not None:
            found.append((path, source))
    return found


# The style.


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_the_style(path: pathlib.Path, rewrite: bool) -> None:
    source = Source.read(str(path))
    result = neat(source.text)
    out = path.with_suffix(".out")
    if rewrite:
        out.write_text(result, encoding="utf-8", newline="\n")
    assert result == out.read_text(encoding="utf-8")
    assert said(result) == said(source.text)


def test_our_own_specs_are_in_the_house_style() -> None:
    result = invoke("--check", "--diff", str(ROOT / "specs"))
    assert (result.exit_code, result.stdout) == (0, "")


def test_sections_move_only_if_all_layers_keep_their_names() -> None:
    """Layers without a name are counted in the order of the file."""
    free = "head: [{Dense: 4}]\nmerge: Add\nbranches: {a: {input: [8]}, b: {input: [8]}}\n"
    assert re.findall(r"^\w+", neat(free), re.MULTILINE) == ["branches", "merge", "head"]
    wrong = free.replace("Dense", "Dens")
    assert re.findall(r"^\w+", neat(wrong), re.MULTILINE) == ["branches", "merge", "head"]
    bound = "heads: {a: {layers: [{Dense: 4}]}, b: {layers: [{Dense: 3}]}}\nname: x\nbranches: {a: {input: [8], layers: [{Dense: 2}]}}\n"
    assert re.findall(r"^\w+", neat(bound), re.MULTILINE) == ["name", "heads", "branches"]
    for text in (free, bound):
        assert network(text) is not None
        assert network(neat(text)) == network(text)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        # A text at the end of a file without a line feed has none, either.
        ("a: |\n  x", "a: |-\n  x\n"),
        ("a: |+\n  x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"),
        # What stands between brackets without a colon is a key without a value, and not one with the value null.
        ("x-a: {a, b: , c: null}\n", "x-a: {a, b, c: null}\n"),
        ("x-a: [8:: ]\n", 'x-a: [{"8:"}]\n'),
        ("layers: [8:: ]\n", 'layers: ["8:"]\n'),
        # What is written on one line stays there, and nothing is put there that is not.
        ("layers: [Dense: 4,  Flatten: {}]\n", "layers: [{Dense: 4}, Flatten]\n"),
        ("layers: [Dense: 4,\n  Flatten]\n", "layers:\n  - Dense: 4\n  - Flatten\n"),
        ("layers: [{Dense: 4, name: a}, Flatten]\n", "layers: [{Dense: 4, name: a}, Flatten]\n"),
        ("layers:\n- {Dense: 4}\n", "layers:\n  - Dense: 4\n"),
        ("merge: { Add: {} }\nhead:\n- {Flatten: {}}\n", "merge: Add\nhead:\n  - Flatten\n"),
        ("branches: {a: {spec: a.yaml}}\n", "branches: {a: {spec: a.yaml}}\n"),
        ("branches:\n  a:\n    spec: a.yaml\n", "branches:\n  a:\n    spec: a.yaml\n"),
        ('{"layers": [{"Dense": 4}, "Flatten"]}\n', "layers: [{Dense: 4}, Flatten]\n"),
        ("x-a: [{Flatten: {}}]\n", "x-a: [{Flatten: {}}]\n"),
        ("x-a: [{Flatten: {}}, {Dense: 4}]\n", "x-a: [Flatten, {Dense: 4}]\n"),
        ("x-a: {8:: , b: 1}\n", 'x-a: {"8:", b: 1}\n'),
        ("x-a: {rate:# c\n  0.5, b: 1}\n", 'x-a: {"rate:# c 0.5", b: 1}\n'),
        # Brackets, commas and some colons need quotes or lines of their own.
        ("vars:\n  a: b, c\n", "vars:\n  a: b, c\n"),
        ("vars:\n  a: http://b\n", "vars: {a: http://b}\n"),
        ("? a\n: b\n", "a: b\n"),
        ("? |\n  a\n: b\n", '"a\\n": b\n'),
        ("&k a: &v\n  - *k\n", "&k a: &v [*k]\n"),
        ("a: !!str 5\n", "a: !!str 5\n"),
        ("a: !!str \u2028b\u2028\n", "a: !!str \u2028b\u2028\n"),
        # Numbers and what other readers of YAML take for something else stay strings.
        (
            "a: ['1', 'no', '1:30', '2020-01-01', 'null', '', 'x']\n",
            'a: ["1", "no", "1:30", "2020-01-01", "null", "", x]\n',
        ),
        ("x-a: []  # none\nx-b: [  # none\n  ]\n", "x-a: []  # none\nx-b: []  # none\n"),
        ("layers:\n- Flatten:\n- Add: {}\n  from: [a, b]\n- Dense: null\n", None),
        ("layers:\n\n  # c\n\n  - A\n\n\n  - B\n", "layers:\n  # c\n  - A\n\n  - B\n"),
    ],
)
def test_rare_things(text: str, result: str | None) -> None:
    assert neat(text) == (
        result or "layers:\n  - Flatten\n  - Add: {}\n    from: [a, b]\n  - Dense: null\n"
    )


# What is never changed.


def test_an_entry_with_two_possible_classes_stays() -> None:
    text = "input: [64]\nlayers:\n  - Dense: {units: 64, name: a}\n  - use: a\n    name: b\n"
    assert neat(text) == text


def network(text: str, path: str = "spec.yaml") -> str | None:
    """A spec with everything in it written out, arguments in Keras's order; None if it has errors."""
    compiled = compile_spec(Source(text, path))
    try:
        return neat(expanded(compiled.network)) if compiled.network is not None else None
    except Inexpressible as problem:
        return str(problem)


def test_all_specs_stay_what_they_are() -> None:
    found = readable()
    assert len(found) > 150
    for path, source in found:
        result = neat(source.text, str(path))
        assert said(result) == said(source.text), path
        before, after = (compile_spec(Source(text, str(path))) for text in (source.text, result))
        assert Counter(d.code for d in before.diagnostics) == Counter(
            d.code for d in after.diagnostics
        ), path
        assert network(source.text, str(path)) == network(result, str(path)), path


def test_all_of_yaml_stays_what_it_is() -> None:
    count = 0
    for cases in CASES.values():
        for text, _ in cases:
            tree, _problems = read(Source(text, ""))
            if tree is not None and format_spec(Source(text, ""))[0] is not None:
                after, _ = read(Source(neat(text), ""))
                assert after is not None and repr(bare(after.data())) == repr(bare(tree.data())), (
                    text
                )
                count += 1
    assert count > 150


@functools.cache
def data() -> list[Any]:
    """What the specs of this repository say."""
    found = []
    for _, source in readable():
        tree, _problems = read(source)
        value = tree.data() if tree is not None else None
        if isinstance(value, dict) and len(str(value)) < 1500:
            found.append(value)
    return found


@functools.cache
def right() -> list[Any]:
    """What those of them say that have no errors, wherever they stand."""
    return [value for value in data() if network(json.dumps(value)) is not None]


def covered(text: str) -> dict[str, set[Any] | None]:
    """For each comment that ignores something, what begins on its line; None for the whole file."""
    source = Source(text.replace("\r\n", "\n"), "")
    tree, _ = read(source)
    at: dict[int, set[Any]] = {}

    def walk(node: Tree, way: tuple[Any, ...]) -> None:
        at.setdefault(node.start.line + 1, set()).add((way, type(node).__name__))
        if isinstance(node, Sequence):
            for number, item in enumerate(node.items):
                walk(item, (*way, number))
        elif isinstance(node, Mapping):
            for key, value in node.entries:
                at.setdefault(key.start.line + 1, set()).add((*way, key.value, "key"))
                walk(value, (*way, key.value))

    assert tree is not None
    walk(tree, ())
    targets = CommentTargets(source)
    lines = {
        words.rstrip(): targets.line_of(number, column)
        for number, column, words in comments(source, "mergecli:")
    }
    return {
        words: at.get(line, set()) if line is not None else None for words, line in lines.items()
    }


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 1 << 32),
    rate=st.sampled_from([0.0, 0.1, 0.3]),
    spoken=st.sampled_from([0.0, 0.0, 0.4]),
)
def test_whatever_a_spec_looks_like_it_keeps_its_meaning_and_its_comments(
    seed: int, rate: float, spoken: float
) -> None:
    chance = random.Random(seed)
    value = chance.choice(data())
    text = Messy(chance, rate, spoken).page(value)
    tree, _problems = read(Source(text, ""))
    if tree is None or format_spec(Source(text, ""))[0] is None:
        return
    result = neat(text)
    assert said(result) == said(text)
    after, _ = read(Source(result, ""))
    assert after is not None
    # Python's dictionaries are the same in whatever order; lists are not.
    assert bare(after.data()) == bare(tree.data())
    before, now = covered(text), covered(result)
    # A comment that ignores nothing, as at the end of a file, may come to.
    assert {words: things for words, things in now.items() if before[words] != set()} == {
        w: t for w, t in before.items() if t != set()
    }


@settings(max_examples=80, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_keys_in_any_order_make_the_same_network(chance: random.Random) -> None:
    value = chance.choice(right())

    def shuffled(value: Any, key: Any = None) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            if key not in (
                "branches",
                "heads",
                "blocks",
                "vars",
                "params",
                "inputs",
                "outputs",
                "from",
            ):
                chance.shuffle(keys)
            return {name: shuffled(value[name], name) for name in keys}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    text = json.dumps(shuffled(value))
    assert network(text) is not None
    assert network(neat(text)) == network(text)


def bare(value: Any) -> Any:
    """A value in which an entry without arguments is just its class, and the order of keys is always the same."""
    if isinstance(value, dict):
        if len(value) == 1 and next(iter(value.values())) in ({}, None):
            return next(iter(value))
        return {key: bare(value[key]) for key in sorted(value, key=repr)}
    return [bare(item) for item in value] if isinstance(value, list) else value


def test_a_text_that_would_mean_something_else_is_not_written(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(MESSY)
    (tmp_path / "other.yaml").write_text(MESSY)
    monkeypatch.setattr(
        "mergecli.syntax.formatter.printer.scalar", lambda node: node.text.replace("4", "5")
    )
    result = invoke(str(path), str(tmp_path / "other.yaml"))
    assert isinstance(result.exception, AssertionError)
    assert result.stderr.count("internal error while formatting this file, which is unchanged") == 2
    assert path.read_text() == MESSY


# The files.


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "messy.yaml").write_text(MESSY)
    (tmp_path / "neat.yaml").write_text(NEAT)
    (tmp_path / "broken.yaml").write_text(BROKEN)
    return tmp_path


def test_files_are_rewritten_and_named(folder: pathlib.Path) -> None:
    result = invoke("messy.yaml", "neat.yaml")
    assert (result.exit_code, result.stdout) == (0, "")
    assert re.fullmatch(
        r"rewrote messy\.yaml\n1 file rewritten, 1 file already formatted \(\d\.\d\d s\)\n",
        result.stderr,
    )
    assert (folder / "messy.yaml").read_text() == NEAT
    assert invoke("-q", "messy.yaml").stderr == ""


def test_check_writes_nothing_and_fails(folder: pathlib.Path) -> None:
    result = invoke("--check", "messy.yaml", "neat.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(
        "would rewrite messy.yaml\n1 file would be rewritten, 1 file already formatted ("
    )
    assert (folder / "messy.yaml").read_text() == MESSY
    assert invoke("--check", "neat.yaml").exit_code == 0
    assert invoke("--check", "-", stdin=MESSY).exit_code == 1
    windows = NEAT.replace("\n", "\r\n").encode()
    assert invoke("--check", "-", stdin=windows).exit_code == 0
    assert invoke("-", stdin=MESSY.replace("\n", "\r\n").encode()).stdout_bytes == windows
    # All lines end as the first one does.
    mixed = MESSY.replace("\n", "\r\n", 1).encode()
    assert invoke("-", stdin=mixed).stdout_bytes == windows


def test_diff_shows_and_writes_nothing(folder: pathlib.Path) -> None:
    result = invoke("--diff", "messy.yaml", "neat.yaml")
    assert result.exit_code == 0
    assert result.stdout == (
        "--- messy.yaml\n+++ messy.yaml\n@@ -1,3 +1,3 @@\n-layers:   # four\n-- {Dense: 4}\n input: [8]\n+layers:  # four\n+  - Dense: 4\n"
    )
    assert (folder / "messy.yaml").read_text() == MESSY
    assert invoke("--diff", "--check", "messy.yaml").exit_code == 1


def test_standard_input_goes_to_standard_output() -> None:
    result = invoke("-", stdin=MESSY)
    assert (result.exit_code, result.stdout) == (0, NEAT)
    result = invoke("-", "--stdin-filename", "pipe.yaml", stdin=BROKEN)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("pipe.yaml:1:8: error[syntax]")


def test_what_is_no_yaml_is_left_alone_and_the_rest_is_formatted(folder: pathlib.Path) -> None:
    result = invoke("broken.yaml", "messy.yaml")
    assert result.exit_code == 1
    told = CliRunner().invoke(cli, ["validate", "broken.yaml"]).stdout
    assert result.stderr.startswith(told + "rewrote messy.yaml\n")
    assert "1 file with errors" in result.stderr
    assert (folder / "broken.yaml").read_text() == BROKEN
    for text in ("a: 1\na: 2\n", "a: 1\n---\na: 2\n", "\ta: 1\n", "a: !x 1\n", ""):
        (folder / "broken.yaml").write_text(text)
        assert invoke("broken.yaml").exit_code == 1
        assert (folder / "broken.yaml").read_text() == text
    (folder / "broken.yaml").write_bytes(b"a: \xe9\n")
    assert invoke("broken.yaml").exit_code == 1


def test_other_mistakes_do_not_matter() -> None:
    assert (
        invoke("-", stdin="layers: [{Dens: 4}]\nbudgit:   5M\n").stdout
        == "layers: [{Dens: 4}]\nbudgit: 5M\n"
    )


def test_what_cannot_be_read(folder: pathlib.Path) -> None:
    result = invoke("missing.yaml", "broken.yaml", "messy.yaml")
    assert result.exit_code == 3
    assert "missing.yaml: error[not-found]" in result.stderr
    assert (folder / "messy.yaml").read_text() == NEAT
    (folder / "empty").mkdir()
    assert invoke("empty").exit_code == 2
    assert invoke().exit_code == 2


def test_a_folder_is_walked_and_what_is_no_spec_left_alone(folder: pathlib.Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "a.yml").write_text(MESSY)
    (folder / "deep" / "ci.yaml").write_text("name:   ci\non: push\n")
    (folder / "deep" / "link.yaml").symlink_to(folder / "messy.yaml")
    result = invoke("deep")
    assert "rewrote deep/a.yml\n" in result.stderr
    assert (
        "note: not formatted, as it does not look like a spec: deep/ci.yaml; name the file itself\n"
        in result.stderr
    )
    assert (
        "note: not formatted, as it is a link, possibly out of the folder: deep/link.yaml; name the file itself\n"
        in result.stderr
    )
    assert (folder / "messy.yaml").read_text() == MESSY
    assert (folder / "deep" / "ci.yaml").read_text() == "name:   ci\non: push\n"
    assert invoke("deep/ci.yaml").exit_code == 0
    assert (folder / "deep" / "ci.yaml").read_text() == "name: ci\non: push\n"


def test_a_file_keeps_its_permissions_and_a_link_stays_one(folder: pathlib.Path) -> None:
    path = folder / "messy.yaml"
    path.chmod(0o640)
    (folder / "link.yaml").symlink_to(path)
    assert invoke("link.yaml").exit_code == 0
    assert (folder / "link.yaml").is_symlink()
    assert path.read_text() == NEAT
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(os.listdir(folder)) == ["broken.yaml", "link.yaml", "messy.yaml", "neat.yaml"]


def test_a_file_in_the_house_style_is_not_touched(folder: pathlib.Path) -> None:
    before = (folder / "neat.yaml").stat()
    assert invoke("neat.yaml").exit_code == 0
    after = (folder / "neat.yaml").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
