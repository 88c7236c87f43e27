"""Who leads when: an omniscient look, and sums over it."""

from __future__ import annotations

from quorate.core.ids import SECOND
from quorate.sim.compare.entrants import all_entrants
from quorate.sim.compare.stage import Stage
from quorate.sim.compare.watch import Reign, covered, leaderships, longest_gap, overlap


def reign(since: int, until: int, node: int = 1, term: int = 1) -> Reign:
    return Reign(node, term, since, until)


def test_time_that_somebody_led_is_counted_once() -> None:
    assert covered([]) == 0
    assert covered([reign(0, 10), reign(20, 25)]) == 15
    assert covered([reign(0, 10), reign(5, 12), reign(6, 7)]) == 12


def test_the_longest_gap_may_be_at_either_end() -> None:
    assert longest_gap([], 5, 25) == 20
    assert longest_gap([reign(8, 10), reign(14, 25)], 5, 25) == 4
    assert longest_gap([reign(12, 22)], 5, 25) == 7
    assert longest_gap([reign(5, 10)], 5, 25) == 15


def test_claims_overlap_in_one_term_or_in_different_ones() -> None:
    claims = [reign(0, 10, node=1, term=1), reign(6, 20, node=2, term=2), reign(18, 30, node=3, term=2)]
    assert overlap(claims, same_term=False) == 4
    assert overlap(claims, same_term=True) == 2
    assert overlap(claims[:1], same_term=True) == 0


def test_a_node_that_only_fell_silent_does_not_begin_anew() -> None:
    assert leaderships([reign(0, 5), reign(8, 9), reign(10, 12, term=2), reign(13, 14, node=2, term=3)]) == 3


def stage() -> Stage:
    (entrant,) = [entrant for entrant in all_entrants() if entrant.label == "raft"]
    return Stage(entrant, 3, 1)


def test_a_leader_that_is_cut_off_or_stands_still_does_not_lead_but_still_claims_to() -> None:
    scene = stage()
    leader = scene.settle()
    assert scene.watch.leader == leader
    heal = scene.isolate([leader])
    assert scene.watch.leader is None
    heal()
    scene.watch.look()
    assert scene.watch.leader == leader
    scene.cluster.nodes[leader].pause()
    scene.watch.look()
    assert scene.watch.leader is None
    (claim,) = scene.watch.claims()
    assert (claim.node, claim.until) == (leader, scene.now)
    scene.cluster.nodes[leader].resume()
    scene.watch.look()
    assert [one.node for one in scene.watch.reigns()] == [leader] * 3


def test_reigns_and_claims_follow_each_other_and_can_be_asked_from_a_moment_on() -> None:
    scene = stage()
    first = scene.settle()
    struck = scene.now
    scene.cluster.crash(first, power=False)
    second = scene.elect()
    assert second not in (None, first)
    scene.watch.run(SECOND)
    reigns = scene.watch.reigns(struck)
    assert [one.node for one in reigns] == [second]
    assert reigns[0].since > struck
    assert reigns[0].until == scene.now
    assert [one.node for one in scene.watch.reigns(struck - 1)] == [first, second]
    assert [one.node for one in scene.watch.claims()] == [first, second]
    assert [one.node for one in scene.watch.claims(struck)] == [second]


def test_waiting_ends_with_the_condition_or_with_the_time() -> None:
    scene = stage()
    assert not scene.watch.run_until(lambda: False, SECOND)
    assert scene.watch.run_until(lambda: scene.now >= 2 * SECOND, 5 * SECOND)
    assert scene.now < 3 * SECOND
