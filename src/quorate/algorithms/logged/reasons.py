"""Every reason that what is shared by the algorithms that keep a log gives in an `Explain`. What they mean is in docs/explain.md."""

WARNINGS = frozenset({"disk_full", "disk_has_room", "disk_hung", "disk_recovered", "disk_slow"})
"""What an operator should see, because something is to be done about it, or because it is done."""

REASONS = WARNINGS | {
    "dead_member_removed",
    "learner_promoted",
    "members_changed",
    "members_changing",
    "removed",
    "removed_itself",
    "transfer_ended",
    "transfer_started",
}
