"""Counts of what happened in one run, besides the moments: for people and for coverage."""

from __future__ import annotations

import msgspec

from quorate.storage.report import RecoveryReport


class Tally(msgspec.Struct):
    """`commits`: entries that counted as committed; of these `older_term_commits` under a leader of a later term, and `forwarded_commits`
    taken by a node that did not lead. `follower_reads`: linearizable reads answered where nobody leads. `term_jumps`: by more than one.
    `batches_skipped`: sent again and not applied again, counted on each node. From `log_tails_cut` on: what stores found when they were
    opened. `reasons`: of each `Explain`."""

    steps: int = 0
    inspections: int = 0
    commits: int = 0
    truncated_entries: int = 0
    older_term_commits: int = 0
    forwarded_commits: int = 0
    follower_reads: int = 0
    term_jumps: int = 0
    votes_after_a_restart: int = 0
    batches_skipped: int = 0
    log_tails_cut: int = 0
    logs_reset_to_a_snapshot: int = 0
    snapshots_found_damaged: int = 0
    leftovers_removed: int = 0
    reasons: dict[str, int] = {}

    def recovered(self, report: RecoveryReport) -> None:
        """A store was opened, and says what it found."""
        self.log_tails_cut += report.cut is not None
        self.logs_reset_to_a_snapshot += report.reset_to is not None
        self.snapshots_found_damaged += bool(report.damaged_snapshots)
        self.leftovers_removed += bool(report.removed)

    def explained(self, reason: str) -> None:
        """A node gave a reason."""
        self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def summary(self) -> dict[str, int]:
        """As plain numbers."""
        numbers: dict[str, int] = msgspec.structs.asdict(self)
        del numbers["reasons"]
        return numbers | {f"reason {reason}": number for reason, number in sorted(self.reasons.items())}
