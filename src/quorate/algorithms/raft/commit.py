"""When an entry is committed, and what follows from it at the leader."""

from quorate.algorithms.logged.quorum import joint_value
from quorate.algorithms.raft.state import RaftState, Role


def advance_commit(raft: RaftState) -> bool:
    """Commit the largest index that a quorum has on disk, if its entry is of the current term (paper, section 5.4.2, Figure 8);
    everything below it is thereby committed. The leader counts itself with what is durable. Returns whether it moved."""
    held = {peer: progress.match for peer, progress in raft.progress.items()}
    held[raft.me] = raft.durable
    index = joint_value(raft.voter_sets, held)
    if index <= raft.commit or raft.log.term_at(index) != raft.term:
        return False
    raft.uncommitted_bytes -= sum(len(entry.data) for entry in raft.log.between(raft.commit + 1, index))
    raft.commit = index
    raft.fresh.heard(index, raft.now, current=True)
    return True


def apply_and_announce(raft: RaftState) -> None:
    """Hand out what can be; once the term's first entry is applied, everything committed before it is, and the leader is ready."""
    raft.apply_committed()
    if raft.role is Role.LEADER and not raft.ready and raft.applied >= raft.noop_index:
        raft.announce_leader(raft.me, ready=True)
