"""Receiving a snapshot in pieces."""

import errno
from hashlib import blake2b

import pytest

from quorate.core.events import SnapshotWritten
from quorate.core.snapshot import SnapshotMeta
from quorate.storage.snapshot_receiver import SnapshotReceiver
from storage.memory_disk import MemoryDisk

STATE = bytes(range(1, 101))


def meta_of(state: bytes = STATE, index: int = 40) -> SnapshotMeta:
    return SnapshotMeta(index, 6, (1, 2), len(state), blake2b(state, digest_size=16).hexdigest())


class Bench:
    """A receiver, its disk, and what it published."""

    def __init__(self, disk: MemoryDisk | None = None) -> None:
        self.disk = disk or MemoryDisk()
        if disk is None:
            self.disk.make_directory("snapshots")
        self.published: list[tuple[str, SnapshotMeta]] = []
        self.receiver = SnapshotReceiver(self.disk, lambda path, meta: self.published.append((path, meta)))

    def feed(self, offset: int, data: bytes, meta: SnapshotMeta | None = None) -> SnapshotWritten:
        return self.receiver.receive(meta or meta_of(), offset, data)


def test_pieces_in_order_are_durable_one_by_one_and_published_at_the_end() -> None:
    bench = Bench()
    for offset in range(0, 100, 30):
        written = bench.feed(offset, STATE[offset : offset + 30])
        assert written == SnapshotWritten(meta_of(), min(100, offset + 30), complete=offset == 90)
        assert bench.disk.unsynced() == 0
    ((path, meta),) = bench.published
    assert (path.endswith(".part"), meta) == (True, meta_of())
    assert path.removeprefix("snapshots/") in bench.disk.after_crash().list("snapshots")


def test_a_wrong_offset_changes_nothing_and_names_the_right_one() -> None:
    bench = Bench()
    assert bench.feed(30, b"x") == SnapshotWritten(meta_of(), 0)
    bench.feed(0, STATE[:30])
    for offset in (10, 31, 100):
        assert bench.feed(offset, STATE[offset:]) == SnapshotWritten(meta_of(), 30)
    assert bench.feed(30, b"") == SnapshotWritten(meta_of(), 30)
    assert bench.feed(30, STATE[30:]).complete


def test_offset_zero_starts_anew() -> None:
    bench = Bench()
    bench.feed(0, b"wrong" * 5)
    assert bench.feed(0, STATE[:50]).offset == 50
    assert bench.feed(50, STATE[50:]).complete


def test_a_transfer_resumes_after_a_restart_or_loss_of_power() -> None:
    """S-S11."""
    bench = Bench()
    bench.feed(0, STATE[:30])
    bench.feed(30, STATE[30:60])
    for disk in (bench.disk.after_crash(), bench.disk.restarted()):
        again = Bench(disk)
        assert again.feed(1, b"") == SnapshotWritten(meta_of(), 60)
        assert again.feed(60, STATE[60:]).complete


def test_another_snapshot_holds_nothing_of_this_one() -> None:
    bench = Bench()
    bench.feed(0, STATE[:30])
    other = meta_of(b"other" * 20, 41)
    assert bench.feed(30, b"x", other) == SnapshotWritten(other, 0)
    assert bench.feed(30, STATE[30:60]).offset == 60
    bench.feed(0, b"other", other)
    assert bench.disk.list("snapshots") == [
        name for name in bench.disk.list("snapshots") if name.startswith("0" * 18 + "41")
    ]
    assert bench.feed(60, STATE[60:]) == SnapshotWritten(meta_of(), 0)


def test_a_wrong_digest_throws_everything_away() -> None:
    bench = Bench()
    bench.feed(0, STATE[:50])
    assert bench.feed(50, bytes(50)) == SnapshotWritten(meta_of(), 0, damaged=True)
    assert bench.disk.list("snapshots") == []
    assert bench.published == []
    assert bench.feed(50, STATE[50:]).offset == 0
    bench.feed(0, STATE[:50])
    assert bench.feed(50, STATE[50:]).complete


def test_more_than_the_size_is_damage() -> None:
    bench = Bench()
    bench.feed(0, STATE[:50])
    assert bench.feed(50, bytes(51)).damaged
    assert bench.disk.list("snapshots") == []


def test_an_empty_snapshot_is_complete_at_once() -> None:
    bench = Bench()
    assert bench.feed(0, b"", meta_of(b"")).complete


@pytest.mark.parametrize("operation", ["write", "sync"])
def test_after_a_failure_of_the_disk_nothing_of_it_is_believed(operation: str) -> None:
    bench = Bench()
    bench.feed(0, STATE[:30])

    def failing(found: str, path: str) -> None:
        if found == operation:
            raise OSError(errno.ENOSPC, "full", path)

    bench.disk.watch = failing
    with pytest.raises(OSError, match="full"):
        bench.feed(30, STATE[30:60])
    bench.disk.watch = lambda found, path: None
    assert bench.feed(30, STATE[30:60]) == SnapshotWritten(meta_of(), 0)


def test_one_for_which_there_is_no_room_is_not_begun() -> None:
    bench = Bench()
    bench.disk.capacity = bench.disk.used() + len(STATE) - 1
    with pytest.raises(OSError, match="so much is not free"):
        bench.feed(0, STATE[:30])
    assert bench.disk.list("snapshots") == []
    bench.disk.capacity = None
    assert bench.feed(0, STATE[:30]) == SnapshotWritten(meta_of(), 30)


def test_closing_keeps_the_partial_file() -> None:
    bench = Bench()
    bench.feed(0, STATE[:30])
    bench.receiver.close()
    bench.receiver.close()
    assert bench.feed(30, STATE[30:60]).offset == 60
