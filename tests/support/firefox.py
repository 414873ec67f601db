"""A real Firefox without a window, spoken to in WebDriver BiDi: it opens pages, runs scripts in them, and prints."""

from __future__ import annotations

import base64
import itertools
import json
import pathlib
import re
import subprocess
import time
from typing import Any

from browser import Connected


class Firefox(Connected):
    """One Firefox with one page in it."""

    name, variable, programs = "Firefox", "FIREFOX", ("firefox-esr", "firefox")
    closing = "browser.close"

    def __init__(self, path: str, folder: pathlib.Path) -> None:
        import websocket

        self._numbers = itertools.count(1)
        log_path = folder / "firefox.log"
        (folder / "profile").mkdir()
        command = [path, "--headless", "--no-remote", "--profile", folder / "profile"]
        with open(log_path, "wb") as log:
            self._process = subprocess.Popen(
                [*command, "--remote-debugging-port=0"], stdout=subprocess.DEVNULL, stderr=log
            )
        try:
            address = self._address(path, log_path)
            # A browser refuses what comes from a page.
            self._socket = websocket.create_connection(address, timeout=180, suppress_origin=True)
            self.call("session.new", capabilities={})
            contexts = self.call("browsingContext.getTree")["contexts"]
            self._context = contexts[0]["context"]
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def _address(self, path: str, log: pathlib.Path) -> str:
        """Return the address at which the browser answers, once it has written it."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and self._process.poll() is None:
            found = re.search(
                r"WebDriver BiDi listening on (ws://\S+)", log.read_text("utf-8", "replace")
            )
            if found:
                return f"{found[1]}/session"
            time.sleep(0.05)
        raise RuntimeError(f"{path} does not start:\n{log.read_text('utf-8', 'replace')}")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Run a command and return its result.

        Raises:
            RuntimeError: The browser refuses it.
        """
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def ask(self, script: str) -> Any:
        """Return the value of an expression in the page, which JSON can hold."""
        result = self.call(
            "script.evaluate",
            expression=f"Promise.resolve({script}).then((value) => JSON.stringify(value))",
            target={"context": self._context},
            awaitPromise=True,
        )
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return json.loads(result["result"].get("value", "null"))

    def wait(self, script: str, seconds: float = 60) -> Any:
        """Wait until an expression in the page is true, and return its value."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := self.ask(script):
                return value
            time.sleep(0.05)
        raise AssertionError(f"never true: {script}")

    def open(self, url: str) -> None:
        """Open a page and wait until it can be used."""
        self.call("browsingContext.navigate", context=self._context, url=url, wait="complete")
        self.wait("document.documentElement.dataset.ready")

    def pdf(self) -> bytes:
        """Return the page as it is printed on A4."""
        page = {"width": 21.0, "height": 29.7}
        printed = self.call("browsingContext.print", context=self._context, page=page)
        return base64.b64decode(printed["data"])

    def picture(self) -> bytes:
        """Return what is seen, as PNG."""
        shot = self.call("browsingContext.captureScreenshot", context=self._context)
        return base64.b64decode(shot["data"])
