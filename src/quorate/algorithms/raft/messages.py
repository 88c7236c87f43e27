"""Raft's messages. `term` is always the sender's own (paper, section 5.1).

There is no separate heartbeat: an empty Append proves the same, and repairs the log besides.
"""

from typing import TypeAlias

import msgspec

from quorate.core.durable import HardState
from quorate.core.entry import Entry
from quorate.core.ids import Index, NodeId, Term
from quorate.core.message import Message
from quorate.core.requests import ChangeMembers, LeaveJoint, ReportFreshness, Request, TransferLeadership
from quorate.core.snapshot import SnapshotMeta


class RaftHardState(HardState, frozen=True):
    """Current term and the candidate voted for in it: one record, one write, so that a new term clears the vote."""

    term: Term
    voted_for: NodeId | None = None


class PreVoteRequest(Message, frozen=True):
    """Could I win `for_term`? Changes nothing at the voter (dissertation, section 9.6)."""

    term: Term
    for_term: Term
    last_index: Index
    last_term: Term


class PreVoteReply(Message, frozen=True):
    """`for_term` echoes the request."""

    term: Term
    for_term: Term
    granted: bool
    reason: str = ""


class VoteRequest(Message, frozen=True):
    """Vote for me in `term`. `transfer`: the leader itself asked for this campaign, so that hearing it is no reason to refuse."""

    term: Term
    last_index: Index
    last_term: Term
    transfer: bool = False


class VoteReply(Message, frozen=True):
    """`for_term` echoes the request's term; `term` is the voter's own."""

    term: Term
    for_term: Term
    granted: bool
    reason: str = ""


class Append(Message, frozen=True):
    """Entries that follow (`prev_index`, `prev_term`), or none. `round` rises with every sweep of the leader. `joined_at`: which
    membership of the receiver the leader means; the answer echoes it (here and with snapshots)."""

    term: Term
    round: int
    prev_index: Index
    prev_term: Term
    commit: Index
    entries: tuple[Entry, ...] = ()
    joined_at: Index = 0


class AppendReply(Message, frozen=True):
    """`ok`: everything up to `match` is durable here and equals the leader's log. Otherwise `refused_prev` did not match, and the
    logs can only agree at or below (`hint_index`, `hint_term`). `round` echoes the Append's; 0: that was of an earlier term, and
    the answer shows nothing but our term. `full`: entries were turned away for want of space. `silence_ms`: for so long from now the
    sender helps nobody else to lead, a new process of it included; 0: it promises nothing."""

    term: Term
    round: int
    ok: bool
    match: Index = 0
    refused_prev: Index = 0
    hint_index: Index = 0
    hint_term: Term = 0
    joined_at: Index = 0
    full: bool = False
    silence_ms: int = 0


class SnapshotOffer(Message, frozen=True):
    """The log you need is gone; here is what I have instead."""

    term: Term
    round: int
    meta: SnapshotMeta
    joined_at: Index = 0


class SnapshotChunk(Message, frozen=True):
    """Bytes of the offered snapshot; `crc` is the CRC-32 of `data`."""

    term: Term
    round: int
    meta: SnapshotMeta
    offset: int
    data: bytes
    crc: int
    joined_at: Index = 0


class SnapshotReply(Message, frozen=True):
    """`status`: `continue`, send from `offset` on; `held`, the bytes below `offset` are durable here; `done`, everything up to `match` is
    here; `damaged`, offer it again."""

    term: Term
    round: int
    digest: str
    status: str
    offset: int = 0
    match: Index = 0
    joined_at: Index = 0


class TimeoutNow(Message, frozen=True):
    """From the leader: you have all that I have; campaign at once (dissertation, section 3.10)."""

    term: Term


class Removed(Message, frozen=True):
    """You belong to the group no more: the configuration at `index`, which is committed, lacks you."""

    term: Term
    index: Index


class Ask(Message, frozen=True):
    """Somebody asked me for this; you lead. (`incarnation`, `id`) is never used twice by a node."""

    term: Term
    incarnation: int
    id: int
    request: Request


class AskReply(Message, frozen=True):
    """`refused` is empty when it has come to pass."""

    term: Term
    incarnation: int
    id: int
    refused: str = ""
    hint: NodeId | None = None


class ReadIndexRequest(Message, frozen=True):
    """From which index on may I read? (`incarnation`, `id`) is never used twice by a node."""

    term: Term
    incarnation: int
    id: int


class ReadIndexReply(Message, frozen=True):
    """`refused` is empty when `index` is good."""

    term: Term
    incarnation: int
    id: int
    index: Index = 0
    refused: str = ""
    hint: NodeId | None = None


class Forward(Message, frozen=True):
    """Append this for me. `number` rises with every Forward of this incarnation; a leader takes none out of order, so that
    a refusal is final."""

    term: Term
    incarnation: int
    number: int
    sequence: int
    data: bytes
    crc: int


class ForwardReply(Message, frozen=True):
    """`refused` is empty when it was appended at `index`."""

    term: Term
    incarnation: int
    number: int
    sequence: int
    index: Index = 0
    refused: str = ""
    hint: NodeId | None = None


RaftMessage: TypeAlias = (
    PreVoteRequest
    | PreVoteReply
    | VoteRequest
    | VoteReply
    | Append
    | AppendReply
    | SnapshotOffer
    | SnapshotChunk
    | SnapshotReply
    | ReadIndexRequest
    | ReadIndexReply
    | Forward
    | ForwardReply
    | TimeoutNow
    | Removed
    | Ask
    | AskReply
)

SINCE: dict[type[msgspec.Struct], int] = {
    TimeoutNow: 2,
    Removed: 2,
    Ask: 2,
    AskReply: 2,
    TransferLeadership: 2,
    ChangeMembers: 2,
    LeaveJoint: 2,
    ReportFreshness: 2,
}
"""The version of the protocol in which a message, or a request in an `Ask`, came in; all others are of version 1. A new field at the end of
an older message needs no row, as long as a node that skips it does nothing wrong."""
