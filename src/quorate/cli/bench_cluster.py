"""The nodes of a benchmark as processes of their own, spoken to in lines of JSON. None is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import msgspec

from quorate.cli.bench_orders import Answer, MachineKind, MemberPlan, Order, WhoLeads
from quorate.cli.plan import HOST
from quorate.cli.ports import is_free
from quorate.cli.supervisor import describe_end
from quorate.core.errors import ConfigError, QuorateError

T = TypeVar("T")

PATIENCE_S = 180.0
"""For an answer, over and above what the order itself takes."""

FIRST_PORT, LAST_PORT = 21_000, 32_000
"""Below the range from which the system takes ports for connections, so that none is taken meanwhile."""

PORT_STEP = 200

LAST_WORDS = 3
LINE_LIMIT = 1 << 22


class BenchFailedError(QuorateError):
    """A measurement could not be made. The message says what its process said."""


class Cluster:
    """Nodes 1 to `nodes`, their data and logs below `directory`."""

    def __init__(
        self,
        directory: Path,
        nodes: int,
        algorithm: str,
        options: dict[str, Any] | None = None,
        machine: MachineKind = "count",
    ) -> None:
        self.directory = directory
        self.ids = range(1, nodes + 1)
        self._algorithm = algorithm
        self._options = options or {}
        self._machine = machine
        self._base_port = free_base_port(self.ids)
        self._processes: dict[int, Process] = {}
        # As an installed package: its modules are compiled once, not at each start.
        self._environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(directory / "compiled")}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)

    async def start(self, nodes: Iterable[int] | None = None) -> None:
        """Start these, or all. The answer to the first order says that one is up."""
        self.directory.mkdir(parents=True, exist_ok=True)
        for node in self.ids if nodes is None else nodes:
            words = [
                sys.executable,
                "-P",
                "-m",
                "quorate.cli.bench_member",
                msgspec.json.encode(self._plan(node)).decode(),
            ]
            with self._log(node).open("ab") as log:
                self._processes[node] = await asyncio.create_subprocess_exec(
                    *words,
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=log,
                    limit=LINE_LIMIT,
                    process_group=0,
                    env=self._environment,
                )

    async def ask(self, node: int, order: Order, answer: type[T], seconds: float = 0.0) -> T:
        """One order, one answer, which may take `seconds` and some patience. Raises `BenchFailedError`."""
        process = self._processes[node]
        orders, answers = _pipes(process)
        try:
            async with asyncio.timeout(seconds + PATIENCE_S):
                orders.write(msgspec.json.encode(order) + b"\n")
                line = await answers.readline()
        except TimeoutError:
            raise BenchFailedError(
                f"node {node} did not answer within {seconds + PATIENCE_S:.0f} s{self._words(node)}"
            ) from None
        if not line:
            end = describe_end(await process.wait())
            raise BenchFailedError(f"node {node} {end}{self._words(node)}")
        got = msgspec.json.decode(line, type=Answer)
        if got.error:
            raise BenchFailedError(f"node {node}: {got.error}")
        return msgspec.json.decode(got.value, type=answer)

    async def leader(self) -> int:
        """Who leads, when all nodes are up and know it."""
        found = await asyncio.gather(*(self.ask(node, WhoLeads(), int) for node in self._processes))
        return found[0]

    async def kill(self, nodes: Sequence[int] | None = None) -> float:
        """SIGKILL to these, or to all, and wait until they are gone. Returns when they got it, by `monotonic`."""
        ended = [self._processes.pop(node) for node in list(self._processes if nodes is None else nodes)]
        at = monotonic()
        for process in ended:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                process.kill()
        for process in ended:
            await process.communicate()  # also closes its pipes
        return at

    def _plan(self, node: int) -> MemberPlan:
        peers = {each: f"{HOST}:{self._base_port + each}" for each in self.ids}
        return MemberPlan(
            node, peers, str(self.directory / f"node-{node}"), self._algorithm, self._options, self._machine
        )

    def _log(self, node: int) -> Path:
        return self.directory / f"node-{node}.log"

    def _words(self, node: int) -> str:
        return last_words(self._log(node))


def _pipes(process: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if process.stdin is None or process.stdout is None:
        raise BenchFailedError("a node was started without pipes to it")
    return process.stdin, process.stdout


@asynccontextmanager
async def running(cluster: Cluster) -> AsyncIterator[Cluster]:
    """Started; and killed at the end, whatever happens: nobody needs the data any more."""
    try:
        await cluster.start()
        yield cluster
    finally:
        await asyncio.shield(cluster.kill())


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`. SIGTERM ends it as Ctrl-C does: everything is cleaned up, and `KeyboardInterrupt` raised."""

    async def run() -> T:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await task

    try:
        return asyncio.run(run())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def last_words(log: Path) -> str:
    """The end of what a process wrote, for a message; nothing if it wrote nothing."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 4096))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    except OSError:
        return ""
    return f"; its last words: {' | '.join(lines[-LAST_WORDS:])}" if lines else ""


def free_base_port(offsets: Iterable[int]) -> int:
    """A port such that those at these offsets from it are free now. Raises `ConfigError`."""
    wanted = list(offsets)
    first = FIRST_PORT + os.getpid() % 50 * PORT_STEP  # two benchmarks at once look in different places first
    for base in chain(range(first, LAST_PORT, PORT_STEP), range(FIRST_PORT, first, PORT_STEP)):
        if all(is_free(base + offset) for offset in wanted):
            return base
    raise ConfigError(
        f"no {len(wanted)} free ports close to each other from {FIRST_PORT} to {LAST_PORT}: stop what listens there"
    )
