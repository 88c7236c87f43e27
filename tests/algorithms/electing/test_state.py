"""The shared record, and its invariants."""

from random import Random

import pytest

from algorithms.bully.words import Epoch, bully, config, leading
from algorithms.electing.one import kinds
from quorate.algorithms.bully.bully import Bully
from quorate.algorithms.electing.config import ElectingConfig
from quorate.algorithms.electing.state import Electing
from quorate.algorithms.raft.messages import RaftHardState
from quorate.core.durable import Durable, Identity
from quorate.core.errors import ConfigError, InvariantError


def test_a_promise_is_written_once_and_only_if_it_is_higher() -> None:
    one = bully(2, preempt=False)
    for epoch in (Epoch(2, 1), Epoch(2, 1), Epoch(1, 3)):
        one.state.promise(epoch)
    assert kinds(one.state.out) == ["Persist"]
    assert one.state.promised == Epoch(2, 1)


def test_what_is_claimed_next_is_above_all_that_was_seen() -> None:
    one = bully(2, preempt=False)
    one.state.see(Epoch(6, 3))
    assert one.state.next_epoch == Epoch(7, 2)


def test_members_are_fixed_and_this_node_is_one() -> None:
    for members in ((), (1, 3)):
        with pytest.raises(ConfigError, match="list it in the peers"):
            Bully(Identity("test", 2, 2, 1, members), config(), Durable(), Random(1))


def test_hard_state_of_another_algorithm_is_refused() -> None:
    with pytest.raises(InvariantError, match="RaftHardState"):
        Bully(Identity("test", 2, 2, 1, (1, 2)), config(), Durable(RaftHardState(1)), Random(1))


def test_an_algorithm_must_say_how_it_elects() -> None:
    with pytest.raises(InvariantError, match="how it elects"):
        Electing(Identity("test", 2, 2, 1, (1, 2)), ElectingConfig(), Durable(), Random(1)).begin()


@pytest.mark.parametrize(
    ("attribute", "value", "broken"),
    [
        ("leader", None, "a leader that follows another"),
        ("promised", Epoch(9, 3), "promised above what was seen"),
        ("epoch", Epoch(1, 2), "another node's epoch"),
        ("grants", {3}, "a majority that is none"),
    ],
)
def test_a_broken_invariant_is_found(attribute: str, value: object, broken: str) -> None:
    one = leading(3, guard="majority")
    one.algorithm.check()
    setattr(one.state, attribute, value)
    with pytest.raises(InvariantError, match=broken):
        one.algorithm.check()
