"""The way in. A step has three parts, always in this order.

1. Authority: a lease that has ended is given up before the event is looked at, because a process that was paused must not act as
   leader on the first message that it reads.
2. The event.
3. What else is due, in firing order. A message and a wait that are due at one instant: the message wins, for it is evidence, and the
   wait is only suspicion.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from quorate.algorithms.electing.deadlines import Wait
from quorate.algorithms.electing.detector import (
    beat,
    greet,
    handle_heartbeat,
    handle_heartbeat_ack,
    handle_resign,
    handle_takeover,
    lose_lease,
    mourn,
    note_boot,
    retry,
    suspect_leader,
)
from quorate.algorithms.electing.flapping import remember_losses
from quorate.algorithms.electing.guard import observe_restart
from quorate.algorithms.electing.messages import Ask, AskReply, Heartbeat, HeartbeatAck, Resign, Takeover
from quorate.algorithms.electing.report import inspect, standing, status
from quorate.algorithms.electing.requests import (
    expire_transfer,
    handle_ask,
    handle_ask_reply,
    handle_proposed,
    handle_read_requested,
    handle_requested,
)
from quorate.algorithms.electing.roles import take_heart
from quorate.algorithms.electing.state import Electing
from quorate.algorithms.electing.why import why
from quorate.core.algorithm import Inspection, Status
from quorate.core.consistency import Standing
from quorate.core.effects import Effect
from quorate.core.events import (
    Event,
    PeerConnected,
    PeerDisconnected,
    PeerUnreachable,
    Persisted,
    Proposed,
    ReadRequested,
    Received,
    Requested,
    SettingsChanged,
)
from quorate.core.finding import Explained, Finding
from quorate.core.ids import Index, Nanos, NodeId

S = TypeVar("S", bound=Electing)

MessageHandler = Callable[[S, NodeId, Any], None]
EventHandler = Callable[[S, Any], None]
WaitHandler = Callable[[S], None]


class Door(Generic[S]):
    """One node of an algorithm without a log; satisfies `quorate.core.algorithm.Algorithm`. An algorithm gives what is its own: the
    handlers of its messages, events and waits, which come before the shared ones, and `on_start`."""

    def __init__(
        self,
        name: str,
        state: S,
        *,
        on_start: Callable[[S], None],
        messages: Mapping[type, MessageHandler[S]],
        waits: Mapping[Wait, WaitHandler[S]],
        events: Mapping[type, EventHandler[S]],
        details: Callable[[S], dict[str, object]],
    ) -> None:
        self._name = name
        self._state = state
        self._on_start = on_start
        self._messages: dict[type, MessageHandler[S]] = {**MESSAGES, **messages}
        self._waits: dict[Wait, WaitHandler[S]] = {**WAITS, **waits}
        self._events: dict[type, EventHandler[S]] = {**EVENTS, **events}
        self._details = details

    def start(self, now: Nanos) -> list[Effect]:
        """The start counter is durable already (`Identity.incarnation`), so what is sent here may be."""
        state = self._state
        state.now = state.started_at = now
        observe_restart(state)
        state.lost_at = now
        remember_losses(state)
        self._on_start(state)
        return self._take_effects()

    def step(self, event: Event, now: Nanos) -> list[Effect]:
        """One event, to its end."""
        state = self._state
        state.now = max(state.now, now)
        lease = state.deadlines["lease_until"]
        if lease is not None and lease <= state.now:
            lose_lease(state)
        if isinstance(event, Received):
            self._receive(event)
        elif (handle := self._events.get(type(event))) is not None:
            handle(state, event)
        for wait in state.deadlines.take_due(state.now):
            self._waits[wait](state)
        return self._take_effects()

    def _receive(self, event: Received) -> None:
        """A message. Whoever speaks lives."""
        state, sender, message = self._state, event.sender, event.message
        if sender not in state.others:
            state.explain("not_a_member", sender=sender)
            return
        handle: MessageHandler[S] = self._messages[type(message)]
        note_life(state, sender)
        word: Any = message
        note_boot(state, sender, word.boot, word.claimed)
        handle(state, sender, message)

    def deadline(self) -> Nanos | None:
        """The earliest of all waits."""
        return self._state.deadlines.next()

    def status(self, now: Nanos) -> Status:
        """For people and metrics."""
        return status(self._state, self._name, now)

    def why(self, now: Nanos, recent: Sequence[Explained]) -> list[Finding]:
        """In words, for people."""
        return why(self._state, now, recent)

    def standing(self, _applied: Index, now: Nanos) -> Standing:
        """The lease, if one is held."""
        return standing(self._state, now)

    def inspect(self) -> Inspection:
        """For tests and the simulator."""
        return inspect(self._state, self._details(self._state))

    def check(self) -> None:
        """Assert the invariants; raises `InvariantError`."""
        self._state.check()

    def _take_effects(self) -> list[Effect]:
        effects, self._state.out = self._state.out, []
        return effects


def handle_persisted(state: Electing, event: Persisted) -> None:
    """What was promised up to there is durable."""
    state.durable = max(state.durable, event.position)


def note_life(state: Electing, peer: NodeId) -> None:
    """A message or a connection of its came."""
    state.live.heard(peer)
    state.cut.discard(peer)
    state.dead.discard(peer)


def handle_connected(state: Electing, event: PeerConnected) -> None:
    """A new link: the peer lives."""
    note_life(state, event.peer)
    take_heart(state)
    greet(state, event.peer)


def handle_disconnected(state: Electing, event: PeerDisconnected) -> None:
    """A link broke. That alone says nothing of the peer: if it was the leader's, its silence counts (B19)."""
    if event.peer in state.others:
        state.cut.add(event.peer)
        state.hold.break_link(event.peer)


def handle_unreachable(state: Electing, event: PeerUnreachable) -> None:
    """The peer's process is gone."""
    if event.peer not in state.others:
        return
    state.cut.add(event.peer)
    state.dead.add(event.peer)
    state.live.suspect(event.peer, state.now + state.settings.suspicion_ns)
    if state.settings.fast_failover:
        mourn(state, event.peer)


def handle_settings_changed(state: Electing, event: SettingsChanged) -> None:
    """Those that are looked at anew each time."""
    state.settings = msgspec.structs.replace(state.settings, **event.settings)


RELOADABLE = frozenset(
    {"damping_ms", "damping_window_ms", "freshness_gap", "min_tenure_ms", "preempt", "preempt_delay_ms", "priority"}
)
"""Settings that may change while a node runs: who leads, not what a lease or a promise rests on."""

MESSAGES: dict[type, MessageHandler[Any]] = {
    Heartbeat: handle_heartbeat,
    HeartbeatAck: handle_heartbeat_ack,
    Takeover: handle_takeover,
    Resign: handle_resign,
    Ask: handle_ask,
    AskReply: handle_ask_reply,
}

WAITS: dict[Wait, WaitHandler[Any]] = {
    "lease_until": lose_lease,
    "heartbeat_at": beat,
    "suspect_at": suspect_leader,
    "retry_at": retry,
    "transfer_by": expire_transfer,
}

EVENTS: dict[type, EventHandler[Any]] = {
    Persisted: handle_persisted,
    Proposed: handle_proposed,
    ReadRequested: handle_read_requested,
    Requested: handle_requested,
    SettingsChanged: handle_settings_changed,
    PeerConnected: handle_connected,
    PeerDisconnected: handle_disconnected,
    PeerUnreachable: handle_unreachable,
}
"""The rest is of a log or of the disk that holds it, and changes nothing here."""
