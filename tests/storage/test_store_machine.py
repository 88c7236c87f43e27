"""A store under random orders and random crashes, against the dumb model."""

from collections.abc import Callable
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from quorate.core.durable import LogPoint
from quorate.storage.options import StoreOptions
from storage.builders import Words, entry, open_store, persist
from storage.memory_disk import MemoryDisk, PowerLossError
from storage.model import Model, matching
from storage.script import Script

OPTIONS = StoreOptions(segment_bytes=1024, allocate_bytes=256, prepare_bytes=512, write_bytes=2000)


class StoreMachine(RuleBasedStateMachine):
    """Every rule may be cut short by a loss of power, which is drawn before it and dealt with after it."""

    @initialize()
    def start(self) -> None:
        self.script = Script(MemoryDisk(), OPTIONS)
        self.script.start()
        self.incarnation = 1
        self.term = 1

    @property
    def model(self) -> Model:
        return self.script.model

    @property
    def committed(self) -> int:
        """No algorithm drops or overwrites anything up to here."""
        newest = self.model.newest
        return max(self.model.start.index, self.model.commit, newest[0] if newest else 0)

    @rule(after=st.integers(0, 8))
    def power_will_fail(self, after: int) -> None:
        self.script.disk.stop_after(after)

    @rule(
        count=st.integers(0, 5),
        size=st.integers(0, 400),
        higher=st.booleans(),
        back=st.integers(0, 3),
        split=st.booleans(),
    )
    def append(self, count: int, size: int, higher: bool, back: int, split: bool) -> None:
        self.term += higher
        first = max(self.committed, self.model.last.index - back) + 1
        cut = first if first <= self.model.last.index else None
        if cut is not None:
            self.term = max(self.term, self.model.last.term + 1)
        new = tuple(entry(index, self.term, bytes([index % 255 + 1]) * size) for index in range(first, first + count))
        if split and count:
            writes = [
                persist(hard_state=Words(self.term, 2), truncate_from=cut),
                *(persist(entries=(one,)) for one in new),
            ]
        else:
            writes = [persist(hard_state=Words(self.term, None), truncate_from=cut, entries=new)]
        self.attempt(lambda: self.script.write(*writes), partly=True)

    @rule(hint=st.integers(0, 5))
    def hint(self, hint: int) -> None:
        self.attempt(lambda: self.script.write(persist(commit=max(0, self.model.last.index - hint))))

    @rule(back=st.integers(0, 4), size=st.integers(0, 700))
    def take_snapshot(self, back: int, size: int) -> None:
        index = max(self.model.start.index, self.model.last.index - back)
        newest = self.model.newest
        if index > (newest[0] if newest else 0):
            self.attempt(lambda: self.script.save(index, b"taken %d" % index + bytes(size)))

    @precondition(lambda self: self.model.newest is not None and self.model.newest[0] > self.model.start.index)
    @rule(back=st.integers(0, 3))
    def compact(self, back: int) -> None:
        index = self.model.newest[0] - back
        term = self.model.term_at(index)
        if index > self.model.start.index and term is not None:
            self.attempt(lambda: self.script.write(persist(compact=LogPoint(index, term))))

    @rule(ahead=st.integers(-2, 6), size=st.integers(1, 700), mark=st.booleans())
    def install_snapshot(self, ahead: int, size: int, mark: bool) -> None:
        """Committed state from elsewhere, beyond or against the log; sometimes the mark in the log does not follow."""
        index = max(self.committed + 1, self.model.last.index + ahead)
        self.term += 1
        state = b"from elsewhere %d" % index + b"." * size
        self.attempt(lambda: self.script.receive(index, self.term, state, 300))
        if mark and self.model.newest and self.model.newest[0] == index:
            self.attempt(lambda: self.script.write(persist(reset=LogPoint(index, self.term))))
        else:
            self.crash(Random(index))

    @rule()
    def upkeep(self) -> None:
        self.attempt(self.script.upkeep)

    @rule(seed=st.integers(0, 1 << 16))
    def crash(self, seed: int | Random) -> None:
        random = seed if isinstance(seed, Random) else Random(seed)
        disk = self.script.disk
        choice = random.randrange(3)
        if choice == 0:
            disk = disk.after_sector_crash(random)
        elif choice == 1:
            disk = disk.after_crash(random.randint(0, disk.unsynced()))
        else:
            disk = disk.restarted()
        candidates = self.script.candidates
        self.script = Script(disk, OPTIONS)
        self.script.store = open_store(disk, OPTIONS)
        self.script.candidates = [matching(self.script.store, candidates)]
        assert self.script.store.incarnation > self.incarnation
        self.incarnation = self.script.store.incarnation
        self.term = max(self.term, self.model.last.term)

    def attempt(self, action: Callable[[], None], *, partly: bool = False) -> None:
        """Do it, unless the power fails in it. `partly`: a merged write may be split between its units."""
        try:
            action()
        except PowerLossError:
            if partly:
                self.script.candidates += self.script.prefixes
            self.crash(Random(self.script.disk.operations))

    @invariant()
    def no_segment_stays_that_nothing_needs(self) -> None:
        if hasattr(self, "script") and not self.script.store.wants_upkeep:
            wal = self.script.store._wal
            in_use = len(wal._closed) + 1
            files = [name for name in self.script.disk.list("wal") if name.endswith(".wal")]
            assert in_use <= len(files) <= in_use + 1, "at most one is ready for later"

    def teardown(self) -> None:
        if hasattr(self, "script"):
            self.script.disk.stop_after(None)
            self.crash(Random(0))


StoreMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestStore = StoreMachine.TestCase
