"""What follows from what an algorithm says of its peers."""

from algorithms.logged.duty import PATIENCE_NS, Table
from quorate.algorithms.logged.duties import Reach


def test_who_has_been_silent_for_too_long_or_has_no_process_does_not_answer() -> None:
    table = Table()
    table.keeper.now = PATIENCE_NS - 1
    assert table.answers(2)
    table.keeper.unreachable.add(2)
    assert not table.answers(2)
    table.keeper.now += 1
    assert not table.answers(3)
    assert not table.answers(9)


def test_what_is_not_known_of_a_peer_counts_as_nothing() -> None:
    table = Table()
    table.known[2] = Reach(5, 0)
    assert (table.match(2), table.match(9)) == (5, 0)


def test_successors_are_the_other_voters_that_are_able() -> None:
    table = Table()
    assert table.successors() == [2, 3]
    table.weak = "weighs_nothing"
    assert table.successors() == []
