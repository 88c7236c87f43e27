"""What tests of snapshots do again and again."""

from __future__ import annotations

from quorate.core.durable import LogPoint
from quorate.core.effects import (
    LeaderChanged,
    LoadSnapshot,
    Persist,
    ReadSnapshot,
    WriteSnapshot,
)
from quorate.core.entry import Entry, EntryKind
from quorate.core.events import SnapshotRead, SnapshotTaken, SnapshotWritten
from quorate.core.snapshot import SnapshotMeta
from quorate.runtime.limits import Limits
from runtime.fakes import SoloAlgorithm, Table

LED = LeaderChanged(2, 1)


def noop(index: int) -> Entry:
    return Entry(index, 1, EntryKind.NOOP, b"", 0)


def solo(entries: int = 1000, size: int = 1 << 30, **options: object) -> Table:
    limits = Limits(snapshot_entries=entries, snapshot_bytes=size)
    return Table(SoloAlgorithm(), limits=limits, **options).start()  # type: ignore[arg-type]


def apply(table: Table, *commands: bytes) -> None:
    """One entry a command, without touching the background lane."""
    for command in commands:
        table.propose(command)
        table.world.settle()
        table.world.writes.finish()
        table.world.settle()


def taken(table: Table) -> list[int]:
    return [event.meta.index for event in table.algorithm.seen(SnapshotTaken)]


def snapshot_of(*commands: bytes) -> tuple[SnapshotMeta, bytes]:
    """What another node took after it had applied these."""
    peer = solo(entries=len(commands))
    apply(peer, *commands)
    peer.world.work()
    (event,) = peer.algorithm.seen(SnapshotTaken)
    return event.meta, b"".join(peer.store.snapshots.chunks(event.meta))


def receive(table: Table, meta: SnapshotMeta, data: bytes) -> None:
    """Bring a snapshot into the table's store."""
    table.say(WriteSnapshot(meta, 0, data))
    table.world.writes.finish()
    assert table.algorithm.seen(SnapshotWritten)[-1] == SnapshotWritten(meta, meta.size, complete=True)


def install(table: Table, meta: SnapshotMeta, position: int) -> None:
    """As an algorithm does with a complete snapshot."""
    table.say(Persist(position, reset=LogPoint(meta.index, meta.term)), LoadSnapshot(meta))
    table.world.writes.finish()


def flip_a_byte(table: Table) -> None:
    """Of the only snapshot there is."""
    (name,) = table.disk.list("snapshots")
    file = table.disk.open(f"snapshots/{name}")
    middle = file.size() // 2
    byte = file.read(middle, 1)[0]
    file.write(middle, bytes([byte ^ 1]))


def ask(table: Table, meta: SnapshotMeta, offset: int, size: int) -> SnapshotRead:
    table.say(ReadSnapshot(3, meta, offset, size))
    table.world.backgrounds.finish()
    answer = table.algorithm.seen(SnapshotRead)[-1]
    assert isinstance(answer, SnapshotRead)
    return answer
