"""When a statement happens, and for how long: the clauses that all timed statements share."""

from __future__ import annotations

import msgspec

from quorate.core.ids import MILLISECOND, Nanos
from quorate.sim.scenarios.scenario import MAX_STATEMENTS, MAX_TIME, NEVER
from quorate.sim.scenarios.words import Reader, Word, refuse, told

SHORTEST: Nanos = MILLISECOND
"""Of anything that lasts or repeats."""


class When(msgspec.Struct, frozen=True):
    """`times`: one, or several of a statement with `every`. `lasts_ns`: None if the statement does not say. `end`: of `from .. to`."""

    times: tuple[Nanos, ...]
    lasts_ns: Nanos | None = None
    every_ns: Nanos | None = None
    end: Nanos | None = None

    @property
    def lasting(self) -> Nanos:
        """How long it lasts; a very long time if the statement does not say."""
        return NEVER if self.lasts_ns is None else self.lasts_ns


class _Found:
    """What clauses said, each at most once."""

    def __init__(self) -> None:
        self.at: Nanos | None = None
        self.end: Nanos | None = None
        self.every: Nanos | None = None
        self.lasts: Nanos | None = None


def read_when(reader: Reader, cursor: Nanos, *, lasting: bool, repeats: bool = True) -> When:
    """Read `at`, `after`, `for`, `from .. to`, `every` in any order, to the end of the statement. Without a time it happens at
    `cursor`. `lasting`: whether `for` makes sense here. `repeats`: whether `every` makes several of it; else it is one thing with a
    period of its own."""
    first = reader.next
    found = _Found()
    allowed = ["at", "after", "from", "every", *(["for"] if lasting else [])]
    while not reader.done:
        word = reader.next
        clause = reader.choose(allowed)
        _read_clause(reader, word, clause, found, cursor)
        closed = {"at", "after", "from"} if clause in ("at", "after", "from") else {clause}
        allowed = [name for name in allowed if name not in closed]
    return _when(first, found, cursor, repeats=repeats)


def _read_clause(reader: Reader, word: Word, clause: str, found: _Found, cursor: Nanos) -> None:
    if clause == "at":
        found.at = moment(reader)
    elif clause == "after":
        found.at = bounded(word, cursor + reader.duration())
    elif clause == "for":
        found.lasts = bounded(word, reader.duration(least=SHORTEST))
    elif clause == "every":
        found.every = reader.duration(least=SHORTEST)
    else:
        found.at = moment(reader)
        reader.choose(["to"], "`from` needs an end")
        end = reader.next
        found.end = moment(reader)
        if found.end <= found.at:
            raise refuse(end, f"must be later than {told(found.at)}")


def _when(first: Word, found: _Found, cursor: Nanos, *, repeats: bool) -> When:
    start = cursor if found.at is None else found.at
    if found.every is None or not repeats:
        # `from 2s to 5s` is the same as `at 2s for 3s`.
        lasts = found.lasts if found.end is None else found.end - start
        return When((start,), lasts, found.every, found.end)
    if found.end is None:
        raise refuse(first, "`every` needs to know from when to when", ["from 2s to 10s"])
    count = -(-(found.end - start) // found.every)
    if count > MAX_STATEMENTS:
        raise refuse(first, f"that is {count:,} times; at most {MAX_STATEMENTS:,} statements are possible")
    times = tuple(range(start, found.end, found.every))
    return When(times, found.lasts, found.every, found.end)


def moment(reader: Reader) -> Nanos:
    """A point of simulated time."""
    word = reader.next
    return bounded(word, reader.duration())


def bounded(word: Word, time: Nanos) -> Nanos:
    """`time`, unless it is past the longest run."""
    if time > MAX_TIME:
        raise refuse(word, f"a scenario lasts at most {told(MAX_TIME)} of simulated time")
    return time
