"""What all tests share: options, markers, and the rule that the fast tests load no Keras."""

from __future__ import annotations

import gc
import os
import pathlib
import sys

import pytest
import repeatable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

HERE = pathlib.Path(__file__).resolve().parent
repeatable.set_up()
#: Files that look like Python but are compared byte for byte.
collect_ignore = ["golden"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite",
        action="store_true",
        help="write the golden files anew; read the diff before you commit it",
    )


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are written instead of compared."""
    return bool(request.config.getoption("--rewrite"))


def is_fast(config: pytest.Config) -> bool:
    """Whether the tests that need Keras are left out."""
    return "not keras" in config.option.markexpr


def pytest_ignore_collect(collection_path: pathlib.Path, config: pytest.Config) -> bool | None:
    """Leave out tests/keras where its tests are not run, as its modules import Keras."""
    keras = HERE / "keras"
    return True if is_fast(config) and collection_path == keras else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests in tests/keras."""
    for item in items:
        if item.path.is_relative_to(HERE / "keras"):
            item.add_marker(pytest.mark.keras)


THRESHOLD = gc.get_threshold()


def pytest_runtest_setup() -> None:
    """Collect garbage as usual, whatever a program that ran in this process has set.

    With a higher threshold models that are no longer used stay: forty applications took 6 GB.
    """
    gc.set_threshold(*THRESHOLD)


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Fail a fast test that has loaded Keras.

    Checked after each test: an error at the end of the session of an xdist worker goes unseen.
    """
    if is_fast(item.config) and {"keras", "tensorflow"} & set(sys.modules):
        pytest.fail("Keras is loaded after this fast test; mark it with `pytest.mark.keras`")
