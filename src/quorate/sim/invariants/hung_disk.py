"""Who cannot write neither leads nor campaigns."""

from __future__ import annotations

from collections import deque
from typing import Any

from quorate.core.algorithm import Inspection
from quorate.core.effects import Persist
from quorate.core.ids import Nanos, NodeId, Position
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class _Disk:
    """What can be told of one node's disk from outside. `hung_at`: its oldest write had taken too long then; None: it is well.
    `hung_since`: when that write was asked for."""

    def __init__(self) -> None:
        self.asked: deque[tuple[Position, Nanos]] = deque()
        self.hung_at: Nanos | None = None
        self.hung_since: Nanos = 0
        self.stall_ns: Nanos = 0
        self.late_ns: Nanos = 0


class HungDisk(Invariant):
    """By the node's own clock, and with its own excuse: a process that was not running when it wanted to be woken begins to count anew.

    `details` of an inspection give the limits: `disk_stall_ns`, and `late_ns`, from which on a wake-up is too late; `campaigning`:
    whether the node asks others to elect it.
    """

    title = "Hung disk: with a write unfinished for the stall limit no node leads on or campaigns before a later one has finished in time"
    source = "disk-aware leadership: a leader that cannot write is none; docs/explain.md, disk_hung"
    features = frozenset({"disk_watch"})

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self._disks: dict[NodeId, _Disk] = {}

    def started(self, view: NodeView, inspection: Inspection) -> None:
        self._disks[view.node] = _Disk()
        self._take_limits(view, inspection.details)

    def inspected(self, view: NodeView, inspection: Inspection) -> None:
        self._take_limits(view, inspection.details)
        if inspection.details["campaigning"] and self._disks[view.node].hung_at is not None:
            raise self.broken(f"node {view.node} campaigns in term {inspection.term}, {self._since(view)}")

    def asked(self, view: NodeView, persist: Persist) -> None:
        self._disks[view.node].asked.append((persist.position, view.now))

    def waiting(self, view: NodeView, now: Nanos) -> None:
        disk = self._disks[view.node]
        if disk.hung_at is not None and view.leads:
            raise self.broken(f"node {view.node} leads term {view.term}, {self._since(view)}")
        if not disk.asked or now - disk.asked[0][1] < disk.stall_ns or disk.hung_at is not None:
            return
        if view.deadline is not None and now - view.deadline > disk.late_ns:
            disk.asked = deque((position, now) for position, _ in disk.asked)
        else:
            disk.hung_at, disk.hung_since = now, disk.asked[0][1]

    def answered(self, view: NodeView, position: Position) -> None:
        disk = self._disks[view.node]
        while disk.asked and disk.asked[0][0] <= position:
            _, at = disk.asked.popleft()
            if disk.hung_at is not None and at > disk.hung_since and view.now - at <= disk.stall_ns:
                disk.hung_at = None

    def _take_limits(self, view: NodeView, details: dict[str, Any]) -> None:
        disk = self._disks[view.node]
        disk.stall_ns, disk.late_ns = details["disk_stall_ns"], details["late_ns"]

    def _since(self, view: NodeView) -> str:
        return (
            f"and since {self._disks[view.node].hung_at} ns of its clock it knows that its disk hangs, at {view.now} ns"
        )
