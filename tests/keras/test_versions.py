"""The installed Keras, whichever version it is: what it builds, what it has saved, and random models.

`nox -s "keras(3.10)"` runs it with an older one, as the workflow of versions does.
"""

from __future__ import annotations

import os
import pathlib
import re

import pytest
from running import ROOT, SPECS

from mergecli.catalog.versions import NEWEST
from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.compiler.settings import installed_keras
from mergecli.diagnostics.source import Source

TARGET = installed_keras()
#: How many random models an older version is held against.
MODELS = 300
#: The largest model that is made with its weights and saved.
MOST_PARAMETERS = 3_000_000
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: The specs of the documentation, each with its page.
SHOWN = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall(r"(?ms)^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"))
    )
    if re.search(r"(?m)^(layers|branches):", block) and "diagnostics" not in page.parts
]


def compiled(source: Source) -> Compiled:
    """Check a spec for the installed Keras, which may only lack something."""
    result = compile_spec(source, target=TARGET)
    assert {error.code for error in result.errors} <= {"newer-keras"}
    return result


@pytest.mark.keras
def test_the_installed_version_is_the_target() -> None:
    import keras

    assert keras.__version__.startswith(f"{TARGET[0]}.{TARGET[1]}.")


@pytest.mark.keras
@pytest.mark.parametrize("text", SHOWN)
def test_the_documentation_builds(text: str) -> None:
    from mergecli.runtime.build import build

    network = compiled(Source(text, str(ROOT / "specs" / "readme.yaml"))).network
    if network is not None:
        build(network, weightless=True)


@pytest.mark.keras
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("ending", [".keras", ".h5", ".json"])
def test_what_it_has_saved_is_imported(
    path: pathlib.Path, ending: str, tmp_path: pathlib.Path
) -> None:
    from mergecli.exporters.yaml import roundtrip
    from mergecli.importers import keras as saved
    from mergecli.runtime.build import build

    network = compiled(Source.read(str(path))).network
    if network is None or (network.count() > MOST_PARAMETERS and ending != ".json"):
        pytest.skip("too large, or newer than the installed Keras")
    model = build(network, weightless=ending == ".json")
    file = str(tmp_path / f"model{ending}")
    if ending == ".json":
        pathlib.Path(file).write_text(model.to_json(), encoding="utf-8")
    else:
        model.save(file)
    specs, _ = roundtrip.dump(saved.parse(saved.read(file)), target=TARGET)
    again = compile_spec(Source(specs[""], "again.yaml"), target=TARGET).network
    assert again is not None
    assert again.count() == network.count() == model.count_params()


@pytest.mark.keras
@pytest.mark.skipif(TARGET >= NEWEST, reason="test_fuzz.py has random models for the newest")
def test_random_models_of_an_older_version() -> None:
    from tools import fuzz

    seed = int(os.environ.get("MERGECLI_SEED", "17"))
    assert fuzz.run(number=seed, count=MODELS) >= MODELS
