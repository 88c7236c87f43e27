"""Plans as files: back as they were, and from outside with one line that says what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from quorate.algorithms.catalog import names
from quorate.core.errors import TraceError
from quorate.sim.storms import plan_file
from quorate.sim.storms.faults import Break, Cut, Pause
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.plan_file import complaint_of, nodes_of, read_plan, write_plan


def test_a_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.plan.json"
    for seed in range(20):
        plan = draw_plan(seed)
        write_plan(path, plan)
        assert read_plan(path) == plan
    assert path.read_text().count("\n") > 20, "it is to be changed by hand"


def test_no_plan_that_was_drawn_is_complained_about() -> None:
    assert [seed for seed in range(300) if complaint_of(draw_plan(seed))] == []
    assert [name for name in names() for seed in range(60) if complaint_of(draw_plan(seed, name))] == []


@pytest.mark.parametrize("text", ["", "{}", "[" * 100_000, '{"seed": "x"}', "\x00"])
def test_what_is_no_plan_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.plan.json"
    path.write_text(text)
    with pytest.raises(TraceError) as refused:
        read_plan(path)
    assert str(refused.value).startswith(f"{path}: no plan: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"algorithm": "raff"}, "there is no algorithm 'raff'"),
        ({"options": {"heartbeat_ms": 0}}, "options, or algorithm: heartbeat_ms"),
        ({"options": {"heart": 1}}, "options, or algorithm: "),
        ({"nodes": 0}, "nodes = 0, with spares 0: from 1 to 99"),
        ({"nodes": 10**9}, "nodes = 1000000000, with spares 1000000000: from 1 to 99"),
        ({"rates": [1]}, "rates has 1 clocks for 3 nodes"),
        ({"rates": [1, 1, 0]}, "rates must be above 0"),
        ({"duration_ns": 10**18}, "duration_ns: above 0, and at most 3600 s"),
        ({"workload": {"clients": 10**9}}, "workload.clients = 1000000000: at most 1000"),
        ({"workload": {"think_ns": 0}}, "workload: think_ns"),
        ({"network": {"redial_ns": 0}}, "network: times must not be negative, and shares are from 0 to 1, redial_ns"),
        ({"network": {"loss": 1.5}}, "network: "),
        ({"disk": {"latency_ns": -1}}, "disk: times must not be negative"),
        ({"faults": [{"type": "Pause", "at": 1, "node": 1, "lasts_ns": -5}]}, "faults: times must not be negative"),
        (
            {"faults": [{"type": "Flap", "at": 1, "node": 1, "peer": 2, "period_ns": 1, "lasts_ns": 9}]},
            "a Flap has a period_ns of at least 1 ms",
        ),
        ({"faults": [{"type": "Pause", "at": -1, "node": 1, "lasts_ns": 5}]}, "not be before the beginning"),
        ({"faults": [{"type": "Pause", "at": 1, "node": 4, "lasts_ns": 5}]}, "names a node that is not among the 3"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_named(tmp_path: Path, words: dict[str, Any], complaint: str) -> None:
    path = tmp_path / "a.plan.json"
    path.write_bytes(msgspec.json.encode(msgspec.to_builtins(draw_plan(1, nodes=3)) | words))
    with pytest.raises(TraceError) as refused:
        read_plan(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert complaint in str(refused.value)


def test_settings_that_do_not_fit_the_nodes_are_named() -> None:
    plan = msgspec.structs.replace(draw_plan(1, "ring", nodes=3), options={"ring_order": [1, 2]})
    assert complaint_of(plan).startswith("options: ring_order = [1, 2] must name every member once")


def test_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_file, "MOST_BYTES", 100)
    path = tmp_path / "a.plan.json"
    write_plan(path, draw_plan(1))
    with pytest.raises(TraceError, match="larger than 100 bytes"):
        read_plan(path)
    monkeypatch.setattr(plan_file, "MOST_FAULTS", 1)
    many = msgspec.structs.replace(draw_plan(1, nodes=3), faults=[Pause(1, 1, 1)] * 2, triggers=[])
    assert complaint_of(many) == "2 faults: at most 1"


def test_the_nodes_that_a_fault_names() -> None:
    assert nodes_of(Pause(1, 2, 3)) == [2]
    assert nodes_of(Break(1, 2, peer=3)) == [2, 3]
    assert nodes_of(Cut(1, ((1, 2), (3, 1)), 5)) == [1, 2, 3, 1]
