"""When a snapshot is taken, and how one is read for a peer or loaded here. All of it in the background lane.

Policy, not consensus: a snapshot of any applied state is right at any time.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from quorate.core.algorithm import SnapshotWork
from quorate.core.configuration import Configuration
from quorate.core.effects import Apply, Explain, LoadSnapshot, ReadSnapshot
from quorate.core.errors import DamagedError, MachineFailedError, StorageError
from quorate.core.events import Event, SnapshotRead, SnapshotTaken
from quorate.core.ids import Index, Nanos
from quorate.core.snapshot import SnapshotMeta
from quorate.machines.sessions import SessionedMachine
from quorate.runtime.failures import disk_failure, snapshot_failure
from quorate.runtime.limits import Limits
from quorate.runtime.progress import Counted
from quorate.runtime.requests import RequestFailed
from quorate.runtime.world import World
from quorate.storage.snapshots import SnapshotGoneError
from quorate.storage.space import is_out_of_space
from quorate.storage.store import Store

Taken: TypeAlias = Callable[[SnapshotMeta | RequestFailed], None]


WARNINGS = frozenset({"snapshot_put_off"})
"""Reasons that this gives by itself; an operator should see them."""

MOST_PAUSES = 64
"""Times `space_retry_ms` that a snapshot is put off at most: a large one is written for nothing whenever it finds no room in the end."""


class SnapshotOwner(Protocol):
    """The driver, as far as snapshots need it."""

    def take_event(self, event: Event) -> None:
        """Hand an event to the algorithm."""
        ...

    def fail(self, error: BaseException) -> None:
        """Stop for good."""
        ...

    def explained(self, why: Explain) -> None:
        """Say why, for people."""
        ...

    def rearm(self) -> None:
        """There is a new deadline."""
        ...

    def snapshot_loaded(self, waiting: list[Apply]) -> None:
        """The machine was replaced; `waiting` came meanwhile."""
        ...


class Snapshots:
    """`loading`: the machine is being replaced and must not be touched. `applies_waiting`: what came meanwhile, in
    order. `configuration`: the newest of those applied, which belongs to the next snapshot.

    One snapshot is built at a time. A trigger that fires meanwhile is not lost: the counts go on, and who asks for one is remembered.
    One for which the disk has no room is put off, each time for twice as long: the log is kept meanwhile, and nothing is lost.
    """

    def __init__(
        self,
        owner: SnapshotOwner,
        world: World,
        store: Store,
        replica: SessionedMachine[Any],
        limits: Limits,
        configuration: Configuration,
    ) -> None:
        self.loading = False
        self.applies_waiting: list[Apply] = []
        self._owner = owner
        self._world = world
        self._store = store
        self._replica = replica
        self.limits = limits
        self.configuration = configuration
        self._building = False
        self._pauses = 1
        self.look_at: Nanos | None = None
        self._loads_waiting: list[LoadSnapshot] = []
        self._bytes_since = 0
        self._newest = store.durable.snapshot
        self._wanted = False
        self._work: Counted | None = None
        self._takers: list[tuple[Index, Taken]] = []

    # Taking

    def applied(self, size: int) -> None:
        """Entries of `size` bytes were applied: is it time for a snapshot?"""
        self._bytes_since += size
        if self._building or self.loading or self.look_at is not None:
            return
        entries = self._complete - (self._newest.index if self._newest is not None else 0)
        if self._complete and (
            entries >= self.limits.snapshot_entries or self._bytes_since >= self.limits.snapshot_bytes
        ):
            self._build()

    def take(self, done: Taken | None = None) -> None:
        """Build a snapshot of what is applied now; while one is being built or loaded, after that. `done` is called once, with one that
        holds at least what is applied now: the newest, if nothing was applied since."""
        if done is not None:
            self._takers.append((0 if self.loading else self._replica.applied, done))
        self._wanted = True
        self._take_wanted()

    def _take_wanted(self) -> None:
        """As far as somebody wants one, and as soon as one can be taken."""
        if self._building or self.loading:
            return
        newest, wanted, self._wanted = self._newest, self._wanted, False
        if newest is not None:
            served = [done for index, done in self._takers if index <= newest.index]
            self._takers = [taker for taker in self._takers if taker[0] > newest.index]
            for done in served:
                done(newest)
        applied = self._complete
        if not applied:
            self._refuse_takers("nothing_applied")
        elif wanted and (newest is None or newest.index < applied):
            self._build()

    @property
    def _complete(self) -> Index:
        """The index up to which this node has all that belongs into a snapshot. A node that joins learns from the log who belongs to the
        group: before it has applied that, it has nothing that another could go on with."""
        return self._replica.applied if self.configuration.voters else 0

    def _refuse_takers(self, reason: str) -> None:
        takers, self._takers = self._takers, []
        for _, done in takers:
            done(RequestFailed(reason))

    def _build(self) -> None:
        replica = self._replica
        index, term, configuration = replica.applied, replica.applied_term, self.configuration
        try:
            chunks = replica.snapshot()
        except MachineFailedError as error:
            self._owner.fail(error)
            return
        self._building = True
        self._bytes_since = 0
        self._work = Counted(chunks, "taking", index)
        counted = self._work
        self._world.background(lambda: self._store.snapshots.save(index, term, configuration, counted), self._taken)

    def _taken(self, result: SnapshotMeta | BaseException) -> None:
        self._building = False
        if isinstance(result, BaseException):
            if is_out_of_space(result):
                self._put_off(result)
            else:
                self._owner.fail(snapshot_failure(result))
            return
        self._pauses = 1
        self._note_newest(result)
        self._owner.take_event(SnapshotTaken(result))
        self._take_wanted()
        self.applied(0)

    def _note_newest(self, meta: SnapshotMeta) -> None:
        if self._newest is None or meta.index > self._newest.index:
            self._newest = meta

    def _put_off(self, error: BaseException) -> None:
        pause_ns = self.limits.space_retry_ns * self._pauses
        self._pauses = min(2 * self._pauses, MOST_PAUSES)
        self.look_at = self._world.now() + pause_ns
        self._owner.explained(Explain("snapshot_put_off", {"error": str(error), "pause_ns": pause_ns}))
        self._refuse_takers("disk_full")
        self._owner.rearm()

    @property
    def work(self) -> SnapshotWork | None:
        """What is being taken or loaded, and how far it is."""
        return self._work.status if self._work is not None and (self._building or self.loading) else None

    def due(self, now: Nanos) -> None:
        """Try again what was put off, if it is time."""
        if self.look_at is not None and now >= self.look_at:
            self.look_at = None
            self.take()

    # Reading for a peer

    def read(self, effect: ReadSnapshot) -> None:
        """Read bytes of a snapshot; it may have been replaced by newer ones meanwhile. One that is damaged is replaced
        by a new one."""
        meta, offset = effect.meta, effect.offset

        def done(result: bytes | BaseException) -> None:
            if isinstance(result, SnapshotGoneError | DamagedError):
                if isinstance(result, DamagedError) and self._replica.applied >= meta.index:
                    self._replace(meta)
                self._owner.take_event(SnapshotRead(effect.to, meta, offset, b"", failed=True))
            elif isinstance(result, BaseException):
                self._owner.fail(disk_failure(result))
            else:
                self._owner.take_event(SnapshotRead(effect.to, meta, offset, result))

        self._world.background(lambda: self._store.snapshots.read(meta, offset, effect.size), done)

    def _replace(self, damaged: SnapshotMeta) -> None:
        """By one of what is applied now, though that be the same: who waits for it may be all that keeps anything new from coming."""
        if self._newest == damaged and not self._building:
            self._newest = None
        self.take()

    # Loading

    def load(self, effect: LoadSnapshot) -> None:
        """Replace the machine's state. What is applied later waits; what waits already is older than the snapshot."""
        self.applies_waiting = []
        self._loads_waiting = [effect]
        if not self.loading:
            self._load_next()

    def _load_next(self) -> None:
        meta = self._loads_waiting.pop().meta
        self.loading = True

        def done(result: BaseException | None) -> None:
            superseded = bool(self._loads_waiting)
            if isinstance(result, BaseException) and not (superseded and isinstance(result, StorageError)):
                self._owner.fail(disk_failure(result))
            elif superseded:
                self._load_next()
            else:
                self._loaded(meta)

        self._world.background(lambda: self._restore(meta), done)

    def stop(self, reason: str) -> None:
        """What is under way ends; nothing more is begun; who waits for a snapshot is told why there will be none."""
        self._refuse_takers(reason)
        self._loads_waiting = []
        self.applies_waiting = []
        self.look_at = None

    def _restore(self, meta: SnapshotMeta) -> None:
        """In the background lane."""
        self._work = Counted(self._store.snapshots.chunks(meta), "loading", meta.index, meta.size)
        self._replica.restore(self._work)
        if self._replica.applied != meta.index:
            raise DamagedError(
                f"snapshot {meta.index} holds the state at {self._replica.applied}: it is not what its name says; "
                "restore the data directory from a backup, or see docs/storage.md"
            )

    def _loaded(self, meta: SnapshotMeta) -> None:
        self.loading = False
        self._bytes_since = 0
        self._note_newest(meta)
        self.configuration = meta.group
        waiting, self.applies_waiting = self.applies_waiting, []
        self._owner.snapshot_loaded(waiting)
        self._take_wanted()
