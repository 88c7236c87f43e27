"""What the rules of MongoDB's first protocol keep. None of it is durable, and that is what was wrong with them."""

import msgspec

from quorate.algorithms.bully.mongodb_messages import Freshness
from quorate.core.ids import Nanos, NodeId


class Seen(msgspec.Struct, frozen=True):
    """What a member said of itself last, and when that came."""

    at: Nanos
    op_time: int
    priority: int


class MongoState:
    """`number`, `began_at`, `answers` and `votes`: of the present attempt. `waited`: it has waited once because of a tie. `voted_for`,
    `voted_at`: the vote that binds for a while, in memory only."""

    def __init__(self) -> None:
        self.seen: dict[NodeId, Seen] = {}
        self.number = 0
        self.began_at: Nanos = 0
        self.answers: dict[NodeId, Freshness] = {}
        self.votes: dict[NodeId, int] = {}
        self.waited = False
        self.voted_for: NodeId | None = None
        self.voted_at: Nanos = 0

    def voted_for_another(self, candidate: NodeId, now: Nanos, lease: Nanos) -> bool:
        """Whether a vote for somebody else still binds."""
        return self.voted_for not in (None, candidate) and now - self.voted_at < lease

    def vote(self, candidate: NodeId, now: Nanos) -> None:
        """Vote, for as long as the lease lasts."""
        self.voted_for, self.voted_at = candidate, now
