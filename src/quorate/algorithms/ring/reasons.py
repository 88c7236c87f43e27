"""Every reason that the ring gives in an `Explain`. What they mean is in docs/explain.md."""

from quorate.algorithms.electing.reasons import REASONS as SHARED

WARNINGS = frozenset({"ring_version"})
"""What an operator should see: some node has another order of the ring."""

REASONS = SHARED | {
    "alone",
    "claim_refused",
    "elected_stale",
    "election_started",
    "lease_awaited",
    "orphan_dropped",
    "outranked",
    "predecessor_silent",
    "ring_version",
    "successor_suspected",
    "token_late",
    "token_lost",
    "token_swallowed",
}
