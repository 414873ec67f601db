"""Attention of several heads: each compares projections of queries and keys of its own."""

from string import ascii_letters
from typing import Annotated, Any, ClassVar, Iterator, List, Optional, Sequence, Tuple

from mergecli.catalog.arguments import ArgumentError, Integer, Truth
from mergecli.catalog.config_quirks import Config, Quirk, without
from mergecli.catalog.fields import (
    INITIALIZERS,
    Constraint,
    Flag,
    LayerSeed,
    Object,
    Positive,
    Rate,
    Regularizer,
)
from mergecli.catalog.layer import Layer, MaskBehaviour
from mergecli.catalog.layers.attention import OPTIONS, ORDER, misfit
from mergecli.catalog.layers.quantization import quantized, scale_of
from mergecli.catalog.list_arguments import Integers
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    added,
    broadcast,
    check_rank,
    product,
    same,
    spreads,
    text,
)
from mergecli.catalog.tensors import Inputs, Tensor, remap_inputs
from mergecli.catalog.weights import Weight

#: Keras copies these initializers for each projection, which it cannot do with none.
Given = Annotated[Any, Object("initializer", INITIALIZERS, none=False)]
PositiveOrNone = Annotated[Optional[int], Integer(1, none=True)]


def _differing_axis(
    query: Shape, other: Shape, compared: Tuple[int, ...], single: bool
) -> Optional[int]:
    """Return the first axis on which a query and another tensor must have one size and do not.

    Args:
        query: The shape of the query.
        other: The shape of the other tensor.
        compared: The axes along which they may differ.
        single: Whether the other tensor may have a size of 1.
    """
    for index in range(len(query) - 1):
        fits = same(query[index], other[index]) or (single and other[index] == 1)
        if index not in compared and not fits:
            return index
    return None


def _joined_mask(shapes: Sequence[Shape], rank: int, axes: int) -> Optional[Shape]:
    """Return the shape of all masks together, with axes for the heads; None if they do not fit.

    Args:
        shapes: The shapes of the masks.
        rank: The number of dimensions of the scores.
        axes: The number of axes along which queries and keys are compared.
    """
    mask: Optional[Shape] = shapes[0]
    for shape in shapes[1:]:
        mask = mask if mask is None else broadcast(mask, shape)
    if mask is not None and 2 * axes <= len(mask) < rank:
        place = len(mask) - 2 * axes
        mask = (*mask[:place], *(1,) * (rank - len(mask)), *mask[place:])
    return mask


def _mask_shape(name: str, shape: Shape) -> Shape:
    """Return the shape of a mask of a call beside the scores, without the heads."""
    if name == "query_mask":
        return (*shape, 1)
    return shape if name == "attention_mask" else (*shape[:-1], 1, *shape[-1:])


class Heads(Layer, abstract=True):
    """Attention of several heads, each with its own projections of the query, the key and the value."""

    argument_order = ORDER
    training_default = False
    projects = True
    masks_scores = True
    newer = {"use_gate": "3.14", "sliding_window": "3.15"}
    unsupported = {"tensorflow": {"flash_attention": (True,)}}
    options = OPTIONS
    takes = {"query": (1, 1), "value": (1, 1), "key": (0, 1), "query_mask": (0, 1), "value_mask": (0, 1), "key_mask": (0, 1),
             "attention_mask": (0, 1)}  # fmt: skip
    #: The masks that Keras takes and makes use of where a call gives them.
    mask_names: ClassVar[Tuple[str, ...]] = (
        "query_mask",
        "value_mask",
        "key_mask",
        "attention_mask",
    )

    dropout: Rate = 0.0
    use_bias: Flag = True
    sliding_window: PositiveOrNone = None
    flash_attention: Annotated[Optional[bool], Truth(none=True)] = None
    kernel_initializer: Given = "glorot_uniform"
    bias_initializer: Given = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
    use_gate: Flag = False
    seed: LayerSeed = None

    def check(self) -> Iterator[ArgumentError]:
        if self.flash_attention and self.dropout > 0:
            yield ArgumentError(
                "cannot be used together with `dropout`", argument="flash_attention"
            )

    def roles(self, inputs: Inputs) -> Tuple[int, int, int]:
        """Which inputs are the query, the value and the key, which is the value unless it is given."""
        found = self.named(inputs)
        return found["query"][0], found["value"][0], (found["key"] or found["value"])[0]

    def sequences(self, inputs: Inputs) -> Tuple[Shape, Shape, Shape]:
        """The shapes of the query, the value and the key."""
        query, value, key = self.roles(inputs)
        return inputs.shapes[query], inputs.shapes[value], inputs.shapes[key]

    def heads(self) -> int:
        """How many heads compare queries with keys."""
        raise NotImplementedError

    def attended(self, rank: int) -> Tuple[int, ...]:
        """The axes along which queries look for keys."""
        return (1,)

    def scores_mask(self, inputs: Inputs) -> Optional[Shape]:
        # The scores come from a layer `Softmax`, which hands on the mask that it is called with since Keras 3.11.
        if self.keras_version < (3, 11) or not inputs.options.get("return_attention_scores"):
            return None
        return self.compare(inputs)

    def compare(self, inputs: Inputs) -> Optional[Shape]:
        """Check that query, value, key and masks fit, which Keras does only when the model runs.

        Returns:
            The shape of all masks together, None if there is none.

        Raises:
            ShapeError: They do not fit, or scores are wanted that `flash_attention` does not give.
        """
        query, value, key = self.roles(inputs)
        q, v, k = self.sequences(inputs)
        scored = bool(inputs.options.get("return_attention_scores"))
        if scored and self.flash_attention:
            raise ShapeError(
                "cannot give attention scores", code="wrong-value", argument="flash_attention"
            )
        if v[1:-1] != k[1:-1]:
            raise misfit(
                "match", value, v, key, k, "all axes but the first and the last must be the same"
            )
        if len(q) != len(v):
            raise misfit("match", query, q, value, v, f"{len(q)} against {len(v)} dimensions")
        axes = self.attended(len(q))
        several = len(axes)
        # Keras then leaves the work to the backend's fused attention, which knows of no other axes.
        fused = len(q) == 3 and not self.dropout and not scored
        if fused:
            axes = (1,)
        # Keras has some einsums as products of matrices, which spread a single sample over the others;
        # other einsums do not.
        is_product = len(q) == 3 and not fused
        spreads_value, spreads_key = (
            is_product and axes in ((1,), (2,)),
            is_product and axes == (1,),
        )
        for place, shape, single in ((value, v, spreads_value), (key, k, spreads_key)):
            index = _differing_axis(q, shape, axes, single)
            if index is not None:
                sizes = f"{q[index]} against {shape[index]} on axis {index}"
                raise misfit("match", query, q, place, shape, sizes)
        q, k = (*q[:-1], self.heads()), (*k[:-1], self.heads())
        scores = (
            *(q[index] for index in range(len(q)) if index not in axes),
            *(x[index] for x in (q, k) for index in axes),
        )
        return self.check_masks(inputs, scores, several, fused)

    def check_masks(self, inputs: Inputs, scores: Shape, axes: int, fused: bool) -> Optional[Shape]:
        """Check that all masks fit the scores, which compare the last `axes` and those before them.

        Returns:
            The shape of all masks together, None if there is none.

        Raises:
            ShapeError: They do not.
        """
        found = self.named(inputs)
        q, v, _ = self.sequences(inputs)
        causal = bool(inputs.options.get("use_causal_mask"))
        places = [place for name in self.mask_names for place in found[name]]
        if "query_mask" not in self.mask_names:
            handed_on = len(inputs.tensors) - inputs.masks
            places = [place for place in found["query_mask"] if place >= handed_on] + places
        # Before 3.15 Keras makes each causal mask as it makes others.
        is_old = self.keras_version < (3, 15)
        alone = causal and not places and not self.sliding_window and not is_old
        if alone and fused:
            return None  # the backend makes a causal mask that fits
        if alone:
            # Keras then makes it when the queries have their heads, which for a query of 2 dimensions stand on axis 1.
            q, v = (*q[:-1], self.heads()), (*v[:-1], self.heads())
        shapes: List[Shape] = [(1, q[1], v[1])] if causal or self.sliding_window else []
        shapes += [_mask_shape(inputs.keywords[place], inputs.shapes[place]) for place in places]
        if not shapes:
            return None
        mask = _joined_mask(shapes, len(scores), axes)
        if mask is None or len(mask) != len(scores) or not spreads(mask, scores):
            shown = (
                " with ".join(f"{{{place}}}" for place in places)
                or "a causal mask or `sliding_window`"
            )
            raise ShapeError(
                f"cannot use {shown} as a mask: the scores are {text(scores)}", inputs=tuple(places)
            )
        return mask

    def project(
        self,
        inputs: Inputs,
        name: str,
        place: int,
        features: Sequence[Optional[int]],
        units: Sequence[Optional[int]],
    ) -> List[Weight]:
        """The weights of one projection, which Keras makes with a sublayer that does not know of this layer's `trainable`.

        `place` is the input that they take their sizes from.
        """
        with remap_inputs((place,)):
            summed = tuple(range(len(features)))
            kernel = self.weight(
                f"{name}/kernel", *features, *units, quantized=True, summed=summed
            )._replace(trainable=True)
            bias = (
                [self.weight(f"{name}/bias", *units)._replace(trainable=True)]
                if self.use_bias
                else []
            )
        # Digits stand for the axes that stay, letters for the features and the units.
        stays, letters = (
            "".join(map(str, range(len(inputs.shapes[place]) - 1))),
            ascii_letters[: len(kernel.shape)],
        )
        sums, gives = letters[: len(features)], letters[len(features) :]
        scale = (
            scale_of(stays + sums, letters, stays + gives, kernel.shape)
            if self.quantization == "int8"
            else ()
        )
        return [*quantized(self, kernel, scale), *bias]


@Quirk
def _default_axes(config: Config) -> Config:
    """Leave out the attention axes where they are all axes between the batch and the features, as after `build`.

    Keras 2 has the shapes for which the layer was built among its arguments.
    """
    built = config.get("build_config")
    shapes = built.get("shapes_dict") if isinstance(built, dict) else None
    query = (shapes if isinstance(shapes, dict) else config).get("query_shape")
    axes = list(range(1, len(query) - 1)) if isinstance(query, list) else None
    shapes_of = ("query_shape", "key_shape", "value_shape")
    return without(*shapes_of, value_dim="$key_dim", attention_axes=axes).apply(config)


class MultiHeadAttention(Heads):
    """Attention of `num_heads` heads: `from: {query: x, value: y}`, and a `key` where it is not the value.

    >>> x = Tensor((None, 6, 8))
    >>> MultiHeadAttention(num_heads=2, key_dim=4).results(Inputs((x, x), keywords=("query", "value")))[0].shape
    (None, 6, 8)
    """

    changed = {"3.15": "a causal mask alone fits only where one axis is attended"}
    mask = MaskBehaviour.PASSES
    config_quirk = _default_axes

    rule = "the query's shape, or `output_shape` instead of its features"
    # Keras asks the query itself for its mask, whatever a call gives.
    mask_names = ("value_mask", "key_mask", "attention_mask")

    num_heads: Positive
    key_dim: Positive
    value_dim: PositiveOrNone = None
    output_shape: Annotated[Any, Integers(1, single=True, none=True)] = None
    attention_axes: Annotated[Any, Integers(single=True, none=True)] = None

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        if self.attention_axes == ():
            yield ArgumentError("names no axis; `null` means all", argument="attention_axes")

    def heads(self) -> int:
        return self.num_heads

    def attended(self, rank: int) -> Tuple[int, ...]:
        """Return the axes over which it attends.

        Raises:
            ShapeError: The query has no such axes.
        """
        if self.attention_axes is None:
            return tuple(range(1, rank - 1))
        given = (
            (self.attention_axes,) if isinstance(self.attention_axes, int) else self.attention_axes
        )
        # Keras counts before it has put the heads in front of the features, and looks up after them.
        found = [index if index >= 0 else rank + index for index in given]
        axes = tuple(index % (rank + 1) for index in found if -rank - 1 <= index <= rank)
        if len(axes) < len(given) or len(set(axes)) < len(axes) or rank in axes:
            raise ShapeError(
                f"cannot attend over {given}: {{0}} has {rank} dimensions, the last are the features",
                code="axis-range", inputs=(0,), argument="attention_axes", hint="axes between the batch and the features, each once",
            )  # fmt: skip
        return axes

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return what the values come to, and the scores where they are wanted.

        Raises:
            ShapeError: The query has less than 3 dimensions, or the tensors do not fit together.
        """
        query, _, _ = self.roles(inputs)
        q = inputs.shapes[query]
        with remap_inputs((query,)):
            if len(q) < 2 or not self.attended(len(q)):
                raise ShapeError(
                    f"takes at least 3 dimensions, {{0}} has {len(q)}: {text(q)}",
                    code="input-rank",
                    inputs=(0,),
                )
        self.compare(inputs)
        # Keras takes the keys to be as many as the queries, and all of them to lie along one axis.
        shapes = [(*q[:-1], *self.out(q)), (q[0], self.num_heads, q[1], q[1])]
        return tuple(
            Tensor(shape, self.compute_dtype)
            for shape in shapes[: 1 + bool(inputs.options.get("return_attention_scores"))]
        )

    def out(self, q: Shape) -> Shape:
        """What stands instead of the query's features."""
        return (
            (self.output_shape,)
            if isinstance(self.output_shape, int)
            else self.output_shape or q[-1:]
        )

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        query, value, key = self.roles(inputs)
        q, v, k = self.sequences(inputs)
        width = self.value_dim or self.key_dim
        return [
            *self.project(inputs, "query", query, q[-1:], (self.num_heads, self.key_dim)),
            *self.project(inputs, "key", key, k[-1:], (self.num_heads, self.key_dim)),
            *(
                self.project(inputs, "gate", query, q[-1:], (self.num_heads, width))
                if self.use_gate
                else []
            ),
            *self.project(inputs, "value", value, v[-1:], (self.num_heads, width)),
            *self.project(inputs, "attention_output", query, (self.num_heads, width), self.out(q)),
        ]

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        q, v, k = self.sequences(inputs)
        width = self.value_dim or self.key_dim
        keys = [v[index] for index in self.attended(len(q)) if index < len(v) - 1]
        return added(
            product((*q[1:], self.num_heads * (self.key_dim + width * self.use_gate))),
            product((*k[1:], self.num_heads * self.key_dim)),
            product((*v[1:], self.num_heads * width)),
            product((*q[1:-1], *keys, self.num_heads * (self.key_dim + width))),
            product((*q[1:-1], self.num_heads * width, *self.out(q))),
        )


class GroupQueryAttention(Heads, aliases=("GroupedQueryAttention",)):
    """Attention in which groups of query heads share a key and a value: `from: {query: x, value: y}`.

    >>> x = Tensor((None, 6, 8))
    >>> layer = GroupQueryAttention(head_dim=4, num_query_heads=4, num_key_value_heads=2)
    >>> layer.results(Inputs((x, x), keywords=("query", "value")))[0].shape
    (None, 6, 8)
    """

    changed = {"3.15": "a model gets no scores"}

    keras_name = "GroupedQueryAttention"
    rule = "the query's shape"

    head_dim: Positive
    num_query_heads: Positive
    num_key_value_heads: Positive

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        if self.num_query_heads % self.num_key_value_heads:
            yield ArgumentError(
                f"must divide `num_query_heads`, {self.num_query_heads}",
                argument="num_key_value_heads",
            )

    def heads(self) -> int:
        return self.num_query_heads

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return what the values come to, and the scores where they are wanted.

        Raises:
            ShapeError: A tensor does not have 3 dimensions, or the tensors do not fit together.
        """
        query, value, _ = self.roles(inputs)
        q, v, k = self.sequences(inputs)
        for place in self.roles(inputs):
            shape = inputs.shapes[place]
            check_rank(shape, 3, place=place)
        if q[-1] != v[-1]:
            raise misfit("match", query, q, value, v, f"{q[-1]} against {v[-1]} features")
        self.compare(inputs)
        shapes = [q, (q[0], self.num_query_heads, q[1], k[1])]
        # Until Keras 3.14, a model is wired as if there were no scores.
        has_scores = self.keras_version >= (3, 15) and "return_attention_scores" in inputs.options
        many = 1 + (has_scores and bool(inputs.options["return_attention_scores"]))
        return tuple(Tensor(shape, self.compute_dtype) for shape in shapes[:many])

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        query, value, key = self.roles(inputs)
        q, v, k = self.sequences(inputs)
        many, few = (self.num_query_heads, self.head_dim), (self.num_key_value_heads, self.head_dim)
        return [
            *self.project(inputs, "query", query, q[-1:], many),
            *self.project(inputs, "key", key, k[-1:], few),
            *(self.project(inputs, "gate", query, q[-1:], many) if self.use_gate else []),
            *self.project(inputs, "value", value, v[-1:], few),
            *self.project(inputs, "attention_output", query, many, q[-1:]),
        ]

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        q, v, k = self.sequences(inputs)
        many, few = self.num_query_heads * self.head_dim, self.num_key_value_heads * self.head_dim
        return added(
            product((*q[1:], many * (2 + self.use_gate))),
            product((*k[1:], few)),
            product((*v[1:], few)),
            product((q[1], k[1], 2 * many)),
        )
