"""Versions of Keras that a text names."""

from __future__ import annotations

import pytest

from mergecli.catalog.versions import BadVersion, parse_version


@pytest.mark.parametrize(
    "text", ["", "3", "3.x", "three", "v3.10", "3.", ".8", "-3.8", "3.99999", "keras 3.10", "٣.٩"]
)
def test_what_is_not_a_version(text: str) -> None:
    with pytest.raises(BadVersion, match="expected a version of Keras"):
        parse_version(text)


@pytest.mark.parametrize("text", ["3.7", "3.0.5", "2.15"])
def test_a_version_that_is_not_supported(text: str) -> None:
    with pytest.raises(BadVersion, match="is not supported; the oldest is"):
        parse_version(text)
