"""What in a saved model's config would run code when Keras loads it, or lead it out of the file.

Keras loads what a config names: a class of any module in versions before 3.9 (CVE-2025-1550), functions of its own such as
`get_file` (CVE-2025-8747), and vocabularies from any path (CVE-2025-12058). Here names are only compared.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Iterator, Mapping, Optional, Tuple, Union

from mergecli.catalog import registry
from mergecli.catalog.fields import ACTIVATIONS, Function
from mergecli.importers.keras.json_configs import CONTAINERS, levels

if TYPE_CHECKING:
    from mergecli.catalog.arguments import Argument
    from mergecli.catalog.json_values import Json

#: Classes of Keras that hold or load code.
CODE = ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
#: Where Keras has what a model is made of. `keras.utils`, `keras.saving`, `keras.export` and others hold what does more.
PARTS = frozenset(
    """
    activations applications constraints dtype_policies engine initializers layers losses metrics mixed_precision models ops optimizers quantizers random
    regularizers
    """.split()
)
#: Classes without a module whose `config` is a value.
VALUES = frozenset(
    "__keras_tensor__ __tensor__ __numpy__ __bytes__ __slice__ __ellipsis__ __tuple__ TensorShape".split()
)


#: The objects around a value, the innermost first, and the section `compile_config` in a model.
_Trail = Optional[Tuple["_Trail", Union[str, Mapping[str, "Json"]]]]


def refusals(config: Json) -> Iterator[str]:
    """Yield why a config must not be loaded, a sentence for each cause, which names the layer."""
    if _is_safe(config):
        return
    # Each value with what it is in, and whether it is what `model.compile` was given, in which
    # functions have other names.
    stack: list[tuple[Json, _Trail, bool]] = [(config, None, False)]
    while stack:
        value, trail, compiled = stack.pop()
        if type(value) is list:
            # The last one first, as it comes last from the stack.
            for item in reversed(value):
                if type(item) in CONTAINERS:
                    stack.append((item, trail, compiled))
            continue
        assert type(value) is dict
        cls = value.get("class_name")
        if type(cls) is str:
            if not compiled:
                trail = trail, value
            found = list(_judge(value, compiled))
            if found:
                where = ".".join(_names(trail)[1:]) or cls
                yield from (f"`{where}` {reason}" for reason in found)
                continue
        training = value.get("compile_config")
        for item in reversed(value.values()):
            if type(item) in CONTAINERS:
                if item is training:
                    stack.append((item, (trail, "compile_config"), True))
                else:
                    stack.append((item, trail, compiled))


def _names(trail: _Trail) -> list[str]:
    """Return the names of the objects around a value, the model's first, even if it is empty."""
    steps = []
    while trail is not None:
        trail, step = trail
        steps.append(step)
    names: list[str] = []
    for step in reversed(steps):
        name = step if isinstance(step, str) else name_of(step)
        if name or not names:
            names.append(name)
    return names


def _is_safe(config: Json) -> bool:
    """Whether certainly nothing is wrong with a config, which nearly always is so.

    This does not keep what each object is in, and looks at the same names only once.
    """
    #: By the names of objects the arguments whose text may lead elsewhere.
    leading: dict[object, list[tuple[str, Argument]]] = {}
    for level in levels(config):
        for value in level:
            if type(value) is not dict or "class_name" not in value:
                continue
            cls, own = value["class_name"], value.get("config")
            if type(cls) is not str:
                continue
            names = cls, value.get("module"), value.get("registered_name")
            if not {*map(type, names)} <= _NAMES:
                return False
            if names not in leading:
                if not _has_harmless_names(*names):
                    return False
                leading[names] = _leading(cls)
            if leading[names] and type(own) is dict and any(_strings(cls, own)):
                return False
    return True


#: The types of the names in the config of an object.
_NAMES = frozenset((str, type(None)))


@lru_cache(maxsize=1000)
def _has_harmless_names(cls: str, module: str | None, registered: str | None) -> bool:
    if cls in VALUES:
        return True
    names = {"class_name": cls, "module": module, "registered_name": registered}
    return (
        cls not in ("__lambda__", "__typespec__", "function", *CODE)
        and not is_registered(names)
        and (module is None or (is_keras_s(names) and _is_part(module)))
    )


def name_of(data: Mapping[str, Json]) -> str:
    """The name of a layer or model in a config; empty when it has none."""
    config = data.get("config")
    name = data.get("name") or (config.get("name") if isinstance(config, dict) else None)
    return name if isinstance(name, str) else ""


def is_registered(data: Mapping[str, Json]) -> bool:
    """Whether a config names a class or function that is registered with Keras, as `package>name`, and is none of Keras's.

    Such are looked up among what the user has imported, and nowhere else. Without a `module` the class alone counts.
    """
    cls = data.get("class_name")
    is_named = _has_package(cls)
    if not is_named and "module" in data:
        is_named = _has_package(data.get("registered_name")) or (
            cls == "function" and _has_package(data.get("config"))
        )
    return is_named and not is_keras_s(data)


def _has_package(name: Json) -> bool:
    return isinstance(name, str) and ">" in name


def is_keras_s(data: Mapping[str, Json]) -> bool:
    """Whether a config names a module of Keras."""
    module = data.get("module")
    return isinstance(module, str) and (module == "keras" or module.startswith("keras."))


def _judge(data: Mapping[str, Json], compiled: bool) -> Iterator[str]:
    """What is wrong with one object by itself."""
    cls, module, config = str(data["class_name"]), data.get("module"), data.get("config")
    if cls in VALUES:
        return
    if cls == "__lambda__":
        yield "holds the code of a Python function"
    elif cls == "__typespec__":
        yield f"holds a type of the module `{module}`, which would be imported"
    elif cls == "function":
        yield from _function(data, compiled)
    elif is_registered(data):
        return
    elif cls in CODE:
        yield f"is a `{cls}`: {registry.REFUSED[cls].split(';')[0]}"
    elif module is not None and not is_keras_s(data):
        yield f"is a `{cls}` of the module `{module}`, which would be imported; a class that is registered with Keras needs no module"
    elif module is not None and not _is_part(str(module)):
        yield f"names `{module}.{cls}`, which is no part of a model"
    elif isinstance(config, dict):
        yield from _strings(cls, config)


def _is_part(module: str) -> bool:
    return module == "keras" or re.sub(r"^keras\.(src\.)?", "", module).split(".")[0] in PARTS


def _function(data: Mapping[str, Json], compiled: bool) -> Iterator[str]:
    name, module = data.get("config"), data.get("module")
    # Keras looks a function of `builtins` up among its own and the registered ones.
    by_name = module in (None, "builtins") or (is_keras_s(data) and _is_part(str(module)))
    if is_registered(data) or (by_name and (compiled or name in ACTIVATIONS)):
        return
    of = "" if module in (None, "builtins") else f" of the module `{module}`"
    yield f"names the function `{name}`{of}, which is no activation of Keras"


def _strings(cls: str, config: Mapping[str, Json]) -> Iterator[str]:
    """Yield what is wrong with arguments whose text leads elsewhere."""
    for name, argument in _leading(cls):
        value = config.get(name)
        if (
            isinstance(argument, Function)
            and isinstance(value, str)
            and value not in argument.names
            and ">" not in value
        ):
            yield f"has the activation `{value}`, which is none of Keras's; register a function of your own with Keras"
        if name == "vocabulary" and not (value is None or isinstance(_unwrapped(value), list)):
            yield f"would read its vocabulary from the file `{_unwrapped(value)}`; give it a list of words"


@lru_cache(maxsize=1000)
def _leading(cls: str) -> list[tuple[str, Argument]]:
    """Return the arguments of a layer whose text may lead elsewhere; none for other classes."""
    layer = registry.layer(cls)
    if layer is None or layer.module != "layers":
        return []
    return [
        (name, argument)
        for name, argument in layer.arguments.items()
        if name == "vocabulary" or isinstance(argument, Function)
    ]


def _unwrapped(value: Json) -> Json:
    """A value out of what Keras writes around those that JSON does not have."""
    while isinstance(value, dict):
        config = value.get("config")
        value = (
            value.get("items")
            if "items" in value
            else config.get("value")
            if isinstance(config, dict)
            else None
        )
    return value
