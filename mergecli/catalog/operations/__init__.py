"""The operations of `keras.ops`, one module per family."""
