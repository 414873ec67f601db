"""What kind of file a saved model is in, and what is read from each."""

from __future__ import annotations

import io
import json
import pathlib
import zipfile
from typing import Any

import pytest

from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.containers import Container, read

CONFIG: dict[str, Any] = {"class_name": "Sequential", "config": {"name": "a", "layers": []}}


def archive(path: pathlib.Path, **entries: bytes) -> str:
    """Write an archive that is not compressed; `__` in a name stands for `/`, `_x_` for `.`."""
    with zipfile.ZipFile(path, "w") as file:
        for name, data in entries.items():
            file.writestr(name.replace("__", "/").replace("_x_", "."), data)
    return str(path)


def test_the_first_bytes_decide_and_not_the_ending(tmp_path: pathlib.Path) -> None:
    text = tmp_path / "model.backup"
    text.write_bytes(b"\xef\xbb\xbf \n" + json.dumps(CONFIG).encode())
    assert Container(str(text)).kind == "json"
    path = archive(tmp_path / "model.json", config_x_json=json.dumps(CONFIG).encode())
    assert Container(path).kind == "zip"
    assert read(path)["class_name"] == "Sequential"


def test_the_version_in_the_metadata_is_part_of_the_config(tmp_path: pathlib.Path) -> None:
    config = json.dumps(CONFIG).encode()
    for metadata, version in ((b'{"keras_version": "3.9.1"}', "3.9.1"), (b'{"a": 1}', None)):
        path = archive(tmp_path / "m.keras", config_x_json=config, metadata_x_json=metadata)
        assert read(path).get("keras_version") == version


@pytest.mark.parametrize(
    ("name", "data", "code", "reason"),
    [
        ("missing.keras", None, "not-found", "no such file"),
        ("missing.txt", None, "not-a-model", "is not a saved model"),
        ("model.pkl", b"\x80\x04abc", "unsafe-model", "is a pickle"),
        ("model.keras", b"", "not-a-model", "is not a zip archive.*it is empty"),
        ("model.keras", b"PK\3\4 cut off", "not-a-model", "is a damaged zip archive"),
        ("model.txt", b"text", "not-a-model", "is not a saved model"),
    ],
)
def test_another_file_is_refused_with_what_it_is(
    tmp_path: pathlib.Path, name: str, data: bytes | None, code: str, reason: str
) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(Unreadable, match=reason) as caught:
        read(str(path))
    assert caught.value.code == code


def test_a_folder_is_refused_as_a_folder(tmp_path: pathlib.Path) -> None:
    with pytest.raises(Unreadable, match="is a folder") as caught:
        Container(str(tmp_path))
    assert caught.value.code == "is-folder"


@pytest.mark.parametrize("name", ["../a", "/a", "C:/a", "b\\..\\a"])
def test_an_entry_that_leads_out_of_the_archive_is_refused(
    tmp_path: pathlib.Path, name: str
) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", json.dumps(CONFIG))
        file.writestr(name, b"")
    with pytest.raises(Unreadable, match="leads out of the archive"):
        read(str(path))


def test_assets_are_the_files_of_one_folder_and_not_those_below(tmp_path: pathlib.Path) -> None:
    entries = {"assets__a__words": b"one", "assets__a__deep__words": b"two", "assets__b": b"three"}
    container = Container(archive(tmp_path / "model.keras", **entries))
    assert container.assets("assets/a/") == {"words": b"one"}
    assert container.assets("assets/") == {"b": b"three"}


def test_weights_that_are_not_compressed_are_read_where_they_are(tmp_path: pathlib.Path) -> None:
    h5py = pytest.importorskip("h5py")
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        file["layers/dense/vars/0"] = [1.0, 2.0]
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        path = tmp_path / f"{compression}.keras"
        with zipfile.ZipFile(path, "w", compression) as file:
            file.writestr("before", b"12345")
            file.writestr("model.weights.h5", data.getvalue())
        container = Container(str(path))
        weights = container.weights()
        array = weights.array("layers/dense/vars/0")
        assert array is not None and array.read().tolist() == [1.0, 2.0]
        weights.close()
        container.close()


def test_a_config_alone_has_no_weights(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(CONFIG))
    container = Container(str(path))
    assert not container.has_weights
    with pytest.raises(Unreadable, match="is a config without weights"):
        container.weights()
