"""From one role to another."""

import msgspec

from algorithms.bully.words import Epoch, bully, following, heartbeat, leading, rank
from algorithms.electing.one import One, kinds
from quorate.algorithms.electing.guard import grant
from quorate.algorithms.electing.messages import Resign
from quorate.algorithms.electing.roles import block, enter, follow_nobody, let_go, pass_hold, put_off, resign
from quorate.algorithms.electing.state import Role
from quorate.core.effects import Send
from quorate.core.ids import MILLISECOND


def test_no_wait_of_an_earlier_role_is_left_behind() -> None:
    one = bully(2)
    assert one.due_ms("alive_by") is not None
    follow_nobody(one.state)
    assert one.state.deadlines.view().keys() == {"suspect_at"}
    lead = leading(3, guard="majority")
    enter(lead.state, Role.WAITING)
    assert lead.state.deadlines.view() == {}
    assert lead.state.grants == set()


def test_a_leader_that_is_lost_is_told_of_once() -> None:
    one = following(3)
    follow_nobody(one.state)
    follow_nobody(one.state)
    assert kinds(one.state.out) == ["LeaderChanged(None)"]


def test_b23_who_resigns_releases_all_from_what_they_owe() -> None:
    one = leading(3, guard="majority")
    resign(one.state, None)
    assert kinds(one.state.out) == ["Resign>1", "Resign>2", "LeaderChanged(None)"]
    assert one.state.hold.node is None


def test_guard_3_the_hold_moves_to_the_successor() -> None:
    one = following(3, guard="majority")
    pass_hold(one.state, 1)
    assert one.state.hold.left(3, one.now) == 70 * MILLISECOND
    assert one.state.hold.left(1, one.now) == 0


def test_blocked_waits_at_least_as_long_as_it_is_told() -> None:
    one = bully(2, guard="majority")
    block(one.state, "held", 500 * MILLISECOND)
    assert one.due_ms("retry_at") == 500
    assert one.role == "blocked"
    assert "heard another leader" in one.state.why


def test_a_blocked_node_tries_again_soon_when_a_link_is_up() -> None:
    one = bully(2, guard="majority")
    one.state.failures = 9
    block(one.state, "no_majority")
    assert 8 * 21 <= (one.due_ms("retry_at") or 0) < 8 * 42
    one.connect(1)
    assert 21 <= (one.due_ms("retry_at") or 0) < 42


def test_who_stands_back_holds_no_election() -> None:
    one = leading(3, damping_ms=100)
    assert not put_off(one.state)
    follow_nobody(one.state)
    assert put_off(one.state)
    assert one.due_ms("retry_at") == one.ms + 100
    one.state.out.clear()
    one.receive(2, heartbeat(2, one.state.epoch.counter + 1, rank=rank(2)))
    assert one.due_ms("retry_at") is None
    assert one.state.epoch == Epoch(2, 2)


def test_whoever_granted_a_claim_that_is_over_is_told_so() -> None:
    """Otherwise several claimants hold each other's members, again and again."""
    for granted in (False, True):
        one = claiming(2, guard="majority")
        epoch = one.state.epoch
        one.state.out.clear()
        if granted:
            grant(one.state, 3, Epoch(epoch.counter + 1, 3))
            assert one.state.hold.node == 3
        else:
            block(one.state, "no_majority")
        told = [effect.message for effect in one.state.out if isinstance(effect, Send)]
        assert told == [Resign(1, epoch, None)] * 2
        one.state.out.clear()
        block(one.state, "no_majority")
        assert not [effect for effect in one.state.out if isinstance(effect, Send)]


def test_without_the_guard_nobody_was_promised_anything() -> None:
    one = claiming(2, guard="none")
    one.state.out.clear()
    let_go(one.state)
    assert one.state.out == []


def claiming(node: int, guard: str) -> One:
    one = bully(node, guard=guard)
    one.state.settings = msgspec.structs.replace(one.state.settings, guard=guard)
    one.state.promise(Epoch(1, node))
    one.state.epoch = Epoch(1, node)
    one.state.role = Role.CLAIMING
    return one
