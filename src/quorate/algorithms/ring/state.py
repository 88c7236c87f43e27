"""What a node of the ring remembers besides what all electing algorithms do."""

from collections import Counter
from collections.abc import Callable
from random import Random

import msgspec

from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.algorithms.electing.messages import ElectionId
from quorate.algorithms.electing.rank import Rank
from quorate.algorithms.electing.state import Electing, Role
from quorate.algorithms.ring.config import RingConfig
from quorate.algorithms.ring.messages import HopAck, Ring
from quorate.algorithms.ring.topology import ring_of
from quorate.core.durable import Durable, Identity
from quorate.core.effects import Send
from quorate.core.errors import ConfigError, InvariantError
from quorate.core.ids import Nanos, NodeId


class Hop(msgspec.Struct, frozen=True):
    """An envelope that `to` has not acknowledged; suspected if it has not by `by`."""

    envelope: Ring
    to: NodeId
    by: Nanos


class RingState(Electing):
    """Invariants, besides those of `Electing`: whoever campaigns takes part; what is not acknowledged has a deadline.

    `number`: of the last election that this node held; with node and boot that is `eid`. `own`: the one that its own token may still win.
    `taken`: the newest epoch of which an Elected (or the like) was taken here, so that its second copy is known. `newest`: boot and
    number of the newest election of each node; `passes`: how often each kind of envelope of that has come by, by phase and direction.
    `last_hop`: numbers envelopes. `alone`: nobody was left to pass something on to; `gap`: somebody was passed over; both are seen to at
    the end of the step. `collected`: ranks that LeLann's initiator has seen. `phase`, `replied`: of a candidate of Hirschberg and
    Sinclair, and from which directions it has an answer; `knew`: what it had seen when it set out. `set_out`: how the variant sends its
    first token.
    """

    settings: RingConfig

    def __init__(self, identity: Identity, config: RingConfig, durable: Durable, random: Random) -> None:
        super().__init__(identity, config, durable, random)
        self.settings: RingConfig = config
        try:
            self.circle = ring_of(self.members, config.ring_order)
            self.ring_ns = config.ring_ns(len(self.members))
        except ValueError as error:
            raise ConfigError(str(error)) from error
        self.number = 0
        self.own = 0
        self.taken: Epoch = NEVER
        self.newest: dict[NodeId, tuple[int, int]] = {}
        self.passes: dict[NodeId, Counter[tuple[str, int, bool]]] = {}
        self.last_hop = 0
        self.unanswered: dict[int, Hop] = {}
        self.alone = False
        self.gap = False
        self.collected: list[Rank] = []
        self.phase = 0
        self.knew: Epoch = NEVER
        self.replied: list[bool] = []
        self.set_out: Callable[[], None] = self.begin

    @property
    def participant(self) -> bool:
        """Whether a token of the present election was sent or passed on here, so that its end is awaited (H8)."""
        return self.deadlines["ring_by"] is not None

    @property
    def contending(self) -> bool:
        """Whether one of those tokens was this node's own, and may still win."""
        return self.participant and self.own == self.number > 0

    @property
    def eid(self) -> ElectionId:
        """The election that this node holds, or held last."""
        return ElectionId(self.me, self.boot, self.number)

    @property
    def win_ns(self) -> Nanos:
        """Its claim goes all the way round."""
        return max(self.settings.victory_ns, self.settings.lap_ns(len(self.members)) + self.settings.delay_ns)

    def fitness(self, rank: Rank) -> tuple[int, int, NodeId]:
        """By what candidates are compared while nobody leads. With the guard nobody grants a claim of older data, so newer data goes before
        priority; compared the other way round, one would be chosen, and refused, again and again."""
        first = (rank.freshness, rank.priority) if self.settings.guarded else (rank.priority, rank.freshness)
        return (*first, rank.node)

    def outranked(self, rank: Rank) -> bool:
        """Whether a candidate of `rank` should rather lead than this node."""
        return self.fitness(rank) > self.fitness(self.rank)

    @property
    def suspects(self) -> list[NodeId]:
        """Members that are passed over."""
        return self.live.suspected(self.now)

    def suspect(self, node: NodeId) -> None:
        """Take it for dead, for a while."""
        if not self.live.suspects(node, self.now):
            self.explain("successor_suspected", node=node)
        self.live.suspect(node, self.now + self.settings.suspicion_ns)

    def send_at_once(self, to: NodeId, message: HopAck) -> None:
        """Send what promises nothing about the disk."""
        self.out.append(Send(to, message, at_once=True))

    def arm_hops(self) -> None:
        """Wait for the oldest envelope that is not acknowledged."""
        if self.unanswered:
            self.deadlines.set("hop_by", min(hop.by for hop in self.unanswered.values()))
        else:
            self.deadlines.clear("hop_by")

    def check(self) -> None:
        """Assert the invariants of the class."""
        super().check()
        rules = {
            "campaigns and waits for nothing": self.participant or self.role not in (Role.ELECTING, Role.CLAIMING),
            "hops without a deadline": bool(self.unanswered) == (self.deadlines["hop_by"] is not None),
        }
        broken = "; ".join(rule for rule, holds in rules.items() if not holds)
        if broken:
            raise InvariantError(f"node {self.me}, {self.role.value}: {broken}")
