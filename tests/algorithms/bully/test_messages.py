"""Bully's messages."""

from typing import get_args

import msgspec

from algorithms.bully.words import Epoch, alive, election, victory
from quorate.algorithms.bully.messages import BullyMessage
from quorate.algorithms.electing.messages import ElectionId, Word


def test_all_are_words_and_survive_the_wire() -> None:
    assert all(issubclass(kind, Word) for kind in get_args(BullyMessage))
    decoder = msgspec.msgpack.Decoder(BullyMessage)
    for message in (election(2), alive(3, ElectionId(2, 1, 4), leader=3), victory(3, 7)):
        assert decoder.decode(msgspec.msgpack.encode(message)) == message


def test_a_victory_claims() -> None:
    assert victory(3, 7).claimed == Epoch(7, 3)
    assert election(3).claimed is None
