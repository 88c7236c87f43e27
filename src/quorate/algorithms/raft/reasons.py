"""Every reason that Raft gives in an `Explain`. What they mean is in docs/explain.md."""

from quorate.algorithms.logged import reasons as logged

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

WARNINGS = ALARMS | logged.WARNINGS | {"snapshot_no_room"}
"""What an operator should see, because something is to be done about it, or because it is done."""

REASONS = (
    ALARMS
    | logged.REASONS
    | {
        "campaign_lost",
        "campaign_started",
        "campaign_timed_out",
        "leader_elected",
        "leader_suspected",
        "lease_void",
        "log_truncated",
        "not_a_member",
        "overslept",
        "pre_vote_refused",
        "pre_vote_started",
        "quorum_lost",
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
        "vote_refused",
    }
)
