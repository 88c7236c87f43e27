"""Clients of a storm: each proposes unique commands through random nodes, now and then reads, and holds the cluster to its answers."""

from __future__ import annotations

from random import Random

import msgspec

from quorate.core.errors import ReadFailedError
from quorate.core.ids import MILLISECOND, SECOND, Index, Nanos, NodeId
from quorate.core.outcome import Applied, NotApplied, Outcome
from quorate.sim.clients.journal import Journal
from quorate.sim.cluster import Cluster
from quorate.sim.streams import stream


class WorkloadSettings(msgspec.Struct, frozen=True):
    """`think_ns`: the mean pause between two operations of a client. `patience_ns`: the driver's time for one operation.
    `reads`: their share. `commands`: proposed at once, at most."""

    clients: int = 5
    think_ns: Nanos = 250 * MILLISECOND
    patience_ns: Nanos = 3 * SECOND
    reads: float = 0.25
    commands: int = 3


class Outcomes(msgspec.Struct):
    """What clients were told."""

    applied: int = 0
    refused: int = 0
    unknown: int = 0
    reads: int = 0
    failed_reads: int = 0


class Client:
    """One operation at a time. A refused proposal is made again, through another node; one of unknown outcome never is: it may
    yet be applied, and a second copy with the same commands would be applied twice by right."""

    def __init__(self, number: int, cluster: Cluster, settings: WorkloadSettings, outcomes: Outcomes) -> None:
        self.busy = False
        self.stopped = False
        self._number = number
        self._cluster = cluster
        self._settings = settings
        self._outcomes = outcomes
        self._random: Random = stream(cluster.seed, "client", number)
        self._written = 0
        self._operation = 0

    def start(self) -> None:
        """Begin, at a moment of its own."""
        self._think()

    def _think(self) -> None:
        if not self.stopped:
            self._cluster.scheduler.after(int(self._random.random() * 2 * self._settings.think_ns), self._act)

    def _act(self) -> None:
        if self.stopped:
            return
        if self._random.random() < self._settings.reads:
            self._read()
        else:
            commands = []
            for _ in range(self._random.randint(1, self._settings.commands)):
                self._written += 1
                commands.append(f"{self._number}.{self._written}".encode())
            self._write(commands, self._any_node())

    def _any_node(self) -> NodeId:
        nodes = self._cluster.nodes
        return 1 + int(self._random.random() * len(nodes))

    def _begin(self) -> int:
        """Number an operation, and give it up if the node says nothing: a paused process answers nobody."""
        self.busy = True
        self._operation += 1
        self._cluster.scheduler.after(2 * self._settings.patience_ns, self._give_up, self._operation)
        return self._operation

    def _give_up(self, operation: int) -> None:
        if self.busy and operation == self._operation:
            self._outcomes.unknown += 1
            self._end()

    def _end(self) -> None:
        self.busy = False
        self._operation += 1
        self._think()

    def _write(self, commands: list[bytes], node: NodeId) -> None:
        operation = self._begin()

        def done(outcome: Outcome) -> None:
            if isinstance(outcome, Applied):
                self._cluster.history.acknowledged(commands, outcome.results)
            if operation != self._operation:
                return
            if isinstance(outcome, Applied):
                self._outcomes.applied += 1
                self._end()
            elif isinstance(outcome, NotApplied):
                self._outcomes.refused += 1
                self._refused(commands, outcome)
            else:
                self._outcomes.unknown += 1
                self._end()

        self._cluster.nodes[node].propose(commands, self._settings.patience_ns, done)

    def _refused(self, commands: list[bytes], outcome: NotApplied) -> None:
        self.busy = False
        self._operation += 1
        if self.stopped:
            self._cluster.history.refused(commands)
            return
        node = outcome.hint or self._any_node()
        wait = int(self._random.random() * self._settings.think_ns)
        self._cluster.scheduler.after(wait, self._again, commands, node)

    def _again(self, commands: list[bytes], node: NodeId) -> None:
        if self.stopped:
            self._cluster.history.refused(commands)
        else:
            self._write(commands, node)

    def _read(self) -> None:
        operation = self._begin()
        history = self._cluster.history
        asked_at = history.settled
        node = self._cluster.nodes[self._any_node()]

        def done(answer: Index | ReadFailedError) -> None:
            if not isinstance(answer, ReadFailedError):
                machine: Journal = node.machine
                history.read(node.node, asked_at, len(machine.commands))
            if operation != self._operation:
                return
            if isinstance(answer, ReadFailedError):
                self._outcomes.failed_reads += 1
            else:
                self._outcomes.reads += 1
            self._end()

        node.read(self._settings.patience_ns, done)


class Workload:
    """All clients of one storm."""

    def __init__(self, cluster: Cluster, settings: WorkloadSettings) -> None:
        self.outcomes = Outcomes()
        self.clients = [Client(number, cluster, settings, self.outcomes) for number in range(1, settings.clients + 1)]

    def start(self) -> None:
        """Let all begin."""
        for client in self.clients:
            client.start()

    def stop(self) -> None:
        """Begin nothing new."""
        for client in self.clients:
            client.stopped = True

    @property
    def busy(self) -> int:
        """Clients that wait for an answer."""
        return sum(client.busy for client in self.clients)
