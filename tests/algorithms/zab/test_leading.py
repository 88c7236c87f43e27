"""What a leader has and loses."""

from quorate.algorithms.zab.leading import Leading, Phase
from quorate.algorithms.zab.messages import Zxid
from quorate.algorithms.zab.session import Session


def test_a_learner_that_goes_takes_its_place_in_every_quorum_along() -> None:
    leading = Leading(4, (3, Zxid(3, 9)), [1, 2], 0, 100)
    leading.sessions[1] = Session(7, 3, 0, follower=True)
    leading.connected.add(1)
    leading.promised.add(1)
    assert leading.drop(2) is None
    gone = leading.drop(1)
    assert gone is not None
    assert gone.number == 7
    assert (leading.connected, leading.promised, leading.sessions) == (set(), set(), {})


def test_it_begins_with_nothing_promised() -> None:
    leading = Leading(4, (3, Zxid(3, 9)), [1, 2], 5, 100)
    assert (leading.candidate, leading.epoch, leading.base, leading.electors) == (4, None, 9, {1, 2})
    assert [phase.value for phase in Phase] == ["election", "discovery", "synchronisation", "broadcast"]
