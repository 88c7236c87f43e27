"""Reports add up."""

from __future__ import annotations

from quorate.sim.storms.run import Report
from quorate.sim.storms.summary import Summary


def test_a_summary_adds_up() -> None:
    summary = Summary()
    summary.add(Report(1, counts={"commits": 3, "crashes": 0}))
    summary.add(Report(2, "broken", counts={"commits": 4, "reason x": 1}))
    assert summary.rows() == [("commits", 7, 2, 4), ("crashes", 0, 0, 0), ("reason x", 1, 1, 1)]
    assert summary.rows(without=("reason ", "moment ")) == [("commits", 7, 2, 4), ("crashes", 0, 0, 0)]
    assert (summary.seeds, [report.seed for report in summary.failures]) == (2, [2])
