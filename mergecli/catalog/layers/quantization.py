"""What a dtype policy such as `int8_from_mixed_bfloat16` makes of a kernel, in the layers that know it."""

from typing import List

from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.weights import Weight

#: How many of the largest values of the last steps a float8 policy remembers.
REMEMBERED = 1024


def quantized(layer: Layer, kernel: Weight, scale: Shape) -> List[Weight]:
    """A kernel as the layer's policy has it: in int8 with factors of shape `scale`, or with what training in float8 keeps track of."""
    if layer.quantization == "int8":
        factors = layer.weight(f"{kernel.name}_scale", *scale, trainable=False, begins="ones")
        return [kernel._replace(trainable=False, dtype="int8"), factors]
    if layer.quantization == "float8":
        scales = ("inputs_scale", "kernel_scale", "outputs_grad_scale")
        trained = kernel.trainable
        return [
            kernel,
            *(Weight(name, (), trained, "float32") for name in scales),
            *(
                Weight(name.replace("scale", "amax_history"), (REMEMBERED,), trained, "float32")
                for name in scales
            ),
        ]
    return [kernel]


def only_int8(layer: Layer) -> None:
    """Refuse a policy that tables of embeddings do not know.

    Raises:
        ShapeError: it is another.
    """
    if layer.quantization not in (None, "int8"):
        raise ShapeError(
            f"knows no {layer.quantization}, only int8", code="wrong-value", argument="dtype"
        )


def scale_of(inputs: str, kernel: str, output: str, sizes: Shape) -> Shape:
    """The shape of the factors of an einsum's kernel of these sizes, by the letters of its terms: one along what is summed up.

    >>> scale_of("abc", "cde", "abde", (8, 2, 4))
    (1, 1, 2, 4)
    """
    # Each axis that is summed up takes the place of one that the term lacks; Keras goes over the input first, and where
    # nothing is lacking any more, takes the last place again.
    place = output.find(kernel[-1])
    lacking = [index for index, letter in enumerate(output) if letter not in inputs]
    for letter in inputs:
        if letter not in output and lacking:
            place = lacking.pop(0)
    lacking = [index for index, letter in enumerate(output) if letter not in kernel]
    order = [kernel.index(letter) for letter in output if letter in kernel]
    gone = []
    for index, letter in enumerate(kernel):
        if letter not in output:
            if lacking:
                place = lacking.pop(0)
            else:
                gone.append(index)
            order.insert(place, index)
    shape = [sizes[index] if kernel[index] in output else 1 for index in order]
    for index in lacking:
        shape.insert(index, 1)
    for index in reversed(gone):
        del shape[index]
    return tuple(shape)
