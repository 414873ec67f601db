"""An open text knows for which Keras it is checked, each time that it is looked at."""

from __future__ import annotations

from mergecli.importers.modules import CustomLayers
from mergecli.lsp.document import Document

SPEC = "input: [32, 32, 3]\nlayers: [{AdaptiveMaxPooling2D: 4}]\n"


def test_a_text_follows_its_target() -> None:
    targets = [(3, 10), (3, 15)]
    document = Document("file:///a.yaml", "a.yaml", CustomLayers(), lambda: targets.pop(0))
    document.change(SPEC, 1, "utf-16")
    assert [d.code for d in document.now.diagnostics] == ["newer-keras"]
    document.forget()
    assert document.now.diagnostics == []
    assert targets == []
