"""The writer that goes on while leaders come and go."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic

import pytest

from cli.free_ports import free_base_port
from quorate import KeyValueMachine, Node, StoppedError
from quorate.cli.bench_load import put
from quorate.cli.bench_watch import STEADY, Writer, longest_gap, write_once


def node(directory: Path) -> Node[KeyValueMachine]:
    peers = {1: f"127.0.0.1:{free_base_port(1) + 1}"}
    return Node(id=1, peers=peers, data_dir=directory, machine=KeyValueMachine())


def test_the_longest_gap_ends_after_the_kill() -> None:
    times = [0.0, 5.0, 6.0, 6.5, 8.5, 8.6]
    assert longest_gap(times, since=6.0) == 2.0, "the five seconds at the beginning were before"
    assert longest_gap(times, since=8.55) == pytest.approx(0.1)
    assert longest_gap(times, since=9.0) == longest_gap([], since=0.0) == 0.0


async def test_a_writer_tells_how_long_nothing_was_acknowledged(tmp_path: Path) -> None:
    async with node(tmp_path) as lone:
        writer = Writer(lone, put(1, b"x"))
        assert await writer.steady() >= STEADY
        since = monotonic()
        gap = await writer.end(but=2, since=since)
        assert 0 < gap < monotonic() - since + 60
        revision = lone.machine.revision
        await asyncio.sleep(0)
        assert lone.machine.revision == revision, "it has stopped"


async def test_a_node_that_stops_ends_the_writer(tmp_path: Path) -> None:
    async with node(tmp_path) as lone:
        writer = Writer(lone, put(1, b"x"))
        await writer.steady()
    with pytest.raises(StoppedError):
        await writer.end(but=1, since=monotonic())
    with pytest.raises(StoppedError):
        await write_once(lone, b"", monotonic() + 60)
