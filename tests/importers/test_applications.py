"""What mergecli knows of `keras.applications` without Keras is what Keras makes, and refuses."""

from __future__ import annotations

import inspect
import json
import random
import subprocess
import sys
import warnings
from typing import Any

import pytest
from running import ROOT

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.activations import LeakyReLU
from mergecli.compiler.lowering.argument_reader import ArgumentReader
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source
from mergecli.importers import applications as static
from mergecli.importers.applications.base import Application
from mergecli.importers.keras import graph, parse
from mergecli.ir.graph import Graph
from mergecli.ir.inference import infer
from mergecli.runtime.keras_settings import no_weights
from mergecli.syntax.yaml_reader import read
from tools import applications

Arguments = dict[str, Any]

# The constructors. ---------------------------------------------------------------------------------------------------


@pytest.mark.keras
def test_there_is_no_constructor_that_is_not_known() -> None:
    import keras

    installed = tuple(map(int, keras.__version__.split(".")[:2]))
    known = {name: static.find(name) for name in static.names()}
    old = {
        name
        for name, kind in known.items()
        if kind and tuple(map(int, kind.since.split("."))) <= installed
    }
    assert old == set(applications.names())
    assert (
        static.find("VGG17")
        is static.find("Application")
        is static.find("preprocess_input")
        is None
    )


@pytest.mark.keras
@pytest.mark.parametrize("name", static.names())
def test_arguments_are_keras_s(name: str) -> None:
    """But for `input_tensor`, which there is not, and for the weights, which are none by default."""
    import keras

    kind = static.find(name)
    assert kind is not None and (kind.__name__, kind.role, kind.module, kind.abstract) == (
        name,
        "application",
        "applications",
        False,
    )
    signature = inspect.signature(getattr(keras.applications, name)).parameters
    theirs = {
        own: parameter.default for own, parameter in signature.items() if own != "input_tensor"
    }
    assert theirs["weights"] == "imagenet"
    assert list(kind.arguments) == list(theirs)
    assert kind.defaults == {**theirs, "weights": None}
    assert kind.__doc__ and kind.required == ()


def test_every_family_is_listed() -> None:
    for name in static.names():
        static.find(name)
    kinds = [Application]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert sorted(kind.__name__ for kind in kinds if not kind.abstract) == sorted(static.names())


# The models. ---------------------------------------------------------------------------------------------------------


def made(name: str, arguments: Arguments) -> Any:
    """Keras's model with the names of a fresh process, or the exception with which it refuses."""
    import keras

    keras.utils.clear_session(free_memory=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return applications.build(name, **arguments)
    except Exception as problem:  # Keras refuses with many kinds of exceptions
        return problem


def ours(name: str, arguments: Arguments) -> Application | ArgumentErrors:
    """Our kind, from what a spec holds, or what is wrong."""
    kind = static.find(name)
    assert kind is not None
    try:
        return kind(
            **{
                own: list(value) if isinstance(value, tuple) else value
                for own, value in arguments.items()
            }
        )
    except ArgumentErrors as faults:
        return faults


def facts(graph: Graph) -> dict[str, Any]:
    """All that a graph says but where it stands."""
    nodes = [
        (
            node.name,
            node.cls,
            repr(node.layer),
            node.sources,
            node.listed,
            node.keywords,
            node.options,
        )
        for node in graph.nodes
    ]
    ends = (graph.outputs.targets, graph.outputs.names)
    return {
        "name": graph.name,
        "nodes": nodes,
        "inputs": graph.inputs,
        "outputs": ends,
        "order": graph.order,
    }


def compare(name: str, arguments: Arguments) -> bool:
    """Hold the model that we know against Keras's; whether there is one."""
    model, kind = made(name, arguments), ours(name, arguments)
    if isinstance(model, Exception):
        assert isinstance(kind, ArgumentErrors), f"Keras refuses: {model!r}"
        return False
    assert isinstance(kind, Application), f"Keras accepts: {kind}"
    read_back = parse(json.loads(model.to_json()))
    assert read_back.unknown == read_back.refusals == read_back.custom == []
    found = graph(kind.saved())
    theirs = facts(graph(read_back))
    for key, value in facts(found).items():
        assert value == theirs[key], key
    # Keras before 3.10 writes a lone output as a list.
    assert found.outputs.single
    network, diagnostics = infer(found)
    assert diagnostics == []
    assert network.count() == model.count_params()
    assert [t.shape for target in found.outputs.targets for t in network.tensors(target)] == [
        tuple(t.shape) for t in model.outputs
    ]
    return True


@pytest.mark.keras
@pytest.mark.parametrize("name", static.names())
def test_the_model_of_the_defaults_is_keras_s(name: str) -> None:
    assert compare(name, {})


MODELS: list[tuple[str, Arguments]] = [
    ("VGG16", {"include_top": False, "pooling": "avg", "input_shape": (33, None, 1)}),
    (
        "VGG19",
        {"classes": 7, "input_shape": (32, 48, 3), "classifier_activation": "swish", "name": None},
    ),
    (
        "ResNet50",
        {"include_top": False, "input_shape": (None, 65, 3), "pooling": "max", "name": ""},
    ),
    ("ResNet50V2", {"classes": 2, "classifier_activation": "linear", "input_shape": (97, 33, 4)}),
    ("DenseNet121", {"include_top": False, "name": "my model"}),
    (
        "MobileNet",
        {
            "alpha": 0.25,
            "depth_multiplier": 2,
            "dropout": 0,
            "input_shape": (128, 128, 3),
            "classifier_activation": None,
        },
    ),
    (
        "MobileNet",
        {
            "alpha": 1 / 32,
            "include_top": False,
            "pooling": "max",
            "input_shape": (35, 99, 3),
            "name": "own",
        },
    ),
    (
        "MobileNetV2",
        {"include_top": False, "pooling": "avg", "input_shape": (96, 96, 3), "alpha": 0.5},
    ),
    ("MobileNetV2", {"alpha": 1.4, "input_shape": (97, 130, 1), "classes": 3}),
    ("MobileNetV2", {"alpha": 2, "include_top": False, "input_shape": (None, 75, 3)}),
    ("MobileNetV3Small", {"minimalistic": True, "alpha": 0.75, "dropout_rate": 0, "classes": 5}),
    (
        "MobileNetV3Small",
        {"input_shape": (None, 31, 3), "include_preprocessing": False, "name": None},
    ),
    (
        "MobileNetV3Large",
        {"alpha": 1.3, "include_top": False, "pooling": "avg", "input_shape": (65, 67, 3)},
    ),
    (
        "MobileNetV3Large",
        {"minimalistic": True, "input_shape": (40, 50, 2), "classifier_activation": "hard_swish"},
    ),
    ("EfficientNetB0", {"include_top": False, "input_shape": (None, 77, 3), "pooling": "max"}),
    (
        "EfficientNetB0",
        {"input_shape": (99, 101, 1), "classifier_activation": LeakyReLU(negative_slope=0.1)},
    ),
    ("EfficientNetV2B0", {"input_shape": (64, 64, 1), "classes": 3}),
    ("EfficientNetV2B0", {"include_preprocessing": False, "include_top": False, "pooling": "avg"}),
    (
        "EfficientNetV2B3",
        {"name": "efficientnetv2-s", "include_top": False, "input_shape": (33, None, 3)},
    ),
    ("ConvNeXtTiny", {"include_top": False, "pooling": "max", "name": "cn"}),
    (
        "ConvNeXtTiny",
        {"input_shape": (63, 65, 5), "classes": 3, "classifier_activation": None, "name": ""},
    ),
    (
        "ConvNeXtTiny",
        {"include_preprocessing": False, "include_top": False, "input_shape": (40, None, 3)},
    ),
    ("InceptionV3", {"include_top": False, "input_shape": (75, None, 3), "pooling": "max"}),
    ("InceptionResNetV2", {"include_top": False, "input_shape": (None, 76, 1)}),
    ("NASNetMobile", {"include_top": False, "input_shape": (None, 33, 3), "pooling": "avg"}),
    ("NASNetMobile", {"include_top": False, "input_shape": (None, None, 1)}),
    ("NASNetMobile", {"input_shape": (47, 50, 3), "classes": 4}),
    ("Xception", {"include_top": False, "input_shape": (71, 72, 3), "pooling": "avg"}),
]


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "arguments"),
    MODELS,
    ids=[f"{name}-{number}" for number, (name, _) in enumerate(MODELS)],
)
def test_the_model_of_other_arguments_is_keras_s(name: str, arguments: Arguments) -> None:
    if "classifier_activation" in arguments and not isinstance(
        arguments["classifier_activation"], (str, type(None))
    ):
        import keras

        theirs = made(
            name, {**arguments, "classifier_activation": keras.layers.LeakyReLU(negative_slope=0.1)}
        )
        kind = ours(name, arguments)
        assert isinstance(kind, Application)
        assert facts(graph(kind.saved())) == facts(graph(parse(json.loads(theirs.to_json()))))
    else:
        assert compare(name, arguments)


VALUES: dict[str, list[Any]] = {
    "include_top": [True, False],
    "include_preprocessing": [True, False],
    "minimalistic": [True, False],
    "pooling": [None, "avg", "max"],
    "classes": [1, 2, 10, 1001],
    "classifier_activation": [None, "linear", "swish", "sigmoid", "hard_swish", "log_softmax"],
    "alpha": [1, 2, 0.25, 0.35, 0.5, 0.75, 1.3, 1.4, 0.03, 1 / 32, 0.1, 3.7, 0.613],
    "depth_multiplier": [1, 2, 3],
    "dropout": [0, 0.5, 0.999, 1],
    "dropout_rate": [0, 0.0, 0.5, 1],
    "name": [None, "my model", "x", ""],
}
SIZES = [
    None,
    None,
    30,
    31,
    32,
    33,
    35,
    63,
    64,
    65,
    71,
    75,
    77,
    96,
    97,
    99,
    100,
    101,
    113,
    128,
    131,
]


def drawn(name: str, draw: random.Random) -> Arguments:
    """Some arguments at random, not all of which Keras accepts."""
    kind = static.find(name)
    assert kind is not None
    found: Arguments = {}
    for own in kind.arguments:
        if draw.random() < 0.5 and own in VALUES:
            found[own] = draw.choice(VALUES[own])
        elif draw.random() < 0.6 and own == "input_shape":
            height = draw.choice(SIZES)
            found[own] = (
                height,
                height if draw.random() < 0.4 else draw.choice(SIZES),
                draw.choice([1, 3, 3, 4]),
            )
    return found


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.parametrize("name", static.names())
def test_the_models_of_random_arguments_are_keras_s(name: str) -> None:
    draw = random.Random(name)
    kind = static.find(name)
    small = len(kind().saved().calls) < 250 if kind else 0
    accepted = [compare(name, drawn(name, draw)) for _ in range(12 if small else 4)]
    assert any(accepted)


# What is refused. ----------------------------------------------------------------------------------------------------

#: Arguments that Keras refuses, with the one that is guilty.
REFUSED: list[tuple[str, Arguments, str]] = [
    ("VGG16", {"input_shape": (31, 64, 3)}, "input_shape"),
    ("VGG16", {"input_shape": (64, 64)}, "input_shape"),
    ("VGG16", {"input_shape": (1, 64, 64, 3)}, "input_shape"),
    ("VGG16", {"input_shape": (None, 64, 3)}, "input_shape"),
    ("VGG16", {"input_shape": (64, 64, None), "include_top": False}, "input_shape"),
    ("VGG16", {"input_shape": 64}, "input_shape"),
    ("VGG16", {"classes": 0}, "classes"),
    ("VGG16", {"classes": 2.5}, "classes"),
    ("VGG16", {"classifier_activation": "Softmax"}, "classifier_activation"),
    ("VGG16", {"weights": 5}, "weights"),
    ("VGG16", {"weights": "ImageNet"}, "weights"),
    ("VGG16", {"name": "a/b"}, "name"),
    ("VGG16", {"name": 5}, "name"),
    ("VGG16", {"alpha": 1.0}, "alpha"),
    ("Xception", {"input_shape": (70, 99, 3)}, "input_shape"),
    ("InceptionV3", {"input_shape": (99, 74, 3)}, "input_shape"),
    ("InceptionResNetV2", {"input_shape": (74, 75, 3)}, "input_shape"),
    ("MobileNet", {"alpha": 0.03}, "alpha"),
    ("MobileNet", {"alpha": float("nan")}, "alpha"),
    ("MobileNet", {"depth_multiplier": 1.0}, "depth_multiplier"),
    ("MobileNet", {"dropout": 1.1}, "dropout"),
    ("MobileNetV2", {"alpha": float("inf")}, "alpha"),
    ("MobileNetV2", {"input_shape": (64, None, 3), "include_top": False}, "input_shape"),
    ("MobileNetV3Small", {"dropout_rate": 1.5}, "dropout_rate"),
    ("MobileNetV3Small", {"input_shape": (31, 64, 3)}, "input_shape"),
    ("MobileNetV3Small", {"input_shape": (None, 30, 3)}, "input_shape"),
    ("MobileNetV3Large", {"input_shape": (5, None, 3)}, "input_shape"),
    ("EfficientNetB0", {"input_shape": (64, None, 3), "include_top": False}, "input_shape"),
    ("EfficientNetV2B0", {"name": "my model"}, "name"),
    ("EfficientNetV2B0", {"name": None}, "name"),
    ("ConvNeXtTiny", {"name": None}, "name"),
    ("NASNetMobile", {"input_shape": (None, 101, 3), "include_top": False}, "input_shape"),
    ("NASNetMobile", {"input_shape": (None, 49, 3), "include_top": False}, "input_shape"),
]
#: Arguments that Keras accepts and we do not, with the reason.
DIFFERENT: list[tuple[str, Arguments, str]] = [
    ("VGG16", {"input_shape": ()}, "no shape is written as null"),
    ("VGG16", {"input_shape": (64, 64, 0)}, "an image without channels"),
    ("VGG16", {"include_top": "no"}, "a text, which Python takes for true"),
    ("VGG16", {"include_top": False, "pooling": "mean"}, "Keras would not pool at all"),
    ("VGG16", {"include_top": False, "classes": 0}, "checked even where it is not used"),
    (
        "VGG16",
        {"classifier_activation": "threshold"},
        "what no layer accepts here: it misses its values when it runs",
    ),
    ("MobileNetV2", {"alpha": -1}, "a negative width, for which Keras takes the least"),
    ("MobileNetV3Small", {"alpha": 0}, "no width, for which Keras takes the least"),
    ("MobileNetV3Small", {"dropout_rate": -0.5}, "a negative share, for which Keras drops nothing"),
]


def guilty(result: Application | ArgumentErrors) -> set[str | None]:
    """The arguments that are wrong."""
    assert isinstance(result, ArgumentErrors), "accepted"
    return {fault.argument for fault in result.errors}


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "arguments", "argument"),
    REFUSED,
    ids=[f"{name}-{n}" for n, (name, *_) in enumerate(REFUSED)],
)
def test_what_keras_refuses_is_refused(name: str, arguments: Arguments, argument: str) -> None:
    assert isinstance(made(name, arguments), Exception)
    assert guilty(ours(name, arguments)) == {argument}


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "arguments", "reason"), DIFFERENT, ids=[reason for *_, reason in DIFFERENT]
)
def test_what_we_alone_refuse(name: str, arguments: Arguments, reason: str) -> None:
    assert not isinstance(made(name, arguments), Exception)
    assert len(guilty(ours(name, arguments))) == 1


# Weights. ------------------------------------------------------------------------------------------------------------


class Download(Exception):
    """Keras was about to download something."""


#: Arguments for weights of ImageNet, with those that Keras has no weights for.
DOWNLOADS: list[tuple[str, Arguments, set[str]]] = [
    ("VGG16", {}, set()),
    (
        "VGG16",
        {"include_top": False, "input_shape": (64, None, 3), "pooling": "avg", "classes": 5},
        set(),
    ),
    ("VGG16", {"classes": 5}, {"classes"}),
    ("VGG16", {"input_shape": (225, 224, 3)}, {"input_shape"}),
    ("VGG16", {"include_top": False, "input_shape": (64, 64, 1)}, {"input_shape"}),
    ("VGG16", {"classifier_activation": "relu"}, {"classifier_activation"}),
    ("VGG16", {"classifier_activation": "linear"}, set()),
    ("MobileNet", {"alpha": 0.25, "input_shape": (128, 128, 3)}, set()),
    ("MobileNet", {"alpha": 0.25, "input_shape": (96, 96, 3)}, {"input_shape"}),
    ("MobileNet", {"alpha": 0.35, "depth_multiplier": 2}, {"alpha", "depth_multiplier"}),
    ("MobileNetV2", {"alpha": 1.4, "input_shape": (96, 96, 3), "include_top": True}, set()),
    ("MobileNetV2", {"alpha": 0.4}, {"alpha"}),
    ("MobileNetV2", {"input_shape": (100, 64, 3), "include_top": False}, set()),
    ("MobileNetV3Small", {"alpha": 0.75, "input_shape": (33, 50, 3)}, set()),
    ("MobileNetV3Small", {"alpha": 0.75, "minimalistic": True}, {"alpha"}),
    ("MobileNetV3Large", {"alpha": 1.0, "minimalistic": True}, set()),
    ("EfficientNetB0", {"include_top": False}, set()),
    ("EfficientNetB1", {"input_shape": (224, 224, 3)}, {"input_shape"}),
    ("EfficientNetV2B0", {"classes": 10, "include_top": False}, set()),
    ("ConvNeXtTiny", {"name": "my_convnext_tiny_1"}, set()),
    ("ConvNeXtTiny", {"name": "mine"}, {"name"}),
    ("NASNetMobile", {"include_top": False, "input_shape": (None, 33, 3)}, {"input_shape"}),
    ("NASNetMobile", {"include_top": False}, set()),
]


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "arguments", "others"),
    DOWNLOADS,
    ids=[f"{name}-{n}" for n, (name, *_) in enumerate(DOWNLOADS)],
)
def test_weights_that_keras_downloads(
    monkeypatch: pytest.MonkeyPatch, name: str, arguments: Arguments, others: set[str]
) -> None:
    """They are refused; where there are any, with the line of Python that gets them, which Keras runs up to the download."""
    import keras
    from keras.src.utils import file_utils

    def download(*_: Any, **__: Any) -> None:
        raise Download

    monkeypatch.setattr(file_utils, "get_file", download)
    arguments = {**arguments, "weights": "imagenet"}
    problem = made(name, arguments)
    assert type(problem) is (ValueError if others else Download), problem
    result = ours(name, arguments)
    assert guilty(result) == others | {"weights"}
    assert isinstance(result, ArgumentErrors)
    (hint,) = [fault.hint for fault in result.errors if fault.argument == "weights"]
    if others:
        assert hint is None
    else:
        assert hint is not None
        call = hint[hint.index("keras.applications.") : hint.index(".save")]
        with pytest.raises(Download), no_weights(keras):
            eval(call, {"keras": keras})


@pytest.mark.keras
@pytest.mark.parametrize(
    "ending", [".weights.h5", ".h5", ".hdf5", ".keras", ".weights.json", ".txt", ".weights"]
)
def test_weights_from_a_file(tmp_path: Any, ending: str) -> None:
    """Keras loads what we accept by its name, and refuses the rest; the layers are those without weights."""
    import keras

    small: Arguments = {"alpha": 1 / 32, "input_shape": (32, 32, 3), "classes": 2}
    path = str(tmp_path / f"small{ending}")
    keras.utils.clear_session(free_memory=False)
    model = keras.applications.MobileNet(weights=None, **small)
    if ending == ".weights.json":
        model.save_weights(path, max_shard_size=0.001)
    elif ending.startswith(".weights.h"):
        model.save_weights(path)
    elif ending in (".txt", ".weights"):
        (tmp_path / f"small{ending}").touch()
        with pytest.raises(ValueError):
            keras.applications.MobileNet(weights=path, **small)
        assert guilty(ours("MobileNet", {**small, "weights": path})) == {"weights"}
        return
    else:
        model.save(path)
    with_weights, without = (
        ours("MobileNet", {**small, "weights": weights}) for weights in (path, None)
    )
    assert isinstance(with_weights, Application) and isinstance(without, Application)
    assert facts(graph(with_weights.saved())) == facts(graph(without.saved()))
    loaded = keras.applications.MobileNet(weights=path, **small)
    assert all(
        (own == other).all()
        for own, other in zip(loaded.get_weights(), model.get_weights(), strict=True)
    )
    with pytest.raises(ValueError, match="activations are allowed"):
        keras.applications.MobileNet(weights=path, classifier_activation="relu", **small)
    assert guilty(
        ours("MobileNet", {**small, "weights": path, "classifier_activation": "relu"})
    ) == {"classifier_activation"}


# In a spec. ----------------------------------------------------------------------------------------------------------


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "text", "column", "message", "hint"),
    [
        ("MobileNetV2", "{aplha: 1}", 2, "`MobileNetV2` has no argument `aplha`", "did you mean `alpha`?"),
        ("VGG16", "{input_tensor: x}", 2, "`VGG16` has no argument `input_tensor`", "name what it is applied to under `from`"),
        ("VGG16", "{input_shape: [3, 99, 99]}", 16, "`VGG16.input_shape` must have at least 32 rows and columns", "channels stand last: `[99, 99, 3]`"),
        ("VGG16", "{input_shape: [99, null, 3]}", 20, "`VGG16.input_shape` must have known sizes with `include_top`", "or leave the top out: `include_top: false`"),
        (
            "VGG16", "{input_shape: (99, 99, 3)}", 15,
            '`VGG16.input_shape` must be a list of 3 positive integers (null where a size is not known) or null, found the string "(99, 99, 3)"',
            "write a list in brackets: `input_shape: [99, 99, 3]`",
        ),
        ("VGG16", "{weights: vgg.pt}", 11, '`VGG16.weights` must be the path of a weights file or null, found the string "vgg.pt"', "it ends with `.weights.h5`, as `model.save_weights` writes it"),
        (
            "VGG16", "{weights: imagenet, include_top: false}", 11,
            "`VGG16.weights` names weights that Keras downloads, and mergecli downloads nothing",
            'get a file in Python: `keras.applications.VGG16(include_top=False, weights="imagenet").save_weights("vgg16.weights.h5")`; '
            "then write `weights: vgg16.weights.h5`",
        ),
        ("MobileNet", "{alpha: 0.01}", 9, "`MobileNet.alpha` is too small: of 32 filters it leaves none", "1/32 or more"),
        (
            "NASNetMobile", "{include_top: false, input_shape: [null, 101, 3]}", 35,
            "`NASNetMobile.input_shape` does not go through the layers: `normal_add_1_0` cannot combine `separable_conv_2_bn_normal_left1_0` "
            "with `separable_conv_2_bn_normal_right1_0`: (None, None, 12, 44) against (None, None, 13, 44)",
            "give both sizes, 32 or more",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place(
    name: str, text: str, column: int, message: str, hint: str
) -> None:
    findings = DiagnosticSink()
    tree, _ = read(Source(text, "spec.yaml"))
    kind = static.find(name)
    assert kind is not None and tree is not None
    made, _ = ArgumentReader(findings).read(kind, tree, name, tree.span)
    assert made is None
    assert [(d.span and d.span.column, d.message, d.help) for d in findings] == [
        (column, message, hint)
    ]


def test_nothing_heavy_is_loaded() -> None:
    code = (
        "import sys\nfrom mergecli.importers import applications\nfamilies = [m for m in sys.modules if m.startswith('mergecli.importers.applications.')]\n"
        "for name in applications.names(): applications.find(name)().saved()\n"
        "print(families, {'keras', 'tensorflow', 'numpy', 'h5py'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (result.stdout, result.stderr) == ("[] set()\n", "")
