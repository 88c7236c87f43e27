"""Making a data directory."""

import pytest

from quorate.core.errors import DamagedError, MismatchError
from quorate.storage.birth import find_or_create
from quorate.storage.label import Label, new_label
from quorate.storage.layout import LABEL, PENDING_LABEL
from storage.builders import DISK_ID, entries, open_store, persist
from storage.memory_disk import MemoryDisk, PowerLossError

WAL = "wal/0000000000000001.wal"


def wanted(disk: int = DISK_ID) -> Label:
    return new_label(cluster="house", node=1, disk=disk, algorithm="any")


def test_a_new_directory_gets_a_label_and_a_log_durably() -> None:
    disk = MemoryDisk()
    label, created = find_or_create(disk, wanted())
    assert (label.disk, created) == (DISK_ID, True)
    after = disk.after_crash()
    assert after.list() == [LABEL, "snapshots", "wal"]
    assert find_or_create(after, wanted(disk=5)) == (label, False)


def test_a_crash_at_any_point_of_the_birth_leaves_nothing_or_a_whole_directory() -> None:
    whole = MemoryDisk()
    find_or_create(whole, wanted())
    for stop in range(whole.operations):
        disk = MemoryDisk()
        disk.stop_after(stop)
        with pytest.raises(PowerLossError):
            find_or_create(disk, wanted())
        for kept in range(disk.unsynced() + 1):
            after = disk.after_crash(kept)
            store = open_store(after, disk_id=6)
            assert store.disk_id in (DISK_ID, 6)
            assert store.report.created == (store.disk_id == 6)
            assert store.incarnation == 1
            assert PENDING_LABEL not in after.list()


def test_a_log_without_a_label_is_not_touched() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.write([persist(entries=entries(1, 3))])
    disk.erase(LABEL)
    before = disk.content(WAL)
    with pytest.raises(MismatchError, match=r"holds a log or snapshots .* but no quorate.json.* Nothing was changed"):
        find_or_create(disk, wanted())
    assert disk.content(WAL) == before


def test_snapshots_without_a_label_are_not_touched() -> None:
    disk = MemoryDisk()
    disk.make_directory("snapshots")
    disk.replace("snapshots/some.snapshot", b"x")
    with pytest.raises(MismatchError, match=r"but no quorate.json"):
        find_or_create(disk, wanted())


def test_a_pending_label_beside_a_log_in_use_is_no_interrupted_birth() -> None:
    """Somebody copied files around: what was acknowledged in the log must not be thrown away."""
    disk = MemoryDisk()
    store = open_store(disk)
    store.write([persist(entries=entries(1, 3))])
    disk.rename(LABEL, PENDING_LABEL)
    with pytest.raises(MismatchError, match=r"but no quorate.json"):
        find_or_create(disk, wanted())
    disk.replace(PENDING_LABEL, b"garbage")
    with pytest.raises(DamagedError, match=PENDING_LABEL):
        find_or_create(disk, wanted())


def test_files_of_others_in_the_directory_are_nobodys_business() -> None:
    disk = MemoryDisk()
    disk.replace("node.toml", b"")
    assert find_or_create(disk, wanted())[1]
    assert "node.toml" in disk.list()
