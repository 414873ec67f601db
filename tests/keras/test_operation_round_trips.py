"""Each operation in a spec: it is built, imported, and exported as JSON and as a script, and stays the same."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from dtype_samples import samples

import mergecli
from mergecli.catalog.layer import Layer
from mergecli.catalog.tensors import Inputs
from mergecli.cli.main import cli
from tools.accepted_dtypes import INTEGERS

#: Keras cannot run these in a model.
NOT_RUN = ("ops.conv_transpose", "ops.histogram")
SAMPLES = [found for found in samples() if found[0].startswith("ops.") and found[0] not in NOT_RUN]
#: Operations that take other numbers than floats.
WHOLE = ("bitwise", "index", "shift", "ops.gcd", "ops.lcm")
COMPLEX = ("ops.view_as_complex",)


#: Operations whose saved call has more than tensors: a model with one is refused by `import`, and not misread.
NOT_IMPORTED = {"ops.image.scale_and_translate": "`output_shape` is missing"}


def spec_of(name: str, arguments: dict[str, Any], inputs: Inputs) -> str:
    is_whole = any(word in name for word in WHOLE)
    names = [f"x{number}" for number in range(len(inputs.tensors))]
    dtypes = ["int32" if is_whole else x.dtype for x in inputs.tensors]
    usual = "complex64" if name in COMPLEX else "float32"
    dtypes = [usual if dtype == "string" else dtype for dtype in dtypes]
    for place in INTEGERS.get(name, ()):
        dtypes[place] = "int32"
    shapes = [list(x.shape or ()) for x in inputs.tensors]
    declared = {
        name: {"batch_shape": shape, "dtype": dtype}
        for name, shape, dtype in zip(names, shapes, dtypes)
    }
    listed = inputs.listed or len(names) > 1
    entry = {name: {**arguments, "name": "node"}, "from": names if listed else names[0]}
    return yaml.safe_dump({"inputs": declared, "layers": [entry]}, sort_keys=False)


@pytest.mark.parametrize(
    ("name", "arguments", "layer", "inputs"), SAMPLES, ids=[name for name, *_ in SAMPLES]
)
def test_an_operation_stays_the_same(
    name: str, arguments: dict[str, Any], layer: Layer, inputs: Inputs, tmp_path: pathlib.Path
) -> None:
    import keras

    path = tmp_path / "spec.yaml"
    path.write_text(spec_of(name, arguments, inputs))
    model = mergecli.load(path)
    if name in NOT_IMPORTED:
        with pytest.raises(ValueError, match=NOT_IMPORTED[name]):
            mergecli.dump(model)
    else:
        imported = tmp_path / "imported.yaml"
        imported.write_text(mergecli.dump(model))
        assert mergecli.load(imported).get_config() == model.get_config()

    def exported(form: str) -> str:
        result = CliRunner().invoke(cli, ["export", str(path), "--to", form])
        assert result.exit_code == 0, result.output
        return result.stdout

    read = keras.models.model_from_json(exported("keras-json"))
    assert [x.shape for x in read.outputs] == [x.shape for x in model.outputs]
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(exported("python"), "exported.py", "exec"), space)
    assert [x.shape for x in space["model"].outputs] == [x.shape for x in model.outputs]
