"""Data directories as nodes leave them that were killed after a hundred thousand writes, made in seconds: nobody waits for the disk."""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from zlib import crc32

from quorate.algorithms import catalog
from quorate.core.effects import Persist
from quorate.core.entry import Batch, Entry, EntryKind, SessionId, encode_batch
from quorate.core.ids import Index, NodeId, Term
from quorate.machines.kv import Put, encode_command
from quorate.real.disk import RealDisk, RealFile
from quorate.storage.disk import File
from quorate.storage.store import Store

KEYS = 1000
TOGETHER = 500
"""Entries in one write."""


class UnsyncedFile(RealFile):
    """It has to survive the death of processes only."""

    def sync(self) -> None:
        """Nothing."""


class UnsyncedDisk(RealDisk):
    """A directory of such files."""

    def open(self, path: str, *, create: bool = False) -> File:
        flags = os.O_RDWR | (os.O_CREAT if create else 0)
        return UnsyncedFile(os.open(self.root / path, flags, 0o640))


@cache
def put(index: Index, term: Term) -> Entry:
    """A put of one of `KEYS` keys, its value the entry's index."""
    session = SessionId(1, 1, 1)
    data = encode_batch(
        Batch(session, index, max(0, index - 4), [encode_command(Put(b"key %03d" % (index % KEYS), b"%d" % index))])
    )
    return Entry(index, term, EntryKind.BATCH, data, crc32(data))


def build(directory: Path, cluster: str, node: NodeId, algorithm: str, terms: Iterable[Term]) -> None:
    """A log with one entry of each of these terms; all but the last hundred entries are known to be committed."""
    spec = catalog.find(algorithm)
    log = [put(index, term) for index, term in enumerate(terms, 1)]
    with UnsyncedDisk(directory) as disk:
        store = Store.open(
            disk, cluster=cluster, node=node, algorithm=algorithm, hard_state=spec.hard_state, disk_id=node
        )
        store.write([Persist(1, hard_state=spec.hard_state(log[-1].term, log[-1].term))])
        for number, first in enumerate(range(0, len(log), TOGETHER), 2):
            entries = tuple(log[first : first + TOGETHER])
            store.write([Persist(number, entries=entries, commit=max(0, entries[-1].index - 100))])
            if store.wants_upkeep:
                store.upkeep()
        store.close()
