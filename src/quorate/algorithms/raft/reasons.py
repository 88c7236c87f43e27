"""Every reason that Raft gives in an `Explain`. What they mean is in docs/explain.md."""

ALARMS = frozenset(
    {
        "append_malformed",
        "entry_damaged",
        "match_beyond_log",
        "not_a_member",
        "peer_lost_entries",
        "snapshot_damaged",
    }
)
"""Only a defect can cause these: a peer of another kind or with another past, failing memory, a lying disk, a wrong configuration.
A rotten snapshot is found by its sender, piece by piece, before it travels."""

REASONS = ALARMS | {
    "campaign_lost",
    "campaign_started",
    "campaign_timed_out",
    "leader_elected",
    "leader_suspected",
    "log_truncated",
    "overslept",
    "pre_vote_refused",
    "pre_vote_started",
    "quorum_lost",
    "snapshot_awaited",
    "snapshot_gone",
    "snapshot_incoming",
    "snapshot_installed",
    "snapshot_offered",
    "term_adopted",
    "vote_refused",
}
