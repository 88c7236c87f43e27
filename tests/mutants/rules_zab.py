"""ZooKeeper's known failures by the names of docs/zab.md, each put back on purpose, and a test that must fail then.

What storms find as well is taken from their mutants; the others are here.
"""

from __future__ import annotations

from mutants.catalog import find
from mutants.mutant import Edit, Mutant
from mutants.proof import Proof
from quorate.algorithms.zab import ballots, broadcast, discovery, election, taking_over
from quorate.algorithms.zab.state import ZabState
from quorate.runtime.barrier import Barrier

_TALKS = "scenarios.test_zab_conversations:"
_CRASHES = "scenarios.test_zab_crashes:"
_NAMED = "scenarios.test_zab_named_bugs:"
_ELECTION = "scenarios.test_zab_election:"


def broken(scenario: str, meaning: str, *edits: Edit) -> Mutant:
    """A rule broken for its test alone."""
    return Mutant(f"{scenario}_broken", meaning, "docs/zab.md, known failures", edits, algorithm="zab")


NAMED_BUGS = (
    Proof(
        "retained_memory",
        _TALKS + "test_f12_retained_memory_what_was_staged_is_forgotten_with_the_leader",
        find("retained_memory"),
    ),
    Proof("lost_snapshot", _NAMED + "test_lost_snapshot_log_and_disk_are_replaced_together", find("lost_snapshot")),
    Proof(
        "lost_trunc",
        _NAMED + "test_lost_trunc_what_was_to_be_cut_is_still_there_when_the_leader_is_lost",
        find("lost_trunc"),
    ),
    Proof(
        "ack_before_disk",
        _CRASHES + "test_ack_before_disk_a_crash_before_the_ack_counts_nowhere",
        find("ack_before_disk"),
    ),
    Proof(
        "epoch_before_log",
        _NAMED + "test_epoch_before_log_no_crash_leaves_an_epoch_without_its_history",
        broken(
            "epoch_before_log",
            "The epoch of a new leader is written first, and then its history.",
            Edit(
                taking_over.handle_new_leader,
                "    cut, entries = staged.cut, tuple(staged.entries)\n",
                "    cut, entries = staged.cut, tuple(staged.entries)\n"
                "    if zab.current_epoch != message.epoch:\n"
                "        zab.take_over(message.epoch)\n",
            ),
        ),
    ),
    Proof(
        "half_synchronised_start",
        _CRASHES + "test_crash_between_log_and_epoch_half_synchronised_start",
        broken(
            "half_synchronised_start",
            "A node whose log is ahead of its epoch refuses to start.",
            Edit(
                ZabState._refuse_what_cannot_be,
                "if self.current_epoch > self.accepted_epoch",
                "if self.current_epoch < self.log.last_term or self.current_epoch > self.accepted_epoch",
            ),
        ),
    ),
    Proof(
        "epoch_memory_first",
        _NAMED + "test_epoch_memory_first_an_epoch_that_was_not_written_was_told_to_nobody",
        find("epoch_memory_first"),
    ),
    Proof(
        "epoch_memory_first",
        _NAMED + "test_epoch_memory_first_an_epoch_that_was_not_written_was_told_to_nobody",
        find("zab_promise_before_disk"),
    ),
    Proof(
        "commit_after_ack",
        _TALKS + "test_c7_f9_commit_after_ack_of_an_entry_from_before_newleader_waits_for_uptodate",
        find("commit_after_ack"),
    ),
    Proof(
        "writer_outlives_session",
        _CRASHES + "test_writer_outlives_session_a_vote_waits_for_the_entry_that_it_names",
        find("writer_outlives_session"),
    ),
    Proof(
        "hole_in_window",
        _NAMED + "test_hole_in_window_a_history_that_broke_off_is_sent_again_from_what_the_learner_says",
        find("hole_in_window"),
    ),
    Proof(
        "wrong_window", _NAMED + "test_wrong_window_what_both_have_stays_and_what_differs_goes", find("cut_too_deep")
    ),
    Proof(
        "late_joiner",
        _ELECTION + "test_fle_out_of_election_1_decided_votes_need_not_agree_on_round_and_last_entry",
        broken(
            "late_joiner",
            "Votes of those that have decided are compared in all they name, their rounds too.",
            Edit(ballots.equal, "if LOOKING in (first.state, second.state):", "if True:"),
        ),
    ),
    Proof(
        "backward_round",
        _ELECTION + "test_backward_round_a_restarted_leader_does_not_resume_a_round_that_is_over",
        broken(
            "backward_round",
            "Whoever others name as their leader is taken for it.",
            Edit(ballots.leader_ok, "return ballot.round == my_round", "return True"),
            Edit(ballots.leader_ok, "said is not None and said.state == LEADING", "True"),
        ),
    ),
    Proof(
        "disloyal_voter",
        _ELECTION + "test_disloyal_voter_a_leader_that_waits_in_vain_looks_again",
        broken(
            "disloyal_voter",
            "A leader waits for a voter that has changed its mind.",
            Edit(election._waits_in_vain, "return zab.phase is Phase.DISCOVERY and", "return False and"),
        ),
    ),
    Proof(
        "same_epoch_twice",
        _TALKS + "test_c2_l2_same_epoch_twice_the_next_is_above_all_that_was_promised",
        find("same_epoch_twice"),
    ),
    Proof("unpromised_epoch", _TALKS + "test_c12_l4_unpromised_epoch_is_not_used", find("unpromised_epoch")),
    Proof(
        "roll_over",
        _NAMED + "test_roll_over_a_leader_steps_down_before_its_counter_would_overflow",
        broken(
            "roll_over",
            "An epoch has more entries than its counter can name.",
            Edit(broadcast.roll_over, "< zab.config.last_counter", "> 0"),
        ),
    ),
    Proof(
        "stranded_epoch",
        _TALKS + "test_l3_stranded_epoch_a_leader_makes_way_for_a_voter_that_promised_more",
        broken(
            "stranded_epoch",
            "A voter that has promised more than the leader's epoch is offered that one for ever.",
            Edit(discovery.handle_info, "message.accepted_epoch > leading.epoch", "False"),
        ),
    ),
    Proof(
        "ack_outlives_log",
        _TALKS + "test_l13_ack_outlives_log_a_session_takes_its_acknowledgements_along",
        find("ack_outlives_log"),
    ),
    Proof(
        "late_send",
        "runtime.test_barrier:test_a_send_of_an_older_link_is_dropped",
        broken(
            "late_send",
            "What a write held back goes out on a link that was renewed meanwhile.",
            Edit(Barrier.written, "link == link_of(effect.to)", "link >= 0"),
        ),
    ),
    Proof(
        "missed_proposal",
        _NAMED + "test_missed_proposal_a_learner_gets_what_is_proposed_between_newleader_and_its_answer",
        find("missed_proposal"),
    ),
    Proof(
        "stale_uptodate",
        _NAMED + "test_stale_uptodate_it_names_what_is_committed_and_not_what_was_sent",
        find("stale_uptodate"),
    ),
)
"""In the order of docs/zab.md."""
