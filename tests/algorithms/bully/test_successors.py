"""`ranked_successors`: the leader's heartbeats say who follows it."""

from algorithms.bully.words import assure, bully, heartbeat, leading
from algorithms.electing.one import One, kinds, reasons, sends
from quorate.algorithms.bully.successors import list_successors, take_place_in_line


def follower(node: int, guard: str = "none") -> One:
    """A node that follows 5, which has named 4, 3, 2 and 1."""
    one = bully(node, 5, variant="ranked_successors", preempt=False, guard=guard)
    one.receive(5, heartbeat(5, 1, successors=(4, 3, 2, 1)))
    return one


def test_the_leader_lists_those_that_seem_to_live_the_highest_first() -> None:
    one = leading(5, 5, variant="ranked_successors")
    one.disconnect(3)
    one.wait(20)
    assert sends(one.did)[0][1].successors == (4, 2, 1)
    assert list_successors(leading(3).state) == ()


def test_the_first_claims_at_once() -> None:
    one = follower(4)
    one.lose(5)
    assert kinds(one.did)[:2] == ["LeaderChanged(None)", "Persist"]
    assert one.role == "leader"
    assert one.state.elections == 1


def test_the_kth_waits_k_times_as_long_and_then_claims() -> None:
    one = follower(2)
    one.lose(5)
    assert (one.role, one.due_ms("victory_by"), reasons(one.did)[-1]) == ("waiting", 42, "in_line")
    one.wait(41)
    assert one.role == "waiting"
    one.wait(1)
    assert one.role == "leader"


def test_a_claim_before_its_turn_ends_the_wait() -> None:
    one = follower(2)
    one.lose(5)
    one.receive(3, heartbeat(3, 2))
    assert one.state.leader == 3
    assert one.due_ms("victory_by") is None


def test_with_the_guard_too() -> None:
    one = follower(4, "majority")
    one.wait(80)
    assert one.role == "pre_claiming"
    assure(one)
    assert one.role == "claiming"


def test_a_list_is_used_once_and_without_one_there_is_an_election() -> None:
    one = follower(2)
    one.state.successors = ()
    assert not take_place_in_line(one.state)
    one.lose(5)
    assert one.role == "electing"
