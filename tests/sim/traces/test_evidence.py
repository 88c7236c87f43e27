"""A failing storm leaves three files, and they agree."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.storms.faults import Pause
from quorate.sim.storms.plan import Plan, draw_plan
from quorate.sim.storms.plan_file import read_plan
from quorate.sim.storms.run import Report, run_plan
from quorate.sim.storms.shrink import NothingToShrinkError
from quorate.sim.traces.evidence import write_evidence
from quorate.sim.traces.replay import replay_file
from quorate.sim.traces.trace import Sink


def grumble(plan: Plan, sink: Sink | None = None) -> Report:
    """Runs the storm, and finds fault with it if there is a fault to find."""
    report = run_plan(plan, sink)
    if plan.faults:
        report.failure = "GrumbleError: something happened"
    return report


def test_three_files_are_left_and_tell_the_same(tmp_path: Path) -> None:
    faults = [Pause(number * 100 * MILLISECOND, 1, lasts_ns=MILLISECOND) for number in range(1, 5)]
    plan = msgspec.structs.replace(draw_plan(8, nodes=3), triggers=[], faults=faults, duration_ns=SECOND)
    evidence = write_evidence(plan, tmp_path / "out", run=grumble, most_runs=12)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "storm-8.jsonl",
        "storm-8.plan.json",
        "storm-8.txt",
    ]
    assert evidence.failure == "GrumbleError: something happened"
    assert read_plan(evidence.plan_file) == evidence.shrunk.plan
    assert len(evidence.shrunk.plan.faults) < len(plan.faults)
    assert replay_file(evidence.trace_file).same
    assert evidence.transcript_file.read_text().startswith(f"{plan.algorithm}, storm of seed 8: ")
    told = evidence.describe().splitlines()
    assert told[0] == evidence.failure
    assert f"from {len(plan.faults)} faults" in told[1]
    assert str(evidence.transcript_file) in told[2]


def test_files_have_the_name_that_was_given(tmp_path: Path) -> None:
    evidence = write_evidence(draw_plan(8, nodes=3), tmp_path, name="mine", run=grumble, most_runs=0)
    assert evidence.trace_file == tmp_path / "mine.jsonl"
    assert not evidence.shrunk.finished


def test_a_plan_that_does_not_fail_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(NothingToShrinkError):
        write_evidence(draw_plan(8, nodes=3), tmp_path / "out")
    assert not (tmp_path / "out").exists()
