"""Ways to make a plan plainer, one at a time: what shrinking tries besides leaving faults out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

import msgspec

from quorate.core.ids import MILLISECOND, SECOND, Nanos
from quorate.runtime.limits import Limits
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.lane import DiskSettings
from quorate.sim.network import NetworkSettings
from quorate.sim.storms.faults import Cut, Fault
from quorate.sim.storms.plan import Plan
from quorate.sim.storms.plan_file import nodes_of
from quorate.sim.storms.triggers import Trigger

S = TypeVar("S", bound=msgspec.Struct)

replace = msgspec.structs.replace

CALM_NETWORK = NetworkSettings(tail_share=0.0)
STEADY_DISK = DiskSettings(tail_share=0.0)


def schedule_of(plan: Plan) -> list[Fault | Trigger]:
    """All that goes wrong."""
    return [*plan.faults, *plan.triggers]


def with_schedule(plan: Plan, items: Sequence[msgspec.Struct]) -> Plan:
    """The plan with only these faults and triggers of its own."""
    return replace(
        plan,
        faults=[fault for fault in plan.faults if fault in items],
        triggers=[trigger for trigger in plan.triggers if trigger in items],
    )


def keep_last(plan: Plan, count: int) -> Plan:
    """The plan without all but the last faults, and without the time before them."""
    last = replace(plan, faults=plan.faults[-count:])
    return next(iter(sooner(last)), last)


def cut_after(plan: Plan, end: Nanos) -> Plan:
    """The plan without what comes after `end`."""
    duration = min(plan.duration_ns, end)
    return replace(plan, duration_ns=duration, faults=[fault for fault in plan.faults if fault.at <= duration])


def sooner(plan: Plan) -> list[Plan]:
    """Everything earlier, as long as there is time for a first election."""
    first = min((fault.at for fault in plan.faults), default=SECOND)
    return [
        replace(
            plan,
            faults=[replace(fault, at=fault.at - shift) for fault in plan.faults],
            duration_ns=plan.duration_ns - shift,
        )
        for shift in (first - SECOND, (first - SECOND) // 2)
        if shift > 0
    ]


def fewer_nodes(plan: Plan) -> list[Plan]:
    """Smaller clusters, the smallest first, with the faults that fit them."""
    return [
        replace(
            plan,
            nodes=nodes,
            spares=spares,
            rates=plan.rates[: nodes + spares],
            faults=[fitted for fault in plan.faults if (fitted := _fit(fault, nodes + spares)) is not None],
        )
        for nodes in range(1, plan.nodes + 1)
        for spares in range(plan.spares + 1)
        if (nodes, spares) != (plan.nodes, plan.spares)
    ]


def _fit(fault: Fault, nodes: int) -> Fault | None:
    """The fault in a smaller cluster; None if it was about those that are gone."""
    if isinstance(fault, Cut):
        left = tuple(pair for pair in fault.pairs if max(pair) <= nodes)
        return replace(fault, pairs=left) if left else None
    return fault if max(nodes_of(fault), default=0) <= nodes else None


def fewer_operations(plan: Plan) -> list[Plan]:
    """Fewer clients, which do less."""
    workload = plan.workload
    changes: list[dict[str, int | float]] = [{"clients": clients} for clients in range(1, workload.clients)]
    changes += [
        {"commands": 1},
        {"reads": 0.0},
        {"think_ns": workload.think_ns * 4},
        {"think_ns": workload.think_ns * 2},
    ]
    # Slower than that, and nobody does anything.
    return [
        replace(plan, workload=replace(workload, **change)) for change in changes if change.get("think_ns", 0) <= SECOND
    ]


def plainer_network(plan: Plan) -> list[Plan]:
    """No tail, nothing lost, doubled or late; all of it, or one after the other."""
    return [replace(plan, network=network) for network in _towards(plan.network, CALM_NETWORK)]


def plainer_disk(plan: Plan) -> list[Plan]:
    """As plain as it gets; all of it, or one after the other."""
    return [replace(plan, disk=disk) for disk in _towards(plan.disk, STEADY_DISK)]


def plainer_limits(plan: Plan) -> list[Plan]:
    """The defaults; all of them, or one after the other."""
    return [replace(plan, limits=limits) for limits in _towards(plan.limits, Limits())]


def _towards(settings: S, plain: S) -> Iterator[S]:
    yield plain
    for name in settings.__struct_fields__:
        yield replace(settings, **{name: getattr(plain, name)})


def plainer_options(plan: Plan) -> list[Plan]:
    """The algorithm's defaults; all of them, or one after the other."""
    kept = [{}, *({name: plan.options[name] for name in plan.options if name != left_out} for left_out in plan.options)]
    return [replace(plan, options=options) for options in kept]


def steadier_clocks(plan: Plan) -> list[Plan]:
    """Clocks that run right; all of them, or one after the other."""
    count = len(plan.rates)
    right = [NOMINAL_RATE] * count
    ones = [[*plan.rates[:number], NOMINAL_RATE, *plan.rates[number + 1 :]] for number in range(count)]
    return [replace(plan, rates=rates) for rates in (right, *ones)]


def plainer_faults(plan: Plan) -> list[Plan]:
    """Faults that last less long, or at round times, or without their specialities."""
    rounded = replace(plan, faults=[_rounded(fault) for fault in plan.faults])
    return [rounded] + [
        replace(plan, faults=[*plan.faults[:number], plainer, *plan.faults[number + 1 :]])
        for number, fault in enumerate(plan.faults)
        for plainer in _plainer_fault(fault)
    ]


def _rounded(fault: Fault) -> Fault:
    """With all times in whole milliseconds."""
    return replace(
        fault,
        **{
            name: -(-value // MILLISECOND) * MILLISECOND
            for name in ("at", *_durations(fault))
            if isinstance(value := getattr(fault, name), int)
        },
    )


def _plainer_fault(fault: Fault) -> Iterator[Fault]:
    yield _rounded(fault)
    for field in msgspec.structs.fields(fault):
        if not field.required and getattr(fault, field.name) != field.default:
            yield replace(fault, **{field.name: field.default})
    for name in _durations(fault):
        value = getattr(fault, name)
        if value and value >= 2 * MILLISECOND:
            yield replace(fault, **{name: max(MILLISECOND, value // 8 // MILLISECOND * MILLISECOND)})
            yield replace(fault, **{name: max(MILLISECOND, value // 2 // MILLISECOND * MILLISECOND)})


def _durations(fault: Fault) -> list[str]:
    return [name for name in fault.__struct_fields__ if name.endswith("_ns")]


def plainer_triggers(plan: Plan) -> list[Plan]:
    """Triggers that strike once, or with fewer faults."""
    return [
        replace(plan, triggers=[*plan.triggers[:number], plainer, *plan.triggers[number + 1 :]])
        for number, trigger in enumerate(plan.triggers)
        for plainer in _plainer_trigger(trigger)
    ]


def _plainer_trigger(trigger: Trigger) -> Iterator[Trigger]:
    yield replace(trigger, limit=1)
    for place, step in enumerate(trigger.steps):
        for left_out in range(len(step.faults)):
            less = replace(step, faults=[*step.faults[:left_out], *step.faults[left_out + 1 :]])
            yield replace(trigger, steps=[*trigger.steps[:place], less, *trigger.steps[place + 1 :]])


Ways: TypeAlias = dict[str, Callable[[Plan], list[Plan]]]
"""By what one is called: the plans that it makes of one, to be tried in this order."""

CHEAPER: Ways = {"fewer operations": fewer_operations, "fewer nodes": fewer_nodes}
"""What makes each run take less time, and so comes first."""

PLAINER: Ways = {
    "sooner": sooner,
    **CHEAPER,
    "plainer network": plainer_network,
    "plainer disk": plainer_disk,
    "right clocks": steadier_clocks,
    "default limits": plainer_limits,
    "default options": plainer_options,
    "plainer triggers": plainer_triggers,
    "plainer faults": plainer_faults,
}
"""Everything there is, in this order."""
