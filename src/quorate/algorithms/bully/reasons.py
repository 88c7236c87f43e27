"""Every reason that Bully gives in an `Explain`. What they mean is in docs/explain.md."""

from quorate.algorithms.electing.reasons import REASONS as SHARED

REASONS = SHARED | {
    "bigger_silent",
    "claim_refused",
    "claimed",
    "election_from_higher",
    "election_started",
    "in_line",
    "late_alive",
    "member_not_normal",
    "majority_lost",
    "pre_vote_refused",
    "pre_vote_started",
    "vetoed",
    "vote_given",
}
