"""Whether ports are free, and who has them if not."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable

from quorate.cli.plan import HOST, MAX_BASE_PORT, ClusterPlan
from quorate.client.client import Client
from quorate.core.errors import ConfigError, QuorateError

_STEP = 200
"""From one base port to the next that shares no port with it."""


def is_free(port: int) -> bool:
    """Whether a server could listen on it now. Ports that a stopped server's old connections linger on count as free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except PermissionError as error:
            raise ConfigError(f"port {port} needs privileges; take a --base-port from 1024 up") from error
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def free_base_port(plan: ClusterPlan) -> int | None:
    """The next base port after the plan's at which all ports are free."""
    for base in range(plan.base_port + _STEP, MAX_BASE_PORT, _STEP):
        if all(map(is_free, ClusterPlan(plan.directory, plan.nodes, plan.algorithm, base).ports)):
            return base
    return None


async def check_ports(plan: ClusterPlan) -> None:
    """Raises `ConfigError`, which names the port, who has it, and what to do."""
    taken = [port for port in plan.ports if not is_free(port)]
    if taken:
        other = free_base_port(plan)
        advice = f", or say --base-port {other}" if other is not None else ""
        raise ConfigError(f"port {taken[0]} is in use by {await _user_of(taken, plan)}{advice}")


async def _user_of(taken: Iterable[int], plan: ClusterPlan) -> str:
    """A node of quorate says who it is; another program does not."""
    clients = [port for port in taken if port - plan.base_port in plan.ids]
    for port in clients:
        async with Client([f"{HOST}:{port}"], timeout_s=1.0) as client:
            try:
                view = await client.status()
            except QuorateError:
                continue
        return f"node {view.id} of a cluster that is running (pid {view.pid}): use it, stop it"
    port = next(iter(taken))
    return f"another program (`ss -ltnp sport = :{port}` shows which): stop it"
