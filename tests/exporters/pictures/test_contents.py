"""What is in a box of many layers, in the order of computation."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.contents import Contents
from mergecli.exporters.pictures.dot_labels import ARROW


def contents(layers: str) -> Contents:
    """The contents of a box with all layers of a network."""
    network = compile_spec(
        Source(f"name: m\ninput: [32, 32, 3]\nlayers:\n{layers}", "a.yaml")
    ).network
    assert network is not None
    calls = [call.index for call in network.parts() if call.index not in network.graph.inputs]
    return Contents(network, [[index] for index in calls])


def lines(layers: str) -> list[str]:
    return [line.replace(ARROW, ">") for line, _ in contents(layers).lines()]


def conv(size: int, name: str, source: str = "", filters: int = 8) -> str:
    wired = f"    from: {source}\n" if source else ""
    arguments = f"filters: {filters}, kernel_size: {size}, padding: same, name: {name}"
    return f"  - Conv2D: {{{arguments}}}\n{wired}  - ReLU\n"


def join(cls: str, name: str, *sources: str) -> str:
    return f"  - {cls}: {{name: {name}}}\n    from: [{', '.join(sources)}]\n"


def test_a_chain_names_each_kind_of_layer_once() -> None:
    text = conv(1, "a") + conv(3, "b") + "  - MaxPooling2D: 2\n" + conv(5, "c") + conv(5, "d")
    assert lines(text) == ["conv 1×1 > 3×3 > max pool 2×2 > conv 5×5 > 5×5"]


def test_equal_layers_are_counted() -> None:
    text = "".join(conv(3, f"c{number}") for number in range(5))
    assert lines(text) == ["conv 3×3 (5 times)"]


def test_a_sum_has_a_line_with_its_shortcut() -> None:
    text = conv(3, "a") + conv(1, "b", "a") + conv(3, "c") + join("Add", "d", "a", "c")
    text += conv(1, "e", "d") + conv(1, "f", "d") + conv(3, "g") + join("Add", "h", "e", "g")
    assert lines(text) == [
        "conv 3×3",
        "conv 1×1 > 3×3 + shortcut",
        "conv 1×1 > 3×3 + shortcut conv 1×1",
    ]


def test_branches_have_numbered_lines() -> None:
    text = conv(1, "a") + conv(1, "b", "a") + conv(3, "c", "a") + conv(5, "d")
    assert lines(text + join("Concatenate", "e", "b", "d", "a")) == [
        "conv 1×1",
        "1. conv 1×1",
        "2. conv 3×3 > 5×5",
        "3. shortcut",
        "Concatenate",
    ]


def test_branches_within_branches_are_in_parentheses() -> None:
    text = conv(1, "a") + conv(1, "b", "a") + conv(3, "c", "a")
    text += conv(1, "d", "c") + conv(3, "e", "c") + join("Concatenate", "f", "d", "e")
    assert (
        lines(text + join("Concatenate", "g", "b", "f"))[2] == "2. conv 3×3 > (conv 1×1 | conv 3×3)"
    )


def test_what_weights_features_by_their_mean_is_a_step() -> None:
    text = (
        conv(1, "a")
        + "  - GlobalAveragePooling2D: {name: p}\n  - Reshape: {target_shape: [1, 1, 8]}\n"
    )
    text += conv(1, "b") + conv(1, "c") + join("Multiply", "d", "a", "c") + conv(3, "e")
    assert lines(text) == ["conv 1×1 > squeeze-excite > conv 3×3"]


def test_what_is_not_made_of_chains_has_a_line_for_each_part() -> None:
    text = conv(1, "a") + conv(3, "b", "a") + conv(5, "c", "a") + join("Add", "d", "b", "c")
    assert lines(text + join("Add", "e", "d", "b")) == [
        "conv 1×1",
        "conv 3×3",
        "conv 5×5 + input + input",
    ]


def test_what_is_repeated_alone_is_counted() -> None:
    found = contents(conv(1, "a") + conv(3, "b"))
    found.rows = [found.rows[0], *([index] * 3 for (index,) in found.rows[1:])]
    assert [line for line, _ in found.lines()] == ["conv 1×1", "(conv 3×3) × 3"]


def test_long_lines_are_broken_evenly() -> None:
    text = "".join(conv(2 + number % 2, f"c{number}") for number in range(16))
    found = lines(text)
    assert len(found) == 3 and all(line.startswith("> ") for line in found[1:])
    assert max(map(len, found)) - min(map(len, found)) < 8


def test_the_last_word_has_no_line_of_its_own() -> None:
    text = conv(1, "a") + "".join(conv(2 + number % 2, f"b{number}") for number in range(8))
    _, first, second = lines(text + join("Add", "sum", "a", "b7"))
    assert abs(len(first) - len(second)) < 12 and second.endswith("> 3×3 + shortcut")


def test_equal_lines_are_counted() -> None:
    text = conv(1, "a0")
    for number in range(3):
        text += conv(3, f"b{number}", f"a{number}") + join(
            "Add", f"a{number + 1}", f"a{number}", f"b{number}"
        )
    assert lines(text) == ["conv 1×1", "(conv 3×3 + shortcut) × 3"]


def test_a_long_sum_of_sums_is_described() -> None:
    text = conv(1, "a0")
    for number in range(200):
        text += conv(3, f"b{number}", "a0") + join(
            "Add", f"a{number + 1}", f"a{number}", f"b{number}"
        )
    assert sum(len(rows) for _, rows in contents(text).lines()) == 401
