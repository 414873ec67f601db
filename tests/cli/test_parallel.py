"""Work in several processes: the order, the bounds, and processes that end."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import threading
from typing import Iterator

import pytest
from running import ROOT

from mergecli.cli.commands.validate import MANY
from mergecli.cli.parallel import MOST_JOBS, PIECE, PIECES_AHEAD, cores, mapped

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked")


def test_the_results_are_in_order_and_from_other_processes() -> None:
    items = list(range(10 * PIECE + 1))
    results = list(mapped(lambda item: (item * item, os.getpid()), items, 3))
    assert [square for square, _ in results] == [item * item for item in items]
    assert os.getpid() not in {process for _, process in results}


def test_one_process_does_the_work_itself_when_it_is_asked_for() -> None:
    results = mapped(lambda item: os.getpid(), range(3), 1)
    assert set(results) == {os.getpid()}
    other = threading.Thread(target=threading.Event().wait, args=(0.5,))
    other.start()
    assert set(mapped(lambda item: os.getpid(), range(3), 2)) == {os.getpid()}
    other.join()


def test_only_some_pieces_are_worked_on_ahead() -> None:
    asked: list[int] = []

    class Items(list[int]):
        def __getitem__(self, index):  # type: ignore[no-untyped-def]
            os.write(write, b".")
            return super().__getitem__(index)

    read, write = os.pipe()
    results: Iterator[int] = mapped(lambda item: item, Items(range(100 * PIECE)), 2)
    asked = [next(results) for _ in range(PIECE)]
    assert asked == list(range(PIECE))
    assert len(os.read(read, 1000)) <= 2 * PIECES_AHEAD + 1
    results.close()  # type: ignore[attr-defined]


def test_an_error_and_the_end_of_a_process_are_raised() -> None:
    def fail(item: int) -> int:
        raise MemoryError

    with pytest.raises(MemoryError):
        list(mapped(fail, range(3), 2))
    with pytest.raises(RuntimeError, match="ended before its work was done"):
        list(mapped(lambda item: os._exit(1), range(3), 2))


def test_there_is_a_process_for_each_core_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(3), raising=False)
    assert cores() == 3
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(64), raising=False)
    assert cores() == MOST_JOBS


def check(*arguments: str, cwd: pathlib.Path = ROOT, code: str = "") -> tuple[int, str, str]:
    program = (
        f"import sys; sys.argv = ['mergecli', *{list(arguments)!r}]; {code}\n"
        "from mergecli.cli.main import main\nmain()"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=cwd, check=False
    )
    return result.returncode, result.stdout, result.stderr


@pytest.mark.parametrize(
    "form", ["full", *(pytest.param(form, marks=pytest.mark.slow) for form in ("json", "sarif"))]
)
def test_the_bytes_are_those_of_one_process(form: str) -> None:
    paths = ["tests/errors", "specs", "no-such-file.yaml"]
    one, three = (
        check("validate", "-q", "--jobs", jobs, "--format", form, *paths) for jobs in ("1", "3")
    )
    assert one == three
    assert one[0] == 3


def test_an_internal_error_in_a_process_is_reported_as_in_one() -> None:
    code = (
        "import mergecli.cli.inputs as i; check = i.check\n"
        "def broken(path, *rest):\n"
        "    if path.endswith('siamese.yaml'): raise ZeroDivisionError('by zero')\n"
        "    return check(path, *rest)\n"
        "i.check = broken"
    )
    one, two = (check("validate", "-q", "-j", jobs, "specs", code=code) for jobs in ("1", "2"))
    assert one == two
    assert one[0] == 70
    assert "ZeroDivisionError: by zero" in one[2]


def test_many_specs_are_checked_by_processes_without_being_asked(tmp_path: pathlib.Path) -> None:
    for number in range(MANY + 1):
        (tmp_path / f"{number}.yaml").write_text("input: [8]\nlayers: [{Dense: 4}]\n")
    show = "import atexit; atexit.register(lambda: print('concurrent.futures' in sys.modules))"
    assert check("validate", "-q", ".", cwd=tmp_path, code=show)[1] == "True\n"
    (tmp_path / "0.yaml").unlink()
    assert check("validate", "-q", ".", cwd=tmp_path, code=show)[1] == "False\n"
