"""A failing plan is reduced to a small one that fails in the same way: fewer faults, fewer nodes, plainer settings, less time.

Theory: everything that happens follows from the plan, and every purpose has its own random stream, so a plan without one of its faults is
a run that is alike up to there. Whether it still fails, only running it tells. Faults and triggers are removed in halves, quarters and
so on down to single ones (Zeller and Hildebrandt 2002, Simplifying and Isolating Failure-Inducing Input: ddmin), then each
setting is made plainer if the failure survives that, again and again until nothing can be taken away any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import msgspec

from quorate.core.errors import QuorateError
from quorate.core.ids import SECOND, Nanos
from quorate.sim.invariants import InvariantBrokenError
from quorate.sim.storms.plainer import CHEAPER, PLAINER, Ways, cut_after, keep_last, schedule_of, with_schedule
from quorate.sim.storms.plan import Plan
from quorate.sim.storms.run import Report, Runner, run_plan
from quorate.sim.traces.happened import Happenings

MOST_RUNS = 1000
MOST_SECONDS = 120.0

LAST = (1, 2, 3, 4, 8, 16)
"""Faults before the failure that may be enough, tried in this order."""

SLACK_NS: Nanos = SECOND // 2
"""Until the last cut a run may fail so much later than the one before: what remains to be tried has some room."""

SEEDS = 5
"""Seeds with which a plan that lacks faults is tried, its own among them."""


class NothingToShrinkError(QuorateError):
    """The plan does not fail."""


class Progress(msgspec.Struct, frozen=True):
    """Told before each run. `faults`: faults and triggers that are left. `step`: what is being tried, in a few words."""

    runs: int
    faults: int
    step: str


class Size(msgspec.Struct, frozen=True):
    """How much there is to a plan."""

    faults: int
    triggers: int
    nodes: int
    clients: int
    duration_ns: Nanos

    def describe(self) -> str:
        """For people."""
        counts = {"fault": self.faults, "trigger": self.triggers, "node": self.nodes, "client": self.clients}
        words = [f"{count} {name}{'s' * (count != 1)}" for name, count in counts.items() if count or name != "trigger"]
        return ", ".join([*words, f"{self.duration_ns / SECOND:.3f} s"])


class Shrunk(msgspec.Struct, frozen=True):
    """`plan` fails as the first one did; `report` says how. `finished`: nothing more can be taken away; False: the bounds ended it."""

    plan: Plan
    report: Report
    before: Size
    after: Size
    runs: int
    seconds: float
    finished: bool

    def describe(self) -> str:
        """One line for people."""
        ended = "" if self.finished else "; the bound ended it, more may be possible"
        return f"from {self.before.describe()} to {self.after.describe()}, by {self.runs} runs in {self.seconds:.1f} s{ended}"


def shrink(
    plan: Plan,
    run: Runner = run_plan,
    *,
    most_runs: int = MOST_RUNS,
    seconds: float = MOST_SECONDS,
    progress: Callable[[Progress], None] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Shrunk:
    """Reduce `plan` as far as it goes within so many runs and seconds (the first run excepted). Without the bound of time the same plan
    shrinks to the same plan.

    Raises `NothingToShrinkError` if it does not fail.
    """
    shrinker = _Shrinker(plan, run, most_runs, seconds, progress, clock)
    finished = shrinker.finish()
    return Shrunk(
        plan=shrinker.plan,
        report=shrinker.report,
        before=size_of(plan),
        after=size_of(shrinker.plan),
        runs=shrinker.runs,
        seconds=shrinker.spent(),
        finished=finished,
    )


def size_of(plan: Plan) -> Size:
    """How much there is to it."""
    return Size(len(plan.faults), len(plan.triggers), plan.nodes, plan.workload.clients, plan.duration_ns)


def kind_of(failure: str) -> str:
    """In which way a run failed, from `Report.failure`: the exception's class, and the title of a broken invariant."""
    name, _, detail = failure.partition(": ")
    return f"{name}: {detail.partition(': ')[0]}" if name == InvariantBrokenError.__name__ else name


class _OutOfBoundsError(Exception):
    """No more runs, or no more time."""


class _Shrinker:
    """`plan` is the smallest so far that fails as the first did."""

    def __init__(
        self,
        plan: Plan,
        run: Runner,
        most_runs: int,
        seconds: float,
        progress: Callable[[Progress], None] | None,
        clock: Callable[[], float],
    ) -> None:
        self.runs = 0
        self._run = run
        self._most_runs = most_runs
        self._seconds = seconds
        self._progress = progress
        self._clock = clock
        self._began = clock()
        self._tried: set[bytes] = set()
        self.plan = plan
        self.report = run(plan, None)
        if not self.report.failure:
            raise NothingToShrinkError(f"the plan of seed {plan.seed} does not fail: there is nothing to shrink")
        self._kind = kind_of(self.report.failure)

    def spent(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._began

    def finish(self) -> bool:
        """Do it all. False if a bound ended it."""
        try:
            while self._sweep():
                pass
        except _OutOfBoundsError:
            return False
        return True

    def _sweep(self) -> bool:
        """Try everything once. Whether anything came of it."""
        before = self.plan
        self._make_plain()
        self._make_plainer(CHEAPER)
        self._remove_faults()
        self._make_plainer(PLAINER)
        self._try(cut_after(self.plan, self.report.simulated_ns), "end at the failure")
        return self.plan != before

    def _make_plainer(self, ways: Ways) -> None:
        for step, way in ways.items():
            self._try(cut_after(self.plan, self.report.simulated_ns + SLACK_NS), "end sooner")
            # What one change allows decides which comes next, so they are asked for anew after each.
            taken = 0
            candidates = way(self.plan)
            while taken < len(candidates):
                if self._try(candidates[taken], step):
                    candidates = way(self.plan)
                else:
                    taken += 1

    def _make_plain(self) -> None:
        """Triggers, and faults that look for the leader, become what really happened."""
        happenings = Happenings()
        self._run(self.plan, happenings)
        plain = msgspec.structs.replace(self.plan, faults=happenings.faults, triggers=[])
        self._try(plain, "replace triggers by what happened")

    def _remove_faults(self) -> None:
        """ddmin over faults and triggers together, after a look at whether the last few are enough."""
        for left in LAST:
            if left < len(self.plan.faults) and self._try_seeds(keep_last(self.plan, left), "keep the last faults"):
                break
        self._minimize()
        while any(self._try_seeds(candidate, "leave out a fault") for candidate in self._without_one()):
            self._minimize()

    def _without_one(self) -> list[Plan]:
        items = schedule_of(self.plan)
        return [with_schedule(self.plan, less) for less in _without(items, len(items))]

    def _minimize(self) -> None:
        pieces = 2
        while items := schedule_of(self.plan):
            pieces = min(pieces, len(items))
            if self._remove_one_of(_without(items, pieces)):
                pieces = max(2, pieces - 1)
            elif pieces == len(items):
                return
            else:
                pieces *= 2

    def _remove_one_of(self, choices: Iterable[Sequence[msgspec.Struct]]) -> bool:
        return any(self._try(with_schedule(self.plan, items), "leave out faults") for items in choices)

    def _try_seeds(self, candidate: Plan, step: str) -> bool:
        """A run that lacks a fault soon differs in everything that was drawn, so a few draws tell more than one."""
        seeds = range(candidate.seed, candidate.seed + SEEDS)
        return any(self._try(msgspec.structs.replace(candidate, seed=seed), step) for seed in seeds)

    def _try(self, candidate: Plan, step: str) -> bool:
        """Run it unless it was tried before; keep it if it fails in the same way."""
        key = msgspec.json.encode(candidate)
        if candidate == self.plan or key in self._tried:
            return False
        if self.runs >= self._most_runs or self.spent() >= self._seconds:
            raise _OutOfBoundsError
        self._tried.add(key)
        self.runs += 1
        if self._progress is not None:
            self._progress(Progress(self.runs, len(schedule_of(self.plan)), step))
        try:
            report = self._run(candidate, None)
        except (QuorateError, ValueError):
            return False  # settings that do not fit together
        if kind_of(report.failure) != self._kind:
            return False
        self.plan, self.report = candidate, report
        return True


def _without(items: Sequence[msgspec.Struct], pieces: int) -> Iterable[Sequence[msgspec.Struct]]:
    """The items without one piece of so many, from the last piece to the first: late faults mostly change nothing."""
    borders = [len(items) * number // pieces for number in range(pieces + 1)] if pieces else []
    for start, end in reversed(list(pairwise(borders))):
        yield [*items[:start], *items[end:]]
