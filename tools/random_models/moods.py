"""What a random model may be about: the layers that come often in it, and with what it starts."""

from __future__ import annotations

from typing import Any

from mergecli.catalog import registry
from mergecli.catalog.layer import Layer

_LAYERS = registry.layers()


def _made(name: str, **arguments: Any) -> Layer:
    return _LAYERS[name](**arguments)


def _free(names: str) -> list[tuple[str, Any]]:
    """Return layers whose arguments are drawn."""
    return [(name, None) for name in names.split()]


def _wrappers() -> list[tuple[str, Any]]:
    """Return wrappers of wrappers."""
    dense = _made("Dense", units=3)
    steps = [
        _made("TimeDistributed", layer=dense),
        _made("TimeDistributed", layer=_made("LSTM", units=2)),
        _made("TimeDistributed", layer=_made("Bidirectional", layer=_made("GRU", units=2))),
        _made(
            "TimeDistributed", layer=_made("SpectralNormalization", layer=_made("Dense", units=2))
        ),
        _made("TimeDistributed", layer=_made("TimeDistributed", layer=_made("Dense", units=2))),
        _made("TimeDistributed", layer=_made("Conv1D", filters=2, kernel_size=2)),
        _made("SpectralNormalization", layer=_made("Dense", units=2)),
        _made("SpectralNormalization", layer=_made("Conv1D", filters=2, kernel_size=1)),
        _made("Bidirectional", layer=_made("LSTM", units=2, return_sequences=True)),
        _made("Bidirectional", layer=_made("RNN", cell=_made("GRUCell", units=2))),
    ]
    found: list[tuple[str, Any]] = [("TimeDistributed", {"layer": layer}) for layer in steps]
    cells = [_made("LSTMCell", units=2), _made("GRUCell", units=3)]
    stacked = _made("StackedRNNCells", cells=cells)
    rnn = _made("RNN", cell=stacked, return_sequences=True)
    found += [
        ("RNN", {"cell": stacked}),
        ("RNN", {"cell": stacked, "return_sequences": True, "return_state": True}),
        ("Bidirectional", {"layer": rnn}),
        ("Bidirectional", {"layer": rnn, "merge_mode": "sum"}),
        ("SpectralNormalization", {"layer": dense}),
        ("SpectralNormalization", {"layer": _made("Embedding", input_dim=4, output_dim=2)}),
    ]
    return found + _free("TimeDistributed Bidirectional SpectralNormalization RNN")


def _pipelines() -> list[tuple[str, Any]]:
    """Return pipelines, some of them of pipelines."""
    flip, scale = _made("RandomFlip"), _made("Rescaling", scale=0.5)
    inner = _made("Pipeline", layers=[flip, scale])
    rows = [
        [inner, _made("RandomContrast", factor=0.1)],
        [_made("RandomBrightness", factor=0.1)],
        [_made("CenterCrop", height=2, width=2), _made("RandomRotation", factor=0.1)],
        [_made("Resizing", height=4, width=4), _made("RandomZoom", height_factor=0.1)],
        [_made("CategoryEncoding", num_tokens=4, output_mode="one_hot"), scale],
        [_made("Normalization", mean=0.0, variance=1.0, axis=None), _made("Dense", units=2)],
        [_made("Discretization", bin_boundaries=[0.0, 0.5])],
    ]
    return [("Pipeline", {"layers": row}) for row in rows]


def _policies() -> list[tuple[str, Any]]:
    """Return layers under quantized and mixed policies."""
    names = "int8_from_float32 int8_from_mixed_bfloat16 float8_from_float32 mixed_float16 mixed_bfloat16 float64"
    found: list[tuple[str, Any]] = []
    for policy in names.split():
        found += [
            ("Dense", {"units": 2, "dtype": policy}),
            ("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 3, "dtype": policy}),
            ("Conv1D", {"filters": 2, "kernel_size": 1, "dtype": policy}),
            ("LayerNormalization", {"dtype": policy}),
            ("LSTM", {"units": 2, "return_sequences": True, "dtype": policy}),
            ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2, "dtype": policy}),
            ("Embedding", {"input_dim": 3, "output_dim": 2, "dtype": policy}),
            ("Flatten", {"dtype": policy}),
            ("Activation", {"activation": "gelu", "dtype": policy}),
        ]
    return found


_AUGMENTING = [
    (name, None)
    for name in dict.fromkeys(
        cls.__name__ for cls in _LAYERS.values() if cls.family == "image_preprocessing"
    )
    if name != "MaxNumBoundingBoxes"
]
#: The layers of each mood, with their arguments or None where these are drawn.
MOODS: dict[str, list[tuple[str, Any]]] = {
    "any": [],
    "shared": _free("Dense Conv1D LSTM LayerNormalization Flatten Add TimeDistributed Embedding"),
    "masks": [
        ("LSTM", {"units": 2, "return_sequences": True}),
        ("GRU", {"units": 2}),
        ("Bidirectional", {"layer": _made("LSTM", units=2, return_sequences=True)}),
        ("TimeDistributed", {"layer": _made("Dense", units=2)}),
        ("GlobalAveragePooling1D", {}),
        ("Dropout", {"rate": 0.1}),
        ("LayerNormalization", {}),
        ("Dense", {"units": 2}),
        ("Masking", {}),
        *_free("Add Concatenate Average Multiply Maximum Subtract Concatenate Add"),
        *_free("LSTM RNN SimpleRNN ConvLSTM1D Attention MultiHeadAttention Softmax"),
    ],
    "attention": _free(
        "Attention AdditiveAttention MultiHeadAttention GroupQueryAttention LayerNormalization Add"
    ),
    "preprocessing": [
        *_pipelines(),
        *_AUGMENTING,
        *_free("Rescaling Normalization Discretization CategoryEncoding Hashing IntegerLookup"),
        *_free("StringLookup TextVectorization HashedCrossing MelSpectrogram STFTSpectrogram"),
    ],
    "operations": [
        (name, None)
        for name in dict.fromkeys(cls.keras_name for cls in _LAYERS.values() if cls.module == "ops")
    ],
    "wrappers": _wrappers(),
    "policies": _policies(),
}
Start = tuple[str, dict[str, Any], tuple[Any, ...], str]
_IMAGE = (None, 8, 8, 3)
#: How models of a mood may start: a class, its arguments, and the shape and dtype of its input.
STARTS: dict[str, list[Start | None]] = {
    "masks": [
        ("Embedding", {"input_dim": 5, "output_dim": 3, "mask_zero": True}, (None, 4), "int32"),
        ("Embedding", {"input_dim": 5, "output_dim": 3, "mask_zero": True}, (None, None), "int32"),
        ("Masking", {}, (None, 4, 3), "float32"),
        ("Masking", {}, (None, 4, 6, 3), "float32"),
        ("Embedding", {"input_dim": 5, "output_dim": 2, "mask_zero": True}, (None, 4, 2), "int64"),
    ],
    "attention": [
        ("Masking", {}, (None, 4, 2), "float32"),
        ("Embedding", {"input_dim": 5, "output_dim": 4, "mask_zero": True}, (None, 3), "int32"),
        None,
    ],
    "preprocessing": [
        *[("RandomFlip", {}, _IMAGE, dtype) for dtype in ("uint8", "float32", "bool")],
        ("Resizing", {"height": 4, "width": 4}, _IMAGE, "uint8"),
        *[("UpSampling2D", {}, _IMAGE, dtype) for dtype in ("uint8", "int32", "bool")],
        ("StringLookup", {"vocabulary": ["a", "b"]}, (None, 1), "string"),
        ("Identity", {}, (None, 3), "int32"),
        None,
    ],
    "operations": [
        *[
            ("Identity", {}, shape, dtype)
            for shape in ((None, 3), (None, 2, 3))
            for dtype in ("float32", "float16", "int32", "uint8", "int64", "bool", "float64")
        ],
        None,
    ],
    "wrappers": [
        ("Masking", {}, (None, 4, 3), "float32"),
        ("Dropout", {"rate": 0.1}, (None, 4, 6, 3), "float32"),
        ("Identity", {}, (None, 3, 4, 6, 3), "float32"),
    ],
    "policies": [
        ("Dense", {"units": 4}, (None, 3, 4), "float32"),
        ("Dense", {"units": 4}, (None, 4), "float16"),
        ("Embedding", {"input_dim": 5, "output_dim": 4}, (None, 3), "int32"),
    ],
}
