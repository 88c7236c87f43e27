"""A fresh data directory out of a state: the first node of a new cluster that knows everything an old one knew."""

from collections.abc import Iterable

import msgspec

from quorate.core.configuration import Configuration
from quorate.core.durable import HardState, LogPoint
from quorate.core.effects import Persist
from quorate.core.errors import DamagedError, MismatchError
from quorate.core.ids import NodeId, Term
from quorate.core.snapshot import SnapshotMeta
from quorate.storage.disk import Disk
from quorate.storage.store import Store


class Restored(msgspec.Struct, frozen=True):
    """Who the new directory belongs to. `hard_state`: the algorithm's type; `term`: the last one that the state knows of."""

    cluster: str
    node: NodeId
    algorithm: str
    hard_state: type[HardState]
    configuration: Configuration


def restore(
    disk: Disk, owner: Restored, disk_id: int, point: LogPoint, digest: str, chunks: Iterable[bytes]
) -> SnapshotMeta:
    """Make a data directory whose log begins after `point` and whose snapshot is the stream `chunks`; durable on return. Raises
    `MismatchError` for a directory that holds anything, and then nothing was changed; `DamagedError` for another digest, and
    what `chunks` raises: then what was made is of no use."""
    if disk.list():
        raise MismatchError(
            "the directory is not empty: a restore makes a new one, and never writes over data; name another, or remove it"
        )
    store = Store.open(
        disk,
        cluster=owner.cluster,
        node=owner.node,
        algorithm=owner.algorithm,
        hard_state=owner.hard_state,
        disk_id=disk_id,
    )
    try:
        meta = store.snapshots.save(point.index, point.term, owner.configuration, chunks)
        if meta.digest != digest:
            raise DamagedError(
                "what was written is not what the backup holds; look at this machine's memory and disk, then try again"
            )
        hard_state = _hard_state(owner.hard_state, point.term)
        store.write([Persist(1, hard_state=hard_state, reset=point, commit=point.index)])
    finally:
        store.close()
    return meta


def _hard_state(kind: type[HardState], term: Term) -> HardState:
    """Of a node that has seen `term` and promised nothing in it: the term is the first of an algorithm's own words."""
    return msgspec.convert([term], kind)
