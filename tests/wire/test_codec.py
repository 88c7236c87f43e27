import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.core.entry import Entry
from quorate.core.errors import ProtocolError
from quorate.core.message import Message
from quorate.wire.codec import Codec, UnknownMessage
from quorate.wire.frames import HEADER_BYTES, FrameParser
from quorate.wire.refusal import Reason, Refuse, RefusedError


class Append(Message, frozen=True):
    term: int
    entries: tuple[Entry, ...]
    note: str = ""


class Ask(Message, frozen=True):
    term: int


codec = Codec(Append | Ask)
encode = msgspec.msgpack.encode

texts = st.text(max_size=20)
entries = st.builds(
    Entry, st.integers(0, 2**40), st.integers(0, 9), st.integers(0, 1), st.binary(max_size=50), st.just(0)
)
messages = st.one_of(
    st.builds(Ask, st.integers(0, 2**62)),
    st.builds(Append, st.integers(0, 2**62), st.lists(entries, max_size=5).map(tuple), texts),
)


@given(st.lists(messages, max_size=10))
def test_messages_come_back_equal_and_in_order(sent: list[Message]):
    buffer = bytearray()
    sizes = [codec.append(buffer, message) for message in sent]
    assert sum(sizes) == len(buffer)
    payloads = FrameParser("peer").feed(bytes(buffer))
    assert [codec.decode(payload, "peer") for payload in payloads] == sent


def test_the_same_object_for_several_peers_is_encoded_once_and_alike():
    twice = Codec(Append | Ask)
    first, second, third = bytearray(b"before"), bytearray(), bytearray()
    message = Append(3, (Entry(1, 3, 1, b"data", 0),))
    assert twice.append(second, Ask(1)) == len(second)
    size = twice.append(first, message)
    assert twice.append(second, message) == size
    assert first[-size:] == second[-size:]
    assert twice.append(first, message) == size, "on the same link once more"
    twice.append(first, Ask(2))
    equal = Append(3, (Entry(1, 3, 1, b"data", 0),))
    twice.append(third, equal)
    twice.append(first, equal)
    payloads = [codec.decode(payload, "peer") for payload in FrameParser("peer").feed(bytes(first[6:]))]
    assert payloads == [message, message, Ask(2), equal]


def test_what_cannot_be_sent_is_not_remembered():
    small = Codec(Append | Ask, max_frame_bytes=20)
    buffer = bytearray()
    large = Append(3, (Entry(1, 3, 1, bytes(100), 0),))
    for _ in range(2):
        with pytest.raises(ProtocolError):
            small.append(buffer, large)
    assert buffer == b""


def test_one_type_is_a_union_too():
    buffer = bytearray()
    Codec(Ask).append(buffer, Ask(7))
    assert Codec(Ask).decode(bytes(buffer[HEADER_BYTES:]), "peer") == Ask(7)


def test_refuse_is_understood_beside_every_algorithm():
    assert codec.decode(encode(Refuse("wrong_node", "why")), "peer") == Refuse("wrong_node", "why")


def test_fields_of_a_newer_release_are_skipped_and_missing_ones_get_their_default():
    assert codec.decode(encode(["Ask", 7, "new", {"and": "more"}]), "peer") == Ask(7)
    assert codec.decode(encode(["Append", 7, []]), "peer") == Append(7, ())


def test_a_decoded_message_owns_its_bytes():
    payload = bytearray(encode(Append(1, (Entry(1, 1, 1, b"data", 0),))))
    message = codec.decode(memoryview(payload), "peer")
    payload[:] = bytes(len(payload))
    assert message == Append(1, (Entry(1, 1, 1, b"data", 0),))


@pytest.mark.parametrize(
    "payload",
    [
        encode(["Ask", "no number"]),
        encode(["Refuse", 1]),
        encode([]),
        encode([7]),
        encode({"Ask": 1}),
        b"\xc1",
        b"",
        encode(["New"]) + b"\0",
    ],
)
def test_s_d7_what_is_no_message_is_refused_from_a_newer_release_too(payload: bytes):
    with pytest.raises(RefusedError) as caught:
        codec.decode(payload, "node 2", from_newer=True)
    assert caught.value.reason == Reason.BAD_FRAME


@given(st.binary(max_size=200))
def test_garbage_from_a_newer_release_gives_the_typed_error(payload: bytes):
    with contextlib.suppress(RefusedError):
        assert isinstance(codec.decode(payload, "node 2", from_newer=True), Message | Refuse | UnknownMessage)
