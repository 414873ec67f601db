"""What in a saved model's config would run code when Keras loads it, or lead it out of the file.

Keras loads what a config names: a class of any module in versions before 3.9 (CVE-2025-1550), functions of its own such as
`get_file` (CVE-2025-8747), and vocabularies from any path (CVE-2025-12058). Here names are only compared.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Iterator, Mapping

from mergecli.catalog import registry
from mergecli.catalog.fields import ACTIVATIONS, Function

if TYPE_CHECKING:
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


def refusals(value: Json, path: tuple[str, ...] = (), compiled: bool = False) -> Iterator[str]:
    """Why a config is not to be loaded, one sentence for each cause, which names the layer.

    `path` are the names of what it stands in, the model's first; `compiled` tells that it is what `model.compile` was given,
    in which functions have other names.
    """
    if isinstance(value, list):
        for item in value:
            # Most are numbers and strings, for which a generator would be started in vain.
            if isinstance(item, (dict, list)):
                yield from refusals(item, path, compiled)
    elif isinstance(value, dict):
        if isinstance(value.get("class_name"), str):
            if not compiled:
                path = (*path, name_of(value)) if name_of(value) or not path else path
            found = list(_judge(value, compiled))
            if found:
                where = ".".join(path[1:]) or value["class_name"]
                yield from (f"`{where}` {reason}" for reason in found)
                return
        for key, item in value.items():
            if not isinstance(item, (dict, list)):
                continue
            within = key == "compile_config"
            yield from refusals(item, (*path, key) if within else path, compiled or within)


def name_of(data: Mapping[str, Json]) -> str:
    """The name of a layer or model in a config; empty when it has none."""
    config = data.get("config")
    name = data.get("name") or (config.get("name") if isinstance(config, dict) else None)
    return name if isinstance(name, str) else ""


def is_registered(data: Mapping[str, Json]) -> bool:
    """Whether a config names a class or function that is registered with Keras, as `package>name`, and is none of Keras's.

    Such are looked up among what the user has imported, and nowhere else. Without a `module` the class alone counts.
    """
    names = [data.get("class_name")]
    if "module" in data:
        names += [
            data.get("registered_name"),
            data.get("config") if data.get("class_name") == "function" else None,
        ]
    return any(isinstance(name, str) and ">" in name for name in names) and not is_keras_s(data)


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
        yield from _texts(cls, config)


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


def _texts(cls: str, config: Mapping[str, Json]) -> Iterator[str]:
    """Arguments whose text leads elsewhere."""
    kind = registry.layer(cls)
    if kind is None or kind.module != "layers":
        return
    for name, argument in kind.arguments.items():
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
