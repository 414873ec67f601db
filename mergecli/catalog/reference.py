"""The catalogue of layers -> text: what there is, and what one class takes."""

from __future__ import annotations

import ast
import inspect
import json
from typing import TYPE_CHECKING, Iterator

from mergecli.catalog import registry
from mergecli.catalog.arguments import Argument
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, spec_name
from mergecli.catalog.versions import NEWEST, OLDEST, Version, is_newer, parse_version, version_text

if TYPE_CHECKING:
    from mergecli.catalog.json_values import JsonDict

#: How the names of arguments end that stand last.
LATE = ("_initializer", "_regularizer", "_constraint")
#: The roles of the objects that stand in arguments, with their plurals.
ROLES = {
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
    "optimizer": "optimizers",
    "optimizer map": "optimizer maps",
    "schedule": "schedules",
    "loss": "losses",
    "metric": "metrics",
}


def groups(version: Version = NEWEST) -> list[tuple[str, list[type[KerasObject]]]]:
    """The families of layers, then the objects that stand in arguments, as a version of Keras has them."""
    found: list[tuple[str, list[type[KerasObject]]]] = []
    for family, classes in registry.families():
        found.append(
            (family.replace("_", " "), [cls for cls in classes if cls.__name__ != "InputLayer"])
        )
    for role, plural in ROLES.items():
        found.append((plural, list(dict.fromkeys(registry.things(role).values()))))
    return [
        (name, [cls for cls in classes if not is_newer(cls.since, version)])
        for name, classes in found
    ]


def overview(version: Version = NEWEST) -> str:
    """All classes by family, a line each."""
    lines = []
    for family, classes in groups(version):
        lines.append(family)
        for cls in classes:
            lines.append(f"  {spec_name(cls):<30} {sentence(cls)}")
        lines.append("")
    return "\n".join(lines)


def find(name: str) -> list[type[KerasObject]]:
    """The classes of a name: a layer first, then objects by their roles; `metrics.Hinge` is only the metric."""
    module, _, short = name.rpartition(".")
    objects = [
        cls
        for role in ROLES
        if (cls := registry.things(role).get(short)) is not None and module in ("", cls.module)
    ]
    layer = registry.layer(name)
    return objects if layer is None else [layer, *objects]


def names() -> list[str]:
    """All short names that `find` knows."""
    return [*registry.layers(), *(name for role in ROLES for name in registry.things(role))]


def facts(cls: type[KerasObject], version: Version = NEWEST) -> JsonDict:
    """Everything about a class in a version of Keras, for a program. A required argument has no `default`."""
    arguments = []
    for name, argument in cls.arguments.items():
        if _is_missing(cls, name, version):
            continue
        entry: JsonDict = {"name": name, "accepts": argument.words}
        if name in cls.newer:
            entry["since"] = cls.newer[name]
        if name in cls.defaults:
            entry["default"] = cls.defaults[name]
        if argument.names:
            entry["names"] = list(argument.names)
        arguments.append(entry)
    return {
        "name": spec_name(cls),
        "role": cls.role,
        "description": sentence(cls),
        "aliases": list(cls.aliases),
        "since": getattr(cls, "since", None),
        "changed": dict(_changes(cls)),
        "shape": getattr(cls, "rule", ""),
        "arguments": arguments,
        "example": example(cls),
    }


def _is_missing(cls: type[KerasObject], argument: str, version: Version) -> bool:
    """Whether a version of Keras does not have an argument."""
    return argument in cls.newer and is_newer(cls.newer[argument], version)


def page(cls: type[KerasObject], whole: bool = False, version: Version = NEWEST) -> str:
    """One class in a version of Keras: its arguments, defaults, what they accept, its shape rule, an example; its `whole` name where it shares the short one."""
    lines = [f"{cls.module + '.' if whole else ''}{spec_name(cls)}: {sentence(cls)}", ""]
    common = [name for name in cls.arguments if name in cls.common and _as_usual(cls, name)]
    # What few people need stands last.
    own = sorted(
        (
            name
            for name in cls.arguments
            if name not in common and not _is_missing(cls, name, version)
        ),
        key=lambda name: name.endswith(LATE),
    )
    width = max(len(name) for name in [*own, "example"])
    for name in own:
        newer = f" (Keras {cls.newer[name]} or newer)" if name in cls.newer else ""
        lines.append(f"  {name:<{width}}  {accepts(cls, name, cls.arguments[name])}{newer}")
    if common:
        lines.append(f"  and as every {cls.role}: {', '.join(common)}")
    lines.append("")
    remarks = _remarks(cls) if issubclass(cls, Layer) else {}
    remarks["since"] = f"Keras {cls.since}" if cls.since != version_text(OLDEST) else ""
    before = (f"before Keras {version}, {rule}" for version, rule in _changes(cls))
    remarks["changed"] = "; ".join(before)
    remarks["example"] = example(cls)
    lines += [f"  {word:<{width}}  {text}" for word, text in remarks.items() if text]
    return "\n".join(lines).rstrip() + "\n"


def _changes(cls: type[KerasObject]) -> Iterator[tuple[str, str]]:
    """Yield the versions that changed a rule of a class, each with what holds before it."""
    for version, rule in cls.changed.items():
        if is_newer(version, parse_version(cls.since)):
            yield version, rule


def _remarks(cls: type[Layer]) -> dict[str, str]:
    """Return what there is to know of a layer besides its arguments; empty where there is nothing."""
    return {
        "shape": cls.rule,
        "from": _tensors(cls),
        "call": ", ".join(name for name in cls.options if name != "training"),
        "also": ", ".join(cls.aliases),
    }


def _tensors(cls: type[Layer]) -> str:
    """The names of the tensors of a call, where there are several: `from: {query: x, value: y}`."""
    if not cls.takes:
        return f"{cls.first}; mask where wanted" if cls.masked else ""
    counted = {
        name: f"{name} ({least} or {most})" if least and 1 < most < 10 else name
        for name, (least, most) in cls.takes.items()
    }
    needed, others = (
        [counted[name] for name, (least, _) in cls.takes.items() if bool(least) is want]
        for want in (True, False)
    )
    return ", ".join(needed) + (f"; {', '.join(others)} where wanted" if others else "")


def _as_usual(cls: type[KerasObject], name: str) -> bool:
    """Whether an argument that all of a role have is no other for this class."""
    base = next(
        base
        for base in cls.__mro__
        if issubclass(base, KerasObject) and base.common and base.abstract
    )
    return cls.arguments[name] is cls.common[name] and cls.defaults.get(name) == base.defaults.get(
        name
    )


def accepts(cls: type[KerasObject], name: str, argument: Argument) -> str:
    words = argument.words
    if argument.names and not any(f"`{n}`" in words for n in argument.names):
        # Keras knows most of them by two names, and its documentation uses the small ones.
        small = [name for name in argument.names if name.islower()] or list(argument.names)
        some = small if len(small) <= 6 else [*small[:4], "…"]
        words += f" ({', '.join(some)})"
    return words + (
        f"; {text_of(cls.defaults[name])} by default" if name in cls.defaults else "; required"
    )


def sentence(cls: type[KerasObject]) -> str:
    return (inspect.getdoc(cls) or "").split("\n")[0]


def example(cls: type[KerasObject]) -> str:
    """The example of a class's docstring as a spec has it."""
    for line in (inspect.getdoc(cls) or "").splitlines():
        if line.startswith(">>>") and not line.startswith(">>> from"):
            for node in ast.walk(ast.parse(line[4:])):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == cls.__name__
                ):
                    return f"- {_entry(spec_name(cls), node, cls)}"
    return ""


def _entry(name: str, call: ast.Call, cls: type[KerasObject]) -> str:
    given: dict[str, str] = dict(zip(cls.arguments, map(_argument, call.args)))
    given.update(
        {keyword.arg: _argument(keyword.value) for keyword in call.keywords if keyword.arg}
    )
    if not given:
        return name
    first = next(iter(cls.arguments), "")
    if list(given) == [first] and not given[first].startswith("{"):
        return f"{name}: {given[first]}"
    return f"{name}: {{{', '.join(f'{key}: {value}' for key, value in given.items())}}}"


def _argument(node: ast.expr) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        classes = find(node.func.id)
        inner = _entry(node.func.id, node, classes[0]) if classes else node.func.id
        return f"{{{inner}}}" if ":" in inner else inner
    if isinstance(node, (ast.List, ast.Tuple)):
        return f"[{', '.join(map(_argument, node.elts))}]"
    return text_of(ast.literal_eval(node))


def text_of(value: object) -> str:
    """A value as YAML writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(text_of, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {text_of(item)}' for key, item in value.items())}}}"
    if isinstance(value, str) and (
        not value or set(value) & set(",[]{}:#&*!|>'\"%@`") or value.strip() != value
    ):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
