"""A real Chromium without a window, spoken to in the DevTools protocol: it opens pages, types, clicks and tells what it sees."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import time
from typing import Any, Iterator, TypeVar

import pytest

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--force-color-profile=srgb",
    "--hide-scrollbars", "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip
#: What the protocol wants to know of a key that is no character.
CODES = {
    "Enter": 13, "Escape": 27, "Tab": 9, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35,
}  # fmt: skip


class Connected:
    """A browser as a process, with a connection to it."""

    #: What it is called, the variable that names one, and the programs that are looked for, that of
    #: Debian's package first.
    name: str
    variable: str
    programs: tuple[str, ...]
    #: The command that ends it.
    closing: str
    _process: subprocess.Popen[bytes]
    _socket: Any

    def __init__(self, path: str, folder: pathlib.Path) -> None:
        raise NotImplementedError

    @classmethod
    def executable(cls) -> str | None:
        """Return what the variable names, else the first that is installed."""
        return os.environ.get(cls.variable) or next(
            filter(None, map(shutil.which, cls.programs)), None
        )

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Run a command and return its result."""
        raise NotImplementedError

    def close(self) -> None:
        """End the browser."""
        try:
            self.call(self.closing)
            self._socket.close()
        finally:
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


_Opened = TypeVar("_Opened", bound=Connected)


@contextlib.contextmanager
def opened(cls: type[_Opened], folder: pathlib.Path) -> Iterator[_Opened]:
    """Open a browser with its profile in a folder, and close it; skip the tests without one."""
    path = cls.executable()
    if path is None:
        pytest.skip(
            f"no {cls.name} to open the page in: `apt-get install {cls.programs[0]}`, or name one in"
            f" {cls.variable}; looked for {', '.join(cls.programs)}"
        )
    pytest.importorskip(
        "websocket",
        reason=f"no websocket-client, by which {cls.name} is spoken to: `pip install -e '.[test]'`",
    )
    browser = cls(path, folder)
    try:
        yield browser
    finally:
        browser.close()


class Browser(Connected):
    """One Chromium with one page in it."""

    name, variable = "Chromium", "CHROMIUM"
    programs = ("chromium", "google-chrome-stable", "google-chrome", "chrome", "chromium-browser")
    closing = "Browser.close"

    def __init__(self, path: str, folder: pathlib.Path) -> None:
        import websocket

        #: What the page complained about: lines of its console, and of what nobody caught.
        self.complaints: list[str] = []
        self._numbers = itertools.count(1)
        self._log = folder / "chromium.log"
        with open(self._log, "wb") as log:
            command = [path, *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + 60
        while not (
            address := re.search(
                r"DevTools listening on (ws://\S+)\s", self._log.read_text(errors="replace")
            )
        ):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                raise RuntimeError(
                    f"{path} does not start:\n{self._log.read_text(errors='replace')}"
                )
            time.sleep(0.05)
        self._socket = websocket.create_connection(address[1], timeout=60)
        self._session: str | None = None
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(info["targetId"] for info in targets if info["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask for something and wait for the answer; what is told meanwhile is noted."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        self._socket.send(
            json.dumps({**message, "sessionId": self._session} if self._session else message)
        )
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]  # type: ignore[no-any-return]
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif event.get("method") == "Runtime.consoleAPICalled":
            self.complaints.append(
                " ".join(str(argument.get("value")) for argument in told["args"])
            )
        elif event.get("method") == "Log.entryAdded":
            self.complaints.append(told["entry"]["text"])
        elif event.get("method") == "Page.javascriptDialogOpening":
            self.complaints.append(f"dialog: {told['message']}")

    def ask(self, script: str) -> Any:
        """The value of an expression in the page."""
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(
                result["exceptionDetails"].get("exception", {}).get("description", script)
            )
        return result["result"].get("value")

    def wait(self, script: str, seconds: float = 20) -> Any:
        """Wait until an expression in the page is true; its value."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if value := self.ask(script):
                    return value
            except RuntimeError as problem:
                # Between two pages there is none to ask.
                if not re.search("context|navigated|null", str(problem)):
                    raise
            time.sleep(0.02)
        raise AssertionError(f"never true: {script}; {self.complaints}")

    def open(self, url: str) -> float:
        """Open a page and wait until it can be used; how many milliseconds that took."""
        self.call("Page.navigate", url="about:blank")
        self.complaints.clear()
        self.call("Page.navigate", url=url)
        return float(
            self.wait("location.href !== 'about:blank' && document.documentElement.dataset.ready")
        )

    def show(self, width: int = 1280, height: int = 800, **media: str) -> None:
        """The size of the window, and what the system asks for: `color_scheme="dark"`, `reduced_motion="reduce"`."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        features = [
            {"name": f"prefers-{name.replace('_', '-')}", "value": value}
            for name, value in media.items()
        ]
        self.call("Emulation.setEmulatedMedia", media="", features=features)

    def key(self, name: str, shift: bool = False) -> None:
        """Press a key: a character, or one that has a name."""
        event: dict[str, Any] = {
            "key": name,
            "modifiers": 8 * shift,
            "windowsVirtualKeyCode": CODES.get(name, 0),
        }
        text = {"Enter": "\r"}.get(name, name if len(name) == 1 else "")
        self.call(
            "Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **event
        )
        self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    def type(self, text: str) -> None:
        for letter in text:
            self.key(letter)

    def click(self, selector: str) -> None:
        """Click into the middle of an element, which must be what is seen there."""
        found = json.dumps(selector)
        x, y = self.ask(
            f"(() => {{ const r = document.querySelector({found}).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
        )
        covered = self.ask(f"!document.elementFromPoint({x}, {y})?.closest({found})")
        assert not covered, f"{selector} is covered at {x}, {y}"
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, path: pathlib.Path) -> None:
        """What is seen, as a PNG file."""
        path.write_bytes(
            base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        )

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(
            self.call(
                "Page.printToPDF",
                printBackground=False,
                preferCSSPageSize=True,
                paperWidth=8.27,
                paperHeight=11.69,
            )["data"]
        )
