"""The client port: taken at once, or refused with what to do."""

import errno
import socket
from pathlib import Path

import pytest

from quorate.core.errors import ConfigError
from quorate.server.binding import bind, bind_remedy
from quorate.server.config import NodeConfig

FILE = 'id = 1\nclient = "{client}"\ndata_dir = "node"\n\n[peers]\n1 = "127.0.0.1:1"\n'


def config(client: str) -> NodeConfig:
    return NodeConfig.parse(FILE.format(client=client), source="x", folder=Path("/nowhere"))


def test_a_port_is_taken_and_not_yet_listened_on() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
    with bind(config(f"127.0.0.1:{address[1]}")) as bound, socket.socket() as caller:
        assert bound.getsockname() == address
        with pytest.raises(ConnectionRefusedError):
            caller.connect(address)


def test_a_port_in_use_is_refused_with_the_remedy() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"client: cannot listen on 127.0.0.1:{port}: the port is in use"):
            bind(config(f"127.0.0.1:{port}"))


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.EADDRNOTAVAIL, "0.0.0.0 for all"), (errno.EACCES, "from 1024 up"), (errno.EIO, "name another address")],
)
def test_each_refusal_of_the_system_has_a_remedy(number: int, remedy: str) -> None:
    assert remedy in bind_remedy(OSError(number, "no"))
