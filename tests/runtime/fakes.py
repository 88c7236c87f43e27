"""A node on a table: the test turns every crank.

Nothing happens by itself: no time passes, no disk job ends, nothing that was put off is done, before the test says so.
The store is the real one, on a simulated disk; the algorithm says what the test gave it to say.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias
from zlib import crc32

from machines.builders import Journal
from quorate.core.algorithm import Inspection, Status
from quorate.core.consistency import Standing
from quorate.core.durable import HardState, Identity
from quorate.core.effects import Apply, ConfigurationChanged, Effect, Explain, LeaderChanged, Persist
from quorate.core.entry import Entry, EntryKind, SessionId
from quorate.core.errors import ReadFailedError
from quorate.core.events import Event, Persisted, Proposed, TimePassed
from quorate.core.finding import Explained, Finding
from quorate.core.ids import MILLISECOND, SECOND, Index, Nanos, NodeId, Term
from quorate.core.machine import StateMachine
from quorate.core.message import Message
from quorate.core.outcome import Outcome
from quorate.machines.sessions import SessionedMachine
from quorate.runtime.driver import Driver
from quorate.runtime.limits import Limits
from quorate.runtime.record import Record
from quorate.sim.disk import SimDisk
from quorate.sim.image import DiskImage
from quorate.storage.options import StoreOptions
from quorate.storage.store import Store

MEMBERS = (1, 2, 3)
SMALL = StoreOptions(segment_bytes=1 << 20, allocate_bytes=1 << 12, prepare_bytes=1 << 12)
MOST_WAKES = 1000
"""More wake-ups than that in one `pass_time` are a busy loop."""

Job: TypeAlias = tuple[Callable[[], Any], Callable[[Any], None]]


class Word(HardState, frozen=True, array_like=True):
    """The fake algorithm's durable words."""

    term: Term


class Hello(Message, frozen=True):
    """What a peer says."""

    number: int = 0


class Lane:
    """Disk jobs that wait to be told to happen."""

    def __init__(self) -> None:
        self.jobs: deque[Job] = deque()

    def __len__(self) -> int:
        return len(self.jobs)

    def finish(self) -> None:
        """The first job runs, and its owner is told."""
        job, done = self.jobs.popleft()
        result: Any
        try:
            result = job()
        except Exception as error:
            result = error
        done(result)

    def break_down(self, error: BaseException) -> None:
        """The first job comes to nothing."""
        _, done = self.jobs.popleft()
        done(error)


class HandWorld:
    """Satisfies `runtime.world.World`. `sent`: what went out. `armed`: the deadline that was asked for."""

    def __init__(self) -> None:
        self.time: Nanos = SECOND
        self.armed: Nanos | None = None
        self.armings = 0
        self.wakes = 0
        self.wake: Callable[[], None] = lambda: None
        self.put_off: deque[Callable[[], None]] = deque()
        self.writes = Lane()
        self.backgrounds = Lane()
        self.sent: list[tuple[NodeId, Message]] = []
        self.on_send: Callable[[NodeId, Message], None] = lambda to, message: None

    def now(self) -> Nanos:
        return self.time

    def arm(self, deadline: Nanos | None) -> None:
        self.armings += 1
        self.armed = deadline

    def soon(self, callback: Callable[[], None]) -> None:
        self.put_off.append(callback)

    def send(self, to: NodeId, message: Message) -> None:
        self.sent.append((to, message))
        self.on_send(to, message)

    def write(self, job: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self.writes.jobs.append((job, done))

    def background(self, job: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self.backgrounds.jobs.append((job, done))

    # Cranks

    def settle(self) -> None:
        """Do what was put off, and what that puts off."""
        while self.put_off:
            self.put_off.popleft()()

    def work(self) -> None:
        """Everything but time: what was put off, and all disk jobs, until there is nothing to do."""
        while self.put_off or self.writes or self.backgrounds:
            self.settle()
            for lane in (self.writes, self.backgrounds):
                if lane:
                    lane.finish()

    def pass_time(self, duration: Nanos) -> None:
        """Time passes, and the node is woken whenever it wanted to be. What is put off happens, disk jobs do not."""
        end = self.time + duration
        for _ in range(MOST_WAKES):
            self.settle()
            if self.armed is None or self.armed > end:
                self.time = end
                return
            self.time = max(self.time, self.armed)
            self.armed = None
            self.wakes += 1
            self.wake()
        raise AssertionError(f"woken {MOST_WAKES} times before {end}: a busy loop at {self.time}")


class ScriptedAlgorithm:
    """Answers each kind of event as told by `on`, with nothing otherwise. `words`: what it says at the next event."""

    def __init__(self, *first: Effect) -> None:
        self.first = list(first)
        self.events: list[Event] = []
        self.wants: Nanos | None = None
        self.checks = 0
        self.words: tuple[Effect, ...] = ()
        self.stands: Callable[[Index, Nanos], Standing] = lambda _applied, _now: Standing()
        self._answers: dict[type, Callable[[Any], Iterable[Effect]]] = {}

    def on(self, kind: type, answer: Callable[[Any], Iterable[Effect]]) -> None:
        self._answers[kind] = answer

    def start(self, now: Nanos) -> list[Effect]:
        return self.first

    def step(self, event: Event, now: Nanos) -> list[Effect]:
        self.events.append(event)
        if isinstance(event, TimePassed):
            self.wants = None
        words, self.words = self.words, ()
        answer = self._answers.get(type(event))
        return [*words, *(answer(event) if answer else ())]

    def deadline(self) -> Nanos | None:
        return self.wants

    def status(self, now: Nanos) -> Status:
        return Status(algorithm="scripted", node=1, role="actor", term=1, leader=None, applied=12345)

    def why(self, now: int, recent: Sequence[Explained]) -> list[Finding]:
        return [Finding("leader", "scripted", f"{len(recent)} explained by {now}")]

    def standing(self, applied: Index, now: Nanos) -> Standing:
        return self.stands(applied, now)

    def inspect(self) -> Inspection:
        raise NotImplementedError

    def check(self) -> None:
        self.checks += 1

    def seen(self, kind: type) -> list[Any]:
        """Events of one kind, in order."""
        return [event for event in self.events if type(event) is kind]


class SoloAlgorithm(ScriptedAlgorithm):
    """A cluster of one: leads from the start, and applies what its own disk has."""

    def __init__(self, *first: Effect, last_index: Index = 0) -> None:
        super().__init__(LeaderChanged(1, 1, ready=True), *first)
        self.last_index = last_index
        self.position = 0
        self._unwritten: deque[tuple[int, Entry]] = deque()
        self.on(Proposed, self._append)
        self.on(Persisted, self._commit)

    def _append(self, event: Proposed) -> list[Effect]:
        self.last_index += 1
        self.position += 1
        entry = entry_of(event, self.last_index)
        self._unwritten.append((self.position, entry))
        return [Persist(self.position, entries=(entry,))]

    def _commit(self, event: Persisted) -> list[Effect]:
        entries: list[Entry] = []
        while self._unwritten and self._unwritten[0][0] <= event.position:
            entries.append(self._unwritten.popleft()[1])
        return [Apply(tuple(entries))] if entries else []


class WatchedStore(Store):
    """The real store; `written`: the positions of each write, a tuple a sync."""

    written: list[tuple[int, ...]]

    def write(self, persists: Any) -> None:
        super().write(persists)
        self.written = [*getattr(self, "written", []), tuple(persist.position for persist in persists)]


class Ear:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.changes: list[LeaderChanged] = []
        self.configurations: list[ConfigurationChanged] = []
        self.failures: list[BaseException] = []
        self.explanations: list[Explain] = []
        self.records: list[Record] = []
        self.on_change: Callable[[LeaderChanged], None] = lambda change: None

    def leader_changed(self, change: LeaderChanged) -> None:
        self.changes.append(change)
        self.on_change(change)

    def configuration_changed(self, change: ConfigurationChanged) -> None:
        self.configurations.append(change)

    def failed(self, error: BaseException) -> None:
        self.failures.append(error)

    def explained(self, why: Explain) -> None:
        self.explanations.append(why)

    def recorded(self, record: Record) -> None:
        self.records.append(record)


class Caller:
    """Waits for an answer, and sees to it that there is one only. `then`: what it does as soon as it is told."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.told: list[Any] = []
        self.then = then

    def __call__(self, answer: Outcome | Index | ReadFailedError) -> None:
        self.told.append(answer)
        assert len(self.told) == 1, f"told twice: {self.told}"
        self.then()

    @property
    def waits(self) -> bool:
        return not self.told

    @property
    def answer(self) -> Any:
        assert self.told, "still waiting"
        return self.told[0]

    @property
    def failure(self) -> tuple[str, NodeId | None]:
        """Reason and hint of a read that failed."""
        assert isinstance(self.answer, ReadFailedError)
        return self.answer.reason, self.answer.hint


class Table:
    """A driver with everything around it."""

    def __init__(
        self,
        algorithm: ScriptedAlgorithm | None = None,
        *,
        image: DiskImage | None = None,
        machine: StateMachine | None = None,
        limits: Limits | None = None,
        store_options: StoreOptions = SMALL,
        checked: bool = True,
    ) -> None:
        self.world = HandWorld()
        self.algorithm = algorithm or ScriptedAlgorithm()
        self.disk = SimDisk(image or DiskImage())
        self.store = WatchedStore.open(
            self.disk, cluster="test", node=1, algorithm="scripted", hard_state=Word, disk_id=77, options=store_options
        )
        self.store.written = []
        self.session = SessionId(1, self.store.disk_id, self.store.incarnation)
        self.machine: Any = machine or Journal()
        self.ear = Ear()
        self.driver = Driver(
            world=self.world,
            algorithm=self.algorithm,
            store=self.store,
            replica=SessionedMachine(self.machine),
            identity=Identity("test", 1, self.store.disk_id, self.store.incarnation, MEMBERS),
            listener=self.ear,
            limits=limits,
            checked=checked,
            recording=True,
        )
        self.world.wake = self.driver.wake

    def start(self) -> Table:
        self.driver.start()
        self.world.settle()
        return self

    def restart(self, algorithm: ScriptedAlgorithm | None = None, **options: Any) -> Table:
        """The process ends and another one starts on the same disk."""
        self.driver.stop()
        self.store.close()
        self.disk.release()
        return Table(algorithm, image=self.disk.image, **options)

    def say(self, *effects: Effect) -> None:
        """A message comes in, and these are its effects."""
        self.algorithm.words = effects
        self.driver.received(2, Hello())

    def propose(self, *commands: bytes, within: Nanos = 10 * SECOND, caller: Caller | None = None) -> Caller:
        caller = caller or Caller()
        self.driver.propose(list(commands), self.world.time + within, caller)
        return caller

    def read(self, within: Nanos = 10 * SECOND, caller: Caller | None = None) -> Caller:
        caller = caller or Caller()
        self.driver.read(self.world.time + within, caller)
        return caller

    def proposed(self) -> list[Proposed]:
        return self.algorithm.seen(Proposed)

    def apply(self, *entries: Entry) -> None:
        self.say(Apply(entries))


def entry_of(proposed: Proposed, index: Index, term: Term = 1) -> Entry:
    """The entry that a proposal becomes."""
    return Entry(index, term, EntryKind.BATCH, proposed.data, crc32(proposed.data))


def milliseconds(number: float) -> Nanos:
    return int(number * MILLISECOND)
