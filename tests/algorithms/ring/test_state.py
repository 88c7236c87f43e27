"""What a node of the ring remembers, and the invariants of it."""

import pytest

from algorithms.ring.table import GUARDED, Lone, eid, rank, settings
from quorate.algorithms.electing.state import Role
from quorate.algorithms.ring.messages import Election
from quorate.core.errors import ConfigError, InvariantError
from quorate.core.ids import MILLISECOND

LISTENS = settings(preempt=False)


def test_settings_that_do_not_fit_the_members_are_refused() -> None:
    with pytest.raises(ConfigError, match="must name every member once"):
        Lone(1, settings(ring_order=(1, 2, 3, 4)))
    with pytest.raises(ConfigError, match="three laps of a ring of 5"):
        Lone(1, settings(ring_ms=164))


def test_an_election_is_named_by_node_process_and_number() -> None:
    node = Lone(3, LISTENS, boot=4)
    assert node.state.eid == eid(3, 0, boot=4)
    node.state.begin()
    assert node.state.eid == eid(3, 1, boot=4)


def test_who_only_passes_on_takes_part_and_does_not_contend() -> None:
    node = Lone(2, LISTENS)
    assert (node.state.participant, node.state.contending) == (False, False)
    node.envelope(1, Election(rank(5)), eid(5))
    assert (node.state.participant, node.state.contending) == (True, False)


def test_the_oldest_hop_is_waited_for() -> None:
    node = Lone(2, LISTENS)
    node.envelope(1, Election(rank(4)), eid(4))
    node.now += 5 * MILLISECOND
    node.envelope(1, Election(rank(5)), eid(5))
    assert node.state.deadlines["hop_by"] == 21 * MILLISECOND


def test_a_claim_is_waited_for_as_long_as_it_travels() -> None:
    assert Lone(1, GUARDED).state.win_ns == (5 * 12 + 10) * MILLISECOND
    assert Lone(1, GUARDED, members=(1, 2)).state.win_ns == GUARDED.victory_ns


def test_broken_invariants_are_told() -> None:
    node = Lone(2, LISTENS)
    node.state.role = Role.ELECTING
    node.state.deadlines.clear("suspect_at")
    with pytest.raises(InvariantError, match="campaigns and waits for nothing"):
        node.state.check()
    other = Lone(2, LISTENS)
    other.envelope(1, Election(rank(5)), eid(5))
    other.state.deadlines.clear("hop_by")
    with pytest.raises(InvariantError, match="hops without a deadline"):
        other.state.check()
