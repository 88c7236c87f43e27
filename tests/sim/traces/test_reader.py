"""Trace files from outside: what they say, and what is wrong with them, by file and line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.algorithms.catalog import DEFAULT, find
from quorate.core.durable import Durable, Identity
from quorate.core.entry import Entry
from quorate.core.errors import TraceError
from quorate.runtime.record import Record
from quorate.runtime.trace_format import FORMAT, VERSION, NodeHeader, Past, encode_line
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.run import run_plan
from quorate.sim.traces.header import StormHeader
from quorate.sim.traces.lines import Happened, Started, Verdict, cluster_header
from quorate.sim.traces.reader import TraceReader, open_trace, past_of_node
from quorate.version import __version__


@pytest.fixture(scope="module")
def storm() -> bytes:
    file = io.BytesIO()
    assert not run_plan(draw_plan(3, nodes=3), file).failure
    return file.getvalue()


def read(data: bytes) -> TraceReader:
    return TraceReader(io.BytesIO(data), "t.jsonl")


def test_a_storm_is_read_with_its_types_and_writes_the_same_bytes_again(storm: bytes) -> None:
    reader = read(storm)
    assert isinstance(reader.header, StormHeader)
    assert reader.header.plan == draw_plan(3, nodes=3)
    lines = list(reader.lines())
    assert [line.number for line in lines] == list(range(2, 2 + len(lines)))
    assert all(encode_line(line.what) == line.data for line in lines)
    assert {Started, Record, Happened} <= {type(line.what) for line in lines}
    last = lines[-1].what
    assert isinstance(last, Verdict)
    assert last.records == sum(isinstance(line.what, Record) for line in lines)
    assert not reader.torn


def test_a_file_is_opened_and_closed(storm: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(storm)
    with open_trace(path) as reader:
        lines = reader.lines()
        next(lines)
    with pytest.raises(ValueError, match="closed"):
        next(lines)
    with pytest.raises(FileNotFoundError), open_trace(tmp_path / "none"):
        pass


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            (b'"kind":"storm"', b'"kind":"dream"'),
            "t.jsonl:1: a trace of kind 'dream', which this quorate does not know",
        ),
        ((b'"algorithm":"raft","plan"', b'"algorithm":"raff","plan"'), "t.jsonl:1: there is no algorithm 'raff'"),
        ((b'"nodes":3', b'"nodes":"3"'), "t.jsonl:1: the header is unreadable: Expected `int`, got `str`"),
        ((b'"version":1', b'"version":7'), "t.jsonl:1: written in version 7"),
    ],
)
def test_a_wrong_header_is_named(storm: bytes, change: tuple[bytes, bytes], complaint: str) -> None:
    assert change[0] in storm
    with pytest.raises(TraceError) as refused:
        read(storm.replace(*change, 1))
    assert str(refused.value).startswith(complaint)


@pytest.mark.parametrize("bad", [b"\n", b"{}\n", b"\xff\xfe\n", b'{"type":"Crashed","at":1,"node":"x","power":true}\n'])
def test_a_wrong_line_is_named(storm: bytes, bad: bytes) -> None:
    header, second = storm.splitlines(keepends=True)[:2]
    lines = read(header + second + bad + second).lines()
    next(lines)
    with pytest.raises(TraceError, match=r"^t.jsonl:3: unreadable: .*; the file was changed"):
        next(lines)


def test_a_line_that_was_not_finished_is_left_out(storm: bytes) -> None:
    reader = read(storm[:-1])
    assert not isinstance([*reader.lines()][-1].what, Verdict)
    assert reader.torn


@settings(max_examples=200)
@given(place=st.integers(0, 10**9), byte=st.integers(0, 255))
def test_any_changed_byte_is_read_or_refused_by_name(storm: bytes, place: int, byte: int) -> None:
    short = b"".join(storm.splitlines(keepends=True)[:40])
    place %= len(short)
    changed = short[:place] + bytes([byte]) + short[place + 1 :]
    try:
        for line in read(changed).lines():
            encode_line(line.what)
    except TraceError as error:
        refused = str(error)
        assert refused.startswith("t.jsonl:")
        assert "\n" not in refused


ENTRIES = tuple(Entry(number, 1, 0, b"", 0) for number in range(1, 6))


def node_trace(*past: Past, count: int = 5) -> tuple[TraceReader, NodeHeader]:
    config = find(DEFAULT).config()
    identity = Identity("c", 1, 7, 2, (1, 2, 3))
    header = NodeHeader(FORMAT, VERSION, "node", __version__, DEFAULT, identity, config, 5, Durable(commit=3), count)
    reader = read(b"".join(map(encode_line, (header, *past, Record(1, 1, None, ())))))
    assert isinstance(reader.header, NodeHeader)
    assert reader.header == header
    return reader, reader.header


def test_the_past_of_a_node_is_put_together() -> None:
    reader, header = node_trace(Past(ENTRIES[:2]), Past(ENTRIES[2:]))
    lines = reader.lines()
    assert past_of_node(reader, header, lines) == Durable(entries=ENTRIES, commit=3)
    assert [line.what for line in lines] == [Record(1, 1, None, ())]


def test_a_past_that_is_cut_off_is_named() -> None:
    reader, header = node_trace(Past(ENTRIES[:2]))
    with pytest.raises(TraceError, match=r"t\.jsonl:3: 5 durable entries should come first, there are 2"):
        past_of_node(reader, header, reader.lines())


def test_a_bare_cluster_can_be_read() -> None:
    reader = read(cluster_header("raft", 5, 3))
    assert reader.header.kind == "cluster"
    assert list(reader.lines()) == []
