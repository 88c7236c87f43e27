"""What a node remembers of time."""

from quorate.algorithms.logged.freshness import GRAINS, MAX_MARKS, MAX_ROUNDS, Freshness

TIMEOUT = 64_000
GRAIN = TIMEOUT // GRAINS


def test_a_round_began_when_it_was_first_sent() -> None:
    fresh = Freshness(TIMEOUT)
    assert fresh.sent_at(7) is None
    fresh.begun(3, 100)
    fresh.begun(4, 100 + GRAIN)
    assert [fresh.sent_at(number) for number in (2, 3, 4, 5)] == [None, 100, 100 + GRAIN, 100 + GRAIN]


def test_rounds_close_together_count_as_begun_with_the_first() -> None:
    """Never later than they were: a lease that counts from there is too short by a grain at most."""
    fresh = Freshness(TIMEOUT)
    fresh.begun(1, 0)
    for number in range(2, 50):
        fresh.begun(number, GRAIN - 1)
    assert fresh.sent_at(49) == 0


def test_rounds_take_bounded_memory_and_the_newest_stay() -> None:
    fresh = Freshness(TIMEOUT)
    for number in range(1, 10 * MAX_ROUNDS):
        fresh.begun(number, number * GRAIN)
    newest = 10 * MAX_ROUNDS - 1
    assert fresh.sent_at(newest) == newest * GRAIN
    assert fresh.sent_at(newest - MAX_ROUNDS) is None


def test_a_state_is_as_old_as_the_newest_word_that_it_has_applied_in_full() -> None:
    fresh = Freshness(TIMEOUT)
    assert fresh.fresh_at(100) is None
    fresh.heard(5, 10, current=True)
    fresh.heard(8, 20, current=True)
    fresh.heard(8, 30, current=True)
    assert [fresh.fresh_at(applied) for applied in (4, 5, 7, 8, 9)] == [None, 10, 10, 30, 30]
    assert fresh.commit == 8


def test_the_word_of_a_leader_that_has_not_committed_in_its_term_says_nothing_of_time() -> None:
    fresh = Freshness(TIMEOUT)
    fresh.heard(5, 10, current=True)
    fresh.heard(3, 20, current=False)
    fresh.heard(9, 20, current=False)
    assert (fresh.fresh_at(9), fresh.commit) == (10, 9)


def test_an_older_word_that_comes_late_changes_nothing() -> None:
    fresh = Freshness(TIMEOUT)
    fresh.heard(5, 10, current=True)
    fresh.heard(4, 20, current=True)
    assert (fresh.fresh_at(4), fresh.fresh_at(5)) == (None, 10)


def test_words_take_bounded_memory_and_what_is_forgotten_only_makes_a_state_older() -> None:
    fresh = Freshness(TIMEOUT)
    for index in range(1, 20 * MAX_MARKS):
        fresh.heard(index, 10 * index, current=True)
    for applied in range(20 * MAX_MARKS):
        at = fresh.fresh_at(applied)
        assert at is None or at <= 10 * applied
    newest = 20 * MAX_MARKS - 1
    assert [fresh.fresh_at(newest - back) for back in range(MAX_MARKS // 4)] == [
        10 * (newest - back) for back in range(MAX_MARKS // 4)
    ]
