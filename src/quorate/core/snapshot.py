"""What is known of a snapshot without opening it."""

import msgspec

from quorate.core.configuration import Configuration, Member
from quorate.core.ids import Index, NodeId, Term


class SnapshotMeta(msgspec.Struct, frozen=True, array_like=True):
    """A snapshot replaces the log up to and including `index`.

    `members`: the voters at `index`. `size`: bytes of the state stream. `digest`: blake2b-128 of the state
    stream, in hex; with index and term it names the snapshot, on whichever node it was made. `configuration`: the newest one
    committed at or below `index`; without members in a snapshot of a release that knew none.
    """

    index: Index
    term: Term
    members: tuple[NodeId, ...]
    size: int
    digest: str
    configuration: Configuration = Configuration()

    @property
    def group(self) -> Configuration:
        """Its configuration, whichever release made it."""
        if self.configuration.voters or not self.members:
            return self.configuration
        return Configuration(0, tuple([Member(node) for node in self.members]), self.members)
