"""Bully's messages. Heartbeats, and what goes with them, are in `electing/messages.py`."""

from typing import TypeAlias

from quorate.algorithms.bully.mongodb_messages import Ballot, Elect, Fresh, Freshness, Ping
from quorate.algorithms.electing.epoch import Epoch
from quorate.algorithms.electing.messages import (
    Ask,
    AskReply,
    ElectionId,
    Heartbeat,
    HeartbeatAck,
    Resign,
    Takeover,
    Word,
)
from quorate.algorithms.electing.rank import Rank
from quorate.core.ids import Nanos, NodeId


class Election(Word, frozen=True):
    """Who ranks higher than `rank`, and lives?"""

    eid: ElectionId
    rank: Rank
    max_seen: Epoch


class Alive(Word, frozen=True):
    """I do; leave it to me. `eid` echoes the question. `leader`: whom I have heard lead lately."""

    eid: ElectionId
    rank: Rank
    max_seen: Epoch
    leader: NodeId | None = None


class PreVote(Word, frozen=True):
    """With the guard: would you grant me a claim? Nothing is promised by the answer, and no counter rises by the question."""

    eid: ElectionId
    rank: Rank


class PreVoteReply(Word, frozen=True):
    """`eid` echoes the question. `known`: what a claim must be above; `hold_ns`: for so long at least the answer stays no; `why`: a short
    name."""

    eid: ElectionId
    granted: bool
    known: Epoch
    hold_ns: Nanos = 0
    why: str = ""


class Victory(Word, frozen=True):
    """I lead `epoch`; with the guard: let me lead it."""

    epoch: Epoch
    eid: ElectionId
    rank: Rank

    @property
    def claimed(self) -> Epoch:
        """Its own."""
        return self.epoch


class VictoryAck(Word, frozen=True):
    """With the guard. `promised`: the highest that the sender has promised. `hold_ns`: for so long at least it would refuse again; `why`: a
    short name."""

    epoch: Epoch
    granted: bool
    promised: Epoch
    hold_ns: Nanos = 0
    why: str = ""


class Halt(Word, frozen=True):
    """Two-phase install, first phase: leave your elections and your leader; I shall lead `epoch`."""

    epoch: Epoch
    rank: Rank

    @property
    def claimed(self) -> Epoch:
        """Its own."""
        return self.epoch


class Normal(Word, frozen=True):
    """Two-phase install: whether I follow you in `epoch`, or must be asked anew."""

    epoch: Epoch
    normal: bool


BullyMessage: TypeAlias = (
    Election
    | Alive
    | PreVote
    | PreVoteReply
    | Victory
    | VictoryAck
    | Heartbeat
    | HeartbeatAck
    | Takeover
    | Resign
    | Ask
    | AskReply
    | Halt
    | Normal
    | Fresh
    | Freshness
    | Elect
    | Ballot
    | Ping
)
