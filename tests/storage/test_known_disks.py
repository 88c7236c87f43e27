"""What is remembered of the data directories of others."""

from __future__ import annotations

from contextlib import suppress

import pytest

from quorate.core.errors import DamagedError
from quorate.storage.known_disks import KnownDisks
from storage.memory_disk import MemoryDisk


def test_r32_a_member_that_comes_with_another_directory_is_known_after_a_restart() -> None:
    disk = MemoryDisk()
    known = KnownDisks(disk)
    assert known.seen(2, 0xAA)
    assert known.seen(3, (1 << 63) - 1)
    for again in (known, KnownDisks(disk)):
        assert again.seen(2, 0xAA)
        assert not again.seen(2, 0xBB)
        assert again.seen(3, (1 << 63) - 1)
        assert not again.seen(3, 0xAA)


def test_who_has_left_may_come_again_with_another_one() -> None:
    disk = MemoryDisk()
    known = KnownDisks(disk)
    known.seen(2, 0xAA)
    known.seen(3, 0xCC)
    known.forget_all_but((1, 3))
    assert known.seen(2, 0xBB)
    assert KnownDisks(disk).seen(2, 0xBB)
    assert not KnownDisks(disk).seen(3, 0xBB)


def test_nothing_is_written_without_news() -> None:
    disk = MemoryDisk()
    KnownDisks(disk).forget_all_but(())
    assert disk.list() == []
    known = KnownDisks(disk)
    known.seen(2, 0xAA)
    before = disk.content("peers.json")
    disk.replace("peers.json", b"")
    known.seen(2, 0xAA)
    known.forget_all_but((2,))
    assert disk.content("peers.json") == b""
    assert b'"2": 170' in before


def test_no_change_of_a_byte_passes_unseen_and_the_remedy_is_named() -> None:
    disk = MemoryDisk()
    KnownDisks(disk).seen(2, 0xAA)
    content = disk.content("peers.json")
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 1
        disk.replace("peers.json", bytes(changed))
        with suppress(DamagedError):
            assert not KnownDisks(disk).seen(2, 0xBB)
    for garbage in (b"", b"[]", b'{"disks": {"two": 1}}', b'{"disks": {"2": 170}, "checksum": 1}'):
        disk.replace("peers.json", garbage)
        with pytest.raises(DamagedError, match="remove the file: it is written anew"):
            KnownDisks(disk)
