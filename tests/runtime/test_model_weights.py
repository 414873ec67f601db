"""Which layers get all their weights from the file of a saved model."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from mergecli.catalog.custom import described
from mergecli.catalog.layers.core import Dense
from mergecli.diagnostics.source import Span
from mergecli.ir.graph import Call, CallPath, EmbeddedModel, Location
from mergecli.runtime.layer_weights import NoWeights
from mergecli.runtime.model_weights import Filled

h5py = pytest.importorskip("h5py")


def call(part: EmbeddedModel | None, layer: Any = None) -> Call:
    found = Call(0, "Dense", layer or Dense(units=1), Location(Span(1, 1, 1, 1)), None)
    if part is not None:
        found.saved = CallPath(part, ("d",), (0,))
    return found


def weights(path: pathlib.Path) -> str:
    """Write the weights of one layer, as `.h5` files have them."""
    with h5py.File(path, "w") as file:
        group = file.create_group("d")
        group["d/kernel:0"] = [[1.0]]
        group.attrs["weight_names"] = [b"d/kernel:0"]
        file.attrs["layer_names"] = [b"d"]
    return str(path)


def test_a_saved_model_with_weights_fills_its_layers(tmp_path: pathlib.Path) -> None:
    path = weights(tmp_path / "a.weights.h5")
    assert call(EmbeddedModel("model", path, {}, in_file=True)) in Filled()


def test_what_comes_from_elsewhere_is_not_filled(tmp_path: pathlib.Path) -> None:
    path = weights(tmp_path / "a.weights.h5")
    filled = Filled()
    assert call(None) not in filled and "d" not in filled
    for part in (
        EmbeddedModel("model", path, {}, in_file=False),
        EmbeddedModel("spec", path, {}, in_file=True),
        EmbeddedModel("application", "ResNet50", {"weights": path}),
    ):
        assert call(part) not in filled


def test_a_layer_of_the_user_s_is_made_with_all_that_it_makes(tmp_path: pathlib.Path) -> None:
    part = EmbeddedModel("model", weights(tmp_path / "a.weights.h5"), {}, in_file=True)
    custom = described({"class_name": "Mine", "config": {"name": "d"}})
    assert call(part, custom) not in Filled()


def test_the_file_that_is_given_beside_a_config_counts(tmp_path: pathlib.Path) -> None:
    config = tmp_path / "a.json"
    config.write_text(json.dumps({"class_name": "Sequential", "config": []}))
    given = {"weights": weights(tmp_path / "a.weights.h5")}
    assert call(EmbeddedModel("model", str(config), given, in_file=True)) in Filled()


def test_a_file_that_cannot_be_read_is_named(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "missing.h5")
    with pytest.raises(NoWeights, match=r"missing\.h5 no such file"):
        assert call(EmbeddedModel("model", path, {}, in_file=True)) in Filled()
