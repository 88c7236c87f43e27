"""One node of a ring on a table: the test hands it every message and every write, and looks at what it answers."""

from random import Random

from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.algorithms.electing.messages import ElectionId
from quorate.algorithms.electing.promise import Promise
from quorate.algorithms.electing.rank import Rank
from quorate.algorithms.ring import RingConfig, RingElection
from quorate.algorithms.ring.messages import Body, HopAck, Ring
from quorate.algorithms.ring.state import RingState
from quorate.core.durable import Durable, Identity
from quorate.core.effects import Effect, Explain, Persist, Send
from quorate.core.events import Event, PeerConnected, PeerDisconnected, Received, TimePassed
from quorate.core.ids import MILLISECOND, Nanos, NodeId
from quorate.core.message import Message

TIMES = {"election_timeout_ms": 70, "heartbeat_ms": 20, "delay_ms": 10, "processing_ms": 1, "sync_ms": 1}
"""D = 10, p = 1, f = 1; so a hop is confirmed within 21 ms."""

UNGUARDED = RingConfig(guard="none", **TIMES)
GUARDED = RingConfig(guard="majority", **TIMES)
HOP_NS = 21 * MILLISECOND


def settings(base: RingConfig = UNGUARDED, **changes: object) -> RingConfig:
    """`base` with changes."""
    return RingConfig(**{**{name: getattr(base, name) for name in base.__struct_fields__}, **changes})


def rank(node: NodeId) -> Rank:
    """By id."""
    return Rank(0, 0, node)


def eid(node: NodeId, number: int = 1, boot: int = 1) -> ElectionId:
    """An election of a node."""
    return ElectionId(node, boot, number)


class Lone:
    """Node `me` of a ring of `members`; `boot`: of its process, `promised`: what it finds on its disk."""

    def __init__(
        self,
        me: NodeId,
        config: RingConfig = UNGUARDED,
        *,
        members: tuple[NodeId, ...] = (1, 2, 3, 4, 5),
        boot: int = 1,
        promised: Epoch | None = None,
    ) -> None:
        self.now: Nanos = 0
        self.messages = 0
        hard = Promise(promised) if promised is not None else None
        self.node = RingElection(Identity("test", me, me, boot, members), config, Durable(hard_state=hard), Random(me))
        self.started = self.node.start(self.now)
        self.node.check()

    @property
    def state(self) -> RingState:
        """Its inside."""
        return self.node._state

    def step(self, event: Event) -> list[Effect]:
        """One event; its effects."""
        effects = self.node.step(event, self.now)
        self.node.check()
        return effects

    def receive(self, sender: NodeId, message: Message) -> list[Effect]:
        """A message."""
        return self.step(Received(sender, message))

    def envelope(
        self,
        sender: NodeId,
        body: Body,
        of: ElectionId,
        *,
        max_seen: Epoch = NEVER,
        hops: int = 1,
        ttl: int = 9,
        version: int = 1,
        clockwise: bool = True,
    ) -> list[Effect]:
        """An envelope from a neighbour; what it answers besides the acknowledgement, which must come first and at once."""
        self.messages += 1
        ring = Ring(1, version, of, body, max_seen, hops, ttl, self.messages, clockwise)
        effects = self.receive(sender, ring)
        ack = HopAck(self.state.boot, self.messages)
        assert effects[0] == Send(sender, ack, at_once=True), effects
        return effects[1:]

    def wait(self, duration: Nanos) -> list[Effect]:
        """Time goes by, in one go; what falls due happens."""
        self.now += duration
        return self.step(TimePassed())

    def connect(self, peer: NodeId) -> list[Effect]:
        """A new link."""
        return self.step(PeerConnected(peer, 1))

    def disconnect(self, peer: NodeId) -> list[Effect]:
        """A link breaks."""
        return self.step(PeerDisconnected(peer))


def envelopes(effects: list[Effect]) -> list[tuple[NodeId, Ring]]:
    """What goes on round the ring, and to whom."""
    return [
        (effect.to, effect.message)
        for effect in effects
        if isinstance(effect, Send) and isinstance(effect.message, Ring)
    ]


def passed(effects: list[Effect]) -> list[tuple[NodeId, Body]]:
    """The same, bodies only."""
    return [(to, ring.body) for to, ring in envelopes(effects)]


def reasons(effects: list[Effect]) -> list[str]:
    """What it explained."""
    return [effect.reason for effect in effects if isinstance(effect, Explain)]


def before(effects: list[Effect], first: type[Effect], then: type[Effect]) -> bool:
    """Whether the first of one kind comes before every one of the other, both being there; what is sent at once aside."""
    kinds = [type(effect) for effect in effects if not (isinstance(effect, Send) and effect.at_once)]
    return first in kinds and then in kinds and kinds.index(first) < kinds.index(then)


def promises(effects: list[Effect]) -> list[Epoch]:
    """What is written."""
    return [
        effect.hard_state.promised
        for effect in effects
        if isinstance(effect, Persist) and isinstance(effect.hard_state, Promise)
    ]
