"""The driver's way to the disk: one write at a time.

Theory of operation. A disk that fails stops the node. A disk that is full does not: the store makes room before it writes anything,
so a write for which there is none was not begun. It waits here, with everything that the barrier holds back behind it, and is asked for
again from time to time; nobody is told of it before it is durable. The algorithm hears of it, and of the store's early warning: from
then on it takes nothing new, as long as it can.
"""

from collections.abc import Callable

from quorate.core.effects import Persist, WriteSnapshot
from quorate.core.errors import DiskFullError
from quorate.core.events import Event, Persisted, SnapshotWritten, SpaceChanged
from quorate.core.ids import Nanos
from quorate.runtime.barrier import Write
from quorate.runtime.counters import Counters
from quorate.runtime.failures import disk_failure
from quorate.runtime.world import World
from quorate.storage.disk import File
from quorate.storage.space import is_out_of_space
from quorate.storage.store import Store

QUICK_BYTES = 256 * 1024
"""Of entries in a write: more had better be put into the file where nobody else waits for it."""


class LogWrite:
    """A write of the log, as a job for the write lane: called, it makes `persists` durable. A world that can sync a file without a thread
    may do it in halves instead: `put`, which is quick, the sync of the file that it returns, and `synced`."""

    __slots__ = ("_persists", "_store")

    def __init__(self, store: Store, persists: tuple[Persist, ...]) -> None:
        self._store = store
        self._persists = persists

    def __call__(self) -> Event:
        self._store.write(self._persists)
        return self._result

    def by_halves(self) -> Event:
        """Both halves and the sync between them: as a call, in the way of a world that syncs without a thread."""
        file = self.put()
        if file is None:
            return self()
        try:
            file.sync()
        except OSError as error:
            return self.synced(error)
        return self.synced(None)

    def put(self) -> File | None:
        """None: it has to be done as a whole. Raises what the store raises."""
        size = sum([len(entry.data) for persist in self._persists for entry in persist.entries])
        return self._store.put(self._persists) if size <= QUICK_BYTES else None

    def synced(self, error: OSError | None) -> Event:
        """The sync is over. Raises what the store raises if that failed."""
        if error is not None:
            self._store.lose(error)
        self._store.settle()
        return self._result

    @property
    def _result(self) -> Persisted:
        return Persisted(self._persists[-1].position)


class Writer:
    """Carries a write to the store, in the write lane, and tells what became of it: `written(event)` or
    `failed(error)`. `happened` gets the news of a full disk; `rearm` is called when there is a new deadline.

    A write that failed is never tried again: after a failed sync nobody knows what the disk holds.
    """

    def __init__(
        self,
        world: World,
        store: Store,
        counters: Counters,
        retry_ns: Nanos,
        *,
        written: Callable[[Event], None],
        failed: Callable[[BaseException], None],
        happened: Callable[[Event], None],
        rearm: Callable[[], None],
    ) -> None:
        self._world = world
        self._store = store
        self._counters = counters
        self._retry_ns = retry_ns
        self._written = written
        self._failed = failed
        self._happened = happened
        self._rearm = rearm
        self._upkeep_under_way = False
        self._stopped = False
        self.since: Nanos | None = None
        """When the write under way was begun."""
        self._waiting: tuple[Persist, ...] = ()
        self._short = False
        self.look_at: Nanos | None = None
        """When `due` has something to do."""

    def stop(self) -> None:
        """What is under way ends; nothing more is begun, and nobody is told."""
        self._stopped = True
        self._waiting, self.look_at = (), None

    def start(self, write: Write) -> None:
        """Call when none is under way."""
        self._counters.writes += 1
        self.since = self._world.now()
        if isinstance(write, WriteSnapshot):
            self._world.write(lambda: self._receive(write), self._over)
            return
        self._counters.persists += len(write)
        self._write(write)

    def due(self, now: Nanos) -> None:
        """Look whether there is space now, if it is time."""
        if self.look_at is None or now < self.look_at:
            return
        self.look_at = None
        waiting, self._waiting = self._waiting, ()
        if waiting:
            self._write(waiting)
        else:
            self._keep_up(again=True)

    def _write(self, write: tuple[Persist, ...]) -> None:
        self._world.write(LogWrite(self._store, write), lambda result: self._over(result, write))

    def _receive(self, write: WriteSnapshot) -> Event:
        """In the write lane. A snapshot for which there is no room is given up, and with it what it took: it can be sent again."""
        try:
            return self._store.snapshots.receive(write.meta, write.offset, write.data)
        except OSError as error:
            if not is_out_of_space(error):
                raise
            return SnapshotWritten(write.meta, 0, no_room=True)

    def _over(self, result: Event | BaseException, write: tuple[Persist, ...] = ()) -> None:
        if self._stopped:
            return
        if isinstance(result, DiskFullError) and write:
            self._waiting = write[result.written :]
            self._look_at_space()
        elif isinstance(result, BaseException):
            self._failed(disk_failure(result))
        else:
            self.since = None
            if self._store.wants_upkeep:
                self._keep_up()
            self._written(result)
            self._look_at_space()

    def _keep_up(self, *, again: bool = False) -> None:
        if not self._upkeep_under_way:
            self._upkeep_under_way = True
            self._world.background(lambda: self._store.upkeep(again=again), self._upkept)

    def _upkept(self, result: BaseException | None) -> None:
        """What the disk refused here, a later write does for itself, and says so aloud if it cannot."""
        self._upkeep_under_way = False
        if isinstance(result, BaseException) and not isinstance(result, OSError):
            self._failed(result)
        elif not self._stopped:
            self._look_at_space()

    def _look_at_space(self) -> None:
        """Tell the algorithm if that has changed, and look again by and by while there is too little."""
        short = bool(self._waiting) or self._store.short
        if self.look_at is None and (short or self._store.starved):
            self.look_at = self._world.now() + self._retry_ns
            self._rearm()
        if short != self._short:
            self._short = short
            self._happened(SpaceChanged(short))
