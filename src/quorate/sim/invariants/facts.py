"""Who wants to know which fact."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeAlias

from quorate.sim.invariants.base import Invariant, InvariantBrokenError

Told: TypeAlias = Sequence[Callable[..., None]]


class Facts:
    """For each fact the invariants that override its method, so that the others cost nothing. `unpromised`: of these kinds nobody
    promises anything now; `count` is called with the name of the kind when one is broken."""

    def __init__(
        self,
        invariants: Iterable[Invariant],
        unpromised: Collection[type[Invariant]] = (),
        count: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._invariants = tuple(invariants)
        self._unpromised = unpromised
        self._count = count
        self.recovered = self._told("recovered")
        self.started = self._told("started")
        self.stepped = self._told("stepped")
        self.asked = self._told("asked")
        self.answered = self._told("answered")
        self.snapshot = self._told("snapshot")
        self.appended = self._told("appended")
        self.truncated = self._told("truncated")
        self.reset = self._told("reset")
        self.elected = self._told("elected")
        self.committed = self._told("committed")
        self.applied = self._told("applied")
        self.loaded = self._told("loaded")
        self.matched = self._told("matched")
        self.announced = self._told("announced")
        self.explained = self._told("explained")
        self.waited = self._told("waited")
        self.waiting = self._told("waiting")
        self.leased = self._told("leased")
        self.voted = self._told("voted")
        self.sent = self._told("sent")
        self.led = self._told("led")
        self.inspected = self._told("inspected")

    def _told(self, fact: str) -> Told:
        plain = getattr(Invariant, fact)
        return [self._teller(i, fact) for i in self._invariants if getattr(type(i), fact) is not plain]

    def _teller(self, invariant: Invariant, fact: str) -> Callable[..., None]:
        tell: Callable[..., None] = getattr(invariant, fact)
        kind = type(invariant)
        if kind not in self._unpromised:
            return tell

        def count_if_broken(*words: Any, **more: Any) -> None:
            try:
                tell(*words, **more)
            except InvariantBrokenError:
                self._count(kind.__name__)

        return count_if_broken
