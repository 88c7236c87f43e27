"""B13 to B23: heartbeats, and what follows from silence, restart and resignation. Played by Bully; the ring takes the same."""

import pytest

from algorithms.bully.words import (
    Epoch,
    ack,
    bully,
    following,
    heartbeat,
    leading,
    rank,
    resign,
    takeover,
    victory,
)
from algorithms.electing.one import kinds, reasons, sends
from quorate.algorithms.bully.messages import PreVoteReply
from quorate.algorithms.electing.messages import HeartbeatAck, Resign
from quorate.core.errors import InvariantError
from quorate.core.events import PeerUnreachable


def test_b13_a_stale_leader_is_told() -> None:
    one = following(3, counter=4)
    for stale in (heartbeat(2, 3), victory(2, 3)):
        one.receive(1, stale)
        assert sends(one.did) == [(1, HeartbeatAck(1, Epoch(3, 2), 0, 0, Epoch(4, 3)))]
    assert one.state.leader == 3


def test_b13_with_the_guard_only_what_is_promised_makes_stale() -> None:
    """Somebody claimed 9 and failed: that unseats nobody."""
    one = following(3, guard="majority", counter=4)
    one.state.see(Epoch(9, 1))
    assert kinds(one.receive(3, heartbeat(3, 4))) == ["HeartbeatAck>3"]
    assert sends(one.receive(1, heartbeat(1, 3)))[0][1].known == Epoch(4, 3)


def test_b14_a_heartbeat_puts_the_suspicion_off_and_with_the_guard_is_answered() -> None:
    one = following(3)
    one.wait(50)
    assert kinds(one.receive(3, heartbeat(3, 1))) == []
    assert (one.due_ms("suspect_at") or 0) >= 120
    safe = following(3, guard="majority")
    ((to, answer),) = sends(safe.receive(3, heartbeat(3, 1)))
    assert (to, answer.epoch, answer.known) == (3, Epoch(1, 3), Epoch(1, 3))


def test_b15_an_unknown_leader_is_followed_and_ends_the_own_election() -> None:
    one = bully(2)
    assert kinds(one.receive(3, heartbeat(3, 2))) == ["Persist", "LeaderChanged(3)"]
    assert one.state.deadlines.view().keys() == {"suspect_at"}


def test_b15_also_from_blocked() -> None:
    one = bully(2, guard="majority")
    one.wait(130)
    assert one.role == "blocked"
    assert kinds(one.receive(3, heartbeat(3, 9))) == ["Persist", "LeaderChanged(3)", "HeartbeatAck>3"]
    assert one.due_ms("retry_at") is None


def test_b15_a_lower_one_is_bullied_as_after_its_victory() -> None:
    one = bully(3, preempt_delay_ms=5)
    one.ms = 6
    assert kinds(one.receive(2, heartbeat(2, 4))) == ["Persist", "Victory>1", "Victory>2", "LeaderChanged(3)"]
    assert one.state.epoch == Epoch(5, 3)


def test_b16_of_two_leaders_the_lower_follows_the_higher() -> None:
    one = leading(2)
    assert kinds(one.receive(3, heartbeat(3, 5))) == ["Persist", "LeaderChanged(3)"]
    assert one.role == "follower"


def test_b16_a_higher_one_with_an_older_epoch_is_told_so() -> None:
    one = leading(2)
    one.state.see(Epoch(3, 1))
    assert kinds(one.receive(3, heartbeat(3, 2))) == ["HeartbeatAck>3"]
    assert one.role == "leader"


def test_b17_the_higher_of_two_claims_again_above_both() -> None:
    one = leading(3)
    assert kinds(one.receive(2, heartbeat(2, 6))) == ["Persist", "Victory>1", "Victory>2", "LeaderChanged(3)"]
    assert one.state.epoch == Epoch(7, 3)


def test_b18_a_leader_that_learns_of_a_higher_epoch_claims_again_if_it_is_the_highest() -> None:
    one = leading(3)
    one.receive(1, ack(one.state.epoch, Epoch(8, 2)))
    assert kinds(one.did) == ["Persist", "Victory>1", "Victory>2", "LeaderChanged(3)"]
    assert reasons(one.did)[0] == "leader_outbid"


def test_b18_or_else_holds_an_election() -> None:
    one = leading(2)
    one.receive(1, ack(one.state.epoch, Epoch(8, 3)))
    assert kinds(one.did) == ["LeaderChanged(None)", "Election>3"]


def test_b18_with_the_guard_it_steps_down() -> None:
    one = leading(3, guard="majority")
    one.receive(1, ack(one.state.epoch, Epoch(8, 2)))
    assert kinds(one.did)[0] == "LeaderChanged(None)"
    assert one.role == "pre_claiming"


def test_b12_who_has_become_fresher_than_its_leader_takes_over() -> None:
    """Nothing else would tell: its leader goes on beating."""
    one = following(3, node=2, guard="none", rank="fresh", preempt=True)
    one.receive(3, heartbeat(3, 1, rank=rank(3, freshness=4)))
    one.state.freshness = 9
    one.receive(3, heartbeat(3, 1, rank=rank(3, freshness=9)))
    assert one.state.leader == 3
    one.receive(3, heartbeat(3, 1, rank=rank(3, freshness=8)))
    assert kinds(one.did) == ["LeaderChanged(None)", "Election>1", "Election>3"]


def test_b23_of_several_that_want_to_lead_the_highest_is_named() -> None:
    one = leading(1, n=3, guard="majority", min_tenure_ms=100)
    one.receive(3, takeover(3, one.state.epoch))
    one.receive(2, takeover(2, one.state.epoch))
    assert reasons(one.did) == ["takeover_declined"]
    for _ in range(5):
        one.wait(20)
        for peer in (2, 3):
            one.receive(peer, ack(one.state.epoch, one.state.epoch, one.now))
        one.receive(3, takeover(3, one.state.epoch))
    one.receive(2, takeover(2, one.state.epoch))
    assert {message.successor for _, message in sends(one.effects) if isinstance(message, Resign)} == {3}


def test_b19_silence_is_suspicion() -> None:
    one = following(3)
    one.wait(80)
    assert kinds(one.did) == ["LeaderChanged(None)", "Election>3"]
    assert reasons(one.did)[0] == "leader_silent"
    assert one.state.live.suspects(3, one.now)
    assert not one.state.live.suspects(3, one.now + 140_000_000)


def test_b19_a_broken_link_alone_is_none() -> None:
    one = following(3)
    assert kinds(one.disconnect(3)) == []
    assert one.state.leader == 3


def test_b19_a_process_that_is_gone_is_not_waited_for() -> None:
    classic = following(3, guard="none")
    assert kinds(classic.lose(3)) == ["LeaderChanged(None)", "Election>3"]
    safe = following(3, guard="majority")
    assert kinds(safe.lose(3)) == ["LeaderChanged(None)", "PreVote>1", "PreVote>3"]
    assert safe.state.hold.left(1, safe.now) == 0
    assert sends(safe.receive(1, victory(1, 2)))[-1][1].granted


@pytest.mark.parametrize("guard", ["none", "majority"])
def test_b19_without_fast_failover_silence_alone_counts(guard: str) -> None:
    one = following(3, guard=guard, fast_failover=False)
    assert kinds(one.lose(3)) == []
    assert one.state.leader == 3
    assert (one.state.hold.left(1, one.now) > 0) == (one.state.leader is not None)


def test_b19_a_process_that_was_heard_after_its_link_broke_is_not_the_one_that_died() -> None:
    """Its word came another way, as on a ring; the refusal may be about the process before it."""
    one = following(3, guard="majority")
    one.disconnect(3)
    one.state.hold.take(3, Epoch(1, 3), one.now + 70_000_000)
    assert kinds(one.step(PeerUnreachable(3))) == []
    assert one.state.hold.left(1, one.now) > 0


def test_b19_the_wait_after_a_restart_stays() -> None:
    one = bully(2, guard="majority", promised=Epoch(1, 3), boot=2)
    one.receive(3, heartbeat(3, 1))
    one.lose(3)
    assert one.role == "blocked"
    assert sends(one.receive(1, victory(1, 9)))[0][1].why == "restarted"


def test_b19_who_refuses_because_it_has_not_heard_of_the_death_yet_is_asked_again_soon() -> None:
    one = following(3, guard="majority")
    one.lose(3)
    one.receive(1, PreVoteReply(1, one.state.eid, granted=False, known=Epoch(1, 3), hold_ns=70_000_000, why="held"))
    assert one.role == "pre_claiming"
    one.wait(21)
    assert one.role == "blocked"
    assert 10 <= (one.due_ms("retry_at") or 0) - one.ms < 20


@pytest.mark.parametrize("guard", ["none", "majority"])
def test_b20_a_leader_that_has_restarted_does_not_know_that_it_led(guard: str) -> None:
    one = following(3, guard=guard)
    one.receive(3, ack(Epoch(0, 0), Epoch(0, 0)).__class__(2, Epoch(1, 3), 0, 0, Epoch(1, 3)))
    assert kinds(one.did)[0] == "LeaderChanged(None)"
    assert reasons(one.did)[0] == "leader_restarted"
    assert one.state.hold.left(1, one.now) == 0


def test_b20_unless_it_says_that_it_leads_again() -> None:
    one = following(3)
    one.receive(3, victory(3, 2, boot=2))
    assert kinds(one.did) == ["Persist", "LeaderChanged(3)"]


def test_b20_who_led_before_it_restarted_tells_whoever_connects() -> None:
    one = bully(3, guard="majority", promised=Epoch(4, 3), boot=2)
    assert sends(one.connect(1)) == [(1, Resign(2, Epoch(4, 3), None))]
    assert kinds(bully(3, guard="majority", promised=Epoch(4, 2), boot=2).connect(1)) == []


def test_b21_after_a_resignation_whoever_is_first_elects() -> None:
    one = following(3)
    assert kinds(one.receive(3, resign(3, 1))) == ["LeaderChanged(None)"]
    assert 0 <= (one.due_ms("retry_at") or 0) - one.ms < 21
    one.wait(21)
    assert one.role == "electing"


def test_b21_the_nominee_claims_and_the_others_wait_for_it() -> None:
    nominee = following(3)
    nominee.receive(3, resign(3, 1, 2))
    assert kinds(nominee.did)[:4] == ["LeaderChanged(None)", "Persist", "Victory>1", "Victory>3"]
    other = following(3, node=1)
    other.receive(3, resign(3, 1, 2))
    assert (other.role, other.due_ms("victory_by")) == ("waiting", 43)


def test_b21_a_resignation_of_somebody_else_or_of_another_epoch_is_nothing() -> None:
    one = following(3)
    one.receive(1, resign(1, 1))
    one.receive(3, resign(3, 9))
    assert one.state.leader == 3


def test_b22_a_leader_is_heard_by_all_and_greets_who_connects() -> None:
    one = leading(3)
    assert kinds(one.wait(20)) == ["Heartbeat>1", "Heartbeat>2"]
    assert kinds(one.connect(1)) == ["Heartbeat>1"]


def test_b23_a_takeover_is_granted_by_policy() -> None:
    one = leading(2, guard="majority")
    one.receive(3, takeover(3, one.state.epoch))
    assert sends(one.did) == [(to, Resign(1, one.state.epoch, 3)) for to in (1, 3)]
    assert kinds(one.did)[-1] == "LeaderChanged(None)"
    assert one.state.hold.node == 3


def test_b23_not_before_it_has_led_long_enough_nor_for_one_that_lags() -> None:
    young = leading(2, guard="majority", min_tenure_ms=500)
    young.receive(3, takeover(3, young.state.epoch))
    assert (reasons(young.did), young.role) == (["takeover_declined"], "leader")
    picky = leading(2, guard="majority", rank="fresh", freshness_gap=10)
    picky.state.freshness = 100
    picky.receive(3, takeover(3, picky.state.epoch, rank=rank(3, 89, 1)))
    assert picky.role == "leader"
    picky.receive(3, takeover(3, picky.state.epoch, rank=rank(3, 90, 1)))
    assert picky.role == "follower"


def test_b23_a_bigger_follower_asks_for_it_with_every_heartbeat() -> None:
    one = bully(3, guard="majority")
    assert kinds(one.receive(2, heartbeat(2, 1)))[-2:] == ["HeartbeatAck>2", "Takeover>2"]
    assert kinds(one.receive(2, heartbeat(2, 1))) == ["HeartbeatAck>2", "Takeover>2"]


def test_with_the_guard_two_leaders_of_one_counter_are_a_broken_promise() -> None:
    one = leading(3, guard="majority")
    with pytest.raises(InvariantError, match="a promise was broken"):
        one.receive(2, heartbeat(2, one.state.epoch.counter))


def test_a_node_that_may_take_over_only_later_does_so_then() -> None:
    one = bully(3, preempt_delay_ms=200)
    one.receive(2, heartbeat(2, 1))
    for _ in range(9):
        one.wait(20)
        one.receive(2, heartbeat(2, 1))
    assert one.state.leader == 2
    one.wait(20)
    one.receive(2, heartbeat(2, 1))
    assert one.role == "leader"
