"""Whether storms reached what they have to reach."""

from __future__ import annotations

import pytest

from quorate.algorithms.catalog import find
from quorate.sim.coverage.coverage import ENOUGH_SEEDS, coverage, cuts_one_way
from quorate.sim.coverage.milestones import milestones
from quorate.sim.storms.faults import Bridge, Cut, Fault, Isolate

SPEC = find("raft")


def all_reached() -> dict[str, int]:
    counts = {milestone.name: 3 for milestone in milestones(SPEC)}
    return counts | {"network connections": 9, "network lost": 1}


def test_when_all_was_reached_nothing_is_missing() -> None:
    found = coverage(all_reached(), 1000, SPEC)
    assert found.missing == found.unknown == ()
    assert found.describe() == f"coverage: {len(found.rows)} of {len(found.rows)} milestones in 1,000 seeds"


def test_what_never_happened_in_many_seeds_is_named_with_its_meaning() -> None:
    counts = all_reached() | {"batches skipped": 0}
    found = coverage(counts, 1000, SPEC)
    assert [row.milestone.name for row in found.missing] == ["batches skipped"]
    assert "  batches skipped: a batch was sent again, and was not applied again" in found.describe()


def test_a_counter_that_is_not_there_is_zero() -> None:
    counts = all_reached()
    del counts["reason quorum lost"]
    assert [row.milestone.name for row in coverage(counts, 1000, SPEC).missing] == ["reason quorum lost"]


def test_a_few_seeds_prove_nothing() -> None:
    found = coverage(all_reached() | {"batches skipped": 0}, ENOUGH_SEEDS - 1, SPEC)
    assert found.missing == ()
    assert [row.milestone.name for row in found.unknown] == ["batches skipped"]
    assert found.describe().endswith("too few seeds to tell: batches skipped")


def test_a_rare_milestone_is_given_more_seeds_than_a_frequent_one() -> None:
    counts = all_reached() | {"batches skipped": 0, "logs reset to a snapshot": 0}
    for seeds, missing in ((300, ["batches skipped"]), (10_000, ["batches skipped", "logs reset to a snapshot"])):
        assert [row.milestone.name for row in coverage(counts, seeds, SPEC).missing] == missing


@pytest.mark.parametrize(("gone", "prefix"), [("network connections", "moment "), ("network", "network ")])
def test_storms_without_peers_or_datagrams_do_not_owe_what_needs_them(gone: str, prefix: str) -> None:
    counts = {name: 0 if name.startswith(gone) else count for name, count in all_reached().items()}
    assert not any(row.milestone.name.startswith(prefix) for row in coverage(counts, 1000, SPEC).missing)


def test_the_table_has_every_row_with_the_seeds_that_had_it() -> None:
    counts = all_reached() | {"batches skipped": 0, "term jumps": 12_345}
    found = coverage(counts, 1000, SPEC, {"term jumps": 77})
    lines = found.table().splitlines()
    assert len(lines) == 1 + len(found.rows)
    assert [line.split() for line in lines if line.startswith(("term jumps", "batches"))] == [
        ["batches", "skipped", "0", "0", "never"],
        ["term", "jumps", "12,345", "77", "reached"],
    ]
    assert {row.seeds for row in coverage(counts, 1000, SPEC).rows} == {None}


def test_which_faults_cut_one_way() -> None:
    one_way: list[Fault] = [
        Isolate(0, 1, 5, inward=False),
        Isolate(0, 1, 5, outward=False),
        Cut(0, ((1, 2), (2, 1), (1, 3)), 5),
    ]
    others: list[Fault] = [Isolate(0, 1, 5), Cut(0, ((1, 2), (2, 1)), 5), Bridge(0, 1, 5)]
    assert all(cuts_one_way(fault) for fault in one_way)
    assert not any(cuts_one_way(fault) for fault in others)
