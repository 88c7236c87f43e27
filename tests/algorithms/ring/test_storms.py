"""What storms draw of the ring; and seeded storms over the in-memory network.

What is promised holds with the guard, the textbook breaks it, and both agree once the storm is over."""

from random import Random

import msgspec
import pytest

from algorithms.electing.network import Network
from algorithms.electing.storm import Storm
from quorate.algorithms.electing.epoch import Epoch, token
from quorate.algorithms.electing.messages import ElectionId
from quorate.algorithms.electing.rank import Rank
from quorate.algorithms.ring import SPEC, RingConfig
from quorate.algorithms.ring.messages import Body, Elected, Election, HopAck, Install, Ring
from quorate.algorithms.ring.storms import draw_options, granted, should_lead
from quorate.core.algorithm import Inspection
from quorate.core.ids import SECOND

VARIANTS = ("chang_roberts", "lap", "lelann", "hirschberg_sinclair")
TIMES = {"election_timeout_ms": 300, "heartbeat_ms": 50, "delay_ms": 10, "processing_ms": 1, "sync_ms": 2}
PAUSED = {"OneLeaderAtATime"}
"""A process that is paused cannot notice that its lease has ended: it gives up before it looks at anything when it goes on, and until then
its lease tells others. That no two leases are held at once is `LeaseExclusion`."""
RATE_PPM = 45_000
"""Clocks err by up to 4.5 %, and the lease allows for 5."""


def storm(seed: int, **settings: object) -> tuple[Network, Storm]:
    """3 to 5 nodes with clocks that err, a storm, and four seconds of calm."""
    random = Random(f"ring {seed}")
    members = range(1, random.choice((3, 4, 5)) + 1)
    clocks = {node: (random.randint(-RATE_PPM, RATE_PPM), random.randrange(SECOND)) for node in members}
    network = Network(SPEC, members, RingConfig(**{**TIMES, **settings}), seed=seed, clocks=clocks)
    network.start()
    trouble = Storm(network, seed)
    trouble.rage()
    trouble.calm(4 * SECOND)
    assert len(network.leaders) == 1, "one of them leads once the storm is over"
    assert network.agreed() == network.leaders[0]
    return network, trouble


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("monitor", ["leader", "predecessor"])
def test_with_the_guard_nothing_is_broken(variant: str, monitor: str) -> None:
    for seed in range(4 if monitor == "leader" else 2):
        _, trouble = storm(seed, variant=variant, monitor=monitor)
        assert not set(trouble.watch.broken) - PAUSED, seed


@pytest.mark.parametrize("variant", VARIANTS)
def test_without_it_two_lead_at_once_and_all_agree_in_the_end(variant: str) -> None:
    broken: set[str] = set()
    for seed in range(4):
        _, trouble = storm(seed, guard="none", variant=variant)
        broken |= set(trouble.watch.broken)
    assert {"OneLeaderAtATime", "NoMinorityLeader"} <= broken
    assert not broken & {"PromiseMonotonic", "PersistBeforeSend"}, "these the textbook keeps too"


def test_the_same_seed_has_the_same_history() -> None:
    first, second = storm(3)[0], storm(3)[0]
    assert first.sent == second.sent
    assert first.told == second.told


def test_what_is_drawn_fits_the_ring_and_every_variant_comes_up() -> None:
    drawn = [msgspec.convert(draw_options(Random(seed), 5), RingConfig) for seed in range(200)]
    assert {config.variant for config in drawn} == set(VARIANTS)
    assert {config.monitor for config in drawn} == {"leader", "predecessor"}
    assert {tuple(sorted(config.ring_order)) for config in drawn} == {(), (1, 2, 3, 4, 5)}
    assert len({config.ring_order for config in drawn}) > 20


def test_whoever_set_a_claim_out_or_has_signed_it_grants_it() -> None:
    def envelope(body: Body) -> Ring:
        return Ring(1, 1, ElectionId(3, 1, 1), body, Epoch(7, 3), 1, 5, 1)

    epoch, rank = Epoch(7, 3), Rank(0, 0, 3)
    for claim in (Elected(epoch, rank, (1,)), Install(epoch, rank, (1,))):
        assert [granted(node, 9, envelope(claim)) for node in (1, 3)] == [(token(epoch), 3)] * 2
        assert granted(2, 9, envelope(claim)) is None
    assert granted(3, 9, envelope(Election(rank))) is None
    assert granted(3, 9, HopAck(1, 1)) is None


def test_the_highest_should_lead() -> None:
    nodes = [Inspection(n, "follower", 0, None, None, 0, 0, 0, 0, 0, 0, ()) for n in (1, 2)]
    assert should_lead(RingConfig(), nodes) == 2
