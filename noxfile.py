"""Common tasks: `nox -s lint types test keras docs release`."""

from __future__ import annotations

import nox

nox.options.sessions = ["lint", "types", "test"]


def _install(session: nox.Session) -> None:
    session.install("-e", ".[test]")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and words."""
    _install(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("python", "-m", "tools.wordlist")


@nox.session
def types(session: nox.Session) -> None:
    """Check types."""
    _install(session)
    session.run("mypy")


@nox.session
def test(session: nox.Session) -> None:
    """Run the fast tests."""
    _install(session)
    session.run("pytest", *session.posargs)


@nox.session
def keras(session: nox.Session) -> None:
    """Run the tests that need Keras, a browser or more than a minute."""
    _install(session)
    session.run("pytest", "-m", "keras or browser or slow", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Write the generated parts of the documentation."""
    session.install("-e", ".")
    session.run("python", "-m", "tools.docs")


@nox.session
def release(session: nox.Session) -> None:
    """Build and check the distributions."""
    session.install("build", "twine")
    session.run("python", "-m", "build")
    session.run("twine", "check", "--strict", "dist/*")
