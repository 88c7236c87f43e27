"""What an undisturbed cluster costs: at rest, and per write."""

from __future__ import annotations

from quorate.core.ids import SECOND, Nanos, NodeId
from quorate.core.outcome import Applied, Outcome
from quorate.sim.cluster import NeverError
from quorate.sim.compare.stage import Observation, Stage, rate

REST: Nanos = 5 * SECOND
WRITES_EACH = 20
MIN_WRITES = 200
COMMAND_BYTES = 64
PATIENCE: Nanos = 10 * SECOND


def rest(stage: Stage) -> Observation:
    """5 s in which nobody asks for anything."""
    stage.settle()
    stage.await_quiet()
    mark = stage.meter.mark()
    stage.cluster.scheduler.run_until(stage.now + REST)
    traffic = stage.meter.since(mark)
    return Observation(
        {"rest_messages": rate(traffic, REST), "rest_bytes": traffic.size * SECOND / REST},
        {kind: messages * SECOND / REST for kind, messages in traffic.kinds().items()},
    )


def writes_alone(stage: Stage) -> Observation:
    """One client of the leader, one write at a time."""
    return _write(stage, "alone", 1)


def writes_together(stage: Stage) -> Observation:
    """64 clients of the leader, each with one write at a time."""
    return _write(stage, "together", 64)


class _Writers:
    """`clients` at the leader, each of which writes again when its last write is confirmed, until `total` are."""

    def __init__(self, stage: Stage, leader: NodeId, clients: int, total: int) -> None:
        self.confirmed = 0
        self.took: list[Nanos] = []
        self._stage = stage
        self._leader = leader
        self._begun = 0
        self._total = total
        for _ in range(clients):
            self._next()

    def _next(self) -> None:
        if self._begun == self._total:
            return
        self._begun += 1
        asked = self._stage.now
        command = (b"write %d " % self._begun).ljust(COMMAND_BYTES, b".")
        self._stage.cluster.nodes[self._leader].propose([command], PATIENCE, lambda outcome: self._done(outcome, asked))

    def _done(self, outcome: Outcome, asked: Nanos) -> None:
        if not isinstance(outcome, Applied):
            raise NeverError(f"a write on a calm cluster came to {outcome}: {self._stage.cluster.describe()}")
        self.confirmed += 1
        self.took.append(self._stage.now - asked)
        # Not from within the driver's own turn.
        self._stage.cluster.scheduler.after(0, self._next)


def _write(stage: Stage, name: str, clients: int) -> Observation:
    leader = stage.settle()
    total = max(MIN_WRITES, clients * WRITES_EACH)
    mark = stage.meter.mark()
    writers = _Writers(stage, leader, clients, total)
    stage.cluster.run_until(lambda: writers.confirmed == total)
    traffic = stage.meter.since(mark)
    return Observation(
        {
            f"{name}_messages": traffic.messages / total,
            f"{name}_bytes": traffic.size / total,
            f"{name}_time": sorted(writers.took)[total // 2],
        }
    )
