"""What every message has in common."""

import msgspec
import pytest

from quorate.core.message import Message


class Ping(Message, frozen=True):
    """As it was in the first version."""

    term: int


class Pong(Message, frozen=True):
    """A later version has added a field at the end, with a default."""

    term: int
    note: str = "none"


def test_a_message_is_an_array_that_begins_with_its_name() -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(Pong(3, "x"))) == ["Pong", 3, "x"]


def test_one_decoder_tells_them_apart() -> None:
    decoder = msgspec.msgpack.Decoder(Ping | Pong)
    assert [decoder.decode(msgspec.msgpack.encode(m)) for m in (Ping(1), Pong(2))] == [Ping(1), Pong(2)]


def test_old_and_new_can_talk() -> None:
    decoder = msgspec.msgpack.Decoder(Ping | Pong)
    assert decoder.decode(msgspec.msgpack.encode(["Pong", 3])) == Pong(3, "none")
    assert decoder.decode(msgspec.msgpack.encode(["Ping", 3, "from the future"])) == Ping(3)


def test_it_cannot_be_changed_on_its_way() -> None:
    with pytest.raises(AttributeError):
        Ping(1).term = 2  # type: ignore[misc]


def test_it_is_counted_by_its_name() -> None:
    assert Pong(3).kind == "Pong"
    assert Pong.kinds() == ("Pong",)
