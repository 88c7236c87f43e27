"""Callers inside of a node's process."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.free_ports import free_base_port
from quorate import KeyValueMachine, Node
from quorate.cli.bench_load import fill, put, puts, raw_commands, run_load
from quorate.cli.bench_orders import Fill, Run
from quorate.cli.bench_results import Load


def node(directory: Path) -> Node[KeyValueMachine]:
    peers = {1: f"127.0.0.1:{free_base_port(1) + 1}"}
    return Node(id=1, peers=peers, data_dir=directory, machine=KeyValueMachine())


@pytest.mark.parametrize(
    "load",
    [Load("write", "leader", 3), Load("write", "leader", 2, together=5), Load("read", "leader", 3)],
    ids=lambda load: load.label,
)
async def test_each_load_counts_what_ended_in_its_window(load: Load, tmp_path: Path) -> None:
    async with node(tmp_path) as lone:
        await lone.wait_for_leader()
        found = await run_load(lone, Run(load, 16, 0.2, 0.05, keys=4), puts(16, 4))
        assert found.calls >= load.in_flight, "each caller ends the call that it has begun"
        assert found.per_second == pytest.approx((found.calls - load.in_flight) * load.together / 0.2)
        assert found.calls == sum(found.buckets.values())
        assert (len(lone.machine) == 0) == (load.what == "read")


async def test_a_store_is_filled_once(tmp_path: Path) -> None:
    async with node(tmp_path) as lone:
        await lone.wait_for_leader()
        assert await fill(lone, Fill(10, 300, 8)) == 300
        assert len(lone.machine) == 300
        await lone.apply(put(10, b"again"))
        assert len(lone.machine) == 300, "its keys are numbered from the first"


def test_commands_are_made_beforehand() -> None:
    assert [len(command) for command in raw_commands(256)] == [256]
    assert raw_commands(64) == raw_commands(64)
    assert len(puts(16, 3)) == 3
    assert len(puts(16, 1_000_000)) == 1024
