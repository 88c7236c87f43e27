"""Whom a member grants, and when it may claim."""

from algorithms.bully.words import Epoch, bully, following, rank, victory
from algorithms.electing.one import sends
from quorate.algorithms.electing.guard import Refusal, barred, grant, has_won, note_grant, open_claim, refusal
from quorate.core.ids import MILLISECOND


def test_guard_1_a_counter_is_promised_once_and_never_a_lower_one_after_it() -> None:
    one = bully(1, preempt=False)
    assert refusal(one.state, 2, Epoch(4, 2), rank(2)) is None
    grant(one.state, 2, Epoch(4, 2))
    one.state.hold.release()
    assert refusal(one.state, 2, Epoch(4, 2), rank(2)) is None
    for epoch in (Epoch(4, 3), Epoch(3, 3)):
        assert refusal(one.state, 3, epoch, rank(3)) == Refusal("promised")
    assert refusal(one.state, 3, Epoch(5, 3), rank(3)) is None


def test_guard_3_a_node_that_has_restarted_grants_nobody_and_claims_nothing_for_a_while() -> None:
    one = bully(3, guard="majority", promised=Epoch(4, 1), boot=2)
    one.wait(30)
    assert not sends(one.receive(2, victory(2, 9)))[0][1].granted
    assert refusal(one.state, 2, Epoch(9, 2), rank(2)) == Refusal("restarted", 40 * MILLISECOND)
    assert barred(one.state) == Refusal("restarted", 40 * MILLISECOND)
    one.state.now = 70 * MILLISECOND
    assert barred(one.state) is None


def test_guard_3_one_that_never_promised_anything_need_not_wait() -> None:
    one = bully(2, guard="majority")
    assert one.state.restart_wait_until == 0
    assert refusal(one.state, 3, Epoch(1, 3), rank(3)) is None


def test_guard_3_the_own_claim_is_bound_by_the_own_hold() -> None:
    one = following(3, guard="majority")
    assert barred(one.state) == Refusal("held", 70 * MILLISECOND)
    assert not open_claim(one.state)
    assert (one.role, one.due_ms("retry_at")) == ("blocked", 70)


def test_guard_5_who_has_no_links_to_a_majority_does_not_even_claim() -> None:
    """A counter that rises in a cut-off corner would unseat the leader when the link is back."""
    one = bully(3, 5, guard="majority")
    one.disconnect(1)
    one.disconnect(2)
    assert barred(one.state) is None
    one.disconnect(4)
    assert barred(one.state) == Refusal("unreachable")
    one.connect(4)
    assert barred(one.state) is None


def test_grants_are_of_members_each_counted_once() -> None:
    one = bully(5, 5, guard="majority")
    assert open_claim(one.state)
    for member in (1, 1, 9, 5):
        note_grant(one.state, member)
    assert not has_won(one.state)
    note_grant(one.state, 2)
    assert has_won(one.state)
    assert one.state.deadlines["lease_until"] == one.state.settings.lease_ns
    one.state.deadlines.clear("lease_until")
