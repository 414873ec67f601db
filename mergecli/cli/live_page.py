"""`--serve`: one page, and a stream that says when it is another, for browsers on this machine and nobody else."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Tuple, Union

import click

from mergecli.cli import terminal
from mergecli.exporters.page.page_writer import missing

_Request = Union[socket.socket, Tuple[bytes, socket.socket]]
#: The one address that no other machine reaches.
HOST = "127.0.0.1"
#: Seconds that a request may take, and those after which a silent stream shows that it still lives.
LIMIT, BEAT = 30, 15
#: How many may look on at once; a page needs one connection beside the one that it comes through.
MOST = 64


class Server(ThreadingMixIn, TCPServer):
    """Serves until its `with` ends. A page names its own version, so that it learns of a newer one however late it asks."""

    daemon_threads = True
    block_on_close = False
    # Elsewhere it would let another program take the port, too.
    allow_reuse_address = os.name == "posix"
    request_queue_size = 32

    def __init__(self, port: int) -> None:
        self.changed = threading.Condition()
        self.version = ""
        self.trouble = ""
        self.ended = False
        self._body = b""
        self._drawn = False
        # What the page calls its version before it is known; nobody else can have written this.
        self._blank = os.urandom(16).hex()
        self._places = threading.Semaphore(MOST)
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as problem:
            raise Unserved(port, problem) from None
        self.port: int = self.server_address[1]
        self.address = f"http://{HOST}:{self.port}/"
        #: Where a page learns that it is old.
        self.stream = f"/events?{self._blank}"

    def __enter__(self) -> Server:
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        ).start()
        return self

    def __exit__(self, *problem: object) -> None:
        with self.changed:
            self.ended = True
            self.changed.notify_all()
        self.shutdown()
        self.server_close()

    def show(self, page: bytes) -> None:
        """From now on this is the page; all is well."""
        self._put(page, "", True)

    def show_problem(self, name: str, trouble: str) -> None:
        """Say on the page, which stays as it is, why there is no newer one; if there was none yet, that is all there is."""
        self._put(
            b"" if self._drawn else missing(name, trouble, self.stream).encode(),
            trouble,
            self._drawn,
        )

    def _put(self, page: bytes, trouble: str, drawn: bool) -> None:
        with self.changed:
            if page:
                self.version = hashlib.sha256(page.replace(self._blank.encode(), b"")).hexdigest()[
                    :16
                ]
                self._body = page.replace(self._blank.encode(), self.version.encode())
            self.trouble, self._drawn = trouble, drawn
            self.changed.notify_all()

    def page(self) -> bytes:
        """The page; the first is waited for."""
        with self.changed:
            self.changed.wait_for(lambda: self._body or self.ended, LIMIT)
            return self._body

    def news(self, version: str, trouble: str) -> tuple[str, str] | None:
        """The version and the trouble once they are others, or as they are after a while; None at the end."""
        with self.changed:
            self.changed.wait_for(
                lambda: self.ended or (self.version, self.trouble) != (version, trouble), BEAT
            )
            return None if self.ended else (self.version, self.trouble)

    def names(self, host: str | None) -> bool:
        """Whether a request means this server: another name that leads here is a trick to read the page from elsewhere."""
        names = (HOST, "localhost")
        return host is not None and host.lower() in [f"{name}:{self.port}" for name in names] + [
            *names
        ] * (self.port == 80)

    def process_request(self, request: _Request, client_address: object) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: _Request, client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: _Request, client_address: object) -> None:
        # A client that disconnects, or sends nothing for long, is ignored.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Unserved(click.ClickException):
    """There can be no server at a port."""

    exit_code = terminal.EXIT_USAGE

    def __init__(self, port: int, problem: OSError) -> None:
        super().__init__(
            f"cannot serve at {HOST}:{port}: {problem.strerror or problem}; without a number a free port is taken"
        )


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = LIMIT
    protocol_version = "HTTP/1.1"
    error_message_format = "%(code)d %(message)s\n"
    error_content_type = "text/plain; charset=utf-8"

    def do_GET(self) -> None:
        """Answer one request."""
        path, _, version = self.path.partition("?")
        if (
            not self.server.names(self.headers.get("Host"))
            or len(self.headers.get_all("Host", [])) != 1
        ):
            self.send_error(421, "Misdirected Request")
        elif path == "/":
            page = self.server.page()
            if not page:
                return self.send_error(503)
            self._begin("text/html; charset=utf-8", str(len(page)))
            if self.command == "GET":
                self.wfile.write(page)
        elif path == "/events":
            self._begin("text/event-stream; charset=utf-8")
            if self.command == "GET":
                self._follow(version)
        else:
            self.send_error(404)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Nothing can be changed here."""
        self.send_response(405)
        self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_POST

    def _begin(self, content_type: str, length: str = "") -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        if length:
            self.send_header("Content-Length", length)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", "frame-ancestors 'none'")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Connection", "close")
        self.end_headers()

    def _follow(self, version: str) -> None:
        """Say what a page of this version does not know: that there is another, and what the trouble is."""
        trouble = ""
        self.wfile.write(b"retry: 1000\n\n")
        while (news := self.server.news(version, trouble)) is not None:
            if news == (version, trouble):
                self.wfile.write(b": still here\n\n")
            elif news[0] != version:
                self.wfile.write(b"data: new\n\n")
            if news[1] != trouble:
                self.wfile.write(f"event: trouble\ndata: {json.dumps(news[1])}\n\n".encode())
            version, trouble = news

    def version_string(self) -> str:
        """What the server calls itself."""
        return "mergecli"

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: standard error is for what is said of the spec."""
