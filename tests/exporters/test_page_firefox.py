"""The page of a model in Firefox: what it opens, sorts, unfolds and prints, also of thousands of layers."""

from __future__ import annotations

import pathlib
import re
import zlib
from random import Random
from typing import Any

import pytest
from firefox import Firefox
from running import ROOT, run


@pytest.fixture
def see(firefox: Firefox, tmp_path: pathlib.Path) -> Any:
    """Opens the page of a spec."""

    def see(path: object) -> None:
        result = run("plot", path, "-q", "-o", tmp_path / "page.html")
        assert result.returncode == 0, result.stderr
        firefox.open((tmp_path / "page.html").as_uri())

    return see


def pages(pdf: bytes) -> int:
    """How many pages a PDF has; cairo writes them into compressed objects."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    text = pdf
    for stream in streams:
        try:
            text += zlib.decompressobj().decompress(stream)
        except zlib.error:
            continue
    return len(re.findall(rb"/Type /Page\b(?!s)", text))


def column(firefox: Firefox, key: str) -> list[str]:
    """The cells of a column in the order in which they are seen, once all rows are in their places."""
    firefox.wait("document.getElementById('table').getAttribute('aria-busy') === 'false'")
    place = firefox.ask(
        f"[...document.querySelectorAll('thead th')].findIndex((head) => head.dataset.key === '{key}')"
    )
    cells: list[str] = firefox.ask(
        f"[...document.querySelectorAll('tbody tr')].map((row) => row.cells[{place}].textContent)"
    )
    return cells


def click(firefox: Firefox, selector: str) -> None:
    firefox.ask(
        f"document.querySelector(`{selector}`).dispatchEvent(new MouseEvent('click', {{ bubbles: true }}))"
    )


@pytest.mark.browser
def test_it_opens_sorts_unfolds_and_prints(firefox: Firefox, see: Any) -> None:
    see(ROOT / "specs" / "resnet50.yaml")
    assert firefox.ask("document.querySelector('h1').textContent") == "resnet50"
    click(firefox, "#tab-table")
    click(firefox, "th[data-key=parameters] button")
    numbers = [int(cell.replace(",", "")) for cell in column(firefox, "parameters")]
    assert numbers == sorted(numbers, reverse=True) and len(numbers) == 177
    before = firefox.ask("document.querySelectorAll('#sheet .node').length")
    click(firefox, "[data-part='1'] > .sign")
    firefox.wait("Boolean(document.querySelector('[data-open]'))")
    # Its 12 layers and what enters them, instead of one box.
    assert firefox.ask("document.querySelectorAll('#sheet .node').length") == before + 12
    # A picture, the charts, and 177 rows.
    assert 3 <= pages(firefox.pdf()) <= 12


@pytest.mark.browser
@pytest.mark.slow
def test_five_thousand_layers_are_sorted_and_printed(
    firefox: Firefox, see: Any, tmp_path: pathlib.Path
) -> None:
    random = Random(2)
    layers = "".join(f"  - Dense: {{units: {random.choice((4, 8, 16))}}}\n" for _ in range(5000))
    (tmp_path / "deep.yaml").write_text(f"input: [8]\nlayers:\n{layers}")
    see(tmp_path / "deep.yaml")
    click(firefox, "#tab-table")
    sort = "document.querySelector('th[data-key=name] button').click()"
    # The rows that are seen are sorted at once, here those of the end; the thousands of others follow.
    seen = firefox.ask(
        "((table) => { table.scrollTop = table.scrollHeight; " + sort + "; return ["
        "table.getAttribute('aria-busy'), [...table.querySelectorAll('tbody tr')].at(-1).cells[1].textContent]; "
        "})(document.getElementById('table'))"
    )
    assert seen == ["true", "input"]
    names = column(firefox, "name")
    assert (names[:2], names[-1], len(names)) == (["dense", "dense_1"], "input", 5001)
    # What is printed is sorted as a whole, also in the moment after a click.
    assert (
        firefox.ask(
            f"({sort}, dispatchEvent(new Event('beforeprint')), "
            "[...document.querySelectorAll('tbody tr')].map((row) => row.cells[1].textContent))"
        )
        == names[::-1]
    )
    # With all rows in one body Firefox takes minutes, and with content that is not laid out pages are blank.
    assert 50 <= pages(firefox.pdf()) <= 80
