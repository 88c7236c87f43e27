"""Members come and go in real clusters: real sockets and files, in one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from quorate import ConfigError, Node, ProposalRejectedError, RequestFailedError
from quorate.core.reconfigure import Add, Remove
from real.processes import free_ports
from real.processes import until as until_answered

PATIENCE_S = 30.0

OPTIONS: dict[str, Any] = {
    "election_timeout_ms": 1000,
    "heartbeat_ms": 100,
    "catch_up_entries": 5,
    "snapshot_entries": 40,
}


async def until(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait for it, generously."""

    async def answer() -> bool:
        return condition()

    await until_answered(answer, "what was waited for", patience_s)


class Listing:
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


class Town:
    """Nodes by id, each with an address and a folder of its own; some of them run."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.addresses = {node: f"127.0.0.1:{port}" for node, port in enumerate(free_ports(count), 1)}
        self.nodes: dict[int, Node[Listing]] = {}

    async def start(self, node: int, peers: Iterable[int] = (), seed: int = 0, **more: Any) -> Node[Listing]:
        """With `peers` as its settings have them (itself alone by default), joining through `seed` if that is not 0."""
        known = {peer: self.addresses[peer] for peer in tuple(peers) or (node,)}
        join = self.addresses[seed] if seed else ""
        made = Node(
            id=node, peers=known, join=join, data_dir=self.folder / str(node), machine=Listing(), options=OPTIONS,
            timeout=PATIENCE_S, **more,
        )  # fmt: skip
        self.nodes[node] = made
        await made.start()
        return made

    async def found(self, count: int = 3) -> None:
        """The first members, with a leader."""
        for node in range(1, count + 1):
            await self.start(node, range(1, count + 1))
        await self.nodes[1].wait_for_leader()

    async def stop(self, *nodes: int) -> None:
        for node in nodes:
            await self.nodes.pop(node).stop()

    async def agreed(self, *voters: int) -> None:
        """Until every running member says that these vote, and has applied the same."""

        def reached() -> bool:
            running = [self.nodes[node] for node in voters if node in self.nodes]
            groups = {node.members.configuration for node in running}
            applied = {node.status().applied for node in running}
            return len(groups) == len(applied) == 1 and next(iter(groups)).voters == voters

        await until(reached, PATIENCE_S)

    def leader(self) -> int:
        return next(node for node, running in self.nodes.items() if running.is_leader)


@asynccontextmanager
async def town(folder: Path, count: int) -> AsyncIterator[Town]:
    made = Town(folder, count)
    try:
        yield made
    finally:
        await made.stop(*made.nodes)


async def test_s_m13_a_node_joins_with_one_seed_address_catches_up_and_votes(tmp_path: Path) -> None:
    """Through a member with a lower id and one with a higher; state and members come with the log, or with a snapshot."""
    async with town(tmp_path, 5) as place:
        place.addresses[1], place.addresses[5] = place.addresses[5], place.addresses[1]
        await place.start(2, (2, 3, 4))
        await place.start(3, (2, 3, 4))
        await place.start(4, (2, 3, 4))
        for number in range(100):
            await place.nodes[2].apply(b"%d" % number)
        await place.start(5, seed=2)
        await place.agreed(2, 3, 4, 5)
        await place.start(1, seed=5)
        await place.agreed(1, 2, 3, 4, 5)
        assert await place.nodes[1].apply(b"last") == 101
        assert await place.nodes[5].read(lambda machine: len(machine.values)) == 101
        member = place.nodes[3].members.configuration.member(5)
        assert member is not None
        assert (member.address, member.disk > 0, member.joined_at > 0) == (place.addresses[5], True, True)
        # All start again, with the settings they had: what is in the log counts.
        await place.stop(1, 2, 3, 4, 5)
        for node in (2, 3, 4):
            await place.start(node, (2, 3, 4))
        for node in (1, 5):
            await place.start(node, seed=3)
        await place.agreed(1, 2, 3, 4, 5)
        assert await place.nodes[1].apply(b"again") == 102


async def test_a_group_grows_from_one_node(tmp_path: Path) -> None:
    async with town(tmp_path, 3) as place:
        await place.found(1)
        await place.nodes[1].apply(b"x")
        await place.start(2, seed=1)
        await place.agreed(1, 2)
        await place.start(3, seed=2)
        await place.agreed(1, 2, 3)
        assert await place.nodes[3].apply(b"y") == 2


async def test_a_learner_stays_one_until_it_is_promoted(tmp_path: Path) -> None:
    async with town(tmp_path, 4) as place:
        await place.found()
        learner = await place.start(4, seed=1, learner=True)
        await until(lambda: learner.members.configuration.learners == (4,), PATIENCE_S)
        assert await learner.apply(b"x") == 1
        assert await learner.read(lambda machine: machine.values) == [b"x"]
        await learner.members.promote(4)
        await place.agreed(1, 2, 3, 4)
        await learner.members.demote(4)
        await place.agreed(1, 2, 3)


async def test_s_m10_the_leader_is_removed_and_another_one_leads(tmp_path: Path) -> None:
    async with town(tmp_path, 3) as place:
        await place.found()
        await until(lambda: any(node.is_leader for node in place.nodes.values()), PATIENCE_S)
        old = place.leader()
        rest = tuple(node for node in (1, 2, 3) if node != old)
        await place.nodes[rest[0]].members.remove(old)
        await place.agreed(*rest)
        assert await place.nodes[rest[1]].apply(b"x") == 1
        with pytest.raises(ProposalRejectedError, match="removed"):
            await place.nodes[old].apply(b"y")
        assert "removed" in place.nodes[old].status().why
        with pytest.raises(RequestFailedError, match="removed"):
            await place.nodes[old].members.remove(rest[0])


async def test_s_m1_who_removes_itself_through_itself_is_answered_and_told(tmp_path: Path) -> None:
    """The link to a member that is gone lives on for a moment, for the leader's last words."""
    async with town(tmp_path, 5) as place:
        await place.found(5)
        await until(lambda: any(node.is_leader for node in place.nodes.values()), PATIENCE_S)
        leader = place.leader()
        follower, another, *rest = [node for node in place.nodes if node != leader]
        await place.nodes[follower].members.remove(follower)
        await until(lambda: "removed" in place.nodes[follower].status().why)
        await place.nodes[another].members.change([Remove(leader), Remove(another)])
        await place.agreed(*rest)


async def test_a_dead_member_is_replaced(tmp_path: Path) -> None:
    async with town(tmp_path, 4) as place:
        await place.found()
        await place.nodes[1].apply(b"x")
        await place.stop(3)
        await place.nodes[1].members.replace(3, 4, place.addresses[4])
        await place.start(4, seed=1)
        await place.agreed(1, 2, 4)
        assert await place.nodes[4].apply(b"y") == 2


async def test_r32_who_is_let_in_before_it_comes_says_with_which_directory_and_for_whom(tmp_path: Path) -> None:
    """The operator knows only its address; the rest is in its own settings."""
    async with town(tmp_path, 4) as place:
        await place.found()
        await place.stop(3)
        await place.nodes[1].members.add(4, place.addresses[4])
        await place.start(4, seed=1, replaces=3)
        await place.agreed(1, 2, 4)
        member = place.nodes[1].members.configuration.member(4)
        assert member is not None
        assert member.disk > 0


async def test_compare_and_set(tmp_path: Path) -> None:
    async with town(tmp_path, 3) as place:
        await place.found()
        members = place.nodes[2].members
        at = members.configuration.index
        await members.update(2, priority=5, expected=at)
        with pytest.raises(RequestFailedError, match="configuration_changed"):
            await members.remove(3, expected=at)
        assert [member.priority for member in members.list()] == [0, 5, 0]


async def test_several_changes_at_once(tmp_path: Path) -> None:
    async with town(tmp_path, 5) as place:
        await place.found()
        changes = [Add(4, place.addresses[4], voter=True), Add(5, place.addresses[5], voter=True), Remove(2), Remove(3)]
        asked = asyncio.ensure_future(place.nodes[1].members.change(changes))
        await place.start(4, seed=1)
        await place.start(5, seed=1)
        await asked
        await place.agreed(1, 4, 5)
        assert await place.nodes[4].apply(b"x") == 1


async def test_r32_an_emptied_directory_under_a_known_id_is_refused(tmp_path: Path) -> None:
    """It is told how to come back."""
    async with town(tmp_path, 4) as place:
        await place.found()
        await place.start(4, seed=1)
        await place.agreed(1, 2, 3, 4)
        await place.stop(4)
        (tmp_path / "4").rename(tmp_path / "lost")
        emptied = await place.start(4, seed=1)
        failure = await asyncio.wait_for(emptied.failure(), PATIENCE_S)
        assert "id_taken" in str(failure)
        assert "remove that member first" in str(failure)
        await place.stop(4)
        await place.nodes[1].members.remove(4)
        await place.start(4, seed=1)
        await place.agreed(1, 2, 3, 4)


async def test_r32_a_founder_with_an_emptied_directory_is_refused_though_all_have_started_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Two of three, one of them without a memory, would else elect each other, and forget what the third has."""
    async with town(tmp_path, 4) as place:
        await place.found()
        await place.nodes[1].apply(b"x")
        await place.agreed(1, 2, 3)
        await place.stop(1, 2, 3)
        (tmp_path / "3").rename(tmp_path / "lost")
        await place.start(1, (1, 2, 3))
        emptied = await place.start(3, (1, 2, 3))
        await until(lambda: "disk_changed" in caplog.text)
        assert emptied.status().leader is None
        assert place.nodes[1].status().leader is None
        await place.start(2, (1, 2, 3))
        await place.stop(3)
        await place.start(4, seed=1, replaces=3)
        await place.agreed(1, 2, 4)
        assert await place.nodes[4].apply(b"y") == 2


async def test_who_knocks_at_the_wrong_door_is_told_so(tmp_path: Path) -> None:
    async with town(tmp_path, 3) as place:
        await place.found(1)
        stranger = await place.start(2, seed=1, cluster="another")
        assert "wrong_cluster" in str(await asyncio.wait_for(stranger.failure(), PATIENCE_S))
        waiting = await place.start(3, seed=2)
        await until(lambda: waiting.status().role == "follower", PATIENCE_S)
        with pytest.raises(ProposalRejectedError, match="no_leader"):
            await waiting.apply(b"x", timeout=0.2)


async def test_who_joins_has_no_list_of_members(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="only its own address"):
        Node(id=1, peers={1: "a:1", 2: "b:1"}, join="c:1", data_dir=tmp_path, machine=Listing())
