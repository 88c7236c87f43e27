"""One node of an algorithm without a log, on a table: the test hands it every event, and sees exactly what it answers."""

from collections.abc import Sequence
from random import Random
from typing import Any

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.durable import Durable, Identity
from quorate.core.effects import Effect, Explain, LeaderChanged, Persist, Send
from quorate.core.events import (
    Event,
    PeerConnected,
    PeerDisconnected,
    PeerUnreachable,
    Persisted,
    Received,
    Requested,
    TimePassed,
)
from quorate.core.ids import MILLISECOND, NodeId
from quorate.core.message import Message
from quorate.core.requests import Request


class One:
    """`did`: effects of the last step, all of them; `effects`: of all steps. Time is in milliseconds here. A write is done when `disk` says
    so."""

    def __init__(
        self,
        spec: AlgorithmSpec,
        config: Any,
        node: NodeId = 2,
        members: Sequence[NodeId] = (1, 2, 3),
        *,
        boot: int = 1,
        hard: Any = None,
        now_ms: int = 0,
    ) -> None:
        identity = Identity("test", node, node, boot, tuple(members))
        self.algorithm: Any = spec.build(identity, config, Durable(hard_state=hard), Random(7))
        self.ms = now_ms
        self.position = 0
        self.hard = hard
        self.did: list[Effect] = []
        self.effects: list[Effect] = []
        self._took(self.algorithm.start(self.now))

    @property
    def now(self) -> int:
        """In nanoseconds."""
        return self.ms * MILLISECOND

    @property
    def state(self) -> Any:
        """The node's inside."""
        return self.algorithm._state

    @property
    def role(self) -> str:
        """What it is."""
        return str(self.state.role.value)

    def due_ms(self, wait: str) -> float | None:
        """When a wait is over; None: it is not set."""
        at = self.state.deadlines[wait]
        return None if at is None else at / MILLISECOND

    def step(self, event: Event) -> list[Effect]:
        """One event."""
        return self._took(self.algorithm.step(event, self.now))

    def _took(self, effects: list[Effect]) -> list[Effect]:
        self.algorithm.check()
        self.did = effects
        self.effects += effects
        self.position = max([self.position, *[effect.position for effect in effects if isinstance(effect, Persist)]])
        return effects

    def receive(self, sender: NodeId, message: Message) -> list[Effect]:
        """A message arrives."""
        return self.step(Received(sender, message))

    def ask(self, request: Request, number: int = 1) -> list[Effect]:
        """An operator."""
        return self.step(Requested(number, request))

    def connect(self, peer: NodeId) -> list[Effect]:
        """A link is up."""
        return self.step(PeerConnected(peer, 1))

    def disconnect(self, peer: NodeId) -> list[Effect]:
        """A link broke."""
        return self.step(PeerDisconnected(peer))

    def lose(self, peer: NodeId) -> list[Effect]:
        """Its process is gone."""
        self.step(PeerDisconnected(peer))
        return self.step(PeerUnreachable(peer))

    def disk(self) -> list[Effect]:
        """What was to be written is durable."""
        return self.step(Persisted(self.position))

    def wait(self, milliseconds: int) -> list[Effect]:
        """Time goes by; what falls due happens on time. All that it did meanwhile."""
        until, done = self.ms + milliseconds, []
        while (due := self.algorithm.deadline()) is not None and due <= until * MILLISECOND:
            self.ms = max(self.ms, -(-due // MILLISECOND))
            done += self.step(TimePassed())
        self.ms = until
        self.did = done
        return done

    def doze(self, milliseconds: int) -> None:
        """Time goes by, and it notices nothing: its process is paused."""
        self.ms += milliseconds


def kinds(effects: Sequence[Effect]) -> list[str]:
    """The effects that do something, by name, in order; a message with its receiver."""
    names = []
    for effect in effects:
        if isinstance(effect, Send):
            names.append(f"{type(effect.message).__name__}>{effect.to}")
        elif isinstance(effect, LeaderChanged):
            names.append(f"LeaderChanged({effect.leader})")
        elif not isinstance(effect, Explain):
            names.append(type(effect).__name__)
    return names


def reasons(effects: Sequence[Effect]) -> list[str]:
    """The names of the explanations."""
    return [effect.reason for effect in effects if isinstance(effect, Explain)]


def sends(effects: Sequence[Effect]) -> list[tuple[NodeId, Any]]:
    """Messages, with their receivers."""
    return [(effect.to, effect.message) for effect in effects if isinstance(effect, Send)]
