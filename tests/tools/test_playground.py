"""The playground of the documentation, in a real browser, built as the site has it."""

from __future__ import annotations

import functools
import http.server
import json
import pathlib
import re
import shutil
import sys
import threading
import zipfile
from typing import Any, Iterator

import pytest
from browser import Browser, opened
from running import ROOT

import mergecli
from tools import playground

SOURCE = ROOT / "docs" / "playground"
#: Whatever the page loads comes from its own server; the browser refuses and reports the rest.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; worker-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self'"
)
WASM = {".wasm": "application/wasm", ".mjs": "text/javascript"}


def page() -> str:
    """The page without the theme of the site."""
    text = (SOURCE / "index.md").read_text("utf-8")
    body = text.split("---\n", 2)[2]
    return f"<!DOCTYPE html><html lang=en><meta charset=utf-8><body>{body}</body></html>"


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, **WASM}

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":
            # Every browser asks for it.
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *message: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("playground")
    for name in ("playground.js", "worker.js", "playground.css"):
        shutil.copy(SOURCE / name, folder)
    (folder / "index.html").write_text(page(), "utf-8")
    playground.build(folder / "dist")
    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


@pytest.fixture
def browser(address: str, tmp_path: pathlib.Path) -> Iterator[Any]:
    with opened(Browser, tmp_path) as result:
        yield result
    assert result.complaints == []


def answered(browser: Any, script: str = "") -> None:
    """Do something in the page and wait for the answer to it."""
    if script:
        browser.ask(f"(() => {{ delete document.documentElement.dataset.answered; {script} }})()")
    browser.wait("document.documentElement.dataset.answered", 120)


def edit(old: str, new: str) -> str:
    change = f"s.value = s.value.replace({json.dumps(old)}, {json.dumps(new)})"
    return (
        f"const s = document.getElementById('spec'); {change}; s.dispatchEvent(new Event('input'));"
    )


def text(browser: Any, name: str) -> str:
    return str(browser.ask(f"document.getElementById('{name}').textContent"))


@pytest.mark.browser
@pytest.mark.slow
def test_a_spec_is_checked_summarized_and_drawn_while_it_is_edited(
    browser: Any, address: str
) -> None:
    browser.open(address)
    answered(browser)
    assert text(browser, "status").startswith("OK: 8 layers · 22,032 parameters")
    assert "concatenated_layer" in text(browser, "summary")
    assert "concatenated_layer" in text(browser, "picture")
    answered(browser, edit("- Dense: {units: 64", "- Dnse: {units: 64"))
    assert text(browser, "status") == "1 error"
    assert "8:9 error[unknown-layer]: unknown layer `Dnse`help: did you mean" in text(
        browser, "diagnostics"
    )
    assert browser.ask("document.querySelector('#marks .error').dataset.line") == "8"
    # The cursor goes to the place of a diagnostic; the last picture stays.
    browser.ask("document.querySelector('#diagnostics button').click()")
    start = browser.ask("document.getElementById('spec').selectionStart")
    assert browser.ask("document.getElementById('spec').value")[start:].startswith("Dnse")
    assert "concatenated_layer" in text(browser, "picture")
    answered(browser, edit("Dnse", "Dense"))
    assert text(browser, "diagnostics") == ""


@pytest.mark.browser
@pytest.mark.slow
def test_an_example_may_include_others_and_a_link_carries_the_spec(
    browser: Any, address: str
) -> None:
    browser.open(address)
    answered(browser)
    choose = "const e = document.getElementById('example'); e.value = 'merged'; e.dispatchEvent(new Event('change'));"
    answered(browser, choose)
    assert text(browser, "status").startswith("OK")
    assert "concatenated_layer" in text(browser, "summary")
    answered(browser, edit("concatenated_layer", "joined_ü"))
    browser.ask("document.getElementById('link').click()")
    link = browser.wait("location.hash.startsWith('#spec=') && location.href")
    browser.open(link)
    answered(browser)
    assert "joined_ü" in browser.ask("document.getElementById('spec').value")


#: What each text of the picture says, and its place in the units of the picture.
PLACES = """[...document.querySelectorAll("#picture text")].map((text) => {
    const box = text.getBBox(); return [text.textContent, box.x, box.y, box.width]; })"""


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("example", ["two_branch", "multi_modal", "u_net"])
def test_the_picture_is_the_one_of_plot_and_no_labels_overlap(
    browser: Any, address: str, example: str
) -> None:
    browser.open(address)
    answered(browser)
    choose = f"const e = document.getElementById('example'); e.value = '{example}'; e.dispatchEvent(new Event('change'));"
    answered(browser, choose)
    spec = ROOT / "specs" / f"{example}.yaml"
    plotted = mergecli.plot(spec).svg
    size = re.search(r'viewBox="([^"]*)"', plotted)
    assert size is not None
    seen = browser.ask("document.querySelector('#picture svg').getAttribute('viewBox')")
    assert [float(part) for part in seen.split()] == [float(part) for part in size[1].split()]
    labels = [place for place in browser.ask(PLACES) if place[0].strip(" ·")]
    assert len(labels) > 40
    for number, (first, x, y, width) in enumerate(labels):
        for second, other_x, other_y, other_width in labels[number + 1 :]:
            if abs(y - other_y) < 2:
                assert x + width <= other_x + 1 or other_x + other_width <= x + 1, (first, second)


@pytest.mark.browser
@pytest.mark.slow
def test_tabs_are_reached_by_keyboard_and_a_name_is_text(browser: Any, address: str) -> None:
    browser.open(address)
    answered(browser)
    answered(browser, edit("concatenated_layer", "<img src=x onerror=alert(1)>"))
    assert browser.ask("document.querySelectorAll('#picture img, #summary img').length") == 0
    assert browser.ask("document.getElementById('summary').hidden") is True
    press = "new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true})"
    browser.ask(f"document.getElementById('tab-picture').dispatchEvent({press})")
    assert browser.ask("document.activeElement.id") == "tab-summary"
    assert browser.ask("document.getElementById('picture').hidden") is True
    assert browser.ask("document.getElementById('summary').hidden") is False


def test_the_archive_is_the_same_each_time_and_complete() -> None:
    data = playground.archive()
    assert data == playground.archive()
    import io

    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert {
        "driver.py",
        "mergecli/__init__.py",
        "mergecli/diagnostics/codes/concat-shape.md",
        "yaml/__init__.py",
    } <= set(names)
    assert not any(
        name.startswith(("mergecli/cli", "mergecli/runtime", "mergecli/lsp")) for name in names
    )


def test_the_driver_answers_as_the_commands_do(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygraphviz")
    monkeypatch.syspath_prepend(str(SOURCE))
    monkeypatch.chdir(ROOT)
    sys.modules.pop("driver", None)
    import driver

    good = json.loads(
        driver.answer(
            (ROOT / "specs/merged.yaml").read_text("utf-8"), "specs/merged.yaml", "auto", "light"
        )
    )
    assert (
        good["diagnostics"] == []
        and "<svg" in good["svg"]
        and good["facts"].startswith("7 layers · 20,992 parameters")
        and "concatenated_layer" in good["summary"]
    )
    bad = json.loads(driver.answer("input: [8]\nlayers: [Dnse]\n", "spec.yaml", "auto", "light"))
    assert bad["summary"] is None and bad["svg"] is None
    (diagnostic,) = bad["diagnostics"]
    assert (diagnostic["code"], diagnostic["line"], diagnostic["column"]) == (
        "unknown-layer",
        2,
        10,
    )


def test_versions_are_pinned_and_locked() -> None:
    wanted = json.loads((SOURCE / "package.json").read_text("utf-8"))["dependencies"]
    locked = json.loads((SOURCE / "package-lock.json").read_text("utf-8"))["packages"]
    for name, version in wanted.items():
        assert re.fullmatch(r"[\d.]+", version), name
        entry = locked[f"node_modules/{name}"]
        assert entry["version"] == version and entry["integrity"].startswith("sha512-")
