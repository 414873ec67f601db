"""Specs of the models in `keras.applications`, written from their configs by what Keras saves."""

from __future__ import annotations

import inspect
import json
from typing import Any

from mergecli.layers import catalogue

#: Layers of `keras.applications` that are no public layers of Keras, written with public ones of the same shapes and weights.
REPLACED = {
    "LayerScale": "a factor for each channel: EinsumDense without bias",
    "CustomScaleLayer": "a + b * scale: ops.multiply and ops.add",
}


def names() -> list[str]:
    """The constructors of `keras.applications`."""
    import keras

    functions = inspect.getmembers(keras.applications, inspect.isfunction)
    return [name for name, _ in functions if name[0].isupper()]


def build(name: str, /, **arguments: Any) -> Any:
    """A model without weights in memory."""
    import keras

    with keras.StatelessScope(initialize_variables=False):
        return getattr(keras.applications, name)(**{"weights": None, **arguments})


def spec_of(model: Any) -> str:
    """The model as a spec."""
    config = json.loads(model.to_json())["config"]
    inputs: dict[str, Any] = {}
    lines: list[str] = []
    #: What a reference to a nested model means, whose layers are written one by one.
    ends: dict[Any, str] = {}
    for layer in config["layers"]:
        if layer["class_name"] == "InputLayer":
            inputs[layer["config"]["name"]] = {"batch_shape": layer["config"]["batch_shape"], "dtype": layer["config"]["dtype"]}
        else:
            sources = [ends.get(source, source) for source in references(layer["inbound_nodes"][0]["args"])]
            if layer["class_name"] == "Sequential":
                ends[layer["config"]["name"]] = f"{layer['config']['name']}.{layer['config']['layers'][-1]['config']['name']}"
            lines += entry(layer, sources if len(sources) > 1 or isinstance(layer["inbound_nodes"][0]["args"][0], list) else sources[0])
    outputs = config["output_layers"]
    last = [outputs[0]] if isinstance(outputs[0], str) else [output[0] for output in outputs]
    return "\n".join([f"name: {config['name']}", f"inputs: {json.dumps(inputs)}", "layers:", *lines, f"outputs: {json.dumps(last)}"]) + "\n"


def references(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [item for part in value for item in references(part)]
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return [value["config"]["keras_history"][0]]
    return [value]


def entry(layer: dict[str, Any], came: Any) -> list[str]:
    cls, config, name = layer["class_name"], layer["config"], layer["config"]["name"]
    if cls == "Sequential":
        lines = []
        for inner in config["layers"]:
            if inner["class_name"] != "InputLayer":
                lines += entry({**inner, "config": {**inner["config"], "name": f"{name}.{inner['config']['name']}"}}, came)
                came = f"{name}.{inner['config']['name']}"
        return lines
    if cls == "LayerScale":
        shape = layer["build_config"]["input_shape"]
        arguments = {"equation": "abcd,d->abcd", "output_shape": shape[1:], "name": name}
        return written("EinsumDense", arguments, came)
    if cls == "CustomScaleLayer":
        return written("ops.multiply", {"name": f"{name}.scaled"}, [came[1], config["scale"]]) + written(
            "ops.add", {"name": name}, [came[0], f"{name}.scaled"]
        )
    if layer["module"].startswith("keras.src.ops"):
        return written(f"ops.{cls.lower()}", {"name": name}, came)
    return written(cls, {key: plain(value) for key, value in config.items() if told(cls, key, value)}, came)


def told(cls: str, key: str, value: Any) -> bool:
    """Whether an argument of a config differs from the default."""
    kind = catalogue.layers()[cls]
    if key in ("dtype", "synchronized") or key not in kind.arguments:
        return False
    default = kind.defaults.get(key)
    return bool(plain(value) != default and not (isinstance(default, (list, tuple)) and list(default) == value))


def plain(value: Any) -> Any:
    if isinstance(value, dict) and "class_name" in value:
        return {value["class_name"]: {k: plain(v) for k, v in value["config"].items() if v is not None}}
    return value


def written(cls: str, arguments: dict[str, Any], came: Any) -> list[str]:
    return [f"  - {cls}: {json.dumps(arguments)}", f"    from: {json.dumps(came)}"]
