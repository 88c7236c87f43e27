"""The trace: one line of JSON a step, the same bytes for the same step."""

import base64
import json

import msgspec
import pytest

from quorate.core.algorithm import Algorithm, AlgorithmSpec
from quorate.core.durable import Durable, LogPoint
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
    SettingsChanged,
    SnapshotRead,
    SnapshotTaken,
    SnapshotWritten,
    TimePassed,
)
from quorate.core.message import Message
from quorate.core.snapshot import SnapshotMeta
from quorate.runtime.record import UNREADABLE, Fatal, Record, TypedDecoder, encode_record
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
    SettingsChanged({"a": 1, "b": True, "c": "x", "d": 0.5}),
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
    assert plain == {"type": "Record", "at": 123, "node": 1, "event": plain["event"], "effects": []}
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
        b'{"type":"Record","at":5,"node":1,"event":{"type":"Received","sender":2,"message":["Hello",7]},"effects":['
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


# Back again


def spec() -> AlgorithmSpec:
    def build(*_: object) -> Algorithm:
        raise NotImplementedError

    return AlgorithmSpec("fake", Hello | Bye, Word, Settings, build)


class Bye(Message, frozen=True):
    """Another message, so that there is a union."""

    why: str


class Settings(msgspec.Struct, frozen=True):
    """Settings of the fake algorithm."""

    patience_ms: int = 5


class Birth(msgspec.Struct, frozen=True, tag=True):
    """A line that is none of the record's, and holds what only the algorithm knows."""

    durable: Durable
    config: msgspec.Struct


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_record_comes_back_as_it_was(event: Event | None) -> None:
    record = Record(5, 1, event, tuple(EFFECTS))
    back = TypedDecoder(spec(), Record).decode(encode_record(record))
    assert back == record
    assert isinstance(back, Record)
    assert [type(effect) for effect in back.effects] == [type(effect) for effect in EFFECTS]


def test_messages_and_words_have_the_types_of_the_algorithm() -> None:
    decoder = TypedDecoder(spec(), Record, Fatal, Birth)
    record = Record(5, 1, Received(2, Bye("x")), (Send(2, Hello(7)), Persist(1, hard_state=Word(3))))
    assert decoder.decode(encode_record(record)) == record
    fatal = Fatal(6, 1, Received(2, Bye("y")), "InvariantError: no")
    assert decoder.decode(encode_record(fatal)) == fatal
    birth = Birth(Durable(hard_state=Word(9), entries=(ENTRY,), snapshot=META), Settings(7))
    assert decoder.decode(msgspec.json.encode(birth)) == birth


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[" * 100_000,
        b'{"type":"Record","at":5,"node":1,"event":null,"effects":[{"type":"Send","to":2,"message":["Huh",7]}]}',
        b'{"type":"Record","at":"5","node":1,"event":null,"effects":[]}',
        b'{"type":"Record","at":5,"node":1,"event":{"type":"Nothing"},"effects":[]}',
        b'{"type":"Record","at":5,"node":1,"event":null,"effects":[{"type":"ReadReady","id":1,"index":1e999}]}',
        b'{"type":"Fatal","at":5,"node":1,"event":null,"error":"x"}',
        b'{"type":"Record","at":5,"node":1,"event":{"type":"Proposed","sequence":1,"data":"?"},"effects":[]}',
        b'"\xff"',
    ],
)
def test_what_is_no_record_is_refused_in_one_way(line: bytes) -> None:
    with pytest.raises(UNREADABLE):
        TypedDecoder(spec(), Record, Fatal).decode(line)
