import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.core.errors import ProtocolError
from quorate.core.message import Message
from quorate.wire.frames import HEADER, HEADER_BYTES, FrameParser, append_frame, frame
from quorate.wire.refusal import Reason, RefusedError


class Blob(Message, frozen=True):
    data: bytes


def raw(payload: bytes) -> bytes:
    return HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def pieces(stream: bytes, sizes: list[int]):
    """`stream` cut into chunks of these sizes, over and over."""
    position, turn = 0, 0
    while position < len(stream):
        size = sizes[turn % len(sizes)]
        yield stream[position : position + size]
        position, turn = position + size, turn + 1


def feed_all(parser: FrameParser, stream: bytes, sizes: list[int]) -> list[bytes]:
    return [bytes(payload) for chunk in pieces(stream, sizes) for payload in parser.feed(chunk)]


def test_layout_is_length_checksum_payload_big_endian():
    payload = b"\x92\xa4Blob\xc4\x03abc"
    assert frame(Blob(b"abc")) == bytes.fromhex("0000000b") + zlib.crc32(payload).to_bytes(4, "big") + payload


@given(st.lists(st.binary(max_size=300), max_size=20), st.lists(st.integers(1, 500), min_size=1, max_size=10))
def test_any_cut_of_the_stream_gives_the_same_payloads(payloads: list[bytes], sizes: list[int]):
    parser = FrameParser("peer")
    assert feed_all(parser, b"".join(map(raw, payloads)), sizes) == payloads
    assert parser.buffered == 0


def test_many_frames_in_one_chunk_are_views_of_it():
    chunk = b"".join(raw(bytes([number])) for number in range(100))
    payloads = list(FrameParser("peer").feed(chunk))
    assert [bytes(payload) for payload in payloads] == [bytes([number]) for number in range(100)]
    assert all(payload.obj is chunk for payload in payloads)


def test_payloads_stay_valid_while_held():
    stream = raw(b"a" * 50) + raw(b"b" * 50)
    parser = FrameParser("peer")
    held = [payload for chunk in pieces(stream, [7]) for payload in parser.feed(chunk)]
    assert [bytes(payload) for payload in held] == [b"a" * 50, b"b" * 50]


@pytest.mark.timeout(60)
def test_cost_is_linear_in_the_bytes():
    payload = bytes(4 * 1024 * 1024)  # in 16-byte chunks; copying what is there at each of them would take minutes
    assert feed_all(FrameParser("peer"), raw(payload), [16]) == [payload]


def test_too_large_is_refused_by_its_header_alone():
    parser = FrameParser("node 2 at 127.0.0.1:7", max_frame_bytes=1000)
    with pytest.raises(RefusedError) as caught:
        list(parser.feed(HEADER.pack(1001, 0)))
    assert caught.value.reason == Reason.TOO_LARGE
    assert "node 2 at 127.0.0.1:7 announces a frame of 1001 bytes, the limit is 1000" in str(caught.value)
    assert parser.buffered == 0


def test_too_large_is_refused_when_the_header_comes_in_two_pieces():
    parser = FrameParser("peer", max_frame_bytes=1000)
    header = HEADER.pack(1001, 0)
    assert list(parser.feed(header[:5])) == []
    with pytest.raises(RefusedError):
        list(parser.feed(header[5:] + b"x" * 500))
    assert parser.buffered == HEADER_BYTES


def test_limit_itself_is_allowed():
    parser = FrameParser("peer", max_frame_bytes=1000)
    assert feed_all(parser, raw(b"x" * 1000), [100]) == [b"x" * 1000]


def test_a_frame_announced_but_not_sent_costs_nothing():
    parser = FrameParser("peer", max_frame_bytes=2**32 - 1)
    list(parser.feed(HEADER.pack(2**32 - 1, 0) + b"abc"))
    assert parser.buffered == HEADER_BYTES + 3


def test_limit_may_change_between_two_frames_of_one_chunk():
    parser = FrameParser("peer", max_frame_bytes=10)
    payloads = []
    for payload in parser.feed(raw(b"hello") + raw(b"x" * 100)):
        payloads.append(bytes(payload))
        parser.max_frame_bytes = 100
    assert payloads == [b"hello", b"x" * 100]


@pytest.mark.parametrize("sizes", [[1000], [3]])
def test_flipped_bit_is_found_wherever_it_is_in_the_payload(sizes: list[int]):
    good = raw(b"some payload")
    for position in range(HEADER_BYTES, len(good)):
        bad = bytearray(good)
        bad[position] ^= 0x10
        with pytest.raises(RefusedError, match="from node 3 has checksum") as caught:
            feed_all(FrameParser("node 3"), bytes(bad), sizes)
        assert caught.value.reason == Reason.BAD_FRAME


def buffered_after_each(parser: FrameParser, chunks: list[bytes]) -> tuple[list[int], str]:
    """Bytes held back after each chunk, and why the parser gave up; `` if it did not."""
    held_back = []
    try:
        for chunk in chunks:
            for payload in parser.feed(chunk):
                assert len(payload) <= parser.max_frame_bytes
            held_back.append(parser.buffered)
    except RefusedError as error:
        return held_back, error.reason
    return held_back, ""


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_garbage_gives_payloads_or_a_typed_error_and_never_holds_more_than_a_frame(chunks: list[bytes]):
    held_back, reason = buffered_after_each(FrameParser("stranger", max_frame_bytes=256), chunks)
    assert all(size < HEADER_BYTES + 256 for size in held_back)
    assert reason in ("", Reason.TOO_LARGE, Reason.BAD_FRAME)


def test_append_reuses_the_buffer_and_returns_the_size():
    buffer = bytearray(b"before")
    size = append_frame(buffer, Blob(b"a" * 300))
    append_frame(buffer, Blob(b"b"))
    assert buffer == b"before" + frame(Blob(b"a" * 300)) + frame(Blob(b"b"))
    assert size == len(frame(Blob(b"a" * 300)))


def test_message_over_the_limit_is_refused_by_its_sender_and_leaves_the_buffer_alone():
    buffer = bytearray(frame(Blob(b"a")))
    with pytest.raises(ProtocolError, match=r"Blob is 10\d\d bytes on the wire, the limit is 1000: .* max_frame_bytes"):
        append_frame(buffer, Blob(b"x" * 1000), max_frame_bytes=1000)
    assert buffer == frame(Blob(b"a"))


def test_message_that_cannot_be_encoded_leaves_the_buffer_alone():
    class Odd(msgspec.Struct):
        value: object

    buffer = bytearray(b"before")
    with pytest.raises(TypeError):
        append_frame(buffer, Odd(object()))
    assert buffer == b"before"
