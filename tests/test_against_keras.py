"""Keras is the oracle: the same arguments and defaults, the same acceptance, the same shapes, dtypes and weights."""

from __future__ import annotations

import inspect
import re
from typing import Any

import oracle
import pytest
from drawing_attention_rnn import CALLS as NAMED_CALLS
from drawing_attention_rnn import fails_when_run
from drawing_preprocessing import CALLS as RAW_CALLS
from drawing_preprocessing import explained
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mergecli.catalog import registry
from mergecli.catalog.arguments import Object
from mergecli.catalog.layer import Layer
from mergecli.syntax.formatter.key_order import arguments

KINDS = sorted(
    {kind.__name__: kind for kind in registry.layers().values() if kind.module == "layers"}.items()
)

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

    from mergecli.catalog import arguments as a

    abstract = {
        "Initializer",
        "initializer",
        "Regularizer",
        "regularizer",
        "Constraint",
        "constraint",
    }
    assert set(a.ACTIVATIONS) == set(activations.ALL_OBJECTS_DICT) - {"threshold"}
    assert set(a.INITIALIZERS) == set(initializers.ALL_OBJECTS_DICT) - abstract - {
        "Constant",
        "constant",
    }
    assert set(a.REGULARIZERS) == set(regularizers.ALL_OBJECTS_DICT) - abstract
    assert set(a.CONSTRAINTS) == set(constraints.ALL_OBJECTS_DICT) - abstract
    assert set(a.DTYPES) == set(keras.src.backend.common.dtypes.ALLOWED_DTYPES)


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


#: Where we knowingly differ from Keras: a test of the case, and the reason.
DIFFERENCES = {
    "spread scores": "over a single score Keras spreads the score to a larger mask, so that attention counts one value several times",
    "masks that are handed on": "`Concatenate` joins the masks of its tensors, which Keras cannot where a tensor has two axes more than its"
    " mask (`ConvLSTM1D` with a mask); no tensor needs to be refused for it, and the checks follow no masks",
    "fails later": "Keras accepts it while wiring and refuses it when the model runs: such a model is of no use, so it is an error here",
    "loose steps": "TensorFlow spreads states and masks over more, or overlooks what is too much; other backends take what fits",
    "run while wiring": "a pipeline is run on placeholders: some sizes are lost, and a layer may refuse what it can be wired to",
    "axis twice": "Keras lets `Normalization` name an axis twice if its size is 1",
    "texts as images": "Keras carries texts through a layer of images where it happens to compute nothing",
    "dtype of texts": "Keras says that an inverted lookup gives int64, though it gives texts",
    "lists": "Keras wires a layer of one tensor to a list of them, and makes one tensor of it when the model runs or is trained",
    "types": "of many arguments Keras asks neither type nor range, so that `use_bias: no` means yes; what can mean nothing is refused",
    "not asked": "Keras does not ask a wrapped layer's input spec, and computes shapes that the model then does not have",
}


def differs(
    kind: type[Layer],
    arguments: dict[str, Any],
    inputs: Any,
    ours: oracle.Verdict,
    theirs: oracle.Verdict,
) -> str | None:
    """The name of the known difference that explains a disagreement."""
    if theirs.accepted and "takes one tensor, not a list" in ours.reason:
        return "lists"
    if (
        kind.__name__ == "MaxNumBoundingBoxes"
        and theirs.accepted
        and "must be a positive integer" in ours.reason
    ):
        return "types"
    if kind.__name__ == "Softmax" and "cannot use axis" in ours.reason:
        return "fails later"
    if kind.__name__ in {"Dot", "Concatenate"} and "cannot use axis" in ours.reason:
        return "fails later"
    if kind.__name__.startswith("Adaptive") and re.search("takes .* dimensions", ours.reason):
        return "fails later"
    stepping = "sequences" in kind.takes or "states" in kind.takes
    if (
        stepping
        and theirs.accepted
        and re.search("as a mask|as a state|keeps .* states?,|states for both", ours.reason)
    ):
        return "loose steps"
    if (
        kind.__name__ in NAMED_CALLS
        and theirs.accepted
        and not ours.accepted
        and fails_when_run(kind, arguments, inputs)
    ):
        return "fails later"
    if kind.__name__ in RAW_CALLS:
        return explained(kind, arguments, inputs, ours, theirs)
    if kind.__name__ == "Concatenate" and theirs.accepted and ours.reason.endswith("dimensions"):
        # Keras compares what is left of the shapes, and stops at the first size that is not known.
        return "fails later"
    if theirs.accepted and "as a mask: the scores are" in ours.reason:
        return "spread scores"
    if theirs.accepted and "halves the features" in ours.reason:
        return "fails later"
    if (
        kind.__name__ == "TimeDistributed"
        and theirs.accepted
        and re.search("takes .* dimensions", ours.reason)
    ):
        return "not asked"
    return None


def ranks(kind: type[Layer]) -> st.SearchStrategy[int]:
    rank = getattr(kind, "rank", None)
    usual = rank + 2 if rank else kind.ndim or max(kind.min_ndim or 2, 2)
    return st.one_of(st.just(usual), st.just(usual), st.just(usual), st.integers(1, 5))


def layer_objects(kind: type[Layer]) -> dict[str, st.SearchStrategy[Any]]:
    """Layers for the arguments that take one."""
    kinds = registry.layers()
    if kind.__name__ == "Bidirectional":
        inner = st.sampled_from([kinds["LSTM"], kinds["GRU"], kinds["SimpleRNN"], kinds["Dense"]])
    else:
        inner = st.sampled_from(
            [kinds["Dense"], kinds["Conv1D"], kinds["LayerNormalization"], kinds["LSTM"]]
        )
    layers = inner.flatmap(
        lambda k: oracle.given_arguments(k, oracle.COMMON).map(lambda arguments: make(k, arguments))
    ).filter(bool)
    return {
        name: layers if name in kind.required else st.one_of(st.none(), layers)
        for name, argument in kind.arguments.items()
        if type(argument) is Object and argument.role == "layer"
    }


def make(kind: type[Layer], arguments: dict[str, Any]) -> Layer | None:
    from mergecli.catalog.keras_object import ArgumentErrors

    try:
        return kind(**arguments)
    except ArgumentErrors:
        return None


def calls(kind: type[Layer]) -> st.SearchStrategy[tuple[dict[str, Any], Any]]:
    """Arguments and inputs for a kind."""
    if kind.__name__ in NAMED_CALLS:
        return NAMED_CALLS[kind.__name__]
    if kind.__name__ in RAW_CALLS:
        return RAW_CALLS[kind.__name__]
    arguments = oracle.given_arguments(kind)
    nested = layer_objects(kind)
    if nested:
        arguments = st.tuples(
            oracle.given_arguments(kind, set(nested))
            if not set(nested) & set(kind.required)
            else st.just({}),
            st.fixed_dictionaries(nested),
        ).map(lambda pair: {**pair[0], **pair[1]})
    if kind.__module__.endswith("merging"):
        shapes = st.integers(1, 4).flatmap(
            lambda rank: st.lists(similar(rank), min_size=1, max_size=3)
        )
        inputs = shapes.map(lambda given: oracle.inputs(*given, listed=True))
    else:
        dtype = st.sampled_from(["float32", "float32", "float16", "int32"])
        inputs = st.tuples(oracle.shapes(ranks(kind)), dtype).map(
            lambda pair: oracle.inputs(pair[0], dtype=pair[1])
        )
    return st.tuples(arguments, inputs)


def similar(rank: int) -> st.SearchStrategy[tuple[int | None, ...]]:
    size = st.sampled_from([2, 2, 2, 1, 3, None])
    one = st.tuples(st.sampled_from([None, None, None, 2]), *[size] * rank)
    odd = st.integers(1, 4).flatmap(lambda n: st.tuples(st.none(), *[size] * n))
    return st.one_of(one, one, one, one, odd)


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
