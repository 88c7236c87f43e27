"""A fault in the words of the language of scenarios, so that what a storm drew reads like what a person writes."""

from __future__ import annotations

from quorate.core.ids import MILLISECOND, SECOND, Nanos
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.scenarios.scenario import MAX_TIME, RESTART_TAKES
from quorate.sim.storms import faults
from quorate.sim.storms.faults import Fault

_NAMES = {faults.LEADER: "leader", faults.FOLLOWER: "follower", faults.HERE: "it", faults.OTHERS: "the others"}


def tell(fault: Fault) -> str:
    """The fault without its time."""
    node = getattr(fault, "node", 0)
    who = _NAMES.get(node, str(node))
    match fault:
        case faults.Crash():
            ways = [word for word, chosen in (("in write", fault.in_write), ("silently", fault.silent)) if chosen]
            verb = "crash" if fault.power else "kill"
            return _lasting(" ".join((verb, who, *ways)), fault.down_ns)
        case faults.CrashAll():
            return _lasting("crash all", fault.down_ns)
        case faults.Restart():
            return f"restart {who}" if fault.down_ns == RESTART_TAKES else _lasting(f"restart {who}", fault.down_ns)
        case faults.Pause():
            return _lasting(f"pause {who}", fault.lasts_ns)
        case faults.Suspend():
            return _lasting(f"suspend {who} counting {_about(fault.counted_ns)}", fault.lasts_ns)
        case faults.ClockJump():
            return f"jump clock {who} by {_about(fault.ahead_ns)}"
        case faults.Drift():
            return f"drift clock {who} by {(fault.rate - NOMINAL_RATE) * 100 / NOMINAL_RATE:+.1f}%"
        case faults.TakeSnapshot():
            return f"snapshot {who}"
        case faults.Transfer():
            where = f" to {fault.to}" if fault.to else ""
            return f"transfer{where}" if node == faults.LEADER else f"transfer{where} through {who}"
        case faults.Report():
            return f"report fresher by {fault.more} through {who}"
        case faults.Reshape():
            return "change members"
        case faults.Relief():
            return "relief"
        case faults.Cut() | faults.Isolate() | faults.Bridge() | faults.Flap() | faults.Break() | faults.Replay():
            return _of_network(fault, who)
        case _:
            return _of_disk(fault, who)


def _of_network(
    fault: faults.Cut | faults.Isolate | faults.Bridge | faults.Flap | faults.Break | faults.Replay, who: str
) -> str:
    match fault:
        case faults.Cut():
            return _lasting(f"cut {_sides(fault.pairs)}", fault.lasts_ns)
        case faults.Isolate():
            way = "" if fault.inward and fault.outward else " inward" if fault.inward else " outward"
            company = f" with {fault.companions} more" if fault.companions else ""
            return _lasting(f"isolate {who}{company}{way}", fault.lasts_ns)
        case faults.Bridge():
            return _lasting(f"bridge {who}", fault.lasts_ns)
        case faults.Flap():
            peer = "" if fault.peer is None else f"|{fault.peer}"
            return _lasting(f"flap {who}{peer} every {_about(fault.period_ns)}", fault.lasts_ns)
        case faults.Break():
            return _lasting(f"break {who}|{fault.peer}", fault.half_open_ns)
        case faults.Replay():
            return f"replay {len(fault.numbers)} old messages to {who}"


def _of_disk(
    fault: faults.SlowDisk | faults.StallDisk | faults.FailDisk | faults.FillDisk | faults.LyingDisk | faults.Rot,
    who: str,
) -> str:
    match fault:
        case faults.SlowDisk():
            return _lasting(f"slow disk {who} by {_about(fault.latency_ns)}", fault.lasts_ns)
        case faults.StallDisk():
            return _lasting(f"stall disk {who}", fault.lasts_ns)
        case faults.FailDisk():
            return _lasting(f"fail disk {who} on {fault.operation}", fault.lasts_ns)
        case faults.FillDisk():
            return _lasting(f"fill disk {who} leaving {fault.left}", fault.lasts_ns)
        case faults.LyingDisk():
            return _lasting(f"lie disk {who}", fault.lasts_ns)
        case faults.Rot():
            return f"rot disk {who} {fault.what}"


def _lasting(text: str, lasts: Nanos) -> str:
    """With `for`, unless nothing in this run ends it."""
    return text if not 0 < lasts < MAX_TIME else f"{text} for {_about(lasts)}"


def _about(span: Nanos) -> str:
    """A time that was drawn, in as many digits as a person wants."""
    if span < SECOND:
        return f"{span / MILLISECOND:.3g}ms"
    return f"{span / SECOND:.3g}s" if span < 1000 * SECOND else f"{span // SECOND}s"


def _sides(pairs: tuple[tuple[int, int], ...]) -> str:
    """Who cannot talk to whom, if that is two groups; else every pair."""
    sources = sorted({source for source, _ in pairs})
    targets = sorted({target for _, target in pairs})
    if sources != targets:
        return f"{_list(sources)}->{_list(targets)}"
    left = [node for node in sources if (sources[0], node) not in pairs]
    right = [node for node in sources if node not in left]
    if len(pairs) == 2 * len(left) * len(right):
        return f"{_list(left)}|{_list(right)}"
    return ",".join(f"{source}->{target}" for source, target in pairs)


def _list(nodes: list[int]) -> str:
    return ",".join(map(str, nodes))
