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
