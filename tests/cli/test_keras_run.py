"""What a command says when Keras and a spec do not go together."""

from __future__ import annotations

import pytest

from mergecli.cli.keras_run import build_errors
from mergecli.diagnostics.installing import MissingDependencyError
from mergecli.runtime.build import Disagreement
from mergecli.runtime.layer_weights import NoWeights


@pytest.mark.parametrize(
    "problem, code, said",
    [
        (MissingDependencyError("`words` needs `tensorflow`", "pip"), 5, "mergecli: `words` needs"),
        (NoWeights("m.keras has no weights for `d`"), 3, "a.yaml: m.keras has no weights for `d`\n"),
        (Disagreement("ValueError: first\n\nlong"), 4, "This is a bug of mergecli"),
    ],
)  # fmt: skip
def test_each_problem_has_its_exit_code(
    problem: Exception, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught, build_errors("a.yaml", None, False, False):
        raise problem
    assert caught.value.code == code
    assert said in capsys.readouterr().err


def test_only_the_first_paragraph_of_keras_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), build_errors("a.yaml", None, False, False):
        raise Disagreement("first\n\nsecond")
    assert "second" not in capsys.readouterr().err
    with pytest.raises(SystemExit), build_errors("a.yaml", None, False, True):
        raise Disagreement("first\n\nsecond")
    assert "second" in capsys.readouterr().err


def test_what_is_not_known_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), build_errors("a.yaml", None, False, False):
        raise ZeroDivisionError
