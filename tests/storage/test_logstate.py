"""The rules of the log, as tables and against a plain list."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.core.durable import LogPoint
from quorate.core.errors import InvariantError
from quorate.storage.logstate import LogState
from quorate.storage.record import Carried, Record, RecordKind, Value
from storage.builders import entries, entry

ORIGIN = LogPoint(0, 0)
Step = tuple[str, int, int]


def a_log(*terms: int, start: LogPoint = ORIGIN) -> LogState:
    """Entries of these terms after `start`."""
    state = LogState()
    state.reset(start)
    for index, term in enumerate(terms, start.index + 1):
        state.append(entry(index, term))
    return state


def terms(state: LogState) -> list[int | None]:
    return [state.term_at(index) for index in range(state.start.index + 1, state.last_index + 1)]


def test_an_empty_log() -> None:
    state = LogState()
    assert state.last == LogPoint(0, 0)
    assert state.term_at(0) == 0
    assert state.term_at(1) is None
    state.check()


def test_terms_at_the_edges_of_a_compacted_log() -> None:
    """S-D3: compaction edges."""
    state = a_log(1, 1, 2, 4, 4)
    state.compact(LogPoint(2, 1))
    assert [state.term_at(index) for index in range(7)] == [None, None, 1, 2, 4, 4, None]
    assert state.last == LogPoint(5, 4)
    state.compact(LogPoint(2, 1))
    state.compact(LogPoint(1, 9))  # at or before the start there is nothing to drop
    assert state.start == LogPoint(2, 1)
    state.compact(LogPoint(4, 4))
    assert terms(state) == [4]
    state.compact(LogPoint(5, 4))
    assert (state.start, state.last, state.runs) == (LogPoint(5, 4), LogPoint(5, 4), [])
    state.append(entry(6, 4))
    assert terms(state) == [4]


def test_truncation_and_reset() -> None:
    state = a_log(1, 1, 2, 4, 4, start=LogPoint(10, 1))
    state.truncate(14)
    assert (terms(state), state.last) == ([1, 1, 2], LogPoint(13, 2))
    state.truncate(14)  # beyond the end
    state.truncate(11)
    assert (terms(state), state.last) == ([], LogPoint(10, 1))
    state.append(entry(11, 3))
    state.reset(LogPoint(5, 2))
    assert (state.start, state.last, terms(state)) == (LogPoint(5, 2), LogPoint(5, 2), [])


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (lambda state: state.append(entry(17, 5)), "entry 17 follows entry 15"),
        (lambda state: state.append(entry(15, 5)), "entry 15 follows entry 15"),
        (lambda state: state.append(entry(16, 3)), "entry 16 has term 3, the one before has 4"),
        (lambda state: state.truncate(10), "cannot drop entries from 10 on: the log starts after 10"),
        (lambda state: state.compact(LogPoint(16, 4)), "cannot compact at 16: the log ends at 15"),
        (lambda state: state.compact(LogPoint(13, 4)), "cannot compact at 13 of term 4: the entry has term 2"),
    ],
)
def test_what_no_algorithm_may_ask_is_refused_and_changes_nothing(
    step: Callable[[LogState], None], message: str
) -> None:
    state = a_log(1, 1, 2, 4, 4, start=LogPoint(10, 1))
    before = state.carried()
    with pytest.raises(InvariantError, match=message):
        step(state)
    assert state.carried() == before


def test_the_first_entry_after_a_start_may_not_fall_behind_its_term() -> None:
    with pytest.raises(InvariantError, match="entry 11 has term 2, the one before has 3"):
        a_log(start=LogPoint(10, 3)).append(entry(11, 2))


def test_a_copy_is_its_own() -> None:
    state = a_log(1, 2)
    other = state.copy()
    other.append(entry(3, 3))
    other.hard_state = b"x"
    assert (state.last, state.hard_state) == (LogPoint(2, 2), b"")
    assert state.copy().carried() == state.carried()


def test_what_a_segment_carries_is_complete_but_for_the_entries() -> None:
    state = a_log(1, 1, 2, start=LogPoint(10, 1))
    state.hard_state, state.incarnation, state.commit = b"words", 4, 12
    other = LogState.from_carried(state.carried())
    assert other.carried() == state.carried()
    assert (state.missing, other.missing) == (0, 13)
    other.append(entry(14, 2))
    other.truncate(12)
    assert other.missing == 11
    other.compact(LogPoint(11, 1))
    assert other.missing == other.start.index


@pytest.mark.parametrize(
    "carried",
    [
        Carried(1, b"", LogPoint(5, 1), 4, (), 0),
        Carried(1, b"", LogPoint(5, 1), 7, (), 0),
        Carried(1, b"", LogPoint(5, 1), 7, ((7, 1),), 0),
        Carried(1, b"", LogPoint(5, 1), 7, ((6, 1), (8, 2)), 0),
        Carried(1, b"", LogPoint(5, 2), 7, ((6, 1),), 0),
        Carried(1, b"", LogPoint(5, 1), 7, ((6, 2), (7, 1)), 0),
    ],
)
def test_a_state_that_does_not_add_up_is_refused(carried: Carried) -> None:
    with pytest.raises(InvariantError, match=r"the terms of the log do not ascend|the log's terms do not cover"):
        LogState.from_carried(carried)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (RecordKind.ENTRY, 3),
        (RecordKind.COMMIT, b"x"),
        (RecordKind.RESET, 4),
        (RecordKind.SEGMENT, LogState().carried()),
    ],
)
def test_a_record_that_does_not_fit_is_refused(kind: RecordKind, value: Value) -> None:
    state = a_log(1)
    with pytest.raises(InvariantError):
        state.replay(Record(kind, 0, 0, value))


steps = st.lists(
    st.tuples(st.sampled_from(["append", "truncate", "reset", "compact"]), st.integers(0, 6), st.integers(0, 2))
)


@given(steps)
def test_it_agrees_with_a_plain_list(steps: list[Step]) -> None:
    """One entry at a time, or many as a write does: the same as a dict of index to term."""
    single, bulk = LogState(), LogState()
    start, plain = LogPoint(0, 0), dict[int, int]()
    for name, amount, rise in steps:
        last = max(plain, default=start.index)
        term = plain.get(last, start.term)
        if name == "append":
            new = entries(last + 1, last + amount, term + rise)
            for one in new:
                single.append(one)
            bulk.extend(len(new), [(last + 1, term + rise)] if rise and new else [])
            plain.update({one.index: one.term for one in new})
        elif name == "truncate":
            first = start.index + 1 + amount
            single.truncate(first)
            bulk.truncate(first)
            plain = {index: known for index, known in plain.items() if index < first}
        elif name == "reset":
            start, plain = LogPoint(last + amount, term + rise), {}
            single.reset(start)
            bulk.reset(start)
        else:
            index = min(last, start.index + amount)
            start = LogPoint(index, plain.get(index, start.term))
            single.compact(start)
            bulk.compact(start)
            plain = {known: value for known, value in plain.items() if known > index}
        single.check()
        assert single.carried() == bulk.carried()
        assert single.start == start
        assert {known: single.term_at(known) for known in range(start.index + 1, single.last_index + 1)} == plain
