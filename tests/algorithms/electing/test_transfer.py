"""What a transfer remembers."""

from quorate.algorithms.electing.transfer import Asker, Transfer


def test_it_knows_who_asked() -> None:
    transfer = Transfer(Asker(None, 2, 9), target=3)
    assert (transfer.asker.id, transfer.target) == (9, 3)
