"""Make Hypothesis draw the same examples in each run, whatever ran before in the process."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.internal.conjecture import providers


def set_up() -> None:
    """Derive the examples of each test from the test alone.

    With `derandomize` the random numbers are the same in each run, but Hypothesis also draws
    constants that it reads from the modules that are loaded. Which ones are depends on the tests
    that the process ran before, and a worker of pytest-xdist takes the tests as they come.
    """
    settings.register_profile("repeatable", derandomize=True, database=None)
    settings.load_profile("repeatable")
    constants = getattr(providers, "_local_constants", None)  # since Hypothesis 6.131
    if constants is not None:
        providers._get_local_constants = lambda: constants
