"""Every reason that Raft gives in an `Explain`. What they mean is in docs/explain.md."""

ALARMS = frozenset(
    {
        "append_malformed",
        "entry_damaged",
        "match_beyond_log",
        "peer_lost_entries",
        "snapshot_damaged",
    }
)
"""Only a defect can cause these: a peer of another kind or with another past, failing memory, a lying disk, a wrong configuration.
A rotten snapshot is found by its sender, piece by piece, before it travels."""

WARNINGS = ALARMS | {"disk_full", "disk_has_room", "disk_hung", "disk_recovered", "disk_slow", "snapshot_no_room"}
"""What an operator should see, because something is to be done about it, or because it is done."""

REASONS = ALARMS | {
    "campaign_lost",
    "campaign_started",
    "campaign_timed_out",
    "dead_member_removed",
    "disk_full",
    "disk_has_room",
    "disk_hung",
    "disk_recovered",
    "disk_slow",
    "leader_elected",
    "leader_suspected",
    "learner_promoted",
    "lease_void",
    "log_truncated",
    "members_changed",
    "members_changing",
    "not_a_member",
    "overslept",
    "pre_vote_refused",
    "pre_vote_started",
    "quorum_lost",
    "removed",
    "removed_itself",
    "snapshot_awaited",
    "snapshot_gone",
    "snapshot_incoming",
    "snapshot_installed",
    "snapshot_no_room",
    "snapshot_offered",
    "snapshot_resumed",
    "term_adopted",
    "transfer_accepted",
    "transfer_declined",
    "transfer_ended",
    "transfer_started",
    "vote_refused",
}
