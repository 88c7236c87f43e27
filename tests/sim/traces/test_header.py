"""The header of a storm's trace holds its plan, all of it."""

from quorate.algorithms.catalog import find
from quorate.runtime.record import TypedDecoder
from quorate.runtime.trace_format import read_preamble
from quorate.sim.storms.plan import draw_plan
from quorate.sim.traces.header import StormHeader, storm_header
from quorate.version import __version__


def test_the_plan_comes_back_as_it_was() -> None:
    for seed in range(20):
        plan = draw_plan(seed)
        line = storm_header(plan)
        assert line.endswith(b"\n")
        assert read_preamble(line, "x").kind == "storm"
        header = TypedDecoder(find(plan.algorithm), StormHeader).decode(line)
        assert isinstance(header, StormHeader)
        assert header.plan == plan
        assert header.quorate == __version__
