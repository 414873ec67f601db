"""Whether a picture would be too long for its width, before any of its boxes is measured."""

from __future__ import annotations

from mergecli.exporters.pictures.placing import extent
from mergecli.exporters.pictures.scene import Box, Scene
from mergecli.exporters.pictures.series import decompose

#: How many times as high as wide a picture that fits a page may be.
MOST = 3.0
#: Pictures that are not higher than this, in points, fit a page whatever their width: A3 within its margins.
LOW = 1100.0
#: Points: about how wide a character and how high a line is, and what a box has besides its lines.
_CHARACTER, _LINE, _AROUND = 6.0, 16.0, 14.0


def is_long(scene: Scene) -> bool:
    """Return whether a scene is a long and narrow picture; of those that Graphviz lays out this is not known."""
    structure = decompose(scene)
    if structure is None:
        return False
    sizes = {key: _size(box) for key, box in scene.boxes.items()}
    titles = {frame.key: _CHARACTER * max(map(len, frame.lines)) for frame in scene.root.walk()}
    width, height = extent(scene, structure, sizes, titles) or (0.0, 0.0)
    return height > max(LOW, MOST * width)


def _size(box: Box) -> tuple[float, float]:
    """Return about how large a box is."""
    lines = [f"{box.title}      {box.name}"]
    lines += [f"{line.text} {line.detail}" for line in box.lines]
    lines[-1] += f"      {box.shown}"
    longest = max(map(len, lines)) * _CHARACTER
    return longest + _AROUND, _LINE * (len(lines) + len(box.notes)) + _AROUND
