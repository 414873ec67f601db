"""`mergecli layers`: one class, all of them, and names that are none."""

from __future__ import annotations

import json
import pathlib

import pytest
from click.testing import CliRunner, Result

from mergecli.cli.main import cli


def layers(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["layers", *arguments])


def test_a_layer_is_shown_with_its_arguments() -> None:
    result = layers("Dense")
    assert result.exit_code == 0
    for argument in ("units", "activation", "use_bias"):
        assert argument in result.stdout


def test_both_classes_of_a_name_are_shown_and_one_can_be_chosen() -> None:
    both, metric = layers("Hinge").stdout, layers("metrics.Hinge").stdout
    assert metric in both
    assert len(metric) < len(both)


def test_an_application_is_shown_for_programs_with_its_results_of_an_image() -> None:
    result = layers("VGG16", "--format", "json")
    facts = json.loads(result.stdout)
    assert (facts["name"], facts["role"]) == ("VGG16", "application")
    # The numbers of parameters that Keras documents for VGG16.
    assert [r["include_top"] for r in facts["results"]] == [True, False]
    assert [r["parameters"] for r in facts["results"]] == [138_357_544, 14_714_688]


def test_a_misspelled_name_is_wrong_usage_and_the_nearest_is_offered() -> None:
    result = layers("Dens")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "unknown layer `Dens`" in result.stderr
    assert "Dense" in result.stderr


def test_a_layer_that_no_spec_can_have_is_told_why() -> None:
    result = layers("Lambda")
    assert result.exit_code == 2
    assert "`Lambda` cannot be used in a spec: " in result.stderr


def test_a_page_says_since_when_and_what_changed() -> None:
    assert "since        Keras 3.13" in layers("AdaptiveMaxPooling2D").stdout
    assert "since               Keras 3.10" in layers("Muon").stdout
    assert "null by default (Keras 3.10 or newer)" in layers("Dense").stdout
    changed = "changed   before Keras 3.14, with `keepdims` the shape stays as it is"
    assert changed in layers("ops.argmax").stdout
    facts = json.loads(layers("Discretization", "--format", "json").stdout)
    assert list(facts["changed"]) == ["3.12", "3.14"]
    facts = json.loads(layers("BatchNormalization", "--format", "json").stdout)
    assert {a["name"]: a.get("since") for a in facts["arguments"]}["renorm"] == "3.14"


def test_what_a_version_does_not_have_is_left_out() -> None:
    assert "lora_rank" in layers("Dense", "--keras", "3.9").stdout
    assert "lora_alpha" not in layers("Dense", "--keras", "3.9").stdout
    every, old = layers().stdout, layers("--keras", "3.12").stdout
    assert "AdaptiveMaxPooling2D" in every and "AdaptiveMaxPooling2D" not in old
    facts = json.loads(layers("--keras", "3.12", "--format", "json").stdout)
    assert "AdaptiveMaxPooling2D" not in {fact["name"] for fact in facts}
    newer = layers("AdaptiveMaxPooling2D", "--keras", "3.12")
    assert newer.exit_code == 2
    assert "`AdaptiveMaxPooling2D` needs Keras 3.13; the target is Keras 3.12" in newer.stderr


MODULE = '''
raise RuntimeError("a module is read, not run")


class Scale:
    """Multiplies by a number.

    Further words are left out.
    """

    def __init__(self, factor, offset=0.5, *, mode="sum", **kwargs):
        pass

    def call(self, x, mask=None):
        return x


class Helper:
    pass
'''


@pytest.fixture
def own(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_layers.py").write_text(MODULE, "utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("own")
def test_layers_of_a_module_are_listed_and_shown() -> None:
    listed = layers("--import", "own_layers").stdout
    assert listed.startswith("your own\n  Scale ") and "Helper" not in listed
    assert "Multiplies by a number.\n" in listed and "\ncore\n" in listed
    shown = layers("Scale", "--import", "own_layers").stdout
    assert shown == (
        "Scale: Multiplies by a number. (module own_layers)\n\n"
        "  factor     required\n  offset     by default 0.5\n  mode       by default 'sum'\n\n"
        "  called on  x, mask\n  example    - Scale: {factor: …}\n"
    )


@pytest.mark.usefixtures("own")
def test_layers_of_a_module_are_facts_for_programs() -> None:
    facts = json.loads(layers("Scale", "--import", "own_layers", "--json").stdout)
    assert facts["module"] == "own_layers" and facts["call"] == ["x", "mask"]
    assert facts["arguments"] == [
        {"name": "factor"},
        {"name": "offset", "python_default": "0.5"},
        {"name": "mode", "python_default": "'sum'"},
    ]
    assert json.loads(layers("--import", "own_layers", "--json").stdout)[-1] == facts


@pytest.mark.usefixtures("own")
def test_a_misspelled_layer_of_a_module_is_suggested() -> None:
    assert "did you mean `Scale`?" in layers("Scal", "--import", "own_layers").stderr
