"""What a backend does not have is an error where it is written."""

from __future__ import annotations

import pathlib

import pytest
from click.testing import CliRunner

from mergecli.cli.main import cli

SPEC = "input: [8, 8, 3]\nlayers:\n  - UpSampling2D: {interpolation: VALUE}\n  - Resizing: {height: 4, width: 4}\n"


@pytest.mark.parametrize(
    ("backend", "value", "others"),
    [
        ("tensorflow", "area", None),
        ("jax", "lanczos5", None),
        ("torch", "bicubic", None),
        ("jax", "area", "`tensorflow`"),
        ("torch", "area", "`tensorflow`"),
        ("torch", "lanczos3", "`tensorflow` or `jax`"),
    ],
)
def test_an_interpolation_that_a_backend_lacks(
    backend: str, value: str, others: str | None, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "a.yaml").write_text(SPEC.replace("VALUE", value))
    arguments = ["validate", str(tmp_path / "a.yaml"), "--backend", backend]
    result = CliRunner().invoke(cli, arguments)
    CliRunner().invoke(cli, ["validate", str(tmp_path / "a.yaml")])
    assert result.exit_code == (0 if others is None else 1), result.output
    if others is not None:
        assert (
            f"a.yaml:3:35: error[wrong-value]: cannot be run by the backend"
            f" `{backend}` with `interpolation: {value}`" in result.output
        )
        assert f"take another value, or the backend {others}" in result.output


@pytest.mark.parametrize(("variable", "code"), [("torch", 1), ("tensorflow", 0)])
def test_the_variable_chooses_the_backend_of_a_check(
    variable: str, code: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text(SPEC.replace("VALUE", "area"))
    monkeypatch.setenv("KERAS_BACKEND", variable)
    result = CliRunner().invoke(cli, ["validate", str(tmp_path / "a.yaml")])
    assert result.exit_code == code, result.output
