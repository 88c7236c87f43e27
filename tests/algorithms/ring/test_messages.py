"""Messages survive the codec, and say which epoch their sender claims."""

import msgspec
import pytest

from algorithms.ring.table import eid, rank
from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.algorithms.ring.messages import (
    Body,
    Collect,
    Coordinator,
    Elected,
    Election,
    HopAck,
    Install,
    Probe,
    Pulse,
    Reply,
    Ring,
    Token,
    Visit,
)
from quorate.algorithms.ring.ring import RingMessage

EPOCH = Epoch(3, 5)
VISIT = Visit(rank(5), 2)
BODIES: list[tuple[Body, Epoch | None]] = [
    (Election(rank(2)), None),
    (Elected(EPOCH, rank(5), (1, 2)), EPOCH),
    (Collect((VISIT,)), None),
    (Coordinator(EPOCH, VISIT, (VISIT,)), EPOCH),
    (Install(EPOCH, rank(5), (4,)), EPOCH),
    (Token(rank(1)), None),
    (Probe(rank(1), 2, 3, NEVER), None),
    (Reply(rank(1), 2), None),
    (Pulse(EPOCH, None, 0), None),
]


@pytest.mark.parametrize(("body", "claimed"), BODIES, ids=lambda value: type(value).__name__)
def test_an_envelope_survives_the_codec(body: Body, claimed: Epoch | None) -> None:
    envelope = Ring(1, 7, eid(2), body, EPOCH, 1, 9, 4, clockwise=False)
    decoded = msgspec.msgpack.Decoder(RingMessage).decode(msgspec.msgpack.encode(envelope))
    assert decoded == envelope
    assert isinstance(decoded, Ring)
    assert decoded.claimed == claimed
    assert decoded.kind == type(body).__name__
    assert decoded.kind in Ring.kinds()


def test_the_acknowledgement_survives_the_codec() -> None:
    assert msgspec.msgpack.Decoder(RingMessage).decode(msgspec.msgpack.encode(HopAck(3, 8))) == HopAck(3, 8)


def test_the_highest_visit_is_that_of_the_highest_rank() -> None:
    assert max(Visit(rank(4), 9), Visit(rank(5), 1)) == Visit(rank(5), 1)
