"""The record that every algorithm without a log extends, and the few ways in which effects leave it.

Theory of operation. A step runs handlers, which are functions of (state, message); they change the state and append to `out` in the
order in which the driver must act. What must be durable before it shows is written by `promise`, which is a barrier: what a node claims,
grants or follows is promised first, and only then said.
"""

from collections.abc import Callable
from enum import StrEnum
from random import Random

from quorate.algorithms.electing.config import ElectingConfig
from quorate.algorithms.electing.deadlines import Deadlines
from quorate.algorithms.electing.epoch import NEVER, Epoch, check_node, token
from quorate.algorithms.electing.hold import Hold
from quorate.algorithms.electing.lease import Lease
from quorate.algorithms.electing.live_view import LiveView
from quorate.algorithms.electing.messages import Word
from quorate.algorithms.electing.promise import Promise
from quorate.algorithms.electing.rank import Rank, rank
from quorate.algorithms.electing.transfer import Transfer
from quorate.core.durable import Durable, Identity
from quorate.core.effects import Effect, Exclusive, Explain, LeaderChanged, Persist, Send
from quorate.core.errors import ConfigError, InvariantError
from quorate.core.ids import Nanos, NodeId, Position, Term


class Role(StrEnum):
    """electing: has asked. waiting: somebody bigger lives and should win. pre_claiming: has asked who would grant its claim.
    claiming: waits for grants. blocked: has no majority."""

    FOLLOWER = "follower"
    ELECTING = "electing"
    WAITING = "waiting"
    PRE_CLAIMING = "pre_claiming"
    CLAIMING = "claiming"
    LEADER = "leader"
    BLOCKED = "blocked"


CAMPAIGNING = frozenset({Role.ELECTING, Role.WAITING, Role.PRE_CLAIMING, Role.CLAIMING})
"""An election of this node's is under way, or one whose end it waits for."""


def _unset() -> None:
    raise InvariantError("the algorithm has not said how it elects")


class Electing:
    """Invariants, checked by `check`: `promised <= max_seen`; a leader has promised its own epoch, beats, and with the guard has a lease;
    only a follower suspects; whoever is followed is a member.

    `epoch`: of the leader that is followed, or of the own claim. `begin`, `claim` and `outbid` are the algorithm's own ways: to hold an
    election; to claim right away; and what a leader does that learns of a higher epoch than its own (`max_seen` is raised by then).
    `cut`: peers without a connection; `dead`: those whose process is gone, as far as is known; `orphaned_until`: so long after the leader
    was found dead others may not know it yet.
    `claimants`: of this leader's members, those that rank higher and want to lead: when they said so last, and their rank.
    `list_successors`: what goes into a leader's heartbeats; `successors`: what the leader's heartbeat said.
    """

    def __init__(self, identity: Identity, config: ElectingConfig, durable: Durable, random: Random) -> None:
        hard = durable.hard_state
        if hard is not None and not isinstance(hard, Promise):
            raise InvariantError(f"hard state of another algorithm: {type(hard).__name__}")
        if identity.node not in identity.members:
            raise ConfigError(
                f"node {identity.node} is not among the members: this algorithm's members are fixed; list it in the peers of every node"
            )
        for node in identity.members:
            check_node(node)
        self.identity = identity
        self.settings = config
        self.random = random
        self.me: NodeId = identity.node
        self.boot = identity.incarnation
        self.members: tuple[NodeId, ...] = tuple(sorted(identity.members))
        self.others: tuple[NodeId, ...] = tuple([node for node in self.members if node != self.me])
        self.majority = len(self.members) // 2 + 1
        self.now: Nanos = 0
        self.started_at: Nanos = 0
        self.out: list[Effect] = []

        self.promised: Epoch = hard.promised if hard is not None else NEVER
        self.max_seen: Epoch = self.promised
        self._position: Position = 0
        self.promised_at: Position = 0
        self.durable: Position = 0

        self.role = Role.FOLLOWER
        self.leader: NodeId | None = None
        self.epoch: Epoch = NEVER
        self.leader_boot = 0
        self.leader_rank: Rank | None = None
        self.leader_heard_at: Nanos | None = None
        self._announced: tuple[NodeId | None, Term] = (None, 0)

        self.deadlines = Deadlines()
        self.live = LiveView()
        self.cut: set[NodeId] = set()
        self.dead: set[NodeId] = set()
        self.hold = Hold()
        self.grants: set[NodeId] = set()
        self.claimed_at: Nanos = 0
        self.lease = Lease()
        self.restart_wait_until: Nanos = 0
        self.orphaned_until: Nanos = 0
        self.failures = 0
        self.stretch = 1

        self.beats = 0
        self.led_since: Nanos = 0
        self.claimants: dict[NodeId, tuple[Nanos, Rank]] = {}
        self.losses = hard.losses if hard is not None else 0
        self.lost_at: Nanos = 0
        self.stand_back_until: Nanos = 0
        self.freshness = 0
        self.transfer: Transfer | None = None
        self.asked: set[int] = set()
        self.why = "just started, no leader heard yet"

        self.begin: Callable[[], None] = _unset
        self.claim: Callable[[], None] = _unset
        self.outbid: Callable[[], None] = _unset
        self.list_successors: Callable[[], tuple[NodeId, ...]] = tuple
        self.successors: tuple[NodeId, ...] = ()

    # What is derived

    @property
    def rank(self) -> Rank:
        """This node's own, as of now."""
        return rank(self.settings.rank, self.settings.priority, self.freshness, self.me)

    @property
    def known(self) -> Epoch:
        """What a leader must not be below to be followed. With the guard that is what this node has promised: what others have merely
        claimed, and failed, unseats nobody."""
        return self.promised if self.settings.guarded else self.max_seen

    @property
    def campaigning(self) -> bool:
        """Whether an election is under way, as far as this node is concerned."""
        return self.role in CAMPAIGNING

    @property
    def hears_leader(self) -> bool:
        """Whether it follows one that it has heard lately."""
        heard = self.leader_heard_at
        follows = self.leader not in (None, self.me)
        return follows and heard is not None and self.now - heard < self.settings.failure_ns

    @property
    def next_epoch(self) -> Epoch:
        """The next that this node may claim."""
        return Epoch(1 + max(self.max_seen, self.promised).counter, self.me)

    def above_all(self, node: NodeId) -> Epoch:
        """The least epoch of `node` that is above everything that this node has promised."""
        return Epoch(1 + self.promised.counter, node)

    @property
    def reaches_majority(self) -> bool:
        """Whether connections to so many are up, as far as is known, that a claim could be granted."""
        return len(self.members) - len(self.cut) >= self.majority

    @property
    def win_ns(self) -> Nanos:
        """Within so long a node that may claim at once is known to lead."""
        return self.settings.victory_ns

    # Effects

    def send(self, to: NodeId, message: Word) -> None:
        """Send to one."""
        self.out.append(Send(to, message))

    def send_all(self, message: Word) -> None:
        """Send to all others."""
        self.out += [Send(node, message) for node in self.others]

    def explain(self, reason: str, **fields: int | str | None) -> None:
        """Say why, for people."""
        self.out.append(Explain(reason, fields))

    def see(self, epoch: Epoch) -> None:
        """Heard of an epoch: what is claimed next is above it."""
        self.max_seen = max(self.max_seen, epoch)

    def promise(self, epoch: Epoch) -> None:
        """Promise `epoch`, durably: what comes after waits for the write. Nothing is written twice, and nothing lower."""
        self.see(epoch)
        if epoch <= self.promised:
            return
        self.promised = epoch
        self.promised_at = self._write()

    def forget_losses(self) -> None:
        """No leadership of late was lost. What was promised stays as durable as it is."""
        self.losses = 0
        self._write()

    def _write(self) -> Position:
        self._position += 1
        self.out.append(Persist(self._position, Promise(self.promised, self.losses)))
        return self._position

    def announce(self, leader: NodeId | None) -> None:
        """Tell the application, once per change."""
        self.leader = leader
        term = token(self.epoch) if leader is not None else self._announced[1]
        if (leader, term) == self._announced:
            return
        self._announced = (leader, term)
        exclusive: Exclusive = "lease" if self.settings.guarded else "best_effort"
        mine = leader == self.me
        until = self.deadlines["lease_until"] if mine else None
        self.out.append(LeaderChanged(leader, term, ready=mine, exclusive=exclusive, until=until))

    # Invariants

    def check(self) -> None:
        """Assert the invariants of the class."""
        leads = self.role is Role.LEADER
        rules = {
            "promised above what was seen": self.promised <= self.max_seen,
            "a leader that follows another": leads == (self.leader == self.me),
            "a leader of an epoch that it has not promised": not leads or self.promised == self.epoch,
            "a leader of another node's epoch": not leads or self.epoch.node == self.me,
            "beats and leads are not the same": leads == (self.deadlines["heartbeat_at"] is not None),
            "a lease without leading, or leading without one": (leads and self.settings.guarded)
            == (self.deadlines["lease_until"] is not None),
            "only a follower suspects": self.deadlines["suspect_at"] is None or self.role is Role.FOLLOWER,
            "a campaign that follows": not self.campaigning or self.leader is None,
            "a leader that is no member": self.leader is None or self.leader in self.members,
            "a majority that is none": not (leads and self.settings.guarded) or len(self.grants) >= self.majority,
        }
        broken = "; ".join(rule for rule, holds in rules.items() if not holds)
        if broken:
            raise InvariantError(
                f"node {self.me}, {self.role.value}, promised {self.promised}, epoch {self.epoch}: {broken}"
            )
