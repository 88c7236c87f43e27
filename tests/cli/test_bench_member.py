"""The process of a node, spoken to without a process."""

from __future__ import annotations

from pathlib import Path

import msgspec

from cli.free_ports import free_base_port
from quorate import Node
from quorate.cli.bench_member import Count, Member, answer_to, loop_factory, memory
from quorate.cli.bench_orders import (
    Answer,
    BeginWrites,
    CatchUp,
    EndWrites,
    Fill,
    MemberPlan,
    Memory,
    Order,
    Remember,
    Run,
    WhoLeads,
    WriteOnce,
)
from quorate.cli.bench_results import Load, Sample
from quorate.core.machine import StateMachine


async def test_every_order_has_its_answer(tmp_path: Path) -> None:
    peers = {1: f"127.0.0.1:{free_base_port(1) + 1}"}
    plan = MemberPlan(1, peers, str(tmp_path), "raft")
    machine: StateMachine = Count()
    async with Node(id=1, peers=peers, data_dir=tmp_path, machine=machine) as node:
        member = Member(plan, node)

        async def told(order: Order) -> bytes:
            answer = await answer_to(member, msgspec.json.encode(order))
            assert answer.error == ""
            return bytes(answer.value)

        assert await told(WhoLeads()) == b"1"
        run = Run(Load("write", "leader", 4), 64, 0.1, 0.0)
        assert msgspec.json.decode(await told(run), type=Sample).calls >= 4
        assert await told(Fill(0, 20, 8)) == b"20"
        assert float(await told(WriteOnce(8))) > 0
        assert int(await told(BeginWrites(8))) > 0
        assert float(await told(EndWrites(2, 0.0))) > 0
        assert await told(CatchUp()) == b"true"
        assert msgspec.json.decode(await told(Remember()), type=Memory).resident > 1_000_000


async def test_what_goes_wrong_is_one_line(tmp_path: Path) -> None:
    peers = {1: f"127.0.0.1:{free_base_port(1) + 1}"}
    machine: StateMachine = Count()
    node = Node(id=1, peers=peers, data_dir=tmp_path, machine=machine)
    answer: Answer = await answer_to(Member(MemberPlan(1, peers, "", "raft"), node), msgspec.json.encode(CatchUp()))
    assert answer.error.startswith("StoppedError: ")
    assert "\n" not in answer.error


def test_memory_is_what_the_system_says(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tx\nVmHWM:\t  300 kB\nVmRSS:\t  200 kB\n")
    assert memory(status) == Memory(200 * 1024, 300 * 1024)
    elsewhere = memory(tmp_path / "none")
    assert elsewhere.resident == elsewhere.peak > 1_000_000


def test_the_counting_machine_survives_a_snapshot() -> None:
    first, second = Count(), Count()
    for _ in range(3):
        first.apply(b"x")
    second.restore([first.snapshot()])
    assert second.apply(b"y") == 4
    assert second.newest == b"y"


def test_nodes_run_on_uvloop_where_there_is_one() -> None:
    factory = loop_factory()
    assert factory is None or factory.__module__.startswith("uvloop")
