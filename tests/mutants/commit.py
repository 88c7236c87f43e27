"""Bugs of the leader's side of replication: what it counts, when it commits, and how it finds where the logs agree."""

from mutants.mutant import Edit, Mutant
from quorate.algorithms.logged import quorum
from quorate.algorithms.raft import commit, election, raft, replication, sending
from quorate.algorithms.raft.state import RaftState

COMMIT = (
    Mutant(
        "unsynced_self_counted",
        "A leader counts itself with what it has in memory.",
        "Raft dissertation, 10.2.1: the leader may write in parallel, but counts itself only when its entry is durable",
        (
            Edit(commit.advance_commit, "held[raft.me] = raft.durable", "held[raft.me] = raft.log.last_index"),
            Edit(
                raft.handle_persisted,
                "raft.role is Role.LEADER and raft.durable > raft.commit",
                "raft.role is Role.LEADER",
            ),
        ),
    ),
    Mutant(
        "earlier_term_committed_by_counting",
        "An entry of an earlier term is committed as soon as a majority has it.",
        "Raft, 5.4.2 and Figure 8: only entries of the leader's current term are committed by counting replicas",
        (
            Edit(
                commit.advance_commit,
                "index <= raft.commit or raft.log.term_at(index) != raft.term",
                "index <= raft.commit",
            ),
        ),
    ),
    Mutant(
        "committed_by_too_few",
        "One node less than a majority is enough to commit.",
        "Raft, 5.3: an entry is committed once it is replicated on a majority of the servers",
        (
            Edit(
                quorum.quorum_value,
                "ascending[len(ascending) - quorum_size(voters)]",
                "ascending[len(ascending) - max(1, len(voters) // 2)]",
            ),
        ),
    ),
    Mutant(
        "new_leader_takes_its_log_for_committed",
        "A node that is elected counts all that it holds as committed.",
        "Raft, 5.4.2: a leader cannot conclude that an entry of an earlier term is committed, even if many hold it",
        (
            Edit(
                election.become_leader,
                "    raft.role = Role.LEADER\n",
                "    raft.role = Role.LEADER\n    raft.commit = raft.log.last_index\n",
            ),
        ),
    ),
    Mutant(
        "applied_before_committed",
        "What is on the own disk is applied, whether a majority has it or not.",
        "Raft, 5.3 and Figure 2: only what is up to commitIndex is applied",
        (Edit(RaftState.apply_committed, "last = min(self.commit, self.durable)", "last = self.durable"),),
    ),
    Mutant(
        "applied_before_durable",
        "What is committed is applied, though this node has not written it yet.",
        "docs/raft.md, what is durable before what: an entry is on this disk before it is applied",
        (Edit(RaftState.apply_committed, "last = min(self.commit, self.durable)", "last = self.commit"),),
    ),
    Mutant(
        "match_from_a_refusal",
        "The hint of a refusal, where the logs may agree, counts as where they do.",
        "Raft, Figure 2: matchIndex is the highest entry known to be replicated; a refusal only lowers nextIndex",
        (
            Edit(
                replication._refused,
                "    # Below what was refused",
                "    progress.advance(min(message.hint_index, raft.log.last_index), raft.round)\n    # Below what was refused",
            ),
        ),
    ),
    Mutant(
        "sent_counts_as_matched",
        "What was sent counts as held by the peer as soon as the peer accepts anything.",
        "Raft, Figure 2: matchIndex rises with what a reply confirms, not with what was sent",
        (
            Edit(
                replication._accepted,
                "    progress.advance(match, raft.round)\n    # From",
                "    progress.advance(progress.next - 1, raft.round)\n    # From",
            ),
        ),
    ),
    Mutant(
        "no_entry_of_the_own_term",
        "A new leader waits for its first client instead of appending an entry of its own term.",
        "Raft, 8: a leader commits a no-op entry at the start of its term",
        (
            Edit(
                election.become_leader,
                'raft.noop_index = append_as_leader(raft, EntryKind.NOOP, b"", 0)',
                "raft.noop_index = raft.log.last_index",
            ),
        ),
        liveness=True,
    ),
    Mutant(
        "next_index_never_backs_off",
        "A leader whose peer lacks what came before sends it the same again and again.",
        "Raft, 5.3: after a rejection the leader decrements nextIndex and retries",
        (
            Edit(
                replication._refused,
                "progress.become_probe(min(_next_to_try(raft, message) + 1, message.refused_prev))",
                "return",
            ),
        ),
        liveness=True,
    ),
    Mutant(
        "snapshot_never_offered_again",
        "A snapshot that was offered once is not offered again, though nothing was heard of it.",
        "Raft, 5.5: RPCs that are not answered are retried indefinitely",
        (Edit(sending.reoffer_if_silent, "silent_since is not None", "False"),),
        liveness=True,
    ),
)
