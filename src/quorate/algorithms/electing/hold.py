"""What a member owes the leader that it hears: to help no other for a while."""

from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.core.ids import Nanos, NodeId


class Hold:
    """`node` and its `epoch` are held to until `until`. It lives in memory only, which is why a node that has restarted waits.
    `nominated`: by the leader before it, which resigned in its favour."""

    def __init__(self) -> None:
        self.node: NodeId | None = None
        self.epoch: Epoch = NEVER
        self.until: Nanos = 0
        self.nominated = False
        self._link_broke = False

    def take(self, node: NodeId, epoch: Epoch, until: Nanos, *, nominated: bool = False) -> None:
        """Hold to `node`, from its last heartbeat or claim on."""
        self.node, self.epoch, self.until = node, epoch, until
        self.nominated = nominated
        self._link_broke = False

    def release(self) -> None:
        """It does not lead any more: it said so, has restarted or died."""
        self.node = None
        self.nominated = False

    def break_link(self, node: NodeId) -> None:
        """The connection to `node` broke. If its process is found dead from now on, that is the one that is held to."""
        self._link_broke = self._link_broke or node == self.node

    def rests_on_dead(self, node: NodeId) -> bool:
        """Whether the process that is held to is gone, now that `node` has refused a connection. What was promised after the connection
        broke, by a message that came another way, may be owed to the process after it."""
        return node == self.node and self._link_broke

    def nominates(self, node: NodeId) -> bool:
        """Whether `node` should lead because the leader before it said so."""
        return self.nominated and node == self.node

    def left(self, claimant: NodeId, now: Nanos) -> Nanos:
        """For how long `claimant` must still be refused; 0: not at all."""
        return max(0, self.until - now) if self.node not in (None, claimant) else 0
