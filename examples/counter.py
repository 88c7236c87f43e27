"""A replicated counter: three nodes in one program, the smallest whole use of the embedded API.

Run it: python examples/counter.py [DATA_DIR]. Run it again with the same directory and it goes on counting where it stopped.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path

from quorate import CommandError, Node

PEERS = {1: "127.0.0.1:7301", 2: "127.0.0.1:7302", 3: "127.0.0.1:7303"}


class Counter:
    """The state machine: the same commands in the same order give the same value on every node."""

    def __init__(self) -> None:
        self.value = 0

    def apply(self, command: bytes) -> int:
        """Add the number in `command`."""
        try:
            self.value += int(command)
        except ValueError:
            # A refusal is a result like any other: the same everywhere, and raised again at the caller.
            raise CommandError(f"{command!r} is no whole number") from None
        return self.value

    def snapshot(self) -> bytes:
        """The whole state."""
        return str(self.value).encode()

    def restore(self, chunks: Iterable[bytes]) -> None:
        """Replace the whole state."""
        self.value = int(b"".join(chunks))


async def main(data_dir: Path) -> None:
    """Count to ten through all three nodes, then read from each."""
    async with AsyncExitStack() as stack:
        nodes = [
            await stack.enter_async_context(Node(id=i, peers=PEERS, data_dir=data_dir / str(i), machine=Counter()))
            for i in PEERS
        ]
        print(f"node {await nodes[0].wait_for_leader()} leads")
        for turn in range(10):
            node = nodes[turn % 3]
            print(f"through node {node.id}: {await node.apply(b'1')}")
        for node in nodes:
            print(f"node {node.id} reads {await node.read(lambda machine: machine.value)}")
        try:
            await nodes[0].apply(b"one")
        except CommandError as error:
            print(f"refused: {error}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(main(Path(sys.argv[1])))
    else:
        with tempfile.TemporaryDirectory() as directory:
            asyncio.run(main(Path(directory)))
