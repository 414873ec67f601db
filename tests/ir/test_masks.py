"""Masks that are handed from layer to layer: what does not fit is an error at the layer that gets it."""

from __future__ import annotations

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

WORDS = """input: {shape: [5], dtype: int32}
layers:
  - Embedding: {input_dim: 9, output_dim: 4, mask_zero: true, name: words}
"""
IMAGES = """input: {shape: [5, 8, 3]}
layers:
  - Masking: {name: images}
"""


def errors(spec: str) -> list[tuple[str, str | None, int]]:
    """Return the message, the hint and the line of each error of a spec."""
    found = compile_spec(Source(spec, "a.yaml")).errors
    return [(e.message, e.help, e.span.line if e.span else 0) for e in found]


def test_the_error_names_the_tensor_and_what_has_made_its_mask() -> None:
    ((message, hint, line),) = errors(WORDS + "  - Dense: 3\n  - Softmax\n  - Flatten\n")
    assert message == "cannot use the mask of `dense`: (None, 5) for (None, 5, 3)"
    assert hint == "`words` makes the mask; put `- ops.copy` after `dense`, which drops it"
    assert line == 5


@pytest.mark.parametrize(
    "layers",
    [
        "  - Dense: 3\n  - ops.copy\n  - Softmax\n",
        "  - Conv1D: {filters: 3, kernel_size: 1}\n  - Softmax\n",
        "  - LSTM: {units: 3}\n  - Softmax\n",
        "  - LSTM: {units: 3, return_sequences: true}\n  - GRU: 3\n",
        "  - Bidirectional: {layer: {LSTM: {units: 3}}}\n  - Softmax\n",
        "  - Add: {name: sum}\n    from: [words, words]\n  - BatchNormalization\n",
        "  - ops.copy: {name: copy}\n  - Add\n    from: [words, copy]\n  - Softmax\n",
        "  - Attention\n    from: [words, words]\n  - GlobalAveragePooling1D\n",
    ],
)
def test_a_mask_that_fits_or_is_dropped_is_no_error(layers: str) -> None:
    assert (
        errors(
            WORDS + layers.replace("Add\n", "Add: {}\n").replace("Attention\n", "Attention: {}\n")
        )
        == []
    )


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            "  - LSTM: {units: 3, return_sequences: true}\n  - Softmax\n",
            "cannot use the mask of `lstm`: (None, 5) for (None, 5, 3)",
        ),
        (
            "  - MultiHeadAttention: {num_heads: 1, key_dim: 2}\n    from: {query: words, value: words}\n  - Softmax\n",
            "cannot use the mask of `multi_head_attention`: (None, 5) for (None, 5, 4)",
        ),
        (
            "  - Add: {}\n    from: [words, words]\n  - Softmax\n",
            "cannot use the mask of `add`: (None, 5) for (None, 5, 4)",
        ),
        (
            "  - TimeDistributed: {layer: {RepeatVector: 3}, name: steps}\n  - Concatenate: {}\n    from: [steps, steps]\n",
            "cannot concatenate the mask of `steps`: (None, 5) for (None, 5, 3, 4)",
        ),
    ],
)  # fmt: skip
def test_layers_hand_masks_on(layers: str, message: str) -> None:
    assert [error[0] for error in errors(WORDS + layers)] == [message]


def test_a_mask_of_a_call_is_handed_on() -> None:
    spec = WORDS.replace("mask_zero: true, ", "") + (
        "  - ops.any: {axis: 2, name: given}\n"
        "  - GRU: {units: 4, return_sequences: true}\n    from: {sequences: words, mask: given}\n"
        "  - Softmax\n"
    )
    assert [error[0] for error in errors(spec)] == [
        "cannot use the mask of `gru`: (None, 5) for (None, 5, 4)"
    ]


def test_backends_spread_a_mask_over_the_images_of_a_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = IMAGES + "  - ConvLSTM1D: {filters: 2, kernel_size: 3, padding: same}\n"
    message = "cannot use the mask of `images`: (None, 5, 8) for (None, 5)"
    assert errors(spec) == []
    assert errors(spec.replace("same", "valid"))[0][0] == message
    assert errors(spec.replace("same", "same, unroll: true"))[0][0] == message
    # JAX has one value for all parts, and with it only batches of one size.
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert errors(spec.replace("same", "valid")) == []
    fixed = spec.replace("{shape: [5, 8, 3]}", "{batch_shape: [4, 5, 8, 3]}")
    assert errors(fixed)[0][0] == "cannot use the mask of `images`: (4, 5, 8) for (4, 5)"


def test_old_versions_join_masks_of_known_sizes_alone() -> None:
    spec = WORDS + "  - Concatenate: {name: joined}\n    from: [words, words]\n"
    used = spec + "  - GRU: 4\n"

    def code(text: str, target: tuple[int, int]) -> list[str]:
        found = compile_spec(Source(text, "a.yaml"), target=target).errors
        return [error.code for error in found]

    assert code(used, (3, 11)) == ["newer-keras"]
    assert code(used, (3, 12)) == []
    assert code(spec, (3, 11)) == []
    assert code(used.replace("{shape: [5]", "{batch_shape: [2, 5]"), (3, 11)) == []


def test_a_list_of_one_cell_takes_no_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = WORDS + "  - RNN: {cell: [{GRUCell: 3}]}\n"
    assert errors(spec) == [
        (
            "cannot use the mask of `words`: a list of one cell takes none with the backend `tensorflow`",
            "write the cell without a list, or `unroll: true`",
            4,
        )
    ]
    assert errors(spec.replace("}]}", "}], unroll: true}")) == []
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert errors(spec) == []
    assert len(errors(spec.replace("GRU", "LSTM"))) == 1
