"""`TimeDistributed` over a model: what a spec gives, held against the same model written with Keras by hand."""

from __future__ import annotations

import pathlib
from math import prod
from typing import Any, Callable

import pytest
from click.testing import CliRunner

from mergecli import api
from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

pytestmark = pytest.mark.keras

CNN = """\
name: cnn
input: [12, 12, 2]
layers:
  - Conv2D: {filters: 4, kernel_size: 3}
  - BatchNormalization
  - Conv2D: {filters: 3, kernel_size: 3, activation: relu}
  - BatchNormalization
  - GlobalAveragePooling2D
"""


def frames() -> Any:
    """The model of `CNN`, by hand."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((12, 12, 2)),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.Conv2D(3, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
        ],
        name="cnn",
    )


def video(inner: Any, time: int | None = 5, size: int = 12) -> Any:
    """An LSTM over a model of each frame, by hand."""
    import keras
    from keras import layers

    x = keras.Input((time, size, size, inner.input_shape[-1]))
    return keras.Model(x, layers.LSTM(4)(layers.TimeDistributed(inner)(x)))


def filled(model: Any) -> Any:
    """Fill the weights of a model with random numbers, and return it."""
    import numpy

    random = numpy.random.default_rng(7)
    for weight in model.weights:
        weight.assign(random.uniform(0.1, 0.9, weight.shape))
    return model


def facts(model: Any) -> dict[str, Any]:
    return {
        "shape": model.output_shape,
        "parameters": model.count_params(),
        "weights": [tuple(weight.shape) for weight in model.weights],
        "trained": [tuple(weight.shape) for weight in model.trainable_weights],
    }


def outputs(model: Any, time: int = 5) -> Any:
    import numpy

    shape = [4 if size is None else size for size in model.input_shape[2:]]
    inputs = numpy.random.default_rng(3).normal(size=(2, time, *shape)).astype("float32")
    return numpy.asarray(model(inputs, training=False))


def check(text: str, wanted: Any, folder: pathlib.Path, copy: bool = True, time: int = 5) -> Any:
    """Check that a spec gives the model that is wanted; return it.

    Args:
        text: The spec.
        wanted: The model.
        folder: The folder of the spec.
        copy: Whether the model gets the weights of the wanted one, as it has none of its own.
        time: The number of steps to run.
    """
    import numpy

    path = folder / "video.yaml"
    path.write_text(text)
    checked = compile_spec(Source(text, str(path)))
    assert checked.diagnostics == []
    network = checked.network
    assert network is not None
    assert network.tensors(network.graph.outputs.targets[0])[0].shape == wanted.output_shape
    assert network.count() == wanted.count_params()
    trained = sum(prod(weight.shape) for weight in wanted.trainable_weights)
    assert network.count(trainable=True) == trained
    model = api.load(str(path))
    assert facts(model) == facts(wanted)
    if copy:
        model.set_weights(wanted.get_weights())
    assert numpy.allclose(outputs(model, time), outputs(wanted, time), atol=1e-5)
    return model


def test_a_spec_for_each_frame(tmp_path: pathlib.Path) -> None:
    (tmp_path / "cnn.yaml").write_text(CNN)
    text = (
        "input: [5, 12, 12, 2]\nlayers: [{TimeDistributed: {layer: {spec: cnn.yaml}}}, {LSTM: 4}]\n"
    )
    check(text, filled(video(frames())), tmp_path)


def test_layers_for_each_frame_of_any_number(tmp_path: pathlib.Path) -> None:
    text = f"""\
input: [null, 12, 12, 2]
layers:
  - TimeDistributed:
      layer:
        {CNN.replace(chr(10), chr(10) + " " * 8)}
  - LSTM: 4
"""
    check(text, filled(video(frames(), None)), tmp_path, time=7)


def test_a_frame_may_end_at_a_layer(tmp_path: pathlib.Path) -> None:
    import keras
    from keras import layers

    inner = frames()
    cut = keras.Model(inner.inputs, layers.Flatten()(inner.layers[1].output))
    (tmp_path / "cnn.yaml").write_text(CNN)
    text = """\
input: [5, 12, 12, 2]
layers:
  - TimeDistributed: {layer: {spec: cnn.yaml, output: batch_normalization}}
  - TimeDistributed: {layer: Flatten}
  - LSTM: 4
"""
    check(text, filled(video(cut)), tmp_path)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_saved_model_for_each_frame_brings_its_weights(
    ending: str, tmp_path: pathlib.Path
) -> None:
    inner = filled(frames())
    inner.save(tmp_path / f"cnn{ending}")
    text = f"input: [5, 12, 12, 2]\nlayers: [{{TimeDistributed: {{layer: {{model: cnn{ending}}}}}}}, {{LSTM: 4}}]\n"
    wanted = video(inner)
    model = check(text, wanted, tmp_path)
    again = api.load(str(tmp_path / "video.yaml"))
    again.layers[2].set_weights(model.layers[2].get_weights())
    assert (outputs(again) == outputs(model)).all()


def test_an_application_for_each_frame(tmp_path: pathlib.Path) -> None:
    import keras

    keras.utils.clear_session()
    inner = keras.applications.MobileNetV2(
        alpha=0.35, include_top=False, input_shape=(32, 32, 3), pooling="avg", weights=None
    )
    text = """\
input: [3, 32, 32, 3]
layers:
  - TimeDistributed:
      layer:
        application: MobileNetV2
        with: {alpha: 0.35, include_top: false, input_shape: [32, 32, 3], pooling: avg}
  - LSTM: 4
"""
    check(text, video(inner, 3, 32), tmp_path, time=3)


def test_a_frozen_branch_freezes_the_model(tmp_path: pathlib.Path) -> None:
    inner = frames()
    inner.trainable = False
    text = f"""\
branches:
  video:
    input: [5, 12, 12, 2]
    trainable: false
    layers:
      - TimeDistributed:
          layer:
            {CNN.replace(chr(10), chr(10) + " " * 12)}
head: [{{LSTM: 4}}]
"""
    check(text, filled(video(inner)), tmp_path)
    own = text.replace("    trainable: false\n", "").replace(
        "      - TimeDistributed:\n", "      - TimeDistributed:\n          trainable: false\n"
    )
    check(own, filled(video(inner)), tmp_path)


def test_one_layer_for_two_videos_and_a_layer_in_a_layer(tmp_path: pathlib.Path) -> None:
    import keras
    from keras import layers

    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    each = layers.TimeDistributed(layers.TimeDistributed(inner))
    a, b = keras.Input((5, 2, 4)), keras.Input((7, 2, 4))
    wanted = keras.Model([a, b], [each(a), each(b)])
    text = """\
inputs: {a: [5, 2, 4], b: [7, 2, 4]}
layers:
  - TimeDistributed:
      layer: {TimeDistributed: {layer: {input: [4], layers: [{Dense: 3}]}}}
      name: each
    from: a
  - use: each
    from: b
    as: again
outputs: [each, again]
"""
    path = tmp_path / "two.yaml"
    path.write_text(text)
    model = api.load(str(path))
    assert [tuple(t.shape) for t in model.outputs] == [tuple(t.shape) for t in wanted.outputs]
    assert model.count_params() == wanted.count_params() == 15


def test_saving_verifying_and_importing_keep_the_numbers(tmp_path: pathlib.Path) -> None:
    import keras
    import numpy

    (tmp_path / "cnn.yaml").write_text(CNN)
    spec, saved = tmp_path / "video.yaml", tmp_path / "video.keras"
    spec.write_text(
        "input: [5, 12, 12, 2]\nlayers: [{TimeDistributed: {layer: {spec: cnn.yaml}}}, {LSTM: 4}]\n"
    )
    model = filled(api.load(str(spec)))
    for ending in (".keras", ".h5"):
        saved = tmp_path / f"video{ending}"
        model.save(saved)
        assert numpy.allclose(outputs(keras.models.load_model(saved)), outputs(model))
        around = tmp_path / "around.yaml"
        around.write_text(f"branches: {{all: {{model: video{ending}}}}}\n")
        assert (outputs(api.load(str(around))) == outputs(model)).all()
        result = CliRunner().invoke(cli, ["verify", str(around)])
        assert result.exit_code == 0, result.output
        written = tmp_path / "imported.yaml"
        result = CliRunner().invoke(cli, ["import", str(saved), "-o", str(written)])
        assert result.exit_code == 0, result.output
        assert (tmp_path / "imported_cnn.yaml").exists()
        again = api.load(str(written))
        again.set_weights(model.get_weights())
        assert (outputs(again) == outputs(model)).all()


def test_verify_compares_each_step(tmp_path: pathlib.Path) -> None:
    filled(frames()).save(tmp_path / "cnn.keras")
    (tmp_path / "cnn.yaml").write_text(CNN)
    spec = tmp_path / "video.yaml"
    spec.write_text("""\
input: [2, 5, 12, 12, 2]
layers:
  - TimeDistributed: {layer: {TimeDistributed: {layer: {model: cnn.keras}}}, name: saved}
  - TimeDistributed: {layer: {TimeDistributed: {layer: {spec: cnn.yaml, output: conv2d}}}, name: cut}
    from: input
outputs: [saved, cut]
""")
    result = CliRunner().invoke(cli, ["verify", str(spec)])
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["saved", str(tmp_path / "cnn.keras"), "0", "201", "14"] in rows
    assert ["cut", str(tmp_path / "cnn.yaml"), "0", "76", "0"] in rows


@pytest.mark.parametrize("form", ["python", "keras-json", "spec"])
def test_exports_give_the_same_model(form: str, tmp_path: pathlib.Path) -> None:
    import keras

    (tmp_path / "cnn.yaml").write_text(CNN)
    spec = tmp_path / "video.yaml"
    spec.write_text(
        "input: [5, 12, 12, 2]\nlayers: [{TimeDistributed: {layer: {spec: cnn.yaml}, trainable: false}}, {LSTM: 4}]\n"
    )
    model = filled(api.load(str(spec)))
    result = CliRunner().invoke(cli, ["export", str(spec), "--to", form])
    assert result.exit_code == 0, result.output
    read: dict[str, Callable[[str], Any]] = {
        "python": lambda text: _run(text),
        "keras-json": keras.models.model_from_json,
        "spec": lambda text: _load(text, tmp_path),
    }
    again = read[form](result.stdout)
    assert facts(again) == facts(model)
    again.set_weights(model.get_weights())
    assert (outputs(again) == outputs(model)).all()


def _run(text: str) -> Any:
    names: dict[str, Any] = {}
    exec(text, names)
    return names["model"]


def _load(text: str, folder: pathlib.Path) -> Any:
    (folder / "exported.yaml").write_text(text)
    return api.load(str(folder / "exported.yaml"))


REFUSED = {
    "two inputs": "inputs: {a: [4], b: [4]}\nlayers: [{Add: {}, from: [a, b]}]\n",
    "two outputs": "input: [4]\nlayers: [{Dense: 2}, Flatten]\noutputs: [dense, flatten]\n",
    "a list of one": "input: [4]\nlayers: [{Dense: 2}]\noutputs: [dense]\n",
    "another size": "input: [5]\nlayers: [{Dense: 2}]\n",
    "another rank": "input: [4, 4]\nlayers: [{Dense: 2}]\n",
    "no batch": "input: [4]\nlayers: [ops.sum]\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_keras_refuses_what_the_check_refuses(name: str, tmp_path: pathlib.Path) -> None:
    import keras
    import numpy
    from keras import layers

    inner = tmp_path / "inner.yaml"
    inner.write_text(REFUSED[name])
    model = api.load(str(inner))
    # Some are refused only when the model runs.
    with pytest.raises((IndexError, ValueError)):
        layers.TimeDistributed(model)(keras.Input((3, 4)))
        layers.TimeDistributed(model)(numpy.ones((2, 3, 4), "float32"))
    spec = "input: [3, 4]\nlayers: [{TimeDistributed: {layer: {spec: inner.yaml}}}]\n"
    checked = compile_spec(Source(spec, str(tmp_path / "spec.yaml")))
    assert [diagnostic.is_error for diagnostic in checked.diagnostics] == [True]
