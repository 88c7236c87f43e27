"""C5 to C8: from a won election to a leader that is known; B17 and B18 on the ring; and what is durable before what."""

import pytest

from algorithms.ring.table import (
    GUARDED,
    TIMES,
    UNGUARDED,
    Lone,
    before,
    eid,
    passed,
    promises,
    rank,
    reasons,
    settings,
)
from quorate.algorithms.electing.epoch import Epoch, token
from quorate.algorithms.electing.messages import Heartbeat, HeartbeatAck, Resign
from quorate.algorithms.ring import RingConfig
from quorate.algorithms.ring.messages import Elected, Election
from quorate.core.effects import Effect, LeaderChanged, Persist, Send
from quorate.core.events import Requested
from quorate.core.ids import MILLISECOND, NodeId
from quorate.core.requests import ReportFreshness

LISTENS = settings(preempt=False)
MEEK = settings(GUARDED, preempt=False)
EVER = UNGUARDED.failure_ns + UNGUARDED.delay_ns


def claiming(me: NodeId = 2, config: RingConfig = GUARDED) -> Lone:
    """One whose token has come round, with the guard."""
    node = Lone(me, config)
    node.wait(EVER)
    node.envelope(me - 1, Election(rank(me)), eid(me))
    assert node.state.role == "claiming"
    return node


def leaders(effects: list[Effect]) -> list[NodeId | None]:
    """Whom the application was told of."""
    return [effect.leader for effect in effects if isinstance(effect, LeaderChanged)]


def test_c6_an_elected_is_followed_and_passed_on() -> None:
    node = Lone(2)
    effects = node.envelope(1, Elected(Epoch(1, 5), rank(5)), eid(5))
    assert promises(effects) == [Epoch(1, 5)]
    assert leaders(effects) == [5]
    assert passed(effects) == [(3, Elected(Epoch(1, 5), rank(5)))]
    assert before(effects, Persist, LeaderChanged)
    assert before(effects, Persist, Send)
    assert not node.state.participant
    assert node.state.deadlines["ring_by"] is None


def test_c6_who_follows_the_winner_of_a_counter_signs_nothing_for_it_any_more() -> None:
    """It may have granted that counter to another one, whose claim failed; a late copy of the winner's then finds it promised already."""
    node = Lone(2, MEEK)
    node.envelope(1, Elected(Epoch(1, 3), rank(3), (1,)), eid(3))
    node.receive(5, Heartbeat(1, Epoch(1, 5), 1, 7, rank(5)))
    assert (node.state.leader, node.state.promised) == (5, Epoch(1, 5))
    effects = node.envelope(1, Elected(Epoch(1, 5), rank(5), (1,)), eid(5))
    assert not passed(effects)
    assert node.state.leader == 5


def test_c6_what_was_promised_before_a_restart_is_passed_on_unsigned() -> None:
    node = Lone(2, MEEK, promised=Epoch(1, 5), boot=2)
    effects = node.envelope(1, Elected(Epoch(1, 5), rank(5), (1,)), eid(5))
    assert passed(effects) == [(3, Elected(Epoch(1, 5), rank(5), (1,)))]
    assert not promises(effects)


def test_c6_whoever_ranks_higher_holds_an_election_of_its_own() -> None:
    node = Lone(4, settings(preempt_delay_ms=60))
    node.now = 60 * MILLISECOND
    effects = node.envelope(3, Elected(Epoch(1, 2), rank(2)), eid(2))
    assert leaders(effects) == [2, None]
    assert passed(effects) == [(5, Elected(Epoch(1, 2), rank(2))), (5, Election(rank(4)))]


def test_c6_unless_it_may_not_preempt() -> None:
    node = Lone(4, LISTENS)
    effects = node.envelope(3, Elected(Epoch(1, 2), rank(2)), eid(2))
    assert leaders(effects) == [2]
    assert len(passed(effects)) == 1


def test_c6_with_the_guard_a_member_signs_and_names_nobody_yet() -> None:
    """4.6: `promised` is durable before an Elected that carries the grant goes on."""
    node = Lone(2, MEEK)
    effects = node.envelope(1, Elected(Epoch(1, 5), rank(5), (1,)), eid(5))
    assert promises(effects) == [Epoch(1, 5)]
    assert passed(effects) == [(3, Elected(Epoch(1, 5), rank(5), (1, 2)))]
    assert before(effects, Persist, Send)
    assert not leaders(effects)
    assert node.state.deadlines["suspect_at"] is not None
    effects = node.receive(5, Heartbeat(1, Epoch(1, 5), 1, 7, rank(5)))
    assert leaders(effects) == [5], "its first heartbeat names it"
    assert Send(5, HeartbeatAck(1, Epoch(1, 5), 1, 7, Epoch(1, 5))) in effects


@pytest.mark.parametrize(("epoch", "why"), [(Epoch(4, 5), "held"), (Epoch(3, 5), "promised")])
def test_c6_with_the_guard_a_member_that_refuses_passes_it_on_unsigned(epoch: Epoch, why: str) -> None:
    node = Lone(2, MEEK)
    node.receive(4, Heartbeat(1, Epoch(3, 4), 1, 0, rank(4)))
    effects = node.envelope(1, Elected(epoch, rank(5), (1,)), eid(5))
    assert reasons(effects) == ["claim_refused"]
    assert passed(effects) == [(3, Elected(epoch, rank(5), (1,)))]
    assert not promises(effects)
    assert node.state.leader == 4
    assert why in str(effects)


def test_c6_with_the_guard_whoever_ranks_higher_refuses_and_begins() -> None:
    node = Lone(4, GUARDED)
    effects = node.envelope(3, Elected(Epoch(1, 2), rank(2)), eid(2))
    assert passed(effects) == [(5, Elected(Epoch(1, 2), rank(2))), (5, Election(rank(4)))]
    assert "outranked" in str(effects)
    assert not promises(effects)


def test_c6_with_the_guard_a_member_that_restarted_grants_nobody_for_a_while() -> None:
    node = Lone(2, MEEK, boot=2, promised=Epoch(1, 1))
    assert "restarted" in str(node.envelope(1, Elected(Epoch(2, 5), rank(5)), eid(5)))
    node.now += MEEK.failure_ns
    assert promises(node.envelope(1, Elected(Epoch(3, 5), rank(5)), eid(5))) == [Epoch(3, 5)]


def test_c7_a_second_copy_is_dropped() -> None:
    node = Lone(2, LISTENS)
    node.envelope(1, Elected(Epoch(1, 5), rank(5)), eid(5))
    effects = node.envelope(1, Elected(Epoch(1, 5), rank(5)), eid(5))
    assert reasons(effects) == ["elected_stale"]
    assert not passed(effects)


def test_c7_so_is_one_of_an_epoch_that_has_passed() -> None:
    node = Lone(2, LISTENS, promised=Epoch(2, 4))
    assert reasons(node.envelope(1, Elected(Epoch(1, 5), rank(5)), eid(5))) == ["elected_stale"]


def test_c7_one_that_was_only_heard_of_is_taken() -> None:
    """A token that goes the other way round can bring word of an epoch before its Elected comes."""
    node = Lone(2, LISTENS)
    node.envelope(3, Election(rank(4)), eid(4), max_seen=Epoch(1, 5), clockwise=False)
    assert node.state.max_seen == Epoch(1, 5)
    assert leaders(node.envelope(1, Elected(Epoch(1, 5), rank(5)), eid(5))) == [5]


def test_c8_a_majority_of_the_configured_ring_makes_a_leader() -> None:
    node = claiming()
    effects = node.envelope(1, Elected(Epoch(1, 2), rank(2), (3, 4)), eid(2))
    assert leaders(effects) == [2]
    assert [effect.to for effect in effects if isinstance(effect, Send)] == [1, 3, 4, 5], "a heartbeat to all"
    assert node.state.deadlines["lease_until"] == EVER + GUARDED.lease_ns, "counted from when the Elected went out"
    assert node.state.deadlines["ring_by"] is None


def test_c8_less_than_that_is_blocked_however_small_the_ring_has_become() -> None:
    node = claiming()
    for peer in (3, 4, 5):
        node.state.suspect(peer)
    node.state.out.clear()
    effects = node.envelope(1, Elected(Epoch(1, 2), rank(2), (1,)), eid(2))
    assert node.state.role == "blocked"
    assert node.state.why == "it may not lead now: too few have granted its claim in time"
    assert leaders(effects) == []


def test_c8_a_later_claim_on_the_way_is_named_as_the_reason() -> None:
    node = claiming()
    node.envelope(1, Election(rank(5)), eid(5), max_seen=Epoch(4, 5))
    node.envelope(1, Elected(Epoch(1, 2), rank(2), (1,)), eid(2))
    assert node.state.why == "it may not lead now: a member has promised a later claim"
    assert node.state.next_epoch == Epoch(5, 2)


def test_c8_a_winner_whose_lap_has_used_up_the_lease_waits_for_answers_first() -> None:
    node = claiming(config=settings(GUARDED, ring_ms=1000))
    node.state.unanswered.clear()
    node.now += GUARDED.lease_ns
    effects = node.envelope(1, Elected(Epoch(1, 2), rank(2), (3, 4, 5)), eid(2))
    assert reasons(effects) == ["lease_awaited"]
    assert [effect.to for effect in effects if isinstance(effect, Send)] == [1, 3, 4, 5]
    sent_at = node.now
    node.now += 10 * MILLISECOND
    assert not leaders(node.receive(3, HeartbeatAck(1, Epoch(1, 2), 1, sent_at, Epoch(1, 2))))
    assert leaders(node.receive(1, HeartbeatAck(1, Epoch(1, 2), 1, sent_at, Epoch(1, 2)))) == [2]
    assert node.state.deadlines["lease_until"] == sent_at + GUARDED.lease_ns


def test_c8_and_leads_not_if_one_of_them_knows_of_a_later_claim() -> None:
    node = claiming(config=settings(GUARDED, ring_ms=1000))
    node.state.unanswered.clear()
    node.now += GUARDED.lease_ns
    node.envelope(1, Elected(Epoch(1, 2), rank(2), (3, 4, 5)), eid(2))
    node.receive(3, HeartbeatAck(1, Epoch(1, 2), 1, node.now, Epoch(2, 4)))
    assert node.state.role == "blocked"


def test_c8_an_answer_before_the_lap_is_over_counts_for_nothing() -> None:
    node = claiming()
    for peer in (1, 3, 4, 5):
        node.receive(peer, HeartbeatAck(1, Epoch(1, 2), 1, node.now, Epoch(1, 2)))
    assert node.state.role == "claiming"


def test_c8_a_signature_of_a_stranger_counts_for_nothing() -> None:
    node = claiming()
    node.envelope(1, Elected(Epoch(1, 2), rank(2), (3, 8, 9)), eid(2))
    assert node.state.role == "blocked"


def test_c8_who_has_granted_another_claim_counts_its_own_no_more() -> None:
    node = claiming(config=MEEK)
    node.envelope(1, Elected(Epoch(2, 5), rank(5)), eid(5))
    effects = node.envelope(1, Elected(Epoch(1, 2), rank(2), (3, 4)), eid(2))
    assert not leaders(effects)
    assert node.state.role == "follower"


def test_b17_a_leader_claims_again_above_a_lower_one() -> None:
    node = Lone(4)
    node.envelope(3, Election(rank(4)), eid(4))
    effects = node.receive(2, Heartbeat(1, Epoch(6, 2), 1, 0, rank(2)))
    assert passed(effects) == [(5, Elected(Epoch(7, 4), rank(4)))]
    assert leaders(effects) == [4]


def test_b17_the_same_when_the_lower_ones_elected_comes() -> None:
    node = Lone(4)
    node.envelope(3, Election(rank(4)), eid(4))
    effects = node.envelope(3, Elected(Epoch(6, 2), rank(2)), eid(2))
    assert passed(effects) == [(5, Elected(Epoch(6, 2), rank(2))), (5, Elected(Epoch(7, 4), rank(4)))]
    assert leaders(effects) == [4]


def test_b16_and_gives_way_to_a_higher_one() -> None:
    node = Lone(4)
    node.envelope(3, Election(rank(4)), eid(4))
    effects = node.envelope(3, Elected(Epoch(6, 5), rank(5)), eid(5))
    assert leaders(effects) == [5]


def test_b18_a_leader_that_was_outbid_claims_again_if_it_is_the_highest() -> None:
    node = Lone(5)
    node.envelope(4, Election(rank(5)), eid(5))
    effects = node.receive(1, HeartbeatAck(1, Epoch(1, 5), 1, 0, Epoch(8, 2)))
    assert passed(effects) == [(1, Elected(Epoch(9, 5), rank(5)))]


def test_b18_or_holds_an_election_if_it_is_not() -> None:
    node = Lone(4)
    node.envelope(3, Election(rank(4)), eid(4))
    effects = node.receive(1, HeartbeatAck(1, Epoch(1, 4), 1, 0, Epoch(8, 2)))
    assert passed(effects) == [(5, Election(rank(4)))]
    assert leaders(effects) == [None]


def test_b18_with_the_guard_it_leads_no_more() -> None:
    node = claiming()
    node.envelope(1, Elected(Epoch(1, 2), rank(2), (3, 4)), eid(2))
    effects = node.receive(1, HeartbeatAck(1, Epoch(1, 2), 1, 0, Epoch(8, 3)))
    assert leaders(effects) == [None]
    assert not passed(effects)


def test_b21_the_nominee_of_a_leader_that_resigned_claims_at_once() -> None:
    node = Lone(2, MEEK)
    node.receive(4, Heartbeat(1, Epoch(3, 4), 1, 0, rank(4)))
    effects = node.receive(4, Resign(1, Epoch(3, 4), 2))
    assert passed(effects) == [(3, Elected(Epoch(4, 2), rank(2)))]


def test_b21_all_others_wait_for_a_whole_lap() -> None:
    node = Lone(3, MEEK)
    node.receive(4, Heartbeat(1, Epoch(3, 4), 1, 0, rank(4)))
    node.receive(4, Resign(1, Epoch(3, 4), 2))
    assert node.state.role == "waiting"
    assert node.state.deadlines["victory_by"] == 5 * 12 * MILLISECOND + 10 * MILLISECOND
    effects = node.wait(100 * MILLISECOND)
    assert passed(effects) == [(4, Election(rank(3)))], "and then nobody waits any longer"


def test_the_token_of_a_leadership_is_its_epoch() -> None:
    node = Lone(2)
    effects = node.envelope(1, Election(rank(2)), eid(2))
    assert LeaderChanged(2, token(Epoch(1, 2)), ready=True, exclusive="best_effort") in effects
    assert RingConfig(**TIMES).guarded


def test_c7_with_the_guard_a_copy_of_what_made_the_leader_is_not_signed() -> None:
    """This member has granted that counter to another, whose claim failed. It follows the one who won it, and grants nothing."""
    node = Lone(2, MEEK)
    node.envelope(1, Elected(Epoch(1, 4), rank(4), (1,)), eid(4))
    assert leaders(node.receive(5, Heartbeat(1, Epoch(1, 5), 1, 7, rank(5)))) == [5]
    effects = node.envelope(1, Elected(Epoch(1, 5), rank(5), (1, 3)), eid(5))
    assert not passed(effects)


def test_c6_with_the_guard_whoever_has_newer_data_than_a_claimant_refuses_and_stands_itself() -> None:
    """A node past which tokens keep going would otherwise never set out, and refuse every claim."""
    node = Lone(2, settings(GUARDED, rank="fresh", preempt=False))
    node.envelope(1, Election(rank(5)), eid(5))
    assert node.state.participant
    node.step(Requested(1, ReportFreshness(3)))
    effects = node.envelope(1, Elected(Epoch(1, 5), rank(5)), eid(5))
    assert {"claim_refused", "election_started"} <= set(reasons(effects))
    assert node.state.role == "electing"
