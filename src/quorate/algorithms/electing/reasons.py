"""Every reason that the shared part gives in an `Explain`. What they mean is in docs/explain.md."""

REASONS = frozenset(
    {
        "blocked",
        "bullied",
        "lease_ended",
        "leader_elected",
        "leader_outbid",
        "leader_resigned",
        "leader_restarted",
        "leader_silent",
        "leader_stale",
        "not_a_member",
        "resigned",
        "standing_back",
        "takeover_declined",
    }
)
