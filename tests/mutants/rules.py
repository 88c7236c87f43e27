"""The rules of docs/raft-rules.md, each broken on purpose, and a test that must fail then.

What storms find as well is taken from their mutants; the others are here.
"""

from __future__ import annotations

from mutants.catalog import find
from mutants.mutant import Edit
from mutants.proof import GOLDEN, Proof, broken
from mutants.rules_members import PROOFS_OF_MEMBERS
from quorate.algorithms.logged.keeper import LogKeeper
from quorate.algorithms.raft import election, proposals, raft, replication, snapshots
from quorate.algorithms.raft.state import RaftState
from quorate.runtime.driver import Driver

PROOFS = (
    Proof(
        "R1",
        "algorithms.raft.test_election:test_r1_no_two_votes_in_one_term_whatever_happens_between",
        find("vote_not_persisted"),
        {"asked_in": 2},
    ),
    Proof(
        "R2",
        "scenarios.test_leadership:test_r2_a_late_vote_makes_no_leader",
        find("votes_of_an_older_campaign_counted"),
    ),
    Proof(
        "R3",
        "scenarios.test_pre_vote:test_s_e21_r3_a_pre_vote_is_no_self_vote",
        find("pre_vote_counted_as_vote"),
    ),
    Proof(
        "R3", "paper.test_figure_2_rules:test_r3_all_but_a_pre_vote_raises_no_term", find("pre_vote_raises_the_term")
    ),
    Proof(
        "R4",
        "scenarios.test_pre_vote:test_s_e18_r4_a_pre_candidate_with_the_lower_term_is_answered_and_freed",
        broken(
            "R4",
            "Requests of a lower term are dropped in silence.",
            Edit(
                raft._handle_older_term,
                "(VoteRequest, PreVoteRequest, VoteReply, PreVoteReply)",
                "(VoteReply, PreVoteReply)",
            ),
        ),
    ),
    Proof(
        "R4",
        "algorithms.raft.test_election:test_r4_stickiness_has_one_exception",
        broken(
            "R4",
            "The leader's own request is refused because it was heard.",
            Edit(election.why_sticky, "sender != raft.leader and ", ""),
        ),
    ),
    Proof(
        "R5",
        "scenarios.test_leadership:test_s_e24_r5_a_candidate_stuck_on_a_higher_term_is_freed",
        broken(
            "R5",
            "A leader of a lower term is not answered.",
            Edit(snapshots.refuse_old_leader, "raft.send(sender, AppendReply(raft.term, 0, ok=False))", "pass"),
        ),
        GOLDEN,
    ),
    Proof(
        "R6",
        "scenarios.test_pre_vote:test_s_e19_r6_r8_a_flood_of_pre_votes_and_votes_unseats_nobody",
        find("vote_while_sticky"),
    ),
    Proof(
        "R8",
        "scenarios.test_pre_vote:test_s_e19_r6_r8_a_flood_of_pre_votes_and_votes_unseats_nobody",
        broken(
            "R8",
            "A candidate's term is adopted although a leader is heard.",
            Edit(raft._keeps_term, "return isinstance(message, VoteRequest)", "return False"),
        ),
    ),
    Proof(
        "R7",
        "algorithms.raft.test_election:test_r7_the_same_candidate_gets_the_same_vote_again",
        broken(
            "R7",
            "Whoever has its vote is refused when it asks again.",
            Edit(election.handle_vote_request, "raft.voted_for not in (None, sender)", "raft.voted_for is not None"),
        ),
    ),
    Proof(
        "R9",
        "scenarios.test_election:test_s_e7_r9_a_higher_term_makes_every_role_a_follower",
        find("leader_ignores_higher_term"),
        {"role": "leader"},
    ),
    Proof(
        "R9",
        "algorithms.raft.test_election:test_r9_candidates_are_demoted_by_an_answer_with_a_newer_term",
        broken(
            "R9",
            "A newer term in an answer to a candidate is passed over.",
            Edit(
                raft._keeps_term,
                "    if isinstance(message, PreVoteReply):\n        return message.granted\n",
                "    if isinstance(message, (PreVoteReply, VoteReply)):\n        return True\n",
            ),
        ),
    ),
    Proof(
        "R10",
        "scenarios.test_leadership:test_r10_a_heartbeat_waits_behind_what_is_written",
        broken(
            "R10",
            "Heartbeats go past the writes that they would wait behind.",
            Edit(
                RaftState.send,
                "    self.out.append(Send(to, message))",
                "    self.out.append(Send(to, message, at_once=not getattr(message, 'entries', True)))",
            ),
        ),
    ),
    Proof(
        "R11",
        "scenarios.test_transfer:test_s_m16_s_m18_r11_a_slow_target_is_let_catch_up_first",
        broken(
            "R11",
            "Proposals are taken while leadership is handed over.",
            Edit(proposals._refusal, "raft.transfer is not None", "False"),
        ),
    ),
    Proof(
        "R13",
        "scenarios.test_reads:test_s_q2_r13_a_new_leader_serves_none_before_a_commit_of_its_term",
        find("read_before_a_commit_of_the_own_term"),
    ),
    Proof(
        "R14",
        "scenarios.test_reads:test_s_q3_r14_r15_an_acknowledgment_of_an_earlier_round_confirms_nothing",
        find("answer_to_an_older_round_confirms"),
    ),
    Proof(
        "R15",
        "scenarios.test_reads:test_s_q3_r14_r15_an_acknowledgment_of_an_earlier_round_confirms_nothing",
        find("read_without_a_round"),
    ),
    Proof(
        "R15",
        "runtime.test_driver_reads:test_r15_a_reader_is_told_when_the_index_is_applied",
        find("read_answered_before_applied"),
    ),
    Proof(
        "R16",
        "scenarios.test_replication:test_s_r7_r16_reordered_appends_end_in_the_same_log",
        find("truncation_on_a_stale_append"),
    ),
    Proof(
        "R17",
        "paper.test_figure_2:test_r17_append_5_commit_is_the_lesser_of_the_leaders_and_the_last_new_entry",
        find("commit_beyond_what_was_verified"),
        {"leader_commit": 4, "commit": 3},
    ),
    Proof(
        "R18",
        "scenarios.test_commit:test_s_r3_r18_only_entries_of_the_current_term_are_counted",
        find("earlier_term_committed_by_counting"),
        GOLDEN,
    ),
    Proof(
        "R19",
        "scenarios.test_storage:test_r19_a_hint_is_never_above_what_its_write_makes_durable",
        broken(
            "R19",
            "The hint is what the leader says.",
            Edit(replication.handle_append, "min(message.commit, verified)", "message.commit"),
        ),
    ),
    Proof(
        "R19",
        "scenarios.test_storage:test_s_d5_r19_a_hint_beyond_the_log_neither_hangs_nor_applies_what_is_not_there",
        broken(
            "R19",
            "A hint is believed at the start.",
            Edit(LogKeeper.__init__, "min(durable.commit, self.durable)", "durable.commit"),
        ),
    ),
    Proof(
        "R20",
        "scenarios.test_commit:test_r20_nothing_queued_is_appended_under_a_newer_term",
        broken(
            "R20",
            "A deposed leader goes on appending.",
            Edit(
                proposals.handle_proposed,
                "    _forward(raft, event)",
                "    append_as_leader(raft, EntryKind.BATCH, event.data, crc32(event.data))",
            ),
        ),
    ),
    Proof(
        "R21",
        "scenarios.test_replication:test_s_r6_r21_hints_skip_whole_terms_on_both_sides",
        broken(
            "R21",
            "The leader goes back entry by entry, whatever the hint.",
            Edit(
                replication._refused,
                "min(_next_to_try(raft, message) + 1, message.refused_prev)",
                "message.refused_prev",
            ),
        ),
    ),
    Proof(
        "R22",
        "scenarios.test_commit:test_s_r16_r22_the_aba_race_of_pipelined_writes",
        find("write_vouches_for_what_was_cut"),
        GOLDEN,
    ),
    Proof(
        "R22",
        "scenarios.test_commit:test_r22_an_acknowledgment_of_an_old_append_tells_a_new_leader_nothing",
        broken(
            "R22",
            "The answer to an Append of an earlier term is one to the present leader.",
            Edit(
                snapshots.refuse_old_leader,
                "AppendReply(raft.term, 0, ok=False)",
                "AppendReply(raft.term, 5, ok=False)",
            ),
        ),
    ),
    Proof(
        "R23",
        "scenarios.test_commit:test_r23_a_follower_applies_no_more_than_it_has_on_disk",
        find("applied_before_durable"),
    ),
    Proof(
        "R23",
        "scenarios.test_commit:test_r23_apply_waits_for_the_own_disk",
        broken(
            "R23",
            "A node alone commits and applies what it has in memory.",
            *find("unsynced_self_counted").edits,
            *find("applied_before_durable").edits,
        ),
    ),
    Proof("R23", "storage.test_snapshots:test_r23_crashes_while_one_is_taken", find("rename_without_directory_sync")),
    Proof(
        "R24",
        "scenarios.test_storage:test_s_d2_r24_committed_entries_come_in_pages_none_lost_none_twice",
        broken(
            "R24",
            "What follows the first page is not handed out.",
            Edit(RaftState.apply_committed, "self.applied = page[-1].index", "self.applied = last"),
        ),
    ),
    Proof(
        "R34",
        "scenarios.test_snapshot:test_s_s7_r34_installing_deletes_conflicting_entries",
        broken(
            "R34",
            "What the log held stays, behind the snapshot.",
            Edit(RaftState.reset_log, "self.log.reset(point)", "self.log.start = point"),
        ),
        {"suffix": (1, 1)},
    ),
    Proof(
        "R35",
        "scenarios.test_snapshot_transfer:test_s_s11_r35_a_transfer_cut_at_any_chunk_goes_on_there",
        broken(
            "R35",
            "Whoever offers a snapshot that is half here is not told where to go on.",
            Edit(snapshots.handle_snapshot_offer, "raft.incoming.offset", "0"),
        ),
        {"offset": 50, "by": "another leader"},
    ),
    Proof(
        "R36",
        "scenarios.test_snapshot:test_s_s5_r36_an_old_snapshot_is_ignored",
        find("stale_snapshot_installed"),
    ),
    Proof(
        "R36",
        "scenarios.test_leadership:test_s_e25_r36_an_installing_node_never_campaigns",
        broken(
            "R36",
            "A node in the middle of a snapshot campaigns.",
            Edit(RaftState.may_campaign, " or self.incoming is not None", ""),
        ),
    ),
    Proof(
        "R36",
        "runtime.test_snapshots_loading:test_r36_a_received_snapshot_replaces_the_state_and_later_applies_wait_for_it",
        find("applied_while_a_snapshot_loads"),
    ),
    Proof(
        "R37",
        "scenarios.test_clients:test_r37_a_late_copy_is_refused_without_a_promise",
        broken(
            "R37",
            "The refusal of a second copy is told as final.",
            Edit(proposals.handle_forward_reply, "message.refused == LATE_COPY or ", ""),
        ),
    ),
    Proof(
        "R37",
        "scenarios.test_clients:test_r37_a_proposal_that_was_sent_twice_is_not_refused_for_good",
        broken(
            "R37",
            "The first of two copies is forgotten.",
            Edit(proposals.handle_forward_reply, " or pending.again", ""),
        ),
    ),
    Proof(
        "R38",
        "runtime.test_turns:test_r38_a_batch_of_another_node_answers_nobody_here_even_if_it_has_the_same_number",
        find("answer_matched_by_sequence_alone"),
    ),
    Proof(
        "R39",
        "runtime.test_snapshots_loading:test_s_c5_r39_who_waits_for_what_a_snapshot_covers_is_answered_from_it",
        broken(
            "R39",
            "Nobody looks whose batches a loaded snapshot covers.",
            Edit(Driver._go_on_after_load, "self._proposals.pending_sequences()", "()"),
        ),
    ),
    Proof(
        "R40",
        "runtime.test_driver_end:test_r40_a_machine_that_fails_stops_the_node_and_nothing_after_it_happens",
        broken("R40", "A failure of the machine is passed over.", Edit(Driver._turn, "self.fail(error)", "pass")),
    ),
    *PROOFS_OF_MEMBERS,
)
