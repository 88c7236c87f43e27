"""What operators and applications ask."""

import pytest

from algorithms.bully.words import Epoch, following, heartbeat, leading, resign, victory
from algorithms.electing.one import One, kinds, sends
from quorate.algorithms.electing.messages import Ask, AskReply
from quorate.core.effects import ReadRefused, Rejected, RequestDone, RequestRefused
from quorate.core.events import Proposed, ReadRequested
from quorate.core.requests import ChangeMembers, LeaveJoint, ReportFreshness, TransferLeadership

MOVE = TransferLeadership(1)


def refusals(one: One) -> list[str]:
    """Names."""
    return [effect.reason for effect in one.did if isinstance(effect, RequestRefused)]


def test_there_is_no_log() -> None:
    one = following(3)
    assert one.step(Proposed(4, b"x")) == [Rejected(4, "unsupported", 3)]
    assert one.step(ReadRequested(5)) == [ReadRefused(5, "unsupported", 3)]
    for request in (ChangeMembers(()), LeaveJoint()):
        assert one.ask(request) == [RequestRefused(1, "unsupported", 3)]


def test_freshness_is_reported_here_and_counts_at_once() -> None:
    one = following(3, rank="fresh")
    assert one.ask(ReportFreshness(77)) == [RequestDone(1)]
    assert one.state.rank.freshness == 77


def test_b23_a_transfer_resigns_in_favour_of_the_target_and_is_done_when_it_leads() -> None:
    one = leading(3, preempt=False)
    one.ask(MOVE)
    assert kinds(one.did) == ["Resign>1", "Resign>2", "LeaderChanged(None)"]
    one.receive(1, victory(1, 2))
    assert one.did[-1] == RequestDone(1)


def test_a_transfer_is_refused_if_another_wins_and_ends_by_itself() -> None:
    other = leading(3, preempt=False)
    other.ask(MOVE)
    other.receive(2, victory(2, 2))
    assert refusals(other) == ["another_was_elected"]
    nobody = leading(3, preempt=False)
    nobody.ask(MOVE)
    nobody.wait(70)
    assert refusals(nobody) == ["timeout"]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (TransferLeadership(3), "leads_already"),
        (TransferLeadership(9), "not_a_voter"),
        (TransferLeadership(1, only_from=2), "leads_not"),
        (TransferLeadership(2), "target_silent"),
    ],
)
def test_what_cannot_be_is_refused_by_name(request_: TransferLeadership, reason: str) -> None:
    one = leading(3, preempt=False)
    one.disconnect(2)
    one.ask(request_)
    assert refusals(one) == [reason]
    assert one.role == "leader"


def test_who_would_be_bullied_at_once_does_not_get_it() -> None:
    one = leading(3)
    one.ask(MOVE)
    assert refusals(one) == ["outranked"]
    lower = leading(2)
    lower.connect(3)
    lower.ask(TransferLeadership(3))
    assert kinds(lower.did)[0] == "Resign>1"
    assert lower.state.transfer is not None


def test_min_tenure_lets_it_go_to_a_lower_rank_for_so_long() -> None:
    """With the guard, where whoever leads decides for how long it does not make way. Without it nobody asks."""
    one = leading(3, guard="majority", min_tenure_ms=1000)
    one.ask(MOVE)
    assert kinds(one.did)[:2] == ["Resign>1", "Resign>2"]
    assert sends(one.receive(1, victory(1, 2)))[0][1].granted
    bare = leading(3, min_tenure_ms=1000)
    bare.ask(MOVE)
    assert refusals(bare) == ["outranked"]


def test_members_of_higher_rank_grant_whom_the_leader_has_named_and_nobody_else() -> None:
    one = following(3, node=2, guard="majority", preempt=True)
    one.receive(3, resign(3, 1, 1))
    assert sends(one.receive(1, victory(1, 2)))[0][1].granted
    other = following(4, node=2, n=4, guard="majority", preempt=True)
    other.receive(4, resign(4, 1))
    other.receive(1, victory(1, 2))
    assert sends(other.did)[0][1].why == "outranked"
    fresher = following(3, node=2, guard="majority", preempt=True, rank="fresh")
    fresher.state.freshness = 5
    fresher.receive(3, resign(3, 1, 1))
    assert sends(fresher.receive(1, victory(1, 2)))[0][1].why == "fresher"


def test_whoever_is_best_prepared_is_the_highest_that_lives() -> None:
    one = leading(3, preempt=False)
    one.ask(TransferLeadership())
    assert sends(one.did)[0][1].successor == 2
    alone = leading(3, preempt=False)
    alone.disconnect(1)
    alone.disconnect(2)
    alone.ask(TransferLeadership())
    assert refusals(alone) == ["nobody_answers"]


def test_others_pass_it_on_one_hop() -> None:
    one = following(3)
    assert sends(one.ask(MOVE, 8)) == [(3, Ask(1, 8, MOVE))]
    one.receive(3, AskReply(1, 1, 8, "outranked", 3))
    assert refusals(one) == ["outranked"]
    assert one.receive(3, AskReply(1, 1, 8)) == []
    leader = leading(3, preempt=False)
    leader.receive(2, Ask(4, 8, MOVE))
    assert leader.state.transfer.asker.node == 2
    leader.receive(1, heartbeat(1, 2))
    assert sends(leader.did) == [(2, AskReply(1, 4, 8, "", 1))]
    assert leader.state.epoch == Epoch(2, 1)


def test_whoever_does_not_lead_says_so() -> None:
    one = following(3)
    assert sends(one.receive(1, Ask(1, 8, MOVE))) == [(1, AskReply(1, 1, 8, "not_leader", 3))]
    leader = leading(3)
    assert sends(leader.receive(1, Ask(1, 8, LeaveJoint()))) == [(1, AskReply(1, 1, 8, "unsupported", 3))]
    one.wait(80)
    assert one.ask(MOVE) == [RequestRefused(1, "no_leader")]
