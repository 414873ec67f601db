"""The text of a spec: its lines, its name, its bytes, and which files it may name."""

from __future__ import annotations

import pathlib

import pytest

from mergecli.diagnostics.source import (
    LARGEST,
    Source,
    Span,
    Unreadable,
    Via,
    decode,
    nearby,
    sentence,
)


def test_lines_end_with_cr_lf_cr_or_lf_and_are_counted_from_one() -> None:
    source = Source("a\r\nb\rc\n\nd", "a.yaml")
    assert [source.line(number) for number in range(7)] == ["", "a", "b", "c", "", "d", ""]
    assert source.lines == ["a", "b", "c", "", "d"]


@pytest.mark.parametrize("width", [1, 3, 1023, 1024, 1025, 3000])
def test_a_line_far_into_a_long_text_is_found(width: int) -> None:
    wanted = [f"{number}".rjust(width, "x") for number in range(1, 12)] + ["end"]
    source = Source("\n".join(wanted), "a.yaml")
    assert [source.line(number) for number in range(1, 13)] == wanted
    assert source.line(13) == ""


def test_a_byte_order_mark_is_no_part_of_the_text_but_of_the_bytes(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: x\r\n")
    source = Source.read(str(path))
    assert source.text == "name: x\r\n"
    assert source.data == b"\xef\xbb\xbfname: x\r\n"
    assert Source("name: x", "a.yaml").data == b"name: x"


def test_a_file_may_be_as_large_as_the_limit_and_no_byte_larger(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * LARGEST)
    assert len(Source.read(str(path)).text) == 4 * 1024 * 1024
    path.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(Unreadable, match="is larger than 4 MiB; no spec is"):
        Source.read(str(path))


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [
        ("a: 1\né: ".encode() + b"\xe9", "byte 0xE9 is not valid UTF-8; .* Latin-1", (2, 4)),
        ("a: 1".encode("utf-16")[:3] + b"\xd8", "byte 0xFF .* UTF-16", (1, 1)),
        (b"a\0\xff", "the file is not text", (1, 3)),
    ],
)
def test_the_first_byte_that_is_not_utf8_is_located(
    data: bytes, message: str, place: tuple[int, int]
) -> None:
    with pytest.raises(Unreadable, match=message) as caught:
        decode(data)
    assert caught.value.code == "not-utf8"
    assert caught.value.span is not None
    assert caught.value.span[:2] == place


def test_a_missing_file_is_answered_with_the_most_similar_spec(tmp_path: pathlib.Path) -> None:
    for name in ("resnet.yaml", "vgg.yml", "resnets.txt"):
        (tmp_path / name).touch()
    assert nearby(str(tmp_path / "resnt.yaml"), (".yaml", ".yml")) == str(tmp_path / "resnet.yaml")
    assert nearby(str(tmp_path / "VGG.YML"), (".yaml", ".yml")) == str(tmp_path / "vgg.yml")
    # The endings alone make no two names similar.
    assert nearby(str(tmp_path / "q.yaml"), (".yaml", ".yml")) is None
    assert nearby(str(tmp_path / "none" / "vgg.yml"), (".yaml", ".yml")) is None


def test_a_spec_may_name_files_up_to_the_folder_of_its_project(tmp_path: pathlib.Path) -> None:
    (tmp_path / "project" / "specs").mkdir(parents=True)
    (tmp_path / "project-2").mkdir()
    source = Source("", str(tmp_path / "project" / "specs" / "a.yaml"))
    shared = str(tmp_path / "project" / "shared.yaml")
    assert source.may_read(str(tmp_path / "project" / "specs" / "b.yaml"))
    assert not source.may_read(shared)
    (tmp_path / "project" / "pyproject.toml").touch()
    assert source.may_read(shared)
    # A folder whose name begins alike is another one.
    assert not source.may_read(str(tmp_path / "project-2" / "b.yaml"))


def test_steps_to_a_place_are_told_from_the_innermost_to_the_outermost() -> None:
    outer = Via("spec", "b.yaml", "image", Span(2, 3, 2, 9, "a.yaml"))
    inner = Via("block", "stem", "stem_1", Span(7, 1, 7, 5, "b.yaml"))
    model = Via("spec", "c.yaml", "", Span(1, 1, 1, 2, "b.yaml"))
    assert sentence([outer, inner]) == (
        "in block `stem`, used as `stem_1` at b.yaml:7:1, "
        "in `b.yaml`, used as branch `image` at a.yaml:2:3"
    )
    assert sentence([model]) == "in `c.yaml`, used at b.yaml:1:1"
    assert sentence([]) is None
