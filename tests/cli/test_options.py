"""Shared options: which servers are meant, and the limits."""

from __future__ import annotations

import pytest

from quorate.cli.options import DEFAULT_ENDPOINTS, ENDPOINTS_VARIABLE, endpoints_of, with_client
from quorate.client.client import Client
from quorate.core.errors import ConfigError


def test_endpoints_come_from_the_option_then_the_environment_then_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert endpoints_of(None) == list(DEFAULT_ENDPOINTS)
    monkeypatch.setenv(ENDPOINTS_VARIABLE, "a:1, b:2 ,")
    assert endpoints_of(None) == ["a:1", "b:2"]
    assert endpoints_of(["c:3"]) == ["c:3"]
    assert endpoints_of(["c:3,d:4", "e:5"]) == ["c:3", "d:4", "e:5"]
    monkeypatch.setenv(ENDPOINTS_VARIABLE, "")
    assert endpoints_of(None) == list(DEFAULT_ENDPOINTS)


@pytest.mark.parametrize("timeout_s", [0, -1, 601, float("inf"), float("nan")])
def test_a_time_limit_is_bounded(timeout_s: float) -> None:
    with pytest.raises(ConfigError, match="--timeout"):
        with_client(["a:1"], timeout_s, lambda client: client.status())


def test_a_call_gets_a_client_of_the_endpoints() -> None:
    async def names(client: Client) -> list[str]:
        return client.endpoints

    assert with_client(["a:1"], 1.0, names) == ["http://a:1"]
