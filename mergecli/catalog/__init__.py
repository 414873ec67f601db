"""What Keras knows: layers, operations, optimizers and more, with their arguments, shapes, dtypes and weights."""
