"""A functional model that grows call by call, with the names and the order that Keras gives its layers."""

from __future__ import annotations

from typing import Mapping

from mergecli.catalog import registry
from mergecli.catalog.aliases import activation_name
from mergecli.catalog.layer import Layer, snake_case
from mergecli.catalog.layers.activations import Activation
from mergecli.catalog.layers.convolutional import Conv2D, DepthwiseConv2D, SeparableConv2D
from mergecli.catalog.layers.core import InputLayer
from mergecli.catalog.layers.normalization import BatchNormalization
from mergecli.catalog.layers.reshaping import ZeroPadding2D
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.importers.keras.saved_model import Origin, Saved, SavedCall


class Net:
    """A model that begins with one input. Results are numbers; `here` is what the next layer is applied to by default."""

    def __init__(self, shape: Shape, counts: dict[str, int] | None = None) -> None:
        self.calls: list[SavedCall] = []
        self.parents: list[tuple[int, ...]] = []
        self.shapes: list[Shape] = []
        self.counts: dict[str, int] = {} if counts is None else counts
        self.here = 0
        layer = InputLayer(shape=list(shape))
        self._put(SavedCall(self.free("InputLayer"), "InputLayer", layer), (), (None, *shape))

    @property
    def shape(self) -> Shape:
        """The shape of the result `here`."""
        return self.shapes[self.here]

    @property
    def channels(self) -> int:
        """The last axis of the result `here`.

        Raises:
            ShapeError: Its size is not known, which Keras needs, too.
        """
        size = self.shape[-1]
        if size is None:
            raise ShapeError("needs a known number of channels")
        return size

    def free(self, cls: str) -> str:
        """The name that Keras gives the next object of a class; objects that are named do not count."""
        name = snake_case(cls)
        count = self.counts.get(name, 0)
        self.counts[name] = count + 1
        return f"{name}_{count}" if count else name

    # Any layer. ------------------------------------------------------------------------------------------------------

    def add(
        self, kind: type[Layer], name: str | None = None, of: int | None = None, **arguments: object
    ) -> int:
        """Apply a new layer to one result. Arguments may be the defaults; they stand in the order of Keras's configs."""
        return self.join(kind, name, (self.here if of is None else of,), False, **arguments)

    def join(
        self,
        kind: type[Layer],
        name: str | None,
        of: tuple[int, ...],
        listed: bool = True,
        **arguments: object,
    ) -> int:
        """Apply a new layer to a list of results."""
        layer = _brief(kind(**arguments))
        return self._put(
            SavedCall(
                name or self.free(kind.__name__), kind.__name__, layer, 0, self._origins(of), listed
            ),
            of,
        )

    def operate(self, function: str, *of: int | float, name: str | None = None) -> int:
        """Apply a function of `keras.ops` to results and to plain numbers, which are floats."""
        kind = registry.layer(f"ops.{function}")
        assert kind is not None
        return self._put(
            SavedCall(
                name or self.free(kind.__name__), f"ops.{function}", kind(), 0, self._origins(of)
            ),
            of,
        )

    def nest(self, name: str, *parts: tuple[type[Layer], str, Mapping[str, object]]) -> int:
        """Apply a sequential model."""
        inner = Net(self.shape[1:], self.counts)
        for kind, own, arguments in parts:
            inner.add(kind, own, None, **arguments)
        of = (self.here,)
        return self._put(
            SavedCall(
                name, "Sequential", None, sources=self._origins(of), nested=inner.saved(name)
            ),
            of,
            inner.shape,
        )

    def _origins(self, of: tuple[int | float, ...]) -> tuple[Origin, ...]:
        return tuple(
            Origin(constant=item)
            if isinstance(item, float)
            else Origin(self.calls[item].name, 0, 0)
            for item in of
        )

    def _put(self, call: SavedCall, of: tuple[int | float, ...], shape: Shape | None = None) -> int:
        shape = shape or self._result(call, of)
        self.here = len(self.calls)
        self.calls.append(call)
        self.parents.append(tuple(item for item in of if isinstance(item, int)))
        self.shapes.append(shape)
        return self.here

    def _result(self, call: SavedCall, of: tuple[int | float, ...]) -> Shape:
        assert call.layer is not None
        tensors = tuple(
            Tensor((), "float") if isinstance(item, float) else Tensor(self.shapes[item])
            for item in of
        )
        try:
            (result,) = call.layer.results(Inputs(tensors, call.listed))
        except ShapeError as problem:
            words = problem.message.format(*(f"`{origin.name}`" for origin in call.sources))
            raise ShapeError(f"does not go through the layers: `{call.name}` {words}") from None
        assert result.shape is not None
        return result.shape

    # The layers that all families have. ------------------------------------------------------------------------------

    def conv(
        self,
        filters: int,
        size: int | list[int] = 1,
        strides: int = 1,
        padding: str = "valid",
        name: str | None = None,
        of: int | None = None,
        **more: object,
    ) -> int:
        """A convolution."""
        return self.add(
            Conv2D,
            name,
            of,
            filters=filters,
            kernel_size=_pair(size),
            strides=_pair(strides),
            padding=padding,
            **more,
        )

    def depthwise(
        self, size: int, strides: int, padding: str, name: str, multiplier: int = 1, **more: object
    ) -> int:
        """A convolution of each channel by itself, without bias."""
        window: dict[str, object] = {
            "kernel_size": _pair(size),
            "strides": _pair(strides),
            "padding": padding,
        }
        return self.add(
            DepthwiseConv2D,
            name,
            None,
            depth_multiplier=multiplier,
            **window,
            use_bias=False,
            **more,
        )

    def separable(self, filters: int, size: int, strides: int, padding: str, name: str) -> int:
        """A convolution of each channel and then one of all, without bias."""
        window: dict[str, object] = {
            "kernel_size": _pair(size),
            "strides": _pair(strides),
            "padding": padding,
        }
        return self.add(SeparableConv2D, name, None, filters=filters, **window, use_bias=False)

    def norm(self, name: str | None = None, **arguments: object) -> int:
        """A batch normalization."""
        return self.add(BatchNormalization, name, None, **arguments)

    def activate(self, function: object, name: str | None = None, of: int | None = None) -> int:
        """An activation as a layer."""
        return self.add(Activation, name, of, activation=canonical(function) or "linear")

    def pool(
        self,
        kind: type[Layer],
        size: int,
        strides: int,
        padding: str = "valid",
        name: str | None = None,
        of: int | None = None,
    ) -> int:
        """A pooling layer, which has its size for strides by default."""
        return self.add(
            kind,
            name,
            of,
            pool_size=_pair(size),
            padding=padding,
            strides=_pair(strides) if strides != size else None,
        )

    def pad(self, before: int | list[int], after: int, name: str | None = None) -> int:
        """Zeros around the image: the same in both directions, or for each a number in front."""
        rows, columns = _pair(before)
        return self.add(ZeroPadding2D, name, padding=[[rows, after], [columns, after]])

    def pad_to_halve(self, size: int, name: str) -> int:
        """The zeros with which a window of an odd size that moves by two halves any image, rounding up.

        Keras takes an image of unknown height for an even one, and fails on an unknown width below a known height.

        Raises:
            ShapeError: The height is known and the width is not.
        """
        height, width = self.shape[1:3]
        if height is None:
            height = width = 0
        if width is None:
            raise ShapeError(
                "must have a known width where it has a known height",
                hint="give both sizes, or none",
            )
        return self.pad([size // 2 - 1 + height % 2, size // 2 - 1 + width % 2], size // 2, name)

    # The whole. ------------------------------------------------------------------------------------------------------

    def saved(self, name: str) -> Saved:
        """The model that ends here."""
        calls = [self.calls[index] for index in self._order() if index]
        return Saved(name, self.calls[:1], calls, list(self._origins((self.here,))), single=True)

    def _order(self) -> list[int]:
        """As Keras orders the layers of a model: those farther from its end first, and else as the way back from there meets them."""
        far = [-1] * len(self.calls)
        far[self.here] = 0
        for index in range(self.here, 0, -1):
            if far[index] >= 0:
                for parent in self.parents[index]:
                    far[parent] = max(far[parent], far[index] + 1)
        met: dict[int, int] = {}
        stack = [self.here]
        while stack:
            index = stack.pop()
            if index not in met:
                met[index] = len(met)
                stack.extend(reversed(self.parents[index]))
        return sorted(met, key=lambda index: (-far[index], met[index]))


def canonical(function: object) -> object:
    """An activation as Keras writes it: under one name, and null where it changes nothing."""
    return activation_name(function) if isinstance(function, str) else function


def _pair(size: int | list[int]) -> list[int]:
    return size if isinstance(size, list) else [size, size]


def _brief(layer: Layer) -> Layer:
    """A layer that says of its arguments only those that are no defaults, as one that was read from a config."""
    kind, fields = type(layer), layer.__dict__
    layer.explicit = {
        name: value
        for name, value in layer.explicit.items()
        if name not in kind.defaults or fields[name] != getattr(kind, name)
    }
    return layer
