"""What a leader knows of one peer. Knows no messages."""

from collections import deque
from enum import StrEnum

from quorate.algorithms.logged.disk_watch import smoothed
from quorate.algorithms.logged.outgoing import Outgoing
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

    `joined_at`: which membership of the peer this is about; answers to an earlier one say nothing. `contact_at`: when the peer was last
    heard from in this leadership. `sent_at`: when it was last sent an Append, and `told`: the commit index in
    that.
    `round`: the newest round it acknowledged; `silent_round`: the same, with a promise to help nobody else for long enough. `window`: (last
    index, bytes) of unanswered Appends with entries, oldest first.
    `match_round`: the newest round sent before `match` was learnt: what a later round says of the log is news. `lost`: it has
    refused what it had confirmed. `outgoing`: the snapshot under way to it. `full`: its disk is, and it turned entries away.
    `answer_ns`: how long it takes of late to answer entries; 0: not known. `timed`: the entry, and when it was sent, by which that is
    measured next.
    """

    __slots__ = (
        "answer_ns",
        "contact_at",
        "full",
        "joined_at",
        "lost",
        "match",
        "match_round",
        "mode",
        "next",
        "outgoing",
        "probe_sent_at",
        "round",
        "sent_at",
        "silent_round",
        "timed",
        "told",
        "window",
        "window_bytes",
    )

    def __init__(self, next_index: Index, now: Nanos, joined_at: Index = 0) -> None:
        self.joined_at = joined_at
        self.next = next_index
        self.match: Index = 0
        self.match_round = 0
        self.lost = False
        self.mode = Mode.PROBE
        self.contact_at = now
        self.sent_at = now
        self.told: Index = 0
        self.probe_sent_at: Nanos | None = None
        self.round = 0
        self.silent_round = 0
        self.window: deque[tuple[Index, int]] = deque()
        self.window_bytes = 0
        self.outgoing: Outgoing | None = None
        self.full = False
        self.answer_ns: Nanos = 0
        self.timed: tuple[Index, Nanos] | None = None

    @property
    def offered(self) -> SnapshotMeta | None:
        """The snapshot under way to it."""
        return self.outgoing.meta if self.outgoing is not None else None

    def become_probe(self, next_index: Index) -> None:
        """Find the place where the logs agree, from `next_index` down. Nothing that was sent counts as sent."""
        self.mode = Mode.PROBE
        self.next = max(next_index, self.match + 1)
        self.probe_sent_at = None
        self.outgoing = None
        self._clear_window()

    def become_replicate(self) -> None:
        """The logs agree up to `match`: stream from there."""
        self.mode = Mode.REPLICATE
        self.next = self.match + 1
        self.outgoing = None
        self._clear_window()

    def become_snapshot(self, meta: SnapshotMeta, now: Nanos) -> None:
        """Send `meta` instead of entries that are gone."""
        self.mode = Mode.SNAPSHOT
        self.outgoing = Outgoing(meta, now)
        self._clear_window()

    def advance(self, match: Index, newest_round: int) -> None:
        """The peer has everything up to `match`; frees the window up to it. `newest_round`: the last one sent to anybody."""
        if match > self.match:
            self.match = match
            self.match_round = newest_round
            self.full = False
        self.next = max(self.next, self.match + 1)
        window = self.window
        while window and window[0][0] <= match:
            self.window_bytes -= window.popleft()[1]

    def sent(self, last: Index, size: int) -> None:
        """Entries up to `last` are on their way (REPLICATE)."""
        self.next = last + 1
        self.window.append((last, size))
        self.window_bytes += size

    def answered(self, match: Index, now: Nanos) -> None:
        """An answer says `match`: if that covers the entry whose way is timed, it took so long."""
        if self.timed is not None and match >= self.timed[0]:
            self.answer_ns = smoothed(self.answer_ns, now - self.timed[1])
            self.timed = None

    def window_full(self, messages: int, size: int) -> bool:
        """Whether no more entries may be sent until some are answered."""
        return len(self.window) >= messages or self.window_bytes >= size

    def check(self) -> None:
        """Invariants of the docstring."""
        if self.match >= self.next:
            raise InvariantError(f"match {self.match} must be below next {self.next}")
        if self.window_bytes != (sum([size for _, size in self.window]) if self.window else 0):
            raise InvariantError("the window's bytes do not add up")
        if (self.mode is Mode.SNAPSHOT) != (self.outgoing is not None):
            raise InvariantError(f"mode {self.mode.value} with snapshot {self.offered}")
        if self.outgoing is not None:
            self.outgoing.check()

    def _clear_window(self) -> None:
        self.window.clear()
        self.window_bytes = 0
        self.timed = None
