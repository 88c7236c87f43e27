"""What `quorate bench` and the processes of its nodes say to each other: lines of JSON, one answer to each order."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from quorate.cli.bench_results import Load

MachineKind: TypeAlias = Literal["count", "store"]


class MemberPlan(msgspec.Struct, frozen=True):
    """One node. `machine`: "count" counts commands, so that the cost is that of agreement; "store" keeps keys and values."""

    node: int
    peers: dict[int, str]
    data_dir: str
    algorithm: str
    options: dict[str, Any] = {}
    machine: MachineKind = "count"


class WhoLeads(msgspec.Struct, frozen=True, tag=True):
    """Answer: the leader, as soon as there is one."""


class Run(msgspec.Struct, frozen=True, tag=True):
    """Answer: a `Sample`. `keys`: of a store, as many as it was filled with."""

    load: Load
    size_bytes: int
    seconds: float
    warm_up_s: float
    keys: int = 1


class Fill(msgspec.Struct, frozen=True, tag=True):
    """Write `count` keys, from number `first` on, into a store. Answer: their number."""

    first: int
    count: int
    size_bytes: int


class Remember(msgspec.Struct, frozen=True, tag=True):
    """Answer: `Memory` of the process."""


class WriteOnce(msgspec.Struct, frozen=True, tag=True):
    """Write until one write is acknowledged. Answer: when that was, by the machine's monotonic clock, in seconds."""

    size_bytes: int


class BeginWrites(msgspec.Struct, frozen=True, tag=True):
    """From now on one write after the other. Answer: how many were acknowledged, as soon as it goes steadily."""

    size_bytes: int


class EndWrites(msgspec.Struct, frozen=True, tag=True):
    """When a leader other than `but` has acknowledged writes, stop. Answer: the longest time between two acknowledged writes of which the
    second came after `since`, in seconds."""

    but: int
    since: float


class CatchUp(msgspec.Struct, frozen=True, tag=True):
    """Answer: true, as soon as this node has applied all that was acknowledged before."""


class Memory(msgspec.Struct, frozen=True):
    """Of a process, in bytes, now and at its most."""

    resident: int
    peak: int


Order: TypeAlias = WhoLeads | Run | Fill | Remember | WriteOnce | BeginWrites | EndWrites | CatchUp


class Answer(msgspec.Struct, frozen=True):
    """`error`: in one line, why there is no answer."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""
