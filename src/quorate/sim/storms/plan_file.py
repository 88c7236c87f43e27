"""Plans as files: kept, changed by hand, sent to somebody else, and run again."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import msgspec

from quorate.algorithms.catalog import find
from quorate.core.algorithm import AlgorithmSpec
from quorate.core.durable import Durable, Identity
from quorate.core.errors import ConfigError, TraceError
from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.storms.faults import Flap
from quorate.sim.storms.plan import Plan
from quorate.wire.refusal import printable

MOST_BYTES = 16 * 1024 * 1024
MOST_NODES = 99
MOST_SECONDS = 3600
MOST_FAULTS = 100_000
MOST_CLIENTS = 1000
"""More than anybody drew, and little enough that a run ends."""

LEAST_NS = MILLISECOND
"""Nothing happens again and again in less, or a run would not end for another reason."""

_decoder = msgspec.json.Decoder(Plan)


def write_plan(path: Path, plan: Plan) -> None:
    """Keep a plan. Raises `OSError`."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(plan, order="deterministic"), indent=1) + b"\n")


def read_plan(path: Path) -> Plan:
    """A plan that was kept. Raises `TraceError`, which names the file and what is wrong in it, and `OSError`."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise TraceError(f"{path}: larger than {MOST_BYTES:,} bytes; this is no plan")
    try:
        plan = _decoder.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError, OverflowError) as error:
        raise TraceError(
            f"{path}: no plan: {printable(str(error))}; compare it with a file that quorate wrote"
        ) from error
    complaint = complaint_of(plan)
    if complaint:
        raise TraceError(f"{path}: {complaint}")
    return plan


def complaint_of(plan: Plan) -> str:
    """Why a plan from outside cannot be carried out; empty if it can."""
    try:
        spec = find(plan.algorithm)
        config = msgspec.convert(plan.options, spec.config)
    except (ConfigError, msgspec.ValidationError) as error:
        return f"options, or algorithm: {error}"
    complaint = next((complaint for fits, complaint in _rules(plan) if not fits), "")
    return complaint or _misfit(spec, config, plan.nodes)


def _misfit(spec: AlgorithmSpec, config: Any, nodes: int) -> str:
    """Why the settings do not fit a cluster of so many nodes; empty if they do."""
    try:
        spec.build(Identity("plan", 1, 1, 1, tuple(range(1, nodes + 1))), config, Durable(), Random(0))
    except ConfigError as error:
        return f"options: {error}"
    return ""


def _rules(plan: Plan) -> list[tuple[bool, str]]:
    count = plan.nodes + plan.spares
    nodes = range(1, count + 1)
    workload = plan.workload
    waits = workload.think_ns >= LEAST_NS and workload.patience_ns > 0
    faults = [*plan.faults, *(fault for trigger in plan.triggers for step in trigger.steps for fault in step.faults)]
    return [
        (1 <= plan.nodes <= count <= MOST_NODES, f"nodes = {plan.nodes}, with spares {count}: from 1 to {MOST_NODES}"),
        (len(plan.rates) == count, f"rates has {len(plan.rates)} clocks for {count} nodes: one for each"),
        (all(rate > 0 for rate in plan.rates), "rates must be above 0: 1,000,000 is a clock that runs right"),
        (0 < plan.duration_ns <= MOST_SECONDS * SECOND, f"duration_ns: above 0, and at most {MOST_SECONDS} s"),
        (len(faults) <= MOST_FAULTS, f"{len(faults):,} faults: at most {MOST_FAULTS:,}"),
        (0 <= workload.clients <= MOST_CLIENTS, f"workload.clients = {workload.clients}: at most {MOST_CLIENTS}"),
        (waits and workload.commands > 0, "workload: think_ns at least 1 ms, patience_ns and commands above 0"),
        (
            _in_bounds(plan.network) and plan.network.redial_ns >= LEAST_NS,
            f"network: {_BOUNDS}, redial_ns at least 1 ms",
        ),
        (_in_bounds(plan.disk), f"disk: {_BOUNDS}"),
        (all(_in_bounds(fault) for fault in faults), f"faults: {_BOUNDS}"),
        (
            all(fault.period_ns >= LEAST_NS for fault in faults if isinstance(fault, Flap)),
            "faults: a Flap has a period_ns of at least 1 ms",
        ),
        (all(fault.at >= 0 for fault in faults), "faults: `at` must not be before the beginning"),
        (
            all(node <= 0 or node in nodes for fault in faults for node in nodes_of(fault)),
            f"faults: one names a node that is not among the {count}",
        ),
    ]


_BOUNDS = "times must not be negative, and shares are from 0 to 1"


def _in_bounds(settings: msgspec.Struct) -> bool:
    """By their names: times are not negative, and what is a float is a share."""
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        if isinstance(value, float) and not 0 <= value <= 1:
            return False
        if name.endswith("_ns") and value is not None and value < 0:
            return False
    return True


def nodes_of(fault: msgspec.Struct) -> list[int]:
    """The nodes that a fault names; those that are found when its time has come have numbers below 1."""
    named = [getattr(fault, name, None) for name in ("node", "peer", "to")]
    pairs = getattr(fault, "pairs", ())
    return [node for node in (*named, *(node for pair in pairs for node in pair)) if node is not None]
