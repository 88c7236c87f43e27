"""The site on its port; test_process.py has it with a node behind it."""

import contextlib
import socket
from pathlib import Path

import aiohttp.web
import pytest

from quorate.core.errors import ConfigError
from quorate.server.binding import bind
from quorate.server.config import NodeConfig
from quorate.server.site import start_site

FILE = 'id = 1\nclient = "127.0.0.1:{port}"\ndata_dir = "node"\n\n[peers]\n1 = "127.0.0.1:1"\n'


async def test_a_port_that_two_bound_and_the_other_listens_on() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = NodeConfig.parse(FILE.format(port=port), source="x", folder=Path("/nowhere"))
    bound = bind(config)
    with contextlib.closing(bound), socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(bound.getsockname())
        other.listen(1)
        runner = aiohttp.web.AppRunner(aiohttp.web.Application())
        await runner.setup()
        try:
            with pytest.raises(ConfigError, match="the port is in use"):
                await start_site(aiohttp.web.SockSite(runner, bound), config)
        finally:
            await runner.cleanup()
