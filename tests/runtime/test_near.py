"""Reads that a node answers by itself, under a driver: when it may, what it says of the answer, and what happens when it may not."""

from __future__ import annotations

import pytest

from quorate.core.consistency import Consistency, ReadInfo, ReadYourWrites, Stale, Standing
from quorate.core.effects import Apply, LeaderChanged, ReadReady
from quorate.core.events import ReadRequested
from quorate.core.ids import MILLISECOND, SECOND, Index, Nanos
from quorate.runtime.near import FELL_BACK
from runtime.fakes import Caller, ScriptedAlgorithm, Table, entry_of

BOUNDS = Stale(max_lag=5, max_age_ms=100)


class Reader:
    """Asks once; `seen`: what it was told each time it might look."""

    def __init__(self, table: Table, consistency: Consistency, within: Nanos = 10 * SECOND) -> None:
        self.caller = Caller()
        self.seen: list[ReadInfo] = []
        table.driver.read(table.world.time + within, self.caller, consistency, self.seen.append)

    @property
    def answer(self) -> tuple[Index, ReadInfo]:
        assert not self.caller.waits
        return self.caller.answer, self.seen[-1]


def led(*, applied: int = 0) -> Table:
    """A node that knows a leader, and has applied so many entries."""
    table = Table(ScriptedAlgorithm(LeaderChanged(2, 1))).start()
    for index in range(1, applied + 1):
        table.propose(b"x")
        table.world.settle()
        table.apply(entry_of(table.proposed()[-1], index))
    return table


def stand(table: Table, standing: Standing) -> None:
    table.algorithm.stands = lambda _applied, _now: standing


def questions(table: Table) -> int:
    table.world.settle()
    return len(table.algorithm.seen(ReadRequested))


def fell_back(table: Table) -> int:
    return table.driver.counters.outcomes.get(FELL_BACK, 0)


# local


def test_a_local_read_asks_nobody_and_is_labelled() -> None:
    table = led(applied=2)
    stand(table, Standing(commit=7, fresh_at=table.world.time - 30))
    assert Reader(table, "local").answer == (2, ReadInfo(2, "local", 5, 30))
    stand(table, Standing())
    assert Reader(table, "local").answer == (2, ReadInfo(2, "local", 0, None))
    assert questions(table) == 0


def test_a_local_read_needs_no_leader_but_a_node_that_runs() -> None:
    table = Table().start()
    assert Reader(table, "local").answer[0] == 0
    table.driver.stop()
    reader = Reader(table, "local")
    assert (reader.caller.failure, reader.seen) == (("stopping", None), [])


# read your writes


def test_a_reader_of_its_writes_waits_until_they_are_here() -> None:
    table = led(applied=2)
    assert Reader(table, ReadYourWrites(2)).answer[0] == 2
    reader = Reader(table, ReadYourWrites(3))
    assert (reader.caller.waits, questions(table)) == (True, 0)
    table.propose(b"y")
    table.world.settle()
    table.apply(entry_of(table.proposed()[-1], 3))
    assert reader.answer[1].answered == "read_your_writes"


def test_a_reader_of_its_writes_is_told_in_time_that_they_are_not_here() -> None:
    table = led()
    reader = Reader(table, ReadYourWrites(3), within=50 * MILLISECOND)
    table.world.pass_time(60 * MILLISECOND)
    assert (reader.caller.failure, reader.seen) == (("timeout (behind)", None), [])


# stale


def test_s_q5_both_bounds_hold_or_the_leader_is_asked() -> None:
    table = led(applied=2)
    now = table.world.time
    young, old = now - 100 * MILLISECOND, now - 100 * MILLISECOND - 1
    stand(table, Standing(commit=7, fresh_at=young))
    assert Reader(table, BOUNDS).answer == (2, ReadInfo(2, "stale", 5, 100 * MILLISECOND))
    for broken in (Standing(commit=8, fresh_at=young), Standing(commit=7, fresh_at=old), Standing(commit=7)):
        stand(table, broken)
        before = questions(table)
        reader = Reader(table, BOUNDS)
        assert (reader.caller.waits, questions(table)) == (True, before + 1)
        table.say(ReadReady(before + 1, 2))
        assert reader.answer == (2, ReadInfo(2, "linearizable"))
    assert fell_back(table) == 3


def test_s_q5_a_look_that_takes_too_long_breaks_a_bound() -> None:
    """What it saw is not told: it looks again when the leader has spoken."""
    table = led(applied=2)
    stand(table, Standing(commit=2, fresh_at=table.world.time))
    caller, looks = Caller(), 0

    def look(_info: ReadInfo) -> None:
        nonlocal looks
        looks += 1
        table.world.time += 200 * MILLISECOND

    table.driver.read(table.world.time + SECOND, caller, BOUNDS, look)
    assert (caller.waits, looks, questions(table)) == (True, 1, 1)
    table.say(ReadReady(1, 2))
    assert (caller.answer, looks) == (2, 2)


# lease


def test_s_q1_a_read_by_lease_asks_nobody() -> None:
    table = led(applied=2)
    stand(table, Standing(commit=2, lease_until=table.world.time + 1))
    assert Reader(table, "lease").answer == (2, ReadInfo(2, "lease"))
    assert (questions(table), fell_back(table)) == (0, 0)


@pytest.mark.parametrize("until", [None, 0])
def test_s_q5_without_a_lease_or_after_it_the_leader_is_asked(until: int | None) -> None:
    table = led(applied=2)
    stand(table, Standing(commit=2, lease_until=None if until is None else table.world.time))
    reader = Reader(table, "lease")
    assert (questions(table), fell_back(table)) == (1, 1)
    table.say(ReadReady(1, 2))
    assert reader.answer == (2, ReadInfo(2, "linearizable"))


def test_s_q5_r12_the_lease_is_looked_at_again_after_the_state() -> None:
    table = led(applied=2)
    stand(table, Standing(commit=2, lease_until=table.world.time + 10 * MILLISECOND))
    caller, looks = Caller(), 0

    def look(_info: ReadInfo) -> None:
        nonlocal looks
        looks += 1
        table.world.time += 10 * MILLISECOND

    table.driver.read(table.world.time + SECOND, caller, "lease", look)
    assert (caller.waits, looks, questions(table)) == (True, 1, 1)
    table.say(ReadReady(1, 2))
    assert (caller.answer, looks, fell_back(table)) == (2, 2, 1)


def test_s_q5_r12_a_lease_that_ends_while_the_machine_catches_up_answers_nothing() -> None:
    """The commit index is known before the entry is applied here; meanwhile another may lead."""
    table = led(applied=2)
    stand(table, Standing(commit=3, lease_until=table.world.time + SECOND))
    held, lost = Reader(table, "lease"), Reader(table, "lease")
    assert (held.caller.waits, lost.caller.waits, questions(table)) == (True, True, 0)
    table.propose(b"y")
    table.world.settle()
    entry = entry_of(table.proposed()[-1], 3)
    answers = iter(
        (Standing(3, table.world.time + SECOND), Standing(3, table.world.time + SECOND), Standing(3), Standing(3))
    )
    table.algorithm.stands = lambda _applied, _now: next(answers, Standing(3))
    table.say(Apply((entry,)))
    assert held.answer == (3, ReadInfo(3, "lease"))
    assert (lost.caller.waits, questions(table)) == (True, 1)


# while a snapshot replaces the machine


def test_nobody_looks_at_a_machine_that_is_being_replaced() -> None:
    table = led()
    table.driver._snapshots.loading = True
    stand(table, Standing(commit=0, lease_until=table.world.time + SECOND, fresh_at=table.world.time))
    readers = [Reader(table, wish) for wish in ("local", "lease", ReadYourWrites(0), BOUNDS)]
    assert all(reader.caller.waits for reader in readers)
    assert questions(table) == 1, "bounds ask the leader"
    table.driver._snapshots.loading = False
    table.driver.snapshot_loaded([])
    assert [reader.caller.waits for reader in readers] == [False, False, False, True]
