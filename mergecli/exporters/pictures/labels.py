"""What a box says of a layer: its arguments in a few words, and the name that several layers share."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Collection, Iterator, Sequence

from mergecli.catalog.custom import Custom
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer
from mergecli.ir.graph import Call
from mergecli.ir.subgraph_layers import SubgraphLayer

if TYPE_CHECKING:
    from mergecli.diff.model import ComparedCall

#: How an argument is written; those that are not here are written with their name.
_WORDS = {
    "units": "{}", "filters": "{}", "kernel_size": "{}", "pool_size": "{}", "size": "{}", "activation": "{}", "rate": "{}",
    "padding": "{}", "target_shape": "{}", "output_dim": "{}", "input_dim": "{} in", "strides": "stride {}", "num_heads": "{} heads",
    "dilation_rate": "dilation {}", "depth_multiplier": "depth × {}", "layer": "{}",
}  # fmt: skip
#: Endings of arguments that say nothing of what a layer does in the whole.
_SILENT = (
    "_initializer",
    "_regularizer",
    "_constraint",
    "epsilon",
    "momentum",
    "seed",
    "name",
    "trainable",
    "dtype",
    "autocast",
)
#: Arguments of which one says how large a layer is.
_SIZES = ("kernel_size", "pool_size", "size", "units", "num_heads", "output_dim")
#: A word of a name, with the number after it.
_WORD = re.compile(r"[^_.-]+(?:[_.-]\d+(?![^_.-]))?")
#: The most characters for the arguments of one layer.
_LONGEST = 44


def common(names: Sequence[str]) -> str:
    """Return what names begin with in common, if that is a name itself.

    >>> common(["block1_conv", "block1_bn"]), common(["conv2_a", "conv3_a"]), common(["dense", "dropout"])
    ('block1', '', '')
    """
    least, most = min(names), max(names)
    same = next((place for place, (a, b) in enumerate(zip(least, most)) if a != b), len(least))
    start = least[:same]
    # Half a word is not a name, as in `conv2` and `conv3`.
    whole = (
        start
        if start.endswith(("_", "-", "."))
        else start[: max(start.rfind(mark) for mark in "_-.") + 1]
    )
    return whole.rstrip("_-.")


def covering(rounds: Sequence[Sequence[str]]) -> str:
    """Return a name for several layers: what their names begin with in common, or the first and the last of this.

    Args:
        rounds: The names of the layers, of a structure that is repeated those of each round.

    >>> covering([["block1_conv", "block1_bn"]]), covering([["a_conv2", "a_bn2"], ["a_conv3", "a_bn3"]])
    ('block1', 'a')
    >>> covering([["conv2_block2_1", "conv2_block2_add"], ["conv2_block3_1", "conv2_block3_add"]])
    'conv2_block2 … block3'
    >>> covering([["stem_conv", "stem_bn", "block1_conv", "block1_bn"]]), covering([["dense", "dropout"]])
    ('stem … block1', '')
    >>> covering([["mixed0"]]), covering([["mixed1"], ["mixed2"]])
    ('mixed0', 'mixed1 … mixed2')
    >>> covering([["stage2_block_1_a", "stage2_block_1_b"], ["stage2_block_2_a", "stage2_block_2_b"]])
    'stage2_block'
    """
    ends = _shared(rounds[0]), _shared(rounds[-1])
    name = ends[0] if ends[0] == ends[1] else common([*rounds[0], *rounds[-1]])
    if not name and len(rounds) == 1:
        parts = [(word, len(list(part))) for word, part in groupby(map(_first_word, rounds[0]))]
        # The name of a single layer says nothing of others.
        if all(count > 1 for _, count in parts):
            ends = parts[0][0], parts[-1][0]
    # A word such as `block` is the name of all blocks, `stage2_block` that of a few.
    is_number = all(end.removeprefix(name).strip("_-.").isdecimal() for end in ends)
    if not all(ends) or ends[0] == ends[1] or (is_number and re.search(r"\d", name)):
        return name
    words = list(_WORD.finditer(ends[1]))
    pairs = enumerate(zip(words, _WORD.findall(ends[0])))
    same = next((place for place, (word, before) in pairs if word[0] != before), 0)
    return f"{ends[0]} \u2026 {ends[1][words[same].start() :]}"


def _shared(names: Sequence[str]) -> str:
    """Return what names begin with in common, of a single one all."""
    return common(names) if len(names) > 1 else names[0]


def _first_word(name: str) -> str:
    """Return the word with which a name begins, "" for a name without words."""
    return next(iter(_WORD.findall(name)), "")


def describe(
    call: Call | ComparedCall, hidden: Collection[str] = (), always: Collection[str] = ()
) -> str:
    """Return the arguments of a layer that say what it does, in a few words.

    Args:
        call: A call of the layer.
        hidden: Arguments that are left out.
        always: Arguments that are shown also where they have their default.

    >>> from mergecli.catalog.layers.convolutional import Conv2D
    >>> from mergecli.diagnostics.source import Span
    >>> from mergecli.ir.graph import Location
    >>> describe(Call(0, "Conv2D", Conv2D(filters=64, kernel_size=[3, 5], strides=2, padding="same", activation="relu"), Location(Span(1, 1, 1, 1)), None))
    '64 · 3×5 · stride 2 · same · relu'
    """
    layer = call.layer
    if layer is None or isinstance(layer, SubgraphLayer):
        return ""
    line = ""
    for name, value in _shown(layer, always):
        part = "" if name in hidden else _argument(call.cls, name, value)
        if not part:
            continue
        if line and len(line) + len(part) > _LONGEST:
            return f"{line} · …"
        if not line:
            line = part if len(part) <= _LONGEST else part[: _LONGEST - 1] + "…"
        else:
            line = f"{line} · {part}"
    return line


def size(call: Call) -> str:
    """Return the window or the features of a layer, "" for one without.

    >>> from mergecli.catalog.layers.core import Dense
    >>> from mergecli.diagnostics.source import Span
    >>> from mergecli.ir.graph import Location
    >>> size(Call(0, "Dense", Dense(units=8, activation="relu"), Location(Span(1, 1, 1, 1)), None))
    '8'
    """
    given = {} if call.layer is None else call.layer.explicit
    name = next((name for name in _SIZES if given.get(name) is not None), "")
    return _argument(call.cls, name, given[name]) if name else ""


def _shown(layer: Layer, always: Collection[str]) -> Iterator[tuple[str, object]]:
    """Yield the arguments of a layer that are not silent, and not the default unless they are always shown."""
    for name, value in layer.explicit.items():
        if name.endswith(_SILENT) or value is None:
            continue
        if name not in layer.arguments and not isinstance(layer, Custom):
            continue
        if name not in layer.defaults or layer.defaults[name] != value or name in always:
            yield name, value
    for name in always:
        if name in layer.defaults and name not in layer.explicit:
            yield name, layer.defaults[name]


def _argument(cls: str, name: str, value: object) -> str:
    """Return an argument as a box shows it; empty for one that says too much."""
    if isinstance(value, bool):
        return (
            name.replace("_", " ") if value else f"no {name.removeprefix('use_').replace('_', ' ')}"
        )
    label = _size(cls, name, value) or _value(value)
    if not label:
        return ""
    return _WORDS[name].format(label) if name in _WORDS else f"{name.replace('_', ' ')} {label}"


def _size(cls: str, name: str, value: object) -> str:
    """Return a window or a stride on as many axes as the layer has; empty for other arguments."""
    if name == "strides" and isinstance(value, (list, tuple)) and len(set(value)) == 1:
        return str(value[0])
    dimensions = re.search(r"([123])D", cls)
    if name in ("kernel_size", "pool_size", "size") and type(value) is int and dimensions:
        return "×".join([str(value)] * int(dimensions[1]))
    return ""


def _value(value: object) -> str:
    if isinstance(value, SubgraphLayer):
        return str(value.network.graph.name)
    if isinstance(value, KerasObject):
        inner = next(
            (
                _value(item)
                for name, item in value.explicit.items()
                if isinstance(item, (int, str)) and name in _WORDS
            ),
            "",
        )
        return f"{type(value).__name__} {inner}".strip()
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(item, int) and not isinstance(item, bool) for item in value):
            return ("×" if all(item > 0 for item in value) else ", ").join(map(str, value))
        return "" if len(value) > 6 else ", ".join(map(_value, value))
    if isinstance(value, dict):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value).replace("\n", " ")
