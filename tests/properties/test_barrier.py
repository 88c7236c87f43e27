"""The order contract, against arbitrary effects, completions and reconnections, beside a dumb second implementation.

The dumb one keeps everything that was ever said in one list and looks through all of it after each event.
"""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from quorate.core.effects import Apply, Effect, Explain, LeaderChanged, Persist, Send, WriteSnapshot
from quorate.core.entry import Entry, EntryKind
from quorate.core.events import Persisted, SnapshotWritten
from quorate.core.snapshot import SnapshotMeta
from runtime.fakes import Hello, Table, Word

Happening: TypeAlias = tuple[object, ...]

META = SnapshotMeta(5, 1, (1, 2, 3), 1 << 20, "ab" * 16)
WRITE, RECONNECT = "a write ends", "node 2 connects anew"

KINDS = st.sampled_from(["send to 2", "send to 3", "persist", "piece", "apply", "leader", "no leader", "explain"])
EVENTS = st.lists(st.just(WRITE) | st.just(RECONNECT) | st.lists(KINDS, max_size=6), max_size=25)


class Said:
    """An effect and what became of it. `durable` matters for what is written only."""

    def __init__(self, effect: Effect, link: int) -> None:
        self.effect = effect
        self.link = link
        self.over = False

    @property
    def is_write(self) -> bool:
        return isinstance(self.effect, Persist | WriteSnapshot)


class Model:
    """What must happen, worked out from everything that was said."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.happened: list[Happening] = []
        self.links = {2: 0, 3: 0}
        self.under_way: list[Said] = []
        self.writes: list[tuple[Effect, ...]] = []

    def say(self, effects: list[Effect]) -> None:
        for effect in effects:
            link = self.links[effect.to] if isinstance(effect, Send) else 0
            said = Said(effect, link)
            self.said.append(said)
            if isinstance(effect, LeaderChanged) and effect.leader is None:
                for other in self.said:
                    other.over |= isinstance(other.effect, LeaderChanged)
                self.happened.append(happening(effect))
            elif isinstance(effect, Explain):
                said.over = True
                self.happened.append(happening(effect))
            self._let_happen()
        self._write()

    def write_ends(self) -> None:
        for said in self.under_way:
            said.over = True
        self.under_way = []
        self._let_happen()
        self._write()

    def _let_happen(self) -> None:
        for said in self.said:
            if said.over:
                continue
            if said.is_write:
                return
            said.over = True
            if not isinstance(said.effect, Send) or said.link == self.links[said.effect.to]:
                self.happened.append(happening(said.effect))

    def _write(self) -> None:
        if self.under_way:
            return
        for said in self.said:
            if said.is_write and not said.over:
                if isinstance(said.effect, WriteSnapshot):
                    self.under_way = self.under_way or [said]
                    break
                self.under_way.append(said)
        if self.under_way:
            self.writes.append(tuple(said.effect for said in self.under_way))


def happening(effect: Effect) -> Happening:
    """How an effect shows outside."""
    match effect:
        case Send(to, message):
            return ("sent", to, message)
        case Apply(entries):
            return ("applied", entries[-1].index)
        case LeaderChanged() | Explain():
            return ("told", effect)
    raise AssertionError(f"{effect} does not show")


class Subject:
    """The real driver, with everything that shows written down in one list."""

    def __init__(self) -> None:
        self.table = Table()
        self.happened: list[Happening] = []
        table, happened = self.table, self.happened
        table.world.on_send = lambda to, message: happened.append(("sent", to, message))
        table.ear.on_change = lambda change: happened.append(("told", change))
        table.ear.explained = lambda why: happened.append(("told", why))  # type: ignore[method-assign]
        table.driver._performers[Explain] = table.ear.explained
        apply = table.driver._performers[Apply]

        def watched(effect: Apply) -> None:
            apply(effect)
            happened.append(("applied", table.driver.replica.applied))

        table.driver._performers[Apply] = watched
        table.start()


class Speaker:
    """Makes effects of kinds, numbered so that no two are alike."""

    def __init__(self) -> None:
        self.number = self.position = self.index = 0

    def effect(self, kind: str) -> Effect:
        self.number += 1
        match kind:
            case "send to 2" | "send to 3":
                return Send(int(kind[-1]), Hello(self.number))
            case "persist":
                self.position += 1
                return Persist(self.position, hard_state=Word(self.number))
            case "piece":
                return WriteSnapshot(META, 0, bytes([self.number % 256]))
            case "apply":
                self.index += 1
                return Apply((Entry(self.index, 1, EntryKind.NOOP, b"", 0),))
            case "leader":
                return LeaderChanged(self.number, 1)
            case "no leader":
                return LeaderChanged(None, self.number)
        return Explain("because", {"number": self.number})


def play(events: list[str | list[str]]) -> tuple[Subject, Model]:
    subject, model, speaker = Subject(), Model(), Speaker()
    table = subject.table
    for event in events:
        if event == WRITE:
            if table.world.writes:
                table.world.writes.finish()
                model.write_ends()
        elif event == RECONNECT:
            table.driver.peer_connected(2)
            model.links[2] += 1
        else:
            effects = [speaker.effect(kind) for kind in event]
            table.say(*effects)
            model.say(effects)
        assert subject.happened == model.happened
        assert len(table.world.writes) == bool(model.under_way)
    return subject, model


def position_of(effect: Effect) -> int:
    assert isinstance(effect, Persist)
    return effect.position


def end(subject: Subject, model: Model) -> None:
    """Let all writes end."""
    while subject.table.world.writes:
        subject.table.world.writes.finish()
        model.write_ends()
    assert subject.happened == model.happened


@given(EVENTS)
def test_everything_happens_in_the_order_and_at_the_moment_that_the_contract_says(
    events: list[str | list[str]],
) -> None:
    subject, model = play(events)
    end(subject, model)
    assert subject.table.driver._barrier.open


@given(EVENTS)
def test_everything_is_written_once_in_order_and_merged_as_far_as_it_may(events: list[str | list[str]]) -> None:
    subject, model = play(events)
    end(subject, model)
    persists = [write for write in model.writes if isinstance(write[0], Persist)]
    assert subject.table.store.written == [tuple(position_of(persist) for persist in write) for write in persists]
    told = [event for event in subject.table.algorithm.events if isinstance(event, Persisted | SnapshotWritten)]
    expected = [
        Persisted(position_of(write[-1])) if isinstance(write[-1], Persist) else SnapshotWritten(META, 1)
        for write in model.writes
    ]
    assert told == expected


@given(EVENTS)
def test_what_one_peer_is_sent_keeps_its_order(events: list[str | list[str]]) -> None:
    subject, model = play(events)
    end(subject, model)
    for peer in (2, 3):
        heard = [message for to, message in subject.table.world.sent if to == peer]
        numbers = [message.number for message in heard if isinstance(message, Hello)]
        assert len(numbers) == len(heard)
        assert numbers == sorted(set(numbers))


@given(EVENTS)
def test_a_hung_disk_holds_all_that_comes_after_and_nothing_that_is_exempt(events: list[str | list[str]]) -> None:
    subject, _ = play([event for event in events if event != WRITE])
    spoken = [effect for record in subject.table.ear.records for effect in record.effects]
    first = next((n for n, effect in enumerate(spoken) if isinstance(effect, Persist | WriteSnapshot)), len(spoken))
    exempt = [e for e in spoken[first:] if isinstance(e, Explain) or (isinstance(e, LeaderChanged) and not e.leader)]
    assert subject.happened == [happening(effect) for effect in [*spoken[:first], *exempt]]
