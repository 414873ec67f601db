"""Watching: real processes, real saves as editors make them, real sockets."""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Iterator

import pytest
from browser import Browser, opened
from running import ROOT, run

GOOD = "input: [8]\nlayers: [{Dense: {units: 4, name: out}}]\n"
BAD = GOOD.replace("Dense", "Dens")
#: Seconds after which something does not come any more.
PATIENCE = 60
# Whoever runs the tests in the background may ignore interrupts, which a program inherits.
USUAL = "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); os.execv(sys.argv[1], sys.argv[1:])"


class Watching:
    """A watching mergecli and all that it says, both streams in one."""

    def __init__(self, *arguments: str, ready: bool = True, **environment: str) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        command = [sys.executable, "-c", USUAL, sys.executable, "-m", "mergecli", *arguments]
        self.process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.said = ""
        self._told = 0
        threading.Thread(target=self._read, daemon=True).start()
        if ready:
            self.hears("watching for changes")

    def _read(self) -> None:
        assert self.process.stdout is not None
        while data := os.read(self.process.stdout.fileno(), 65536):
            self.said += data.decode()

    def hears(self, pattern: str) -> str:
        """Wait until something is printed after what was waited for before."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.compile(pattern, re.S).search(self.said, self._told)):
            assert time.monotonic() < deadline and self.process.poll() is None, (
                f"never said {pattern!r}: {self.said[self._told :]}"
            )
            time.sleep(0.01)
        self._told = found.end()
        return found[0]

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def watching(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Watching]]:
    monkeypatch.chdir(tmp_path)
    started: list[Watching] = []

    def start(*arguments: str, **options: Any) -> Watching:
        started.append(Watching(*arguments, **options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        assert "Traceback" not in one.said


def save(path: str, text: str) -> None:
    """As most editors do: written beside it and renamed."""
    pathlib.Path(path + "~").write_text(text)
    os.replace(path + "~", path)


def write(path: str, text: str) -> None:
    """Written over, in two steps."""
    with open(path, "w") as file:
        file.flush()
        os.fsync(file.fileno())
        file.write(text)


def test_each_save_is_answered_until_an_interrupt(watching: Callable[..., Watching]) -> None:
    save("a.yaml", GOOD)
    one = watching("validate", "a.yaml", "--watch")
    assert one.said.startswith("1 file, no errors")
    save("a.yaml", BAD)
    said = one.hears(r"\n\n[^\n]*\n.*?1 error in 1 of 1 file\b")
    assert re.match(
        r"\n\n\d\d:\d\d:\d\d a\.yaml changed\na\.yaml:2:11: error\[unknown-layer\]: unknown layer `Dens`\n",
        said,
    )
    write("a.yaml", GOOD)
    one.hears(r"a\.yaml changed\n.*?1 file, no errors")
    shutil.move("a.yaml", "b.yaml")
    one.hears(r"a\.yaml is gone\n.*not-found")
    shutil.move("b.yaml", "a.yaml")
    one.hears(r"a\.yaml is new\n1 file, no errors[^\n]*\n")
    said = one.said
    assert (one.end(), one.said) == (130, said)
    assert "\033" not in said


def test_a_save_that_changes_as_little_as_can_be_is_seen(watching: Callable[..., Watching]) -> None:
    """As many bytes as before, in the same file, again and again: nothing but the time tells it."""
    write("a.yaml", GOOD)
    one = watching("summary", "a.yaml", "--watch", "--format", "csv")
    for units in "56789":
        with open("a.yaml", "r+") as file:
            file.write(GOOD.replace("units: 4", f"units: {units}"))
        one.hears(rf"changed\nname,.*?out,Dense,[^\n]*{units}\)[^\n]*\n")
    assert one.end() == 130


def test_what_a_spec_names_is_watched_whether_it_is_there_or_not(
    watching: Callable[..., Watching],
) -> None:
    save(
        "all.yaml",
        "branches:\n  a: {spec: parts/a.yaml}\n  b: {model: b.json}\nmerge: Concatenate\n",
    )
    os.mkdir("parts")
    one = watching("summary", "all.yaml", "--watch")
    assert "parts/a.yaml" in one.said and "b.json" in one.said
    save("parts/a.yaml", GOOD)
    one.hears(r"parts/a\.yaml is new\n.*there is no file `b\.json`")
    save("b.json", json.dumps(sequential(units=3)))
    assert "(None, 7)" in one.hears(r"b\.json is new\n.*?\nmemory")
    save("b.json", json.dumps(sequential(units=5)))
    assert "(None, 9)" in one.hears(r"b\.json changed\n.*?\nmemory")
    os.remove("parts/a.yaml")
    one.hears(r"parts/a\.yaml is gone\n.*there is no file `parts/a\.yaml`")
    save("parts/a.yaml", GOOD.replace("4", "2"))
    assert "(None, 7)" in one.hears(r"parts/a\.yaml is new\n.*?\nmemory")
    save("all.yaml", GOOD)
    one.hears(r"all\.yaml changed\n.*?\nmemory")
    save("b.json", "")
    save("all.yaml", BAD)
    assert "b.json" not in one.hears(r"all\.yaml changed\n.*unknown-layer"), (
        "it is not named any more"
    )


def sequential(units: int) -> dict[str, Any]:
    """The config of a saved model."""
    source = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {"batch_shape": [None, 8], "name": "given"},
    }
    dense = {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {"units": units, "name": "saved"},
    }
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "small", "layers": [source, dense]},
        "keras_version": "3.8.0",
    }


def test_specs_come_and_go_in_a_folder(watching: Callable[..., Watching]) -> None:
    os.makedirs("specs/deep")
    save("specs/a.yaml", BAD)
    one = watching("validate", "specs", "--watch", "--format", "concise")
    save("specs/deep/b.yml", GOOD)
    one.hears(
        r"deep/b\.yml is new\nspecs/a\.yaml:2:11: error\[unknown-layer\][^\n]*\n1 error in 1 of 2 files"
    )
    save("specs/a.yaml", GOOD)
    one.hears(r"specs/a\.yaml changed\n2 files, no errors")
    pathlib.Path("specs/notes.txt").write_text("no spec")
    os.mkdir("specs/new")
    save("specs/new/c.yaml", BAD)
    one.hears(r"specs/new/c\.yaml:2:11: [^\n]*\n1 error in 1 of 3 files")
    shutil.rmtree("specs/new")
    one.hears(r"is gone[^\n]*\n2 files, no errors")
    os.remove("specs/a.yaml")
    os.remove("specs/deep/b.yml")
    one.hears(r"is gone.*nothing to check")
    save("specs/a.yaml", GOOD)
    one.hears(r"a\.yaml is new\n.*1 file, no errors")
    assert "notes.txt" not in one.said
    assert one.end() == 130


def test_settings_and_modules_are_watched(watching: Callable[..., Watching]) -> None:
    save("a.yaml", "inputs: {a: [8], b: [8]}\nlayers: [{Dense: 4, from: a}, Mine]\n")
    save("mine.py", "class Mine: pass\n")
    one = watching("validate", "a.yaml", "--watch", "--import", "mine")
    one.said.index("1 warning")
    save("pyproject.toml", "[tool.mergecli]\nignore = ['unused-input']\n")
    one.hears(r"pyproject\.toml is new\n1 file, no errors")
    save("pyproject.toml", "[tool.mergecli]\nignroe = []\n")
    one.hears(r"pyproject\.toml changed\n[^\n]*no key `ignroe`")
    os.remove("pyproject.toml")
    one.hears(r"pyproject\.toml is gone\n.*1 warning")
    save("mine.py", "class Other: pass\n")
    one.hears(r"mine\.py changed\n.*unknown-layer.*1 error")
    os.remove("mine.py")
    one.hears(r"mine\.py is gone\n.*there is no module `mine`")
    save("mine.py", "class Mine: pass\n")
    one.hears(r"mine\.py is new\n.*1 warning")


def test_pictures_are_written_when_they_change_and_stay_when_the_spec_is_wrong(
    watching: Callable[..., Watching], tmp_path: pathlib.Path
) -> None:
    save("a.yaml", GOOD)
    (tmp_path / "tmp").mkdir()
    one = watching(
        "plot", "a.yaml", "--watch", "-o", "a.svg", "-o", "a.mmd", TMPDIR=str(tmp_path / "tmp")
    )
    first, stamp = (tmp_path / "a.svg").read_text(), os.stat("a.svg").st_mtime_ns
    save("a.yaml", GOOD + "# words\n")
    one.hears(r"changed\na\.svg stays as it is\na\.mmd stays as it is\n")
    save("a.yaml", BAD)
    one.hears("unknown layer `Dens`")
    assert os.stat("a.svg").st_mtime_ns == stamp
    save("a.yaml", GOOD.replace("4", "777"))
    one.hears(r"wrote a\.svg\nwrote a\.mmd\n")
    assert "777" not in first and "777" in (tmp_path / "a.svg").read_text()
    os.remove("a.svg")
    save("a.yaml", GOOD.replace("4", "777") + "# words\n")
    one.hears(r"wrote a\.svg\na\.mmd stays")
    # Ended by others, it removes what it needs for drawing, as it does at an interrupt.
    assert any((tmp_path / "tmp").iterdir())
    assert one.end(signal.SIGTERM) == 143
    assert sorted(os.listdir()) == ["a.mmd", "a.svg", "a.yaml", "tmp"] and not any(
        (tmp_path / "tmp").iterdir()
    )


def test_a_reader_that_leaves_ends_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    command = [sys.executable, "-m", "mergecli", "summary", "a.yaml", "--watch"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert (process.wait(PATIENCE), process.stderr.read()) in [
        (141, b"watching for changes; Ctrl-C ends\n"),
        (141, b""),
    ]
    process.stderr.close()


@pytest.mark.skipif(os.name != "posix", reason="there are no such terminals")
def test_a_terminal_shows_the_last_answer_alone(tmp_path: pathlib.Path) -> None:
    import pty

    (tmp_path / "a.yaml").write_text(GOOD)
    ours, theirs = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    command = [
        sys.executable,
        "-c",
        USUAL,
        sys.executable,
        "-m",
        "mergecli",
        "validate",
        "a.yaml",
        "--watch",
    ]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=env, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)

    def shown(until: bytes) -> bytes:
        data = b""
        while until not in data:
            data += os.read(ours, 4096)
        return data

    try:
        assert b"\033[2J" not in shown(b"Ctrl-C ends\r\n")
        save(str(tmp_path / "a.yaml"), BAD)
        after = shown(b"1 error")
        assert re.match(rb"\033\[2J\033\[3J\033\[H\d\d:\d\d:\d\d a\.yaml changed\r\n", after)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    finally:
        process.kill()
        os.close(ours)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["validate", "-", "--watch"], "standard input cannot be watched"),
        (["summary", "-", "--watch"], "standard input cannot be watched"),
        (["plot", "-", "--serve"], "standard input cannot be watched"),
        (["validate", "a.yaml", "--watch", "--fix"], "cannot be used with --fix or --diff"),
        (["validate", "a.yaml", "--watch", "--format", "xml"], "There is no format"),
        (["plot", "a.yaml", "--watch", "-o", "a.bmp"], "does not end in"),
        (["plot", "a.yaml", "--watch", "-o", "missing/\0/a.svg"] if os.name != "posix" else ["plot", "a.yaml", "--watch", "-o", "a.yaml/a.svg"], "cannot write"),
        (["plot", "a.yaml", "--serve", "70000"], "70000"),
        (["diff", "a.yaml", "-", "--serve"], "standard input cannot be watched"),
        (["diff", "-", "a.yaml", "--serve"], "standard input cannot be watched"),
        (["diff", "a.yaml", "a.yaml", "--serve", "70000"], "70000"),
        (["diff", "a.yaml", "--serve"], "a difference is between two models"),
        (["diff", "a.yaml", "a.yaml", "--serve", "--plot", "a.yaml"], "does not end in"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_wrong_usage_is_told_at_once(
    arguments: list[str], words: str, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    result = run(*arguments, cwd=tmp_path, stdin=GOOD)
    assert (result.returncode, result.stdout) == (2, "") and words in result.stderr


# The server.


def ask(
    port: int, path: str = "/", method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


class Events:
    """What the stream of a page tells."""

    def __init__(self, port: int, page: bytes) -> None:
        live = json.loads(re.search(rb'"live":("[^"]*")', page)[1])  # type: ignore[index]
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.sendall(f"GET {live} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        self.told: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with self.socket.makefile("r", encoding="utf-8") as lines:
            kind = "message"
            for line in lines:
                if line.startswith("event: "):
                    kind = line[7:].strip()
                elif line.startswith("data: "):
                    self.told.put(f"{kind} {line[6:].strip()}")
                    kind = "message"
        self.told.put("end")

    def next(self) -> str:
        return self.told.get(timeout=PATIENCE)


def test_the_page_follows_the_spec(watching: Callable[..., Watching]) -> None:
    save("a.yaml", GOOD)
    one = watching("plot", "--serve", "a.yaml")
    address = one.said.splitlines()[0]
    port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", address)[1])  # type: ignore[index]
    status, headers, page = ask(port)
    assert (
        status == 200 and b"out" in page and headers["Content-Type"] == "text/html; charset=utf-8"
    )
    assert headers["Cache-Control"] == "no-store" and not any(
        name.startswith("Access-Control") for name in headers
    )
    first, second, gone = (Events(port, page) for _ in range(3))
    gone.socket.close()
    save("a.yaml", GOOD.replace("4", "777"))
    assert first.next() == second.next() == "message new"
    new = ask(port)[2]
    assert b"777" in new and b"777" not in page
    late = Events(port, page)
    assert late.next() == "message new", (
        "whoever has an old page hears of the new one however late it asks"
    )
    current = Events(port, new)
    save("a.yaml", BAD)
    for events in (first, current):
        told = events.next()
        assert told.startswith("trouble ") and "unknown layer `Dens`" in json.loads(
            told.split(" ", 1)[1]
        )
    assert ask(port)[2] == new, "the last page that could be drawn stays"
    save("a.yaml", GOOD.replace("4", "777"))
    assert current.next() == 'trouble ""', "all is well, and the page is the same"
    assert one.end() == 130
    assert current.next() == "end"
    assert sorted(os.listdir()) == ["a.yaml"]


def test_the_page_of_a_spec_that_was_never_right_says_why(
    watching: Callable[..., Watching],
) -> None:
    save("a.yaml", BAD.replace("out", "'<script>'"))
    one = watching("plot", "a.yaml", "--serve", "-o", "a.mmd")
    port = int(re.search(r":(\d+)/", one.said)[1])  # type: ignore[index]
    page = ask(port)[2]
    assert b"unknown layer `Dens`" in page and b"'<script>'" not in page
    version = re.search(rb'type="application/json" id="live">("[^"]*")<', page)[1]  # type: ignore[index]
    events = Events(port, b'"live":' + version)
    # What is wrong with the spec is known from the page; the next thing to be told is the page of the right one.
    assert events.next().startswith("trouble")
    save("a.yaml", GOOD)
    assert events.next() == "message new"
    assert b"</svg>" in ask(port)[2]
    one.hears(r"wrote a\.mmd")


def test_only_this_machine_is_served(watching: Callable[..., Watching]) -> None:
    save("a.yaml", GOOD)
    one = watching("plot", "a.yaml", "--serve", "0", "-q", ready=False)
    port = int(one.hears(r"http://127\.0\.0\.1:\d+/").split(":")[2].strip("/"))
    assert ask(port, Host=f"localhost:{port}")[0] == 200
    for host in ("example.com", f"example.com:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", ""):
        for path in ("/", "/events"):
            status, _, body = ask(port, path, Host=host)
            assert (status, body) == (421, b"421 Misdirected Request\n"), host
    assert (
        ask(port, "/a.yaml")[0] == ask(port, "//etc/passwd")[0] == ask(port, "/../a.yaml")[0] == 404
    )
    status, headers, body = ask(port, method="POST")
    assert (status, headers["Allow"], body) == (405, "GET, HEAD", b"")
    status, headers, body = ask(port, method="HEAD")
    assert (status, body) == (200, b"") and int(headers["Content-Length"]) > 1000
    try:
        addresses = {
            info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        } - {"127.0.0.1"}
    except OSError:
        addresses = set()
    for address in addresses | ({"127.0.0.2"} if sys.platform == "linux" else set()):
        with pytest.raises(OSError):
            socket.create_connection((address, port), 5).close()
    result = run("plot", "a.yaml", "--serve", port)
    assert result.returncode == 2 and f"cannot serve at 127.0.0.1:{port}: " in result.stderr
    assert one.said.count("\n") == 1
    assert one.end() == 130


def test_a_page_of_two_models_follows_both(watching: Callable[..., Watching]) -> None:
    save("a.yaml", GOOD)
    save("b.yaml", BAD)
    one = watching("diff", "a.yaml", "b.yaml", "--serve", "--plot", "d.mmd")
    port = int(re.search(r":(\d+)/", one.said)[1])  # type: ignore[index]
    assert b"unknown layer `Dens`" in ask(port)[2] and not os.path.exists("d.mmd")
    save("b.yaml", GOOD.replace("4", "5"))
    one.hears(r"wrote d\.mmd")
    page = ask(port)[2]
    assert b'"steps":[{"place":1,"change":"changed"' in page and b"units: 4 -&gt; 5" in page
    events = Events(port, page)
    save("a.yaml", GOOD.replace("4", "3"))
    assert events.next() == "message new"
    page = ask(port)[2]
    assert b"units: 3 -&gt; 5" in page
    events = Events(port, page)
    for side in ("a.yaml", "b.yaml"):
        save(side, BAD)
        assert "unknown layer `Dens`" in events.next()
    assert ask(port)[2] == page, "the last page that could be drawn stays"
    result = run("diff", "a.yaml", "b.yaml", "--serve", port)
    assert result.returncode == 2 and f"cannot serve at 127.0.0.1:{port}: " in result.stderr
    assert one.end() == 130


@pytest.mark.browser
def test_a_browser_shows_the_page_anew_and_what_is_wrong(
    watching: Callable[..., Watching], tmp_path: pathlib.Path
) -> None:
    save("a.yaml", BAD)
    one = watching("plot", "a.yaml", "--serve")
    shown = "document.getElementById('trouble')?.checkVisibility() && document.getElementById('trouble').textContent"
    with opened(Browser, tmp_path) as browser:
        browser.call("Page.navigate", url=one.said.splitlines()[0])
        assert "unknown layer `Dens`" in browser.wait(shown)
        save("a.yaml", GOOD)
        browser.wait("document.documentElement.dataset.ready")
        assert not browser.ask(shown)
        save("a.yaml", GOOD.replace("Dense", "Danse"))
        assert "unknown layer `Danse`" in browser.wait(shown)
        assert browser.ask("document.querySelector('#sheet svg').textContent.includes('Dense')")
        browser.ask("window.old = true")
        save("a.yaml", GOOD.replace("4", "777"))
        browser.wait("!window.old && document.documentElement.dataset.ready")
        assert browser.ask(
            "document.querySelector('#sheet svg').textContent.includes('777')"
        ) and not browser.ask(shown)
        assert browser.complaints == []
        assert one.end() == 130
        assert "mergecli has ended" in browser.wait(shown)
