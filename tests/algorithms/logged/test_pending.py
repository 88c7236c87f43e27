"""Records of what waits."""

from quorate.algorithms.logged.pending import Asker, ForwardedProposal, MemberChange, ReadRequest, ReadRound, Transfer


def test_askers_are_equal_by_value() -> None:
    """The same question asked twice is one."""
    assert Asker(2, 1, 7) == Asker(2, 1, 7)
    assert Asker(None, 1, 7) != Asker(2, 1, 7)


def test_what_they_begin_with() -> None:
    """Whoever asked first is among those who are answered; nobody has been ordered to campaign yet."""
    asker = Asker(None, 1, 7)
    transfer = Transfer(3, 5, 100, asker)
    assert (transfer.target, transfer.term, transfer.deadline, transfer.askers, transfer.ordered) == (
        3,
        5,
        100,
        [asker],
        False,
    )
    assert MemberChange(9, asker).askers == [asker]
    assert MemberChange(9, None).askers == []
    assert ForwardedProposal(4, 2, again=True).again
    request = ReadRequest(2, 1, 7)
    assert ReadRound(6, 5, [request]).requests == [request]
