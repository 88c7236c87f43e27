"""Clients of a scenario: they ask at a steady rate, whatever becomes of what they asked before, and hold the cluster to its answers."""

from __future__ import annotations

from quorate.core.errors import ReadFailedError
from quorate.core.ids import SECOND, Index, Nanos, NodeId
from quorate.core.outcome import Applied, NotApplied, Outcome
from quorate.sim.clients.client import Outcomes
from quorate.sim.cluster import Cluster
from quorate.sim.scenarios.leadership import serving
from quorate.sim.scenarios.scenario import Load
from quorate.sim.storms.faults import FOLLOWER, LEADER

PATIENCE: Nanos = 3 * SECOND
"""Of one client for one answer, on the asked node's clock."""


def choose(cluster: Cluster, node: NodeId, turn: int = 0) -> NodeId:
    """Whom `node` means now. `turn`: which of the followers, and who stands for a leader that there is not."""
    nodes = cluster.nodes
    if node not in (LEADER, FOLLOWER):
        return node
    leader = serving(cluster) or cluster.leader()
    if node == LEADER:
        return leader.node if leader is not None else 1 + turn % len(nodes)
    followers = [other for other in cluster.up() if other is not leader] or list(nodes.values())
    return followers[turn % len(followers)].node


class Clients:
    """All that write and read in one scenario. Every command is new, so nothing is ever proposed twice."""

    def __init__(self, cluster: Cluster) -> None:
        self.outcomes = Outcomes()
        self._cluster = cluster
        self._written = 0
        self._asked = 0

    def begin(self, load: Load) -> None:
        """Have `load` happen."""
        self._cluster.scheduler.at(load.start, self._beat, load)

    def write(self, node: NodeId, patience: Nanos = PATIENCE, name: str = "write") -> list[Outcome]:
        """Propose one new command through `node`. The list gets the outcome when there is one."""
        self._written += 1
        command = f"{name}.{self._written}".encode()
        outcomes: list[Outcome] = []

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            self._answered(command, outcome)

        self._cluster.nodes[node].propose([command], patience, done)
        return outcomes

    def read(self, node: NodeId, patience: Nanos = PATIENCE) -> list[Index | ReadFailedError]:
        """Ask `node` for a linearizable read. The list gets the answer when there is one."""
        cluster = self._cluster
        asked_at = cluster.history.settled
        reader = cluster.nodes[node]
        answers: list[Index | ReadFailedError] = []

        def done(answer: Index | ReadFailedError) -> None:
            answers.append(answer)
            if isinstance(answer, ReadFailedError):
                self.outcomes.failed_reads += 1
            else:
                self.outcomes.reads += 1
                cluster.history.read(node, asked_at, len(reader.machine.commands))

        reader.read(patience, done)
        return answers

    def _answered(self, command: bytes, outcome: Outcome) -> None:
        if isinstance(outcome, Applied):
            self._cluster.history.acknowledged([command], outcome.results)
            self.outcomes.applied += 1
        elif isinstance(outcome, NotApplied):
            self._cluster.history.refused([command])
            self.outcomes.refused += 1
        else:
            self.outcomes.unknown += 1

    def _beat(self, load: Load) -> None:
        if self._cluster.now >= load.end:
            return
        self._asked += 1
        anybody = 1 + self._asked % len(self._cluster.nodes)
        node = anybody if load.node is None else choose(self._cluster, load.node, self._asked)
        if load.kind == "write":
            self.write(node)
        else:
            self.read(node)
        self._cluster.scheduler.after(load.every_ns, self._beat, load)
