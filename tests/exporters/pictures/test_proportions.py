"""`auto` folds pictures that would be long and narrow."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.network_scene import scene
from mergecli.exporters.pictures.proportions import is_long
from mergecli.ir.graph import Network


def network(text: str) -> Network:
    compiled = compile_spec(Source(text, "model.yaml"))
    assert compiled.network is not None
    return compiled.network


#: Blocks with an arrow past each, which cannot be in several columns as layers.
RESIDUAL = "input: [8]\nlayers:\n" + "".join(
    f"  - Dense: {{units: 8, name: a{n}}}\n  - Dense: {{units: 8, activation: {activation}, name: b{n}}}\n"
    f"  - Add: {{name: s{n}}}\n    from: [a{n}, b{n}]\n"
    for n, activation in enumerate(("relu", "tanh", "selu", "elu", "gelu", "silu"))
)


def test_a_picture_is_long_by_its_sides_not_by_its_boxes() -> None:
    assert not is_long(scene(network("input: [8]\nlayers: [{Dense: 8}, {Dense: 4}]"), "layer"))
    columns = "input: [8]\nlayers:\n" + "".join(f"  - Dense: {n + 3}\n" for n in range(30))
    assert not is_long(scene(network(columns), "layer")), "it has columns"


def test_auto_is_never_long_where_less_detail_is_not() -> None:
    net = network(RESIDUAL)
    assert not is_long(scene(net, "auto"))
    assert len(scene(net, "auto").boxes) <= len(scene(net, "layer").boxes)


def test_a_long_block_that_is_repeated_has_fewer_boxes() -> None:
    block = "\n".join([
        "  - LayerNormalization: {name: n$}\n    from: s$",
        "  - MultiHeadAttention: {num_heads: 2, key_dim: 4, name: a$}\n    from: {query: n$, value: n$}",
        "  - Dropout: {rate: 0.1, name: d$}",
        "  - Add: {name: t$}\n    from: [s$, d$]",
        "  - LayerNormalization: {name: m$}",
        "  - Dense: {units: 32, activation: gelu, name: e$}",
        "  - Dense: {units: 8, name: f$}",
        "  - Dropout: {rate: 0.1, name: g$}",
        "  - Add: {name: s+}\n    from: [t$, g$]",
    ])  # fmt: skip
    text = "input: [16]\nlayers:\n  - Embedding: {input_dim: 50, output_dim: 8, name: s0}\n"
    text += "\n".join(block.replace("$", str(n)).replace("+", str(n + 1)) for n in range(3))
    text += "\n  - LayerNormalization: {name: end}\n  - GlobalAveragePooling1D\n  - Dense: 2\n"
    found = scene(network(text))
    assert [box.layers for box in found.boxes.values()] == [1, 1, 3, 1, 4, 1, 3, 1]
