"""Files are written whole or not at all."""

from __future__ import annotations

import os
import pathlib

import pytest

from mergecli.diagnostics import files


def test_a_text_is_written_with_its_folder_and_nothing_else(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "new" / "folder" / "out.txt"
    files.write(str(path), "a\nb\udc80\n")
    assert path.read_bytes() == b"a\nb\\udc80\n"
    assert os.listdir(path.parent) == ["out.txt"]


def test_a_failure_leaves_the_old_file_and_no_temporary_one(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")

    def refuse(*paths: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(files.Unwritable) as problem:
        files.write(str(path), "new")
    assert str(problem.value) == f"cannot write {path}: Permission denied"
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_a_link_is_written_through(tmp_path: pathlib.Path) -> None:
    (tmp_path / "target.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("target.txt")
    files.write(str(tmp_path / "link.txt"), "new")
    assert (tmp_path / "target.txt").read_text() == "new"
    assert (tmp_path / "link.txt").is_symlink()


@pytest.mark.parametrize(
    ("path", "folder", "reason"),
    [
        ("folder", False, "a folder is there"),
        ("full", True, "a folder is there that holds something else"),
        ("file", True, "a file is there"),
        ("file/below", False, "Not a directory"),
    ],
)
def test_what_cannot_be_written_is_known_before(
    path: str, folder: bool, reason: str, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "other.txt").touch()
    (tmp_path / "file").touch()
    with pytest.raises(files.Unwritable, match=f"cannot write .*: ({reason}|File exists)$"):
        files.prepare(str(tmp_path / path), folder)


def test_an_empty_folder_and_a_saved_model_are_replaced(tmp_path: pathlib.Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    (tmp_path / "saved" / "old").touch()
    for name in ("empty", "saved", "missing"):
        path = str(tmp_path / name)
        files.prepare(path, folder=True)
        temporary = files.temporary_path(path)
        os.mkdir(temporary)
        pathlib.Path(temporary, "new").touch()
        files.move([(temporary, path)])
        assert os.listdir(path) == ["new"]
    assert sorted(os.listdir(tmp_path)) == ["empty", "missing", "saved"]


def test_a_rewritten_file_keeps_its_permissions_and_its_newer_content(
    tmp_path: pathlib.Path,
) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    files.rewrite(str(path), b"old", b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o640)
    with pytest.raises(OSError, match="it has changed since it was read"):
        files.rewrite(str(path), b"old", b"newer")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["spec.yaml"]


def test_only_a_missing_file_has_no_bytes(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert files.read_if_present(str(tmp_path / "file")) == b"x"
    for path in ("missing", "file/below", ""):
        assert files.read_if_present(str(tmp_path / path)) is None
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError):
        files.read_if_present(str(tmp_path / "loop"))
