"""Reads that a node may answer by itself: by its lease, because its state is fresh enough, or because the reader asks for no more.

What vouches for a read is looked at twice: when it comes in, and once more when it has looked at the machine. If it has ended by
then, what the reader saw is not told, and the leader is asked after all.
"""

from collections.abc import Callable
from typing import Any

from quorate.core.algorithm import Algorithm
from quorate.core.consistency import LINEARIZABLE, ReadInfo, ReadYourWrites, Stale, Standing, level_of
from quorate.core.ids import MILLISECOND, Index
from quorate.machines.sessions import SessionedMachine
from quorate.runtime.calls import ReadCall
from quorate.runtime.world import World

FELL_BACK = "read_fell_back"
"""Counted: a lease was asked for and none was held, or bounds did not hold; the read became a linearizable one."""


class Near:
    """`readable`: whether the machine may be looked at now; while a snapshot replaces it, it may not."""

    def __init__(
        self,
        algorithm: Algorithm,
        world: World,
        replica: SessionedMachine[Any],
        count: Callable[[str, int], None],
        readable: Callable[[], bool],
    ) -> None:
        self._algorithm = algorithm
        self._world = world
        self._replica = replica
        self._count = count
        self._readable = readable

    @property
    def applied(self) -> Index:
        """How far the machine is that may be looked at now; -1 while there is none."""
        return self._replica.applied if self._readable() else -1

    def index_for(self, call: ReadCall) -> Index | None:
        """From which applied index on the reader may look without the leader's word; None: not without it."""
        index = self._index_for(call)
        call.answered = LINEARIZABLE if index is None else level_of(call.consistency)
        if index is None and call.consistency != LINEARIZABLE:
            self._count(FELL_BACK, 1)
        return index

    def _index_for(self, call: ReadCall) -> Index | None:
        match call.consistency:
            case "local":
                return 0
            case ReadYourWrites(index=index):
                return index
            case "lease":
                standing = self._standing()
                return standing.commit if self._holds_lease(standing) else None
            case Stale() as bounds:
                standing = self._standing()
                near = standing.commit - self._replica.applied <= bounds.max_lag and self._is_young(standing, bounds)
                return self.applied if near and self._readable() else None
            case _:
                return None

    def see(self, call: ReadCall) -> bool:
        """Let the reader look at the machine now. False: what vouched for it has ended meanwhile; it waits for the leader's word."""
        if call.answered == LINEARIZABLE:
            call.look(ReadInfo(self._replica.applied, LINEARIZABLE))
            return True
        standing = self._standing()
        call.look(self._info(call, standing))
        if self._still_vouched(call, standing):
            return True
        call.answered = LINEARIZABLE
        self._count(FELL_BACK, 1)
        return False

    def _still_vouched(self, call: ReadCall, before: Standing) -> bool:
        if call.answered == "lease":
            return self._holds_lease(self._standing())
        if isinstance(call.consistency, Stale):
            return self._is_young(before, call.consistency)
        return True

    def _info(self, call: ReadCall, standing: Standing) -> ReadInfo:
        applied = self._replica.applied
        if call.answered == "lease":
            return ReadInfo(applied, "lease")
        age = None if standing.fresh_at is None else max(0, self._world.now() - standing.fresh_at)
        return ReadInfo(applied, call.answered, max(0, standing.commit - applied), age)

    def _standing(self) -> Standing:
        return self._algorithm.standing(self._replica.applied, self._world.now())

    def _holds_lease(self, standing: Standing) -> bool:
        return standing.lease_until is not None and self._world.now() < standing.lease_until

    def _is_young(self, standing: Standing, bounds: Stale) -> bool:
        at = standing.fresh_at
        return at is not None and self._world.now() - at <= bounds.max_age_ms * MILLISECOND
