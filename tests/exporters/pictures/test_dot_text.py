"""The statements of a DOT text."""

from __future__ import annotations

import random

import pytest

from mergecli.exporters.pictures.dot_text import Statements, quoted


def test_a_graph_with_a_subgraph() -> None:
    inner, outer = Statements(), Statements()
    inner.attributes(style="rounded,filled", label="")
    inner.node("a", "<<B>a</B>>", tooltip="an a")
    outer.defaults("node", shape="box")
    outer.subgraph("cluster_one", inner)
    outer.edge("a", "b c", weight="20", label="x")
    assert outer.digraph("model") == (
        "digraph model {\n"
        "\tnode [shape=box]\n"
        "\tsubgraph cluster_one {\n"
        '\t\tlabel="" style="rounded,filled"\n'
        '\t\ta [label=<<B>a</B>> tooltip="an a"]\n'
        "\t}\n"
        '\ta -> "b c" [label=x weight=20]\n'
        "}\n"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [("", '""'), ("a:b", '"a:b"'), ("Node", '"Node"'), (".5", ".5"), ("5.a", '"5.a"'), ("é", '"é"'),
     (r"\"", r'"\""'), (r"\\" + '"', r'"\\\""'), ("<", '"<"'), ("<>", "<>"), ("a\n", '"a\n"')],
)  # fmt: skip
def test_strings_are_quoted_where_they_must_be(text: str, written: str) -> None:
    assert quoted(text) == written


def test_graphviz_reads_the_same_strings() -> None:
    pygraphviz = pytest.importorskip("pygraphviz")
    choose = random.Random(1)
    for _ in range(200):
        text = "".join(choose.choice('ab1-. "<>_é&') for _ in range(choose.randrange(9)))
        if text[:1] == "<" and text[-1] == ">":
            continue
        graph = Statements()
        graph.node("n", text)
        read = pygraphviz.AGraph(string=graph.digraph("g"))
        assert read.get_node("n").attr["label"] == text
