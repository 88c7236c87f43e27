"""How a hunt gives out seeds, what it makes of failures, and what it reports, with storms that only pretend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from mutants.mutant import Edit, Mutant
from mutants.trials import SLICE_SEEDS, TRIAL_SPACING, Bite, Hunt, Outcome, Slice, SliceResult, kind_of, outcomes
from quorate.algorithms.logged.quorum import quorum_size

EDIT = Edit(quorum_size, "2", "3")
SAFETY = Mutant("unsafe", "A bug.", "a rule", (EDIT,))
STALLED = Mutant("stalled", "A bug.", "a rule", (EDIT,), liveness=True)

Task = Callable[[Slice], SliceResult]


def in_order(task: Task, slices: Iterable[Slice], workers: int, *, chunk: int) -> Iterator[SliceResult]:
    return (task(slice_) for slice_ in slices)


def late(task: Task, slices: Iterable[Slice], workers: int, *, chunk: int) -> Iterator[SliceResult]:
    """Three slices are always under way, and the newest comes back first."""
    running: list[SliceResult] = []
    for slice_ in slices:
        running.append(task(slice_))
        if len(running) == 3:
            yield running.pop()
    yield from running


def pretend(failures: dict[str, dict[int, str]], ran: list[Slice] | None = None) -> Task:
    """Storms of a mutant that fail at some offsets, in every trial."""

    def task(slice_: Slice) -> SliceResult:
        bites = []
        for offset in range(slice_.offset, slice_.offset + slice_.seeds):
            if failure := failures[slice_.mutant].get(offset):
                by, kind = kind_of(failure)
                bites.append(Bite(offset, slice_.first_seed - slice_.offset + offset, by, kind, failure))
        if ran is not None:
            ran.append(slice_)
        return SliceResult(slice_, tuple(bites))

    return task


def hunt(failures: dict[str, dict[int, str]], *mutants: Mutant, seeds: int = 50, spreading: object = in_order) -> Hunt:
    found = Hunt(mutants, trials=2, seeds=seeds)
    for _ in found.run(1, task=pretend(failures), spreading=spreading):
        pass
    return found


@pytest.mark.parametrize(
    ("failure", "by", "kind"),
    [
        ("InvariantBrokenError: Durable votes: a leader [paper]: detail", "Durable votes", "safety"),
        ("InvariantError: node 1, leader: applied above commit", "InvariantError", "safety"),
        ("LocatedDamageError: wal/1 is damaged", "LocatedDamageError", "safety"),
        ("NeverError: not so within 15 s", "NeverError", "liveness"),
        ("StuckError: 20000 events", "StuckError", "liveness"),
        ("AttributeError: 'RaftState' has no attribute", "AttributeError", "artefact"),
        ("NameError: name 'Send' is not defined", "NameError", "artefact"),
        ("TypeError: advance() missing 1 required argument", "TypeError", "artefact"),
    ],
)
def test_what_a_failure_is(failure: str, by: str, kind: str) -> None:
    assert kind_of(failure) == (by, kind)


def test_seeds_are_given_out_in_turn_and_trials_share_none() -> None:
    ran: list[Slice] = []
    found = Hunt([SAFETY, STALLED], trials=2, seeds=SLICE_SEEDS + 1, first_seed=7)
    for _ in found.run(1, task=pretend({"unsafe": {}, "stalled": {}}, ran), spreading=in_order):
        pass
    firsts = [(slice_.mutant, slice_.first_seed, slice_.seeds) for slice_ in ran]
    there = 7 + TRIAL_SPACING
    assert firsts == [
        *[(name, first, SLICE_SEEDS) for name in ("unsafe", "stalled") for first in (7, there)],
        *[(name, first + SLICE_SEEDS, 1) for name in ("unsafe", "stalled") for first in (7, there)],
    ]
    assert found.seeds_run == 4 * (SLICE_SEEDS + 1)


@pytest.mark.parametrize("spreading", [in_order, late])
def test_a_trial_ends_when_it_is_caught_by_the_first_seed_that_bites(spreading: object) -> None:
    """Also when later slices come back earlier, with bites of their own."""
    failures = {"unsafe": {9: "InvariantBrokenError: Log Matching: b", 13: "InvariantBrokenError: Fresh reads: c"}}
    (outcome,) = outcomes(hunt(failures, SAFETY, spreading=spreading).trials)
    assert outcome == Outcome("unsafe", (10, 10), 0, 0, {"Log Matching": 2}, 0, (), liveness=False)
    assert outcome.well


def test_no_more_seeds_are_run_than_a_few_after_the_bite() -> None:
    assert hunt({"unsafe": {0: "InvariantError: x"}}, SAFETY, seeds=1000).seeds_run == 2 * SLICE_SEEDS


def test_what_is_never_caught_survives() -> None:
    (outcome,) = outcomes(hunt({"unsafe": {}}, SAFETY, seeds=30).trials)
    assert (outcome.survived, outcome.survived_seeds, outcome.seeds, outcome.well) == (2, 60, (), False)


@pytest.mark.parametrize("spreading", [in_order, late])
def test_being_slow_catches_only_mutants_of_liveness(spreading: object) -> None:
    failures = {
        "unsafe": {1: "NeverError: no leader", 6: "InvariantError: x", 7: "NeverError: later"},
        "stalled": {1: "NeverError: no leader"},
    }
    unsafe, stalled = outcomes(hunt(failures, SAFETY, STALLED, spreading=spreading).trials)
    assert unsafe == Outcome("unsafe", (7, 7), 0, 0, {"InvariantError": 2}, 2, (), liveness=False)
    assert stalled == Outcome("stalled", (2, 2), 0, 0, {"NeverError": 2}, 0, (), liveness=True)


def test_an_exception_of_the_edit_itself_catches_nothing() -> None:
    (outcome,) = outcomes(hunt({"unsafe": {2: "NameError: name 'x' is not defined"}}, SAFETY).trials)
    assert outcome.wrong == ("NameError: name 'x' is not defined",)
    assert not outcome.seeds
    assert not outcome.caught_by
    assert not outcome.well
