"""What a node knows after a crash: everything an algorithm is rebuilt from."""

import msgspec

from quorate.core.configuration import Configuration, first_configuration
from quorate.core.entry import Entry
from quorate.core.ids import Index, NodeId, Term
from quorate.core.snapshot import SnapshotMeta


class HardState(msgspec.Struct, frozen=True, array_like=True):
    """Base of an algorithm's own durable words (term and vote, epochs, promise). Always written as a whole."""


class LogPoint(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An index and the term of the entry there. (0, 0) is before the first entry."""

    index: Index
    term: Term


class Durable(msgspec.Struct, frozen=True):
    """The durable past of a node.

    `start`: the log's entries begin right after this point; the point itself is covered by the snapshot (the log
    keeps a tail behind the snapshot, so `start.index <= snapshot.index`, and (0, 0) without one).
    `entries`: contiguous, first index `start.index + 1`.
    `commit`: a hint, never above what is durable; it may be lower than what was committed.
    """

    hard_state: HardState | None = None
    start: LogPoint = LogPoint(0, 0)
    entries: tuple[Entry, ...] = ()
    snapshot: SnapshotMeta | None = None
    commit: Index = 0


class Identity(msgspec.Struct, frozen=True):
    """Who this process is. `disk` is random, made with the data directory; `incarnation` counts starts on it and
    was made durable before the algorithm was built. `members`: the voters that the group begins with, ascending; empty for a node
    that waits to be let in. What was durable since says more. `addresses`: where they are, as far as that matters."""

    cluster: str
    node: NodeId
    disk: int
    incarnation: int
    members: tuple[NodeId, ...]
    addresses: tuple[tuple[NodeId, str], ...] = ()

    @property
    def first_configuration(self) -> Configuration:
        """What the group begins with, on this node."""
        where = dict(self.addresses)
        return first_configuration({node: where.get(node, "") for node in self.members})
