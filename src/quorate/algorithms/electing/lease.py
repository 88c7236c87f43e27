"""For how long a leader is the only one, counted by its own clock from what it sent.

A member that has taken a message refuses others for an election timeout from then on, and it took it after it was sent, never before. So
the lease counts from the sending of the newest message that each member has acknowledged; a majority of those times counts.
"""

from quorate.core.ids import Nanos, NodeId


class Lease:
    """`sent`: when the newest message went out that each member has acknowledged, in this leadership."""

    def __init__(self) -> None:
        self.sent: dict[NodeId, Nanos] = {}

    def begin(self) -> None:
        """A new leadership: what was acknowledged of an earlier one counts for nothing."""
        self.sent = {}

    def acknowledge(self, member: NodeId, sent_at: Nanos) -> None:
        """`member` has confirmed what went out at `sent_at`."""
        self.sent[member] = max(sent_at, self.sent.get(member, sent_at))

    def until(self, now: Nanos, majority: int, length: Nanos) -> Nanos | None:
        """When it ends; None: too few have acknowledged anything. The leader itself has, now."""
        times = sorted([now, *self.sent.values()], reverse=True)
        return times[majority - 1] + length if len(times) >= majority else None
