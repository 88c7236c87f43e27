"""What is seen of a run."""

from __future__ import annotations

from itertools import pairwise

import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.scenarios.language import read_scenario
from quorate.sim.scenarios.play import Play
from quorate.sim.scenarios.recorder import Election, Mark, Recorder, Recording, Span
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.run import Storm

TEXT = """
nodes 3
crash leader at 2s for 2s
isolate leader at 5s for 2s
pause 1 at 8s for 1s
"""


@pytest.fixture(scope="module")
def seen() -> Recording:
    recording = Play(read_scenario(TEXT, seed=1), watched=True).run().recording
    assert recording is not None
    return recording


def spans(recording: Recording, node: int, state: str) -> list[Span]:
    return [span for span in recording.spans[node] if span.state == state]


def test_spans_cover_all_of_the_run(seen: Recording) -> None:
    assert seen.end == 12 * SECOND
    for found in seen.spans.values():
        assert found[0].start == 0
        assert found[-1].end == seen.end
        assert all(before.end == after.start for before, after in pairwise(found))


def test_elections_are_seen_at_their_moment(seen: Recording) -> None:
    for election in seen.elections:
        led = spans(seen, election.node, "leader")
        assert (election.at, election.term) in [(span.start, span.term) for span in led]
    assert [election.term for election in seen.elections] == sorted(election.term for election in seen.elections)
    assert len(seen.elections) >= 3


def test_faults_are_marked_with_whom_they_struck(seen: Recording) -> None:
    first, second = seen.elections[:2]
    assert seen.marks[0] == Mark(2 * SECOND, f"crash {first.node} for 2s", first.node)
    assert seen.marks[1] == Mark(5 * SECOND, f"isolate {second.node} for 2s", second.node)
    assert seen.marks[2] == Mark(8 * SECOND, "pause 1 for 1s", 1)
    assert [(span.start, span.end) for span in spans(seen, first.node, "down")] == [(2 * SECOND, 4 * SECOND)]
    assert [(span.start, span.end) for span in spans(seen, 1, "paused")] == [(8 * SECOND, 9 * SECOND)]


def test_who_is_cut_off_is_seen(seen: Recording) -> None:
    isolated = seen.elections[1].node
    cut = [span for span in seen.spans[isolated] if span.cut]
    assert (cut[0].start, cut[-1].end) == (5 * SECOND, 7 * SECOND)
    assert cut[0].state == "leader"
    assert not any(span.cut for node, found in seen.spans.items() if node != isolated for span in found)


def test_times_without_a_leader_and_with_two(seen: Recording) -> None:
    starts = [gap.start for gap in seen.leaderless]
    assert starts[:3] == [0, 2 * SECOND, 5 * SECOND]
    assert all(gap.end > gap.start for gap in seen.leaderless)
    isolated, newer = seen.elections[1].node, seen.elections[2].node
    assert [set(gap.nodes) for gap in seen.overlaps] in ([], [{isolated, newer}])


def test_acknowledged_writes_grow(seen: Recording) -> None:
    counts = [count for _, count in seen.acknowledged]
    assert counts == sorted(set(counts))
    assert counts[-1] > 100


def test_a_leader_that_is_cut_off_overlaps_with_the_next() -> None:
    text = "nodes 3; election_timeout 400ms; heartbeat 40ms; isolate leader outward at 2s for 3s"
    found = Play(read_scenario(text, seed=1), watched=True).run().recording
    assert found is not None
    for gap in found.overlaps:
        terms = {election.term for election in found.elections if election.node in gap.nodes}
        assert len(terms) > 1


def test_it_looks_on_a_storm_without_changing_it() -> None:
    plan = draw_plan(3, nodes=3)
    bare = Storm(plan, traced=True).run()
    storm = Storm(plan, traced=True)
    looks = []
    recorder = Recorder(storm.cluster, storm.nemesis.happened, lambda: 0, lambda: looks.append(storm.cluster.now))
    assert storm.run().digest == bare.digest
    found = recorder.finish()
    assert len(found.marks) == len(storm.nemesis.happened)
    assert found.acknowledged == []
    assert looks[1] - looks[0] == 5 * MILLISECOND


def test_a_mark_by_hand() -> None:
    play = Play(read_scenario("nodes 3; heal at 1s"), watched=True)
    assert play.recorder is not None
    play.recorder.mark("hello", 2)
    assert play.recorder.recording.marks == [Mark(0, "hello", 2)]
    assert isinstance(play.recorder.recording.elections, list)
    assert Election(1, 2, 3).term == 3


def test_an_election_in_the_first_step_and_who_is_blocked() -> None:
    """Without the guard the highest node leads before it has heard anybody."""
    text = "algorithm bully; guard none; nodes 3; heal at 1s"
    found = Play(read_scenario(text, seed=1), watched=True).run().recording
    assert found is not None
    assert (found.elections[0].node, found.elections[0].at, found.elections[0].shown) == (3, 0, "1.3")
    assert not found.keeps_log
    guarded = "algorithm bully; nodes 3; isolate 3 at 2s for 2s"
    found = Play(read_scenario(guarded, seed=1), watched=True).run().recording
    assert found is not None
    assert spans(found, 3, "blocked")
    assert spans(found, 1, "candidate")
    assert not found.overlaps
