"""Runs the nodes of a plan as child processes, and leaves none behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence

from quorate.cli.plan import ClusterPlan
from quorate.core.ids import NodeId

STOP_GRACE_S = 10.0
"""After this a node that does not stop is killed; what it acknowledged is on its disk."""

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
STEADY_S = 30.0
"""A node that has run this long starts again after the first pause."""


class Supervisor:
    """Starts the nodes, notices when one ends, starts it again if it shall, and stops all.

    Each child's standard input is a pipe of which this process holds the other end: when this process dies, in
    whatever way, the pipe breaks and the child stops.
    """

    def __init__(
        self,
        plan: ClusterPlan,
        *,
        restart: bool,
        report: Callable[[str], None],
        command: Callable[[ClusterPlan, NodeId], Sequence[str]] | None = None,
    ) -> None:
        """`report` is told, in one line, what happens to a node. `command`: what to run; by default `node_command`."""
        self._plan = plan
        self._command = command or node_command
        self._restart = restart
        self._report = report
        self._processes: dict[NodeId, Process] = {}
        self._ends: dict[NodeId, str] = {}
        self._watchers: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._all_ended = asyncio.Event()

    def end_of(self, node: NodeId) -> str | None:
        """How the node's process ended; None while it runs."""
        return self._ends.get(node)

    @property
    def running(self) -> int:
        """How many of the processes run."""
        return sum(node not in self._ends for node in self._processes)

    async def start(self) -> None:
        """Start every node."""
        for node in self._plan.ids:
            process = await self._spawn(node)
            watcher = asyncio.create_task(self._watch(node, process))
            self._watchers.add(watcher)

    async def all_ended(self) -> None:
        """Returns when no node runs any more and none will be started again."""
        await self._all_ended.wait()

    async def stop(self) -> None:
        """Stop every node: politely, and by force after `STOP_GRACE_S`."""
        self._stopping.set()
        for node in self._processes:
            self._signal(node, signal.SIGTERM)
        done, late = await asyncio.wait(self._watchers, timeout=STOP_GRACE_S) if self._watchers else (set(), set())
        if late:
            self.kill()
            await asyncio.wait(late)
        for task in done | late:
            task.result()

    def kill(self) -> None:
        """End every node at once."""
        self._stopping.set()
        for node in self._processes:
            self._signal(node, signal.SIGKILL)

    def _signal(self, node: NodeId, number: signal.Signals) -> None:
        if node not in self._ends:
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                self._processes[node].send_signal(number)

    async def _spawn(self, node: NodeId) -> Process:
        with self._plan.log_file(node).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self._command(self._plan, node), stdin=PIPE, stdout=DEVNULL, stderr=log, process_group=0
            )
        self._processes[node] = process
        self._ends.pop(node, None)
        if self._stopping.is_set():  # told so while it was being started
            self._signal(node, signal.SIGTERM)
        return process

    async def _watch(self, node: NodeId, process: Process) -> None:
        pause = FIRST_PAUSE_S
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            code = await process.wait()
            self._ends[node] = describe_end(code)
            if self._stopping.is_set():
                break
            self._report(
                f"node {node} (pid {process.pid}) {self._ends[node]}{self._why(node, code)}; {self._advice(node)}"
            )
            pause = FIRST_PAUSE_S if loop.time() - began > STEADY_S else min(2 * pause, LONGEST_PAUSE_S)
            if not self._restart or await self._stopping_within(pause):
                break
            process = await self._spawn(node)
            self._report(f"node {node} is started again (pid {process.pid})")
        if not self.running:
            self._all_ended.set()

    async def _stopping_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()

    def _why(self, node: NodeId, code: int) -> str:
        """The node's own last words, if it ended by itself."""
        if code < 0:
            return ""
        log = self._plan.log_file(node)
        with log.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 4096))
            lines = file.read().decode(errors="replace").splitlines()
        return f": {lines[-1]}" if lines else f"; see {log}"

    def _advice(self, node: NodeId) -> str:
        if self._restart:
            return "it will be started again"
        return f"it stays down; `quorate node --config {self._plan.config_file(node)}` starts it again"


def node_command(plan: ClusterPlan, node: NodeId) -> list[str]:
    """`quorate node` in this interpreter; -P: a folder named quorate in the working directory is not taken for this program."""
    config = str(plan.config_file(node))
    return [sys.executable, "-P", "-m", "quorate.cli.main", "node", "--config", config, "--stop-with-input"]


def describe_end(code: int) -> str:
    """An exit status in words."""
    if code >= 0:
        return f"ended with exit code {code}" if code else "stopped"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"was ended by {name}"
