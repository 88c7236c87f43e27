"""Schedules: every kind is drawn, most seeds lack some, and all of it makes sense."""

from __future__ import annotations

from quorate.core.ids import SECOND
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.storms.faults import Break, Bridge, Crash, Cut, Drift, Fault, Flap, LyingDisk, Replay, Rot
from quorate.sim.storms.swarm import CLOCK_SPREAD, FIRST_FAULT, draw_faults

SEEDS = range(300)
DURATION = 14 * SECOND


def drawn(seed: int, nodes: int = 5, *, datagrams: bool = True) -> list[Fault]:
    return draw_faults(seed, nodes, DURATION, datagrams=datagrams)


def test_faults_are_in_order_of_time_and_within_the_storm() -> None:
    for seed in SEEDS:
        for duration in (4 * SECOND, DURATION):
            times = [fault.at for fault in draw_faults(seed, 5, duration)]
            assert times == sorted(times)
            assert all(FIRST_FAULT < at < duration for at in times)


def test_every_kind_of_fault_is_drawn_but_the_lying_disk_and_most_seeds_lack_some() -> None:
    kinds = [{type(fault) for fault in drawn(seed)} for seed in SEEDS]
    everything = set().union(*kinds)
    assert len(everything) == 19
    assert LyingDisk not in everything
    assert sum(len(present) < 15 for present in kinds) > 0.9 * len(kinds)


def test_nodes_that_are_named_are_there() -> None:
    for nodes in (1, 2, 3, 5, 7):
        for seed in range(60):
            for fault in drawn(seed, nodes):
                assert 0 <= getattr(fault, "node", 0) <= nodes
                if isinstance(fault, Cut):
                    assert all(1 <= a <= nodes and 1 <= b <= nodes and a != b for a, b in fault.pairs)
                if isinstance(fault, Flap | Break) and fault.peer is not None:
                    assert 1 <= fault.peer <= nodes


def test_a_node_that_is_alone_has_no_links_to_lose() -> None:
    for seed in SEEDS:
        assert not any(isinstance(fault, Cut | Bridge | Flap | Break) for fault in drawn(seed, nodes=1))


def test_links_have_no_replay() -> None:
    assert not any(isinstance(fault, Replay) for seed in SEEDS for fault in drawn(seed, datagrams=False))


def test_what_rots_mostly_starts_again_soon() -> None:
    for seed in SEEDS:
        faults = drawn(seed)
        rotten = [fault for fault in faults if isinstance(fault, Rot) and fault.at < DURATION - 4 * SECOND]
        crashes = {fault.node for fault in faults if isinstance(fault, Crash)}
        assert not rotten or len(rotten) < 4 or any(fault.node in crashes for fault in rotten)


def test_clocks_stay_within_their_bound() -> None:
    rates = [fault.rate for seed in SEEDS for fault in drawn(seed) if isinstance(fault, Drift)]
    assert all(abs(rate - NOMINAL_RATE) <= CLOCK_SPREAD for rate in rates)
