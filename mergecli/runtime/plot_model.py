"""keras.Model -> picture, by Keras's own `plot_model`, with the Graphviz that comes inside `pygraphviz`.

`plot_model` asks pydot, and pydot would start a `dot` executable. Here that question is answered in this process, so no
system package is needed.
"""

from __future__ import annotations

import contextlib
import inspect
import re
from typing import TYPE_CHECKING, Any, Callable, Iterator

from mergecli.exporters.pictures import fonts
from mergecli.exporters.pictures.graphviz import largest_dpi, rendered

if TYPE_CHECKING:
    import keras
    import pydot
    import pygraphviz

#: Below this many dots per inch the 14-point text of `plot_model` cannot be read.
READABLE = 50
_ID = re.compile(r"(?<![\w.#\"-])\d{8,}(?![\w.])")


def plot(
    model: keras.Model,
    path: str,
    notify: Callable[[str], None] = lambda note: None,
    **options: object,
) -> None:
    """Draw a Keras model into a file, in the format of its ending; `options` are those of `keras.utils.plot_model`.

    `notify` is called with a note when the resolution had to be lowered.
    """
    import keras  # optional

    known = inspect.signature(keras.utils.plot_model).parameters
    wanted = {name: value for name, value in options.items() if name in known}
    with graphviz(notify), _escaped(model):
        keras.utils.plot_model(model, to_file=path, **wanted)


@contextlib.contextmanager
def _escaped(model: keras.Model) -> Iterator[None]:
    """Layer names as `plot_model` needs them: it writes them into HTML labels as they are."""
    strange = [
        (operation, operation.name)
        for operation in model.operations
        if re.search(r"[<>&{}\\\[\]|]", operation.name)
    ]
    for operation, name in strange:
        operation.name = re.sub(r"[<>&{}\\\[\]|]", lambda match: f"&#{ord(match[0])};", name)
    try:
        yield
    finally:
        for operation, name in strange:
            operation.name = name


@contextlib.contextmanager
def graphviz(notify: Callable[[str], None] = lambda note: None) -> Iterator[None]:
    """Within this context pydot lays out and draws in-process instead of starting `dot`."""
    import pydot  # optional

    fonts.provide()

    def create(
        dot: pydot.Dot, prog: object = None, format: str = "ps", encoding: str | None = None
    ) -> bytes:
        return draw(dot.to_string(), format.lower(), notify)

    owner: Any = pydot.Dot
    original = owner.create
    owner.create = create
    try:
        yield
    finally:
        owner.create = original


def draw(dot: str, form: str, notify: Callable[[str], None] = lambda note: None) -> bytes:
    """Lay out a DOT text and draw it as `png`, `svg`, `pdf`, `dot`, …

    The nodes' names, which in Keras are memory addresses, are numbered, so that the same model gives the same bytes.
    """
    numbers: dict[str, str] = {}

    def lower(graph: pygraphviz.AGraph) -> int | None:
        wanted = float(graph.graph_attr["dpi"] or 96)
        # The margin of a tenth of an inch on each side belongs to the bitmap.
        possible = largest_dpi(graph, 0.2)
        if possible >= wanted:
            return None
        dpi = max(1, int(possible))
        note = f"the picture is drawn at {dpi} instead of {graph.graph_attr['dpi']} dpi, as it is very large"
        if dpi < READABLE:
            note += "; its text is too small to read, which --plot architecture.svg is not"
        notify(note)
        return dpi

    return rendered(
        _ID.sub(lambda match: numbers.setdefault(match[0], f"n{len(numbers)}"), dot),
        form,
        form,
        lower,
    )
