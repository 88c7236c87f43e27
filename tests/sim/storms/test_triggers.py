"""Triggers strike at their moments, in order, as often as they may, and never within the step."""

from __future__ import annotations

import msgspec
import pytest

from quorate.core.ids import MILLISECOND, SECOND, NodeId
from quorate.sim import Cluster
from quorate.sim.moments import MomentName
from quorate.sim.storms.faults import FIRST, HERE, LEADER, OTHERS, CrashAll, Fault, Pause
from quorate.sim.storms.triggers import FIRST_NS, Step, Trigger, Watch


def pause(node: NodeId, at: int = 0) -> Pause:
    return Pause(at, node, lasts_ns=1)


class Scene:
    """A cluster of three whose moments are said by hand, and the faults that come of them."""

    def __init__(self, *triggers: Trigger, seed: int = 1) -> None:
        self.cluster = Cluster(nodes=3, seed=seed)
        self.cluster.wait_for_convergence()
        self.began = self.cluster.now
        self.had: list[Fault] = []
        Watch(self.cluster, triggers, self.had.append)

    def say(self, moment: MomentName, node: NodeId, after: int = 10 * MILLISECOND) -> list[Fault]:
        """The moment happens; what follows from it within `after`. Nothing of it happens at once."""
        self.had.clear()
        self.cluster.observer.moments.happened(moment, node)
        assert self.had == []
        self.cluster.scheduler.run_until(self.cluster.now + after)
        return list(self.had)


def test_a_fault_strikes_the_node_it_is_about_at_its_time() -> None:
    scene = Scene(Trigger(1, [Step("truncated", [pause(HERE, at=5)])]))
    assert scene.say("elected", 2) == []
    began = scene.cluster.now
    assert scene.say("truncated", 2) == [pause(2, at=began + FIRST_NS + 5)]


def test_others_and_first_and_nobody_in_particular() -> None:
    steps = [
        Step("truncated", [pause(OTHERS)]),
        Step("compacted", [pause(FIRST), pause(LEADER), pause(3), CrashAll(0, down_ns=9)]),
    ]
    scene = Scene(Trigger(1, steps))
    assert [fault.node for fault in scene.say("truncated", 2) if isinstance(fault, Pause)] == [1, 3]
    faults = scene.say("compacted", 1)
    assert [fault.node for fault in faults if isinstance(fault, Pause)] == [2, LEADER, 3]
    assert isinstance(faults[-1], CrashAll)


def test_steps_wait_for_each_other_and_the_whole_has_a_limit() -> None:
    steps = [Step("truncated", [pause(HERE)]), Step("voted", []), Step("truncated", [pause(HERE), pause(FIRST)])]
    scene = Scene(Trigger(1, steps, limit=2))
    for _ in range(2):
        assert len(scene.say("truncated", 1)) == 1
        assert scene.say("truncated", 1) == []
        assert scene.say("voted", 3) == []
        assert len(scene.say("truncated", 2)) == 2
    assert scene.say("truncated", 1) == []


def test_a_step_that_waits_in_vain_gives_way_to_the_first() -> None:
    steps = [Step("truncated", [pause(HERE)]), Step("voted", [pause(HERE), pause(HERE)])]
    scene = Scene(Trigger(1, steps, patience_ns=SECOND))
    assert len(scene.say("truncated", 1, after=2 * SECOND)) == 1
    assert scene.say("voted", 1) == []
    assert len(scene.say("truncated", 2)) == 1
    assert len(scene.say("voted", 2)) == 2


def struck(number: int, seed: int, beside: tuple[Trigger, ...] = ()) -> list[int]:
    trigger = Trigger(number, [Step("truncated", [pause(HERE)], share=0.5, delay_ns=MILLISECOND)], limit=100)
    scene = Scene(*beside, trigger, seed=seed)
    moments = [(scene.cluster.now - scene.began, scene.say("truncated", 1)) for _ in range(40)]
    ours = [
        (begun, fault) for begun, faults in moments for fault in faults if isinstance(fault, Pause) and fault.node == 1
    ]
    return [fault.at - scene.began - begun for begun, fault in ours]


def test_share_and_delay_are_drawn_from_a_stream_of_the_triggers_own() -> None:
    delays = struck(1, seed=1)
    assert 10 <= len(delays) <= 30
    assert all(FIRST_NS <= delay < FIRST_NS + MILLISECOND for delay in delays)
    assert len(set(delays)) == len(delays)
    assert struck(1, seed=1) == delays
    assert struck(2, seed=1) != delays
    assert struck(1, seed=2) != delays
    other = Trigger(2, [Step("truncated", [pause(2)], share=0.5)], limit=100)
    assert struck(1, seed=1, beside=(other,)) == delays, "another trigger changes nothing for this one"


def test_without_triggers_nobody_watches() -> None:
    scene = Scene(Trigger(1, []))
    assert scene.cluster.observer.moments.watchers == []


def test_a_trigger_survives_json_and_an_unknown_moment_is_refused() -> None:
    trigger = Trigger(3, [Step("elected", [pause(HERE)], share=0.5)], limit=2)
    data = msgspec.json.encode(trigger)
    assert msgspec.json.decode(data, type=Trigger) == trigger
    with pytest.raises(msgspec.ValidationError, match="Invalid enum value"):
        msgspec.json.decode(data.replace(b"elected", b"dreamed"), type=Trigger)
