"""The kinds of layers, under Keras's own family names; `catalogue` finds one by its name."""
