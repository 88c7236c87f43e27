"""What a scrape shows."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from quorate.real.leadership import LeadershipChange
from quorate.server.metrics import Metrics
from server.fake_node import FakeNode, status_of


def samples(metrics: Metrics) -> dict[str, float]:
    """Every sample as `name{labels}` -> value."""
    found = {}
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


@pytest.fixture
async def node() -> FakeNode:
    return FakeNode()


async def test_the_status_becomes_gauges(node: FakeNode) -> None:
    seen = samples(Metrics(node))
    assert seen["quorate_term"] == 3
    assert seen["quorate_leader"] == 1
    assert seen["quorate_role{role=leader}"] == 1
    assert (seen["quorate_commit_index"], seen["quorate_applied_index"], seen["quorate_last_index"]) == (10, 9, 11)
    assert seen["quorate_log_bytes"] == 2048
    assert (seen["quorate_failed"], seen["quorate_disk_hung"], seen["quorate_disk_full"]) == (0, 0, 0)
    assert seen["quorate_node_info{algorithm=raft,cluster=test,id=1,version=0.1.0}"] == 1
    assert seen["quorate_peer_match_index{peer=2}"] == 11
    assert seen["quorate_peer_contact_age_seconds{peer=2}"] == 0.02
    assert "quorate_peer_contact_age_seconds{peer=3}" not in seen
    node.known = status_of(leader=None, role="follower", term=4, failed="disk")
    seen = samples(Metrics(node))
    assert (seen["quorate_leader"], seen["quorate_term"], seen["quorate_failed"]) == (0, 4, 1)
    assert "quorate_role{role=leader}" not in seen
    for disk, expected in (("hung", (1, 0)), ("full", (0, 1))):
        node.known = status_of(disk=disk)
        seen = samples(Metrics(node))
        assert (seen["quorate_disk_hung"], seen["quorate_disk_full"]) == expected


async def test_the_nodes_own_counters_are_shown(node: FakeNode) -> None:
    seen = samples(Metrics(node))
    assert (seen["quorate_log_writes_total"], seen["quorate_log_persists_total"]) == (7, 9)
    assert (seen["quorate_entries_applied_total"], seen["quorate_steps_total"]) == (8, 40)


async def test_outcomes_are_counted_and_start_at_zero(node: FakeNode) -> None:
    metrics = Metrics(node)
    metrics.wrote("applied")
    metrics.wrote("applied")
    metrics.wrote("unknown")
    metrics.was_read("local", "served")
    seen = samples(metrics)
    assert seen["quorate_proposals_total{outcome=applied}"] == 2
    assert seen["quorate_proposals_total{outcome=unknown}"] == 1
    assert seen["quorate_proposals_total{outcome=rejected}"] == 0
    assert seen["quorate_reads_total{mode=local,outcome=served}"] == 1
    assert seen["quorate_reads_total{mode=linearizable,outcome=failed}"] == 0


async def test_latency_is_kept_by_route(node: FakeNode) -> None:
    metrics = Metrics(node)
    metrics.answered("/v3/kv/put", 200, 0.003)
    seen = samples(metrics)
    assert seen["quorate_request_seconds_bucket{le=0.0025,route=/v3/kv/put}"] == 0
    assert seen["quorate_request_seconds_bucket{le=0.005,route=/v3/kv/put}"] == 1
    assert seen["quorate_responses_total{route=/v3/kv/put,status=200}"] == 1


async def test_a_leader_of_a_term_counts_once(node: FakeNode) -> None:
    metrics = Metrics(node)
    for leader, term, ready in (
        (None, 0, False),
        (2, 1, False),
        (2, 1, True),
        (None, 1, False),
        (2, 1, False),
        (2, 2, False),
    ):
        metrics.leadership_changed(LeadershipChange(leader, term, mine=False, ready=ready))
    assert samples(metrics)["quorate_leader_changes_total"] == 2


async def test_two_nodes_in_one_process_do_not_share_counts(node: FakeNode) -> None:
    one, other = Metrics(node), Metrics(FakeNode(2))
    one.wrote("applied")
    assert samples(other)["quorate_proposals_total{outcome=applied}"] == 0
