"""Traces of real nodes: written while they run, replayed afterwards, and no harm to anybody whatever the disk does."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import logging
import threading
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import pytest

from quorate import MachineFailedError, Node, OutcomeUnknownError
from quorate.core.durable import Durable, Identity
from quorate.core.effects import Explain
from quorate.core.entry import Entry
from quorate.core.events import ReadRequested, TimePassed
from quorate.real import tracing
from quorate.real.tracing import GATHER_NS, KEPT, Tracing
from quorate.runtime.record import Record
from quorate.runtime.trace_format import NodeHeader
from quorate.runtime.witness import Witness
from quorate.sim.traces.reader import TraceReader
from quorate.sim.traces.replay import replay_file
from quorate.sim.traces.transcript import transcript_of
from real.processes import free_ports
from runtime.test_witness import Clockwork


class Register:
    """Keeps every command."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    def apply(self, command: bytes) -> int:
        """How many there are now."""
        self.values.append(command)
        return len(self.values)

    def snapshot(self) -> bytes:
        """All of them."""
        return b"\n".join(self.values)

    def restore(self, chunks: Iterable[bytes]) -> None:
        """All of them."""
        self.values = b"".join(chunks).split(b"\n")


OPTIONS = {"snapshot_entries": 10, "log_tail_entries": 3, "snapshot_chunk_bytes": 100}


def make(folder: Path, node: int, peers: dict[int, str]) -> Node[Register]:
    trace = folder / f"{node}.jsonl"
    return Node(
        id=node, peers=peers, data_dir=folder / str(node), machine=Register(), options=dict(OPTIONS), trace=trace
    )


async def a_life(folder: Path) -> list[Path]:
    """Three nodes elect, write, read, take snapshots; one is away meanwhile and comes back to a snapshot. Their traces."""
    peers = {node: f"127.0.0.1:{port}" for node, port in enumerate(free_ports(3), start=1)}
    async with AsyncExitStack() as stack:
        nodes = {node: await stack.enter_async_context(make(folder, node, peers)) for node in peers}
        await nodes[1].wait_for_leader(30)
        for number in range(8):
            await nodes[1 + number % 3].apply(b"before %d" % number)
        await nodes[3].stop()
        for number in range(30):
            await nodes[1 + number % 2].apply(b"meanwhile %d" % number)
        back = await stack.enter_async_context(make(folder, 3, peers))
        await back.apply(b"after")
        assert await back.read(lambda machine: len(machine.values)) == 39
    return [*(folder / f"{node}.jsonl" for node in peers), folder / f"3.jsonl{KEPT}"]


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Of one life."""
    return asyncio.run(a_life(tmp_path_factory.mktemp("life")))


def test_every_node_can_be_replayed_with_the_same_effects(traces: list[Path]) -> None:
    for file in traces:
        replay = replay_file(file)
        assert replay.same, f"{file}: {replay.describe()}"
        assert replay.kind == "node"
        assert replay.records > 20
        assert replay.note == ""


def test_the_header_of_a_restarted_node_has_its_past(traces: list[Path]) -> None:
    with traces[2].open("rb") as file:
        header = TraceReader(file, "x").header
    assert isinstance(header, NodeHeader)
    assert header.identity.incarnation == 2
    assert header.durable.hard_state is not None
    assert header.entries > 0
    assert "T" in header.began


def test_a_changed_byte_is_found_and_the_place_is_named(traces: list[Path], tmp_path: Path) -> None:
    """The first digit of the number of a write becomes another one, now in this step, now in that."""
    whole = traces[0].read_bytes().splitlines(keepends=True)
    writers = [number for number, line in enumerate(whole) if b'"type":"Persist"' in line][::7]
    assert len(writers) > 5
    for number in writers:
        line = bytearray(whole[number])
        place = line.rindex(b'"position":') + len('"position":')
        line[place] = ord("1") + (line[place] - ord("0")) % 9
        changed = tmp_path / "changed.jsonl"
        changed.write_bytes(b"".join([*whole[:number], bytes(line), *whole[number + 1 :]]))
        difference = replay_file(changed).difference
        assert difference is not None
        assert difference.line == number + 1
        assert difference.file != difference.here
        assert "position=" in difference.describe()


def test_a_trace_can_be_read_as_a_story(traces: list[Path]) -> None:
    story = transcript_of(traces[2])
    assert "node 3 of 3, cluster quorate" in story.splitlines()[0]
    for words in ("follows", "loads", "snapshot", "commits"):
        assert words in story
    assert any("LEADS" in transcript_of(file) for file in traces)


# The file, step by step

IDENTITY = Identity("c", 3, 7, 1, (3,))


def begin(path: Path, most_bytes: int = 1 << 20, durable: Durable | None = None) -> Tracing:
    trace = Tracing(3, path, most_bytes)
    trace.begin("raft", IDENTITY, Settings(), 5, durable or Durable())
    return trace


class Settings(msgspec.Struct, frozen=True):
    """Of an algorithm."""


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()[1:]]


async def test_nothing_is_written_or_watched_without_a_path() -> None:
    trace = Tracing(3, None)
    trace.begin("raft", IDENTITY, Settings(), 5, Durable())
    algorithm = Clockwork()
    assert trace.watch(algorithm) is algorithm
    trace.add(Record(1, 3, TimePassed(), ()))
    await trace.close()


async def test_a_watched_algorithm_writes_its_steps(tmp_path: Path) -> None:
    file = tmp_path / "t"
    trace = begin(file)
    watched = trace.watch(Clockwork())
    assert isinstance(watched, Witness)
    watched.start(5)
    watched.step(TimePassed(), 6)
    await trace.close()
    await trace.close()
    assert [record["at"] for record in records(file)] == [5, 6]
    assert file.stat().st_mode & 0o777 == 0o640


async def test_what_is_gathered_is_written_after_a_while(tmp_path: Path) -> None:
    file = tmp_path / "t"
    trace = begin(file)
    trace.add(Record(1, 3, TimePassed(), ()))
    trace.add(Record(1 + GATHER_NS, 3, TimePassed(), ()))
    async with asyncio.timeout(10):
        while len(records(file)) < 2:
            await asyncio.sleep(0.001)
    await trace.close()


async def test_the_trace_before_is_kept_once(tmp_path: Path) -> None:
    file = tmp_path / "t"
    for text in (b"first", b"second"):
        file.write_bytes(text)
        await begin(file).close()
        assert (tmp_path / f"t{KEPT}").read_bytes() == text
        assert file.read_bytes().startswith(b'{"format"')


async def test_at_its_limit_the_file_says_so_and_ends(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "t"
    trace = begin(file, 2000)
    for number in range(100):
        trace.add(Record(number, 3, ReadRequested(number), ()))
    await trace.close()
    *steps, end = records(file)
    assert 0 < len(steps) < 30
    assert end == {"type": "Ended", "at": len(steps), "reason": "its size limit of 2,000 bytes is reached"}
    assert file.stat().st_size < 2200
    (told,) = caplog.messages
    assert told == f"node 3: its trace {file} has ended, the node goes on: its size limit of 2,000 bytes is reached"


async def test_a_past_that_does_not_fit_is_told_and_there_is_no_trace(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    past = Durable(entries=tuple(Entry(n, 1, 1, bytes(500), crc32(bytes(500))) for n in range(1, 9)))
    trace = begin(tmp_path / "t", 2000, past)
    algorithm = Clockwork()
    assert trace.watch(algorithm) is algorithm
    assert "does not fit into 2,000 bytes" in caplog.text


@pytest.mark.parametrize("where", ["missing/t", "folder"])
async def test_a_file_that_cannot_be_made_is_told_and_the_node_runs(
    tmp_path: Path, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "folder").mkdir()
    peers = {1: f"127.0.0.1:{free_ports(1)[0]}"}
    with caplog.at_level(logging.WARNING):
        async with Node(
            id=1, peers=peers, data_dir=tmp_path / "data", machine=Register(), trace=tmp_path / where
        ) as node:
            await node.wait_for_leader(30)
            assert await node.apply(b"x") == 1
    assert sum("has ended, the node goes on" in message for message in caplog.messages) == 1


async def test_a_node_that_fails_leaves_its_trace_to_the_end(tmp_path: Path) -> None:
    class Broken(Register):
        """Refuses to work, against the rules."""

        def apply(self, command: bytes) -> int:
            raise ZeroDivisionError("a defect of the machine")

    peers = {1: f"127.0.0.1:{free_ports(1)[0]}"}
    file = tmp_path / "t"
    async with Node(id=1, peers=peers, data_dir=tmp_path / "data", machine=Broken(), trace=file) as node:
        with pytest.raises(OutcomeUnknownError):
            await node.apply(b"x")
        assert isinstance(await node.failure(), MachineFailedError)
    assert replay_file(file).same
    assert any("Apply" in str(record["effects"]) for record in records(file))


async def test_a_full_disk_is_told_once_and_harms_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    trace = begin(tmp_path / "t")
    told = threading.Event()

    def full(_descriptor: int, _data: bytes) -> None:
        told.set()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tracing, "_write", full)
    for number in range(5):
        trace.add(Record(number * GATHER_NS, 3, TimePassed(), ()))
    assert await asyncio.to_thread(told.wait, 10)
    for number in range(5, 10):
        trace.add(Record(number * GATHER_NS, 3, TimePassed(), ()))
    await trace.close()
    (message,) = caplog.messages
    assert message.endswith("the node goes on: No space left on device")


async def test_a_disk_that_hangs_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    trace = begin(tmp_path / "t")
    wakes = threading.Event()
    monkeypatch.setattr(tracing, "_write", lambda _descriptor, _data: wakes.wait(30))
    monkeypatch.setattr(tracing, "WAITING_BYTES", 500)
    monkeypatch.setattr(tracing, "CLOSE_S", 0.01)
    try:
        for number in range(100):
            trace.add(Record(number * GATHER_NS, 3, TimePassed(), ()))
        await trace.close()
        assert "the disk does not keep up" in caplog.messages[0]
        assert "within 0.01 s" in caplog.messages[1]
    finally:
        wakes.set()


async def test_a_step_that_cannot_be_encoded_ends_the_trace(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    trace = begin(tmp_path / "t")
    odd: Any = object()
    trace.add(Record(1, 3, TimePassed(), (Explain("odd", {"odd": odd}),)))
    trace.add(Record(2, 3, TimePassed(), ()))
    await trace.close()
    (message,) = caplog.messages
    assert "cannot be encoded" in message
    (end,) = records(tmp_path / "t")
    assert end["type"] == "Ended"


def test_a_torn_last_line_is_left_out_and_said(traces: list[Path], tmp_path: Path) -> None:
    whole = traces[0].read_bytes()
    torn = tmp_path / "torn.jsonl"
    torn.write_bytes(whole[:-30])
    replay = replay_file(torn)
    assert replay.same
    assert "cut off" in replay.note
    reader = TraceReader(io.BytesIO(whole[:-30]), "x")
    assert len(list(reader.lines())) == whole.count(b"\n") - 2
