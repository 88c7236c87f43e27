"""Faults as data: what is to go wrong, and when. A schedule is drawn up front as a list, so leaving one out changes nothing else."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from quorate.core.ids import Nanos, NodeId
from quorate.sim.disk import Operation
from quorate.sim.image import LossRule

LEADER: NodeId = 0
"""As a fault's `node`: whoever leads when its time has come, or a node that depends on `at` alone if nobody does."""


class _Fault(msgspec.Struct, frozen=True, tag=True):
    """`at`: the world's time, ns."""

    at: Nanos


class Crash(_Fault, frozen=True):
    """The process dies and is started again `down_ns` later. `in_write`: not at once, but in the middle of its next write to disk.
    `power`: unsynced writes are lost as `rule` says. `silent`: the
    network says nothing of it; `reset`: what was under way to its peers is lost. `again_after`: if not None, the first new
    start dies too, after so many operations on the disk, and a second one follows as late again."""

    node: NodeId
    down_ns: Nanos
    in_write: bool = False
    power: bool = True
    rule: LossRule = "prefix"
    silent: bool = False
    reset: bool = False
    again_after: int | None = None


class CrashAll(_Fault, frozen=True):
    """All nodes lose power at once, and are started again one after the other, `down_ns` apart."""

    down_ns: Nanos
    rule: LossRule = "prefix"


class Pause(_Fault, frozen=True):
    """The process stops without knowing it and goes on after `lasts_ns`."""

    node: NodeId
    lasts_ns: Nanos


class Cut(_Fault, frozen=True):
    """Nothing passes in these directions for `lasts_ns`. `breaks_ns`: so long after the cut their connections break; None: never."""

    pairs: tuple[tuple[NodeId, NodeId], ...]
    lasts_ns: Nanos
    breaks_ns: Nanos | None = None


class Isolate(_Fault, frozen=True):
    """As `Cut`, between one node and all others. `inward`, `outward`: which directions."""

    node: NodeId
    lasts_ns: Nanos
    inward: bool = True
    outward: bool = True
    breaks_ns: Nanos | None = None


class Break(_Fault, frozen=True):
    """The connection between `node` and `peer` breaks. `node` learns it soon, `peer` only `half_open_ns` later."""

    node: NodeId
    peer: NodeId
    half_open_ns: Nanos = 0


class SlowDisk(_Fault, frozen=True):
    """Jobs of the disk take about `latency_ns` for `lasts_ns`."""

    node: NodeId
    lasts_ns: Nanos
    latency_ns: Nanos


class StallDisk(_Fault, frozen=True):
    """No job of the disk completes for `lasts_ns`."""

    node: NodeId
    lasts_ns: Nanos


class FailDisk(_Fault, frozen=True):
    """The call of `operation` after the next `after` ones fails; `lasts_ns` later the disk is well and the node starts again."""

    node: NodeId
    operation: Operation
    after: int
    lasts_ns: Nanos


class FillDisk(_Fault, frozen=True):
    """There are `left` bytes of space; `lasts_ns` later there is space again, and the node starts again if it had died of it."""

    node: NodeId
    left: int
    lasts_ns: Nanos


class Drift(_Fault, frozen=True):
    """The node's clock runs at `rate` local ns in 1,000,000 ns from now on."""

    node: NodeId
    rate: int


Fault: TypeAlias = Crash | CrashAll | Pause | Cut | Isolate | Break | SlowDisk | StallDisk | FailDisk | FillDisk | Drift
