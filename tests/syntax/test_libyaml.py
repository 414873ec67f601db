"""PyYAML's C parser without the rest of the package, and the whole package for code that asks for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

CHECK = (
    "import sys\n"
    "from mergecli.compiler.pipeline import compile_spec\n"
    "from mergecli.diagnostics.source import Source\n"
    "def check(text): return [d.code for d in compile_spec(Source(text, 'a.yaml')).diagnostics]\n"
    "GOOD, BAD, STRANGE = 'input: [8]\\nlayers: [{Dense: 4}]\\n', 'input: [8\\n', 'input: [\\x07]\\n'\n"
    "def checks(): assert [check(GOOD), check(BAD), check(STRANGE)] == [[], ['syntax'], ['syntax']]\n"
)


def run(code: str) -> str:
    """What a new process prints that has the function `checks`."""
    result = subprocess.run(
        [sys.executable, "-c", CHECK + code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_check_loads_the_c_parser_alone() -> None:
    loaded = run("checks(); print(*sorted(m for m in sys.modules if m.startswith('yaml')))").split()
    assert loaded == [
        "yaml",
        "yaml._yaml",
        "yaml.error",
        "yaml.events",
        "yaml.nodes",
        "yaml.tokens",
    ]


@pytest.mark.parametrize(
    "code",
    [
        "import yaml; assert yaml.safe_load('a: [1, 2]') == {'a': [1, 2]}",
        "from yaml import safe_load, CSafeLoader; assert safe_load('a: 1') == {'a': 1}",
        "from yaml import *; assert safe_load('a: 1') == {'a': 1}",
        "import yaml.scanner, yaml; yaml.scanner.ScannerError, yaml.resolver.Resolver, yaml.__version__",
        "import yaml; assert not hasattr(yaml, 'no_such_name')",
        "import importlib, yaml; importlib.reload(yaml); assert yaml.safe_dump([1]) == '- 1\\n'",
    ],
)
def test_others_get_the_whole_package(code: str) -> None:
    run(f"checks()\n{code}\nchecks()")


@pytest.mark.parametrize("loader", ["SafeLoader", "CSafeLoader"])
@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: 'b", "yaml.scanner.ScannerError"),
        ("a: [b", "yaml.parser.ParserError"),
        ("a: *b", "yaml.composer.ComposerError"),
        ("a: \x07", "yaml.reader.ReaderError"),
        ("a: !b c", "yaml.constructor.ConstructorError"),
    ],
)
def test_both_parsers_raise_the_errors_of_the_package(loader: str, text: str, error: str) -> None:
    code = f"checks()\nimport yaml\ntry: yaml.load({text!r}, yaml.{loader})\nexcept {error}: print('caught')"
    assert run(code) == "caught\n"


def test_a_package_that_is_loaded_already_is_used() -> None:
    code = "import yaml\nimport mergecli.syntax.libyaml as ours\nassert ours.c_parser is yaml._yaml\nassert ours.YAMLError is yaml.YAMLError\nchecks()"
    result = subprocess.run([sys.executable, "-c", f"import yaml\n{CHECK}{code}"], check=False)
    assert result.returncode == 0


def test_without_libyaml_the_parser_of_pyyaml_reads() -> None:
    refuse = (
        "class Refuses:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'yaml._yaml': raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuses())\n"
    )
    assert (
        run(
            f"{refuse}checks()\nimport yaml\nassert yaml.safe_load('a: 1') == {{'a': 1}}\n"
            "from mergecli.syntax import libyaml\nprint(libyaml.c_parser, yaml.__with_libyaml__)"
        )
        == "None False\n"
    )


def test_many_threads_may_ask_for_the_package_at_once() -> None:
    run(
        "import threading\nchecks()\nimport yaml\nwrong = []\nstart = threading.Barrier(8)\n"
        "def ask():\n    start.wait()\n    try: assert yaml.safe_load('a: 1') == {'a': 1}\n    except BaseException as e: wrong.append(e)\n"
        "threads = [threading.Thread(target=ask) for _ in range(8)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\nassert not wrong, wrong"
    )
