"""Faults as data: what is to go wrong, and when. A schedule is drawn up front as a list, so leaving one out changes nothing else."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from quorate.core.ids import Nanos, NodeId
from quorate.sim.disk import Operation
from quorate.sim.image import LossRule
from quorate.sim.rot import Aged

LEADER: NodeId = 0
"""As a fault's `node`: whoever leads when its time has come, or a node that depends on `at` alone if nobody does."""

FOLLOWER: NodeId = -3
"""As a fault's `node`: a node that is up and does not lead when its time has come; which, depends on `at` alone."""

HERE: NodeId = -1
"""As the `node` of a trigger's fault: the one to which the moment happened."""

FIRST: NodeId = -4
"""As the `node` of a trigger's fault: the one to which the moment of its first step happened."""

OTHERS: NodeId = -2
"""As the `node` of a trigger's fault: each of the others, one after the other."""


class _Fault(msgspec.Struct, frozen=True, tag=True):
    """`at`: the world's time, ns; in a trigger counted from its moment."""

    at: Nanos


class Crash(_Fault, frozen=True):
    """The process dies and is started again `down_ns` later. `in_write`: not at once, but in the middle of its next write to disk.
    `power`: unsynced writes are lost as `rule` says. `silent`: the
    network says nothing of it; `reset`: what was under way to its peers is lost. `again_after`: if not None, the first new
    start dies too, after so many operations on the disk, of the kind `again_in`, and a second one follows as late again."""

    node: NodeId
    down_ns: Nanos
    in_write: bool = False
    power: bool = True
    rule: LossRule = "prefix"
    silent: bool = False
    reset: bool = False
    again_after: int | None = None
    again_in: Operation = "any"


class CrashAll(_Fault, frozen=True):
    """All nodes lose power at once, and are started again one after the other, `down_ns` apart."""

    down_ns: Nanos
    rule: LossRule = "prefix"


class Restart(_Fault, frozen=True):
    """The process stops in good order, and is started again `down_ns` later."""

    node: NodeId
    down_ns: Nanos


class Pause(_Fault, frozen=True):
    """The process stops without knowing it and goes on after `lasts_ns`."""

    node: NodeId
    lasts_ns: Nanos


class Suspend(_Fault, frozen=True):
    """The machine is suspended and goes on after `lasts_ns`. Its clock goes on counting, but roughly: it counts `counted_ns` of that."""

    node: NodeId
    lasts_ns: Nanos
    counted_ns: Nanos


class Cut(_Fault, frozen=True):
    """Nothing passes in these directions for `lasts_ns`. `breaks_ns`: so long after the cut their connections break; None: never."""

    pairs: tuple[tuple[NodeId, NodeId], ...]
    lasts_ns: Nanos
    breaks_ns: Nanos | None = None


class Isolate(_Fault, frozen=True):
    """As `Cut`, between one node and all others. `inward`, `outward`: which directions. `companions`: so many others are on the
    node's side; which, `turn` says: it counts from the node on, round and round."""

    node: NodeId
    lasts_ns: Nanos
    inward: bool = True
    outward: bool = True
    breaks_ns: Nanos | None = None
    companions: int = 0
    turn: int = 0


class Bridge(_Fault, frozen=True):
    """As `Cut`, between two halves of the cluster whose only link is `node`. `turn`: who is in which half."""

    node: NodeId
    lasts_ns: Nanos
    turn: int = 0
    breaks_ns: Nanos | None = None


class Flap(_Fault, frozen=True):
    """A link, or with `peer` None all links of `node`, is cut for half of `period_ns` and well for the other half, again and again, for
    `lasts_ns`. `breaks`: each cut also breaks the connection, so that a new one is made."""

    node: NodeId
    peer: NodeId | None
    period_ns: Nanos
    lasts_ns: Nanos
    breaks: bool = False


class Break(_Fault, frozen=True):
    """The connection between `node` and `peer` breaks. `node` learns it soon, `peer` only `half_open_ns` later."""

    node: NodeId
    peer: NodeId
    half_open_ns: Nanos = 0


class Replay(_Fault, frozen=True):
    """Old messages to `node` arrive once more, out of any order: one a number, from each peer. Only where messages are datagrams."""

    node: NodeId
    numbers: tuple[int, ...]


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
    """There are `left` bytes of space; `lasts_ns` later there is space again. A node that runs is to wait for that; one that could not
    start starts then."""

    node: NodeId
    left: int
    lasts_ns: Nanos


class LyingDisk(_Fault, frozen=True):
    """For `lasts_ns` a sync says yes, and nothing it should have kept survives a power loss. No algorithm survives that on a majority,
    and a node cannot know: the checks must show it. So it is never drawn; put it into a plan to see a storm fail."""

    node: NodeId
    lasts_ns: Nanos


class Rot(_Fault, frozen=True):
    """A bit of an old record flips on the disk: byte number `place`, counted through all old records, never in the last write (see
    `quorate.sim.rot`). At most a minority of the nodes is hit in one storm, as no more can be survived. Who notices stays down."""

    node: NodeId
    what: Aged
    place: int
    bit: int


class TakeSnapshot(_Fault, frozen=True):
    """A snapshot is taken here and now, whatever the limits say."""

    node: NodeId


class Reshape(_Fault, frozen=True):
    """An operator asks for a change of members: `number` draws it from what the group is at that moment (`quorate.sim.storms.members`)."""

    number: int


class Drift(_Fault, frozen=True):
    """The node's clock runs at `rate` local ns in 1,000,000 ns from now on."""

    node: NodeId
    rate: int


class ClockJump(_Fault, frozen=True):
    """The node's clock leaps forward, as after the suspension of a virtual machine."""

    node: NodeId
    ahead_ns: Nanos


class Transfer(_Fault, frozen=True):
    """An operator asks `node` for leadership to go to node `to`; 0: to whichever is best prepared."""

    node: NodeId
    to: NodeId = 0


class Report(_Fault, frozen=True):
    """The application on `node` says how fresh its data is: it adds `more` to what it said last in this storm."""

    node: NodeId
    more: int


class Relief(_Fault, frozen=True):
    """All faults end now, those of triggers too: what is cut heals, who is down starts. The next act of a schedule with several."""


Fault: TypeAlias = (
    Crash
    | CrashAll
    | Restart
    | Pause
    | Suspend
    | Cut
    | Isolate
    | Bridge
    | Flap
    | Break
    | Replay
    | SlowDisk
    | StallDisk
    | FailDisk
    | FillDisk
    | LyingDisk
    | Rot
    | TakeSnapshot
    | Reshape
    | Transfer
    | Report
    | Drift
    | ClockJump
    | Relief
)
