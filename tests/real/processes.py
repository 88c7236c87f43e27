"""A cluster of real node processes on loopback, as production runs them, that a test may kill."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp

PATIENCE_S = 60.0
PAGE = 2000


def b64(data: bytes) -> str:
    """As the HTTP face wants keys and values."""
    return b64encode(data).decode()


def free_ports(count: int) -> list[int]:
    """Ports that are free now, below the range from which the system takes ports of its own for outgoing connections."""
    found: list[int] = []
    start = 10_000 + os.getpid() * 211 % 20_000  # test processes that run side by side begin far apart
    for port in range(start, 32_000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError("not enough free ports")


async def until(condition: Callable[[], Awaitable[Any]], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Ask `condition` again and again until it is true; returns what it returned."""
    try:
        async with asyncio.timeout(patience_s):
            while not (answer := await condition()):
                await asyncio.sleep(0.005)
            return answer
    except TimeoutError:
        raise AssertionError(f"after {patience_s} s still not: {what}") from None


class ServedCluster:
    """Processes of `quorate node`. Use as an async context manager; whatever still runs at the end is killed."""

    def __init__(self, directory: Path, nodes: int = 3, algorithm: str = "raft", options: str = "") -> None:
        self.nodes = list(range(1, nodes + 1))
        self.algorithm = algorithm
        self.options = options
        self.directory = directory
        self.client, self.peers = self.addresses(nodes)
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self._logs = {node: (directory / f"node-{node}.log") for node in self.nodes}
        directory.mkdir(parents=True, exist_ok=True)
        for node in self.nodes:
            self._config(node).write_text(self._toml(node, self.peers))

    def addresses(self, nodes: int) -> tuple[dict[int, str], dict[int, str]]:
        """Where each of so many nodes serves clients, and where its peers."""
        ports = free_ports(2 * nodes + 8)
        self._spare = ports[2 * nodes :]
        return (
            {node: f"http://127.0.0.1:{ports[node - 1]}" for node in self.nodes},
            {node: f"127.0.0.1:{ports[nodes + node - 1]}" for node in self.nodes},
        )

    def enrol(self, node: int, seed: int, *more: str) -> None:
        """A further node, which is to join through the peer address of `seed`; `more`: lines of its file. Not started."""
        ports = self._spare.pop(), self._spare.pop()
        self.nodes.append(node)
        self.client[node], self.peers[node] = f"http://127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[1]}"
        self._logs[node] = self.directory / f"node-{node}.log"
        text = self._toml(node, {node: self.peers[node]}, f'join = "{self.peers[seed]}"', *more)
        self._config(node).write_text(text)

    def _config(self, node: int) -> Path:
        return self.directory / f"node-{node}.toml"

    def _toml(self, node: int, members: Mapping[int, str], *more: str) -> str:
        peers = "\n".join(f'{peer} = "{address}"' for peer, address in members.items())
        lines = "".join(f"{line}\n" for line in more)
        return (
            f'cluster = "under-test"\nid = {node}\nalgorithm = "{self.algorithm}"\ndata_dir = "data/{node}"\n'
            f'client = "{self.client[node].removeprefix("http://")}"\n{lines}\n[peers]\n{peers}\n'
            f"\n[options]\n{self.options}\n"
        )

    async def __aenter__(self) -> "ServedCluster":
        self.http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S))
        for node in self.nodes:
            self.start(node)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
        for process in self.processes.values():
            process.kill()
            process.wait(PATIENCE_S)

    def start(self, node: int) -> None:
        """Start a process, which recovers whatever its data directory holds."""
        with self._logs[node].open("ab") as log:
            self.processes[node] = subprocess.Popen(
                self.command(node), stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def command(self, node: int) -> list[str]:
        """What is run."""
        return [sys.executable, "-m", "quorate.cli.main", "node", "--config", str(self._config(node))]

    def kill(self, node: int) -> None:
        """`kill -9`, and wait until it is gone."""
        process = self.processes.pop(node)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)

    async def terminate(self, node: int) -> int:
        """SIGTERM, as an operator or a supervisor stops a node; returns its exit code when it has ended."""
        process = self.processes.pop(node)
        process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(process.wait, PATIENCE_S)

    def log(self, node: int) -> str:
        """What the node wrote to its standard error."""
        return self._logs[node].read_text(errors="replace")

    async def status(self, node: int) -> dict[str, Any] | None:
        """`/status`; None while nobody answers there."""
        try:
            async with self.http.get(f"{self.client[node]}/status") as answer:
                status: dict[str, Any] = await answer.json()
                return status
        except aiohttp.ClientError:
            return None

    async def leader(self) -> int:
        """Wait until a running node says of itself that it leads and is ready."""

        async def find() -> int | None:
            for node in list(self.processes):
                status = await self.status(node)
                if status is not None and status["leader"] == node and status["ready"]:
                    return node
            return None

        leader: int = await until(find, "a ready leader")
        return leader

    async def whole(self) -> int:
        """Wait until every node runs and follows one ready leader, which is returned: the loss of one node is no loss of the quorum."""

        async def find() -> int | None:
            ended = {
                node: self.log(node)[-500:] for node, process in self.processes.items() if process.poll() is not None
            }
            assert not ended, f"these have ended: {ended}"
            statuses = [await self.status(node) for node in self.nodes]
            leaders = {status["leader"] for status in statuses if status is not None}
            known = [status for status in statuses if status is not None]
            if len(known) < len(self.nodes) or len(leaders) != 1 or not any(status["ready"] for status in known):
                return None
            return leaders.pop()

        leader: int = await until(find, "all nodes follow one ready leader")
        return leader

    async def put(self, node: int, key: bytes, value: bytes) -> int | None:
        """Put through `node`: the HTTP status, or None if the connection broke."""
        body = {"key": b64(key), "value": b64(value)}
        try:
            async with self.http.post(f"{self.client[node]}/v3/kv/put", json=body) as answer:
                await answer.read()
                return answer.status
        except aiohttp.ClientError:
            return None

    async def get(self, node: int, key: bytes, *, serializable: bool) -> bytes | None:
        """The value through `node`, empty if there is none; None if the node cannot answer."""
        body = {"key": b64(key), "serializable": serializable}
        try:
            async with self.http.post(f"{self.client[node]}/v3/kv/range", json=body) as answer:
                if answer.status != 200:
                    await answer.read()
                    return None
                pairs = (await answer.json()).get("kvs", [])
        except aiohttp.ClientError:
            return None
        return b64decode(pairs[0].get("value", "")) if pairs else b""

    async def explained(self, node: int) -> list[dict[str, Any]]:
        """What the node has explained lately, oldest first."""
        async with self.http.get(f"{self.client[node]}/v1/why") as answer:
            recent: list[dict[str, Any]] = (await answer.json())["recent"]
            return recent

    async def everything(self, node: int, *, serializable: bool) -> list[tuple[int, int, bytes, bytes]] | None:
        """All pairs as (mod revision, version, key, value) in order of their revision; None if the node cannot answer.

        In pages, so only of a store that rests.
        """
        rows: list[tuple[int, int, bytes, bytes]] = []
        start = b"\0"
        while True:
            page = await self._page(node, start, serializable=serializable)
            if page is None:
                return None
            rows += page
            if len(page) < PAGE:
                return sorted(rows)
            start = page[-1][2] + b"\0"

    async def _page(self, node: int, start: bytes, *, serializable: bool) -> list[tuple[int, int, bytes, bytes]] | None:
        body = {"key": b64(start), "range_end": b64(b"\0"), "serializable": serializable, "limit": str(PAGE)}
        try:
            async with self.http.post(f"{self.client[node]}/v3/kv/range", json=body) as answer:
                if answer.status != 200:
                    return None
                pairs = (await answer.json()).get("kvs", [])
        except aiohttp.ClientError:
            return None
        return [
            (int(pair["mod_revision"]), int(pair["version"]), b64decode(pair["key"]), b64decode(pair.get("value", "")))
            for pair in pairs
        ]
