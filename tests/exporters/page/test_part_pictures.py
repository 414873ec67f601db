"""What the page reads to unfold a box."""

from __future__ import annotations

import base64
import json
import zlib

from mergecli.exporters.page.part_pictures import PartPicture, parts_data


def test_pictures_are_compressed_and_boxes_are_not() -> None:
    parts = [PartPicture(None, "node-1", "a", "<svg>é</svg>"), PartPicture(0, "node-2", "b", "")]
    data = parts_data(parts, across=False)
    assert data is not None
    assert data["boxes"] == [(-1, "node-1", "a"), (0, "node-2", "b")] and not data["across"]
    pictures = json.loads(zlib.decompress(base64.b64decode(data["pictures"])))
    assert pictures == ["<svg>é</svg>", ""]


def test_a_picture_without_folded_boxes_has_no_parts() -> None:
    assert parts_data([], across=True) is None
