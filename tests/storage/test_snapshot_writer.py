"""Writing a snapshot file, and going on where another process stopped."""

from hashlib import blake2b

from quorate.storage.snapshot_format import HEADER, PIECE, PIECE_BYTES
from quorate.storage.snapshot_reader import SnapshotReader
from quorate.storage.snapshot_writer import SnapshotWriter
from storage.builders import group
from storage.memory_disk import MemoryDisk


def begun(disk: MemoryDisk) -> SnapshotWriter:
    return SnapshotWriter.begin(disk.open("file", create=True), 7, 3)


def resumed(disk: MemoryDisk) -> SnapshotWriter:
    return SnapshotWriter.resume(disk.open("file"), 7, 3)


def test_a_finished_file_is_durable_and_says_what_it_is() -> None:
    disk = MemoryDisk()
    writer = begun(disk)
    writer.write(b"first ")
    writer.write(b"")
    writer.write(b"x" * (PIECE_BYTES + 5))
    meta = writer.finish(group(1, 2), taken=True)
    state = b"first " + b"x" * (PIECE_BYTES + 5)
    assert (meta.index, meta.term, meta.members, meta.size) == (7, 3, (1, 2), len(state))
    assert meta.digest == blake2b(state, digest_size=16).hexdigest()
    disk.sync_directory()
    after = disk.after_crash()
    reader = SnapshotReader(after.open("file"), "file")
    assert reader.meta == meta
    assert reader.taken
    assert b"".join(reader.pieces()) == state


def test_beginning_drops_what_was_there() -> None:
    disk = MemoryDisk()
    disk.replace("file", b"something much longer than a header, and more" * 3)
    begun(disk)
    assert len(disk.content("file")) == HEADER.size


def test_resuming_continues_after_the_last_intact_piece() -> None:
    """S-S11: a transfer cut at any byte resumes there."""
    pieces = [bytes([number]) * 50 for number in range(1, 5)]
    whole = MemoryDisk()
    writer = begun(whole)
    for piece in pieces:
        writer.write(piece)
    content = whole.content("file")
    for length in range(len(content) + 1):
        disk = MemoryDisk()
        disk.replace("file", content[:length])
        again = resumed(disk)
        count = max(0, (length - HEADER.size) // (PIECE.size + 50))
        assert again.size == 50 * count
        again.write(b"".join(pieces)[again.size :])
        meta = again.finish(group(1), taken=False)
        assert meta.digest == blake2b(b"".join(pieces), digest_size=16).hexdigest()
        assert b"".join(SnapshotReader(disk.open("file"), "file").pieces()) == b"".join(pieces)


def test_resuming_does_not_trust_a_changed_piece_or_another_snapshot() -> None:
    disk = MemoryDisk()
    writer = begun(disk)
    for number in range(4):
        writer.write(bytes([number + 1]) * 50)
    disk.flip("file", HEADER.size + 2 * (PIECE.size + 50) + 20)
    assert resumed(disk).size == 100
    assert SnapshotWriter.resume(disk.open("file"), 8, 3).size == 0


def test_what_was_resumed_is_durable() -> None:
    """A killed process leaves bytes that are seen but were never synced."""
    disk = MemoryDisk()
    disk.replace("file", b"")
    writer = begun(disk)
    writer.write(b"x" * 50)
    again = disk.restarted()
    assert resumed(again).size == 50
    assert resumed(again.after_crash()).size == 50
