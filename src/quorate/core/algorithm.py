"""The one interface: what the driver knows of an algorithm."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from random import Random
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from quorate.core.configuration import Configuration
from quorate.core.consistency import Standing
from quorate.core.durable import Durable, HardState, Identity, LogPoint
from quorate.core.effects import Effect, Persist
from quorate.core.events import Event
from quorate.core.finding import Explained, Finding
from quorate.core.ids import Index, Nanos, NodeId, Term
from quorate.core.message import Message

DiskState: TypeAlias = Literal["ok", "hung", "full"]
"""What a node knows of its disk. hung: a write has not finished for long. full: it takes nothing new, and serves reads."""


class SnapshotWork(msgspec.Struct, frozen=True):
    """What is being done with a snapshot that goes up to `index`: `taking`, `sending`, `receiving` or `loading`. `bytes` of `size` are
    done; None: only its end tells how many there are."""

    what: Literal["taking", "sending", "receiving", "loading"]
    index: Index
    bytes: int
    size: int | None = None


class PeerStatus(msgspec.Struct, frozen=True):
    """A leader's view of one peer. `contact_age_ns`: since it last answered; None: not yet in this leadership. `snapshot`: one that
    is being sent to it."""

    match: Index
    mode: str
    contact_age_ns: Nanos | None
    snapshot: SnapshotWork | None = None


class Status(msgspec.Struct, frozen=True):
    """For people and metrics. `ready`: leading, and all that was committed before is applied.

    `why`: while there is no leader, the reason in words. `configuration`: the newest in the log.
    `snapshot_work`: what this node is doing with a snapshot of its own state, or with one that replaces it. `disk`: how its disk is.
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
    configuration: Configuration = Configuration()
    configuration_committed: bool = True
    snapshot_work: SnapshotWork | None = None
    disk: DiskState = "ok"


class EntryView(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry without its payload; `digest` is the entry's CRC."""

    index: Index
    term: Term
    kind: int
    digest: int


class Inspection(msgspec.Struct, frozen=True):
    """Everything, for tests and the simulator. `log` starts right after (`start_index`, `start_term`). `durable`: the
    last index known to be on this disk. `configurations`: the newest that is known to be committed, and those after it, by
    index. `spreads`: the term for which, as a leader, established or not, it has others take over its history; 0: none.
    `details`: the algorithm's own."""

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
    configurations: tuple[Configuration, ...] = ()
    spreads: Term = 0
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

    def why(self, now: Nanos, recent: Sequence[Explained]) -> list[Finding]:
        """In words, what it can say about each question. `recent`: what it has explained lately, oldest first."""
        ...

    def standing(self, applied: Index, now: Nanos) -> Standing:
        """What can be said, without asking anybody, of a machine that has applied up to `applied`. Changes nothing; `now` is the
        present, or it is worth nothing."""
        ...

    def inspect(self) -> Inspection:
        """Plain data, everything, for tests and the simulator."""
        ...

    def check(self) -> None:
        """Assert the invariants; raises `InvariantError`."""
        ...


Feature: TypeAlias = Literal[
    "tokens",
    "durable_votes",
    "older_terms",
    "follower_reads",
    "membership",
    "transfer",
    "leases",
    "disk_watch",
    "guard",
    "freshness",
]
"""What algorithms differ in, as far as checks and counts are concerned.

tokens: at most one node ever leads a term, so a term is a fencing token. durable_votes: a leader is elected by votes that are on
a majority of disks. older_terms: a leader may find entries of earlier terms on a majority of disks that are not committed by that
(Ongaro and Ousterhout 2014, 5.4.2). follower_reads: any node answers linearizable reads. membership: the voters can change.
transfer: leadership can be handed over. leases: a leader may answer reads without asking the others. disk_watch: with a disk
that hangs a node neither leads nor campaigns. guard: settings say whether a leader needs a majority (`AlgorithmSpec.grants`).
freshness: who has the newest data may be preferred as leader.
"""


class Grants(msgspec.Struct, frozen=True):
    """What an election that rests on grants looks like from outside. A grant is one member's word that it lets one node lead a term.

    `guarded`: whether by these settings a leader needs the grants of a majority; without them nothing is promised about other leaders.
    `counter`: the part of a term that a member grants once. `promised`: the highest term that a node has promised, by what is on its disk.
    `granted`: given a message's sender and receiver, the term that it grants, and to whom; None: it grants nothing.
    """

    guarded: Callable[[Any], bool]
    counter: Callable[[Term], int]
    promised: Callable[[HardState], Term]
    granted: Callable[[NodeId, NodeId, Message], tuple[Term, NodeId] | None]


class Vouched(msgspec.Struct, frozen=True, gc=False):
    """What a message says to be on its sender's disk: at least this promise, this term's history taken over, this entry."""

    promised: Term = 0
    term: Term = 0
    last: LogPoint = LogPoint(0, 0)


class Histories(msgspec.Struct, frozen=True):
    """What a log looks like from outside whose leaders have others take over their history before they lead. There a term says whose
    history a node's log continues: the log is a prefix of that leader's.

    `epochs`: by what is on a disk, the highest term that the node has promised, and the one whose history it took over. `vouched`: given a
    message and its sender, what must be on that one's disk.
    """

    epochs: Callable[[HardState], tuple[Term, Term]]
    vouched: Callable[[NodeId, Message], Vouched | None]


def majorities(_config: Any, sets: Sequence[Collection[NodeId]], nodes: Collection[NodeId]) -> bool:
    """For `AlgorithmSpec.quorum`: more than half of each of the sets of voters."""
    return bool(sets) and all(2 * sum(voter in nodes for voter in voters) > len(voters) for voters in sets)


def draw_nothing(_random: Random, _nodes: int) -> dict[str, Any]:
    """For `AlgorithmSpec.storms`: no settings of its own."""
    return {}


def anybody(_config: Any, _inspections: Sequence[Inspection]) -> NodeId | None:
    """For `AlgorithmSpec.should_lead`: whoever leads, leads."""
    return None


class AlgorithmSpec(msgspec.Struct, frozen=True):
    """What the floors above need to run an algorithm without knowing it.

    `messages`: union of its message types, for the codec. `since`: the version of the protocol in which each message type came in, and
    each request type that travels in one; those not listed are of the first. `hard_state`: its durable type, for the store.
    `config`: its settings type, a msgspec Struct whose `__post_init__` raises ValueError for values that do not fit
    together.
    `take_over`: what to write so that a survivor of a lost quorum goes on alone, at that address; None: it cannot.
    `keeps_log`: False for the ones that only elect.
    `survives_datagrams`: False for those that need connections which keep their order, because a message that is lost,
    doubled, late or out of order would break them.
    `reasons`: of every `Explain` that it can give. `alarms`: those of them that only a defect can cause, of code, memory, disk
    or configuration, so that they never occur among nodes that are sound. `warnings`: those that an operator should see.
    `features`: what it promises and does beyond the one interface. `leases`: whether settings let a leader answer reads by its clock;
    that clock must then go on counting while the machine is suspended.
    `grants`: how to see the grants that its leaders rest on; None: they rest on something else.
    `histories`: how to see whose history a node has taken over; None: its leaders replicate as they lead.
    `quorum`: given the settings, sets of voters and some nodes, whether these decide: elect and commit.
    `term_words`: how a term is written for people.
    `storms`: draws settings in which its elections differ, for a cluster of so many nodes. `unstormed`: reasons that no storm leads to,
    because they take nodes that are set up differently, or a defect elsewhere. `should_lead`: given the settings, and what is in all nodes,
    who leads when nothing goes wrong any more; None: any of them.
    `reloadable`: given its settings, the names of those that `SettingsChanged` may change while it runs.
    """

    name: str
    messages: Any
    hard_state: type[HardState]
    config: type[msgspec.Struct]
    build: Callable[[Identity, Any, Durable, Random], Algorithm]
    since: dict[type[msgspec.Struct], int] = {}
    keeps_log: bool = True
    take_over: Callable[[Identity, Durable, str], Persist] | None = None
    survives_datagrams: bool = True
    reasons: frozenset[str] = frozenset()
    alarms: frozenset[str] = frozenset()
    warnings: frozenset[str] = frozenset()
    features: frozenset[Feature] = frozenset()
    leases: Callable[[Any], bool] = lambda _config: False
    grants: Grants | None = None
    histories: Histories | None = None
    quorum: Callable[[Any, Sequence[Collection[NodeId]], Collection[NodeId]], bool] = majorities
    term_words: Callable[[Term], str] = str
    storms: Callable[[Random, int], dict[str, Any]] = draw_nothing
    unstormed: frozenset[str] = frozenset()
    should_lead: Callable[[Any, Sequence[Inspection]], NodeId | None] = anybody
    reloadable: Callable[[Any], frozenset[str]] = lambda _config: frozenset()
