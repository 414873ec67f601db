"""Checks one candidate after the other of a spec whose text is read once."""

from __future__ import annotations

from typing import Mapping

from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Source
from mergecli.exporters.summary import facts
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Network
from mergecli.screening.rows import ERROR, OK, OVER_BUDGET, CandidateFacts


class Subject(Record):
    """What is screened; it can be sent to another process.

    Attributes:
        text, path: The spec.
        settings: Values of variables that all candidates share.
        customs: The user's own layers.
        allow_outside: Whether the spec may name files outside of its project.
    """

    text: str
    path: str
    settings: Mapping[str, object] = {}
    customs: CustomLayers | None = None
    allow_outside: bool = False

    def source(self) -> Source:
        """Return the spec as a source."""
        return Source(self.text, self.path)


class Screener:
    """Checks candidates of one spec.

    Args:
        subject: The spec.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    def facts(self, variables: Mapping[str, object]) -> CandidateFacts:
        """Return what a check of a candidate comes to.

        Args:
            variables: The values of its variables.
        """
        return facts_of(check(self.subject, variables))


def check(subject: Subject, variables: Mapping[str, object]) -> Compiled:
    """Check a candidate as any spec is checked."""
    return compile_spec(subject.source(), {**subject.settings, **variables}, subject.customs)


def facts_of(compiled: Compiled) -> CandidateFacts:
    """Return the facts of a candidate that was checked."""
    errors = compiled.errors
    if not errors and compiled.network is not None:
        return CandidateFacts(OK, (), None, *numbers(compiled.network))
    codes = tuple(dict.fromkeys(diagnostic.code for diagnostic in errors))
    message = errors[0].message
    if codes == ("over-budget",) and compiled.partial is not None:
        return CandidateFacts(OVER_BUDGET, codes, message, *numbers(compiled.partial))
    return CandidateFacts(ERROR, codes, message)


def numbers(
    network: Network,
) -> tuple[int, int | None, int | None, int | None, int | None, int | None]:
    """Return the numbers of a row, in the order of its columns."""
    known = facts(network)
    return (
        len(known["layers"]),
        known["parameters"],
        known["trainable_parameters"],
        known["macs"],
        known["weight_bytes"],
        known["activation_bytes"],
    )
