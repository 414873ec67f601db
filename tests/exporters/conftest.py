"""Browsers for the tests of pages."""

from __future__ import annotations

from typing import Iterator

import pytest
from browser import Browser, opened
from firefox import Firefox


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with opened(Browser, tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with opened(Firefox, tmp_path_factory.mktemp("firefox")) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The browser, with a window of the usual size; whatever a page complains about fails the test."""
    chromium.show()
    yield chromium
    complaints, chromium.complaints = chromium.complaints, []
    assert complaints == []
