"""The base of all applications: the arguments that most of them have, what Keras refuses of these, and how their models end."""

from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
)

from mergecli.catalog.arguments import Argument, ArgumentError, Choice, Words
from mergecli.catalog.fields import Activation, Flag, Positive
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layers.core import Dense
from mergecli.catalog.layers.pooling import GlobalAveragePooling2D, GlobalMaxPooling2D
from mergecli.catalog.list_arguments import Integers
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.importers.applications.net import Net, canonical
from mergecli.importers.keras.saved_model import Saved

if TYPE_CHECKING:
    from mergecli.catalog.json_values import JsonDict

#: How many classes the weights that Keras downloads distinguish.
IMAGENET = 1000
#: The arguments that decide what weights a model has.
DECIDING = ("include_top", "input_shape", "classes", "alpha", "depth_multiplier", "minimalistic")


class WeightsFile(Argument):
    """A file from which Keras loads weights. `imagenet`, which it would download, is refused with a way out by the application."""

    words = "the path of a weights file or null"
    endings = (".weights.h5", ".h5", ".hdf5", ".keras", ".weights.json")

    def check(self, value: object) -> object:
        """Return the path.

        Raises:
            ArgumentError: It is not a path, or not one of a file of weights.
        """
        if value is None or (
            isinstance(value, str) and (value.lower() == "imagenet" or value.endswith(self.endings))
        ):
            return value
        if not isinstance(value, str):
            raise self.refuse()
        is_none = value.lower() in ("none", "random")
        raise self.refuse(
            "wrong-value",
            hint="write `null` for initial weights"
            if is_none
            else "it ends with `.weights.h5`, as `model.save_weights` writes it",
        )

    def schema(self) -> "JsonDict":
        return {"type": ["string", "null"]}


Weights = Annotated[Optional[str], WeightsFile()]
ImageShape = Annotated[Any, Integers(1, gaps=True, none=True, length=3)]
Pooling = Annotated[Optional[str], Choice(None, "avg", "max")]
Name = Annotated[Optional[str], Words(without="/", none=True)]


class Application(KerasObject, abstract=True):
    """A model of `keras.applications`.

    `input_tensor` is left out, as a spec wires with `from`, and no weights are the default, as nothing is downloaded.
    """

    role = "application"
    module = "applications"
    #: The height and width of an image, if nothing else is said.
    size: ClassVar[int] = 224
    #: The least height and width.
    least: ClassVar[int] = 32
    #: Whether the top takes images of any size.
    loose: ClassVar[bool] = False
    #: The heights and widths for which Keras has weights with a top; by default just `size`.
    sizes: ClassVar[Sequence[int]] = ()

    include_top: Flag = True
    weights: Weights = None
    input_shape: ImageShape = None
    pooling: Pooling = None
    classes: Positive = 1000
    classifier_activation: Activation = "softmax"
    name: Name = None

    _saved: Saved

    def saved(self) -> Saved:
        """The model that Keras makes for these arguments, as if it were the first that is made in a process."""
        return self._saved

    def build(self, net: Net) -> None:
        """Grow the model from its input."""
        raise NotImplementedError

    def image(self) -> Shape:
        """Height, width and channels of what goes in."""
        shape: Optional[Shape] = self.input_shape
        return shape if shape is not None else self.unsaid()

    def unsaid(self) -> Shape:
        """The image if nothing is said of it."""
        return (self.size, self.size, 3) if self.include_top else (None, None, 3)

    def title(self) -> Optional[str]:
        """The model's name."""
        return self.name

    # What Keras refuses. ---------------------------------------------------------------------------------------------

    def check(self) -> Iterator[ArgumentError]:
        errors: List[ArgumentError] = [*self.check_shape(), *self.check_own()]
        if self.weights is not None:
            errors += self.check_weights()
            if self.weights.lower() == "imagenet":
                errors += self.check_download()
                hint = None if errors else self.download()
                errors.append(
                    ArgumentError(
                        "names weights that Keras downloads, and mergecli downloads nothing",
                        argument="weights",
                        hint=hint,
                    )
                )
        if not errors:
            try:
                net = Net(self.image())
                self.build(net)
                name = self.title()
                self._saved = net.saved(net.free("Functional") if name is None else name)
            except ShapeError as problem:
                errors.append(
                    ArgumentError(
                        problem.message,
                        argument="input_shape",
                        hint=problem.hint or f"give both sizes, {self.least} or more",
                    )
                )
        return iter(errors)

    def check_shape(self) -> Iterator[ArgumentError]:
        """Whether the model takes images of this shape."""
        height, width, channels = self.image()
        if channels is None:
            yield ArgumentError(
                "must have a known number of channels", argument="input_shape", path=(2,)
            )
        small = self.small(height, width)
        if small:
            last = (
                f"channels stand last: `[{width}, {channels}, {height}]`"
                if height in (1, 3) and height < (channels or 0)
                else None
            )
            words = f"must have at least {self.least} rows and columns"
            yield ArgumentError(words, argument="input_shape", path=small, hint=last)
        elif self.include_top and None in (height, width) and not self.loose:
            path = (0 if height is None else 1,)
            hint = "or leave the top out: `include_top: false`"
            yield ArgumentError(
                "must have known sizes with `include_top`",
                argument="input_shape",
                path=path,
                hint=hint,
            )

    def small(self, height: Optional[int], width: Optional[int]) -> Tuple[int, ...]:
        """Where a size stands that is too small; empty if none is."""
        return next(
            (
                (place,)
                for place, size in enumerate((height, width))
                if size is not None and size < self.least
            ),
            (),
        )

    def check_own(self) -> Iterator[ArgumentError]:
        """What a family's own arguments must be."""
        return iter(())

    def check_weights(self) -> Iterator[ArgumentError]:
        """What goes with weights from anywhere."""
        if self.include_top and canonical(self.classifier_activation) not in ("softmax", None):
            words, hint = (
                "must be `softmax` or null with `weights`",
                "leave it out, as Keras knows no weights that were trained otherwise",
            )
            yield ArgumentError(words, argument="classifier_activation", hint=hint)

    def check_download(self) -> Iterator[ArgumentError]:
        """What else Keras has no weights for."""
        height, width, channels = self.image()
        if self.include_top and self.classes != IMAGENET:
            yield ArgumentError(
                f"must be {IMAGENET} for the weights of ImageNet", argument="classes"
            )
        if channels != 3:
            yield ArgumentError(
                "must have 3 channels for the weights of ImageNet",
                argument="input_shape",
                path=(2,),
            )
        elif (
            self.include_top
            and not self.loose
            and (height != width or height not in (self.sizes or (self.size,)))
        ):
            words = Choice(*(f"[{size}, {size}, 3]" for size in self.sizes or (self.size,))).words
            yield ArgumentError(
                f"must be {words} for the weights of ImageNet with `include_top`",
                argument="input_shape",
            )
        for name, values in self.wanted().items():
            if getattr(self, name) not in values:
                yield ArgumentError(
                    f"must be {Choice(*values).words} for the weights of ImageNet", argument=name
                )

    def wanted(self) -> Mapping[str, Sequence[float]]:
        """What other arguments must be for there to be weights to download."""
        return {}

    def download(self) -> str:
        """How to get a file of the weights that Keras downloads."""
        file = f"{type(self).__name__.lower()}.weights.h5"
        return f'get a file in Python: `{self.call()}.save_weights("{file}")`; then write `weights: {file}`'

    def call(self) -> str:
        """How the model with weights that are downloaded is made in Python."""
        given = {name: getattr(self, name) for name in self.explicit if name in DECIDING}
        arguments = "".join(f"{name}={value!r}, " for name, value in given.items())
        return f'keras.applications.{type(self).__name__}({arguments}weights="imagenet")'

    # How models end. -------------------------------------------------------------------------------------------------

    def classify(self, net: Net, name: str = "predictions", **arguments: object) -> None:
        """One number for each class."""
        net.add(
            Dense,
            name,
            None,
            units=self.classes,
            activation=canonical(self.classifier_activation),
            **arguments,
        )

    def pool(self, net: Net, named: bool = False) -> None:
        """One number for each channel, as `pooling` has it."""
        if self.pooling == "avg":
            net.add(GlobalAveragePooling2D, "avg_pool" if named else None)
        elif self.pooling == "max":
            net.add(GlobalMaxPooling2D, "max_pool" if named else None)

    def end(self, net: Net, top: Optional[str] = "avg_pool", named: bool = False) -> None:
        """The end that most models have; `top` is the name of the pooling below the classes."""
        if self.include_top:
            net.add(GlobalAveragePooling2D, top)
            self.classify(net)
        else:
            self.pool(net, named)
