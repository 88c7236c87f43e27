"""Whatever the algorithm, the clock and other nodes do: each caller is told once, in time, and the truth.

Hypothesis plays consensus: it refuses, loses, commits and duplicates what the driver proposes, moves the clock, takes
the leader away, and hands over snapshots that cover what the node has not seen.
"""

from __future__ import annotations

from zlib import crc32

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from machines.builders import Journal
from quorate.core.durable import LogPoint
from quorate.core.effects import (
    Apply,
    LeaderChanged,
    LoadSnapshot,
    Persist,
    ReadReady,
    ReadRefused,
    Rejected,
    Unresolved,
    WriteSnapshot,
)
from quorate.core.entry import Entry, EntryKind, decode_batch
from quorate.core.events import Proposed, ReadRequested
from quorate.core.ids import MILLISECOND, SECOND, Index, Nanos
from quorate.core.outcome import Applied, NotApplied, Unknown
from quorate.machines.sessions import SessionedMachine
from quorate.runtime.limits import Limits
from runtime.fakes import MEMBERS, Caller, ScriptedAlgorithm, Table
from storage.builders import group

LIMITS = Limits(batch_commands=3, batches_in_flight=3, queued_commands=12, queued_reads=6, snapshot_entries=4)
SLACK = 100 * MILLISECOND
TIMES = st.integers(0, 3 * SECOND)
PATIENCE = st.integers(0, 9).map(lambda seconds: seconds * SECOND)
INTERIM = st.sampled_from(["not_leader", "stale_term", "no_leader"])
FINAL = st.sampled_from(["busy", "too_large"])


class Waiting(Caller):
    """A caller that knows when it was told, and what the state was then. `committed`: how much was, when it asked."""

    def __init__(self, table: Table, deadline: Nanos, commands: list[bytes], committed: Index) -> None:
        super().__init__(then=self._note)
        self.commands = commands
        self.deadline = deadline
        self.committed = committed
        self.applied_then: Index = 0
        self.told_at: Nanos = 0
        self.lines_then: list[bytes] = []
        self._table = table

    def _note(self) -> None:
        self.told_at = self._table.world.time
        self.applied_then = self._table.driver.replica.applied
        self.lines_then = list(self._table.machine.lines)


class DriverMachine(RuleBasedStateMachine):
    """`attempts`: what the algorithm was given and may yet commit, by sequence, the newest last. `open`: sequences that
    it may still refuse or lose. `log`: what is committed."""

    @initialize()
    def begin(self) -> None:
        self.table = Table(ScriptedAlgorithm(LeaderChanged(2, 1)), limits=LIMITS).start()
        self.peer = SessionedMachine(Journal())
        self.scratch = Table()
        self.attempts: list[tuple[int, bytes]] = []
        self.open: set[int] = set()
        self.questions: list[int] = []
        self.log: list[Entry] = []
        self.handed_over = 0
        self.position = 0
        self.writers: list[Waiting] = []
        self.readers: list[Waiting] = []
        self.table.algorithm.on(Proposed, self._proposed)
        self.table.algorithm.on(ReadRequested, lambda event: self.questions.append(event.id) or ())

    def _proposed(self, event: Proposed) -> tuple[()]:
        assert max(event.floor, decode_batch(event.data).floor) < event.sequence
        self.attempts.append((event.sequence, event.data))
        self.open.add(event.sequence)
        return ()

    # What callers do

    @rule(count=st.integers(0, 4), within=PATIENCE, settle=st.booleans())
    def propose(self, count: int, within: Nanos, settle: bool) -> None:
        number = len(self.writers)
        commands = [b"%d/%d" % (number, part) for part in range(count)]
        caller = Waiting(self.table, self.table.world.time + within, commands, len(self.log))
        self.writers.append(caller)
        self.table.driver.propose(commands, caller.deadline, caller)
        if settle:
            self.table.world.settle()

    @rule(within=PATIENCE, settle=st.booleans())
    def read(self, within: Nanos, settle: bool) -> None:
        caller = Waiting(self.table, self.table.world.time + within, [], len(self.log))
        self.readers.append(caller)
        self.table.driver.read(caller.deadline, caller)
        if settle:
            self.table.world.settle()

    # What time and disk do

    @rule()
    def settle(self) -> None:
        self.table.world.settle()

    @rule(duration=TIMES)
    def pass_time(self, duration: Nanos) -> None:
        self.table.world.pass_time(duration)

    @precondition(lambda self: len(self.table.world.writes))
    @rule()
    def finish_write(self) -> None:
        self.table.world.writes.finish()

    @precondition(lambda self: len(self.table.world.backgrounds))
    @rule()
    def finish_background(self) -> None:
        self.table.world.backgrounds.finish()

    # What the algorithm does

    @rule(leader=st.sampled_from([None, 1, 2]))
    def change_leader(self, leader: int | None) -> None:
        self.table.say(LeaderChanged(leader, 1))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), reason=INTERIM | FINAL)
    def refuse(self, data: st.DataObject, reason: str) -> None:
        """The newest attempt is certainly not in the log; older ones may be."""
        sequence = data.draw(st.sampled_from(sorted(self.open)))
        newest = max(n for n, (other, _) in enumerate(self.attempts) if other == sequence)
        del self.attempts[newest]
        self.open.discard(sequence)
        self.table.say(Rejected(sequence, reason, 2))

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        sequence = data.draw(st.sampled_from(sorted(self.open)))
        self.open.discard(sequence)
        self.table.say(Unresolved(sequence, "connection_lost"))

    @precondition(lambda self: self.attempts)
    @rule(data=st.data(), keep=st.booleans())
    def commit(self, data: st.DataObject, keep: bool) -> None:
        """`keep`: a copy of it is still on its way and may be committed again."""
        sequence, batch = data.draw(st.sampled_from(self.attempts))
        if not keep:
            self.attempts.remove((sequence, batch))
        # What is in the log is not refused any more.
        self.open.discard(sequence)
        self.log.append(Entry(len(self.log) + 1, 1, EntryKind.BATCH, batch, crc32(batch)))

    @rule(persist=st.booleans())
    def hand_over(self, persist: bool) -> None:
        """This node hears what is committed."""
        entries = tuple(self.log[self.handed_over :])
        self.handed_over = len(self.log)
        self._say([Apply(entries)] if entries else [], persist=persist)

    @precondition(lambda self: self.handed_over < len(self.log))
    @rule(hanging=st.booleans())
    def send_a_snapshot(self, hanging: bool) -> None:
        """This node hears what is committed by a snapshot of a node that applied it."""
        for entry in self.log[self.peer.applied :]:
            self.peer.apply(entry)
        snapshots = self.scratch.store.snapshots
        meta = snapshots.save(self.peer.applied, 1, group(*MEMBERS), self.peer.snapshot())
        data = b"".join(snapshots.chunks(meta))
        self.handed_over = len(self.log)
        point = LogPoint(meta.index, meta.term)
        self.position += 1
        self.table.say(WriteSnapshot(meta, 0, data), Persist(self.position, reset=point), LoadSnapshot(meta))
        while not hanging and self.table.world.writes:
            self.table.world.writes.finish()

    @precondition(lambda self: self.questions)
    @rule(refused=st.booleans(), persist=st.booleans())
    def answer_a_question(self, refused: bool, persist: bool) -> None:
        number = self.questions.pop(0)
        answer = ReadRefused(number, "not_leader", 2) if refused else ReadReady(number, len(self.log))
        self._say([answer], persist=persist)

    def _say(self, effects: list[Apply | ReadReady | ReadRefused], *, persist: bool) -> None:
        if persist:
            self.position += 1
            self.table.say(Persist(self.position), *effects)
        else:
            self.table.say(*effects)

    # What must hold

    @invariant()
    def nothing_failed(self) -> None:
        assert self.table.ear.failures == []

    @invariant()
    def everybody_is_told_in_time(self) -> None:
        for caller in (*self.writers, *self.readers):
            if caller.told:
                assert caller.told_at <= caller.deadline + SLACK
                assert caller.answer != Unknown("timeout") or caller.told_at >= caller.deadline
            else:
                assert self.table.world.armed is not None
                assert self.table.world.armed <= caller.deadline + SLACK

    @invariant()
    def no_command_is_applied_twice(self) -> None:
        lines = self.table.machine.lines
        assert len(lines) == len(set(lines))

    @invariant()
    def a_reader_sees_what_was_committed_before_it_asked(self) -> None:
        for reader in self.readers:
            if reader.told and isinstance(reader.answer, int):
                assert reader.committed <= reader.answer == reader.applied_then

    def teardown(self) -> None:
        if not hasattr(self, "table"):
            return
        self.table.world.work()
        self.table.world.pass_time(10 * SECOND)
        assert not any(caller.waits for caller in (*self.writers, *self.readers))
        for sequence, batch in self.attempts:
            self.log.append(Entry(len(self.log) + 1, 1, EntryKind.BATCH, batch, crc32(batch)))
            assert sequence > 0
        self.hand_over(persist=False)
        self.table.world.work()
        assert self.table.ear.failures == []
        assert self.table.driver.replica.applied == len(self.log)
        lines = self.table.machine.lines
        for caller in self.writers:
            match caller.answer:
                case Applied(results, _):
                    assert [lines[number - 1] for number in results] == caller.commands
                    assert [caller.lines_then[number - 1] for number in results] == caller.commands
                case NotApplied():
                    assert not set(caller.commands) & set(lines)
                case Unknown():
                    present = [command for command in caller.commands if command in lines]
                    assert present in ([], caller.commands)


TestDriver = DriverMachine.TestCase
TestDriver.settings = settings(max_examples=150, stateful_step_count=50)
