"""The versions in the catalogue are those of Keras: held against the signatures of every version."""

from __future__ import annotations

import json

import pytest

from mergecli.catalog import fields
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.versions import NEWEST, OLDEST, is_newer, parse_version, version_text
from tools import signatures

VERSIONS = signatures.load()
CLASSES = list(signatures.classes())
#: Arguments that Keras takes out of `**kwargs`, which no signature has.
HIDDEN = {"implementation", "vocabulary_size"}
#: Defaults that differ by version. Nothing is computed of them: a spec that leaves an argument out lets Keras choose.
DEFAULTS = {"name of optimizers", "Muon", "LayerNormalization.rms_scaling"}


def test_every_version_is_known() -> None:
    versions = [parse_version(version) for version in VERSIONS]
    assert versions == [(3, minor) for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_class_and_its_arguments_came_with_the_version_that_it_says(version: str) -> None:
    wrong = {}
    for name, cls in CLASSES:
        theirs = VERSIONS[version].get(name)
        ours = _arguments(cls, version)
        if (theirs is None) != (ours is None):
            wrong[name] = "is there" if ours is None else "is not there"
        elif theirs is not None and ours is not None and ours - set(theirs):
            wrong[name] = f"does not take {ours - set(theirs)}"
        elif theirs is not None and ours is not None:
            newer = {n for n in cls.newer if is_newer(cls.newer[n], parse_version(version))}
            if newer & set(theirs):
                wrong[name] = f"takes {newer & set(theirs)}"
    assert wrong == {}


def _arguments(cls: type[KerasObject], version: str) -> set[str] | None:
    """Return the arguments that a class has in a version; None if it is newer."""
    target = parse_version(version)
    if is_newer(cls.since, target):
        return None
    newer = {name for name, since in cls.newer.items() if is_newer(since, target)}
    own = set(cls.arguments) - newer - HIDDEN
    return own - {"name"} if cls.module == "ops" else own


def test_no_version_is_older_than_what_is_supported() -> None:
    for name, cls in CLASSES:
        for since in (cls.since, *cls.newer.values()):
            assert OLDEST <= parse_version(since) <= NEWEST, name
        assert set(cls.newer) <= set(cls.arguments), name


@pytest.mark.parametrize(
    ("role", "ours"),
    [
        ("activation", fields.ACTIVATIONS),
        ("initializer", fields.INITIALIZERS),
        ("regularizer", fields.REGULARIZERS),
        ("constraint", fields.CONSTRAINTS),
        ("dtype", tuple(fields.DTYPES)),
    ],
)
def test_names_came_with_the_version_that_they_say(role: str, ours: tuple[str, ...]) -> None:
    for version, known in VERSIONS.items():
        names = set(known[f"names of {role}"] or ())
        newer = {
            name
            for name, since in fields.NEWER_NAMES.items()
            if is_newer(since, parse_version(version))
        }
        assert set(ours) - names == newer & set(ours), version


def test_the_data_can_be_read_and_written_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: signatures.pathlib.Path
) -> None:
    text = signatures.DATA.read_text(encoding="utf-8")
    monkeypatch.setattr(signatures, "DATA", tmp_path / "again.json")
    signatures.store(VERSIONS)
    assert json.loads(signatures.DATA.read_text(encoding="utf-8")) == json.loads(text)


@pytest.mark.keras
def test_the_data_is_that_of_the_installed_keras() -> None:
    import keras

    version = version_text(parse_version(keras.__version__))
    if version not in VERSIONS:
        pytest.skip("this version is newer than the data")
    assert VERSIONS[version] == signatures.measured()
