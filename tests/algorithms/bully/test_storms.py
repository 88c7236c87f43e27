"""What storms draw of Bully; and seeded storms over the in-memory network.

With the guard nothing that is promised breaks; without it two lead at once, and all agree
when the storm is over."""

from collections import Counter
from random import Random

import msgspec
import pytest

from algorithms.bully.words import config
from algorithms.electing.network import Network
from algorithms.electing.storm import Storm
from quorate.algorithms.bully.bully import SPEC
from quorate.algorithms.bully.config import BullyConfig
from quorate.algorithms.bully.messages import Alive, Halt, Victory, VictoryAck
from quorate.algorithms.bully.storms import draw_options, granted, should_lead
from quorate.algorithms.electing.epoch import Epoch, token
from quorate.algorithms.electing.messages import ElectionId
from quorate.algorithms.electing.rank import Rank
from quorate.core.algorithm import Inspection
from quorate.core.ids import SECOND

SEEDS = 120
PROMISED = (
    "OneLeaderPerCounter",
    "PromiseMonotonic",
    "GrantOnce",
    "TokenAscends",
    "NoMinorityLeader",
    "LeaseExclusion",
    "PersistBeforeSend",
)
CLOCK_PPM = 80_000
"""Clocks are wrong by up to so much, of the 100,000 that the settings allow."""


def play(seed: int, **changes: object) -> Storm:
    """A storm, and two seconds of calm after it."""
    n = 3 + seed % 3
    clocks = {i: ((seed * 7919 + i * 104_729) % (2 * CLOCK_PPM) - CLOCK_PPM, i * 1000) for i in range(1, n + 1)}
    storm = Storm(Network(SPEC, range(1, n + 1), config(**changes), seed=seed, clocks=clocks), seed)
    storm.network.start()
    storm.rage()
    storm.calm(2 * SECOND)
    return storm


@pytest.mark.parametrize("first", range(0, SEEDS, 20))
def test_with_the_guard_nothing_that_is_promised_breaks_and_the_highest_leads_in_the_end(first: int) -> None:
    for seed in range(first, first + 20):
        storm = play(seed, guard="majority")
        broken = {name: how for name, how in storm.watch.broken.items() if name in PROMISED}
        assert not broken, f"seed {seed}"
        assert storm.network.agreed() == storm.network.members[-1], f"seed {seed}"


def test_without_the_guard_there_are_two_leaders_and_all_agree_afterwards() -> None:
    """The expected failures, each of them; and what is promised all the same."""
    found: Counter[str] = Counter()
    for seed in range(30):
        storm = play(seed, guard="none")
        found.update(storm.watch.broken.keys())
        assert storm.network.agreed() == storm.network.members[-1], f"seed {seed}"
    assert found["OneLeaderAtATime"] > 25
    assert found["OneLeaderPerCounter"] > 15
    assert found["TokenAscends"] > 15
    assert found["NoMinorityLeader"] == 30
    assert not found["PromiseMonotonic"]
    assert not found["PersistBeforeSend"]


@pytest.mark.parametrize(
    "changes",
    [
        {"preempt": False},
        {"rank": "fresh", "freshness_gap": 5},
        {"variant": "ranked_successors"},
        {"damping_ms": 100, "preempt_delay_ms": 150, "min_tenure_ms": 100},
        {"late_alive": "ignore", "direct_victory": "live_view"},
    ],
    ids=str,
)
def test_with_the_guard_whatever_else_is_set(changes: dict[str, object]) -> None:
    for seed in range(500, 508):
        storm = play(seed, guard="majority", **changes)
        broken = {name: how for name, how in storm.watch.broken.items() if name in PROMISED}
        assert not broken, f"seed {seed}"
        assert storm.network.agreed() is not None, f"seed {seed}"


@pytest.mark.parametrize("variant", ["two_phase", "mongodb_v0", "ranked_successors"])
def test_variants_without_the_guard_agree_after_the_storm(variant: str) -> None:
    for seed in range(700, 708):
        storm = play(seed, variant=variant, grace_ms=0, vote_lease_ms=1000)
        storm.calm(4 * SECOND)
        assert storm.network.agreed() is not None, f"seed {seed}"


def test_a_lease_that_is_longer_than_members_hold_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checker bites; counters are still led by one each, because promises are durable."""
    monkeypatch.setattr(BullyConfig, "lease_ns", property(lambda settings: 3 * settings.failure_ns))
    broken = {name for seed in range(10) for name in play(seed, guard="majority").watch.broken}
    assert "LeaseExclusion" in broken
    assert "OneLeaderPerCounter" not in broken


def test_a_promise_that_is_not_kept_over_a_restart_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checker bites: disks forget, and so does the wait that rests on them."""
    broken: set[str] = set()
    real = Network.start

    def forgetful(network: Network, *nodes: object, **how: object) -> None:
        network.disks.clear()
        real(network, *nodes, **how)

    monkeypatch.setattr(Network, "start", forgetful)
    for seed in range(12):
        broken |= play(seed, guard="majority", pre_vote=False).watch.broken.keys()
    assert {"GrantOnce", "OneLeaderPerCounter"} & broken


def test_what_is_drawn_fits_and_every_variant_comes_up() -> None:
    drawn = [msgspec.convert(draw_options(Random(seed), 3), BullyConfig) for seed in range(400)]
    assert {config.variant for config in drawn} == {"classic", "ranked_successors", "two_phase", "mongodb_v0"}
    assert {config.settled for config in drawn} == {"auto", "restart"}


def test_a_claim_is_its_senders_own_grant_and_an_answer_grants_if_it_says_so() -> None:
    epoch, rank, eid = Epoch(7, 3), Rank(0, 0, 3), ElectionId(3, 1, 1)
    assert granted(3, 1, Victory(1, epoch, eid, rank)) == (token(epoch), 3)
    assert granted(3, 1, Halt(1, epoch, rank)) == (token(epoch), 3)
    assert granted(1, 3, VictoryAck(1, epoch, granted=True, promised=epoch)) == (token(epoch), 3)
    assert granted(1, 3, VictoryAck(1, epoch, granted=False, promised=epoch)) is None
    assert granted(1, 3, Alive(1, eid, rank, epoch)) is None


def test_the_rules_of_mongodb_leave_a_primary_in_peace() -> None:
    nodes = [Inspection(n, "follower", 0, None, None, 0, 0, 0, 0, 0, 0, ()) for n in (1, 2)]
    assert should_lead(BullyConfig(), nodes) == 2
    assert should_lead(BullyConfig(variant="mongodb_v0", guard="none"), nodes) is None
