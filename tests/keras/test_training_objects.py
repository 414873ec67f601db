"""Keras is the oracle for `compile`: the same names, arguments and defaults, the same acceptance, and models that fit."""

from __future__ import annotations

import functools
import inspect
import json
import multiprocessing
from typing import Any

import pytest

from mergecli.catalog import registry
from mergecli.catalog.keras_object import ArgumentErrors, KerasObject
from mergecli.catalog.training import compile as training
from mergecli.catalog.training import losses, metrics, optimizers
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

HOMES = {
    "optimizer": "optimizers",
    "schedule": "optimizers.schedules",
    "loss": "losses",
    "metric": "metrics",
}
ROLES = (*HOMES, "optimizer map")
KINDS = [
    pytest.param(kind, id=f"{kind.module}.{kind.__name__}")
    for role in ROLES
    for kind in registry.things(role).values()
]

#: Whose arguments stand in another order than Keras's, which nobody sees, as only the first can be given without its name.
OTHER_ORDER = {"Muon": "those of every optimizer stand between its own"}


def home(module: str) -> Any:
    import keras

    return functools.reduce(getattr, module.split("."), keras)


def keras_class(kind: type[KerasObject]) -> Any:
    return getattr(home(kind.module), kind.__name__)


# Names, arguments, defaults.


@pytest.mark.parametrize("kind", KINDS)
def test_arguments_and_defaults_are_keras_s(kind: type[KerasObject]) -> None:
    parameters = inspect.signature(keras_class(kind).__init__).parameters.values()
    theirs = {p.name: p.default for p in parameters if p.name not in {"self", "kwargs"}}
    ours = {name: kind.defaults.get(name, inspect.Parameter.empty) for name in kind.arguments}
    assert ours == theirs
    assert next(iter(ours)) == next(iter(theirs))
    if kind.__name__ not in OTHER_ORDER:
        assert list(ours) == list(theirs)


@pytest.mark.parametrize("role", HOMES)
def test_every_class_is_a_kind_or_refused_with_a_reason(role: str) -> None:
    exported = {name for name, cls in vars(home(HOMES[role])).items() if inspect.isclass(cls)}
    ours = {*registry.things(role), *registry.REFUSED_OBJECTS[role]}
    if role == "optimizer":
        ours |= set(registry.things("optimizer map"))
    assert exported == ours
    assert all(
        reason and not reason[0].isupper() for reason in registry.REFUSED_OBJECTS[role].values()
    )


def test_the_keys_are_the_arguments_of_compile() -> None:
    import keras

    assert set(training.KEYS) == set(inspect.signature(keras.Model.compile).parameters) - {"self"}


def known_names(role: str) -> set[str]:
    """The names that Keras makes something of."""
    module = home(HOMES[role])
    found = set()
    for name in getattr(inspect.getmodule(module.get), "ALL_OBJECTS_DICT"):  # noqa: B009
        try:
            module.get(name)
        except (TypeError, KeyError):
            continue
        found.add(name)
    return found


def test_names_are_keras_s() -> None:
    assert {name.lower() for name in optimizers.NAMES} == known_names("optimizer")
    assert set(losses.NAMES) == known_names("loss") - {"Loss"}
    assert set(metrics.NAMES) == known_names("metric") - {
        "Metric",
        "metric",
        "Mean",
        "mean",
        "Sum",
        "sum",
    }


@pytest.mark.parametrize(
    "name",
    [
        "adam",
        "ADAM",
        "aDaM",
        "rms_prop",
        "Lamb",
        "lamb",
        "adam_w",
        "keras.optimizers.Adam",
        " adam",
    ],
)
def test_the_case_of_an_optimizer(name: str) -> None:
    import keras

    assert accepts(lambda: optimizers.Named().check(name)) == accepts(
        lambda: keras.optimizers.get(name)
    )


@pytest.mark.parametrize(
    "name",
    [
        "mse",
        "Mse",
        "MSE",
        "Mean_Squared_Error",
        "ce",
        "CE",
        "cE",
        "CrossEntropy",
        "acc",
        "huber_loss",
    ],
)
def test_the_case_of_a_loss(name: str) -> None:
    import keras
    from keras.src.trainers.compile_utils import get_loss

    tensor = keras.KerasTensor((2, 3))
    assert accepts(lambda: losses.Named().check(name)) == accepts(
        lambda: get_loss(name, tensor, tensor)
    )


@pytest.mark.parametrize(
    "name",
    [
        "mse",
        "Mse",
        "acc",
        "ACC",
        "aCc",
        "Accuracy",
        "ACCURACY",
        "auc",
        "Auc",
        "ce",
        "huber",
        "fbeta_score",
    ],
)
def test_the_case_of_a_metric(name: str) -> None:
    import keras
    from keras.src.trainers.compile_utils import get_metric

    tensor = keras.KerasTensor((2, 3))
    assert accepts(lambda: metrics.Named().check(name)) == accepts(
        lambda: get_metric(name, tensor, tensor)
    )


def accepts(call: Any) -> bool:
    try:
        call()
    except Exception:  # Keras refuses with many kinds of exceptions
        return False
    return True


# Values.

PROBES: list[Any] = [
    None,
    True,
    0,
    1,
    2,
    -1,
    0.0,
    0.5,
    1.0,
    1.5,
    -0.5,
    "x",
    "sum",
    [],
    [0],
    [1, 2],
    [0.2, 0.5],
    [0.1, 0.2, 0.3],
    {"a": 1},
]
DTYPES = [
    "float16",
    "float32",
    "float64",
    "bfloat16",
    "mixed_float16",
    "int32",
    "bool",
    "string",
    "complex64",
    "float",
]
MORE = {
    "dtype": DTYPES,
    "reduction": ["none", "mean", "sum_over_batch_size", "mean_with_sample_weight", "Sum"],
    "curve": ["PR", "pr", "Pr", "ROC"],
    "summation_method": ["minoring", "Minoring", "MINORING", "majoring"],
    "average": ["micro", "macro", "weighted", "Micro"],
    "class_aggregation": ["variance_weighted_average"],
    "exclude_layers": [["x", "y.*"], ["("]],
}
NEEDED: dict[str, Any] = {
    "recall": 0.5, "precision": 0.5, "specificity": 0.5, "sensitivity": 0.5, "num_classes": 3, "target_class_ids": [0],
    "initial_learning_rate": 0.1, "decay_steps": 10, "first_decay_steps": 10, "decay_rate": 0.9, "boundaries": [1, 2], "values": [0.1, 0.2, 0.3],
}  # fmt: skip

#: Where we knowingly differ from Keras, each with its reason.
DIFFERENCES = {
    "type": "a value of another type than Keras documents, which it does not look at or can compute with by chance",
    "dtype": "losses and metrics in whole or complex numbers, which no gradient and hardly any metric can do without warning",
    "axis": "whether there is such an axis depends on the tensors",
    "size": "how many there must be depends on the tensors",
}


def difference(kind: type[KerasObject], name: str, value: Any, code: str | None) -> str | None:
    """The known difference that explains a disagreement; `code` is that of our refusal."""
    default = kind.defaults.get(name, NEEDED.get(name))
    inner = (
        (value[0], default[0])
        if isinstance(value, list) and value and isinstance(default, (list, tuple))
        else (value, default)
    )
    if code == "wrong-type" and type(inner[0]) is not type(inner[1]):
        return "type"
    if name == "dtype" and value in ("int32", "bool", "string", "complex64"):
        return "dtype"
    if code is None and name == "axis" and value != -1:
        return "axis"
    if (
        code is None
        and name in ("alpha", "label_weights")
        and isinstance(value, list)
        and len(value) != 3
    ):
        return "size"
    return None


def use(kind: type[KerasObject], arguments: dict[str, Any]) -> None:
    """Make Keras's object and do with it what fitting does; raises when Keras refuses."""
    import keras

    made = keras_class(kind)(**arguments)
    if kind.role == "schedule":
        [float(made(keras.ops.convert_to_tensor(step, "int64"))) for step in (0, 3, 20)]
        made = keras.optimizers.SGD(made)
    if kind.role in ("optimizer", "schedule"):
        variables = [
            keras.Variable(keras.ops.ones(shape), name=name)
            for name, shape in (("k", (2, 3)), ("b", (3,)))
        ]
        for _ in range(2):
            made.apply([keras.ops.ones(variable.shape) for variable in variables], variables)
    elif kind.role == "loss":
        differentiate(made, kind.__name__)
    else:
        targets, predictions = data(kind.__name__, arguments)
        made.update_state(targets, predictions)
        made.result()


def differentiate(loss: Any, name: str) -> None:
    import keras
    import numpy
    import tensorflow

    targets, predictions = data(name, {})
    if name == "CTC":
        targets, predictions = numpy.array([[1, 2], [1, 1]]), numpy.ones((2, 5, 3), "float32")
    predictions = keras.ops.convert_to_tensor(predictions)
    with tensorflow.GradientTape() as tape:
        tape.watch(predictions)
        result = loss(targets, predictions)
    assert tape.gradient(result, predictions) is not None


def data(name: str, arguments: dict[str, Any]) -> tuple[Any, Any]:
    """Targets and predictions that a loss or metric takes."""
    import numpy

    hot = numpy.array([[0, 0, 1], [0, 1, 0]], "float32")
    likely = numpy.array([[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]], "float32")
    whole = numpy.array([2, 1])
    if name in ("IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"):
        few = arguments.get("num_classes") or 3
        hot, whole = (
            (hot, whole)
            if few is True or few > 2
            else (numpy.eye(2, dtype="float32")[:, : int(few)], numpy.zeros(2, int))
        )
        sparse = {"y_true": not name.startswith("OneHot"), "y_pred": not name.startswith("OneHot")}
        return tuple(
            whole if arguments.get(f"sparse_{side}", default) else hot
            for side, default in sparse.items()
        )  # type: ignore[return-value]
    if name == "BinaryIoU":
        return numpy.array([0, 1]), numpy.array([0.2, 0.7])
    if name.startswith("Sparse") or name in ("Circle", "CategoricalGeneralizedCrossEntropy"):
        return whole, likely
    return hot, likely


def verdict(kind: type[KerasObject], arguments: dict[str, Any]) -> str | None:
    """The code of our refusal, or nothing."""
    try:
        kind(**arguments)
    except ArgumentErrors as faults:
        return faults.errors[0].code
    return None


#: Arguments that are the same for all optimizers are tried with one.
COMMON = set(optimizers.Optimizer.arguments)
VALUED = [
    param
    for param in KINDS
    if param.values[0].__name__ not in ("LossScaleOptimizer", "MultiOptimizer", "OptimizerMap")
]


@pytest.mark.parametrize("kind", VALUED)
def test_values_are_judged_as_keras_judges_them(kind: type[KerasObject]) -> None:
    needed = {name: NEEDED[name] for name in kind.required}
    wrong = []
    for name in kind.arguments:
        if name == "name" or (
            name in COMMON
            and kind.role == "optimizer"
            and kind.__name__ != "SGD"
            and name != "weight_decay"
        ):
            continue
        if name in ("reduction", "dtype") and kind.__name__ not in (
            "MeanSquaredError",
            "Huber",
            "AUC",
            "F1Score",
            "Precision",
        ):
            continue
        for value in [*PROBES, *MORE.get(name, [])]:
            code = verdict(kind, {**needed, name: value})
            theirs = accepts(lambda arguments={**needed, name: value}: use(kind, arguments))
            if theirs != (code is None) and difference(kind, name, value, code) is None:
                wrong.append(
                    f"{name}={value!r}: Keras {'accepts' if theirs else 'refuses'}, mergecli {code or 'accepts'}"
                )
    assert wrong == []


#: Arguments that are right or wrong together.
TOGETHER: list[tuple[str, str, dict[str, Any]]] = [
    ("optimizer", "Adam", {"clipnorm": 1.0, "clipvalue": 0.5}),
    ("optimizer", "Adam", {"clipnorm": 1.0, "clipvalue": None}),
    ("optimizer", "Adam", {"global_clipnorm": 0, "clipvalue": 0.5}),
    ("optimizer", "Adam", {"use_ema": True, "ema_momentum": 1.5}),
    ("optimizer", "Adam", {"use_ema": True, "ema_momentum": 1}),
    ("optimizer", "Adam", {"use_ema": True, "ema_momentum": -0.5}),
    ("optimizer", "Adam", {"use_ema": False, "ema_momentum": 1.5}),
    ("optimizer", "Adam", {"use_ema": True, "ema_overwrite_frequency": 0}),
    ("optimizer", "Adam", {"use_ema": True, "ema_overwrite_frequency": 1}),
    ("optimizer", "Adam", {"use_ema": True, "ema_overwrite_frequency": -1}),
    ("schedule", "PiecewiseConstantDecay", {"boundaries": [1], "values": [0.1]}),
    ("schedule", "PiecewiseConstantDecay", {"boundaries": [1], "values": [0.1, 0.2]}),
    (
        "schedule",
        "CosineDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 5, "warmup_target": 0.2, "warmup_steps": 2},
    ),
    ("metric", "AUC", {"multi_label": True, "num_labels": 3, "label_weights": [0.2, 0.3, 0.5]}),
    ("metric", "AUC", {"multi_label": True, "label_weights": [0.2, 0.3, 0.5]}),
    ("metric", "AUC", {"num_labels": 3}),
    ("metric", "AUC", {"label_weights": [0.2, 0.3, 0.5]}),
    ("metric", "AUC", {"thresholds": [0.2, 0.5], "num_thresholds": 2}),
    ("metric", "IoU", {"num_classes": 3, "target_class_ids": [0, 3]}),
    ("metric", "IoU", {"num_classes": 3, "target_class_ids": [0, 2]}),
    ("metric", "OneHotIoU", {"num_classes": 2, "target_class_ids": [2]}),
    ("metric", "BinaryIoU", {"target_class_ids": [2]}),
    ("metric", "Precision", {"thresholds": [0.2, 0.5], "class_id": 1}),
    ("metric", "Precision", {"top_k": 2, "class_id": 1}),
]


@pytest.mark.parametrize(("role", "name", "arguments"), TOGETHER, ids=str)
def test_arguments_are_judged_together_as_keras_judges_them(
    role: str, name: str, arguments: dict[str, Any]
) -> None:
    kind = registry.things(role)[name]
    assert (verdict(kind, arguments) is None) == accepts(lambda: use(kind, arguments))


#: Names and whether what they name can take part in fitting: TensorFlow calls a scope of its graph so.
@pytest.mark.parametrize("name", ["my_adam", "x.y>z-1", "9", "", None])
@pytest.mark.parametrize(
    ("role", "cls"),
    [("optimizer", "Adam"), ("loss", "Huber"), ("schedule", "CosineDecay"), ("metric", "AUC")],
)
def test_a_name_is_judged_as_keras_judges_it(role: str, cls: str, name: str | None) -> None:
    kind = registry.things(role)[cls]
    arguments = {**{argument: NEEDED[argument] for argument in kind.required}, "name": name}
    assert (verdict(kind, arguments) is None) == accepts(lambda: use(kind, arguments))


@pytest.mark.parametrize("name", ["my adam", "a/b", "ä", "x:y", "-x", "_x"])
@pytest.mark.parametrize(
    ("role", "cls"),
    [("optimizer", "Adam"), ("loss", "Huber"), ("schedule", "CosineDecay"), ("metric", "AUC")],
)
def test_a_name_that_is_refused_does_not_fit(role: str, cls: str, name: str) -> None:
    """In a process of its own, as a scope that fails stays open."""
    import keras

    kind = registry.things(role)[cls]
    needed = {argument: NEEDED[argument] for argument in kind.required}
    if verdict(kind, {**needed, "name": name}) is None:
        return
    child = multiprocessing.get_context("fork").Process(
        target=_in_a_model, args=(kind, {**needed, "name": name})
    )
    assert keras.backend.backend() == "tensorflow"
    child.start()
    child.join(120)
    assert child.exitcode == REFUSED


REFUSED = 3


def _in_a_model(kind: type[KerasObject], arguments: dict[str, Any]) -> None:
    import os

    import keras
    import numpy

    x = keras.Input((4,), name="x")
    model = keras.Model(x, keras.layers.Dense(3, activation="softmax", name="a")(x))
    try:
        made = keras_class(kind)(**arguments)
        role = {"loss": "loss"}.get(kind.role, "optimizer")
        model.compile(
            **{
                "optimizer": "sgd",
                "loss": "mse",
                role: keras.optimizers.SGD(made) if kind.role == "schedule" else made,
            }
        )
        model.fit(numpy.ones((2, 4)), numpy.eye(3)[[0, 1]], verbose=0)
    except ValueError:
        os._exit(REFUSED)
    os._exit(0)


@pytest.mark.parametrize("name", ["Mean", "Sum", "Metric", "mean"])
def test_a_metric_that_is_refused_cannot_be_fitted(name: str) -> None:
    import keras

    model = models()["one"]
    model = build_plain(model)
    model.compile(optimizer="sgd", loss="mse", metrics=[name], run_eagerly=True)
    with pytest.raises((TypeError, NotImplementedError)):
        fit(model, "one")
    assert not accepts(lambda: metrics.Named().check(name))
    assert keras.metrics.get(name) is not None


# Optimizers inside of optimizers.

NESTED = [
    ("{LossScaleOptimizer: {inner_optimizer: {Adam: {learning_rate: 0.1}}}}", True),
    ("{LossScaleOptimizer: {inner_optimizer: adam}}", False),
    ("{LossScaleOptimizer: {inner_optimizer: {Adam: {}}, clipnorm: 1.0}}", False),
    ("{LossScaleOptimizer: {}}", False),
    (
        "{MultiOptimizer: {optimizer_map: {OptimizerMap: {default_optimizer: {SGD: {}}, optimizer_map: {'a/.*': {Adam: {}}}}}}}",
        True,
    ),
    (
        "{MultiOptimizer: {optimizer_map: {OptimizerMap: {default_optimizer: {SGD: {}}, optimizer_map: {'a/.*': adam}}}}}",
        False,
    ),
    (
        "{MultiOptimizer: {optimizer_map: {OptimizerMap: {default_optimizer: {SGD: {}}, optimizer_map: {'a/(': {Adam: {}}}}}}}",
        False,
    ),
    (
        "{MultiOptimizer: {optimizer_map: {OptimizerMap: {default_optimizer: {LossScaleOptimizer: {inner_optimizer: {SGD: {}}}}}}}}",
        False,
    ),
    (
        "{MultiOptimizer: {optimizer_map: {OptimizerMap: {default_optimizer: {SGD: {}}}}, learning_rate: 0.1}}",
        False,
    ),
    ("{MultiOptimizer: {optimizer_map: {SGD: {}}}}", False),
]


@pytest.mark.parametrize(("optimizer", "right"), NESTED)
def test_optimizers_inside_of_optimizers(optimizer: str, right: bool) -> None:
    """Keras, given the same in its serialised form, fits what is right and refuses what is wrong."""
    import keras
    import yaml

    def made(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and hasattr(keras.optimizers, next(iter(value))):
            ((cls, arguments),) = value.items()
            return getattr(keras.optimizers, cls)(
                **{name: made(inner) for name, inner in arguments.items()}
            )
        return {name: made(inner) for name, inner in value.items()}

    def theirs() -> None:
        model = build_plain(models()["one"])
        model.compile(made(yaml.safe_load(optimizer)), "mse", run_eagerly=True)
        fit(model, "one")

    compiled = compile_spec(
        Source(
            f"{models()['one']}compile: {{run_eagerly: true, loss: mse, optimizer: {optimizer}}}\n",
            "m.yaml",
        )
    )
    assert (compiled.network is not None) == right
    assert accepts(theirs) == right
    if compiled.network is not None:
        from mergecli.runtime.build import build

        fit(build(compiled.network), "one")


# What is saved.


@pytest.mark.parametrize(
    "kind",
    [
        param
        for param in VALUED
        if param.values[0].role in ("loss", "metric", "optimizer", "schedule")
    ],
)
def test_every_argument_is_saved(kind: type[KerasObject]) -> None:
    """Keras alone forgets some, such as `Huber.delta`."""
    import keras

    from mergecli.runtime.build import keras_object

    needed = {name: NEEDED[name] for name in kind.required}
    for name in kind.arguments:
        probes = [
            value
            for value in [*PROBES, *MORE.get(name, []), 0.25]
            if verdict(kind, {**needed, name: value}) is None
        ]
        for value in [
            value for value in probes if value != kind.defaults.get(name) and (value or value == 0)
        ][:2]:
            made = keras_object(kind(**{**needed, name: value}))
            saved = keras.saving.serialize_keras_object(made)
            again = saved["config"][name]
            # A dtype is saved as a policy, an enumeration by its value, and thresholds come from either of two arguments.
            assert (
                again == value or str(again).lower() == str(value).lower() or "thresholds" in name
            ), (name, value, again)
            read = keras.saving.deserialize_keras_object(json.loads(json.dumps(saved)))
            assert type(read) is type(made)


# The forms of losses, weights and metrics.


def models() -> dict[str, str]:
    a, b = (
        "{Dense: {units: 3, activation: softmax, name: a}}",
        "{Dense: {units: 3, activation: softmax, name: b}, from: input}",
    )
    return {
        "one": f"input: [4]\nlayers: [{a}]\n",
        "listed one": f"input: [4]\nlayers: [{a}]\noutputs: [a]\n",
        "named one": f"input: [4]\nlayers: [{a}]\noutputs: {{p: a}}\n",
        "listed": f"input: [4]\nlayers: [{a}, {b}]\noutputs: [a, b]\n",
        "named": f"input: [4]\nlayers: [{a}, {b}]\noutputs: {{q: a, p: b}}\n",
    }


@functools.cache
def network_of(spec: str) -> Any:
    return compile_spec(Source(spec, "m.yaml")).network


def build_plain(spec: str) -> Any:
    from mergecli.runtime.build import build

    return build(network_of(spec))


def fit(model: Any, form: str) -> dict[str, list[float]]:
    import numpy

    targets = numpy.eye(3)[[0, 1]]
    given = {
        "one": targets,
        "listed one": [targets],
        "named one": {"p": targets},
        "listed": [targets] * 2,
        "named": {"p": targets, "q": targets},
    }
    return model.fit(numpy.ones((2, 4)), given[form], verbose=0).history  # type: ignore[no-any-return]


#: Forms for models with one output `1`, or with two, `1` and `2`. After each, for which models we differ from Keras, and why.
ONE_OUTPUT: list[tuple[dict[str, Any], str]] = [
    ({"loss": "mse"}, ""),
    ({"loss": ["mse"]}, ""),
    ({"loss": ["mse", "mae"]}, "one, listed one: several losses"),
    ({"loss": [["mse", "mae"]]}, "one, listed one: several losses"),
    ({"loss": {"1": ["mse"]}}, "one, listed one, named one: several losses"),
    ({"loss": {"1": "mse"}}, ""),
    ({"loss": {"z": "mse"}}, ""),
    ({"loss": {"1": "mse", "z": "mae"}}, ""),
    ({"loss": {"1": "mse", "z": None}}, "named one: names that are overlooked"),
    ({"loss": {"1": None}}, ""),
    ({"loss": None}, ""),
    ({"loss": []}, ""),
    ({"loss": {}}, ""),
    ({"loss": "1"}, ""),
    ({"loss": 3}, ""),
    ({}, ""),
    ({"loss": "mse", "metrics": "mse"}, ""),
    ({"loss": "mse", "metrics": ["mse", "accuracy"]}, ""),
    ({"loss": "mse", "metrics": [["mse", "mae"]]}, ""),
    ({"loss": "mse", "metrics": [["mse"], ["mae"]]}, "one, listed one, named one: several lists"),
    ({"loss": "mse", "metrics": {"1": "mse"}}, ""),
    ({"loss": "mse", "metrics": {"1": ["mse", "mae"]}}, ""),
    ({"loss": "mse", "metrics": {"1": None}}, "one, listed one, named one: no metrics"),
    ({"loss": "mse", "metrics": {"1": []}}, ""),
    (
        {"loss": "mse", "metrics": {"z": "mse"}},
        "one, listed one, named one: names that are overlooked",
    ),
    ({"loss": "mse", "metrics": [None]}, ""),
    ({"loss": "mse", "metrics": []}, ""),
    ({"loss": "mse", "metrics": 3}, ""),
    ({"loss": "mse", "weighted_metrics": "mse"}, ""),
    ({"loss": "mse", "weighted_metrics": ["mse"], "metrics": ["mse"]}, ""),
    ({"loss": "mse", "loss_weights": 2.0}, ""),
    ({"loss": "mse", "loss_weights": 2}, ""),
    ({"loss": "mse", "loss_weights": [2]}, ""),
    ({"loss": ["mse"], "loss_weights": [2.0]}, ""),
    ({"loss": ["mse"], "loss_weights": 2.0}, ""),
    ({"loss": {"1": "mse"}, "loss_weights": {"1": 2}}, ""),
    ({"loss": {"1": "mse"}, "loss_weights": [2]}, ""),
    ({"loss": "mse", "loss_weights": {"1": 2}}, ""),
    (
        {"loss": "mse", "loss_weights": {"z": 2}},
        "one, listed one, named one: names that are overlooked",
    ),
    ({"loss": "mse", "loss_weights": {}}, ""),
    ({"loss": "mse", "loss_weights": [1.0, 2.0]}, ""),
    ({"loss": "mse", "loss_weights": ["x"]}, ""),
    ({"loss": "mse", "steps_per_execution": 0}, ""),
    ({"loss": "mse", "steps_per_execution": 2, "jit_compile": False, "auto_scale_loss": False}, ""),
    ({"loss": "mse", "optimizer": None}, ""),
    ({"loss": "mse", "optimizer": "Adaam"}, ""),
    ({"loss": "mse", "optimizer": "RMSPROP"}, ""),
]
TWO_OUTPUTS: list[tuple[dict[str, Any], str]] = [
    ({"loss": "mse"}, ""),
    ({"loss": ["mse"]}, "listed: too few losses"),
    ({"loss": ["mse", "mae"]}, ""),
    ({"loss": ["mse", None]}, ""),
    ({"loss": [None, None]}, ""),
    ({"loss": ["mse", "mae", "mse"]}, ""),
    ({"loss": [["mse", "mae"], "mae"]}, "listed: several losses"),
    ({"loss": {"1": "mse"}}, ""),
    ({"loss": {"1": "mse", "2": None}}, ""),
    ({"loss": {"1": "mse", "2": "mae"}}, ""),
    ({"loss": {"2": "mse", "1": "mae"}}, ""),
    ({"loss": {"1": "mse", "z": "mae"}}, ""),
    ({"loss": {"1": "mse", "2": "mae", "z": "mae"}}, ""),
    ({"loss": {"1": "mse", "2": 3}}, ""),
    ({"loss": "mse", "metrics": ["mse"]}, ""),
    ({"loss": "mse", "metrics": ["mse", "mae"]}, ""),
    ({"loss": "mse", "metrics": ["mse", "mae", "mape"]}, ""),
    ({"loss": "mse", "metrics": [["mse", "mape"], "mae"]}, ""),
    ({"loss": "mse", "metrics": [None, ["mse"]]}, ""),
    ({"loss": "mse", "metrics": [[], ["mse"]]}, ""),
    ({"loss": "mse", "metrics": [["mse"]]}, ""),
    ({"loss": "mse", "metrics": {"1": "mse"}}, ""),
    ({"loss": "mse", "metrics": {"1": ["mse", "mae"], "2": None}}, ""),
    ({"loss": "mse", "metrics": {"1": [None]}}, ""),
    ({"loss": "mse", "metrics": {"1": [["mse"]]}}, ""),
    ({"loss": "mse", "metrics": {"z": "mse"}}, ""),
    ({"loss": "mse", "metrics": []}, ""),
    ({"loss": "mse", "metrics": {}}, ""),
    ({"loss": "mse", "weighted_metrics": ["mse"]}, ""),
    ({"loss": "mse", "weighted_metrics": {"2": ["mse"]}}, ""),
    ({"loss": "mse", "loss_weights": 2.0}, ""),
    ({"loss": "mse", "loss_weights": 2}, ""),
    ({"loss": "mse", "loss_weights": [2.0]}, "listed, named: one weight"),
    ({"loss": "mse", "loss_weights": {"1": 2.0}}, "listed, named: one weight"),
    ({"loss": "mse", "loss_weights": [1.0, 2.0]}, ""),
    ({"loss": "mse", "loss_weights": {"1": 1.0, "2": 2.0}}, ""),
    ({"loss": ["mse", "mae"], "loss_weights": [1, 2.5]}, ""),
    ({"loss": ["mse", "mae"], "loss_weights": [1.0, None]}, ""),
    ({"loss": ["mse", "mae"], "loss_weights": {"1": 1.0, "2": 2.0}}, ""),
    ({"loss": ["mse", "mae"], "loss_weights": 2.0}, ""),
    ({"loss": ["mse", "mae"], "loss_weights": [1.0]}, ""),
    ({"loss": ["mse", "mae"], "loss_weights": {"1": 1.0}}, ""),
    ({"loss": {"1": "mse", "2": "mae"}, "loss_weights": [1.0, 2.0]}, ""),
    ({"loss": {"1": "mse", "2": "mae"}, "loss_weights": {"2": 2, "1": 1}}, ""),
    ({"loss": {"1": "mse", "2": None}, "loss_weights": {"1": 1.0}}, ""),
    ({"loss": {"1": "mse", "2": None}, "loss_weights": {"1": 1.0, "2": 1.0}}, ""),
    ({"loss": {"1": "mse"}, "loss_weights": {"1": 2.0}}, ""),
    ({"loss": {"1": "mse"}, "loss_weights": 2.0}, ""),
    ({"loss": {"1": "mse"}, "loss_weights": {"1": 1.0, "2": 2.0}}, ""),
    (
        {"loss": {"1": "mse", "2": "mae"}, "loss_weights": {"1": 1.0, "z": 2.0}},
        "named: names that are overlooked",
    ),
]
#: Why we differ there.
REASONS = {
    "several losses": "of several losses for one output Keras takes the first, or their sum, without a word",
    "several lists": "metrics of one output stand in one list",
    "names that are overlooked": "Keras does not look at some names, so that a mistake in one goes unnoticed",
    "no metrics": "null is no metrics, as it is where there are several outputs",
    "too few losses": "Keras applies a loss that stands alone in a list to all outputs at once, joined",
    "one weight": "Keras applies a weight that seems to belong to one output to all",
}
FORMS = [("one", "a"), ("listed one", "a"), ("named one", "p"), ("listed", "ab"), ("named", "qp")]


@pytest.mark.parametrize(("form", "names"), FORMS)
def test_forms_are_judged_as_keras_judges_them(form: str, names: str) -> None:
    """What is accepted can be fitted at once; what is refused Keras refuses, too, if only when the model is fitted."""
    from mergecli.runtime.build import build

    spec, wrong = models()[form], []
    for arguments, known in ONE_OUTPUT if len(names) == 1 else TWO_OUTPUTS:
        text = json.dumps(arguments)
        for number, name in enumerate(names, 1):
            text = text.replace(f'"{number}"', f'"{name}"')
        given = {"optimizer": "sgd", "run_eagerly": True, **json.loads(text)}

        def theirs(given: dict[str, Any] = given) -> None:
            model = build_plain(spec)
            model.compile(**given)
            fit(model, form)

        network = compile_spec(Source(f"{spec}compile: {json.dumps(given)}\n", "m.yaml")).network
        if network is not None:
            fit(build(network), form)
        kinds, _, reason = known.partition(": ")
        assert not reason or reason in REASONS
        differs = accepts(theirs) != (network is not None)
        if differs != (form in kinds.split(", ")):
            wrong.append(
                f"{text}: mergecli {'refuses' if network is None else 'accepts'}, {'unlike' if differs else 'as'} Keras"
            )
    assert wrong == []


def test_a_list_goes_to_named_outputs_in_the_order_of_the_spec() -> None:
    """Keras itself would take the names in the order of the alphabet."""
    from mergecli.runtime.build import build

    text = "compile: {run_eagerly: true, loss: [mse, null], loss_weights: [1, 1], metrics: [mse, [mae, mape]]}\n"
    network = compile_spec(Source(models()["named"] + text, "m.yaml")).network
    assert network is not None and network.training is not None
    assert network.training.loss == {"q": "mse", "p": None}
    assert sorted(fit(build(network), "named")) == ["loss", "p_mae", "p_mape", "q_mse"]


@pytest.mark.parametrize(
    ("layer", "right"),
    [
        ("Dense: {units: 3, name: a}", False),
        ("Dense: {units: 3, name: a, kernel_regularizer: l2}", True),
        ("Dense: {units: 3, name: a, kernel_regularizer: {L1: 0.1}}", True),
        ("Dense: {units: 3, name: a, activity_regularizer: l1}", True),
        ("ActivityRegularization: {name: a}", False),
        ("ActivityRegularization: {name: a, l1: 0.1}", True),
        ("TimeDistributed: {layer: {Dense: {units: 3, bias_regularizer: l2}}, name: a}", True),
    ],
)
def test_without_a_loss_only_penalties_can_be_fitted(layer: str, right: bool) -> None:
    import numpy

    spec = f"input: [2, 3]\nlayers: [{{Dense: 3}}, {{{layer}}}]\n"
    assert (
        compile_spec(Source(f"{spec}compile: {{optimizer: sgd}}\n", "m.yaml")).network is not None
    ) == right
    model = build_plain(spec)
    model.compile("sgd", run_eagerly=True)
    assert (
        accepts(lambda: model.fit(numpy.ones((2, 2, 3)), numpy.ones((2, 2, 3)), verbose=0)) == right
    )
