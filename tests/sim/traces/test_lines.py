"""What a simulated run writes beside its steps, in which order."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from quorate.core.ids import MILLISECOND
from quorate.runtime.trace_format import read_preamble
from quorate.sim.cluster import Cluster
from quorate.sim.disk import Failure
from quorate.sim.invariants import InvariantBrokenError


def lines(file: io.BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.getvalue().splitlines()]


def kinds(file: io.BytesIO, *wanted: str) -> list[dict[str, Any]]:
    return [line for line in lines(file)[1:] if line["type"] in wanted]


def test_a_cluster_begins_with_its_own_header_and_three_starts() -> None:
    file = io.BytesIO()
    cluster = Cluster(nodes=3, seed=5, trace_file=file)
    preamble = read_preamble(file.getvalue().splitlines()[0], "x")
    assert (preamble.kind, preamble.algorithm) == ("cluster", cluster.spec.name)
    assert (lines(file)[0]["seed"], lines(file)[0]["nodes"]) == (5, 3)
    starts = kinds(file, "Started", "Record")
    assert [(line["type"], line["node"]) for line in starts] == [
        (kind, node) for node in (1, 2, 3) for kind in ("Started", "Record")
    ]
    assert starts[0]["durable"]["entries"] == []
    assert starts[0]["clock"] == starts[1]["at"]


def test_a_crash_and_a_new_start_say_what_was_kept() -> None:
    file = io.BytesIO()
    cluster = Cluster(nodes=3, seed=5, trace_file=file)
    leader = cluster.wait_for_leader().node
    cluster.apply(leader, b"x")
    cluster.crash(leader, power=False)
    cluster.run(0.1)
    cluster.restart(leader)
    _, crash, start = [line for line in kinds(file, "Started", "Crashed") if line["node"] == leader]
    assert (crash["power"], crash["why"]) == (False, "")
    assert start["incarnation"] == 2
    assert start["at"] - crash["at"] == 100 * MILLISECOND
    assert len(start["durable"]["entries"]) == 2
    assert start["durable"]["hard_state"]


def test_a_process_that_dies_by_itself_says_why() -> None:
    file = io.BytesIO()
    cluster = Cluster(nodes=3, seed=5, trace_file=file)
    leader = cluster.wait_for_leader()
    leader.fail_disk(Failure("write"))
    cluster.propose(leader.node, [b"x"])
    cluster.run(0.5)
    (crash,) = kinds(file, "Crashed")
    assert "log failed" in crash["why"]


def test_a_stop_and_a_clock_are_noted() -> None:
    file = io.BytesIO()
    cluster = Cluster(nodes=1, seed=5, trace_file=file)
    cluster.run(1)
    cluster.nodes[1].set_clock_rate(900_000)
    cluster.nodes[1].stop()
    clock, stop = kinds(file, "ClockSet", "Stopped")
    assert (clock["node"], clock["rate"], clock["at"]) == (1, 900_000, 1_000 * MILLISECOND)
    assert stop == {"type": "Stopped", "at": 1_000 * MILLISECOND, "node": 1}


def test_the_step_that_breaks_an_invariant_is_in_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    cluster = Cluster(nodes=1, seed=5, trace_file=file)
    cluster.wait_for_leader()
    before = len(lines(file))

    def refuse(*_: object) -> None:
        raise InvariantBrokenError("Nothing", "", "nothing may happen")

    monkeypatch.setattr(cluster.observer, "stepped", refuse)
    with pytest.raises(InvariantBrokenError):
        cluster.run(5)
    assert len(lines(file)) == before + 1
