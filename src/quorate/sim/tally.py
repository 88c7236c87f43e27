"""Counts of what happened in one run, besides the moments: for people and for coverage."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from quorate.storage.report import RecoveryReport


class Tally(msgspec.Struct):
    """`commits`: entries that counted as committed; of these `older_term_commits` under a leader of a later term, and `forwarded_commits`
    taken by a node that did not lead. `follower_reads`: linearizable reads answered where nobody leads; `lease_reads`: by a leader
    that asked nobody. `term_jumps`: by more than one. `leaderships_transferred`: to the node that was asked for; `transfers_timed_out`:
    it did not take over; `transfers_with_writes_under_way`: it lacked entries when it was asked for.
    `batches_skipped`: sent again and not applied again, counted on each node. From `log_tails_cut` on: what stores found when they were
    opened. `reasons`: of each `Explain`. `unpromised`: invariants that were broken where nobody promises them."""

    steps: int = 0
    inspections: int = 0
    commits: int = 0
    truncated_entries: int = 0
    older_term_commits: int = 0
    forwarded_commits: int = 0
    follower_reads: int = 0
    lease_reads: int = 0
    leaderships_transferred: int = 0
    transfers_timed_out: int = 0
    transfers_with_writes_under_way: int = 0
    term_jumps: int = 0
    votes_after_a_restart: int = 0
    batches_skipped: int = 0
    log_tails_cut: int = 0
    logs_reset_to_a_snapshot: int = 0
    snapshots_found_damaged: int = 0
    leftovers_removed: int = 0
    reasons: dict[str, int] = {}
    unpromised: dict[str, int] = {}

    def not_promised(self, name: str) -> None:
        """An invariant of that name was broken, which nobody promises by the settings of this run."""
        self.unpromised[name] = self.unpromised.get(name, 0) + 1

    def recovered(self, report: RecoveryReport) -> None:
        """A store was opened, and says what it found."""
        self.log_tails_cut += report.cut is not None
        self.logs_reset_to_a_snapshot += report.reset_to is not None
        self.snapshots_found_damaged += bool(report.damaged_snapshots)
        self.leftovers_removed += bool(report.removed)

    def explained(self, reason: str, fields: Mapping[str, int | str | None] | None = None) -> None:
        """A node gave a reason."""
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        if reason == "transfer_ended" and fields:
            self.leaderships_transferred += fields.get("outcome") == "done"
            self.transfers_timed_out += fields.get("outcome") == "timeout"
        elif reason == "transfer_started" and fields:
            self.transfers_with_writes_under_way += fields.get("match") != fields.get("last_index")

    def summary(self) -> dict[str, int]:
        """As plain numbers."""
        numbers: dict[str, int] = msgspec.structs.asdict(self)
        del numbers["reasons"], numbers["unpromised"]
        numbers |= {f"not promised, {name}": number for name, number in sorted(self.unpromised.items())}
        return numbers | {f"reason {reason}": number for reason, number in sorted(self.reasons.items())}
