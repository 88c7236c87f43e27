"""What a member owes the leader that it hears."""

from quorate.algorithms.electing.epoch import Epoch
from quorate.algorithms.electing.hold import Hold


def test_it_binds_against_others_until_it_ends_or_is_released() -> None:
    hold = Hold()
    assert hold.left(1, 0) == 0
    hold.take(3, Epoch(1, 3), 70)
    assert (hold.left(1, 20), hold.left(3, 20), hold.left(1, 70)) == (50, 0, 0)
    hold.release()
    assert hold.left(1, 20) == 0


def test_it_rests_on_a_dead_process_if_that_was_found_dead_after_its_link_broke() -> None:
    hold = Hold()
    hold.take(3, Epoch(1, 3), 70)
    assert not hold.rests_on_dead(3)
    hold.break_link(2)
    assert not hold.rests_on_dead(3)
    hold.break_link(3)
    hold.break_link(2)
    assert hold.rests_on_dead(3)
    assert not hold.rests_on_dead(2)
    hold.take(3, Epoch(1, 3), 90)
    assert not hold.rests_on_dead(3), "its word came after that, from whichever process"


def test_it_names_a_nominee_until_somebody_else_is_held_to() -> None:
    hold = Hold()
    hold.take(2, Epoch(1, 3), 70, nominated=True)
    assert (hold.nominates(2), hold.nominates(3)) == (True, False)
    hold.take(2, Epoch(2, 2), 70)
    assert not hold.nominates(2)
    hold.take(2, Epoch(2, 2), 70, nominated=True)
    hold.release()
    assert not hold.nominates(2)
