"""A backup file: what is written is read, and nothing else is taken for it."""

from __future__ import annotations

import io
from hashlib import blake2b

import pytest

from quorate.core.errors import DamagedError, MismatchError
from quorate.storage.backup import BackupHeader, BackupReader, encode_backup
from quorate.storage.snapshot_format import PIECE_BYTES

STATE = bytes(range(256)) * 5


def header_of(state: bytes = STATE, **changes: int) -> BackupHeader:
    digest = blake2b(state, digest_size=16).hexdigest()
    size = changes.get("size", len(state))
    return BackupHeader("old", 2, "raft", 17, 3, size, digest, created_s=1_900_000_000, version="1.2.3")


def backup_of(state: bytes = STATE, chunk: int = 500) -> bytes:
    chunks = [state[low : low + chunk] for low in range(0, len(state), chunk)]
    return b"".join(encode_backup(header_of(state), chunks))


def read(data: bytes) -> bytes:
    return b"".join(BackupReader(io.BytesIO(data), "b").pieces())


@pytest.mark.parametrize("state", [STATE, b"", b"x"], ids=["some", "none", "one byte"])
def test_s_s10_what_is_written_is_read(state: bytes) -> None:
    reader = BackupReader(io.BytesIO(backup_of(state)), "b")
    assert reader.header == header_of(state)
    assert b"".join(reader.pieces()) == state


def test_the_header_can_be_read_by_people_and_says_whose_it_is() -> None:
    assert b'{"cluster":"old","node":2,"algorithm":"raft","index":17,"term":3,' in backup_of()


def test_large_chunks_become_pieces_that_fit_memory() -> None:
    pieces = list(encode_backup(header_of(bytes(3 * PIECE_BYTES)), [bytes(3 * PIECE_BYTES)]))
    assert max(map(len, pieces)) < PIECE_BYTES + 100
    assert len(pieces) == 5


def test_s_s10_every_flipped_bit_is_found() -> None:
    good = backup_of(STATE[:40], chunk=15)
    for at in range(len(good)):
        for bit in range(8):
            bad = bytearray(good)
            bad[at] ^= 1 << bit
            with pytest.raises((DamagedError, MismatchError)):
                read(bytes(bad))


def test_s_s10_every_cut_is_found() -> None:
    good = backup_of(STATE[:40], chunk=15)
    for length in range(len(good)):
        with pytest.raises((DamagedError, MismatchError)):
            read(good[:length])
    with pytest.raises(DamagedError, match="something behind its end"):
        read(good + b"\0")


def test_errors_name_file_place_and_remedy() -> None:
    with pytest.raises(MismatchError, match=r"^b: this is not a backup; `quorate snapshot save FILE` writes one$"):
        read(b"hello")
    newer = bytearray(backup_of())
    newer[8] = 9
    with pytest.raises(MismatchError, match=r"^b: a backup of format 9, this version of quorate reads format 1"):
        read(bytes(newer))
    with pytest.raises(DamagedError, match=r"^b: damaged at byte \d+: it ends too early. Use another copy"):
        read(backup_of()[:-9])


def test_a_piece_or_header_of_absurd_length_costs_no_memory() -> None:
    good = bytearray(backup_of())
    good[12:16] = b"\xff\xff\xff\x7f"
    with pytest.raises(DamagedError, match="its header is not intact"):
        read(bytes(good))
    good = bytearray(backup_of())
    start = good.index(b"}") + 1
    good[start : start + 4] = b"\xff\xff\xff\x7f"
    with pytest.raises(DamagedError, match="a piece is too long"):
        read(bytes(good))


def test_a_state_of_another_size_than_told_is_found() -> None:
    data = b"".join(encode_backup(header_of(size=7), [STATE]))
    with pytest.raises(DamagedError, match="1280 bytes of state, which are not the 7"):
        read(data)
