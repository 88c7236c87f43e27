"""When a snapshot is taken, and how one is read for a peer or loaded here. All of it in the background lane.

Policy, not consensus: a snapshot of any applied state is right at any time.
"""

from typing import Any, Protocol

from quorate.core.effects import Apply, LoadSnapshot, ReadSnapshot
from quorate.core.errors import DamagedError, MachineFailedError, StorageError
from quorate.core.events import Event, SnapshotRead, SnapshotTaken
from quorate.core.ids import NodeId
from quorate.core.snapshot import SnapshotMeta
from quorate.machines.sessions import SessionedMachine
from quorate.runtime.failures import disk_failure, snapshot_failure
from quorate.runtime.limits import Limits
from quorate.runtime.world import World
from quorate.storage.snapshots import SnapshotGoneError
from quorate.storage.store import Store


class SnapshotOwner(Protocol):
    """The driver, as far as snapshots need it."""

    def take_event(self, event: Event) -> None:
        """Hand an event to the algorithm."""
        ...

    def fail(self, error: BaseException) -> None:
        """Stop for good."""
        ...

    def snapshot_loaded(self, waiting: list[Apply]) -> None:
        """The machine was replaced; `waiting` came meanwhile."""
        ...


class Snapshots:
    """`loading`: the machine is being replaced and must not be touched. `applies_waiting`: what came meanwhile, in
    order.

    One snapshot is built at a time; a trigger that fires meanwhile is not lost, because the counts go on.
    """

    def __init__(
        self,
        owner: SnapshotOwner,
        world: World,
        store: Store,
        replica: SessionedMachine[Any],
        limits: Limits,
        members: tuple[NodeId, ...],
    ) -> None:
        self.loading = False
        self.applies_waiting: list[Apply] = []
        self._owner = owner
        self._world = world
        self._store = store
        self._replica = replica
        self._limits = limits
        self._members = members
        self._building = False
        self._loads_waiting: list[LoadSnapshot] = []
        self._bytes_since = 0
        newest = store.durable.snapshot
        self._newest_index = newest.index if newest else 0

    # Taking

    def applied(self, size: int) -> None:
        """Entries of `size` bytes were applied: is it time for a snapshot?"""
        self._bytes_since += size
        entries = self._replica.applied - self._newest_index
        if entries >= self._limits.snapshot_entries or self._bytes_since >= self._limits.snapshot_bytes:
            self.take()

    def take(self) -> None:
        """Build a snapshot of what is applied now, unless one is being built or loaded."""
        if self._building or self.loading:
            return
        replica = self._replica
        index, term = replica.applied, replica.applied_term
        try:
            chunks = replica.snapshot()
        except MachineFailedError as error:
            self._owner.fail(error)
            return
        self._building = True
        self._bytes_since = 0
        self._world.background(lambda: self._store.snapshots.save(index, term, self._members, chunks), self._taken)

    def _taken(self, result: SnapshotMeta | BaseException) -> None:
        self._building = False
        if isinstance(result, BaseException):
            self._owner.fail(snapshot_failure(result))
            return
        self._newest_index = max(self._newest_index, result.index)
        self._owner.take_event(SnapshotTaken(result))
        self.applied(0)

    # Reading for a peer

    def read(self, effect: ReadSnapshot) -> None:
        """Read bytes of a snapshot; it may have been replaced by newer ones meanwhile. One that is damaged is replaced
        by a new one."""
        meta, offset = effect.meta, effect.offset

        def done(result: bytes | BaseException) -> None:
            if isinstance(result, SnapshotGoneError | DamagedError):
                if isinstance(result, DamagedError) and self._replica.applied > meta.index:
                    self.take()
                self._owner.take_event(SnapshotRead(effect.to, meta, offset, b"", failed=True))
            elif isinstance(result, BaseException):
                self._owner.fail(disk_failure(result))
            else:
                self._owner.take_event(SnapshotRead(effect.to, meta, offset, result))

        self._world.background(lambda: self._store.snapshots.read(meta, offset, effect.size), done)

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

    def stop(self) -> None:
        """What is under way ends; nothing more is begun."""
        self._loads_waiting = []
        self.applies_waiting = []

    def _restore(self, meta: SnapshotMeta) -> None:
        """In the background lane."""
        self._replica.restore(self._store.snapshots.chunks(meta))
        if self._replica.applied != meta.index:
            raise DamagedError(
                f"snapshot {meta.index} holds the state at {self._replica.applied}: it is not what its name says; "
                "restore the data directory from a backup, or see docs/storage.md"
            )

    def _loaded(self, meta: SnapshotMeta) -> None:
        self.loading = False
        self._bytes_since = 0
        self._newest_index = max(self._newest_index, meta.index)
        waiting, self.applies_waiting = self.applies_waiting, []
        self._owner.snapshot_loaded(waiting)
