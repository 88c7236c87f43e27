"""The log in memory. Its functions as tables: S-D3 in tests/scenarios; against a dumb model: tests/properties."""

import pytest

from algorithms.raft.harness import log_of, noop
from algorithms.raft.scenes import batch
from quorate.algorithms.logged.log import Log
from quorate.core.durable import LogPoint
from quorate.core.errors import InvariantError


def test_an_empty_log_ends_where_it_starts() -> None:
    assert (Log().last_index, Log().last_term) == (0, 0)
    log = Log(LogPoint(7, 3))
    assert (log.last_index, log.last_term, log.term_at(7)) == (7, 3, 3)


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (noop(4, 2), r"entry \(4, term 2\) cannot follow \(2, term 2\)"),
        (noop(2, 2), r"entry \(2, term 2\) cannot follow"),
        (noop(3, 1), r"entry \(3, term 1\) cannot follow"),
    ],
)
def test_append_takes_only_what_follows(entry: object, complaint: str) -> None:
    log = Log(entries=log_of(1, 2))
    with pytest.raises(InvariantError, match=complaint):
        log.append((entry,))  # type: ignore[arg-type]
    assert log.last_index == 2


def test_entry_must_be_here() -> None:
    log = Log(LogPoint(5, 1), log_of(1, 2, start=5))
    assert log.entry(6) == noop(6, 1)
    for index in (5, 8):
        with pytest.raises(InvariantError, match=f"entry {index} is not in the log, which holds 6 to 7"):
            log.entry(index)


@pytest.mark.parametrize(("limit", "taken"), [(0, 1), (3, 1), (4, 1), (7, 2), (8, 3), (100, 4)])
def test_a_page_is_limited_in_bytes_but_never_empty(limit: int, taken: int) -> None:
    log = Log(entries=tuple(batch(index, 1, bytes(size)) for index, size in enumerate((4, 3, 1, 9), start=1)))
    assert [entry.index for entry in log.page(1, 4, limit)] == [1, 2, 3, 4][:taken]
    assert len(log.page(4, 4, limit)) == 1
    assert log.page(5, 4, limit) == ()


def test_truncation_does_not_reach_into_what_is_compacted() -> None:
    log = Log(LogPoint(5, 1), log_of(1, 2, start=5))
    with pytest.raises(InvariantError, match="truncation at 5 reaches into what is compacted up to 5"):
        log.truncate_from(5)
    log.truncate_from(6)
    assert (log.last_index, log.last_term) == (5, 1)


@pytest.mark.parametrize("index", [4, 8])
def test_compaction_must_be_inside(index: int) -> None:
    log = Log(LogPoint(5, 1), log_of(1, 2, start=5))
    with pytest.raises(InvariantError, match=f"compaction at {index} outside of 5 to 7"):
        log.compact(index)


def test_reset_drops_everything() -> None:
    log = Log(entries=log_of(1, 2, 3))
    log.reset(LogPoint(9, 4))
    assert (log.start, log.last_index, log.last_term) == (LogPoint(9, 4), 9, 4)
    log.append((noop(10, 4),))
