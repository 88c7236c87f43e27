"""The pairs of the key-value machine and the order of their keys."""

from collections.abc import Callable
from enum import IntEnum
from operator import attrgetter
from typing import Any

import msgspec
from sortedcontainers import SortedList

from quorate.core.errors import InvariantError
from quorate.machines.kv.key_range import FROM_KEY


class KeyValue(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A key and what is known of it, never changed, only replaced.

    `create_revision`: the store's revision when the key came into being; `mod_revision`: when it was last put;
    `version`: how often it was put since it came into being, so the first is 1.
    """

    key: bytes
    value: bytes
    create_revision: int
    mod_revision: int
    version: int


class SortTarget(IntEnum):
    """What a range is sorted by; the numbers are etcd's."""

    KEY = 0
    VERSION = 1
    CREATE = 2
    MOD = 3
    VALUE = 4


_SORT_KEYS: dict[SortTarget, Callable[[KeyValue], Any]] = {
    SortTarget.VERSION: attrgetter("version"),
    SortTarget.CREATE: attrgetter("create_revision"),
    SortTarget.MOD: attrgetter("mod_revision"),
    SortTarget.VALUE: attrgetter("value"),
}


class PairStore:
    """A dict of pairs and, beside it, the sorted list of its keys.

    A sorted dict would take both roles at twice the price for a put to an existing key (measured with 100,000 keys: 0.5 against
    0.24 microseconds); here only a key that comes or goes touches the order.
    Invariants: both hold the same keys, and each pair is stored under its own key, the same object.
    """

    def __init__(self, pairs: dict[bytes, KeyValue] | None = None) -> None:
        self._pairs = {} if pairs is None else pairs
        self._keys = SortedList(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def get(self, key: bytes) -> KeyValue | None:
        """The pair of `key`."""
        return self._pairs.get(key)

    def put(self, key: bytes, value: bytes, revision: int) -> KeyValue | None:
        """Give `key` a value at `revision`. Returns the pair it had."""
        pairs = self._pairs
        previous = pairs.get(key)
        if previous is None:
            self._keys.add(key)
            pairs[key] = KeyValue(key, value, revision, revision, 1)
        else:
            # The first key object is kept: dict, order and pair share it, whatever its length.
            key = previous.key
            pairs[key] = KeyValue(key, value, previous.create_revision, revision, previous.version + 1)
        return previous

    def remove(self, key: bytes, range_end: bytes = b"") -> list[KeyValue]:
        """Remove the keys of the range (see `key_range`). Returns their pairs in order."""
        if not range_end:
            pair = self._pairs.pop(key, None)
            if pair is None:
                return []
            self._keys.remove(key)
            return [pair]
        start, stop = self._positions(key, range_end)
        keys = list(self._keys.islice(start, stop))
        del self._keys[start:stop]
        return [self._pairs.pop(key) for key in keys]

    def count(self, key: bytes, range_end: bytes = b"") -> int:
        """How many keys are in the range, without walking it."""
        if not range_end:
            return int(key in self._pairs)
        start, stop = self._positions(key, range_end)
        return stop - start

    def select(
        self,
        key: bytes,
        range_end: bytes = b"",
        *,
        limit: int = 0,
        sort_by: SortTarget = SortTarget.KEY,
        descending: bool = False,
    ) -> list[KeyValue]:
        """The pairs of the range, at most `limit` of them (0 or below: all), sorted; equal ones are in the order of their keys."""
        if not range_end:
            pair = self._pairs.get(key)
            return [] if pair is None else [pair]
        start, stop = self._positions(key, range_end)
        if sort_by is SortTarget.KEY:
            if 0 < limit < stop - start:
                start, stop = (stop - limit, stop) if descending else (start, start + limit)
            return [self._pairs[key] for key in self._keys.islice(start, stop, descending)]
        pairs = [self._pairs[key] for key in self._keys.islice(start, stop)]
        pairs.sort(key=_SORT_KEYS[sort_by], reverse=descending)
        return pairs[:limit] if limit > 0 else pairs

    def capture(self) -> tuple[list[bytes], dict[bytes, KeyValue]]:
        """The keys in order, and the pairs, as of now. Only references are copied: 5 ms for 100,000 pairs."""
        return list(self._keys), self._pairs.copy()

    def check(self) -> None:
        """Assert the invariants; raises `InvariantError`."""
        if list(self._keys) != sorted(self._pairs):
            raise InvariantError("the key order and the pairs hold different keys")
        for key, pair in self._pairs.items():
            if pair.key is not key or not 1 <= pair.create_revision <= pair.mod_revision or pair.version < 1:
                raise InvariantError(f"the pair stored under {key!r} is {pair}")

    def _positions(self, key: bytes, range_end: bytes) -> tuple[int, int]:
        start: int = self._keys.bisect_left(key)
        stop: int = len(self._keys) if range_end == FROM_KEY else self._keys.bisect_left(range_end)
        return start, max(start, stop)
