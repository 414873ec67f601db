"""A finished graph does not change: passes, rules and exporters return something new."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
from click.testing import CliRunner
from running import SPECS

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source, Span
from mergecli.importers import applications
from mergecli.importers.keras import graph
from mergecli.ir.graph import Call, Graph, GraphBuilder, Location, Value
from mergecli.ir.inference import infer
from mergecli.ir.naming import NameAuthority
from mergecli.ir.order import order
from mergecli.ir.subgraphs import without_placeholders


class _Frozen:
    """The finished graphs, as they were when they were finished."""

    def __init__(self) -> None:
        self.calls: dict[int, Call] = {}
        self.graphs: list[tuple[Graph, Any]] = []

    def add(self, graph: Graph) -> None:
        self.calls.update({id(call): call for call in graph.nodes})
        self.graphs.append((graph, _state(graph)))

    def check(self) -> None:
        assert self.graphs, "no graph was finished"
        for finished, state in self.graphs:
            assert _state(finished) == state


def _state(graph: Graph) -> Any:
    """All that a graph holds, with copies of its lists and mappings."""
    calls = [[_copied(getattr(call, name)) for name in Call.__slots__] for call in graph.nodes]
    names = [name for name in Graph.__slots__ if name not in ("nodes", "_ends")]
    return (
        calls,
        [_copied(getattr(graph, name)) for name in names],
        [id(call) for call in graph.nodes],
    )


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [*value]
    return {**value} if isinstance(value, dict) else value


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Frozen]:
    """Lets nothing assign to a call or to an attribute of a graph that is finished."""
    known = _Frozen()
    make = Graph.__init__

    def made(self: Graph, *arguments: Any, **keywords: Any) -> None:
        make(self, *arguments, **keywords)
        known.add(self)

    def set_attribute(self: Any, name: str, value: Any) -> None:
        assert id(self) not in known.calls, f"`{name}` of a call is set after its graph is finished"
        object.__setattr__(self, name, value)

    monkeypatch.setattr(Graph, "__init__", made)
    monkeypatch.setattr(Call, "__setattr__", set_attribute, raising=False)
    yield known
    known.check()


#: Commands that read a network, without the spec.
COMMANDS = [
    ["summary"],
    ["plot", "--format", "dot"],
    ["plot", "--format", "mmd"],
    ["plot", "--format", "html"],
    ["export", "--to", "python"],
    ["export", "--to", "keras-json"],
    ["export", "--to", "spec"],
    ["diff", str(SPECS[0])],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: "-".join(command[:3]))
def test_nothing_changes_a_finished_graph(command: list[str], frozen: _Frozen) -> None:
    for path in SPECS:
        result = CliRunner().invoke(cli, [command[0], str(path), *command[1:]])
        assert result.exit_code in (0, 1), result.output
    assert len(frozen.graphs) > len(SPECS)


def test_nothing_changes_the_graph_of_an_application(frozen: _Frozen) -> None:
    application = applications.find("MobileNetV2")
    assert application is not None
    network, problems = infer(graph(application().saved(), None, nested=True))
    assert not problems and without_placeholders(network).parts()


def test_a_cycle_is_cut_in_a_new_graph(frozen: _Frozen) -> None:
    text = "name: a\ninput: [8]\nlayers:\n- Add: {name: a}\n  from: [input, b]\n- Dense: {units: 8, name: b}\n"
    compiled = compile_spec(Source(text, "a.yaml"))
    assert [found.code for found in compiled.errors] == ["cyclic-wiring"]


def test_the_check_can_fail(frozen: _Frozen) -> None:
    compiled = compile_spec(Source("name: a\ninput: [8]\nlayers:\n- Dense: 2\n", "a.yaml"))
    assert compiled.network is not None
    with pytest.raises(AssertionError, match="`name` of a call"):
        compiled.network.graph.nodes[0].name = "other"


def test_names_are_numbered_as_keras_does() -> None:
    taken = {"dense_1"}
    names = NameAuthority(taken.__contains__)
    for expected in ("dense", "dense_2", "dense_3"):
        taken.add(names.name("dense"))
        assert expected in taken


def test_calls_follow_their_sources_and_otherwise_the_file() -> None:
    builder = GraphBuilder("model")
    for sources in ([2], [], [1], [0]):
        call = builder.call("Dense", None, Location(Span(1, 1, 1, 1)), None)
        call.sources = [Value(index) for index in sources]
    sorted_graph, cycles = order(builder.finish())
    assert (sorted_graph.order, cycles) == ([1, 2, 0, 3], [])
