"""Reading endpoints, and staying with the one that serves."""

from __future__ import annotations

import pytest
from yarl import URL

from quorate.client.endpoints import Endpoints
from quorate.core.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("127.0.0.1:7001", "http://127.0.0.1:7001"),
        ("http://localhost:7001/", "http://localhost:7001"),
        ("https://kv.example", "https://kv.example"),
        (" [::1]:7001 ", "http://[::1]:7001"),
    ],
)
def test_an_endpoint_is_host_and_port_or_a_url(text: str, meant: str) -> None:
    assert Endpoints([text]).current() == URL(meant)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "http://",
        "ftp://host:1",
        "host:port",
        "host:99999",
        "http://user:secret@host:1",
        "http://host:1/path",
        "http://host:1?query",
        "http://host:1#part",
        "[::1:7001",
        "\x00",
        "x" * 5000 + ":1",
    ],
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match=r"http://127\.0\.0\.1:7001"):
        Endpoints([text])


def test_none_at_all_is_refused() -> None:
    with pytest.raises(ConfigError, match="no endpoint"):
        Endpoints([])


def test_it_moves_on_in_order_and_round() -> None:
    endpoints = Endpoints(["a:1", "b:1"])
    assert len(endpoints) == 2
    first = endpoints.current()
    endpoints.move_on(first)
    second = endpoints.current()
    assert second.host == "b"
    endpoints.move_on(second)
    assert endpoints.current() == first


def test_two_calls_that_fail_at_the_same_endpoint_move_on_once() -> None:
    endpoints = Endpoints(["a:1", "b:1", "c:1"])
    first = endpoints.current()
    endpoints.move_on(first)
    endpoints.move_on(first)
    assert endpoints.current().host == "b"
