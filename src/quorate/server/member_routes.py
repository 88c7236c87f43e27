"""`/v1/members`: who belongs to the group, and changing that, through any node."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from aiohttp import web

from quorate.core.errors import RequestFailedError
from quorate.core.ids import Index, NodeId, Term
from quorate.core.reconfigure import Change, Demote, Promote, Remove
from quorate.real.group import MemberStatus
from quorate.server.config import HttpConfig
from quorate.server.member_advice import advice, lost_quorum
from quorate.server.member_changes import (
    AddWritten,
    ChangesWritten,
    OneNode,
    Priority,
    ReplaceWritten,
    UpdateWritten,
    change_of,
    decode_body,
    member_id,
)
from quorate.server.problem import ProblemError, bad_request
from quorate.server.receive import receive, seconds_left
from quorate.server.request_problems import problem_of_request
from quorate.server.serving import ServedNode

_encoder = msgspec.json.Encoder()

_NO_QUORUM = frozenset({"no_leader", "not_leader", "not_ready"})


class MembersAnswer(msgspec.Struct, frozen=True):
    """The configuration as `node` knows it. `warnings`: what the operator of such a group should know. The rest as in `GroupStatus`."""

    node: NodeId
    term: Term
    leader: NodeId | None
    index: Index
    committed: bool
    joint: bool
    auto_leave: bool
    members: tuple[MemberStatus, ...]
    warnings: list[str]


class _AddBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: OneNode
    address: str
    vote: bool = True
    priority: Priority = 0


class _ReplaceBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: OneNode
    address: str


class _UpdateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: str | None = None
    priority: Priority | None = None


class MemberRoutes:
    """Each change is answered once it is committed, with the members as this node knows them then."""

    def __init__(self, node: ServedNode, http: HttpConfig) -> None:
        self._node = node
        self._http = http

    def add_to(self, application: web.Application) -> None:
        """Register the routes."""
        router = application.router
        router.add_get("/v1/members", self.members)
        router.add_post("/v1/members", self.add)
        router.add_post("/v1/members/changes", self.change)
        router.add_post("/v1/members/leave-joint", self.leave_joint)
        router.add_delete("/v1/members/{id}", self.remove)
        router.add_patch("/v1/members/{id}", self.update)
        router.add_post("/v1/members/{id}/promote", self.promote)
        router.add_post("/v1/members/{id}/demote", self.demote)
        router.add_post("/v1/members/{id}/replace", self.replace)

    async def members(self, _request: web.Request) -> web.Response:
        """All of them, as this node knows them, without asking anybody."""
        return self._answer()

    async def add(self, request: web.Request) -> web.Response:
        """Let a node in."""
        deadline, body = await receive(request, self._http)
        asked = decode_body(body, _AddBody, '{"id": 4, "address": "10.0.0.4:7100"}')
        written = AddWritten(asked.id, asked.address, asked.vote, priority=asked.priority)
        return await self._make(request, deadline, change_of(written))

    async def remove(self, request: web.Request) -> web.Response:
        """Take a member out."""
        deadline, _ = await receive(request, self._http)
        return await self._make(request, deadline, Remove(_named(request)))

    async def update(self, request: web.Request) -> web.Response:
        """Another address or priority."""
        deadline, body = await receive(request, self._http)
        example = '{"address": "10.0.0.9:7100"} or {"priority": 1}'
        asked = decode_body(body, _UpdateBody, example)
        if asked.address is None and asked.priority is None:
            raise bad_request("the request changes nothing", f"send {example}", "bad_field")
        return await self._make(
            request, deadline, change_of(UpdateWritten(_named(request), asked.address, asked.priority))
        )

    async def promote(self, request: web.Request) -> web.Response:
        """Let a learner vote."""
        deadline, _ = await receive(request, self._http)
        return await self._make(request, deadline, Promote(_named(request)))

    async def demote(self, request: web.Request) -> web.Response:
        """Make a voter a learner."""
        deadline, _ = await receive(request, self._http)
        return await self._make(request, deadline, Demote(_named(request)))

    async def replace(self, request: web.Request) -> web.Response:
        """Let a node in, and the member go as soon as that one votes."""
        deadline, body = await receive(request, self._http)
        asked = decode_body(body, _ReplaceBody, '{"id": 5, "address": "10.0.0.5:7100"}')
        return await self._make(request, deadline, change_of(ReplaceWritten(_named(request), asked.id, asked.address)))

    async def change(self, request: web.Request) -> web.Response:
        """Several at once."""
        deadline, body = await receive(request, self._http)
        example = '{"changes": [{"do": "remove", "id": 2}, {"do": "promote", "id": 4}]}'
        asked = decode_body(body, ChangesWritten, example)
        changes = [change_of(written) for written in asked.changes]
        expected = _expected(request) if asked.expected is None else asked.expected
        return await self._ask(changes, expected, deadline, auto_leave=asked.auto_leave)

    async def leave_joint(self, request: web.Request) -> web.Response:
        """End a change that was told not to end by itself."""
        deadline, _ = await receive(request, self._http)
        try:
            await self._node.members.leave_joint(timeout=seconds_left(deadline))
        except RequestFailedError as error:
            raise self._problem(error) from error
        return self._answer()

    async def _make(self, request: web.Request, deadline: float, change: Change) -> web.Response:
        return await self._ask([change], _expected(request), deadline)

    async def _ask(
        self, changes: Sequence[Change], expected: Index | None, deadline: float, *, auto_leave: bool = True
    ) -> web.Response:
        try:
            await self._node.members.change(
                changes, expected=expected, auto_leave=auto_leave, timeout=seconds_left(deadline)
            )
        except RequestFailedError as error:
            raise self._problem(error) from error
        return self._answer()

    def _problem(self, error: RequestFailedError) -> ProblemError:
        """With the members by name, where it is they who are missing (R33)."""
        problem = problem_of_request(error)
        missing = lost_quorum(self._node.status()) if problem.body.error in _NO_QUORUM else ""
        if not missing:
            return problem
        body = msgspec.structs.replace(problem.body, message=f"{problem.body.message}: {missing}")
        return ProblemError(problem.status, body, retry_after_s=problem.retry_after_s)

    def _answer(self) -> web.Response:
        status = self._node.status()
        group = status.group
        answer = MembersAnswer(
            status.id, status.term, status.leader, group.index, group.committed, group.joint, group.auto_leave,
            group.members, advice(group),
        )  # fmt: skip
        return web.Response(body=_encoder.encode(answer), content_type="application/json")


def _named(request: web.Request) -> NodeId:
    return member_id(request.match_info["id"])


def _expected(request: web.Request) -> Index | None:
    """`?expected=17`: only if the configuration still has that index."""
    written = request.query.get("expected")
    if written is None:
        return None
    if not (written.isascii() and written.isdigit() and len(written) <= 18):
        raise bad_request(
            f"expected is {written!r:.40}",
            "write the index of a configuration that GET /v1/members has told",
            "bad_field",
        )
    return int(written)
