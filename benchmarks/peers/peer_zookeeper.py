"""ZooKeeper, three servers, load by its own Java client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from peer import HERE, NODES, Order, Running, lacks
from processes import output_of, processes, until

from quorate.cli.bench_cluster import free_base_port
from quorate.cli.bench_results import Sample

JAR = Path("/usr/share/java/zookeeper.jar")
ELECTION_OFFSET, PEER_OFFSET = 50, 100

CONFIGURATION = """\
tickTime=2000
initLimit=10
syncLimit=5
dataDir={directory}
clientPort={client}
clientPortAddress=127.0.0.1
maxClientCnxns=0
admin.enableServer=false
4lw.commands.whitelist=srvr
{servers}
"""


class ZooKeeper:
    """See `Peer`."""

    name = "ZooKeeper"
    callers = "clients"
    note = "its Java client, asynchronous, over 8 sessions with the leader"

    def missing(self) -> str | None:
        """How to install it."""
        return lacks({"java": "default-jre-headless"}, {JAR: "zookeeper"})

    def prepare(self, workshop: Path) -> None:
        """Logging to nowhere: what is said on standard error would be the logging library's."""
        self._settings = workshop / "zookeeper"
        self._settings.mkdir(parents=True, exist_ok=True)
        (self._settings / "log4j.properties").write_text(
            "log4j.rootLogger=ERROR, E\nlog4j.appender.E=org.apache.log4j.ConsoleAppender\n"
            "log4j.appender.E.target=System.err\nlog4j.appender.E.layout=org.apache.log4j.SimpleLayout\n"
        )

    @asynccontextmanager
    async def cluster(self, directory: Path) -> AsyncIterator[Running]:
        """See `Peer`."""
        ids = range(1, NODES + 1)
        base = free_base_port(offset + node for offset in (0, ELECTION_OFFSET, PEER_OFFSET) for node in ids)
        servers = "\n".join(
            f"server.{node}=127.0.0.1:{base + PEER_OFFSET + node}:{base + ELECTION_OFFSET + node}" for node in ids
        )
        async with processes(directory) as started:
            for node in ids:
                place = directory / f"data-{node}"
                place.mkdir(parents=True)
                (place / "myid").write_text(f"{node}\n")
                file = directory / f"node-{node}.cfg"
                file.write_text(CONFIGURATION.format(directory=place, client=base + node, servers=servers))
                main = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
                await started.start(f"node-{node}", ["java", "-cp", f"{self._settings}:{JAR}", main, str(file)])
            cluster = ZooKeeperCluster(self._settings, [base + node for node in ids])
            await until("a ZooKeeper that leads", cluster.one_leads)
            yield cluster


class ZooKeeperCluster:
    """Its servers; the load is a process of its own each time."""

    def __init__(self, settings: Path, ports: list[int]) -> None:
        self._settings = settings
        self._ports = ports
        self._leader = 0

    async def one_leads(self) -> bool:
        """Whether one of them says so."""
        for port in self._ports:
            if "Mode: leader" in await _said(port):
                self._leader = port
        return bool(self._leader)

    async def measure(self, order: Order) -> Sample:
        """See `Running`."""
        program = str(HERE / "java" / "ZooKeeperLoad.java")
        words = ["java", "-cp", f"{self._settings}:{JAR}", program, f"127.0.0.1:{self._leader}", *order.words]
        out = await output_of("the ZooKeeper client", words, order.seconds + order.warm_up_s)
        return msgspec.json.decode(out, type=Sample)


async def _said(port: int) -> str:
    """The server's account of itself; nothing while it is not up."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return ""
    try:
        writer.write(b"srvr")
        return (await reader.read()).decode(errors="replace")
    except OSError:
        return ""
    finally:
        writer.close()
