"""The state of one Raft node, all of it, and the few ways in which effects leave it.

Theory of operation. A step runs handlers, which are functions of (state, message); they change the state and call the methods
below, which append to `out` in the order in which the driver must act. Two rules give Raft its safety, and both live here:

- Hard state (term and vote) is written before anything that shows it. Handlers set it with `adopt_term` or `vote_for`, which only
  mark it; `send` and `persist` write it first, as one record.
- `durable` rises only on `Persisted`. A write vouches for the entries it wrote as long as they are still those in the log: a truncation
  lowers what every write under way can vouch for.
"""

from collections import deque
from enum import StrEnum
from random import Random

from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.disk_watch import DiskWatch
from quorate.algorithms.raft.freshness import Freshness
from quorate.algorithms.raft.group import Group
from quorate.algorithms.raft.incoming import Incoming
from quorate.algorithms.raft.log import Log
from quorate.algorithms.raft.messages import RaftHardState, RaftMessage
from quorate.algorithms.raft.pending import ForwardedProposal, MemberChange, ReadRequest, ReadRound, Transfer
from quorate.algorithms.raft.progress import Progress
from quorate.core.configuration import Configuration
from quorate.core.durable import Durable, Identity, LogPoint
from quorate.core.effects import Apply, ConfigurationChanged, Effect, Explain, LeaderChanged, Persist, Send
from quorate.core.entry import Entry
from quorate.core.errors import InvariantError
from quorate.core.ids import MILLISECOND, Index, Nanos, NodeId, Position, Term

APPLY_PAGE_BYTES = 4 * 1024 * 1024


class Role(StrEnum):
    """Figure 4 of the paper, with PreVote's role between follower and candidate."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre_candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"


class RaftState:
    """Invariants, checked by `check`: `snapshot <= applied <= min(commit, durable)`; `commit <= last`; `log.start <= snapshot`;
    a leader has progress for exactly its peers, with `match < next`; `durable <= last`."""

    def __init__(self, identity: Identity, config: RaftConfig, durable: Durable, random: Random) -> None:
        hard = durable.hard_state
        if hard is not None and not isinstance(hard, RaftHardState):
            raise InvariantError(f"hard state of another algorithm: {type(hard).__name__}")
        self.identity = identity
        self.config = config
        self.random = random
        self.me: NodeId = identity.node
        self.now: Nanos = 0
        self.out: list[Effect] = []

        self.term: Term = hard.term if hard else 0
        self.voted_for: NodeId | None = hard.voted_for if hard else None
        self._hard_state_dirty = False

        self.log = Log(durable.start, durable.entries)
        self.snapshot = durable.snapshot
        self.durable: Index = self.log.last_index
        self.commit: Index = max(self.snapshot_index, min(durable.commit, self.durable))
        self.applied: Index = self.snapshot_index
        self._position: Position = 0
        self._writes: deque[tuple[Position, Index]] = deque()
        self.disk = DiskWatch()

        self.role = Role.FOLLOWER
        self.leader: NodeId | None = None
        self._announced: tuple[NodeId | None, Term, bool] = (None, 0, False)
        self.leader_contact: Nanos | None = None
        self.election_deadline: Nanos = 0
        self.suspect: NodeId | None = None
        self.suspected_at = self.new_until = 0
        self.unreachable: set[NodeId] = set()
        self.heard_at: dict[NodeId, Nanos] = {}
        self.asked_at: Nanos | None = None
        self.versions: dict[NodeId, int] = {}
        self.campaign_term: Term = 0
        self.votes: dict[NodeId, bool] = {}
        self.refusals: dict[NodeId, tuple[Term, str]] = {}
        self.own_vote_position: Position = 0

        self.progress: dict[NodeId, Progress] = {}
        first = self.snapshot.group if self.snapshot is not None else identity.first_configuration
        self.group = Group(first, self.log.between(max(self.log.start.index, self.snapshot_index) + 1, self.durable))
        self.unsettled = self.configuration.index > self.commit
        self.peers: tuple[NodeId, ...] = tuple(sorted(self.group.members(self.commit) - {self.me}))
        self.departed: list[NodeId] = []
        self.removed_at: Index = 0
        self.change: MemberChange | None = None

        self.round = 0
        self.fresh = Freshness(config.election_timeout_ns)
        self.quorum_check_at: Nanos = 0
        self.noop_index: Index = 0
        self.ready = False
        self.uncommitted_bytes = 0
        self.own_proposals: dict[int, Index] = {}
        self.forward_seen: dict[NodeId, tuple[int, int]] = {}

        self.transfer: Transfer | None = None
        self.snapshot_paid_at: Nanos = 0

        self.reads_waiting: list[ReadRequest] = []
        self.read_rounds: deque[ReadRound] = deque()

        self.asked: dict[int, None] = {}
        self.remote_reads: dict[int, None] = {}
        self.forwards: dict[int, ForwardedProposal] = {}
        self.forward_number = 0
        self.incoming: Incoming | None = None
        self.why = "just started, no leader heard yet"

    # What is derived

    @property
    def snapshot_index(self) -> Index:
        """Index of the newest snapshot, 0 without one."""
        return self.snapshot.index if self.snapshot else 0

    @property
    def may_campaign(self) -> bool:
        """Whether this node could lead: it is a voter, its disk is well, and it is not in the middle of loading a snapshot. As long as a
        configuration without it may be taken back, it may still be needed."""
        if self.disk.hung or self.incoming is not None or self.removed_at > self.configuration.index:
            return False
        return self.me in self.voters or (self.unsettled and self.group.may_need(self.me, self.commit))

    # Who belongs to the group

    @property
    def configuration(self) -> Configuration:
        """The newest in the log, which acts."""
        return self.group.newest

    @property
    def voter_sets(self) -> tuple[frozenset[NodeId], ...]:
        """Every decision needs a majority of each."""
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
        newest = self.configuration
        self.unsettled = newest.index > self.commit
        self.peers = tuple(sorted(self.group.members(self.commit) - {self.me}))
        if self.role is Role.LEADER:
            self.follow_progress(self.log.last_index)
        self.tell_configuration()

    def append(self, entries: tuple[Entry, ...]) -> None:
        """Add to the log. A configuration acts from now on."""
        self.log.append(entries)
        self._regroup(changed=self.group.append(entries, self.commit))

    def tell_configuration(self) -> None:
        """Tell the world who belongs to the group."""
        self.out.append(ConfigurationChanged(self.configuration, not self.unsettled, self.removed))

    def follow_progress(self, next_index: Index) -> None:
        """A leader watches exactly its peers; one that is new, or was removed and let in again, begins at `next_index`."""
        watched = {}
        for peer in self.peers:
            member = self.configuration.member(peer)
            joined_at = member.joined_at if member is not None else None
            progress = self.progress.get(peer)
            if progress is None or joined_at not in (None, progress.joined_at):
                progress = Progress(next_index, self.now, joined_at or 0)
            watched[peer] = progress
        self.departed += [peer for peer in self.progress if peer not in watched]
        self.progress = watched

    def configuration_changed(self) -> None:
        """Tell the world whom to connect to."""
        newest = self.configuration
        self.out.append(ConfigurationChanged(newest, newest.index <= self.commit))

    def log_is_current(self, last_index: Index, last_term: Term) -> bool:
        """Whether a log that ends so is at least as up to date as ours (paper, section 5.4.1)."""
        return (last_term, last_index) >= (self.log.last_term, self.log.last_index)

    # Effects

    def send(self, to: NodeId, message: RaftMessage) -> None:
        """Send, after making durable the term and vote that the message may show."""
        if self._hard_state_dirty:
            self.persist()
        self.out.append(Send(to, message))

    def persist(
        self,
        entries: tuple[Entry, ...] = (),
        truncate_from: Index | None = None,
        reset: LogPoint | None = None,
        compact: LogPoint | None = None,
    ) -> Position:
        """Write entries (already in the log) and whatever else changed. Returns the position to wait for."""
        hard = RaftHardState(self.term, self.voted_for) if self._hard_state_dirty else None
        self._hard_state_dirty = False
        self._position += 1
        self.out.append(
            Persist(
                position=self._position,
                hard_state=hard,
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

    def write_probe(self) -> None:
        """Have something written, to see how long it takes: what it says is on the disk already."""
        self._hard_state_dirty = True
        self.persist()

    def flush_hard_state(self) -> None:
        """At the end of a step: what changed is written even if nothing was sent."""
        if self._hard_state_dirty:
            self.persist()

    def written(self, position: Position) -> bool:
        """Writes up to `position` are on disk. Returns whether a disk that hung is thereby shown to be well."""
        while self._writes and self._writes[0][0] <= position:
            self.durable = max(self.durable, self._writes.popleft()[1])
        return self.disk.finished(position, self.now, self.config.disk_stall_ns)

    def explain(self, reason: str, **fields: int | str | None) -> None:
        """Say why, for people."""
        self.out.append(Explain(reason, fields))

    def announce_leader(self, leader: NodeId | None, *, ready: bool = False) -> None:
        """Tell the application, once per change."""
        news = (leader, self.term if leader is not None else 0, ready)
        self.leader = leader
        self.ready = ready
        if news != self._announced:
            self._announced = news
            self.out.append(LeaderChanged(leader, self.term, ready))

    # Changes

    def next_round(self) -> None:
        """Begin a sweep of messages: an answer to it shows that its sender was followed after this moment."""
        self.round += 1
        self.fresh.begun(self.round, self.now)

    def adopt_term(self, term: Term) -> None:
        """Move to a higher term; the vote is free in it."""
        if term <= self.term:
            raise InvariantError(f"term may only rise: from {self.term} to {term}")
        self.term = term
        self.voted_for = None
        self._hard_state_dirty = True

    def vote_for(self, candidate: NodeId) -> None:
        """Give this term's only vote."""
        if self.voted_for not in (None, candidate):
            raise InvariantError(f"already voted for {self.voted_for} in term {self.term}, not {candidate}")
        if self.voted_for is None:
            self.voted_for = candidate
            self._hard_state_dirty = True

    def reset_election_deadline(self) -> None:
        """Wait anew: uniformly between once and twice the election timeout (paper, section 5.2); with a full disk once more, and with a
        lower priority than others once more for each step, so that those come first."""
        timeout = self.config.election_timeout_ns
        waits = 1 + self.disk.short + self.group.behind.get(self.me, 0)
        self.election_deadline = self.now + timeout * waits + self.random.randrange(timeout)

    def campaign_within(self, milliseconds: int) -> None:
        """Campaign after a short random wait, and another one for each step of priority that others are above."""
        wait = milliseconds * MILLISECOND
        first = wait * self.group.behind.get(self.me, 0)
        self.election_deadline = self.now + first + self.random.randrange(wait + 1)

    def truncate_from(self, index: Index) -> None:
        """Drop entries from `index` on. What was being written of them no longer counts."""
        if index <= self.commit:
            raise InvariantError(f"node {self.me} would drop committed entry {index}, commit is {self.commit}")
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
        """Hand out what is committed and durable here, once, in order (paper, section 5.3)."""
        if self.unsettled and self.configuration.index <= self.commit:
            self._regroup()
        last = min(self.commit, self.durable)
        while self.applied < last:
            page = self.log.page(self.applied + 1, last, APPLY_PAGE_BYTES)
            self.applied = page[-1].index
            self.out.append(Apply(page))

    def check(self) -> None:
        """Assert the invariants of the class. It runs after every step of a simulation: it looks first, and finds words only for what is
        broken."""
        log = self.log
        last, last_term = log.last_index, log.last_term
        snapshot = self.snapshot_index
        if not (
            log.start.index <= snapshot <= self.applied <= self.commit <= last
            and self.applied <= self.durable <= last
            and last_term <= self.term
            and not self._hard_state_dirty
        ):
            self._say_what_is_broken()
        if self.configuration.index > last:
            raise self._broken("a configuration that is not in the log")
        if self.role is not Role.LEADER:
            if self.ready or self.progress:
                raise self._broken("ready without leading" if self.ready else "progress without leading")
            return
        if self.leader != self.me:
            raise self._broken("a leader that follows another")
        if self.progress.keys() != set(self.peers):
            raise self._broken("progress is not of the peers")
        if not self.voter_sets:
            raise self._broken("a leader of a group without voters")
        for progress in self.progress.values():
            if progress.match > last:
                raise self._broken("match beyond the log")
            progress.check()

    def _say_what_is_broken(self) -> None:
        log = self.log
        rules = {
            "log starts behind the snapshot's reach": log.start.index <= self.snapshot_index,
            "applied below the snapshot": self.snapshot_index <= self.applied,
            "applied above commit or disk": self.applied <= min(self.commit, self.durable),
            "commit beyond the log": self.commit <= log.last_index,
            "durable beyond the log": self.durable <= log.last_index,
            "an entry of a later term than ours": log.last_term <= self.term,
            "hard state changed without being written": not self._hard_state_dirty,
        }
        raise self._broken("; ".join(broken for broken, holds in rules.items() if not holds))

    def _broken(self, what: str) -> InvariantError:
        return InvariantError(
            f"node {self.me}, {self.role.value}, term {self.term}: {what} (snapshot {self.snapshot_index}, "
            f"applied {self.applied}, commit {self.commit}, durable {self.durable}, last {self.log.last_index})"
        )
