"""`specs/two_branch.yaml` as the script that a Keras user would have written."""

from __future__ import annotations

from typing import Any


def build() -> Any:
    import keras
    from keras import layers

    input_a = keras.Input((32, 32, 1), name="Input_a")
    a = layers.Dense(64, activation="relu", name="a_layer_1")(input_a)
    a = layers.Dense(128, activation="relu", name="a_layer_2")(a)
    a = layers.Dense(64, activation="relu", name="a_layer_3")(a)
    a = layers.Dense(32, activation="sigmoid", name="a_output_layer")(a)
    input_b = keras.Input((32, 32, 1), name="Input_b")
    b = layers.Dense(64, activation="relu", name="b_layer_1")(input_b)
    b = layers.Dense(32, activation="sigmoid", name="b_output_layer")(b)
    joined = layers.Concatenate(axis=-1, name="concatenated_layer")([a, b])
    output = layers.Dense(16, activation="sigmoid", name="output_layer")(joined)
    return keras.Model([input_a, input_b], output, name="merged model")


def main(png: str | None = None) -> None:
    """Print the summary and draw the picture, with a `dot` on the path, as the README of Keras has it."""
    import keras

    model = build()
    model.summary()
    if png is not None:
        keras.utils.plot_model(model, png, show_shapes=True, show_layer_names=True)


if __name__ == "__main__":
    main()
