"""The key-value machine's snapshot: a header, then the pairs in the order of their keys, some to a frame."""

from collections.abc import Iterable, Iterator

import msgspec

from quorate.core.errors import DamagedError, MismatchError
from quorate.machines.kv.commands import MAX_KEY_BYTES, MAX_VALUE_BYTES
from quorate.machines.kv.store import KeyValue
from quorate.machines.stream import CHUNK_BYTES, REMEDY, ChunkReader, frame

FORMAT = "quorate-kv"
VERSION = 1

_HEADER_LIMIT = 256
_PAIR_OVERHEAD_BYTES = 40
"""Lengths and numbers of one pair: 1 + 5 + 5 + 3 * 9, rounded up."""
_FRAME_LIMIT = CHUNK_BYTES + MAX_KEY_BYTES + MAX_VALUE_BYTES + 2 * _PAIR_OVERHEAD_BYTES


class Header(msgspec.Struct, frozen=True, array_like=True):
    """First frame of the stream; `pairs` pairs follow."""

    format: str
    version: int
    revision: int
    pairs: int


_encoder = msgspec.msgpack.Encoder()
_headers = msgspec.msgpack.Decoder(Header)
_pair_lists = msgspec.msgpack.Decoder(list[KeyValue])


class PairSnapshot:
    """A captured store, encoded while it is read; it can be read again."""

    def __init__(self, revision: int, keys: list[bytes], pairs: dict[bytes, KeyValue]) -> None:
        self._revision = revision
        self._keys = keys
        self._pairs = pairs

    def __iter__(self) -> Iterator[bytes]:
        yield frame(_encoder.encode(Header(FORMAT, VERSION, self._revision, len(self._keys))))
        pairs = self._pairs
        group: list[KeyValue] = []
        size = 0
        for key in self._keys:
            pair = pairs[key]
            group.append(pair)
            size += len(key) + len(pair.value) + _PAIR_OVERHEAD_BYTES
            if size >= CHUNK_BYTES:
                yield frame(_encoder.encode(group))
                group, size = [], 0
        if group:
            yield frame(_encoder.encode(group))


def read_pairs(chunks: Iterable[bytes]) -> tuple[int, dict[bytes, KeyValue]]:
    """The revision and the pairs of a snapshot. Raises `DamagedError` or `MismatchError` for anything else."""
    reader = ChunkReader(chunks)
    pairs: dict[bytes, KeyValue] = {}
    try:
        header = _headers.decode(reader.frame(_HEADER_LIMIT))
        _check_header(header)
        seen = 0
        while seen < header.pairs:
            group = _pair_lists.decode(reader.frame(_FRAME_LIMIT))
            seen += len(group)
            pairs.update((pair.key, pair) for pair in group)
    except ValueError as error:
        raise DamagedError(
            f"key-value snapshot: unreadable before its byte {reader.offset}: {error}; {REMEDY}"
        ) from error
    reader.expect_end()
    if not len(pairs) == seen == header.pairs:
        raise DamagedError(f"key-value snapshot: {len(pairs)} keys in {seen} pairs, {header.pairs} expected; {REMEDY}")
    return header.revision, pairs


def _check_header(header: Header) -> None:
    if header.format != FORMAT:
        raise DamagedError(f"key-value snapshot: its header says {header.format!r}, expected {FORMAT!r}; {REMEDY}")
    if header.version != VERSION:
        raise MismatchError(
            f"key-value snapshot: written in version {header.version} of its format, this quorate reads version {VERSION}; "
            "run the version that wrote it, or a newer one"
        )
