"""The data directory as a whole."""

import errno

import pytest

from quorate.core.durable import Durable, HardState, LogPoint
from quorate.core.errors import DamagedError, DiskFailedError, InvariantError, LockedError, MismatchError, StoppedError
from quorate.core.snapshot import SnapshotMeta
from quorate.storage.damage import LocatedDamageError
from storage.builders import DISK_ID, Words, entries, entry, group, open_store, persist, snapshot
from storage.memory_disk import MemoryDisk
from storage.script import Script


class Epochs(HardState, frozen=True, array_like=True):
    """Another algorithm's words."""

    accepted: int
    current: int
    name: str


def test_a_new_directory_is_empty_and_knows_its_disk() -> None:
    store = open_store(MemoryDisk())
    assert store.durable == Durable()
    assert (store.disk_id, store.incarnation) == (DISK_ID, 1)
    assert store.report.created


def test_everything_comes_back() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.write([persist(hard_state=Words(3, 2), entries=entries(1, 9, 3), commit=7)])
    point = snapshot(store, 6, 3, [b"six"])
    store.write([persist(compact=LogPoint(4, 3))])
    again = open_store(disk.after_crash(), disk_id=99)
    assert again.durable == Durable(
        hard_state=Words(3, 2),
        start=LogPoint(4, 3),
        entries=entries(5, 9, 3),
        snapshot=store.snapshots.newest(),
        commit=7,
    )
    assert (again.disk_id, again.incarnation) == (DISK_ID, 2)
    assert again.report.snapshot == again.snapshots.newest()
    assert point == LogPoint(6, 3)
    assert again.report.notes() == []


def test_r19_a_commit_hint_is_never_above_what_is_durable() -> None:
    """R19."""
    disk = MemoryDisk()
    store = open_store(disk)
    store.write([persist(entries=entries(1, 9), commit=8)])
    store.write([persist(truncate_from=6), persist(commit=20)])
    assert open_store(disk.after_crash()).durable.commit == 5


def test_the_wrong_hard_state_is_refused_on_the_way_in_and_out() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    with pytest.raises(InvariantError, match="the hard state is a Epochs, this store keeps Words"):
        store.write([persist(hard_state=Epochs(1, 1, "x"))])
    store.write([persist(hard_state=Words(3, 2))])
    with pytest.raises(
        MismatchError, match=r"the hard state in the log is not a Epochs .* start this directory with the one"
    ):
        open_store(disk.after_crash(), hard_state=Epochs)


def test_each_label_mismatch_is_refused() -> None:
    disk = MemoryDisk()
    open_store(disk)
    for change in ({"cluster": "barn"}, {"node": 2}, {"algorithm": "none"}):
        with pytest.raises(MismatchError):
            open_store(disk.after_crash(), **change)


def test_a_directory_in_use_is_refused() -> None:
    disk = MemoryDisk()
    open_store(disk)
    with pytest.raises(LockedError):
        open_store(disk)


def test_compaction_and_reset_need_a_snapshot_that_covers_them() -> None:
    """Without it the next start would find a log that nothing leads up to."""
    disk = MemoryDisk()
    store = open_store(disk)
    store.write([persist(entries=entries(1, 9))])
    for wrong in (persist(compact=LogPoint(4, 1)), persist(reset=LogPoint(40, 2))):
        with pytest.raises(InvariantError, match="no published snapshot covers the log up to"):
            store.write([wrong])
    snapshot(store, 5)
    with pytest.raises(InvariantError, match="covers the log up to 6"):
        store.write([persist(compact=LogPoint(6, 1))])
    store.write([persist(compact=LogPoint(5, 1))])
    assert open_store(disk.after_crash()).durable.start == LogPoint(5, 1)


def test_a_failed_write_is_final_and_a_restart_recovers_what_is_durable() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.write([persist(entries=entries(1, 3))])

    def failing(operation: str, path: str) -> None:
        if operation == "sync":
            raise OSError(errno.EIO, "lost", path)

    disk.watch = failing
    with pytest.raises(DiskFailedError, match="lost"):
        store.write([persist(entries=entries(4, 4))])
    disk.watch = lambda operation, path: None
    with pytest.raises(DiskFailedError, match="lost"):
        store.write([persist(hard_state=Words(9))])
    assert open_store(disk.after_crash()).durable.entries == entries(1, 3)


def test_upkeep_does_its_work_and_then_wants_none() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.write([persist(entries=entries(1, 40, 1, 100))])
    snapshot(store, 40)
    store.write([persist(entries=entries(41, 60, 1, 100), compact=LogPoint(40, 1))])
    assert store.wants_upkeep
    store.upkeep()
    assert not store.wants_upkeep
    assert store.log_bytes() < 4096


def test_a_closed_store_refuses_by_name() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.close()
    store.close()
    with pytest.raises(StoppedError, match="the store is closed"):
        store.write([persist(entries=entries(1, 1))])


# --- the log and the snapshots together


def a_script(*, commit: int = 0) -> Script:
    """A log of ten entries of term 1, and a snapshot taken at 4."""
    script = Script(MemoryDisk())
    script.start()
    script.write(persist(hard_state=Words(1, 1), entries=entries(1, 10), commit=commit))
    script.save(4, b"four")
    return script


def restarted(script: Script) -> Durable:
    return open_store(script.disk.after_crash()).durable


def test_a_snapshot_taken_but_not_yet_compacted_leaves_the_log_alone() -> None:
    durable = restarted(a_script())
    assert durable.start == LogPoint(0, 0)
    assert len(durable.entries) == 10
    assert durable.snapshot is not None
    assert durable.snapshot.index == 4


@pytest.mark.parametrize(("index", "term"), [(40, 6), (10, 6), (7, 6)])
def test_r34_a_received_snapshot_replaces_a_log_that_ends_before_it_or_conflicts_with_it(index: int, term: int) -> None:
    """R34. The node stopped between publishing and telling the log: the snapshot is committed state, and what the log
    holds beyond or against it was not."""
    script = a_script()
    script.receive(index, term, b"from afar", 4)
    store = open_store(script.disk.after_crash())
    assert store.durable.start == LogPoint(index, term)
    assert store.durable.entries == ()
    assert store.durable.hard_state == Words(1, 1)
    assert store.report.reset_to == LogPoint(index, term)
    store.write([persist(entries=entries(index + 1, index + 2, term))])
    again = open_store(store_disk := script.disk.after_crash())
    assert again.report.reset_to is not None
    assert open_store(store_disk.after_crash()).report.reset_to is None


def test_the_reset_at_the_start_is_durable_itself() -> None:
    script = a_script()
    script.receive(40, 6, b"from afar", 4)
    disk = script.disk.after_crash()
    first = open_store(disk)
    first.write([persist(entries=entries(41, 42, 6))])
    second = open_store(disk.after_crash())
    assert second.durable.start == LogPoint(40, 6)
    assert second.durable.entries == entries(41, 42, 6)
    assert second.report.reset_to is None


def test_a_received_snapshot_inside_the_log_keeps_the_suffix() -> None:
    """The log holds the same (index, term): nothing is dropped."""
    script = a_script()
    script.receive(7, 1, b"seven", 2)
    durable = restarted(script)
    assert len(durable.entries) == 10
    assert durable.snapshot is not None
    assert durable.snapshot.index == 7


def test_a_log_that_ends_before_an_own_snapshot_has_lost_what_was_acknowledged() -> None:
    """Somebody put an old log back, or the disk lied about its syncs."""
    script = a_script()
    old = script.disk.after_crash()
    script.write(persist(entries=entries(11, 20)))
    script.save(20, b"twenty")
    meta = script.store.snapshots.newest()
    assert meta is not None
    name = f"snapshots/{meta.index:020d}-{meta.term:020d}-{meta.digest}.snapshot"
    old.replace(name, script.disk.content(name))
    with pytest.raises(
        DamagedError, match=r"own state goes up to index 20 .* log ends at index 10 .* lost what was acknowledged"
    ):
        open_store(old)


def test_an_older_snapshot_serves_if_the_log_reaches_back_to_it() -> None:
    script = a_script()
    script.save(8, b"eight")
    script.write(persist(compact=LogPoint(3, 1)))
    name = _newest(script)
    script.disk.flip(name, 40)
    store = open_store(script.disk.after_crash())
    assert store.durable.snapshot is not None
    assert store.durable.snapshot.index == 4
    assert len(store.durable.entries) == 7
    assert store.report.damaged_snapshots == (name.removeprefix("snapshots/"),)
    assert "is damaged; an older one is used" in store.report.notes()[0]


def test_without_a_snapshot_that_the_log_reaches_back_to_the_node_stops() -> None:
    script = a_script()
    script.save(8, b"eight")
    script.write(persist(compact=LogPoint(6, 1)))
    disk = script.disk.after_crash()
    disk.flip(_newest(script), 40)
    files = list(disk.names)
    with pytest.raises(
        LocatedDamageError, match=r"starts after index 6 and needs a snapshot .* newest intact one ends at 4"
    ) as caught:
        open_store(disk)
    assert caught.value.path == _newest(script)
    assert list(disk.names) == files
    for name in list(disk.names):
        if name.endswith(".snapshot"):
            disk.erase(name)
    disk.unlock()
    with pytest.raises(LocatedDamageError, match="there is no intact one"):
        open_store(disk)


@pytest.mark.parametrize(("index", "term"), [(40, 6), (10, 6), (7, 6)])
def test_a_damaged_snapshot_that_nothing_else_covers_is_damage(index: int, term: int) -> None:
    """It was received and published, so others may count on it; the node stopped before its log knew. An older one must not serve in
    its stead: that would be to forget what was confirmed."""
    script = a_script()
    script.receive(index, term, b"from afar", 4)
    disk = script.disk.after_crash()
    disk.flip(_newest(script), 40)
    files = list(disk.names)
    with pytest.raises(
        LocatedDamageError, match=rf"up to index {index} of term 6, .* nowhere else on this disk"
    ) as caught:
        open_store(disk)
    assert caught.value.path == _newest(script)
    assert list(disk.names) == files, "nothing is removed"


def test_a_damaged_snapshot_behind_a_newer_one_is_set_aside() -> None:
    script = a_script()
    script.receive(40, 6, b"from afar", 4)
    older = _newest(script)
    script.receive(50, 6, b"from farther", 4)
    disk = script.disk.after_crash()
    disk.flip(older, 40)
    store = open_store(disk)
    assert store.durable.start == LogPoint(50, 6)


def _newest(script: Script) -> str:
    meta: SnapshotMeta | None = script.store.snapshots.newest()
    assert meta is not None
    return f"snapshots/{meta.index:020d}-{meta.term:020d}-{meta.digest}.snapshot"


def test_a_transfer_in_progress_survives_a_restart() -> None:
    """S-S11."""
    disk = MemoryDisk()
    store = open_store(disk)
    state = bytes(range(200))
    whole = open_store(MemoryDisk()).snapshots.save(50, 4, group(1, 2), [state])
    store.snapshots.receive(whole, 0, state[:80])
    again = open_store(disk.after_crash())
    assert again.snapshots.receive(whole, 200, b"").offset == 80
    assert again.snapshots.receive(whole, 80, state[80:]).complete
    assert again.snapshots.newest() == whole


# --- bits that change by themselves


def test_a_changed_bit_anywhere_never_changes_what_was_acknowledged() -> None:
    """Each byte of each file: the same content, or a typed error that names a file."""
    disk = MemoryDisk()
    store = open_store(disk)
    store.write([persist(hard_state=Words(2, 1), entries=entries(1, 6, 2), commit=3)])
    snapshot(store, 3, 2, [b"three"])
    store.write([persist(truncate_from=6, entries=(entry(6, 3, b"six"), entry(7, 3)))])
    snapshot(store, 6, 3, [b"state of six"])
    store.write([persist(compact=LogPoint(2, 2)), persist(hard_state=Words(3, None), commit=6)])
    well = disk.after_crash()
    expected = open_store(well.after_crash()).durable
    refused = 0
    for path in well.list("wal"), well.list("snapshots"), ["quorate.json"]:
        for name in path:
            full = name if name == "quorate.json" else f"{'wal' if name.endswith('wal') else 'snapshots'}/{name}"
            for position in range(min(len(well.content(full)), 900)):
                hurt = well.after_crash()
                hurt.flip(full, position, 1 << position % 8)
                try:
                    durable = open_store(hurt).durable
                except (DamagedError, MismatchError):
                    refused += 1
                    continue
                if durable.snapshot != expected.snapshot:
                    assert full.startswith("snapshots/")
                    assert durable.snapshot is not None
                    assert durable.snapshot.index == 3
                assert (durable.hard_state, durable.start, durable.entries, durable.commit) == (
                    expected.hard_state,
                    expected.start,
                    expected.entries,
                    expected.commit,
                )
    assert refused > 500
