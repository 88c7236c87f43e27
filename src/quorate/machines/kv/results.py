"""What the key-value machine answers."""

from typing import TypeAlias

import msgspec

from quorate.machines.kv.store import KeyValue


class PutResult(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """`revision`: the store's after the put. `previous`: the pair before it, if that was asked for and there was one."""

    revision: int
    previous: KeyValue | None = None


class DeleteResult(msgspec.Struct, frozen=True, array_like=True, tag=2, gc=False):
    """`revision`: the store's after the command; unchanged if nothing was deleted. `previous`: the pairs, if they were
    asked for, in the order of their keys."""

    revision: int
    deleted: int
    previous: tuple[KeyValue, ...] = ()


class SwapResult(msgspec.Struct, frozen=True, array_like=True, tag=3, gc=False):
    """`revision`: the store's after the command. `found`: the pair that the conditions were held against: always when
    they did not hold, so that the caller can try again from it; if asked for when they did; None without a pair."""

    revision: int
    succeeded: bool
    found: KeyValue | None = None


class RangeResult(msgspec.Struct, frozen=True, gc=False):
    """What a read saw at `revision`. `count`: keys in the range, whatever the limit; `more`: the limit left some out."""

    revision: int
    pairs: list[KeyValue]
    count: int
    more: bool = False


Result: TypeAlias = PutResult | DeleteResult | SwapResult
"""Of a command. A refusal is a `CommandError`."""
