"""The language of specs, as one table.

The parser, the JSON Schema, the formatter, the language server and the writer of specs read it, so
a new key is one line here and its meaning in `compiler/lowering`.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Mapping, Sequence

from mergecli.diagnostics.record import Record

#: The prefix of keys that are ignored, for example to hold anchors.
EXTRA = "x-"
#: The pattern for names of blocks; classes begin with an upper-case letter.
BLOCK_NAME = "[a-z_][A-Za-z0-9_]*"


class Key(Record):
    """A key of a mapping.

    Attributes:
        name: The key.
        form: The form of its value: the name of a `Form`, or of a plain value such as "text".
        doc: One sentence for hovers, completions, the JSON Schema and the documentation.
        each: Whether the value is a mapping from names to values of that form.
        names_layers: Whether the order of such keys decides automatic names of layers, so that
            the formatter must not move them without a check.
    """

    name: str
    form: str
    doc: str
    each: bool = False
    names_layers: bool = False


class Form(Record):
    """A mapping of the language.

    Attributes:
        name: The name that keys refer to it by.
        owner: Its name in messages, with an article.
        keys: Its keys in the order of the formatter.
        expected: The message where another value is found.
        extras: Whether keys that begin with `x-` are ignored in it.
    """

    name: str
    owner: str
    keys: tuple[Key, ...]
    expected: str = ""
    extras: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of its keys."""
        return tuple(key.name for key in self.keys)

    def key(self, name: str) -> Key:
        """Return a key by its name.

        Raises:
            KeyError: It has no such key.
        """
        for key in self.keys:
            if key.name == name:
                return key
        raise KeyError(name)


_MODELS = (
    Key("spec", "path", "Another spec, relative to this file; `with` sets its variables."),
    Key(
        "model",
        "path",
        "A saved Keras model: `.keras`, `.h5`, or a `.json` from `model.to_json()`.",
    ),
    Key(
        "application",
        "application",
        "A constructor of `keras.applications`, such as `MobileNetV2`; `with` holds its arguments.",
    ),
    Key(
        "with",
        "arguments",
        "Values for the variables of a `spec`, the arguments of an `application`, or the `weights`"
        " of a `model`.",
    ),
)
_OUTPUT = Key("output", "text", "The layer at which the model ends, instead of at its output.")
_INPUT = Key("input", "input", "")
_INPUTS = Key("inputs", "input", "Several inputs by their names; layers choose with `from`.", True)
_LAYERS = Key("layers", "layers", "Layers, each applied to the one before it.")
_BUDGET = Key("budget", "budget", "Upper bounds on the cost of the model or branch.")

SPEC = Form(
    "spec",
    "a spec",
    (
        Key("name", "text", "The name of the model, by default that of its file."),
        Key("description", "text", "A description of the model for readers."),
        Key(
            "vars",
            "variables",
            "Variables with their values. `$name` and `$(expression)` insert them anywhere in a"
            " value; `--set name=value` overrides one. `{choices: [32, 64], default: 64}` lists the"
            " values that a search tries.",
        ),
        Key(
            "blocks",
            "block",
            "Lists of layers with parameters, used under `layers` by their names, which begin"
            " with a lower-case letter.",
            each=True,
        ),
        _INPUT,
        _INPUTS,
        _LAYERS,
        Key(
            "branches",
            "branch",
            "Branches by their names, in the order in which `merge` takes them. Each is a list of"
            " layers, or an existing model.",
            each=True,
            names_layers=True,
        ),
        Key(
            "merge",
            "entry",
            "The layer that joins the results of all branches, such as `Concatenate`; `from` next"
            " to it selects or reorders them.",
            names_layers=True,
        ),
        Key(
            "head",
            "layers",
            "Layers after the merge, or after the last branch if there is no merge. The result of"
            " the last one is the output of the model.",
            names_layers=True,
        ),
        Key(
            "heads",
            "head",
            "Several heads by the names of their outputs.",
            each=True,
            names_layers=True,
        ),
        Key(
            "outputs",
            "outputs",
            "The outputs of the model: a reference, a list of them, or a mapping from the name of"
            " an output to a reference.",
        ),
        Key(
            "compile",
            "compile",
            "Arguments of `keras.Model.compile`, applied when the model is built.",
        ),
        _BUDGET,
    ),
    expected="a spec must be a mapping with `input` and `layers`, or with `branches`",
    extras=True,
)

BRANCH = Form(
    "branch",
    "a branch",
    (
        *_MODELS,
        _INPUT,
        _INPUTS,
        Key(
            "from", "from", "The tensors the branch starts from: other branches, layers or inputs."
        ),
        _OUTPUT,
        Key("prefix", "text", "A prefix for every layer name of the model."),
        Key(
            "nested",
            "flag",
            "Whether the model stays one layer; by default its layers become part of the merged"
            " graph.",
        ),
        Key("trainable", "names", "`false` freezes the branch; a list freezes only those layers."),
        _LAYERS,
        _BUDGET,
    ),
)

WRAPPED = Form(
    "wrapped",
    "a model in a layer",
    (
        Key("name", "text", "The name of the model, by default `model`."),
        *_MODELS,
        _OUTPUT,
        _INPUT,
        _LAYERS,
    ),
)

HEAD = Form(
    "head",
    "a head",
    (
        Key(
            "from",
            "from",
            "The tensors the head starts from, by default the merge or the last branch.",
        ),
        _LAYERS,
    ),
)

BLOCK = Form(
    "block",
    "a block",
    (
        Key("params", "variables", "Parameters with their defaults."),
        Key(
            "layers", "layers", "The layers; `input` refers to the tensors the block is applied to."
        ),
    ),
)

_FROM = Key(
    "from", "from", "The tensors it is applied to, by default the result of the entry before it."
)
_CALL = Key("call", "call", "Arguments of the call other than tensors, such as `training: false`.")
_AS = Key(
    "as",
    "text",
    "A name for the instance of a block, or for the result of `use`.",
)
_REPEAT = Key(
    "repeat", "integer", "The number of times it is applied in a row; `$i` counts from 0."
)
_USE = Key(
    "use",
    "reference",
    "A layer, a branch or an instance of a block to apply again, with the same weights.",
)

#: The keys of an entry next to its class, or, with `use`, instead of one.
ENTRY = Form("entry", "an entry", (_FROM, _CALL, _AS, _REPEAT, _USE))
USE = Form("use", "a `use`", (_USE, _FROM, _CALL, _AS, _REPEAT))
INSTANCE = Form("instance", "an instance of a block", (_FROM, _AS, _REPEAT))

BUDGET = Form(
    "budget",
    "`budget`",
    (
        Key("parameters", "5M", "numbers in weights"),
        Key("trainable", "1M", "numbers in weights that are trained"),
        Key("size", "20MB", "bytes of weights"),
        Key("macs", "600M", "multiply-accumulates for one sample"),
        Key("memory", "200MB", "bytes at once in inference, for a batch of `batch` samples"),
        Key("training_memory", "4GB", "bytes at once in training, for a batch of `batch` samples"),
        Key("batch", "32", "samples in a batch, for `memory` and `training_memory`; 1 by default"),
    ),
)

#: The value of a variable that has several choices; any other value is its only one.
CHOICES = Form(
    "choices",
    "a variable with choices",
    (
        Key("choices", "values", "The values that a search tries, and that `validate` checks."),
        Key("default", "value", "The value elsewhere, one of the choices; by default the first."),
    ),
)

FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (SPEC, CHOICES, BRANCH, WRAPPED, HEAD, BLOCK, ENTRY, USE, INSTANCE, BUDGET)
}

#: The keys of a budget that are numbers of bytes.
BYTES = ("size", "memory", "training_memory")

#: The keys that make a spec a plain model, and those that make it a merged one.
PLAIN = ("input", "inputs", "layers")
MERGED = tuple(key.name for key in SPEC.keys if key.names_layers)
#: The endings of the files that a spec can include, by the key that names them.
ENDINGS = {"spec": (".yaml", ".yml"), "model": (".keras", ".h5", ".hdf5", ".json")}
#: The keys that make a branch an existing model, and those that only such a branch has.
ROLES = ("spec", "model", "application")
MODEL = (*ROLES, "with", "output", "prefix", "nested")
#: The keys by which a model in a layer is distinguished from a layer.
IN_LAYER = (*ROLES, "input", "layers")

_SPEC_START = re.compile(
    rf"^(\{{|[\"']?({'|'.join((*PLAIN, *MERGED, 'blocks'))})[\"']? *:(\s|$))", re.MULTILINE
)


def looks_like_spec(text: str) -> bool:
    """Whether a text looks like a spec and not like a YAML file of another program.

    >>> looks_like_spec("name: x\\nlayers: []"), looks_like_spec("{input: [8]}")
    (True, True)
    >>> looks_like_spec("name: ci\\non: push"), looks_like_spec("")
    (False, True)
    """
    return not text.strip() or _SPEC_START.search(text) is not None


def form_at(path: Sequence[str | int]) -> Form | None:
    """Return the form of the mapping at a path from the top of a spec.

    Args:
        path: The keys and indices that lead to it.

    Returns:
        The form; None if the language has no such mapping.

    >>> form_at(()).name, form_at(("branches", "a")).name
    ('spec', 'branch')
    >>> form_at(("branches", "a", "layers", 0)).name
    'entry'
    >>> form_at(("layers", 0, "TimeDistributed", "layer")).name
    'wrapped'
    """
    form: Form | None = SPEC
    steps = list(path)
    while steps:
        step = steps.pop(0)
        if form in (ENTRY, WRAPPED) and step not in form.names and steps[:1] == ["layer"]:
            # The layer of a class, which may be a model.
            steps.pop(0)
            form = WRAPPED
            continue
        if form is None or not isinstance(step, str) or step not in form.names:
            return None
        key = form.key(step)
        if key.each and steps:
            steps.pop(0)
        elif key.each:
            return None
        if key.form == "layers":
            if not steps:
                return None
            steps.pop(0)
            form = ENTRY
        elif key.form == "head" and steps and isinstance(steps[0], int):
            steps.pop(0)
            form = ENTRY
        else:
            form = FORMS.get(key.form)
    return form
