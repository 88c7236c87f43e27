"""What recovery tells people."""

from quorate.core.durable import LogPoint
from quorate.storage.report import Cut, RecoveryReport


def test_a_quiet_start_has_nothing_to_say() -> None:
    assert RecoveryReport(created=False, segments=1, writes=7, entries=3).notes() == []


def test_everything_out_of_the_ordinary_is_said() -> None:
    report = RecoveryReport(
        created=False,
        cut=Cut("wal/0000000000000001.wal", 512, 77, "the end mark of a write is not intact"),
        reset_to=LogPoint(40, 6),
        damaged_snapshots=("a.snapshot",),
        removed=("wal/next.tmp", "snapshots/b.tmp"),
    )
    cut, reset, snapshot, removed = report.notes()
    assert cut.startswith("cut 77 bytes of an interrupted write from wal/0000000000000001.wal at offset 512")
    assert "the end mark of a write is not intact" in cut
    assert "after index 40" in reset
    assert "a.snapshot is damaged" in snapshot
    assert removed == "removed leftovers of interrupted work: wal/next.tmp, snapshots/b.tmp"
