"""The one interface: what the driver knows of an algorithm."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from quorate.core.durable import Durable, HardState, Identity
from quorate.core.effects import Effect
from quorate.core.events import Event
from quorate.core.ids import Index, Nanos, NodeId, Term


class PeerStatus(msgspec.Struct, frozen=True):
    """A leader's view of one peer. `contact_age_ns`: since it last answered; None: not yet in this leadership."""

    match: Index
    mode: str
    contact_age_ns: Nanos | None


class Status(msgspec.Struct, frozen=True):
    """For people and metrics. `ready`: leading, and all that was committed before is applied.

    `why`: while there is no leader, the reason in words.
    """

    algorithm: str
    node: NodeId
    role: str
    term: Term
    leader: NodeId | None
    ready: bool = False
    commit: Index = 0
    applied: Index = 0
    last_index: Index = 0
    snapshot_index: Index = 0
    peers: dict[NodeId, PeerStatus] = {}
    why: str = ""


class EntryView(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry without its payload; `digest` is the entry's CRC."""

    index: Index
    term: Term
    kind: int
    digest: int


class Inspection(msgspec.Struct, frozen=True):
    """Everything, for tests and the simulator. `log` starts right after (`start_index`, `start_term`). `durable`: the
    last index known to be on this disk. `details`: the algorithm's own."""

    node: NodeId
    role: str
    term: Term
    voted_for: NodeId | None
    leader: NodeId | None
    commit: Index
    applied: Index
    durable: Index
    start_index: Index
    start_term: Term
    snapshot_index: Index
    log: tuple[EntryView, ...]
    details: dict[str, Any] = {}


class Algorithm(Protocol):
    """A deterministic function of events. It owns its state; it touches nothing else."""

    def start(self, now: Nanos) -> list[Effect]:
        """Called once, before any event."""
        ...

    def step(self, event: Event, now: Nanos) -> list[Effect]:
        """What follows from `event`. `now` never falls."""
        ...

    def deadline(self) -> Nanos | None:
        """When it wants `TimePassed`; None: never."""
        ...

    def status(self, now: Nanos) -> Status:
        """Plain data for people and metrics."""
        ...

    def inspect(self) -> Inspection:
        """Plain data, everything, for tests and the simulator."""
        ...

    def check(self) -> None:
        """Assert the invariants; raises `InvariantError`."""
        ...


Feature: TypeAlias = Literal[
    "tokens", "durable_votes", "older_terms", "follower_reads", "membership", "transfer", "leases"
]
"""What algorithms differ in, as far as checks and counts are concerned.

tokens: at most one node ever leads a term, so a term is a fencing token. durable_votes: a leader is elected by votes that are on
a majority of disks. older_terms: a leader may find entries of earlier terms on a majority of disks that are not committed by that
(Ongaro and Ousterhout 2014, 5.4.2). follower_reads: any node answers linearizable reads. membership: the voters can change.
transfer: leadership can be handed over. leases: a leader may answer reads without asking the others.
"""


class AlgorithmSpec(msgspec.Struct, frozen=True):
    """What the floors above need to run an algorithm without knowing it.

    `messages`: union of its message types, for the codec. `hard_state`: its durable type, for the store.
    `config`: its settings type, a msgspec Struct whose `__post_init__` raises ValueError for values that do not fit
    together.
    `keeps_log`: False for the ones that only elect.
    `survives_datagrams`: False for those that need connections which keep their order, because a message that is lost,
    doubled, late or out of order would break them.
    `reasons`: of every `Explain` that it can give. `alarms`: those of them that only a defect can cause, of code, memory, disk
    or configuration, so that they never occur among nodes that are sound.
    `features`: what it promises and does beyond the one interface.
    """

    name: str
    messages: Any
    hard_state: type[HardState]
    config: type[msgspec.Struct]
    build: Callable[[Identity, Any, Durable, Random], Algorithm]
    keeps_log: bool = True
    survives_datagrams: bool = True
    reasons: frozenset[str] = frozenset()
    alarms: frozenset[str] = frozenset()
    features: frozenset[Feature] = frozenset()
