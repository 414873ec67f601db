"""Network -> a real `keras.Model`; the only folder that imports Keras."""
