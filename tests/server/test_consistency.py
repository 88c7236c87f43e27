"""How fresh a read must be, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from quorate.core.consistency import Consistency, ReadInfo, ReadYourWrites, Stale
from quorate.server.consistency import LEVELS, ReadLabel, label_of
from server.fake_node import FakeNode, serving
from server.test_kv_routes import Api, b64


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    node = FakeNode()
    async with serving(node) as url, aiohttp.ClientSession() as session:
        yield Api(node, session, url)


ASKED: list[tuple[str, Consistency]] = [
    ("", "linearizable"),
    ("?consistency=linearizable", "linearizable"),
    ("?consistency=lease", "lease"),
    ("?consistency=local", "local"),
    ("?consistency=stale&max_lag=10&max_age_ms=500", Stale(10, 500)),
    ("?consistency=read_your_writes&min_index=7", ReadYourWrites(7)),
    ("?min_index=7", ReadYourWrites(7)),
]


@pytest.mark.parametrize(("query", "consistency"), ASKED)
async def test_the_parameters_say_how_fresh_it_must_be(api: Api, query: str, consistency: Consistency) -> None:
    status, body = await api.post(f"/v3/kv/range{query}", {"key": b64("k")})
    assert (status, api.node.asked, "read" in body) == (200, [consistency], bool(query))


async def test_serializable_is_local(api: Api) -> None:
    await api.post("/v3/kv/range", {"key": b64("k"), "serializable": True})
    await api.post("/v3/kv/range?consistency=local", {"key": b64("k"), "serializable": True})
    assert api.node.asked == ["local", "local"]


async def test_the_answer_says_how_fresh_it_was(api: Api) -> None:
    api.node.label = ReadInfo(17, "stale", 3, 1_500_001)
    _, body = await api.post("/v3/kv/range?consistency=stale&max_lag=10&max_age_ms=500", {"key": b64("k")})
    assert body["read"] == {"consistency": "stale", "index": "17", "lag": "3", "age_ms": 2}
    assert body["header"]["applied"] == "17"
    api.node.label = ReadInfo(17, "local", 0, None)
    _, body = await api.post("/v3/kv/range?consistency=local", {"key": b64("k")})
    assert body["read"]["age_ms"] is None


async def test_what_was_asked_and_what_became_of_it_is_counted(api: Api) -> None:
    for answered in ("lease", "linearizable"):
        api.node.label = ReadInfo(9, answered)
        await api.post("/v3/kv/range?consistency=lease", {"key": b64("k")})
    async with api.session.get(f"{api.url}/metrics") as response:
        text = await response.text()
    for outcome in ("served", "fell_back"):
        assert f'quorate_reads_total{{mode="lease",outcome="{outcome}"}} 1.0' in text


WRONG = [
    "?consistency=fresh",
    "?consistency=",
    "?consistency=stale",
    "?consistency=stale&max_lag=1",
    "?consistency=stale&max_age_ms=1",
    "?consistency=stale&max_lag=1&max_age_ms=-1",
    "?consistency=stale&max_lag=1&max_age_ms=1.5",
    f"?consistency=stale&max_lag={2**63}&max_age_ms=1",
    f"?min_index={'9' * 5000}",
    "?min_index=",
    "?consistency=read_your_writes",
    "?consistency=lease&min_index=7",
    "?consistency=lease&consistency=local",
    "?max_lag=1&max_age_ms=1",
    "?freshness=1",
]


@pytest.mark.parametrize("query", WRONG, ids=[query[:50] for query in WRONG])
async def test_what_makes_no_sense_is_refused_by_name(api: Api, query: str) -> None:
    status, body = await api.post(f"/v3/kv/range{query}", {"key": b64("k")})
    assert (status, body["error"], api.node.asked) == (400, "bad_consistency", [])
    assert "consistency=linearizable|lease|" in body["hint"]
    assert len(str(body)) < 1000


async def test_two_different_wishes_are_refused(api: Api) -> None:
    status, body = await api.post("/v3/kv/range?consistency=lease", {"key": b64("k"), "serializable": True})
    assert (status, body["error"]) == (400, "bad_consistency")


def test_a_label_is_rounded_to_the_safe_side() -> None:
    assert label_of(ReadInfo(1, "local", 2, 1)) == ReadLabel("local", "1", "2", 1)
    assert LEVELS == ("linearizable", "lease", "read_your_writes", "stale", "local")
