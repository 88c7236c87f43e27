"""A seeded storm over the in-memory network: processes die, come back and are paused, links break, messages and writes are slow."""

from collections.abc import Callable
from random import Random

from algorithms.electing.network import Network
from algorithms.electing.watch import Watch
from quorate.core.ids import MILLISECOND, Nanos, NodeId

TURNS = 25
BETWEEN_MS = (5, 150)


class Storm:
    """`network` in trouble; `watch` sees what it breaks."""

    def __init__(self, network: Network, seed: int) -> None:
        self.network = network
        self.watch = Watch(network)
        self.random = Random(f"storm {seed}")
        self.slow = 1
        calm, slowly = network.delay, network.random
        network.delay = lambda sender, to, message: (
            calm(sender, to, message) * (self.slow if slowly.random() < 0.3 else 1)
        )

    def rage(self, turns: int = TURNS) -> None:
        """So many strokes, one after the other."""
        strokes: list[Callable[[], None]] = [self._crash, self._crash, self._cut, self._cut, self._pause, self._slow]
        strokes += [self.network.heal, self._restart, self._restart, self._resume]
        for _ in range(turns):
            self.random.choice(strokes)()
            self.network.run(self.random.randint(*BETWEEN_MS) * MILLISECOND)

    def calm(self, duration: Nanos) -> None:
        """Everything comes back, and time goes by."""
        self.slow = 1
        for node in self.network.members:
            if node not in self.network.nodes:
                self.network.restart(node)
            elif self.network[node].paused:
                self.network.resume(node)
        self.network.heal()
        self.network.run(duration)
        self.watch.look()

    def _any(self) -> NodeId:
        return self.random.choice(self.network.members)

    def _crash(self) -> None:
        node = self._any()
        if node in self.network.nodes:
            self.network.crash(node)

    def _restart(self) -> None:
        for node in self.network.members:
            if node not in self.network.nodes:
                self.network.restart(node)
                return

    def _cut(self) -> None:
        count = self.random.randint(1, len(self.network.members) - 1)
        self.network.cut(*self.random.sample(self.network.members, count))

    def _pause(self) -> None:
        node = self._any()
        if node in self.network.nodes:
            self.network.pause(node)

    def _resume(self) -> None:
        for process in list(self.network.nodes.values()):
            if process.paused:
                self.network.resume(process.id)

    def _slow(self) -> None:
        self.slow = self.random.choice([1, 3, 10])
