"""The first line of a storm's trace: the whole plan, so that the file is enough to run it again."""

from __future__ import annotations

from quorate.runtime.trace_format import FORMAT, VERSION, Preamble, encode_line
from quorate.sim.storms.plan import Plan
from quorate.version import __version__


class StormHeader(Preamble, frozen=True):
    """The trace of a storm: everything in it follows from `plan`, and from `workload`, if a program brought its own: its name."""

    plan: Plan
    workload: str = ""


def storm_header(plan: Plan, workload: str = "") -> bytes:
    """The line. `workload`: the name of one that is not the plan's."""
    return encode_line(StormHeader(FORMAT, VERSION, "storm", __version__, plan.algorithm, plan, workload))
