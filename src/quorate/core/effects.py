"""Effects: what to do. The only way an algorithm reaches anything. Imperative.

Order is the contract: a driver carries effects out in list order, and `Persist` and `WriteSnapshot` are barriers:
nothing after one, in this list or a later one, happens until it is durable. Exempt are the effects that promise
nothing about the disk: `Rejected`, `Unresolved`, `ReadRefused`, `RequestRefused`, `Explain`, a `Send` that says so, and
`LeaderChanged` when it says that there is none.
"""

from typing import Literal, TypeAlias

import msgspec

from quorate.core.configuration import Configuration
from quorate.core.durable import HardState, LogPoint
from quorate.core.entry import Entry
from quorate.core.ids import Index, Nanos, NodeId, Position, Term
from quorate.core.message import Message
from quorate.core.snapshot import SnapshotMeta


class _Effect(msgspec.Struct, frozen=True, tag=True, gc=False):
    pass


class Send(_Effect, frozen=True, gc=False):
    """Send on the link to `to`; dropped if there is none, or if the link was renewed while a barrier held it.

    `at_once`: it promises nothing about the disk, and so waits for no write; it may overtake what does.
    """

    to: NodeId
    message: Message
    at_once: bool = False


class Persist(_Effect, frozen=True, gc=False):
    """Make durable, as one unit and in this order, then feed `Persisted(position)`.

    `hard_state`: replaces the earlier one. `reset`: the whole log is dropped and continues right after this point,
    which an already published snapshot covers. `truncate_from`: entries from this index on are dropped. `entries`:
    appended, contiguous.
    `compact`: entries up to and including this point are dropped, a published snapshot covers them. `commit`: the hint.
    """

    position: Position
    hard_state: HardState | None = None
    reset: LogPoint | None = None
    truncate_from: Index | None = None
    entries: tuple[Entry, ...] = ()
    compact: LogPoint | None = None
    commit: Index = 0


class Apply(_Effect, frozen=True, gc=False):
    """Hand these committed entries to the state machine: contiguous, each index once."""

    entries: tuple[Entry, ...]


Exclusive: TypeAlias = Literal["quorum", "lease", "best_effort"]
"""How far a leader is the only one. quorum: nobody else ever leads its term, and nothing of an older one is decided any more. lease: nor
does anybody lead another term before its lease ends. best_effort: another may lead at the same moment; tokens alone tell who is newer."""


class LeaderChanged(_Effect, frozen=True, gc=False):
    """`leader` leads `term`, as far as this node knows; None: no leader is known.

    `ready`: it leads and everything committed before its term is applied here (said by the leader about itself only).
    The term is the fencing token. `exclusive`: what the leadership rests on. `until`: the end of the lease as it stood when this was
    said, by the node's own clock, because a write may have held this back; it is renewed without a word, and `standing` has the
    present one. None: nothing is said of time.
    """

    leader: NodeId | None
    term: Term
    ready: bool = False
    exclusive: Exclusive = "quorum"
    until: Nanos | None = None


class ConfigurationChanged(_Effect, frozen=True, gc=False):
    """The newest configuration in the log is `configuration`, and acts already. `committed`: it stays; members of an earlier one
    that it lacks are needed no more. Until then it may yet be taken back, which another of these tells. `removed`: this
    node is known to belong to the group no more."""

    configuration: Configuration
    committed: bool = False
    removed: bool = False


class ReadReady(_Effect, frozen=True, gc=False):
    """Read `id` is linearizable once `index` is applied on this node."""

    id: int
    index: Index


class ReadRefused(_Effect, frozen=True, gc=False):
    """Read `id` got no index; nothing was read. Asking again needs a new id."""

    id: int
    reason: str
    hint: NodeId | None = None


class RequestDone(_Effect, frozen=True, gc=False):
    """What was asked in request `id` has come to pass."""

    id: int


class RequestRefused(_Effect, frozen=True, gc=False):
    """Request `id` was not carried out, for a reason with a name. `hint`: the leader, if known. `leadership_lost` alone leaves
    open whether it may come to pass yet."""

    id: int
    reason: str
    hint: NodeId | None = None


class Rejected(_Effect, frozen=True, gc=False):
    """The proposal `sequence` is certainly not in the log and this attempt will never be. `hint`: the leader, if
    known."""

    sequence: int
    reason: str
    hint: NodeId | None = None


class Unresolved(_Effect, frozen=True, gc=False):
    """The algorithm has lost sight of the proposal `sequence`: it may be applied, or never. Proposing the same
    sequence again is safe, because a session applies each sequence once."""

    sequence: int
    reason: str


class ReadSnapshot(_Effect, frozen=True, gc=False):
    """Read up to `size` bytes at `offset` of the snapshot `meta`, for the peer `to`; answer with `SnapshotRead`."""

    to: NodeId
    meta: SnapshotMeta
    offset: int
    size: int


class WriteSnapshot(_Effect, frozen=True, gc=False):
    """A barrier. Write bytes of a snapshot being received; offset 0 starts anew. When `offset + len(data)` reaches
    `meta.size`, check the digest and publish. An `offset` that does not continue what is held writes nothing. Answer
    with `SnapshotWritten`, which names the offset that is held."""

    meta: SnapshotMeta
    offset: int
    data: bytes


class LoadSnapshot(_Effect, frozen=True, gc=False):
    """Replace the state of the machine by the published snapshot `meta`. Later `Apply` effects wait for it."""

    meta: SnapshotMeta


class Explain(_Effect, frozen=True, gc=False):
    """Why something happened, or did not. `reason` is one of the names in docs/explain.md; `fields` are plain
    values."""

    reason: str
    fields: dict[str, int | str | None] = {}


Effect: TypeAlias = (
    Send
    | Persist
    | Apply
    | LeaderChanged
    | ConfigurationChanged
    | ReadReady
    | ReadRefused
    | RequestDone
    | RequestRefused
    | Rejected
    | Unresolved
    | ReadSnapshot
    | WriteSnapshot
    | LoadSnapshot
    | Explain
)
