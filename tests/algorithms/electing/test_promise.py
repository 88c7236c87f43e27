"""What is durable."""

import msgspec

from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.algorithms.electing.promise import Promise


def test_it_survives_the_disk() -> None:
    written = msgspec.msgpack.encode(Promise(Epoch(3, 2)))
    assert msgspec.msgpack.decode(written, type=Promise) == Promise(Epoch(3, 2))
    assert Promise().promised == NEVER


def test_what_an_older_release_wrote_has_no_losses() -> None:
    older = msgspec.msgpack.encode([[3, 2]])
    assert msgspec.msgpack.decode(older, type=Promise) == Promise(Epoch(3, 2), 0)
    newer = msgspec.msgpack.encode(Promise(Epoch(3, 2), 4))
    assert msgspec.msgpack.decode(newer, type=Promise).losses == 4
