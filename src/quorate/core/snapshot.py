"""What is known of a snapshot without opening it."""

import msgspec

from quorate.core.ids import Index, NodeId, Term


class SnapshotMeta(msgspec.Struct, frozen=True, array_like=True):
    """A snapshot replaces the log up to and including `index`.

    `members`: the voters at `index`. `size`: bytes of the state stream. `digest`: blake2b-128 of the state
    stream, in hex; with index and term it names the snapshot, on whichever node it was made.
    """

    index: Index
    term: Term
    members: tuple[NodeId, ...]
    size: int
    digest: str
