"""Reads without a round: leases, and how old a state is (dissertation, section 6.4.1).

Theory of operation. A follower that has heard its leader helps to replace it only an election timeout later, by its own clock; so a
leader that a quorum has heard is the only one for about as long. The lease counts from the moment at which the round was sent that the
quorum has acknowledged, because the quorum heard it later than that, never earlier. It is shorter than the election timeout by what the
clocks may differ. What makes the promise good:

- A node refuses votes and pre-votes while it has heard a leader, in whatever term it is by now; with leases the short ways around that
  (fast failover) do not exist.
- A node that has restarted keeps the promise that it has forgotten: for an election timeout it replaces nobody.
- A leader that tells another node to campaign gives its lease up for the rest of the term: that message may arrive late.
- A leader that overslept trusts its clock only with rounds that it sends from then on: what a suspended machine's clock counts is rough.

Everything is looked up when a read asks, so that a node without such reads pays next to nothing.
"""

from quorate.algorithms.logged.disk_watch import overslept
from quorate.algorithms.logged.quorum import joint_value
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.consistency import Standing
from quorate.core.ids import Index, Nanos


def acknowledged_round(raft: RaftState) -> int:
    """The newest round that a quorum has acknowledged; the leader counts itself, if it votes."""
    acknowledged = {peer: progress.round for peer, progress in raft.progress.items()}
    acknowledged[raft.me] = raft.round
    return joint_value(raft.voter_sets, acknowledged)


def confirmed_at(raft: RaftState, now: Nanos) -> Nanos | None:
    """A moment of which it is certain that this leader led, the newest there is; None: none in this term."""
    return _sent_at(raft, acknowledged_round(raft), now)


def lease_until(raft: RaftState, now: Nanos) -> Nanos | None:
    """When the lease ends, or has ended; None: there is none. Before an entry of its own term is committed a leader does not know how
    far its predecessors had committed, lease or not. Only those count that promised their silence: one whose settings know no leases, or
    a shorter timeout, promises nothing that a lease could rest on."""
    if not raft.config.lease_reads or raft.role is not Role.LEADER or raft.commit < raft.noop_index:
        return None
    if raft.fresh.handed_over == raft.term:
        return None
    promised = {peer: progress.silent_round for peer, progress in raft.progress.items()}
    promised[raft.me] = raft.round
    start = _sent_at(raft, joint_value(raft.voter_sets, promised), now)
    return None if start is None else start + raft.config.lease_ns


def _sent_at(raft: RaftState, number: int, now: Nanos) -> Nanos | None:
    """When a round began, if it still counts; one that nobody else need hear begins all the time."""
    if not raft.voters - {raft.me}:
        return now
    return raft.fresh.sent_at(number) if number > raft.fresh.void_to else None


def standing(raft: RaftState, applied: Index, now: Nanos, due: Nanos | None) -> Standing:
    """What can be said of a state at `applied`. `due`: when this node wanted to be woken."""
    if raft.role is not Role.LEADER:
        return Standing(max(raft.commit, raft.fresh.commit), None, raft.fresh.fresh_at(applied))
    fresh_at = raft.fresh.fresh_at(applied)
    if applied >= raft.commit >= raft.noop_index:
        confirmed = confirmed_at(raft, now)
        fresh_at = max((at for at in (fresh_at, confirmed) if at is not None), default=None)
    until = None if late(raft, due, now) else lease_until(raft, now)
    return Standing(raft.commit, until, fresh_at)


def late(raft: RaftState, due: Nanos | None, now: Nanos) -> bool:
    """Whether this process has not been running for a while: it was to be woken long ago."""
    return overslept(due, now, raft.config.election_timeout_ns)


def note_oversleep(raft: RaftState, due: Nanos | None) -> None:
    """At the start of a step. A leader that overslept gives up what it holds: the next round that is acknowledged is a new lease."""
    if raft.role is Role.LEADER and late(raft, due, raft.now) and raft.fresh.void_to < raft.round:
        raft.fresh.void_to = raft.round
        raft.explain("lease_void", why="overslept")


def note_hand_over(raft: RaftState) -> None:
    """Another node was told to campaign; it may come to that at any time now."""
    if raft.fresh.handed_over != raft.term:
        raft.fresh.handed_over = raft.term
        if raft.config.lease_reads:
            raft.explain("lease_void", why="handed_over")


def promise_after_start(raft: RaftState) -> None:
    """The process before this one may have heard a leader just before it died, and nobody knows. A node that never had a term never
    heard one."""
    if raft.config.lease_reads and raft.term > 0:
        raft.fresh.promised_until = raft.now + raft.config.election_timeout_ns
