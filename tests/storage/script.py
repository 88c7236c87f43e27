"""A store and the dumb model of it, driven side by side."""

from collections.abc import Callable
from functools import partial
from hashlib import blake2b

from quorate.core.effects import Persist
from quorate.core.snapshot import SnapshotMeta
from quorate.storage.options import StoreOptions
from storage.builders import group, open_store
from storage.memory_disk import MemoryDisk
from storage.model import Model

TINY = StoreOptions(segment_bytes=1024, allocate_bytes=512, prepare_bytes=512)


class Script:
    """Drives a store and the model side by side. `candidates`: what a crash right now may leave, the acknowledged state
    first. `prefixes`: what it may leave too if the last write was too large for one sync."""

    def __init__(self, disk: MemoryDisk, options: StoreOptions = TINY) -> None:
        self.candidates = [Model()]
        self.disk = disk
        self.options = options

    def start(self) -> None:
        self.store = open_store(self.disk, self.options)

    def write(self, *persists: Persist) -> None:
        self.prefixes = [self.model.after(*persists[:count]) for count in range(len(persists))]
        self._step(lambda: self.store.write(persists), self.model.after(*persists))

    def save(self, index: int, state: bytes) -> None:
        term = self.model.term_at(index)
        assert term is not None
        after = self.model.with_snapshot(index, term, state, received=False)
        self._step(lambda: self.store.snapshots.save(index, term, group(1, 2, 3), [state]), after)

    def receive(self, index: int, term: int, state: bytes, size: int) -> None:
        meta = SnapshotMeta(index, term, (1, 2, 3), len(state), blake2b(state, digest_size=16).hexdigest())
        for low in range(0, len(state), size):
            last = low + size >= len(state)
            after = self.model.with_snapshot(index, term, state, received=True) if last else self.model
            self._step(partial(self.store.snapshots.receive, meta, low, state[low : low + size]), after)

    def upkeep(self) -> None:
        self._step(self.store.upkeep, self.model)

    @property
    def model(self) -> Model:
        return self.candidates[0]

    def _step(self, action: Callable[[], object], after: Model) -> None:
        self.candidates = [self.model, after]
        action()
        self.candidates = [after]
