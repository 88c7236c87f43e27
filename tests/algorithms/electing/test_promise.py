"""What is durable."""

import msgspec

from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.algorithms.electing.promise import Promise


def test_it_survives_the_disk() -> None:
    written = msgspec.msgpack.encode(Promise(Epoch(3, 2)))
    assert msgspec.msgpack.decode(written, type=Promise) == Promise(Epoch(3, 2))
    assert Promise().promised == NEVER
