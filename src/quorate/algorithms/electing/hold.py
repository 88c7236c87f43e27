"""What a member owes the leader that it hears: to help no other for a while."""

from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.core.ids import Nanos, NodeId


class Hold:
    """`node` and its `epoch` are held to until `until`. It lives in memory only, which is why a node that has restarted waits."""

    def __init__(self) -> None:
        self.node: NodeId | None = None
        self.epoch: Epoch = NEVER
        self.until: Nanos = 0

    def take(self, node: NodeId, epoch: Epoch, until: Nanos) -> None:
        """Hold to `node`, from its last heartbeat or claim on."""
        self.node, self.epoch, self.until = node, epoch, until

    def release(self) -> None:
        """It does not lead any more, and said so or has restarted."""
        self.node = None

    def left(self, claimant: NodeId, now: Nanos) -> Nanos:
        """For how long `claimant` must still be refused; 0: not at all."""
        return max(0, self.until - now) if self.node not in (None, claimant) else 0
