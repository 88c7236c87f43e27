"""A range request as a query on the machine, within bounds that keep the node answering its peers."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from quorate.machines.kv import KeyValueMachine, RangeResult, SortTarget
from quorate.server.gateway import RangeRequest, word
from quorate.server.problem import ProblemError, bad_request, unsupported

MAX_PAIRS = 20_000
MAX_BYTES = 16 * 1024 * 1024
"""Of keys and values in one answer. Encoding it holds up heartbeats: 20,000 pairs of 100 bytes take about 30 ms."""

Query = Callable[[KeyValueMachine], RangeResult]


class SortOrder(IntEnum):
    """The numbers are etcd's (`RangeRequest.SortOrder`)."""

    NONE = 0
    ASCEND = 1
    DESCEND = 2


def range_of(asked: RangeRequest) -> Query:
    """What to ask the machine. Raises a 400 or 501; so does the query, when the answer would be too large."""
    if asked.revision > 0:
        raise unsupported("old revisions are not kept", "leave out revision: the answer is of the present one")
    if asked.min_mod_revision or asked.max_mod_revision or asked.min_create_revision or asked.max_create_revision:
        raise unsupported("bounds on revisions are not offered", "leave them out and choose from the answer")
    order = word(SortOrder, asked.sort_order, "sort_order")
    sort_by = word(SortTarget, asked.sort_target, "sort_target")

    def query(machine: KeyValueMachine) -> RangeResult:
        _check_count(machine, asked, sort_by)
        found = machine.range(
            asked.key,
            asked.range_end,
            limit=asked.limit,
            count_only=asked.count_only,
            keys_only=asked.keys_only,
            sort_by=sort_by,
            descending=order is SortOrder.DESCEND,
        )
        if sum(len(pair.key) + len(pair.value) for pair in found.pairs) > MAX_BYTES:
            raise _too_much(f"more than {MAX_BYTES} bytes")
        return found

    return query


def _check_count(machine: KeyValueMachine, asked: RangeRequest, sort_by: SortTarget) -> None:
    """Counting is cheap whatever the range; sorting by anything but the key walks all of it, whatever the limit."""
    if asked.count_only or (0 < asked.limit <= MAX_PAIRS and sort_by is SortTarget.KEY):
        return
    count = machine.range(asked.key, asked.range_end, count_only=True).count
    if count > MAX_PAIRS:
        raise _too_much(f"{count} keys, more than {MAX_PAIRS}")


def _too_much(what: str) -> ProblemError:
    hint = "ask for less at once: give a limit, and go on from the last key with a zero byte appended"
    return bad_request(f"the answer would have {what}", hint, "range_too_large")
