"""What only a leader has: from its election to the end of its leadership, and not longer. Knows no messages."""

from collections import deque
from collections.abc import Iterable
from enum import StrEnum

from quorate.algorithms.logged.pending import ReadRequest, ReadRound
from quorate.algorithms.logged.transfers import Transfers
from quorate.algorithms.zab.messages import Zxid
from quorate.algorithms.zab.session import Session
from quorate.core.ids import Index, Nanos, NodeId, Position, Term


class Phase(StrEnum):
    """The four of the paper."""

    ELECTION = "election"
    DISCOVERY = "discovery"
    SYNCHRONISATION = "synchronisation"
    BROADCAST = "broadcast"


class Leading:
    """`candidate`: the epoch to propose, as far as is known. `epoch`: the one that was; None: not yet. `initial`: epoch and last entry at
    the election: a follower that is ahead of it shows that another should lead. `electors`: whose votes elected it; `began`: when.
    `connected`: voters that want to follow; `promised`: those of them that promised the epoch. `epoch_position`: of the write that makes
    the epoch current here; None: not asked for yet. `base`: the last entry before the epoch. `init_by`: when it gives the present step up.
    `newcomers`: who votes by the newest configuration and did not before; until `newcomers_until` nobody minds that they are silent.
    `tick_at`: the next ping, `ticks`: how many there were; `round`: the newest one.
    """

    __slots__ = (
        "base",
        "began",
        "candidate",
        "connected",
        "electors",
        "epoch",
        "epoch_position",
        "init_by",
        "initial",
        "newcomers",
        "newcomers_until",
        "own_proposals",
        "promised",
        "read_rounds",
        "reads_waiting",
        "round",
        "sessions",
        "tick_at",
        "ticks",
        "transfers",
        "uncommitted_bytes",
    )

    def __init__(
        self, candidate: Term, initial: tuple[Term, Zxid], electors: Iterable[NodeId], began: Nanos, init_by: Nanos
    ) -> None:
        self.candidate = candidate
        self.epoch: Term | None = None
        self.initial = initial
        self.electors = frozenset(electors)
        self.began = began
        self.init_by = init_by
        self.connected: set[NodeId] = set()
        self.promised: set[NodeId] = set()
        self.epoch_position: Position | None = None
        self.base: Index = initial[1].index
        self.sessions: dict[NodeId, Session] = {}
        self.newcomers: frozenset[NodeId] = frozenset()
        self.newcomers_until: Nanos = 0
        self.tick_at: Nanos | None = None
        self.ticks = 0
        self.round = 0
        self.uncommitted_bytes = 0
        self.own_proposals: dict[int, Index] = {}
        self.reads_waiting: list[ReadRequest] = []
        self.read_rounds: deque[ReadRound] = deque()
        self.transfers = Transfers()

    def drop(self, sid: NodeId) -> Session | None:
        """The learner's session is over, and whatever rested on it."""
        self.connected.discard(sid)
        self.promised.discard(sid)
        return self.sessions.pop(sid, None)
