"""Each fault does what it says, at its time, and is undone."""

from __future__ import annotations

import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim import Cluster
from quorate.sim.storms.faults import (
    LEADER,
    Break,
    Crash,
    CrashAll,
    Cut,
    Drift,
    FailDisk,
    Fault,
    FillDisk,
    Isolate,
    Pause,
    SlowDisk,
    StallDisk,
)
from quorate.sim.storms.nemesis import Nemesis


class Scene:
    """A cluster with a leader, and one fault that happens in 100 ms."""

    def __init__(self, seed: int = 1) -> None:
        self.cluster = Cluster(nodes=3, seed=seed)
        self.leader = self.cluster.wait_for_leader()
        self.at = self.cluster.now + 100 * MILLISECOND
        self.nemesis = Nemesis(self.cluster)

    def play(self, fault: Fault) -> None:
        """Up to right after its time."""
        self.nemesis.plan([fault])
        self.cluster.scheduler.run_until(fault.at)

    def recover(self) -> None:
        self.cluster.run(1)
        self.nemesis.end()
        self.cluster.wait_for_convergence()


def test_a_crash_and_its_restart() -> None:
    scene = Scene()
    scene.play(Crash(scene.at, LEADER, down_ns=SECOND, rule="all"))
    assert not scene.leader.up
    scene.cluster.run(1.001)
    assert scene.leader.up
    assert scene.nemesis.applied == {"Crash": 1}


def test_a_crash_in_the_middle_of_a_write() -> None:
    scene = Scene()
    scene.play(Crash(scene.at, LEADER, down_ns=SECOND, in_write=True))
    assert scene.leader.up
    scene.cluster.propose(scene.leader.node, [b"x"])
    scene.cluster.run_until(lambda: not scene.leader.up, within=1)
    scene.recover()


def test_a_restart_that_dies_too() -> None:
    scene = Scene()
    scene.play(Crash(scene.at, 2, down_ns=SECOND, again_after=3))
    scene.cluster.run(1.5)
    assert not scene.cluster.nodes[2].up
    scene.cluster.run(1)
    assert scene.cluster.nodes[2].up
    assert scene.cluster.nodes[2].losses.crashes == 1
    scene.recover()


def test_a_restart_that_needs_fewer_operations_lives() -> None:
    scene = Scene()
    scene.play(Crash(scene.at, 2, down_ns=SECOND, again_after=10_000))
    scene.cluster.run(1.1)
    assert scene.cluster.nodes[2].up


def test_a_power_cut_for_all() -> None:
    scene = Scene()
    scene.play(CrashAll(scene.at, down_ns=200 * MILLISECOND))
    assert scene.cluster.up() == []
    scene.cluster.run(0.3)
    assert len(scene.cluster.up()) == 1
    scene.cluster.run(0.4)
    assert len(scene.cluster.up()) == 3
    scene.recover()


def test_a_pause() -> None:
    scene = Scene()
    scene.play(Pause(scene.at, LEADER, lasts_ns=2 * SECOND))
    assert scene.leader.paused
    scene.cluster.run(2.001)
    assert not scene.leader.paused
    scene.recover()


def test_a_pause_ends_with_its_process() -> None:
    scene = Scene()
    scene.play(Pause(scene.at, LEADER, lasts_ns=SECOND))
    scene.leader.crash()
    scene.cluster.run(2)
    scene.recover()


def test_cuts_heal_one_by_one_and_break_if_told() -> None:
    scene = Scene()
    network = scene.cluster.network
    scene.play(Cut(scene.at, pairs=((1, 2),), lasts_ns=SECOND, breaks_ns=100 * MILLISECOND))
    assert (network.is_cut(1, 2), network.is_cut(2, 1)) == (True, False)
    scene.cluster.run(0.2)
    assert network.counters.breaks == 1
    scene.cluster.run(1)
    assert not network.is_cut(1, 2)
    scene.recover()


@pytest.mark.parametrize(("inward", "outward"), [(True, True), (True, False), (False, True)])
def test_isolation_in_both_or_one_direction(inward: bool, outward: bool) -> None:
    scene = Scene()
    scene.play(Isolate(scene.at, node=2, lasts_ns=SECOND, inward=inward, outward=outward))
    for peer in (1, 3):
        assert scene.cluster.network.is_cut(peer, 2) == inward
        assert scene.cluster.network.is_cut(2, peer) == outward
    scene.recover()


def test_a_broken_link_also_when_node_and_peer_are_the_same() -> None:
    scene = Scene()
    scene.play(Break(scene.at, node=2, peer=2))
    assert scene.cluster.network.counters.breaks == 1
    scene.recover()


def test_sick_disks() -> None:
    scene = Scene()
    faults: list[Fault] = [
        SlowDisk(scene.at, node=1, lasts_ns=SECOND, latency_ns=50 * MILLISECOND),
        StallDisk(scene.at + 1, node=2, lasts_ns=SECOND),
    ]
    scene.nemesis.plan(faults)
    write = scene.cluster.propose(1, [b"x"])
    scene.cluster.run_until(lambda: write.done)
    scene.recover()
    assert scene.nemesis.applied == {"SlowDisk": 1, "StallDisk": 1}


def test_a_disk_that_fails_kills_the_process_which_returns_when_it_is_mended() -> None:
    scene = Scene()
    scene.play(FailDisk(scene.at, node=2, operation="sync", after=0, lasts_ns=2 * SECOND))
    scene.cluster.propose(1, [b"x"])
    scene.cluster.run(1)
    assert not scene.cluster.nodes[2].up
    assert scene.cluster.nodes[2].failure is not None
    scene.cluster.run(1.2)
    assert scene.cluster.nodes[2].up
    scene.recover()


def test_a_disk_that_fills_has_space_again() -> None:
    scene = Scene()
    scene.play(FillDisk(scene.at, node=2, left=0, lasts_ns=SECOND))
    assert scene.cluster.nodes[2].image.capacity == scene.cluster.nodes[2].image.used()
    scene.cluster.run(1.1)
    assert scene.cluster.nodes[2].image.capacity is None


def test_a_clock_that_drifts() -> None:
    scene = Scene()
    scene.play(Drift(scene.at, node=2, rate=1_080_000))
    before = scene.cluster.nodes[2].clock.local(scene.cluster.now)
    scene.cluster.run(1)
    assert scene.cluster.nodes[2].clock.local(scene.cluster.now) - before == 1_080_000_000


def test_faults_that_find_nothing_to_disturb_do_not_count() -> None:
    scene = Scene()
    scene.leader.crash()
    node = scene.leader.node
    faults: list[Fault] = [
        Crash(scene.at, node, down_ns=1),
        Pause(scene.at, node, lasts_ns=1),
        SlowDisk(scene.at, node, lasts_ns=1, latency_ns=1),
        StallDisk(scene.at, node, lasts_ns=1),
    ]
    scene.nemesis.plan(faults)
    scene.cluster.scheduler.run_until(scene.at)
    assert scene.nemesis.applied == {}


def test_without_a_leader_a_fault_for_it_finds_some_node() -> None:
    cluster = Cluster(nodes=3)
    nemesis = Nemesis(cluster)
    nemesis.plan([Crash(1, LEADER, down_ns=SECOND)])
    cluster.scheduler.run_until(1)
    assert len(cluster.up()) == 2


def test_after_the_end_nothing_happens_any_more() -> None:
    scene = Scene()
    scene.nemesis.plan([Crash(scene.at, LEADER, down_ns=SECOND)])
    scene.nemesis.end()
    scene.cluster.run(1)
    assert len(scene.cluster.up()) == 3
    assert scene.nemesis.applied == {}
