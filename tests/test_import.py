"""Models written with plain Keras -> specs -> models: the same layers, wiring and numbers, or a refusal that names what cannot be carried."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import zoo
from click.testing import CliRunner

import mergecli
from mergecli.cli import cli


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("name", zoo.ZOO)
def test_a_model_comes_back(name: str, tmp_path: pathlib.Path) -> None:
    import numpy

    model = zoo.ZOO[name]()
    file, spec = tmp_path / f"{name}.keras", tmp_path / "spec.yaml"
    model.save(file)
    result = invoke("import", str(file), "-o", str(spec))
    assert result.exit_code == 0, result.stderr
    again = mergecli.load(str(spec))
    assert zoo.same(model, again) == []
    zoo.copy_weights(model, again)
    wanted, got = zoo.run(model), zoo.run(again)
    assert list(wanted) == list(got)
    for output in wanted:
        numpy.testing.assert_array_equal(wanted[output], got[output])
    # A second round changes nothing.
    assert mergecli.dump(again, str(tmp_path / "second.yaml")) == spec.read_text().replace("spec_", "second_")


@pytest.mark.parametrize("name", zoo.ZOO)
def test_what_is_unfolded_computes_the_same(name: str, tmp_path: pathlib.Path) -> None:
    from mergecli.compiler import compile_source
    from mergecli.source import Source

    model = zoo.ZOO[name]()
    compiled = compile_source(Source(mergecli.dump(model), "a.yaml"))
    assert compiled.errors == []
    network = compiled.network
    assert network is not None
    assert network.count() == model.count_params()
    outputs = [network.tensors(target)[0].shape for target in network.graph.outputs.targets]
    assert sorted(map(str, outputs)) == sorted(str(tensor.shape) for tensor in model.outputs)
