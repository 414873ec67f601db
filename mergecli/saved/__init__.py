"""Saved models, read without Keras: a file -> its config -> calls of layers -> a graph.

Nothing of a file is run, unpickled, unpacked to the disk or imported by a name that it holds.
"""

from mergecli.saved.arguments import arguments
from mergecli.saved.files import read
from mergecli.saved.flat import graph
from mergecli.saved.model import Call, Origin, Saved, parse

__all__ = ["Call", "Origin", "Saved", "arguments", "graph", "parse", "read"]
