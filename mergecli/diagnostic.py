"""What is wrong, or suspicious, at a place of a spec."""

from __future__ import annotations

from typing import Any, List, NamedTuple

from mergecli.source import Span

ERROR, WARNING = "error", "warning"
#: How many characters a message, a hint or a note has at most.
LONGEST = 1000


class Related(NamedTuple):
    """Another place that matters, and what it says."""

    span: Span
    message: str


class Diagnostic(NamedTuple):
    """One finding. Without a `span` it is about the file as a whole."""

    span: Span | None
    code: str
    severity: str
    message: str
    hint: str | None = None
    note: str | None = None
    related: tuple[Related, ...] = ()


#: Every code, with what it means. `README.md` shows this table.
CODES: dict[str, str] = {}


def _codes(table: str) -> None:
    for row in table.strip().splitlines():
        code, meaning = row.split(None, 1)
        CODES[code] = meaning


_codes("""
alias-limit        aliases expand to more than 10,000 nodes
ambiguous-input    a layer must say which of several inputs it takes
ambiguous-name     a reference could mean two things
axis-range         an axis that the tensor does not have
batch-axis         a layer joins or compares the samples of a batch
channels-first     an image with its channels in front is taken for one with its channels last
concat-shape       tensors that cannot be concatenated
cyclic-block       a block that holds itself
cyclic-spec        specs that hold each other in a circle
cyclic-wiring      layers that feed each other in a circle
dense-image        a dense layer sees each pixel of an image on its own
double-activation  an activation directly behind another one that leaves it nothing to do
dropped-output     an output is lost here and there while the model is trained
duplicate-key      a key stands twice in one mapping
duplicate-name     a layer name is used twice
expression         an expression that cannot be computed
empty              the file has no document
idle-flatten       what is flat is flattened
input-count        a layer takes another number of tensors
input-rank         a layer takes tensors with another number of dimensions
is-folder          a folder where a spec is expected
leading-zero       a number that YAML 1.1 and YAML 1.2 read differently
lone-softmax       a softmax over one number
merge-broadcast    a merge repeats a smaller tensor until it fits
merge-itself       a tensor is merged with itself alone
merge-shape        tensors whose shapes a merging layer cannot combine
missing-argument   a required argument is missing
missing-key        a required key is missing
mixed-dtypes       whole numbers are joined with floats
multiple-documents more than one document in a file
negative-size      a layer would shrink its input to nothing
not-a-model        a file that is no saved model
not-found          no such file
not-installed      what reads a file is not installed
not-utf8           the file is not UTF-8 text
over-budget        a budget that the spec sets itself is passed
refused            Keras refuses a layer of the user's own, or what comes behind one
shape-mismatch     shapes that do not fit
single-merge       a merge of one tensor changes nothing
syntax             the text is not YAML
tab-indent         a tab is used as indentation
too-large          blocks and repetitions make more than 10,000 layers, or a file holds more than 180,000 values
too-deep           nesting is deeper than 64 levels
unknown-argument   a layer has no such argument
unknown-dimension  a weight would need a size that is not known
unknown-key        the language has no such key
unknown-layer      Keras has no such layer
unknown-reference  nothing has that name
unknown-tag        a YAML tag that specs do not know
unknown-variable   nothing is declared under that name
unreadable         a file cannot be read
unsafe-model       a saved model that would run code, or is made to do harm
unsafe-name        a layer name with which TensorFlow cannot fit the model
unsupported-layer  a layer that cannot stand in a spec
unused-branch      a branch, or a layer, that no output needs
unused-input       an input that no output needs
wrong-type         a value of another type is needed
wrong-value        a value outside of what is allowed
""")


def error(span: Span | None, code: str, message: str, hint: str | None = None, **more: Any) -> Diagnostic:
    """An error: what Keras would refuse, or what cannot mean anything."""
    return _made(span, code, ERROR, message, hint, **more)


def warning(span: Span | None, code: str, message: str, hint: str | None = None, **more: Any) -> Diagnostic:
    """A warning: what Keras accepts in silence though hardly anyone means it."""
    return _made(span, code, WARNING, message, hint, **more)


def _made(
    span: Span | None, code: str, severity: str, message: str, hint: str | None, note: str | None = None, related: tuple[Related, ...] = ()
) -> Diagnostic:
    if related:
        related = tuple(Related(place, shown(words)) for place, words in related)
    return Diagnostic(span, code, severity, shown(message), hint and shown(hint), note and shown(note), related)


def shown(text: str) -> str:
    """A text as it may be shown: in one line, not too long, and without characters that a terminal would obey.

    >>> shown("a key\\n\\x1b[31m of two lines")
    'a key \\\\x1b[31m of two lines'
    """
    if text.isprintable() and len(text) <= LONGEST:
        return text
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + "…" + text[-LONGEST // 2 :]
    text = " ".join(text.splitlines())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class Findings(List[Diagnostic]):
    """What is found on the way. `trail` is the chain of block instances that led to where the reader stands."""

    def __init__(self) -> None:
        super().__init__()
        self.trail: list[str] = []
        #: Whether a value could not be computed; what was to be made of it is not reported.
        self.broken = False

    @property
    def way(self) -> str | None:
        """The trail in words, the innermost instance first."""
        return ", ".join(reversed(self.trail)) or None

    def error(self, span: Span | None, code: str, message: str, hint: str | None = None, **more: Any) -> None:
        self.append(error(span, code, message, hint, **{"note": self.way, **more}))


def ordered(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """By place, each finding once: what stands behind an alias is reported at its anchor, not once for each alias."""
    unique = {(d.span, d.code, d.message): d for d in reversed(diagnostics)}
    return sorted(unique.values(), key=lambda d: (d.span.path if d.span else "", d.span or (0, 0, 0, 0, ""), d.code, d.message))
