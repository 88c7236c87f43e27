"""Members come and go in a cluster of real processes while a writer goes on: nothing acknowledged is lost, nothing applied twice."""

from pathlib import Path

import pytest

from quorate.client.client import Client
from quorate.client.errors import UnavailableError
from real.members_load import OPTIONS, loaded, settled
from real.processes import ServedCluster, until

ALGORITHMS = ["raft", "zab"]

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_s_m13_a_node_joins_with_one_seed_address_under_load_and_votes(tmp_path: Path, algorithm: str) -> None:
    """It then is one of the quorum: with it, one of the others may die."""
    async with ServedCluster(tmp_path, algorithm=algorithm, options=OPTIONS) as cluster:
        await cluster.leader()
        cluster.enrol(4, seed=2)
        async with loaded(cluster) as (client, load):
            cluster.start(4)
            view = await settled(client, 1, 2, 3, 4)
            member = view.member(4)
            assert member is not None
            assert (member.address, member.joined_at > 0, len(member.disk)) == (cluster.peers[4], True, 16)
            assert any("4 voters survive the loss of 1" in warning for warning in view.warnings)
            victim = next(node for node in (1, 2, 3) if node != view.leader)
            cluster.kill(victim)
            await load.goes_on()
            # It starts with the file that it had, in which there is no node 4: what is in its log counts.
            cluster.start(victim)
        await load.verify(cluster, [1, 2, 3, 4])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_s_m10_s_m11_a_leader_is_killed_and_removed_under_load(tmp_path: Path, algorithm: str) -> None:
    async with ServedCluster(tmp_path, algorithm=algorithm, options=OPTIONS) as cluster:
        await cluster.leader()
        async with loaded(cluster) as (client, load):
            old = await cluster.whole()
            rest = tuple(node for node in (1, 2, 3) if node != old)
            cluster.kill(old)
            await client.members.remove(old)
            view = await settled(client, *rest)
            assert any("two voters" in warning for warning in view.warnings)
            await load.goes_on()
            # It comes back, cannot be told that it was removed, and disturbs nobody.
            cluster.start(old)
            await until(lambda: _campaigns_in_vain(cluster, old), "the removed node runs, and finds no leader")
            await load.goes_on()
            assert (await settled(client, *rest)).term == view.term
        await load.verify(cluster, [*rest])


async def _campaigns_in_vain(cluster: ServedCluster, node: int) -> bool:
    status = await cluster.status(node)
    return status is not None and status["role"] not in ("follower", "leader") and status["leader"] is None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_dead_node_is_replaced_under_load_by_one_that_says_whom_it_replaces(
    tmp_path: Path, algorithm: str
) -> None:
    """In one change: there is never a voter less than three."""
    async with ServedCluster(tmp_path, algorithm=algorithm, options=OPTIONS) as cluster:
        await cluster.leader()
        cluster.enrol(4, 1, "replaces = 3")
        async with loaded(cluster) as (client, load):
            cluster.kill(3)
            await load.goes_on()
            cluster.start(4)
            await settled(client, 1, 2, 4)
            await load.goes_on()
        await load.verify(cluster, [1, 2, 4])


async def test_r33_of_two_voters_one_dead_neither_can_be_removed_and_the_answer_names_the_recovery(
    tmp_path: Path,
) -> None:
    async with ServedCluster(tmp_path, nodes=2, options=OPTIONS) as cluster:
        leader = await cluster.whole()
        follower = 3 - leader
        cluster.kill(follower)

        async def alone() -> bool:
            status = await cluster.status(leader)
            return status is not None and status["leader"] is None

        await until(alone, "the leader has given up")
        async with Client([cluster.client[leader]], timeout_s=2.0) as client:
            with pytest.raises(UnavailableError, match=r"needs both of nodes 1 and 2.*quorate recover"):
                await client.members.remove(follower)
            cluster.start(follower)
            await cluster.whole()
            assert [member.role for member in (await client.members.list()).members] == ["voter", "voter"]
