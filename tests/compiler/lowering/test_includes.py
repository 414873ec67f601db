"""Models that a branch includes: what is found, with which variables, and what is refused."""

from __future__ import annotations

import pathlib

from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source

INNER = "vars: {units: 3}\ninput: [4]\nlayers: [{Dense: {units: $units, name: inner}}]\n"


def check(folder: pathlib.Path, branch: str, inner: str = INNER) -> Compiled:
    """Check a spec with one branch that is a model, next to `inner.yaml`."""
    (folder / "inner.yaml").write_text(inner)
    path = folder / "outer.yaml"
    text = f"branches:\n  a: {branch}\nhead: [{{Dense: {{units: 1, name: last}}}}]\n"
    path.write_text(text)
    return compile_spec(Source(text, str(path)))


def only(folder: pathlib.Path, branch: str, inner: str = INNER) -> Diagnostic:
    (found,) = check(folder, branch, inner).errors
    return found


def units(compiled: Compiled) -> int:
    assert compiled.network is not None, compiled.errors
    (call,) = [call for call in compiled.network.graph.nodes if call.name == "inner"]
    found = call.layer.explicit["units"] if call.layer is not None else None
    assert isinstance(found, int)
    return found


def test_the_variables_of_a_spec_are_set_by_with(tmp_path: pathlib.Path) -> None:
    assert units(check(tmp_path, "{spec: inner.yaml}")) == 3
    assert units(check(tmp_path, "{spec: inner.yaml, with: {units: 7}}")) == 7


def test_a_variable_that_the_spec_does_not_have_is_refused(tmp_path: pathlib.Path) -> None:
    found = only(tmp_path, "{spec: inner.yaml, with: {unit: 7}}")
    assert found.code == "unknown-variable"
    assert found.message == "`inner.yaml` has no variable `unit`"
    assert found.help == "did you mean `units`?"


def test_a_file_of_a_similar_name_is_suggested(tmp_path: pathlib.Path) -> None:
    found = only(tmp_path, "{spec: iner.yaml}")
    assert found.code == "not-found"
    assert found.help is not None
    assert "inner.yaml" in found.help


def test_a_file_under_the_wrong_key_is_sent_to_the_right_one(tmp_path: pathlib.Path) -> None:
    found = only(tmp_path, "{spec: model.keras}")
    assert found.message == "`model.keras` is a saved model, not a spec"
    assert found.help == "write `model: model.keras`"


def test_nothing_is_downloaded(tmp_path: pathlib.Path) -> None:
    found = only(tmp_path, "{spec: 'https://example.org/a.yaml'}")
    assert found.help == "name a file; nothing is downloaded"


def test_a_spec_that_includes_itself_is_a_cycle(tmp_path: pathlib.Path) -> None:
    found = only(tmp_path, "{spec: outer.yaml}")
    assert found.code == "cyclic-spec"
    assert found.message.endswith("a spec cannot include itself")


def test_an_error_in_the_other_spec_is_at_its_place_there(tmp_path: pathlib.Path) -> None:
    found = only(tmp_path, "{spec: inner.yaml}", "input: [4]\nlayers: [{Dense: -1}]\n")
    assert found.span is not None
    assert found.span.path == str(tmp_path / "inner.yaml")
    assert (found.span.line, found.span.column) == (2, 18)
    assert found.note is not None


def test_lines_of_a_file_that_is_no_spec_are_not_shown(tmp_path: pathlib.Path) -> None:
    compiled = check(tmp_path, "{spec: inner.yaml}", "password: [secret\n")
    (found,) = compiled.errors
    assert found.message == "`inner.yaml` is not a spec"
    assert compiled.source.included == {}


def test_an_application_by_a_wrong_name_is_told(tmp_path: pathlib.Path) -> None:
    found = only(tmp_path, "{application: MobileNetV9}")
    assert found.message == "Keras has no application `MobileNetV9`"
    assert found.help is not None
    assert "`MobileNetV2`" in found.help


def test_a_number_is_no_path_and_no_application(tmp_path: pathlib.Path) -> None:
    assert only(tmp_path, "{spec: 3}").message == "`spec` must be the path of a file, found 3"
    assert only(tmp_path, "{application: 3}").message == (
        "`application` must be the name of an application, such as `MobileNetV2`, found 3"
    )
