"""The driver's way to the disk: one write at a time."""

from collections.abc import Callable

from quorate.core.effects import WriteSnapshot
from quorate.core.events import Event, Persisted
from quorate.runtime.barrier import Write
from quorate.runtime.counters import Counters
from quorate.runtime.failures import disk_failure
from quorate.runtime.world import World
from quorate.storage.store import Store


class Writer:
    """Carries a write to the store, in the write lane, and tells what became of it: `written(event)` or
    `failed(error)`.

    A write is never tried again: after a failed sync nobody knows what the disk holds.
    """

    def __init__(
        self,
        world: World,
        store: Store,
        counters: Counters,
        *,
        written: Callable[[Event], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._world = world
        self._store = store
        self._counters = counters
        self._written = written
        self._failed = failed
        self._upkeep_under_way = False
        self._stopped = False

    def stop(self) -> None:
        """What is under way ends; nothing more is begun, and nobody is told."""
        self._stopped = True

    def start(self, write: Write) -> None:
        """Call when none is under way."""
        self._counters.writes += 1
        if isinstance(write, WriteSnapshot):
            snapshots = self._store.snapshots
            self._world.write(lambda: snapshots.receive(write.meta, write.offset, write.data), self._over)
            return
        self._counters.persists += len(write)
        position = write[-1].position

        def job() -> Event:
            self._store.write(write)
            return Persisted(position)

        self._world.write(job, self._over)

    def _over(self, result: Event | BaseException) -> None:
        if self._stopped:
            return
        if isinstance(result, BaseException):
            self._failed(disk_failure(result))
            return
        if self._store.wants_upkeep and not self._upkeep_under_way:
            self._upkeep_under_way = True
            self._world.background(self._store.upkeep, self._upkept)
        self._written(result)

    def _upkept(self, result: BaseException | None) -> None:
        """What the disk refused here, a later write does for itself, and says so aloud if it cannot."""
        self._upkeep_under_way = False
        if isinstance(result, BaseException) and not isinstance(result, OSError):
            self._failed(result)
