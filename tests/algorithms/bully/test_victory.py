"""B11, B12, the guard's grants, and what must be durable before what (2.5)."""

from algorithms.bully.words import (
    Epoch,
    VictoryAck,
    assure,
    bully,
    following,
    heartbeat,
    leading,
    rank,
    resign,
    victory,
)
from algorithms.electing.one import One, kinds, reasons, sends
from quorate.algorithms.electing.promise import Promise
from quorate.core.effects import LeaderChanged, Persist
from quorate.core.ids import MILLISECOND


def claiming(node: int = 3, n: int = 5) -> One:
    """A guarded node that has claimed counter 1, with nobody above it."""
    one = bully(node, n, guard="majority")
    one.wait(80)
    if one.role == "electing":
        one.wait(21)
    assure(one)
    assert one.role == "claiming"
    return one


def granted(one: One, *, yes: bool = True, promised: Epoch | None = None) -> VictoryAck:
    """The answer to its claim."""
    return VictoryAck(1, one.state.epoch, granted=yes, promised=promised or one.state.epoch)


def test_b11_a_victory_of_a_higher_one_is_promised_and_followed() -> None:
    one = bully(2)
    effects = one.receive(3, victory(3, 1))
    assert effects == [
        Persist(1, Promise(Epoch(1, 3))),
        LeaderChanged(3, (1 << 20) + 3, exclusive="best_effort"),
    ]
    assert one.role == "follower"
    assert one.due_ms("alive_by") is None
    assert 70 <= (one.due_ms("suspect_at") or 0) <= 80


def test_b11_who_does_not_preempt_follows_a_lower_one_too() -> None:
    one = bully(3, preempt=False)
    assert kinds(one.receive(2, victory(2, 1))) == ["Persist", "LeaderChanged(2)"]


def test_b12_a_lower_one_is_bullied() -> None:
    one = bully(2)
    one.receive(3, victory(3, 1))
    one.receive(1, victory(1, 2))
    assert kinds(one.did) == ["LeaderChanged(None)", "Election>3"]
    assert reasons(one.did)[0] == "bullied"
    assert one.state.max_seen == Epoch(2, 1)


def test_b12_an_election_under_way_is_not_begun_again() -> None:
    """Or the heartbeats of a lower leader, which come oftener than answers, would keep it from ever ending."""
    one = bully(2)
    assert kinds(one.receive(1, victory(1, 1))) == []
    assert one.role == "electing"
    one.wait(21)
    assert one.state.epoch == Epoch(2, 2)


def test_2_5_victory_and_grant_are_behind_their_promise() -> None:
    classic = bully(3)
    assert kinds(classic.did)[:2] == ["Persist", "Victory>1"]
    safe = bully(2, guard="majority")
    safe.receive(3, victory(3, 1))
    assert kinds(safe.did) == ["Persist", "VictoryAck>3"]
    follower = bully(2, guard="majority")
    assert kinds(follower.receive(3, heartbeat(3, 1))) == ["Persist", "LeaderChanged(3)", "HeartbeatAck>3"]


def test_2_5_what_is_promised_already_is_not_written_again() -> None:
    one = bully(2, guard="majority")
    one.receive(3, victory(3, 1))
    assert kinds(one.receive(3, heartbeat(3, 1))) == ["LeaderChanged(3)", "HeartbeatAck>3"]


def test_2_5_tokens_ascend_over_a_restart() -> None:
    one = bully(3, promised=Epoch(7, 3), boot=2)
    assert one.state.epoch == Epoch(8, 3)


def test_guard_2_a_grant_names_no_leader_before_its_heartbeat() -> None:
    one = bully(2, guard="majority")
    one.receive(3, victory(3, 1))
    assert sends(one.did) == [(3, VictoryAck(1, Epoch(1, 3), granted=True, promised=Epoch(1, 3)))]
    assert (one.role, one.state.leader) == ("follower", None)
    one.receive(3, heartbeat(3, 1))
    assert one.state.leader == 3


def test_guard_2_a_majority_of_the_members_makes_a_leader() -> None:
    one = claiming(5)
    assert kinds(one.receive(1, granted(one))) == []
    assert kinds(one.receive(1, granted(one))) == []
    effects = one.receive(2, granted(one))
    assert kinds(effects) == ["LeaderChanged(5)", "Heartbeat>1", "Heartbeat>2", "Heartbeat>3", "Heartbeat>4"]
    (change,) = [effect for effect in effects if isinstance(effect, LeaderChanged)]
    lease = one.state.settings.lease_ns
    assert (change.exclusive, change.until) == ("lease", one.state.claimed_at + lease)
    assert 70 * 0.9 / 1.1 - 2 < lease / MILLISECOND < 70 * 0.9 / 1.1


def test_guard_2_too_few_grants_end_in_blocked() -> None:
    one = claiming(5)
    one.receive(1, granted(one))
    one.wait(27)
    assert one.role == "blocked"
    assert reasons(one.did) == ["blocked"]
    wait = (one.due_ms("retry_at") or 0) - one.ms
    assert 21 <= wait < 42


def test_guard_2_whoever_granted_a_claim_that_failed_is_told_and_holds_to_it_no_more() -> None:
    one = claiming(5)
    epoch = one.state.epoch
    one.wait(27)
    told = [(to, message.epoch, message.successor) for to, message in sends(one.did)]
    assert told == [(peer, epoch, None) for peer in (1, 2, 3, 4)]
    member = bully(1, guard="majority")
    member.receive(2, victory(2, 4))
    assert member.state.hold.left(3, member.now) > 0
    member.receive(2, resign(2, 4))
    assert member.state.hold.left(3, member.now) == 0
    assert sends(member.receive(3, victory(3, 4)))[-1][1].why == "promised", "the promise stands"


def test_guard_2_a_refusal_with_a_later_promise_ends_the_claim() -> None:
    one = claiming(5)
    one.receive(1, granted(one, yes=False))
    assert one.role == "claiming"
    one.receive(1, granted(one, yes=False, promised=Epoch(4, 2)))
    assert one.role == "blocked"
    assert one.state.next_epoch == Epoch(5, 5)


def test_guard_2_the_pause_gets_longer() -> None:
    one = claiming(5)
    for doublings in range(4):
        one.receive(1, granted(one, yes=False, promised=Epoch(50 + doublings * 9, 2)))
        wait = (one.due_ms("retry_at") or 0) - one.ms
        assert 21 << doublings <= wait < 42 << doublings
        one.wait(int(wait) + 1)
        assure(one)
        assert one.role == "claiming"


def test_guard_2_grants_of_an_earlier_claim_do_not_count() -> None:
    one = claiming(5)
    old = granted(one)
    one.receive(1, granted(one, yes=False, promised=Epoch(4, 2)))
    one.wait(43)
    assure(one)
    assert one.role == "claiming"
    one.receive(1, old)
    one.receive(2, old)
    assert one.role == "claiming"


def test_guard_4_grants_that_came_too_late_for_the_lease_make_no_leader() -> None:
    one = claiming(5)
    one.receive(1, granted(one))
    one.doze(70)
    one.receive(2, granted(one))
    assert one.role == "blocked"


def test_guard_alone_in_its_group_a_node_leads_at_once() -> None:
    one = bully(1, 1, guard="majority")
    one.wait(80)
    assert (one.role, one.algorithm.status(one.now).ready) == ("leader", False)
    one.disk()
    assert one.algorithm.status(one.now).ready


def test_guard_6_who_ranks_higher_refuses_and_stands_itself() -> None:
    one = bully(3, guard="majority")
    one.receive(2, victory(2, 1))
    assert kinds(one.did)[:3] == ["VictoryAck>2", "PreVote>1", "PreVote>2"]
    assure(one)
    assert one.state.epoch == Epoch(2, 3)
    settled = bully(3, guard="majority", preempt=False)
    assert sends(settled.receive(2, victory(2, 1)))[0][1].granted


def test_guard_6_who_is_fresher_refuses() -> None:
    one = bully(2, guard="majority", rank="fresh", preempt=False)
    one.state.freshness = 8
    (answer,) = [m for to, m in sends(one.receive(3, victory(3, 1, rank=rank(3, freshness=7)))) if to == 3][:1]
    assert (answer.granted, answer.why) == (False, "fresher")


def test_guard_3_a_leader_that_is_heard_is_held_to() -> None:
    one = following(3, guard="majority", n=4)
    one.receive(4, victory(4, 5))
    ((_, answer),) = sends(one.did)
    assert (answer.granted, answer.why, answer.hold_ns) == (False, "held", 70 * MILLISECOND)
    assert one.state.leader == 3
    one.receive(3, resign(3, 1))
    assert sends(one.receive(4, victory(4, 5)))[0][1].granted


def test_guard_1_a_promise_is_of_one_node_a_counter() -> None:
    one = bully(1, guard="majority")
    one.receive(2, victory(2, 4))
    one.disk()
    one.doze(100)
    one.receive(3, victory(3, 4))
    ((_, answer),) = [said for said in sends(one.did) if said[0] == 3][:1]
    assert (answer.granted, answer.why) == (False, "promised")
    assert sends(one.receive(2, victory(2, 4)))[-1][1].granted


def test_guard_a_leader_refuses_others() -> None:
    one = leading(guard="majority")
    ((_, answer),) = sends(one.receive(2, victory(2, 9)))
    assert (answer.granted, answer.why) == (False, "leads")
    assert one.role == "leader"
