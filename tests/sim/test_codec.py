"""Simulated messages go through the production frame and codec."""

import pytest

from quorate.core.errors import ProtocolError
from quorate.wire.refusal import Refuse
from sim.toy import CODEC, Ping, Pong


def test_messages_come_back_as_other_objects_of_equal_value() -> None:
    for message in (Ping(1), Pong(2**40)):
        back = CODEC.decode(CODEC.encode(message))
        assert back == message
        assert back is not message


def test_damage_on_the_way_is_found() -> None:
    data = bytearray(CODEC.encode(Ping(1)))
    data[-1] ^= 1
    with pytest.raises(ProtocolError, match="checksum"):
        CODEC.decode(bytes(data))


def test_what_is_for_connections_does_not_pass() -> None:
    with pytest.raises(TypeError, match="Refuse"):
        CODEC.decode(CODEC.encode(Refuse("bad_frame", "no")))  # type: ignore[arg-type]
