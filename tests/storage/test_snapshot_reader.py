"""Reading a snapshot file: everything that is not what was written is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.core.errors import DamagedError
from quorate.core.snapshot import SnapshotMeta
from quorate.storage.snapshot_format import (
    HEADER,
    PIECE,
    Footer,
    encode_footer,
    encode_header,
    encode_piece,
    piece_seed,
)
from quorate.storage.snapshot_reader import SnapshotReader
from quorate.storage.snapshot_writer import SnapshotWriter
from storage.builders import group
from storage.memory_disk import MemoryDisk

PIECES = [b"abcdefghij", b"klmnopqrst", b"uvwxy", b"zABCDEFGHI", b"J"]
STATE = b"".join(PIECES)


def a_file() -> MemoryDisk:
    disk = MemoryDisk()
    writer = SnapshotWriter.begin(disk.open("file", create=True), 7, 3)
    for piece in PIECES:
        writer.write(piece)
    writer.finish(group(1, 2, 3), taken=False)
    return disk


def opened(disk: MemoryDisk) -> SnapshotReader:
    return SnapshotReader(disk.open("file"), "snapshots/x")


@given(st.integers(0, 60), st.integers(0, 60))
def test_any_range_of_the_stream_can_be_read(offset: int, size: int) -> None:
    assert opened(a_file()).read(offset, size) == STATE[offset : offset + size]


def test_the_whole_stream() -> None:
    reader = opened(a_file())
    assert list(reader.pieces()) == PIECES
    assert not reader.taken
    reader.verify()
    reader.close()


def test_an_empty_state() -> None:
    disk = MemoryDisk()
    writer = SnapshotWriter.begin(disk.open("file", create=True), 7, 3)
    writer.finish(group(), taken=True)
    reader = opened(disk)
    assert reader.read(0, 10) == b""
    reader.verify()


def test_no_flipped_bit_goes_unseen() -> None:
    length = len(a_file().content("file"))
    for position in range(length):
        disk = a_file()
        disk.flip("file", position, 32)
        with pytest.raises(DamagedError, match=r"^snapshots/x is damaged at offset \d+: .*\. Keep the file"):
            opened(disk).verify()


def test_no_shortened_or_lengthened_file_passes() -> None:
    content = a_file().content("file")
    for changed in [
        *(content[:length] for length in range(len(content))),
        content + b"x",
        content[:50] + b"x" + content[50:],
    ]:
        disk = MemoryDisk()
        disk.replace("file", changed)
        with pytest.raises(DamagedError):
            opened(disk).verify()


def test_a_range_is_checked_without_reading_the_rest() -> None:
    disk = a_file()
    disk.flip("file", HEADER.size + PIECE.size + 1)
    reader = opened(disk)
    assert reader.read(10, 15) == STATE[10:25]
    with pytest.raises(DamagedError, match="a piece does not match its checksum"):
        reader.read(9, 2)


def test_a_wrong_digest_over_right_pieces_is_found() -> None:
    """Every piece intact, the whole not: as if pieces of two snapshots were mixed."""
    disk = MemoryDisk()
    body = encode_header(7, 3) + encode_piece(b"state", 0, piece_seed(7, 3))
    disk.replace("file", body + encode_footer(Footer(SnapshotMeta(7, 3, (), 5, "0" * 32), False, ((1, 5),))))
    with pytest.raises(DamagedError, match="the state does not match its digest"):
        opened(disk).verify()


@pytest.mark.parametrize(
    ("meta", "runs"),
    [
        (SnapshotMeta(7, 3, (), 5, "0" * 32), ((0, 5),)),
        (SnapshotMeta(7, 3, (), 5, "0" * 32), ((1, 1 << 40),)),
        (SnapshotMeta(7, 3, (), 9, "0" * 32), ((1, 5),)),
        (SnapshotMeta(7, 3, (), 10, "0" * 32), ((2, 5),)),
        (SnapshotMeta(8, 3, (), 5, "0" * 32), ((1, 5),)),
    ],
)
def test_a_description_that_does_not_fit_the_file_is_found(
    meta: SnapshotMeta, runs: tuple[tuple[int, int], ...]
) -> None:
    disk = MemoryDisk()
    body = encode_header(7, 3) + encode_piece(b"state", 0, piece_seed(7, 3))
    disk.replace("file", body + encode_footer(Footer(meta, False, runs)))
    with pytest.raises(DamagedError):
        opened(disk)


@given(st.binary(max_size=200))
def test_garbage_gives_the_typed_error(content: bytes) -> None:
    disk = MemoryDisk()
    disk.replace("file", content)
    with pytest.raises(DamagedError):
        opened(disk)
