"""Time is one heap of (time, sequence)."""

import pytest

from quorate.sim.scheduler import MAX_EVENTS_PER_INSTANT, Scheduler, StuckError


def test_things_happen_by_time_then_in_the_order_asked() -> None:
    scheduler = Scheduler()
    seen: list[str] = []
    scheduler.at(20, seen.append, "late")
    scheduler.at(10, seen.append, "first")
    scheduler.at(10, seen.append, "second")
    scheduler.after(5, seen.append, "soonest")
    while scheduler.step():
        pass
    assert seen == ["soonest", "first", "second", "late"]
    assert scheduler.now == 20
    assert scheduler.events == 4


def test_a_time_that_has_passed_means_now_but_behind_what_waits_for_now() -> None:
    scheduler = Scheduler()
    seen: list[str] = []
    scheduler.at(10, lambda: scheduler.at(3, seen.append, "overdue"))
    scheduler.at(10, seen.append, "waiting")
    scheduler.run_until(10)
    assert seen == ["waiting", "overdue"]
    assert scheduler.now == 10


def test_run_until_moves_time_even_if_nothing_happens() -> None:
    scheduler = Scheduler()
    scheduler.run_until(77)
    assert scheduler.now == 77
    assert scheduler.next_time() is None
    assert not scheduler.step()


def test_run_while_stops_at_the_condition_or_at_the_limit() -> None:
    scheduler = Scheduler()
    seen: list[int] = []
    for time in (10, 20, 30):
        scheduler.at(time, seen.append, time)
    assert scheduler.run_while(lambda: len(seen) < 2, limit=100)
    assert (seen, scheduler.now, scheduler.next_time()) == ([10, 20], 20, 30)
    assert not scheduler.run_while(lambda: len(seen) < 9, limit=25)
    assert (seen, scheduler.now) == ([10, 20], 25)
    assert not scheduler.run_while(lambda: len(seen) < 9, limit=50)
    assert (seen, scheduler.now) == ([10, 20, 30], 50)


def test_a_loop_without_time_passing_is_named() -> None:
    scheduler = Scheduler()

    def again() -> None:
        scheduler.after(0, again)

    scheduler.after(0, again)
    with pytest.raises(StuckError, match="again"):
        scheduler.run_until(1)
    assert scheduler.events == MAX_EVENTS_PER_INSTANT
