"""A browser for the tests of pages."""

from __future__ import annotations

from typing import Iterator

import pytest
from browser import NAMES, Browser, executable


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    path = executable()
    if path is None:
        pytest.skip(
            f"no Chromium to open the page in: `apt-get install chromium`, or name one in CHROMIUM; looked for {', '.join(NAMES)}"
        )
    pytest.importorskip(
        "websocket",
        reason="no websocket-client, by which Chromium is spoken to: `pip install -e '.[test]'`",
    )
    opened = Browser(path, tmp_path_factory.mktemp("chromium"))
    yield opened
    opened.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The browser, with a window of the usual size; whatever a page complains about fails the test."""
    chromium.show()
    yield chromium
    complaints, chromium.complaints = chromium.complaints, []
    assert complaints == []
