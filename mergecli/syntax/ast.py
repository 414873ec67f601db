"""The syntax tree of a spec: its sections and entries, with places, before variables are replaced.

Its leaves are trees of YAML. It has no meaning yet: no class is looked up and no reference is
resolved. The layers of a list stay trees too, since an entry may come from a variable or be
different in each instance of a block; `entry_parser.entry` reads each once its variables are replaced.
"""

from __future__ import annotations

from typing import Mapping, Optional, Union

from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Span
from mergecli.syntax.yaml_tree import Scalar, Sequence, Tree


class Variable(Record):
    """A declared variable.

    Attributes:
        key: Its name.
        value: Its value, or its default where it has choices.
        choices: The values that it may take, if they are listed.
    """

    key: Scalar
    value: Tree
    choices: tuple[Tree, ...] = ()


class Block(Record):
    """A block: its parameters with their defaults, and its layers."""

    key: Scalar
    params: dict[str, Tree]
    layers: Sequence

    @property
    def name(self) -> str:
        return str(self.key.value)


class Start(Record):
    """What a body starts from: at most one is given, unless that is reported.

    Attributes:
        input: The tree of `input`.
        inputs: The tree of `inputs`.
        sources: The tree of `from`.
    """

    input: Optional[Tree] = None
    inputs: Optional[Tree] = None
    sources: Optional[Tree] = None


class Body(Record):
    """A list of layers and what it starts from; `layers` is None if there is none."""

    start: Start
    layers: Optional[Tree]


class Include(Record):
    """An existing model, and how a branch uses it.

    Attributes:
        role: The key that names the model: `spec`, `model` or `application`.
        target: What it names.
        arguments: The tree of `with`.
        feeds: The tensors that replace its own inputs.
        output, prefix, nested: The trees of these keys.
        layers: Further layers after the model.
        is_sound: Whether it can be included, as far as its keys go.
    """

    role: Scalar
    target: Tree
    arguments: Optional[Tree]
    feeds: Start
    output: Optional[Tree]
    prefix: Optional[Tree]
    nested: Optional[Tree]
    layers: Optional[Tree]
    is_sound: bool = True


class Wrapped(Record):
    """A model in a layer: a file or an application, or layers with an `input`.

    Attributes:
        body: The model; None if it is wrong, which is reported.
        name, output: The trees of these keys.
    """

    body: Union[Body, Include, None]
    name: Optional[Tree]
    output: Optional[Tree]


class Branch(Record):
    """A branch; `body` is None if it is not a mapping, which is reported."""

    key: Scalar
    body: Union[Body, Include, None]
    trainable: Optional[Tree]
    budget: Optional[Tree]

    @property
    def name(self) -> str:
        return str(self.key.value)


class Head(Record):
    """A named head."""

    key: Scalar
    sources: Optional[Tree]
    layers: Optional[Tree]

    @property
    def name(self) -> str:
        return str(self.key.value)


class Section(Record):
    """A key at the top and its value."""

    key: Scalar
    value: Tree


class Spec(Record):
    """A spec.

    Attributes:
        span: Where it begins.
        variables, blocks, branches, heads: The contents of these sections.
        body: The layers of a plain model, None for a merged one.
        merge, head: The trees of these keys; a head keeps its key.
        name, description, outputs, training, budget: The trees of these keys; `training` is that
            of `compile`.
        order: Those of `branches`, `merge`, `head` and `heads` that it has, in file order, which
            decides automatic names.
        is_merged: Whether it has `branches`, though they may be wrong.
    """

    span: Span
    variables: tuple[Variable, ...] = ()
    blocks: Mapping[str, Block] = {}
    body: Optional[Body] = None
    branches: tuple[Branch, ...] = ()
    merge: Optional[Section] = None
    head: Optional[Section] = None
    heads: tuple[Head, ...] = ()
    name: Optional[Tree] = None
    description: Optional[Tree] = None
    outputs: Optional[Tree] = None
    training: Optional[Tree] = None
    budget: Optional[Tree] = None
    order: tuple[str, ...] = ()
    is_merged: bool = False


class Entry:
    """A layer or an operation in a list of layers.

    Attributes:
        cls: Its class.
        arguments: The tree of its arguments.
        sources: The tree of `from`.
        call: The tree of `call`.
        is_complete: Whether all arguments are below the class; if not, that is reported.
    """

    # With slots, not a record: there is one for each layer.
    __slots__ = ("arguments", "call", "cls", "is_complete", "sources")

    def __init__(
        self,
        cls: Scalar,
        arguments: Optional[Tree],
        sources: Optional[Tree],
        call: Optional[Tree],
        is_complete: bool = True,
    ) -> None:
        self.cls, self.arguments, self.sources, self.call = cls, arguments, sources, call
        self.is_complete = is_complete


class Use(Record):
    """A layer, branch or instance that is applied again."""

    target: Scalar
    sources: Optional[Tree]
    call: Optional[Tree]
    instance: Optional[Scalar]

    @property
    def name(self) -> str:
        return str(self.target.value)


class Instance(Record):
    """An instance of a block: its name in the spec, its parameters, and the trees of its keys."""

    block: Scalar
    arguments: Optional[Tree]
    sources: Optional[Tree]
    instance: Optional[str]


class OutputNames(Record):
    """What `outputs` lists: trees of references, and names if it is a mapping.

    Attributes:
        references: The tree of each reference.
        names: The name of each, None if it is wrong; for a list or one reference None as a whole.
        is_single: Whether it is one reference alone.
    """

    references: tuple[Tree, ...]
    names: Optional[tuple[Optional[str], ...]] = None
    is_single: bool = False
