"""Saved models, read without Keras: a file -> its config -> calls of layers -> a graph.

Nothing of a file is run, unpickled, unpacked to the disk or imported by a name that it holds.
"""

from mergecli.importers.keras.config_reader import parse
from mergecli.importers.keras.config_values import arguments
from mergecli.importers.keras.containers import Container, read
from mergecli.importers.keras.inlining import graph, unfolded
from mergecli.importers.keras.saved_model import Origin, Saved, SavedCall

__all__ = [
    "Container",
    "Origin",
    "Saved",
    "SavedCall",
    "arguments",
    "graph",
    "parse",
    "read",
    "unfolded",
]
