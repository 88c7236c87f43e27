"""`client.members`: what is sent, and what is made of the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from client.fake_server import CUT, FakeServer, nobody, running
from quorate.client.client import Client
from quorate.client.errors import RefusedError, UnavailableError
from quorate.client.members import Members
from quorate.client.results import MembersView, MemberView
from quorate.core.errors import RequestFailedError

VOTERS = [{"id": node, "address": f"h:{node}", "role": "voter", "leader": node == 1} for node in (1, 2, 3)]


def answer(
    node: int = 1, leader: int | None = 1, term: int = 3, index: int = 7, **more: Any
) -> tuple[int, dict[str, Any]]:
    return 200, {"node": node, "leader": leader, "term": term, "index": index, "members": VOTERS, **more}


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (
            lambda m: m.add(4, "h:4"),
            "POST",
            "/v1/members",
            {"id": 4, "address": "h:4", "vote": True, "priority": 0},
        ),
        (
            lambda m: m.add(4, "h:4", vote=False, priority=2),
            "POST",
            "/v1/members",
            {"id": 4, "address": "h:4", "vote": False, "priority": 2},
        ),
        (
            lambda m: m.remove(3),
            "POST",
            "/v1/members/changes",
            {"changes": [{"do": "remove", "id": 3}], "auto_leave": True},
        ),
        (lambda m: m.promote(3), "POST", "/v1/members/3/promote", {}),
        (lambda m: m.demote(3), "POST", "/v1/members/3/demote", {}),
        (lambda m: m.replace(3, 4, "h:4"), "POST", "/v1/members/3/replace", {"id": 4, "address": "h:4"}),
        (lambda m: m.update(3, priority=0), "PATCH", "/v1/members/3", {"priority": 0}),
        (lambda m: m.update(3, address="h:9"), "PATCH", "/v1/members/3", {"address": "h:9"}),
        (
            lambda m: m.change([{"do": "remove", "id": 3}], auto_leave=False),
            "POST",
            "/v1/members/changes",
            {"changes": [{"do": "remove", "id": 3}], "auto_leave": False},
        ),
        (lambda m: m.leave_joint(), "POST", "/v1/members/leave-joint", {}),
    ],
)
async def test_each_change(
    call: Callable[[Members], Awaitable[MembersView]], method: str, path: str, body: dict[str, Any]
) -> None:
    server = FakeServer(answer(warnings=["careful"]))
    async with running(server) as urls, Client(urls) as client:
        view = await call(client.members)
    assert server.methods == [method]
    assert server.requests[0][:2] == (path, body)
    assert (view.index, view.warnings, view.member(2)) == (7, ["careful"], MemberView(2, "h:2", "voter"))
    assert view.member(9) is None


async def test_s_m6_compare_and_set_goes_with_it() -> None:
    server = FakeServer(answer(), (409, {"error": "configuration_changed", "message": "changed", "hint": "look"}))
    async with running(server) as urls, Client(urls) as client:
        await client.members.remove(3, expected=7)
        with pytest.raises(RefusedError) as refused:
            await client.members.promote(3, expected=0)
    assert refused.value.error == "configuration_changed"
    assert server.queries == ["expected=7", "expected=0"]


async def test_a_change_without_an_answer_may_come_to_pass_yet() -> None:
    server, other = FakeServer(CUT), FakeServer()
    async with running(server, other) as urls, Client(urls) as client:
        with pytest.raises(RequestFailedError) as failed:
            await client.members.remove(3)
    assert failed.value.uncertain
    assert other.requests == []


async def test_what_nobody_has_done_is_asked_elsewhere() -> None:
    removed = (503, {"error": "removed", "message": "no member any more", "hint": "ask another"})
    server, other = FakeServer(removed), FakeServer(answer())
    async with running(server, other) as urls, Client(urls) as client:
        assert (await client.members.remove(3)).index == 7


async def test_the_leader_knows_best() -> None:
    """A deposed one does not; without a leader it is who has the newest configuration."""
    deposed, leader, follower = (
        FakeServer(answer(2, 2, 2, 5)),
        FakeServer(answer(1, 1, 3, 7)),
        FakeServer(answer(3, 1, 3, 6)),
    )
    async with running(deposed, leader, follower) as urls, nobody() as gone, Client([*urls, gone]) as client:
        assert (await client.members.list()).node == 1
    old, new = FakeServer(answer(1, None, 3, 6)), FakeServer(answer(2, None, 3, 7))
    async with running(old, new) as urls, Client(urls) as client:
        assert (await client.members.list()).node == 2
    async with nobody() as gone, Client([gone]) as client:
        with pytest.raises(UnavailableError, match="no server can say who belongs"):
            await client.members.list()


async def test_a_newcomer_is_awaited_until_it_votes() -> None:
    learns = [*VOTERS, {"id": 4, "role": "learner", "wants_vote": True}]
    votes = [*VOTERS, {"id": 4, "role": "voter"}]
    server = FakeServer(answer(), answer(members=learns), answer(members=votes, committed=False), answer(members=votes))
    async with running(server) as urls, Client(urls) as client:
        view = await client.members.until_voting(4, 10)
        assert len(server.requests) == 4
        assert view.committed
        server.script = [answer(members=learns)]
        with pytest.raises(RequestFailedError, match="does not vote yet after 0 s"):
            await client.members.until_voting(4, 0)
