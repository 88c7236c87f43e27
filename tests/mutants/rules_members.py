"""The rules about leases and members, each broken on purpose."""

from __future__ import annotations

from mutants.catalog import find
from mutants.mutant import Edit
from mutants.proof import Proof, broken
from quorate.algorithms.logged import membership as changes
from quorate.algorithms.raft import election, replication
from quorate.core.reconfigure import Add
from quorate.server import member_advice

_CHANGES = "scenarios.test_membership:"

PROOFS_OF_MEMBERS = (
    Proof(
        "R12",
        "algorithms.raft.test_lease:test_r12_a_lease_ends_before_a_fast_voter_may_forget_a_slow_leader",
        find("lease_longer_than_the_voters_silence"),
    ),
    Proof(
        "R25",
        _CHANGES + "test_s_m2_r25_none_before_a_commit_of_the_own_term",
        find("change_before_a_commit_of_the_own_term"),
    ),
    Proof(
        "R26",
        _CHANGES + "test_s_m8_r26_a_learner_votes_and_a_voter_that_does_not_know_it_is_one_votes_too",
        broken(
            "R26",
            "Who is no voter by its own log refuses its vote.",
            Edit(
                election.handle_vote_request,
                '    reason = ""\n',
                '    reason = "" if raft.me in raft.voters else "learner"\n',
            ),
        ),
    ),
    Proof(
        "R27",
        _CHANGES + "test_s_m5_r27_a_new_leader_takes_over_an_unfinished_joint_change",
        find("leader_does_not_leave_joint"),
    ),
    Proof(
        "R28",
        _CHANGES + "test_r28_truncation_brings_back_the_configuration_before",
        find("configuration_not_rolled_back"),
    ),
    Proof(
        "R29",
        _CHANGES + "test_r29_replies_to_an_earlier_membership_do_not_touch_the_new_one",
        broken(
            "R29",
            "What a member confirmed before it was removed and let in again counts for the new membership.",
            Edit(replication.handle_append_reply, "message.joined_at != progress.joined_at", "False"),
        ),
    ),
    Proof(
        "R30",
        "scenarios.test_removal:test_s_m10_r30_a_removed_leader_finishes_its_removal_and_hands_over",
        broken(
            "R30",
            "A leader whose removal is committed goes on leading.",
            Edit(changes.go_on, "keeper.me not in configuration.voters", "False"),
        ),
        {"others": ()},
    ),
    Proof(
        "R31",
        "scenarios.test_removal:test_r31_the_tally_follows_the_configuration",
        broken(
            "R31",
            "A majority of those that were asked elects.",
            Edit(election.decide, "joint_tally(raft.voter_sets,", "joint_tally([frozenset((raft.me, *raft.peers))],"),
        ),
    ),
    Proof(
        "R32",
        "core.test_reconfigure:test_r32_another_directory_under_a_known_id_is_refused",
        broken(
            "R32",
            "A member may come with any data directory.",
            Edit(Add.suits, "(not self.disk or member.disk in (0, self.disk)) and ", ""),
        ),
    ),
    Proof(
        "R33",
        "server.test_member_advice:test_r33_two_voters_are_told_what_the_loss_of_one_means_before_it_happens",
        broken("R33", "Two voters are as good as any.", Edit(member_advice.advice, "count == 2", "count == -2")),
    ),
)
