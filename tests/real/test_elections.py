"""Real processes that only elect: kill -9 of leaders and of the biggest id, tokens that only grow, and what a writer is told."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from quorate.algorithms.catalog import find, names
from real.processes import ServedCluster, until

ELECTING = [name for name in names() if not find(name).keeps_log]

pytestmark = [pytest.mark.real, pytest.mark.timeout(240), pytest.mark.parametrize("algorithm", ELECTING)]


async def led(cluster: ServedCluster, *, not_by: int | None = None, above: int = 0) -> tuple[int, int]:
    """Wait until all running nodes name one leader under one token, which is above `above`; returns both."""

    async def agreed() -> tuple[int, int] | None:
        statuses = [await cluster.status(node) for node in cluster.processes]
        named = {(status["leader"], status["term"]) for status in statuses if status is not None}
        if None in statuses or len(named) != 1:
            return None
        leader, token = named.pop()
        ready = any(status is not None and status["id"] == leader and status["ready"] for status in statuses)
        return (leader, token) if ready and leader != not_by and token > above else None

    found: tuple[int, int] = await until(agreed, f"all follow one leader, not {not_by}, above {above}")
    return found


async def test_the_biggest_node_leads_dies_comes_back_and_tokens_only_grow(algorithm: str, tmp_path: Path) -> None:
    async with ServedCluster(tmp_path, algorithm=algorithm) as cluster:
        leader, token = await led(cluster)
        for _ in range(3):
            cluster.kill(leader)
            successor, newer = await led(cluster, not_by=leader, above=token)
            cluster.start(leader)
            # Whoever comes back may take over from a node of lower rank: by the leave of the leader, and under a newer token.
            settled, newest = await led(cluster, above=token)
            assert newest >= newer
            assert settled in (leader, successor)
            leader, token = await led(cluster, above=token)


async def test_a_minority_has_no_leader(algorithm: str, tmp_path: Path) -> None:
    async with ServedCluster(tmp_path, algorithm=algorithm) as cluster:
        leader, _ = await led(cluster)
        for node in [node for node in cluster.nodes if node != leader]:
            cluster.kill(node)

        async def alone() -> bool:
            status = await cluster.status(leader)
            return status is not None and status["leader"] is None

        await until(alone, "a leader that no majority hears gives up")
        status = await cluster.status(leader)
        assert status is not None
        assert status["why"], "it says why"


async def test_all_processes_die_and_the_next_token_is_above_every_earlier_one(algorithm: str, tmp_path: Path) -> None:
    async with ServedCluster(tmp_path, algorithm=algorithm) as cluster:
        _, token = await led(cluster)
        for node in cluster.nodes:
            cluster.kill(node)
        for node in cluster.nodes:
            cluster.start(node)
        _, newer = await led(cluster, above=token)
        assert newer > token


async def test_who_asks_for_a_log_is_told_what_to_do(algorithm: str, tmp_path: Path) -> None:
    async with ServedCluster(tmp_path, algorithm=algorithm) as cluster:
        await led(cluster)
        key = base64.b64encode(b"k").decode()
        for path, body in (
            ("/v3/kv/put", {"key": key, "value": key}),
            ("/v3/kv/range", {"key": key}),
            ("/v1/members", {"id": 9, "address": "127.0.0.1:9"}),
        ):
            async with cluster.http.post(f"{cluster.client[1]}{path}", json=body) as answer:
                problem: dict[str, Any] = await answer.json()
                assert (answer.status, problem["error"]) == (501, "unsupported"), (path, problem)
                assert problem["hint"]


async def test_the_freshest_leads_where_freshness_is_the_rank(algorithm: str, tmp_path: Path) -> None:
    async with ServedCluster(tmp_path, algorithm=algorithm, options='rank = "fresh"') as cluster:
        await led(cluster)
        for node, freshness in ((1, 900), (2, 100), (3, 200)):
            url = f"{cluster.client[node]}/v1/leadership/freshness"
            async with cluster.http.post(url, json={"freshness": freshness}) as answer:
                assert answer.status == 200, await answer.text()

        async def freshest() -> bool:
            return (await led(cluster))[0] == 1

        await until(freshest, "node 1, which has the newest data, leads")
