"""A plan is drawn from its seed alone, and holds everything that a run depends on."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from quorate.algorithms import catalog
from quorate.algorithms.catalog import DEFAULT, find
from quorate.core.ids import SECOND
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.storms.plan import NetworkMode, Plan, draw_plan
from quorate.sim.storms.scripts import Direction
from quorate.sim.storms.swarm import CLOCK_SPREAD, draw_faults

SEEDS = range(300)


def test_a_seed_means_the_same_every_time_and_seeds_differ() -> None:
    assert draw_plan(7) == draw_plan(7)
    assert len({msgspec.json.encode(draw_plan(seed)) for seed in range(20)}) == 20


def test_a_plan_survives_json() -> None:
    for seed in range(30):
        plan = draw_plan(seed)
        assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


def test_what_has_a_default_may_be_missing_in_a_file() -> None:
    old = msgspec.to_builtins(draw_plan(3))
    for name in ("duration_ns", "triggers"):
        del old[name]
    plan = msgspec.convert(old, Plan)
    assert (plan.duration_ns, plan.triggers) == (14 * SECOND, [])


def test_the_schedule_does_not_depend_on_the_rest_of_the_plan() -> None:
    links, datagrams = (draw_plan(5, nodes=3, network_mode=mode) for mode in ("links", "datagrams"))
    assert links.faults == draw_faults(5, 3, links.duration_ns)[: len(links.faults)]
    assert links.rates == datagrams.rates


def test_size_and_duration_are_drawn_unless_the_size_is_given() -> None:
    plans = [draw_plan(seed) for seed in SEEDS]
    sizes = Counter(plan.nodes for plan in plans)
    assert set(sizes) == {1, 2, 3, 4, 5, 7}
    assert sizes[3] + sizes[5] > 0.6 * len(plans)
    assert {plan.duration_ns // SECOND for plan in plans} == {3, 4, 8, 14}
    assert {draw_plan(seed, nodes=5).nodes for seed in range(20)} == {5}
    assert all(max((fault.at for fault in plan.faults), default=0) < plan.duration_ns for plan in plans)


def test_a_script_may_ask_for_fewer_faults_and_a_shorter_storm(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(direction: Direction) -> list[Plan]:
        monkeypatch.setattr("quorate.sim.storms.plan.draw_direction", lambda *_, **__: direction)
        return [draw_plan(seed, nodes=3, network_mode="links") for seed in range(20)]

    pairs = list(zip(drawn(Direction([])), drawn(Direction([], most_faults=2, most_ns=5 * SECOND)), strict=True))
    assert all(after.duration_ns == min(before.duration_ns, 5 * SECOND) for before, after in pairs)
    assert max(len(after.faults) for _, after in pairs) == 2
    assert all(after.faults == before.faults[:2] for before, after in pairs if after.duration_ns == before.duration_ns)
    assert sum(len(before.faults) for before, _ in pairs) > 100


@pytest.mark.parametrize(("mode", "share"), [("links", 0.0), ("datagrams", 0.9), ("mixed", 0.35)])
def test_the_network_is_as_asked(mode: NetworkMode, share: float) -> None:
    found = sum(draw_plan(seed, network_mode=mode).network.datagrams() for seed in SEEDS) / len(SEEDS)
    assert abs(found - share) <= 0.1


def test_an_algorithm_that_needs_links_gets_links(monkeypatch: pytest.MonkeyPatch) -> None:
    frail = msgspec.structs.replace(find(DEFAULT), name="frail", survives_datagrams=False)
    monkeypatch.setitem(catalog._LOADERS, "frail", lambda: frail)
    for seed in range(30):
        assert not draw_plan(seed, "frail", network_mode="datagrams").network.datagrams()


def test_options_fit_the_algorithm_and_clocks_stay_within_their_bound() -> None:
    config = find(DEFAULT).config
    for seed in SEEDS:
        plan = draw_plan(seed)
        assert msgspec.convert(plan.options, config)
        assert len(plan.rates) == plan.nodes + plan.spares
        assert all(abs(rate - NOMINAL_RATE) <= CLOCK_SPREAD for rate in plan.rates)


def test_settings_that_only_some_algorithms_have_are_dropped_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    class Few(msgspec.Struct, frozen=True):
        election_timeout_ms: int = 500

    plain = msgspec.structs.replace(find(DEFAULT), name="plain", config=Few)
    monkeypatch.setitem(catalog._LOADERS, "plain", lambda: plain)
    assert set(draw_plan(1, "plain").options) == {"election_timeout_ms"}


def test_what_a_script_needs_is_in_the_plan() -> None:
    scripted = [plan for plan in map(draw_plan, SEEDS) if any(len(trigger.steps) == 3 for trigger in plan.triggers)]
    assert len(scripted) > 30
    assert all(plan.options["append_bytes"] == 1 for plan in scripted)
