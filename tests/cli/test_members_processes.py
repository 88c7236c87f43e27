"""`quorate members` as an operator uses it: the command itself, real node processes, and writers that go on meanwhile."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from quorate.cli.members_table import SILENT_NS
from quorate.client.client import Client
from real.members_load import LIMIT_S, OPTIONS, loaded, settled
from real.processes import ServedCluster, until

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


class Ended(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


class Operator:
    """Somebody at a shell, who knows the servers by their client addresses."""

    def __init__(self, cluster: ServedCluster) -> None:
        self.cluster = cluster

    async def members(self, *words: str, at: Iterable[int] = (), limit_s: float = LIMIT_S) -> Ended:
        """`quorate members ...`, asked of these nodes; of all without any."""
        endpoints = ",".join(self.cluster.client[node] for node in tuple(at) or self.cluster.nodes)
        command = [
            sys.executable,
            "-m",
            "quorate.cli.main",
            "members",
            *words,
            "-e",
            endpoints,
            "--timeout",
            f"{limit_s:g}",
        ]
        process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
        out, err = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())

    async def done(self, *words: str, at: Iterable[int] = ()) -> dict[str, Any]:
        """The members after a command that succeeds."""
        ended = await self.members(*words, "--json", at=at)
        assert ended.code == 0, ended
        document: dict[str, Any] = json.loads(ended.out)
        return document


def roles(document: dict[str, Any]) -> dict[int, str]:
    return {member["id"]: member["role"] for member in document["members"]}


async def test_s_m13_s_m6_a_node_is_let_in_awaited_demoted_and_promoted(tmp_path: Path) -> None:
    """Its file has one address of the cluster, and nobody else's file is touched."""
    async with ServedCluster(tmp_path, options=OPTIONS) as cluster:
        shell = Operator(cluster)
        await cluster.leader()
        before = (await shell.done("list"))["index"]
        cluster.enrol(4, 2)
        async with loaded(cluster) as (client, load):
            waiting = asyncio.create_task(
                shell.done("add", "4", cluster.peers[4], "--wait", "--expected", str(before), at=(1, 2, 3))
            )
            await until(lambda: _knows(client, 4), "node 4 is let in before it is there")
            cluster.start(4)
            assert roles(await waiting) == {1: "voter", 2: "voter", 3: "voter", 4: "voter"}
        await load.verify(cluster, [1, 2, 3, 4])
        # Compare and set: the configuration is another one since.
        late = await shell.members("remove", "1", "--expected", str(before))
        assert late.code == 1
        assert "the members have changed since" in late.err
        assert "ask again with that index" in late.err
        assert roles(await shell.done("demote", "4", at=(4,)))[4] == "learner"
        promoted = await shell.members("promote", "4", at=(4,))
        assert (promoted.code, promoted.err.count("warning: 4 voters survive the loss of 1")) == (0, 1)
        assert re.search(rf"^4 +voter(, leads)? +{re.escape(cluster.peers[4])} ", promoted.out, re.MULTILINE)


async def _knows(client: Client, node: int) -> bool:
    return (await client.members.list()).member(node) is not None


async def test_s_m10_a_leader_is_removed_and_stays_away_while_writers_go_on(tmp_path: Path) -> None:
    async with ServedCluster(tmp_path, options=OPTIONS) as cluster:
        shell = Operator(cluster)
        await cluster.leader()
        async with loaded(cluster) as (client, load):
            old = await cluster.whole()
            rest = [node for node in (1, 2, 3) if node != old]
            ended = await shell.members("remove", str(old))
            assert ended.code == 0, ended
            assert "warning: two voters: the loss of either stops everything" in ended.err
            view = await settled(client, *rest)
            assert view.leader in rest
            await load.goes_on()
            removed = await until(lambda: _says_removed(cluster, old), "the removed leader says so")
            assert removed["role"] == "follower"
            # Whoever asks it is sent elsewhere, and a command that knows no other node is told why.
            told = await shell.members("remove", str(rest[0]), at=(old,), limit_s=1.0)
            assert (told.code, "is no member of the cluster any more" in told.err) == (1, True), told
            assert "ask another node" in told.err
        await load.verify(cluster, rest)


async def _says_removed(cluster: ServedCluster, node: int) -> dict[str, Any] | None:
    status = await cluster.status(node)
    return status if status is not None and "was removed from the group" in status["why"] else None


async def test_a_dead_node_is_replaced_and_the_living_are_not_removed_before_the_dead(tmp_path: Path) -> None:
    async with ServedCluster(tmp_path, options=OPTIONS) as cluster:
        shell = Operator(cluster)
        await cluster.leader()
        cluster.enrol(4, 1)
        async with loaded(cluster) as (_, load):
            cluster.kill(3)
            replacing = asyncio.create_task(shell.done("replace", "3", "4", cluster.peers[4], "--wait", at=(1, 2)))
            cluster.start(4)
            assert roles(await replacing) == {1: "voter", 2: "voter", 4: "voter"}
        await load.verify(cluster, [1, 2, 4])
        leader = await cluster.leader()
        dead, living = (node for node in (1, 2, 4) if node != leader)
        cluster.kill(dead)
        await until(lambda: _silent(cluster, leader, dead), "the leader notices the silence")
        refused = await shell.members("remove", str(living))
        assert refused.code == 1
        assert f"start node {dead} again, or remove that one first; --force does it all the same" in refused.err
        assert roles(await shell.done("remove", str(dead))) == {leader: "voter", living: "voter"}


async def _silent(cluster: ServedCluster, leader: int, node: int) -> bool:
    """For longer than the command waits before it takes a voter for dead."""
    status = await cluster.status(leader)
    return status is not None and (status["peers"].get(str(node), {}).get("contact_age_ns") or 0) > SILENT_NS


async def test_s_m1_while_a_change_waits_half_done_no_other_is_taken_and_the_refusal_names_the_way_out(
    tmp_path: Path,
) -> None:
    async with ServedCluster(tmp_path, options=OPTIONS) as cluster:
        shell = Operator(cluster)
        leader = await cluster.whole()
        one, other = (node for node in (1, 2, 3) if node != leader)
        async with Client([*cluster.client.values()], timeout_s=LIMIT_S) as client:
            both = [{"do": "demote", "id": one}, {"do": "demote", "id": other}]
            assert (await client.members.change(both, auto_leave=False)).joint
        listed = await shell.members("list")
        assert "joint: a change is half done, and waits to be ended" in listed.out
        assert "`quorate members leave-joint` ends it" in listed.err
        refused = await shell.members("remove", str(other), at=(one,))
        assert refused.code == 1
        assert "a change is half done and waits to be ended" in refused.err
        assert "`quorate members leave-joint`" in refused.err
        ended = await shell.done("leave-joint", at=(other,))
        assert roles(ended) == {leader: "voter", one: "learner", other: "learner"}
        again = await shell.members("leave-joint")
        assert (again.code, "no change is half done" in again.err) == (1, True)
