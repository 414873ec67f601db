"""Pictures without Keras: what they show, that they stay readable, and that the same spec gives the same bytes."""

from __future__ import annotations

import itertools
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ET
from typing import Any, Iterator

import pytest
from click.testing import CliRunner, Result
from pictures import dot
from running import ROOT, SPECS, run
from svg_texts import SVG, texts

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_model, compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.formats import PICTURES
from mergecli.exporters.pictures import columns, folding, fonts, mermaid, themes
from mergecli.exporters.pictures.drawing import draw
from mergecli.exporters.pictures.network_scene import scene, scenes
from mergecli.exporters.pictures.scene import Box, Frame, Scene
from mergecli.ir.graph import Network
from mergecli.ir.subgraph_layers import held_model

GOLDEN = ROOT / "tests" / "golden"
TWO = ROOT / "specs" / "two_branch.yaml"
SIAMESE = ROOT / "specs" / "siamese.yaml"
#: The pictures in the README.
SHOWN = ("likes", "multi_modal", "siamese", "resnet50")
#: Names that mean something to DOT, HTML, Mermaid or Markdown.
NASTY = r"""
name: 'a "b" <script>alert(1)<script> #x; %%{init: {}}%% end'
branches:
  end: {input: {shape: [8], name: 'in " ] } | ` $$ é 漢字'}, layers: [{Dense: {units: 8, name: end}}, {Dense: {units: 8, name: '1. a # <b> &amp; \ \N %% x'}}]}
  "- graph": {input: {shape: [8], name: subgraph}, layers: [{Dense: {units: 8, name: 'click n1 call'}}]}
merge: {Add: {name: ']]-->|x|'}}
"""


def network(text: str, path: str = "model.yaml") -> Network:
    compiled = compile_spec(Source(text, path))
    assert compiled.network is not None, compiled.diagnostics
    return compiled.network


def of(path: pathlib.Path) -> Network:
    return network(path.read_text(encoding="utf-8"), str(path))


def application(name: str) -> Network:
    return network(f"branches: {{m: {{application: {name}}}}}")


def chain(layers: int) -> str:
    return "input: [8]\nlayers:\n" + "".join(
        f"  - Dense: {8 + number % 7 * (number % 3)}\n" for number in range(layers)
    )


def diagram(net: Network, detail: str = "auto", bar: str = "parameters") -> Scene:
    return scene(net, detail, bar)


def box(found: Scene, name: str) -> Box:
    return next(box for box in found.boxes.values() if box.name == name and box.role != "output")


def svg(net: Network, **options: Any) -> ET.Element:
    return ET.fromstring(draw(scene(net), "svg", **options))


def invoke(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=stdin)


def check(path: pathlib.Path, text: str, rewrite: bool) -> None:
    if rewrite:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", ["dot", "mmd"])
def test_golden_texts(spec: pathlib.Path, form: str, rewrite: bool) -> None:
    result = invoke("plot", spec, "--format", form)
    assert (result.exit_code, result.stderr) == (0, "")
    check(GOLDEN / f"{spec.stem}.plot.{form}", result.stdout, rewrite)


def shown(name: str) -> Network:
    """The network of a picture in the documentation: of a spec, or of the first one in the README."""
    if name != "likes":
        return of(ROOT / "specs" / f"{name}.yaml")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return network(readme.partition("```yaml\n")[2].partition("```")[0], "likes.yaml")


@pytest.mark.parametrize("name", SHOWN)
def test_the_pictures_in_the_readme_are_current(name: str, rewrite: bool) -> None:
    """By their strings and their size: another version of Graphviz may set a point elsewhere."""
    drawn = draw(diagram(shown(name)), "svg", theme="auto")
    path = GOLDEN / f"{name}.svg"
    if rewrite:
        path.write_bytes(drawn)
    pages = (ROOT / "docs" / "reference" / "commands.md", ROOT / "README.md")
    assert any(f"pictures/{name}.svg" in page.read_text(encoding="utf-8") for page in pages)
    old, new = ET.parse(path).getroot(), ET.fromstring(drawn)
    assert texts(old) == texts(new)
    for side in ("width", "height"):
        assert float(new.attrib[side][:-2]) == pytest.approx(float(old.attrib[side][:-2]), rel=0.03)


# What a picture shows.


def test_branches_are_lanes_that_meet_in_the_merge() -> None:
    found = diagram(of(TWO))
    assert [(frame.role, frame.title, frame.style.lane) for frame in found.root.frames] == [
        ("branch", "a", 0),
        ("branch", "b", 1),
    ]
    merge = box(found, "concatenated_layer")
    assert merge.style.joins
    assert merge.style.lane is None
    assert {
        (found.boxes[arrow.source].name, arrow.style.lane)
        for arrow in found.arrows
        if arrow.target == merge.key
    } == {
        ("a_output_layer", 0),
        ("b_output_layer", 1),
    }


def test_a_box_tells_the_layer() -> None:
    shown = texts(svg(of(TWO)))
    for text in (
        "Dense",
        "a_layer_2",
        "128 · relu",
        "(None, 32, 32, 128)",
        "8,320 parameters",
        "Input_a",
        "float32",
        "a",
        "b",
        "merged model",
    ):
        assert text in shown
    first, same = (
        box(diagram(of(TWO)), "a_layer_1"),
        box(diagram(of(ROOT / "specs" / "u_net.yaml")), "down1"),
    )
    assert [any(line.strong for line in one.lines) for one in (first, same)] == [True, False]


def test_heavy_layers_have_long_bars() -> None:
    found = diagram(of(TWO))
    assert box(found, "a_layer_2").share == 1
    assert box(found, "a_layer_1").share == pytest.approx(128 / 8320)
    assert box(found, "concatenated_layer").share == 0
    heaviest = max(
        diagram(of(ROOT / "specs" / "u_net.yaml"), bar="macs").boxes.values(),
        key=lambda box: box.share,
    )
    assert heaviest.macs == max(
        box.macs or 0 for box in diagram(of(ROOT / "specs" / "u_net.yaml")).boxes.values()
    )
    assert not any(box.share for box in diagram(of(TWO), bar="none").boxes.values())


def test_a_shared_layer_is_drawn_once_with_both_ways() -> None:
    found = diagram(of(SIAMESE))
    convolutions = [box for box in found.boxes.values() if box.title == "Conv2D"]
    assert [(box.notes, len(box.data)) for box in convolutions] == [
        (["shared: applied 2 times"], 2)
    ] * 2
    first, second = convolutions
    assert sorted(
        (arrow.call, arrow.style.lane) for arrow in found.arrows if arrow.target == first.key
    ) == [(1, 0), (2, 1)]
    difference = box(found, "difference")
    assert sorted(
        (arrow.call, arrow.style.lane) for arrow in found.arrows if arrow.target == difference.key
    ) == [(1, 0), (2, 1)]
    assert second.parameters == 32 * 16 * 9 + 32


def test_shared_layers_are_drawn_once_also_as_a_branch() -> None:
    found = diagram(of(SIAMESE), "branch")
    tower = next(box for box in found.boxes.values() if box.style.shared)
    assert (tower.name, [line.text for line in tower.lines][:2]) == (
        "left",
        ["Conv2D", "MaxPooling2D"],
    )
    assert "shared: applied 2 times" in tower.notes
    assert tower.parameters == 5856
    for ways in (
        [arrow for arrow in found.arrows if arrow.target == tower.key],
        [arrow for arrow in found.arrows if arrow.source == tower.key],
    ):
        assert sorted((arrow.call, arrow.style.lane) for arrow in ways) == [(1, 0), (2, 1)]


def test_frozen_layers_are_marked() -> None:
    found = diagram(of(ROOT / "specs" / "transfer.yaml"), "layer")
    assert "frozen" in box(found, "Conv1").notes
    assert "frozen" not in box(found, "facts_dense").notes
    assert "frozen" in texts(svg(of(ROOT / "specs" / "transfer.yaml")))


def test_a_normalization_is_not_frozen_for_its_averages() -> None:
    found = diagram(network("input: [8]\nlayers: [{BatchNormalization: {name: bn}}]"))
    assert box(found, "bn").notes == []


def test_outputs_are_labelled() -> None:
    found = diagram(of(ROOT / "specs" / "multi_output.yaml"))
    assert [
        (box.name, box.lines[0].text, box.lines[0].right)
        for box in found.boxes.values()
        if box.role == "output"
    ] == [
        ("label", "(None, 10)", "float32"),
        ("box", "(None, 4)", "float32"),
    ]


def test_a_nested_model_is_a_frame() -> None:
    text = "branches:\n  a: {spec: model_a.yaml, nested: true}\n  b: {input: [32, 32, 32]}\nmerge: Concatenate"
    net = network(text, str(ROOT / "specs" / "outer.yaml"))
    found = diagram(net)
    frame = next(frame for frame in found.root.walk() if frame.role == "model")
    inside = [box.title for box in frame.boxes]
    # Its input is what stands before it.
    assert inside == ["Dense", "Dense", "Dense", "Dense"]
    ways = {
        (found.boxes[arrow.source].title, found.boxes[arrow.target].title) for arrow in found.arrows
    }
    assert {("Input", "Dense"), ("Dense", "Concatenate")} <= ways
    assert "frame" in dot(net)


def test_an_input_that_a_nested_model_gives_back_has_a_box(tmp_path: pathlib.Path) -> None:
    (tmp_path / "inner.yaml").write_text(
        "input: {shape: [8], name: i}\nlayers: [{Dense: {units: 8, name: d}}]\noutputs: [i, d]\n"
    )
    found = diagram(
        network(
            "branches: {a: {spec: inner.yaml, nested: true}}\nmerge: Add\n",
            str(tmp_path / "outer.yaml"),
        )
    )
    frame = next(frame for frame in found.root.walk() if frame.role == "model")
    assert [box.title for box in frame.boxes] == ["Input", "Dense"]


@pytest.mark.parametrize(
    ("inputs", "title"),
    [(1, "inner"), (1, "a_model_in_it"), (2, "inner"), (1, "a_model_with_quite_a_long_name")],
)
def test_no_arrow_crosses_the_title_of_a_nested_model(
    inputs: int, title: str, tmp_path: pathlib.Path
) -> None:
    names = [f"i{number}" for number in range(inputs)]
    layers = "".join(
        f"  - Dense: {{units: 8, name: d_{name}}}\n    from: {name}\n" for name in names
    )
    join = "  - Add: {name: sum}\n    from: [d_i0, d_i1]\n" if inputs == 2 else ""
    (tmp_path / "inner.yaml").write_text(
        f"name: {title}\ninputs: {{{', '.join(f'{name}: [8]' for name in names)}}}\nlayers:\n{layers}{join}"
    )
    root = svg(
        network("branches: {a: {spec: inner.yaml, nested: true}}\n", str(tmp_path / "outer.yaml"))
    )
    lines = Frame("frame0", "model", title).lines
    shown = [text for text in root.iter(f"{SVG}text") if text.text in lines][: len(lines)]
    left, top = (float(shown[0].attrib[side]) for side in "xy")
    right = max(float(text.attrib["x"]) + 6 * len(text.text or "") for text in shown)
    crossing = []
    for group in root.iter(f"{SVG}g"):
        if re.fullmatch(r"arrow-\d+", group.get("id", "")):
            numbers = [
                float(number)
                for number in re.findall(r"-?[\d.]+", next(group.iter(f"{SVG}path")).attrib["d"])
            ]
            (x, y), (to, end) = numbers[:2], numbers[-2:]
            if y < top < end:
                crossing.append(x + (to - x) * (top - y) / (end - y))
    assert len(crossing) == inputs
    assert not any(left - 40 < x < right for x in crossing)


def test_a_long_title_has_two_lines(tmp_path: pathlib.Path) -> None:
    title = "a_model_with_quite_a_long_name"
    (tmp_path / "inner.yaml").write_text(f"name: {title}\ninput: [8]\nlayers: [{{Dense: 8}}]\n")
    net = network("branches: {a: {spec: inner.yaml, nested: true}}\n", str(tmp_path / "outer.yaml"))
    frame = next(one for one in svg(net).iter(f"{SVG}g") if one.get("class") == "cluster model")
    numbers = re.findall(r"-?[\d.]+", next(frame.iter(f"{SVG}path")).attrib["d"])
    across = [float(number) for number in numbers[::2]]
    # The title is at the left of the arrow.
    assert max(across) - min(across) < 2 * 5 * len(title)


def layer(cls: str, name: str, **config: Any) -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": cls,
        "config": {"name": name, **config},
        "registered_name": None,
    }


@pytest.fixture
def saved(tmp_path: pathlib.Path) -> pathlib.Path:
    """A saved model with a model in it."""
    entry = layer("InputLayer", "i", batch_shape=[None, 8], dtype="float32")
    inner = {
        **layer("Sequential", "inner", layers=[entry, layer("Dense", "a", units=4)]),
        "module": "keras",
    }
    outer = {
        **layer("Sequential", "outer", layers=[entry, inner, layer("Dense", "b", units=2)]),
        "module": "keras",
    }
    path = tmp_path / "outer.json"
    path.write_text(json.dumps(outer))
    return path


def test_a_saved_model(saved: pathlib.Path) -> None:
    found = diagram(compile_model(str(saved)).network)
    assert [(frame.role, frame.title) for frame in found.root.frames] == [("model", "inner")]
    result = invoke("plot", saved, "--format", "mmd")
    assert result.exit_code == 0
    assert "Dense" in result.stdout


def test_an_unsafe_model_is_drawn_with_a_warning(saved: pathlib.Path) -> None:
    config = json.loads(saved.read_text())
    config["config"]["layers"].append(
        layer("Lambda", "l", function={"class_name": "__lambda__", "config": {"code": "4wEAAAA="}})
    )
    saved.write_text(json.dumps(config))
    result = invoke("plot", saved, "-o", saved.parent / "a.svg")
    assert result.exit_code == 0
    assert "warning[unsafe-model]" in result.stderr
    assert ">Lambda<" in (saved.parent / "a.svg").read_text()


# Large models.


def test_what_is_repeated_is_drawn_once() -> None:
    found = diagram(application("ResNet50"), "block")
    assert [frame.title for frame in found.root.walk() if frame.role == "repeat"] == [
        "10 layers × 2",
        "10 layers × 3",
        "10 layers × 5",
        "10 layers × 2",
    ]
    assert sum(box.parameters or 0 for box in found.boxes.values()) == 25_636_712
    # The numbers are those of one round.
    shown = [box.shown for box in found.boxes.values()]
    assert {" × 2", " × 3", " × 5"} <= {text.removesuffix(" parameters")[-4:] for text in shown}
    tooltips = [box.tooltip for box in found.boxes.values()]
    assert any(" × 5 parameters\n" in text and text.endswith(" × 5 MACs") for text in tooltips)


@pytest.mark.parametrize(
    "name",
    [
        "ResNet152",
        "EfficientNetB7",
        "NASNetMobile",
        "DenseNet201",
        "InceptionResNetV2",
        "MobileNetV3Large",
    ],
)
def test_a_large_model_fits_a_page(name: str) -> None:
    net = application(name)
    found = diagram(net)
    assert len(found.boxes) <= folding.BOXES + len(net.graph.outputs.targets)
    picture = svg(net)
    assert float(picture.attrib["height"][:-2]) <= 1.25 * folding.PAGE
    assert float(picture.attrib["width"][:-2]) <= folding.PAGE


@pytest.mark.parametrize("detail", folding.DETAILS)
@pytest.mark.parametrize(
    "name", [*(path.stem for path in SPECS), "EfficientNetB0", "NASNetMobile", "chain", "shared"]
)
def test_every_call_is_in_one_box(name: str, detail: str) -> None:
    shared = "input: [8]\nlayers: [{Dense: {units: 8, name: d}}, ReLU, {use: d, as: e}, ReLU, {use: d, as: f}, {use: d, as: g}]"
    made = {"chain": lambda: network(chain(500)), "shared": lambda: network(shared)}
    path = ROOT / "specs" / f"{name}.yaml"
    net = of(path) if path.exists() else made[name]() if name in made else application(name)
    found = diagram(net, detail)
    calls = sorted(
        index for box in found.boxes.values() if box.role != "output" for index in box.data
    )
    # All the boxes of a model in a layer stand for its call.
    models = {node.index for node in net.parts() if held_model(node.layer) is not None}
    assert models <= set(calls)
    once = [index for index in calls if index not in models]
    assert once == sorted(node.index for node in net.parts() if node.index not in models)
    framed = [box.key for frame in found.root.walk() for box in frame.boxes]
    assert sorted(framed) == sorted(found.boxes)
    # Whoever follows the arrows from the inputs comes to every box.
    ways: dict[str, set[str]] = {}
    for arrow in found.arrows:
        ways.setdefault(arrow.source, set()).add(arrow.target)
    reached, new = set(), {box.key for box in found.boxes.values() if box.role == "input"}
    while new:
        reached |= new
        new = {target for key in new for target in ways.get(key, ())} - reached
    assert reached == set(found.boxes)


def test_a_bitmap_is_never_scaled_to_fit(tmp_path: pathlib.Path) -> None:
    (tmp_path / "long.yaml").write_text(chain(900))
    result = invoke(
        "plot", tmp_path / "long.yaml", "--detail", "layer", "-o", tmp_path / "long.png"
    )
    assert result.exit_code == 0
    assert (
        "note: with --detail layer no bitmap could be read; the .png is drawn with --detail auto"
        in result.stderr
    )
    assert size((tmp_path / "long.png").read_bytes())[1] < 8000


def test_a_coarser_bitmap_is_told_of(tmp_path: pathlib.Path) -> None:
    (tmp_path / "long.yaml").write_text(chain(280))
    result = invoke(
        "plot",
        tmp_path / "long.yaml",
        "--detail",
        "layer",
        "-o",
        tmp_path / "long.png",
        "-o",
        tmp_path / "long.svg",
    )
    assert re.search(
        r"^note: the picture is large: the \.png has (8|9|1[0-3])\d instead of 144 dots per inch; an \.svg has no such limit$",
        result.stderr,
        re.M,
    )
    assert result.stderr.count("note:") == 1


def size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


# Formats.


def test_several_files_at_once(tmp_path: pathlib.Path) -> None:
    files = [tmp_path / "new" / f"a.{form}" for form in PICTURES]
    result = invoke("plot", TWO, *itertools.chain(*(("-o", file) for file in files)))
    assert result.exit_code == 0
    assert result.stdout == ""
    begins = {
        "svg": b"<?xml",
        "png": b"\x89PNG",
        "pdf": b"%PDF",
        "dot": b"digraph",
        "mmd": b"---\ntitle",
        "html": b"<!doctype html>",
    }
    for file in files:
        assert file.read_bytes().startswith(begins[file.suffix[1:]])
        assert f"wrote {file}" in result.stderr
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(
        file.name for file in files
    )


def test_without_a_file_the_picture_goes_where_build_puts_its_own(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke("plot", TWO).exit_code == 0
    assert (tmp_path / "output" / "two_branch.svg").exists()


def test_standard_output_and_input() -> None:
    result = run("plot", "-", "--format", "svg", stdin=TWO.read_text())
    assert result.returncode == 0
    assert result.stderr == ""
    assert "a_layer_1" in texts(ET.fromstring(result.stdout))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["plot", TWO, "-o", "a.bmp"], 2, "does not end in .svg, .png, .pdf, .dot, .mmd"),
        (["plot", TWO, "-o", "a.svg", "-o", "./a.svg"], 2, "written twice"),
        (["plot", "missing.yaml", "-o", "a.svg"], 3, "error[not-found]"),
        (["plot", "missing.keras", "-o", "a.svg"], 3, "error[not-found]"),
        (["plot", "bad.yaml", "-o", "a.svg"], 1, "bad.yaml:2:11: error[unknown-layer]"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said(
    arguments: list[str],
    code: int,
    words: str,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text("input: [8]\nlayers: [{Dens: 4}]\n")
    result = invoke(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert words in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]


@pytest.mark.parametrize(
    "hidden",
    [
        "import importlib.util as u\nfind = u.find_spec\nu.find_spec = lambda name, *a: None if name == 'pygraphviz' else find(name, *a)\n"
        "import sys; sys.modules['pygraphviz'] = None\n",
        "import sys\nclass Refuses:\n    def find_spec(self, name, *a):\n        if name == 'pygraphviz': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Refuses())\n",
    ],
    ids=["absent", "refused"],
)
def test_without_pygraphviz_there_are_texts(hidden: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(hidden)
    path = f"{tmp_path}:{ROOT}"
    result = run("plot", TWO, "-o", "a.svg", cwd=tmp_path, PYTHONPATH=path)
    assert result.returncode == 5
    assert f"{sys.executable} -m pip install pygraphviz ; without it" in result.stderr
    assert ".dot and .mmd can be drawn" in result.stderr
    result = run("plot", TWO, "-o", "a.dot", "-o", "a.mmd", cwd=tmp_path, PYTHONPATH=path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "a.dot").exists()


def test_keras_is_not_loaded() -> None:
    code = (
        "import atexit, sys\n"
        "heavy = {'keras', 'tensorflow', 'numpy', 'pydot'}\n"
        "atexit.register(lambda: print(sorted(heavy & set(sys.modules)), file=sys.stderr))\n"
        "sys.argv = ['mergecli', 'plot', 'specs/two_branch.yaml', '--format', 'svg']\n"
        "from mergecli.cli.main import main\nmain()"
    )
    import subprocess

    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.stderr.splitlines()[-1] == "[]"


def test_the_same_bytes_everywhere(tmp_path: pathlib.Path) -> None:
    """In processes with other hashes, and where the system has no font at all."""
    empty = tmp_path / "fonts.conf"
    empty.write_text('<?xml version="1.0"?><fontconfig></fontconfig>')
    for number, environment in enumerate(
        [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "FONTCONFIG_FILE": str(empty)}]
    ):
        files = [f"{number}.{form}" for form in PICTURES]
        result = run(
            "plot",
            SIAMESE,
            *itertools.chain(*(("-o", file) for file in files)),
            cwd=tmp_path,
            **environment,
        )
        assert result.returncode == 0, result.stderr
        assert "ontconfig" not in result.stderr
    for form in PICTURES:
        first, second = (tmp_path / f"{number}.{form}" for number in (0, 1))
        assert first.read_bytes() == second.read_bytes(), form
    assert min(size((tmp_path / "0.png").read_bytes())) > 400


def test_text_is_text_in_a_pdf() -> None:
    import zlib

    data = draw(diagram(of(TWO)), "pdf")
    inflated = b""
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S):
        try:
            inflated += zlib.decompress(match[1])
        except zlib.error:
            continue
    assert b"begincmap" in inflated, (
        "letters are mapped to characters, so that they can be selected"
    )
    assert b"/FontFile" in data + inflated
    assert b"Tj" in inflated or b"TJ" in inflated


def test_boxes_of_an_svg_have_ids_calls_and_titles() -> None:
    net = application("ResNet50")
    root = svg(net)
    groups = [element for element in root.iter(f"{SVG}g") if element.get("data-nodes")]
    calls = sorted(int(index) for group in groups for index in group.attrib["data-nodes"].split())
    assert calls == sorted(node.index for node in net.parts())
    for group in groups:
        assert group.attrib["id"] == f"node-{min(map(int, group.attrib['data-nodes'].split()))}"
        title = group.find(f"{SVG}title")
        assert title is not None
        assert title.text
    assert not list(root.iter(f"{SVG}a"))
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))


def test_a_box_stands_for_any_number_of_calls() -> None:
    net = network("input: [8]\nlayers:\n" + "  - Dense: 8\n  - ReLU\n" * 2500)
    calls = [
        element.attrib["data-nodes"].split()
        for element in svg(net).iter(f"{SVG}g")
        if element.get("data-nodes")
    ]
    assert sorted(int(index) for indices in calls for index in indices) == list(range(5001))
    assert max(map(len, calls)) > 2000


def test_the_explanation_is_broken_only_where_it_is_wider_than_the_picture() -> None:
    for name, lines in (("siamese", 2), ("multi_modal", 1)):
        root = svg(of(ROOT / "specs" / f"{name}.yaml"))
        places = {
            element.attrib["y"]: "".join(element.itertext())
            for element in root.iter(f"{SVG}text")
            if element.attrib["x"] == "0"
        }
        assert len(places) == 2 + lines, places


@pytest.mark.parametrize("theme", themes.NAMES)
@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_names_that_mean_something_elsewhere(theme: str, rankdir: str) -> None:
    net = network(NASTY)
    shown = texts(svg(net, theme=theme, rankdir=rankdir))
    for text in ("1. a # <b> &amp; \\ \\N %% x", "]]-->|x|", "end", "- graph", net.graph.name):
        assert text in shown
    titles = [title.text or "" for title in svg(net).iter(f"{SVG}title")]
    assert any("1. a # <b> &amp; \\ \\N %% x" in title for title in titles)


# Themes.


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    "theme", [themes.LIGHT, themes.DARK, themes.PRINT], ids=["light", "dark", "print"]
)
def test_everything_can_be_read(theme: themes.Theme) -> None:
    """WCAG 2: 4.5 for text, 3 for lines."""
    lanes = [*theme.lanes, *theme.changes, theme.neutral]
    for ground in [theme.box, theme.frozen, theme.paper, *(tint for _, tint in lanes)]:
        assert contrast(theme.ink, ground) >= 7
        assert contrast(theme.muted, ground) >= 4.5, ground
    assert contrast(theme.change, theme.box) >= 4.5
    assert contrast(theme.change, theme.frozen) >= 4.5
    for line, tint in lanes:
        # A frame's title has the colour of its line.
        assert contrast(line, tint) >= 3
        assert contrast(line, theme.box) >= 3


#: How the eye's red, green and blue mix for those who lack one kind of cone (Viénot, Brettel and Mollon 1999, in linear RGB).
BLIND = {
    "protan": ((0.11238, 0.88762, 0), (0.11238, 0.88762, 0), (0.00401, -0.00401, 1)),
    "deutan": ((0.29275, 0.70725, 0), (0.29275, 0.70725, 0), (-0.02234, 0.02234, 1)),
}


@pytest.mark.parametrize("kind", BLIND)
@pytest.mark.parametrize("theme", [themes.LIGHT, themes.DARK], ids=["light", "dark"])
def test_the_first_lanes_are_told_apart_by_all(theme: themes.Theme, kind: str) -> None:
    def seen(colour: str) -> tuple[float, ...]:
        linear = [(int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5)]
        return tuple(
            max(0.0, sum(f * c for f, c in zip(row, linear))) ** (1 / 2.2) * 255
            for row in BLIND[kind]
        )

    # Added, removed and changed have signs and lines of their own besides.
    pairs = [
        *itertools.combinations(theme.lanes[:4], 2),
        *itertools.combinations(theme.changes[:3], 2),
    ]
    for (one, _), (other, _) in pairs:
        assert sum((a - b) ** 2 for a, b in zip(seen(one), seen(other))) ** 0.5 > 30, (one, other)


def test_an_svg_follows_its_reader() -> None:
    drawn = draw(diagram(of(TWO)), "svg", theme="auto").decode()
    used = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', drawn))
    mapped = dict(themes.pairs())
    assert "prefers-color-scheme:dark" in drawn
    assert used <= set(mapped), "every colour has a dark one"
    assert len(set(mapped)) == len(themes.pairs()), "no colour has two"
    assert "prefers-color-scheme" not in draw(diagram(of(TWO)), "svg", theme="light").decode()
    dark = draw(diagram(of(TWO)), "svg", theme="dark").decode()
    used = set(
        re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', re.sub("<style>.*?</style>", "", drawn))
    )
    assert set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', dark)) == {
        mapped[colour] for colour in used
    }


def test_print_has_no_colour_and_tells_lanes_apart() -> None:
    drawn = draw(diagram(of(ROOT / "specs" / "multi_modal.yaml")), "svg", theme="print").decode()
    for colour in re.findall(r'(?:fill|stroke)="#([0-9a-f]{6})"', drawn):
        channels = [int(colour[at : at + 2], 16) for at in (0, 2, 4)]
        assert max(channels) - min(channels) <= 5
    frames = re.findall(r'class="cluster branch">.*?<path ([^>]*)>', drawn, re.S)
    assert len({re.sub(r' d=".*?"', "", frame).replace("/", "") for frame in frames}) >= 3


# Mermaid.


def mermaid_lines(text: str) -> Iterator[str]:
    lines = text.splitlines()
    assert lines[0] == "---"
    assert lines[1].startswith('title: "')
    assert json.loads(lines[1].removeprefix("title: "))
    assert lines[2] == "---"
    assert re.fullmatch("flowchart (TB|LR|BT|RL)", lines[3])
    yield from lines[4:]


#: What Mermaid's grammar has for a line, with nothing in a label that means something to it.
LABEL = r'(?:[^"#&`%\\$*~|{}\[\];@\n]|#\d+;)*'
LINES = [
    rf' +\w+(\["{LABEL}"\]|\(\["{LABEL}"\]\)|\[\["{LABEL}"\]\])',
    rf' +subgraph \w+\["{LABEL}"\]',
    r" +direction (TB|LR|BT|RL)",
    r" +end",
    rf'  \w+ (-->|-\.->)(\|"{LABEL}"\|)? ?\w+',
    r"  classDef \w+ [\w:#,. -]+",
    r"  class [\w,]+ \w+",
    r"  style \w+ [\w:#,. -]+",
    r"  linkStyle [\d,]+ stroke:#\w+",
]


@pytest.mark.parametrize("name", ["nasty", "siamese", "transfer", "resnet50", "EfficientNetB7"])
@pytest.mark.parametrize("theme", ["light", "print"])
def test_mermaid_is_what_its_grammar_has(name: str, theme: str) -> None:
    path = ROOT / "specs" / f"{name}.yaml"
    net = network(NASTY) if name == "nasty" else of(path) if path.exists() else application(name)
    depth, known, edges = 0, set(), 0
    text = mermaid.mermaid(scenes(net, "layer"), theme)
    assert len(text) < 50_000
    for line in mermaid_lines(text):
        assert any(re.fullmatch(pattern, line) for pattern in LINES), line
        words = line.split()
        depth += (words[0] == "subgraph") - (words == ["end"])
        if "->" in line and '["' not in line:
            edges += 1
            assert {words[0], words[-1]} <= known
        elif words[0] not in (
            "subgraph",
            "direction",
            "end",
            "classDef",
            "class",
            "style",
            "linkStyle",
        ):
            known.add(re.split(r"\W", words[0])[0])
        assert words[0].lower() not in ("graph", "click", "default")
    assert depth == 0
    assert edges <= 500


# Pages: long chains, straight paths, and readers with other fonts.


def places(drawn: bytes) -> dict[str, tuple[float, float]]:
    """Where each box begins, by its id: how far to the right and how far down."""
    found = {}
    for group in ET.fromstring(drawn).iter(f"{SVG}g"):
        path = next((part for part in group if part.tag in (f"{SVG}path", f"{SVG}polygon")), None)
        if group.get("id", "").startswith("node-") and path is not None:
            points = [
                tuple(map(float, pair))
                for pair in re.findall(
                    r"(-?[\d.]+),(-?[\d.]+)", path.get("d", "") or path.get("points", "")
                )
            ]
            found[group.attrib["id"]] = (min(x for x, _ in points), min(y for _, y in points))
    return found


@pytest.mark.parametrize("name", ["ResNet50", "VGG19"])
def test_a_long_chain_flows_into_columns_from_left_to_right(name: str) -> None:
    net = application(name)
    assert columns.columns(diagram(net))
    assert not columns.columns(diagram(of(TWO))), "what is short has one column"
    drawn = draw(diagram(net), "svg")
    where = places(drawn)
    ordered = [where[f"node-{key[1:]}"] for key in diagram(net).boxes if key[0] == "n"]
    turns = [(a, b) for a, b in itertools.pairwise(ordered) if b[1] < a[1]]
    assert turns
    assert all(after[0] > before[0] for before, after in turns)
    picture = ET.fromstring(drawn)
    assert (
        float(picture.attrib["width"][:-2])
        < float(picture.attrib["height"][:-2]) * 1.2
        < 1.5 * columns.LONGEST
    )


def test_a_column_begins_only_where_nothing_else_leads_past() -> None:
    assert not columns.columns(diagram(of(ROOT / "specs" / "u_net.yaml"))), (
        "its skips would lead from column to column"
    )
    assert "constraint=false" not in dot(application("ResNet50"), rankdir="LR")


def test_the_main_path_is_straight_and_what_passes_it_bends() -> None:
    net = of(ROOT / "specs" / "u_net.yaml")
    found = diagram(net)
    names = {
        (found.boxes[arrow.source].name, found.boxes[arrow.target].name)
        for arrow in (found.arrows[one] for one in columns.straight(found))
    }
    assert {("down1", "max_pooling2d"), ("up1", "skip1")} <= names
    assert ("down1", "skip1") not in names
    lefts = {round(x) for x, _ in places(draw(diagram(net), "svg")).values()}
    assert len(lefts) == 2, "the encoder is at the left, the decoder at the right"


def test_layers_that_are_applied_in_a_circle_are_drawn() -> None:
    net = network(
        "input: [8]\nlayers:\n  - Dense: {units: 8, name: a}\n  - Dense: {units: 8, name: b}\n  - {use: a, as: again}\n"
    )
    assert {"a", "b"} <= set(texts(svg(net)))


def test_texts_are_as_long_as_they_were_measured_whatever_font_a_reader_has() -> None:
    root = svg(of(SIAMESE))
    told = {"".join(text.itertext()): text for text in root.iter(f"{SVG}text")}
    long = told["GlobalAveragePooling2D"]
    assert long.get("lengthAdjust") == "spacingAndGlyphs"
    assert 130 < float(long.attrib["textLength"]) < 140
    for group in root.iter(f"{SVG}g"):
        for text in (
            group.findall(f"{SVG}text")
            if group.get("id", "").startswith(("node", "output"))
            else ()
        ):
            sides = [
                float(x)
                for x in re.findall(r"(-?[\d.]+),", next(group.iter(f"{SVG}path")).attrib["d"])
            ]
            room = (
                max(sides) - float(text.attrib["x"])
                if text.get("text-anchor") == "start"
                else float(text.attrib["x"]) - min(sides)
            )
            assert float(text.attrib["textLength"]) <= room, "".join(text.itertext())
    both = fonts.load()
    assert both is not None
    regular, bold = both
    assert bold.length("m", 11) > regular.length("m", 11) > regular.length("i", 11) > 0  # type: ignore[operator]
    assert regular.length("漢", 11) is None


def test_an_svg_names_only_the_dark_colours_that_it_needs() -> None:
    drawn = draw(diagram(of(ROOT / "specs" / "model_a.yaml")), "svg", theme="auto").decode()
    style, rest = drawn.split("</style>")
    assert all(f'="{colour}"' in rest for colour in re.findall(r'="(#\w+)"\]', style))
    assert "#161b23" in style
