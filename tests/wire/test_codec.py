import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.core.entry import Entry
from quorate.core.message import Message
from quorate.wire.codec import Codec
from quorate.wire.frames import HEADER_BYTES, FrameParser
from quorate.wire.hello import Refuse
from quorate.wire.refusal import Reason, RefusedError


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
        pytest.param(b"", id="empty"),
        pytest.param(encode(["Vote", 7]), id="unknown tag"),
        pytest.param(encode(["Ask"]), id="missing field"),
        pytest.param(encode(["Ask", "seven"]), id="wrong type"),
        pytest.param(encode({"type": "Ask", "term": 7}), id="a map"),
        pytest.param(encode(Ask(7)) + b"\x00", id="trailing byte"),
        pytest.param(encode(Ask(7))[:-1], id="cut"),
        pytest.param(b"\xc1", id="unused opcode"),
        pytest.param(b"\x94\xa6Append\x01\x90\xa1\xff", id="not UTF-8"),
        pytest.param(b"\x92\xa3Ask" + b"\x91" * 100_000, id="nesting without end"),
        pytest.param(b"\x94\xa3Ask\x07\x00" + b"\x91" * 100_000, id="nesting without end, skipped"),
        pytest.param(b"\x93\xa6Append\x01\xdd" + struct.pack(">I", 2**32 - 1), id="four billion entries announced"),
        pytest.param(b"\xdd\xff\xff\xff\xff\xa3Ask\x07", id="four billion fields announced"),
    ],
)
def test_what_is_no_message_gives_a_typed_error_that_names_the_sender(payload: bytes):
    with pytest.raises(RefusedError, match=f"a message of {len(payload)} bytes from node 2 cannot be read") as caught:
        codec.decode(payload, "node 2")
    assert caught.value.reason == Reason.BAD_FRAME


def outcome(payload: bytes) -> Message | Refuse | str:
    """The message, or the reason why there is none."""
    try:
        return codec.decode(payload, "stranger")
    except RefusedError as error:
        return error.reason


@given(st.binary(max_size=200))
def test_random_bytes_give_a_message_or_a_typed_error(payload: bytes):
    assert isinstance(outcome(payload), Message | Refuse) or outcome(payload) == Reason.BAD_FRAME


@given(messages, st.data())
def test_damaged_messages_give_a_message_or_a_typed_error(message: Message, data: st.DataObject):
    payload = bytearray(encode(message))
    payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    read = outcome(bytes(payload))
    assert isinstance(read, Message | Refuse) or read == Reason.BAD_FRAME
