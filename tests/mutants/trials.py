"""Hunts mutants: storms from several first seeds, each until a check bites or the seeds are used up."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from mutants.catalog import find
from mutants.mutant import Mutant
from mutants.patching import patched
from quorate.sim.storms.pool import spread
from quorate.sim.storms.run import run_plan

TRIAL_SPACING = 1_000_000
"""First seeds of two trials lie so far apart that they share none."""

SLICE_SEEDS = 4
"""Seeds run before others may know that a mutant was caught: few, because what is run beyond that is for nothing."""

LIVENESS = frozenset({"NeverError", "StuckError"})
"""Failures of storms that say that something does not go on."""

ARTEFACTS = frozenset({"AttributeError", "ImportError", "NameError", "SyntaxError", "TypeError", "UnboundLocalError"})
"""What a badly written edit raises. That is no bug of a protocol, so catching it proves nothing."""


class Slice(msgspec.Struct, frozen=True):
    """Seeds `first_seed` to `first_seed + seeds - 1` of one trial; `offset`: how many the trial ran before them."""

    mutant: str
    trial: int
    offset: int
    first_seed: int
    seeds: int


class Bite(msgspec.Struct, frozen=True):
    """What became of one seed that failed. `by`: the invariant, or the exception."""

    offset: int
    seed: int
    by: str
    kind: str
    failure: str


class SliceResult(msgspec.Struct, frozen=True):
    """`bites`: in order of their seeds; the last one may end the trial."""

    slice: Slice
    bites: tuple[Bite, ...]


def kind_of(failure: str) -> tuple[str, str]:
    """Of a storm's failure: what bit, and whether that was a check of `safety`, a bound of `liveness`, or an `artefact`."""
    exception, _, detail = failure.partition(": ")
    by = detail.partition(":")[0] if exception == "InvariantBrokenError" else exception
    if exception in LIVENESS:
        return by, "liveness"
    return by, "artefact" if exception in ARTEFACTS else "safety"


def ends(mutant: Mutant, bite: Bite) -> bool:
    """Whether a trial is over with this. A mutant that breaks safety is not caught by being slow."""
    return bite.kind != "liveness" or mutant.liveness


def run_slice(slice_: Slice) -> SliceResult:
    """Run the seeds of a slice until one ends the trial."""
    mutant = find(slice_.mutant)
    bites: list[Bite] = []
    with patched(mutant):
        for number in range(slice_.seeds):
            seed = slice_.first_seed + number
            failure = run_plan(mutant.plan(seed)).failure
            if failure:
                by, kind = kind_of(failure)
                bites.append(Bite(slice_.offset + number, seed, by, kind, failure))
                if ends(mutant, bites[-1]):
                    break
            gc.collect()  # a storm leaves many cycles behind
    return SliceResult(slice_, tuple(bites))


class Trial:
    """One mutant from one first seed. `caught`: the bite that ended it, the first by seed, whatever came in first."""

    def __init__(self, mutant: Mutant, number: int, first_seed: int, limit: int) -> None:
        self.mutant = mutant
        self.number = number
        self.caught: Bite | None = None
        self._first_seed = first_seed
        self._limit = limit
        self._given = 0
        self._over: list[Slice] = []
        self._slow: list[Bite] = []

    @property
    def open(self) -> bool:
        """Whether there is more to run."""
        return self.caught is None and self._given < self._limit

    @property
    def waiting(self) -> bool:
        """Whether something of it is to be run or being run, that may change its result."""
        return self.open or sum(slice_.seeds for slice_ in self._over) < self._given

    @property
    def seeds(self) -> int:
        """How many it took to catch the mutant, or how many it has survived."""
        return self.caught.offset + 1 if self.caught is not None else self._given

    @property
    def slow(self) -> list[Bite]:
        """Failures of liveness on the way, of a mutant that breaks safety."""
        return [bite for bite in self._slow if self.caught is None or bite.offset < self.caught.offset]

    def take(self) -> Slice:
        """The next seeds to run."""
        seeds = min(SLICE_SEEDS, self._limit - self._given)
        offset, self._given = self._given, self._given + seeds
        return Slice(self.mutant.name, self.number, offset, self._first_seed + offset, seeds)

    def note(self, result: SliceResult) -> None:
        """Slices come back in any order; all that were given out do."""
        self._over.append(result.slice)
        for bite in result.bites:
            if not ends(self.mutant, bite):
                self._slow.append(bite)
            elif self.caught is None or bite.offset < self.caught.offset:
                self.caught = bite


class Hunt:
    """All trials of all mutants. Seeds are given out in turn, so easy mutants are done with early and hard ones share the cores."""

    def __init__(self, mutants: Sequence[Mutant], *, trials: int, seeds: int, first_seed: int = 0) -> None:
        self.trials = [
            Trial(mutant, number, first_seed + number * TRIAL_SPACING, seeds)
            for mutant in mutants
            for number in range(trials)
        ]
        self.seeds_run = 0

    def run(
        self,
        workers: int = 0,
        *,
        task: Callable[[Slice], SliceResult] = run_slice,
        spreading: Callable[..., Iterable[SliceResult]] = spread,
    ) -> Iterator[Trial]:
        """Run it all; gives a trial whenever something of it is done."""
        by_name = {(trial.mutant.name, trial.number): trial for trial in self.trials}
        for result in spreading(task, self._slices(), workers, chunk=1):
            trial = by_name[result.slice.mutant, result.slice.trial]
            trial.note(result)
            self.seeds_run += result.slice.seeds
            yield trial

    def _slices(self) -> Iterator[Slice]:
        while open_trials := [trial for trial in self.trials if trial.open]:
            for trial in open_trials:
                if trial.open:
                    yield trial.take()


class Outcome(msgspec.Struct, frozen=True):
    """What the trials of one mutant came to. `seeds`: to catch it, one a trial, ascending; `survived`: trials in which nothing bit,
    after so many seeds as `survived_seeds` in all. `caught_by`: how often by what, most often first. `slow`: failures of liveness of a
    mutant that breaks safety; they do not count. `wrong`: the exceptions of a badly written edit."""

    name: str
    seeds: tuple[int, ...]
    survived: int
    survived_seeds: int
    caught_by: dict[str, int]
    slow: int
    wrong: tuple[str, ...]
    liveness: bool

    @property
    def well(self) -> bool:
        """Whether every trial caught it."""
        return not self.survived and not self.wrong


def outcomes(trials: Iterable[Trial]) -> list[Outcome]:
    """One for each mutant, in the order of the trials."""
    grouped: dict[str, list[Trial]] = {}
    for trial in trials:
        grouped.setdefault(trial.mutant.name, []).append(trial)
    return [_outcome(group) for group in grouped.values()]


def _outcome(trials: list[Trial]) -> Outcome:
    bites = [(trial, trial.caught) for trial in trials if trial.caught is not None]
    survivors = [trial for trial in trials if trial.caught is None]
    caught = Counter(bite.by for _, bite in bites if bite.kind != "artefact")
    return Outcome(
        name=trials[0].mutant.name,
        seeds=tuple(sorted(trial.seeds for trial, bite in bites if bite.kind != "artefact")),
        survived=len(survivors),
        survived_seeds=sum(trial.seeds for trial in survivors),
        caught_by=dict(caught.most_common()),
        slow=sum(len(trial.slow) for trial in trials),
        wrong=tuple(sorted({bite.failure for _, bite in bites if bite.kind == "artefact"})),
        liveness=trials[0].mutant.liveness,
    )
