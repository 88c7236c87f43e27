"""What every node that keeps a log has, and the few ways in which effects leave it. Knows no messages.

Theory of operation. A step runs handlers, which change the state and call the methods below; these append to `out`, in the order in which
the driver must act. `durable` rises only on `Persisted`. A write vouches for the entries it wrote as long as they are still those in the
log: a truncation lowers what every write under way can vouch for.
"""

from collections import deque
from random import Random

from quorate.algorithms.logged.disk_watch import DiskWatch
from quorate.algorithms.logged.group import Group
from quorate.algorithms.logged.log import Log
from quorate.algorithms.logged.pending import Asker, MemberChange, Transfer
from quorate.core.configuration import Configuration
from quorate.core.durable import Durable, HardState, Identity, LogPoint
from quorate.core.effects import (
    Apply,
    ConfigurationChanged,
    Effect,
    Explain,
    LeaderChanged,
    Persist,
    RequestDone,
    RequestRefused,
)
from quorate.core.entry import Entry
from quorate.core.errors import InvariantError
from quorate.core.ids import Index, Nanos, NodeId, Position, Term

APPLY_PAGE_BYTES = 4 * 1024 * 1024


class LogKeeper:
    """`peers`: who counts besides this node, in any configuration that may. `departed`: whom the leader has yet to tell that it belongs to
    the group no more. `removed_at`: the configuration that this node was told to be gone from. `change`, `transfer`: what operators asked
    of this leader, and is under way. `asked`: what they asked here, and the leader is to answer. `written_to`: the newest write that is
    done.

    Invariants: `snapshot <= applied <= min(commit, durable)`; `commit <= last`; `log.start <= snapshot`.
    """

    def __init__(self, identity: Identity, durable: Durable, random: Random) -> None:
        self.identity = identity
        self.random = random
        self.me: NodeId = identity.node
        self.now: Nanos = 0
        self.out: list[Effect] = []

        self.log = Log(durable.start, durable.entries)
        self.snapshot = durable.snapshot
        self.durable: Index = self.log.last_index
        self.commit: Index = max(self.snapshot_index, min(durable.commit, self.durable))
        self.applied: Index = self.snapshot_index
        self._position: Position = 0
        self._writes: deque[tuple[Position, Index]] = deque()
        self.written_to: Position = 0
        self.disk = DiskWatch()

        first = self.snapshot.group if self.snapshot is not None else identity.first_configuration
        self.group = Group(first, self.log.between(max(self.log.start.index, self.snapshot_index) + 1, self.durable))
        self.unsettled = self.configuration.index > self.commit
        self.peers: tuple[NodeId, ...] = tuple(sorted(self.group.members(self.commit) - {self.me}))
        self.departed: list[NodeId] = []
        self.removed_at: Index = 0
        self.change: MemberChange | None = None
        self.transfer: Transfer | None = None
        self.asked: dict[int, None] = {}

        self.leader: NodeId | None = None
        self._announced: tuple[NodeId | None, Term, bool] = (None, 0, False)
        self.ready = False
        self.heard_at: dict[NodeId, Nanos] = {}
        self.unreachable: set[NodeId] = set()
        self.why = "just started, no leader heard yet"

    # What is derived

    @property
    def token(self) -> Term:
        """The term in which this node knows its leader: the fencing token."""
        raise NotImplementedError

    @property
    def stall_ns(self) -> Nanos:
        """How long a write may take before the disk counts as hung."""
        raise NotImplementedError

    @property
    def snapshot_index(self) -> Index:
        """Index of the newest snapshot, 0 without one."""
        return self.snapshot.index if self.snapshot else 0

    # Who belongs to the group

    @property
    def configuration(self) -> Configuration:
        """The newest in the log, which acts."""
        return self.group.newest

    @property
    def voter_sets(self) -> tuple[frozenset[NodeId], ...]:
        """Every decision needs a quorum of each."""
        return self.group.voter_sets

    @property
    def voters(self) -> frozenset[NodeId]:
        """All of them, those on their way out included."""
        return self.group.voters

    @property
    def removed(self) -> bool:
        """Whether this node is known to belong to the group no more."""
        newest = self.group.newest
        if not newest.index and not self.removed_at:  # asked after every step of a simulation
            return False
        if self.removed_at > newest.index:
            return True
        settled = newest.index <= max(self.commit, self.removed_at)
        return newest.index > 0 and settled and newest.member(self.me) is None

    def _regroup(self, *, changed: bool = True) -> None:
        """What acts of the configurations has changed, or what is committed of them."""
        if not changed:
            return
        self.unsettled = self.configuration.index > self.commit
        before, self.peers = self.peers, tuple(sorted(self.group.members(self.commit) - {self.me}))
        self._follow_peers([peer for peer in before if peer not in self.peers])
        self.tell_configuration()

    def _follow_peers(self, gone: list[NodeId]) -> None:
        """What a leader does at once when its peers are others."""
        raise NotImplementedError

    def tell_configuration(self) -> None:
        """Tell the world who belongs to the group."""
        self.out.append(ConfigurationChanged(self.configuration, not self.unsettled, self.removed))

    # Effects

    def write(
        self,
        hard_state: HardState | None,
        entries: tuple[Entry, ...] = (),
        truncate_from: Index | None = None,
        reset: LogPoint | None = None,
        compact: LogPoint | None = None,
    ) -> Position:
        """Have entries (already in the log) written, and whatever else changed. Returns the position to wait for."""
        self._position += 1
        self.out.append(
            Persist(
                position=self._position,
                hard_state=hard_state,
                reset=reset,
                truncate_from=truncate_from,
                entries=entries,
                compact=compact,
                # Never above what is durable with this very write, or a start would find a hint without its entries.
                commit=min(self.commit, self.log.last_index),
            )
        )
        self._writes.append((self._position, entries[-1].index if entries else 0))
        self.disk.asked(self._position, self.now, sum([len(entry.data) for entry in entries]) if entries else 0)
        return self._position

    def written(self, position: Position) -> bool:
        """Writes up to `position` are on disk. Returns whether a disk that hung is thereby shown to be well."""
        self.written_to = position
        while self._writes and self._writes[0][0] <= position:
            self.durable = max(self.durable, self._writes.popleft()[1])
        return self.disk.finished(position, self.now, self.stall_ns)

    def explain(self, reason: str, **fields: int | str | None) -> None:
        """Say why, for people."""
        self.out.append(Explain(reason, fields))

    def answer(self, asker: Asker, refused: str = "", hint: NodeId | None = None) -> None:
        """Tell whoever made a request, here or on another node, that it has come to pass, or why it has not."""
        hint = self.leader if hint is None else hint
        if asker.node is not None:
            self._answer_on(asker.node, asker, refused, hint)
        elif refused:
            self.out.append(RequestRefused(asker.id, refused, hint))
        else:
            self.out.append(RequestDone(asker.id))

    def _answer_on(self, node: NodeId, asker: Asker, refused: str, hint: NodeId | None) -> None:
        """The same, on that node."""
        raise NotImplementedError

    def announce_leader(self, leader: NodeId | None, *, ready: bool = False) -> None:
        """Tell the application, once per change."""
        news = (leader, self.token if leader is not None else 0, ready)
        self.leader = leader
        self.ready = ready
        if news != self._announced:
            self._announced = news
            self.out.append(LeaderChanged(leader, self.token, ready))

    # The log

    def append(self, entries: tuple[Entry, ...]) -> None:
        """Add to the log. A configuration acts from now on."""
        self.log.append(entries)
        self._regroup(changed=self.group.append(entries, self.commit))

    def truncate_from(self, index: Index) -> None:
        """Drop entries from `index` on. What was being written of them no longer counts."""
        if index <= self.commit:
            raise InvariantError(
                f"node {self.me} would drop committed entry {index}, commit is {self.commit}: committed data would be lost; "
                "keep the data directories of all nodes for inspection"
            )
        self.log.truncate_from(index)
        self._regroup(changed=self.group.truncate_from(index))
        self.durable = min(self.durable, index - 1)
        self._writes = deque((position, min(last, index - 1)) for position, last in self._writes)

    def reset_log(self, point: LogPoint) -> None:
        """Drop the whole log, which a snapshot replaces."""
        self.log.reset(point)
        self._writes = deque((position, 0) for position, _ in self._writes)
        self.durable = self.commit = self.applied = point.index
        if self.snapshot is not None:
            self._regroup(changed=self.group.replace(self.snapshot.group))

    def apply_committed(self) -> None:
        """Hand out what is committed and durable here, once, in order."""
        if self.unsettled and self.configuration.index <= self.commit:
            self._regroup()
        last = min(self.commit, self.durable)
        while self.applied < last:
            page = self.log.page(self.applied + 1, last, APPLY_PAGE_BYTES)
            self.applied = page[-1].index
            self.out.append(Apply(page))
