"""Long seeded walks of a Raft cluster through every kind of trouble, watched at every step, and healed at the end.

A failing seed replays by itself: the walk depends on nothing else. The dice are loaded differently for each seed, so that some walks
are mostly about elections, others about a full window, others about snapshots.
"""

from random import Random

import pytest

from properties.raft_cluster import Cluster
from quorate.core.ids import MILLISECOND, NodeId

SEEDS = 64
STEPS = 1500

WEIGHTS: dict[str, tuple[float, ...]] = {
    "deliver": (60,),
    "deliver twice": (0, 3, 10),
    "lose": (0, 3, 15),
    "pass time": (2, 6, 12),
    "pass time for all": (0, 1, 3),
    "time out": (1, 3, 6),
    "finish writes": (40,),
    "propose": (1, 3, 8, 20),
    "propose again": (0, 2),
    "read": (3,),
    "take a snapshot": (0, 1, 3),
    "lose a snapshot": (0.3,),
    "crash": (0, 0.5, 1.5),
    "restart": (2,),
    "renew a link": (0, 1, 3),
    "break a link": (0, 0.5),
    "suspect": (0, 0.5, 2),
    "cut": (0, 0.5, 1),
    "isolate a leader": (0, 0.5, 2),
    "heal": (0.5, 1),
    "run": (0, 2, 5),
}
"""How likely each move is; each seed draws one of the choices."""


class Walk:
    """One cluster and its dice."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.cluster = Cluster(self.random.choice([1, 2, 3, 3, 3, 5, 5]), seed)
        self.in_order = self.random.random() < 0.4

    def go(self, steps: int) -> None:
        """Take so many steps, then heal."""
        weights = [self.random.choice(choices) for choices in WEIGHTS.values()]
        for _ in range(steps):
            (move,) = self.random.choices(list(WEIGHTS), weights)
            self.step(move, self.random.choice(self.cluster.members), self.random.choice(self.cluster.members))
        self.cluster.heal()

    def step(self, move: str, node: NodeId, other: NodeId) -> None:
        """One move."""
        cluster, random = self.cluster, self.random
        match move:
            case "deliver":
                cluster.deliver(0 if self.in_order else random.randrange(1000))
            case "deliver twice":
                cluster.deliver(random.randrange(1000), keep=True)
            case "lose":
                cluster.lose(random.randrange(1000))
            case "pass time":
                cluster.pass_time(node, random.randrange(1, 60) * MILLISECOND)
            case "pass time for all":
                for each in cluster.members:
                    cluster.pass_time(each, random.randrange(1, 60) * MILLISECOND)
            case "time out":
                cluster.time_out(node)
            case "finish writes":
                cluster.finish_write(node, random.choice([1, 1, 3, 10]))
            case "propose":
                cluster.propose(node, random.choice([8, 8, 50, 150]))
            case "propose again":
                cluster.propose_again(node)
            case "read":
                cluster.read(node)
            case _:
                self.disturb(move, node, other)

    def disturb(self, move: str, node: NodeId, other: NodeId) -> None:
        """One of the rarer moves."""
        cluster = self.cluster
        match move:
            case "take a snapshot":
                cluster.take_snapshot(node)
            case "lose a snapshot":
                cluster.lose_snapshot_read(node)
            case "crash":
                cluster.crash(node)
            case "restart":
                cluster.restart(node)
            case "renew a link":
                cluster.renew_link(node, other)
            case "break a link":
                cluster.break_link(node, other)
            case "suspect":
                cluster.suspect(node, other)
            case "cut":
                cluster.cut({each for each in cluster.members if self.random.random() < 0.4})
            case "isolate a leader":
                self.isolate_a_leader()
            case "heal":
                cluster.cut(set())
            case "run":
                self.run()
            case _:
                raise AssertionError(f"no such move: {move}")

    def isolate_a_leader(self) -> None:
        """With entries that nobody else has: this is how logs come to differ, and how the paper's Figure 8 begins."""
        leaders = [each for each in self.cluster.members if (server := self.cluster.up(each)) and server.leads]
        if leaders:
            leader = self.random.choice(leaders)
            self.cluster.cut({leader})
            for _ in range(self.random.randrange(4)):
                self.cluster.propose(leader)

    def run(self) -> None:
        """A while without trouble, but for what is cut: time passes, and what is under way arrives in order."""
        for each in self.cluster.members:
            self.cluster.pass_time(each, self.random.randrange(1, 80) * MILLISECOND)
        for _ in range(self.random.randrange(30)):
            for each in self.cluster.members:
                self.cluster.finish_write(each, 10)
            self.cluster.deliver(0)


@pytest.mark.parametrize("group", range(4))
def test_walks(group: int) -> None:
    """Every property holds at every step of every walk, and together the walks see everything that they are about."""
    counts: dict[str, int] = {}
    for seed in range(group * SEEDS // 4, (group + 1) * SEEDS // 4):
        walk = Walk(seed)
        try:
            walk.go(STEPS)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        for what, count in walk.cluster.watcher.counts.items():
            counts[what] = counts.get(what, 0) + count
    seen = {
        "election",
        "commit",
        "older term commit",
        "forward",
        "read",
        "rejected",
        "snapshot",
        "install",
        "crash",
        "truncation",
    }
    assert seen <= set(counts), f"never seen: {seen - set(counts)}"
