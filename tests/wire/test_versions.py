"""Releases talk to each other and read each other's records (S-D7): fields are added at the end and nothing else changes.

`fixtures/version-1.json` has one value of each type as release 0.1.0 encoded it. A type that came later is not in it.
"""

import json
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from quorate.algorithms import catalog
from quorate.algorithms.raft.messages import SINCE, RaftHardState, RaftMessage
from quorate.core.entry import Batch
from quorate.core.message import NEWEST_VERSION, OLDEST_VERSION
from quorate.core.requests import Request
from quorate.machines.kv import commands, results, snapshot, store
from quorate.machines.results import StoredResult
from quorate.machines.session_table import BatchRecord, SessionRecord
from quorate.machines.sessions import SnapshotHeader
from quorate.storage.record import Carried
from quorate.storage.snapshot_format import Footer
from quorate.wire.codec import Codec
from quorate.wire.hello import Hello, Welcome
from quorate.wire.refusal import Refuse

VERSION_1 = json.loads((Path(__file__).parent / "fixtures" / "version-1.json").read_text())
SPOKEN = {kind.__name__: kind for kind in (*get_args(RaftMessage), Hello, Welcome, Refuse)}
STORED = {
    kind.__name__: kind
    for kind in (RaftHardState, Carried, Footer, SnapshotHeader, SessionRecord, BatchRecord, StoredResult, Batch)
}
REPLICATED = {
    kind.__name__: kind
    for kind in (
        *(commands.Put, commands.Delete, commands.CompareAndSwap, store.KeyValue, snapshot.Header),
        *(results.PutResult, results.DeleteResult, results.SwapResult),
    )
}
KINDS: dict[str, type[msgspec.Struct]] = SPOKEN | STORED | REPLICATED
SAMPLES = [(name, bytes.fromhex(data)) for part in VERSION_1.values() for name, data in part.items()]


def plain(data: bytes) -> list[Any]:
    fields: list[Any] = msgspec.msgpack.decode(data)
    return fields


def begins_with(new: Any, old: Any) -> bool:
    """Whether whoever knows only the fields of `old` reads the same from `new`: lists may be longer, at every depth."""
    if isinstance(old, list):
        return isinstance(new, list) and len(new) >= len(old) and all(map(begins_with, new, old))
    return bool(new == old)


@pytest.mark.parametrize(("name", "data"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_s_d7_what_version_1_wrote_is_read_and_what_is_written_version_1_reads(name: str, data: bytes) -> None:
    value = msgspec.msgpack.decode(data, type=KINDS[name])
    assert begins_with(plain(msgspec.msgpack.encode(value)), plain(data))


def test_a_changed_field_would_be_seen() -> None:
    assert begins_with([1, [2, 3], "x", "new"], [1, [2], "x"])
    for changed in ([1, [2]], [1, [3], "x"], ["new", 1, [2], "x"], [1, 2, "x"]):
        assert not begins_with(changed, [1, [2], "x"])


@pytest.mark.parametrize("name", [name for name, _ in SAMPLES if name not in REPLICATED])
def test_s_d7_fields_of_a_newer_release_are_skipped(name: str) -> None:
    kind = KINDS[name]
    data = dict(SAMPLES)[name]
    longer = msgspec.msgpack.encode([*plain(data), "a field", {"of": ["a", "later"]}, 1])
    if len(plain(data)) == len(kind.__struct_fields__) + (kind.__struct_config__.tag is not None):
        assert msgspec.msgpack.decode(longer, type=kind) == msgspec.msgpack.decode(data, type=kind)
    value = msgspec.msgpack.encode([*plain(msgspec.msgpack.encode(msgspec.msgpack.decode(data, type=kind))), "more"])
    assert msgspec.msgpack.decode(value, type=kind) == msgspec.msgpack.decode(data, type=kind)


@pytest.mark.parametrize("name", ["Put", "Delete", "CompareAndSwap"])
def test_s_d7_a_command_with_a_field_that_not_all_know_is_refused_by_all_who_do_not(name: str) -> None:
    """Whoever overlooked it would do something else than the others: see docs/upgrades.md."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode([*plain(dict(SAMPLES)[name]), 1]), type=KINDS[name])


def test_s_d7_each_message_and_request_says_since_when_it_is_spoken() -> None:
    first = set(VERSION_1["wire"])
    for kind in (*get_args(RaftMessage), *get_args(Request)):
        since = SINCE.get(kind, 1)
        assert OLDEST_VERSION <= since <= NEWEST_VERSION
        assert (since == 1) is (kind.__name__ in first), (
            f"{kind.__name__}: give it a row in SINCE, with a newer version"
        )


def test_s_d7_the_codec_knows_the_table() -> None:
    spec = catalog.find("raft")
    codec = Codec(spec.messages, since=spec.since)
    for kind in get_args(RaftMessage):
        message = kind(*[0] * sum(default is msgspec.NODEFAULT for default in _defaults(kind)))
        assert codec.since(message) == SINCE.get(kind, 1)


def _defaults(kind: type[msgspec.Struct]) -> list[object]:
    return [msgspec.NODEFAULT if field.required else None for field in msgspec.structs.fields(kind)]
