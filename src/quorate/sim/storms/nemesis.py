"""Carries out a schedule of faults on a cluster, each when its time has come, and undoes each when its time is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import msgspec

from quorate.core.ids import SECOND, Nanos, NodeId
from quorate.core.requests import ReportFreshness, Request, TransferLeadership
from quorate.runtime.requests import Answer
from quorate.sim.cluster import Cluster
from quorate.sim.disk import Failure
from quorate.sim.lane import DiskSettings
from quorate.sim.node import SimNode
from quorate.sim.storms.faults import (
    FOLLOWER,
    LEADER,
    Break,
    Bridge,
    ClockJump,
    Crash,
    CrashAll,
    Cut,
    Drift,
    FailDisk,
    Fault,
    FillDisk,
    Flap,
    Isolate,
    LyingDisk,
    Pause,
    Relief,
    Replay,
    Report,
    Reshape,
    Restart,
    Rot,
    SlowDisk,
    StallDisk,
    Suspend,
    TakeSnapshot,
    Transfer,
)
from quorate.sim.storms.members import draw_request
from quorate.sim.storms.triggers import Trigger, Watch
from quorate.sim.traces.lines import Happened

Pair = tuple[NodeId, NodeId]

PATIENCE_NS = 3 * SECOND
"""Of operators."""


class Nemesis:
    """`happened`: every fault that found something to disturb, in order of time, with the node it hit and the time it began: as a plan's
    schedule, without triggers, it disturbs a run in the same way. `applied` counts them by name, `answers` what operators were told;
    `asked_until`: by then all have been answered, or will not be, because the node they asked has crashed."""

    def __init__(self, cluster: Cluster) -> None:
        self.applied: dict[str, int] = {}
        self.happened: list[Fault] = []
        self.answers: dict[str, int] = {}
        self.asked_until: Nanos = 0
        self._cluster = cluster
        self._scheduler = cluster.scheduler
        self._network = cluster.network
        self._nodes = cluster.nodes
        self._freshness: dict[NodeId, int] = {}
        self._over = False
        self._act = 0
        self._handlers: dict[type, Callable[[Any], bool]] = {
            Crash: self._crash,
            CrashAll: self._crash_all,
            Restart: self._restart,
            Pause: self._pause,
            Suspend: self._suspend,
            Cut: self._cut,
            Isolate: self._isolate,
            Bridge: self._bridge,
            Flap: self._flap,
            Break: self._break,
            Replay: self._replay,
            SlowDisk: self._slow,
            StallDisk: self._stall,
            FailDisk: self._fail,
            FillDisk: self._fill,
            LyingDisk: self._lie,
            Rot: self._rot,
            TakeSnapshot: self._take_snapshot,
            Transfer: self._transfer,
            Reshape: self._reshape,
            Report: self._report,
            Drift: self._drift,
            ClockJump: self._jump,
            Relief: self._relieve,
        }

    def plan(self, faults: Iterable[Fault], triggers: Iterable[Trigger] = ()) -> None:
        """Have these happen."""
        for fault in faults:
            self._scheduler.at(fault.at, self._happen, fault)
        Watch(self._cluster, triggers, self._happen)

    def end(self) -> None:
        """Nothing goes wrong from now on; everything is mended and running."""
        self._over = True
        self._relieve()

    def _happen(self, fault: Fault) -> None:
        if self._over:
            return
        fault = self._settle(fault)
        if self._handlers[type(fault)](fault):
            name = type(fault).__name__
            self.applied[name] = self.applied.get(name, 0) + 1
            self.happened.append(fault)
            if self._cluster.trace is not None:
                self._cluster.trace.note(Happened(self._scheduler.now, fault))

    def _settle(self, fault: Fault) -> Fault:
        """With the node that it hits, if that was open."""
        node = getattr(fault, "node", None)
        if node not in (LEADER, FOLLOWER):
            return fault
        leader = self._cluster.leader()
        candidates = (
            [leader] if leader and node == LEADER else [other for other in self._cluster.up() if other is not leader]
        )
        candidates = candidates or list(self._nodes.values())
        return msgspec.structs.replace(fault, node=candidates[fault.at % len(candidates)].node)

    def _later(self, delay: Nanos, action: Callable[[], object]) -> None:
        """Undo a fault, or go on with it, unless all were undone meanwhile."""
        self._scheduler.after(delay, self._in_act(action))

    def _in_act(self, action: Callable[[], object]) -> Callable[[], object]:
        act = self._act
        return lambda: action() if self._act == act else None

    def _relieve(self, _fault: Relief | None = None) -> bool:
        self._act += 1
        self._cluster.mend()
        return True

    # Processes

    def _crash(self, fault: Crash) -> bool:
        node = self._nodes[fault.node]
        if not node.up:
            return False
        if fault.in_write:
            node.ambush_write(self._in_act(lambda: self._kill(node, fault)))
        else:
            self._kill(node, fault)
        return True

    def _kill(self, node: SimNode, fault: Crash) -> None:
        node.crash(power=fault.power, rule=fault.rule, silent=fault.silent, reset=fault.reset)
        self._later(fault.down_ns, lambda: self._start(node, fault))

    def _start(self, node: SimNode, fault: Crash) -> None:
        if node.up or fault.again_after is None:
            node.start()
        elif node.start(fault.again_after, fault.again_in):
            return
        else:
            node.lose_power(fault.rule)
            self._later(fault.down_ns, node.start)

    def _crash_all(self, fault: CrashAll) -> bool:
        for number, node in enumerate(self._nodes.values(), 1):
            node.crash(rule=fault.rule)
            self._later(fault.down_ns * number, node.start)
        return True

    def _restart(self, fault: Restart) -> bool:
        node = self._nodes[fault.node]
        if not node.up or node.paused:
            return False
        node.stop()
        self._later(fault.down_ns, node.start)
        return True

    def _pause(self, fault: Pause) -> bool:
        node = self._nodes[fault.node]
        if not node.up or node.paused:
            return False
        node.pause()
        self._later(fault.lasts_ns, lambda: node.resume() if node.paused else None)
        return True

    def _suspend(self, fault: Suspend) -> bool:
        node = self._nodes[fault.node]
        if not node.up or node.paused:
            return False
        node.pause()
        since = node.clock.local(self._scheduler.now)
        self._later(fault.lasts_ns, lambda: node.wake_up(since, fault.counted_ns) if node.paused else None)
        return True

    # The network

    def _cut(self, fault: Cut) -> bool:
        self._part(fault.pairs, fault.lasts_ns, fault.breaks_ns)
        return True

    def _part(self, pairs: Iterable[Pair], lasts_ns: Nanos, breaks_ns: Nanos | None) -> None:
        network = self._network
        for source, target in pairs:
            network.cut(source, target)
            self._later(lasts_ns, partial(network.heal, source, target))
            if breaks_ns is not None:
                self._later(breaks_ns, partial(network.break_link, source, target))

    def _others(self, node: NodeId, turn: int) -> list[NodeId]:
        """The other nodes, counted from `node` and `turn` on."""
        others = [1 + (node + step) % len(self._nodes) for step in range(len(self._nodes) - 1)]
        start = turn % max(1, len(others))
        return others[start:] + others[:start]

    def _isolate(self, fault: Isolate) -> bool:
        others = self._others(fault.node, fault.turn)
        ours = [fault.node, *others[: fault.companions]]
        theirs = others[fault.companions :]
        inward = [(source, target) for source in theirs for target in ours if fault.inward]
        outward = [(source, target) for source in ours for target in theirs if fault.outward]
        self._part(inward + outward, fault.lasts_ns, fault.breaks_ns)
        return bool(theirs)

    def _bridge(self, fault: Bridge) -> bool:
        others = self._others(fault.node, fault.turn)
        left, right = others[: len(others) // 2], others[len(others) // 2 :]
        pairs = [(source, target) for source in left for target in right]
        self._part(pairs + [(target, source) for source, target in pairs], fault.lasts_ns, fault.breaks_ns)
        return bool(pairs)

    def _flap(self, fault: Flap) -> bool:
        peers = self._others(fault.node, 0) if fault.peer is None else [fault.peer]
        pairs = [(fault.node, peer) for peer in peers if peer != fault.node]
        self._flutter(fault, pairs, self._scheduler.now + fault.lasts_ns)
        return bool(pairs)

    def _flutter(self, fault: Flap, pairs: list[Pair], end: Nanos) -> None:
        half = fault.period_ns // 2
        self._part(pairs + [(target, source) for source, target in pairs], half, 0 if fault.breaks else None)
        if self._scheduler.now + fault.period_ns < end:
            self._later(fault.period_ns, lambda: self._flutter(fault, pairs, end))

    def _break(self, fault: Break) -> bool:
        peer = fault.peer if fault.peer != fault.node else 1 + fault.node % len(self._nodes)
        return self._network.break_link(fault.node, peer, fault.half_open_ns)

    def _replay(self, fault: Replay) -> bool:
        found = False
        for number in fault.numbers:
            for peer in self._others(fault.node, 0):
                found = self._network.replay(peer, fault.node, number) or found
        return found

    # Disks

    def _slow(self, fault: SlowDisk) -> bool:
        node = self._nodes[fault.node]
        if not node.up:
            return False
        node.slow_disk(DiskSettings(latency_ns=fault.latency_ns, spread_ns=fault.latency_ns))
        self._later(fault.lasts_ns, node.mend_disk)
        return True

    def _stall(self, fault: StallDisk) -> bool:
        node = self._nodes[fault.node]
        if not node.up:
            return False
        node.stall_disk()
        self._later(fault.lasts_ns, node.mend_disk)
        return True

    def _fail(self, fault: FailDisk) -> bool:
        node = self._nodes[fault.node]
        node.fail_disk(Failure(fault.operation, after=fault.after))
        self._later(fault.lasts_ns, lambda: self._revive(node))
        return True

    def _fill(self, fault: FillDisk) -> bool:
        node = self._nodes[fault.node]
        node.image.capacity = node.image.used() + fault.left
        self._later(fault.lasts_ns, lambda: self._revive(node))
        return True

    def _lie(self, fault: LyingDisk) -> bool:
        node = self._nodes[fault.node]
        node.lie_about_syncs()
        self._later(fault.lasts_ns, node.mend_disk)
        return True

    def _revive(self, node: SimNode) -> None:
        node.mend_disk()
        if node.failure is not None:
            node.start()

    def _rot(self, fault: Rot) -> bool:
        """Only as long as those decide that are left for certain."""
        node = self._nodes[fault.node]
        sound = [other.node for other in self._nodes.values() if not other.rotten and other is not node]
        chronicle = self._cluster.observer.chronicle
        spared = bool(node.rotten) or chronicle.decides(chronicle.settled, sound)
        return spared and node.rot(fault.what, fault.place, fault.bit)

    def _take_snapshot(self, fault: TakeSnapshot) -> bool:
        node = self._nodes[fault.node]
        if not node.up:
            return False
        node.take_snapshot()
        return True

    # The group

    def _reshape(self, fault: Reshape) -> bool:
        asked = self._cluster.leader() or next(iter(self._cluster.up()), None)
        if asked is None or asked.paused:
            return False
        self._ask(asked, draw_request(fault.number, asked.status().configuration, list(self._nodes)))
        return True

    def _transfer(self, fault: Transfer) -> bool:
        node = self._nodes[fault.node]
        if not node.up or node.paused:
            return False
        self._ask(node, TransferLeadership(fault.to or None))
        return True

    def _report(self, fault: Report) -> bool:
        node = self._nodes[fault.node]
        if not node.up or node.paused:
            return False
        freshness = self._freshness[fault.node] = self._freshness.get(fault.node, 0) + fault.more
        self._ask(node, ReportFreshness(freshness))
        return True

    def _ask(self, node: SimNode, request: Request) -> None:
        self.asked_until = self._scheduler.now + 2 * PATIENCE_NS
        node.request(request, PATIENCE_NS, self._answered)

    def _answered(self, answer: Answer) -> None:
        name = "requests done" if answer is None else "requests unclear" if answer.uncertain else "requests refused"
        self.answers[name] = self.answers.get(name, 0) + 1

    # Clocks

    def _drift(self, fault: Drift) -> bool:
        self._nodes[fault.node].set_clock_rate(fault.rate)
        return True

    def _jump(self, fault: ClockJump) -> bool:
        self._nodes[fault.node].jump_clock(fault.ahead_ns)
        return True
