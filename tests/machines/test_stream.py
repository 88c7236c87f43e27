"""Frames go through chunks that are cut anywhere; what is not a stream is refused by its place."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.builders import cut, cuts
from quorate.core.errors import DamagedError
from quorate.machines.stream import ChunkReader, coalesce, frame


@given(st.lists(st.binary(max_size=50), max_size=8), st.binary(max_size=30), cuts())
def test_frames_and_the_rest_survive_any_cut(payloads: list[bytes], rest: bytes, borders: list[int]) -> None:
    stream = b"".join(map(frame, payloads)) + rest
    reader = ChunkReader(cut(stream, borders))
    assert [reader.frame(50) for _ in payloads] == payloads
    assert b"".join(reader.rest()) == rest
    assert reader.offset == len(stream)
    reader.expect_end()


@given(st.lists(st.binary(max_size=50)), st.integers(1, 120))
def test_coalesce_keeps_the_bytes_and_fills_every_chunk_but_the_last(parts: list[bytes], size: int) -> None:
    chunks = list(coalesce(parts, size))
    assert b"".join(chunks) == b"".join(parts)
    assert all(len(chunk) >= size for chunk in chunks[:-1])
    assert all(chunks)


def test_coalesce_is_lazy() -> None:
    drawn = []

    def parts() -> Iterator[bytes]:
        for number in range(10):
            drawn.append(number)
            yield b"12345"

    assert next(coalesce(parts(), 10)) == b"1234512345"
    assert drawn == [0, 1]


def test_one_chunk_is_held_at_a_time() -> None:
    drawn = []

    def chunks() -> Iterator[bytes]:
        for number in range(10):
            drawn.append(number)
            yield b"ab"

    reader = ChunkReader(chunks())
    assert reader.take(3) == b"aba"
    assert drawn == [0, 1]
    assert next(reader.rest()) == b"b"
    assert drawn == [0, 1]


@given(st.integers(0, 10))
def test_an_end_inside_a_frame_names_the_byte(length: int) -> None:
    stream = frame(b"payload")[:length]
    with pytest.raises(DamagedError, match=f"ends at byte {length}, "):
        ChunkReader([stream[:2], stream[2:]]).frame(100)


def test_a_length_over_the_limit_is_refused_before_anything_is_gathered() -> None:
    reader = ChunkReader([frame(b"first") + b"\xff\xff\xff\xff" + b"x" * 100])
    assert reader.frame(5) == b"first"
    with pytest.raises(DamagedError, match="frame of 4294967295 bytes at byte 9, at most 5 expected"):
        reader.frame(5)


def test_bytes_behind_the_end_are_damage() -> None:
    reader = ChunkReader([frame(b"all"), b"", b"more"])
    assert reader.frame(10) == b"all"
    with pytest.raises(DamagedError, match="4 bytes or more behind the end"):
        reader.expect_end()


def test_what_the_source_raises_passes_through() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"\x00"
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        ChunkReader(chunks()).frame(10)
