"""Counts of what happened in one run."""

from quorate.core.durable import LogPoint
from quorate.sim.tally import Tally
from quorate.storage.report import Cut, RecoveryReport


def test_a_summary_is_plain_numbers() -> None:
    tally = Tally(steps=3)
    tally.explained("b")
    tally.explained("a")
    tally.explained("b")
    summary = tally.summary()
    assert summary["steps"] == 3
    assert [name for name in summary if name.startswith("reason ")] == ["reason a", "reason b"]
    assert summary["reason b"] == 2
    assert all(isinstance(number, int) for number in summary.values())


def test_transfers_are_counted_by_how_they_went() -> None:
    tally = Tally()
    tally.explained("transfer_started", {"target": 2, "match": 4, "last_index": 4})
    tally.explained("transfer_started", {"target": 2, "match": 3, "last_index": 4})
    for outcome in ("done", "done", "timeout", "replaced"):
        tally.explained("transfer_ended", {"target": 2, "outcome": outcome})
    assert tally.leaderships_transferred == 2
    assert tally.transfers_timed_out == 1
    assert tally.transfers_with_writes_under_way == 1


def test_two_tallies_share_nothing() -> None:
    Tally().explained("a")
    assert Tally().reasons == {}


def test_what_stores_found() -> None:
    tally = Tally()
    tally.recovered(RecoveryReport(created=True))
    assert tally == Tally()
    found = RecoveryReport(
        created=False,
        cut=Cut("wal/1", 10, 3, "torn"),
        reset_to=LogPoint(4, 1),
        damaged_snapshots=("a", "b"),
        removed=("c",),
    )
    tally.recovered(found)
    tally.recovered(RecoveryReport(created=False, removed=("c",)))
    assert (tally.log_tails_cut, tally.logs_reset_to_a_snapshot) == (1, 1)
    assert (tally.snapshots_found_damaged, tally.leftovers_removed) == (1, 2)
