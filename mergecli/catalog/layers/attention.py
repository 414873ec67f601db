"""Keras's `layers/attention`: a query picks from values by how well their keys match it."""

from typing import Annotated, Dict, Optional, Sequence, Tuple

from mergecli.catalog.arguments import Argument, Choice, Truth
from mergecli.catalog.fields import (
    Flag,
    LayerSeed,
    Rate,
)
from mergecli.catalog.layer import Layer, MaskBehaviour
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    check_since,
    product,
    same,
    spreads,
    text,
)
from mergecli.catalog.tensors import Inputs, Tensor, of_dtype, of_two_dtypes, remap_inputs
from mergecli.catalog.versions import Backend
from mergecli.catalog.weights import Weight

OPTIONS: Dict[str, Argument] = {
    "training": Truth(none=True),
    "return_attention_scores": Truth(),
    "use_causal_mask": Truth(),
}
#: The order of the arguments of this family in a formatted spec.
ORDER = tuple(
    """
    use_scale score_mode num_heads key_dim value_dim head_dim num_query_heads num_key_value_heads dropout use_bias output_shape attention_axes
    sliding_window flash_attention kernel_initializer bias_initializer kernel_regularizer bias_regularizer activity_regularizer
    kernel_constraint bias_constraint use_gate seed
    """.split()
)


class Attention(Layer):
    """Dot-product attention without weights of its own: `[query, value]` or `[query, value, key]`.

    >>> Attention().results(Inputs.of((None, 6, 8), (None, 4, 8)))[0].shape
    (None, 6, 8)
    """

    changed = {
        "3.15": "`score_mode: dot` takes keys of 3 dimensions; the scores have the shape"
        " (batch, queries, keys), however many dimensions there are"
    }

    mask = MaskBehaviour.CONVERTS
    argument_order = ORDER
    training_default = False
    rule = "the query's shape with the value's features; with `return_attention_scores` also how much each takes of each"
    options = OPTIONS
    takes = {"inputs": (2, 3), "mask": (0, 3)}

    use_scale: Flag = False
    score_mode: Annotated[str, Choice("dot", "concat")] = "dot"
    dropout: Rate = 0.0
    seed: LayerSeed = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return what the values come to, and the scores where they are wanted.

        Raises:
            ShapeError: Query, value and key do not fit together.
        """
        query, value, key = self.roles(inputs)
        q, v, k = (inputs.shapes[place] for place in (query, value, key))
        for place in (query, value, key):
            least = self.least if place == query else 2
            if len(inputs.shapes[place]) < least:
                raise ShapeError(
                    f"takes at least {least} dimensions, {{{place}}} has {len(inputs.shapes[place])}: {text(inputs.shapes[place])}",
                    code="input-rank", inputs=(place,),
                )  # fmt: skip
        self._check_transposable(key, k)
        if not self.comparable(q[-1], k[-1]):
            raise misfit("compare", query, q, key, k, f"{q[-1]} against {k[-1]} features")
        if not same(v[-2], self.spread(inputs, k[-2])):
            raise misfit("match", value, v, key, k, f"{v[-2]} values have {k[-2]} keys")
        for place, shape in ((value, v), (key, k)):
            if not spreads(shape[:-2], q[:-2]):
                raise misfit("match", query, q, place, shape, "their leading axes differ")
        out = (*q[:-1], v[-1])
        self.check_masks(inputs, out, (*q[:-1], self.spread(inputs, k[-2])))
        scores = self.scores(inputs, q, k)
        shapes = (out, scores) if inputs.options.get("return_attention_scores") else (out,)
        return tuple(Tensor(shape, self.compute_dtype) for shape in shapes)

    def _check_transposable(self, place: int, key: Shape) -> None:
        """Check that old versions of Keras can multiply with a key.

        Raises:
            ShapeError: It has another number of dimensions than 3.
        """
        if self.is_product and len(key) != 3:
            what = f"for keys of other than 3 dimensions, {{{place}}} is {text(key)}"
            check_since((3, 15), self.keras_version, what, inputs=(place,))

    def scores(self, inputs: Inputs, q: Shape, k: Shape) -> Shape:
        """Return the shape of the scores, which until Keras 3.14 is right for 3 dimensions only.

        Raises:
            ShapeError: This version has none for a single vector.
        """
        if self.keras_version >= (3, 15) or not inputs.options.get("return_attention_scores"):
            return (*q[:-1], k[-2])
        if len(q) < 2:
            raise ShapeError(
                f"takes at least 2 dimensions with `return_attention_scores` before Keras 3.15,"
                f" {{{self.roles(inputs)[0]}}} has {len(q)}: {text(q)}",
                code="input-rank",
                inputs=self.roles(inputs)[:1],
            )
        return (*q[:2], k[1])

    def roles(self, inputs: Inputs) -> Tuple[int, int, int]:
        """Which inputs are the query, the value and the key, which is the value unless it is given."""
        query, value, *key = self.named(inputs)["inputs"]
        return query, value, key[0] if key else value

    @property
    def is_product(self) -> bool:
        """Whether the scores are products of queries and keys."""
        return self.score_mode == "dot"

    @property
    def least(self) -> int:
        """How few dimensions a query may have: one vector is a product of matrices, too."""
        return 1 if self.is_product else 2

    def spread(self, inputs: Inputs, keys: Optional[int]) -> Optional[int]:
        """The number of keys after the mask: the score of a single one is spread over what the mask is for."""
        masks = self.named(inputs)["mask"]
        spread = keys == 1 and len(masks) > 1 and not inputs.options.get("return_attention_scores")
        return inputs.shapes[masks[1]][-1] if spread and inputs.shapes[masks[1]] else keys

    def comparable(self, a: Optional[int], b: Optional[int]) -> bool:
        """Whether a query of `a` features can be scored against a key of `b`."""
        return same(a, b) or (self.score_mode == "concat" and 1 in (a, b))

    def computed_with(self, inputs: Inputs) -> Sequence[int]:
        """Return the query and the key, whose product has the dtype in which a softmax is computed."""
        query, _, key = self.roles(inputs)
        # A scale makes floats of integers, as a sum does by its `tanh`, and a mask but with TensorFlow;
        # `check_run` has the others.
        makes_floats = self.use_scale or not self.is_product
        if makes_floats or (self._is_masked(inputs) and Backend.choose() != "tensorflow"):
            return ()
        return query, key

    def _refused(self, is_masked: bool, backend: str) -> Sequence[str]:
        """Return the dtypes that a backend does not compare, beside those of the tables.

        Args:
            is_masked: Whether a large number is taken from some scores.
            backend: The backend.
        """
        if backend == "jax":
            return ()
        refused = ["complex64", "complex128"]
        if backend == "tensorflow":
            # Before Keras 3.12 a product of truth values is one, which has no scale.
            is_old = self.use_scale and self.keras_version < (3, 12)
            return [*refused, "bool"] if is_old or not self.is_product else refused
        takes_bool = self.use_scale or not self.is_product or not is_masked
        return refused if takes_bool else [*refused, "bool"]

    def _is_masked(self, inputs: Inputs) -> bool:
        """Whether a large number is taken from some scores."""
        is_causal = bool(inputs.options.get("use_causal_mask"))
        return is_causal or bool(self.named(inputs)["mask"])

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that the backend compares query and key: complex numbers only JAX, sums TensorFlow only of numbers of one dtype.

        Raises:
            ShapeError: It does not.
        """
        places = self.roles(inputs)[::2]
        seen = [self.cast(dtypes[place]) for place in places]
        backend = Backend.choose()
        adds = not self.is_product and backend == "tensorflow"
        refused = self._refused(self._is_masked(inputs), backend)
        for place, dtype in zip(places, seen):
            if dtype in refused:
                raise of_dtype(f"does not take {dtype}", inputs, place, dtype)
        if adds and None not in seen and seen[0] != seen[1]:
            raise of_two_dtypes("adds", places, dtypes, self.compute_dtype)

    def check_masks(self, inputs: Inputs, out: Shape, scores: Shape) -> None:
        """Check the masks of the query and the value.

        Raises:
            ShapeError: They are too few, or do not fit.
        """
        masks = self.named(inputs)["mask"]
        causal = bool(inputs.options.get("use_causal_mask"))
        if len(masks) == 1:
            raise ShapeError(
                "takes a list of masks, one for the query and one for the value",
                code="input-count",
                inputs=tuple(masks),
            )
        if causal and len(scores) < 3:
            raise ShapeError(
                "takes 3 dimensions with `use_causal_mask`",
                code="input-rank",
                inputs=self.roles(inputs)[:1],
            )
        if not masks:
            return
        first, second = inputs.shapes[masks[0]], inputs.shapes[masks[1]]
        for place, mask, onto in (
            (masks[0], (*first, 1), out),
            (
                masks[1],
                (*second[:-1], 1, *second[-1:]) if causal or len(second) == 2 else second,
                scores,
            ),
        ):
            if not spreads(mask, onto):
                raise ShapeError(
                    f"cannot use {{{place}}} as a mask: {text(inputs.shapes[place])} for {text(onto)}",
                    inputs=(place,),
                )

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        names = ["scale"] * self.use_scale + ["concat_score_weight"] * (self.score_mode == "concat")
        return [self.weight(name, begins="ones") for name in names]

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        q, v, k = (inputs.shapes[place] for place in self.roles(inputs))
        width = None if q[-1] is None or v[-1] is None else q[-1] + v[-1]
        return product((*q[1:-1], k[-2], width))


class AdditiveAttention(Attention):
    """Attention by the sum of query and key: `[query, value]` or `[query, value, key]`.

    >>> AdditiveAttention().results(Inputs.of((None, 6, 8), (None, 4, 8)))[0].shape
    (None, 6, 8)
    """

    use_scale: Flag = True
    is_product = False

    def comparable(self, a: Optional[int], b: Optional[int]) -> bool:
        return same(a, b) or 1 in (a, b)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        query, _, _ = self.roles(inputs)
        with remap_inputs((query,)):
            return (
                [self.weight("scale", inputs.shapes[query][-1], begins="glorot_uniform")]
                if self.use_scale
                else []
            )


def misfit(verb: str, first: int, a: Shape, second: int, b: Shape, reason: str) -> ShapeError:
    """The complaint that two inputs do not fit."""
    return ShapeError(
        f"cannot {verb} {{{first}}} with {{{second}}}: {text(a)} against {text(b)}, {reason}",
        code="shape-mismatch",
        inputs=(first, second),
    )
