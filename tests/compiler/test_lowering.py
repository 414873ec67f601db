"""Lowering: what it leaves behind when a spec is done."""

from __future__ import annotations

import gc

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

SPECS = {
    "plain": "input: [8]\nlayers: [{Dense: 4}, {Dense: 2}]\n",
    "merged": (
        "branches:\n"
        "  a: {input: [8], layers: [{Dense: 4}]}\n"
        "  b: {from: a, layers: [{Dense: 4}]}\n"
        "merge: Concatenate\n"
        "head: [{Dense: 1}]\n"
    ),
    "blocks": (
        "vars: {width: 4}\n"
        "blocks: {pair: {params: {n: 2}, layers: [{Dense: $n}, {Dense: $n}]}}\n"
        "input: [8]\n"
        "layers: [{pair: $width, repeat: 2}, {Dense: 1}]\n"
    ),
    "faulty": "input: [8]\nlayers: [{Dens: 4}, {Dense: {unit: 2}, from: nowhere}]\n",
}


@pytest.mark.parametrize("name", SPECS)
def test_nothing_of_a_spec_waits_for_the_garbage_collector(name: str) -> None:
    source = Source(SPECS[name], "a.yaml")
    compile_spec(source)
    gc.collect()
    gc.disable()
    try:
        compile_spec(source)
        assert gc.collect() == 0
    finally:
        gc.enable()
