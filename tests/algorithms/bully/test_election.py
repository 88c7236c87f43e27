"""B1 to B10: the election up to the claim."""

import pytest

from algorithms.bully.words import (
    ElectionId,
    Epoch,
    alive,
    bully,
    config,
    election,
    following,
    guarded,
    heartbeat,
    leading,
    rank,
)
from algorithms.electing.one import kinds, reasons, sends
from quorate.algorithms.bully.election import to_ask
from quorate.algorithms.bully.messages import Alive, Election
from quorate.algorithms.electing.epoch import NEVER
from quorate.core.effects import LeaderChanged


def test_b1_a_node_that_preempts_holds_an_election_when_it_starts() -> None:
    one = bully(2)
    assert kinds(one.did) == ["Election>3"]
    assert one.role == "electing"


def test_b1_otherwise_it_listens_first() -> None:
    for changes in ({"preempt": False}, {"guard": "majority"}, {"preempt_delay_ms": 500}):
        one = bully(3, **changes)
        assert (kinds(one.did), one.role) == ([], "follower")
        due = one.due_ms("suspect_at")
        assert due is not None
        assert 70 <= due <= 80


def test_b1_the_start_counter_is_in_every_message() -> None:
    one = bully(1, boot=7)
    assert [message.boot for _, message in sends(one.did)] == [7, 7]


def test_b2_the_highest_claims_without_asking() -> None:
    one = bully(3)
    assert kinds(one.did) == ["Persist", "Victory>1", "Victory>2", "LeaderChanged(3)"]
    assert one.role == "leader"
    assert one.due_ms("heartbeat_at") == 20
    (change,) = [effect for effect in one.did if isinstance(effect, LeaderChanged)]
    assert (change.term, change.exclusive, change.until) == ((1 << 20) + 3, "best_effort", None)


def test_b2_by_the_live_view_the_highest_that_is_not_suspected_does() -> None:
    members = following(3, guard="none", direct_victory="members")
    members.lose(3)
    assert members.role == "electing"
    view = following(3, guard="none", direct_victory="live_view")
    assert kinds(view.lose(3)) == ["LeaderChanged(None)", "Persist", "Victory>1", "Victory>3", "LeaderChanged(2)"]


def test_b2_by_freshness_all_are_asked_because_nobody_knows_who_is_fresher() -> None:
    one = bully(3, rank="fresh")
    assert kinds(one.did) == ["Election>1", "Election>2"]
    assert to_ask(bully(2, rank="fresh").state) == [1, 3]


def test_b3_everybody_else_asks_those_above_and_waits() -> None:
    one = bully(2, 4)
    assert sends(one.did) == [(to, Election(1, ElectionId(2, 1, 1), rank(2), NEVER)) for to in (3, 4)]
    assert one.due_ms("alive_by") == 21


def test_b4_a_lower_one_is_answered_and_a_follower_begins() -> None:
    one = following(3, settled="restart", preempt=True, guard="none")
    one.receive(1, election(1))
    assert kinds(one.did)[0] == "Alive>1"
    assert kinds(one.did)[1:] == ["LeaderChanged(None)", "Election>3"]


def test_b4_who_hears_its_leader_only_answers_and_names_it() -> None:
    one = following(3)
    one.receive(1, election(1))
    assert sends(one.did) == [(1, Alive(1, ElectionId(1, 1, 1), rank(2), Epoch(1, 3), 3))]
    assert one.state.leader == 3


def test_b4_a_leader_answers_and_says_that_it_leads() -> None:
    one = leading()
    assert kinds(one.receive(1, election(1))) == ["Alive>1", "Victory>1"]
    quiet = leading(resend_victory=False)
    assert kinds(quiet.receive(1, election(1))) == ["Alive>1"]
    safe = leading(guard="majority")
    assert kinds(safe.receive(1, election(1))) == ["Alive>1", "Heartbeat>1"]


def test_b4_in_an_election_of_its_own_it_only_answers() -> None:
    one = bully(2)
    assert kinds(one.receive(1, election(1))) == ["Alive>1"]
    assert one.role == "electing"


def test_b4_who_is_blocked_only_answers() -> None:
    one = bully(2, guard="majority")
    one.wait(130)
    assert one.role == "blocked"
    assert kinds(one.receive(1, election(1))) == ["Alive>1"]


def test_b5_a_higher_one_is_not_answered() -> None:
    one = bully(2)
    one.receive(3, election(3))
    assert (kinds(one.did), reasons(one.did)) == ([], ["election_from_higher"])


def test_b5_ranks_are_those_in_the_message() -> None:
    one = bully(2, rank="fresh")
    one.state.freshness = 5
    assert kinds(one.receive(3, election(3, rank=rank(3, freshness=4)))) == ["Alive>3"]
    assert kinds(one.receive(3, election(3, rank=rank(3, freshness=6)))) == []


def test_b6_an_answer_ends_the_question_and_the_wait_for_a_victory_begins() -> None:
    one = bully(2)
    one.ms = 10
    assert kinds(one.receive(3, alive(3, one.state.eid))) == []
    assert (one.role, one.due_ms("alive_by"), one.due_ms("victory_by")) == ("waiting", None, 53)


def test_b6_a_late_or_a_lower_answer_ends_nothing() -> None:
    one = bully(2)
    one.receive(3, alive(3, ElectionId(2, 1, 99)))
    one.receive(1, alive(1, one.state.eid))
    assert one.role == "electing"


def test_b7_further_answers_change_nothing() -> None:
    one = bully(1)
    one.receive(2, alive(2, one.state.eid))
    one.ms = 10
    assert one.receive(3, alive(3, one.state.eid)) == []
    assert one.due_ms("victory_by") == 43


def test_b8_an_answer_after_the_claim_voids_it() -> None:
    one = leading(2)
    eid = one.state.eid
    one.receive(3, alive(3, eid))
    assert kinds(one.did) == ["LeaderChanged(None)", "Resign>1", "Resign>3", "Election>3"]
    assert reasons(one.did)[0] == "late_alive"
    assert one.state.stretch == 2
    assert one.due_ms("alive_by") == one.ms + 42


def test_b8_or_is_ignored() -> None:
    one = leading(2, late_alive="ignore")
    one.receive(3, alive(3, one.state.eid))
    assert (kinds(one.did), reasons(one.did), one.role) == ([], ["late_alive"], "leader")


@pytest.mark.parametrize("changes", [{"guard": "majority"}, {"preempt": False}], ids=str)
def test_b8_a_leader_that_a_majority_granted_or_nobody_takes_over_from_stays(changes: dict[str, object]) -> None:
    """An answer may have been under way for as long as a link was down."""
    one = leading(2, **changes)
    one.receive(3, alive(3, one.state.eid))
    assert (kinds(one.did), reasons(one.did), one.role) == ([], ["late_alive"], "leader")


def test_b8_the_wait_doubles_up_to_eight_times_and_is_reset_by_a_victory() -> None:
    one = leading(2)
    for stretch in (2, 4, 8, 8):
        one.receive(3, alive(3, one.state.eid))
        assert one.state.stretch == stretch
        one.wait(21 * stretch)
        assert one.role == "leader"
    one.receive(3, heartbeat(3, 9))
    assert one.state.stretch == 1


def test_b9_silence_makes_it_claim() -> None:
    one = bully(2)
    assert one.wait(20) == []
    one.wait(1)
    assert kinds(one.did) == ["Persist", "Victory>1", "Victory>3", "LeaderChanged(2)"]
    assert one.state.live.suspected(one.now) == [3]


def test_b10_who_answered_and_did_not_win_has_died() -> None:
    one = bully(2)
    one.receive(3, alive(3, one.state.eid))
    one.wait(43)
    assert kinds(one.did) == ["Election>3"]
    assert "bigger_silent" in reasons(one.did)
    assert one.state.eid == ElectionId(2, 1, 2)


def test_a_message_that_is_due_with_the_wait_wins() -> None:
    """1.1: a message is evidence, the wait is only suspicion."""
    one = bully(2)
    one.ms = 21
    one.receive(3, alive(3, one.state.eid))
    assert one.role == "waiting"


def test_with_the_guard_and_freshness_who_is_less_fresh_does_not_stand_in_the_way() -> None:
    """It could not win: whoever is fresher would refuse it."""
    one = bully(3, guard="majority", rank="fresh", priority=1)
    assert kinds(one.receive(2, election(2, rank=rank(2, freshness=9)))) == []
    assert config().guard == "none"
    assert guarded().guarded
