"""The model as a graph of calls, with inferred shapes."""
