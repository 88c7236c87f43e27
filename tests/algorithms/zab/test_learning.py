"""What synchronisation stages: only what surely differs is cut."""

from algorithms.zab.harness import log_of, zxid
from quorate.algorithms.logged.log import ORIGIN, Log
from quorate.algorithms.zab.learning import Learning, Staged


def test_entries_follow_without_a_gap_and_repeats_bring_nothing() -> None:
    staged = Staged(Log(ORIGIN, log_of(1)), 1)
    two, three, four = log_of(1, 2, 2, start=1)
    assert staged.take(two)
    assert staged.take(two)
    assert not staged.take(four)
    assert staged.take(three)
    assert (staged.last, staged.entries, staged.cut) == (zxid(2, 3), [two, three], None)


def test_an_entry_of_an_earlier_epoch_does_not_follow() -> None:
    staged = Staged(Log(), 0)
    first, second = log_of(2, 2)
    assert staged.take(first)
    assert staged.take(log_of(1, start=1)[0])  # a name at or below the last one: a repeat
    assert staged.entries == [first]
    assert staged.take(second)


def test_what_agrees_stays_where_it_is() -> None:
    """TRUNC to what is known to be committed: the entries behind it may be the leader's too, and somebody may count upon them."""
    ours = log_of(1, 1, 1, 2)
    staged = Staged(Log(ORIGIN, ours), 1)
    for entry in ours[1:3]:
        assert staged.take(entry)
    assert (staged.verified, staged.entries, staged.cut) == (3, [], 4)
    new = log_of(3, start=3)[0]
    assert staged.take(new)
    assert (staged.verified, staged.entries, staged.cut) == (3, [new], 4)


def test_a_learner_begins_with_nothing() -> None:
    learning = Learning(3, 99)
    assert (learning.session, learning.epoch, learning.staged, learning.synced, learning.serves) == (
        None,
        None,
        None,
        False,
        False,
    )
