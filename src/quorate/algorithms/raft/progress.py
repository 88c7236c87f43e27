"""What a leader knows of one peer. Knows no messages."""

from collections import deque
from enum import StrEnum

from quorate.core.errors import InvariantError
from quorate.core.ids import Index, Nanos
from quorate.core.snapshot import SnapshotMeta


class Mode(StrEnum):
    """PROBE: one Append at a time, to find where the logs agree. REPLICATE: optimistic, a window of them.
    SNAPSHOT: what the peer needs is compacted; no entries, only heartbeats and chunks."""

    PROBE = "probe"
    REPLICATE = "replicate"
    SNAPSHOT = "snapshot"


class Progress:
    """`next`: the next entry to send. `match`: everything up to it is durable there. Always `match < next`, and `match` never falls.

    `contact_at`: when the peer was last heard from in this leadership. `sent_at`: when it was last sent an Append.
    `round`: the newest round it acknowledged. `window`: (last index, bytes) of unanswered Appends with entries, oldest first.
    `match_round`: the newest round sent before `match` was learnt: what a later round says of the log is news. `lost`: it has
    refused what it had confirmed. `offered`: the snapshot under way to it; `offer_at`: when anything of it was last sent.
    """

    __slots__ = (
        "contact_at",
        "lost",
        "match",
        "match_round",
        "mode",
        "next",
        "offer_at",
        "offered",
        "probe_sent_at",
        "round",
        "sent_at",
        "window",
        "window_bytes",
    )

    def __init__(self, next_index: Index, now: Nanos) -> None:
        self.next = next_index
        self.match: Index = 0
        self.match_round = 0
        self.lost = False
        self.mode = Mode.PROBE
        self.contact_at = now
        self.sent_at = now
        self.probe_sent_at: Nanos | None = None
        self.round = 0
        self.window: deque[tuple[Index, int]] = deque()
        self.window_bytes = 0
        self.offered: SnapshotMeta | None = None
        self.offer_at = now

    def become_probe(self, next_index: Index) -> None:
        """Find the place where the logs agree, from `next_index` down. Nothing that was sent counts as sent."""
        self.mode = Mode.PROBE
        self.next = max(next_index, self.match + 1)
        self.probe_sent_at = None
        self.offered = None
        self._clear_window()

    def become_replicate(self) -> None:
        """The logs agree up to `match`: stream from there."""
        self.mode = Mode.REPLICATE
        self.next = self.match + 1
        self.offered = None
        self._clear_window()

    def become_snapshot(self, meta: SnapshotMeta, now: Nanos) -> None:
        """Send `meta` instead of entries that are gone."""
        self.mode = Mode.SNAPSHOT
        self.offered = meta
        self.offer_at = now
        self._clear_window()

    def advance(self, match: Index, newest_round: int) -> None:
        """The peer has everything up to `match`; frees the window up to it. `newest_round`: the last one sent to anybody."""
        if match > self.match:
            self.match = match
            self.match_round = newest_round
        self.next = max(self.next, self.match + 1)
        window = self.window
        while window and window[0][0] <= match:
            self.window_bytes -= window.popleft()[1]

    def sent(self, last: Index, size: int) -> None:
        """Entries up to `last` are on their way (REPLICATE)."""
        self.next = last + 1
        self.window.append((last, size))
        self.window_bytes += size

    def window_full(self, messages: int, size: int) -> bool:
        """Whether no more entries may be sent until some are answered."""
        return len(self.window) >= messages or self.window_bytes >= size

    def check(self) -> None:
        """Invariants of the docstring."""
        if self.match >= self.next:
            raise InvariantError(f"match {self.match} must be below next {self.next}")
        if self.window_bytes != (sum([size for _, size in self.window]) if self.window else 0):
            raise InvariantError("the window's bytes do not add up")
        if (self.mode is Mode.SNAPSHOT) != (self.offered is not None):
            raise InvariantError(f"mode {self.mode.value} with snapshot {self.offered}")

    def _clear_window(self) -> None:
        self.window.clear()
        self.window_bytes = 0
