"""The state of one ZAB node, and the few ways in which effects leave it.

Theory of operation. What belongs to a role lives and dies with it, in one object: `leading` from an election to the end of the leadership,
`learning` from a decision to follow until the leader is left. Nothing that synchronisation brought, no acknowledgement and no session
outlives them: the log is at any time what was handed to `Persist`.

Two epochs are durable. `accepted_epoch` is a promise to one prospective leader; `current_epoch` says whose history the log continues, and
is written after that history, never before it.
"""

from enum import StrEnum
from random import Random

from quorate.algorithms.logged.freshness import Freshness
from quorate.algorithms.logged.keeper import LogKeeper
from quorate.algorithms.logged.pending import Asker
from quorate.algorithms.zab.ballots import Ballot
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.leading import Leading, Phase
from quorate.algorithms.zab.learning import Learning
from quorate.algorithms.zab.messages import (
    LOWEST,
    AskReply,
    FollowerInfo,
    ObserverInfo,
    Vote,
    ZabHardState,
    ZabMessage,
    Zxid,
)
from quorate.core.durable import Durable, Identity, LogPoint
from quorate.core.effects import Send
from quorate.core.entry import Entry
from quorate.core.errors import InvariantError, StorageError
from quorate.core.ids import Index, Nanos, NodeId, Position, Term


class Role(StrEnum):
    """The four states of a server."""

    LOOKING = "looking"
    LEADING = "leading"
    FOLLOWING = "following"
    OBSERVING = "observing"


class ZabState(LogKeeper):
    """Invariants, checked by `check`: those of `LogKeeper`; `current_epoch <= accepted_epoch`, and no entry is of a later epoch; a leader
    leads and a learner learns, and nobody does both."""

    def __init__(self, identity: Identity, config: ZabConfig, durable: Durable, random: Random) -> None:
        hard = durable.hard_state if durable.hard_state is not None else ZabHardState()
        if not isinstance(hard, ZabHardState):
            raise InvariantError(f"hard state of another algorithm: {type(hard).__name__}")
        super().__init__(identity, durable, random)
        self.config = config
        self.quorums = config.quorums

        self.accepted_epoch: Term = hard.accepted_epoch
        self.current_epoch: Term = hard.current_epoch
        self._refuse_what_cannot_be()

        self.role = Role.LOOKING
        self.phase = Phase.ELECTION
        self.leading: Leading | None = None
        self.learning: Learning | None = None
        self.session_number = 0
        self.want_snapshot = False

        self.round = 0
        self.vote: Vote = LOWEST
        self.received: dict[NodeId, Ballot] = {}
        self.outside: dict[NodeId, Ballot] = {}
        self.finalize_by: Nanos | None = None
        self.notify_at: Nanos = 0
        self.notify_wait: Nanos = 0

        self.connected: set[NodeId] = set()
        self.callers: dict[NodeId, FollowerInfo | ObserverInfo] = {}
        self.regrouped = False
        self.newest_known: Index = 0
        self.fresh = Freshness(config.sync_ns)

    def _refuse_what_cannot_be(self) -> None:
        """Epochs that no crash explains. A current epoch below the log's is a synchronisation cut off between its two writes: such a node
        starts with a low vote, and the next synchronisation completes it."""
        if self.current_epoch > self.accepted_epoch or self.log.last_term > self.accepted_epoch:
            raise StorageError(
                f"node {self.me}: it has promised epoch {self.accepted_epoch}, but it follows epoch {self.current_epoch} and its log ends "
                f"in epoch {self.log.last_term}: the data directory was put together from different times; "
                "restore it whole, or empty it and let the node join anew"
            )

    # What is derived

    @property
    def token(self) -> Term:
        """The epoch whose history this node has taken over."""
        return self.current_epoch

    @property
    def stall_ns(self) -> Nanos:
        """As the settings say."""
        return self.config.disk_stall_ns

    @property
    def last(self) -> Zxid:
        """The last entry. What is named is on its way to the disk, before the name leaves."""
        return Zxid(self.log.last_term, self.log.last_index)

    @property
    def votes(self) -> bool:
        """Whether this node does. As long as a configuration without it may be taken back, it may still be needed."""
        if self.removed:
            return False
        return self.me in self.group.voters or (self.unsettled and self.group.may_need(self.me, self.commit))

    @property
    def may_lead(self) -> bool:
        """Whether it votes for itself: one that cannot write had better follow."""
        return self.votes and not self.disk.hung

    def decides(self, ids: set[NodeId]) -> bool:
        """Whether these are a quorum."""
        return self.quorums.decides(self.group.voter_sets, ids)

    def _follow_peers(self, gone: list[NodeId]) -> None:
        self.regrouped = True
        if self.leading is not None:
            self.departed += gone

    # Effects

    def _answer_on(self, node: NodeId, asker: Asker, refused: str, hint: NodeId | None) -> None:
        self.send(node, AskReply(asker.incarnation, asker.id, refused, hint))

    def send(self, to: NodeId, message: ZabMessage) -> None:
        """Send, behind whatever must be durable first."""
        self.out.append(Send(to, message))

    def persist(
        self,
        entries: tuple[Entry, ...] = (),
        truncate_from: Index | None = None,
        reset: LogPoint | None = None,
        compact: LogPoint | None = None,
        epochs: ZabHardState | None = None,
    ) -> Position:
        """Write entries (already in the log), or epochs, or what was dropped. Returns the position to wait for."""
        return self.write(epochs, entries, truncate_from, reset, compact)

    def write_probe(self) -> None:
        """Have something written, to see how long it takes: what it says is on the disk already."""
        self._persist_epochs()

    def promise(self, epoch: Term) -> Position:
        """Accept an epoch, higher than any before."""
        if epoch <= self.accepted_epoch:
            raise InvariantError(f"the accepted epoch may only rise: from {self.accepted_epoch} to {epoch}")
        self.accepted_epoch = epoch
        return self._persist_epochs()

    def take_over(self, epoch: Term) -> Position:
        """The log continues the history of this epoch from now on."""
        if not self.current_epoch <= epoch <= self.accepted_epoch:
            raise InvariantError(
                f"epoch {epoch} cannot follow {self.current_epoch}, or was never accepted ({self.accepted_epoch})"
            )
        self.current_epoch = epoch
        return self._persist_epochs()

    def _persist_epochs(self) -> Position:
        return self.persist(epochs=ZabHardState(self.accepted_epoch, self.current_epoch))

    # Rules

    def check(self) -> None:
        """Assert the invariants of the class. It runs after every step of a simulation: it looks first, and finds words only for what is
        broken."""
        log = self.log
        last = log.last_index
        if not (
            log.start.index <= self.snapshot_index <= self.applied <= self.commit <= last
            and self.applied <= self.durable <= last
            and self.current_epoch <= self.accepted_epoch
            and log.last_term <= self.accepted_epoch
            and (self.role is Role.LEADING) == (self.leading is not None)
            and (self.role in (Role.FOLLOWING, Role.OBSERVING)) == (self.learning is not None)
            and (self.leader is None or self.phase is Phase.BROADCAST)
            and (not self.ready or self.leader == self.me)
            and self.configuration.index <= last
        ):
            self._say_what_is_broken()
        for session in self.leading.sessions.values() if self.leading is not None else ():
            session.check()

    def _say_what_is_broken(self) -> None:
        log = self.log
        rules = {
            "log starts behind the snapshot's reach": log.start.index <= self.snapshot_index,
            "applied below the snapshot": self.snapshot_index <= self.applied,
            "applied above commit or disk": self.applied <= min(self.commit, self.durable),
            "commit beyond the log": self.commit <= log.last_index,
            "durable beyond the log": self.durable <= log.last_index,
            "current epoch above the accepted one": self.current_epoch <= self.accepted_epoch,
            "an entry of a later epoch than accepted": log.last_term <= self.accepted_epoch,
            "leads without leading": (self.role is Role.LEADING) == (self.leading is not None),
            "learns without following": (self.role in (Role.FOLLOWING, Role.OBSERVING)) == (self.learning is not None),
            "a leader that is not there": self.leader is None or self.phase is Phase.BROADCAST,
            "ready without leading": not self.ready or self.leader == self.me,
            "a configuration that is not in the log": self.configuration.index <= log.last_index,
        }
        raise InvariantError(
            f"node {self.me}, {self.role.value} in {self.phase.value}, epochs {self.accepted_epoch} and {self.current_epoch}: "
            f"{'; '.join(broken for broken, holds in rules.items() if not holds)} (snapshot {self.snapshot_index}, "
            f"applied {self.applied}, commit {self.commit}, durable {self.durable}, last {self.log.last_index})"
        )
