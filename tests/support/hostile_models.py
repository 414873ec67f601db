"""Files of models that try to run code or to read other files; `write` puts them into a folder.

Each would leave a file `PWNED`, or open the file `secret.txt`, if what is in it was run or followed.
"""

from __future__ import annotations

import base64
import json
import marshal
import pathlib
import zipfile
from typing import Any, Iterator

Config = dict[str, Any]

COMMAND = "touch PWNED"
SECRET = "secret.txt"


def write(folder: pathlib.Path) -> list[str]:
    """Write all files into a folder, and return their names.

    Args:
        folder: An empty folder. `secret.txt` in it is the file that none of them may read.

    Returns:
        The names of the files, such as `function_subprocess_run.keras`.
    """
    (folder / SECRET).write_text("secret\nwords\n")
    names = []
    for name, config in _configs():
        _archive(folder / f"{name}.keras", config)
        (folder / f"{name}.json").write_text(json.dumps(config))
        _hdf5(folder / f"{name}.h5", config)
        names += [f"{name}.keras", f"{name}.json", f"{name}.h5"]
    _hdf5(folder / "second.h5", _model(_lambda_of_keras_2()), "2.13.1")
    _archive(folder / "second.keras", _model(_lambda()))
    return [*names, "second.h5", "second.keras", *_hdf5_files(folder), *_archives(folder)]


def _configs() -> Iterator[tuple[str, Config]]:
    """Yield configs of models with a name for each."""
    for module, function in (
        ("subprocess", "run"), ("os", "system"), ("builtins", "eval"), ("builtins", "exec"),
        ("keras.utils", "get_file"), ("keras.src.utils.file_utils", "extract_archive"),
        ("keras.models", "load_model"), ("keras.saving", "load_model"), ("keras.saving", "deserialize_keras_object"),
        ("keras.config", "enable_unsafe_deserialization"), ("numpy", "load"), ("shutil", "rmtree"),
        ("keras.applications", "MobileNet"), ("keras.datasets.mnist", "load_data"),
    ):  # fmt: skip
        name = f"{module}_{function}".replace(".", "_")
        for registered in (None, "a>b", f"{module}>{function}"):
            called = {
                "module": module, "class_name": "function", "config": function, "registered_name": registered,
                "name": "f", "inbound_nodes": [{"args": [_argument(function)], "kwargs": {}}],
            }  # fmt: skip
            mark = {None: "plain", "a>b": "registered"}.get(registered, "own")
            yield f"function_{mark}_{name}", _wrapped(called)
        yield f"class_{name}", _wrapped({**called, "class_name": function, "config": {}})
        yield (
            f"layer_{name}",
            _model({"module": module, "class_name": function, "config": {"name": "f"}}),
        )
        reference = {"module": module, "class_name": "function", "config": function}
        yield f"activation_{name}", _model(_dense(activation=reference))
        yield f"initializer_{name}", _model(_dense(kernel_initializer=reference))
        own = {"module": module, "class_name": function, "config": {}, "registered_name": function}
        yield f"regularizer_{name}", _model(_dense(kernel_regularizer=own))
        yield f"policy_{name}", _model(_dense(dtype=own))
        yield (
            f"compile_{name}",
            {
                **_model(_dense()),
                "compile_config": {"optimizer": own, "loss": reference, "metrics": [reference]},
            },
        )
    yield "lambda", _model(_lambda())
    yield "lambda_in_a_model", _model(_layer("Functional", _model(_lambda())["config"]))
    yield "lambda_in_a_wrapper", _model(_layer("TimeDistributed", {"layer": _lambda()}), [5, 3])
    yield "lambda_of_keras_2", _model(_lambda_of_keras_2())
    yield (
        "operation_of_tensorflow",
        _model(
            {
                **_layer("TFOpLambda", {"function": "io.read_file"}),
                "inbound_nodes": [[SECRET, 0, 0, {}]],
            }
        ),
    )
    node = 'name: "a" op: "ReadFile" input: "b"'
    yield "node_of_tensorflow", _model(_layer("TensorFlowOpLayer", {"node_def": node}))
    for cls in ("StringLookup", "IntegerLookup", "TextVectorization"):
        yield f"vocabulary_{cls}", _model(_layer(cls, {"vocabulary": SECRET}))
        path = {"class_name": "function", "module": "builtins", "config": "eval"}
        extra = {"standardize": path, "split": path} if cls == "TextVectorization" else {}
        yield f"callables_{cls}", _model(_layer(cls, {"vocabulary": ["a"], **extra}))
    yield "serialized_lambda", _model(_dense(activation=_code()))
    yield "initial_value", _model(_dense(kernel_initializer={"class_name": "__numpy__", "config": {"value": SECRET, "dtype": "object"}}))  # fmt: skip


def _argument(function: str) -> Any:
    if function in ("load_model", "load", "rmtree", "extract_archive"):
        return "second.h5" if function == "load_model" else SECRET
    if function == "eval":
        return f"__import__('os').system({COMMAND!r})"
    return COMMAND.split() if function == "run" else COMMAND


def _layer(cls: str, config: Config) -> Config:
    return {
        "module": "keras.layers", "class_name": cls, "registered_name": None,
        "config": {"name": "l", **config}, "name": "l",
    }  # fmt: skip


def _dense(**config: Any) -> Config:
    return _layer("Dense", {"units": 3, **config})


def _code() -> Config:
    function = compile(f"lambda x: (__import__('os').system({COMMAND!r}), x)[1]", "f", "eval")
    code = next(part for part in function.co_consts if hasattr(part, "co_code"))
    text = base64.b64encode(marshal.dumps(code)).decode()
    return {"class_name": "__lambda__", "config": {"code": text, "defaults": None, "closure": None}}


def _lambda() -> Config:
    return _layer("Lambda", {"function": _code()})


def _lambda_of_keras_2() -> Config:
    code = _code()["config"]["code"]
    return _layer(
        "Lambda",
        {"function": [code, None, None], "function_type": "lambda", "module": "__main__"},
    )


def _input(name: str, shape: list[int]) -> Config:
    return {
        "module": "keras.layers", "class_name": "InputLayer", "registered_name": None, "name": name,
        "config": {"batch_shape": [None, *shape], "dtype": "float32", "name": name}, "inbound_nodes": [],
    }  # fmt: skip


def _tensor(name: str, shape: list[int]) -> Config:
    config = {"shape": [None, *shape], "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def _functional(name: str, layers: list[Config], start: str, end: str) -> Config:
    return {
        "module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
        "config": {"name": name, "trainable": True, "layers": layers, "input_layers": [[start, 0, 0]], "output_layers": [[end, 0, 0]]},
    }  # fmt: skip


def _model(layer: Config, shape: list[int] | None = None) -> Config:
    """Return the config of a model of one layer."""
    shape = shape or [3]
    name = layer.setdefault("name", layer["config"]["name"])
    layer.setdefault("inbound_nodes", [{"args": [_tensor("i", shape)], "kwargs": {}}])
    return _functional("m", [_input("i", shape), layer], "i", name)


def _wrapped(layer: Config) -> Config:
    """Return the config of a model with a layer in a model in a wrapper."""
    inner = _functional("inner", [_input("a", [3]), layer], "a", "a")
    return _model(_layer("TimeDistributed", {"layer": inner}), [5, 3])


def _archive(path: pathlib.Path, config: Config, **others: bytes) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", '{"keras_version": "3.8.0"}')
        file.writestr("config.json", json.dumps(config))
        if "model.weights.h5" not in others:
            file.writestr("model.weights.h5", b"")
        for name, data in others.items():
            file.writestr(name, data)


def _hdf5(path: pathlib.Path, config: Config, version: str = "3.8.0") -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = version
        file.create_group("model_weights").attrs["layer_names"] = []


def _hdf5_files(folder: pathlib.Path) -> Iterator[str]:
    """Write HDF5 files whose weights lie elsewhere."""
    import h5py

    config = _model(_dense())
    with h5py.File(folder / "other.h5", "w") as file:
        file.create_dataset("d", data=[[1.0] * 3] * 3)

    def start(name: str) -> Any:
        _hdf5(folder / name, config)
        file = h5py.File(folder / name, "a")
        weights = file["model_weights"]
        weights.attrs["layer_names"] = ["l"]
        group = weights.create_group("l")
        group.attrs["weight_names"] = ["kernel", "bias"]
        group.create_dataset("bias", data=[0.0] * 3)
        return file, group

    file, group = start("external_link.h5")
    group["kernel"] = h5py.ExternalLink("other.h5", "/d")
    file.close()
    yield "external_link.h5"
    file, group = start("soft_link.h5")
    group["kernel"] = h5py.SoftLink("/model_weights/l/bias")
    file.close()
    yield "soft_link.h5"
    file, group = start("external_storage.h5")
    size = (3, 3)
    group.create_dataset("kernel", size, "f4", external=[(str(folder / SECRET), 0, 36)])
    file.close()
    yield "external_storage.h5"
    file, group = start("virtual.h5")
    layout = h5py.VirtualLayout(size, "f4")
    layout[...] = h5py.VirtualSource(str(folder / "other.h5"), "d", size)
    group.create_virtual_dataset("kernel", layout)
    file.close()
    yield "virtual.h5"


def _archives(folder: pathlib.Path) -> Iterator[str]:
    """Write archives with entries that lead out of them."""
    config = _model(_layer("StringLookup", {"vocabulary_size": 3}))
    for number, place in enumerate(("../PWNED", "/tmp/PWNED", "assets/layers/../../../PWNED")):
        name = f"entry_{number}.keras"
        _archive(folder / name, config, **{place: b"a\nb\n"})
        yield name
