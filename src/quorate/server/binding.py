"""Taking the client port, and what to do about one that cannot be had."""

from __future__ import annotations

import errno
import socket

from quorate.core.errors import ConfigError
from quorate.real.address import parse_address
from quorate.server.config import NodeConfig


def bind(config: NodeConfig) -> socket.socket:
    """Take the client port before anything else is touched, without listening: until the node can serve, a
    refused connection is the honest answer. Raises ConfigError, which says what to do."""
    address = parse_address(config.client, "client")
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"client: {address}: {error.strerror or error}; name an address of this machine") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(target)
        listening.settimeout(0)
    except OSError as error:
        listening.close()
        raise ConfigError(f"client: cannot listen on {address}: {bind_remedy(error)}") from error
    return listening


def bind_remedy(error: OSError) -> str:
    """What to do about an address at which the system does not let this process listen."""
    match error.errno:
        case errno.EADDRINUSE:
            return "the port is in use by another process; stop that one, or give this node another port"
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address; name one it has, or 0.0.0.0 for all"
        case errno.EACCES:
            return "no permission; take a port from 1024 up"
        case _:
            return f"{error.strerror}; name another address"
