"""What a leader does besides keeping the log, as far as it is the same whichever algorithm made it leader: it changes the members, hands
over, looks after its disk. An algorithm says here how it does each of the steps. Knows no messages."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import NamedTuple

from quorate.algorithms.logged.keeper import LogKeeper
from quorate.core.configuration import Configuration
from quorate.core.ids import Index, Nanos, NodeId
from quorate.core.requests import Request


class Reach(NamedTuple):
    """What a leader knows of a peer. `match`: everything up to it is on its disk; -1: not even its beginning is
    known to be the same. `contact_at`: when it was last heard. `full`: its disk
    takes nothing new. `answer_ns`: how long it takes of late from sending an entry to its answer; 0: not known."""

    match: Index
    contact_at: Nanos
    full: bool = False
    answer_ns: Nanos = 0


class Rules(NamedTuple):
    """Settings. `patience_ns`: silence after which a peer does not count as answering, and how long a transfer may take. The others as in
    the settings of the algorithms."""

    patience_ns: Nanos
    catch_up_entries: int
    remove_dead_after_ns: Nanos
    least_voters: int
    disk_slow_factor: int


class Duties(ABC):
    """`keeper`: the node's state. `rules`: its settings."""

    def __init__(self, keeper: LogKeeper, rules: Rules) -> None:
        self.keeper = keeper
        self.rules = rules

    # What it is

    @property
    @abstractmethod
    def leads(self) -> bool:
        """Whether this node leads."""

    @abstractmethod
    def reach(self, peer: NodeId) -> Reach | None:
        """What this leader knows of a peer; None: nothing."""

    @abstractmethod
    def unable(self, peer: NodeId) -> str:
        """Why a voter could not lead, as far as the algorithm is concerned; empty if it could."""

    @abstractmethod
    def obstacle(self) -> str:
        """Why the algorithm lets nobody change the members now; empty if nothing is in the way."""

    @abstractmethod
    def unfit(self, configuration: Configuration) -> str:
        """Why it could not work with these members; empty if it can."""

    @property
    @abstractmethod
    def one_step(self) -> bool:
        """Whether any quorum of some voters and any of one more or less have a node in common, as majorities do."""

    @abstractmethod
    def decides(self, nodes: Collection[NodeId]) -> bool:
        """Whether these are a quorum."""

    # What it does

    @abstractmethod
    def append(self, kind: int, data: bytes, crc: int) -> None:
        """Append an entry as leader."""

    @abstractmethod
    def dismiss(self, peer: NodeId) -> None:
        """Tell a peer that it belongs to the group no more."""

    @abstractmethod
    def order(self, target: NodeId) -> None:
        """Tell a voter that has the whole log to take over."""

    @abstractmethod
    def give_up(self, successor: NodeId | None, why: str) -> None:
        """Stop leading, or trying to, at once; let this voter take over if it can. That needs no disk."""

    @abstractmethod
    def pass_on(self, incarnation: int, request_id: int, request: Request) -> None:
        """Ask the leader for what somebody asks here."""

    # What follows from that

    def answers(self, peer: NodeId) -> bool:
        """As far as is known: from its election on, a leader counts everybody's silence."""
        reach = self.reach(peer)
        silence = self.keeper.now - reach.contact_at if reach is not None else self.rules.patience_ns
        return peer not in self.keeper.unreachable and silence < self.rules.patience_ns

    def match(self, peer: NodeId) -> Index:
        """Everything up to it is on the peer's disk."""
        reach = self.reach(peer)
        return reach.match if reach is not None else 0

    def successors(self) -> list[NodeId]:
        """Other voters that could lead, whether they answer or not."""
        keeper = self.keeper
        voters = keeper.configuration.voters
        return [peer for peer in keeper.peers if peer in voters and not self.unable(peer)]
