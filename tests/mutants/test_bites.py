"""A few mutants that storms catch at once, and the product itself under the same storms. All of them: `make mutants`."""

from __future__ import annotations

import pytest

from mutants.catalog import find
from mutants.trials import Slice, ends, run_slice
from quorate.algorithms.catalog import names
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.run import run_plan

SEEDS = range(700, 708)


@pytest.mark.parametrize(
    "name",
    [
        "elected_by_half",
        "conflict_kept",
        "committed_by_too_few",
        "messages_before_sync",
        "no_deduplication",
        "log_not_synced",
        "next_index_never_backs_off",
        "ack_before_disk",
        "same_epoch_twice",
        "missed_proposal",
        "established_by_promises",
        "promise_not_written",
        "refusal_counted_as_a_grant",
        "ring_majority_of_those_that_are_left",
    ],
)
def test_s_x6_a_known_bug_is_caught_within_a_few_seeds(name: str) -> None:
    result = run_slice(Slice(name, 0, 0, SEEDS[0], len(SEEDS)))
    assert result.bites
    last = result.bites[-1]
    assert ends(find(name), last)
    assert last.kind == ("liveness" if find(name).liveness else "safety"), last.failure
    assert last.seed == SEEDS[0] + last.offset


def test_nothing_is_caught_without_a_bug() -> None:
    plans = [draw_plan(seed, name) for name in names() for seed in SEEDS]
    assert [report.failure for plan in plans if (report := run_plan(plan)).failure] == []
