"""Network -> the Python code that a user of Keras would have written: imports, a line for each layer, the model."""

from __future__ import annotations

import builtins
import keyword
import re
from types import EllipsisType
from typing import TYPE_CHECKING, Callable, Mapping, NamedTuple, Sequence

from mergecli.catalog.custom import Custom
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, snake_case
from mergecli.catalog.layers.core import InputLayer
from mergecli.catalog.list_arguments import Size
from mergecli.exporters.masks import makes_masks, taken_names
from mergecli.exporters.python.code_printer import (
    Expression,
    Group,
    Item,
    call,
    comment,
    is_name,
    keywords,
    laid_out,
    listing,
    literal,
    mapping,
)
from mergecli.exporters.yaml.values import (
    Inexpressible,
    function_call,
    in_order,
    is_operation,
    known,
)
from mergecli.importers.modules import CustomLayers, layers_of
from mergecli.ir.constants import ConstantArray, nested
from mergecli.ir.graph import Call, Network, TrainingConfig, Value
from mergecli.ir.naming import scope_name, unique_name
from mergecli.ir.subgraph_layers import Placeholder, SubgraphLayer, held_model

if TYPE_CHECKING:
    from mergecli.catalog.operations.operation import Operation


#: Names that no variable may take.
_TAKEN = {
    *keyword.kwlist,
    *dir(builtins),
    "keras",
    "layers",
    "ops",
    "model",
    "named",
    "name",
    "sys",
    "result",
}
#: The longest name of a variable.
_LONGEST = 32
#: From how many calls on Keras may recurse deeper than Python allows.
_DEEP = 250

_NAMED = '''def named(name, result):
    """Name the operation that gives a result: Keras has no argument for it."""
    keras.tree.flatten(result)[0]._keras_history.operation.name = name
    return result
'''


class _Symbol(NamedTuple):
    """A tensor in the code."""

    text: Expression
    shape: object


def python(
    network: Network, homes: Mapping[str, str] | None = None, modules: Sequence[str] = ()
) -> str:
    """The code; running it gives `model`, with initial weights.

    `homes` are the modules of the user's layers by their class names, `modules` all of the user's modules.

    Raises:
        Inexpressible: there is no code for one of its layers, which the message names.
    """
    return _Script(network, homes or {}, modules).text()


def export(network: Network, custom_layers: CustomLayers) -> str:
    """Return the code, which imports the user's layers from their modules.

    Raises:
        Inexpressible: There is no code for one of its layers, which the message names.
    """
    homes = {
        name: module for module in custom_layers.modules for name in layers_of((module,)).names
    }
    return python(network, homes, custom_layers.modules)


def lost_weights(network: Network) -> list[str]:
    """The files of which the network has weights that the code does not have."""
    result: dict[str, None] = {}
    for node in network.parts():
        model = held_model(node.layer)
        if model is not None:
            result.update(dict.fromkeys(lost_weights(model.network)))
        elif node.saved is not None and node.saved.part.has_weights:
            part = node.saved.part
            result[part.weights_path or part.name] = None
    return list(result)


class _Script:
    """A whole file: what the bodies of its models share."""

    def __init__(self, network: Network, homes: Mapping[str, str], modules: Sequence[str]) -> None:
        self.network, self.homes, self.modules = network, homes, modules
        self.functions: list[str] = []
        self.taken = {*_TAKEN, *(name for name in homes if is_name(name))}
        #: How many operations of a class there are: Keras numbers those that have no name.
        self.counts: dict[str, int] = {}
        self.imports: dict[str, None] = {}
        self.registered: dict[str, None] = {}
        self.naming = False
        #: Masks are made by operations, too, and these are counted.
        self.masks = makes_masks(network)

    def text(self) -> str:
        network = self.network
        body = _Body(self, network, 0)
        lines = [*body.lines, "", *self.model("model = ", body, scope_name(network.graph.name), 0)]
        if network.training is not None:
            lines.append(laid_out("", call("model.compile", **_training(network.training))))
        code = "\n".join(lines)
        head = [f"# The model {_quoted(network.graph.name)}, written by mergecli."]
        head += [
            f"# The weights that {_quoted(name)} holds are not in this code."
            for name in lost_weights(network)
        ]
        if self.registered and not self.modules:
            head.append(
                f"# Import what registers {', '.join(map(_quoted, self.registered))} with Keras."
            )
        calls = _count(network)
        head += ["", *(["import sys", ""] if calls > _DEEP else []), "import keras"]
        used = [
            name
            for name in ("layers", "ops")
            if re.search(rf"\b{name}\.", "\n".join([code, *self.functions]))
        ]
        head += [f"from keras import {', '.join(used)}"] if used else []
        own = [
            f"import {module}"
            for module in self.modules
            if self.registered and all(map(is_name, module.split(".")))
        ]
        head += ["", *sorted([*own, *self.imports])] if own or self.imports else []
        if calls > _DEEP:
            head += [
                "",
                "# Keras walks through a model by recursion.",
                f"sys.setrecursionlimit({4 * calls + 1000})",
            ]
        functions = [*([_NAMED] if self.naming else []), *self.functions]
        head += _reserved(taken_names(network))
        blocks = ["\n".join(head) + "\n", *functions]
        run = 'if __name__ == "__main__":\n    model.summary()\n'
        return "\n\n".join(blocks) + ("\n\n" if functions else "\n") + code + "\n\n" + run

    def model(self, lead: str, body: _Body, name: str, indent: int) -> list[str]:
        """The line that makes the model of a body."""
        outputs = body.network.graph.outputs
        flat = [text for target in outputs.targets for text in body.tensors(target)]
        ends: Expression = listing(flat)
        if outputs.names is not None:
            result = {
                key: body.tensors(target) for key, target in zip(outputs.names, outputs.targets)
            }
            ends = mapping(
                {
                    key: parts[0] if len(parts) == 1 else listing(parts)
                    for key, parts in result.items()
                }
            )
        elif outputs.single and len(flat) == 1:
            ends = flat[0]
        starts = [body.variables[index] for index in body.network.graph.inputs]
        inputs: Expression = starts[0] if len(starts) == 1 else listing(starts)
        return [
            laid_out(
                lead,
                call("keras.Model", inputs=inputs, outputs=ends, name=literal(name)),
                indent,
            )
        ]

    def wrapped(self, layer: SubgraphLayer) -> Expression:
        """What makes a model that a layer applies."""
        name = scope_name(layer.network.graph.name)
        return call(self.nested(layer, name, "which a layer applies"))

    def nested(
        self, layer: SubgraphLayer, name: str, role: str = "which is one layer of another"
    ) -> str:
        """A function that makes a model that has a role in another; gives its name."""
        function = unique_name(f"make_{_variable(name)}", self.taken.__contains__)
        self.taken.add(function)
        taken, self.taken = self.taken, set(self.taken)
        body = _Body(self, layer.network, 4)
        lines = [
            f"def {function}():",
            f"    # The model {_quoted(name)}, {role}.",
            *body.lines,
        ]
        if lines[-1] and body.lines:
            lines.append("")
        lines += self.model("return ", body, name, 4)
        self.taken = taken
        self.functions.append("\n".join(lines) + "\n")
        return function

    def custom(self, layer: Custom, node: Call, name: str) -> Expression:
        """What makes a layer of the user's."""
        if layer.config is not None:
            # Keras's `deserialize` would import the module that the file names.
            self.registered[node.cls] = None
            registered = f"keras.saving.get_registered_object({literal(node.cls)})"
            return call(
                f"{registered}.from_config", _value({**layer.config["config"], "name": name})
            )
        cls = node.cls.rpartition(">")[2]
        home = self.homes.get(cls)
        function: Expression = cls
        if home is not None and is_name(cls) and all(map(is_name, home.split("."))):
            self.imports[f"from {home} import {cls}"] = None
        else:
            self.registered[node.cls] = None
            function = call("keras.saving.get_registered_object", literal(node.cls))
        arguments = {key: _value(value) for key, value in layer.explicit.items() if key != "name"}
        return call(function, **{**arguments, "name": literal(name)})

    def operation(self, layer: Operation, name: str, arguments: Sequence[object]) -> Group:
        """The call of a function of `keras.ops`, named where Keras would call the operation otherwise.

        Raises:
            Inexpressible: An argument depends on a shape that is not known.
        """
        values, named = function_call(layer, name, arguments)
        named = {key: value for key, value in named.items() if not _is_default(layer, key, value)}
        items = {key: _value(value) for key, value in named.items()}
        made: Group
        tensor, key = values[0], named.get("key")
        if (
            layer.uses_brackets
            and len(values) == 1
            and isinstance(tensor, _Symbol)
            and isinstance(key, (list, tuple))
            and len(key) > 1
        ):
            made = Group(tensor.text, "[]", tuple(Item("", _index(item)) for item in key))
        else:
            made = call(layer.keras_name, *map(_value, values), **items)
        own = snake_case(type(layer).__name__)
        number = self.counts.get(own, 0)
        self.counts[own] = number + 1
        if name == (f"{own}_{number}" if number else own) and not self.masks:
            return made
        self.naming = True
        return call("named", literal(name), made)


class _Body:
    """The lines of one model, and the variables in which they keep what its nodes give."""

    def __init__(self, script: _Script, network: Network, indent: int) -> None:
        self.script, self.network, self.indent = script, network, indent
        self.lines: list[str] = []
        self.variables: dict[int, str] = {}
        #: The variables that hold layers, by the nodes that own these.
        self.layers: dict[int, str] = {}
        self.made: set[int] = set()
        self.parts = network.parts()
        self.groups = self._groups()
        self.called: dict[int, int] = {}
        for node in self.parts:
            self.called[self.owner(node)] = self.called.get(self.owner(node), 0) + 1
        self._name()
        self._write()

    def owner(self, node: Call) -> int:
        return node.index if node.owner is None else node.owner

    def _groups(self) -> dict[int, str]:
        """The section to which each node belongs: its branch, the merge, the head, or the whole."""
        graph = self.network.graph
        groups, merged = {}, False
        for node in self.parts:
            merged = merged or node.index == graph.merge
            name = f"branch {_plain(node.branch)}" if node.branch is not None else ""
            if node.branch is not None and node.branch not in graph.branches:
                name = f"head {_plain(node.branch)}"
            elif node.branch is None and graph.branches:
                name = "merge" if node.index == graph.merge else "head"
            groups[node.index] = name
        return groups

    def _name(self) -> None:
        """Let a section pass its tensors on in one variable; what is needed later has one of its own."""
        place = {node.index: number for number, node in enumerate(self.parts)}
        last = dict(place)
        for node in self.parts:
            for parent in node.parents:
                last[parent] = max(last[parent], place[node.index])
        for target in self.network.graph.outputs.targets:
            last[target.producer] = len(self.parts)
        following: dict[int, float] = {}
        later: dict[str, int] = {}
        for node in reversed(self.parts):
            if node.index not in self.network.graph.inputs:
                key = self._running(node)
                following[node.index] = later.get(key, float("inf"))
                later[key] = place[node.index]
        taken = self.script.taken
        running: dict[str, str] = {}
        for node in self.parts:
            key = self._running(node)
            if node.index in following and key not in running:
                running[key] = unique_name(_variable(key, "x"), taken.__contains__)
                taken.add(running[key])
        for node in self.parts:
            owns = node.owner is None and node.index not in self.network.graph.inputs
            if owns and (self.called[node.index] > 1 or _sets_trainable(node)):
                self.layers[node.index] = self._new(
                    f"{node.name}_layer" if self.called[node.index] == 1 else node.name
                )
        for node in self.parts:
            if last[node.index] <= following.get(node.index, -1):
                self.variables[node.index] = running[self._running(node)]
            else:
                self.variables[node.index] = self._new(node.name)

    def _running(self, node: Call) -> str:
        return node.branch if node.branch is not None else ""

    def _new(self, wanted: str) -> str:
        name = unique_name(_variable(wanted), self.script.taken.__contains__)
        self.script.taken.add(name)
        return name

    def _write(self) -> None:
        section = None
        graph = self.network.graph
        for node in self.parts:
            group = self.groups[node.index]
            if group != section and (group or section):
                blank = [""] if self.lines else []
                self.lines += [*blank, f"{' ' * self.indent}# {group[0].upper()}{group[1:]}"]
            section = group
            if node.index in graph.inputs:
                if node.layer is None:
                    raise Inexpressible(f"`{node.name}` does not tell its shape")
                self.put(
                    self.variables[node.index], call("keras.Input", **_given(node.layer, node.name))
                )
            else:
                self._node(node)

    def put(self, target: str, expression: Expression, trailing: str = "") -> None:
        self.lines.append(laid_out(f"{target} = ", expression, self.indent, trailing))

    def _node(self, node: Call) -> None:
        layer, owner = node.layer, self.owner(node)
        if layer is None:
            try:
                layer = known(node)
            except Inexpressible as problem:
                raise Inexpressible(f"`{node.name}`: {problem}") from None
        made: Expression
        if is_operation(layer):
            symbols = [
                _Symbol(text, tensor.shape)
                for target in node.sources or ()
                for text, tensor in zip(self.operands(target), self.network.tensors(target))
            ]
            made = self.script.operation(layer, node.name, symbols)
        else:
            if owner in self.made:
                expression: Expression = self.layers[owner]
            else:
                expression = self.make(node, self.network.graph.nodes[owner].name)
                self.made.add(owner)
                if owner in self.layers:
                    self.put(self.layers[owner], expression)
                    expression = self.layers[owner]
            made = Group(expression, "()", tuple(self.arguments(node)))
        if _nests(node, len(self.network.results[node.index])):
            made = call("keras.tree.flatten", made)
        self.put(self.variables[node.index], made, _single(node, self.network))
        if _sets_trainable(node) and node.owner is None:
            self.lines.append(f"{' ' * self.indent}{self.layers[node.index]}.trainable = False")

    def make(self, node: Call, name: str) -> Expression:
        """What makes the layer of a node."""
        layer = node.layer
        assert layer is not None
        if isinstance(layer, SubgraphLayer):
            return call(self.script.nested(layer, name))
        if isinstance(layer, Custom):
            return self.script.custom(layer, node, name)
        without = ("trainable",) if _sets_trainable(node) else ()
        return _object(layer, name, without, self.script.wrapped)

    def operands(self, target: Value) -> Sequence[Expression]:
        """What an operation takes: tensors, or a number, or an array."""
        if isinstance(target.constant, ConstantArray):
            values, dtype = _value(nested(target.constant.values)), literal(target.constant.dtype)
            return [call("ops.convert_to_tensor", values, dtype=dtype)]
        return self.tensors(target)

    def tensors(self, target: Value) -> list[str]:
        """The tensors for which a target stands."""
        if target.constant is not None:
            return [literal(target.constant)]
        node, variable = self.network.graph.nodes[target.producer], self.variables[target.producer]
        results = self.network.results[target.producer]
        if isinstance(node.layer, Custom):
            return [
                variable
                if target.result is None
                else f"keras.tree.flatten({variable})[{target.result}]"
            ]
        if isinstance(node.layer, SubgraphLayer):
            every = _results_of(node.layer.network, variable)
        else:
            every = (
                [f"{variable}[{number}]" for number in range(len(results))]
                if len(results) > 1
                else [variable]
            )
        return every if target.result is None else [every[target.result]]

    def arguments(self, node: Call) -> list[Item]:
        """Return what a layer is called on.

        Raises:
            Inexpressible: It is called without a tensor.
        """
        result = [self.tensors(target) for target in node.sources or ()]
        options = {name: _value(value) for name, value in node.options.items()}
        if node.keywords and isinstance(node.layer, Custom):
            return _own_arguments(dict(zip(node.keywords, result)), options)
        if node.keywords:
            grouped: dict[str, list[str]] = {}
            for name, tensors in zip(node.keywords, result):
                grouped.setdefault(name, []).extend(tensors)
            named = {name: _one_or_list(tensors) for name, tensors in grouped.items()}
            return [*keywords({**named, **options})]
        flat = [text for tensors in result for text in tensors]
        if not flat:
            raise Inexpressible(f"`{node.name}` is called without a tensor")
        first = listing(flat) if node.listed else _one_or_list(flat)
        return [Item("", first), *keywords(options)]


def _one_or_list(tensors: Sequence[str]) -> Expression:
    """Return a single tensor as it is, and several as a list."""
    return listing(tensors) if len(tensors) > 1 else tensors[0]


def _own_arguments(
    tensors: Mapping[str, Sequence[str]], options: Mapping[str, Expression]
) -> list[Item]:
    """Return what one of the user's layers is called on; arguments without names come first."""
    arguments: dict[str, Expression] = {name: result[0] for name, result in tensors.items()}
    arguments.update(options)
    places = [name for name in arguments if name == "inputs" or name.startswith("argument ")]
    named = {name: value for name, value in arguments.items() if name not in places}
    return [*(Item("", arguments[name]) for name in places), *keywords(named)]


def _results_of(network: Network, variable: str) -> list[str]:
    """What a call of a nested model gives, each tensor alone, in the order in which Keras counts them."""
    outputs = network.graph.outputs
    many = [len(network.tensors(target)) for target in outputs.targets]
    if outputs.names is not None:
        result = []
        for name, count in sorted(zip(outputs.names, many)):
            text = f"{variable}[{literal(name)}]"
            result += [text] if count == 1 else [f"{text}[{number}]" for number in range(count)]
        return result if len(result) > 1 else [variable]
    return [f"{variable}[{number}]" for number in range(sum(many))] if sum(many) > 1 else [variable]


def _single(node: Call, network: Network) -> str:
    """How to get at the only result of a call where it comes in a list or a dictionary."""
    if isinstance(node.layer, SubgraphLayer):
        outputs = node.layer.network.graph.outputs
        if sum(len(node.layer.network.tensors(target)) for target in outputs.targets) > 1:
            return ""
        return (
            f"[{literal(outputs.names[0])}]"
            if outputs.names is not None
            else ""
            if outputs.single
            else "[0]"
        )
    layer = node.layer
    assert layer is not None
    listed = layer.passes_lists and node.listed
    return "[0]" if len(network.results[node.index]) == 1 and (listed or layer.gives_list) else ""


def _nests(node: Call, results: int) -> bool:
    """Whether what a call gives are tensors in lists in lists."""
    if results == 1 or node.layer is None or node.layer.family != "rnn":
        return False
    inner = getattr(node.layer, "layer", None)
    return not (inner if isinstance(inner, Layer) else node.layer).flat_states


def _sets_trainable(node: Call) -> bool:
    """Whether a layer is frozen only once it is there, with all that is in it."""
    layer = node.layer
    if layer is None or not layer.frozen or node.owner is not None:
        return False
    inner = any(
        isinstance(item, Layer)
        for value in layer.explicit.values()
        for item in (value if isinstance(value, list) else [value])
    )
    return (
        inner
        or isinstance(layer, (Custom, SubgraphLayer, Placeholder))
        or layer.family in ("rnn", "attention")
    )


#: Returns what makes the model in a layer.
Models = Callable[[SubgraphLayer], Expression]


def _no_model(model: SubgraphLayer) -> Expression:
    raise Inexpressible(f"a `{type(model).__name__}` is an argument of another layer")


def _object(
    layer: KerasObject,
    name: str | None,
    without: Sequence[str] = (),
    models: Models = _no_model,
) -> Group:
    """What makes an object; a first argument that is required stands without its name."""
    where = layer.module if layer.module == "layers" else f"keras.{layer.module}"
    arguments = _given(layer, name, without, models)
    first = next(iter(type(layer).required), None)
    values = [arguments.pop(first)] if first in arguments else []
    return call(f"{where}.{type(layer).__name__}", *values, **arguments)


def _given(
    layer: KerasObject,
    name: str | None,
    without: Sequence[str] = (),
    models: Models = _no_model,
) -> dict[str, Expression]:
    """The arguments of an object that are not the default, and its name."""
    result = {}
    for key in in_order(layer):
        value = layer.explicit[key]
        if (
            (key != "name" or name is None)
            and key not in without
            and not _is_default(layer, key, value)
        ):
            argument = layer.arguments[key]
            sized = isinstance(argument, Size) or (
                isinstance(layer, InputLayer) and key in ("shape", "batch_shape")
            )
            value = tuple(value) if sized and isinstance(value, list) else value
            result[key] = _value(value, models)
    if name is not None:
        result["name"] = literal(name)
    return result


def _is_default(layer: KerasObject, key: str, value: object) -> bool:
    # Of these Keras tells in some configs what was said, and nothing where nothing was.
    if (
        key not in layer.defaults
        or isinstance(value, KerasObject)
        or key in ("autocast", "activity_regularizer")
    ):
        return False
    default = layer.defaults[key]
    if type(value) is type(default) and value == default:
        return True
    argument = layer.arguments[key]
    return (
        isinstance(argument, Size)
        and value is not None
        and default is not None
        and argument.check(value) == argument.check(default)
    )


def _value(value: object, models: Models = _no_model) -> Expression:
    """A value of an argument."""
    if isinstance(value, _Symbol):
        return value.text
    if isinstance(value, SubgraphLayer):
        return models(value)
    if isinstance(value, Custom):
        raise Inexpressible(f"a `{type(value).__name__}` is an argument of another layer")
    if isinstance(value, KerasObject):
        # Within an object Keras numbers names over the whole process, unless they are given.
        own = value.explicit.get("name")
        return _object(
            value,
            own
            or (snake_case(type(value).__name__) if value.role in ("layer", "metric") else None),
            models=models,
        )
    if isinstance(value, (list, tuple)):
        return listing(map(_value, value), "[]" if isinstance(value, list) else "()")
    if isinstance(value, Mapping):
        return mapping({key: _value(item) for key, item in value.items()})
    if isinstance(value, slice):
        ends = (value.start, value.stop, value.step)
        return call(
            "slice", *(literal(end) for end in (ends if value.step is not None else ends[:2]))
        )
    return "..." if isinstance(value, EllipsisType) else literal(value)


def _index(item: object) -> str:
    """Return what is in brackets after a tensor."""
    if not isinstance(item, slice):
        return "..." if isinstance(item, EllipsisType) else literal(item)
    start, stop, step = (
        "" if end is None else str(end) for end in (item.start, item.stop, item.step)
    )
    return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"


def _training(training: TrainingConfig) -> dict[str, Expression]:
    arguments = {
        name: value
        for name, value in training._asdict().items()
        if name != "options" and value is not None
    }
    return {name: _value(value) for name, value in {**arguments, **training.options}.items()}


def _reserved(names: Mapping[str, int]) -> list[str]:
    """Return the lines after which Keras does not give some automatic names, each with its count."""
    if not names:
        return []
    text = laid_out("for name, count in ", mapping({n: str(c) for n, c in names.items()}))
    return [
        "",
        "# Keras makes masks with functions, whose names must not be those of layers.",
        f"{text}.items():",
        "    for _ in range(count):",
        "        keras.backend.get_uid(name)",
    ]


def _count(network: Network) -> int:
    """The calls of a network and of the models in it."""
    models = (held_model(node.layer) for node in network.parts())
    inner = sum(_count(model.network) for model in models if model is not None)
    return len(network.parts()) + inner


def _variable(name: str, default: str = "tensor") -> str:
    """A name of the spec as that of a variable.

    >>> _variable("Input_a"), _variable("1st layer"), _variable("block-2/conv"), _variable("größe"), _variable("")
    ('input_a', 'tensor_1st_layer', 'block_2_conv', 'gr_e', 'tensor')
    """
    result = re.sub(r"[^a-z0-9]+", "_", name.lower())[:_LONGEST].strip("_")
    result = "inputs" if result == "input" else result
    return result if result[:1].isalpha() else f"{default}_{result}" if result else default


def _plain(name: str) -> str:
    """A name in a comment, in quotes unless it is a plain word."""
    return name if re.fullmatch("[A-Za-z0-9_]+", name) else literal(name)


def _quoted(name: str) -> str:
    return comment(literal(name))
