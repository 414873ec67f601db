"""Trees of arguments become objects, with the place of each argument."""

from __future__ import annotations

from mergecli.catalog import registry
from mergecli.compiler.lowering.argument_reader import ArgumentReader
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source, Span, Unreadable
from mergecli.diagnostics.suggestions import Searches
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Scalar, Tree

HERE = Span(9, 9, 9, 9)


def tree(text: str) -> Tree:
    found, problems = read(Source(text, ""))
    assert found is not None, problems
    return found


def reader(find: object = str) -> tuple[ArgumentReader, DiagnosticSink]:
    sink = DiagnosticSink(Searches())
    return ArgumentReader(sink, None, find), sink  # type: ignore[arg-type]


def test_each_argument_has_its_place() -> None:
    reads, sink = reader()
    made, places = reads.read(
        registry.layers()["Dense"], tree("units: 4\nactivation: relu\n"), "Dense", HERE
    )
    assert made is not None
    assert made.explicit == {"units": 4, "activation": "relu"}
    assert {name: (span.line, span.column) for name, span in places.items()} == {
        "units": (1, 8),
        "activation": (2, 13),
    }
    assert not sink


def test_a_value_alone_is_the_first_argument() -> None:
    reads, _ = reader()
    made, _ = reads.read(registry.layers()["Dense"], tree("4"), "Dense", HERE)
    assert made is not None
    assert made.explicit == {"units": 4}


def test_a_wrong_object_does_not_hide_what_else_is_wrong() -> None:
    reads, sink = reader()
    text = "units: -1\nkernel_regularizer: {L3: 1}\n"
    made, _ = reads.read(registry.layers()["Dense"], tree(text), "Dense", HERE)
    assert made is None
    assert sorted(found.span.line for found in sink if found.span is not None) == [1, 2]


def test_an_argument_whose_value_is_wrong_is_not_missing_too() -> None:
    reads, sink = reader()
    made, _ = reads.read(
        registry.layers()["TimeDistributed"], tree("layer: {Dens: 3}\n"), "TimeDistributed", HERE
    )
    assert made is None
    (found,) = sink
    assert (found.code, found.message) == ("unknown-layer", "unknown layer `Dens`")


def test_two_classes_in_one_object_are_refused() -> None:
    reads, sink = reader()
    text = "units: 4\nkernel_regularizer: {L1: 1, L2: 1}\n"
    reads.read(registry.layers()["Dense"], tree(text), "Dense", HERE)
    (found,) = sink
    assert found.code == "wrong-type"
    assert found.message.endswith("found `L1` and `L2`")


def test_a_vocabulary_that_may_not_be_read_is_reported_at_its_place() -> None:
    def find(path: str) -> str:
        raise Unreadable("outside-project", "is outside", "copy it")

    reads, sink = reader(find)
    text = "vocabulary: /other/words.txt\n"
    made, _ = reads.read(registry.layers()["StringLookup"], tree(text), "StringLookup", HERE)
    assert made is None
    (found,) = sink
    assert (found.code, found.message) == ("outside-project", "`/other/words.txt` is outside")
    assert found.span == Span(1, 13, 1, 29)


def test_a_layer_that_nobody_has_is_none_and_an_error() -> None:
    reads, sink = reader()
    name = tree("Dense")
    assert isinstance(name, Scalar)
    assert reads.layer_class(name) is registry.layers()["Dense"]
    unknown = tree("Dnse")
    assert isinstance(unknown, Scalar)
    assert reads.layer_class(unknown) is None
    assert [found.code for found in sink] == ["unknown-layer"]


def test_a_path_in_place_of_a_layer_is_a_model_without_its_key() -> None:
    reads, sink = reader()
    reads.read(
        registry.layers()["TimeDistributed"], tree("layer: a.yaml\n"), "TimeDistributed", HERE
    )
    (found,) = sink
    assert (found.message, found.help) == (
        "unknown layer `a.yaml`",
        "write `layer: {spec: a.yaml}`",
    )


def test_objects_with_the_same_trees_differ_in_their_names_alone() -> None:
    reads, sink = reader()
    Conv2D = registry.layers()["Conv2D"]
    text = "- {filters: 4, kernel_size: &k [3, 1], name: a}\n- {filters: 4, kernel_size: *k, name: b}\n"
    first, second = tree(text).items  # type: ignore[union-attr]
    second.entries[0] = first.entries[0]
    (one, _), (two, places) = (reads.read(Conv2D, part, "Conv2D", HERE) for part in (first, second))
    whole, _ = reader()[0].read(Conv2D, second, "Conv2D", HERE)
    assert one is not None and two is not None and whole is not None and not sink
    assert (one.name, two.name) == ("a", "b")  # type: ignore[attr-defined]
    assert (vars(two), [*two.explicit]) == (vars(whole), [*whole.explicit])
    assert two.kernel_size is one.kernel_size  # type: ignore[attr-defined]
    assert places["name"].line == 2


def test_a_wrong_name_beside_the_same_trees_is_an_error() -> None:
    reads, sink = reader()
    text = "- {units: &u 4, name: a}\n- {units: *u, name: b/c}\n"
    first, second = tree(text).items  # type: ignore[union-attr]
    assert reads.read(registry.layers()["Dense"], first, "Dense", HERE)[0] is not None
    assert reads.read(registry.layers()["Dense"], second, "Dense", HERE)[0] is None
    (found,) = sink
    assert (found.code, found.span) == ("wrong-value", Span(2, 21, 2, 24))
