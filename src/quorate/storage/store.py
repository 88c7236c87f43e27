"""The data directory of one node: label, lock, log and snapshots together."""

from collections.abc import Sequence
from typing import NoReturn

import msgspec

from quorate.core.durable import Durable, HardState, LogPoint
from quorate.core.effects import Persist
from quorate.core.errors import InvariantError, MismatchError
from quorate.core.ids import NodeId
from quorate.storage.birth import find_or_create
from quorate.storage.damage import damaged
from quorate.storage.disk import Disk, File
from quorate.storage.label import new_label
from quorate.storage.layout import LOCK, SNAPSHOTS, WAL, segment_path
from quorate.storage.logstate import LogState
from quorate.storage.options import DEFAULT_OPTIONS, StoreOptions
from quorate.storage.recovery import Recovered, recover
from quorate.storage.report import RecoveryReport
from quorate.storage.snapshot_format import point_of_name
from quorate.storage.snapshots import SnapshotScan, SnapshotStore
from quorate.storage.wal import Wal


class Store:
    """An open data directory. Made by `open`; `close` it before the disk.

    `durable`: what was recovered, as it was at the start. `incarnation`: this start's number, already durable.
    `write` and `snapshots.receive` belong to the write lane; `upkeep` and the rest of `snapshots` to the background lane.
    """

    def __init__(self, wal: Wal, snapshots: SnapshotStore, hard_state: type[HardState]) -> None:
        self.disk_id = 0
        self.incarnation = 0
        self.durable = Durable()
        self.report = RecoveryReport(created=False)
        self.snapshots = snapshots
        self._wal = wal
        self._hard_state = hard_state

    @classmethod
    def open(
        cls,
        disk: Disk,
        *,
        cluster: str,
        node: NodeId,
        algorithm: str,
        hard_state: type[HardState],
        disk_id: int,
        options: StoreOptions = DEFAULT_OPTIONS,
    ) -> "Store":
        """Lock the directory, make it if it is new (with `disk_id`), check whose it is, recover, and count this start durably.

        Raises `LockedError`, `MismatchError`, `DamagedError`, `DiskFailedError`, OSError. Nothing is changed before
        everything is found to be well.
        """
        disk.lock(LOCK)
        wanted = new_label(cluster=cluster, node=node, disk=disk_id, algorithm=algorithm)
        label, created = find_or_create(disk, wanted)
        recovered = recover(disk, label.disk)
        snapshots = SnapshotStore(disk, options.snapshots_kept)
        scan = snapshots.scan()
        reset = reconcile(recovered.state, scan)
        decoded = _decode_hard_state(recovered, hard_state)

        wal = Wal(disk, label.disk, recovered, options)
        store = cls(wal, snapshots, hard_state)
        try:
            store.incarnation = wal.begin(recovered, reset)
            snapshots.tidy(scan)
        except BaseException:
            store.close()
            raise
        store.disk_id = label.disk
        store.durable = Durable(
            hard_state=decoded,
            start=wal.state.start,
            entries=() if reset else tuple(recovered.entries),
            snapshot=scan.newest,
            commit=min(wal.state.commit, wal.state.last_index),
        )
        store.report = _report(recovered, scan, reset, store.durable, created=created)
        return store

    def write(self, persists: Sequence[Persist]) -> None:
        """Make all of them durable, each whole or not at all, with one sync.

        Raises `InvariantError` for what does not fit the log, `DiskFullError` (see `Wal.write`), and `DiskFailedError`; after that one
        every later write raises it too.
        """
        self._refuse_what_does_not_fit(persists)
        self._wal.write(persists)

    def put(self, persists: Sequence[Persist]) -> File | None:
        """The first half of a `write` that needs no more than one write to a file and one sync: that file, to be synced by the caller, who
        then calls `settle` or `lose`, and nothing else of this before. None: nothing was done, it takes a `write`. Raises as `write`."""
        self._refuse_what_does_not_fit(persists)
        return self._wal.put(persists)

    def settle(self) -> None:
        """What was put is durable."""
        self._wal.settle()

    def lose(self, error: OSError) -> NoReturn:
        """What was put could not be synced. Raises `DiskFailedError`."""
        self._wal.lose(error)

    def _refuse_what_does_not_fit(self, persists: Sequence[Persist]) -> None:
        newest = self.snapshots.newest()
        for persist in persists:
            if persist.hard_state is not None and type(persist.hard_state) is not self._hard_state:
                found = type(persist.hard_state).__name__
                raise InvariantError(
                    f"the hard state is a {found}, this store keeps {self._hard_state.__name__}; nothing was written"
                )
            for point in (persist.reset, persist.compact):
                if point is not None and (newest is None or point.index > newest.index):
                    raise InvariantError(
                        f"no published snapshot covers the log up to {point.index}; nothing was written"
                    )

    def log_bytes(self) -> int:
        """Bytes of the log on disk, without what is only allocated ahead. Cheap."""
        return self._wal.log_bytes()

    @property
    def wants_upkeep(self) -> bool:
        """Whether `upkeep` has something to do. Cheap."""
        return self._wal.wants_work

    @property
    def starved(self) -> bool:
        """Whether the disk has refused room that the log wanted in advance. Cheap."""
        return self._wal.starved

    @property
    def short(self) -> bool:
        """Whether the disk is full as far as the log can tell: it goes on for a while in what it has. Cheap."""
        return self._wal.short

    def upkeep(self, *, again: bool = False) -> None:
        """For the background lane: make the next segment ready, remove dead ones; `again`: look whether a full disk has space now.
        Without it `write` does that itself, and then some writes take many milliseconds longer. Raises OSError; the store is none
        the worse."""
        self._wal.work(again=again)

    def close(self) -> None:
        """Release all files; later writes raise `StoppedError`. The lock goes with the disk."""
        self._wal.close()
        self.snapshots.close()


def reconcile(state: LogState, scan: SnapshotScan) -> LogPoint | None:
    """What the newest intact snapshot means for the log: the point to reset it to, or None to leave it.

    A snapshot is committed state. One that was taken here lies within the log, or before a later start of it: else the log has
    lost what was acknowledged. One that was received may be published without the log knowing yet, if the node stopped between
    the two. Then what the log holds beyond or against it was never committed, and is dropped, as it would have been.
    """
    newest = scan.newest
    _refuse_lost_snapshot(state, scan)
    if newest is None or newest.index < state.start.index:
        if not state.start.index:
            return None
        have = f"the newest intact one ends at {newest.index}" if newest else "there is no intact one"
        bad = f"{SNAPSHOTS}/{scan.damaged[0]}" if scan.damaged else SNAPSHOTS
        need = f"the log starts after index {state.start.index} and needs a snapshot from there on"
        raise damaged(bad, 0, f"{need}, but {have}")
    point = LogPoint(newest.index, newest.term)
    if state.term_at(newest.index) == newest.term:
        return None
    if scan.taken:
        end = f"the log ends at index {state.last.index} of term {state.last.term}"
        what = f"a snapshot of this node's own state goes up to index {point.index} of term {point.term}, but {end}"
        raise damaged(WAL, 0, f"{what}: it has lost what was acknowledged")
    return point


def _refuse_lost_snapshot(state: LogState, scan: SnapshotScan) -> None:
    """A published snapshot was durable, and may have been counted upon. If it is damaged, and neither a newer one nor the log has what it
    had, then what was acknowledged is gone."""
    reach = scan.newest.index if scan.newest is not None else 0
    for name in scan.damaged:
        point = point_of_name(name)
        if point is not None and point.index > reach and state.term_at(point.index) != point.term:
            end = f"the log ends at index {state.last.index} of term {state.last.term}"
            what = f"the snapshot goes up to index {point.index} of term {point.term}, but {end}"
            raise damaged(f"{SNAPSHOTS}/{name}", 0, f"{what}: what is in it is nowhere else on this disk")


def _decode_hard_state(recovered: Recovered, hard_state: type[HardState]) -> HardState | None:
    data = recovered.state.hard_state
    if not data:
        return None
    try:
        return msgspec.msgpack.decode(data, type=hard_state)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        path = segment_path(recovered.segments[-1].number)
        raise MismatchError(
            f"{path}: the hard state in the log is not a {hard_state.__name__} ({error}). It was written by another version or "
            "algorithm: start this directory with the one that wrote it."
        ) from error


def _report(
    recovered: Recovered, scan: SnapshotScan, reset: LogPoint | None, durable: Durable, *, created: bool
) -> RecoveryReport:
    return RecoveryReport(
        created=created,
        segments=len(recovered.segments),
        writes=recovered.writes,
        entries=len(durable.entries),
        cut=recovered.cut,
        snapshot=scan.newest,
        reset_to=reset,
        damaged_snapshots=scan.damaged,
        removed=(*recovered.useless, *(f"{SNAPSHOTS}/{name}" for name in scan.leftovers)),
    )
