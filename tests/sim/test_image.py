"""What survives a power loss, and what does not."""

from random import Random

import pytest

from quorate.sim.image import SECTOR, Change, Content, DiskImage, Inode


def image_with(path: str, content: bytes) -> tuple[DiskImage, Inode]:
    """One durable file."""
    image, inode = DiskImage(), Inode()
    image.rename_entries((path, inode))
    inode.change(Change(0, content))
    inode.sync()
    image.sync_names("")
    return image, inode


def durable(image: DiskImage, path: str) -> bytes:
    return image.find(path).cache.read(0, 1 << 20)


def test_allocated_zeros_read_as_zeros_and_take_no_memory() -> None:
    content = Content()
    content.resize(1 << 40)
    content.write(3, b"abc")
    assert content.read(0, 8) == b"\0\0\0abc\0\0"
    assert content.read((1 << 40) - 2, 9) == b"\0\0"
    assert len(content.data) == 6
    content.resize(4)
    assert content.read(0, 9) == b"\0\0\0a"


def test_what_is_synced_survives_every_rule() -> None:
    for rule in ("prefix", "sectors", "all"):
        image, _ = image_with("log", b"kept")
        image.lose_power(Random(1), rule)
        assert durable(image, "log") == b"kept"


def test_all_takes_everything_unsynced_and_none_takes_nothing() -> None:
    image, inode = image_with("log", b"kept")
    inode.change(Change(4, b"lost"))
    assert image.unsynced() == 1
    loss = image.lose_power(Random(1), "all")
    assert (durable(image, "log"), loss.changes) == (b"kept", 1)

    image, inode = image_with("log", b"kept")
    inode.change(Change(4, b"too"))
    loss = image.lose_power(Random(1), "none")
    assert (durable(image, "log"), loss.changes) == (b"kepttoo", 0)


def test_prefix_keeps_a_random_prefix_and_tears_the_next_write() -> None:
    seen = set()
    for seed in range(300):
        image, inode = image_with("log", b"")
        for number in range(3):
            inode.change(Change(number * 2, bytes([65 + number]) * 2))
        image.lose_power(Random(seed), "prefix")
        seen.add(durable(image, "log"))
    assert seen == {b"", b"A", b"AA", b"AAB", b"AABB", b"AABBC", b"AABBCC"}


def test_sectors_survive_in_any_combination() -> None:
    seen = set()
    for seed in range(200):
        image, inode = image_with("log", b"")
        inode.change(Change(SECTOR // 2, b"x" * SECTOR * 2))
        image.lose_power(Random(seed), "sectors")
        content = durable(image, "log").ljust(SECTOR * 3, b"\0")
        seen.add(tuple(content[at : at + 1] == b"x" for at in (SECTOR // 2, SECTOR, SECTOR * 2)))
    assert len(seen) == 8


def test_names_without_a_directory_sync_may_be_undone() -> None:
    image, old = image_with("file", b"old")
    new = Inode()
    image.rename_entries(("temporary", new))
    new.change(Change(0, b"new"))
    new.sync()
    image.rename_entries(("temporary", None), ("file", new))
    assert durable(image, "file") == b"new"
    loss = image.lose_power(Random(1), "all")
    assert loss.names == 2
    assert durable(image, "file") == b"old"
    assert list(image.names) == ["file"]
    assert image.find("file") is old


def test_a_prefix_of_the_changes_of_a_directory_survives() -> None:
    seen = set()
    for seed in range(50):
        image = DiskImage()
        for name in "abc":
            image.rename_entries((name, Inode()))
        image.lose_power(Random(seed), "prefix")
        seen.add("".join(sorted(image.names)))
    assert seen == {"", "a", "ab", "abc"}


def test_a_removed_file_comes_back_with_its_durable_bytes() -> None:
    image, inode = image_with("log", b"kept")
    inode.change(Change(0, b"more than that"))
    image.rename_entries(("log", None))
    image.lose_power(Random(1), "all")
    assert durable(image, "log") == b"kept"


def test_files_of_a_directory_that_was_never_durable_are_gone() -> None:
    image = DiskImage()
    image.rename_entries(("sub", Inode(directory=True)))
    image.rename_entries(("sub/file", Inode()))
    image.sync_names("sub")
    image.lose_power(Random(1), "all")
    assert not image.names


def test_a_failed_sync_drops_what_it_should_have_saved() -> None:
    image, inode = image_with("log", b"kept")
    inode.change(Change(4, b"gone"))
    inode.forget_pending()
    inode.sync()
    assert durable(image, "log") == b"keptgone"
    image.lose_power(Random(1), "none")
    assert durable(image, "log") == b"kept"


def test_flipped_bits_are_durable() -> None:
    image, _ = image_with("log", b"\x00\x01")
    image.flip("log", 1, 0)
    image.lose_power(Random(1), "all")
    assert durable(image, "log") == b"\x00\x00"


def test_a_flipped_bit_may_be_where_only_one_of_cache_and_platter_has_a_byte() -> None:
    image, _ = image_with("log", b"\x00\x01")
    image.find("log").change(Change(1, None))
    image.flip("log", 1, 0)
    assert image.find("log").cache.read(0, 9) == b"\x00"
    image.lose_power(Random(1), "all")
    assert durable(image, "log") == b"\x00\x00"


def test_a_bit_of_the_zeros_at_the_end_is_flipped_as_any_other() -> None:
    image, _ = image_with("log", b"\x01")
    image.find("log").change(Change(4, None))
    image.find("log").sync()
    image.flip("log", 3, 2)
    assert durable(image, "log") == b"\x01\x00\x00\x04"


def test_names_are_refused_where_there_is_no_directory() -> None:
    image, _ = image_with("file", b"")
    for path in ("absent/x", "file/x"):
        with pytest.raises(FileNotFoundError):
            image.rename_entries((path, Inode()))
    image.rename_entries(("sub", Inode(directory=True)))
    with pytest.raises(IsADirectoryError):
        image.find("sub")


def test_a_disk_that_lies_keeps_nothing_it_promised() -> None:
    image, inode = image_with("log", b"kept")
    image.lies = True
    inode.change(Change(4, b"gone"))
    image.sync(inode)
    image.rename_entries(("other", Inode()))
    image.sync_names("")
    image.lose_power(Random(1), "all")
    assert (durable(image, "log"), sorted(image.names)) == (b"kept", ["log"])


def test_an_honest_sync_later_keeps_what_was_lied_about_before() -> None:
    image, inode = image_with("log", b"kept")
    image.lies = True
    inode.change(Change(4, b"too"))
    image.sync(inode)
    image.lies = False
    image.sync(inode)
    image.lose_power(Random(1), "all")
    assert durable(image, "log") == b"kepttoo"


def test_durable_files_are_those_that_are_there_and_stay_there() -> None:
    image, inode = image_with("log", b"kept")
    inode.change(Change(4, b"unsynced"))
    image.rename_entries(("new", Inode()))
    assert image.durable_files("") == {"log": b"kept"}
    image.rename_entries(("log", None))
    assert image.durable_files("") == {}
