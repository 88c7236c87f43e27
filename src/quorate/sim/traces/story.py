"""What happened, in order: each line of a trace as happenings of a few words, without what repeats and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from quorate.core.durable import Durable, HardState
from quorate.core.effects import (
    Apply,
    Effect,
    Explain,
    LeaderChanged,
    LoadSnapshot,
    Persist,
    ReadReady,
    ReadRefused,
    Rejected,
    Send,
    Unresolved,
    WriteSnapshot,
)
from quorate.core.events import (
    Event,
    PeerConnected,
    PeerDisconnected,
    PeerUnreachable,
    Proposed,
    Received,
    SettingsChanged,
    SnapshotTaken,
    SnapshotWritten,
)
from quorate.core.ids import Index, Nanos, NodeId
from quorate.core.message import Message
from quorate.runtime.record import Fatal, Record
from quorate.runtime.trace_format import Ended
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.traces.lines import ClockSet, Crashed, Happened, Started, Stopped, Verdict
from quorate.sim.traces.words import indexes, plain, show, show_data, show_entries, show_fields, span

COUNTERS = frozenset({"round", "number", "incarnation", "id"})
"""Fields of messages that only count: two messages that differ in nothing else say the same."""

DULL = frozenset({"round", "crc"})
"""Fields that are shown only where all is shown."""


class Happening(msgspec.Struct, frozen=True):
    """One line of the story. `at`: ns since the beginning. `node`: whose; None: of nobody, or of several."""

    at: Nanos
    node: NodeId | None
    what: str
    details: str = ""


class _Teller:
    """What is known of one node so far."""

    def __init__(self) -> None:
        self.world: Nanos = 0
        self.clock: Nanos | None = None
        self.rate = NOMINAL_RATE
        self.forget()

    def forget(self) -> None:
        """A new process: all that it says is news."""
        self.hard_state: HardState | None = None
        self.last: Index = 0
        self.said: dict[tuple[str, NodeId, type], str] = {}
        self.refusal = ""

    def began(self, durable: Durable) -> None:
        self.forget()
        self.hard_state = durable.hard_state
        self.last = durable.start.index + len(durable.entries)

    def set_clock(self, world: Nanos, clock: Nanos, rate: int) -> None:
        self.world, self.clock, self.rate = world, clock, rate

    def time(self, local: Nanos) -> Nanos:
        """The world's time at which its clock shows that, to within a rounding. Of a clock that nobody set, what it showed first is 0."""
        if self.clock is None:
            self.clock = local
        return self.world + (local - self.clock) * NOMINAL_RATE // self.rate

    def is_news(self, way: str, peer: NodeId, message: Message) -> bool:
        """Whether the last message of this kind on this way said something else."""
        key = (way, peer, type(message))
        words = show(message, without=COUNTERS)
        known = self.said.get(key)
        self.said[key] = words
        return known != words


class Story:
    """Takes the lines of a trace, in order. Times are the world's; of a real node's trace they count from its first step."""

    def __init__(self) -> None:
        self._tellers: dict[NodeId, _Teller] = {}
        self._now: Nanos = 0

    def time(self, node: NodeId, local: Nanos) -> Nanos:
        """When a node's clock showed that, ns since the beginning."""
        return self._teller(node).time(local)

    def _teller(self, node: NodeId) -> _Teller:
        return self._tellers.setdefault(node, _Teller())

    def recovered(self, node: NodeId, durable: Durable) -> None:
        """A real node's trace begins so; when, its first record says."""
        self._teller(node).began(durable)

    def tell(self, line: msgspec.Struct) -> Iterator[Happening]:
        """What there is to say of a line: often nothing."""
        match line:
            case Record():
                yield from self._step(line)
            case Fatal():
                at = self.time(line.node, line.at)
                yield Happening(at, line.node, "cannot go on", f"at {show(line.event)}: {line.error}")
            case Started():
                yield self._started(line)
            case Crashed():
                why = line.why or ("power lost" if line.power else "killed")
                yield Happening(line.at, line.node, "crashes", why)
            case Stopped():
                yield Happening(line.at, line.node, "stops")
            case ClockSet():
                teller = self._teller(line.node)
                if line.rate == teller.rate and line.at == teller.time(line.clock):
                    return
                teller.set_clock(line.at, line.clock, line.rate)
                percent = abs(line.rate - NOMINAL_RATE) * 100 / NOMINAL_RATE
                pace = (
                    f"runs {percent:.2f} % too {'fast' if line.rate > NOMINAL_RATE else 'slow'}"
                    if percent
                    else "runs right"
                )
                yield Happening(line.at, line.node, "clock set", pace)
            case Happened():
                node = getattr(line.fault, "node", None)
                yield Happening(line.at, node, "fault", show(line.fault, without=frozenset({"at", "node"})))
            case Ended():
                yield Happening(self._now, None, "trace ends", line.reason)
            case Verdict():
                yield Happening(line.at, None, "end", line.failure or "all held")

    def _started(self, line: Started) -> Happening:
        teller = self._teller(line.node)
        again = "starts" if line.incarnation <= 1 else "starts again"
        teller.began(line.durable)
        teller.set_clock(line.at, line.clock, line.rate)
        return Happening(line.at, line.node, again, _durable(line.durable))

    def _step(self, record: Record) -> Iterator[Happening]:
        teller = self._teller(record.node)
        at = self._now = teller.time(record.at)
        told = [*_tell_effects(record.node, teller, record.effects)]
        cause = _tell_event(teller, record.event, consequences=bool(told))
        for what, details in [*cause, *told]:
            yield Happening(at, record.node, what, details)


def _durable(durable: Durable) -> str:
    words = show_fields(durable.hard_state) if durable.hard_state is not None else []
    if durable.snapshot is not None:
        words.append(f"snapshot {show(durable.snapshot)}")
    if durable.entries:
        words.append(f"log {indexes(durable.entries)}, last of term {durable.entries[-1].term}")
    return ", ".join(words) or "on an empty disk"


def _tell_event(teller: _Teller, event: Event | None, *, consequences: bool) -> Iterator[tuple[str, str]]:
    match event:
        case Received():
            if teller.is_news("from", event.sender, event.message) or consequences:
                yield f"hears {event.sender}", show(event.message, without=DULL)
        case Proposed():
            yield "is asked", show_data(event.data)
        case SettingsChanged():
            yield "settings", ", ".join(f"{name} = {value}" for name, value in sorted(event.settings.items()))
        case PeerConnected():
            yield "link", f"to {event.peer} is up"
        case PeerDisconnected():
            yield "link", f"to {event.peer} broke"
        case PeerUnreachable():
            yield "link", f"to {event.peer} is refused"
        case SnapshotTaken():
            yield "snapshot", f"taken, {show(event.meta)}"
        case SnapshotWritten():
            if event.complete or event.damaged:
                yield "snapshot", f"received {show(event.meta)}{', damaged' if event.damaged else ''}"


def _tell_effects(node: NodeId, teller: _Teller, effects: tuple[Effect, ...]) -> Iterator[tuple[str, str]]:
    sent: dict[str, list[NodeId]] = {}
    for effect in effects:
        match effect:
            case Send():
                if teller.is_news("to", effect.to, effect.message):
                    sent.setdefault(show(effect.message, without=DULL), []).append(effect.to)
            case Persist():
                yield from _tell_persist(teller, effect)
            case LeaderChanged():
                yield _tell_leader(node, effect)
            case ReadReady() | ReadRefused():
                yield from _tell_read(teller, effect)
            case _:
                yield from _tell_other(effect)
    for message, peers in sent.items():
        yield "tells " + " ".join(map(str, peers)), message


def _tell_persist(teller: _Teller, persist: Persist) -> Iterator[tuple[str, str]]:
    if persist.hard_state is not None and persist.hard_state != teller.hard_state:
        teller.hard_state = persist.hard_state
        yield "notes", " ".join(show_fields(persist.hard_state))
    if persist.reset is not None:
        teller.last = persist.reset.index
        yield "log reset", f"begins after {persist.reset.index}:t{persist.reset.term}"
    if persist.truncate_from is not None:
        dropped = span(persist.truncate_from, max(teller.last, persist.truncate_from))
        yield "truncates", dropped
        teller.last = persist.truncate_from - 1
    if persist.entries:
        teller.last = persist.entries[-1].index
        yield "writes", show_entries(persist.entries)
    if persist.compact is not None:
        yield "compacts", f"up to {persist.compact.index}:t{persist.compact.term}"


def _tell_leader(node: NodeId, change: LeaderChanged) -> tuple[str, str]:
    if change.leader == node:
        return ("LEADS", f"term {change.term}{', ready' if change.ready else ''}")
    if change.leader is None:
        return ("no leader", f"term {change.term}")
    return ("follows", f"node {change.leader}, term {change.term}")


def _tell_read(teller: _Teller, effect: ReadReady | ReadRefused) -> Iterator[tuple[str, str]]:
    """Readers ask again and again: only the first of equal refusals is news."""
    if isinstance(effect, ReadReady):
        teller.refusal = ""
        yield "read", f"{effect.id} sees {effect.index}"
    elif effect.reason != teller.refusal:
        teller.refusal = effect.reason
        yield "read", f"{effect.id} refused: {effect.reason}"


def _tell_other(effect: Effect) -> Iterator[tuple[str, str]]:
    match effect:
        case Apply():
            yield "commits", indexes(effect.entries)
        case Explain():
            yield "because", show_reason(effect)
        case Rejected() | Unresolved():
            yield "answers", show(effect)
        case WriteSnapshot():
            end = effect.offset + len(effect.data)
            yield "receives", f"snapshot {show(effect.meta)}, bytes {effect.offset}..{end}"
        case LoadSnapshot():
            yield "loads", f"snapshot {show(effect.meta)}"


def show_reason(why: Explain) -> str:
    """A reason with its fields."""
    return " ".join([why.reason, *(f"{name}={plain(value)}" for name, value in why.fields.items())])
