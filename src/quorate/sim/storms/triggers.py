"""Triggers as data: when something rare happens to a node, disturb that node, or the others. Faults at random times seldom meet the few
moments at which an algorithm is in danger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import msgspec

from quorate.core.ids import SECOND, Nanos, NodeId
from quorate.sim.cluster import Cluster
from quorate.sim.moments import MomentName
from quorate.sim.storms.faults import FIRST, HERE, OTHERS, Fault
from quorate.sim.streams import stream

FIRST_NS: Nanos = 1
"""How long after its moment a fault happens at the earliest: never within the step that the moment is in, and before anything that the
step sent arrives."""


class Step(msgspec.Struct, frozen=True):
    """At a `moment` (see `quorate.sim.moments`), with probability `share`, `faults` happen: each `at` after it, and after a wait of up to
    `delay_ns`, which is drawn once for all of them. Their `node` may be `HERE`, `FIRST` or `OTHERS`."""

    moment: MomentName
    faults: list[Fault]
    share: float = 1.0
    delay_ns: Nanos = 0


class Trigger(msgspec.Struct, frozen=True):
    """Steps in order: each waits for its moment, at most `patience_ns` after the one before; else the first one waits again. All of it
    happens at most `limit` times. `number`: of its random stream, so that the other triggers do not depend on it."""

    number: int
    steps: list[Step]
    limit: int = 1
    patience_ns: Nanos = 5 * SECOND


class Watch:
    """Waits for the moments of a storm's triggers. `happen` carries out a fault, and is called from the scheduler, never from a step."""

    def __init__(self, cluster: Cluster, triggers: Iterable[Trigger], happen: Callable[[Fault], None]) -> None:
        self._scheduler = cluster.scheduler
        self._nodes = list(cluster.nodes)
        self._happen = happen
        self._armed = [_Armed(trigger, cluster.seed) for trigger in triggers if trigger.steps]
        self._moments = {step.moment for armed in self._armed for step in armed.trigger.steps}
        if self._armed:
            cluster.observer.watch(self._noticed)

    def _noticed(self, moment: str, node: NodeId) -> None:
        if moment not in self._moments:
            return
        for armed in self._armed:
            step, delay = armed.noticed(moment, node, self._scheduler.now)
            for fault in step.faults if step is not None else ():
                self._have(fault, delay, node, armed.first)

    def _have(self, fault: Fault, delay: Nanos, here: NodeId, first: NodeId) -> None:
        wait = FIRST_NS + delay + fault.at
        for settled in self._settled(fault, here, first):
            due = msgspec.structs.replace(settled, at=self._scheduler.now + wait)
            self._scheduler.after(wait, partial(self._happen, due))

    def _settled(self, fault: Fault, here: NodeId, first: NodeId) -> Iterator[Fault]:
        """With the node that is meant."""
        node = getattr(fault, "node", None)
        if node in (HERE, FIRST):
            yield msgspec.structs.replace(fault, node=here if node == HERE else first)
        elif node == OTHERS:
            yield from (msgspec.structs.replace(fault, node=other) for other in self._nodes if other != here)
        else:
            yield fault


class _Armed:
    """A trigger and how far it is. `first`: the node of its first step."""

    def __init__(self, trigger: Trigger, seed: int) -> None:
        self.trigger = trigger
        self._random = stream(seed, "trigger", trigger.number)
        self.first: NodeId = 0
        self._next = 0
        self._rounds = 0
        self._since: Nanos = 0

    def noticed(self, moment: str, node: NodeId, now: Nanos) -> tuple[Step | None, Nanos]:
        """The step that follows from it, if one does, and the wait."""
        trigger = self.trigger
        if self._rounds >= trigger.limit:
            return None, 0
        if self._next and now - self._since > trigger.patience_ns:
            self._next = 0
        step = trigger.steps[self._next]
        if step.moment != moment or self._random.random() >= step.share:
            return None, 0
        if self._next == 0:
            self.first = node
        self._since = now
        self._next += 1
        if self._next == len(trigger.steps):
            self._next = 0
            self._rounds += 1
        return step, int(self._random.random() * step.delay_ns)
