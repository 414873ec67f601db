"""What files say of themselves."""

from __future__ import annotations

import pytest

from mergecli.runtime import saved_files


def test_numbered_names_are_sorted_by_their_numbers() -> None:
    names = ["args_10", "args_9", "args", "output_0", "args_1"]
    assert sorted(names, key=saved_files._numbered) == [
        "args", "args_1", "args_9", "args_10", "output_0",
    ]  # fmt: skip


@pytest.mark.keras
def test_a_file_for_interpreters_with_the_flex_delegate_is_named(tmp_path: object) -> None:
    import pathlib

    from running import run

    folder = pathlib.Path(str(tmp_path))
    text = "input: {shape: [1], dtype: string}\nlayers:\n  - TextVectorization: {vocabulary: [a, b], output_sequence_length: 4}\n"
    (folder / "a.yaml").write_text(text + "  - Embedding: {input_dim: 9, output_dim: 2}\n")
    result = run("build", "-q", "a.yaml", "--no-plot", "--save=m.tflite", cwd=folder)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr.startswith(
        "warning: m.tflite: it was not run, as only an interpreter with the Flex delegate does that"
    )
    assert "StaticRegexReplace" in result.stderr and result.stderr.count("\n") == 1
