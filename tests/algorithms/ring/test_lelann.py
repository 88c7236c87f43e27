"""N1 to N4: LeLann's ring, and what it costs."""

import pytest

from algorithms.ring.counting import all_rings, all_start, one_starts
from algorithms.ring.table import Lone, eid, passed, rank, reasons, settings
from quorate.algorithms.electing.epoch import Epoch
from quorate.algorithms.ring.messages import Elected, Token

LELANN = settings(variant="lelann")
LISTENS = settings(variant="lelann", preempt=False)


def test_n1_an_initiator_sends_a_token_and_collects() -> None:
    node = Lone(4, LELANN)
    assert passed(node.started) == [(5, Token(rank(4)))]
    assert node.state.collected == [rank(4)]


def test_n2_every_token_that_passes_is_noted_and_goes_on() -> None:
    node = Lone(4, LELANN)
    assert passed(node.envelope(3, Token(rank(2)), eid(2))) == [(5, Token(rank(2)))]
    assert passed(node.envelope(3, Token(rank(5)), eid(5))) == [(5, Token(rank(5)))]
    assert node.state.collected == [rank(4), rank(2), rank(5)]


def test_n3_the_highest_that_was_collected_wins() -> None:
    node = Lone(4, LELANN)
    node.envelope(3, Token(rank(2)), eid(2))
    assert passed(node.envelope(3, Token(rank(4)), eid(4))) == [(5, Elected(Epoch(1, 4), rank(4)))]


def test_n3_all_others_wait_to_hear_of_it() -> None:
    node = Lone(4, LELANN)
    node.envelope(3, Token(rank(5)), eid(5))
    effects = node.envelope(3, Token(rank(4)), eid(4))
    assert reasons(effects) == ["outranked"]
    assert not passed(effects)
    assert node.state.participant


def test_n4_who_has_passed_one_on_sets_out_no_more() -> None:
    node = Lone(4, LISTENS)
    node.envelope(3, Token(rank(2)), eid(2))
    node.state.begin()
    assert len(node.state.unanswered) == 1
    assert not node.state.contending


def test_n4_so_the_highest_initiator_wins_and_not_the_highest_node() -> None:
    _, network = one_starts("lelann", (1, 3, 2, 5, 4), 2)
    assert network.agreed() == 2


@pytest.mark.parametrize("n", [3, 5])
def test_what_it_costs(n: int) -> None:
    for seed, order in enumerate(all_rings(n)):
        cost, network = all_start("lelann", order, seed)
        assert cost == {"Token": n * n, "Elected": n}
        assert network.agreed() == n
