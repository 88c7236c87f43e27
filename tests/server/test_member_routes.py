"""`/v1/members` on a fake node."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from quorate.core.errors import RequestFailedError, StoppedError
from quorate.core.reconfigure import Add, Change, Demote, Promote, Remove, Update
from quorate.core.requests import ChangeMembers, LeaveJoint
from server.fake_node import FakeNode, group_of, serving, status_of


class Api:
    """Sends a request and returns (status, answer)."""

    def __init__(self, node: FakeNode, session: aiohttp.ClientSession, url: str) -> None:
        self.node, self.session, self.url = node, session, url

    async def ask(self, method: str, path: str = "", body: str = "") -> tuple[int, dict[str, Any]]:
        async with self.session.request(method, f"{self.url}/v1/members{path}", data=body) as response:
            assert response.content_type == "application/json"
            return response.status, await response.json()

    @property
    def asked(self) -> list[Change]:
        """Of the last request."""
        request = self.node.requests[-1]
        assert isinstance(request, ChangeMembers)
        return [*request.changes]


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    node = FakeNode()
    async with serving(node) as url, aiohttp.ClientSession() as session:
        yield Api(node, session, url)


async def test_the_members_as_the_node_knows_them(api: Api) -> None:
    status, answer = await api.ask("GET")
    assert status == 200
    members = answer.pop("members")
    assert answer == {
        "node": 1,
        "term": 3,
        "leader": 1,
        "index": 7,
        "committed": True,
        "joint": False,
        "auto_leave": True,
        "warnings": [],
    }
    assert [member["id"] for member in members] == [1, 2, 3]
    assert members[1] == {
        "id": 2,
        "address": "10.0.0.2:7100",
        "role": "voter",
        "leader": False,
        "priority": 0,
        "wants_vote": False,
        "replaces": 0,
        "disk": "0000000000000002",
        "joined_at": 2,
        "lag": 0,
        "contact_age_ns": 1_000_000,
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "change"),
    [
        ("POST", "", '{"id": 4, "address": "h:1"}', Add(4, "h:1", wants_vote=True)),
        ("POST", "", '{"id": 4, "address": "h:1", "vote": false, "priority": 2}', Add(4, "h:1", 0, 2)),
        ("DELETE", "/3", "", Remove(3)),
        ("POST", "/3/promote", "", Promote(3)),
        ("POST", "/3/demote", "{}", Demote(3)),
        ("POST", "/3/replace", '{"id": 4, "address": "h:1"}', Add(4, "h:1", wants_vote=True, replaces=3)),
        ("PATCH", "/3", '{"address": "[::1]:07100"}', Update(3, "[::1]:7100")),
        ("PATCH", "/3", '{"priority": -1}', Update(3, None, -1)),
    ],
)
async def test_a_change_is_passed_on_and_answered_with_the_members(
    api: Api, method: str, path: str, body: str, change: Change
) -> None:
    status, answer = await api.ask(method, path, body)
    assert (status, answer["index"]) == (200, 7)
    assert api.node.requests == [ChangeMembers((change,))]


async def test_s_m6_compare_and_set(api: Api) -> None:
    assert (await api.ask("DELETE", "/3?expected=7"))[0] == 200
    assert api.node.requests == [ChangeMembers((Remove(3),), 7)]
    for wrong in ("x", "-1", "", "\u0661", "9" * 30):
        status, answer = await api.ask("DELETE", f"/3?expected={wrong}")
        assert (status, answer["error"]) == (400, "bad_field")
    assert len(api.node.requests) == 1


async def test_several_changes_at_once(api: Api) -> None:
    body = (
        '{"changes": [{"do": "add", "id": 4, "address": "h:1", "at_once": true}, {"do": "remove", "id": 1}, {"do": "demote", "id": 2},'
        ' {"do": "promote", "id": 3}, {"do": "update", "id": 5, "priority": 1}, {"do": "replace", "id": 6, "new": 7, "address": "h:2"}],'
        ' "expected": 7, "auto_leave": false}'
    )
    assert (await api.ask("POST", "/changes", body))[0] == 200
    assert api.asked == [
        Add(4, "h:1", voter=True),
        Remove(1),
        Demote(2),
        Promote(3),
        Update(5, priority=1),
        Add(7, "h:2", wants_vote=True, replaces=6),
    ]
    request = api.node.requests[-1]
    assert isinstance(request, ChangeMembers)
    assert (request.expected, request.auto_leave) == (7, False)
    assert (await api.ask("POST", "/leave-joint"))[0] == 200
    assert api.node.requests[-1] == LeaveJoint()


@pytest.mark.parametrize(
    ("error", "status", "name", "says"),
    [
        (RequestFailedError("not_a_member", 1), 404, "not_a_member", "GET /v1/members"),
        (RequestFailedError("id_taken", 1), 409, "id_taken", "never used"),
        (RequestFailedError("last_voter", 1), 409, "last_voter", "keep one"),
        (RequestFailedError("contradiction", 1), 409, "contradiction", "once for each node"),
        (RequestFailedError("configuration_changed", 1), 409, "configuration_changed", "ask again with that index"),
        (RequestFailedError("joint", 1), 409, "joint", "leave-joint"),
        (RequestFailedError("timeout (change_under_way)"), 503, "change_under_way", "ask again shortly"),
        (RequestFailedError("timeout (not_ready)"), 503, "not_ready", "GET /v1/why"),
        (RequestFailedError("timeout (transferring)"), 503, "transferring", "ask again shortly"),
        (RequestFailedError("removed"), 503, "removed", "ask another node"),
        (RequestFailedError("unsupported"), 501, "unsupported", ""),
        (RequestFailedError("timeout", uncertain=True), 504, "outcome_unknown", "look at the status"),
        (StoppedError("node 1 is stopping"), 503, "stopping", ""),
    ],
)
async def test_a_refusal_has_a_status_a_name_and_a_remedy(
    api: Api, error: Exception, status: int, name: str, says: str
) -> None:
    api.node.change_fault = error
    for method, path in (("DELETE", "/3"), ("POST", "/leave-joint")):
        answered, body = await api.ask(method, path)
        assert (answered, body["error"]) == (status, name)
        assert body["message"]
        assert says in body["hint"]


async def test_r33_of_two_voters_one_dead_neither_can_be_removed_and_the_answer_names_the_recovery(api: Api) -> None:
    api.node.known = status_of(leader=None, role="follower", group=group_of(1, 2))
    api.node.change_fault = RequestFailedError("timeout (no_leader)")
    status, body = await api.ask("DELETE", "/2")
    assert (status, body["error"]) == (503, "no_leader")
    assert "a removal too, needs both of nodes 1 and 2" in body["message"]
    assert "quorate recover" in body["message"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", "["),
        ("POST", "", "{}"),
        ("POST", "", '{"id": 0, "address": "h:1"}'),
        ("POST", "", '{"id": 4, "address": "h"}'),
        ("POST", "", '{"id": 4, "address": "h:0"}'),
        ("POST", "", '{"id": 4, "address": "h:1", "voter": true}'),
        ("PATCH", "/3", "{}"),
        ("PATCH", "/x", '{"priority": 1}'),
        ("DELETE", "/0", ""),
        ("DELETE", "/99999999999", ""),
        ("POST", "/3/replace", ""),
        ("POST", "/changes", '{"changes": []}'),
        ("POST", "/changes", '{"changes": [{"do": "kill", "id": 3}]}'),
        ("POST", "/changes", '{"changes": [{"id": 3}]}'),
        ("POST", "/changes", "\xff"),
    ],
)
async def test_a_request_that_says_something_else_is_refused(api: Api, method: str, path: str, body: str) -> None:
    status, answer = await api.ask(method, path, body)
    assert (status, answer["error"]) in {(400, "bad_json"), (400, "bad_field")}
    assert answer["hint"]
    assert api.node.requests == []
