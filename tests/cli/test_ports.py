"""Ports in use, and who uses them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.free_ports import free_base_port as find_base
from cli.site_thread import SiteThread
from quorate.cli.plan import ClusterPlan
from quorate.cli.ports import check_ports, free_base_port, is_free
from quorate.core.errors import ConfigError


@contextmanager
def listening(port: int = 0) -> Iterator[int]:
    """A program that listens and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        server.listen(1)
        yield server.getsockname()[1]


def plan_at(base: int) -> ClusterPlan:
    return ClusterPlan(Path("d"), 3, "raft", base)


async def test_free_ports_are_fine() -> None:
    await check_ports(plan_at(find_base()))


def test_a_port_is_free_until_somebody_listens() -> None:
    with listening() as port:
        assert not is_free(port)
    assert is_free(port)


def test_a_port_on_which_old_connections_linger_is_free() -> None:
    with listening() as port:
        client = socket.create_connection(("127.0.0.1", port))
    client.close()
    assert is_free(port)


@pytest.mark.parametrize("offset", [2, 103])
async def test_a_port_in_use_is_named_with_another_base_port(offset: int) -> None:
    base = find_base()
    with listening(base + offset), pytest.raises(ConfigError) as refused:
        await check_ports(plan_at(base))
    message = str(refused.value)
    assert f"port {base + offset} is in use by another program (`ss -ltnp sport = :{base + offset}`" in message
    other = int(message.rpartition("--base-port ")[2])
    assert all(map(is_free, plan_at(other).ports))
    assert other == free_base_port(plan_at(base)) or other > base


async def test_a_node_in_the_way_says_who_it_is(served: SiteThread) -> None:
    port = int(served.url.rpartition(":")[2])
    with pytest.raises(
        ConfigError, match=r"in use by node 1 of a cluster that is running \(pid 4711\): use it, stop it"
    ):
        await check_ports(ClusterPlan(Path("d"), 1, "raft", port - 1))


async def test_a_port_that_needs_privileges_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(self: socket.socket, address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", forbidden)
    with pytest.raises(ConfigError, match="--base-port from 1024 up"):
        await check_ports(plan_at(80))
