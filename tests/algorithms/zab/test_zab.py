"""The door, and ensembles in storms."""

import pytest

from algorithms.raft.harness import reasons
from algorithms.zab.harness import ZabServer, established, follower, notification, zxid
from quorate.algorithms.catalog import find
from quorate.algorithms.zab import SPEC, Zab, ZabConfig
from quorate.algorithms.zab.messages import SessionEnd, ZabHardState
from quorate.core.effects import RequestRefused
from quorate.core.events import Requested, SpaceChanged
from quorate.core.requests import ReportFreshness
from quorate.sim.cluster import Cluster
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.run import run_plan


def test_the_catalog_has_it() -> None:
    assert find("zab") is SPEC
    assert (SPEC.build, SPEC.config, SPEC.hard_state) == (Zab, ZabConfig, ZabHardState)
    assert not SPEC.survives_datagrams
    assert SPEC.keeps_log


def test_a_message_from_oneself_is_nobodys() -> None:
    server = ZabServer(1)
    assert reasons(server.receive(1, notification("looking", 9, (0, zxid(0, 0), 1)))) == ["not_a_member"]


def test_the_end_of_a_session_ends_it_on_either_side() -> None:
    leader = established()
    assert not leader.receive(1, SessionEnd(9, "late"))
    leader.receive(1, SessionEnd(1, "bye"))
    assert set(leader.state.leading.sessions) == {2}
    server = follower()
    assert not server.receive(3, SessionEnd(9, "late"))
    server.receive(3, SessionEnd(1, "bye"))
    assert server.state.role.value == "looking"


def test_a_full_disk_is_told() -> None:
    server = follower()
    assert reasons(server.step(SpaceChanged(short=True))) == ["disk_full"]
    assert server.raft.status(0).disk == "full"
    assert reasons(server.step(SpaceChanged(short=False))) == ["disk_has_room"]


def test_what_operators_may_ask_of_algorithms_without_a_log_is_refused() -> None:
    assert established().step(Requested(4, ReportFreshness(1))) == [RequestRefused(4, "unsupported", 3)]


def test_a_cluster_of_the_real_driver_and_store_writes_reads_and_fails_over() -> None:
    cluster = Cluster(algorithm="zab", seed=1)
    chief = cluster.wait_for_leader()
    for node in cluster.nodes:
        assert cluster.apply(node, b"from node %d" % node).index
    died_at = cluster.now
    cluster.crash(chief.node)
    assert cluster.wait_for_leader().node != chief.node
    assert cluster.now - died_at < 50_000_000
    cluster.mend()
    cluster.wait_for_convergence()


@pytest.mark.parametrize("seed", range(12))
def test_storms(seed: int) -> None:
    """State equality, durability, exactly once, linearizability, liveness: every check that applies to an algorithm with a log."""
    assert not run_plan(draw_plan(seed, "zab")).failure
