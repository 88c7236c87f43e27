"""Bugs of leases, and of reads that a node answers by itself."""

from mutants.mutant import Absent, Edit, Mutant
from quorate.algorithms.raft import election, lease, replication
from quorate.algorithms.raft.config import RaftConfig
from quorate.runtime.near import Near

_SECTION = "Raft dissertation, 6.4.1: "

LEASES = (
    Mutant(
        "lease_longer_than_the_voters_silence",
        "A lease lasts two election timeouts; voters are silent for one.",
        _SECTION + "the lease is over before another server can have been elected",
        (
            Edit(
                RaftConfig.lease_ns,
                "self.election_timeout_ns * (100 - drift) // (100 + drift) - LEASE_MARGIN_NS",
                "self.election_timeout_ns * 2 + drift",
            ),
        ),
    ),
    Mutant(
        "lease_ignores_what_clocks_may_differ",
        "A lease lasts an election timeout, by a clock that may be slow, while a voter's may be fast.",
        _SECTION + "the lease is shorter than the election timeout by the bound on clock drift",
        (Edit(RaftConfig.lease_ns, "(100 - drift) // (100 + drift) - LEASE_MARGIN_NS", "(100 + drift) // 100"),),
    ),
    Mutant(
        "lease_counted_from_the_reply",
        "A lease begins when the answers come in, not when the round went out.",
        _SECTION + "the lease begins when the leader sent the heartbeats that a majority acknowledged",
        (
            Edit(
                lease._sent_at,
                "return raft.fresh.sent_at(number) if number > raft.fresh.void_to else None",
                "heard = {peer: progress.contact_at for peer, progress in raft.progress.items()} | {raft.me: now}\n"
                "    return joint_value(raft.voter_sets, heard) if number > raft.fresh.void_to else None",
            ),
        ),
    ),
    Mutant(
        "lease_not_void_after_oversleep",
        "A leader that has not been running trusts its clock with the lease it had before.",
        "what the clock of a suspended machine counts is rough: docs/reads.md",
        (Edit(lease.late, "overslept(due, now, raft.config.election_timeout_ns)", "False"),),
    ),
    Mutant(
        "lease_kept_after_the_order_to_campaign",
        "A leader that has told another node to campaign goes on answering by its lease.",
        "Raft dissertation, 6.4.1 with 3.10: the target does not wait until the lease is over",
        (Edit(lease.lease_until, "raft.fresh.handed_over == raft.term", "raft.fresh.handed_over < 0"),),
    ),
    Mutant(
        "restarted_voter_votes_at_once",
        "A node that has just started votes for whoever asks, though it may have heard a leader right before.",
        "a voter's silence, on which a lease rests, outlives its process: docs/reads.md",
        (Edit(lease.promise_after_start, "raft.now + raft.config.election_timeout_ns", "raft.now"),),
    ),
    Mutant(
        "lease_not_checked_again_after_reading",
        "A read by lease that has to wait for the machine is answered when that has caught up, lease or not.",
        "what vouches for a read holds when it has been read: docs/reads.md",
        (Edit(Near._still_vouched, "return self._holds_lease(self._standing())", "return True"),),
    ),
    Mutant(
        "lease_before_a_commit_of_the_own_term",
        "A new leader answers by its lease before it knows how far its predecessors had committed.",
        "Raft, 8; dissertation, 6.4: the leader must have committed an entry of its term before it serves a read",
        (Edit(lease.lease_until, " or raft.commit < raft.noop_index", ""),),
    ),
    Mutant(
        "vote_in_an_adopted_term_breaks_a_lease",
        "A node that hears a leader, and is moved to a later term by some stray message, votes in it at once.",
        _SECTION + "a voter that has heard the leader is silent for an election timeout, whatever its term is by then",
        (Edit(election.bound_by_lease, "raft.config.lease_reads and not message.transfer", "False"),),
    ),
    Mutant(
        "age_counted_by_a_leader_without_a_commit_of_its_term",
        "A new leader's commit index counts as all there is, though its predecessor had committed more.",
        "Raft dissertation, 6.4: the leader must have committed an entry of its term; docs/reads.md",
        (
            Edit(
                replication.handle_append,
                "current=raft.log.term_at(message.commit) == message.term",
                "current=True",
            ),
        ),
    ),
)

ABSENT_LEASES: tuple[Absent, ...] = ()
