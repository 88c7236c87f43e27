"""The same again, or the first line that is not."""

from __future__ import annotations

from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quorate.algorithms.catalog import DEFAULT, find
from quorate.algorithms.raft import replication
from quorate.algorithms.raft.messages import Append
from quorate.core.durable import Durable, Identity
from quorate.core.effects import ReadReady
from quorate.core.errors import InvariantError, TraceError
from quorate.core.events import Persisted, Received, SnapshotRead, TimePassed
from quorate.core.ids import SECOND
from quorate.core.snapshot import SnapshotMeta
from quorate.runtime.record import Fatal, Record
from quorate.runtime.trace_format import FORMAT, VERSION, Ended, NodeHeader, encode_line
from quorate.runtime.witness import Witness
from quorate.sim.clients.journal_clients import JournalWorkload
from quorate.sim.storms.plan import Plan, draw_plan
from quorate.sim.storms.run import Report, run_plan
from quorate.sim.traces.lines import Stopped, cluster_header
from quorate.sim.traces.replay import replay_file
from quorate.sim.traces.trace import Sink
from quorate.version import __version__

PLAN = draw_plan(3, nodes=3)


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("storm") / "t.jsonl"
    with path.open("wb") as file:
        assert not run_plan(PLAN, file).failure
    return path


def changed(tmp_path: Path, lines: list[bytes]) -> Path:
    path = tmp_path / "changed.jsonl"
    path.write_bytes(b"".join(lines))
    return path


def test_s_x7_a_storm_happens_again(storm: Path) -> None:
    replay = replay_file(storm)
    report = run_plan(PLAN, traced=True)
    assert replay.same
    assert replay.kind == "storm"
    assert replay.digest == report.digest
    assert replay.describe() == f"same: {replay.records:,} records, digest {report.digest}"


def test_a_changed_line_is_shown_with_both_sides(storm: Path, tmp_path: Path) -> None:
    lines = storm.read_bytes().splitlines(keepends=True)
    number = next(number for number, line in enumerate(lines) if b'"Persisted","position":1}' in line)
    lines[number] = lines[number].replace(b'"position":1}', b'"position":8}')
    replay = replay_file(changed(tmp_path, lines))
    assert not replay.same
    assert replay.difference is not None
    assert replay.difference.line == number + 1
    told = replay.describe().splitlines()
    assert "records that are the same, line " in told[0]
    assert "Persisted differs" in told[0]
    assert '"position":8}' in told[1]
    assert '"position":1}' in told[2]


def test_a_line_too_many_or_too_few_is_a_difference(storm: Path, tmp_path: Path) -> None:
    lines = storm.read_bytes().splitlines(keepends=True)
    more = replay_file(changed(tmp_path, [*lines, lines[5]])).difference
    assert more is not None
    assert (more.line, more.here) == (len(lines) + 1, "")
    assert more.describe().endswith("here: nothing")
    less = replay_file(changed(tmp_path, [*lines[:20], *lines[21:]])).difference
    assert less is not None
    assert less.line == 21


def test_a_file_that_ends_early_is_the_same_as_far_as_it_goes(storm: Path, tmp_path: Path) -> None:
    data = storm.read_bytes()
    path = tmp_path / "half.jsonl"
    path.write_bytes(data[: len(data) // 2])
    replay = replay_file(path)
    assert replay.same
    assert "the file ends before the run does; the last line of the file is cut off" in replay.note


def test_another_behaviour_is_found(storm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a change of the algorithm: a follower that does not tell what it has."""
    assert replay_file(storm).same
    monkeypatch.setattr(replication, "apply_and_announce", lambda raft: None)
    difference = replay_file(storm).difference
    assert difference is not None
    assert difference.what.startswith("node ")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"nodes": 10**9}, "nodes = 1000000000, with spares 1000000000: from 1 to 99"),
        ({"duration_ns": 10**18}, "duration_ns"),
        ({"rates": []}, "rates has 0 clocks for 3 nodes"),
        ({"options": {"heartbeat_ms": 0}}, "options, or algorithm: heartbeat_ms"),
    ],
)
def test_a_plan_from_outside_that_cannot_be_run_is_refused(
    storm: Path, tmp_path: Path, words: dict[str, object], complaint: str
) -> None:
    lines = storm.read_bytes().splitlines(keepends=True)
    header = msgspec.json.decode(lines[0])
    header["plan"] |= words
    lines[0] = msgspec.json.encode(header) + b"\n"
    with pytest.raises(TraceError, match=complaint):
        replay_file(changed(tmp_path, lines))


def test_a_storm_with_clients_of_its_own_needs_them_again(tmp_path: Path) -> None:
    class Mine(JournalWorkload):
        """Anybody's."""

    def run(plan: Plan, sink: Sink | None) -> Report:
        return run_plan(plan, sink, workload=Mine(plan.workload))

    path = tmp_path / "t"
    with path.open("wb") as file:
        run(PLAN, file)
    assert replay_file(path, run).same
    with pytest.raises(TraceError, match="its clients were a program's own \\('Mine'\\)"):
        replay_file(path)


def test_a_cluster_of_a_program_cannot_be_run_again(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(cluster_header(DEFAULT, 1, 3))
    with pytest.raises(TraceError, match="run that program again"):
        replay_file(path)


# Nodes

SPEC = find(DEFAULT)
IDENTITY = Identity("c", 1, 7, 1, (1,))
HEADER = NodeHeader(FORMAT, VERSION, "node", __version__, SPEC.name, IDENTITY, SPEC.config(), 15, Durable(), 0)


def life(identity: Identity = IDENTITY) -> list[msgspec.Struct]:
    """A node on its own elects itself; each write is durable at once."""
    told: list[msgspec.Struct] = []
    node = Witness(SPEC.build(identity, SPEC.config(), Durable(), Random(15)), identity.node, told.append)
    node.start(0)
    node.step(TimePassed(), node.deadline() or 0)
    for position in (1, 2):
        node.step(Persisted(position), 2 * SECOND)
    return told


def write(tmp_path: Path, *lines: msgspec.Struct, header: NodeHeader = HEADER) -> Path:
    path = tmp_path / "node.jsonl"
    path.write_bytes(b"".join(map(encode_line, (header, *lines))))
    return path


def test_s_x7_a_node_steps_again(tmp_path: Path) -> None:
    steps = life()
    replay = replay_file(write(tmp_path, *steps))
    assert replay.same
    assert (replay.kind, replay.records) == ("node", len(steps))
    ended = replay_file(write(tmp_path, *steps, Ended(5, "its size limit is reached")))
    assert ended.describe().endswith("\ntracing ended before the node did: its size limit is reached")


def test_s_x7_the_first_effect_that_differs_is_shown(tmp_path: Path) -> None:
    steps = life()
    step = steps[2]
    assert isinstance(step, Record)
    steps[2] = msgspec.structs.replace(step, effects=step.effects[1:])
    difference = replay_file(write(tmp_path, *steps)).difference
    assert difference is not None
    assert difference.line == 4
    assert difference.what.endswith(f"Persisted: effect 1 of {len(step.effects) - 1}")
    other_seed = msgspec.structs.replace(HEADER, seed=16)
    assert not replay_file(write(tmp_path, *life()[:2], header=other_seed)).same


def test_the_step_that_a_node_did_not_survive_fails_again(tmp_path: Path) -> None:
    """Two leaders in one term: no sound cluster brings that, and the node halts, then as now."""
    told: list[msgspec.Struct] = []
    identity = msgspec.structs.replace(IDENTITY, members=(1, 2, 3))
    node = Witness(SPEC.build(identity, SPEC.config(), Durable(), Random(15)), 1, told.append)
    node.start(0)
    node.step(Received(2, Append(5, 1, 0, 0, 0)), 1)
    with pytest.raises(InvariantError):
        node.step(Received(3, Append(5, 1, 0, 0, 0)), 2)
    header = msgspec.structs.replace(HEADER, identity=identity)
    replay = replay_file(write(tmp_path, *told, header=header))
    assert replay.same
    assert replay.note.startswith("the node stopped at the last event, then as now: InvariantError: nodes 2 and 3 both")
    assert isinstance(told[-1], Fatal)
    survived = [*told[:-1], Record(2, 1, told[-1].event, ())]
    died = replay_file(write(tmp_path, *survived, header=header)).difference
    assert died is not None
    assert "both lead term 5" in died.here
    mended = [*told[:-1], Fatal(2, 1, Received(2, Append(5, 1, 0, 0, 0)), "InvariantError: once")]
    lives = replay_file(write(tmp_path, *mended, header=header)).difference
    assert lives is not None
    assert "once" in lives.file
    assert '"type":"Record"' in lives.here


def test_an_event_that_no_world_would_bring_is_a_difference_and_no_traceback(tmp_path: Path) -> None:
    odd = Record(2 * SECOND, 1, SnapshotRead(2, SnapshotMeta(9, 9, (), 0, ""), -5, b""), (ReadReady(1, 1),))
    assert replay_file(write(tmp_path, *life(), odd)).difference is not None


@pytest.mark.parametrize(
    ("header", "lines", "complaint"),
    [
        (msgspec.structs.replace(HEADER, entries=3), [], "3 durable entries should come first"),
        (HEADER, [Stopped(1, 1)], "Stopped has no place in a node's trace"),
    ],
)
def test_a_file_that_is_wrong_is_named(
    tmp_path: Path, header: NodeHeader, lines: list[msgspec.Struct], complaint: str
) -> None:
    with pytest.raises(TraceError, match=complaint):
        replay_file(write(tmp_path, *lines, header=header))


@settings(max_examples=150)
@example(place=26416, byte=92)
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_any_changed_byte_of_a_nodes_file_is_an_answer_or_a_named_error(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    data = write(folder, *life()).read_bytes()
    place %= len(data)
    path = folder / "changed.jsonl"
    path.write_bytes(data[:place] + bytes([byte]) + data[place + 1 :])
    try:
        replay_file(path).describe()
    except TraceError as error:
        told = str(error)
        assert told.startswith(f"{path}:")
        assert "\n" not in told
