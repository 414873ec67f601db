"""The page of a model."""

from __future__ import annotations

import json
import re

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.page.page_writer import embedded, escape, missing, page

NASTY = "</script><img src=x onerror=alert(1)>\u2028&\"'"


def made(text: str) -> str:
    source = Source(text, "a.yaml")
    network = compile_spec(source).network
    assert network is not None
    return page(network, source, '<svg xmlns="http://www.w3.org/2000/svg"></svg>')


def test_the_page_needs_nothing_from_elsewhere() -> None:
    found = made("input: [8]\nlayers: [{Dense: {units: 3, name: d}}]\n")
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", found)
    assert "<svg" in found and ">d<" in found


def test_a_name_is_text_and_not_markup() -> None:
    found = made(
        f"name: {json.dumps('<img src=x onerror=alert(1)>')}\ninput: [8]\nlayers: [{{Dense: 3}}]\n"
    )
    assert "<img src=x" not in found


def test_data_in_a_script_is_what_it_was_and_cannot_end_the_script() -> None:
    found = embedded({"name": NASTY})
    assert "<" not in found and json.loads(found) == {"name": NASTY}


def test_quotes_are_escaped_for_attributes_too() -> None:
    assert escape("'\"<&>") == "&#39;&quot;&lt;&amp;&gt;"


def test_the_page_of_a_spec_that_cannot_be_drawn_says_why() -> None:
    found = missing("a<b.yaml", "a.yaml:1:1: error", "/stream")
    assert "a&lt;b.yaml" in found and "a.yaml:1:1: error" in found and '"/stream"' in found
