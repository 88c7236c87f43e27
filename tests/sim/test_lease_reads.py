"""Reads without asking the others, in a whole cluster: scenario S-Q5. Every run is checked by `LeaseAlone` besides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from quorate.core.consistency import Consistency, ReadYourWrites, Stale
from quorate.core.ids import MILLISECOND, SECOND, Nanos
from quorate.core.outcome import Applied
from quorate.core.requests import TransferLeadership
from quorate.sim import Cluster, InvariantBrokenError
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.cluster import Reading
from quorate.sim.invariants import LeaseAlone, for_algorithm
from quorate.sim.network import NetworkSettings
from quorate.sim.node import SimNode
from quorate.sim.storms.plan import Plan, draw_plan
from quorate.sim.storms.run import run_plan

PERCENT = 8
TIMEOUT_MS = 500
E = TIMEOUT_MS / 1000
OPTIONS = {
    "lease_reads": True,
    "fast_failover": False,
    "clock_drift_percent": PERCENT,
    "election_timeout_ms": TIMEOUT_MS,
}


def a_cluster(seed: int = 1, **settings: Any) -> tuple[Cluster, SimNode]:
    """Three nodes with a leader that holds a lease, and one write."""
    cluster = Cluster(nodes=3, seed=seed, options=OPTIONS, **settings)
    leader = cluster.wait_for_leader()
    assert isinstance(cluster.apply(leader.node, b"first"), Applied)
    cluster.run(0.2)
    return cluster, leader


def ask(cluster: Cluster, node: SimNode, consistency: Consistency = "lease", timeout: float = 3.0) -> Reading:
    """Ask how many commands there are, and hold the answer to what was settled when it was asked."""
    asked_at = cluster.history.settled

    def count(journal: Any) -> int:
        length = len(journal.commands)
        if consistency in ("lease", "linearizable"):
            cluster.history.read(node.node, asked_at, length)
        return length

    return cluster.read(node.node, count, timeout, consistency)


def write(cluster: Cluster, node: SimNode, command: bytes) -> None:
    outcome = cluster.apply(node.node, command)
    assert isinstance(outcome, Applied)
    cluster.history.acknowledged([command], outcome.results)


def answered(reading: Reading) -> str | None:
    return reading.info.answered if reading.info is not None and isinstance(reading.answer, int) else None


def duel(seed: int, percent: int) -> list[Reading]:
    """The leader's clock is slow, the others' are fast. It is cut off; they elect another one and write, while it is asked all the time."""
    cluster, old = a_cluster(seed)
    for node in cluster.nodes.values():
        sign = -1 if node is old else 1
        node.set_clock_rate(NOMINAL_RATE * (100 + sign * percent) // 100)
    cluster.run(0.2)
    cluster.cut([old.node])
    asked = []
    other = next(node for node in cluster.up() if node is not old)
    pending = cluster.propose(other.node, [b"second"], timeout=5)
    noted = False
    for _ in range(250):
        cluster.run(0.01)
        if isinstance(pending.outcome, Applied) and not noted:
            cluster.history.acknowledged([b"second"], pending.outcome.results)
            noted = True
        asked.append(ask(cluster, old, timeout=0.05))
    assert noted
    return asked


def duels(percent: int) -> None:
    for seed in range(10):
        duel(seed, percent)


# leases


def test_s_q1_a_leader_with_a_lease_answers_without_a_message() -> None:
    cluster, leader = a_cluster()
    before = cluster.network.counters.sent
    readings = [ask(cluster, leader) for _ in range(20)]
    assert cluster.network.counters.sent == before
    assert [answered(reading) for reading in readings] == ["lease"] * 20
    follower = cluster.followers()[0]
    reading = ask(cluster, follower)
    cluster.run(0.1)
    assert (answered(reading), reading.value) == ("linearizable", 1), "it holds none, and says so"
    assert follower.driver.counters.outcomes["read_fell_back"] == 1


@pytest.mark.parametrize("seed", range(6))
def test_s_q5_r12_within_the_drift_bound_a_cut_off_leader_answers_nothing_stale(seed: int) -> None:
    readings = duel(seed, PERCENT)
    assert {answered(reading) for reading in readings} == {"lease", None}, "it answers for a while, and then nothing"


def test_s_q5_r12_outside_the_drift_bound_two_may_hold_a_lease_and_it_shows() -> None:
    with pytest.raises(InvariantBrokenError, match="A lease is held alone"):
        duels(3 * PERCENT)


def test_s_q5_r12_outside_the_drift_bound_a_read_is_stale_and_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the check that looks at leases, the history of what clients were told finds it."""
    others = [invariant for invariant in for_algorithm(a_cluster()[0].spec) if invariant is not LeaseAlone]
    monkeypatch.setattr("quorate.sim.cluster.for_algorithm", lambda _spec: others)
    with pytest.raises(InvariantBrokenError, match="Fresh reads"):
        duels(3 * PERCENT)


def test_s_q5_r12_a_leader_that_was_suspended_answers_nothing_by_the_lease_it_had() -> None:
    """Its clock has counted so little that the lease would still last; that it overslept is what tells."""
    cluster, old = a_cluster()
    shown = old.clock.local(cluster.now)
    old.pause()
    cluster.cut([old.node])
    cluster.run_until(lambda: cluster.leader() is not None and cluster.leader() is not old, 10 * E)
    write(cluster, cluster.wait_for_leader(), b"second")
    old.wake_up(shown, int(0.55 * TIMEOUT_MS * MILLISECOND))
    reading = ask(cluster, old, timeout=0.3)
    cluster.run(0.5)
    assert answered(reading) is None
    cluster.heal()
    cluster.run(2)
    late = ask(cluster, old)
    cluster.run(0.5)
    assert (answered(late), late.value) == ("linearizable", 2)


def test_s_q5_a_leader_that_was_suspended_and_is_still_followed_gets_a_new_lease() -> None:
    cluster, leader = a_cluster()
    leader.pause()
    cluster.run(0.6 * E)
    leader.resume()
    first = ask(cluster, leader)
    cluster.run(0.05)
    assert answered(first) == "linearizable", "a fresh round first"
    assert answered(ask(cluster, leader)) == "lease"


def test_s_q5_r12_a_voter_that_restarts_does_not_end_a_lease_early() -> None:
    """One follower has not heard the leader for long; the other one has, and starts anew right after the leader fell silent."""
    cluster, leader = a_cluster()
    heard, deaf = cluster.followers()
    cluster.cut([leader.node], [deaf.node], both_ways=False)
    cluster.run(3 * E)
    assert deaf.status().role == "pre_candidate"
    lease = leader.algorithm.standing(leader.status().applied, leader.clock.local(cluster.now)).lease_until
    assert lease is not None
    cluster.cut([leader.node], [heard.node], both_ways=False)
    heard.crash(power=False)
    heard.start()
    while leader.clock.local(cluster.now) < lease:
        cluster.run(0.005)
        assert not deaf.leads
        assert not heard.leads
    cluster.run_until(lambda: deaf.leads or heard.leads, 10)


def test_s_q5_r12_a_delayed_order_to_campaign_finds_no_lease() -> None:
    """The target sleeps over it; the leader has long given up handing over, leads on in the same term, and asks for each read."""
    cluster, leader = a_cluster()
    target = cluster.followers()[0]
    term = leader.status().term
    target.pause()
    leader.driver.request(
        TransferLeadership(target.node), leader.clock.local(cluster.now) + 10 * SECOND, lambda _answer: None
    )
    for _ in range(40):
        reading = ask(cluster, leader)
        cluster.run(0.05)
        assert answered(reading) == "linearizable"
    assert leader.status().term == term
    target.resume()
    cluster.run_until(lambda: target.leads, 1)
    write(cluster, target, b"second")
    cluster.run(0.2)
    assert answered(ask(cluster, target)) == "lease", "the new leader's term is its own"


def leased_plans(first: int) -> Iterator[Plan]:
    for seed in range(first, first + 1000):
        plan = draw_plan(seed)
        if plan.options.get("lease_reads") and not plan.spares:
            yield plan


def test_s_q5_r12_storms_within_the_bound_show_no_stale_read() -> None:
    """Pauses, suspensions, restarts, transfers under way, cuts of every kind, and clocks at the edge of the bound."""
    plans = leased_plans(300)
    reports = [run_plan(next(plans)) for _ in range(8)]
    assert [report.failure for report in reports] == [""] * 8
    assert sum(report.counts["lease reads"] for report in reports) > 20


# bounds and own writes


def test_s_q5_the_age_of_a_state_is_true_up_to_the_delay_of_a_message() -> None:
    """A node that is cut off knows how old its state is, and answers within the bounds only as long as they hold."""
    cluster, leader = a_cluster(network=NetworkSettings(latency_ns=MILLISECOND, spread_ns=0))
    follower = cluster.followers()[0]
    cut_at = cluster.now
    cluster.cut([follower.node])
    write(cluster, leader, b"second")
    bounds = Stale(max_lag=10, max_age_ms=150)
    for _ in range(40):
        cluster.run(0.01)
        local, bounded = ask(cluster, follower, "local"), ask(cluster, follower, bounds, timeout=0.05)
        info = local.info
        assert info is not None
        assert info.age_ns is not None
        assert (local.value, info.lag, info.index) == (1, 0, follower.status().applied)
        since: Nanos = cluster.now - cut_at
        assert since <= info.age_ns + MILLISECOND, "at least since then something may be missing"
        assert info.age_ns <= since + 60 * MILLISECOND, "the last heartbeat before the cut"
        assert (answered(bounded) == "stale") == (info.age_ns <= 150 * MILLISECOND)
        assert bounded.value in (1, None)


def test_s_q5_a_node_that_hears_its_leader_and_cannot_keep_up_is_not_fresh() -> None:
    """Time alone would say that it is: it hears every heartbeat."""
    cluster, leader = a_cluster()
    follower = cluster.followers()[0]
    follower.stall_disk()
    for number in range(20):
        write(cluster, leader, b"more.%d" % number)
    cluster.run(0.3)
    local = ask(cluster, follower, "local")
    assert local.info is not None
    assert (local.value, local.info.lag >= 20) == (1, True)
    within_time = ask(cluster, follower, Stale(max_lag=5, max_age_ms=60_000), timeout=0.2)
    within_lag = ask(cluster, follower, Stale(max_lag=1000, max_age_ms=100), timeout=0.2)
    both = ask(cluster, follower, Stale(max_lag=1000, max_age_ms=60_000), timeout=0.2)
    assert [answered(reading) for reading in (within_time, within_lag, both)] == [None, None, "stale"]


def test_a_reader_of_its_writes_needs_no_leader() -> None:
    cluster, leader = a_cluster()
    follower = cluster.followers()[0]
    outcome = cluster.apply(leader.node, b"mine")
    assert isinstance(outcome, Applied)
    reading = ask(cluster, follower, ReadYourWrites(outcome.index))
    cluster.run(0.2)
    assert (answered(reading), reading.value) == ("read_your_writes", 2)
    cluster.cut([follower.node])
    assert ask(cluster, follower, ReadYourWrites(outcome.index)).value == 2
