"""A node's network in a process of its own, to be killed. Arguments: node, then `id=host:port` of every member.

Writes one line for whatever it hears, beginning with `listening host:port`.
"""

import asyncio
import sys
from typing import Any

from quorate.real.network import Network
from real.network_fakes import Ask, Note, Recorder, identity


class Reporter(Recorder):
    def _hear(self, *what: Any) -> None:
        report(*what)


def report(*what: Any) -> None:
    sys.stdout.write(" ".join(map(str, what)) + "\n")
    sys.stdout.flush()


async def run(node: int, peers: dict[int, str]) -> None:
    owner = Reporter()
    network = Network(
        identity=identity(node, tuple(sorted(peers))),
        algorithm="test",
        messages=Note | Ask,
        peers=peers,
        owner=owner,
        on_error=owner.on_error,
    )
    await network.start()
    report("listening", network.address)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    addresses = (argument.split("=") for argument in sys.argv[2:])
    asyncio.run(run(int(sys.argv[1]), {int(member): address for member, address in addresses}))
