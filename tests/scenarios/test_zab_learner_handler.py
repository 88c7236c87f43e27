"""ZooKeeper's LearnerHandlerTest, its ten questions: what a leader sends one that comes with this last entry.

ZooKeeper looks into a window of committed proposals, and behind it into the log on the disk; here there is one log. Counters have no gaps
here, and no entry marks the beginning of an epoch, so some of its numbers cannot occur: what they ask for is asked with others.
"""

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import log_of, sends
from algorithms.zab.harness import ZabServer, elected, hello, zxid
from quorate.algorithms.zab.messages import AckEpoch, Diff, NewLeader, Propose, Snap, Trunc, Zxid
from quorate.core.durable import LogPoint


def leader_with(*epochs: int, start: int = 0, start_epoch: int = 0) -> ZabServer:
    """It leads epoch 90,000 and has promised that; its log ends with entries of these epochs, and is compacted before them."""
    snapshot = meta_of(start, start_epoch) if start else None
    leader = elected(
        accepted=89_999,
        entries=log_of(*epochs, start=start),
        start=LogPoint(start, start_epoch),
        snapshot=snapshot,
        commit=start,
    )
    hello(leader, 2, 89_999)
    leader.disk()
    leader.receive(2, AckEpoch(1, 0, zxid(0, 0)))
    leader.disk()
    assert leader.state.phase.value == "synchronisation"
    return leader


def answer(leader: ZabServer, last: Zxid, committed: int = 0) -> list[tuple[str, object]]:
    """What it sends a learner that ends there: the kind of each message, and what it names."""
    hello(leader, 1, 1)
    messages = [message for _, message in sends(leader.receive(1, AckEpoch(1, last.epoch, last, committed)))]
    said: list[tuple[str, object]] = []
    for message in messages:
        if isinstance(message, Diff | Trunc):
            said.append((type(message).__name__, message.zxid))
        elif isinstance(message, Propose):
            said.append(("Propose", zxid(message.entry.term, message.entry.index)))
        elif isinstance(message, Snap):
            said.append(("Snap", message.meta.index))
        else:
            assert isinstance(message, NewLeader)
            said.append(("NewLeader", message.epoch))
    return said


END = ("NewLeader", 90_000)


def test_learner_handler_1_an_empty_window() -> None:
    """The learner is above, equal, and at zero; then at zero where nobody has anything."""
    compacted = {"start": 3, "start_epoch": 5}
    assert answer(leader_with(**compacted), zxid(5, 4)) == [("Trunc", zxid(5, 3)), END]
    assert answer(leader_with(**compacted), zxid(5, 3)) == [("Diff", zxid(5, 3)), END]
    assert answer(leader_with(**compacted), zxid(0, 0)) == [("Snap", 3)]
    assert answer(leader_with(), zxid(0, 0)) == [("Diff", zxid(0, 0)), END]


def test_learner_handler_2_a_window_and_a_learner_above_in_and_below_it() -> None:
    """There the window is 2, 3, 5, and the learner ends at 4, 2 and 1."""
    assert answer(leader_with(5, 5, 5, start=1, start_epoch=5), zxid(5, 5)) == [("Trunc", zxid(5, 4)), END]
    assert answer(leader_with(5, 5, 5, start=1, start_epoch=5), zxid(5, 2)) == [
        ("Diff", zxid(5, 2)),
        ("Propose", zxid(5, 3)),
        ("Propose", zxid(5, 4)),
        END,
    ]
    assert answer(leader_with(5, 5, 5, start=2, start_epoch=5), zxid(5, 1)) == [("Snap", 2)]


def test_learner_handler_3_a_window_and_a_log_behind_it_that_join() -> None:
    """One log: whoever ends at its first entry is sent all the others, each once."""
    said = answer(leader_with(*[5] * 6), zxid(5, 1))
    assert said == [("Diff", zxid(5, 1)), *(("Propose", zxid(5, index)) for index in range(2, 7)), END]


def test_learner_handler_4_only_a_log() -> None:
    """Nothing was proposed since the leader started: it reads what is on its disk, between two of its epochs too."""
    assert answer(leader_with(5, 5, 6), zxid(5, 3)) == [("Trunc", zxid(5, 2)), ("Propose", zxid(6, 3)), END]


def test_learner_handler_5_an_iterator_that_finds_nothing() -> None:
    """The snapshot covers all, and the log begins behind it, empty."""
    assert answer(leader_with(start=3, start_epoch=5), zxid(5, 2)) == [("Snap", 3)]


def test_learner_handler_6_epochs_of_more_than_16_bits() -> None:
    leader = leader_with(70_000, 70_000, 70_001)
    assert answer(leader, zxid(70_000, 3)) == [("Trunc", zxid(70_000, 2)), ("Propose", zxid(70_001, 3)), END]


def test_learner_handler_7_a_learner_that_has_nothing_of_the_epoch_yet() -> None:
    """There its last zxid is (e, 0), of an older, the same and the present epoch. Here that is its last real entry, of an earlier one."""
    for epoch, index, rest in ((4, 1, (2, 3)), (5, 2, (3,)), (6, 3, ())):
        proposals = [("Propose", zxid((4, 5, 6)[number - 1], number)) for number in rest]
        assert answer(leader_with(4, 5, 6), zxid(epoch, index)) == [("Diff", zxid(epoch, index)), *proposals, END]


def test_learner_handler_8_nothing_is_sent_twice() -> None:
    """There an entry may be in the window and in the log. Here what is proposed while a learner is brought in line follows its history."""
    leader = leader_with(5, 5)
    assert answer(leader, zxid(5, 1)) == [("Diff", zxid(5, 1)), ("Propose", zxid(5, 2)), END]
    assert leader.state.leading is not None
    assert leader.state.leading.sessions[1].sent_to == 2


def test_learner_handler_9_truncation_across_epochs() -> None:
    """There it becomes a snapshot. Here it is a cut at what the learner knows to be committed, if that is still in the log."""
    assert answer(leader_with(2, 4, 4), zxid(3, 3), committed=1) == [
        ("Trunc", zxid(2, 1)),
        ("Propose", zxid(4, 2)),
        ("Propose", zxid(4, 3)),
        END,
    ]
    assert answer(leader_with(4, 4, start=1, start_epoch=2), zxid(3, 3)) == [("Snap", 1)]


def test_learner_handler_10_a_gap_between_the_window_and_the_log() -> None:
    """There it becomes a snapshot. Here what is compacted is the only thing that can be missing, and does as well."""
    assert answer(leader_with(5, 5, start=4, start_epoch=5), zxid(5, 3)) == [("Snap", 4)]
