"""A snapshot being received. Knows no messages."""

from quorate.core.ids import Index
from quorate.core.snapshot import SnapshotMeta

MAX_WINDOW_CHUNKS = 64
"""Chunks of a snapshot that a receiver keeps in memory until they are on its disk."""


class Incoming:
    """`offset` bytes are durable. `expected`: where the next chunk must begin; None while the disk is asked what it holds. `writes`: of
    chunks under way to disk. `owes_answer`: an offer came meanwhile. `complained`: the sender was told that a chunk is missing or damaged.
    `joined_at`: of the membership to which it was offered.
    """

    __slots__ = ("complained", "expected", "joined_at", "meta", "offset", "owes_answer", "writes")

    def __init__(self, meta: SnapshotMeta) -> None:
        self.meta = meta
        self.joined_at: Index = 0
        self.offset = 0
        self.expected: int | None = None
        self.writes = 1
        self.owes_answer = True
        self.complained = False

    @property
    def full(self) -> bool:
        """Whether no more chunks are taken before some are on disk."""
        return self.writes >= MAX_WINDOW_CHUNKS

    def continues(self, offset: int, size: int) -> bool:
        """Whether a chunk of `size` bytes is the next one. An empty one is of use only at the end."""
        return offset == self.expected and (size > 0 or offset == self.meta.size)

    def take(self, size: int) -> None:
        """The next chunk goes to disk."""
        self.expected = (self.expected or 0) + size
        self.writes += 1
        self.complained = False

    def written(self, offset: int) -> bool:
        """The bytes below `offset` are durable. Returns whether the sender must be told where to go on: it asked, or the disk does not
        hold what it was given."""
        self.writes = max(0, self.writes - 1)
        self.offset = offset
        lost = not self.writes and offset != self.expected
        if lost or (self.owes_answer and not self.writes):
            self.go_on()
            return True
        return False

    def go_on(self) -> None:
        """The sender is told to go on with what is durable."""
        self.expected = self.offset
        self.owes_answer = False
        self.complained = False
