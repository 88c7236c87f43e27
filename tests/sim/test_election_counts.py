"""How many messages elections cost in the simulator, where what runs is what runs in production: exactly what docs/bully.md and
docs/ring.md derive. The same figures are asserted of the bare algorithms in tests/algorithms; here connections, disks and clocks take part.

Every message takes D = 10 ms, and no more; the waits are the least that this allows. A node that alone is to notice something has a clock
of the right rate, and all others have slow ones. Heartbeats, and acknowledgements of hops, are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

import pytest

from algorithms.ring.counting import chang_roberts, hirschberg_sinclair
from quorate.sim.scenarios.language import read_scenario
from quorate.sim.scenarios.play import Play

SIZES = (3, 5, 8, 9)
PROFILE = """
guard none; latency 10ms fixed
election_timeout 70ms; heartbeat 20ms; delay 10ms; processing 1ms
"""


def played(text: str, count_from: float = 0.0) -> dict[str, int]:
    """What was sent from that second on, to nodes that live."""
    play = Play(read_scenario(text, seed=1), traced=False)
    marks = []
    play.cluster.scheduler.at(int(count_from * 1e9), lambda: marks.append(play.meter.mark()))
    outcome = play.run()
    assert not outcome.failure
    assert not outcome.idle
    dead = [node.node for node in play.cluster.nodes.values() if not node.up]
    traffic = play.meter.since(marks[0])
    told = [node for node in play.cluster.nodes if node not in dead]
    counted = {
        kind: number for kind, number in traffic.kinds().items() if kind not in ("Heartbeat", "HeartbeatAck", "HopAck")
    }
    return counted | ({"Victory": traffic.of(["Victory"], told)} if "Victory" in counted else {})


# Bully

BULLY = "algorithm bully; resend_victory false"
"""Without the economy by which a leader that is asked says at once that it leads."""


def listed(nodes: Iterable[int]) -> str:
    return ",".join(map(str, nodes))


def after_a_death(n: int, noticing: Sequence[int], settings: str = "") -> dict[str, int]:
    """Node n, which led, is gone; `noticing` miss it. A Victory to it is not counted."""
    slow = [node for node in range(1, n) if node not in noticing]
    drift = f"drift clock {listed(slow)} by -50% at 900ms" if slow else ""
    return played(
        f"{BULLY}; nodes {n}; victory 300ms; {settings}\n{PROFILE}\n{drift}\n"
        f"crash {n} silently at 1s\nexpect leader is {n - 1} at 2s",
        count_from=1.0,
    )


@pytest.mark.parametrize("n", SIZES)
def test_bully_at_best_the_next_below_notices(n: int) -> None:
    assert after_a_death(n, [n - 1]) == {"Election": 1, "Victory": n - 2}


@pytest.mark.parametrize("n", SIZES)
def test_bully_at_worst_the_lowest_notices_or_all_at_once(n: int) -> None:
    for noticing in ([1], range(1, n)):
        counts = after_a_death(n, noticing)
        assert counts == {"Election": n * (n - 1) // 2, "Alive": (n - 1) * (n - 2) // 2, "Victory": n - 2}
        assert sum(counts.values()) == n * n - n - 1


@pytest.mark.parametrize("n", SIZES)
def test_bully_by_freshness_asks_everybody(n: int) -> None:
    assert after_a_death(n, [n - 1], "rank fresh") == {"Election": n - 1, "Victory": n - 2}
    worst = after_a_death(n, range(1, n), "rank fresh")
    assert worst == {"Election": (n - 1) ** 2, "Alive": (n - 1) * (n - 2) // 2, "Victory": n - 2}


@pytest.mark.parametrize("n", SIZES)
def test_bully_when_the_highest_comes_back(n: int) -> None:
    """It waits until it is connected: what it said before that would reach nobody. To each that connects it says that it, which had led
    once, does not any more (B20)."""
    counts = played(
        f"{BULLY}; nodes {n}; preempt_delay 200ms\n{PROFILE}\ncrash {n} silently at 1s for 1s\n"
        f"expect leader is {n - 1} at 1900ms\nexpect leader is {n} at 3s",
        count_from=2.0,
    )
    assert counts == {"Victory": n - 1, "Resign": n - 1}


@pytest.mark.parametrize("n", SIZES)
def test_bully_from_a_cold_start_all_at_once(n: int) -> None:
    """Without `preempt` all listen first, and so begin when they are connected."""
    counts = played(f"{BULLY}; nodes {n}; preempt false\n{PROFILE}\nexpect leader is {n} at 1s")
    assert counts == {"Election": n * (n - 1) // 2, "Alive": n * (n - 1) // 2, "Victory": n - 1}
    assert sum(counts.values()) == n * n - 1


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("pre_vote", [True, False])
def test_bully_with_the_guard_has_a_grant_of_each_on_top_and_a_question_and_an_answer(
    n: int, *, pre_vote: bool
) -> None:
    """The question goes to all others, the dead one among them; whoever lives answers."""
    profile = (
        PROFILE.replace("guard none", "guard majority; sync 5ms").replace("70ms", "700ms").replace("20ms", "200ms")
    )
    counts = played(
        f"{BULLY}; nodes {n}; pre_vote {str(pre_vote).lower()}\n{profile}\n"
        f"crash {n} silently at 2s\nexpect leader is {n - 1} at 4s",
        count_from=2.0,
    )
    assert counts.pop("VictoryAck") == n - 2
    asked = (counts.pop("PreVote", 0), counts.pop("PreVoteReply", 0))
    assert asked == ((n - 1, n - 2) if pre_vote else (0, 0))
    assert sum(counts.values()) == n * n - n - 1


# Ring


def orders(n: int) -> list[tuple[int, ...]]:
    """Ascending, descending, and one that is shuffled."""
    shuffled = list(range(1, n + 1))
    Random(n).shuffle(shuffled)
    return [tuple(range(1, n + 1)), tuple(range(n, 0, -1)), tuple(shuffled)]


def ring(variant: str, order: Sequence[int], first: int | None = None) -> dict[str, int]:
    """All set out at once, or `first` alone."""
    n = len(order)
    slow = [node for node in order if node != first]
    drift = f"drift clock {listed(slow)} by -50% at 0s" if first is not None else ""
    profile = PROFILE.replace("latency 10ms", "latency 1ms") if first is not None else PROFILE
    return played(
        f"algorithm ring; nodes {n}; preempt false; variant {variant}; ring_order {listed(order)}\n{profile}\n{drift}\n"
        f"expect leader within 2s; run 2500ms"
    )


@pytest.mark.parametrize("n", SIZES)
def test_chang_and_roberts_all_set_out(n: int) -> None:
    for order in orders(n):
        assert ring("chang_roberts", order) == {"Election": chang_roberts(order), "Elected": n}
    ascending, descending, _ = orders(n)
    assert (chang_roberts(ascending), chang_roberts(descending)) == (2 * n - 1, n * (n + 1) // 2)


@pytest.mark.parametrize("n", SIZES)
def test_chang_and_roberts_one_sets_out(n: int) -> None:
    for order in orders(n):
        for first in (1, n):
            distance = (order.index(n) - order.index(first)) % n
            assert ring("chang_roberts", order, first) == {"Election": n + distance, "Elected": n}


@pytest.mark.parametrize("n", SIZES)
def test_the_lap_ring(n: int) -> None:
    *_, order = orders(n)
    assert ring("lap", order) == {"Collect": n * n, "Coordinator": n * n}
    assert ring("lap", order, 1) == {"Collect": n, "Coordinator": n}


@pytest.mark.parametrize("n", SIZES)
def test_lelann(n: int) -> None:
    *_, order = orders(n)
    assert ring("lelann", order) == {"Token": n * n, "Elected": n}


@pytest.mark.parametrize("n", SIZES)
def test_hirschberg_and_sinclair(n: int) -> None:
    for order in orders(n):
        counts = ring("hirschberg_sinclair", order)
        assert counts["Probe"] + counts["Reply"] == hirschberg_sinclair(order)
        assert counts["Elected"] == n
