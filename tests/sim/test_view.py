"""The shadow of a node's log: a dumb second implementation, held against an even dumber one."""

from hypothesis import given
from hypothesis import strategies as st

from quorate.core.durable import Durable, LogPoint
from quorate.core.effects import Persist
from quorate.core.entry import Entry
from quorate.sim.view import NodeView, ShadowLog
from sim.stage import Ballot, entries, entry, meta


def test_lookups_at_every_edge() -> None:
    log = ShadowLog(3, 1, entries("122", first=4))
    assert (log.start, log.last) == (3, 6)
    assert [log.term_at(index) for index in range(2, 8)] == [None, 1, 1, 2, 2, None]
    assert log.digest_at(3) is None
    assert log.digest_at(4) == entry(4, 1).crc
    assert log.digest_at(7) is None


def test_a_copy_is_another() -> None:
    log = ShadowLog(0, 0, entries("11"))
    twin = log.copy()
    log.append(entry(3, 1))
    assert (log.last, twin.last) == (3, 2)


@given(
    st.lists(st.tuples(st.sampled_from(["append", "truncate", "compact", "reset"]), st.integers(0, 12)), max_size=30)
)
def test_any_series_of_changes_as_a_dictionary_would_do_it(changes: list[tuple[str, int]]) -> None:
    log, plain, start = ShadowLog(), dict[int, Entry](), 0
    for position, (kind, number) in enumerate(changes):
        last = max(plain, default=start)
        if kind == "append":
            new = [entry(last + 1 + extra, number) for extra in range(number % 3)]
            plain |= {added.index: added for added in new}
            log.make(Persist(position, entries=tuple(new)))
        elif kind == "truncate" and start < number <= last:
            plain = {index: kept for index, kept in plain.items() if index < number}
            log.make(Persist(position, truncate_from=number))
        elif kind == "compact" and start < number <= last:
            term = plain[number].term
            start, plain = number, {index: kept for index, kept in plain.items() if index > number}
            log.make(Persist(position, compact=LogPoint(number, term)))
        elif kind == "reset":
            start, plain = number, {}
            log.make(Persist(position, reset=LogPoint(number, 1)))
        assert (log.start, log.last) == (start, max(plain, default=start))
        assert {index: log.term_at(index) for index in plain} == {index: kept.term for index, kept in plain.items()}


def test_what_is_asked_becomes_durable_up_to_the_position() -> None:
    view = NodeView(1)
    view.pending.extend(
        [
            Persist(1, entries=entries("1")),
            Persist(2, hard_state=Ballot(2)),
            Persist(3, entries=entries("2", first=2)),
        ]
    )
    view.persisted(2)
    assert (view.disk.last, view.hard_state, len(view.pending)) == (1, Ballot(2), 1)
    view.persisted(9)
    assert (view.disk.last, len(view.pending)) == (2, 0)


def test_a_start_takes_over_what_the_disk_gave_and_forgets_the_process() -> None:
    view = NodeView(1)
    view.role, view.leader, view.term = "leader", 1, 5
    view.pending.append(Persist(1))
    assert view.leads
    view.started(
        Durable(hard_state=Ballot(5), start=LogPoint(2, 1), entries=entries("2", first=3), snapshot=meta(2, 1))
    )
    assert not view.leads
    assert (view.log.last, view.disk.last, view.handed_over, view.starts, len(view.pending)) == (3, 3, 2, 1, 0)


def test_what_is_held_now_and_what_was_held_once() -> None:
    view = NodeView(1)
    view.started(Durable(start=LogPoint(2, 1), entries=entries("12", first=3), snapshot=meta(2, 1)))
    assert [view.holds(index, 1) for index in (1, 2, 3, 4, 5)] == [True, True, True, False, False]
    view.pending.append(Persist(1, truncate_from=4, entries=entries("3", first=4)))
    assert not view.holds(4, 2), "it is about to be dropped"
    assert view.has_held(4, 2)
    assert view.persisted(1) == 3
    assert view.holds(4, 3)
    assert view.has_held(4, 2)
    assert not view.has_held(4, 1)
    assert not view.has_held(5, None)
    view.pending.append(Persist(2, reset=LogPoint(9, 3)))
    assert not view.holds(3, 1)
    assert view.persisted(2) is None
    assert view.covered == 9
    assert view.holds(3, 1)


def test_what_a_crash_took_was_held_once() -> None:
    """A truncation under way may become durable in the crash."""
    view = NodeView(1)
    view.started(Durable(entries=entries("122")))
    view.started(Durable(entries=entries("13")))
    assert [view.has_held(index, 2) for index in (2, 3, 4)] == [True, True, False]
    assert view.dropped == {(2, 2), (3, 2)}


def test_what_the_disk_has_written_counts_before_the_node_is_told() -> None:
    view = NodeView(1)
    view.started(Durable(entries=entries("11")))
    view.pending.extend(
        [
            Persist(1, truncate_from=2, entries=entries("2", first=2)),
            Persist(2, entries=entries("2", first=3)),
            Persist(3, reset=LogPoint(9, 4)),
        ]
    )
    assert [view.wrote(2, 1), view.wrote(2, 2), view.wrote(3, 2)] == [True, False, False]
    view.written = 1
    assert [view.wrote(1, 1), view.wrote(2, 1), view.wrote(2, 2), view.wrote(3, 2)] == [True, False, True, False]
    view.written = 2
    assert view.wrote(3, 2)
    view.written = 3
    assert [view.wrote(9, 4), view.wrote(10, 4)] == [True, False]
