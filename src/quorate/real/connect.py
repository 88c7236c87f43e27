"""Opening TCP connections, and finding out whether anybody listens."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

from quorate.real.address import Address

_KEEPALIVE = (
    ("TCP_KEEPIDLE", 5),
    ("TCP_KEEPALIVE", 5),  # what macOS calls TCP_KEEPIDLE
    ("TCP_KEEPINTVL", 2),
    ("TCP_KEEPCNT", 3),
    ("TCP_USER_TIMEOUT", 10_000),
)
"""A peer whose machine vanished is noticed after about 11 s of silence, or 10 s (in ms) of data without an answer.
Elections do not wait for it; it frees the link, so that a new one can be made. What a platform lacks is left out."""

_PROBE_PAUSES_S = (0.0, 0.001, 0.002, 0.005, 0.02, 0.05, 0.1, 0.2)
"""A dying process closes its connections and its listener in any order, microseconds apart; on a busy machine it may be kept
waiting in between. Together less than an election timeout: what comes later is no faster than that."""


def tune(sock: Any) -> None:
    """No delay for small writes, and notice of machines that vanish. `sock`: a socket, or what uvloop shows for one.

    A refused option is let pass: sandboxes and older kernels know some names and refuse the value, and a connection that
    was reset meanwhile refuses them all, which its link then learns from its first read.
    """
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    options += [
        (socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in _KEEPALIVE if hasattr(socket, name)
    ]
    for level, option, value in options:
        with contextlib.suppress(OSError):
            sock.setsockopt(level, option, value)


async def connect(
    address: Address, make_protocol: Callable[[], asyncio.Protocol], timeout_ms: int
) -> asyncio.Transport:
    """A connection whose `connection_made` was called.

    Raises OSError: ConnectionRefusedError only if every address of the host refused, TimeoutError after `timeout_ms`.
    """
    loop = asyncio.get_running_loop()
    errors: list[OSError] = []
    async with asyncio.timeout(timeout_ms / 1000):
        for host in await _resolve(address):
            try:
                # By host and port, never by a socket of our own: uvloop can lose track of who closes that one.
                transport, _ = await loop.create_connection(make_protocol, host, address.port)
            except OSError as error:
                errors.append(error)
            else:
                return transport
    raise next((error for error in errors if not _says_refused(error)), errors[0])


def met_itself(transport: asyncio.BaseTransport) -> bool:
    """Whether a connection's two ends are the same. On one machine, a port where nobody listens can be drawn as the
    port to call from, and TCP then connects it to itself."""
    ours, theirs = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
    return ours is not None and ours == theirs


async def is_gone(address: Address, timeout_ms: int) -> bool:
    """Whether nobody listens at `address`: a connection is refused. Silence, or an answer, is no such proof.

    The probe connects and closes without a word. If it gets through it is made a few times more: the first may have
    met a process in the middle of its death.
    """
    for pause in _PROBE_PAUSES_S:
        await asyncio.sleep(pause)
        probe = _Probe()
        try:
            await _probe_with(probe, address, timeout_ms)
        except OSError as error:
            return _says_refused(error)
        if probe.met_itself:
            return True
    return False


async def _probe_with(probe: "_Probe", address: Address, timeout_ms: int) -> None:
    await connect(address, lambda: probe, timeout_ms)
    await probe.closed


class _Probe(asyncio.Protocol):
    """Closes as soon as it is connected."""

    def __init__(self) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.met_itself = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.met_itself = met_itself(transport)
        transport.close()

    def connection_lost(self, _exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)


def _says_refused(error: OSError) -> bool:
    return isinstance(error, ConnectionRefusedError | ConnectionResetError)


async def _resolve(address: Address) -> list[str]:
    """IP addresses of the host, each once; one that is an IP address already needs no thread to look it up."""
    try:
        socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(name[0]) for *_, name in found))
    return [address.host]
