"""The state of one Raft node, all of it, and the few ways in which effects leave it.

Theory of operation. A step runs handlers, which are functions of (state, message); they change the state and call the methods
below and of `LogKeeper`, which append to `out` in the order in which the driver must act. Two rules give Raft its safety: `LogKeeper` has
the one about writes and what they vouch for; the other is that hard state (term and vote) is written before anything that shows it.
Handlers set it with `adopt_term` or `vote_for`, which only mark it; `send` and `persist` write it first, as one record.
"""

from collections import deque
from enum import StrEnum
from random import Random

from quorate.algorithms.logged.freshness import Freshness
from quorate.algorithms.logged.incoming import Incoming
from quorate.algorithms.logged.keeper import LogKeeper
from quorate.algorithms.logged.pending import Asker, ForwardedProposal, ReadRequest, ReadRound
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import Append, AskReply, RaftHardState, RaftMessage
from quorate.algorithms.raft.progress import Progress
from quorate.core.durable import Durable, Identity, LogPoint
from quorate.core.effects import Send
from quorate.core.entry import Entry
from quorate.core.errors import InvariantError
from quorate.core.ids import MILLISECOND, Index, Nanos, NodeId, Position, Term


class Role(StrEnum):
    """Figure 4 of the paper, with PreVote's role between follower and candidate."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre_candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"


class RaftState(LogKeeper):
    """Invariants, checked by `check`: those of `LogKeeper`; a leader has progress for exactly its peers, with `match < next`;
    `durable <= last`."""

    def __init__(self, identity: Identity, config: RaftConfig, durable: Durable, random: Random) -> None:
        hard = durable.hard_state
        if hard is not None and not isinstance(hard, RaftHardState):
            raise InvariantError(f"hard state of another algorithm: {type(hard).__name__}")
        super().__init__(identity, durable, random)
        self.config = config

        self.term: Term = hard.term if hard else 0
        self.voted_for: NodeId | None = hard.voted_for if hard else None
        self._hard_state_dirty = False

        self.role = Role.FOLLOWER
        self.leader_contact: Nanos | None = None
        self.election_deadline: Nanos = 0
        self.suspect: NodeId | None = None
        self.suspected_at = self.new_until = 0
        self.asked_at: Nanos | None = None
        self.versions: dict[NodeId, int] = {}
        self.campaign_term: Term = 0
        self.campaign_ordered = False
        self.votes: dict[NodeId, bool] = {}
        self.refusals: dict[NodeId, tuple[Term, str]] = {}
        self.own_vote_position: Position = 0

        self.progress: dict[NodeId, Progress] = {}
        self.round = 0
        self.last_append: Append | None = None
        self.fresh = Freshness(config.election_timeout_ns)
        self.quorum_check_at: Nanos = 0
        self.noop_index: Index = 0
        self.uncommitted_bytes = 0
        self.own_proposals: dict[int, Index] = {}
        self.forward_seen: dict[NodeId, tuple[int, int]] = {}
        self.forwarded: dict[NodeId, Index] = {}
        self.commit_at: Nanos = 0

        self.snapshot_paid_at: Nanos = 0

        self.reads_waiting: list[ReadRequest] = []
        self.read_rounds: deque[ReadRound] = deque()

        self.remote_reads: dict[int, None] = {}
        self.forwards: dict[int, ForwardedProposal] = {}
        self.forward_number = 0
        self.incoming: Incoming | None = None

    # What is derived

    @property
    def token(self) -> Term:
        """The term."""
        return self.term

    @property
    def stall_ns(self) -> Nanos:
        """As the settings say."""
        return self.config.disk_stall_ns

    @property
    def may_campaign(self) -> bool:
        """Whether this node could lead: it is a voter, its disk is well, and it is not in the middle of loading a snapshot. As long as a
        configuration without it may be taken back, it may still be needed."""
        if self.disk.hung or self.incoming is not None or self.removed_at > self.configuration.index:
            return False
        return self.me in self.voters or (self.unsettled and self.group.may_need(self.me, self.commit))

    def _follow_peers(self, _gone: list[NodeId]) -> None:
        if self.role is Role.LEADER:
            self.follow_progress(self.log.last_index)

    def _answer_on(self, node: NodeId, asker: Asker, refused: str, hint: NodeId | None) -> None:
        self.send(node, AskReply(self.term, asker.incarnation, asker.id, refused, hint))

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
        return self.write(hard, entries, truncate_from, reset, compact)

    def write_probe(self) -> None:
        """Have something written, to see how long it takes: what it says is on the disk already."""
        self._hard_state_dirty = True
        self.persist()

    def flush_hard_state(self) -> None:
        """At the end of a step: what changed is written even if nothing was sent."""
        if self._hard_state_dirty:
            self.persist()

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
