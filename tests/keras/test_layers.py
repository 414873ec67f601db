"""Keras is the oracle: the same arguments and defaults, the same acceptance, the same shapes, dtypes and weights."""

from __future__ import annotations

import inspect
from typing import Any

import oracle
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from known_layers import KINDS, calls, differs

from mergecli.catalog import registry
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.syntax.formatter.key_order import arguments

#: Arguments of Keras that specs do not take, each with its reason.
LEFT_OUT = {
    "weights": "an array; weights come from a saved model",
    "input_tensor": "a tensor of another graph",
    "input_length": "deprecated by Keras and without effect",
    "alpha of LeakyReLU": "deprecated by Keras for `negative_slope`",
    "rms_scaling of LayerNormalization": "deprecated by Keras for `RMSNormalization`",
    "factor of BaseImagePreprocessingLayer": "each layer that has a factor names it itself; for the others it does nothing or is refused",
    "vocabulary_dtype of IndexLookup": "`StringLookup` sets it itself, `IntegerLookup` names it itself",
    "activity_regularizer of IndexLookup": "refused, though it is an argument of every layer",
    "autocast of IndexLookup": "refused, though it is an argument of every layer",
}

#: Arguments that Keras takes out of `**kwargs` without naming them in a signature.
HIDDEN = {"implementation", "vocabulary_size"}


def keras_arguments(name: str) -> dict[str, Any]:
    """The arguments of a layer's constructor and their defaults, those of its bases included where `**kwargs` leads there."""
    import keras

    found: dict[str, Any] = {}
    passed: list[str] = []
    fixed = {
        "rank",
        "pool_dimensions",
        "pool_mode",
        "self",
        "args",
        "kwargs",
        *(["cell"] if name != "RNN" else []),
    }
    for cls in getattr(keras.layers, name).__mro__:
        if "__init__" not in cls.__dict__ or not issubclass(cls, keras.layers.Layer):
            continue
        passed.append(cls.__name__)
        signature = inspect.signature(cls.__init__)
        for parameter in signature.parameters.values():
            left_out = any(f"{parameter.name} of {name}" in LEFT_OUT for name in passed)
            if (
                parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
                and parameter.name not in fixed
                and not left_out
            ):
                found.setdefault(parameter.name, parameter.default)
        if (
            not any(
                parameter.kind is parameter.VAR_KEYWORD
                for parameter in signature.parameters.values()
            )
            or cls is keras.layers.Layer
        ):
            break
    return found


@pytest.mark.parametrize("name", [name for name, _ in KINDS])
def test_arguments_and_defaults_are_keras_s(name: str) -> None:
    kind = registry.layers()[name]
    keras_side = {k: v for k, v in keras_arguments(name).items() if k not in LEFT_OUT}
    if name == "ActivityRegularization":
        del keras_side["activity_regularizer"]  # its constructor makes one itself and would get two
    if name == "InputLayer":
        keras_side = {
            k: v
            for k, v in keras_side.items()
            if k not in {"activity_regularizer", "trainable", "autocast"}
        }
    ours = {
        n: kind.defaults.get(n, inspect.Parameter.empty) for n in kind.arguments if n not in HIDDEN
    }
    assert ours == keras_side


@pytest.mark.parametrize("name", [name for name, _ in KINDS if name != "InputLayer"])
def test_a_lone_value_is_keras_s_first_argument(name: str) -> None:
    first = next(iter(keras_arguments(name)), None)
    kind = registry.layers()[name]
    if first in kind.arguments:
        assert next(iter(kind.arguments)) == first


def test_names_are_keras_s() -> None:
    import keras
    from keras.src import activations, constraints, initializers, regularizers

    from mergecli.catalog import fields

    abstract = {
        "Initializer",
        "initializer",
        "Regularizer",
        "regularizer",
        "Constraint",
        "constraint",
    }
    assert set(fields.ACTIVATIONS) == set(activations.ALL_OBJECTS_DICT) - {"threshold"}
    assert set(fields.INITIALIZERS) == set(initializers.ALL_OBJECTS_DICT) - abstract - {
        "Constant",
        "constant",
    }
    assert set(fields.REGULARIZERS) == set(regularizers.ALL_OBJECTS_DICT) - abstract
    assert set(fields.CONSTRAINTS) == set(constraints.ALL_OBJECTS_DICT) - abstract
    assert set(fields.DTYPES) == set(keras.src.backend.common.dtypes.ALLOWED_DTYPES)


#: Pairs of arguments that `mergecli fmt` puts the other way round than Keras, as sister layers have them so, with the layers.
TURNED = {
    "output_padding before data_format": "Conv3DTranspose",
    "depth_multiplier before data_format": "SeparableConv1D SeparableConv2D",
    "interpolation before data_format": "UpSampling2D",
    "seed before the rest": "GRUCell SimpleRNN",
    "pad_to_max_tokens before sparse": "IntegerLookup",
    "what the layer itself adds before the rest": "ReversibleEmbedding",
    "seed before data_format": "MixUp RandomColorDegeneration RandomGaussianBlur RandomGrayscale RandomHue RandomPosterization "
    "RandomSaturation RandomSharpness RandomShear",
    "fill_value before seed": "RandomRotation RandomTranslation RandomZoom",
}


def test_arguments_are_formatted_in_keras_s_order() -> None:
    import keras

    turned = set()
    for name, _ in KINDS:
        theirs = [
            p
            for p in inspect.signature(getattr(keras.layers, name).__init__).parameters
            if p != "name"
        ]
        order = arguments(name)
        assert order is not None
        ours = [argument for argument in order if argument in theirs]
        if ours != [argument for argument in theirs if argument in order]:
            turned.add(name)
        assert max(order, key=lambda argument: order[argument]) == "name"
    assert turned == set(" ".join(TURNED.values()).split())


@pytest.mark.parametrize("role", ["initializer", "regularizer", "constraint"])
def test_objects_have_keras_s_arguments(role: str) -> None:
    import keras

    for name, kind in registry.things(role).items():
        cls = getattr(getattr(keras, kind.module), name)
        parameters = inspect.signature(cls.__init__).parameters.values()
        theirs = {p.name: p.default for p in parameters if p.name not in {"self", "args", "kwargs"}}
        assert {
            n: kind.defaults.get(n, inspect.Parameter.empty) for n in kind.arguments
        } == theirs, name


@pytest.mark.parametrize("name", [name for name, _ in KINDS if name != "InputLayer"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_a_call_is_judged_as_keras_judges_it(name: str, data: Any) -> None:
    kind = registry.layers()[name]
    arguments, inputs = data.draw(calls(kind))
    ours = oracle.of_mergecli(kind, arguments, inputs)
    theirs = oracle.of_keras(kind, arguments, inputs)
    if ours.facts != theirs.facts and differs(kind, arguments, inputs, ours, theirs) is None:
        pytest.fail(f"{name}({arguments}) on {inputs}\nmergecli: {ours}\nKeras:    {theirs}")


def test_every_class_of_keras_layers_is_a_kind_or_refused_with_a_reason() -> None:
    """What is new in the installed Keras, and what is gone from it, is listed by the assertion."""
    import keras

    exported = {name for name in dir(keras.layers) if inspect.isclass(getattr(keras.layers, name))}
    named = {name for name, kind in registry.layers().items() if kind.module == "layers"}
    new = exported - named - set(registry.REFUSED)
    gone = {
        name
        for name in named - exported
        if registry.layers()[name].keras_name not in exported | {name}
    }
    assert (sorted(new), sorted(gone)) == ([], [])
    assert len(exported) >= 163
    assert all(reason and not reason[0].isupper() for reason in registry.REFUSED.values())


def test_aliases_are_keras_s() -> None:
    import keras

    for name, kind in registry.layers().items():
        if kind.module == "layers" and hasattr(keras.layers, name):
            assert getattr(keras.layers, name) is getattr(keras.layers, kind.__name__), name


@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [
        ("Dense", "use_bias", "no"),
        ("Dense", "use_bias", 1),
        ("Dense", "units", True),
        ("Dense", "lora_alpha", "many"),
        ("AlphaDropout", "noise_shape", "all"),
        ("Attention", "dropout", 1.5),
        ("Attention", "seed", "text"),
        ("RandomZoom", "bounding_box_format", "nonsense"),
    ],
)
def test_what_can_mean_nothing_is_refused(name: str, argument: str, value: Any) -> None:
    """The difference "types", case by case."""
    x = oracle.inputs((None, 4, 8)) if name != "RandomZoom" else oracle.inputs((None, 8, 8, 3))
    x = oracle.inputs((None, 4, 8), (None, 4, 8)) if name == "Attention" else x
    given = {
        "Dense": {"units": 3},
        "AlphaDropout": {"rate": 0.5},
        "RandomZoom": {"height_factor": 0.5},
    }.get(name, {})
    arguments = {**given, argument: value}
    kind = registry.layers()[name]
    assert oracle.of_keras(kind, arguments, x).accepted
    assert not oracle.of_mergecli(kind, arguments, x).accepted


#: Layers that return their input itself where they do not convert it, in a model.
RETURNS_INPUT = [
    ("float32", "Equalization: {}", False),
    ("uint8", "Equalization: {}", False),
    ("float16", "Equalization: {}", True),
    ("float16", "Equalization: {autocast: false}", False),
    ("float32", "Equalization: {dtype: float64}", True),
    ("float64", "Equalization: {dtype: float64}", False),
    ("float32", "Equalization: {dtype: mixed_float16}", True),
    ("float32", "Pipeline: {layers: [{Equalization: {}}]}", True),
    ("float32", "RandomFlip: {mode: horizontal}", True),
]


@pytest.mark.parametrize(("dtype", "entry", "builds"), RETURNS_INPUT)
def test_a_layer_that_returns_its_input_is_refused_as_keras_refuses_the_model(
    dtype: str, entry: str, builds: bool
) -> None:
    import keras
    import yaml

    text = (
        f"input: {{shape: [8, 8, 3], dtype: {dtype}}}\n"
        f"layers: [Rescaling: {{scale: 1, dtype: float32}}, {{{entry}}}, Flatten]\n"
    )
    if dtype != "float32":
        text = text.replace("Rescaling: {scale: 1, dtype: float32}, ", "")
    codes = {error.code for error in compile_spec(Source(text, "a.yaml")).errors}
    assert codes == (set() if builds else {"unsupported-layer"})
    x = keras.Input((8, 8, 3), dtype=dtype)
    middle = keras.layers.Rescaling(1, dtype="float32")(x) if dtype == "float32" else x
    ((name, arguments),) = yaml.safe_load(entry).items()
    if name == "Pipeline":
        arguments = {"layers": [keras.layers.Equalization()]}
    layer = getattr(keras.layers, name)(**arguments)
    result = layer(middle)
    if builds:
        assert layer in keras.Model(x, keras.layers.Flatten()(result)).layers
        return
    with pytest.raises(ValueError, match="part of a cycle"):
        keras.Model(x, result)


def test_the_hint_for_equalization_gives_a_model_that_equalizes() -> None:
    import keras
    import numpy as np

    x = keras.Input((8, 8, 3))
    model = keras.Model(x, keras.layers.Equalization(dtype="float64")(x))
    images = np.random.default_rng(0).uniform(0, 100, (2, 8, 8, 3)).astype("float32")
    wanted = keras.layers.Equalization()(images, training=True)
    assert np.allclose(model(images, training=True), wanted, atol=1)
