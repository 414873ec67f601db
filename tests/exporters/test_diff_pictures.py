"""`mergecli diff --plot`: what one picture of both models shows, that it stays readable, and how it ends."""

from __future__ import annotations

import itertools
import json
import pathlib
import re
import xml.etree.ElementTree as ET
from typing import Callable

import pytest
from click.testing import CliRunner, Result
from diff_cases import CASES, between
from running import ROOT
from svg_texts import SVG, texts

from mergecli.cli.main import cli
from mergecli.diff import Comparison
from mergecli.exporters.formats import DIFF_PICTURES, PictureOptions
from mergecli.exporters.pictures import themes
from mergecli.exporters.pictures.diff_scene import scenes
from mergecli.exporters.pictures.scene import Box, Scene
from mergecli.exporters.pictures.themes import MARKS

NAMES = ("old.yaml", "new.yaml")
REVIEW = ROOT / "tests" / "golden" / "diff" / "review.old.yaml"
#: Names that mean something to DOT, HTML, Mermaid or Markdown.
NASTY = r"""
branches:
  end: {input: {shape: [8], name: 'in " ] } | ` $$ é 漢字'}, layers: [{Dense: {units: 8, name: end}}, {Dense: {units: 8, name: '1. a # <b> &amp; \ \N %% x'}}]}
  "- graph": {input: {shape: [8], name: subgraph}, layers: [{Dense: {units: 8, name: 'click n1 -> call'}}]}
merge: {Add: {name: ']]-->|x|'}}
"""


def invoke(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["diff", *map(str, arguments)], input=stdin)


def spec(name: str) -> str:
    return (ROOT / "specs" / f"{name}.yaml").read_text(encoding="utf-8")


def changed(name: str, *replaced: tuple[str, str]) -> Comparison:
    """What is different after such a change in one of the specs."""
    old = new = spec(name)
    for before, after in replaced:
        assert before in new
        new = new.replace(before, after, 1)
    return between(old, new)


def first(found: Comparison) -> Scene:
    return next(scenes(found, NAMES))


def box(found: Scene, name: str) -> Box:
    return next(box for box in found.boxes.values() if box.name == name and box.role != "output")


def said(box: Box) -> list[str]:
    return [str(line) for line in box.lines]


def picture(
    found: Comparison, form: str, names: tuple[str, str], theme: str, rankdir: str
) -> bytes:
    options = PictureOptions("auto", theme, rankdir, "none", None, [])
    data: bytes = DIFF_PICTURES[form].load()(found, names, form, options)
    return data


def svg(found: Comparison, theme: str = "light", rankdir: str = "TB") -> ET.Element:
    return ET.fromstring(picture(found, "svg", NAMES, theme, rankdir))


def groups(root: ET.Element, kind: str) -> list[ET.Element]:
    """The groups of nodes of a kind, without the legend's."""
    found = [group for group in root.iter(f"{SVG}g") if group.get("class") == f"node {kind}"]
    return [group for group in found if not group.attrib["id"].startswith("legend")]


def check(path: pathlib.Path, text: str, rewrite: bool) -> None:
    if rewrite:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


# What it shows. ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("old", CASES, ids=lambda path: path.name.split(".")[0])
def test_golden_dot(
    old: pathlib.Path, rewrite: bool, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(old.parent)
    case = old.name.split(".")[0]
    files = [tmp_path / "a.dot", tmp_path / "a.mmd"]
    result = invoke(
        f"{case}.old.yaml", f"{case}.new.yaml", "-q", "--plot", files[0], "--plot", files[1]
    )
    assert (result.exit_code, result.output) == (1, "")
    check(old.with_name(f"{case}.dot"), files[0].read_text(encoding="utf-8"), rewrite)
    chart = invoke(f"{case}.old.yaml", f"{case}.new.yaml", "--format", "mermaid").stdout
    assert files[1].read_text(encoding="utf-8") == chart


def test_the_picture_in_the_readme_is_current(rewrite: bool) -> None:
    """By its strings and its size: another version of Graphviz may set a point elsewhere."""
    found = between(
        REVIEW.read_text(encoding="utf-8"),
        REVIEW.with_name("review.new.yaml").read_text(encoding="utf-8"),
    )
    drawn = picture(found, "svg", ("review.old.yaml", "review.new.yaml"), "auto", "TB")
    path = REVIEW.with_name("review.svg")
    if rewrite:
        path.write_bytes(drawn)
    page = ROOT / "docs" / "reference" / "commands.md"
    assert "pictures/review.svg" in page.read_text(encoding="utf-8")
    old, new = ET.parse(path).getroot(), ET.fromstring(drawn)
    assert texts(old) == texts(new)
    for side in ("width", "height"):
        assert float(new.attrib[side][:-2]) == pytest.approx(float(old.attrib[side][:-2]), rel=0.03)


def test_what_both_have_is_one_box() -> None:
    found = first(changed("two_branch", ("units: 128", "units: 256")))
    assert [box.name for box in found.boxes.values() if box.style.change] == ["a_layer_2"]
    assert said(box(found, "a_layer_2")) == [
        "relu",
        "units: 128 -> 256",
        "(None, 32, 32, 128) -> (None, 32, 32, 256)",
        "parameters: 8,320 -> 16,640",
    ]
    # What follows is told, but no difference.
    assert "parameters: 8,256 -> 16,448" in said(box(found, "a_layer_3"))
    assert [box.name for box in found.boxes.values() if box.role == "output"] == ["output_layer"]
    assert [frame.title for frame in found.root.frames] == ["a", "b"]
    assert not any(arrow.style.change for arrow in found.arrows)


def test_a_layer_between_two_others() -> None:
    dropout = "  - SpatialDropout2D: 0.2\n"
    found = first(changed("u_net", (dropout, f"{dropout}  - BatchNormalization: {{name: norm}}\n")))
    new = box(found, "norm")
    assert new.style.change == "added"
    before, after = box(found, "spatial_dropout2d"), box(found, "conv2d_4")
    kinds = {(arrow.source, arrow.target): arrow.style.change for arrow in found.arrows}
    assert kinds[before.key, new.key] == kinds[new.key, after.key] == "added"
    assert kinds[before.key, after.key] == "removed"


def test_a_branch_that_is_gone() -> None:
    text = spec("multi_modal")
    found = first(between(text, text[: text.index("  text:")] + text[text.index("merge:") :]))
    frame = next(frame for frame in found.root.frames if frame.title == "text")
    assert frame.style.change == "removed"
    assert [(box.style.change, box.name) for box in frame.boxes] == [
        ("removed", "text_input"),
        ("removed", "text_embedding"),
        ("removed", "text_bidirectional"),
    ]
    merge = box(found, "joined")
    assert said(merge) == ["from: \N{MINUS SIGN} text_bidirectional", "(None, 224) -> (None, 160)"]
    assert [arrow.style.change for arrow in found.arrows if arrow.target == merge.key].count(
        "removed"
    ) == 1


def test_weights_that_are_no_longer_shared() -> None:
    old = "- use: left\n        as: right_encoded\n"
    layers = (
        spec("siamese")
        .partition("    layers:\n")[2]
        .partition("  right:")[0]
        .replace("encoded", "right_encoded")
    )
    found = changed("siamese", ("      " + old, layers))
    right = box(first(found), "right_conv2d")
    assert (right.style.change, right.notes) == ("changed", [])
    assert "weights: of left_conv2d -> its own" in said(right)
    back = first(between(spec("siamese").replace("      " + old, layers), spec("siamese")))
    notes = [note for box in back.boxes.values() for note in box.notes]
    assert notes[:2] == ["with the weights of left_conv2d", "the same layer as left_max_pooling2d"]


def test_outputs_that_move_come_and_go() -> None:
    head = "heads: {{a: {{from: {}, layers: [{{Dense: {{units: 2, name: a}}}}]}}{}}}\n"
    body = "branches:\n  x: {input: [4], layers: [{Dense: {units: 4, name: l1}}, {Dense: {units: 4, name: l2}}]}\n"
    found = between(
        body + head.format("x", ""),
        body + head.format("x", ", b: {from: l1, layers: [{Dense: {units: 3, name: b}}]}"),
    )
    assert [
        (box.name, box.style.change) for box in first(found).boxes.values() if box.role == "output"
    ] == [("a", ""), ("b", "added")]
    body = "input: [4]\nlayers: [{Dense: {units: 4, name: l1}}, {Dense: {units: 4, name: l2}}]\n"
    both = first(
        between(body + "outputs: {x: l2, y: l2, z: l1}\n", body + "outputs: {x: l2, y: l1}\n")
    )
    outputs = {box.name: box for box in both.boxes.values() if box.role == "output"}
    assert [(name, box.style.change, said(box)) for name, box in outputs.items()] == [
        ("x", "", ["(None, 4)"]),
        ("y", "changed", ["(None, 4)", "from: l2 -> l1"]),
        ("z", "removed", ["(None, 4)"]),
    ]
    wires = {
        (both.boxes[arrow.source].name, arrow.style.change)
        for arrow in both.arrows
        if arrow.target == outputs["y"].key
    }
    assert wires == {("l1", "added"), ("l2", "removed")}


def test_a_layer_at_the_end_gives_the_output() -> None:
    body = "input: [4]\nlayers: [{Dense: 4}, {Dense: 4}%s]\n"
    for old, new, kinds in (("", ", {Activation: relu}", {"added", "removed"}), ("", "", {""})):
        found = first(between(body % old, body % new))
        output = next(box for box in found.boxes.values() if box.role == "output")
        assert {arrow.style.change for arrow in found.arrows if arrow.target == output.key} == kinds


def test_each_kind_has_a_line_of_its_own_in_every_theme() -> None:
    found = between(
        REVIEW.read_text(encoding="utf-8"),
        REVIEW.with_name("review.new.yaml").read_text(encoding="utf-8"),
    )
    for theme in themes.NAMES:
        root = svg(found, theme)
        looks = {}
        for kind in ("same", "added", "removed", "changed", "renamed"):
            shapes = [
                path
                for path in groups(root, kind)[0]
                if path.tag in (f"{SVG}path", f"{SVG}polygon")
            ]
            looks[kind] = (
                len(shapes),
                shapes[0].get("stroke-width"),
                shapes[0].get("stroke-dasharray"),
            )
        assert len(set(looks.values())) == 5, looks
        wires = [
            group
            for group in root.iter(f"{SVG}g")
            if re.fullmatch(r"arrow-\d+", group.get("id", ""))
        ]
        drawn = {(wire[1].get("stroke-width"), wire[1].get("stroke-dasharray")) for wire in wires}
        assert len(drawn) == 3


def test_the_text_of_an_svg() -> None:
    found = between(
        REVIEW.read_text(encoding="utf-8"),
        REVIEW.with_name("review.new.yaml").read_text(encoding="utf-8"),
    )
    root = svg(found)
    shown = texts(root)
    for text in (
        "filters: 16 \u203a",
        "24",
        "facts1",
        "facts_first",
        "compile: optimizer: Adam \u203a AdamW",
        "as before",
        "BatchNormalization",
    ):
        assert text in shown
    for mark in (MARKS["added"], MARKS["removed"], MARKS["changed"], MARKS["renamed"]):
        assert mark in shown
    struck = [
        "".join(text.itertext())
        for text in root.iter(f"{SVG}text")
        if text.get("text-decoration") == "line-through"
    ]
    assert {"Dropout", "drop", "facts1"} <= set(struck)
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert any("renamed Dense facts1 -> facts_first" in title for title in titles)
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))


def test_no_text_is_written_over_another() -> None:
    """As that which stands beside a name that is no more."""
    root = svg(
        between(
            REVIEW.read_text(encoding="utf-8"),
            REVIEW.with_name("review.new.yaml").read_text(encoding="utf-8"),
        )
    )
    lines = 0
    for group in root.iter(f"{SVG}g"):
        spans: dict[str, list[tuple[float, float]]] = {}
        for text in group.findall(f"{SVG}text"):
            length, x = float(text.attrib["textLength"]), float(text.attrib["x"])
            begin = (
                x - {"start": 0, "middle": length / 2, "end": length}[text.attrib["text-anchor"]]
            )
            spans.setdefault(text.attrib["y"], []).append((begin, begin + length))
        for line in map(sorted, spans.values()):
            lines += len(line) > 1
            assert all(before[1] <= after[0] + 0.6 for before, after in itertools.pairwise(line)), (
                ET.tostring(group)
            )
    assert lines > 10


def sides(group: ET.Element) -> tuple[float, float, float, float]:
    """Return where the outline of a box is."""
    shape = next(part for part in group if part.tag in (f"{SVG}path", f"{SVG}polygon"))
    numbers = re.findall(r"(-?[\d.]+)[ ,](-?[\d.]+)", shape.get("d") or shape.get("points") or "")
    xs, ys = ([float(pair[axis]) for pair in numbers] for axis in (0, 1))
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize("rankdir", ["TB", "LR", "BT", "RL"])
@pytest.mark.parametrize("old", CASES, ids=lambda path: path.name.split(".")[0])
def test_no_box_is_drawn_over_another(old: pathlib.Path, rankdir: str) -> None:
    new = old.with_name(old.name.replace(".old.", ".new."))
    root = svg(
        between(old.read_text(encoding="utf-8"), new.read_text(encoding="utf-8")), rankdir=rankdir
    )
    boxes = [
        sides(group)
        for group in root.iter(f"{SVG}g")
        if re.match(r"(node|legend)-(?!arrow)", group.get("id", ""))
    ]
    assert len(boxes) > 4
    for one, other in itertools.combinations(boxes, 2):
        apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
        assert apart, (one, other)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert max(box[2] for box in boxes) < width and max(box[3] - box[1] for box in boxes) < height


def test_layers_of_a_lane_stand_under_each_other() -> None:
    found = between(
        REVIEW.read_text(encoding="utf-8"),
        REVIEW.with_name("review.new.yaml").read_text(encoding="utf-8"),
    )
    keys = [box(first(found), name).key for name in ("conv1", "norm", "pool", "conv2", "mean")]
    places = {group.get("id"): group for group in svg(found).iter(f"{SVG}g")}
    columns = {sides(places[f"node-{key}"])[0] for key in keys if key != keys[0]}
    assert max(columns) - min(columns) < 1


def test_an_svg_follows_its_reader() -> None:
    found = between(
        REVIEW.read_text(encoding="utf-8"),
        REVIEW.with_name("review.new.yaml").read_text(encoding="utf-8"),
    )
    drawn = picture(found, "svg", NAMES, "auto", "TB").decode()
    assert "prefers-color-scheme:dark" in drawn
    assert set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', drawn)) <= set(dict(themes.pairs()))
    for colour in re.findall(
        r'(?:fill|stroke)="#([0-9a-f]{6})"', picture(found, "svg", NAMES, "print", "TB").decode()
    ):
        channels = [int(colour[at : at + 2], 16) for at in (0, 2, 4)]
        assert max(channels) - min(channels) <= 5


# Large models. ----------------------------------------------------------------------------------------------------------


def test_a_small_change_in_a_large_model_fits_a_page() -> None:
    application = "branches: {{m: {{application: ResNet152, with: {{classes: {}}}}}}}"
    found = first(between(application.format(10), application.format(12)))
    assert len(found.boxes) < 10
    stretch = next(box for box in found.boxes.values() if box.layers > 1)
    assert stretch.title == "… 513 layers unchanged …"
    shown = sum(box.layers for box in found.boxes.values() if box.role in ("layer", "group"))
    assert shown == 516
    assert said(box(found, "predictions"))[:2] == ["softmax", "units: 10 -> 12"]


def test_added_blocks_are_one_box() -> None:
    found = first(changed("resnet50", ("repeat: 5", "repeat: 22")))
    (new,) = [box for box in found.boxes.values() if box.style.change]
    assert (new.style.change, new.title) == ("added", "170 layers added")
    assert {"Conv2D × 51", "Add × 17"} <= set(said(new))


@pytest.mark.parametrize(
    "make",
    [
        lambda: changed("resnet50", ("repeat: 5", "repeat: 7")),
        lambda: changed(
            "resnet50",
            (
                "filters: $filters, kernel_size: 1, name: conv1",
                "filters: $(2 * filters), kernel_size: 1, name: conv1",
            ),
        ),
        lambda: between(
            "branches: {m: {application: EfficientNetB0}}",
            "branches: {m: {application: EfficientNetB1}}",
        ),
        lambda: between("branches: {m: {application: MobileNetV2}}", spec("resnet50")),
    ],
    ids=["more blocks", "wider", "scaled", "another"],
)
def test_every_step_shows_all_and_makes_no_circle(make: Callable[[], Comparison]) -> None:
    found = make()
    number = len(found.new.calls) + len(found.removed)
    for page in scenes(found, NAMES):
        assert sum(box.layers for box in page.boxes.values() if box.role != "output") == number
        into: dict[str, set[str]] = {key: set() for key in page.boxes}
        for arrow in page.arrows:
            into[arrow.target].add(arrow.source)
        while into:
            free = [key for key, sources in into.items() if not sources & into.keys()]
            assert free, "a circle of boxes"
            for key in free:
                del into[key]


def test_the_same_model_has_a_picture_too(tmp_path: pathlib.Path) -> None:
    found = first(between(spec("resnet50"), spec("resnet50")))
    assert found.summary == ["the same model"]
    assert [box.title for box in found.boxes.values()] == [
        "Input",
        "… 176 layers unchanged …",
        "Output",
    ]
    two = ROOT / "specs" / "two_branch.yaml"
    result = invoke(two, two, "--plot", tmp_path / "a.svg")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "legend" not in (tmp_path / "a.svg").read_text(encoding="utf-8")


# Formats, and how it ends. ----------------------------------------------------------------------------------------------

#: What Mermaid's grammar has for a line, with nothing in a label that means something to it.
TEXT = r'(?:[^"#&`%\\$*~|{}\[\];@\n]|#\d+;)*'
LINES = [
    rf' +\w+(\["{TEXT}"\]|>"{TEXT}"\]|\[\["{TEXT}"\]\]|\{{\{{"{TEXT}"\}}\}}|\("{TEXT}"\)|\[/"{TEXT}"/\])',
    rf' +subgraph \w+\["{TEXT}"\]',
    r" +direction (TB|LR|BT|RL)",
    r" +end",
    r"  \w+ (-->|==>|-\.->) \w+",
    r"  classDef \w+ [\w:#,. -]+",
    r"  class [\w,]+ \w+",
    r"  style \w+ [\w:#,. -]+",
    r"  linkStyle [\d,]+ stroke:#\w+",
]


@pytest.mark.parametrize("case", ["nasty", *(path.name.split(".")[0] for path in CASES), "large"])
def test_mermaid_is_what_its_grammar_has(case: str) -> None:
    if case == "nasty":
        found = between(
            NASTY,
            NASTY.replace("units: 8, name: end", "units: 8, activation: tanh, name: end").replace(
                "{Add:", "{Maximum:"
            ),
        )
    elif case == "large":
        found = changed("resnet50", ("repeat: 5", "repeat: 22"))
    else:
        found = between(
            *(
                (ROOT / "tests" / "golden" / "diff" / f"{case}.{side}.yaml").read_text(
                    encoding="utf-8"
                )
                for side in ("old", "new")
            )
        )
    lines = picture(found, "mmd", NAMES, "light", "LR").decode().splitlines()
    assert [lines[0], lines[2], lines[3]] == ["---", "---", "flowchart LR"]
    assert json.loads(lines[1].removeprefix("title: ")).startswith("old.yaml → new.yaml · ")
    known = set()
    for line in lines[4:]:
        assert any(re.fullmatch(pattern, line) for pattern in LINES), line
        words = line.split()
        if re.match(r"  \w+ (-|=)", line):
            assert {words[0], words[2]} <= known
        known.add(re.split(r"\W", words[0])[0])


@pytest.mark.parametrize("theme", themes.NAMES)
@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_names_that_mean_something_elsewhere(theme: str, rankdir: str) -> None:
    found = between(
        NASTY,
        NASTY.replace("units: 8, name: end", "units: 9, name: end").replace("click n1", "other n1"),
    )
    shown = texts(svg(found, theme, rankdir))
    for text in (
        "1. a # <b> &amp; \\ \\N %% x",
        "]]-->|x|",
        "end",
        "- graph",
        "click n1 -> call",
        "other n1 -> call",
    ):
        assert text in shown


def test_several_files_with_the_words_beside(tmp_path: pathlib.Path) -> None:
    new = REVIEW.with_name("review.new.yaml")
    files = [tmp_path / "new" / f"a.{form}" for form in DIFF_PICTURES]
    options = [option for file in files for option in ("--plot", file)]
    result = invoke(REVIEW, new, *options)
    assert result.exit_code == 1
    assert result.stdout == invoke(REVIEW, new).stdout
    assert result.stderr.splitlines() == [f"wrote {file}" for file in files]
    begins = {
        "svg": b"<?xml",
        "png": b"\x89PNG",
        "pdf": b"%PDF",
        "dot": b"digraph",
        "mmd": b"---\ntitle",
        "html": b"<!doctype html>",
    }
    before = {file: file.read_bytes() for file in files}
    for file, data in before.items():
        assert data.startswith(begins[file.suffix[1:]])
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(
        file.name for file in files
    )
    assert invoke(REVIEW, new, *options, "-q").output == ""
    assert {file: file.read_bytes() for file in files} == before, "the same bytes"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["a.yaml", "b.yaml", "--plot", "a.svg"], 1, "wrote a.svg"),
        (["a.yaml", "a.yaml", "--plot", "a.svg"], 0, "wrote a.svg"),
        (
            ["a.yaml", "b.yaml", "--plot", "a.bmp"],
            2,
            "does not end in .svg, .png, .pdf, .dot, .mmd, .html",
        ),
        (["a.yaml", "b.yaml", "--plot", "a.svg", "--plot", "./a.svg"], 2, "written twice"),
        (["a.yaml", "b.yaml", "--plot", "a.mmd", "--format", "mermaid=a.mmd"], 2, "written twice"),
        (
            ["a.yaml", "b.dot", "--plot", "b.dot"],
            2,
            "--plot b.dot would overwrite a file that is compared",
        ),
        (["a.yaml", "bad.yaml", "--plot", "a.svg"], 3, "bad.yaml:2:11: error[unknown-layer]"),
        (["a.yaml", "missing.yaml", "--plot", "a.svg"], 3, "error[not-found]"),
        (
            ["a.yaml", "a.yaml", "1", "100644", "b.yaml", "2", "100644", "--plot", "a.svg"],
            2,
            "--plot draws one difference",
        ),
        (
            ["a.yaml", "a.yaml", "1", "100644", "b.yaml", "2", "100644", "--serve"],
            2,
            "--serve shows one difference",
        ),
    ],
    ids=str,
)
def test_exit_codes(
    arguments: list[str],
    code: int,
    words: str,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("input: [8]\nlayers: [{Dense: {units: 4, name: out}}]\n")
    (tmp_path / "b.yaml").write_text("input: [8]\nlayers: [{Dense: {units: 5, name: out}}]\n")
    (tmp_path / "b.dot").write_text("input: [8]\nlayers: [{Dense: {units: 5, name: out}}]\n")
    (tmp_path / "bad.yaml").write_text("input: [8]\nlayers: [{Dens: 4}]\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    result = invoke(*arguments)
    assert result.exit_code == code, result.output
    assert words in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*before, *["a.svg"] * (code < 2)]
    )
    assert (tmp_path / "b.dot").read_text().startswith("input")
