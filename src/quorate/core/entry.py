"""The one entry type of every log, and the batch of commands that most entries carry."""

from enum import IntEnum

import msgspec

from quorate.core.checksum import crc32
from quorate.core.ids import Index, NodeId, Term
from quorate.core.keys import Key


class EntryKind(IntEnum):
    """What an entry's `data` means."""

    NOOP = 0
    BATCH = 1
    CONFIGURATION = 2


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One position of the log.

    `index` and `term` are given by the leader; `data` and its `crc` come from the node that proposed, and
    travel unchanged to every disk and every peer, so that damage anywhere on the way is found.
    For ZAB `term` is the epoch.
    """

    index: Index
    term: Term
    kind: int
    data: bytes
    crc: int

    def intact(self) -> bool:
        """Whether `data` is still what the proposing node checksummed."""
        return crc32(self.data) == self.crc


class SessionId(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who took a batch: a node, the disk it ran on, and the start of the process (counted on that disk)."""

    node: NodeId
    disk: int
    incarnation: int


class KeyedCall(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Commands of a batch that their client may send again, through any node: `count` of them from position `first` on."""

    first: int
    count: int
    key: Key


class Batch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Commands that one node took and proposes together, as one entry.

    `sequence` rises by one with each batch of a session. `floor`: every batch of this session up to and
    including this sequence is settled, nobody will ask for its results again. `clock_ms`: the node's monotonic clock when the batch
    was made; only differences within a session mean anything. `keyed`: the calls among the commands that have a key, in their order.
    """

    session: SessionId
    sequence: int
    floor: int
    commands: list[bytes]
    clock_ms: int = 0
    keyed: list[KeyedCall] = []


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Batch)


def encode_batch(batch: Batch) -> bytes:
    """The `data` of an entry of kind `BATCH`."""
    return _encoder.encode(batch)


def decode_batch(data: bytes) -> Batch:
    """Inverse of `encode_batch`. Raises `msgspec.DecodeError` for anything else."""
    return _decoder.decode(data)
