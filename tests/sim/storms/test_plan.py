"""A plan is drawn from its seed alone, and holds everything that a run depends on."""

import msgspec
import pytest

from quorate.algorithms.catalog import DEFAULT, find
from quorate.core.ids import SECOND
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.storms.faults import Cut
from quorate.sim.storms.plan import CLOCK_SPREAD, FAULTS_END, FIRST_FAULT, NetworkMode, Plan, draw_faults, draw_plan

SEEDS = range(300)


def test_a_seed_means_the_same_every_time_and_seeds_differ() -> None:
    assert draw_plan(7) == draw_plan(7)
    assert len({msgspec.json.encode(draw_plan(seed)) for seed in range(20)}) == 20


def test_a_plan_survives_json() -> None:
    plan = draw_plan(3)
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


def test_the_schedule_does_not_depend_on_the_rest_of_the_plan() -> None:
    assert (
        draw_plan(5, network_mode="links").faults == draw_plan(5, network_mode="datagrams").faults == draw_faults(5, 5)
    )


def test_faults_are_in_order_of_time_and_end_before_the_calm() -> None:
    for seed in SEEDS:
        times = [fault.at for fault in draw_faults(seed, 5)]
        assert times == sorted(times)
        assert all(FIRST_FAULT < at < FAULTS_END + 6 * SECOND for at in times)


def test_every_kind_of_fault_is_drawn_and_most_seeds_lack_some() -> None:
    kinds = [{type(fault).__name__ for fault in draw_faults(seed, 5)} for seed in SEEDS]
    everything = set().union(*kinds)
    assert len(everything) == 11
    assert sum(present < everything for present in kinds) > 0.9 * len(kinds)


def test_cuts_name_nodes_that_there_are() -> None:
    for nodes in (1, 2, 3, 5, 7):
        for seed in range(60):
            for fault in draw_faults(seed, nodes):
                if isinstance(fault, Cut):
                    assert all(1 <= a <= nodes and 1 <= b <= nodes and a != b for a, b in fault.pairs)


@pytest.mark.parametrize(("mode", "share"), [("links", 0.0), ("datagrams", 0.9), ("mixed", 0.35)])
def test_the_network_is_as_asked(mode: NetworkMode, share: float) -> None:
    found = sum(draw_plan(seed, network_mode=mode).network.datagrams() for seed in SEEDS) / len(SEEDS)
    assert abs(found - share) <= 0.1


def test_options_fit_the_algorithm_and_clocks_stay_within_their_bound() -> None:
    config = find(DEFAULT).config
    for seed in range(50):
        plan = draw_plan(seed)
        assert msgspec.convert(plan.options, config)
        assert len(plan.rates) == plan.nodes
        assert all(abs(rate - NOMINAL_RATE) <= CLOCK_SPREAD for rate in plan.rates)
