"""The snapshots of a data directory."""

import errno
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from threading import Thread

import pytest

from quorate.core.errors import DamagedError
from quorate.core.snapshot import SnapshotMeta
from quorate.real.disk import RealDisk
from quorate.storage.snapshot_format import PIECE_BYTES
from quorate.storage.snapshots import SnapshotGoneError, SnapshotStore, regroup
from storage.builders import group
from storage.memory_disk import MemoryDisk, PowerLossError


def a_store(disk: MemoryDisk | None = None) -> tuple[MemoryDisk, SnapshotStore]:
    """A store as a start makes it."""
    if disk is None:
        disk = MemoryDisk()
        disk.make_directory("snapshots")
    store = SnapshotStore(disk)
    store.tidy(store.scan())
    return disk, store


def files(disk: MemoryDisk | RealDisk, ending: str = ".snapshot") -> list[int]:
    """Indexes of the files with this ending."""
    return [int(name[:20]) for name in disk.list("snapshots") if name.endswith(ending)]


def name_of(meta: SnapshotMeta) -> str:
    return f"snapshots/{meta.index:020d}-{meta.term:020d}-{meta.digest}.snapshot"


def test_a_snapshot_is_durable_and_can_be_read() -> None:
    disk, store = a_store()
    assert store.newest() is None
    meta = store.save(7, 3, group(1, 2, 3), [b"some ", b"", b"state"])
    assert meta == SnapshotMeta(7, 3, (1, 2, 3), 10, blake2b(b"some state", digest_size=16).hexdigest(), group(1, 2, 3))
    assert store.newest() == meta
    assert store.read(meta, 3, 4) == b"e st"
    assert store.read(meta, 10, 4) == b""
    assert list(store.chunks(meta, 4)) == [b"some", b" sta", b"te"]
    _, again = a_store(disk.after_crash())
    assert again.newest() == meta
    assert b"".join(again.chunks(meta)) == b"some state"


def test_a_large_state_is_never_in_memory_at_once() -> None:
    _, store = a_store()
    held = 0

    def chunks() -> Iterator[bytes]:
        nonlocal held
        for number in range(30):
            held += 1
            yield bytes([number]) * 100_000

    meta = store.save(1, 1, group(1), chunks())
    assert meta.size == 3_000_000
    assert all(len(piece) <= PIECE_BYTES for piece in store.chunks(meta))
    assert store.read(meta, 2_950_000, 100_000) == bytes([29]) * 50_000


def test_s_d4_the_newest_three_are_kept() -> None:
    disk, store = a_store()
    metas = [store.save(index, 1, group(1), [b"%d" % index]) for index in range(1, 6)]
    assert files(disk) == [3, 4, 5]
    assert store.newest() == metas[-1]
    for gone in metas[:2]:
        with pytest.raises(SnapshotGoneError, match=f"the snapshot at index {gone.index} of term 1 is no longer kept"):
            store.read(gone, 0, 1)
        with pytest.raises(SnapshotGoneError):
            list(store.chunks(gone))
    assert store.published() == metas[2:]
    late = store.save(2, 1, group(1), [b"late"])
    assert files(disk) == [3, 4, 5]
    assert store.newest() == metas[-1]
    with pytest.raises(SnapshotGoneError):
        store.read(late, 0, 1)


def test_what_never_was_is_gone() -> None:
    _, store = a_store()
    for digest in ("0" * 32, "../../../etc/passwd"):
        with pytest.raises(SnapshotGoneError):
            store.read(SnapshotMeta(1, 1, (), 5, digest), 0, 5)


def test_s_s8_one_that_is_on_its_way_to_a_peer_is_kept_as_long_as_it_is_read() -> None:
    """However many newer ones are taken meanwhile: else a slow peer would have to begin anew each time, for ever."""
    disk, store = a_store()
    slow = store.save(1, 1, group(1), [b"0123456789"])
    for index in range(2, 9):
        assert store.read(slow, index, 1) == b"%d" % index
        store.save(index, 1, group(1), [b"newer"])
        assert files(disk) == sorted({1, *range(max(1, index - 2), index + 1)})
    store.save(9, 1, group(1), [b"newer"])
    assert files(disk) == [7, 8, 9], "nobody has read of it since another was published"


def test_the_same_snapshot_again_changes_nothing() -> None:
    disk, store = a_store()
    meta = store.save(7, 3, group(1), [b"state"])
    assert store.save(7, 3, group(1), [b"st", b"ate"]) == meta
    written = store.receive(meta, 0, b"st")
    assert (written.offset, written.complete) == (5, True)
    assert len(disk.list("snapshots")) == 1


def test_s_d4_a_snapshot_that_is_not_finished_leaves_nothing() -> None:
    disk, store = a_store()

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError("the machine gave up")

    with pytest.raises(RuntimeError, match="gave up"):
        store.save(7, 3, group(1), broken())
    assert disk.list("snapshots") == []

    def full(operation: str, path: str) -> None:
        if operation == "sync":
            raise OSError(errno.ENOSPC, "full", path)

    disk.watch = full
    with pytest.raises(OSError, match="full"):
        store.save(7, 3, group(1), [b"state"])
    assert disk.list("snapshots") == []
    assert store.newest() is None


def test_r23_crashes_while_one_is_taken() -> None:
    """S-D8: at every operation, with every rest: the new one or the old one, whole."""
    reference, store = a_store()
    for index in (1, 2, 3):
        store.save(index, 1, group(1), [b"old %d" % index])
    before = reference.operations
    store.save(9, 2, group(1), [b"new state"])
    for stop in range(reference.operations - before):
        disk, store = a_store()
        for index in (1, 2, 3):
            store.save(index, 1, group(1), [b"old %d" % index])
        disk.stop_after(stop)
        with pytest.raises(PowerLossError):
            store.save(9, 2, group(1), [b"new state"])
        for kept in range(disk.unsynced() + 1):
            after, again = a_store(disk.after_crash(kept))
            newest = again.newest()
            assert newest is not None
            assert b"".join(again.chunks(newest)) == {3: b"old 3", 9: b"new state"}[newest.index]
            assert files(after, ".tmp") == []
            assert len(files(after)) == 3


def test_a_damaged_newest_gives_way_to_the_next_and_is_removed() -> None:
    disk, store = a_store()
    metas = [store.save(index, 1, group(1), [b"state %d" % index]) for index in (1, 2, 3)]
    disk.flip(name_of(metas[2]), 40)
    other = SnapshotStore(disk)
    scan = other.scan()
    assert scan.newest == metas[1]
    assert scan.damaged == (name_of(metas[2]).removeprefix("snapshots/"),)
    assert files(disk) == [1, 2, 3]
    other.tidy(scan)
    assert files(disk) == [1, 2]
    assert [error.path for error in other.damages()] == []


def test_a_file_under_another_name_is_damage() -> None:
    disk, store = a_store()
    meta = store.save(1, 1, group(1), [b"state"])
    renamed = name_of(meta).replace("0001-", "0009-", 1)
    disk.rename(name_of(meta), renamed)
    other = SnapshotStore(disk)
    assert other.scan().newest is None
    (error,) = other.damages()
    assert error.path == renamed
    assert "it holds another snapshot" in error.what


def test_damage_under_way_is_found_when_it_is_read() -> None:
    disk, store = a_store()
    meta = store.save(1, 1, group(1), [b"state"])
    disk.flip(name_of(meta), 45)
    with pytest.raises(DamagedError, match=name_of(meta)):
        store.read(meta, 0, 5)
    with pytest.raises(DamagedError):
        list(store.chunks(meta))


def received(state: bytes, index: int) -> SnapshotMeta:
    return SnapshotMeta(index, 2, (1,), len(state), blake2b(state, digest_size=16).hexdigest())


def test_a_received_snapshot_is_published_and_known_as_received() -> None:
    disk, store = a_store()
    meta = received(b"from afar", 20)
    assert store.receive(meta, 0, b"from ").offset == 5
    assert store.newest() is None
    assert store.receive(meta, 5, b"afar").complete
    assert store.newest() == meta
    scan = SnapshotStore(disk.after_crash()).scan()
    assert (scan.newest, scan.taken) == (meta, False)
    assert (SnapshotStore(disk).scan().taken, disk.list("snapshots")) == (
        False,
        [name_of(meta).removeprefix("snapshots/")],
    )


def test_an_impossible_snapshot_is_refused_without_touching_the_disk() -> None:
    """What a peer says of its snapshot becomes a path."""
    disk, store = a_store()
    before = disk.operations
    for wrong in (SnapshotMeta(1, 1, (), 5, "../../../../tmp/x"), SnapshotMeta(-1, 1, (), 5, "0" * 32)):
        written = store.receive(wrong, 0, b"x")
        assert (written.damaged, written.offset) == (True, 0)
    assert disk.operations == before


def test_a_start_keeps_only_the_newest_useful_partial() -> None:
    disk, store = a_store()
    store.save(10, 1, group(1), [b"state"])
    for index in (5, 20, 30):
        disk.replace(f"snapshots/{index:020d}-{1:020d}-{'0' * 32}.part", b"x")
    disk.replace(f"snapshots/{12:020d}-{1:020d}.tmp", b"x")
    after, again = a_store(disk)
    assert files(after, ".part") == [30]
    assert files(after, ".tmp") == []
    again.save(40, 1, group(1), [b"newer"])
    after, _ = a_store(after)
    assert files(after, ".part") == []


def test_both_lanes_at_once(tmp_path: Path) -> None:
    """Taking, receiving, reading and pruning: every published file is whole, the newest three stay."""
    disk = RealDisk(tmp_path)
    disk.make_directory("snapshots")
    store = SnapshotStore(disk)
    failures: list[BaseException] = []

    def take() -> None:
        try:
            for index in range(1, 40, 2):
                meta = store.save(index, 1, group(1), [b"taken %d" % index] * 100)
                try:
                    assert b"".join(store.chunks(meta)) == b"taken %d" % index * 100
                except SnapshotGoneError:
                    assert index < 40
        except BaseException as error:
            failures.append(error)

    thread = Thread(target=take)
    thread.start()
    for index in range(2, 41, 2):
        state = b"received %d" % index
        meta = received(state, index)
        store.receive(meta, 0, state[:4])
        assert store.receive(meta, 4, state[4:]).complete
        newest = store.newest()
        assert newest is not None
        assert newest.index >= index - 1
    thread.join()
    store.close()
    assert failures == []
    assert files(disk) == [38, 39, 40]
    assert SnapshotStore(disk).scan().damaged == ()


def test_regrouping_keeps_the_bytes() -> None:
    chunks = [b"", b"a" * 7, b"b", b"c" * 20]
    assert list(regroup(chunks, 8)) == [b"aaaaaaab", b"c" * 8, b"c" * 8, b"c" * 4]
    assert list(regroup([], 8)) == []
