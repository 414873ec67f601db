"""The page of a model, in text and in a real browser."""

from __future__ import annotations

import html.parser
import http.server
import json
import pathlib
import queue
import re
import sys
import threading
import time
from fnmatch import fnmatch
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest
from browser import Browser
from running import ROOT, run

from mergecli.compiler.pipeline import compile_model, compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.page.page_writer import page
from mergecli.exporters.pictures.drawing import draw
from mergecli.exporters.pictures.network_scene import scene
from mergecli.exporters.summary import facts
from mergecli.importers.keras.weight_statistics import WeightStatistics
from mergecli.ir.graph import Network

PAGE = ROOT / "mergecli" / "exporters" / "page"
#: What must come out as it is, and do nothing.
HOSTILE = r"""
# </script><script>alert(1)</script> <!-- -->
name: "</title><script>alert(2)<"
branches:
  "<img src=x onerror=alert(3)>":
    input: [8]
    layers:
      - Dense: {units: 3, name: "<script>alert(4)"}  # </script><script>alert(5)</script>
      - Dense:
          units: 3
          name: "<!--<script>"
      - Dense: {units: 3, name: "a\"b'c&amp;d]]>$$title`$${x}"}
  "b-->":
    input: [8]
    layers:
      - Dense: {units: 3, name: "javascript:alert(6)"}
      - Dense: {units: 3, name: "\x01\x7f ünï 漢字 \u2028 <svg><style>"}
merge: {Concatenate: {name: "<svg onload=alert(7)>"}}
head:
  - Dense: {units: 2, name: last}
outputs: {"</script><script>alert(8)</script>": last, "$${x}": b-->}
""".replace("</title>", "<title>")


def compiled(path: pathlib.Path | str, text: str | None = None) -> tuple[Network, Source]:
    source = Source(text, str(path)) if text is not None else Source.read(str(path))
    found = compile_spec(source)
    assert found.network is not None, found.diagnostics
    return found.network, source


def written(path: pathlib.Path | str, text: str | None = None, **options: Any) -> str:
    """The page of a spec."""
    network, source = compiled(path, text)
    svg, whole = (
        draw(scene(network, detail), "svg", "auto").decode() for detail in ("auto", "layer")
    )
    return page(network, source, svg, whole, **options)


def spec(name: str) -> str:
    return str(ROOT / "specs" / f"{name}.yaml")


class Outline(html.parser.HTMLParser):
    """The elements of a page, with what their attributes name, and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.loads: list[str] = []
        self.handlers: list[str] = []
        self._script: dict[str, str | None] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._script = dict(attrs) if tag == "script" else None
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.loads += [
            f"{tag} {name}"
            for name, value in attrs
            if name in ("src", "href", "xlink:href", "srcset") and not (value or "").startswith("#")
        ]

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self.scripts.append((self._script, data))
            self._script = None


def told(text: str) -> dict[str, Any]:
    """The data in a page."""
    data: dict[str, Any] = json.loads(
        next(
            script for attributes, script in Outline(text).scripts if attributes.get("id") == "data"
        )
    )
    return data


@pytest.mark.parametrize("name", ["two_branch", "siamese", "resnet50", "merged", "transfer"])
def test_it_tells_what_the_summary_tells(name: str) -> None:
    network, _ = compiled(spec(name))
    known, layers = facts(network), told(written(spec(name)))["layers"]
    rows = [layer for layer in layers if not layer["input"]]
    assert [
        (row["name"], row["parameters"], row["trainable"], row["macs"], row["line"]) for row in rows
    ] == [
        (row["name"], row["parameters"], row["trainable_parameters"], row["macs"], row["line"])
        for row in known["layers"]
    ]
    assert sum(layer["bytes"] for layer in layers) == known["activation_bytes"]
    assert sum(layer["weight_bytes"] for layer in layers) == known["weight_bytes"]


def lines(data: dict[str, Any], name: str) -> list[tuple[str, str]]:
    """The lines that a page shows of a layer, each stretch after the name of its file."""
    layer = next(layer for layer in data["layers"] if layer["name"] == name)
    files = data["files"]
    return [
        (pathlib.Path(files[file]["path"]).name, "\n".join(files[file]["lines"][first - 1 : last]))
        for file, first, last in layer["lines"]
    ]


def test_a_layer_has_its_lines_and_those_where_its_block_is_used() -> None:
    data = told(written(spec("resnet50")))
    assert lines(data, "stage2_sum") == [
        ("resnet50.yaml", "      - Add: {name: sum}\n        from: [bn0, bn3]"),
        ("resnet50.yaml", "  - projection: {filters: 64, stride: 1}\n    as: stage2"),
    ]
    assert lines(data, "stem") == [
        ("resnet50.yaml", "  - Conv2D: {filters: 64, kernel_size: 7, strides: 2, name: stem}")
    ]


def test_lines_of_an_included_spec_are_those_of_its_file() -> None:
    data = told(written(spec("merged")))
    found = [lines(data, layer["name"])[0][0] for layer in data["layers"]]
    assert {"model_a.yaml", "model_b.yaml", "merged.yaml"} == set(found)


def test_lines_end_where_the_entry_ends() -> None:
    text = "input: [4]\nlayers:\n  - Dense:\n      units: 3\n\n      # why\n      activation: relu\n      name: one\n\n  # the next\n  - from: one\n    Dense:\n      units: 2\n      name: two\n"
    data = told(written("x.yaml", text))
    assert lines(data, "one") == [
        (
            "x.yaml",
            "  - Dense:\n      units: 3\n\n      # why\n      activation: relu\n      name: one",
        )
    ]
    assert lines(data, "two") == [
        ("x.yaml", "  - from: one\n    Dense:\n      units: 2\n      name: two")
    ]


SAVED = {
    "class_name": "Sequential",
    "config": {
        "name": "kept",
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {"batch_shape": [None, 8], "dtype": "float32", "name": "in"},
            },
            {
                "module": "keras.layers",
                "class_name": "Dense",
                "config": {"units": 3, "activation": "relu", "name": "small"},
            },
        ],
    },
}


def test_a_saved_model_has_arguments_and_no_lines(tmp_path: pathlib.Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps(SAVED))
    network = compile_model(str(tmp_path / "model.json")).network
    text = page(network, None, draw(scene(network), "svg").decode())
    data = told(text)
    assert data["files"] == [] and not any(layer["lines"] for layer in data["layers"])
    assert data["layers"][1]["arguments"]["units"] == "3" and ">Line<" not in text


def test_it_is_one_file_that_loads_nothing() -> None:
    text = written(spec("two_branch"))
    outline = Outline(text)
    assert outline.loads == [] and outline.handlers == []
    assert len(outline.scripts) == 2
    assert "url(" not in text and "@import" not in text
    assert "default-src &#39;none&#39;" in text and "connect-src" not in text


def test_the_same_spec_gives_the_same_bytes() -> None:
    assert written(spec("resnet50")) == written(spec("resnet50"))


def test_names_are_text_whatever_they_hold() -> None:
    text = written("</script>.yaml", HOSTILE)
    outline = Outline(text)
    assert len(outline.scripts) == 2 and outline.handlers == [] and outline.loads == []
    names = [layer["name"] for layer in told(text)["layers"]]
    assert "<script>alert(4)" in names and "<svg onload=alert(7)>" in names
    assert not re.search("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]", text)


def test_the_stream_is_all_that_a_live_page_may_ask_for() -> None:
    text = written(spec("two_branch"), live="http://127.0.0.1:8000/changes")
    assert (
        "connect-src http://127.0.0.1:8000&quot;" in text.replace('"', "&quot;")
        and told(text)["live"] == "http://127.0.0.1:8000/changes"
    )
    assert "connect-src &#39;self&#39;" in written(spec("two_branch"), live="/changes")


def test_a_wheel_has_the_parts_of_the_page() -> None:
    if sys.version_info < (3, 11):
        import tomli as toml
    else:
        import tomllib as toml

    given = toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "package-data"
    ]["mergecli.exporters.page"]
    assert all(
        any(fnmatch(path.name, pattern) for pattern in given)
        for path in PAGE.iterdir()
        if path.suffix not in (".py", "") and path.name != "__pycache__"
    )


# In a browser.


@pytest.fixture
def see(browser: Browser, tmp_path: pathlib.Path) -> Any:
    """Opens the page of a spec; what that took."""

    def see(path: str, text: str | None = None) -> float:
        (tmp_path / "page.html").write_text(written(path, text), encoding="utf-8")
        return browser.open((tmp_path / "page.html").as_uri())

    return see


def shown(browser: Browser, selector: str) -> str:
    return str(browser.ask(f"document.querySelector({json.dumps(selector)}).innerText"))


def chosen(browser: Browser) -> str | None:
    """The layer whose details are shown."""
    name: str | None = browser.ask("document.querySelector('#pane.chosen h2')?.textContent ?? null")
    return name


def box(spec_: str, name: str) -> str:
    """Where the picture has a layer."""
    network, _ = compiled(spec_)
    return f"#node-{next(node.index for node in network.graph.nodes if node.name == name)}"


@pytest.mark.browser
def test_the_command_writes_what_a_browser_opens(browser: Browser, tmp_path: pathlib.Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps(SAVED))
    result = run("plot", "model.json", "-o", "model.html", "--theme", "dark", cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "wrote model.html\n")
    browser.open((tmp_path / "model.html").as_uri() + "#small")
    assert (
        chosen(browser) == "small"
        and browser.ask("document.documentElement.dataset.theme") == "dark"
    )
    browser.ask("localStorage.clear()")
    assert run("plot", spec("two_branch"), "--format", "html").stdout == written(spec("two_branch"))


@pytest.mark.browser
@pytest.mark.parametrize(
    "name", ["two_branch", "siamese", "resnet50", "merged", "transfer", "multi_output"]
)
def test_it_opens(browser: Browser, see: Any, name: str) -> None:
    see(spec(name))
    network, _ = compiled(spec(name))
    assert shown(browser, "h1") == network.graph.name
    # Each layer is in a box of the picture.
    boxes = browser.ask(
        "[...document.querySelectorAll('#sheet [data-box]')].flatMap((box) => box.dataset.box.split(' '))"
    )
    assert {int(place) for place in boxes} == set(range(len(network.parts())))
    assert browser.ask("document.querySelectorAll('tbody tr').length") == len(network.parts())


@pytest.mark.browser
def test_a_click_shows_all_of_a_layer(browser: Browser, see: Any) -> None:
    see(spec("two_branch"))
    browser.click(box(spec("two_branch"), "a_layer_2"))
    words = shown(browser, "#pane")
    for part in (
        "a_layer_2",
        "Dense",
        "units\n128",
        "activation\nrelu",
        "(None, 32, 32, 128) float32",
        "8,320",
        "8,388,608",
        "512.0 KiB",
        "kernel\n(64, 128)",
        "two_branch.yaml:9",
    ):
        assert part in words, part
    assert (
        shown(browser, "#pane li.own").strip()
        == "- Dense: {units: 128, activation: relu, name: a_layer_2}"
    )
    # From there to the next one, by its name.
    browser.click("#pane .way [data-go]")
    assert chosen(browser) == "a_layer_1"
    assert browser.ask("location.hash") == "#a_layer_1"


@pytest.mark.browser
def test_a_shared_layer_tells_of_all_its_calls(browser: Browser, see: Any) -> None:
    see(spec("siamese"))
    browser.click("tr, #tab-table")
    browser.ask("document.querySelector('[data-place=\"1\"]').click()")
    assert "shared with\nright_encoded_conv2d" in shown(browser, "#pane")


@pytest.mark.browser
def test_what_is_not_known_is_not_guessed(browser: Browser, see: Any) -> None:
    see(
        "any.yaml",
        "input: [null, null, 3]\nlayers:\n  - Conv2D: {filters: 8, kernel_size: 3}\n  - GlobalAveragePooling2D\n  - Dense: 4\n",
    )
    assert "layers\n3\nparameters\n260\nMACs\n?\nweights\n1.0 KiB\nmemory\n?" in shown(
        browser, ".totals"
    )
    browser.key("Home")
    browser.key("ArrowDown")
    words = shown(browser, "#pane")
    assert "Parameters\n224\n86 % of the model" in words and "MACs\n?\nActivations\n?" in words
    browser.key("End")
    assert "MACs\n32\nActivations\n16 B\nWeights" in shown(browser, "#pane"), (
        "a share of what is not known"
    )


@pytest.mark.browser
def test_search(browser: Browser, see: Any) -> None:
    see(spec("two_branch"))
    browser.key("/")
    browser.type("sigmoid")
    assert shown(browser, "#found") == "3 of 10"
    assert browser.ask("document.querySelectorAll('#sheet .dim').length") == 7
    browser.key("Enter")
    assert chosen(browser) == "a_output_layer"
    browser.key("Enter")
    browser.key("Enter")
    assert chosen(browser) == "output_layer"
    browser.key("Enter", shift=True)
    assert chosen(browser) == "b_output_layer"
    browser.click("#tab-table")
    seen = "[...document.querySelectorAll('tbody tr')].filter((row) => row.offsetParent).map((row) => row.querySelector('th').textContent)"
    assert browser.ask(seen) == ["a_output_layer", "b_output_layer", "output_layer"]
    browser.key("/")
    browser.type("nowhere")
    assert shown(browser, "#found") == "0 of 10" and browser.ask(seen) == []
    browser.key("Escape")
    assert len(browser.ask(seen)) == 10


@pytest.mark.browser
def test_a_searched_table_is_as_high_as_its_matches(browser: Browser, see: Any) -> None:
    see(spec("resnet50"))
    browser.click("#tab-table")
    height = "document.querySelector('#table table').offsetHeight"
    whole = browser.ask(height)
    assert whole == pytest.approx(28 * 179, abs=20)
    browser.key("/")
    browser.type("stage5_sum")
    browser.wait("document.getElementById('found').textContent === '1 of 177'")
    assert browser.ask(height) == pytest.approx(28 * 3, abs=20)
    browser.key("Escape")
    assert browser.ask(height) == whole


@pytest.mark.browser
def test_keys(browser: Browser, see: Any) -> None:
    see(spec("two_branch"))
    browser.key("Home")
    way = [chosen(browser)]
    for _ in range(6):
        browser.key("ArrowDown")
        way.append(chosen(browser))
    assert way == [
        "Input_a",
        "a_layer_1",
        "a_layer_2",
        "a_layer_3",
        "a_output_layer",
        "concatenated_layer",
        "output_layer",
    ]
    browser.key("ArrowUp")
    browser.key("ArrowLeft")
    assert chosen(browser) == "b_output_layer"
    browser.key("ArrowRight")
    browser.key("End")
    assert chosen(browser) == "output_layer"
    browser.key("Enter")
    assert browser.ask("document.activeElement.id") == "pane"
    browser.key("Escape")
    assert chosen(browser) is None and browser.ask("document.activeElement.id") == "picture"
    width = "Math.round(document.querySelector('#sheet svg').getBoundingClientRect().width)"
    before = browser.ask(width)
    browser.key("+")
    assert browser.ask(width) > before
    browser.key("-")
    browser.key("-")
    assert browser.ask(width) < before
    browser.key("0")
    frame = browser.ask(
        "(() => { const a = document.querySelector('#sheet svg').getBoundingClientRect(), b = document.querySelector('#picture').getBoundingClientRect(); return [a.top >= b.top, a.bottom <= b.bottom, a.left >= b.left, a.right <= b.right]; })()"
    )
    assert frame == [True] * 4
    browser.key("?")
    assert browser.ask("document.getElementById('help').open")
    browser.key("Escape")
    assert not browser.ask("document.getElementById('help').open")
    browser.key("b")
    assert browser.ask(
        "document.getElementById('table').offsetHeight > 0 && document.getElementById('depth').offsetHeight === 0"
    )
    browser.key("d")
    assert browser.ask("document.getElementById('depth').offsetHeight > 0")


@pytest.mark.browser
def test_all_can_be_reached_by_tab_and_seen_there(browser: Browser, see: Any) -> None:
    see(spec("two_branch"))
    reached = []
    for _ in range(40):
        browser.key("Tab")
        name, seen = browser.ask(
            "(() => { const e = document.activeElement, s = getComputedStyle(e.closest('.search') || e); return [e.id || e.className || e.tagName, s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; })()"
        )
        if name == "BODY":
            break
        reached.append(name)
        assert seen, f"nothing shows that {name} has the focus"
    assert {
        "skip",
        "search",
        "theme",
        "ask",
        "picture",
        "in",
        "out",
        "fit",
        "tab-depth",
        "pane",
    } <= set(reached)


@pytest.mark.browser
def test_the_picture_is_dragged(browser: Browser, see: Any) -> None:
    see(spec("two_branch"))
    for _ in range(6):
        browser.key("+")
    before = browser.ask("[picture.scrollLeft, picture.scrollTop]")
    for kind, x, y in (
        ("mousePressed", 400, 300),
        ("mouseMoved", 380, 260),
        ("mouseMoved", 350, 240),
        ("mouseReleased", 350, 240),
    ):
        browser.call(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1
        )
    after = browser.ask("[picture.scrollLeft, picture.scrollTop]")
    assert [b - a for a, b in zip(before, after)] == [50, 60] and chosen(browser) is None


@pytest.mark.browser
def test_the_wheel_zooms_where_it_points(browser: Browser, see: Any) -> None:
    see(spec("two_branch"))
    name = box(spec("two_branch"), "a_layer_3")
    where = f"(() => {{ const r = document.querySelector('{name}').getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
    x, y = browser.ask(where)
    for _ in range(5):
        browser.call(
            "Input.dispatchMouseEvent",
            type="mouseWheel",
            x=x,
            y=y,
            deltaX=0,
            deltaY=-60,
            modifiers=2,
        )
    assert browser.ask(where) == pytest.approx([x, y], abs=6)


@pytest.mark.browser
def test_the_table_is_sorted(browser: Browser, see: Any) -> None:
    see(spec("u_net"))
    network, _ = compiled(spec("u_net"))
    counts = [layer["parameters"] for layer in told(written(spec("u_net")))["layers"]]
    browser.key("b")
    column = "[...document.querySelectorAll('tbody tr')].map((row) => Number(row.children[{}].textContent.replaceAll(',', '')))"
    place = browser.ask(
        "[...document.querySelectorAll('thead th')].findIndex((head) => head.dataset.key === 'parameters')"
    )
    head = "thead [data-key=parameters]"
    for state, expected in (
        ("descending", sorted(counts, reverse=True)),
        ("ascending", sorted(counts)),
        (None, counts),
    ):
        browser.click(f"{head} button")
        assert browser.ask(f"document.querySelector('{head}').getAttribute('aria-sort')") == state
        assert browser.ask(column.format(place)) == expected
    browser.click("thead [data-key=name] button")
    names = browser.ask(
        "[...document.querySelectorAll('tbody th')].map((head) => head.textContent)"
    )
    assert sorted(names) == sorted(node.name for node in network.parts()) and names != [
        node.name for node in network.parts()
    ]
    browser.click("tbody tr:nth-child(3)")
    assert chosen(browser) == names[2]
    browser.key("ArrowDown")
    assert browser.ask("document.activeElement.tagName") and chosen(browser) is not None


@pytest.mark.browser
def test_the_charts_tell_and_lead_to_a_layer(browser: Browser, see: Any) -> None:
    see(spec("two_branch"))
    words = browser.ask(
        "[...document.querySelectorAll('.chart svg')].map((chart) => chart.getAttribute('aria-label'))"
    )
    assert words == [
        "Parameters along the depth: 22,032 in all; the most, 8,320, in a_layer_2",
        "MACs along the depth: 22.2 M in all; the most, 8.39 M, in a_layer_2",
        "Activations along the depth: 1.8 MiB in all; the most, 512.0 KiB, in a_layer_2",
    ]
    frame = browser.ask(
        "(() => { const r = document.querySelector('.chart').getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()"
    )
    point = {"x": frame[0] + frame[2] * 0.25, "y": frame[1] + frame[3] / 2}
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", **point)
    assert shown(browser, "#reading").startswith("a_layer_2: 8,320 parameters, 8.39 M MACs")
    for kind in ("mousePressed", "mouseReleased"):
        browser.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **point)
    assert chosen(browser) == "a_layer_2"


@pytest.mark.browser
def test_a_folded_picture_unfolds(browser: Browser, see: Any) -> None:
    see(spec("resnet50"))
    many = "document.querySelectorAll('#sheet .node').length"
    folded = browser.ask(many)
    browser.ask("location.hash = '#stage4_sum'")
    browser.wait("document.querySelector('#pane h2').textContent === 'stage4_sum'")
    assert "In a box with" in shown(browser, "#pane")
    browser.key("f")
    assert browser.ask(many) >= 177 > folded and chosen(browser) == "stage4_sum"
    frame = browser.ask(
        "(() => { const a = document.querySelector('#sheet .chosen').getBoundingClientRect(), b = picture.getBoundingClientRect(); return a.top >= b.top && a.bottom <= b.bottom; })()"
    )
    assert frame, "the chosen layer is out of sight"
    browser.key("f")
    assert browser.ask(many) == folded


#: The text that is hard to read: its contrast with the background is below that of WCAG's level AA.
CONTRAST = """(() => {
  const parse = (text) => { const found = text.match(/[\\d.]+/g); return text.startsWith('rgb') && found ? [...found.slice(0, 3).map(Number), found[3] === undefined ? 1 : Number(found[3])] : null; };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const bad = []; let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, words = walker.currentNode.textContent.trim();
    if (!words || ['SCRIPT', 'STYLE', 'title', 'NOSCRIPT'].includes(element.tagName)) continue;
    const range = document.createRange(); range.selectNodeContents(walker.currentNode);
    const r = range.getClientRects()[0];
    if (!r || !r.width) continue;
    const stack = document.elementsFromPoint(r.x + r.width / 2, r.y + r.height / 2);
    const own = stack.indexOf(element);
    if (own < 0) continue;
    let below = [255, 255, 255, 1]; const layers = [];
    for (const behind of stack.slice(own)) {
      const style = getComputedStyle(behind), shape = behind instanceof SVGElement && !(behind instanceof SVGSVGElement);
      if (shape && /^t(ext|span)$/.test(behind.tagName)) continue;
      const color = parse(shape ? style.fill : style.backgroundColor);
      if (color && color[3] > 0) { layers.push(color); if (color[3] === 1) break; }
    }
    for (const layer of layers.reverse()) below = over(layer, below);
    const style = getComputedStyle(element);
    const ink = over(parse(element instanceof SVGElement ? style.fill : style.color), below);
    const [a, b] = [light(ink), light(below)].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
    seen += 1;
    if (ratio < 4.5) bad.push(`${words.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return [seen, bad];
})()"""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["two_branch", "transfer"])
def test_texts_are_easy_to_read(browser: Browser, see: Any, name: str, scheme: str) -> None:
    browser.show(1400, 1000, color_scheme=scheme)
    see(spec(name))
    background = browser.ask("getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) < 200) == (scheme == "dark")
    for keys in ((), ("ArrowDown", "ArrowDown"), ("b",), ("/", *"relu"), ("Escape", "Escape", "?")):
        for key in keys:
            browser.key(key)
        seen, bad = browser.ask(CONTRAST)
        assert seen > (5 if "?" in keys else 30) and bad == []


@pytest.mark.browser
def test_the_measure_of_contrast_can_fail(browser: Browser, see: Any) -> None:
    see(spec("two_branch"))
    browser.ask("document.querySelector('h1').style.color = '#aaa'")
    assert browser.ask(CONTRAST)[1] == ["merged model: 2.32"]


@pytest.mark.browser
def test_colours_are_turned_and_kept(browser: Browser, see: Any) -> None:
    see(spec("two_branch"))
    look = "[getComputedStyle(document.querySelector('header')).backgroundColor, getComputedStyle(document.querySelector('#sheet .node path')).fill]"
    light = browser.ask(look)
    browser.key("t")
    dark = browser.ask(look)
    assert light[0] != dark[0] and light[1] != dark[1]
    browser.call("Page.reload")
    browser.wait(
        "document.documentElement.dataset.ready && document.documentElement.dataset.theme === 'dark'"
    )
    assert browser.ask(look) == dark
    browser.ask("localStorage.clear()")


@pytest.mark.browser
def test_nothing_moves_for_who_does_not_want_it(browser: Browser, see: Any) -> None:
    browser.show(reduced_motion="reduce")
    see(spec("two_branch"))
    moving = "[...document.querySelectorAll('*')].filter((element) => getComputedStyle(element).transitionDuration !== '0s' || getComputedStyle(element).animationName !== 'none').length"
    assert browser.ask(moving) == 0


@pytest.mark.browser
def test_on_a_phone_all_is_in_reach(browser: Browser, see: Any) -> None:
    page = spec("inception")
    browser.show(380, 760)
    see(page)
    at = "(() => {{ const {{ left, right, top, bottom }} = document.querySelector({}).getBoundingClientRect(); return [left, right, top, bottom]; }})()"
    left, right, top, bottom = browser.ask(at.format("'#picture'"))
    box_left, box_right, box_top, box_bottom = browser.ask(
        at.format(f"'{box(page, 'stem_input')}'")
    )
    assert left <= box_left < box_right <= right
    assert top <= box_top < box_bottom <= bottom
    browser.click(box(page, "stem_conv2d"))
    assert chosen(browser) == "stem_conv2d"
    assert browser.ask(
        "document.querySelector('#pane h2').getBoundingClientRect().bottom < innerHeight"
    ), "without scrolling"
    assert browser.ask("document.documentElement.scrollWidth") == 380


@pytest.mark.browser
def test_a_window_of_another_size_shows_the_same_place(browser: Browser, see: Any) -> None:
    middle = (
        "(() => { const a = document.querySelector('#sheet svg').getBoundingClientRect(), b = document.getElementById('picture').getBoundingClientRect();"
        " return [((b.left + b.right) / 2 - a.left) / a.width, ((b.top + b.bottom) / 2 - a.top) / a.height]; })()"
    )
    see(spec("u_net"))
    browser.click(box(spec("u_net"), "down1"))
    browser.key("+")
    before = browser.ask(middle)
    browser.show(900, 600)
    browser.wait("document.getElementById('picture').clientWidth < 700")
    browser.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert browser.ask(middle) == pytest.approx(before, abs=0.01)
    see(spec("u_net"))
    assert browser.ask(middle) == pytest.approx(before, abs=0.01)


@pytest.mark.browser
def test_print_has_the_whole_picture_and_table(browser: Browser, see: Any) -> None:
    browser.show(color_scheme="dark")
    see(spec("resnet50"))
    browser.key("/")
    browser.type("stem")
    pages = browser.pdf().count(b"/Type /Page\n")
    assert 3 <= pages <= 12
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.ask("dispatchEvent(new Event('beforeprint'))")
    assert browser.ask(
        "[...document.querySelectorAll('tbody tr')].every((row) => row.getBoundingClientRect().height > 0)"
    )
    assert browser.ask(
        "document.getElementById('depth').offsetHeight > 0 && document.querySelector('.tools').offsetHeight === 0"
    )
    assert browser.ask(
        "picture.scrollHeight === picture.clientHeight && picture.scrollWidth === picture.clientWidth"
    )
    assert (
        browser.ask("getComputedStyle(document.querySelector('#sheet .node path')).fill")
        == "rgb(243, 244, 246)"
    )
    assert browser.ask("getComputedStyle(document.querySelector('h1')).color") == "rgb(23, 26, 33)"


@pytest.mark.browser
def test_a_picture_of_several_sheets_begins_on_the_first(
    browser: Browser, tmp_path: pathlib.Path
) -> None:
    layers = "".join(
        f"  - Dense: {{units: {number}, name: d{number}}}\n" for number in range(5, 95)
    )
    network, source = compiled("long.yaml", f"input: [8]\nlayers:\n{layers}")
    svg = draw(scene(network, "layer"), "svg", "auto").decode()
    text = page(network, source, svg)
    assert '<div id="sheet" class="tall">' in text
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    browser.open((tmp_path / "page.html").as_uri())
    browser.call("Emulation.setEmulatedMedia", media="print")
    top = "document.querySelector('{}').getBoundingClientRect().top"
    assert browser.ask(top.format("#sheet > svg")) <= browser.ask(top.format("header")) + 1


@pytest.mark.browser
def test_no_name_runs(browser: Browser, see: Any) -> None:
    see("</script>.yaml", HOSTILE)
    assert shown(browser, "h1") == "<title><script>alert(2)<"
    browser.key("Home")
    seen = []
    for _ in range(9):
        seen.append(chosen(browser))
        browser.key("ArrowRight")
    assert (
        "<script>alert(4)" in seen
        and "a\"b'c&amp;d]]>$title`${x}" in seen
        and "<svg onload=alert(7)>" in seen
    )
    assert browser.ask("document.querySelectorAll('script').length") == 2
    assert "</script><script>alert(8)</script>" in browser.ask(
        "document.getElementById('sheet').textContent"
    )
    # And a name in the address leads to its layer.
    browser.ask("location.hash = '#' + encodeURIComponent('<script>alert(4)')")
    browser.wait("document.querySelector('#pane h2').textContent === '<script>alert(4)'")
    assert "alert(5)" in shown(browser, "#pane .code")


@pytest.mark.browser
def test_a_script_that_got_in_would_not_run(browser: Browser, tmp_path: pathlib.Path) -> None:
    text = written(spec("two_branch")).replace(
        "</h1>", "</h1><img src=x onerror='window.ran = 1'><script>window.ran = 1</script>"
    )
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    browser.open((tmp_path / "page.html").as_uri())
    assert browser.ask("window.ran ?? null") is None
    assert browser.complaints and all(
        "Content Security Policy" in words for words in browser.complaints
    )
    browser.complaints.clear()


@pytest.mark.browser
@pytest.mark.parametrize("detail", ["auto", "layer"])
def test_a_layer_is_found_among_a_thousand(
    browser: Browser, tmp_path: pathlib.Path, detail: str
) -> None:
    block = "  - Conv2D: {{filters: {1}, kernel_size: 3, padding: same, name: conv_{0}}}\n  - BatchNormalization: {{name: norm_{0}}}\n  - ReLU: {{name: relu_{0}}}\n  - Dropout: {{rate: 0.1, name: drop_{0}}}\n"
    text = "input: [32, 32, 3]\nlayers:\n" + "".join(
        block.format(number, 8 + number % 7) for number in range(250)
    )
    network, source = compiled("thousand.yaml", text)
    svg = draw(scene(network, detail), "svg", "auto").decode()
    (tmp_path / "page.html").write_text(page(network, source, svg), encoding="utf-8")
    browser.open((tmp_path / "page.html").as_uri())
    browser.key("/")
    browser.type("conv_24")
    assert shown(browser, "#found") == "11 of 1001"
    browser.key("Enter")
    assert chosen(browser) == "conv_24"


class Server(http.server.ThreadingHTTPServer):
    """Serves a page and, as a server-sent event, that it is new."""

    daemon_threads = True

    def __init__(self) -> None:
        self.page = ""
        self.news: queue.Queue[str] = queue.Queue()
        self.readers = 0
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        stream = self.path == "/changes"
        self.send_response(200)
        self.send_header(
            "Content-Type", "text/event-stream" if stream else "text/html; charset=utf-8"
        )
        self.end_headers()
        if stream:
            self.server.readers += 1
            self.wfile.write(f"data: {self.server.news.get()}\n\n".encode())
        else:
            self.wfile.write(self.server.page.encode())

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.mark.browser
def test_a_live_page_is_new_when_the_server_says_so_and_keeps_what_is_seen(
    browser: Browser,
) -> None:
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        text = pathlib.Path(spec("two_branch")).read_text(encoding="utf-8")
        server.page = written("two_branch.yaml", text, live="/changes")
        browser.open(server.address)
        browser.key("/")
        browser.type("dense")
        browser.key("Enter")
        browser.key("Enter")
        browser.ask("picture.focus()")
        for _ in range(4):
            browser.key("+")
        browser.key("b")
        browser.click("thead [data-key=parameters] button")
        kept = "[document.getElementById('fit').textContent, picture.scrollTop, document.getElementById('search').value, document.querySelector('[aria-sort]').dataset.key, document.getElementById('table').hidden]"
        assert chosen(browser) == "a_layer_2"
        before = browser.ask(kept)
        # The layer that is chosen is now another one in the order, and has other arguments.
        server.page = written(
            "two_branch.yaml",
            text.replace("units: 128,", "units: 96,").replace(
                "[32, 32, 1], name: Input_a}", "[32, 32, 1], name: Input_c}"
            ),
            live="/changes",
        )
        browser.ask("window.old = true")
        server.news.put("new")
        browser.wait("!window.old && document.documentElement.dataset.ready")
        assert chosen(browser) == "a_layer_2" and "units\n96" in shown(browser, "#pane")
        assert browser.ask(kept) == before
        browser.wait("true") and browser.ask("new Promise((done) => setTimeout(done, 100))")
        assert server.readers == 2, "the new page listens, too"
        server.news.put("end")
    finally:
        browser.call("Page.navigate", url="about:blank")
        server.shutdown()
        server.server_close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 380])
def test_a_picture_begins_at_the_top_of_its_frame(browser: Browser, see: Any, width: int) -> None:
    browser.show(width, 800)
    see(spec("resnet50"))
    browser.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    top, left, drawn, frame = browser.ask(
        "(() => { const a = document.querySelector('#sheet svg').getBoundingClientRect(), b = picture.getBoundingClientRect();"
        " return [a.top - b.top, a.left - b.left, a.width, b.width]; })()"
    )
    assert top == pytest.approx(28, abs=1)
    if drawn > frame:
        assert left <= 29, "blank ground beside a picture that is wider than its frame"
    browser.key("b")
    assert browser.ask(
        "['thead', 'tbody', 'tfoot'].map((part) => [...document.querySelector(`${part} tr`).children].map((cell) => Math.round(cell.getBoundingClientRect().left)).join()).every((places, _, all) => places === all[0])"
    ), "the columns of the heading, the rows and the sums are not the same"


@pytest.mark.browser
def test_a_list_of_facts_has_only_terms_and_facts(browser: Browser, see: Any) -> None:
    """What axe calls `definition-list`; a screen reader does not read the list otherwise."""
    see(spec("two_branch"))
    browser.ask("location.hash = '#a_layer_2'")
    browser.wait("document.querySelector('#pane h2').textContent === 'a_layer_2'")
    inside = "[...document.querySelectorAll('dl > div > *')].map((part) => part.tagName)"
    assert set(browser.ask(inside)) == {"DT", "DD"}


@pytest.mark.browser
def test_the_picture_is_saved(browser: Browser, see: Any, tmp_path: pathlib.Path) -> None:
    browser.show(color_scheme="dark")
    see(spec("two_branch"))
    folder = tmp_path / "saved"
    folder.mkdir()
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    browser.key("Home")
    browser.click("#save-svg")
    browser.wait("document.getElementById('said').textContent === 'saved as merged_model.svg'")
    browser.click("#save-png")
    browser.wait("document.getElementById('said').textContent === 'saved as merged_model.png'")
    deadline = time.monotonic() + 20
    while len(list(folder.glob("merged_model.???"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    svg = (folder / "merged_model.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert "a_layer_1" in svg and "chosen" not in svg and "prefers-color-scheme" in svg
    png = (folder / "merged_model.png").read_bytes()
    assert png.startswith(b"\x89PNG") and len(png) > 10_000


@pytest.mark.browser
def test_a_weight_has_its_numbers_and_a_histogram(browser: Browser, tmp_path: pathlib.Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps(SAVED))
    network = compile_model(str(tmp_path / "model.json")).network
    assert network is not None
    weights = [
        WeightStatistics("kernel", (8, 3), "float16", 2, 1, 0.25, 1.5, -2.0, 4.0, [1, 20, 0, 2]),
        WeightStatistics("bias", (3,), "float32", 0, 0, 0.0, 0.0, 0.0, 0.0, [3]),
        WeightStatistics("<b>", (1,), "float32", 1),
    ]
    text = page(network, None, draw(scene(network), "svg").decode(), weights={1: weights})
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    browser.open((tmp_path / "page.html").as_uri())
    # Layers whose weights are not finite are on the first page.
    assert "Weights that are not finite\nsmall" in shown(browser, "#pane")
    browser.click("#pane > [data-go]")
    assert chosen(browser) == "small"
    kernel, bias, other = (shown(browser, f".weight:nth-of-type({n})") for n in (1, 2, 3))
    assert list(filter(None, kernel.split("\n"))) == [
        "kernel (8, 3)", "float16 in the file", "2 NaN and 1 infinite of 24",
        "min", "-2", "mean", "0.25", "deviation", "1.5", "max", "4",
    ]  # fmt: skip
    assert bias.split("\n")[-1] == "all 0"
    assert "1 NaN of 1" in other and "<b>" in other and "No number is finite." in other
    picture = ".weight svg[role=img]"
    assert (
        browser.ask(f"document.querySelector('{picture}').getAttribute('aria-label')")
        == "Histogram of kernel, from -2 to 4; most numbers are from -0.5 to 1"
    )
    assert browser.ask(f"document.querySelectorAll('{picture}').length") == 1
    # The highest bar is as high as the picture.
    top = "document.querySelector('.weight .bars').getBBox()"
    assert browser.ask(f"[{top}.y, {top}.height]") == [0, 32]


# Boxes that unfold one by one.


def unfoldable(tmp_path: pathlib.Path, path: str, *options: str) -> str:
    """The address of the page that the command writes of a spec."""
    result = run("plot", path, "-q", "-o", tmp_path / "page.html", *options)
    assert result.returncode == 0, result.stderr
    return (tmp_path / "page.html").as_uri()


def places(browser: Browser) -> dict[str, list[float]]:
    """Where each box of the picture is: its left, top, right and bottom, from the corner of the picture."""
    found: dict[str, list[float]] = browser.ask(
        "(() => { const from = document.querySelector('#sheet > svg').getBoundingClientRect();"
        " return Object.fromEntries([...document.querySelectorAll('#sheet .node > .outline')].map((box) => {"
        " const at = box.getBoundingClientRect();"
        " return [box.parentNode.dataset.nodes || box.parentNode.id, [at.left - from.left, at.top - from.top, at.right - from.left, at.bottom - from.top]]; })); })()"
    )
    return found


def overlaps(boxes: dict[str, list[float]]) -> list[tuple[str, str]]:
    return [
        (one, two)
        for one, a in boxes.items()
        for two, b in boxes.items()
        if one < two and a[0] < b[2] - 1 and b[0] < a[2] - 1 and a[1] < b[3] - 1 and b[1] < a[3] - 1
    ]


SIGNS = "document.querySelectorAll('#sheet [data-toggle]').length"
NODES = "document.querySelectorAll('#sheet .node').length"


@pytest.mark.browser
def test_a_click_unfolds_one_box_and_folds_it_again(
    browser: Browser, tmp_path: pathlib.Path
) -> None:
    browser.open(unfoldable(tmp_path, spec("resnet50")))
    folded, before = browser.ask(NODES), places(browser)
    browser.click("[data-part='1'] > .sign")
    browser.wait("!!document.querySelector('[data-open=\"1\"]')")
    # Twelve layers, and what enters them, instead of one box.
    assert browser.ask(NODES) == folded + 12
    after = places(browser)
    assert overlaps(after) == []
    # What is above or in the other column stays, what is below goes down together.
    assert after["0"][1] == pytest.approx(before["0"][1], abs=1)
    moved = {round(after[key][1] - before[key][1]) for key in before if key in after}
    assert len(moved) == 2 and 0 in moved and max(moved) > 100
    # Its arrows lead to the frame around it, those inside from layer to layer.
    assert browser.ask(
        "document.querySelector('[data-open=\"1\"] > title, .sign title').textContent"
    )
    assert browser.ask("location.hash") == "#&open=1"
    browser.click("[data-open='1'] > .sign")
    browser.wait("!document.querySelector('[data-open]')")
    assert browser.ask(NODES) == folded and places(browser) == before
    assert browser.ask("location.hash") == ""


@pytest.mark.browser
def test_the_box_of_a_layer_unfolds_by_keys_and_in_the_details(
    browser: Browser, tmp_path: pathlib.Path
) -> None:
    address = unfoldable(tmp_path, spec("resnet50"))
    browser.open(address + "#stage2_sum")
    assert "Unfold stage2 · projection" in shown(browser, "#pane")
    browser.key("o")
    browser.wait("!!document.querySelector('[data-open=\"1\"]')")
    assert browser.ask("location.hash") == "#stage2_sum&open=1"
    # The layer has a box of its own now, which is chosen.
    assert browser.ask("document.querySelector('#sheet .chosen').dataset.nodes").count(" ") == 0
    assert shown(browser, "#said") == "unfolded stage2 · projection"
    browser.key("O")
    browser.wait("!document.querySelector('[data-open]')")
    browser.click("#pane .fold")
    browser.wait("!!document.querySelector('[data-open=\"1\"]')")
    assert "Fold stage2 · projection" in shown(browser, "#pane .fold")
    # A link and a reload show it as it was.
    browser.open(address + "#stage2_sum&open=1.2")
    assert browser.ask("document.querySelectorAll('[data-open]').length") == 2
    assert chosen(browser) == "stage2_sum" and overlaps(places(browser)) == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("resnet50", ("--rankdir", "LR")),
        ("resnet50", ("--rankdir", "BT")),
        ("transfer", ()),
        ("multi_modal", ("--detail", "branch")),
    ],
)
def test_all_boxes_unfold_without_meeting(
    browser: Browser, tmp_path: pathlib.Path, name: str, options: tuple[str, ...]
) -> None:
    browser.open(unfoldable(tmp_path, spec(name), *options))
    closed = "document.querySelector('#sheet [data-part] > .sign')"
    while browser.ask(f"Boolean({closed})"):
        count = browser.ask("document.querySelectorAll('[data-open]').length")
        browser.ask(f"{closed}.dispatchEvent(new MouseEvent('click', {{ bubbles: true }}))")
        browser.wait(f"document.querySelectorAll('[data-open]').length > {count}")
    assert overlaps(places(browser)) == []
    # All is within the picture, which has grown.
    inside = (
        "(() => { const all = document.querySelector('#sheet > svg').getBoundingClientRect();"
        " return [...document.querySelectorAll('#sheet .node > .outline, #sheet .around')].every((box) => {"
        " const at = box.getBoundingClientRect();"
        " return at.left >= all.left && at.top >= all.top && at.right <= all.right && at.bottom <= all.bottom; }); })()"
    )
    assert browser.ask(inside)


@pytest.mark.browser
@pytest.mark.slow
def test_five_thousand_layers_unfold_box_by_box(browser: Browser, tmp_path: pathlib.Path) -> None:
    random = Random(1)
    layers = "".join(f"  - Dense: {{units: {random.randrange(3, 99)}}}\n" for _ in range(5000))
    (tmp_path / "deep.yaml").write_text(f"input: [8]\nlayers:\n{layers}")
    address = unfoldable(tmp_path, str(tmp_path / "deep.yaml"))
    # The parts are the smaller share of the page.
    assert (tmp_path / "page.html").stat().st_size < 6_000_000
    browser.open(address + "#dense_2500")
    for _ in range(4):
        if not browser.ask("Boolean(document.querySelector('#sheet .chosen[data-part]'))"):
            break
        count = browser.ask("document.querySelectorAll('[data-open]').length")
        browser.key("o")
        browser.wait(f"document.querySelectorAll('[data-open]').length > {count}")
    assert (
        browser.ask("document.querySelector('#sheet .chosen').dataset.box.split(' ').length") < 200
    )
    assert overlaps(places(browser)) == []
