"""Configs in JSON: each encoding, the names of Keras 2, and what no config of Keras holds."""

from __future__ import annotations

import json

import pytest

from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.json_configs import decoded, loaded

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32-le"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_read_in_each_encoding(encoding: str) -> None:
    for text in ('["é", 0.0010000000474974513, 1e300, 2]', '{"module": "tf_keras.layers"}'):
        data = json.loads(text.replace("tf_keras", "keras"))
        assert loaded(text.encode(encoding), None) == data


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f'{{"a": [-{1 << 64}]}}', "more than 64 bits"),
        ('["\\ud800"]', "half a character"),
        ("[" * 300 + "]" * 300, "nested more than 200 levels deep"),
        ("[1,]", "not valid JSON"),
    ],
)
def test_what_no_config_of_keras_holds_is_refused(encoding: str, text: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        loaded(text.encode(encoding), None)


def test_a_config_may_be_written_as_a_string_of_json() -> None:
    config = {"class_name": "Model", "config": {"name": "é"}}
    assert decoded(json.dumps(json.dumps(config)), None) == config
