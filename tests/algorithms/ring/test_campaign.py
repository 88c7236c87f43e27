"""C1, C4a, H8 and H9: how an election begins, and how it ends without a result."""

import pytest

from algorithms.ring.table import GUARDED, TIMES, Lone, eid, passed, rank, reasons, settings
from quorate.algorithms.electing.epoch import Epoch
from quorate.algorithms.electing.messages import Heartbeat
from quorate.algorithms.ring import RingConfig
from quorate.algorithms.ring.messages import Elected, Election
from quorate.core.effects import Send
from quorate.core.ids import MILLISECOND

LISTENS = settings(preempt=False)


def leading(me: int = 3, config: RingConfig = LISTENS) -> Lone:
    """One that has won without the guard."""
    node = Lone(me, config)
    if not node.state.contending:
        node.wait(config.failure_ns + config.delay_ns)
    node.envelope(me - 1, Election(rank(me)), eid(me))
    assert node.state.leader == me
    return node


def heartbeats(effects: list[object]) -> list[int]:
    """To whom."""
    return [effect.to for effect in effects if isinstance(effect, Send) and isinstance(effect.message, Heartbeat)]


@pytest.mark.parametrize("initiator", [1, 5])
def test_c4a_a_leader_that_stays_swallows_every_token_and_shows_itself(initiator: int) -> None:
    node = leading()
    effects = node.envelope(2, Election(rank(initiator)), eid(initiator))
    assert not passed(effects)
    assert heartbeats(effects) == [initiator]
    assert reasons(effects) == ["token_swallowed"]


def test_c4a_one_that_can_be_bullied_lets_a_higher_token_pass() -> None:
    node = leading(3, settings())
    assert heartbeats(node.envelope(2, Election(rank(1)), eid(1))) == [1]
    assert passed(node.envelope(2, Election(rank(5)), eid(5))) == [(4, Election(rank(5)))]


def test_h8_the_end_of_an_election_is_awaited_from_its_first_token_on() -> None:
    node = Lone(2, LISTENS)
    node.now = 5 * MILLISECOND
    node.envelope(1, Election(rank(5)), eid(5))
    three_laps_and_five_hops = (3 * 5 * 11 + 5 * 21) * MILLISECOND
    assert node.state.deadlines["ring_by"] == node.now + three_laps_and_five_hops
    node.now += MILLISECOND
    node.envelope(1, Election(rank(4)), eid(4))
    assert node.state.deadlines["ring_by"] == 5 * MILLISECOND + three_laps_and_five_hops, "not anew for each of them"


def test_h9_a_lost_token_is_followed_by_another_after_a_pause() -> None:
    node = Lone(2)
    first = node.state.number
    node.state.unanswered.clear()
    effects = node.wait(node.state.ring_ns)
    assert "token_lost" in reasons(effects)
    assert not node.state.participant
    assert node.state.role == "follower"
    retry_at = node.state.deadlines["retry_at"]
    assert retry_at is not None
    assert 0 <= retry_at - node.now < LISTENS.alive_ns
    effects = node.wait(LISTENS.alive_ns)
    assert passed(effects)[0][1] == Election(rank(2))
    assert node.state.number == first + 1


def test_h9_who_follows_a_leader_holds_no_other_election() -> None:
    node = Lone(2, LISTENS)
    node.envelope(1, Elected(Epoch(1, 5), rank(5)), eid(5))
    node.envelope(1, Election(rank(4)), eid(4))
    assert node.state.participant
    node.state.unanswered.clear()
    node.state.deadlines.clear("suspect_at")
    assert not reasons(node.wait(node.state.ring_ns))
    assert not node.state.participant
    assert node.state.leader == 5


def test_h9_a_claim_that_does_not_come_round_is_blocked() -> None:
    node = Lone(2, settings(GUARDED, election_timeout_ms=1000))
    node.wait(2000 * MILLISECOND)
    node.envelope(1, Election(rank(2)), eid(2))
    assert node.state.role == "claiming"
    node.state.unanswered.clear()
    effects = node.wait(node.state.ring_ns)
    assert [reason for reason in reasons(effects) if reason in ("token_lost", "blocked")] == ["token_lost", "blocked"]


def test_a_node_that_stands_back_holds_no_election() -> None:
    node = Lone(2, RingConfig(guard="none", damping_ms=500, **TIMES), promised=Epoch(1, 2), boot=2)
    assert not passed(node.started)
    assert node.state.deadlines["retry_at"] is not None or node.state.deadlines["suspect_at"] is not None
