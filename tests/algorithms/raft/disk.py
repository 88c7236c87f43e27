"""The pretended disk of a Raft node on a table: what was written, and so survives a crash. As strict as the real store."""

from hashlib import blake2b

import msgspec

from quorate.core.durable import Durable, HardState, LogPoint
from quorate.core.effects import Persist, WriteSnapshot
from quorate.core.entry import Entry
from quorate.core.events import SnapshotRead, SnapshotWritten
from quorate.core.ids import Index, NodeId, Term
from quorate.core.snapshot import SnapshotMeta


def digest_of(data: bytes) -> str:
    """How a snapshot is named."""
    return blake2b(data, digest_size=16).hexdigest()


def meta_of(index: Index, term: Term, data: bytes = b"state", members: tuple[NodeId, ...] = (1, 2, 3)) -> SnapshotMeta:
    """What is known of a snapshot with this content."""
    return SnapshotMeta(index, term, members, len(data), digest_of(data))


class PretendedDisk:
    """Log, hard state and snapshots. `hard_states`: all there ever were, oldest first. `published`: complete snapshots by digest;
    `partial`: the one being received."""

    def __init__(self, durable: Durable) -> None:
        self.hard_state: HardState | None = durable.hard_state
        self.hard_states: list[HardState] = []
        self.start = durable.start
        self.entries: list[Entry] = list(durable.entries)
        self.commit = durable.commit
        self.published: dict[str, tuple[SnapshotMeta, bytes]] = {}
        self.newest: SnapshotMeta | None = durable.snapshot
        self.partial: tuple[SnapshotMeta, bytearray] | None = None

    @property
    def last(self) -> Index:
        """Index of the last entry on the disk."""
        return self.start.index + len(self.entries)

    def term_at(self, index: Index) -> Term | None:
        """Term at `index` on the disk, its start included."""
        if index == self.start.index:
            return self.start.term
        if self.start.index < index <= self.last:
            return self.entries[index - self.start.index - 1].term
        return None

    def write(self, persist: Persist) -> None:
        """Carry out one write; refuses what no algorithm may ask for."""
        if persist.hard_state is not None:
            self.hard_state = persist.hard_state
            self.hard_states.append(persist.hard_state)
        if persist.reset is not None:
            self._require_cover(persist.reset)
            self.start, self.entries = persist.reset, []
        if persist.truncate_from is not None:
            assert persist.truncate_from > self.start.index, persist
            del self.entries[persist.truncate_from - self.start.index - 1 :]
        for entry in persist.entries:
            assert entry.index == self.last + 1, (entry.index, self.last)
            assert entry.term >= (self.term_at(self.last) or 0), entry
            self.entries.append(entry)
        if persist.compact is not None:
            self._require_cover(persist.compact)
            assert self.term_at(persist.compact.index) == persist.compact.term, persist
            del self.entries[: persist.compact.index - self.start.index]
            self.start = persist.compact
        assert persist.commit <= self.last, f"commit hint {persist.commit} above what is durable, {self.last}"
        self.commit = max(self.commit, persist.commit)

    def publish(self, meta: SnapshotMeta, data: bytes) -> None:
        """A snapshot is complete and durable."""
        self.published[meta.digest] = (meta, data)
        if self.newest is None or meta.index > self.newest.index:
            self.newest = meta

    def receive(self, effect: WriteSnapshot) -> SnapshotWritten:
        """Take bytes of a snapshot. A wrong offset is answered with the right one."""
        meta = effect.meta
        if meta.digest in self.published:
            return SnapshotWritten(meta, meta.size, complete=True)
        if effect.offset == 0:
            self.partial = (meta, bytearray())
        if self.partial is None or self.partial[0] != meta:
            return SnapshotWritten(meta, 0)
        data = self.partial[1]
        if len(data) == effect.offset:
            data += effect.data
        if len(data) < meta.size:
            return SnapshotWritten(meta, len(data))
        self.partial = None
        if digest_of(bytes(data)) != meta.digest or len(data) > meta.size:
            return SnapshotWritten(meta, 0, damaged=True)
        self.publish(meta, bytes(data))
        return SnapshotWritten(meta, meta.size, complete=True)

    def read(self, to: NodeId, meta: SnapshotMeta, offset: int, size: int) -> SnapshotRead:
        """Bytes of a published snapshot."""
        if meta.digest not in self.published:
            return SnapshotRead(to, meta, offset, b"", failed=True)
        return SnapshotRead(to, meta, offset, self.published[meta.digest][1][offset : offset + size])

    def durable(self) -> Durable:
        """What a start finds. A received snapshot that the log does not know of yet replaces it."""
        point = LogPoint(self.newest.index, self.newest.term) if self.newest else LogPoint(0, 0)
        if self.term_at(point.index) != point.term and point.index >= self.start.index:
            self.start, self.entries = point, []
        return Durable(
            hard_state=self.hard_state,
            start=self.start,
            entries=tuple(self.entries),
            snapshot=self.newest,
            commit=min(self.commit, self.last),
        )

    def _require_cover(self, point: LogPoint) -> None:
        assert self.newest is not None, f"no snapshot covers {point}"
        assert self.newest.index >= point.index, f"no snapshot covers {point}"


class PretendedMachine:
    """A state machine whose state is everything it was ever given, so that two states can be compared whole."""

    def __init__(self) -> None:
        self.history: list[tuple[Index, Term, bytes]] = []

    @property
    def applied(self) -> Index:
        """Index of the last entry given."""
        return self.history[-1][0] if self.history else 0

    def apply(self, entry: Entry) -> None:
        """Contiguous, each once."""
        assert entry.index == self.applied + 1, f"entry {entry.index} handed out after {self.applied}"
        self.history.append((entry.index, entry.term, entry.data))

    def snapshot(self) -> bytes:
        """The whole state."""
        return msgspec.msgpack.encode(self.history)

    @classmethod
    def restored(cls, data: bytes) -> "PretendedMachine | None":
        """The machine of which this is the state; None if it is that of none."""
        machine = cls()
        try:
            machine.history = msgspec.msgpack.decode(data, type=list[tuple[int, int, bytes]])
        except msgspec.MsgspecError:
            return None
        return machine
