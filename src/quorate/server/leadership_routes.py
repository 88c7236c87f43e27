"""`/v1/leadership/*`: an operator says who is to lead, through any node; an application, how fresh its node is."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from aiohttp import web

from quorate.core.errors import RequestFailedError
from quorate.core.ids import NodeId
from quorate.server.config import HttpConfig
from quorate.server.problem import bad_request
from quorate.server.receive import receive, seconds_left
from quorate.server.request_problems import problem_of_request
from quorate.server.serving import ServedNode

T = TypeVar("T")
_encoder = msgspec.json.Encoder()

_Node = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class TransferRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`to`: the node that is to lead; left out: whichever is best prepared."""

    to: _Node | None = None


class StepDownRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`node`: the one that is not to lead; left out: whoever leads."""

    node: _Node | None = None


class FreshnessRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`freshness`: how new the data of the node that is asked is, as the application measures it; more is newer."""

    freshness: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class LeadershipAnswer(msgspec.Struct, frozen=True):
    """Who leads now, in which term."""

    leader: NodeId
    term: int


class LeadershipRoutes:
    """Answers when the new leader is known here, or with the reason why there will be none."""

    def __init__(self, node: ServedNode, http: HttpConfig) -> None:
        self._node = node
        self._http = http

    def add_to(self, application: web.Application) -> None:
        """Register the routes."""
        application.router.add_post("/v1/leadership/transfer", self.transfer)
        application.router.add_post("/v1/leadership/step-down", self.step_down)
        application.router.add_post("/v1/leadership/freshness", self.freshness)

    async def transfer(self, request: web.Request) -> web.Response:
        """Let a node lead."""
        deadline, body = await receive(request, self._http)
        asked = _decode(body, TransferRequest, '{"to": 2}')
        return await self._move(asked.to, None, deadline)

    async def step_down(self, request: web.Request) -> web.Response:
        """Let another node lead."""
        deadline, body = await receive(request, self._http)
        asked = _decode(body, StepDownRequest, '{"node": 1}')
        return await self._move(None, asked.node, deadline)

    async def freshness(self, request: web.Request) -> web.Response:
        """Tell this very node how new its data is."""
        deadline, body = await receive(request, self._http)
        asked = _decode(body, FreshnessRequest, '{"freshness": 4711}')
        try:
            await self._node.report_freshness(asked.freshness, seconds_left(deadline))
        except RequestFailedError as error:
            raise problem_of_request(error) from error
        return web.Response(body=_encoder.encode(asked), content_type="application/json")

    async def _move(self, to: NodeId | None, only_from: NodeId | None, deadline: float) -> web.Response:
        try:
            leader = await self._node.transfer_leadership(to, only_from=only_from, timeout=seconds_left(deadline))
        except RequestFailedError as error:
            raise problem_of_request(error) from error
        answer = LeadershipAnswer(leader, self._node.term)
        return web.Response(body=_encoder.encode(answer), content_type="application/json")


def _decode(body: bytes, expected: type[T], example: str) -> T:
    try:
        return msgspec.json.decode(body or b"{}", type=expected)
    except msgspec.ValidationError as error:
        raise bad_request(f"the request has a wrong field: {error}", f"send {example} or {{}}", "bad_field") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad_request(f"the request is not JSON: {error}", f"send {example} or {{}}", "bad_json") from error
