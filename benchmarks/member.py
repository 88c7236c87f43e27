"""One node of the benchmark's cluster, with the load generator inside its process. Spoken to in lines of JSON on stdin and stdout.

python benchmarks/member.py ID BASE_PORT DATA_DIR
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import uvloop

from quorate import Node

NODES = 3


class Sink:
    """Counts what is applied: the cost measured is that of agreement, not of a machine."""

    def __init__(self) -> None:
        self.count = 0

    def apply(self, command: bytes) -> int:
        """One more."""
        self.count += 1
        return self.count

    def snapshot(self) -> bytes:
        """The count."""
        return str(self.count).encode()

    def restore(self, chunks: Iterable[bytes]) -> None:
        """The count."""
        self.count = int(b"".join(chunks))


async def load(node: Node[Sink], order: dict[str, Any]) -> dict[str, Any]:
    """`in_flight` callers, each with one call open at a time, for `seconds` after `warm_up` of them."""
    value = bytes(order["size"])
    latencies: list[float] = []
    clock = time.perf_counter
    begin = clock() + order["warm_up"]
    end = begin + order["seconds"]

    async def write() -> None:
        await node.apply(value)

    async def read() -> None:
        await node.read(lambda sink: sink.count)

    operation = write if order["do"] == "write" else read

    async def caller() -> None:
        while (before := clock()) < end:
            await operation()
            after = clock()
            if before >= begin:
                latencies.append(after - before)

    await asyncio.gather(*(caller() for _ in range(order["in_flight"])))
    latencies.sort()
    return {
        "per_second": len(latencies) / (clock() - begin),
        **{f"p{p}_ms": latencies[min(len(latencies) - 1, len(latencies) * p // 100)] * 1000 for p in (50, 95, 99)},
        "max_ms": latencies[-1] * 1000,
    }


async def main(node_id: int, base_port: int, data_dir: Path) -> None:
    """Serve orders until stdin ends."""
    peers = {i: f"127.0.0.1:{base_port + i}" for i in range(1, NODES + 1)}
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with Node(id=node_id, peers=peers, data_dir=data_dir, machine=Sink(), cluster="benchmark") as node:
        while line := await reader.readline():
            order = json.loads(line)
            if order["do"] == "leader":
                answer: Any = await node.wait_for_leader(30)
            else:
                answer = await load(node, order)
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
