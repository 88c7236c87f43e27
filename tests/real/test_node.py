"""The embedded API, with real sockets and files in one process."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from quorate import (
    Applied,
    CommandError,
    ConfigError,
    Keys,
    Node,
    NotApplied,
    OutcomeUnknownError,
    ProposalRejectedError,
    QuorateError,
    ReadFailedError,
    RequestFailedError,
    StoppedError,
    Unknown,
)
from real.processes import free_ports, until


class Register:
    """Keeps every command; refuses `bad`, breaks at `boom`."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    def apply(self, command: bytes) -> int:
        """How many there are now."""
        if command == b"bad":
            raise CommandError("bad is refused", "bad")
        if command == b"boom":
            raise ZeroDivisionError("a defect of the machine")
        self.values.append(command)
        return len(self.values)

    def snapshot(self) -> bytes:
        """All of them."""
        return b"\n".join(self.values)

    def restore(self, chunks: Iterable[bytes]) -> None:
        """All of them."""
        self.values = b"".join(chunks).split(b"\n")


def addresses(count: int) -> dict[int, str]:
    """Peers on free ports."""
    return {node: f"127.0.0.1:{port}" for node, port in enumerate(free_ports(count), start=1)}


@asynccontextmanager
async def cluster(tmp_path: Path, count: int, **options: object) -> AsyncIterator[dict[int, Node[Register]]]:
    """Running nodes; those that a test stopped may be stopped again."""
    peers = addresses(count)
    async with AsyncExitStack() as stack:
        nodes = {
            node: await stack.enter_async_context(
                Node(id=node, peers=peers, data_dir=tmp_path / str(node), machine=Register(), options=options)
            )
            for node in peers
        }
        await nodes[1].wait_for_leader(30)
        yield nodes


async def test_any_node_takes_commands_and_reads_and_says_who_leads(tmp_path: Path) -> None:
    """Leader and followers alike; the result is that of the machine on the node that was asked."""
    async with cluster(tmp_path, 3) as nodes:
        for turn, node in enumerate([*nodes.values(), *nodes.values()], start=1):
            assert await node.apply(b"%d" % turn) == turn
            assert await node.read(lambda machine: len(machine.values)) == turn
        leaders = {await node.wait_for_leader() for node in nodes.values()}
        assert len(leaders) == 1
        leader = nodes[leaders.pop()]
        assert leader.is_leader
        assert leader.leader == leader.id
        status = leader.status()
        assert (status.role, status.ready, status.applied >= 7, status.failed) == ("leader", True, True, None)
        assert set(status.peers) == set(nodes) - {leader.id}
        assert all(
            node.machine.values == leader.machine.values for node in nodes.values() if node.status().applied == 7
        )


async def test_a_list_of_commands_is_one_unit_with_a_result_each(tmp_path: Path) -> None:
    """A refused command is a result in its place, and raised by `apply`."""
    async with cluster(tmp_path, 1) as nodes:
        assert await nodes[1].apply_many([b"a", b"bad", b"b"]) == [1, CommandError("bad is refused", "bad"), 2]
        assert isinstance(await nodes[1].propose([b"c"]), Applied)
        with pytest.raises(CommandError, match="bad is refused"):
            await nodes[1].apply(b"bad")


async def test_s_c3_r38_many_callers_each_get_their_own_result(tmp_path: Path) -> None:
    """S-C3, R38: never another's."""
    async with cluster(tmp_path, 3) as nodes:

        async def caller(number: int) -> tuple[bytes, int]:
            command = b"%d" % number
            return command, await nodes[number % 3 + 1].apply(command)

        answers = await asyncio.gather(*(caller(number) for number in range(300)))
        values = await nodes[1].read(lambda machine: list(machine.values))
        assert len(values) == 300
        assert all(values[position - 1] == command for command, position in answers)


async def test_s_c6_r37_a_key_makes_a_command_apply_once_through_any_node_and_restarts(tmp_path: Path) -> None:
    """S-C6, R37: asked again elsewhere, after a restart of a neighbour from its snapshot too, it is answered as the first time."""
    async with cluster(tmp_path, 3, snapshot_entries=5) as nodes:
        keys = Keys(await nodes[1].open_session())
        first, second = keys.next(), keys.next()
        assert await nodes[1].apply(b"a", key=first) == 1
        assert await nodes[2].apply(b"a", key=first) == 1
        for number in range(10):
            await nodes[1].apply(b"%d" % number)
        await nodes[3].stop()
        peers = nodes[3]._peers
        again = Node(id=3, peers=peers, data_dir=tmp_path / "3", machine=Register(), options={"snapshot_entries": 5})
        async with again:
            assert await again.apply(b"a", key=first) == 1
            assert await again.propose([b"b", b"c"], key=second) == Applied([12, 13], again.status().applied)
            with pytest.raises(ProposalRejectedError, match="key_reused"):
                await nodes[2].apply(b"another", key=first)
            keys.settle(first)
            keys.settle(second)
            assert await again.apply(b"d", key=keys.next()) == 14
            assert await nodes[1].propose([b"a"], key=first) == NotApplied("session_expired")
            assert await nodes[1].read(lambda machine: machine.values[-3:]) == [b"b", b"c", b"d"]


async def test_s_c8_what_was_applied_is_there_after_a_restart(tmp_path: Path) -> None:
    """S-C8: nothing lost, nothing doubled; also from a snapshot and the log behind it."""
    peers = addresses(1)
    for start in range(3):
        node = Node(id=1, peers=peers, data_dir=tmp_path / "1", machine=Register(), options={"snapshot_entries": 5})
        async with node:
            assert node.recovery is not None
            assert node.recovery.created is (start == 0)
            assert await node.read(lambda machine: len(machine.values)) == start * 20
            for number in range(20):
                await node.apply(b"%d" % number)
            await until(_snapshot_of(node), "a snapshot is taken")


def _snapshot_of(node: Node[Register]) -> Callable[[], Awaitable[bool]]:
    async def taken() -> bool:
        return node.status().snapshot_index > 0

    return taken


async def test_leadership_passes_on_when_the_leader_stops(tmp_path: Path) -> None:
    """Its followers see the connection break, and need not wait out the election timeout."""
    async with cluster(tmp_path, 3) as nodes:
        first = await nodes[1].wait_for_leader()
        await nodes[first].apply(b"before")
        other = next(node for node in nodes.values() if node.id != first)
        await nodes[first].stop()
        assert await other.apply(b"after", timeout=30) == 2
        assert other.leader not in (None, first)
        assert other.term > 1


async def test_s_e28_leadership_is_told_in_order_and_ends_with_the_node(tmp_path: Path) -> None:
    """The last word is that nobody leads."""
    async with cluster(tmp_path, 1) as nodes:
        await nodes[1].apply(b"x")
        news = nodes[1].leadership()
        present = await anext(news)
        assert (present.leader, present.mine, present.ready) == (1, True, True)
        await nodes[1].stop()
        assert [change.leader async for change in news] == [None]


async def test_without_a_quorum_callers_are_told_the_truth(tmp_path: Path) -> None:
    """Certainly not applied if no leader was ever there to take it; a read fails."""
    peers = addresses(3)
    async with Node(id=1, peers=peers, data_dir=tmp_path / "1", machine=Register()) as node:
        outcome = await node.propose([b"x"], timeout=0.1)
        assert isinstance(outcome, NotApplied), outcome
        with pytest.raises(ProposalRejectedError, match="not applied"):
            await node.apply(b"x", timeout=0.1)
        with pytest.raises(ReadFailedError, match="no_leader"):
            await node.read(lambda machine: machine, timeout=0.1)
        with pytest.raises(TimeoutError, match="no leader after"):
            await node.wait_for_leader(0.1)


async def test_s_c4_a_leader_that_lost_its_quorum_says_unknown(tmp_path: Path) -> None:
    """S-C4: it may yet be applied, so it is not called refused."""
    async with cluster(tmp_path, 3, election_timeout_ms=5000, heartbeat_ms=50) as nodes:
        leader = await nodes[1].wait_for_leader()
        await nodes[leader].apply(b"x")
        for node in nodes.values():
            if node.id != leader:
                await node.stop()
        assert isinstance(await nodes[leader].propose([b"y"], timeout=0.3), Unknown)


async def test_r40_a_cancelled_caller_does_not_cancel_its_command(tmp_path: Path) -> None:
    """R40: nor does it stop the node from applying."""
    async with cluster(tmp_path, 1) as nodes:
        call = asyncio.ensure_future(nodes[1].apply(b"x"))
        await asyncio.sleep(0)
        call.cancel()
        assert await nodes[1].apply(b"y") == 2


async def test_a_command_is_bytes_or_what_has_them(tmp_path: Path) -> None:
    """Anything else its caller is told, before others share an entry with it."""
    async with cluster(tmp_path, 1) as nodes:
        wrong: Any = "text"
        answers = await asyncio.gather(
            nodes[1].apply(b"x"), nodes[1].apply(wrong), nodes[1].apply(bytearray(b"y")), return_exceptions=True
        )
        assert isinstance(answers[1], TypeError)
        assert sorted(nodes[1].machine.values) == [b"x", b"y"]


async def test_a_command_is_given_up_at_its_own_time_among_others(tmp_path: Path) -> None:
    """Who says how long it waits is not bound to those of the same moment."""
    async with cluster(tmp_path, 3) as nodes:
        leader = await nodes[1].wait_for_leader()
        for node in set(nodes) - {leader}:
            await nodes[node].stop()
        calls = [nodes[leader].apply(b"%d" % number, timeout) for number, timeout in enumerate((None, 0.2, None))]
        waits = [asyncio.ensure_future(call) for call in calls]
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        assert done == {waits[1]}
        assert isinstance(waits[1].exception(), OutcomeUnknownError | ProposalRejectedError)
        await nodes[leader].stop()
        assert all(isinstance(error, QuorateError) for error in await asyncio.gather(*waits, return_exceptions=True))


async def test_commands_come_in_the_order_of_their_calls(tmp_path: Path) -> None:
    """However long their callers wait, with a key or in a list."""
    async with cluster(tmp_path, 1) as nodes:
        node = nodes[1]
        keys = Keys(await node.open_session())
        calls = [
            node.apply(b"1"),
            node.apply(b"2", 20.0),
            node.apply(b"3"),
            node.apply_many([b"4", b"5"]),
            node.apply(b"6", 20.0, key=keys.next()),
            node.apply(b"7"),
            node.apply(b"8"),
        ]
        await asyncio.gather(*calls)
        assert node.machine.values == [b"%d" % number for number in range(1, 9)]


async def test_a_query_that_raises_reaches_its_caller_only(tmp_path: Path) -> None:
    """The node goes on."""
    async with cluster(tmp_path, 1) as nodes:
        with pytest.raises(ZeroDivisionError):
            await nodes[1].read(lambda machine: 1 // len(machine.values))
        assert await nodes[1].apply(b"x") == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"peers": {2: "127.0.0.1:1"}}, "no address for node 1"),
        ({"peers": {1: "127.0.0.1:1", 0: "127.0.0.1:2"}}, "1 or above"),
        ({"cluster": ""}, "cluster must not be empty"),
        ({"algorithm": "paxos"}, "no algorithm 'paxos'"),
        ({"options": {"election_timeout": 1}}, "did you mean 'election_timeout_ms'"),
        ({"options": {"election_timeout_ms": 10}}, "at least 5 x heartbeat_ms"),
        ({"options": {"heartbeat_ms": "fast"}}, "heartbeat_ms"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(tmp_path: Path, settings: dict[str, object], words: str) -> None:
    """Before anything is opened, with the remedy."""
    given: dict[str, object] = {"id": 1, "peers": {1: "127.0.0.1:1"}, "data_dir": tmp_path / "x", "machine": Register()}
    with pytest.raises(ConfigError) as caught:
        Node(**(given | settings))  # type: ignore[arg-type]
    assert words in str(caught.value)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("example", ["counter.py", "leader_job.py"])
@pytest.mark.real
async def test_the_examples_run(example: str) -> None:
    """As a newcomer would run them."""
    path = Path(__file__).parents[2] / "examples" / example
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(path), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert (b"refused: b'one' is no whole number" if example == "counter.py" else b"stopping node") in output


async def hears(node: Node[Register], leader: int, *, ready: bool = False) -> None:
    """Until the node knows that `leader` leads, and, on that node itself, is ready."""
    async for change in node.leadership():
        if change.leader == leader and change.ready >= ready:
            return


async def test_leadership_goes_to_the_node_that_is_named(tmp_path: Path) -> None:
    """Asked on any node; when the call returns, that node leads."""
    async with cluster(tmp_path, 3) as nodes:
        leader = await nodes[1].wait_for_leader()
        target = leader % 3 + 1
        asked = ({1, 2, 3} - {leader, target}).pop()
        await nodes[asked].transfer_leadership(target, timeout=20)
        await asyncio.wait_for(asyncio.gather(*(hears(node, target) for node in nodes.values())), 30)
        with pytest.raises(RequestFailedError, match="leads_already"):
            await nodes[target].transfer_leadership(target)
        with pytest.raises(RequestFailedError, match="not_a_voter"):
            await nodes[asked].transfer_leadership(9)


async def test_a_leader_that_stops_hands_over_and_its_callers_are_answered(tmp_path: Path) -> None:
    """A clean stop loses nobody's command, and the others have a leader before the old one has closed its connections."""
    async with cluster(tmp_path, 3) as nodes:
        leader = await nodes[1].wait_for_leader()
        await asyncio.wait_for(hears(nodes[leader], leader, ready=True), 30)
        calls = [asyncio.ensure_future(nodes[leader].propose([b"%d" % turn], timeout=20)) for turn in range(50)]
        await asyncio.sleep(0)
        term = nodes[leader].term
        await nodes[leader].stop()
        assert all(isinstance(outcome, Applied) for outcome in await asyncio.gather(*calls))
        others = [node for node in nodes.values() if node.id != leader]
        new = await others[0].wait_for_leader(20)
        assert new != leader
        assert await others[0].apply(b"after", timeout=20) == 51
        assert others[0].term == term + 1, "one election, by the old leader's word"


async def test_s_c10_settings_change_while_nodes_run(tmp_path: Path) -> None:
    """The times that were too long for this test become short ones; what is wrong changes nothing."""
    async with cluster(tmp_path, 3) as nodes:
        with pytest.raises(ConfigError, match="at least 5 x heartbeat_ms"):
            nodes[1].reload({"heartbeat_ms": 400})
        with pytest.raises(ConfigError, match="snapshot_chunk_bytes: cannot change while the node runs"):
            nodes[1].reload({"snapshot_chunk_bytes": 5, "heartbeat_ms": 10})
        leader = await nodes[1].wait_for_leader(30)
        times = {"election_timeout_ms": 250, "heartbeat_ms": 10, "queued_commands": 1}
        for node in sorted(nodes, key=lambda node: node != leader):
            assert nodes[node].reload(times) == times
            assert nodes[node].reload(times) == {}
        assert await nodes[1].apply(b"x", 30) == 1
        outcomes = await asyncio.gather(*(nodes[leader].propose([b"y", b"z"], 30) for _ in range(20)))
        assert NotApplied in {type(outcome) for outcome in outcomes}, "one may wait, and no more"
    with pytest.raises(StoppedError):
        nodes[1].reload({})
