"""The driver's record: each event with the effects it had.

It is the trace file, the test transcript and the dashboard's feed.
"""

import msgspec

from quorate.core.effects import Effect
from quorate.core.events import Event
from quorate.core.ids import Nanos, NodeId


class Record(msgspec.Struct, frozen=True):
    """One step of one node. `event` is None for the start. `at` is the node's own clock."""

    at: Nanos
    node: NodeId
    event: Event | None
    effects: tuple[Effect, ...]


_encoder = msgspec.json.Encoder(order="deterministic")


def encode_record(record: Record) -> bytes:
    """One line of a trace file (JSON, without the newline). Messages are arrays that begin with their name."""
    return _encoder.encode(record)
