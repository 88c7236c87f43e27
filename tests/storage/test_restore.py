"""A data directory out of a state."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import pytest

from quorate.core.configuration import first_configuration
from quorate.core.durable import HardState, LogPoint
from quorate.core.errors import DamagedError, MismatchError, QuorateError
from quorate.storage.restore import Restored, restore
from quorate.storage.store import Store
from storage.memory_disk import MemoryDisk

STATE = b"the whole state" * 100
DIGEST = blake2b(STATE, digest_size=16).hexdigest()
POINT = LogPoint(17, 3)
GROUP = first_configuration({1: "10.0.0.1:7101", 2: "10.0.0.2:7101", 3: ""})


class Vote(HardState, frozen=True, array_like=True):
    """As an algorithm may have it: the term, and what has a default."""

    term: int
    voted_for: int | None = None


OWNER = Restored("new", 2, "raft", Vote, GROUP)


def reopened(disk: MemoryDisk) -> Store:
    return Store.open(disk, cluster="new", node=2, algorithm="raft", hard_state=Vote, disk_id=99)


def test_s_s10_the_directory_holds_the_state_and_begins_after_it() -> None:
    disk = MemoryDisk()
    meta = restore(disk, OWNER, 7, POINT, DIGEST, [STATE[:100], STATE[100:]])
    assert (meta.index, meta.term, meta.digest, meta.group) == (17, 3, DIGEST, GROUP)
    store = reopened(disk.after_crash())
    durable = store.durable
    assert (durable.hard_state, durable.start, durable.entries, durable.commit) == (Vote(3), POINT, (), 17)
    assert durable.snapshot == meta
    assert b"".join(store.snapshots.chunks(meta)) == STATE
    assert (store.disk_id, store.incarnation) == (7, 2)
    store.close()


def test_s_s10_two_members_get_the_same_snapshot_and_disks_of_their_own() -> None:
    metas = [restore(MemoryDisk(), OWNER, number, POINT, DIGEST, [STATE]) for number in (7, 8)]
    assert metas[0] == metas[1]


def test_s_s10_a_directory_that_holds_anything_is_refused_and_left_alone() -> None:
    disk = MemoryDisk()
    disk.open("mine", create=True).close()
    with pytest.raises(MismatchError, match="not empty"):
        restore(disk, OWNER, 7, POINT, DIGEST, [STATE])
    assert disk.list() == ["mine"]


def test_another_content_than_promised_is_refused() -> None:
    with pytest.raises(DamagedError, match="not what the backup holds"):
        restore(MemoryDisk(), OWNER, 7, POINT, DIGEST, [STATE, b"more"])


def test_a_source_that_breaks_off_leaves_nothing_that_starts() -> None:
    def broken() -> Iterator[bytes]:
        yield STATE[:50]
        raise DamagedError("the backup is damaged")

    disk = MemoryDisk()
    with pytest.raises(DamagedError, match="the backup is damaged"):
        restore(disk, OWNER, 7, POINT, DIGEST, broken())
    assert [name for name in disk.list("snapshots") if name.endswith(".snapshot")] == []
    store = Store.open(disk.after_crash(), cluster="new", node=2, algorithm="raft", hard_state=Vote, disk_id=99)
    assert store.durable.snapshot is None, "which is why the directory gets its name only when it is whole"
    store.close()


def test_it_belongs_to_its_owner() -> None:
    disk = MemoryDisk()
    restore(disk, OWNER, 7, POINT, DIGEST, [STATE])
    for changed in ({"cluster": "old"}, {"node": 3}):
        wanted = {"cluster": "new", "node": 2, "algorithm": "raft", "hard_state": Vote, "disk_id": 1} | changed
        with pytest.raises(QuorateError, match="belongs to"):
            Store.open(disk.after_crash(), **wanted)  # type: ignore[arg-type]
