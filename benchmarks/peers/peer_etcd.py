"""etcd, three servers, load by its own Go client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from peer import GO_PACKAGES, NODES, Order, Running, build_go, lacks
from processes import output_of, processes, until

from quorate.cli.bench_cluster import BenchFailedError, free_base_port
from quorate.cli.bench_results import Sample

PEER_OFFSET = 100


class Etcd:
    """See `Peer`."""

    name = "etcd"
    callers = "clients"
    note = "clientv3 in one Go process, at the leader's endpoint"

    def missing(self) -> str | None:
        """How to install it."""
        client = GO_PACKAGES / "go.etcd.io" / "etcd" / "clientv3"
        return lacks({"etcd": "etcd-server", "go": "golang-go"}, {client: "golang-etcd-server-dev"})

    def prepare(self, workshop: Path) -> None:
        """Compile the load."""
        self._program = build_go(workshop, "etcd")

    @asynccontextmanager
    async def cluster(self, directory: Path) -> AsyncIterator[Running]:
        """See `Peer`."""
        ids = range(1, NODES + 1)
        base = free_base_port(offset + node for offset in (0, PEER_OFFSET) for node in ids)
        together = ",".join(f"n{node}=http://127.0.0.1:{base + PEER_OFFSET + node}" for node in ids)
        async with processes(directory) as started:
            for node in ids:
                client = f"http://127.0.0.1:{base + node}"
                peer = f"http://127.0.0.1:{base + PEER_OFFSET + node}"
                words = ["etcd", "--name", f"n{node}", "--data-dir", str(directory / f"data-{node}")]
                words += ["--listen-client-urls", client, "--advertise-client-urls", client]
                words += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
                words += ["--initial-cluster", together, "--logger", "zap", "--log-level", "error"]
                await started.start(f"node-{node}", words)
            cluster = EtcdCluster(self._program, base)
            await until("an etcd that serves", cluster.serves)
            yield cluster


class EtcdCluster:
    """Its servers; the load is a process of its own each time."""

    def __init__(self, program: Path, base: int) -> None:
        self._program = program
        self._base = base

    async def serves(self) -> bool:
        """Whether a write goes through."""
        try:
            await self.measure(Order(1, 1, 0.001, 0.0))
        except BenchFailedError:
            return False
        return True

    async def measure(self, order: Order) -> Sample:
        """See `Running`."""
        words = [str(self._program), str(self._base), *order.words]
        return msgspec.json.decode(
            await output_of("the etcd client", words, order.seconds + order.warm_up_s), type=Sample
        )
