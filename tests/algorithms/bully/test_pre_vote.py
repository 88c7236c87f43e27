"""Q1 to Q4: with the guard a node asks whether its claim would be granted before it makes it."""

from algorithms.bully.words import NEVER, Epoch, alive, assure, bully, following, leading, rank, resign
from algorithms.electing.one import One, kinds, reasons, sends
from quorate.algorithms.bully.messages import PreVote, PreVoteReply
from quorate.algorithms.electing.messages import ElectionId
from quorate.core.effects import Persist
from quorate.core.ids import MILLISECOND


def asking(n: int = 5, **changes: object) -> One:
    """The highest of a guarded group, whose time to listen is over."""
    one = bully(n, n, guard="majority", **changes)
    one.wait(80)
    assert one.role == "pre_claiming"
    return one


def reply(one: One, *, yes: bool = True, known: Epoch = NEVER, hold_ms: int = 0) -> PreVoteReply:
    """An answer to what it asks now."""
    return PreVoteReply(
        1, one.state.eid, granted=yes, known=known, hold_ns=hold_ms * MILLISECOND, why="" if yes else "held"
    )


def question(node: int) -> PreVote:
    """`node` asks."""
    return PreVote(1, ElectionId(node, 1, 1), rank(node))


def test_q1_all_others_are_asked_and_nothing_is_promised() -> None:
    one = asking()
    assert kinds(one.did) == ["PreVote>1", "PreVote>2", "PreVote>3", "PreVote>4"]
    assert reasons(one.did)[-1] == "pre_vote_started"
    assert (one.state.promised, one.state.max_seen) == (Epoch(0, 0), Epoch(0, 0))
    assert (one.due_ms("claim_by") or 0) - one.ms <= 21


def test_q1_who_is_alone_or_does_not_ask_first_claims() -> None:
    alone = bully(1, 1, guard="majority")
    alone.wait(80)
    assert alone.role == "leader"
    bold = bully(3, guard="majority", pre_vote=False)
    bold.wait(80)
    assert kinds(bold.did)[:2] == ["Persist", "Victory>1"]
    assert bully(3, guard="none").role == "leader"


def test_q1_the_nominee_of_a_leader_that_resigns_claims_at_once() -> None:
    one = following(2, guard="majority", node=3)
    one.receive(2, resign(2, 1, 3))
    assert kinds(one.did)[:3] == ["LeaderChanged(None)", "Persist", "Victory>1"]


def test_q2_the_answer_is_as_to_a_claim_and_changes_nothing() -> None:
    one = bully(2, guard="majority")
    before = one.algorithm.inspect()
    one.receive(3, question(3))
    assert sends(one.did) == [(3, PreVoteReply(1, ElectionId(3, 1, 1), granted=True, known=Epoch(0, 0)))]
    assert one.algorithm.inspect() == before


def test_q2_whoever_hears_a_leader_says_no_and_for_how_long() -> None:
    one = following(3, guard="majority", n=4)
    ((to, answer),) = sends(one.receive(4, question(4)))
    assert (to, answer.granted, answer.why, answer.hold_ns) == (4, False, "held", 70 * MILLISECOND)
    assert answer.known == Epoch(1, 3)
    assert reasons(one.did) == ["pre_vote_refused"]
    assert one.state.leader == 3
    ((_, no),) = sends(leading(3, guard="majority").receive(2, question(2)))
    assert (no.granted, no.why) == (False, "leads")


def test_q2_whoever_ranks_higher_says_no_and_stands_itself() -> None:
    one = bully(3, guard="majority")
    one.receive(2, question(2))
    assert kinds(one.did) == ["PreVoteReply>2", "PreVote>1", "PreVote>2"]
    assert not sends(one.did)[0][1].granted


def test_q3_a_majority_that_would_grant_makes_a_claim_above_all_that_is_known() -> None:
    one = asking()
    assert kinds(one.receive(1, reply(one, known=Epoch(6, 3)))) == []
    assert kinds(one.receive(1, reply(one))) == []
    one.receive(2, reply(one, yes=False))
    one.receive(3, reply(one, known=Epoch(2, 1)))
    assert one.role == "claiming"
    assert next(effect for effect in one.did if isinstance(effect, Persist)).hard_state.promised == Epoch(7, 5)


def test_q3_when_no_majority_is_left_it_waits_until_enough_hold_to_nobody() -> None:
    one = asking()
    one.receive(1, reply(one, yes=False, hold_ms=300, known=Epoch(4, 1)))
    one.receive(2, reply(one, yes=False, hold_ms=90))
    assert one.role == "pre_claiming"
    one.receive(3, reply(one, yes=False, hold_ms=200))
    assert one.role == "blocked"
    assert one.state.promised == Epoch(0, 0)
    assert (one.due_ms("retry_at") or 0) - one.ms == 90


def test_q3_answers_to_an_earlier_question_do_not_count() -> None:
    one = asking()
    old = reply(one)
    one.wait(21)
    assert one.role == "blocked"
    one.wait(int(one.due_ms("retry_at") or 0) + 1 - one.ms)
    assert one.role == "pre_claiming"
    assert reply(one) != old
    for member in (1, 2, 3):
        one.receive(member, old)
    assert one.role == "pre_claiming"


def test_q4_without_answers_it_is_blocked_with_the_counter_that_it_had() -> None:
    one = asking()
    one.receive(1, reply(one))
    one.wait(21)
    assert one.role == "blocked"
    assert one.state.promised == Epoch(0, 0)
    one.wait(2000)
    assert one.state.elections > 3
    assert one.state.next_epoch == Epoch(1, 5)


def test_b8_an_answer_of_a_bigger_one_while_it_asks_ends_that() -> None:
    one = bully(2, guard="majority")
    one.wait(101)
    assert one.role == "pre_claiming"
    late = sends(one.did)[0]
    assert late[0] in (1, 3)

    one.receive(3, alive(3, one.state.eid))
    assert (one.role, one.state.stretch) == ("waiting", 2)
    ignoring = bully(2, guard="majority", late_alive="ignore")
    ignoring.wait(101)
    ignoring.receive(3, alive(3, ignoring.state.eid))
    assert ignoring.role == "pre_claiming"


def test_a_leader_that_loses_its_lease_asks_first_too() -> None:
    one = leading(3, guard="majority")
    counter = one.state.promised
    one.wait(200)
    assert one.role in ("pre_claiming", "blocked")
    assert one.state.promised == counter
    one.wait(2000)
    assert one.state.promised == counter


def test_a_claim_after_it_is_made_as_ever() -> None:
    one = asking()
    assure(one)
    assert kinds(one.did) == ["Persist", "Victory>1", "Victory>2", "Victory>3", "Victory>4"]
