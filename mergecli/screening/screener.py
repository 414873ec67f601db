"""Checks one candidate after the other of a spec whose text is read once."""

from __future__ import annotations

from typing import Hashable, Mapping

from mergecli.catalog.versions import NEWEST, Version
from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Source
from mergecli.exporters.summary import facts
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Network
from mergecli.screening.layer_maker import Text, Unusual
from mergecli.screening.reuse import MOST_REMEMBERED, Memory, values_key
from mergecli.screening.rows import ERROR, OK, OVER_BUDGET, CandidateFacts
from mergecli.screening.structure import Structure
from mergecli.screening.values import CandidateValues
from mergecli.syntax import parser
from mergecli.syntax.yaml_reader import read


class Subject(Record):
    """What is screened; it can be sent to another process.

    Attributes:
        text, path: The spec.
        settings: Values of variables that all candidates share.
        customs: The user's own layers.
        allow_outside: Whether the spec may name files outside of its project.
        batch: The samples in a batch, for the memory that is taken at once.
        target: The version of Keras for which candidates must be valid.
    """

    text: str
    path: str
    settings: Mapping[str, object] = {}
    customs: CustomLayers | None = None
    allow_outside: bool = False
    batch: int = 1
    target: Version = NEWEST

    def source(self) -> Source:
        """Return the spec as a source."""
        return Source(self.text, self.path)


class Screener:
    """Checks candidates of one spec.

    What candidates with the same structure share is computed once, as far as it fits the memory.

    Args:
        subject: The spec.

    Attributes:
        structures: How many structures are remembered.
        most: How many layers and results of calls are remembered; above it, those are forgotten that
            were not used for the longest time.
    """

    #: The most structures that are remembered, and that fail in a row before none is tried.
    MOST_STRUCTURES, MOST_FAILURES = 256, 50

    def __init__(self, subject: Subject) -> None:
        self.subject, self._failures = subject, 0
        self.most = MOST_REMEMBERED
        source = subject.source()
        tree, problems = read(source)
        sink = DiagnosticSink()
        spec = parser.parse(tree, sink) if tree is not None else None
        self._text: Text | None = None
        # What an older Keras lacks is found by an ordinary check only.
        is_newest = subject.target >= NEWEST
        if is_newest and tree is not None and spec is not None and not problems and not sink:
            self._text = Text(source, tree, spec, subject.settings, subject.customs, subject.batch)
            self._values = CandidateValues(self._text)
        self._forget()

    def _forget(self) -> None:
        self._memory = Memory()
        #: The structures by the variables that differ, those on which they depend, and their values.
        self._known: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[Hashable, Structure]] = {}
        self.structures = 0

    def _turn(self) -> None:
        """Forget what was not used since this was done before."""
        self._memory.turn()
        for structures in self._known.values():
            for key, structure in list(structures.items()):
                if self._memory.age - structure.age > 1:
                    del structures[key]
                    self.structures -= 1

    @property
    def remembered(self) -> int:
        """How many layers and results of calls are remembered, at most."""
        return self._memory.earlier + self._memory.size

    def facts(self, variables: Mapping[str, object]) -> CandidateFacts:
        """Return what a check of a candidate comes to.

        Args:
            variables: The values of its variables.
        """
        if self._text is not None:
            if self._memory.size > self.most // 2:
                self._turn()
            if self.structures > self.MOST_STRUCTURES:
                self._forget()
            try:
                return self._structured_facts(self._text, variables)
            except Unusual:
                pass
        return facts_of(check(self.subject, variables), self.subject.batch)

    def _structured_facts(self, text: Text, variables: Mapping[str, object]) -> CandidateFacts:
        """Return the facts of a candidate by those with its structure.

        Raises:
            Unusual: It needs an ordinary check.
        """
        axes = tuple(variables)
        values = self._values.all(variables)
        # On which variables a structure depends may differ between structures.
        for (own, names), structures in self._known.items():
            if own == axes:
                structure = structures.get(values_key(variables, names))
                if structure is not None:
                    return structure.facts(values)
        if self._failures > self.MOST_FAILURES:
            raise Unusual
        self._failures += 1
        structure = Structure(text, axes, variables, self._memory)
        self._failures, self.structures = 0, self.structures + 1
        known = self._known.setdefault((axes, tuple(structure.names)), {})
        known[values_key(variables, structure.names)] = structure
        return structure.facts(values)


def check(subject: Subject, variables: Mapping[str, object]) -> Compiled:
    """Check a candidate as any spec is checked."""
    settings = {**subject.settings, **variables}
    return compile_spec(subject.source(), settings, subject.customs, subject.target)


def facts_of(compiled: Compiled, batch: int = 1) -> CandidateFacts:
    """Return the facts of a candidate that was checked, its memory for a batch."""
    errors = compiled.errors
    if not errors and compiled.network is not None:
        return CandidateFacts(OK, (), None, *numbers(compiled.network, batch))
    codes = tuple(dict.fromkeys(diagnostic.code for diagnostic in errors))
    message = errors[0].message
    if codes == ("over-budget",) and compiled.partial is not None:
        return CandidateFacts(OVER_BUDGET, codes, message, *numbers(compiled.partial, batch))
    return CandidateFacts(ERROR, codes, message)


def numbers(network: Network, batch: int) -> tuple[int | None, ...]:
    """Return the numbers of a row, in the order of its columns."""
    known = facts(network, batch)
    return (
        len(known["layers"]),
        known["parameters"],
        known["trainable_parameters"],
        known["macs"],
        known["weight_bytes"],
        known["activation_bytes"],
        known["memory_bytes"],
        known["training_memory_bytes"],
    )
