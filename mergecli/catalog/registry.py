"""The families, and a class by its name. A family is loaded when it is first needed."""

from functools import cache
from importlib import import_module
from typing import Dict, Iterator, List, Optional, Tuple, Type

from mergecli.catalog.families import FAMILIES, FAMILY_OF_NAME
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, spec_name

#: Classes of `keras.layers` that a spec cannot use, with the reason.
REFUSED = {
    "Lambda": "it holds code, and a spec never runs code; write a layer class and register it with Keras",
    "TFSMLayer": "it wraps a TensorFlow SavedModel, whose code would run unchecked",
    "JaxLayer": "it wraps a Python function",
    "FlaxLayer": "it wraps a Python object",
    "TorchModuleWrapper": "it wraps a Python object",
    "Layer": "it is the abstract base of all layers",
    "Wrapper": "it is the abstract base of wrappers",
    "InputLayer": "inputs are declared under `input:` or `inputs:`",
    "Input": "inputs are declared under `input:` or `inputs:`",
    "InputSpec": "it is not a layer",
}

#: Where the classes of each role stand that are no layers.
HOMES = {
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
    "optimizer": "training.optimizers",
    "optimizer map": "training.optimizers",
    "schedule": "training.schedules",
    "loss": "training.losses",
    "metric": "training.metrics",
}

#: Those of their classes that a spec cannot use, with the reason.
REFUSED_OBJECTS = {
    "optimizer": {"Optimizer": "it is the abstract base of all optimizers"},
    "schedule": {"LearningRateSchedule": "it is the abstract base of all schedules"},
    "loss": {"Loss": "it is the abstract base of all losses"},
    "metric": {
        "Metric": "it is the abstract base of all metrics",
        "MeanMetricWrapper": "it wraps a Python function",
        "Mean": "it averages one value, and is given targets and predictions",
        "Sum": "it adds up one value, and is given targets and predictions",
    },
}


def refusal(name: str) -> Optional[str]:
    """Return why a spec cannot use a layer or an operation of Keras; None if it can, or there is none.

    >>> refusal("InputSpec"), refusal("ops.cond"), refusal("ops.exp")
    ('it is not a layer', 'it takes a Python function', None)
    """
    if name in REFUSED:
        return REFUSED[name]
    if name.startswith("ops.") and layer(name) is None:
        from mergecli.catalog.operations.left_out import reason  # start-up

        return reason(name)
    return None


_found: Dict[str, Type[Layer]] = {}
_loaded: List[str] = []


def layer(name: str) -> Optional[Type[Layer]]:
    """The class of a layer by its class name or alias in Keras, of an operation as `ops.add`; None when there is none."""
    cls = _found.get(name)
    family = FAMILY_OF_NAME.get(name) if cls is None else None
    if family is None:
        return cls
    _load(family)
    return _found[name]


def _load(family: str) -> None:
    modules = [import_module(f"mergecli.catalog.{name}") for name in FAMILIES[family].split()]
    _loaded.append(family)
    for module in modules:
        for cls in vars(module).values():
            is_own = isinstance(cls, type) and cls.__module__ == module.__name__
            if is_own and issubclass(cls, Layer) and not cls.abstract:
                _found[spec_name(cls)] = cls
                for alias in cls.aliases:
                    _found[alias] = cls


def layers() -> Dict[str, Type[Layer]]:
    """All classes of layers and operations by name and alias, in the order of the families."""
    if len(_loaded) < len(FAMILIES):
        for family in FAMILIES:
            if family not in _loaded:
                _load(family)
        places = {family: place for place, family in enumerate(FAMILIES)}
        in_order = sorted(_found.items(), key=lambda pair: places[pair[1].family])
        _found.clear()
        _found.update(in_order)
    return _found


def families() -> Iterator[Tuple[str, List[Type[Layer]]]]:
    """Each family with its classes."""
    classes = layers()
    for family in FAMILIES:
        yield (
            family,
            [
                cls
                for name, cls in classes.items()
                if cls.family == family and name == spec_name(cls)
            ],
        )


def thing(role: str, name: str) -> Optional[Type[KerasObject]]:
    """The class of a role, such as a regularizer, by its class name."""
    return layer(name) if role == "layer" else things(role).get(name)


def things(role: str) -> Dict[str, Type[KerasObject]]:
    """All classes of a role by name and alias."""
    return dict(layers()) if role == "layer" else _objects(role)


@cache
def _objects(role: str) -> Dict[str, Type[KerasObject]]:
    home = import_module(f"mergecli.catalog.{HOMES[role]}")
    found = {}
    for cls in vars(home).values():
        if (
            isinstance(cls, type)
            and issubclass(cls, KerasObject)
            and not cls.abstract
            and cls.role == role
        ):
            for name in (cls.__name__, *cls.aliases):
                found[name] = cls
    return found
