"""What is asked of a healed cluster."""

import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.core.outcome import NotApplied
from quorate.runtime.limits import Limits
from quorate.sim import Cluster, NeverError
from quorate.sim.clients.calm import leader_within_s, patience_s, read_through, write_through
from quorate.sim.cluster import SMALL_STORE
from quorate.sim.network import NetworkSettings


def test_s_x3_a_sound_cluster_serves_on_every_node() -> None:
    cluster = Cluster(nodes=3, seed=1)
    cluster.wait_for_leader()
    for number, node in enumerate(cluster.nodes):
        assert write_through(cluster, node, [b"x%d" % node]).results == [number]
        assert read_through(cluster, node, lambda machine: len(machine.commands)) == number + 1


def test_a_node_that_does_not_serve_is_named() -> None:
    cluster = Cluster(nodes=3, seed=1)
    cluster.crash(2)
    with pytest.raises(NeverError, match=r"node 2 does not serve after all faults have ended: NotApplied\("):
        write_through(cluster, 2, [b"x"])
    with pytest.raises(
        NeverError, match="node 2 cannot read after all faults have ended: read not confirmed: the node is down"
    ):
        read_through(cluster, 2, len)


def test_bounds_grow_with_the_settings_and_with_what_may_have_to_be_sent() -> None:
    """In election timeouts; what is sent anew, and a snapshot in small chunks, come on top."""
    times = {"election_timeout_ms": 300, "heartbeat_ms": 50}
    quick = Cluster(nodes=3, seed=1, options=times, limits=Limits(resend_ms=100))
    assert leader_within_s(quick) == pytest.approx(20 * 0.3, abs=0.01)
    assert patience_s(quick) == pytest.approx(20 * 0.3 + 4 * 0.1, abs=0.01)
    small = Cluster(nodes=3, seed=1, options={**times, "snapshot_chunk_bytes": 100})
    assert leader_within_s(small) > leader_within_s(quick) + 1


def test_a_node_that_is_busy_is_asked_again_after_a_pause() -> None:
    """Here all that the leader may have under way is, until what its followers were sent has arrived."""
    cluster = Cluster(nodes=3, seed=1, options={"uncommitted_bytes": 100})
    leader = cluster.wait_for_leader().node
    cluster.network.use(NetworkSettings(latency_ns=100 * MILLISECOND))
    under_way = cluster.propose(leader, [bytes(90)])
    cluster.run_until(lambda: cluster.nodes[leader].status().last_index > 1)
    assert cluster.apply(leader, b"x" * 50) == NotApplied("busy", leader)
    assert not under_way.done
    assert write_through(cluster, leader, [b"y" * 50]).results == [1]
    assert under_way.done


def test_a_node_that_stays_busy_is_named() -> None:
    cluster = Cluster(nodes=3, seed=1, limits=Limits(queued_reads=1, queued_commands=1))
    leader = cluster.wait_for_leader().node
    for node in cluster.nodes:
        if node != leader:
            cluster.crash(node)
    cluster.read(leader, len, timeout=1000)
    with pytest.raises(NeverError, match=f"node {leader} cannot read after all faults have ended: .* busy"):
        read_through(cluster, leader, len)
    cluster.propose(leader, [b"x"], timeout=1000)
    with pytest.raises(NeverError, match=f"node {leader} does not serve after all faults have ended: .*busy"):
        write_through(cluster, leader, [b"y"])


def test_a_node_that_has_not_seen_yet_that_its_disk_has_space_again_is_asked_again() -> None:
    cluster = Cluster(nodes=1, seed=1, store=SMALL_STORE)
    cluster.wait_for_leader()
    node = cluster.nodes[1]
    node.image.capacity = node.image.used()
    while cluster.apply(1, b"%d" % cluster.now + bytes(500)) != NotApplied("disk_full", 1):
        assert cluster.now < 10 * SECOND
    node.mend_disk()
    assert cluster.apply(1, b"y") == NotApplied("disk_full", 1)
    assert write_through(cluster, 1, [b"z"]).index > 1
