"""The page that `--serve` shows: its versions, its trouble, and who may ask for it."""

from __future__ import annotations

from typing import Iterator

import pytest

from mergecli.cli.live_page import Server, Unserved


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers nobody: its thread is not started."""
    made = Server(0)
    yield made
    made.server_close()


def test_a_page_names_its_own_version(server: Server) -> None:
    server.show(f"<a href='{server.stream}'>".encode())
    assert server.page() == f"<a href='/events?{server.version}'>".encode()


def test_the_same_page_is_the_same_version_and_another_is_not(server: Server) -> None:
    versions = []
    for page in (b"one", b"two", b"one"):
        server.show(page)
        versions.append(server.version)
    assert versions[0] == versions[2] != versions[1]


def test_trouble_leaves_the_page_as_it_is_and_ends_with_the_next(server: Server) -> None:
    server.show(b"one")
    version = server.version
    server.show_problem("a.yaml", "it is wrong")
    assert server.page() == b"one"
    assert server.news(version, "") == (version, "it is wrong")
    server.show(b"one")
    assert server.news(version, "it is wrong") == (version, "")


def test_a_spec_that_was_never_right_has_a_page_that_says_why(server: Server) -> None:
    server.show_problem("a.yaml", "it is <wrong>")
    assert b"a.yaml" in server.page()
    assert b"it is <wrong>" not in server.page()


def test_only_names_of_this_machine_with_this_port_are_answered(server: Server) -> None:
    port = server.port
    assert server.names(f"127.0.0.1:{port}")
    assert server.names(f"LocalHost:{port}")
    for host in (None, "localhost", f"evil.example:{port}", f"localhost:{port + 1}"):
        assert not server.names(host)


def test_a_port_that_is_taken_is_wrong_usage(server: Server) -> None:
    with pytest.raises(Unserved, match=f"cannot serve at 127.0.0.1:{server.port}: ") as caught:
        Server(server.port)
    assert caught.value.exit_code == 2
