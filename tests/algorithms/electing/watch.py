"""The invariants of elections without a log, watched from outside: from what nodes say and write."""

from typing import Any

from algorithms.electing.network import Network, Node
from quorate.algorithms.electing.epoch import NEVER, Epoch, epoch_of
from quorate.core.effects import Effect
from quorate.core.events import Event
from quorate.core.ids import NodeId
from quorate.core.message import Message

GRANTS = frozenset({"VictoryAck"})
CLAIMS = frozenset({"Victory"})
LAPS = frozenset({"Elected", "Install"})
"""Bodies of envelopes that go round a ring: a claim where they set out, and a grant of everybody who has signed."""


def promised_by(sender: NodeId, to: NodeId, message: Message) -> tuple[Epoch, NodeId] | None:
    """The epoch that the sender promises with this, and to whom; None: it promises nothing."""
    word: Any = getattr(message, "body", message)
    name = type(word).__name__
    if name in LAPS:
        return (word.epoch, word.epoch.node) if sender in (word.epoch.node, *word.grants) else None
    if name in CLAIMS:
        return word.epoch, sender
    return (word.epoch, to) if name in GRANTS and word.granted else None


class Watch:
    """`broken`: what was broken, by the name of the invariant; each entry says when and how. `OneLeaderAtATime` is promised by nobody
    without a lease."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.broken: dict[str, list[str]] = {}
        self._leader_of: dict[int, NodeId] = {}
        self._granted: dict[tuple[NodeId, int], NodeId] = {}
        self._promised: dict[NodeId, Epoch] = {}
        self._newest = NEVER
        self._told = len(network.told)
        network.on_step.append(self._stepped)
        self._post, network._post = network._post, self._sent

    def _break(self, name: str, how: str) -> None:
        self.broken.setdefault(name, []).append(f"at {self.network.now}: {how}")

    def _stepped(self, _node: Node, _event: Event | None, _effects: list[Effect]) -> None:
        self.look()

    def look(self) -> None:
        """At all that can be seen now."""
        network = self.network
        for node, hard in network.disks.items():
            if hard.promised < self._promised.get(node, NEVER):
                self._break("PromiseMonotonic", f"node {node}: {hard.promised} after {self._promised[node]}")
            self._promised[node] = hard.promised
        while self._told < len(network.told):
            _, node, change = network.told[self._told]
            self._told += 1
            if change.leader == node:
                self._led(node, epoch_of(change.term))
        leases = [node.id for node in network.nodes.values() if self._holds_lease(node)]
        if len(leases) > 1:
            self._break("LeaseExclusion", f"{leases} hold leases")
        if len(network.leaders) > 1:
            self._break("OneLeaderAtATime", f"{network.leaders} lead")

    def _holds_lease(self, node: Node) -> bool:
        now = node.local(self.network.now)
        until = node.algorithm.standing(0, now).lease_until
        return until is not None and now < until

    def _sent(self, sender: NodeId, to: NodeId, message: Message) -> None:
        promised = promised_by(sender, to, message)
        if promised is not None:
            epoch, claimant = promised
            hard = self.network.disks.get(sender)
            if hard is None or hard.promised < epoch:
                self._break("PersistBeforeSend", f"node {sender} says {message}, and its disk says {hard}")
            self._grant(sender, epoch, claimant)
        self._post(sender, to, message)

    def _grant(self, member: NodeId, epoch: Epoch, claimant: NodeId) -> None:
        other = self._granted.setdefault((member, epoch.counter), claimant)
        if other != claimant:
            self._break("GrantOnce", f"node {member} grants counter {epoch.counter} to {other} and to {claimant}")

    def _led(self, node: NodeId, epoch: Epoch) -> None:
        other = self._leader_of.setdefault(epoch.counter, node)
        if other != node:
            self._break("OneLeaderPerCounter", f"nodes {other} and {node} lead counter {epoch.counter}")
        if epoch <= self._newest:
            self._break("TokenAscends", f"node {node} leads {epoch} after {self._newest}")
        self._newest = max(self._newest, epoch)
        members = self.network.members
        grants = sum(self._granted.get((member, epoch.counter)) == node for member in members)
        if grants <= len(members) // 2:
            self._break("NoMinorityLeader", f"node {node} leads {epoch} with {grants} grants of {len(members)}")
