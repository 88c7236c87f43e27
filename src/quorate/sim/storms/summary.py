"""Many reports, added up."""

from __future__ import annotations

from quorate.sim.storms.run import Report


class Summary:
    """Counts of all reports so far. `totals`: over all seeds. `seen_in`: in how many seeds. `most`: in one."""

    def __init__(self) -> None:
        self.seeds = 0
        self.failures: list[Report] = []
        self.totals: dict[str, int] = {}
        self.seen_in: dict[str, int] = {}
        self.most: dict[str, int] = {}

    def add(self, report: Report) -> None:
        """One more seed is done."""
        self.seeds += 1
        if report.failure:
            self.failures.append(report)
        for name, count in report.counts.items():
            self.totals[name] = self.totals.get(name, 0) + count
            self.seen_in[name] = self.seen_in.get(name, 0) + (count > 0)
            self.most[name] = max(self.most.get(name, 0), count)

    def rows(self, without: tuple[str, ...] = ()) -> list[tuple[str, int, int, int]]:
        """Name, total, in how many seeds, most in one: in order of the alphabet. `without`: names that begin so are left out."""
        return [
            (name, total, self.seen_in[name], self.most[name])
            for name, total in sorted(self.totals.items())
            if not without or not name.startswith(without)
        ]
