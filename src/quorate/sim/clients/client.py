"""What every client of a storm has in common: one operation at a time, a pause after each, and an end to its patience."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol

import msgspec

from quorate.core.consistency import Consistency
from quorate.core.errors import ReadFailedError
from quorate.core.ids import Index, NodeId
from quorate.core.outcome import Applied, NotApplied, Outcome
from quorate.sim.clients.keyed import KeyedWrites
from quorate.sim.clients.near import NearReads
from quorate.sim.clients.workload import WorkloadSettings
from quorate.sim.cluster import Cluster
from quorate.sim.node import SimNode
from quorate.sim.streams import stream


class Outcomes(msgspec.Struct):
    """What clients were told."""

    applied: int = 0
    refused: int = 0
    unknown: int = 0
    reads: int = 0
    failed_reads: int = 0

    def counts(self) -> dict[str, int]:
        """By name, for a report."""
        return {f"outcome {name}": number for name, number in msgspec.structs.asdict(self).items()}


class Write(Protocol):
    """Commands that a client proposes, and who is to be told what became of them."""

    @property
    def commands(self) -> Sequence[bytes]:
        """What to propose at once."""
        ...

    def attempted(self) -> None:
        """They are about to be proposed, for the first time or again; no earlier attempt is or will be applied."""
        ...

    def acknowledged(self, results: Sequence[Any]) -> None:
        """They are applied, with these results: perhaps long after the client has given up, and true all the same."""
        ...

    def given_up(self) -> None:
        """They are certainly not applied, and are not proposed again."""
        ...


class Client(ABC):
    """One operation at a time. A refused proposal is made again, through another node; one of unknown outcome only if it has a key: else
    it may yet be applied, and a second copy with the same commands would be applied twice by right. A subclass says in `act` what to do."""

    def __init__(self, number: int, cluster: Cluster, settings: WorkloadSettings, outcomes: Outcomes) -> None:
        self.busy = False
        self.stopped = False
        self.number = number
        self.cluster = cluster
        self.settings = settings
        self.random: Random = stream(cluster.seed, "client", number)
        self._outcomes = outcomes
        self._operation = 0
        self._near = NearReads(stream(cluster.seed, "near reads", number))
        self._keyed = KeyedWrites(self, cluster, settings, stream(cluster.seed, "keyed writes", number))

    @abstractmethod
    def act(self) -> None:
        """Begin one operation: `write` or `read`."""

    def start(self) -> None:
        """Begin, at a moment of its own."""
        self._think()

    def any_node(self) -> NodeId:
        """A node, whatever its state."""
        return 1 + int(self.random.random() * len(self.cluster.nodes))

    def claimant(self) -> NodeId:
        """For a read: half of the time a node that says it leads, if one does. When two say so, one of them may have been deposed and
        not know it, which is when reads go stale."""
        claims = self.random.random() < 0.5
        claimants = [node.node for node in self.cluster.up() if node.leads] if claims else []
        return self.random.choice(claimants) if claimants else self.any_node()

    def write(self, write: Write, node: NodeId) -> None:
        """Propose through `node`, and again elsewhere as long as that is refused."""
        if self._keyed.wanted():
            self.busy = True
            self._operation += 1
            self._keyed.write(write, node)
        else:
            self._write_once(write, node)

    @property
    def repeats(self) -> int:
        """How often a write was sent again under its key."""
        return self._keyed.repeats

    def was_told(self, outcome: Outcome) -> None:
        """Of a write with a key: what a node said."""
        if isinstance(outcome, Applied):
            self._near.wrote(outcome.index)
            self._outcomes.applied += 1
        elif isinstance(outcome, NotApplied):
            self._outcomes.refused += 1

    def ended(self, *, known: bool) -> None:
        """A write with a key is over."""
        self._outcomes.unknown += not known
        self._end()

    def _write_once(self, write: Write, node: NodeId) -> None:
        operation = self._begin()

        def done(outcome: Outcome) -> None:
            if isinstance(outcome, Applied):
                self._near.wrote(outcome.index)
                write.acknowledged(outcome.results)
            if operation != self._operation:
                return
            if isinstance(outcome, NotApplied):
                self._outcomes.refused += 1
                self._refused(write, outcome)
            else:
                if isinstance(outcome, Applied):
                    self._outcomes.applied += 1
                else:
                    self._outcomes.unknown += 1
                self._end()

        write.attempted()
        self.cluster.nodes[node].propose(list(write.commands), self.settings.patience_ns, done)

    def read(self, node: NodeId, told: Callable[[SimNode], None]) -> None:
        """Ask `node` for a read; `told(node)` is called when its machine may be read, if that time comes, however late."""
        if self.settings.near and self._near.random.random() < self.settings.near:
            self.read_near(node)
        else:
            self._read(node, self.settings.consistency, told)

    def read_near(self, node: NodeId) -> None:
        """Ask `node` for a state that holds what this client has written, or is not too old; then hold it to that."""
        consistency = self._near.draw()
        self._read(node, consistency, self._near.expecting(self.cluster.nodes[node], consistency))

    def _read(self, node: NodeId, consistency: Consistency, told: Callable[[SimNode], None]) -> None:
        operation = self._begin()
        reader = self.cluster.nodes[node]

        def done(answer: Index | ReadFailedError) -> None:
            failed = isinstance(answer, ReadFailedError)
            if not failed:
                told(reader)
            if operation != self._operation:
                return
            if failed:
                self._outcomes.failed_reads += 1
            else:
                self._outcomes.reads += 1
            self._end()

        reader.read(self.settings.patience_ns, done, consistency, self._near.label)

    def _think(self) -> None:
        if not self.stopped:
            self.cluster.scheduler.after(int(self.random.random() * 2 * self.settings.think_ns), self._act)

    def _act(self) -> None:
        if not self.stopped:
            self.act()

    def _begin(self) -> int:
        """Number an operation, and give it up if the node says nothing: a paused process answers nobody."""
        self.busy = True
        self._operation += 1
        self.cluster.scheduler.after(2 * self.settings.patience_ns, self._give_up, self._operation)
        return self._operation

    def _give_up(self, operation: int) -> None:
        if operation == self._operation:
            self._outcomes.unknown += 1
            self._end()

    def _end(self) -> None:
        self.busy = False
        self._operation += 1
        self._think()

    def _refused(self, write: Write, outcome: NotApplied) -> None:
        self._operation += 1
        node = outcome.hint or self.any_node()
        wait = int(self.random.random() * self.settings.think_ns)
        self.cluster.scheduler.after(wait, self._again, write, node)

    def _again(self, write: Write, node: NodeId) -> None:
        if self.stopped:
            write.given_up()
            self._end()
        else:
            self._write_once(write, node)


class ClientGroup(ABC):
    """The part of a `Workload` that is the same whatever the clients do."""

    def __init__(self, settings: WorkloadSettings) -> None:
        self.settings = settings
        self.outcomes = Outcomes()
        self.clients: list[Client] = []
        self._cluster: Cluster | None = None

    @abstractmethod
    def make_client(self, number: int, cluster: Cluster) -> Client:
        """One of the clients, numbered from 1."""

    @property
    def cluster(self) -> Cluster:
        """Whom they are clients of."""
        if self._cluster is None:
            raise ValueError("the workload has not begun: call begin(cluster) first")
        return self._cluster

    def begin(self, cluster: Cluster) -> None:
        """See `Workload`."""
        self._cluster = cluster
        self.clients = [self.make_client(number, cluster) for number in range(1, self.settings.clients + 1)]
        for client in self.clients:
            client.start()

    def stop(self) -> None:
        """See `Workload`."""
        for client in self.clients:
            client.stopped = True

    @property
    def busy(self) -> int:
        """See `Workload`."""
        return sum(client.busy for client in self.clients)
