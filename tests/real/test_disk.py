"""A directory of a real file system."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from quorate.core.errors import LockedError
from quorate.real.disk import RealDisk
from quorate.storage.verify import verify
from storage.builders import Words, entries, open_store, persist, snapshot

HOLD = """
import sys
from quorate.real.disk import RealDisk
disk = RealDisk(sys.argv[1])
disk.lock("lock")
print("locked", flush=True)
sys.stdin.read()
"""


def test_the_lock_keeps_another_process_out_and_names_it(tmp_path: Path) -> None:
    """And a process that is killed leaves no lock behind."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        disk = RealDisk(tmp_path)
        with pytest.raises(
            LockedError, match=f"{tmp_path}/lock: the data directory is in use by process {holder.pid}. Stop that"
        ):
            disk.lock("lock")
        holder.kill()
        holder.wait()
        disk.lock("lock")
        disk.lock("lock")
        disk.close()


def test_the_lock_is_given_back_on_close(tmp_path: Path) -> None:
    first, second = RealDisk(tmp_path), RealDisk(tmp_path)
    first.lock("lock")
    with pytest.raises(LockedError, match=f"process {os.getpid()}"):
        second.lock("lock")
    first.close()
    first.close()
    with second:
        second.lock("lock")
    first.lock("lock")
    first.close()


def test_a_lock_file_that_says_nothing_is_still_a_lock(tmp_path: Path) -> None:
    with RealDisk(tmp_path) as first:
        first.lock("lock")
        (tmp_path / "lock").write_text("who knows")
        with pytest.raises(LockedError, match="in use by another process"):
            RealDisk(tmp_path).lock("lock")


def test_locking_makes_the_directory_with_its_parents(tmp_path: Path) -> None:
    with RealDisk(tmp_path / "a" / "b") as disk:
        assert disk.list() == []
        disk.lock("lock")
        assert disk.list() == ["lock"]
        assert disk.free_bytes() > 0


def test_paths_stay_inside(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path)
    for path in ("/etc/passwd", "../x", "a/../../x"):
        with pytest.raises(ValueError, match="does not stay inside the data directory"):
            disk.open(path, create=True)


def test_allocated_space_is_really_written(tmp_path: Path) -> None:
    """Not merely reserved: the first sync after a write into it must not have to record anything but the data."""
    disk = RealDisk(tmp_path)
    file = disk.open("file", create=True)
    file.write(0, b"kept")
    file.allocate(1_000_000)
    file.sync()
    assert (file.size(), file.read(0, 6), file.read(999_990, 99)) == (1_000_000, b"kept\0\0", bytes(10))
    file.close()
    status = (tmp_path / "file").stat()
    assert status.st_blocks * 512 >= 1_000_000
    assert stat.S_IMODE(status.st_mode) & stat.S_IRWXO == 0, "others have no business in a node's data"


def test_large_writes_and_reads_are_whole(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path)
    data = os.urandom(5_000_000)
    file = disk.open("file", create=True)
    file.write(3, data)
    assert file.read(3, len(data)) == data
    file.close()
    file.close()


def test_read_only_changes_nothing_and_needs_no_lock(tmp_path: Path) -> None:
    with RealDisk(tmp_path) as disk:
        store = open_store(disk)
        store.write([persist(hard_state=Words(1), entries=entries(1, 9))])
        looking = RealDisk(tmp_path, read_only=True)
        assert verify(looking).entries == 9
        changes = (
            lambda: looking.open("new", create=True),
            lambda: looking.make_directory("new"),
            lambda: looking.rename("quorate.json", "other.json"),
            lambda: looking.remove("quorate.json"),
            lambda: looking.lock("lock"),
        )
        for change in changes:
            with pytest.raises(PermissionError, match="opened for reading only"):
                change()
        file = looking.open("quorate.json")
        with pytest.raises(OSError, match="Bad file descriptor"):
            file.write(0, b"x")
        file.close()
        store.close()


def test_a_store_on_a_real_file_system(tmp_path: Path) -> None:
    with RealDisk(tmp_path / "data") as disk:
        store = open_store(disk)
        store.write([persist(hard_state=Words(4, 2), entries=entries(1, 200, 3, 100), commit=150)])
        point = snapshot(store, 120, 3, [b"state"] * 100_000)
        store.write([persist(compact=point)])
        while store.wants_upkeep:
            store.upkeep()
        store.close()
    with RealDisk(tmp_path / "data") as disk:
        again = open_store(disk)
        assert again.durable.hard_state == Words(4, 2)
        assert again.durable.entries == entries(121, 200, 3, 100)
        assert again.durable.snapshot is not None
        assert sum(map(len, again.snapshots.chunks(again.durable.snapshot))) == 500_000
        again.close()


KILLED = """
import sys
from quorate.real.disk import RealDisk
from storage.builders import entry, open_store, persist
store = open_store(RealDisk(sys.argv[1]))
last = store.durable.entries[-1].index if store.durable.entries else 0
while True:
    last += 1
    store.write([persist(entries=(entry(last, 1, b"x" * (last % 700)),))])
    if store.wants_upkeep:
        store.upkeep()
    print(last, flush=True)
"""


def test_a_process_that_is_killed_loses_nothing_it_has_acknowledged(tmp_path: Path) -> None:
    """kill -9 in the middle of writing, again and again on the same directory."""
    tests = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), *sys.path])}
    command = [sys.executable, "-c", KILLED, str(tmp_path / "data")]
    acknowledged = 0
    for wanted in (5, 40, 90):
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
            assert writer.stdout is not None
            for line in writer.stdout:
                acknowledged = int(line)
                if acknowledged >= wanted:
                    break
            writer.kill()
            acknowledged = max([acknowledged, *(int(line) for line in writer.stdout if line.endswith(b"\n"))])
    with RealDisk(tmp_path / "data") as disk:
        store = open_store(disk)
        indexes = [entry.index for entry in store.durable.entries]
        assert indexes == list(range(1, len(indexes) + 1))
        assert len(indexes) >= acknowledged
        assert store.incarnation == 4
        store.close()
