"""Reads that ask for less than the newest state, and what they must keep all the same."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from quorate.core.consistency import Consistency, ReadInfo, ReadYourWrites, Stale
from quorate.core.ids import MILLISECOND, Index
from quorate.sim.invariants.base import InvariantBrokenError
from quorate.sim.node import SimNode

SOURCE = "Terry, Demers, Petersen, Spreitzer, Theimer and Welch 1994 (session guarantees); docs/reads.md"


class NearReads:
    """What one client has written, and how what it reads next is to be held against that. `index`: the highest at which a command of the
    client was applied."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.index: Index = 0
        self._info: ReadInfo | None = None

    def wrote(self, index: Index) -> None:
        """A command of the client was applied there."""
        self.index = max(self.index, index)

    def label(self, info: ReadInfo) -> None:
        """A read is being answered so; who asked is told next."""
        self._info = info

    def draw(self) -> Consistency:
        """What to ask for."""
        random = self.random
        kind = random.random()
        if kind < 0.4:
            return ReadYourWrites(self.index)
        if kind < 0.8:
            return Stale(random.choice((0, 5, 50)), random.choice((20, 200, 1000)))
        return "local"

    def expecting(self, node: SimNode, consistency: Consistency) -> Callable[[SimNode], None]:
        """What a read that is asked for now must see."""
        known = node.status().commit if node.up else 0

        def told(reader: SimNode) -> None:
            if self._info is not None:
                _hold(reader, consistency, self._info, known)

        return told


def _hold(reader: SimNode, consistency: Consistency, info: ReadInfo, known: Index) -> None:
    """`known`: what was committed, as far as the node knew when it was asked."""
    applied = reader.status().applied
    if info.index != applied:
        raise _broken("Labelled reads", f"node {reader.node} says {info}, and has applied {applied}")
    if isinstance(consistency, ReadYourWrites) and info.index < consistency.index:
        raise _broken("Read your writes", f"node {reader.node} answered {consistency} with {info}")
    if isinstance(consistency, Stale):
        _hold_bounds(reader, consistency, info, known)


def _hold_bounds(reader: SimNode, bounds: Stale, info: ReadInfo, known: Index) -> None:
    if known - info.index > bounds.max_lag or info.lag > bounds.max_lag:
        raise _broken(
            "Bounded reads", f"node {reader.node} knew of a commit of {known} and answered {bounds} with {info}"
        )
    if info.age_ns is None or info.age_ns > bounds.max_age_ms * MILLISECOND:
        raise _broken("Bounded reads", f"node {reader.node} answered {bounds} with {info}: it is too old")


def _broken(title: str, detail: str) -> InvariantBrokenError:
    return InvariantBrokenError(title, SOURCE, detail)
