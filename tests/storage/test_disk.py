"""What every `Disk` keeps to, whichever world it belongs to; the fake of these tests among them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from quorate.real.disk import RealDisk
from quorate.sim.disk import SimDisk
from quorate.sim.image import DiskImage
from quorate.storage.disk import Disk
from storage.memory_disk import MemoryDisk

DISKS: dict[str, Callable[[Path], Disk]] = {
    "real": lambda path: RealDisk(path / "data"),
    "simulated": lambda path: SimDisk(DiskImage()),
    "memory": lambda path: MemoryDisk(),
}


@pytest.fixture(params=DISKS)
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    made = DISKS[request.param](tmp_path)
    made.lock("lock")
    return made


def test_a_file_is_written_read_cut_and_extended(disk: Disk) -> None:
    file = disk.open("file", create=True)
    file.write(3, b"abc")
    assert file.size() == 6
    assert file.read(0, 100) == b"\0\0\0abc"
    file.write(4, b"XYZ")
    assert file.read(3, 2) == b"aX"
    assert file.read(7, 5) == b""
    file.allocate(10)
    file.allocate(5)
    assert (file.size(), file.read(6, 100)) == (10, b"Z\0\0\0")
    file.truncate(4)
    assert file.read(0, 100) == b"\0\0\0a"
    file.truncate(6)
    assert file.read(0, 100) == b"\0\0\0a\0\0"
    file.sync()
    file.close()
    again = disk.open("file")
    assert again.size() == 6
    again.close()


def test_names_are_made_listed_renamed_and_removed(disk: Disk) -> None:
    assert disk.list("folder") == []
    disk.make_directory("folder")
    disk.make_directory("folder")
    for name in ("b", "a"):
        file = disk.open(f"folder/{name}", create=True)
        file.write(0, name.encode())
        file.close()
    assert disk.list("folder") == ["a", "b"]
    assert "folder" in disk.list()
    disk.rename("folder/a", "folder/b")
    assert disk.list("folder") == ["b"]
    file = disk.open("folder/b")
    assert file.read(0, 9) == b"a"
    file.close()
    disk.sync_directory("folder")
    disk.sync_directory()
    disk.remove("folder/b")
    assert disk.list("folder") == []
    assert disk.free_bytes() > 0


def test_what_is_not_there_is_said_so(disk: Disk) -> None:
    for action in (lambda: disk.open("none"), lambda: disk.remove("none"), lambda: disk.rename("none", "other")):
        with pytest.raises(FileNotFoundError):
            action()
