"""ZAB's messages, in the words of the paper and, in brackets, of ZooKeeper's packets (Junqueira, Reed and Serafini 2011).

Every message after the election carries `session`: a number that the learner raises for each attempt. Both sides drop what belongs to
another session, or to none. Links are FIFO and say when they break; ZAB is wrong without that.
"""

from typing import TypeAlias

import msgspec

from quorate.core.durable import HardState
from quorate.core.entry import Entry
from quorate.core.ids import Index, NodeId, Term
from quorate.core.message import Message
from quorate.core.requests import Request as OperatorRequest
from quorate.core.snapshot import SnapshotMeta

NO_ACK: Term = -1
"""In place of the current epoch: this epoch was promised before, perhaps to another."""


class Zxid(msgspec.Struct, frozen=True, array_like=True, order=True, gc=False):
    """Name of an entry: its epoch, then its place. ZooKeeper counts the place from the beginning of the epoch, this log from its own
    beginning. All servers that have an entry of an epoch have the same entries before it, so the two differ by a number that is the
    same everywhere, and order and equality are those of (epoch, counter)."""

    epoch: Term
    index: Index


ZERO = Zxid(0, 0)
"""Before the first entry."""


class Vote(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who should lead: compared by the epoch whose history it took over, then by its last entry, then by its priority, which is the same
    for all if nobody says otherwise, then by its id."""

    epoch: Term
    zxid: Zxid
    sid: NodeId
    priority: int = 0

    @property
    def rank(self) -> tuple[Term, Zxid, int, NodeId]:
        """What votes are compared by."""
        return self.epoch, self.zxid, self.priority, self.sid


LOWEST = Vote(-1, ZERO, 0)
"""Of a server that has no vote."""


class ZabHardState(HardState, frozen=True):
    """`accepted_epoch`: the highest promised to a prospective leader. `current_epoch`: the last one whose history this server took over;
    never above the other."""

    accepted_epoch: Term = 0
    current_epoch: Term = 0


# Election


class Notification(Message, frozen=True, gc=False):
    """The sender's vote, its round and its state; the state decides how it is read. `reply`: an answer, which is never answered."""

    state: str
    round: int
    vote: Vote
    config_version: Index = 0
    reply: bool = False


# Discovery


class FollowerInfo(Message, frozen=True, gc=False):
    """A voter wants to follow (FOLLOWERINFO, CEPOCH). Opens the session. `handed_over`: its leader has named the receiver as the next."""

    session: int
    accepted_epoch: Term
    config_version: Index = 0
    handed_over: bool = False


class ObserverInfo(Message, frozen=True, gc=False):
    """The same of one without a vote (OBSERVERINFO): it promises nothing."""

    session: int
    accepted_epoch: Term
    config_version: Index = 0
    handed_over: bool = False


class LeaderInfo(Message, frozen=True, gc=False):
    """The epoch that the leader proposes (LEADERINFO, NEWEPOCH). `voter`: you vote, by my log, and not
    yet by yours."""

    session: int
    epoch: Term
    voter: bool = False


class AckEpoch(Message, frozen=True, gc=False):
    """Promised (ACKEPOCH, ACK-E), unless `current_epoch` is `NO_ACK`. `last`: the learner's last entry. `committed`: up to there it knows
    its log to be committed. `want_snapshot`: do not match by `last`, that has failed."""

    session: int
    current_epoch: Term
    last: Zxid
    committed: Index = 0
    want_snapshot: bool = False


# Synchronisation


class Diff(Message, frozen=True, gc=False):
    """You end at `zxid`, and I go on from there (DIFF)."""

    session: int
    zxid: Zxid


class Trunc(Message, frozen=True, gc=False):
    """We agree up to `zxid` at least, and I go on from there (TRUNC): what does not agree behind it goes."""

    session: int
    zxid: Zxid


class Snap(Message, frozen=True):
    """What you need is compacted; here is what I have instead (SNAP)."""

    session: int
    meta: SnapshotMeta


class SnapChunk(Message, frozen=True):
    """Bytes of the offered snapshot; `crc` is the CRC-32 of `data`."""

    session: int
    digest: str
    offset: int
    data: bytes
    crc: int


class SnapReply(Message, frozen=True, gc=False):
    """`status`: `continue`, send from `offset` on; `held`, the bytes below `offset` are durable here; `done`, all that the snapshot covers
    is here; `damaged`, offer it again."""

    session: int
    digest: str
    status: str
    offset: int = 0


class NewLeader(Message, frozen=True, gc=False):
    """That was my history; take it over (NEWLEADER)."""

    session: int
    epoch: Term


class AckNewLeader(Message, frozen=True, gc=False):
    """Taken over, and durable (ACK of NEWLEADER, ACK-LD)."""

    session: int
    epoch: Term


class UpToDate(Message, frozen=True, gc=False):
    """The epoch is established; `zxid` and all before it are committed (UPTODATE, COMMIT-LD)."""

    session: int
    zxid: Zxid


# Broadcast


class Propose(Message, frozen=True):
    """The next entry (PROPOSAL)."""

    session: int
    entry: Entry


class Ack(Message, frozen=True, gc=False):
    """Everything up to `zxid` is durable here (ACK). `full`: and nothing more will be, until another of these says so: there is no room."""

    session: int
    zxid: Zxid
    full: bool = False


class Commit(Message, frozen=True, gc=False):
    """Everything up to `zxid` is committed (COMMIT)."""

    session: int
    zxid: Zxid


class Inform(Message, frozen=True):
    """The next entry, already committed, for an observer (INFORM)."""

    session: int
    entry: Entry


class Ping(Message, frozen=True, gc=False):
    """I lead (PING). `round` rises; the answer echoes it."""

    session: int
    round: int


class Pong(Message, frozen=True, gc=False):
    """I follow you, after `round` was sent."""

    session: int
    round: int


class SessionEnd(Message, frozen=True, gc=False):
    """This session is over, from either side; ZooKeeper closes the socket. `successor`: from a leader that hands over: whom to follow; 0:
    nobody."""

    session: int
    reason: str
    successor: NodeId = 0


class Removed(Message, frozen=True, gc=False):
    """You belong to the group no more: the configuration at `index`, which is committed, lacks you."""

    epoch: Term
    index: Index


# Requests of learners, and of operators through them


class Ask(Message, frozen=True):
    """Somebody asked me for this; you lead. (`incarnation`, `id`) is never used twice by a node; belongs to no session, because the leader
    that hands over answers when it leads no more."""

    incarnation: int
    id: int
    request: OperatorRequest


class AskReply(Message, frozen=True, gc=False):
    """`refused` is empty when it has come to pass."""

    incarnation: int
    id: int
    refused: str = ""
    hint: NodeId | None = None


class Request(Message, frozen=True):
    """Append this for me (REQUEST)."""

    session: int
    sequence: int
    data: bytes
    crc: int


class RequestReply(Message, frozen=True, gc=False):
    """It was not appended."""

    session: int
    sequence: int
    refused: str
    hint: NodeId | None = None


class ReadIndex(Message, frozen=True, gc=False):
    """From which index on may I read?"""

    session: int
    id: int


class ReadIndexReply(Message, frozen=True, gc=False):
    """`refused` is empty when `index` is good."""

    session: int
    id: int
    index: Index = 0
    refused: str = ""
    hint: NodeId | None = None


ZabMessage: TypeAlias = (
    Notification
    | FollowerInfo
    | ObserverInfo
    | LeaderInfo
    | AckEpoch
    | Diff
    | Trunc
    | Snap
    | SnapChunk
    | SnapReply
    | NewLeader
    | AckNewLeader
    | UpToDate
    | Propose
    | Ack
    | Commit
    | Inform
    | Ping
    | Pong
    | SessionEnd
    | Removed
    | Ask
    | AskReply
    | Request
    | RequestReply
    | ReadIndex
    | ReadIndexReply
)

SINCE: dict[type[msgspec.Struct], int] = {}
"""All of the first version of the protocol between nodes."""
