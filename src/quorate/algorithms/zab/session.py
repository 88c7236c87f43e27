"""What a leader knows of one learner, for as long as its session lasts. Knows no messages."""

from collections import deque
from enum import StrEnum

from quorate.algorithms.logged.disk_watch import smoothed
from quorate.algorithms.logged.outgoing import Outgoing
from quorate.algorithms.zab.messages import ZERO, Zxid
from quorate.core.errors import InvariantError
from quorate.core.ids import Index, Nanos, Term

MOST_MARKS = 64
"""Pings that one learner may owe, as far as is remembered."""


class Stage(StrEnum):
    """HELLO: it wants to follow. PROMISED: it has answered to the epoch. SNAPSHOT, HISTORY: it is being sent what it lacks. TAKING: all
    of that was sent, and everything new is. ACTIVE: it has taken the history over."""

    HELLO = "hello"
    PROMISED = "promised"
    SNAPSHOT = "snapshot"
    HISTORY = "history"
    TAKING = "taking"
    ACTIVE = "active"


class Session:
    """`number`: the learner's own. `follower`: it joined as a voter, and so acknowledges entries. `accepted`, `last`, `committed`,
    `want_snapshot`: as it said. `sent_to`: the last entry that it was sent. `synced_to`: what it takes over with the new leader.
    `acked_to`: everything up to it is durable there; it ends with the session, because a later one may cut what was acknowledged.
    `heard_at`: when it was last heard; `pong`: the newest ping that it answered. `gate`: the ping that must be answered before it is sent
    more history; 0: none. `unacked`: (entry, when it was sent), oldest first. `outgoing`: the snapshot under way to it. `marks`: (ping,
    last entry sent before it), of one that acknowledges no entries. `full`: it has no room, and is sent no entries. `answer_ns`: how long
    it takes of late from sending an entry to its acknowledgement; 0: not known. `unaware`: it votes, but not by its own log.
    """

    __slots__ = (
        "accepted",
        "acked_to",
        "answer_ns",
        "committed",
        "follower",
        "full",
        "gate",
        "heard_at",
        "last",
        "marks",
        "number",
        "outgoing",
        "pong",
        "sent_to",
        "stage",
        "synced_to",
        "unacked",
        "unaware",
        "want_snapshot",
    )

    def __init__(self, number: int, accepted: Term, now: Nanos, *, follower: bool) -> None:
        self.number = number
        self.follower = follower
        self.accepted = accepted
        self.stage = Stage.HELLO
        self.last: Zxid = ZERO
        self.committed: Index = 0
        self.want_snapshot = False
        self.sent_to: Index = 0
        self.synced_to: Index = 0
        self.acked_to: Index = 0
        self.heard_at = now
        self.pong = 0
        self.gate = 0
        self.unacked: deque[tuple[Index, Nanos]] = deque()
        self.outgoing: Outgoing | None = None
        self.marks: deque[tuple[int, Index]] = deque(maxlen=MOST_MARKS)
        self.full = False
        self.unaware = False
        self.answer_ns: Nanos = 0

    @property
    def streams(self) -> bool:
        """Whether it gets everything new from now on."""
        return self.stage in (Stage.TAKING, Stage.ACTIVE)

    def sent(self, index: Index, now: Nanos) -> None:
        """An entry that it must acknowledge is on its way."""
        self.sent_to = index
        self.unacked.append((index, now))

    def acknowledged(self, index: Index, now: Nanos | None = None) -> None:
        """Everything up to `index` is durable there. `now`: an entry of which it says so was on its way since it was sent."""
        self.acked_to = max(self.acked_to, index)
        sent_at = None
        while self.unacked and self.unacked[0][0] <= index:
            sent_at = self.unacked.popleft()[1]
        if now is not None and sent_at is not None:
            self.answer_ns = smoothed(self.answer_ns, now - sent_at)

    def pinged(self, number: int) -> None:
        """A ping goes out. Its answer leaves after the learner has written all that was sent before it: one that acknowledges no entries
        shows by that what it has."""
        if self.stage is Stage.ACTIVE and not self.follower:
            self.marks.append((number, self.sent_to))

    def answered(self, number: int) -> None:
        """A ping is answered."""
        self.pong = max(self.pong, number)
        while self.marks and self.marks[0][0] <= number:
            self.acked_to = max(self.acked_to, self.marks.popleft()[1])

    def has_no_room(self) -> None:
        """It has said so: what was sent beyond what it has is dropped there."""
        self.full = True
        self.unacked.clear()
        self.sent_to = self.acked_to

    def is_active(self, now: Nanos) -> None:
        """It has taken the history over, and says when what came after that is durable: from now on it owes that."""
        self.stage = Stage.ACTIVE
        self.unacked = deque((index, now) for index, _ in self.unacked)

    def owes_since(self) -> Nanos | None:
        """When the oldest entry that it has not acknowledged was sent; None: it owes none."""
        return self.unacked[0][1] if self.unacked else None

    def check(self) -> None:
        """Assert the invariants; raises `InvariantError`."""
        if (self.stage is Stage.SNAPSHOT) != (self.outgoing is not None):
            raise InvariantError(f"stage {self.stage.value} with snapshot {self.outgoing and self.outgoing.meta}")
        if self.acked_to > self.sent_to:
            raise InvariantError(f"it acknowledged {self.acked_to}, and was sent up to {self.sent_to}")
        if self.outgoing is not None:
            self.outgoing.check()
