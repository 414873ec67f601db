"""Functions of `keras.ops` that compare targets with predictions."""

from typing import Annotated, Optional, Sequence, Tuple

from mergecli.catalog.arguments import Choice
from mergecli.catalog.fields import Axis, DataFormat, Flag, NonNegative, Positive, Real, Whole
from mergecli.catalog.operations.operation import Operation
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    alike,
    axis,
    check_has_axis,
    check_rank,
    check_since,
    same,
    text,
)
from mergecli.catalog.tensors import Inputs, Tensor, of_dtype
from mergecli.catalog.versions import Backend


class Comparing(Operation, abstract=True):
    """Compares targets, the first tensor, with predictions, the second."""

    arity = 2
    becomes = "last"

    def compared(self, target: Shape, output: Shape) -> Shape:
        """The shape of the result."""
        raise NotImplementedError

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        tensors = self.tensors(inputs)
        return (Tensor(self.compared(*inputs.shapes), self.result_dtype(tensors)),)


def check_same(is_same: bool, target: Shape, output: Shape, what: str = "tensors") -> None:
    """Check that two tensors have one shape.

    Args:
        is_same: Whether they have.
        target: The shape of the first.
        output: The shape of the second.
        what: What they are, for the message.

    Raises:
        ShapeError: They have not.
    """
    if not is_same:
        raise ShapeError(
            f"takes {what} of one shape: {{0}} is {text(target)}, {{1}} is {text(output)}",
            code="merge-shape",
            inputs=(0, 1),
        )


class BinaryCrossentropy(Comparing):
    """The crossentropy of each probability and what it is about.

    >>> BinaryCrossentropy().results(Inputs.of((None, 8), (None, 8)))[0].shape
    (None, 8)
    """

    rule = "as it is"

    from_logits: Flag = False

    def compared(self, target: Shape, output: Shape) -> Shape:
        check_same(target == output, target, output)
        return output


class OfClasses(Comparing, abstract=True):
    """Compares targets with the probabilities of classes, or with logits."""

    from_logits: Flag = False
    axis: Axis = -1

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that PyTorch is given floats as logits, and JAX numbers.

        Raises:
            ShapeError: They are integers or truth values.
        """
        refused = {"jax": ("bool",), "torch": ("bool", "int", "uint")}.get(Backend.choose(), ())
        if self.from_logits and (dtypes[1] or "").startswith(refused):
            raise of_dtype("takes floats as logits", inputs, 1, dtypes[1])


class CategoricalCrossentropy(OfClasses):
    """The crossentropy of the probabilities of classes, the last axis, and the target's.

    >>> CategoricalCrossentropy().results(Inputs.of((None, 8), (None, 8)))[0].shape
    (None,)
    """

    rule = "without the last axis"

    def compared(self, target: Shape, output: Shape) -> Shape:
        check_same(target == output, target, output)
        check_has_axis(output, 1)
        axis(self.axis, len(output))
        return output[:-1]


class SparseCategoricalCrossentropy(OfClasses):
    """The crossentropy of the probabilities of classes and the numbers of the target's classes.

    >>> SparseCategoricalCrossentropy().results(Inputs.of((None,), (None, 8)))[0].shape
    (None,)
    """

    changed = {"3.15": "`axis` must be the last one"}
    rule = "the second without the axis `axis`, as is the first"

    def compared(self, target: Shape, output: Shape) -> Shape:
        """Return the shape of the predictions without the classes.

        Raises:
            ShapeError: The targets have another one.
        """
        check_has_axis(output, 1)
        along = axis(self.axis, len(output))
        if along < len(output) - 1:
            what = "for an axis that is not the last"
            check_since((3, 15), self.keras_version, what, argument="axis")
        rest = (*output[:along], *output[along + 1 :])
        if len(target) == len(output) and target[-1] == 1:
            target = target[:-1]
        if target != rest:
            raise ShapeError(
                f"takes targets of shape {text(rest)}: {{0}} is {text(target)}",
                code="merge-shape",
                inputs=(0, 1),
            )
        return rest


class InTopK(Comparing):
    """Whether the target's class is among the `k` most probable ones.

    >>> InTopK(k=3).results(Inputs.of((None,), (None, 8)))
    (Tensor(shape=(None,), dtype='bool'),)
    """

    refuses_floats = True
    keras_name = "ops.in_top_k"
    rule = "as the first"
    becomes = "bool"

    k: Positive

    def compared(self, target: Shape, output: Shape) -> Shape:
        """Return the shape of the targets.

        Raises:
            ShapeError: They are not a class for each row of the predictions.
        """
        if len(target) != 1 or len(output) != 2 or not same(target[0], output[0]):
            raise ShapeError(
                "takes a class for each row of two dimensions:"
                f" {{0}} is {text(target)}, {{1}} is {text(output)}",
                code="merge-shape",
                inputs=(0, 1),
            )
        return target


class PSNR(Comparing):
    """The ratio of the largest value to the noise between two tensors, in decibels.

    >>> PSNR(max_val=1.0).results(Inputs.of((None, 8), (None, 8)))
    (Tensor(shape=(), dtype='float32'),)
    """

    keras_name = "ops.psnr"
    rule = "one value"
    becomes = "float32"

    max_val: Real

    def compared(self, target: Shape, output: Shape) -> Shape:
        """Return the shape of one value.

        Raises:
            ShapeError: The tensors have different shapes.
        """
        check_same(alike(target, output), target, output)
        return ()


class SSIM(Comparing):
    """How alike two images look, for each pair of a batch.

    >>> SSIM().results(Inputs.of((None, 16, 16, 3), (None, 16, 16, 3)))[0].shape
    (None,)
    """

    keras_name = "ops.image.ssim"
    rule = "the batch"
    becomes = "first"

    max_val: Real = 1.0
    filter_size: Positive = 11
    filter_sigma: Real = 1.5
    k1: Real = 0.01
    k2: Real = 0.03
    data_format: DataFormat = None

    def compared(self, target: Shape, output: Shape) -> Shape:
        """Return the shape of a value for each pair.

        Raises:
            ShapeError: They are not images of one shape, or smaller than the filter.
        """
        for place, shape in enumerate((target, output)):
            check_rank(shape, 3, 4, place=place, what="images")
            sides = shape[-2:] if self.data_format == "channels_first" else shape[-3:-1]
            if any(side is not None and side < self.filter_size for side in sides):
                raise ShapeError(
                    f"takes images of at least `filter_size`, {self.filter_size} by {self.filter_size}:"
                    f" {{{place}}} is {text(shape)}",
                    inputs=(place,),
                    argument="filter_size",
                )
        check_same(alike(target, output), target, output, "images")
        return target[:-3]


class CTCLoss(Operation):
    """How well sequences of probabilities spell the target's: targets, predictions, and the lengths of both.

    >>> CTCLoss().results(Inputs.of((None, 5), (None, 9, 4), (None,), (None,)))[0].shape
    (None,)
    """

    refuses_floats = True
    keras_name = "ops.ctc_loss"
    arity = 4
    becomes = "single"
    rule = "the batch"

    mask_index: Whole = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return a value for each sequence.

        Raises:
            ShapeError: The tensors do not have the same batch, or other axes than their own.
        """
        tensors = self.tensors(inputs)
        first = [shape[:1] for shape in inputs.shapes]
        for place, batch in enumerate(first):
            if not batch or batch != first[0]:
                raise ShapeError(
                    f"takes tensors of one batch: {{0}} is {text(inputs.shapes[0])},"
                    f" {{{place}}} is {text(inputs.shapes[place])}",
                    code="merge-shape",
                    inputs=(0, place),
                )
        for place, rank in enumerate((2, 3, 1, 1)):
            check_rank(inputs.shapes[place], rank, place=place)
        return (Tensor(first[0], self.result_dtype(tensors[1:2])),)


class CTCDecode(Operation):
    """The sequences that probabilities spell, and how probable they are; the second tensor has the lengths.

    >>> [tensor.shape for tensor in CTCDecode().results(Inputs.of((None, 9, 4), (None,)))]
    [(1, None, 9), (None, 1)]
    """

    refuses_floats = True
    keras_name = "ops.ctc_decode"
    arity = 2
    becomes = "single"
    rule = "the paths, the batch and the steps; then the batch and the paths"

    strategy: Annotated[str, Choice("greedy", "beam_search")] = "greedy"
    beam_width: Positive = 100
    top_paths: Positive = 1
    merge_repeated: Flag = True
    mask_index: NonNegative = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the sequences and their probabilities.

        Raises:
            ShapeError: A tensor has another number of dimensions, the lengths are not those of the
                sequences, or the backend does not take an argument.
        """
        tensors = self.tensors(inputs)
        shape, lengths = inputs.shapes
        check_rank(shape, 3)
        check_rank(lengths, 1, place=1)
        if not same(shape[0], lengths[0]):
            raise ShapeError(
                f"takes a length for each sequence: {{0}} is {text(shape)}, {{1}} is {text(lengths)}",
                code="merge-shape",
                inputs=(0, 1),
            )
        if Backend.choose() == "tensorflow":
            self._check_tensorflow(shape)
        paths = 1 if self.strategy == "greedy" else self.top_paths
        dtype = self.result_dtype(tensors[:1])
        return Tensor((paths, *shape[:2]), "int32"), Tensor((shape[0], paths), dtype)

    def _check_tensorflow(self, shape: Shape) -> None:
        """Check the arguments that TensorFlow compares with the probabilities.

        Raises:
            ShapeError: There is no such class, or more paths are asked for than are followed.
        """
        if self.strategy == "greedy":
            if shape[2] is not None and self.mask_index >= shape[2]:
                raise ShapeError(
                    f"has no class {self.mask_index}: {{0}}, {text(shape)}, has {shape[2]}",
                    inputs=(0,),
                    argument="mask_index",
                )
        elif self.top_paths > self.beam_width:
            raise ShapeError(
                f"cannot give {self.top_paths} paths of the {self.beam_width} that it follows",
                code="wrong-value",
                argument="top_paths",
            )
