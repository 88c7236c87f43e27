"""Crashes at every operation and every byte: what was acknowledged is there; what was not is there whole or not at all.

S-D1, S-D8: a script of everything a store can be asked for is cut short at each of its operations, and each time the unsynced rest is lost
in every way; a dumb model says what must be there.
"""

import errno
from collections.abc import Callable, Iterator
from random import Random

import pytest

from quorate.core.durable import LogPoint
from quorate.core.errors import DiskFailedError
from storage.builders import Words, entries, entry, open_store, persist
from storage.memory_disk import MemoryDisk, PowerLossError
from storage.model import Model, matching
from storage.script import TINY, Script


def everything(script: Script) -> None:
    """All that a store can be asked for, across several tiny segments."""
    script.start()
    script.write(persist(hard_state=Words(1, 1), entries=entries(1, 3)))
    script.write(
        persist(entries=entries(4, 6, 2)), persist(hard_state=Words(2, None), entries=entries(7, 7, 2), commit=5)
    )
    script.write(persist(truncate_from=6, entries=entries(6, 9, 3)))
    script.save(5, b"five" * 40)
    script.write(persist(entries=(entry(10, 3, b"x" * 700),)))
    script.upkeep()
    script.write(persist(compact=LogPoint(4, 2), commit=9))
    script.write(persist(entries=entries(11, 13, 3, 100)))
    script.save(12, b"twelve" * 30)
    script.write(persist(compact=LogPoint(11, 3), entries=entries(14, 14, 4)))
    script.upkeep()
    script.write(persist(hard_state=Words(6, 2), entries=entries(15, 16, 5, 300)))
    script.receive(40, 6, bytes(range(1, 200)) * 3, 250)
    script.write(persist(reset=LogPoint(40, 6), hard_state=Words(6, 3)))
    script.write(persist(entries=entries(41, 44, 6, 200), commit=42))
    script.save(43, b"forty-three")
    script.write(persist(compact=LogPoint(43, 6)))


def crash_points() -> Iterator[Script]:
    """Every operation of the script: stopped right before it."""
    whole = Script(MemoryDisk())
    everything(whole)
    for operations in range(whole.disk.operations):
        script = Script(MemoryDisk())
        script.disk.stop_after(operations)
        with pytest.raises(PowerLossError):
            everything(script)
        yield script


def reopened(disk: MemoryDisk, candidates: list[Model]) -> None:
    """Start on what the crash left, go on working, and start again: what was cut does not come back."""
    store = open_store(disk, TINY)
    model = matching(store, candidates)
    assert store.incarnation > 0
    more = persist(hard_state=Words(99, 1), entries=(entry(model.last.index + 1, 99, b"after the crash"),))
    store.write([more])
    again = open_store(disk.after_crash(), TINY)
    assert matching(again, [model.after(more)])
    assert again.incarnation == store.incarnation + 1
    assert again.report.cut is None


def test_s_d1_s_d8_a_crash_at_every_operation_with_every_rest_of_what_was_not_synced() -> None:
    """Each number of unsynced bytes that may have reached the disk, up to some forty spread over a large write."""
    cuts = 0
    for script in crash_points():
        unsynced = script.disk.unsynced()
        for kept in {*range(0, unsynced + 1, max(1, unsynced // 40)), max(0, unsynced - 1), unsynced}:
            reopened(script.disk.after_crash(kept), script.candidates)
            cuts += 1
    assert cuts > 1000


def test_s_d1_s_d8_a_crash_at_every_operation_with_sectors_written_in_any_order() -> None:
    for number, script in enumerate(crash_points()):
        reopened(script.disk.after_nameless_crash(), script.candidates)
        for seed in range(6):
            reopened(script.disk.after_sector_crash(Random(number * 100 + seed)), script.candidates)


def test_s_d1_every_byte_of_a_write_that_fills_sectors() -> None:
    """A write over several sectors, cut at each byte, and with sectors in any order."""
    script = Script(MemoryDisk())
    script.start()
    script.write(persist(entries=entries(1, 2)))
    disk = script.disk
    disk.watch = _stop_at("sync")
    with pytest.raises(PowerLossError):
        script.write(persist(hard_state=Words(3, 3), entries=entries(3, 5, 3, 600)))
    torn = 0
    for kept in range(disk.unsynced() + 1):
        store = open_store(disk.after_crash(kept), TINY)
        matching(store, script.candidates)
        torn += store.report.cut is not None
    for seed in range(200):
        matching(open_store(disk.after_sector_crash(Random(seed)), TINY), script.candidates)
    assert torn > 1000


def _stop_at(operation: str) -> Callable[[str, str], None]:
    def watch(found: str, path: str) -> None:
        if found == operation:
            raise PowerLossError(f"{found} {path}")

    return watch


def test_what_a_killed_process_left_in_the_cache_is_durable_once_it_was_seen() -> None:
    """The process dies, the machine goes on, the next start sees what was never synced; then power is lost."""
    for script in crash_points():
        disk = script.disk.restarted()
        store = open_store(disk, TINY)
        model = matching(store, script.candidates)
        again = open_store(disk.after_crash(), TINY)
        assert matching(again, [model])
        assert again.incarnation == store.incarnation + 1


def test_what_a_failed_sync_left_in_the_cache_is_durable_once_it_was_seen() -> None:
    """The system counts the pages as clean, so another sync alone would save nothing."""
    whole = Script(MemoryDisk())
    everything(whole)
    syncs = len([line for line in whole.disk.log if line.startswith("sync ")])
    for number in range(syncs):
        script = Script(MemoryDisk())
        script.disk.watch = _fail_sync(number)
        with pytest.raises((DiskFailedError, OSError), match="lost"):
            everything(script)
        disk = script.disk.restarted()
        model = matching(open_store(disk, TINY), script.candidates)
        matching(open_store(disk.after_crash(), TINY), [model])
    assert syncs > 20


def _fail_sync(number: int) -> Callable[[str, str], None]:
    left = [number]

    def watch(operation: str, path: str) -> None:
        left[0] -= operation == "sync"
        if left[0] == -1:
            raise OSError(errno.EIO, "lost", path)

    return watch
