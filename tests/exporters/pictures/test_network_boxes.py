"""The boxes of a network: their lines, and the totals beneath a picture."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.dot_labels import ARROW
from mergecli.exporters.pictures.folding import Group
from mergecli.exporters.pictures.network_boxes import BoxMaker, totals
from mergecli.exporters.pictures.network_scene import scene
from mergecli.exporters.pictures.scene import Box
from mergecli.ir.graph import Network


def _network(layers: str) -> Network:
    text = f"name: m\ninput: [4]\nlayers:\n{layers}"
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    return network


def test_totals_count_layers_but_not_inputs() -> None:
    # 4 * 3 + 3 and 3 * 2 + 2 parameters; 4 * 3 and 3 * 2 MACs.
    network = _network("  - Dense: 3\n  - Dense: 2\n")
    assert totals(network, []) == ["2 layers", "23 parameters", "18 MACs"]


def test_one_layer_is_not_plural_and_thousands_are_separated() -> None:
    assert totals(_network("  - Dense: 1000\n"), []) == [
        "1 layer",
        "5,000 parameters",
        "4,000 MACs",
    ]


def test_parameters_are_unknown_where_a_box_does_not_know_its_own() -> None:
    box = Box("n1", "layer", "Dense", "dense")
    box.parameters = None
    assert totals(_network("  - Dense: 3\n"), [box]) == ["1 layer", "parameters unknown", "12 MACs"]


def _lines(text: str, shown: str) -> list[str]:
    """The lines of a box with all layers of a network, without the shape of its result."""
    network = _network(text)
    group = Group(
        [[call.index] for call in network.parts() if call.index not in network.graph.inputs]
    )
    first = network.graph.nodes[group.rows[0][0]]
    box = BoxMaker(network).make(group, first, None, False)
    assert str(box.lines[-1]) == shown
    return [f"{line.text} {line.detail}".strip().replace(ARROW, ">") for line in box.lines[:-1]]


def test_a_box_lists_the_layers_that_shape_tensors_in_order() -> None:
    block = "  - Dense: 8\n  - BatchNormalization\n  - ReLU\n"
    text = f"{block}{block}  - Dense: 3\n  - Dropout: 0.1\n  - LayerNormalization\n  - Dense: 3\n"
    assert _lines(text, "(None, 3)") == [
        "Dense 8 × 2",
        "Dense 3 × 2",
        "6 more BatchNormalization, ReLU, …",
    ]


def test_a_box_of_few_layers_lists_all() -> None:
    text = "  - Dense: 8\n  - ReLU\n  - Dense: 3\n"
    assert _lines(text, "(None, 3)") == ["Dense 8", "ReLU", "Dense 3"]


def test_a_box_of_many_layers_says_their_sizes_in_order() -> None:
    text = "".join(f"  - Dense: {units}\n  - ReLU\n" for units in range(2, 12))
    assert _lines(f"{text}  - ELU\n  - Dropout: 0.1\n", "(None, 11)") == [
        "Dense 2 > 3 > 4 > 5 > 6 > 7 > 8 > 9 > 10 > 11",
        "12 more ReLU, ELU, …",
    ]


def _sum(units: int, before: str, name: str) -> str:
    """Two layers with a shortcut around them, and the layer that adds it."""
    return (
        f"  - Dense: {units}\n    from: {before}\n  - Dense: {{units: 4, name: {name}_end}}\n"
        f"  - Add: {{name: {name}}}\n    from: [{before}, {name}_end]\n"
    )


def test_a_box_of_very_many_layers_names_two_classes_that_it_leaves_out() -> None:
    text = "  - Dense: {units: 4, name: a0}\n"
    text += "".join(_sum(n + 2, f"a{n}", f"a{n + 1}") for n in range(12))
    lines = _lines(text, "(None, 4)")
    assert lines[:2] == ["Dense 4", "Dense 2 > 4 + shortcut"]
    assert (len(lines), lines[-1]) == (9, "15 more Dense, Add")


def test_a_box_of_very_many_branches_counts_them() -> None:
    text = "  - Dense: {units: 4, name: a0}\n"
    for number, count in enumerate((3, 2, 3)):
        names = [f"b{number}{branch}" for branch in range(count)]
        for name in names:
            text += f"  - Dense: {{units: 8, name: {name}}}\n    from: a{number}\n"
        text += f"  - Concatenate: {{name: a{number + 1}}}\n    from: [{', '.join(names)}]\n"
    of_two, of_three = (f"Concatenate of {count} branches" for count in (2, 3))
    assert _lines(text, "(None, 24)") == ["Dense 4", of_three, of_two, of_three]


def test_a_box_marks_what_is_a_shortcut() -> None:
    text = "  - Dense: {units: 4, name: a}\n" + _sum(8, "a", "b")
    text += "  - Dense: {units: 4, name: side}\n    from: b\n"
    text += _sum(8, "b", "c").replace("[b,", "[side,")
    assert _lines(text, "(None, 4)") == [
        "Dense 4", "Dense 8", "Dense 4", "Add shortcut", "Dense 4 · shortcut", "Dense 8", "Dense 4", "Add",
    ]  # fmt: skip


def test_rounds_of_a_model_without_blocks_are_named_by_the_first_and_the_last() -> None:
    text = "branches:\n  m: {application: MobileNetV2}\nhead: [{Activation: linear}]\n"
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    names = {box.name for box in scene(network).boxes.values() if "×" in box.title}
    assert names == {
        "block_4 … block_5", "block_7 … block_9", "block_11 … block_12", "block_14 … block_15"
    }  # fmt: skip


def test_a_box_with_all_of_a_block_has_its_name() -> None:
    text = """
blocks:
  outer: {layers: [Dense: 4, ReLU, inner]}
  inner: {layers: [Dense: 8, Dense: 4]}
input: [4]
layers: [outer, inner, Dense: 4]
"""
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    for calls, title in [
        ((1, 2, 3, 4), "outer"), ((3, 4), "inner"), ((5, 6), "inner"),
        ((1, 2), "2 layers"), ((2, 3, 4), "3 layers"), ((5, 6, 7), "3 layers"), ((3, 4, 5, 6), "4 layers"),
    ]:  # fmt: skip
        group = Group([[index] for index in calls])
        box = BoxMaker(network).make(group, network.graph.nodes[calls[0]], None, False)
        assert (box.title, box.counted) == (title, title.endswith("layers"))


def test_names_of_classes_are_not_those_of_boxes() -> None:
    one, other = (f"  - Dense: {{units: 8, name: block2_dense{n}}}\n" for n in (1, 2))
    rest = "  - Dropout: 0.5\n"
    for layers, name in [
        (f"{one}  - ReLU\n{other}", "block2"),
        # Too few layers have the name.
        (f"{one}{rest}{other}{rest}", ""),
        # The result has a name.
        (f"{rest}{rest}{one}", "block2_dense1"),
        (f"  - Dense: {{units: 8, name: stem}}\n{one}", "block2_dense1"),
        (f"{one}{rest}{rest}", ""),
    ]:
        network = _network(layers)
        rows = [[call.index] for call in network.graph.nodes[1:]]
        box = BoxMaker(network).make(Group(rows), network.graph.nodes[1], None, False)
        assert box.name == name


def test_a_box_in_a_frame_of_what_is_repeated_has_the_layers_of_one_round() -> None:
    network = _network("  - Dense: 4\n  - ReLU\n" * 3)
    calls = [[1, 3, 5], [2, 4, 6]]
    framed = Group(calls, [("1", "2 layers × 3", 3)])
    first = network.graph.nodes[1]
    assert BoxMaker(network).make(framed, first, None, False).title == "2 layers"
    assert BoxMaker(network).make(Group(calls), first, None, False).title == "6 layers"


def test_a_size_in_which_rounds_differ_has_both_values() -> None:
    network = _network("  - Dense: 3\n  - Dense: 5\n")
    for rows, shape in [([[1, 2]], "(None, 3 … 5)"), ([[1], [2]], "(None, 5)")]:
        box = BoxMaker(network).make(Group(rows), network.graph.nodes[1], None, False)
        assert str(box.lines[-1]) == shape
