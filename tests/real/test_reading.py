"""Reads of real nodes: every level, and how the answer says that it was made."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from quorate import ConfigError, Node, ReadFailedError, ReadInfo, ReadYourWrites, Stale
from quorate.core.errors import StoppedError
from quorate.core.outcome import Applied
from quorate.real.reading import ReadGathering
from real.processes import until
from real.test_node import Register, addresses, cluster

LEASES = {"lease_reads": True, "fast_failover": False}


def values(machine: Register) -> list[bytes]:
    return list(machine.values)


async def became(condition: Callable[[], bool], what: str) -> None:
    async def look() -> bool:
        return condition()

    await until(look, what)


async def led(nodes: dict[int, Node[Register]]) -> tuple[Node[Register], Node[Register]]:
    """The leader, ready, and another node."""
    await became(lambda: any(node.is_leader for node in nodes.values()), "a leader that is ready")
    leader = next(node for node in nodes.values() if node.is_leader)
    return leader, next(node for node in nodes.values() if node is not leader)


async def test_s_q1_by_lease_on_the_leader_and_visibly_by_a_round_elsewhere(tmp_path: Path) -> None:
    async with cluster(tmp_path, 3, **LEASES) as nodes:
        leader, other = await led(nodes)
        await leader.apply(b"x")
        for _ in range(100):  # a test machine may be so slow that a lease runs out before it is used
            seen, info = await leader.read_with_info(values, consistency="lease")
            assert (seen, info.index) == ([b"x"], leader.applied)
            if info.answered == "lease":
                break
        assert info.answered == "lease"
        seen, info = await other.read_with_info(values, consistency="lease")
        assert (seen, info.answered) == ([b"x"], "linearizable")
        assert other.counters.outcomes["read_fell_back"] == 1


async def test_without_leases_a_lease_read_is_a_linearizable_one(tmp_path: Path) -> None:
    async with cluster(tmp_path, 1) as nodes:
        await nodes[1].apply(b"x")
        assert await nodes[1].read_with_info(values, consistency="lease") == (
            [b"x"],
            ReadInfo(nodes[1].applied, "linearizable"),
        )


async def test_what_was_written_elsewhere_is_waited_for(tmp_path: Path) -> None:
    async with cluster(tmp_path, 3) as nodes:
        leader, other = await led(nodes)
        outcome = await leader.propose([b"x"])
        assert isinstance(outcome, Applied)
        seen, info = await other.read_with_info(values, consistency=ReadYourWrites(outcome.index))
        assert (seen, info.answered, info.index >= outcome.index) == ([b"x"], "read_your_writes", True)
        with pytest.raises(ReadFailedError, match="behind"):
            await other.read(values, timeout=0.05, consistency=ReadYourWrites(outcome.index + 100))


async def test_a_node_without_a_leader_answers_local_reads_and_nothing_stronger(tmp_path: Path) -> None:
    async with cluster(tmp_path, 3) as nodes:
        leader, other = await led(nodes)
        outcome = await leader.propose([b"x"])
        assert isinstance(outcome, Applied)
        await became(lambda: other.applied >= outcome.index, "the other one has applied it")
        fresh = await other.read_with_info(values, consistency=Stale(max_lag=100, max_age_ms=10_000))
        assert (fresh[0], fresh[1].answered) == ([b"x"], "stale")
        for node in nodes.values():
            if node is not other:
                await node.stop()
        await became(lambda: other.leader is None, "nobody leads")
        seen, info = await other.read_with_info(values, consistency="local")
        assert (seen, info.answered, info.age_ns is not None and info.age_ns > 0) == ([b"x"], "local", True)
        with pytest.raises(ReadFailedError, match="no_leader"):
            await other.read(values, timeout=0.05, consistency=Stale(max_lag=100, max_age_ms=0))


async def test_what_the_query_raises_is_raised_and_a_cancelled_read_harms_nobody(tmp_path: Path) -> None:
    async with cluster(tmp_path, 1) as nodes:
        await became(lambda: nodes[1].is_leader, "it leads")
        with pytest.raises(ZeroDivisionError):
            await nodes[1].read(lambda _machine: 1 // 0, consistency="local")
        task = asyncio.ensure_future(nodes[1].read(values, consistency=ReadYourWrites(10**9)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await nodes[1].read(values) == []
    with pytest.raises(StoppedError):
        await nodes[1].read(values, consistency="local")


@pytest.mark.skipif(sys.platform != "linux", reason="CLOCK_BOOTTIME is Linux's")
def test_leases_need_a_clock_that_counts_suspended_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("time.CLOCK_BOOTTIME")
    peers = addresses(1)
    Node(id=1, peers=peers, data_dir=tmp_path, machine=Register())
    with pytest.raises(ConfigError, match="CLOCK_BOOTTIME"):
        Node(id=1, peers=peers, data_dir=tmp_path, machine=Register(), options=LEASES)


def test_leases_and_fast_failover_are_refused_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="exclude each other"):
        Node(id=1, peers=addresses(1), data_dir=tmp_path, machine=Register(), options={"lease_reads": True})


def gathered(machine: Register, *queries: Callable[[Register], object]) -> ReadGathering:
    gathering = ReadGathering(None, 7, machine)
    for query in queries:
        gathering.queries.append(query)
        gathering.futures.append(asyncio.get_running_loop().create_future())
    return gathering


async def test_readers_of_one_turn_of_the_loop_are_one_call_and_each_gets_its_own() -> None:
    machine = Register()
    machine.apply(b"x")
    gathering = gathered(machine, values, len, lambda machine: machine.values[7], values)
    asked = iter(gathering.futures)
    gathering.futures[3].cancel()
    gathering.queries[3] = lambda _: pytest.fail("nobody waits for it")
    assert (gathering.readers, gathering.done is None) == (4, False)
    info = ReadInfo(1, "linearizable")
    gathering.look(info)
    gathering.settle(1)
    assert gathering.done is None
    assert await next(asked) == ([b"x"], info)
    with pytest.raises(TypeError, match="no len"):
        await next(asked)
    with pytest.raises(IndexError):
        await next(asked)
    gathering.settle(ReadFailedError("timeout"))
    assert gathering.futures[0].result() == ([b"x"], info)


async def test_readers_that_are_refused_together_are_told_each_by_itself() -> None:
    gathering = gathered(Register(), values, values, values)
    gathering.futures[2].cancel()
    gathering.settle(ReadFailedError("no_leader", 3))
    first, second = [future.exception() for future in gathering.futures[:2]]
    assert isinstance(first, ReadFailedError)
    assert isinstance(second, ReadFailedError)
    assert first is not second
    assert (first.reason, first.hint) == (second.reason, second.hint) == ("no_leader", 3)


async def test_more_readers_than_may_wait_are_parted() -> None:
    gathering = gathered(Register(), *[values] * 5)
    parts = list(gathering.close(2))
    assert [part.readers for part in parts] == [2, 2, 1]
    assert [future for part in parts for future in part.futures] == gathering.futures
    assert {(part.timeout, part.deadline) for part in parts} == {(None, 7)}
    assert list(gathering.close(5)) == [gathering]


async def test_readers_with_different_patience_wait_each_as_long_as_it_said(tmp_path: Path) -> None:
    async with cluster(tmp_path, 1) as nodes:
        await nodes[1].apply(b"x")
        reads = [nodes[1].read(values, timeout) for timeout in (None, 5, 5, None)]
        assert await asyncio.gather(*reads) == [[b"x"]] * 4
        assert nodes[1].counters.outcomes["read"] == 4
    async with cluster(tmp_path / "alone", 3) as nodes:
        _, other = await led(nodes)
        for node in nodes.values():
            if node is not other:
                await node.stop()
        calls = [asyncio.ensure_future(other.read(values, timeout)) for timeout in (30, 0.05, 0.05)]
        done, waiting = await asyncio.wait(calls, return_when=asyncio.FIRST_EXCEPTION)
        assert done <= set(calls[1:])
        assert calls[0] in waiting
        await other.stop()
        with pytest.raises(ReadFailedError, match="stopping"):
            await calls[0]
