"""The trace: one line of JSON a step, the same bytes for the same step."""

import base64
import json

import msgspec
import pytest

from quorate.core.durable import LogPoint
from quorate.core.effects import (
    Apply,
    Effect,
    Explain,
    LeaderChanged,
    LoadSnapshot,
    Persist,
    ReadReady,
    ReadRefused,
    ReadSnapshot,
    Rejected,
    Send,
    Unresolved,
    WriteSnapshot,
)
from quorate.core.entry import Entry
from quorate.core.events import (
    Event,
    PeerConnected,
    PeerDisconnected,
    PeerUnreachable,
    Persisted,
    Proposed,
    ReadRequested,
    Received,
    SnapshotRead,
    SnapshotTaken,
    SnapshotWritten,
    TimePassed,
)
from quorate.core.snapshot import SnapshotMeta
from quorate.runtime.record import Record, encode_record
from runtime.fakes import Hello, Word

META = SnapshotMeta(5, 1, (1, 2, 3), 4, "00" * 16)
ENTRY = Entry(6, 2, 1, b"\x00\xff", 99)

EVENTS: list[Event | None] = [
    None,
    Received(2, Hello(7)),
    TimePassed(),
    Persisted(3),
    Proposed(1, b"\xff", floor=0),
    ReadRequested(4),
    PeerConnected(2, 1),
    PeerDisconnected(2),
    PeerUnreachable(2),
    SnapshotTaken(META),
    SnapshotRead(2, META, 0, b"abc"),
    SnapshotWritten(META, 4, complete=True),
]
EFFECTS: list[Effect] = [
    Send(2, Hello(7)),
    Persist(
        1,
        hard_state=Word(3),
        reset=LogPoint(5, 1),
        truncate_from=6,
        entries=(ENTRY,),
        compact=LogPoint(4, 1),
        commit=5,
    ),
    Apply((ENTRY,)),
    LeaderChanged(None, 3),
    ReadReady(1, 5),
    ReadRefused(1, "no_leader"),
    Rejected(1, "busy", 2),
    Unresolved(1, "lost"),
    ReadSnapshot(2, META, 0, 100),
    WriteSnapshot(META, 0, b"abcd"),
    LoadSnapshot(META),
    Explain("because", {"zeta": 1, "alpha": None, "mid": "x"}),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_reads_back_as_json(event: Event | None) -> None:
    line = encode_record(Record(123, 1, event, ()))
    assert b"\n" not in line
    plain = json.loads(line)
    assert plain == {"at": 123, "node": 1, "event": plain["event"], "effects": []}
    if event is None:
        assert plain["event"] is None
    else:
        assert plain["event"]["type"] == type(event).__name__


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: type(effect).__name__)
def test_an_effect_reads_back_as_json(effect: Effect) -> None:
    (plain,) = json.loads(encode_record(Record(123, 1, TimePassed(), (effect,))))["effects"]
    assert plain["type"] == type(effect).__name__
    assert set(plain) == {"type", *type(effect).__struct_fields__}


def test_what_it_looks_like() -> None:
    record = Record(5, 1, Received(2, Hello(7)), (Explain("because", {"zeta": 1, "alpha": None}), Apply((ENTRY,))))
    assert encode_record(record) == (
        b'{"at":5,"node":1,"event":{"type":"Received","sender":2,"message":["Hello",7]},"effects":['
        b'{"type":"Explain","reason":"because","fields":{"alpha":null,"zeta":1}},'
        b'{"type":"Apply","entries":[[6,2,1,"AP8=",99]]}]}'
    )


def test_bytes_of_any_kind_are_kept() -> None:
    data = bytes(range(256))
    plain = json.loads(encode_record(Record(5, 1, Proposed(1, data), ())))
    assert base64.b64decode(plain["event"]["data"]) == data


def test_the_order_in_which_fields_were_given_does_not_show() -> None:
    one = Record(5, 1, None, (Explain("because", {"a": 1, "b": 2}),))
    other = Record(5, 1, None, (Explain("because", {"b": 2, "a": 1}),))
    assert encode_record(one) == encode_record(other)


def test_a_whole_record_keeps_every_field() -> None:
    record = Record(5, 1, SnapshotRead(2, META, 3, b"x"), tuple(EFFECTS))
    assert json.loads(encode_record(record)) == json.loads(json.dumps(msgspec.to_builtins(record)))
