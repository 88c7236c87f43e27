"""Events: values, told apart by type, that nobody can change."""

from typing import Any, get_args

import msgspec
import pytest

from algorithms.raft.disk import meta_of
from quorate.core.effects import Effect
from quorate.core.events import (
    Event,
    PeerConnected,
    PeerDisconnected,
    PeerUnreachable,
    Persisted,
    Proposed,
    ReadRequested,
    Received,
    Requested,
    SettingsChanged,
    SnapshotRead,
    SnapshotTaken,
    SnapshotWritten,
    SpaceChanged,
    TimePassed,
)
from quorate.core.message import Message
from quorate.core.requests import TransferLeadership

META = meta_of(9, 2)
EXAMPLES: list[Any] = [
    Received(2, Message()),
    TimePassed(),
    Persisted(3),
    SpaceChanged(short=True),
    Proposed(4, b"x", floor=2),
    ReadRequested(5),
    Requested(6, TransferLeadership(2)),
    SettingsChanged({"heartbeat_ms": 20}),
    PeerConnected(2, 1),
    PeerDisconnected(2),
    PeerUnreachable(2),
    SnapshotTaken(META),
    SnapshotRead(2, META, 0, b"state"),
    SnapshotWritten(META, 5, complete=True),
]


def test_there_is_an_example_of_each() -> None:
    assert {type(example) for example in EXAMPLES} == set(get_args(Event))


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_equal_by_value_and_frozen(event: Any) -> None:
    assert msgspec.structs.replace(event) == event
    for name in event.__struct_fields__:
        with pytest.raises(AttributeError):
            setattr(event, name, None)


def test_events_and_effects_have_different_names() -> None:
    """A record holds both."""
    tags = [kind.__struct_config__.tag for kind in (*get_args(Event), *get_args(Effect))]
    assert len(set(tags)) == len(tags)
