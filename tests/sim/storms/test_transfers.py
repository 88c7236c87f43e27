"""Which storms hand leadership over, and when."""

from __future__ import annotations

import msgspec

from quorate.algorithms.catalog import find
from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.cluster import Cluster
from quorate.sim.storms.faults import HERE, LEADER, Isolate, Pause, Transfer
from quorate.sim.storms.nemesis import Nemesis
from quorate.sim.storms.transfers import TRANSFERRED, Transfers, draw_transfers

RAFT = find("raft")
SEEDS = range(400)


def test_a_share_of_the_seeds_has_them_and_the_same_ones_each_time() -> None:
    drawn = [draw_transfers(seed, RAFT, 3) for seed in SEEDS]
    assert drawn == [draw_transfers(seed, RAFT, 3) for seed in SEEDS]
    assert abs(sum(bool(one.every_ns) for one in drawn) / len(SEEDS) - TRANSFERRED) < 0.08


def test_an_algorithm_that_cannot_do_it_is_not_asked() -> None:
    spec = msgspec.structs.replace(RAFT, features=RAFT.features - {"transfer"})
    assert not any(draw_transfers(seed, spec, 3).every_ns for seed in SEEDS)


def test_without_them_a_plan_stays_as_it_is() -> None:
    calm = Transfers(7, 3)
    assert calm.faults([Pause(5, 1, 2)], SECOND) == [Pause(5, 1, 2)]
    assert calm.triggers([], SECOND) == []


def test_they_are_in_order_among_the_other_faults_and_name_nodes_that_there_are() -> None:
    faults = Transfers(7, 3, SECOND // 4).faults([Pause(3 * SECOND, 1, 2)], 4 * SECOND)
    assert [fault.at for fault in faults] == sorted(fault.at for fault in faults)
    asked = [fault for fault in faults if isinstance(fault, Transfer)]
    assert len(asked) > 5
    assert {fault.to for fault in asked} == {0, 1, 2, 3}
    assert any(isinstance(fault, Isolate) for fault in faults), "a target that gets the order late"
    assert Pause(3 * SECOND, 1, 2) in faults


def test_one_trigger_hands_over_when_it_is_least_convenient() -> None:
    for seed in range(50):
        (trigger,) = Transfers(seed, 3, SECOND).triggers([], SECOND)
        transfer, trouble = trigger.steps[0].faults
        assert isinstance(transfer, Transfer)
        assert transfer.node == HERE
        assert not isinstance(trouble, Transfer)
        assert trouble.at < SECOND // 10
        assert trigger.number == 1


class Scene:
    """A cluster with a leader, and whom operators may trouble."""

    def __init__(self) -> None:
        self.cluster = Cluster(nodes=3, seed=1)
        self.leader = self.cluster.wait_for_leader()
        self.at = self.cluster.now + 100 * MILLISECOND
        self.nemesis = Nemesis(self.cluster)

    def play(self, fault: Transfer) -> None:
        """Up to right after its time."""
        self.nemesis.plan([fault])
        self.cluster.scheduler.run_until(fault.at)


def test_leadership_is_handed_over_through_any_node() -> None:
    scene = Scene()
    follower = next(node for node in scene.cluster.nodes.values() if node is not scene.leader)
    scene.play(Transfer(scene.at, follower.node, follower.node))
    scene.cluster.run(0.2)
    assert follower.leads
    assert scene.nemesis.answers == {"requests done": 1}
    scene.play(Transfer(scene.cluster.now, LEADER, follower.node))
    scene.cluster.run(0.2)
    assert scene.nemesis.answers == {"requests done": 1, "requests refused": 1}
    scene.play(Transfer(scene.cluster.now, LEADER))
    scene.cluster.run(0.2)
    assert not follower.leads


def test_an_operator_on_a_node_that_dies_is_told() -> None:
    scene = Scene()
    scene.cluster.cut([scene.leader.node], [node for node in scene.cluster.nodes if node != scene.leader.node])
    scene.play(Transfer(scene.at, scene.leader.node))
    scene.cluster.run(0.01)
    scene.leader.crash()
    assert scene.nemesis.answers == {"requests unclear": 1}
    scene.nemesis.plan([Transfer(scene.cluster.now, scene.leader.node)])
    scene.cluster.run(0.01)
    assert scene.nemesis.applied == {"Transfer": 1}, "nobody is there to ask"
