"""The layers of `keras.layers`, one module per family."""
