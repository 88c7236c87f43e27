"""Carries out a schedule of faults on a cluster, each when its time has come, and undoes each when its time is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from quorate.core.ids import Nanos, NodeId
from quorate.sim.cluster import Cluster
from quorate.sim.disk import Failure
from quorate.sim.lane import DiskSettings
from quorate.sim.node import SimNode
from quorate.sim.storms.faults import (
    LEADER,
    Break,
    Crash,
    CrashAll,
    Cut,
    Drift,
    FailDisk,
    Fault,
    FillDisk,
    Isolate,
    Pause,
    SlowDisk,
    StallDisk,
)


class Nemesis:
    """`applied` counts faults by name, only those that found something to disturb."""

    def __init__(self, cluster: Cluster) -> None:
        self.applied: dict[str, int] = {}
        self._cluster = cluster
        self._scheduler = cluster.scheduler
        self._over = False
        self._handlers: dict[type, Callable[[Any], bool]] = {
            Crash: self._crash,
            CrashAll: self._crash_all,
            Pause: self._pause,
            Cut: self._cut,
            Isolate: self._isolate,
            Break: self._break,
            SlowDisk: self._slow,
            StallDisk: self._stall,
            FailDisk: self._fail,
            FillDisk: self._fill,
            Drift: self._drift,
        }

    def plan(self, faults: Iterable[Fault]) -> None:
        """Have these happen."""
        for fault in faults:
            self._scheduler.at(fault.at, self._happen, fault)

    def end(self) -> None:
        """Nothing goes wrong from now on; everything is mended and running."""
        self._over = True
        self._cluster.mend()

    def _happen(self, fault: Fault) -> None:
        if not self._over and self._handlers[type(fault)](fault):
            name = type(fault).__name__
            self.applied[name] = self.applied.get(name, 0) + 1

    def _later(self, delay: Nanos, action: Callable[[], object]) -> None:
        """Undo a fault, unless all were undone meanwhile."""
        self._scheduler.after(delay, lambda: None if self._over else action())

    def _node(self, node: NodeId, at: Nanos) -> SimNode:
        nodes = self._cluster.nodes
        if node != LEADER:
            return nodes[node]
        return self._cluster.leader() or nodes[1 + at % len(nodes)]

    def _crash(self, fault: Crash) -> bool:
        node = self._node(fault.node, fault.at)
        if not node.up:
            return False
        if fault.in_write:
            node.ambush_write(lambda: None if self._over else self._kill(node, fault))
        else:
            self._kill(node, fault)
        return True

    def _kill(self, node: SimNode, fault: Crash) -> None:
        node.crash(power=fault.power, rule=fault.rule, silent=fault.silent, reset=fault.reset)
        self._later(fault.down_ns, lambda: self._start(node, fault))

    def _start(self, node: SimNode, fault: Crash) -> None:
        if node.up or fault.again_after is None:
            node.start()
        elif node.start(crash_after=fault.again_after):
            return
        else:
            node.lose_power(fault.rule)
            self._later(fault.down_ns, node.start)

    def _crash_all(self, fault: CrashAll) -> bool:
        for number, node in enumerate(self._cluster.nodes.values(), 1):
            node.crash(rule=fault.rule)
            self._later(fault.down_ns * number, node.start)
        return True

    def _pause(self, fault: Pause) -> bool:
        node = self._node(fault.node, fault.at)
        if not node.up or node.paused:
            return False
        node.pause()
        self._later(fault.lasts_ns, lambda: node.resume() if node.paused else None)
        return True

    def _cut(self, fault: Cut) -> bool:
        network = self._cluster.network
        for source, target in fault.pairs:
            network.cut(source, target)
            self._later(fault.lasts_ns, partial(network.heal, source, target))
            if fault.breaks_ns is not None:
                self._later(fault.breaks_ns, partial(network.break_link, source, target))
        return True

    def _isolate(self, fault: Isolate) -> bool:
        node = self._node(fault.node, fault.at).node
        peers = [peer for peer in self._cluster.nodes if peer != node]
        inward = [(peer, node) for peer in peers if fault.inward]
        outward = [(node, peer) for peer in peers if fault.outward]
        return self._cut(Cut(fault.at, tuple(inward + outward), fault.lasts_ns, fault.breaks_ns))

    def _break(self, fault: Break) -> bool:
        node = self._node(fault.node, fault.at).node
        peer = fault.peer if fault.peer != node else 1 + node % len(self._cluster.nodes)
        return self._cluster.network.break_link(node, peer, fault.half_open_ns)

    def _slow(self, fault: SlowDisk) -> bool:
        node = self._node(fault.node, fault.at)
        if not node.up:
            return False
        node.slow_disk(DiskSettings(latency_ns=fault.latency_ns, spread_ns=fault.latency_ns))
        self._later(fault.lasts_ns, node.mend_disk)
        return True

    def _stall(self, fault: StallDisk) -> bool:
        node = self._node(fault.node, fault.at)
        if not node.up:
            return False
        node.stall_disk()
        self._later(fault.lasts_ns, node.mend_disk)
        return True

    def _fail(self, fault: FailDisk) -> bool:
        node = self._node(fault.node, fault.at)
        node.fail_disk(Failure(fault.operation, after=fault.after))
        self._later(fault.lasts_ns, lambda: self._revive(node))
        return True

    def _fill(self, fault: FillDisk) -> bool:
        node = self._node(fault.node, fault.at)
        node.image.capacity = node.image.used() + fault.left
        self._later(fault.lasts_ns, lambda: self._revive(node))
        return True

    def _drift(self, fault: Drift) -> bool:
        self._node(fault.node, fault.at).set_clock_rate(fault.rate)
        return True

    def _revive(self, node: SimNode) -> None:
        node.mend_disk()
        if node.failure is not None:
            node.start()
