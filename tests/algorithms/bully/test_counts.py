"""How many messages an election costs, exactly (docs/bully.md, "What an election costs")."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from algorithms.electing.network import Network
from quorate.algorithms.bully.bully import SPEC
from quorate.algorithms.bully.config import BullyConfig
from quorate.core.events import PeerUnreachable
from quorate.core.ids import SECOND, NodeId

SIZES = (3, 5, 8, 9)
QUIET: dict[str, Any] = {
    "guard": "none",
    "election_timeout_ms": 100_000,
    "heartbeat_ms": 30_000,
    "delay_ms": 10,
    "processing_ms": 1,
    "settled": "restart",
    "resend_victory": False,
}
"""The bounds of the counts, D = 10 ms and p = 1 ms; no heartbeat falls due meanwhile. The textbook: whoever is asked elects, and a leader
answers no more than Alive."""


def cluster(n: int, seed: int, **changes: Any) -> Network:
    """All follow n, and then play by the settings in question."""
    settled = BullyConfig(**{**QUIET, **changes, "settled": "answer", "resend_victory": True})
    network = Network(SPEC, range(1, n + 1), settled, seed=seed, disk_ns=0)
    network.start()
    network.run(2 * SECOND)
    assert network.agreed() == n
    for node in network.nodes.values():
        node.algorithm._state.settings = BullyConfig(**{**QUIET, **changes})
    return network


def after_a_death(n: int, noticing: Iterable[NodeId], seed: int = 0, **changes: Any) -> Counter[str]:
    """n dies, and some notice; what it costs until all agree. A Victory to the dead one is not counted."""
    network = cluster(n, seed, **changes)
    network.crash(n)
    network.sent.clear()
    for node in noticing:
        network.step(network[node], PeerUnreachable(n))
    network.run(5 * SECOND)
    assert network.agreed() == n - 1
    return counted(network)


def counted(network: Network) -> Counter[str]:
    """Messages of an election, by type."""
    names = [(type(sent.message).__name__, sent.to) for sent in network.sent]
    return Counter(
        name
        for name, to in names
        if name in ("Election", "Alive") or (name in ("Victory", "VictoryAck") and to in network.nodes)
    )


@pytest.mark.parametrize("n", SIZES)
def test_best_case_the_next_below_notices(n: int) -> None:
    counts = after_a_death(n, [n - 1])
    assert (counts["Election"], counts["Alive"], counts.total()) == (1, 0, n - 1)


@pytest.mark.parametrize("n", SIZES)
def test_worst_case_the_lowest_notices_or_all_at_once(n: int) -> None:
    for noticing in ([1], range(1, n)):
        counts = after_a_death(n, noticing, seed=n)
        assert counts["Election"] == n * (n - 1) // 2
        assert counts["Alive"] == (n - 1) * (n - 2) // 2
        assert counts.total() == n * n - n - 1


@pytest.mark.parametrize("n", SIZES)
def test_whoever_notices_it_is_m_squared_and_n_minus_2(n: int) -> None:
    for node in range(1, n):
        m = n - node
        assert after_a_death(n, [node], seed=node).total() == m * m + n - 2


def test_the_totals_in_numbers() -> None:
    assert [n * n - n - 1 for n in SIZES] == [5, 19, 55, 71]
    assert [after_a_death(n, [1], rank="fresh").total() for n in SIZES] == [6, 25, 76, 99]
    assert [after_a_death(n, [n - 1], rank="fresh").total() for n in SIZES] == [3, 7, 13, 15]


@pytest.mark.parametrize("n", SIZES)
def test_by_freshness_all_others_are_asked(n: int) -> None:
    for node in (1, n - 1):
        m = n - node
        counts = after_a_death(n, [node], rank="fresh")
        assert counts == Counter({"Election": m * (n - 1), "Alive": m * (m - 1) // 2, "Victory": n - 2})


@pytest.mark.parametrize("n", SIZES)
def test_by_the_live_view_a_victory_is_all_if_the_next_below_notices(n: int) -> None:
    assert after_a_death(n, [n - 1], direct_victory="live_view") == Counter({"Victory": n - 2})
    counts = after_a_death(n, range(1, n), direct_victory="live_view", settled="answer")
    k = n - 2
    assert k <= counts["Election"] <= k * (k + 1) // 2
    assert counts["Election"] == counts["Alive"]


@pytest.mark.parametrize("n", SIZES)
def test_recovery_is_a_victory_to_all_others(n: int) -> None:
    network = cluster(n, 1)
    network.crash(n)
    for node in range(1, n):
        network.step(network[node], PeerUnreachable(n))
    network.run(5 * SECOND)
    network.sent.clear()
    network.configs[n] = BullyConfig(**QUIET)
    network.restart(n)
    network.run(5 * SECOND)
    assert network.agreed() == n
    assert counted(network) == Counter({"Victory": n - 1})


@pytest.mark.parametrize("n", SIZES)
def test_cold_start_all_at_once(n: int) -> None:
    network = Network(SPEC, range(1, n + 1), BullyConfig(**{**QUIET, "settled": "answer"}), seed=n, disk_ns=0)
    network.start()
    network.run(5 * SECOND)
    assert network.agreed() == n
    pairs = n * (n - 1) // 2
    assert counted(network) == Counter({"Election": pairs, "Alive": pairs, "Victory": n - 1})
    assert counted(network).total() == n * n - 1


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("pre_vote", [True, False])
def test_the_guard_adds_a_grant_of_each_a_question_first_and_a_round_of_heartbeats(n: int, *, pre_vote: bool) -> None:
    """The dead leader is held to until its time is over, so the one that notices first is let claim by hand."""
    network = Network(
        SPEC,
        range(1, n + 1),
        BullyConfig(**{**QUIET, "guard": "majority", "settled": "auto", "sync_ms": 5, "pre_vote": pre_vote}),
        seed=n,
        disk_ns=0,
    )
    network.start(range(1, n))
    network[n - 1].algorithm._state.begin()
    effects = network[n - 1].algorithm._state.out
    network[n - 1].algorithm._state.out = []
    network._took(network[n - 1], None, effects)
    network.run(2 * SECOND)
    assert network.agreed() == n - 1
    counts = counted(network)
    assert counts == Counter({"Election": 1, "Victory": n - 2, "VictoryAck": n - 2})
    beats = Counter(type(sent.message).__name__ for sent in network.sent if sent.to in network.nodes)
    assert beats["Heartbeat"] == n - 2
    sent = Counter(type(sent.message).__name__ for sent in network.sent)
    assert (sent["PreVote"], sent["PreVoteReply"]) == ((n - 1, n - 2) if pre_vote else (0, 0))
