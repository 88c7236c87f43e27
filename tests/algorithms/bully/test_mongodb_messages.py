"""Messages of MongoDB's first protocol."""

import msgspec

from quorate.algorithms.bully.messages import BullyMessage
from quorate.algorithms.bully.mongodb_messages import Ballot, Elect, Fresh, Freshness, Ping
from quorate.algorithms.electing.epoch import Epoch


def test_they_survive_the_wire() -> None:
    decoder = msgspec.msgpack.Decoder(BullyMessage)
    messages = [
        Ping(1, 5, 0, primary=True, epoch=Epoch(1, 2)),
        Fresh(1, 2, 5, 0),
        Freshness(1, 2, fresher=False, veto=True, op_time=4),
        Elect(1, 2, 5, 0),
        Ballot(1, 2, -10_000),
    ]
    for message in messages:
        assert decoder.decode(msgspec.msgpack.encode(message)) == message
