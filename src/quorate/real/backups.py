"""Snapshots on demand, backups out of them, and new clusters out of backups."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from pathlib import Path

import msgspec

from quorate.algorithms.catalog import find
from quorate.core.configuration import first_configuration
from quorate.core.durable import LogPoint
from quorate.core.errors import ConfigError, MismatchError, RequestFailedError
from quorate.core.ids import Index, NodeId, Term
from quorate.core.snapshot import SnapshotMeta
from quorate.real.disk import RealDisk
from quorate.runtime.driver import Driver
from quorate.runtime.requests import RequestFailed
from quorate.storage.backup import BackupHeader, BackupReader, encode_backup
from quorate.storage.layout import SNAPSHOT_SUFFIX, SNAPSHOTS
from quorate.storage.restore import Restored, restore
from quorate.storage.snapshot_format import snapshot_name
from quorate.storage.store import Store
from quorate.version import __version__


class SnapshotInfo(msgspec.Struct, frozen=True):
    """A snapshot of this node. `index`, `term`: the last entry that it covers. `size`: bytes of state. `digest`: blake2b-128 of these."""

    index: Index
    term: Term
    size: int
    digest: str
    path: str


class Origin(msgspec.Struct, frozen=True):
    """Whose state a backup holds."""

    cluster: str
    node: NodeId
    algorithm: str


def info_of(meta: SnapshotMeta, data_dir: Path) -> SnapshotInfo:
    """For people."""
    path = data_dir / SNAPSHOTS / (snapshot_name(meta) + SNAPSHOT_SUFFIX)
    return SnapshotInfo(meta.index, meta.term, meta.size, meta.digest, str(path))


async def take_snapshot(driver: Driver, seconds: float | None = None) -> SnapshotMeta:
    """One that holds at least what is applied now. Raises `RequestFailedError`; after `seconds` it may yet be taken."""
    future: asyncio.Future[SnapshotMeta | RequestFailed] = asyncio.get_running_loop().create_future()

    def done(result: SnapshotMeta | RequestFailed) -> None:
        if not future.done():
            future.set_result(result)

    driver.take_snapshot(done)
    try:
        async with asyncio.timeout(seconds):
            taken = await future
    except TimeoutError:
        raise RequestFailedError("timeout", uncertain=True) from None
    if isinstance(taken, RequestFailed):
        raise RequestFailedError(taken.reason, taken.hint, uncertain=taken.uncertain)
    return taken


async def stream_backup(store: Store, origin: Origin, meta: SnapshotMeta) -> AsyncIterator[bytes]:
    """The bytes of a backup of `meta`, read from disk as they are asked for, one piece at a time. Raises `StorageError`."""
    header = BackupHeader(
        origin.cluster,
        origin.node,
        origin.algorithm,
        meta.index,
        meta.term,
        meta.size,
        meta.digest,
        int(time.time()),
        __version__,
    )
    chunks = store.snapshots.chunks(meta)
    pieces = encode_backup(header, chunks)
    try:
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece
    finally:
        await asyncio.to_thread(_close, chunks)


def _close(chunks: Iterator[bytes]) -> None:
    """Not at some later time: it holds a file open."""
    if isinstance(chunks, Generator):
        chunks.close()


class NewMember(msgspec.Struct, frozen=True):
    """A node of a new cluster. `peers`: id to address of all members, this one included; equal on all of them."""

    cluster: str
    node: NodeId
    peers: Mapping[NodeId, str]
    data_dir: Path


def restore_backup(
    file: Path,
    member: NewMember,
    algorithm: str | None = None,
    progress: Callable[[int, int], None] = lambda _done, _size: None,
) -> BackupHeader:
    """Make the data directory of one member of a new cluster out of a backup. It appears when it is whole, or not at all.
    `algorithm`: that the new cluster will run; None: that of the old one. `progress(bytes, of bytes)` is called now and then.

    Raises `ConfigError` for a member that cannot be, `MismatchError` for a directory that is not empty or a cluster that bears the old
    name, `DamagedError` for a damaged backup.
    """
    if member.node not in member.peers:
        raise ConfigError(
            f"the members {sorted(member.peers)} lack node {member.node} itself: list every member of the new cluster"
        )
    target = member.data_dir.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise MismatchError(
            f"{target} is not empty: a restore makes a new directory, and never writes over data; name another"
        )
    unfinished = target.with_name(target.name + ".restoring")
    with file.open("rb") as source:
        reader = BackupReader(source, str(file))
        header = reader.header
        if member.cluster == header.cluster:
            raise MismatchError(
                f"the new cluster must not be called {header.cluster!r} as the old one: a node of the old one that comes back would take "
                "part in the new one with a history of its own. Give the new cluster a name of its own"
            )
        spec = find(algorithm or header.algorithm)
        owner = Restored(
            member.cluster, member.node, spec.name, spec.hard_state, first_configuration(dict(member.peers))
        )
        if unfinished.exists():
            raise MismatchError(f"{unfinished} was left by a restore that did not end; remove it and restore again")
        with RealDisk(unfinished) as disk:
            point = LogPoint(header.index, header.term)
            restore(
                disk,
                owner,
                secrets.randbits(63),
                point,
                header.digest,
                _counted(reader.pieces(), header.size, progress),
            )
    if target.exists():
        target.rmdir()
    unfinished.rename(target)
    RealDisk(target.parent).sync_directory()
    return header


def _counted(pieces: Iterator[bytes], size: int, progress: Callable[[int, int], None]) -> Iterator[bytes]:
    done = 0
    for piece in pieces:
        yield piece
        done += len(piece)
        progress(done, size)
