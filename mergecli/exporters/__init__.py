"""Network -> text or picture, without Keras."""
