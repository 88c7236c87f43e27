"""One simulated member: life and death of its process, its disk, its clock, its callers."""

from __future__ import annotations

import pytest

from quorate.core.effects import LeaderChanged
from quorate.core.errors import DamagedError, DiskFailedError, InvariantError, ReadFailedError
from quorate.core.outcome import Applied, NotApplied, Unknown
from quorate.sim import Cluster, InvariantBrokenError
from quorate.sim.disk import Failure
from quorate.sim.image import LossRule
from quorate.sim.lane import DiskSettings
from quorate.sim.node import NodeDownError


def a_cluster(seed: int = 1) -> Cluster:
    cluster = Cluster(nodes=3, seed=seed)
    cluster.wait_for_leader()
    return cluster


def test_a_node_that_is_down_says_so() -> None:
    cluster = a_cluster()
    node = cluster.nodes[1]
    node.crash()
    node.crash()
    assert (node.up, node.paused, node.leads, node.losses.crashes) == (False, False, False, 1)
    for ask in (node.status, node.digest, node.pause, node.resume, node.stop, node.take_snapshot, lambda: node.machine):
        with pytest.raises(NodeDownError, match="node 1 is down"):
            ask()
    assert cluster.propose(1, [b"x"]).outcome == NotApplied("the node is down")
    assert isinstance(cluster.read(1, len).answer, ReadFailedError)


def test_callers_of_a_node_that_crashes_learn_that_nothing_is_known() -> None:
    cluster = a_cluster()
    leader = cluster.wait_for_leader()
    write, read = cluster.propose(leader.node, [b"x"]), cluster.read(leader.node, len)
    assert leader.open_calls == 2
    leader.crash()
    assert write.outcome == Unknown("the node crashed")
    assert isinstance(read.answer, ReadFailedError)
    assert leader.open_calls == 0


def test_a_stop_in_good_order_answers_callers_and_the_disk_can_be_used_again() -> None:
    cluster = a_cluster()
    leader = cluster.wait_for_leader()
    write = cluster.propose(leader.node, [b"x"])
    leader.stop()
    assert isinstance(write.outcome, NotApplied | Unknown)
    assert not leader.up
    assert leader.start()
    cluster.wait_for_convergence()


def test_each_start_has_a_higher_incarnation_and_no_start_is_had_twice() -> None:
    cluster = a_cluster()
    node = cluster.nodes[2]
    first = node.driver.identity
    assert node.start()
    assert node.driver.identity is first
    node.crash()
    node.start()
    assert (node.driver.identity.incarnation, node.driver.identity.disk) == (first.incarnation + 1, first.disk)


@pytest.mark.parametrize("rule", ["prefix", "sectors", "all", "none"])
def test_s_d6_what_was_acknowledged_survives_a_power_loss_of_all(rule: LossRule) -> None:
    cluster = a_cluster()
    assert isinstance(cluster.apply(1, b"kept"), Applied)
    for node in cluster.nodes:
        cluster.crash(node, rule=rule)
    cluster.mend()
    cluster.wait_for_convergence()
    assert [node.machine.commands for node in cluster.nodes.values()] == [[b"kept"]] * 3


def test_a_crash_of_the_process_alone_loses_no_unsynced_write() -> None:
    cluster = a_cluster()
    node = cluster.nodes[1]
    before = node.clock
    node.crash(power=False)
    assert (node.losses.changes, node.losses.names, node.clock) == (0, 0, before)
    node.start()
    node.crash(power=True)
    assert node.clock is not before


def test_a_start_may_die_at_any_operation_and_the_next_one_works() -> None:
    survived = []
    for operations in range(0, 60, 3):
        cluster = Cluster(nodes=1, seed=operations)
        node = cluster.nodes[1]
        cluster.wait_for_leader()
        assert isinstance(cluster.apply(1, b"kept"), Applied)
        node.crash()
        if node.start(crash_after=operations):
            survived.append(operations)
        else:
            node.lose_power("prefix")
            assert node.start()
        cluster.wait_for_leader()
        assert node.machine.commands == [b"kept"]
    assert survived
    assert survived[0] > 0


def test_s_d8_a_failed_disk_stops_the_node_and_a_mended_one_lets_it_start() -> None:
    cluster = a_cluster()
    leader = cluster.wait_for_leader()
    leader.fail_disk(Failure("sync"))
    outcome = cluster.apply(leader.node, b"x", within=5)
    assert isinstance(outcome, Unknown | NotApplied)
    cluster.run_until(lambda: not leader.up)
    assert isinstance(leader.failure, DiskFailedError)
    leader.mend_disk()
    assert leader.start()
    assert leader.failure is None
    cluster.wait_for_convergence()


def test_a_start_on_a_full_disk_fails_with_its_reason() -> None:
    cluster = a_cluster()
    node = cluster.nodes[1]
    node.crash()
    node.fail_disk(Failure("open", times=-1))
    assert not node.start()
    assert isinstance(node.failure, OSError)
    assert "1 down (" in cluster.describe()


def test_a_failure_that_no_fault_explains_is_raised() -> None:
    cluster = a_cluster()
    node = cluster.nodes[1]
    with pytest.raises(InvariantError, match="a bug"):
        node.failed(InvariantError("a bug"))
    node.fail_disk(Failure("sync", times=0))
    with pytest.raises(InvariantError, match="a bug"):
        node.failed(InvariantError("a bug"))


def test_a_flipped_bit_in_the_middle_of_the_log_is_refused_with_its_place() -> None:
    cluster = a_cluster()
    for number in range(5):
        assert isinstance(cluster.apply(1, b"command %d" % number), Applied)
    node = cluster.nodes[2]
    node.crash()
    path = "wal/0000000000000001.wal"
    place = bytes(node.image.find(path).cache.data).index(b"command 1")
    node.image.flip(path, place, bit=3)
    with pytest.raises(DamagedError, match=path):
        node.start()


def test_a_stalled_leader_stops_leading_and_a_slow_one_only_slows() -> None:
    cluster = a_cluster()
    leader = cluster.wait_for_leader()
    leader.slow_disk(DiskSettings(latency_ns=30_000_000))
    assert isinstance(cluster.apply(leader.node, b"slow"), Applied)
    assert cluster.leader() is leader
    leader.stall_disk()
    write = cluster.propose(leader.node, [b"never synced here"])
    cluster.run_until(lambda: any(node.leads for node in cluster.nodes.values() if node is not leader))
    leader.mend_disk()
    cluster.wait_for_convergence()
    cluster.run_until(lambda: write.done)


def test_a_paused_node_answers_when_it_goes_on() -> None:
    cluster = a_cluster()
    follower = cluster.followers()[0]
    follower.pause()
    assert follower.paused
    write = cluster.propose(follower.node, [b"x"])
    cluster.run(2)
    assert not write.done
    follower.resume()
    cluster.run_until(lambda: write.done)
    assert isinstance(write.outcome, Applied)


def test_leader_changes_are_heard() -> None:
    cluster = a_cluster()
    leader = cluster.wait_for_leader()
    news = leader.leader_changes
    assert news[-1] == LeaderChanged(leader.node, leader.status().term, ready=True)


def test_clocks_that_run_apart_agree_all_the_same() -> None:
    cluster = a_cluster()
    for node, rate in zip(cluster.nodes.values(), (920_000, 1_000_000, 1_080_000), strict=True):
        node.set_clock_rate(rate)
    cluster.crash(cluster.wait_for_leader().node)
    cluster.mend()
    cluster.wait_for_convergence()


def test_a_slow_or_stalled_disk_stays_so_over_a_restart() -> None:
    cluster = a_cluster()
    node = cluster.followers()[0]
    node.stall_disk()
    node.crash()
    node.start()
    cluster.apply(cluster.wait_for_leader().node, b"x")
    assert node.status().applied == 0
    node.mend_disk()
    cluster.wait_for_convergence()
    node.crash()
    node.slow_disk(DiskSettings(latency_ns=60_000_000))
    node.start()
    began = cluster.now
    assert isinstance(cluster.apply(node.node, b"y"), Applied)
    assert cluster.now - began > 60_000_000


def test_a_clock_that_leaps_over_the_timeout_makes_a_node_doubt_its_leader() -> None:
    cluster = a_cluster()
    node = cluster.followers()[0]
    before = node.clock.local(cluster.now)
    node.jump_clock(550_000_000)
    assert node.clock.local(cluster.now) == before + 550_000_000
    term = node.status().term
    cluster.run(3)
    cluster.wait_for_convergence()
    assert node.status().term >= term
    node.crash()
    node.jump_clock(10)
    node.start()
    cluster.wait_for_convergence()


def test_s_d8_a_lying_disk_is_found_out_when_power_goes() -> None:
    cluster = a_cluster()
    node = cluster.followers()[0]
    node.lie_about_syncs()
    for number in range(5):
        assert isinstance(cluster.apply(node.node, b"command %d" % number), Applied)
    node.crash(rule="all")
    with pytest.raises(InvariantBrokenError, match="Recovery"):
        node.start()


def test_a_snapshot_is_taken_on_order() -> None:
    cluster = a_cluster()
    node = cluster.nodes[1]
    cluster.apply(1, b"x")
    node.take_snapshot()
    cluster.run_until(lambda: node.status().snapshot_index > 0)
    assert node.status().snapshot_index == node.status().applied


def test_damage_that_nobody_made_is_raised_even_where_something_else_rotted() -> None:
    cluster = a_cluster()
    for number in range(5):
        assert isinstance(cluster.apply(1, b"command %d" % number), Applied)
    node = cluster.nodes[2]
    node.stop()
    node.rotten.add("snapshots/another")
    path = "wal/0000000000000001.wal"
    node.image.flip(path, bytes(node.image.find(path).cache.data).index(b"command 1"), bit=3)
    with pytest.raises(DamagedError, match=path):
        node.start()
    assert not node.ruined


def test_a_suspended_machine_counts_what_its_clock_says() -> None:
    cluster = a_cluster()
    node = cluster.nodes[1]
    for counted, shown in ((300, 300), (5_000_000_000, 1_000_000_000)):
        node.pause()
        since = node.clock.local(cluster.now)
        cluster.run(1)
        node.wake_up(since, counted)
        assert (node.clock.local(cluster.now) - since, node.paused) == (shown, False)
    cluster.wait_for_convergence()
