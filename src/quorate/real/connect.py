"""Opening TCP connections, and finding out whether anybody listens."""

import asyncio
import contextlib
import socket
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

_PROBE_AGAIN_S = 0.005
"""A dying process closes its connections and its listener in any order, some microseconds apart."""


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


async def open_socket(address: Address, timeout_ms: int) -> socket.socket:
    """A connected, tuned, non-blocking socket; the caller closes it.

    Raises OSError: ConnectionRefusedError only if every address of the host refused, TimeoutError after `timeout_ms`.
    """
    errors: list[OSError] = []
    async with asyncio.timeout(timeout_ms / 1000):
        for family, kind, protocol, _, name in await _resolve(address):
            try:
                return await _open_one(family, kind, protocol, name)
            except TimeoutError:
                raise
            except OSError as error:
                errors.append(error)
    raise next((error for error in errors if not _says_refused(error)), errors[0])


async def is_gone(address: Address, timeout_ms: int) -> bool:
    """Whether nobody listens at `address`: a connection is refused. Silence, or an answer, is no such proof.

    The probe connects and closes without a word. If it gets through it is made once more: the first may have met a
    process in the middle of its death.
    """
    for pause in (0.0, _PROBE_AGAIN_S):
        await asyncio.sleep(pause)
        try:
            sock = await open_socket(address, timeout_ms)
        except OSError as error:
            return _says_refused(error)
        sock.close()
    return False


def _says_refused(error: OSError) -> bool:
    return isinstance(error, ConnectionRefusedError | ConnectionResetError)


async def _open_one(family: int, kind: int, protocol: int, name: Any) -> socket.socket:
    sock = socket.socket(family, kind, protocol)
    try:
        sock.settimeout(0)
        tune(sock)
        await asyncio.get_running_loop().sock_connect(sock, name)
        if sock.getsockname()[:2] == name[:2]:
            # On one machine a free port can be drawn as the port to call from, and TCP then connects it to itself.
            raise ConnectionRefusedError(f"nobody listens at {name[0]}:{name[1]}")
    except BaseException:
        sock.close()
        raise
    return sock


async def _resolve(address: Address) -> list[Any]:
    """As getaddrinfo; an IP address is resolved at once, without the thread that a name needs."""
    try:
        return socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        loop = asyncio.get_running_loop()
        return list(await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM))
