"""A trace as text: what a newcomer reads of a small run, and how it ends."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest

from quorate.algorithms.catalog import DEFAULT, find
from quorate.core.durable import Durable, Identity
from quorate.core.effects import Explain, ReadReady
from quorate.core.errors import TraceError
from quorate.core.events import ReadRequested, TimePassed
from quorate.runtime.record import Fatal, Record
from quorate.runtime.trace_format import FORMAT, VERSION, Ended, NodeHeader, encode_line
from quorate.sim.cluster import Cluster
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.run import run_plan
from quorate.sim.traces.lines import Verdict, cluster_header
from quorate.sim.traces.reader import TraceReader
from quorate.sim.traces.transcript import transcript, transcript_of
from quorate.version import __version__

GOLDEN = Path(__file__).parent / "transcript.txt"


def text(data: bytes, last: int = 3) -> str:
    return "\n".join(transcript(TraceReader(io.BytesIO(data), "t"), last)) + "\n"


def test_a_small_story(request: pytest.FixtureRequest) -> None:
    """Three nodes elect and write; the leader dies, the others go on, and it comes back."""
    file = io.BytesIO()
    cluster = Cluster(nodes=3, seed=1, trace_file=file)
    leader = cluster.wait_for_leader().node
    cluster.apply(leader, b"one")
    cluster.crash(leader)
    other = cluster.wait_for_leader().node
    cluster.apply(other, b"two")
    cluster.restart(leader)
    cluster.wait_for_convergence()
    now = text(file.getvalue())
    if request.config.getoption("--rewrite"):
        GOLDEN.write_text(now)
    assert now.splitlines() == GOLDEN.read_text().splitlines(), "if the new one is right, run `pytest --rewrite`"


def test_the_end_of_a_storm_that_held_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with path.open("wb") as file:
        run_plan(draw_plan(3, nodes=3), file)
    lines = transcript_of(path).splitlines()
    assert lines[0].startswith(f"{DEFAULT}, storm of seed 3: 3 nodes, ")
    assert lines[-1].endswith("end             all held")
    assert "in full" not in "\n".join(lines)


BEGIN = cluster_header(DEFAULT, 1, 3)
STEPS = [
    Record(1000 * number, 1, ReadRequested(number), (ReadReady(number, 5), Explain("so", {"n": number})))
    for number in range(1, 6)
]


def file_of(*lines: msgspec.Struct, header: bytes = BEGIN) -> bytes:
    return header + b"".join(map(encode_line, lines))


def test_what_broke_comes_last_with_the_steps_before_it_in_full() -> None:
    told = text(file_of(*STEPS, Verdict(9000, "X: it broke", 5, "ab")), last=2)
    assert told.endswith(
        "    0.000009       end             X: it broke\n"
        "\nWhat broke\n----------\nX: it broke\n"
        "\nThe last 2 steps in full\n------------------------\n"
        "    0.000003    1  ReadRequested id=4\n"
        "                   ReadReady id=4 index=5\n"
        "                   because so n=4\n"
        "    0.000004    1  ReadRequested id=5\n"
        "                   ReadReady id=5 index=5\n"
        "                   because so n=5\n"
    )


def test_a_step_that_was_not_survived_is_shown() -> None:
    told = text(file_of(*STEPS, Fatal(6000, 1, TimePassed(), "InvariantError: no")), last=1)
    assert "    0.000005    1  cannot go on    at TimePassed: InvariantError: no\n\nWhat broke\n" in told
    assert told.endswith("    0.000005    1  TimePassed\n                   raised InvariantError: no\n")


def test_no_steps_are_shown_if_none_are_wanted() -> None:
    assert "in full" not in text(file_of(*STEPS), last=0)
    assert "The last 5 steps in full" in text(file_of(*STEPS), last=9)


def test_a_nodes_trace_names_the_node_and_says_how_it_ended() -> None:
    identity = Identity("zoo", 2, 7, 1, (1, 2, 3))
    config = find(DEFAULT).config()
    header = NodeHeader(FORMAT, VERSION, "node", __version__, DEFAULT, identity, config, 1, Durable(), 0, "a day")
    told = text(file_of(*STEPS, Ended(9000, "no space"), header=encode_line(header)))
    assert told.splitlines()[0] == f"{DEFAULT}, node 2 of 3, cluster zoo, from a day"
    assert "trace ends      no space" in told
    torn = text(file_of(*STEPS, header=encode_line(header))[:-5])
    assert "(the last line of the file is cut off)" in torn


def test_a_wrong_line_is_named() -> None:
    with pytest.raises(TraceError, match=r"^t:7: unreadable"):
        text(file_of(*STEPS) + b"?\n")
