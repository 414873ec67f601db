"""The strings of an SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


def texts(root: ET.Element) -> list[str]:
    found = [
        "".join(element.itertext()).replace("\N{NO-BREAK SPACE}", " ").strip()
        for element in root.iter(f"{SVG}text")
    ]
    return [text for text in found if text]
