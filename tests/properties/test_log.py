"""The log against a dumb model: a dictionary from index to entry, searched from end to end."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from quorate.algorithms.logged.log import Log
from quorate.core.durable import LogPoint
from quorate.core.entry import Entry
from quorate.core.errors import InvariantError


class LogMachine(RuleBasedStateMachine):
    """Every change is made to both; every question is asked of both."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log()
        self.start = LogPoint(0, 0)
        self.model: dict[int, Entry] = {}

    @property
    def last(self) -> int:
        return max(self.model, default=self.start.index)

    @property
    def last_term(self) -> int:
        return self.model[self.last].term if self.model else self.start.term

    def term(self, index: int) -> int | None:
        if index == self.start.index:
            return self.start.term
        return self.model[index].term if index in self.model else None

    @rule(rises=st.lists(st.integers(0, 2), max_size=5), size=st.integers(0, 9))
    def append(self, rises: list[int], size: int) -> None:
        entries, term = [], self.last_term
        for offset, rise in enumerate(rises, start=1):
            term += rise
            entries.append(Entry(self.last + offset, term, 1, bytes(size), 0))
        self.log.append(entries)
        self.model |= {entry.index: entry for entry in entries}

    @rule(skip=st.sampled_from([-1, 1, 2]), fall=st.integers(0, 2))
    def append_what_does_not_follow(self, skip: int, fall: int) -> None:
        entry = Entry(self.last + 1 + skip, max(0, self.last_term - fall), 1, b"", 0)
        with pytest.raises(InvariantError):
            self.log.append([entry])

    @rule(share=st.floats(0, 1))
    def truncate(self, share: float) -> None:
        index = self.start.index + 1 + int(share * (self.last - self.start.index))
        self.log.truncate_from(index)
        self.model = {at: entry for at, entry in self.model.items() if at < index}

    @rule(share=st.floats(0, 1))
    def compact(self, share: float) -> None:
        index = self.start.index + int(share * (self.last - self.start.index))
        term = self.term(index)
        assert term is not None
        self.log.compact(index)
        self.start = LogPoint(index, term)
        self.model = {at: entry for at, entry in self.model.items() if at > index}

    @rule(index=st.integers(0, 30), term=st.integers(0, 9))
    def reset(self, index: int, term: int) -> None:
        self.log.reset(LogPoint(index, term))
        self.start, self.model = LogPoint(index, term), {}

    @rule(index=st.integers(-1, 40))
    def ask_for_an_entry(self, index: int) -> None:
        if index in self.model:
            assert self.log.entry(index) == self.model[index]
        else:
            with pytest.raises(InvariantError):
                self.log.entry(index)

    @precondition(lambda self: self.model)
    @rule(share=st.floats(0, 1), count=st.integers(0, 9), limit=st.integers(0, 30))
    def ask_for_a_page(self, share: float, count: int, limit: int) -> None:
        first = self.start.index + 1 + int(share * (self.last - self.start.index - 1))
        last = min(first + count, self.last)
        page: list[Entry] = []
        for index in range(first, last + 1):
            entry = self.model[index]
            if page and sum(len(e.data) for e in page) + len(entry.data) > limit:
                break
            page.append(entry)
        assert self.log.page(first, last, limit) == tuple(page)
        assert list(self.log.between(first, last)) == [self.model[index] for index in range(first, last + 1)]

    @rule(term=st.integers(0, 12), above=st.integers(0, 12))
    def ask_for_a_term(self, term: int, above: int) -> None:
        index = self.start.index + above
        fits = [at for at, entry in self.model.items() if at <= index and entry.term <= term]
        assert self.log.last_index_with_term_at_most(term, index) == max(fits, default=self.start.index)

    @invariant()
    def same(self) -> None:
        assert (self.log.start, self.log.last_index, self.log.last_term) == (self.start, self.last, self.last_term)
        for index in range(self.start.index - 1, self.last + 2):
            assert self.log.term_at(index) == self.term(index)


TestLog = LogMachine.TestCase
TestLog.settings = settings(max_examples=60, stateful_step_count=30)
