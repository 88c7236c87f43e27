"""`/status`, `/health` and `/metrics` over HTTP."""

from __future__ import annotations

import aiohttp
import pytest

from quorate.server.status_routes import health_of
from server.fake_node import FakeNode, serving, status_of


async def test_status_has_what_people_and_scripts_look_for() -> None:
    async with serving(FakeNode()) as url, aiohttp.ClientSession() as session, session.get(f"{url}/status") as response:
        assert response.status == 200
        body = await response.json()
    assert {
        "cluster": "test",
        "id": 1,
        "pid": 4711,
        "algorithm": "raft",
        "role": "leader",
        "term": 3,
        "leader": 1,
        "ready": True,
        "commit": 10,
        "applied": 9,
        "last_index": 11,
        "snapshot_index": 5,
        "log_bytes": 2048,
        "version": "0.1.0",
        "failed": None,
        "why": "",
    }.items() <= body.items()
    assert body["peers"]["2"] == {
        "match": 11,
        "mode": "replicate",
        "contact_age_ns": 20_000_000,
        "snapshot": None,
    }
    assert body["uptime_s"] == 1.5


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({}, 200, None),
        ({"leader": 2, "role": "follower", "ready": False}, 200, None),
        ({"leader": None, "why": "2 of 3 votes are missing"}, 503, "no_leader"),
        ({"failed": "disk full", "leader": None}, 503, "failed"),
    ],
)
async def test_health_is_whether_the_node_can_serve(changes: dict[str, object], status: int, error: str | None) -> None:
    node = FakeNode()
    node.known = status_of(**changes)
    async with serving(node) as url, aiohttp.ClientSession() as session, session.get(f"{url}/health") as response:
        assert response.status == status
        body = await response.json()
        assert ("Retry-After" in response.headers) == (status == 503)
    if error is None:
        assert body == {"health": "true"}
    else:
        assert (body["health"], body["error"]) == ("false", error)
        assert body["hint"]
        assert str(changes.get("why") or changes["failed"]) in body["reason"]


def test_no_leader_without_a_reason_still_says_something() -> None:
    assert "no leader is known" in health_of(status_of(leader=None)).reason


async def test_metrics_are_in_the_text_format_of_prometheus() -> None:
    async with (
        serving(FakeNode()) as url,
        aiohttp.ClientSession() as session,
        session.get(f"{url}/metrics") as response,
    ):
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = await response.text()
    assert "# TYPE quorate_term gauge" in text
    assert 'quorate_proposals_total{outcome="applied"} 0.0' in text


async def test_questions_are_answered_in_words_all_or_one() -> None:
    async with serving(FakeNode()) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/v1/why") as response:
            body = await response.json()
        async with session.get(f"{url}/v1/why?question=slow") as response:
            one = await response.json()
        async with session.get(f"{url}/v1/why?question=me") as response:
            assert response.status == 400
            refused = await response.json()
    assert [finding["question"] for finding in body["findings"]] == ["leader", "commit", "vote", "slow"]
    assert (body["id"], body["role"]) == (1, "leader")
    assert body["recent"] == [{"age_ns": 1_000_000, "reason": "leader_elected", "fields": {"term": 3}}]
    assert one["findings"] == [body["findings"][3]]
    assert refused["hint"] == "ask one of leader, commit, vote, slow"
