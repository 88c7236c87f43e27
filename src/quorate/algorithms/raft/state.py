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
from quorate.algorithms.raft.log import Log
from quorate.algorithms.raft.messages import RaftHardState, RaftMessage
from quorate.algorithms.raft.progress import Progress
from quorate.core.durable import Durable, Identity, LogPoint
from quorate.core.effects import Apply, Effect, Explain, LeaderChanged, Persist, Send
from quorate.core.entry import Entry
from quorate.core.errors import InvariantError
from quorate.core.ids import MILLISECOND, Index, Nanos, NodeId, Position, Term
from quorate.core.snapshot import SnapshotMeta

APPLY_PAGE_BYTES = 4 * 1024 * 1024


class Role(StrEnum):
    """Figure 4 of the paper, with PreVote's role between follower and candidate."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre_candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"


class ReadRequest:
    """A read waiting at the leader. `asker` is None for a local one."""

    __slots__ = ("asker", "id", "incarnation")

    def __init__(self, asker: NodeId | None, incarnation: int, read_id: int) -> None:
        self.asker = asker
        self.incarnation = incarnation
        self.id = read_id


class ReadRound:
    """Reads that share one confirmation: `index` was the commit index when `round` was sent."""

    __slots__ = ("index", "requests", "round")

    def __init__(self, round_number: int, index: Index, requests: list[ReadRequest]) -> None:
        self.round = round_number
        self.index = index
        self.requests = requests


class Incoming:
    """A snapshot being received: `offset` bytes are durable; `writing`: more are on their way to disk."""

    __slots__ = ("meta", "offset", "writing")

    def __init__(self, meta: SnapshotMeta) -> None:
        self.meta = meta
        self.offset = 0
        self.writing = False


class ForwardedProposal:
    """A proposal of this node that was sent to a leader and is not known to be settled. `again`: it was sent before, under
    another number."""

    __slots__ = ("again", "leader", "number")

    def __init__(self, number: int, leader: NodeId, *, again: bool) -> None:
        self.number = number
        self.leader = leader
        self.again = again


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
        self.voters: frozenset[NodeId] = frozenset(identity.members)
        self.peers: tuple[NodeId, ...] = tuple(sorted(self.voters - {self.me}))
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

        self.role = Role.FOLLOWER
        self.leader: NodeId | None = None
        self._announced: tuple[NodeId | None, Term, bool] = (None, 0, False)
        self.leader_contact: Nanos | None = None
        self.election_deadline: Nanos = 0
        self.suspect: NodeId | None = None
        self.suspected_at: Nanos = 0
        self.unreachable: set[NodeId] = set()
        self.campaign_term: Term = 0
        self.votes: dict[NodeId, bool] = {}
        self.own_vote_position: Position = 0

        self.progress: dict[NodeId, Progress] = {}
        self.round = 0
        self.quorum_check_at: Nanos = 0
        self.noop_index: Index = 0
        self.ready = False
        self.uncommitted_bytes = 0
        self.own_proposals: dict[int, Index] = {}
        self.forward_seen: dict[NodeId, tuple[int, int]] = {}

        self.reads_waiting: list[ReadRequest] = []
        self.read_rounds: deque[ReadRound] = deque()

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
        """Whether this node could lead: it is a voter, and it is not in the middle of loading a snapshot."""
        return self.me in self.voters and self.incoming is None

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
        return self._position

    def flush_hard_state(self) -> None:
        """At the end of a step: what changed is written even if nothing was sent."""
        if self._hard_state_dirty:
            self.persist()

    def written(self, position: Position) -> None:
        """Writes up to `position` are on disk."""
        while self._writes and self._writes[0][0] <= position:
            self.durable = max(self.durable, self._writes.popleft()[1])

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
        """Wait anew: uniformly between once and twice the election timeout (paper, section 5.2)."""
        timeout = self.config.election_timeout_ns
        self.election_deadline = self.now + timeout + self.random.randrange(timeout)

    def campaign_within(self, milliseconds: int) -> None:
        """Campaign after a short random wait."""
        self.election_deadline = self.now + self.random.randrange(milliseconds * MILLISECOND + 1)

    def truncate_from(self, index: Index) -> None:
        """Drop entries from `index` on. What was being written of them no longer counts."""
        if index <= self.commit:
            raise InvariantError(f"node {self.me} would drop committed entry {index}, commit is {self.commit}")
        self.log.truncate_from(index)
        self.durable = min(self.durable, index - 1)
        self._writes = deque((position, min(last, index - 1)) for position, last in self._writes)

    def reset_log(self, point: LogPoint) -> None:
        """Drop the whole log, which a snapshot replaces."""
        self.log.reset(point)
        self._writes = deque((position, 0) for position, _ in self._writes)
        self.durable = self.commit = self.applied = point.index

    def apply_committed(self) -> None:
        """Hand out what is committed and durable here, once, in order (paper, section 5.3)."""
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
        if self.role is not Role.LEADER:
            if self.ready or self.progress:
                raise self._broken("ready without leading" if self.ready else "progress without leading")
            return
        if self.leader != self.me:
            raise self._broken("a leader that follows another")
        if self.progress.keys() != set(self.peers):
            raise self._broken("progress is not of the peers")
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
