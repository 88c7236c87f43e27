"""Scenarios from beginning to end."""

from __future__ import annotations

import io

from quorate.core.ids import SECOND
from quorate.sim.scenarios.language import read_scenario
from quorate.sim.scenarios.play import Outcome, Play


def play(text: str, *, watched: bool = False) -> Outcome:
    return Play(read_scenario(text), watched=watched).run()


def test_the_same_seed_has_the_same_history_watched_or_not() -> None:
    text = "nodes 3; crash leader at 2s for 1s"
    file = io.BytesIO()
    first = Play(read_scenario(text), file).run()
    assert play(text).digest == play(text, watched=True).digest == first.digest
    assert play(f"{text}; seed 9").digest != first.digest
    assert len(file.getvalue().splitlines()) > 500
    assert first.simulated_ns == 6 * SECOND


def test_helping_hands_help() -> None:
    outcome = play(
        """nodes 3
        fail disk 3 at 2s; crash 1 at 3s; pause 2 at 3s
        expect node 1 is down; expect node 2 is paused; expect node 3 is down
        restart 1 at 4s; resume 2; mend disk 3
        expect same state within 4s
        restart 1 at 9s
        expect node 1 is down
        expect same state within 3s
        """,
        watched=True,
    )
    assert not outcome.failure
    assert outcome.recording is not None
    told = [mark.text for mark in outcome.recording.marks if mark.at >= 4 * SECOND]
    assert sorted(told) == ["mend disk 3", "restart 1", "resume 2", "start 1"]


def test_a_disk_that_is_slow_slows() -> None:
    quick = play("nodes 3; expect write through leader succeeds at 3s within 2s")
    slow = play("nodes 3; slow disk all by 400ms at 2s; expect write through leader fails at 3s within 200ms")
    assert not quick.failure
    assert not slow.failure


def test_a_broken_rule_fails_a_scenario_that_does_not_expect_it() -> None:
    text = "nodes 3; lie disk all at 2s; crash all losing all at 3s for 1s"
    outcome = play(text)
    assert outcome.failure.startswith("InvariantBrokenError: Recovery")
    assert "Traceback" in outcome.traceback
    assert not play(f'{text}; expect broken "Recovery"').failure
    other = play(f'{text}; expect broken "Election Safety"')
    assert other.failure.startswith("InvariantBrokenError: Recovery")


def test_an_expectation_that_fails_fails_the_scenario() -> None:
    outcome = play("nodes 3; expect leader is 1; expect leader is 2; expect leader within 3s")
    assert outcome.failure == "; ".join(found.describe() for found in outcome.verdicts[:2])
    assert outcome.traceback == ""


def test_what_a_broken_run_did_not_reach_is_not_met() -> None:
    outcome = play(
        'nodes 3; lie disk all at 2s; crash all losing all at 3s for 1s; expect broken "Recovery"; expect leader at 9s'
    )
    assert "NOT met, line 1: expect leader at 9s: the run was over before" in outcome.failure


def test_a_statement_that_strikes_nothing_is_told() -> None:
    assert play("nodes 3; crash 1 at 2s; pause 1 at 3s").idle == ["pause 1 at 3s"]
    assert play("nodes 3; crash 1 at 2s; restart 1 at 3s").idle == []


def test_settings_reach_the_cluster() -> None:
    made = Play(
        read_scenario("nodes 4; election_timeout 300ms; heartbeat 60ms; snapshot_entries 20; latency 5ms; heal at 5s")
    )
    assert len(made.cluster.nodes) == 4
    assert made.cluster.election_timeout_s == 0.3
    assert made.cluster.network.settings.latency_ns == 5_000_000
    assert made.run().counts["moment snapshot taken"] > 0


def test_messages_are_counted_by_kind() -> None:
    outcome = play("algorithm bully; guard none; nodes 3; latency 5ms fixed; heal at 1s; run 1s")
    assert list(outcome.messages) == ["Heartbeat"]
    assert outcome.messages["Heartbeat"] > 30


def test_a_fixed_latency_is_the_same_for_all_messages() -> None:
    network = Play(read_scenario("latency 5ms fixed; heal")).cluster.network.settings
    assert (network.latency_ns, network.spread_ns, network.tail_share, network.ns_per_byte) == (5_000_000, 0, 0.0, 0)
