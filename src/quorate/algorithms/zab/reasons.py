"""Every reason that ZAB gives in an `Explain`. What they mean is in docs/explain.md."""

from quorate.algorithms.logged import reasons as logged

ALARMS = frozenset({"ack_beyond_log", "entry_damaged", "entry_out_of_order", "snapshot_damaged"})
"""Only a defect can cause these: a peer of another kind or with another past, failing memory, a lying disk, a wrong configuration."""

WARNINGS = ALARMS | logged.WARNINGS | {"snapshot_no_room"}
"""What an operator should see, because something is to be done about it, or because it is done."""

REASONS = (
    WARNINGS
    | logged.REASONS
    | {
        "elected",
        "elector_left",
        "epoch_full",
        "epoch_promised",
        "epoch_too_low",
        "epoch_unfinished",
        "follower_ahead",
        "following",
        "leader_established",
        "leader_found",
        "leader_left",
        "leadership_abandoned",
        "log_truncated",
        "looking",
        "no_common_entry",
        "not_a_member",
        "observing",
        "outvoted",
        "overslept",
        "promised_before",
        "quorum_lost",
        "session_ended",
        "snapshot_gone",
        "snapshot_incoming",
        "snapshot_installed",
        "snapshot_offered",
        "snapshot_resumed",
        "synchronising",
        "transfer_accepted",
        "transfer_declined",
    }
)
