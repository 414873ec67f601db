"""The page of two models: what is in it, and what a browser makes of it."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest
from browser import Browser
from diff_cases import between
from running import ROOT

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.diff import Comparison, compare, wording
from mergecli.diff.model import unfold
from mergecli.exporters.formats import DIFF_PICTURES, PictureOptions
from mergecli.exporters.pictures.diff_pictures import page
from mergecli.exporters.pictures.merged_calls import Merged
from mergecli.exporters.pictures.themes import DARK, LIGHT, MARKS

GOLDEN = ROOT / "tests" / "golden" / "diff"
OLD = (ROOT / "specs" / "two_branch.yaml").read_text(encoding="utf-8")
#: Each change of a layer, and an output of another shape.
NEW = (
    OLD.replace("units: 128,", "units: 96,")
    .replace("name: b_layer_1}", "name: b_first}")
    .replace("      - Dense: {units: 64, activation: relu, name: a_layer_3}\n", "")
    .replace(
        "      - Dense: {units: 32, activation: sigmoid, name: b_output_layer}",
        "      - Dropout: {rate: 0.25, name: b_drop}\n"
        "      - Dense: {units: 32, activation: relu, name: b_output_layer}",
    )
    .replace("units: 16,", "units: 8,")
)
#: Names that mean something to HTML, to JavaScript or to a reader.
NASTY = r"""
name: "<title><script>alert(1)<"
branches:
  "<img src=x onerror=alert(2)>":
    input: [8]
    layers: [{Dense: {units: 3, name: "<script>alert(3)", activation: ACTIVATION}}, {Dense: {units: 3, name: "a\"b'c&amp;$$title"}}]
  "\u202eb-->": {input: [8], layers: [{Dense: {units: 3, name: "<!--<script>"}}]}
merge: {Concatenate: {name: "<svg onload=alert(4)>"}}
head: [{Dense: {units: 2, name: last}}]
outputs: {"</script><script>alert(5)</script>": last}
"""


def review() -> Comparison:
    """A comparison with changes of outputs and of `compile` too."""
    return between(
        *((GOLDEN / f"review.{side}.yaml").read_text(encoding="utf-8") for side in ("old", "new"))
    )


def written(
    found: Comparison, names: tuple[str, str] = ("old.yaml", "new.yaml"), **options: Any
) -> str:
    look = PictureOptions("auto", "auto", "TB", "none", None, [])
    return page(found, names, "html", look, **options).decode()


def read(text: str) -> dict[str, Any]:
    """Return the data in a page."""
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert match is not None
    data: dict[str, Any] = json.loads(match[1])
    return data


def layer(data: dict[str, Any], name: str, change: str | None = None) -> dict[str, Any]:
    return next(
        one for one in data["layers"] if one["name"] == name and change in (None, one["change"])
    )


def test_html_is_a_format_of_comparisons() -> None:
    assert DIFF_PICTURES["html"].load() is page


@pytest.mark.parametrize("case", sorted(path.name[:-9] for path in GOLDEN.glob("*.old.yaml")))
def test_the_steps_are_the_entries_of_the_text(case: str) -> None:
    texts = [
        (GOLDEN / f"{case}.{side}.yaml").read_text(encoding="utf-8") for side in ("old", "new")
    ]
    found = between(*texts)
    data = read(written(found))
    steps = [step for step in data["diff"]["steps"] if step["cls"] and step["cls"] != "output"]
    entries = sorted((entry.change, entry.name, *entry.details) for entry in wording.entries(found))
    assert sorted((step["change"], step["name"], *step["details"]) for step in steps) == entries
    # In the order of the picture, each at its layer.
    places = [step["place"] for step in steps]
    assert places == sorted(places)
    for step in steps:
        one = data["layers"][step["place"]]
        assert (one["change"], one["name"]) == (step["change"], step["name"])


def test_outputs_and_compile_are_steps_too() -> None:
    data = read(written(review()))
    steps = {step["name"]: step for step in data["diff"]["steps"]}
    assert steps["compile"]["place"] is None and steps["compile"]["change"] == "changed"
    outputs = [step for step in data["diff"]["steps"] if step["cls"] == "output"]
    assert [(step["change"], step["name"]) for step in outputs] == [("added", "box")]
    assert data["layers"][outputs[0]["place"]]["name"] == "box"


def test_a_changed_layer_has_both_sides() -> None:
    sides = {
        name: rest for name, *rest in layer(read(written(between(OLD, NEW))), "a_layer_2")["sides"]
    }
    assert sides["units"] == ["128", "96", True]
    assert sides["activation"] == ["relu", "relu", False]
    assert sides["from"] == ["a_layer_1", "a_layer_1", False]
    assert sides["gives"] == ["(None, 32, 32, 128)", "(None, 32, 32, 96)", True]
    assert sides["parameters"] == ["8,320", "6,240", True]
    assert sides["MACs"] == ["8,388,608", "6,291,456", True]


def test_a_side_that_only_has_the_default_shows_it() -> None:
    old = "input: [8]\nlayers: [{Dense: {units: 4, name: d}}]\n"
    data = read(written(between(old, old.replace("name: d", "use_bias: false, name: d"))))
    sides = {name: rest for name, *rest in layer(data, "d")["sides"]}
    assert sides["use_bias"] == ["true", "false", True]


def test_a_layer_of_one_model_and_one_as_before_have_no_sides() -> None:
    data = read(written(between(OLD, NEW)))
    assert layer(data, "a_layer_3")["change"] == "removed"
    assert layer(data, "b_drop")["change"] == "added"
    assert layer(data, "a_layer_1")["change"] == ""
    for name in ("a_layer_3", "b_drop", "a_layer_1"):
        assert layer(data, name)["sides"] is None


def test_a_shape_that_only_follows_is_marked_and_is_not_a_step() -> None:
    old = "input: [8]\nlayers: [{Dense: {units: 4, name: d}}, {ReLU: {name: r}}]\n"
    data = read(written(between(old, old.replace("units: 4", "units: 5"))))
    one = layer(data, "r")
    assert one["change"] == "reshaped" and ["gives", "(None, 4)", "(None, 5)", True] in one["sides"]
    assert [step["name"] for step in data["diff"]["steps"] if step["cls"] != "output"] == ["d"]


def test_each_weight_says_whether_it_loads() -> None:
    found = between(OLD, NEW)
    data = read(written(found))
    assert layer(data, "a_layer_1")["loads"] == ["", ""]
    assert layer(data, "a_layer_2")["loads"][0] == "(64, 128) in the file, (64, 96) needed"
    assert layer(data, "b_first")["loads"] == ["the layer is named b_layer_1 in the file"] * 2
    assert layer(data, "a_layer_3")["loads"] is None and "a_layer_3" in data["diff"]["unused"]
    share, misses, result = wording.loading(found)
    assert data["diff"]["loading"] == {"share": share, "misses": misses, "result": result}


def test_a_layer_that_would_get_the_weights_of_another_says_so() -> None:
    old = "input: [8]\nlayers: [{Dense: {units: 8, name: a}}, {Dense: {units: 8, name: b}}]\n"
    new = old.replace("[{Dense", "[{Dense: {units: 8, name: fresh}}, {Dense", 1)
    data = read(written(between(old, new)))
    assert layer(data, "a")["file"] == "would give it the weights of b"
    assert layer(data, "b")["file"].startswith("fails at b")


def test_a_changed_layer_has_its_lines_in_both_specs_and_others_those_of_theirs() -> None:
    models = []
    for name, text in (("old.yaml", OLD), ("new.yaml", NEW)):
        source = Source(text, name)
        network = compile_spec(source).network
        assert network is not None
        models.append(unfold(network, source=source))
    data = read(written(compare(*models)))

    def lines(name: str) -> list[tuple[str, str]]:
        return [
            (data["files"][file]["path"], data["files"][file]["lines"][first - 1].strip())
            for file, first, _ in layer(data, name)["lines"]
        ]

    assert lines("a_layer_2") == [
        ("old.yaml", "- Dense: {units: 128, activation: relu, name: a_layer_2}"),
        ("new.yaml", "- Dense: {units: 96, activation: relu, name: a_layer_2}"),
    ]
    assert [path for path, _ in lines("a_layer_3")] == ["old.yaml"]
    assert [path for path, _ in lines("b_drop")] == ["new.yaml"]
    assert [path for path, _ in lines("a_layer_1")] == ["new.yaml"]


def test_both_models_are_in_one_picture_whose_boxes_name_their_layers() -> None:
    found = between(OLD, NEW)
    text = written(found)
    boxes = re.findall(r'data-nodes="([\d ]+)"', text)
    assert {int(place) for box in boxes for place in box.split()} == set(
        range(len(Merged(found).calls))
    )
    assert 'id="output-0"' in text and "joins-" in text


def test_other_pictures_do_not_name_layers() -> None:
    look = PictureOptions("auto", "auto", "TB", "none", None, [])
    svg = DIFF_PICTURES["svg"].load()(between(OLD, NEW), ("a", "b"), "svg", look).decode()
    assert "data-nodes" not in svg and "joins-" not in svg


def test_what_is_far_from_each_change_is_folded_and_each_change_has_a_box() -> None:
    layers = "".join(f"  - Dense: {{units: 8, name: l{number}}}\n" for number in range(60))
    old = f"input: [8]\nlayers:\n{layers}"
    new = old.replace("units: 8, name: l30", "units: 9, name: l30")
    new = new.replace("  - Dense: {units: 8, name: l50}\n", "")
    text = written(between(old, new))
    data = read(text)
    assert (
        data["whole"].count("data-nodes") > 60 > 20 > text.split("<script")[0].count("data-nodes")
    )
    for step in data["diff"]["steps"]:
        if step["place"] is not None and step["cls"] != "output":
            assert f'data-nodes="{step["place"]}"' in text.split("<script")[0]


def test_the_same_model_has_a_page_without_steps() -> None:
    text = written(between(OLD, OLD))
    assert read(text)["diff"]["steps"] == []
    assert "0 changes" in text and "the same model" in text


def test_names_are_text_whatever_they_hold() -> None:
    old, new = (NASTY.replace("ACTIVATION", value) for value in ("relu", "tanh"))
    text = written(between(old, new), ("<b>&\u202e.yaml", "</script>$title.yaml"))
    assert text.count("<script") == text.count("</script>") == 2
    assert not re.search(r"<(img|svg on)", text)
    assert "\u202e" not in text
    data = read(text)
    assert data["diff"]["names"] == ["<b>&\u202e.yaml", "</script>$title.yaml"]
    assert data["diff"]["steps"][0]["name"] == "<script>alert(3)"


def test_it_is_one_file_that_loads_nothing_and_the_same_each_time() -> None:
    text = written(between(OLD, NEW))
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text)
    assert "url(" not in text and "@import" not in text
    assert "connect-src" not in text
    assert text == written(between(OLD, NEW))
    assert "connect-src &#39;self&#39;" in written(between(OLD, NEW), live="/events")


def test_the_colours_are_those_of_the_picture() -> None:
    style = (ROOT / "mergecli" / "exporters" / "page" / "diff.css").read_text(encoding="utf-8")
    for change in MARKS:
        light, dark = LIGHT.change_pair(change)[0], DARK.change_pair(change)[0]
        assert f"--{change}: light-dark({light}, {dark});" in style


# In a browser.


def shown(browser: Browser, selector: str) -> str:
    return str(browser.ask(f"document.querySelector({json.dumps(selector)}).innerText"))


def step(browser: Browser) -> str:
    return shown(browser, "#step")


@pytest.fixture
def see(browser: Browser, tmp_path: pathlib.Path) -> Any:
    """Opens the page of a comparison."""

    def see(found: Comparison) -> float:
        path = tmp_path / "page.html"
        path.write_text(written(found), encoding="utf-8")
        took = browser.open(path.as_uri())
        browser.ask("sessionStorage.clear()")
        return took

    return see


@pytest.mark.browser
def test_keys_step_through_the_changes(browser: Browser, see: Any) -> None:
    see(between(OLD, NEW))
    assert step(browser) == "7 changes"
    names = []
    for _ in range(8):
        browser.key("n")
        names.append(step(browser))
    assert names[:3] == [
        "1 of 7: ~ changed a_layer_2",
        f"2 of 7: {MARKS['removed']} removed a_layer_3",
        "3 of 7: = renamed b_first",
    ]
    assert names[7] == names[0], "after the last comes the first"
    browser.key("n")
    browser.key("p")
    assert step(browser) == names[0]
    # Each step shows its layer, in the picture, in the details and to a screen reader.
    assert shown(browser, "#pane.chosen h2") == "a_layer_2"
    assert browser.ask("document.querySelectorAll('#sheet .chosen').length") == 1
    assert browser.ask("document.querySelector('#changes [aria-current]').dataset.step") == "0"
    assert shown(browser, "#said").startswith("Change 1 of 7: changed a_layer_2, Dense. units: ")
    sides = shown(browser, "#pane .sides")
    assert re.search(r"units\s+128\s+96", sides)
    assert "does not load: (64, 128) in the file, (64, 96) needed" in shown(browser, "#pane")


@pytest.mark.browser
def test_the_next_change_is_the_one_after_the_chosen_layer(browser: Browser, see: Any) -> None:
    see(between(OLD, NEW))
    browser.ask("location.hash = '#Input_b'")
    browser.wait("document.querySelector('#pane h2').textContent === 'Input_b'")
    assert step(browser) == "7 changes"
    browser.key("p")
    assert step(browser) == f"2 of 7: {MARKS['removed']} removed a_layer_3"
    browser.ask("location.hash = '#Input_b'")
    browser.wait("document.querySelector('#pane h2').textContent === 'Input_b'")
    browser.key("n")
    assert step(browser) == "3 of 7: = renamed b_first"


@pytest.mark.browser
def test_clicks_step_and_the_chosen_box_is_seen(browser: Browser, see: Any) -> None:
    see(between(OLD, NEW))
    seen = (
        "(() => { const a = document.querySelector('#sheet .chosen').getBoundingClientRect(), b = picture.getBoundingClientRect();"
        " return a.top >= b.top && a.bottom <= b.bottom && a.left >= b.left && a.right <= b.right; })()"
    )
    for number in range(5):
        browser.click("#next")
        assert step(browser).startswith(f"{number + 1} of 7")
        assert browser.ask(seen), step(browser)
    browser.click("#previous")
    assert step(browser).startswith("4 of 7")
    browser.click("#changes [data-step='1']")
    assert shown(browser, "#pane.chosen h2") == "a_layer_3"
    assert "Only the old model has it." in shown(browser, "#pane")
    browser.key("ArrowDown")
    assert browser.ask("document.activeElement.dataset.step") == "2"
    # A click on a box of the picture leads to its change.
    browser.key("0")
    browser.click("#sheet .removed[data-box]")
    assert step(browser) == f"2 of 7: {MARKS['removed']} removed a_layer_3"
    browser.key("Escape")
    assert step(browser) == "7 changes"


@pytest.mark.browser
def test_a_change_of_the_whole_is_shown_by_itself(browser: Browser, see: Any) -> None:
    see(review())
    browser.key("p")
    assert step(browser).endswith("~ changed compile")
    assert "optimizer" in shown(browser, "#pane")
    assert browser.ask("document.querySelectorAll('#sheet .chosen').length") == 0
    browser.key("Escape")
    words = shown(browser, "#pane")
    assert "Weights of a checkpoint of the old model" in words and "parameters" in words


@pytest.mark.browser
def test_a_reload_keeps_the_step(browser: Browser, see: Any) -> None:
    see(between(OLD, NEW))
    for _ in range(3):
        browser.key("n")
        seen = step(browser)
        browser.ask("window.old = true")
        browser.ask("location.reload()")
        browser.wait("!window.old && document.documentElement.dataset.ready")
        assert step(browser) == seen
    assert seen.startswith("3 of 7")


@pytest.mark.browser
def test_buttons_and_the_list_are_reached_by_tab_and_seen_there(browser: Browser, see: Any) -> None:
    see(between(OLD, NEW))
    reached = []
    for _ in range(40):
        browser.key("Tab")
        name, seen = browser.ask(
            "(() => { const e = document.activeElement, s = getComputedStyle(e.closest('.search') || e);"
            " return [e.id || e.dataset.step || e.className || e.tagName, s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; })()"
        )
        if name == "BODY":
            break
        reached.append(name)
        assert seen, f"nothing shows that {name} has the focus"
    # Of the list one item, from which the arrow keys go on.
    assert {"previous", "next", "tab-changes", "changes", "0", "pane"} <= set(reached)
    assert "1" not in reached


@pytest.mark.browser
def test_no_name_does_anything(browser: Browser, see: Any) -> None:
    old, new = (NASTY.replace("ACTIVATION", value) for value in ("relu", "tanh"))
    see(between(old, new))
    browser.key("n")
    assert shown(browser, "#pane.chosen h2") == "<script>alert(3)"
    assert (
        browser.ask("document.querySelectorAll('img, #pane script, #changes script').length") == 0
    )


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(browser: Browser, see: Any, scheme: str) -> None:
    """The contrast that WCAG asks for, 4.5 to 1."""
    browser.show(color_scheme=scheme)
    see(between(OLD, NEW))
    browser.key("n")
    ratio = """(selector) => {
      const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
      const ground = (element) => { for (; element; element = element.parentElement) { const c = rgb(getComputedStyle(element).backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
      const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * x + .7152 * y + .0722 * z; };
      return Math.min(...[...document.querySelectorAll(selector)].map((e) => { const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((p, q) => q - p); return (a + .05) / (b + .05); }));
    }"""
    for selector in ("#changes b", "#changes i", "#changes small", ".sides th", ".sides td", ".tag.change", "#pane .misses", "#step"):  # fmt: skip
        assert browser.ask(f"({ratio})({json.dumps(selector)})") >= 4.5, selector


@pytest.mark.browser
def test_a_phone_shows_the_picture_and_nothing_is_too_wide(browser: Browser, see: Any) -> None:
    browser.show(380, 800)
    see(between(OLD, NEW))
    browser.click("#next")
    assert browser.ask("document.documentElement.scrollWidth") <= 380
    assert browser.ask("scrollY") == 0
    browser.ask("document.querySelector('#changes [data-step=\"3\"]').scrollIntoView()")
    browser.ask("document.querySelector('#changes [data-step=\"3\"]').click()")
    assert browser.ask("document.getElementById('stage').getBoundingClientRect().top") >= 0


@pytest.mark.browser
def test_print_has_the_list_and_what_loads(browser: Browser, see: Any) -> None:
    see(between(OLD, NEW))
    browser.key("d")
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        words = shown(browser, "#changes")
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")
    assert "a_layer_3" in words and "A checkpoint of the old model has" in words


@pytest.mark.browser
def test_a_thousand_layers_and_hundreds_of_changes(browser: Browser, see: Any) -> None:
    rounds = [
        f"  - Conv2D: {{filters: 8, kernel_size: K{number % 2}, padding: same, name: c{number}}}\n"
        f"  - BatchNormalization: {{name: n{number}}}\n  - ReLU: {{name: r{number}}}\n"
        for number in range(340)
    ]
    text = "input: [16, 16, 3]\nlayers:\n" + "".join(rounds)
    old, new = (text.replace("K0", "3").replace("K1", size) for size in ("3", "5"))
    see(between(old, new))
    assert step(browser) == "170 changes"
    browser.key("p")
    assert shown(browser, "#pane.chosen h2") == "c339"
    for _ in range(3):
        browser.key("n")
    assert shown(browser, "#pane.chosen h2") == "c5"
