"""What `editors/` has for editors, without an editor: it is what the guide shows, and of this version."""

from __future__ import annotations

import json
import re

import yaml
from running import ROOT

from mergecli.diagnostics.version import __version__

EDITORS = ROOT / "editors"
GUIDE = (ROOT / "docs" / "how-to" / "editors.md").read_text("utf-8")


def without_comments(text: str, mark: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(mark))


def test_the_snippets_are_those_of_the_guide() -> None:
    helix = (EDITORS / "helix" / "languages.toml").read_text("utf-8")
    assert without_comments(helix, "#") in GUIDE
    neovim = (EDITORS / "neovim" / "mergecli.lua").read_text("utf-8")
    assert without_comments(neovim, "--") in GUIDE


def test_the_entries_are_of_this_version() -> None:
    manifest = json.loads((EDITORS / "vscode" / "package.json").read_text("utf-8"))
    assert manifest["version"] == __version__
    mason = yaml.safe_load((EDITORS / "mason" / "package.yaml").read_text("utf-8"))
    assert mason["source"]["id"] == f"pkg:pypi/mergecli@{__version__}"


def test_the_extension_has_every_file_that_its_manifest_names() -> None:
    folder = EDITORS / "vscode"
    scripts = json.loads((folder / "package.json").read_text("utf-8"))["scripts"]
    names = re.findall(r"\b((?:src|scripts)/[\w.]+)", " ".join(scripts.values()))
    assert names and all((folder / name).is_file() for name in names)
