"""The catalogue of layers -> text: what there is, and what one kind takes."""

from __future__ import annotations

import ast
import inspect
import json
from typing import Any

from mergecli.catalog import registry
from mergecli.catalog.arguments import Argument
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer
from mergecli.catalog.registry import spec_name

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


def groups() -> list[tuple[str, list[type[KerasObject]]]]:
    """The families of layers, then the objects that stand in arguments."""
    found: list[tuple[str, list[type[KerasObject]]]] = []
    for family, kinds in registry.families():
        found.append(
            (family.replace("_", " "), [kind for kind in kinds if kind.__name__ != "InputLayer"])
        )
    for role, plural in ROLES.items():
        found.append((plural, list(dict.fromkeys(registry.things(role).values()))))
    return found


def overview() -> str:
    """All kinds by family, a line each."""
    lines = []
    for family, kinds in groups():
        lines.append(family)
        for kind in kinds:
            lines.append(f"  {spec_name(kind):<30} {sentence(kind)}")
        lines.append("")
    return "\n".join(lines)


def find(name: str) -> list[type[KerasObject]]:
    """The kinds of a name: a layer first, then objects by their roles; `metrics.Hinge` is only the metric."""
    module, _, cls = name.rpartition(".")
    objects = [
        kind
        for role in ROLES
        if (kind := registry.things(role).get(cls)) is not None and module in ("", kind.module)
    ]
    layer = registry.layer(name)
    return objects if layer is None else [layer, *objects]


def names() -> list[str]:
    """All short names that `find` knows."""
    return [*registry.layers(), *(name for role in ROLES for name in registry.things(role))]


def facts(kind: type[KerasObject]) -> dict[str, Any]:
    """Everything about a kind, for a program. A required argument has no `default`."""
    arguments = []
    for name, argument in kind.arguments.items():
        entry: dict[str, Any] = {"name": name, "accepts": argument.words}
        if name in kind.defaults:
            entry["default"] = kind.defaults[name]
        if argument.names:
            entry["names"] = list(argument.names)
        arguments.append(entry)
    return {
        "name": spec_name(kind),
        "role": kind.role,
        "description": sentence(kind),
        "aliases": list(kind.aliases),
        "since": getattr(kind, "since", None),
        "shape": getattr(kind, "rule", ""),
        "arguments": arguments,
        "example": example(kind),
    }


def page(kind: type[KerasObject], whole: bool = False) -> str:
    """One kind: its arguments, defaults, what they accept, its shape rule, an example; its `whole` name where it shares the short one."""
    lines = [f"{kind.module + '.' if whole else ''}{spec_name(kind)}: {sentence(kind)}", ""]
    common = [name for name in kind.arguments if name in kind.common and _as_usual(kind, name)]
    # What few people need stands last.
    own = sorted(
        (name for name in kind.arguments if name not in common),
        key=lambda name: name.endswith(LATE),
    )
    width = max(len(name) for name in [*own, "example"])
    for name in own:
        newer = f" (Keras {kind.newer[name]} or newer)" if name in kind.newer else ""
        lines.append(f"  {name:<{width}}  {accepts(kind, name, kind.arguments[name])}{newer}")
    if common:
        lines.append(f"  and as every {kind.role}: {', '.join(common)}")
    lines.append("")
    if issubclass(kind, Layer):
        calls = [name for name in kind.options if name != "training"]
        for word, text in (
            ("shape", kind.rule),
            ("from", _tensors(kind)),
            ("call", ", ".join(calls)),
            ("also", ", ".join(kind.aliases)),
            ("since", f"Keras {kind.since}" if kind.since != "3.8" else ""),
        ):
            if text:
                lines.append(f"  {word:<{width}}  {text}")
    shown = example(kind)
    if shown:
        lines.append(f"  {'example':<{width}}  {shown}")
    return "\n".join(lines).rstrip() + "\n"


def _tensors(kind: type[Layer]) -> str:
    """The names of the tensors of a call, where there are several: `from: {query: x, value: y}`."""
    if not kind.takes:
        return f"{kind.first}; mask where wanted" if kind.masked else ""
    counted = {
        name: f"{name} ({least} or {most})" if least and 1 < most < 10 else name
        for name, (least, most) in kind.takes.items()
    }
    needed, others = (
        [counted[name] for name, (least, _) in kind.takes.items() if bool(least) is want]
        for want in (True, False)
    )
    return ", ".join(needed) + (f"; {', '.join(others)} where wanted" if others else "")


def _as_usual(kind: type[KerasObject], name: str) -> bool:
    """Whether an argument that all of a role have is no other for this kind."""
    base = next(
        base
        for base in kind.__mro__
        if issubclass(base, KerasObject) and base.common and base.abstract
    )
    return kind.arguments[name] is kind.common[name] and kind.defaults.get(
        name
    ) == base.defaults.get(name)


def accepts(kind: type[KerasObject], name: str, argument: Argument) -> str:
    words = argument.words
    if argument.names and not any(f"`{n}`" in words for n in argument.names):
        # Keras knows most of them by two names, and its documentation uses the small ones.
        small = [name for name in argument.names if name.islower()] or list(argument.names)
        some = small if len(small) <= 6 else [*small[:4], "…"]
        words += f" ({', '.join(some)})"
    return words + (
        f"; {text_of(kind.defaults[name])} by default" if name in kind.defaults else "; required"
    )


def sentence(kind: type[KerasObject]) -> str:
    return (inspect.getdoc(kind) or "").split("\n")[0]


def example(kind: type[KerasObject]) -> str:
    """The example of a kind's docstring as a spec has it."""
    for line in (inspect.getdoc(kind) or "").splitlines():
        if line.startswith(">>>") and not line.startswith(">>> from"):
            for node in ast.walk(ast.parse(line[4:])):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == kind.__name__
                ):
                    return f"- {_entry(spec_name(kind), node, kind)}"
    return ""


def _entry(name: str, call: ast.Call, kind: type[KerasObject]) -> str:
    given: dict[str, str] = dict(zip(kind.arguments, map(_argument, call.args)))
    given.update(
        {keyword.arg: _argument(keyword.value) for keyword in call.keywords if keyword.arg}
    )
    if not given:
        return name
    first = next(iter(kind.arguments), "")
    if list(given) == [first] and not given[first].startswith("{"):
        return f"{name}: {given[first]}"
    return f"{name}: {{{', '.join(f'{key}: {value}' for key, value in given.items())}}}"


def _argument(node: ast.expr) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        kinds = find(node.func.id)
        inner = _entry(node.func.id, node, kinds[0]) if kinds else node.func.id
        return f"{{{inner}}}" if ":" in inner else inner
    if isinstance(node, (ast.List, ast.Tuple)):
        return f"[{', '.join(map(_argument, node.elts))}]"
    return text_of(ast.literal_eval(node))


def text_of(value: Any) -> str:
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
