"""Clients of the journal: each proposes unique commands through random nodes, now and then reads, and holds the cluster to its answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quorate.core.ids import NodeId
from quorate.core.machine import StateMachine
from quorate.sim.clients.calm import patience_s, read_through, write_through
from quorate.sim.clients.client import Client, ClientGroup, Outcomes
from quorate.sim.clients.history import History
from quorate.sim.clients.journal import Journal
from quorate.sim.clients.workload import WorkloadSettings
from quorate.sim.cluster import Cluster
from quorate.sim.node import SimNode


class JournalWrite:
    """Unique commands; the history is told what became of them."""

    def __init__(self, commands: Sequence[bytes], history: History) -> None:
        self.commands = commands
        self._history = history

    def attempted(self) -> None:
        """A command is known when it is applied."""

    def acknowledged(self, results: Sequence[Any]) -> None:
        self._history.acknowledged(self.commands, results)

    def given_up(self) -> None:
        self._history.refused(self.commands)


class JournalClient(Client):
    """Writes some commands at once; reads how many there are."""

    def __init__(
        self, number: int, cluster: Cluster, settings: WorkloadSettings, outcomes: Outcomes, history: History
    ) -> None:
        super().__init__(number, cluster, settings, outcomes)
        self._history = history
        self._written = 0

    def act(self) -> None:
        if self.random.random() < self.settings.reads:
            self._look(self.claimant())
            return
        commands = []
        for _ in range(self.random.randint(1, self.settings.commands)):
            self._written += 1
            commands.append(f"{self.number}.{self._written}".encode())
        self.write(JournalWrite(commands, self._history), self.any_node())

    def _look(self, node: NodeId) -> None:
        asked_at = self._history.settled

        def told(reader: SimNode) -> None:
            self._history.read(reader.node, asked_at, len(reader.machine.commands))

        self.read(node, told)


class JournalWorkload(ClientGroup):
    """All clients of one storm, and the one order of commands that they are held against."""

    def __init__(self, settings: WorkloadSettings | None = None) -> None:
        super().__init__(settings or WorkloadSettings())
        self.history = History()

    def machine(self, node: NodeId) -> StateMachine:
        return Journal(node, self.history)

    def make_client(self, number: int, cluster: Cluster) -> Client:
        return JournalClient(number, cluster, self.settings, self.outcomes, self.history)

    def finish(self) -> None:
        """Every node takes a write and a read, and in the end has all that any node ever applied."""
        cluster = self.cluster
        for node in cluster.members_expected():
            command = f"final.{node}".encode()
            self.history.acknowledged([command], write_through(cluster, node, [command]).results)
            settled = self.history.settled
            self.history.read(node, settled, read_through(cluster, node, lambda machine: len(machine.commands)))
        cluster.wait_for_convergence(patience_s(cluster))
        for node in cluster.members_expected():
            cluster.nodes[node].machine.check_complete()

    def counts(self) -> dict[str, int]:
        return {"commands applied": len(self.history.order), **self.outcomes.counts()}
